//! Turns equalities between the two sides of a join into keys to hash by.

use super::condition::{conjunction, conjuncts, is_volatile, shift_down, uses_only};
use super::never_null::is_never_null;
use super::{Knowledge, Rule};
use crate::expr::{BinaryOperator, Expr, ExprKind, grouping_key};
use crate::plan::{JoinKind, Node};

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
                    let equality = equality_of(kind, &conjunct, &left, &right);
                    let key = equality.and_then(|e| as_key(e, left.width(), right.width()));
                    match key {
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

/// The equality that a condition of a join is: a key that is NULL matches nothing, so where NULL is not
/// the same as false, neither side may ever be.
fn equality_of<'e>(
    kind: JoinKind,
    conjunct: &'e Expr,
    left: &Node,
    right: &Node,
) -> Option<&'e Expr> {
    let (equality, null_matters) = match &conjunct.kind {
        ExprKind::IsTruth {
            operand,
            truth: Some(true),
            negated: false,
        } => (&**operand, false),
        ExprKind::IsTruth {
            operand,
            truth: Some(false),
            negated: true,
        } => (&**operand, true),
        _ => (conjunct, kind == JoinKind::Mark),
    };
    let is_known = || match &equality.kind {
        ExprKind::Binary {
            left: one,
            right: other,
            ..
        } => [one, other]
            .into_iter()
            .all(|side| is_never_null(side, &[left, right])),
        _ => false,
    };
    (!null_matters || is_known()).then_some(equality)
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
