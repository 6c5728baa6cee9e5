//! What is known never to be NULL.

use super::condition::{conjuncts, refuses_nulls};
use crate::expr::{Expr, ExprKind};
use crate::plan::{JoinKind, Node};
use crate::types::{DataType, ScanColumn};

/// Whether an expression over the columns of these nodes, side by side, is never NULL. If it cannot be
/// told, it may be.
pub fn is_never_null(expr: &Expr, nodes: &[&Node]) -> bool {
    match &expr.kind {
        ExprKind::Constant(value) => !value.is_null(),
        ExprKind::Column(column) => {
            let mut first = 0;
            for node in nodes {
                if *column < first + node.width() {
                    return is_column(node, *column - first);
                }
                first += node.width();
            }
            false
        }
        ExprKind::Cast { operand, .. } => {
            let is_json = |t: DataType| matches!(t, DataType::Json | DataType::Jsonb);
            !is_json(operand.data_type) && is_never_null(operand, nodes)
        }
        _ => false,
    }
}

fn is_column(node: &Node, column: usize) -> bool {
    let refused = |predicate: &Expr| {
        conjuncts(predicate.clone())
            .iter()
            .any(|conjunct| refuses_nulls(conjunct, &(column..column + 1)))
    };
    match node {
        Node::Scan {
            table,
            columns,
            filter,
            ..
        } => {
            let not_null = match columns[column] {
                ScanColumn::Column(id) => {
                    let position = table.position(id);
                    position.is_some_and(|at| !table.columns[at].nullable)
                }
                ScanColumn::RowId => true,
                _ => false,
            };
            not_null || filter.as_ref().is_some_and(refused)
        }
        Node::Filter { input, predicate } => refused(predicate) || is_column(input, column),
        Node::Project { input, expressions } => is_never_null(&expressions[column], &[input]),
        Node::Sort { input, .. } | Node::Limit { input, .. } | Node::Distinct { input } => {
            is_column(input, column)
        }
        Node::Join {
            kind, left, right, ..
        } => match kind {
            JoinKind::Inner => {
                is_never_null(&Expr::column(column, DataType::Unknown), &[left, right])
            }
            JoinKind::Left
            | JoinKind::Semi
            | JoinKind::Anti
            | JoinKind::Mark
            | JoinKind::Single => column < left.width() && is_column(left, column),
            JoinKind::Right | JoinKind::Full => false,
        },
        Node::Aggregate {
            input,
            groups,
            sets,
            aggregates,
        } => match groups.get(column) {
            Some(group) => sets.is_empty() && is_never_null(group, &[input]),
            None => aggregates[column - groups.len()].function.counts(),
        },
        Node::Append { inputs } => inputs.iter().all(|input| is_column(input, column)),
        _ => false,
    }
}
