//! Pulling what is asked of the row around a subquery up to the subquery's top.

use super::super::condition::{conjunction, conjuncts, substitute};
use super::{Slots, equality, first, group, may_fail};
use crate::expr::{BinaryOperator, Expr, ExprKind};
use crate::plan::{Aggregate, JoinKind, Node};
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
        Node::Distinct { input } => group::distinct(pull(*input, slots, exists)?, slots)?,
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
        } => first::limited(*input, [limit, offset], slots)?,
        Node::Join { .. } => join(node, slots, exists)?,
        Node::Apply { .. } => apply(node, slots, exists)?,
        Node::Aggregate {
            input,
            groups,
            sets,
            aggregates,
        } if sets.is_empty() && !(is_sorted(&input) && aggregates.iter().any(gathers)) => {
            group::aggregate(pull(*input, slots, false)?, groups, aggregates, slots)?
        }
        Node::Values { mut rows, .. } if rows.len() == 1 => Pulled {
            outputs: rows.remove(0),
            ..whole(one_row())
        },
        _ => return None,
    };
    let size: usize = pulled.outputs.iter().chain(&pulled.asked).map(size).sum();
    (size <= SIZE_MAX).then_some(pulled)
}

/// Whether the rows come in an order that a query says.
fn is_sorted(node: &Node) -> bool {
    match node {
        Node::Sort { .. } | Node::Limit { .. } => true,
        Node::Project { input, .. } | Node::Filter { input, .. } => is_sorted(input),
        _ => false,
    }
}

/// Whether an aggregate takes the rows in the order in which they come.
fn gathers(aggregate: &Aggregate) -> bool {
    aggregate.function.depends_on_order() && aggregate.order.is_empty()
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

pub fn put_in(expressions: Vec<Expr>, values: &[Expr]) -> Vec<Expr> {
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
    // A row without a partner is there whatever is asked of the left.
    let keeps_right = matches!(kind, JoinKind::Right | JoinKind::Full);
    if right_asks && !multiplies || keeps_right && slots.asked_below(&left) {
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

pub fn types_of(expressions: &[Expr]) -> Vec<DataType> {
    expressions.iter().map(|expr| expr.data_type).collect()
}

/// Whether anything in a tree gives another value each time.
pub fn is_volatile(node: &Node) -> bool {
    let mut own = node.expressions().into_iter();
    own.any(super::super::condition::is_volatile) || node.inputs().into_iter().any(is_volatile)
}
