//! Functions in a FROM, with their aliases, the types of records and WITH ORDINALITY.

use super::binder::Binder;
use super::call::{is_populating, is_without_rows, of_host, plain_argument, plain_arguments};
use super::expression::Context;
use super::from::{rename, scope_of_output};
use super::name;
use super::scope::{Scope, ScopeColumn};
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr, SetCall};
use crate::plan::{Node, OutputColumn, PastFunction};
use crate::sql::ROWS_FROM;
use crate::types::DataType;
use sqlparser::ast::{self, FunctionArg, TableAlias, TableFactor};

/// A function as a FROM has it.
pub struct TableFunction<'a> {
    name: &'a str,
    position: u32,
    arguments: Vec<&'a ast::Expr>,
    ordinality: bool,
    alias: Option<&'a TableAlias>,
}

/// The function that stands in a FROM; `None` if it is something else.
pub fn table_function<'a>(
    binder: &Binder,
    factor: &'a TableFactor,
) -> Result<Option<TableFunction<'a>>> {
    let (function, arguments, ordinality, alias) = match factor {
        TableFactor::Table {
            name,
            alias,
            args: Some(args),
            with_ordinality,
            version: None,
            sample: None,
            ..
        } if args.settings.is_none() => (name, &args.args, *with_ordinality, alias),
        TableFactor::Function {
            name,
            args,
            with_ordinality,
            alias,
            ..
        } => (name, args, *with_ordinality, alias),
        TableFactor::UNNEST {
            alias,
            array_exprs,
            with_offset: false,
            with_offset_alias: None,
            with_ordinality,
        } => {
            return Ok(Some(TableFunction {
                name: "unnest",
                position: 0,
                arguments: array_exprs.iter().collect(),
                ordinality: *with_ordinality,
                alias: alias.as_ref(),
            }));
        }
        _ => return Ok(None),
    };
    let name = binder.function_name(function)?;
    let arguments: &[FunctionArg] = arguments;
    Ok(Some(TableFunction {
        name: &name.value,
        position: name::position(name),
        arguments: arguments
            .iter()
            .map(plain_argument)
            .collect::<Result<_>>()?,
        ordinality,
        alias: alias.as_ref(),
    }))
}

impl<'a> Binder<'a> {
    pub fn function_in_from(&mut self, function: TableFunction<'a>) -> Result<(Node, Scope)> {
        let position = function.position;
        let bound = self.bind_function_in_from(function);
        bound.map_err(|error| match position {
            0 => error,
            position => error.at(position),
        })
    }

