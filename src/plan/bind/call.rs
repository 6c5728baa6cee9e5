//! Calls of functions.

use super::aggregate::undefined;
use super::binder::Binder;
use super::expression::Context;
use super::name;
use super::sets::Sets;
use super::window_call;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::plan::{AggregateFunction, PastFunction};
use crate::sql::unexpected;
use crate::types::{DataType, Value};
use sqlparser::ast::{
    self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments,
};

impl<'a> Binder<'a> {
    pub fn function(&mut self, call: &'a ast::Function, context: &mut Context) -> Result<Expr> {
        let name = self.function_name(&call.name)?;
        self.function_named(&name.value, call, context)
            .map_err(|error| match error.code() {
                Code::UndefinedFunction if expr::is_fully_reserved(&name.value) => unexpected(name),
                _ => of_host(&name.value, error).at(name::position(name)),
            })
    }

    /// The name of a function, which is one of the system's or one of the host's.
    pub fn function_name<'n>(&self, called: &'n ast::ObjectName) -> Result<&'n ast::Ident> {
        let is_own = |name: &ast::Ident| self.times.functions.get(&name.value).is_some();
        match name::parts(called)?.as_slice() {
            [name] => Ok(name),
            [schema, name] if schema.value == "pg_catalog" => Ok(name),
            [schema, name] if schema.value == "public" && is_own(name) => Ok(name),
            _ => Err(Error::unsupported("a function in a schema")),
        }
    }

    fn function_named(
        &mut self,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<Expr> {
        let name = if name == "ifnull" { "coalesce" } else { name };
        // Before their arguments, which are no values.
        if name == "normalize" || is_populating(name) {
            return Err(Error::unsupported(format!("the function {name} here")));
        }
        if call.null_treatment.is_some() {
            return Err(Error::unsupported("the treatment of NULLs"));
        }
        let own = self.times.functions.get(name);
        if own.is_some() && is_variadic(&call.args) {
            return Err(Error::unsupported(format!("VARIADIC for {name}")));
        }
        let aggregate = match &own {
            Some(own) => own.is_aggregate().then_some(AggregateFunction::External),
            None => AggregateFunction::named(name),
        };
        if let Some(over) = &call.over {
            match own.as_ref().map(|own| own.is_aggregate()) {
                None => {}
                Some(true) => {
                    return Err(Error::unsupported(format!("OVER for the aggregate {name}")));
                }
                Some(false) => return Err(window_call::no_window(name)),
            }
            if !call.within_group.is_empty() {
                return Err(Error::unsupported(
                    "OVER for an aggregate with WITHIN GROUP",
                ));
            }
            return self.window_call(name, call, over, context);
        }
        if !call.within_group.is_empty() {
            return match aggregate {
                Some(function) if function.is_of_ordered_set() => {
                    self.aggregate(function, name, call, context)
                }
                None if window_call::function(name).is_some() => {
                    self.hypothetical_set(name, call, context)
                }
                _ => Err(undefined(name, &[])),
            };
        }
        if name == "grouping" {
            return self.grouping(call, context);
        }
        if window_call::function(name).is_some() {
            let message = format!("window function {name} requires an OVER clause");
            return Err(Error::new(Code::WrongObjectType, message));
        }
        if let Some(function) = aggregate {
            return self.aggregate(function, name, call, context);
        }
        if call.filter.is_some() {
            return Err(Error::new(
                Code::WrongObjectType,
                format!("FILTER specified, but {name} is not an aggregate function"),
            ));
        }
        let mut arguments = match &call.args {
            FunctionArguments::None => Vec::new(),
            FunctionArguments::Subquery(query) if name == "array" => {
                return self.array_of_query(query, context);
            }
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
                if !list.clauses.is_empty() {
                    return Err(Error::new(
                        Code::WrongObjectType,
                        format!("ORDER BY specified, but {name} is not an aggregate function"),
                    ));
                }
                let is_of_sequence = matches!(name, "nextval" | "currval" | "setval");
                // Their arguments call none themselves.
                let is_whole = name == "coalesce" || expr::is_set_function(name);
                let mut arguments: Vec<Expr> = Vec::with_capacity(list.args.len());
                for argument in in_order(name, &list.args)? {
                    let argument = match argument {
                        Ok(argument) => argument,
                        Err(default) => {
                            arguments.push(default);
                            continue;
                        }
                    };
                    if let Some(row) = self.row_argument(name, argument, context)? {
                        arguments.push(row);
                        continue;
                    }
                    let ast = plain_argument(argument)?;
                    let since = self.dependents.len();
                    let ast = match is_of_sequence {
                        true => without_cast(ast, "regclass"),
                        false if name.starts_with("jsonb_path") => without_cast(ast, "jsonpath"),
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
                if is_of_sequence
                    && self
                        .times
                        .catalogs
                        .first()
                        .is_some_and(|c| c.path().is_some())
                {
                    self.find_sequence(&mut arguments)?;
                }
                arguments
            }
        };
        if let Some(own) = own {
            return expr::resolve_external(own, arguments);
        }
        if let Some(known) = self.system_function(name, &arguments, context)? {
            return Ok(known);
        }
        if is_without_rows(name, arguments.len()) {
            let none = vec![Expr::integer(1), Expr::integer(0)];
            return Sets::call("generate_series", none, context);
        }
        match expr::is_set_function(name) {
            true => Sets::call(name, arguments, context),
            false => match (super::data_type::of_name(name), arguments.len()) {
                (Some(target), 1) => {
                    let given = arguments[0].data_type;
                    let argument = arguments.pop().unwrap_or_else(Expr::null);
                    let cast = expr::coerce_to(argument, target, CastContext::Explicit);
                    cast.map_err(|error| match error.code() {
                        Code::CannotCoerce => undefined(name, &[given]),
                        _ => error,
                    })
                }
                _ if is_variadic(&call.args) => expr::resolve_variadic(name, arguments),
                _ => expr::resolve_function(name, arguments),
            },
        }
    }
}

impl<'a> Binder<'a> {
    /// The sequence that the first argument names is written with its schema: where it is looked up, it is not known
    /// where the session looks for names.
    fn find_sequence(&self, arguments: &mut [Expr]) -> Result<()> {
        let Some(first) = arguments.first_mut() else {
            return Ok(());
        };
        let Some(Value::Text(text)) = first.as_constant() else {
            return Err(Error::unsupported("the name of a sequence by search_path"));
        };
        let text = self.text_on_path(text)?;
        *first = Expr::constant(Value::text(&text), DataType::Text);
        Ok(())
    }

    fn grouping(&mut self, call: &'a ast::Function, context: &mut Context) -> Result<Expr> {
        if context.calls.is_none() || context.inside_aggregate {
            let message = format!("grouping operations are not allowed in {}", context.clause);
            return Err(Error::new(Code::Grouping, message));
        }
        let FunctionArguments::List(list) = &call.args else {
            return Err(Error::new(Code::Syntax, "GROUPING needs arguments"));
        };
        let mut arguments = Vec::with_capacity(list.args.len());
        for ast in plain_arguments(list)? {
            arguments.push(self.expression(ast, context)?);
        }
        match arguments.len() {
            1..32 => Ok(Expr::grouping(arguments)),
            0 => Err(Error::new(Code::Syntax, "GROUPING needs arguments")),
            _ => Err(Error::new(
                Code::LimitArguments,
                "GROUPING must have fewer than 32 arguments",
            )),
        }
    }
}

/// Whether the function would tell of what a table is a part: nothing is one of another.
pub fn is_without_rows(name: &str, arguments: usize) -> bool {
    name == "pg_partition_ancestors" && arguments == 1
}

/// Whether the function makes rows of a table's type from JSON.
pub fn is_populating(name: &str) -> bool {
    let name = name.strip_prefix("json").unwrap_or_default();
    let name = name.strip_prefix('b').unwrap_or(name);
    matches!(name, "_populate_record" | "_populate_recordset")
}

/// Functions that are not found so: they need arguments of certain types, or are none of expressions.
const ELSEWHERE: [&str; 10] = [
    "current_database",
    "current_schema",
    "current_schemas",
    "current_user",
    "enum_first",
    "enum_last",
    "enum_range",
    "grouping",
    "ifnull",
    "unnest",
];

/// Whether a name is that of a function of the system's, so that the host can have none of that name.
pub fn is_built_in(name: &str) -> bool {
    // Of arguments that may be anything, one that is there says something else than that it is not.
    let is_there = |arguments: usize| {
        let resolved = expr::resolve_function(name, vec![Expr::null(); arguments]);
        !matches!(resolved, Err(error) if error.code() == Code::UndefinedFunction)
    };
    (0..8).any(is_there)
        || ELSEWHERE.contains(&name)
        || is_populating(name)
        || expr::is_set_function(name)
        || AggregateFunction::named(name).is_some()
        || window_call::function(name).is_some()
        || PastFunction::named(name).is_some()
        || super::data_type::of_name(name).is_some()
        || name.starts_with("pg_")
}

/// The error of a call, which says how the host brings a function if there is none of that name.
pub fn of_host(name: &str, error: Error) -> Error {
    match error.code() {
        Code::UndefinedFunction if !is_built_in(name) => error.with_hint(
            "Functions of the application are there while they are registered, by db.function.",
        ),
        _ => error,
    }
}

/// That all arguments so far are NULL.
fn all_null(arguments: &[Expr]) -> Result<Expr> {
    let is_null = |argument: &Expr| expr::resolve_is_null(argument.clone(), false);
    expr::resolve_and(arguments.iter().map(is_null).collect::<Result<_>>()?)
}

pub fn plain_arguments(list: &FunctionArgumentList) -> Result<Vec<&ast::Expr>> {
    list.args.iter().map(plain_argument).collect()
}

pub fn plain_argument(argument: &FunctionArg) -> Result<&ast::Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
        | FunctionArg::ExprNamed {
            arg: FunctionArgExpr::Expr(expr),
            ..
        } => Ok(expr),
        FunctionArg::Unnamed(_) => Err(Error::new(Code::Syntax, "* is not an argument here")),
        _ => Err(Error::unsupported("this argument")),
    }
}

