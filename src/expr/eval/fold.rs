//! Replacing constant subexpressions by their values.

use super::super::{EvalContext, Expr, ExprKind};
use super::evaluate_row;
use crate::error::Result;
use crate::types::{Entropy, HeapBound, Value};

/// A larger value is made where it is used, and not kept in plans.
const FOLDED_MAX: usize = 1 << 20;

/// Nothing immutable asks for chance.
struct NoEntropy;

impl Entropy for NoEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// Puts the values of constant subexpressions in their place. One that raises an error is left as it
/// is, to raise it if it is ever asked for.
pub fn fold_constants(mut expr: Expr) -> Expr {
    expr.visit_mut(&mut fold);
    expr
}

/// The value of an immutable expression over a row.
///
/// # Errors
/// What it raises.
pub fn evaluate_immutable(expr: &Expr, row: &[Value]) -> Result<Value> {
    let context = EvalContext {
        parameters: &[],
        outer: &[],
        subplans: &[],
        now: 0,
        entropy: &NoEntropy,
        clock: None,
        sequences: None,
        heap: &HeapBound::default(),
    };
    evaluate_row(expr, row, &context)
}

/// Whether a plan would hold too much with it.
fn is_large(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.len() > FOLDED_MAX,
        Value::Bytes(bytes) => bytes.len() > FOLDED_MAX,
        Value::Array(elements) => elements.len() > FOLDED_MAX / size_of::<Value>(),
        _ => false,
    }
}

/// Operands have been folded before, so that a constant one is a leaf.
fn fold(expr: &mut Expr) {
    let children = expr.children();
    let all_constant = children.iter().all(|child| child.as_constant().is_some());
    if children.is_empty()
        && !matches!(expr.kind, ExprKind::Call { .. } | ExprKind::External { .. })
        || !all_constant
        || !expr.is_constant()
    {
        return simplify(expr);
    }
    if let Ok(value) = evaluate_immutable(expr, &[])
        && !is_large(&value)
    {
        expr.kind = ExprKind::Constant(value);
    }
}

/// Drops what cannot matter in AND and OR, without changing which errors are raised first.
fn simplify(expr: &mut Expr) {
    let (operands, decided_by) = match &mut expr.kind {
        ExprKind::And(operands) => (operands, false),
        ExprKind::Or(operands) => (operands, true),
        _ => return,
    };
    let is = |operand: &Expr, truth: bool| matches!(operand.as_constant(), Some(Value::Bool(value)) if *value == truth);
    operands.retain(|operand| !is(operand, !decided_by));
    // What follows a deciding operand is never asked for.
    if let Some(at) = operands.iter().position(|operand| is(operand, decided_by)) {
        operands.truncate(at + 1);
    }
    match operands.as_slice() {
        [] => *expr = Expr::boolean(!decided_by),
        [_] => *expr = operands.remove(0),
        [first, ..] if is(first, decided_by) => *expr = Expr::boolean(decided_by),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::{BinaryOperator, resolve_and, resolve_function, resolve_operator};
    use super::*;
    use crate::types::DataType;

    #[test]
    fn constants_become_values_and_errors_wait() {
        let sum =
            resolve_operator(BinaryOperator::Add, Expr::integer(1), Expr::integer(2)).unwrap();
        assert_eq!(fold_constants(sum), Expr::integer(3));
        let error =
            resolve_operator(BinaryOperator::Divide, Expr::integer(1), Expr::integer(0)).unwrap();
        assert_eq!(fold_constants(error.clone()), error);
        let now = resolve_function("now", Vec::new()).unwrap();
        assert_eq!(fold_constants(now.clone()), now);
    }

    #[test]
    fn junctions_lose_what_cannot_matter() {
        let column = Expr::column(0, DataType::Boolean);
        let both = resolve_and(vec![Expr::boolean(true), column.clone()]).unwrap();
        assert_eq!(fold_constants(both), column);
        let none = resolve_and(vec![Expr::boolean(false), column]).unwrap();
        assert_eq!(fold_constants(none), Expr::boolean(false));
    }
}
