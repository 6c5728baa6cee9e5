//! Pulling what is asked of the row around a subquery up to the subquery's top.

use super::super::condition::{conjunction, conjuncts, substitute};
use super::{Slots, equality, may_fail};
use crate::expr::{BinaryOperator, Expr, ExprKind, grouping_key};
use crate::plan::{Aggregate, AggregateFunction, JoinKind, Node, SortKey};
use crate::types::{DataType, Value};

/// Expressions grow where one that stands in several places is put into others.
const SIZE_MAX: usize = 1000;

/// A subquery in two parts: rows that do not depend on the row around, and what makes of them those
/// that the subquery yields for one.
pub struct Pulled {
    pub node: Node,
    /// Which of the node's rows belong to the row around: conditions over both.
    pub asked: Vec<Expr>,
    /// What the subquery yields, over both.
    pub outputs: Vec<Expr>,
    /// There is at most one row for each row around, and if there is none, one of NULLs takes its place.
    pub padded: bool,
    /// Of that row, which must hold for the subquery to yield it.
    pub after: Vec<Expr>,
}

/// Takes a subquery apart. `exists` says that only whether it has such a row matters, not how often.
pub fn pull(node: Node, slots: &Slots, exists: bool) -> Option<Pulled> {
    if !slots.asked_below(&node) {
        return Some(whole(node));
    }
    let pulled = match node {
        Node::Filter { input, predicate } => filter(pull(*input, slots, exists)?, predicate, slots),
        Node::Project { input, expressions } => {
            let mut pulled = pull(*input, slots, exists)?;
            let outputs = &pulled.outputs;
            pulled.outputs = put_in(expressions, outputs);
            pulled
        }
        Node::Scan {
            table,
            time,
            columns,
            filter: Some(predicate),
        } => {
            let scan = Node::Scan {
                table,
                time,
                columns,
                filter: None,
            };
            filter(whole(scan), predicate, slots)
        }
        // Whoever needs an order stops this before.
        Node::Sort { input, .. } => pull(*input, slots, exists)?,
        Node::Distinct { input } if exists => pull(*input, slots, exists)?,
        Node::Distinct { input } => distinct(pull(*input, slots, exists)?, slots)?,
        Node::Limit {
            input,
            limit: Some(limit),
            offset: None,
        } if exists && matches!(limit.as_constant(), Some(Value::I64(1..))) => {
            pull(*input, slots, exists)?
        }
        Node::Limit {
            input,
            limit,
            offset,
        } => limited(*input, [limit, offset], slots)?,
        Node::Join { .. } => join(node, slots, exists)?,
        Node::Apply { .. } => apply(node, slots, exists)?,
        Node::Aggregate {
            input,
            groups,
            aggregates,
        } => aggregate(pull(*input, slots, false)?, groups, aggregates, slots)?,
        Node::Values { mut rows, .. } if rows.len() == 1 => Pulled {
            outputs: rows.remove(0),
            ..whole(one_row())
        },
        _ => return None,
    };
    let size: usize = pulled.outputs.iter().chain(&pulled.asked).map(size).sum();
    (size <= SIZE_MAX).then_some(pulled)
}

/// A row without columns.
pub fn one_row() -> Node {
    Node::Values {
        rows: vec![Vec::new()],
        types: Vec::new(),
    }
}

/// A tree that asks for nothing.
fn whole(node: Node) -> Pulled {
    Pulled {
        outputs: columns(&node.types(), 0),
        node,
        asked: Vec::new(),
        padded: false,
        after: Vec::new(),
    }
}

pub fn columns(types: &[DataType], from: usize) -> Vec<Expr> {
    let all = types.iter().enumerate();
    all.map(|(at, data_type)| Expr::column(from + at, *data_type))
        .collect()
}

fn put_in(expressions: Vec<Expr>, values: &[Expr]) -> Vec<Expr> {
    (expressions.into_iter())
        .map(|expr| substitute(expr, values))
        .collect()
}

fn size(expr: &Expr) -> usize {
    1 + expr.children().into_iter().map(size).sum::<usize>()
}

fn filter(mut pulled: Pulled, predicate: Expr, slots: &Slots) -> Pulled {
    for conjunct in conjuncts(predicate) {
        let conjunct = substitute(conjunct, &pulled.outputs);
        if pulled.padded {
            pulled.after.push(conjunct);
        } else if slots.asked(&conjunct) || may_fail(&conjunct) {
            // What may fail is asked of those rows alone that belong to a row around.
            pulled.asked.push(conjunct);
        } else {
            pulled.node = Node::Filter {
                input: Box::new(pulled.node),
                predicate: conjunct,
            };
        }
    }
    pulled
}

