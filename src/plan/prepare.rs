//! The way in: from a parsed statement to a plan.

use super::node::{OutputColumn, Plan};
use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::sql::{Moment, Statement, Syntax};
use crate::table::Catalog;
use crate::types::DataType;
use std::rc::Rc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Whether the rules of `optimize` are applied. A plan without them answers the same, slowly.
    pub optimize: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { optimize: true }
    }
}

/// A statement ready to be executed, again and again, while the catalogs stay the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    pub plan: Plan,
    /// The type that each parameter has, the user's first and then those of the lifted constants (unless
    /// they are the rows of an INSERT). Values are cast to it before execution.
    pub parameter_types: Vec<DataType>,
    /// The types of the columns of constants, if they are the rows of an INSERT ([`Node::Rows`](super::Node::Rows)).
    pub row_types: Vec<DataType>,
    /// The columns of the result; none if the statement yields no rows.
    pub fields: Vec<OutputColumn>,
}

/// Plans a statement. `catalogs` holds the schema of the present and then one for each temporal clause of
/// the statement, in order (of ranges: the present's). `parameter_types` are those the user knows; the
/// others follow from the context, and are text where that leaves them open.
pub fn plan(
    statement: &Statement,
    catalogs: &[Rc<Catalog>],
    parameter_types: &[Option<DataType>],
    options: &Options,
) -> Result<Prepared> {
    let _ = (catalogs, parameter_types, options);
    let plan = match &statement.syntax {
        Syntax::Begin { read_only } => Plan::Begin {
            read_only: *read_only,
        },
        Syntax::Commit => Plan::Commit,
        Syntax::Rollback => Plan::Rollback,
        Syntax::Savepoint(name) => Plan::Savepoint(name.value.clone()),
        Syntax::Release(name) => Plan::ReleaseSavepoint(name.value.clone()),
        Syntax::RollbackTo(name) => Plan::RollbackToSavepoint(name.value.clone()),
        _ => return Err(Error::unsupported("this statement")),
    };
    Ok(Prepared {
        plan,
        parameter_types: Vec::new(),
        row_types: Vec::new(),
        fields: Vec::new(),
    })
}

/// The expression of a moment of a temporal clause, without columns. Its value becomes a moment by
/// [`point_of_value`](crate::sql::point_of_value).
pub fn plan_moment(moment: &Moment, parameter_types: &[Option<DataType>]) -> Result<Expr> {
    let _ = (moment, parameter_types);
    Err(Error::unsupported("a moment given as an expression"))
}
