//! Evaluation.

use super::{EvalContext, Expr};
use crate::column::{Chunk, Vector};
use crate::error::{Error, Result};
use crate::types::Value;
use std::rc::Rc;

/// The expression's value for every row of the chunk. The vector is as long as the chunk's; only the
/// selected rows are computed or may raise an error, the others hold anything.
pub fn evaluate(expr: &Expr, chunk: &Chunk, context: &EvalContext) -> Result<Rc<Vector>> {
    let _ = (expr, chunk, context);
    Err(Error::unsupported("evaluate"))
}

/// The chunk with only those selected rows for which the condition is true.
pub fn filter(expr: &Expr, chunk: Chunk, context: &EvalContext) -> Result<Chunk> {
    let _ = (expr, chunk, context);
    Err(Error::unsupported("filter"))
}

/// The value of an expression without columns.
pub fn evaluate_value(expr: &Expr, context: &EvalContext) -> Result<Value> {
    evaluate_row(expr, &[], context)
}

/// The value of an expression for one row, whose columns are `row`.
pub fn evaluate_row(expr: &Expr, row: &[Value], context: &EvalContext) -> Result<Value> {
    let _ = (expr, row, context);
    Err(Error::unsupported("evaluate_row"))
}

/// Puts the values of constant subexpressions in their place. One that raises an error is left as it
/// is, to raise it if it is ever asked for.
pub fn fold_constants(expr: Expr) -> Expr {
    expr
}