fn join(node: Node, slots: &Slots, exists: bool) -> Option<Pulled> {
    let Node::Join {
        kind,
        left,
        right,
        keys,
        condition,
    } = node
    else {
        return None;
    };
    if !keys.is_empty() {
        return None;
    }
    let right_asks = slots.asked_below(&right) || condition.iter().any(|c| slots.asked(c));
    // Where only their existence matters, rows may come several times.
    let multiplies = kind == JoinKind::Inner || (kind == JoinKind::Semi && exists);
    if right_asks && !multiplies {
        return None;
    }
    let left = pull(*left, slots, exists)?;
    let right = match right_asks {
        true => pull(*right, slots, exists)?,
        false => whole(*right),
    };
    if left.padded || right.padded {
        return None;
    }
    let (left_width, right_types) = (left.node.width(), right.node.types());
    let shift = |expr: Expr| substitute(expr, &columns(&right_types, left_width));
    let right_outputs: Vec<Expr> = right.outputs.into_iter().map(shift).collect();
    let both: Vec<Expr> = left.outputs.iter().cloned().chain(right_outputs).collect();
    let condition = condition.map(|condition| substitute(condition, &both));
    let mut asked = left.asked;
    let right_asked: Vec<Expr> = right.asked.into_iter().map(shift).collect();
    let condition = with_shared(condition, &asked, &right_asked, slots);
    asked.extend(right_asked);
    let kind = if right_asks { JoinKind::Inner } else { kind };
    let (outer, own) = match kind {
        JoinKind::Inner => (condition.into_iter())
            .flat_map(conjuncts)
            .partition(|conjunct| slots.asked(conjunct) || may_fail(conjunct)),
        // What the left yields may depend on the row around.
        _ if condition.iter().any(|c| slots.asked(c)) => return None,
        _ => (Vec::new(), condition.into_iter().collect::<Vec<_>>()),
    };
    asked.extend(outer);
    let outputs = match kind {
        JoinKind::Semi | JoinKind::Anti => left.outputs,
        JoinKind::Mark => {
            let mark = Expr::column(left_width, DataType::Boolean);
            left.outputs.into_iter().chain([mark]).collect()
        }
        _ => both,
    };
    Some(Pulled {
        node: Node::Join {
            kind,
            left: Box::new(left.node),
            right: Box::new(right.node),
            keys,
            condition: conjunction(own),
        },
        asked,
        outputs,
        padded: false,
        after: Vec::new(),
    })
}

/// What equals the same value of the row around on both sides is equal, too.
fn with_shared(
    condition: Option<Expr>,
    left: &[Expr],
    right: &[Expr],
    slots: &Slots,
) -> Option<Expr> {
    let mut all: Vec<Expr> = condition.into_iter().collect();
    for one in left.iter().filter_map(|conjunct| equality(conjunct, slots)) {
        for other in right
            .iter()
            .filter_map(|conjunct| equality(conjunct, slots))
        {
            if one.0 == other.0 && one.1.data_type == other.1.data_type {
                let kind = ExprKind::Binary {
                    operator: BinaryOperator::Equal,
                    left: Box::new(one.1.clone()),
                    right: Box::new(other.1.clone()),
                };
                all.push(Expr::new(kind, DataType::Boolean));
            }
        }
    }
    conjunction(all)
}

/// A dependent join that stays one.
fn apply(node: Node, slots: &Slots, exists: bool) -> Option<Pulled> {
    let Node::Apply {
        kind,
        left,
        right,
        mut outer,
        mut guard,
        mut condition,
    } = node
    else {
        return None;
    };
    if slots.asked_below(&right) {
        return None;
    }
    let left = pull(*left, slots, exists)?;
    let left_width = left.node.width();
    let mut both = left.outputs.clone();
    both.extend(match kind {
        JoinKind::Semi | JoinKind::Anti => Vec::new(),
        JoinKind::Mark => columns(&[DataType::Boolean], left_width),
        _ => columns(&right.types(), left_width),
    });
    let mut seen = left.outputs.clone();
    seen.extend(columns(&right.types(), left_width));
    let own = outer.iter_mut().map(|(_, value)| value);
    for expr in own.chain(&mut guard).chain(&mut condition) {
        *expr = substitute(std::mem::replace(expr, Expr::null()), &seen);
        if slots.asked(expr) {
            return None;
        }
    }
    (!left.padded).then_some(Pulled {
        node: Node::Apply {
            kind,
            left: Box::new(left.node),
            right,
            outer,
            guard,
            condition,
        },
        outputs: both,
        ..left
    })
}