/// What arguments are called where they may be.
const PARAMETERS: [(&[&str], &[&str]); 5] = [
    (
        &["make_interval"],
        &["years", "months", "weeks", "days", "hours", "mins", "secs"],
    ),
    (&["make_date"], &["year", "month", "day"]),
    (
        &["make_timestamp", "make_timestamptz"],
        &["year", "month", "mday", "hour", "min", "sec", "timezone"],
    ),
    (
        &["jsonb_set"],
        &["jsonb_in", "path", "replacement", "create_if_missing"],
    ),
    (
        &[
            "jsonb_path_exists",
            "jsonb_path_match",
            "jsonb_path_query",
            "jsonb_path_query_array",
            "jsonb_path_query_first",
        ],
        &["target", "path", "vars", "silent"],
    ),
];

/// Functions that take any number of arguments, or those that an array holds.
const TAKES_VARIADIC: [&str; 13] = [
    "concat",
    "concat_ws",
    "format",
    "json_build_array",
    "jsonb_build_array",
    "json_build_object",
    "jsonb_build_object",
    "json_extract_path",
    "jsonb_extract_path",
    "json_extract_path_text",
    "jsonb_extract_path_text",
    "num_nulls",
    "num_nonnulls",
];

/// Whether the last argument is an array that holds the rest of them.
fn is_variadic(arguments: &FunctionArguments) -> bool {
    let FunctionArguments::List(list) = arguments else {
        return false;
    };
    let is_it =
        |name: &ast::Expr| matches!(name, ast::Expr::Identifier(name) if name.value == "variadic");
    matches!(list.args.last(), Some(FunctionArg::ExprNamed { name, .. }) if is_it(name))
}

