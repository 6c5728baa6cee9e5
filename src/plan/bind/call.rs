//! Calls of functions and aggregates.

use super::aggregate;
use super::binder::Binder;
use super::expression::Context;
use super::name;
use super::sets::Sets;
use super::window_call;
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::plan::{Aggregate, AggregateFunction};
use sqlparser::ast::{
    self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
};

/// Aggregates of PostgreSQL that do not exist here: better said than "no such function".
const OTHER_AGGREGATES: [&str; 18] = [
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "json_object_agg",
    "jsonb_object_agg",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "variance",
    "var_pop",
    "var_samp",
    "corr",
    "covar_pop",
    "covar_samp",
    "mode",
    "percentile_cont",
    "percentile_disc",
];

impl<'a> Binder<'a> {
    pub fn function(&mut self, call: &'a ast::Function, context: &mut Context) -> Result<Expr> {
        let name = match name::parts(&call.name)?.as_slice() {
            [name] => *name,
            [schema, name] if schema.value == "pg_catalog" => *name,
            _ => return Err(Error::unsupported("a function in a schema")),
        };
        self.function_named(&name.value, call, context)
            .map_err(|error| error.at(name::position(name)))
    }

    fn function_named(
        &mut self,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Expr> {
        if !call.within_group.is_empty() || call.null_treatment.is_some() {
            return Err(Error::unsupported(
                "WITHIN GROUP and the treatment of NULLs",
            ));
        }
        if OTHER_AGGREGATES.contains(&name) {
            return Err(Error::unsupported(format!("the aggregate {name}")));
        }
        if let Some(over) = &call.over {
            return self.window_call(name, call, over, context);
        }
        if window_call::function(name).is_some() {
            let message = format!("window function {name} requires an OVER clause");
            return Err(Error::new(Code::WrongObjectType, message));
        }
        if let Some(function) = aggregate::function(name) {
            return self.aggregate(function, name, call, context);
        }
        if call.filter.is_some() {
            return Err(Error::new(
                Code::WrongObjectType,
                format!("FILTER specified, but {name} is not an aggregate function"),
            ));
        }
        let arguments = match &call.args {
            FunctionArguments::None => Vec::new(),
            FunctionArguments::Subquery(_) => {
                return Err(Error::unsupported("a query as the argument of a function"));
            }
            FunctionArguments::List(list) => {
                if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
                    return Err(Error::new(
                        Code::WrongObjectType,
                        format!("DISTINCT specified, but {name} is not an aggregate function"),
                    ));
                }
                let is_of_sequence = matches!(name, "nextval" | "currval" | "setval");
                // Their arguments call none themselves.
                let is_whole = name == "coalesce" || expr::is_set_function(name);
                let mut arguments: Vec<Expr> = Vec::with_capacity(list.args.len());
                for ast in plain_arguments(list)? {
                    let since = self.dependents.len();
                    let ast = match is_of_sequence {
                        true => without_regclass(ast),
                        false => ast,
                    };
                    let argument = match is_whole {
                        false => self.expression(ast, context)?,
                        true => self.without_sets(context, |binder, context| {
                            binder.expression(ast, context)
                        })?,
                    };
                    if name == "coalesce" {
                        self.guard(since, context.depth(), || all_null(&arguments))?;
                    }
                    arguments.push(argument);
                }
                arguments
            }
        };
        match expr::is_set_function(name) {
            true => Sets::call(name, arguments, context),
            false => expr::resolve_function(name, arguments),
        }
    }

