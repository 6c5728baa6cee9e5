//! Turns equalities between the two sides of a join into keys to hash by.

use super::condition::{conjunction, conjuncts, is_volatile, shift_down, uses_only};
use super::{Knowledge, Rule};
use crate::expr::{BinaryOperator, Expr, ExprKind, grouping_key};
use crate::plan::Node;

pub struct JoinKeys;

impl Rule for JoinKeys {
    fn name(&self) -> &'static str {
        "join keys"
    }

    fn apply(&self, node: Node, _: &dyn Knowledge) -> Node {
        node.map(&mut |node| match node {
            Node::Join {
                kind,
                left,
                right,
                mut keys,
                condition,
            } => {
                let mut rest = Vec::new();
                for conjunct in condition.into_iter().flat_map(conjuncts) {
                    match as_key(&conjunct, left.width(), right.width()) {
                        Some(key) => keys.push(key),
                        None => rest.push(conjunct),
                    }
                }
                Node::Join {
                    kind,
                    left,
                    right,
                    keys,
                    condition: conjunction(rest),
                }
            }
            other => other,
        })
    }
}

/// The two sides of an equality between left and right, each over its own side's columns.
fn as_key(conjunct: &Expr, left_width: usize, right_width: usize) -> Option<(Expr, Expr)> {
    let ExprKind::Binary {
        operator: BinaryOperator::Equal,
        left,
        right,
    } = &conjunct.kind
    else {
        return None;
    };
    let (left_columns, right_columns) = (0..left_width, left_width..left_width + right_width);
    let usable = |expr: &Expr| expr.has_columns() && !is_volatile(expr);
    if !usable(left) || !usable(right) || left.data_type.physical() != right.data_type.physical() {
        return None;
    }
    let (of_left, of_right) = if uses_only(left, &left_columns) && uses_only(right, &right_columns)
    {
        (left, right)
    } else if uses_only(right, &left_columns) && uses_only(left, &right_columns) {
        (right, left)
    } else {
        return None;
    };
    let key = |expr: &Expr| grouping_key(expr.clone()).ok();
    Some((key(of_left)?, shift_down(key(of_right)?, left_width)))
}
