//! Choosing functions by name and the types of their arguments.

use super::Expr;
use crate::error::{Error, Result};

/// The call of a function by its name in lower case, with the arguments cast, or UndefinedFunction /
/// AmbiguousFunction.
pub fn resolve_function(name: &str, arguments: Vec<Expr>) -> Result<Expr> {
    let _ = arguments;
    Err(Error::unsupported(name))
}