    fn aggregate(
        &mut self,
        function: AggregateFunction,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Expr> {
        if context.inside_aggregate {
            return Err(Error::new(
                Code::Grouping,
                "aggregate function calls cannot be nested",
            ));
        }
        context.inside_aggregate = true;
        let since = self.dependents.len();
        let bound = self.bound_aggregate(function, name, call, context);
        context.inside_aggregate = false;
        let aggregate = bound?;
        if let Some(argument) = &aggregate.argument
            && self.asks_since(since, argument) == (false, true)
        {
            // It is one of a query around this one.
            if self.dependents.len() > since {
                let what = "a subquery in an aggregate of a query around it";
                return Err(Error::unsupported(what));
            }
            return self.outer.aggregate(aggregate);
        }
        match &mut context.calls {
            Some(calls) => Ok(calls.add(aggregate)),
            None => Err(Error::new(
                Code::Grouping,
                format!("aggregate functions are not allowed in {}", context.clause),
            )),
        }
    }

    /// The aggregate that is called, wherever it stands.
    pub fn bound_aggregate(
        &mut self,
        function: AggregateFunction,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Aggregate> {
        let FunctionArguments::List(list) = &call.args else {
            return Err(aggregate::undefined(name, &[]));
        };
        let filter = call.filter.as_deref();
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        match self.aggregate_argument((function, name), list, filter, context)? {
            Argument::Star if distinct => Err(Error::new(
                Code::Syntax,
                "DISTINCT specified, but there is no argument",
            )),
            Argument::Star if name == "count" => Ok(aggregate::count_rows()),
            Argument::Filtered(condition) if name == "count" && !distinct => {
                aggregate::count_if(condition)
            }
            Argument::Star | Argument::Filtered(_) => Err(aggregate::undefined(name, &[])),
            Argument::Expressions(arguments) => {
                aggregate::resolve(function, name, arguments, distinct)
            }
        }
    }

    fn aggregate_argument(
        &mut self,
        (function, name): (AggregateFunction, &str),
        list: &'a FunctionArgumentList,
        filter: Option<&'a ast::Expr>,
        context: &mut Context,
    ) -> Result<Argument> {
        let filter = filter
            .map(|filter| self.condition(filter, context, "FILTER"))
            .transpose()?;
        if !list.clauses.is_empty() {
            return Err(Error::unsupported(
                "a clause inside the call of an aggregate",
            ));
        }
        if let [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] = list.args.as_slice() {
            return Ok(filter.map_or(Argument::Star, Argument::Filtered));
        }
        let mut arguments = Vec::new();
        for ast in plain_arguments(list)? {
            let argument = self.expression(ast, context)?;
            aggregate::check_type(function, name, &argument)?;
            // All aggregates here pass over NULLs, so a row that is not wanted is a NULL.
            arguments.push(match &filter {
                Some(filter) => expr::resolve_case(None, vec![(filter.clone(), argument)], None)?,
                None => argument,
            });
        }
        Ok(Argument::Expressions(arguments))
    }
}

/// That all arguments so far are NULL.
fn all_null(arguments: &[Expr]) -> Result<Expr> {
    let is_null = |argument: &Expr| expr::resolve_is_null(argument.clone(), false);
    expr::resolve_and(arguments.iter().map(is_null).collect::<Result<_>>()?)
}

enum Argument {
    Star,
    /// `*` with a FILTER.
    Filtered(Expr),
    Expressions(Vec<Expr>),
}

pub fn plain_arguments(list: &FunctionArgumentList) -> Result<Vec<&ast::Expr>> {
    if !list.clauses.is_empty() {
        return Err(Error::unsupported("a clause inside the call of a function"));
    }
    list.args.iter().map(plain_argument).collect()
}

pub fn plain_argument(argument: &FunctionArg) -> Result<&ast::Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
        FunctionArg::Unnamed(_) => Err(Error::new(Code::Syntax, "* is not an argument here")),
        _ => Err(Error::unsupported("a named argument")),
    }
}

impl super::grouping::Calls {
    /// The place of an aggregate's value until the rows are grouped.
    fn add(&mut self, aggregate: Aggregate) -> Expr {
        let data_type = aggregate.data_type;
        Expr::column(self.place(aggregate), data_type)
    }
}

/// The name of a sequence without its cast: it is looked up by its text.
fn without_regclass(ast: &ast::Expr) -> &ast::Expr {
    match ast {
        ast::Expr::Cast {
            expr, data_type, ..
        } if is_regclass(data_type) => expr,
        other => other,
    }
}

fn is_regclass(data_type: &ast::DataType) -> bool {
    match data_type {
        ast::DataType::Regclass => true,
        ast::DataType::Custom(name, _) => {
            name::single(name).is_ok_and(|ident| ident.value == "regclass")
        }
        _ => false,
    }
}
