//! LIMIT: the rows of each row around are numbered, and those with the first numbers kept.

use super::super::condition::{conjunction, substitute};
use super::group::as_groups;
use super::pull::{Pulled, columns, one_row, pull, types_of};
use super::{Slots, may_fail};
use crate::expr::{BinaryOperator, Expr, ExprKind};
use crate::plan::{JoinKind, Node, SortKey};
use crate::types::{DataType, Value};

/// The first rows for each row around: those with the first numbers among those that belong to it.
pub fn limited(input: Node, bounds: [Option<Expr>; 2], slots: &Slots) -> Option<Pulled> {
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
