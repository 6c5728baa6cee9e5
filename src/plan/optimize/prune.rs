//! Reads only the columns that somebody uses.
//!
//! Walks down with the set of columns wanted of a node and comes back with the node and where each of
//! its old columns lies now. The root keeps all of its columns.

use super::condition::remap;
use super::{Knowledge, Rule};
use crate::expr::{Expr, ExprKind};
use crate::plan::{Aggregate, JoinKind, Node, SortKey, WindowCall};
use crate::types::SortedSet;

pub struct Prune;

impl Rule for Prune {
    fn name(&self) -> &'static str {
        "prune"
    }

    fn apply(&self, node: Node, _: &dyn Knowledge) -> Node {
        let all = (0..node.width()).collect();
        prune(node, &all).0
    }
}

type Columns = SortedSet<usize>;
/// For each old column its new place; those that nobody wanted may be gone.
type Places = Vec<Option<usize>>;

fn prune(node: Node, wanted: &Columns) -> (Node, Places) {
    match node {
        // They yield each row of left once: if nothing of right is wanted, right is not.
        Node::Join {
            kind: kind @ (JoinKind::Mark | JoinKind::Single),
            left,
            right,
            ..
        }
        | Node::Apply {
            kind: kind @ (JoinKind::Mark | JoinKind::Single),
            left,
            right,
            ..
        } if wanted.iter().all(|column| *column < left.width()) => {
            let (left, mut places) = prune(*left, wanted);
            let unwanted = match kind {
                JoinKind::Mark => 1,
                _ => right.width(),
            };
            places.resize(places.len() + unwanted, None);
            (left, places)
        }
        Node::Scan {
            table,
            time,
            columns,
            mut filter,
        } => {
            let kept = with_used(wanted, filter.iter());
            let places = places_of(&kept, columns.len());
            filter
                .iter_mut()
                .for_each(|filter| replace(filter, &places));
            let columns = pick(columns, &kept);
            (
                Node::Scan {
                    table,
                    time,
                    columns,
                    filter,
                },
                places,
            )
        }
        Node::IndexScan {
            table,
            index,
            time,
            prefix,
            lower,
            upper,
            backwards,
            columns,
            mut filter,
        } => {
            let kept = with_used(wanted, filter.iter());
            let places = places_of(&kept, columns.len());
            filter
                .iter_mut()
                .for_each(|filter| replace(filter, &places));
            let columns = pick(columns, &kept);
            let node = Node::IndexScan {
                table,
                index,
                time,
                prefix,
                lower,
                upper,
                backwards,
                columns,
                filter,
            };
            (node, places)
        }
        Node::Values { rows, types } => {
            let places = places_of(wanted, types.len());
            let rows = rows.into_iter().map(|row| pick(row, wanted)).collect();
            (
                Node::Values {
                    rows,
                    types: pick(types, wanted),
                },
                places,
            )
        }
        // What is given at execution has all its columns.
        Node::Rows { .. } | Node::Subplan { .. } | Node::WorkTable { .. } | Node::Past { .. } => {
            let places = (0..node.width()).map(Some).collect();
            (node, places)
        }
        Node::Write(_) => {
            let mut node = node;
            let places = (0..node.width()).map(Some).collect();
            for source in node.inputs_mut() {
                let all = (0..source.width()).collect();
                *source = prune_whole(std::mem::replace(source, Node::empty()), &all);
            }
            (node, places)
        }
        Node::Recursive {
            table,
            distinct,
            first,
            step,
        } => {
            let all: Columns = (0..first.width()).collect();
            let places = all.iter().copied().map(Some).collect();
            let whole = |node: Node| Box::new(prune_whole(node, &all));
            let node = Node::Recursive {
                table,
                distinct,
                first: whole(*first),
                step: whole(*step),
            };
            (node, places)
        }
        Node::Filter {
            input,
            mut predicate,
        } => {
            let (input, places) = prune(*input, &with_used(wanted, [&predicate]));
            replace(&mut predicate, &places);
            (
                Node::Filter {
                    input: Box::new(input),
                    predicate,
                },
                places,
            )
        }
        Node::Project { input, expressions } => prune_project(*input, expressions, wanted),
        Node::Sort { input, mut keys } => {
            let kept = with_used(wanted, keys.iter().map(|key: &SortKey| &key.expr));
            let (input, places) = prune(*input, &kept);
            keys.iter_mut()
                .for_each(|key| replace(&mut key.expr, &places));
            (
                Node::Sort {
                    input: Box::new(input),
                    keys,
                },
                places,
            )
        }
        Node::Ties {
            input,
            mut keys,
            limit,
            offset,
        } => {
            let (input, places) = prune(*input, &with_used(wanted, &keys));
            keys.iter_mut().for_each(|key| replace(key, &places));
            let node = Node::Ties {
                input: Box::new(input),
                keys,
                limit,
                offset,
            };
            (node, places)
        }
        Node::Number { input, mut keys } => {
            let width = input.width();
            let of_input = wanted.iter().copied().filter(|column| *column < width);
            let (input, mut places) = prune(*input, &with_used(&of_input.collect(), &keys));
            keys.iter_mut().for_each(|key| replace(key, &places));
            places.push(Some(input.width()));
            let input = Box::new(input);
            (Node::Number { input, keys }, places)
        }
        Node::FunctionScan {
            input,
            mut calls,
            ordinality,
        } => {
            let (first, width) = (
                input.width(),
                calls.iter().map(|call| call.types.len()).sum::<usize>(),
            );
            let of_input = wanted.iter().copied().filter(|at| *at < first).collect();
            let arguments = calls.iter().flat_map(|call| &call.arguments);
            let (input, mut places) = prune(*input, &with_used(&of_input, arguments));
            let arguments = calls.iter_mut().flat_map(|call| &mut call.arguments);
            arguments.for_each(|argument| replace(argument, &places));
            let own = width + usize::from(ordinality);
            places.extend((0..own).map(|at| Some(input.width() + at)));
            let node = Node::FunctionScan {
                input: Box::new(input),
                calls,
                ordinality,
            };
            (node, places)
        }
        Node::Limit {
            input,
            limit,
            offset,
        } => {
            let (input, places) = prune(*input, wanted);
            (
                Node::Limit {
                    input: Box::new(input),
                    limit,
                    offset,
                },
                places,
            )
        }
        // The columns of all inputs stay side by side.
        Node::Append { inputs } => {
            let all: Columns = (0..inputs[0].width()).collect();
            let places = all.iter().copied().map(Some).collect();
            let inputs = inputs.into_iter();
            let inputs = inputs.map(|input| prune_whole(input, &all)).collect();
            (Node::Append { inputs }, places)
        }
        // Whether two rows are equal is asked of all columns.
        Node::Distinct { input } => {
            let all = (0..input.width()).collect();
            let (input, places) = prune(*input, &all);
            (
                Node::Distinct {
                    input: Box::new(input),
                },
                places,
            )
        }
        Node::Aggregate {
            input,
            mut groups,
            sets,
            aggregates,
        } => {
            let (first, width) = (groups.len(), groups.len() + aggregates.len());
            let kept: Columns = (0..first)
                .chain(wanted.iter().copied().filter(|c| *c >= first))
                .collect();
            let mut aggregates: Vec<Aggregate> = aggregates
                .into_iter()
                .enumerate()
                .filter(|(place, _)| kept.contains(&(first + place)))
                .map(|(_, aggregate)| aggregate)
                .collect();
            let arguments = aggregates.iter().flat_map(Aggregate::expressions);
            let used = with_used(&Columns::new(), groups.iter().chain(arguments));
            let (input, places) = prune(*input, &used);
            let arguments = (aggregates.iter_mut()).flat_map(Aggregate::expressions_mut);
            groups
                .iter_mut()
                .chain(arguments)
                .for_each(|expr| replace(expr, &places));
            let node = Node::Aggregate {
                input: Box::new(input),
                groups,
                sets,
                aggregates,
            };
            (node, places_of(&kept, width))
        }
        Node::Window {
            input,
            partition,
            order,
            calls,
        } => prune_window(*input, partition, order, calls, wanted),
        Node::Join {
            kind,
            left,
            right,
            mut keys,
            mut condition,
        } => {
            let (left_keys, right_keys) = keys.iter().map(|(left, right)| (left, right)).unzip();
            let sides = [(*left, left_keys), (*right, right_keys)];
            let pruned = prune_sides(kind, sides, condition.as_ref(), wanted);
            for (left_key, right_key) in &mut keys {
                replace(left_key, &pruned.left_places);
                replace(right_key, &pruned.right_places);
            }
            pruned.replace_in(&mut condition);
            let node = Node::Join {
                kind,
                left: pruned.left,
                right: pruned.right,
                keys,
                condition,
            };
            (node, pruned.places)
        }
        Node::Apply {
            kind,
            left,
            right,
            mut outer,
            mut guard,
            mut condition,
        } => {
            let of_left = outer.iter().map(|(_, value)| value).chain(&guard).collect();
            let sides = [(*left, of_left), (*right, Vec::new())];
            let pruned = prune_sides(kind, sides, condition.as_ref(), wanted);
            let of_left = outer.iter_mut().map(|(_, value)| value).chain(&mut guard);
            of_left.for_each(|expr| replace(expr, &pruned.left_places));
            pruned.replace_in(&mut condition);
            let node = Node::Apply {
                kind,
                left: pruned.left,
                right: pruned.right,
                outer,
                guard,
                condition,
            };
            (node, pruned.places)
        }
    }
}

