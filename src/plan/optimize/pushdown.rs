//! Asks conditions as early as possible.
//!
//! Conjuncts sink through projections, sorts and joins towards the scans that know their columns. Rows
//! that an outer join may pad decide what passes: a condition on the padded side asked after the join
//! is not the same as one asked before it. Where such a condition refuses padded rows anyhow, the join
//! does not need to make them and becomes an inner one. An OR over both sides of an inner join stays there, and what it implies
//! of a side is asked of that side, too.

use super::condition::{
    conjunction, conjuncts, implied, is_volatile, refuses_nulls, shift_down, substitute, uses_only,
};
use super::{Knowledge, Rule};
use crate::expr::{Expr, ExprKind};
use crate::plan::{JoinKind, Node};
use crate::types::{DataType, PhysicalType};

pub struct Pushdown;

impl Rule for Pushdown {
    fn name(&self) -> &'static str {
        "pushdown"
    }

    fn apply(&self, node: Node, _: &dyn Knowledge) -> Node {
        push(node, Vec::new())
    }
}

/// The node with the conjuncts asked of its rows, each as deep as it may sink.
fn push(node: Node, asked: Vec<Expr>) -> Node {
    match node {
        Node::Filter { input, predicate } => push(*input, together(Some(predicate), asked)),
        Node::Project { input, expressions } => {
            let may_sink = !expressions.iter().any(is_volatile);
            let (below, above) = split(asked, |conjunct| may_sink && !is_volatile(conjunct));
            let below = below
                .into_iter()
                .map(|c| substitute(c, &expressions))
                .collect();
            let input = Box::new(push(*input, below));
            filtered(Node::Project { input, expressions }, above)
        }
        Node::Sort { input, keys } => {
            let (below, above) = split(asked, |conjunct| !is_volatile(conjunct));
            filtered(
                Node::Sort {
                    input: Box::new(push(*input, below)),
                    keys,
                },
                above,
            )
        }
        Node::Distinct { input } => {
            let (below, above) = split(asked, |conjunct| !is_volatile(conjunct));
            filtered(
                Node::Distinct {
                    input: Box::new(push(*input, below)),
                },
                above,
            )
        }
        Node::FunctionScan {
            input,
            calls,
            ordinality,
        } => {
            let of_input = 0..input.width();
            let (below, above) = split(asked, |conjunct| {
                !is_volatile(conjunct) && conjunct.has_columns() && uses_only(conjunct, &of_input)
            });
            let input = Box::new(push(*input, below));
            let node = Node::FunctionScan {
                input,
                calls,
                ordinality,
            };
            filtered(node, above)
        }
        Node::Append { inputs } => {
            let (below, above) = split(asked, |conjunct| !is_volatile(conjunct));
            let inputs = inputs.into_iter();
            let inputs = inputs.map(|input| push(input, below.clone())).collect();
            filtered(Node::Append { inputs }, above)
        }
        Node::Aggregate {
            input,
            groups,
            sets,
            aggregates,
        } => {
            // Without groups a filter below would leave the one row that a filter above removes.
            let may_sink = sets.is_empty() && !groups.is_empty() && !groups.iter().any(is_volatile);
            let (below, above) = split(asked, |conjunct| {
                may_sink && !is_volatile(conjunct) && uses_only(conjunct, &(0..groups.len()))
            });
            let below = below.into_iter().map(|c| substitute(c, &groups)).collect();
            let input = Box::new(push(*input, below));
            filtered(
                Node::Aggregate {
                    input,
                    groups,
                    sets,
                    aggregates,
                },
                above,
            )
        }
        Node::Window {
            input,
            partition,
            order,
            calls,
        } => {
            let (below, above) = split(asked, |conjunct| keeps_partitions(conjunct, &partition));
            filtered(
                Node::Window {
                    input: Box::new(push(*input, below)),
                    partition,
                    order,
                    calls,
                },
                above,
            )
        }
        Node::Scan {
            table,
            time,
            columns,
            filter,
        } => {
            let filter = conjunction(together(filter, asked));
            Node::Scan {
                table,
                time,
                columns,
                filter,
            }
        }
        Node::Join {
            kind,
            left,
            right,
            keys,
            condition,
        } => push_join(
            Join {
                kind,
                left,
                right,
                keys,
                condition,
            },
            asked,
        ),
        Node::Apply { .. } => push_apply(node, asked),
        mut other => {
            for input in other.inputs_mut() {
                *input = push(std::mem::replace(input, Node::empty()), Vec::new());
            }
            filtered(other, asked)
        }
    }
}

