//! Calls with OVER: which window functions there are, and what types they take and give.

use super::aggregate_call::of_type;
use super::binder::Binder;
use super::expression::Context;
use super::{aggregate, call};
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::plan::{AggregateFunction, WindowCall, WindowFunction};
use crate::types::DataType;
use sqlparser::ast::{self, DuplicateTreatment, FunctionArguments, WindowType};

/// The window functions that are no aggregates.
pub fn function(name: &str) -> Option<WindowFunction> {
    use WindowFunction::*;
    Some(match name {
        "row_number" => RowNumber,
        "rank" => Rank,
        "dense_rank" => DenseRank,
        "percent_rank" => PercentRank,
        "cume_dist" => CumeDist,
        "ntile" => Ntile,
        "lag" => Lag,
        "lead" => Lead,
        "first_value" => FirstValue,
        "last_value" => LastValue,
        "nth_value" => NthValue,
        _ => return None,
    })
}

impl<'a> Binder<'a> {
    pub fn window_call(
        &mut self,
        name: &str,
        call: &'a ast::Function,
        over: &'a WindowType,
        context: &mut Context,
    ) -> Result<Expr> {
        check(name, call, context)?;
        let (window, (function, arguments, data_type)) =
            self.inside_window(context, |binder, context| {
                let bound = match AggregateFunction::named(name) {
                    Some(function) => {
                        let bound = binder.bound_aggregate(function, name, call, context)?;
                        let data_type = bound.data_type;
                        (WindowFunction::Aggregate(bound), Vec::new(), data_type)
                    }
                    None => binder.window_function(name, call, context)?,
                };
                Ok((binder.over(over, context)?, bound))
            })?;
        let call = WindowCall {
            function,
            arguments,
            frame: window.frame(),
            data_type,
        };
        match &mut context.windows {
            Some(windows) => of_type(name, windows.add(window, call)),
            None => Err(Error::new(Code::Internal, "a window without a place")),
        }
    }

    fn window_function(
        &mut self,
        name: &str,
        call: &'a ast::Function,
        context: &mut Context,
    ) -> Result<(WindowFunction, Vec<Expr>, DataType)> {
        if call.filter.is_some() && function(name).is_some() {
            let what = "FILTER is not implemented for non-aggregate window functions";
            return Err(Error::new(Code::Unsupported, what));
        }
        let mut arguments = Vec::new();
        if let FunctionArguments::List(list) = &call.args {
            for ast in call::plain_arguments(list)? {
                arguments.push(self.expression(ast, context)?);
            }
        }
        if let Some(function) = function(name) {
            return resolve(function, name, arguments);
        }
        expr::resolve_function(name, arguments)?;
        Err(no_window(name))
    }
}

/// The error for OVER behind the call of a scalar function.
pub fn no_window(name: &str) -> Error {
    let message =
        format!("OVER specified, but {name} is not a window function nor an aggregate function");
    Error::new(Code::WrongObjectType, message)
}

fn check(name: &str, call: &ast::Function, context: &Context) -> Result<()> {
    let refused = |message: String| Err(Error::new(Code::Windowing, message));
    if context.inside_aggregate {
        let message = "aggregate function calls cannot contain window function calls";
        return Err(Error::new(Code::Grouping, message));
    }
    if context.inside_window {
        return refused("window function calls cannot be nested".to_string());
    }
    if context.windows.is_none() {
        return refused(format!(
            "window functions are not allowed in {}",
            context.clause
        ));
    }
    let FunctionArguments::List(list) = &call.args else {
        return Err(aggregate::undefined(name, &[]));
    };
    if list.duplicate_treatment == Some(DuplicateTreatment::Distinct) {
        let message = "DISTINCT is not implemented for window functions";
        return Err(Error::new(Code::Unsupported, message));
    }
    if !list.clauses.is_empty() {
        let message = "aggregate ORDER BY is not implemented for window functions";
        return Err(Error::new(Code::Unsupported, message));
    }
    Ok(())
}

fn resolve(
    function: WindowFunction,
    name: &str,
    mut arguments: Vec<Expr>,
) -> Result<(WindowFunction, Vec<Expr>, DataType)> {
    use WindowFunction::*;
    let types: Vec<DataType> = arguments.iter().map(|expr| expr.data_type).collect();
    let undefined = || aggregate::undefined(name, &types);
    let counts = match function {
        RowNumber | Rank | DenseRank | PercentRank | CumeDist => 0..=0,
        Ntile | FirstValue | LastValue => 1..=1,
        NthValue => 2..=2,
        _ => 1..=3,
    };
    if !counts.contains(&arguments.len()) {
        return Err(undefined());
    }
    // Ntile takes a number alone, the others a number second.
    let number = if function == Ntile { 0 } else { 1 };
    if let Some(argument) = arguments.get_mut(number) {
        let bound = std::mem::replace(argument, Expr::null());
        if !matches!(
            bound.data_type,
            DataType::Unknown | DataType::SmallInt | DataType::Integer
        ) {
            return Err(undefined());
        }
        *argument = expr::coerce_to(bound, DataType::Integer, CastContext::Implicit)?;
    }
    let data_type = match function {
        RowNumber | Rank | DenseRank => DataType::BigInt,
        PercentRank | CumeDist => DataType::Double,
        Ntile => DataType::Integer,
        _ => value_type(&mut arguments, &undefined)?,
    };
    Ok((function, arguments, data_type))
}

/// The type of the first argument, and of the third, which stands in for it.
fn value_type(arguments: &mut [Expr], undefined: &dyn Fn() -> Error) -> Result<DataType> {
    if arguments
        .iter()
        .all(|expr| expr.data_type == DataType::Unknown)
        || (arguments.len() < 3 && arguments[0].data_type == DataType::Unknown)
    {
        let message = "could not determine polymorphic type because input has type unknown";
        return Err(Error::new(Code::DatatypeMismatch, message));
    }
    let own = |data_type: DataType| match data_type {
        DataType::Char(_) => data_type,
        other => other.base(),
    };
    let [value, _, default] = arguments else {
        return Ok(own(arguments[0].data_type));
    };
    let common = expr::common_type(&[value.data_type, default.data_type], "lag");
    let common = own(common.map_err(|_| undefined())?);
    for argument in [value, default] {
        let bound = std::mem::replace(argument, Expr::null());
        *argument = expr::coerce_to(bound, common, CastContext::Implicit)?;
    }
    Ok(common)
}