/// Calls that nobody wants are not made; without any, the rows need not be sorted either.
fn prune_window(
    input: Node,
    mut partition: Vec<Expr>,
    mut order: Vec<SortKey>,
    mut calls: Vec<WindowCall>,
    wanted: &Columns,
) -> (Node, Places) {
    let (first, width) = (input.width(), input.width() + calls.len());
    let mut at = first..width;
    calls.retain(|_| at.next().is_some_and(|at| wanted.contains(&at)));
    let mut kept: Columns = wanted.iter().copied().filter(|at| *at < first).collect();
    if !calls.is_empty() {
        let keys = order.iter().map(|key| &key.expr).chain(&partition);
        let all = keys.chain(calls.iter().flat_map(WindowCall::expressions));
        kept = with_used(&kept, all);
    }
    let input = match input {
        Node::Sort { input, .. } if calls.is_empty() => *input,
        other => other,
    };
    let (input, mut places) = prune(input, &kept);
    let (first_call, mut made) = (input.width(), 0);
    places.extend((first..width).map(|at| {
        wanted.contains(&at).then(|| {
            made += 1;
            first_call + made - 1
        })
    }));
    if calls.is_empty() {
        return (input, places);
    }
    let keys = order.iter_mut().map(|key| &mut key.expr);
    let all = keys.chain(&mut partition);
    (all.chain(calls.iter_mut().flat_map(WindowCall::expressions_mut)))
        .for_each(|expr| replace(expr, &places));
    let node = Node::Window {
        input: Box::new(input),
        partition,
        order,
        calls,
    };
    (node, places)
}