/// Whether a condition takes or refuses the rows of a partition all together. It does not so where equal
/// values are told apart (1.0 and 1.00); what asks for a row around is worth more as the condition of a join.
fn keeps_partitions(conjunct: &Expr, partition: &[Expr]) -> bool {
    let is_key = |expr: &Expr| {
        let is_exact = !matches!(
            expr.data_type.physical(),
            PhysicalType::F64 | PhysicalType::Decimal
        );
        is_exact && partition.iter().any(|key| key.kind == expr.kind)
    };
    !is_volatile(conjunct)
        && conjunct.has_columns()
        && !conjunct.any(&mut |expr| match expr.kind {
            ExprKind::Column(_) => !is_key(expr),
            ExprKind::Outer(_) => true,
            _ => false,
        })
}

struct Join {
    kind: JoinKind,
    left: Box<Node>,
    right: Box<Node>,
    keys: Vec<(Expr, Expr)>,
    condition: Option<Expr>,
}

/// A dependent join passes on what is asked of its left side's rows.
fn push_apply(node: Node, asked: Vec<Expr>) -> Node {
    let Node::Apply {
        kind,
        left,
        right,
        outer,
        guard,
        condition,
    } = node
    else {
        return node;
    };
    let left_columns = 0..left.width();
    let decided = Decided::of(kind, condition, asked, left_columns.end);
    let left_types = left.types();
    let (to_left, above) = split(decided.asked, |conjunct| {
        !is_volatile(conjunct) && uses_only(conjunct, &left_columns)
    });
    let apply = Node::Apply {
        kind: decided.kind,
        left: Box::new(push(*left, to_left)),
        right: Box::new(push(*right, Vec::new())),
        outer,
        guard,
        condition: decided.condition,
    };
    match decided.mark {
        None => filtered(apply, above),
        Some(mark) => push(with_mark(apply, left_types, mark), above),
    }
}

/// A mark that is asked for, or for the opposite of which is asked, need not be made: it is the same for
/// all rows that are left.
struct Decided {
    kind: JoinKind,
    condition: Option<Expr>,
    asked: Vec<Expr>,
    mark: Option<bool>,
}

impl Decided {
    fn of(kind: JoinKind, condition: Option<Expr>, mut asked: Vec<Expr>, at: usize) -> Decided {
        let is_mark = |expr: &Expr| expr.kind == ExprKind::Column(at);
        let decides = |conjunct: &Expr| match &conjunct.kind {
            ExprKind::Not(operand) => is_mark(operand).then_some(false),
            _ => is_mark(conjunct).then_some(true),
        };
        let first = asked
            .iter()
            .position(|conjunct| decides(conjunct).is_some());
        let Some(first) = first.filter(|_| kind == JoinKind::Mark) else {
            return Decided {
                kind,
                condition,
                asked,
                mark: None,
            };
        };
        let mark = decides(&asked.remove(first));
        let is_wanted = mark == Some(true);
        let conditions = condition.into_iter().flat_map(conjuncts);
        let conditions = conditions.map(|conjunct| match conjunct.kind {
            ExprKind::IsTruth {
                operand,
                truth: Some(true),
                negated: false,
            } => *operand,
            _ if is_wanted => conjunct,
            // The mark is not false if a condition is not.
            _ => {
                let kind = ExprKind::IsTruth {
                    operand: Box::new(conjunct),
                    truth: Some(false),
                    negated: true,
                };
                Expr::new(kind, DataType::Boolean)
            }
        });
        Decided {
            kind: if is_wanted {
                JoinKind::Semi
            } else {
                JoinKind::Anti
            },
            condition: conjunction(conditions.collect()),
            asked,
            mark,
        }
    }
}

/// Left's rows with what their mark is known to be.
fn with_mark(input: Node, left_types: Vec<DataType>, mark: bool) -> Node {
    let own = left_types.into_iter().enumerate();
    let own = own.map(|(at, data_type)| Expr::column(at, data_type));
    Node::Project {
        input: Box::new(input),
        expressions: own.chain([Expr::boolean(mark)]).collect(),
    }
}

