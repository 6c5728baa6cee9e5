//! Choosing operators by the types of their operands.

use super::{BinaryOperator, Expr};
use crate::error::{Error, Result};

/// `left operator right` with both sides cast, or UndefinedFunction / AmbiguousFunction.
pub fn resolve_operator(operator: BinaryOperator, left: Expr, right: Expr) -> Result<Expr> {
    let _ = (left, right);
    Err(Error::unsupported(operator.symbol()))
}

/// `- operand`.
pub fn resolve_negate(operand: Expr) -> Result<Expr> {
    let _ = operand;
    Err(Error::unsupported("-"))
}

/// `+ operand`.
pub fn resolve_plus(operand: Expr) -> Result<Expr> {
    let _ = operand;
    Err(Error::unsupported("+"))
}
