//! Whether a filter lets only rows pass of which the predicate of an index is true.
//!
//! It does if each conjunct of the predicate is one of the filter's, or says that an expression is not NULL which the
//! filter compares. Nothing is concluded from the values of constants; where those that were lifted out
//! of a statement might tell more, the rules ask for them.

use super::condition::conjuncts;
use crate::expr::{BinaryOperator, Expr, ExprKind};
use crate::types::{DataType, Value};

/// Whether all that is asked together makes the predicate true.
pub fn is_implied(predicate: Expr, asked: &[Expr]) -> bool {
    let wanted = conjuncts(predicate);
    wanted
        .iter()
        .all(|wanted| asked.iter().any(|asked| implies(asked, wanted)))
}

fn implies(asked: &Expr, wanted: &Expr) -> bool {
    if plain(asked) == plain(wanted) {
        return true;
    }
    let ExprKind::IsNull {
        operand,
        negated: true,
    } = &wanted.kind
    else {
        return false;
    };
    match &asked.kind {
        ExprKind::Binary {
            operator,
            left,
            right,
        } if operator.is_comparison() => left == operand || right == operand,
        ExprKind::InList {
            operand: listed,
            negated: false,
            ..
        } => listed == operand,
        _ => false,
    }
}

/// `x = true` as `x`, and `x = false` as `NOT x`.
fn plain(expr: &Expr) -> Expr {
    if let ExprKind::Binary {
        operator: BinaryOperator::Equal,
        left,
        right,
    } = &expr.kind
        && let Some(Value::Bool(truth)) = right.as_constant()
    {
        let kind = match truth {
            true => return (**left).clone(),
            false => ExprKind::Not(left.clone()),
        };
        return Expr::new(kind, DataType::Boolean);
    }
    expr.clone()
}

/// Whether a constant in what is asked that became a parameter, from number `first` on, stands where what an index
/// wants has one: to know whether it is the same, the statement is to be looked at as it was written.
pub fn asks_for_constants(wanted: &Expr, asked: &[Expr], first: usize) -> bool {
    let (blank, has_constants) = blanked(wanted, |kind| matches!(kind, ExprKind::Constant(_)));
    let is_lifted = |kind: &ExprKind| matches!(kind, ExprKind::Parameter(at) if *at >= first);
    let is_asked = |expr: &Expr| {
        let (other, has_lifted) = blanked(expr, |kind| {
            is_lifted(kind) || matches!(kind, ExprKind::Constant(_))
        });
        has_lifted && expr.any(&mut |expr| is_lifted(&expr.kind)) && other == blank
    };
    has_constants
        && asked.iter().any(|asked| {
            is_asked(asked)
                || matches!(&asked.kind, ExprKind::Binary { left, right, .. } if is_asked(left) || is_asked(right))
        })
}

/// Whether the branches of an OR ask the same but for lifted constants, of which nothing says that they differ: with the
/// constants more may be common to all of them.
pub fn may_hide_common(condition: &Expr, first: usize) -> bool {
    let ExprKind::Or(branches) = &condition.kind else {
        return false;
    };
    let is_lifted = |kind: &ExprKind| matches!(kind, ExprKind::Parameter(at) if *at >= first);
    let blank = |branch: &Expr| -> Vec<(Expr, bool)> {
        let asked = conjuncts(branch.clone()).into_iter();
        asked.map(|asked| blanked(&asked, is_lifted)).collect()
    };
    let branches: Vec<_> = branches.iter().map(blank).collect();
    let Some((one, others)) = branches.split_first() else {
        return false;
    };
    // Of a branch that asks nothing else, a constant that all have in common would be all that is asked.
    branches.iter().all(|branch| branch.len() > 1)
        && one.iter().any(|asked| {
            let (_, has_lifted) = asked;
            *has_lifted && others.iter().all(|other| other.contains(asked))
        })
}

/// The expression with NULLs in the place of what stands for constants, and whether there was any.
fn blanked(expr: &Expr, is_blank: impl Fn(&ExprKind) -> bool) -> (Expr, bool) {
    let (mut expr, mut found) = (expr.clone(), false);
    expr.visit_mut(&mut |expr| {
        let is_cast_blank = matches!(&expr.kind, ExprKind::Cast { operand, .. }
            if operand.kind == ExprKind::Constant(Value::Null));
        if is_blank(&expr.kind) || is_cast_blank {
            found = true;
            *expr = Expr::null();
        }
    });
    (expr, found)
}