/// The two sides of a join.
struct Sides {
    left: Box<Node>,
    right: Box<Node>,
    left_places: Places,
    right_places: Places,
    /// Where the columns of both sides lie, as the condition sees them.
    both: Places,
    /// Where the columns lie that the join yields.
    places: Places,
}

impl Sides {
    fn replace_in(&self, condition: &mut Option<Expr>) {
        (condition.iter_mut()).for_each(|condition| replace(condition, &self.both));
    }
}

/// Prunes both sides of a join, each with expressions over it alone.
fn prune_sides(
    kind: JoinKind,
    [(left, of_left), (right, of_right)]: [(Node, Vec<&Expr>); 2],
    condition: Option<&Expr>,
    wanted: &Columns,
) -> Sides {
    let left_width = left.width();
    // What follows left's columns may not be right's.
    let yielded = (wanted.iter().copied())
        .filter(|column| *column < left_width || !kind.hides_right())
        .collect();
    let mut wanted_left = with_used(&yielded, condition);
    let wanted_right = wanted_left.split_off(&left_width);
    let wanted_right = (wanted_right.into_iter().map(|column| column - left_width)).collect();
    let (left, left_places) = prune(left, &with_used(&wanted_left, of_left));
    let (right, right_places) = prune(right, &with_used(&wanted_right, of_right));
    let new_width = left.width();
    let mut both = left_places.clone();
    both.extend((right_places.iter()).map(|place| Some((*place)? + new_width)));
    let places = match kind {
        JoinKind::Semi | JoinKind::Anti => left_places.clone(),
        JoinKind::Mark => left_places
            .iter()
            .copied()
            .chain([Some(new_width)])
            .collect(),
        _ => both.clone(),
    };
    Sides {
        left: Box::new(left),
        right: Box::new(right),
        left_places,
        right_places,
        both,
        places,
    }
}

/// Prunes what must keep its columns side by side.
fn prune_whole(node: Node, all: &Columns) -> Node {
    let (pruned, kept) = prune(node.clone(), all);
    let in_place = (0..).zip(&kept).all(|(at, place)| *place == Some(at));
    if in_place { pruned } else { node }
}

fn prune_project(input: Node, expressions: Vec<Expr>, wanted: &Columns) -> (Node, Places) {
    let places = places_of(wanted, expressions.len());
    let mut expressions = pick(expressions, wanted);
    let (input, input_places) = prune(input, &with_used(&Columns::new(), &expressions));
    expressions
        .iter_mut()
        .for_each(|expr| replace(expr, &input_places));
    if is_identity(&expressions, input.width()) {
        return (input, places);
    }
    (
        Node::Project {
            input: Box::new(input),
            expressions,
        },
        places,
    )
}

fn is_identity(expressions: &[Expr], width: usize) -> bool {
    expressions.len() == width
        && expressions
            .iter()
            .enumerate()
            .all(|(place, expr)| expr.kind == ExprKind::Column(place))
}

/// The wanted columns and those that the expressions use.
fn with_used<'a>(wanted: &Columns, expressions: impl IntoIterator<Item = &'a Expr>) -> Columns {
    let mut columns = wanted.clone();
    for expr in expressions {
        expr.any(&mut |e| {
            if let ExprKind::Column(column) = e.kind {
                columns.insert(column);
            }
            false
        });
    }
    columns
}

fn places_of(kept: &Columns, width: usize) -> Places {
    let mut places = vec![None; width];
    for (new, old) in kept.iter().enumerate() {
        places[*old] = Some(new);
    }
    places
}

fn replace(expr: &mut Expr, places: &Places) {
    remap(expr, &|column| {
        places[column].expect("a used column was kept")
    });
}

fn pick<T>(items: Vec<T>, kept: &Columns) -> Vec<T> {
    items
        .into_iter()
        .enumerate()
        .filter(|(place, _)| kept.contains(place))
        .map(|(_, i)| i)
        .collect()
}
