//! Conditions as lists of conjuncts, and what can be said of one.

use crate::expr::{BinaryOperator, Expr, ExprKind, Volatility};
use crate::types::DataType;
use std::ops::Range;

/// The conjuncts of a condition, nested ANDs flattened, in order.
pub fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr.kind {
        ExprKind::And(operands) => operands.into_iter().flat_map(conjuncts).collect(),
        ExprKind::Or(operands) => factored(operands),
        kind => vec![Expr::new(kind, expr.data_type)],
    }
}

/// What all operands of an OR ask stands beside it: `(a AND b) OR (a AND c)` is `a AND (b OR c)`, of unknown values as well.
fn factored(operands: Vec<Expr>) -> Vec<Expr> {
    let mut branches: Vec<Vec<Expr>> = operands.into_iter().map(conjuncts).collect();
    let mut common = Vec::new();
    let mut at = 0;
    while let Some(wanted) = branches.first().and_then(|branch| branch.get(at)) {
        let place = |branch: &Vec<Expr>| branch.iter().position(|conjunct| conjunct == wanted);
        let places: Option<Vec<usize>> = branches.iter().map(place).collect();
        let Some(places) = places.filter(|_| !is_volatile(wanted)) else {
            at += 1;
            continue;
        };
        let mut taken = None;
        for (branch, place) in branches.iter_mut().zip(places) {
            taken = Some(branch.remove(place));
        }
        common.extend(taken);
    }
    // A branch that asks no more makes the others say nothing: `a OR (a AND b)` is `a`.
    let branches: Option<Vec<Expr>> = branches.into_iter().map(conjunction).collect();
    common.extend(branches.map(disjunction));
    common
}

fn disjunction(operands: Vec<Expr>) -> Expr {
    Expr::new(ExprKind::Or(operands), DataType::Boolean)
}

/// What a condition asks of some columns at least: of `(a = 1 AND b = 2) OR (a = 3 AND b = 4)` it is of a `a = 1 OR a = 3`.
pub fn implied(condition: &Expr, columns: &Range<usize>) -> Option<Expr> {
    let ExprKind::Or(operands) = &condition.kind else {
        return None;
    };
    let of_columns = |operand: &Expr| {
        let mut asked = conjuncts(operand.clone());
        asked.retain(|c| c.has_columns() && uses_only(c, columns) && !is_volatile(c));
        conjunction(asked)
    };
    let operands: Option<Vec<Expr>> = operands.iter().map(of_columns).collect();
    operands.map(disjunction)
}

/// The condition that all of them hold; `None` for none.
pub fn conjunction(mut conjuncts: Vec<Expr>) -> Option<Expr> {
    match conjuncts.len() {
        0 => None,
        1 => conjuncts.pop(),
        _ => Some(Expr::new(ExprKind::And(conjuncts), DataType::Boolean)),
    }
}

/// Whether every column of the expression lies in the range.
pub fn uses_only(expr: &Expr, columns: &Range<usize>) -> bool {
    !expr.any(&mut |e| matches!(e.kind, ExprKind::Column(c) if !columns.contains(&c)))
}

/// Moves the columns of an expression by `from` down, so that column `from` becomes column 0.
pub fn shift_down(mut expr: Expr, from: usize) -> Expr {
    remap(&mut expr, &|column| column - from);
    expr
}

/// Renumbers the columns of an expression.
pub fn remap(expr: &mut Expr, change: &dyn Fn(usize) -> usize) {
    expr.visit_mut(&mut |e| {
        if let ExprKind::Column(column) = &mut e.kind {
            *column = change(*column);
        }
    });
}

/// Puts expressions in the place of the columns they are the values of.
pub fn substitute(mut expr: Expr, values: &[Expr]) -> Expr {
    expr.visit_mut(&mut |e| {
        if let ExprKind::Column(column) = e.kind {
            *e = values[column].clone();
        }
    });
    expr
}

/// Whether it gives another value each time it is asked (`random()`): such a one is never moved.
pub fn is_volatile(expr: &Expr) -> bool {
    expr.volatility() == Volatility::Volatile
}

