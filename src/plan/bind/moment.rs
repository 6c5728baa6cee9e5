//! The expressions that are evaluated before a statement is bound: moments and the arguments of EXECUTE.

use super::assign::as_text;
use super::binder::Binder;
use super::expression::Context;
use super::parameter::Parameters;
use super::scope::Scope;
use super::times::Times;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr, Externals};
use crate::sql::{Moment, SessionStatement, Statement, Syntax, Temporal};
use crate::table::Catalog;
use crate::types::{DataType, TableSchema, Value};
use sqlparser::ast::Expr as Ast;
use std::rc::Rc;

/// A moment as an expression without columns: an integer for a sequence, else a time or its text.
pub fn bind_moment(moment: &Moment, parameter_types: &[Option<DataType>]) -> Result<Expr> {
    let ast = match moment {
        Moment::Seq(seq) => {
            let future = |_| Error::new(Code::MomentInFuture, "no sequence is as large");
            let seq = i64::try_from(*seq).map_err(future)?;
            return Ok(Expr::constant(Value::I64(seq), DataType::BigInt));
        }
        Moment::Tag(tag) => return Ok(Expr::literal(&format!("@tag:{tag}"))),
        Moment::Parameter(at) => {
            let data_type = parameter_types.get(*at).copied().flatten();
            let kind = expr::ExprKind::Parameter(*at);
            return Ok(Expr::new(kind, data_type.unwrap_or(DataType::Text)));
        }
        Moment::Expr(ast) => ast,
    };
    let bound = bind_alone(ast, parameter_types, "AS OF", &Scope::default(), None)?;
    match bound.data_type {
        DataType::Unknown if bound.as_constant().is_some_and(|value| !value.is_null()) => {
            as_text(bound)
        }
        DataType::Unknown => expr::coerce_to(bound, DataType::TimestampTz, CastContext::Implicit),
        _ => Ok(bound),
    }
}

/// The arguments of an EXECUTE in the types that its statement wants.
pub fn bind_arguments(
    statement: &Statement,
    wanted: &[DataType],
    functions: &Rc<Externals>,
) -> Result<Vec<Expr>> {
    let Syntax::Session(session) = &statement.syntax else {
        return Ok(Vec::new());
    };
    let SessionStatement::Execute { name, arguments } = &**session else {
        return Ok(Vec::new());
    };
    if arguments.len() != wanted.len() {
        let message = format!("wrong number of parameters for prepared statement \"{name}\"");
        let detail = format!(
            "Expected {} parameters but got {}.",
            wanted.len(),
            arguments.len()
        );
        return Err(Error::new(Code::Syntax, message).with_detail(detail));
    }
    let places = arguments.iter().zip(wanted).enumerate();
    let bound = places.map(|(at, (ast, wanted))| {
        let (clause, scope) = ("EXECUTE parameters", Scope::default());
        let bound = bind_with(ast, &[], clause, &scope, None, functions.clone())?;
        let given = bound.data_type;
        if *wanted == DataType::Unknown {
            return Ok(bound);
        }
        expr::coerce_to(bound, *wanted, CastContext::Assignment).map_err(|error| {
            if !matches!(error.code(), Code::CannotCoerce | Code::DatatypeMismatch) {
                return error;
            }
            let message = format!(
                "parameter ${} of type {given} cannot be coerced to the expected type {wanted}",
                at + 1
            );
            Error::new(Code::DatatypeMismatch, message)
        })
    });
    bound.collect()
}

/// An expression that is no part of a statement, over the columns of the scope: bound as if it stood in one that has
/// nothing else. One of a definition `of` a table knows the types of its columns.
pub fn bind_alone(
    ast: &Ast,
    parameter_types: &[Option<DataType>],
    clause: &'static str,
    scope: &Scope,
    of: Option<&TableSchema>,
) -> Result<Expr> {
    bind_with(ast, parameter_types, clause, scope, of, Rc::default())
}

/// The same where functions of the host may be called.
fn bind_with(
    ast: &Ast,
    parameter_types: &[Option<DataType>],
    clause: &'static str,
    scope: &Scope,
    of: Option<&TableSchema>,
    functions: Rc<Externals>,
) -> Result<Expr> {
    let statement = Statement {
        syntax: Syntax::Commit,
        temporal: Temporal::default(),
        parameters: parameter_types.len() as u32,
        literals: Vec::new(),
        rows: false,
        system_columns: false,
        overriding: None,
        exclusions: Vec::new(),
        inferences: Vec::new(),
        subscripts: Vec::new(),
        query_writes: None,
        no_wait: false,
        nesting: 0,
        texts: crate::sql::Texts::default(),
        tokens: Vec::new(),
    };
    let catalog = of.map(Catalog::of_types).unwrap_or_default();
    let times = Times::new(&statement.temporal, &[Rc::new(catalog)], functions);
    let mut parameters = Parameters::new(&statement, parameter_types);
    let mut binder = Binder::new(&statement, &times, &mut parameters);
    binder.seen = of.map(|_| &[][..]);
    let bound = binder.expression(ast, &mut Context::new(scope, clause))?;
    if !binder.subplans.is_empty() || !binder.dependents.is_empty() {
        return Err(Error::unsupported(format!("a subquery in {clause}")));
    }
    Ok(bound)
}