/// The arguments of a call in the order in which the function takes them; in the place of one that is not given, what it is then.
fn in_order<'a>(
    name: &str,
    given: &'a [FunctionArg],
) -> Result<Vec<std::result::Result<&'a FunctionArg, Expr>>> {
    let known = PARAMETERS.iter().find(|(names, _)| names.contains(&name));
    let known = known.map_or(&[][..], |(_, parameters)| parameters);
    let mut ordered: Vec<Option<&FunctionArg>> = Vec::new();
    let mut is_named = false;
    for (place, argument) in given.iter().enumerate() {
        let FunctionArg::ExprNamed {
            name: ast::Expr::Identifier(called),
            ..
        } = argument
        else {
            if is_named {
                let message = "positional argument cannot follow named argument";
                return Err(Error::new(Code::Syntax, message));
            }
            ordered.push(Some(argument));
            continue;
        };
        if called.value == "variadic" {
            if place + 1 < given.len() {
                let message = "VARIADIC stands before the last argument";
                return Err(Error::new(Code::Syntax, message));
            }
            if !TAKES_VARIADIC.contains(&name) {
                return Err(Error::unsupported("VARIADIC of this function"));
            }
            ordered.push(Some(argument));
            continue;
        }
        is_named = true;
        if known.is_empty() {
            return Err(Error::unsupported("a named argument of this function"));
        }
        let Some(at) = known.iter().position(|known| *known == called.value) else {
            return Err(undefined(name, &[]));
        };
        ordered.resize(ordered.len().max(at + 1), None);
        if ordered[at].replace(argument).is_some() {
            let message = format!("argument name \"{}\" used more than once", called.value);
            return Err(Error::new(Code::Syntax, message));
        }
    }
    let is_interval = name == "make_interval";
    if is_interval {
        ordered.resize(ordered.len().max(known.len()), None);
    }
    let places = ordered.into_iter().enumerate();
    let found = places.map(|(at, argument)| match (argument, known.get(at)) {
        (Some(argument), _) => Ok(Ok(argument)),
        (None, Some(&"vars")) => Ok(Err(Expr::literal("{}"))),
        _ if is_interval => Ok(Err(Expr::integer(0))),
        _ => Err(undefined(name, &[])),
    });
    found.collect()
}

/// The name of a sequence, or a jsonpath, without its cast: it is used by its text.
pub fn without_cast<'a>(ast: &'a ast::Expr, wanted: &str) -> &'a ast::Expr {
    match ast {
        ast::Expr::Cast {
            expr, data_type, ..
        } if is_named(data_type, wanted) => expr,
        other => other,
    }
}

fn is_named(data_type: &ast::DataType, wanted: &str) -> bool {
    match data_type {
        ast::DataType::Regclass => wanted == "regclass",
        ast::DataType::Custom(name, _) => {
            name::single(name).is_ok_and(|ident| ident.value == wanted)
        }
        _ => false,
    }
}