/// Whether the condition cannot be true of a row in which all columns of the range are NULL, as an
/// outer join pads them.
pub fn refuses_nulls(condition: &Expr, columns: &Range<usize>) -> bool {
    match &condition.kind {
        ExprKind::IsNull {
            operand,
            negated: true,
        } => is_null_with(operand, columns),
        ExprKind::IsTruth {
            operand,
            truth: Some(_),
            negated: false,
        } => is_null_with(operand, columns),
        _ => is_null_with(condition, columns),
    }
}

/// Whether the expression is NULL when all columns of the range are.
fn is_null_with(expr: &Expr, columns: &Range<usize>) -> bool {
    match &expr.kind {
        ExprKind::Column(column) => columns.contains(column),
        ExprKind::Binary {
            operator,
            left,
            right,
        } => {
            !matches!(
                operator,
                BinaryOperator::JsonGet | BinaryOperator::JsonGetText
            ) && (is_null_with(left, columns) || is_null_with(right, columns))
        }
        ExprKind::Negate(operand) | ExprKind::Not(operand) | ExprKind::Cast { operand, .. } => {
            is_null_with(operand, columns)
        }
        ExprKind::Like {
            operand, pattern, ..
        } => is_null_with(operand, columns) || is_null_with(pattern, columns),
        ExprKind::InList { operand, .. } => is_null_with(operand, columns),
        ExprKind::And(operands) => operands
            .iter()
            .all(|operand| is_null_with(operand, columns)),
        ExprKind::Or(operands) => operands
            .iter()
            .all(|operand| is_null_with(operand, columns)),
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn column(position: usize) -> Expr {
        Expr::column(position, DataType::Integer)
    }

    pub fn equal(left: Expr, right: Expr) -> Expr {
        let kind = ExprKind::Binary {
            operator: BinaryOperator::Equal,
            left: Box::new(left),
            right: Box::new(right),
        };
        Expr::new(kind, DataType::Boolean)
    }

    #[test]
    fn nested_ands_are_one_list() {
        let and = |operands| Expr::new(ExprKind::And(operands), DataType::Boolean);
        let one = equal(column(0), Expr::integer(1));
        let all = and(vec![one.clone(), and(vec![one.clone(), one.clone()])]);
        assert_eq!(conjuncts(all), [one.clone(), one.clone(), one]);
    }

    #[test]
    fn what_all_operands_of_an_or_ask_stands_beside_it() {
        let and = |operands| Expr::new(ExprKind::And(operands), DataType::Boolean);
        let is = |place| equal(column(place), Expr::integer(1));
        let both = disjunction(vec![and(vec![is(0), is(1)]), and(vec![is(2), is(0)])]);
        assert_eq!(conjuncts(both), [is(0), disjunction(vec![is(1), is(2)])]);
        let absorbed = disjunction(vec![is(0), and(vec![is(1), is(0)])]);
        assert_eq!(conjuncts(absorbed), [is(0)]);
        let nothing = disjunction(vec![is(0), is(1)]);
        assert_eq!(conjuncts(nothing.clone()), [nothing]);
    }

    #[test]
    fn an_or_implies_of_a_side_what_each_operand_asks_of_it() {
        let and = |operands| Expr::new(ExprKind::And(operands), DataType::Boolean);
        let is = |place| equal(column(place), Expr::integer(1));
        let or = disjunction(vec![and(vec![is(0), is(2)]), and(vec![is(1), is(3)])]);
        assert_eq!(implied(&or, &(0..2)), Some(disjunction(vec![is(0), is(1)])));
        assert_eq!(implied(&or, &(0..1)), None);
    }

    #[test]
    fn a_comparison_refuses_padded_rows_and_is_null_does_not() {
        let comparison = equal(column(2), Expr::integer(1));
        assert!(refuses_nulls(&comparison, &(2..3)));
        assert!(!refuses_nulls(&comparison, &(0..2)));
        let is_null = |negated| {
            let kind = ExprKind::IsNull {
                operand: Box::new(column(2)),
                negated,
            };
            Expr::new(kind, DataType::Boolean)
        };
        assert!(refuses_nulls(&is_null(true), &(2..3)));
        assert!(!refuses_nulls(&is_null(false), &(2..3)));
    }
}
