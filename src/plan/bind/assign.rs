//! Giving an expression the type of the place it goes to.

use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::types::{ColumnSchema, DataType};

/// What becomes of an output that has no type of its own: a string, a NULL, a parameter.
#[derive(Debug, Clone, Copy)]
pub enum Untyped<'a> {
    Text,
    /// The types that the columns are wanted as.
    As(&'a [DataType]),
    /// It stays as it is, for a UNION to decide.
    Open,
}

impl Untyped<'_> {
    /// The type for an untyped output, by its place; none is text.
    pub fn wanted(self, at: usize) -> Option<DataType> {
        match self {
            Untyped::Text => None,
            Untyped::As(types) => types.get(at).copied(),
            Untyped::Open => Some(DataType::Unknown),
        }
    }
}

/// As a value of that type, as an assignment would make it.
pub fn assign(expr: Expr, target: DataType) -> Result<Expr> {
    expr::coerce_to(expr, target, CastContext::Assignment)
}

pub fn assign_all(expressions: Vec<Expr>, target: DataType) -> Result<Vec<Expr>> {
    expressions
        .into_iter()
        .map(|expr| assign(expr, target))
        .collect()
}

/// What has no type of its own becomes text.
pub fn as_text(expr: Expr) -> Result<Expr> {
    expr::coerce_to(expr, DataType::Text, CastContext::Implicit)
}

/// As a value of a column; the error names the column.
pub fn assign_to_column(expr: Expr, column: &ColumnSchema) -> Result<Expr> {
    let from = expr.data_type;
    let assigned = assign(expr, column.data_type);
    let assigned = assigned.map(|value| expr::round_time(value, column.precision));
    assigned.map_err(|error| match error.code() {
        Code::DatatypeMismatch | Code::CannotCoerce if from != DataType::Unknown => Error::new(
            Code::DatatypeMismatch,
            format!(
                "column \"{}\" is of type {} but expression is of type {}",
                column.name,
                column.data_type.base(),
                from.base()
            ),
        )
        .with_hint("You will need to rewrite or cast the expression."),
        _ => error,
    })
}
