//! The expressions of temporal clauses, which are evaluated before the statement is bound.

use super::assign::as_text;
use super::binder::Binder;
use super::expression::Context;
use super::parameter::Parameters;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::sql::{Moment, Statement, Syntax, Temporal, undefined_tag};
use crate::table::Catalog;
use crate::types::{DataType, Value};
use std::rc::Rc;

/// A moment as an expression without columns: an integer for a sequence, else a time or its text.
pub fn bind_moment(moment: &Moment, parameter_types: &[Option<DataType>]) -> Result<Expr> {
    let ast = match moment {
        Moment::Seq(seq) => {
            let future = |_| Error::new(Code::MomentInFuture, "no sequence is as large");
            let seq = i64::try_from(*seq).map_err(future)?;
            return Ok(Expr::constant(Value::I64(seq), DataType::BigInt));
        }
        Moment::Tag(tag) => return Err(undefined_tag(tag)),
        Moment::Parameter(at) => {
            let data_type = parameter_types.get(*at).copied().flatten();
            let kind = expr::ExprKind::Parameter(*at);
            return Ok(Expr::new(kind, data_type.unwrap_or(DataType::Text)));
        }
        Moment::Expr(ast) => ast,
    };
    // A moment is no statement; it is bound as if it stood in one that has nothing else.
    let statement = Statement {
        syntax: Syntax::Commit,
        temporal: Temporal::default(),
        parameters: parameter_types.len() as u32,
        literals: Vec::new(),
        rows: false,
        system_columns: false,
        overriding: None,
        exclusions: Vec::new(),
        moves_sequences: false,
        nesting: 0,
        texts: crate::sql::Texts::default(),
        tokens: Vec::new(),
    };
    let catalogs = [Rc::new(Catalog::default())];
    let mut parameters = Parameters::new(&statement, parameter_types);
    let mut binder = Binder::new(&statement, &catalogs, &mut parameters);
    let scope = Scope::default();
    let bound = binder.expression(ast, &mut Context::new(&scope, "AS OF"))?;
    if !binder.subplans.is_empty() || !binder.dependents.is_empty() {
        return Err(Error::unsupported("a subquery as a moment"));
    }
    match bound.data_type {
        DataType::Unknown if bound.as_constant().is_some_and(|value| !value.is_null()) => {
            as_text(bound)
        }
        DataType::Unknown => expr::coerce_to(bound, DataType::TimestampTz, CastContext::Implicit),
        _ => Ok(bound),
    }
}
