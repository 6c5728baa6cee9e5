//! Which casts there are and where they are made without being asked for.

use super::Expr;
use crate::error::{Error, Result};
use crate::types::DataType;

/// Who asks for a cast: the more explicit, the more is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CastContext {
    /// An operator or function that needs the type.
    Implicit,
    /// A value put into a column.
    Assignment,
    /// `CAST` or `::`.
    Explicit,
}

/// The expression as a value of another type. An untyped literal is parsed here and a parameter
/// without a type takes this one.
pub fn coerce_to(expr: Expr, target: DataType, context: CastContext) -> Result<Expr> {
    let _ = (expr, context);
    Err(Error::unsupported(target))
}

/// The type in which values of all these types meet: UNION, CASE, COALESCE, VALUES. Text if none of
/// them is known.
pub fn common_type(types: &[DataType]) -> Result<DataType> {
    let _ = types;
    Err(Error::unsupported("common_type"))
}

/// The expressions cast to their common type; `construct` names what asks (`UNION`, `VALUES`).
pub fn coerce_all(expressions: Vec<Expr>, construct: &str) -> Result<(Vec<Expr>, DataType)> {
    let _ = expressions;
    Err(Error::unsupported(construct))
}

/// The expression as a condition; `clause` names where it stands (`WHERE`, `JOIN/ON`).
pub fn coerce_to_boolean(expr: Expr, clause: &str) -> Result<Expr> {
    let _ = expr;
    Err(Error::unsupported(clause))
}