    fn bind_function_in_from(&mut self, function: TableFunction<'a>) -> Result<(Node, Scope)> {
        let TableFunction {
            name,
            ordinality,
            alias,
            position: function_position,
            ..
        } = function;
        if name == ROWS_FROM {
            return self.rows_from(function);
        }
        let since = self.dependents.len();
        let scope = Scope::default();
        let mut context = Context::new(&scope, "functions in FROM");
        // The columns of a record are those of a table, of which the first argument is NULL.
        let (name, row) = match is_populating(name) {
            false => (name, None),
            true => (
                match (name.starts_with("jsonb"), name.ends_with("set")) {
                    (false, false) => "json_to_record",
                    (false, true) => "json_to_recordset",
                    (true, false) => "jsonb_to_record",
                    (true, true) => "jsonb_to_recordset",
                },
                Some(self.columns_of_null(function.arguments.first())?),
            ),
        };
        let arguments = (function.arguments.into_iter())
            .skip(usize::from(row.is_some()))
            .map(|argument| self.expression(argument, &mut context))
            .collect::<Result<Vec<_>>>()?;
        self.refuse_since(since)?;
        if let Some(function) = PastFunction::named(name).filter(|_| !ordinality) {
            let position = function_position;
            let (node, output, about) = self.past_function(function, position, arguments)?;
            let name = alias.map_or(name, |alias| &alias.name.value);
            let mut scope = scope_of_output(name, output);
            let all = alias.is_some_and(|alias| !alias.columns.is_empty());
            for part in about {
                let columns = &mut scope.columns[part.at..][..part.table.columns.len()];
                self.see(columns, &part.name, &part.table, part.time, all)?;
                if self.seen.is_some() {
                    let seen = columns.iter_mut().filter(|column| column.visible);
                    seen.for_each(|column| column.name.insert_str(0, part.prefix));
                }
            }
            return Ok((node, rename(scope, alias)?));
        }
        let one_row = Node::Values {
            rows: vec![Vec::new()],
            types: Vec::new(),
        };
        let input = Box::new(one_row);
        let alias_name = alias.map_or(name, |alias| &alias.name.value);
        let own = |name: &str, data_type| OutputColumn {
            name: name.to_string(),
            data_type,
        };
        let ordinal = ordinality.then(|| own("ordinality", DataType::BigInt));
        if name == "unnest" && arguments.len() > 1 {
            return several(arguments, ordinality, (alias_name, alias));
        }
        let (alike, arguments) = match is_without_rows(name, arguments.len()) {
            true => ("generate_series", vec![Expr::integer(1), Expr::integer(0)]),
            false => (name, arguments),
        };
        let Some((call, names)) = expr::resolve_set_function(alike, arguments.clone())? else {
            // Of any other function the one value is a row.
            let value = match self.times.functions.get(name) {
                Some(own) => expr::resolve_external(own, arguments)?,
                None => {
                    expr::resolve_function(name, arguments).map_err(|error| of_host(name, error))?
                }
            };
            let mut output = vec![own(alias_name, value.data_type)];
            output.extend(ordinal);
            let mut expressions = vec![value];
            if ordinality {
                let first = Expr::integer(1);
                expressions.push(expr::coerce_to(
                    first,
                    DataType::BigInt,
                    CastContext::Explicit,
                )?);
            }
            let scope = rename(scope_of_output(alias_name, output), alias)?;
            return Ok((Node::Project { input, expressions }, scope));
        };
        if matches!(
            call.function,
            expr::SetFunction::JsonObjects | expr::SetFunction::JsonObject
        ) {
            let (name, columns) = match row {
                Some(_) if ordinality || alias.is_some_and(|alias| !alias.columns.is_empty()) => {
                    return Err(Error::unsupported(
                        "other names for the columns of a record",
                    ));
                }
                Some(columns) => (
                    alias.map_or(function.name, |alias| &*alias.name.value),
                    columns,
                ),
                None => self.listed_columns(ordinality, alias)?,
            };
            return records(call, input, name, columns);
        }
        let value = Expr::column(0, call.types[0]);
        let is_value = !ordinality && call.types.len() == 1;
        let types = call.types.iter().enumerate();
        let columns = types.map(|(at, data_type)| {
            let name = names.get(at).copied().unwrap_or(alias_name);
            own(name, *data_type)
        });
        let output = columns.chain(ordinal).collect();
        let node = Node::FunctionScan {
            input,
            calls: vec![call],
            ordinality,
        };
        let mut scope = rename(scope_of_output(alias_name, output), alias)?;
        if is_value && scope.columns[0].name != alias_name {
            // The name of a table whose rows are no more than a value means the value.
            scope.columns.push(ScopeColumn {
                table: None,
                name: alias_name.to_string(),
                expr: value,
                visible: false,
                unqualified: true,
                used: None,
            });
        }
        Ok((node, scope))
    }
}

impl<'a> Binder<'a> {
    /// `ROWS FROM (…, …)`: what several functions give, side by side.
    fn rows_from(&mut self, function: TableFunction<'a>) -> Result<(Node, Scope)> {
        let since = self.dependents.len();
        let scope = Scope::default();
        let mut context = Context::new(&scope, "functions in FROM");
        let (mut calls, mut output) = (Vec::new(), Vec::new());
        let alias = function.alias;
        let mut first = alias.map(|alias| alias.name.value.as_str());
        let is_alone = function.arguments.len() == 1;
        for ast in function.arguments {
            let ast::Expr::Function(call) = ast else {
                return Err(Error::new(Code::Syntax, "ROWS FROM has calls of functions"));
            };
            let name = self.function_name(&call.name)?.value.as_str();
            let (ast::FunctionArguments::List(list), None, None, false) =
                (&call.args, &call.over, &call.filter, is_populating(name))
            else {
                return Err(Error::unsupported(format!("{name} in ROWS FROM")));
            };
            let own = first.filter(|_| is_alone).unwrap_or(name);
            first = first.or(Some(name));
            let mut arguments = Vec::new();
            for argument in plain_arguments(list)? {
                arguments.push(self.expression(argument, &mut context)?);
            }
            let each: Vec<Vec<Expr>> = match name == "unnest" {
                true => arguments.into_iter().map(|array| vec![array]).collect(),
                false => vec![arguments],
            };
            let own = if each.len() == 1 { own } else { name };
            for arguments in each {
                let (call, names) = self.call_of_rows(name, arguments)?;
                for (at, data_type) in call.types.iter().enumerate() {
                    output.push(OutputColumn {
                        name: names.get(at).copied().unwrap_or(own).to_string(),
                        data_type: *data_type,
                    });
                }
                calls.push(call);
            }
        }
        self.refuse_since(since)?;
        let name = first.unwrap_or_default();
        beside(calls, output, function.ordinality, (name, alias))
    }

    /// A function that gives rows; the value of any other is one.
    fn call_of_rows(
        &self,
        name: &str,
        arguments: Vec<Expr>,
    ) -> Result<(SetCall, &'static [&'static str])> {
        let found = match expr::resolve_set_function(name, arguments.clone())? {
            None => {
                let value = match self.times.functions.get(name) {
                    Some(own) => expr::resolve_external(own, arguments)?,
                    None => expr::resolve_function(name, arguments)?,
                };
                expr::resolve_set_function("unnest", vec![expr::resolve_array(vec![value])?])?
            }
            found => found,
        };
        use expr::SetFunction::{JsonObject, JsonObjects};
        match found {
            Some((call, _)) if matches!(call.function, JsonObject | JsonObjects) => {
                Err(Error::unsupported(format!("{name} in ROWS FROM")))
            }
            Some((call, names)) => Ok((call, names)),
            None => Err(Error::new(Code::Internal, "unnest is no function")),
        }
    }
}