fn push_join(join: Join, asked: Vec<Expr>) -> Node {
    let Join {
        kind,
        left,
        right,
        keys,
        condition,
    } = join;
    let left_types = left.types();
    let Decided {
        kind,
        condition,
        asked,
        mark,
    } = Decided::of(kind, condition, asked, left_types.len());
    let (left_columns, right_columns) =
        (0..left.width(), left.width()..left.width() + right.width());
    let kind = without_padding(kind, &asked, &left_columns, &right_columns);

    let (movable, mut above) = split(asked, |conjunct| !is_volatile(conjunct));
    let (mut to_left, mut to_right, mut on) = (Vec::new(), Vec::new(), Vec::new());
    for conjunct in movable {
        let (in_left, in_right) = (
            uses_only(&conjunct, &left_columns),
            uses_only(&conjunct, &right_columns),
        );
        match kind {
            _ if in_left && !matches!(kind, JoinKind::Right | JoinKind::Full) => {
                to_left.push(conjunct);
            }
            JoinKind::Inner | JoinKind::Right if in_right => to_right.push(conjunct),
            JoinKind::Inner => on.push(conjunct),
            _ => above.push(conjunct),
        }
    }
    for conjunct in condition.into_iter().flat_map(conjuncts) {
        let (in_left, in_right) = (
            uses_only(&conjunct, &left_columns),
            uses_only(&conjunct, &right_columns),
        );
        let fixed = is_volatile(&conjunct);
        match kind {
            JoinKind::Inner | JoinKind::Semi | JoinKind::Right if in_left && !fixed => {
                to_left.push(conjunct);
            }
            JoinKind::Inner
            | JoinKind::Semi
            | JoinKind::Anti
            | JoinKind::Left
            | JoinKind::Single
                if in_right && !fixed =>
            {
                to_right.push(conjunct);
            }
            _ => on.push(conjunct),
        }
    }
    if kind == JoinKind::Inner {
        to_left.extend(on.iter().filter_map(|c| implied(c, &left_columns)));
        to_right.extend(on.iter().filter_map(|c| implied(c, &right_columns)));
    }
    let to_right = to_right
        .into_iter()
        .map(|conjunct| shift_down(conjunct, left_columns.end))
        .collect();
    let join = Node::Join {
        kind,
        left: Box::new(push(*left, to_left)),
        right: Box::new(push(*right, to_right)),
        keys,
        condition: conjunction(on),
    };
    match mark {
        None => filtered(join, above),
        Some(mark) => push(with_mark(join, left_types, mark), above),
    }
}

/// The kind of join that is left when the conditions after it refuse the rows it pads.
fn without_padding(
    kind: JoinKind,
    asked: &[Expr],
    left: &std::ops::Range<usize>,
    right: &std::ops::Range<usize>,
) -> JoinKind {
    let refused = |columns| {
        asked
            .iter()
            .any(|conjunct| refuses_nulls(conjunct, columns))
    };
    match kind {
        JoinKind::Left if refused(right) => JoinKind::Inner,
        JoinKind::Right if refused(left) => JoinKind::Inner,
        JoinKind::Full => match (refused(left), refused(right)) {
            (true, true) => JoinKind::Inner,
            // Rows without a left partner are refused: what is left is left's own rows, padded.
            (true, false) => JoinKind::Left,
            (false, true) => JoinKind::Right,
            (false, false) => JoinKind::Full,
        },
        other => other,
    }
}

fn split(conjuncts: Vec<Expr>, first: impl Fn(&Expr) -> bool) -> (Vec<Expr>, Vec<Expr>) {
    conjuncts.into_iter().partition(first)
}

fn filtered(input: Node, asked: Vec<Expr>) -> Node {
    match conjunction(asked) {
        None => input,
        Some(predicate) => Node::Filter {
            input: Box::new(input),
            predicate,
        },
    }
}

/// The conjuncts of a filter and those asked besides. What an OR implies is asked anew each time that it is looked at.
fn together(filter: Option<Expr>, asked: Vec<Expr>) -> Vec<Expr> {
    let mut all: Vec<Expr> = filter.into_iter().flat_map(conjuncts).collect();
    for conjunct in asked {
        if !all.contains(&conjunct) || is_volatile(&conjunct) {
            all.push(conjunct);
        }
    }
    all
}