/// The equalities with the row around as new groups: their sides over the rows, and what is asked of the
/// columns, from `first` on, that the groups will be.
fn as_groups(asked: &[Expr], first: usize, slots: &Slots) -> Option<(Vec<Expr>, Vec<Expr>)> {
    let (mut groups, mut conditions) = (Vec::new(), Vec::new());
    for conjunct in asked {
        let (around, below) = equality(conjunct, slots)?;
        let group = grouping_key(below.clone()).ok()?;
        if may_fail(&group) || group.data_type.physical() != around.data_type.physical() {
            return None;
        }
        let kind = ExprKind::Binary {
            operator: BinaryOperator::Equal,
            left: Box::new(around.clone()),
            right: Box::new(Expr::column(first + groups.len(), group.data_type)),
        };
        conditions.push(Expr::new(kind, DataType::Boolean));
        groups.push(group);
    }
    Some((groups, conditions))
}

fn aggregate(
    pulled: Pulled,
    groups: Vec<Expr>,
    mut aggregates: Vec<Aggregate>,
    slots: &Slots,
) -> Option<Pulled> {
    let mut groups = put_in(groups, &pulled.outputs);
    for aggregate in &mut aggregates {
        let argument = aggregate.argument.take();
        aggregate.argument = argument.map(|argument| substitute(argument, &pulled.outputs));
    }
    let arguments = aggregates
        .iter()
        .filter_map(|aggregate| aggregate.argument.as_ref());
    let is_fixed = |expr: &Expr| !slots.asked(expr) && !may_fail(expr);
    if pulled.padded || !groups.iter().chain(arguments).all(is_fixed) {
        return None;
    }
    let own = groups.len();
    let (keys, asked) = as_groups(&pulled.asked, own, slots)?;
    if keys.is_empty() {
        return None;
    }
    groups.extend(keys);
    let mut outputs: Vec<Expr> = columns(&types_of(&groups[..own]), 0);
    for (at, aggregate) in aggregates.iter().enumerate() {
        let value = Expr::column(groups.len() + at, aggregate.data_type);
        outputs.push(match aggregate.function {
            AggregateFunction::Count if own == 0 => {
                let none = Expr::constant(Value::I64(0), aggregate.data_type);
                Expr::new(ExprKind::Coalesce(vec![value, none]), aggregate.data_type)
            }
            _ => value,
        });
    }
    Some(Pulled {
        node: Node::Aggregate {
            input: Box::new(pulled.node),
            groups,
            aggregates,
        },
        asked,
        outputs,
        padded: own == 0,
        after: Vec::new(),
    })
}

fn distinct(pulled: Pulled, slots: &Slots) -> Option<Pulled> {
    let is_fixed = |expr: &Expr| !slots.asked(expr) && !may_fail(expr);
    if pulled.padded || !pulled.outputs.iter().all(is_fixed) {
        return None;
    }
    let width = pulled.outputs.len();
    let (keys, asked) = as_groups(&pulled.asked, width, slots)?;
    let outputs = columns(&types_of(&pulled.outputs), 0);
    let rows = Node::Project {
        input: Box::new(pulled.node),
        expressions: pulled.outputs.into_iter().chain(keys).collect(),
    };
    Some(Pulled {
        node: Node::Distinct {
            input: Box::new(rows),
        },
        asked,
        outputs,
        padded: false,
        after: Vec::new(),
    })
}