/// `unnest(…, …)`: the elements of several arrays side by side.
fn several(
    arrays: Vec<Expr>,
    ordinality: bool,
    (name, alias): (&str, Option<&TableAlias>),
) -> Result<(Node, Scope)> {
    let (mut calls, mut output) = (Vec::new(), Vec::new());
    for array in arrays {
        let call = expr::resolve_set_function("unnest", vec![array])?;
        let Some((call, _)) = call else {
            return Err(Error::new(Code::Internal, "unnest is no function"));
        };
        output.push(OutputColumn {
            name: "unnest".to_string(),
            data_type: call.types[0],
        });
        calls.push(call);
    }
    beside(calls, output, ordinality, (name, alias))
}

/// The rows of several calls, side by side.
fn beside(
    calls: Vec<SetCall>,
    mut output: Vec<OutputColumn>,
    ordinality: bool,
    (name, alias): (&str, Option<&TableAlias>),
) -> Result<(Node, Scope)> {
    output.extend(ordinality.then(|| OutputColumn {
        name: "ordinality".to_string(),
        data_type: DataType::BigInt,
    }));
    let node = Node::FunctionScan {
        input: Box::new(Node::Values {
            rows: vec![Vec::new()],
            types: Vec::new(),
        }),
        calls,
        ordinality,
    };
    Ok((node, rename(scope_of_output(name, output), alias)?))
}

/// `json_to_recordset(…) AS x(a int, b text)`: the members of the objects, as what they are said to be.
fn records(
    call: SetCall,
    input: Box<Node>,
    name: &str,
    columns: Vec<OutputColumn>,
) -> Result<(Node, Scope)> {
    let object = Expr::column(0, call.types[0]);
    let mut expressions = Vec::new();
    for column in &columns {
        let operator = match column.data_type {
            DataType::Json | DataType::Jsonb => BinaryOperator::JsonGet,
            _ => BinaryOperator::JsonGetText,
        };
        let member = Expr::literal(&column.name);
        let value = expr::resolve_operator(operator, object.clone(), member)?;
        let value = expr::coerce_to(value, column.data_type, CastContext::Explicit)?;
        expressions.push(value);
    }
    let scan = Node::FunctionScan {
        input,
        calls: vec![call],
        ordinality: false,
    };
    let node = Node::Project {
        input: Box::new(scan),
        expressions,
    };
    Ok((node, scope_of_output(name, columns)))
}

impl<'a> Binder<'a> {
    /// The columns that are listed behind an alias, and the alias.
    fn listed_columns(
        &mut self,
        ordinality: bool,
        alias: Option<&'a TableAlias>,
    ) -> Result<(&'a str, Vec<OutputColumn>)> {
        let listed = alias.filter(|alias| !alias.columns.is_empty());
        let (Some(alias), false) = (listed, ordinality) else {
            let message = "a column definition list is required for functions returning \"record\"";
            return Err(Error::new(Code::Syntax, message));
        };
        let mut columns = Vec::new();
        for definition in &alias.columns {
            let Some(data_type) = &definition.data_type else {
                let message = "a column definition list needs a type for each column";
                return Err(Error::new(Code::Syntax, message));
            };
            columns.push(OutputColumn {
                name: definition.name.value.clone(),
                data_type: self.data_type(data_type)?,
            });
        }
        Ok((&alias.name.value, columns))
    }

    /// The columns of the table in `NULL::table`.
    fn columns_of_null(&self, row: Option<&&'a ast::Expr>) -> Result<Vec<OutputColumn>> {
        let unsupported = || Error::unsupported("a row that is not NULL::table");
        let Some(ast::Expr::Cast {
            expr, data_type, ..
        }) = row
        else {
            return Err(unsupported());
        };
        let (ast::Expr::Value(value), ast::DataType::Custom(name, _)) = (&**expr, data_type) else {
            return Err(unsupported());
        };
        if value.value != ast::Value::Null {
            return Err(unsupported());
        }
        let (found, position) = self.relation(name)?;
        let table = self.catalog().table(&found).ok_or_else(|| {
            let message = format!("type \"{}\" does not exist", found);
            Error::new(Code::UndefinedObject, message).at(position)
        })?;
        let columns = table.columns.iter().map(|column| match column.domain {
            Some(_) => Err(Error::unsupported("a column of a domain in a record")),
            None => Ok(OutputColumn {
                name: column.name.clone(),
                data_type: column.data_type,
            }),
        });
        columns.collect()
    }
}
