//! Aggregates: which there are and what types they take and give.

use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::plan::{Aggregate, AggregateFunction};
use crate::types::DataType;

pub fn function(name: &str) -> Option<AggregateFunction> {
    Some(match name {
        "count" => AggregateFunction::Count,
        "sum" => AggregateFunction::Sum,
        "avg" => AggregateFunction::Avg,
        "min" => AggregateFunction::Min,
        "max" => AggregateFunction::Max,
        "bool_and" | "every" => AggregateFunction::BoolAnd,
        "bool_or" => AggregateFunction::BoolOr,
        "bit_and" => AggregateFunction::BitAnd,
        "bit_or" => AggregateFunction::BitOr,
        "bit_xor" => AggregateFunction::BitXor,
        _ => return None,
    })
}

/// `count(*)`.
pub fn count_rows() -> Aggregate {
    Aggregate {
        function: AggregateFunction::Count,
        argument: None,
        distinct: false,
        data_type: DataType::BigInt,
    }
}

/// `count(*) FILTER (WHERE condition)`.
pub fn count_if(condition: Expr) -> Result<Aggregate> {
    let one = Expr::integer(1);
    Ok(Aggregate {
        argument: Some(expr::resolve_case(None, vec![(condition, one)], None)?),
        ..count_rows()
    })
}

/// An untyped literal could be any of the types of numbers.
pub fn check_type(function: AggregateFunction, name: &str, argument: &Expr) -> Result<()> {
    use AggregateFunction::{Avg, BitAnd, BitOr, BitXor, Sum};
    let is_of_numbers = matches!(function, Sum | Avg | BitAnd | BitOr | BitXor);
    if !is_of_numbers || argument.data_type != DataType::Unknown {
        return Ok(());
    }
    let message = format!("function {name}(unknown) is not unique");
    Err(Error::new(Code::AmbiguousFunction, message).with_hint(
        "Could not choose a best candidate function. You might need to add explicit type casts.",
    ))
}

/// An aggregate over an argument.
pub fn resolve(
    function: AggregateFunction,
    name: &str,
    arguments: Vec<Expr>,
    distinct: bool,
) -> Result<Aggregate> {
    let types: Vec<DataType> = arguments
        .iter()
        .map(|argument| argument.data_type)
        .collect();
    let Ok([argument]) = <[Expr; 1]>::try_from(arguments) else {
        return Err(undefined(name, &types));
    };
    let adds = matches!(function, AggregateFunction::Sum | AggregateFunction::Avg);
    let compares = matches!(function, AggregateFunction::Min | AggregateFunction::Max);
    if argument.data_type == DataType::Interval && (adds || compares) {
        return Err(Error::unsupported(format!("{name} of intervals")));
    }
    let (argument, data_type) = match function {
        AggregateFunction::Count => (known(argument)?, DataType::BigInt),
        AggregateFunction::Sum => {
            let data_type = sum_type(argument.data_type).ok_or_else(|| undefined(name, &types))?;
            (argument, data_type)
        }
        AggregateFunction::Avg => {
            let data_type =
                average_type(argument.data_type).ok_or_else(|| undefined(name, &types))?;
            (argument, data_type)
        }
        AggregateFunction::Min | AggregateFunction::Max => {
            let argument = known(argument)?;
            let data_type =
                extreme_type(argument.data_type).ok_or_else(|| undefined(name, &types))?;
            (argument, data_type)
        }
        AggregateFunction::BoolAnd | AggregateFunction::BoolOr => match argument.data_type {
            DataType::Boolean | DataType::Unknown => {
                let context = expr::CastContext::Implicit;
                let argument = expr::coerce_to(argument, DataType::Boolean, context)?;
                (argument, DataType::Boolean)
            }
            _ => return Err(undefined(name, &types)),
        },
        AggregateFunction::BitAnd | AggregateFunction::BitOr | AggregateFunction::BitXor => {
            match argument.data_type {
                data_type if data_type.is_integer() => (argument, data_type),
                _ => return Err(undefined(name, &types)),
            }
        }
    };
    let argument = match (distinct, function) {
        // Only how many there are matters, not how they are written.
        (true, AggregateFunction::Count) => expr::grouping_key(argument)?,
        (true, _) => {
            expr::grouping_key(argument.clone())?;
            argument
        }
        (false, _) => argument,
    };
    Ok(Aggregate {
        function,
        argument: Some(argument),
        distinct,
        data_type,
    })
}

/// An untyped literal or parameter is text.
fn known(argument: Expr) -> Result<Expr> {
    match argument.data_type {
        DataType::Unknown => expr::coerce_to(argument, DataType::Text, expr::CastContext::Implicit),
        _ => Ok(argument),
    }
}

fn sum_type(argument: DataType) -> Option<DataType> {
    Some(match argument {
        DataType::SmallInt | DataType::Integer => DataType::BigInt,
        DataType::BigInt | DataType::Numeric(_) => DataType::Numeric(None),
        DataType::Real => DataType::Real,
        DataType::Double => DataType::Double,
        _ => return None,
    })
}

fn average_type(argument: DataType) -> Option<DataType> {
    Some(match argument {
        DataType::SmallInt | DataType::Integer | DataType::BigInt | DataType::Numeric(_) => {
            DataType::Numeric(None)
        }
        DataType::Real | DataType::Double => DataType::Double,
        _ => return None,
    })
}

fn extreme_type(argument: DataType) -> Option<DataType> {
    match argument {
        DataType::Varchar(_) => Some(DataType::Text),
        DataType::Numeric(_) => Some(DataType::Numeric(None)),
        DataType::Boolean | DataType::Json | DataType::Jsonb | DataType::Uuid => None,
        DataType::Bytea | DataType::Interval => None,
        other => Some(other),
    }
}

pub fn undefined(name: &str, types: &[DataType]) -> Error {
    let types: Vec<String> = types.iter().map(|t| t.base().to_string()).collect();
    Error::new(
        Code::UndefinedFunction,
        format!("function {name}({}) does not exist", types.join(", ")),
    )
    .with_hint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
