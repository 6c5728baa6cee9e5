//! Aggregates: which there are and what types they take and give.

use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::plan::{Aggregate, AggregateFunction, Moment, SortKey};
use crate::types::{DataType, Value};

/// `count(*)`.
pub fn count_rows() -> Aggregate {
    Aggregate {
        function: AggregateFunction::Count,
        arguments: Vec::new(),
        distinct: false,
        order: Vec::new(),
        data_type: DataType::BigInt,
        external: None,
    }
}

/// `count(*) FILTER (WHERE condition)`.
pub fn count_if(condition: Expr) -> Result<Aggregate> {
    let one = Expr::integer(1);
    Ok(Aggregate {
        arguments: vec![expr::resolve_case(None, vec![(condition, one)], None)?],
        ..count_rows()
    })
}

/// An aggregate over arguments; `order` says in which order the rows are taken in.
pub fn resolve(
    function: AggregateFunction,
    name: &str,
    mut arguments: Vec<Expr>,
    distinct: bool,
    mut order: Vec<SortKey>,
) -> Result<Aggregate> {
    if distinct {
        order = distinct_order(function, &arguments, order)?;
    } else if !function.depends_on_order() {
        order.clear();
    }
    let types: Vec<DataType> = arguments.iter().map(|expr| expr.data_type).collect();
    let undefined = || undefined(name, &types);
    let (mut arguments, data_type) = match (function, types.len()) {
        (AggregateFunction::StringAgg, 2) => joined(arguments).ok_or_else(undefined)??,
        (AggregateFunction::ArrayAgg, 1) if types[0] == DataType::Unknown => {
            return Err(not_unique(name));
        }
        (AggregateFunction::ArrayAgg, 1) => {
            // In an array of its own, a NULL is an element like any other.
            let array = expr::resolve_array(vec![known(arguments.remove(0))?])?;
            let data_type = array.data_type;
            (vec![array], data_type)
        }
        (AggregateFunction::JsonAgg, 1) => {
            // PostgreSQL begins a line with each array and each row.
            let between = match types[0] {
                DataType::Array(_) => ", \n ",
                _ if arguments.iter().any(expr::is_json_row) => ", \n ",
                _ => ", ",
            };
            let between = Expr::constant(Value::text(between), DataType::Text);
            if types[0] == DataType::Unknown {
                let message = "could not determine polymorphic type because input has type unknown";
                return Err(Error::new(Code::DatatypeMismatch, message));
            }
            let argument = arguments.into_iter().next().unwrap_or_else(Expr::null);
            (vec![expr::json_element(argument)?, between], DataType::Json)
        }
        (AggregateFunction::JsonObjectAgg, 2) => {
            let between = Expr::constant(Value::text(", "), DataType::Text);
            let pair = arguments.into_iter().map(known).collect::<Result<_>>()?;
            (vec![expr::json_member(pair), between], DataType::Json)
        }
        (AggregateFunction::Moment(moment), count) => {
            moments(moment, arguments, count).ok_or_else(undefined)??
        }
        // It is known by who calls it.
        (AggregateFunction::External, 1..) => (arguments, DataType::Unknown),
        (_, 1) => {
            let argument = arguments.into_iter().next().unwrap_or_else(Expr::null);
            let (argument, data_type) = of_one(function, name, argument)?;
            (vec![argument], data_type)
        }
        _ => return Err(undefined()),
    };
    if distinct && order.is_empty() {
        let argument = arguments.pop().unwrap_or_else(Expr::null);
        let key = expr::grouping_key(argument.clone())?;
        // Only how many there are matters, not how they are written.
        arguments.push(match function {
            AggregateFunction::Count => key,
            _ => argument,
        });
    }
    Ok(Aggregate {
        function,
        arguments,
        distinct,
        order,
        data_type,
        external: None,
    })
}

/// What equal rows are equal by, and in which order the different ones are taken in. There is none if that
/// makes no difference.
fn distinct_order(
    function: AggregateFunction,
    arguments: &[Expr],
    mut order: Vec<SortKey>,
) -> Result<Vec<SortKey>> {
    let mut keys = Vec::with_capacity(arguments.len());
    for argument in arguments {
        expr::grouping_key(argument.clone())?;
        keys.push(match argument.data_type {
            DataType::Jsonb if !function.depends_on_order() => argument.clone(),
            _ => expr::ordering_key(known(argument.clone())?)?,
        });
    }
    if order.iter().any(|key| !keys.contains(&key.expr)) {
        let message =
            "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list";
        return Err(Error::new(Code::InvalidColumnReference, message));
    }
    use AggregateFunction::{Avg, Sum};
    if !function.depends_on_order() || (matches!(function, Sum | Avg) && order.is_empty()) {
        return Ok(Vec::new());
    }
    for expr in keys {
        if order.iter().all(|key| key.expr != expr) {
            order.push(SortKey {
                expr,
                descending: false,
                nulls_first: false,
            });
        }
    }
    Ok(order)
}

type Resolved = Result<(Vec<Expr>, DataType)>;

