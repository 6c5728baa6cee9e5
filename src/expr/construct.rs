//! Building the expressions that have a syntax of their own.

use super::Expr;
use crate::error::{Error, Result};
use crate::types::DataType;

pub fn resolve_not(operand: Expr) -> Result<Expr> {
    let _ = operand;
    Err(Error::unsupported("NOT"))
}

pub fn resolve_and(operands: Vec<Expr>) -> Result<Expr> {
    let _ = operands;
    Err(Error::unsupported("AND"))
}

pub fn resolve_or(operands: Vec<Expr>) -> Result<Expr> {
    let _ = operands;
    Err(Error::unsupported("OR"))
}

pub fn resolve_is_null(operand: Expr, negated: bool) -> Result<Expr> {
    let _ = (operand, negated);
    Err(Error::unsupported("IS NULL"))
}

/// `IS [NOT] TRUE | FALSE | UNKNOWN` (`truth: None`).
pub fn resolve_is_truth(operand: Expr, truth: Option<bool>, negated: bool) -> Result<Expr> {
    let _ = (operand, truth, negated);
    Err(Error::unsupported("IS TRUE"))
}

/// `IS DISTINCT FROM`, or with `negated` `IS NOT DISTINCT FROM`.
pub fn resolve_is_distinct(left: Expr, right: Expr, negated: bool) -> Result<Expr> {
    let _ = (left, right, negated);
    Err(Error::unsupported("IS DISTINCT FROM"))
}

/// `CASE [operand] WHEN … THEN … [ELSE …] END`.
pub fn resolve_case(
    operand: Option<Expr>,
    branches: Vec<(Expr, Expr)>,
    otherwise: Option<Expr>,
) -> Result<Expr> {
    let _ = (operand, branches, otherwise);
    Err(Error::unsupported("CASE"))
}

pub fn resolve_coalesce(operands: Vec<Expr>) -> Result<Expr> {
    let _ = operands;
    Err(Error::unsupported("COALESCE"))
}

/// GREATEST or LEAST.
pub fn resolve_extreme(greatest: bool, operands: Vec<Expr>) -> Result<Expr> {
    let _ = (greatest, operands);
    Err(Error::unsupported("GREATEST"))
}

pub fn resolve_null_if(left: Expr, right: Expr) -> Result<Expr> {
    let _ = (left, right);
    Err(Error::unsupported("NULLIF"))
}

pub fn resolve_between(operand: Expr, low: Expr, high: Expr, negated: bool) -> Result<Expr> {
    let _ = (operand, low, high, negated);
    Err(Error::unsupported("BETWEEN"))
}

pub fn resolve_in_list(operand: Expr, list: Vec<Expr>, negated: bool) -> Result<Expr> {
    let _ = (operand, list, negated);
    Err(Error::unsupported("IN"))
}

/// `operand [NOT] IN (subquery)`. Answers the expression and the type that the subquery's column must
/// be cast to (by the caller, above the subquery).
pub fn resolve_in_subplan(
    operand: Expr,
    subplan: usize,
    column: DataType,
    negated: bool,
) -> Result<(Expr, DataType)> {
    let _ = (operand, subplan, column, negated);
    Err(Error::unsupported("IN"))
}

/// `[NOT] LIKE | ILIKE`; `escape` as written after ESCAPE.
pub fn resolve_like(
    operand: Expr,
    pattern: Expr,
    escape: Option<&str>,
    negated: bool,
    case_insensitive: bool,
) -> Result<Expr> {
    let _ = (operand, pattern, escape, negated, case_insensitive);
    Err(Error::unsupported("LIKE"))
}

/// What ORDER BY, MIN and MAX compare in place of the expression: itself for most types.
pub fn ordering_key(expr: Expr) -> Result<Expr> {
    Ok(expr)
}

/// What GROUP BY, DISTINCT, UNION, IN and unique keys compare in place of the expression, without changing its value: itself
/// for most types, an error for those without equality.
pub fn grouping_key(expr: Expr) -> Result<Expr> {
    Ok(expr)
}