/// The first rows for each row around: those with the first numbers among those that belong to it.
fn limited(input: Node, bounds: [Option<Expr>; 2], slots: &Slots) -> Option<Pulled> {
    let [limit, offset] = bounds;
    let is_known = |bound: &Expr| matches!(bound.as_constant(), Some(Value::I64(0..)));
    let is_parameter = |bound: &Expr| matches!(bound.kind, ExprKind::Parameter(_));
    if !limit
        .iter()
        .all(|limit| is_known(limit) || is_parameter(limit))
        || !offset.iter().all(is_known)
    {
        return None;
    }
    let (input, keys) = match input {
        Node::Sort { input, keys } => (*input, keys),
        input if is_sorted(&input) => return None,
        input => (input, Vec::new()),
    };
    let pulled = pull(input, slots, false)?;
    let order = keys.iter().map(|key| &key.expr);
    let order: Vec<Expr> = order
        .map(|key| substitute(key.clone(), &pulled.outputs))
        .collect();
    let is_fixed = |expr: &Expr| !slots.asked(expr) && !may_fail(expr);
    if pulled.padded || !pulled.outputs.iter().chain(&order).all(is_fixed) {
        return None;
    }
    // The outputs, what belongs to whom, and what sorts.
    let width = pulled.outputs.len();
    let (groups, asked) = as_groups(&pulled.asked, width, slots)?;
    let group_types = types_of(&groups);
    let outputs = columns(&types_of(&pulled.outputs), 0);
    let first_key = width + groups.len();
    let all: Vec<Expr> = (pulled.outputs.into_iter().chain(groups).chain(order)).collect();
    let all_width = all.len();
    let mut node = Node::Project {
        input: Box::new(pulled.node),
        expressions: all,
    };
    if !keys.is_empty() {
        let keys = keys.into_iter().enumerate().map(|(at, key)| SortKey {
            expr: Expr::column(first_key + at, key.expr.data_type),
            ..key
        });
        node = Node::Sort {
            keys: keys.collect(),
            input: Box::new(node),
        };
    }
    let numbered = Node::Number {
        input: Box::new(node),
        keys: columns(&group_types, width),
    };
    let number = Expr::column(all_width, DataType::BigInt);
    let binary = |operator, left: &Expr, right: &Expr, data_type| {
        let kind = ExprKind::Binary {
            operator,
            left: Box::new(left.clone()),
            right: Box::new(right.clone()),
        };
        Expr::new(kind, data_type)
    };
    let mut wanted = Vec::new();
    if let Some(limit) = &limit {
        let last = match &offset {
            Some(offset) => binary(BinaryOperator::Add, limit, offset, DataType::BigInt),
            None => limit.clone(),
        };
        let first = binary(
            BinaryOperator::LessOrEqual,
            &number,
            &last,
            DataType::Boolean,
        );
        wanted.push(match is_parameter(limit) {
            // NULL is no limit.
            true => Expr::new(
                ExprKind::Coalesce(vec![first, Expr::boolean(true)]),
                DataType::Boolean,
            ),
            false => first,
        });
    }
    if let Some(offset) = &offset {
        wanted.push(binary(
            BinaryOperator::Greater,
            &number,
            offset,
            DataType::Boolean,
        ));
    }
    let numbered = match limit.filter(is_parameter) {
        Some(limit) => checked(numbered, limit),
        None => numbered,
    };
    let wanted = conjunction(wanted);
    Some(Pulled {
        node: match wanted {
            None => numbered,
            Some(predicate) => Node::Filter {
                input: Box::new(numbered),
                predicate,
            },
        },
        asked,
        outputs,
        padded: false,
        after: Vec::new(),
    })
}

/// The same rows, if the limit is one: it raises its error if it is not.
fn checked(node: Node, limit: Expr) -> Node {
    let one_if_any = Node::Limit {
        input: Box::new(one_row()),
        limit: Some(limit),
        offset: None,
    };
    Node::Join {
        kind: JoinKind::Inner,
        left: Box::new(node),
        right: Box::new(one_if_any),
        keys: Vec::new(),
        condition: None,
    }
}

/// Whether an order below is kept in what comes out.
fn is_sorted(node: &Node) -> bool {
    match node {
        Node::Sort { .. } => true,
        Node::Project { input, .. }
        | Node::Filter { input, .. }
        | Node::Limit { input, .. }
        | Node::Apply { left: input, .. }
        | Node::Join { left: input, .. } => is_sorted(input),
        _ => false,
    }
}

fn types_of(expressions: &[Expr]) -> Vec<DataType> {
    expressions.iter().map(|expr| expr.data_type).collect()
}

/// Whether anything in a tree gives another value each time.
pub fn is_volatile(node: &Node) -> bool {
    let mut own = node.expressions().into_iter();
    own.any(super::super::condition::is_volatile) || node.inputs().into_iter().any(is_volatile)
}