/// The arguments of string_agg.
fn joined(arguments: Vec<Expr>) -> Option<Resolved> {
    let is = |data_type| arguments.iter().any(|expr| expr.data_type == data_type);
    let target = match is(DataType::Bytea) {
        true => DataType::Bytea,
        false => DataType::Text,
    };
    let fits = |expr: &Expr| match expr.data_type {
        DataType::Unknown => true,
        DataType::Bytea => target == DataType::Bytea,
        other => target == DataType::Text && other.is_text(),
    };
    if !arguments.iter().all(fits) {
        return None;
    }
    let coerced = coerced(arguments, target);
    Some(coerced.map(|arguments| (arguments, target)))
}

/// The arguments of a variance or regression.
fn moments(moment: Moment, arguments: Vec<Expr>, count: usize) -> Option<Resolved> {
    let is_number = |expr: &Expr| expr.data_type.is_numeric();
    let is_pair = moment.is_of_pairs();
    if is_pair {
        let is_known = |expr: &Expr| is_number(expr) || expr.data_type == DataType::Unknown;
        let data_type = match moment {
            Moment::RegrCount => DataType::BigInt,
            _ => DataType::Double,
        };
        return (count == 2 && arguments.iter().all(is_known)).then(|| {
            let arguments = coerced(arguments, DataType::Double)?;
            Ok((arguments, data_type))
        });
    }
    let [argument] = arguments.as_slice() else {
        return None;
    };
    if argument.data_type == DataType::Unknown {
        let coerced = coerced(arguments, DataType::Double);
        return Some(coerced.map(|arguments| (arguments, DataType::Double)));
    }
    let data_type = average_type(argument.data_type)?;
    Some(Ok((arguments, data_type)))
}

fn coerced(arguments: Vec<Expr>, target: DataType) -> Result<Vec<Expr>> {
    let context = expr::CastContext::Implicit;
    let arguments = arguments.into_iter();
    arguments
        .map(|argument| expr::coerce_to(argument, target, context))
        .collect()
}

/// The aggregates of one argument.
fn of_one(function: AggregateFunction, name: &str, argument: Expr) -> Result<(Expr, DataType)> {
    use AggregateFunction::*;
    let given = argument.data_type;
    let undefined = || undefined(name, &[given]);
    let is_of_truths = matches!(function, BoolAnd | BoolOr);
    if given == DataType::Unknown && matches!(function, Count | Min | Max) {
        return of_one(function, name, known(argument)?);
    }
    if given == DataType::Unknown && !is_of_truths {
        return Err(not_unique(name));
    }
    if given == DataType::Time && matches!(function, Sum | Avg) {
        let span = expr::coerce_to(argument, DataType::Interval, expr::CastContext::Explicit)?;
        return of_one(function, name, span);
    }
    let data_type = match function {
        Count => Some(DataType::BigInt),
        Sum => sum_type(given),
        Avg => average_type(given),
        Min | Max => extreme_type(given),
        BitAnd | BitOr | BitXor => given.is_integer().then_some(given),
        BoolAnd | BoolOr => {
            matches!(given, DataType::Boolean | DataType::Unknown).then_some(DataType::Boolean)
        }
        _ => None,
    };
    let data_type = data_type.ok_or_else(undefined)?;
    let argument = match is_of_truths {
        true => expr::coerce_to(argument, data_type, expr::CastContext::Implicit)?,
        false => argument,
    };
    Ok((argument, data_type))
}

/// An untyped literal or parameter is text.
pub fn known(argument: Expr) -> Result<Expr> {
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
        DataType::Interval => DataType::Interval,
        _ => return None,
    })
}

fn average_type(argument: DataType) -> Option<DataType> {
    Some(match argument {
        DataType::SmallInt | DataType::Integer | DataType::BigInt | DataType::Numeric(_) => {
            DataType::Numeric(None)
        }
        DataType::Real | DataType::Double => DataType::Double,
        DataType::Interval => DataType::Interval,
        _ => return None,
    })
}

fn extreme_type(argument: DataType) -> Option<DataType> {
    match argument {
        DataType::Varchar(_) => Some(DataType::Text),
        DataType::Numeric(_) => Some(DataType::Numeric(None)),
        DataType::Boolean | DataType::Json | DataType::Jsonb | DataType::Uuid => None,
        DataType::Bytea => None,
        other => Some(other),
    }
}

/// A literal without a type could be of several.
fn not_unique(name: &str) -> Error {
    let message = format!("function {name}(unknown) is not unique");
    Error::new(Code::AmbiguousFunction, message).with_hint(
        "Could not choose a best candidate function. You might need to add explicit type casts.",
    )
}

pub fn undefined(name: &str, types: &[DataType]) -> Error {
    let types: Vec<String> = types.iter().map(|t| t.base().to_string()).collect();
    Error::new(
        Code::UndefinedFunction,
        format!("function {name}({}) does not exist", types.join(", ")),
    )
    .with_hint("No function matches the given name and argument types. You might need to add explicit type casts.")
}
