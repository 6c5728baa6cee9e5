//! Choosing functions by name and the types of their arguments.

use super::candidate::{Choice, choose};
use super::coercion::supply;
use super::construct::{padded, round_time, stripped};
use super::operator::binary;
use super::signature::{Meaning, Signature, named};
use super::{
    BinaryOperator, CastContext, Expr, ExprKind, Function, coerce_to, resolve_coalesce,
    resolve_extreme, resolve_null_if,
};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};

/// The call of a function by its name in lower case, with the arguments cast, or UndefinedFunction /
/// AmbiguousFunction. `position` takes the text first and what is looked for second.
pub fn resolve_function(name: &str, mut arguments: Vec<Expr>) -> Result<Expr> {
    match name {
        "coalesce" if !arguments.is_empty() => return resolve_coalesce(arguments),
        "greatest" | "least" if !arguments.is_empty() => {
            return resolve_extreme(name == "greatest", arguments);
        }
        "nullif" if arguments.len() == 2 => {
            let right = arguments.pop().unwrap_or_else(Expr::null);
            let left = arguments.pop().unwrap_or_else(Expr::null);
            return resolve_null_if(left, right);
        }
        "concat" | "concat_ws" => return resolve_concat(name, arguments),
        "pg_typeof" if arguments.len() == 1 => {
            let name = arguments[0].data_type.base().to_string();
            return Ok(Expr::constant(Value::text(&name), DataType::Text));
        }
        "version" if arguments.is_empty() => {
            let version = concat!("driftdb-wasm ", env!("CARGO_PKG_VERSION"));
            return Ok(Expr::constant(Value::text(version), DataType::Text));
        }
        "format" if !arguments.is_empty() => {
            let template = arguments.remove(0);
            let mut texts = vec![coerce_to(template, DataType::Text, CastContext::Implicit)?];
            for argument in arguments {
                texts.push(output_text(argument)?);
            }
            return Ok(Expr::call(Function::Format, texts, DataType::Text));
        }
        "quote_literal" | "quote_nullable" if arguments.len() == 1 => {
            let function = match name {
                "quote_literal" => Function::QuoteLiteral,
                _ => Function::QuoteNullable,
            };
            let text = coerce_to(arguments.remove(0), DataType::Text, CastContext::Explicit)?;
            return Ok(Expr::call(function, vec![text], DataType::Text));
        }
        "json_extract_path"
        | "jsonb_extract_path"
        | "json_extract_path_text"
        | "jsonb_extract_path_text"
            if !arguments.is_empty() =>
        {
            return extract_path(name, arguments);
        }
        "overlaps" if arguments.len() == 4 => {
            return Ok(Expr::call(Function::Overlaps, arguments, DataType::Boolean));
        }
        "num_nulls" | "num_nonnulls" if !arguments.is_empty() => {
            let function = match name {
                "num_nulls" => Function::NumNulls,
                _ => Function::NumNonnulls,
            };
            return Ok(Expr::call(function, arguments, DataType::Integer));
        }
        "to_json" | "to_jsonb" if arguments.len() == 1 => {
            if arguments[0].data_type == DataType::Unknown {
                let message = "could not determine polymorphic type because input has type unknown";
                return Err(Error::new(Code::DatatypeMismatch, message));
            }
            return built(name, Function::ToJson, arguments);
        }
        "row_to_json" if matches!(&arguments[..], [row] if is_json_row(row)) => {
            return built(name, Function::ToJson, arguments);
        }
        "array_to_json" if matches!(&arguments[..], [array] if array.data_type.element().is_some()) =>
        {
            return built(name, Function::ToJson, arguments);
        }
        "json_object" | "jsonb_object" if matches!(arguments.len(), 1 | 2) => {
            let array = |expr| coerce_to(expr, DataType::TEXTS, CastContext::Implicit);
            let arrays = arguments.into_iter().map(array).collect::<Result<_>>()?;
            return built(name, Function::JsonObject, arrays);
        }
        "json_build_array" | "jsonb_build_array" => {
            return built(name, Function::JsonBuildArray, arguments);
        }
        "json_build_object" | "jsonb_build_object" => {
            return built(name, Function::JsonBuildObject, arguments);
        }
        "enum_first" | "enum_last" | "enum_range" if matches!(arguments.len(), 1 | 2) => {
            return of_enumeration(name, arguments);
        }
        "make_time" if arguments.len() == 3 => {
            // A timestamp of the first day is a time of day, of 24:00 too.
            let day = [1970, 1, 1].map(Expr::integer).into_iter();
            let day = day.chain(arguments).collect();
            let time = resolve_function("make_timestamp", day)?;
            let data_type = DataType::Time;
            return Ok(Expr { data_type, ..time });
        }
        // Without line breaks nothing is asked for.
        "row_to_json" | "array_to_json"
            if matches!(
                arguments.get(1).map(Expr::as_constant),
                Some(Some(Value::Bool(false)))
            ) =>
        {
            arguments.truncate(1);
            return resolve_function(name, arguments);
        }
        "row_to_json" | "array_to_json" if arguments.len() == 2 => {
            return Err(Error::unsupported(format!("{name} with line breaks")));
        }
        "current_timestamp" | "localtimestamp" | "localtime" if arguments.len() == 1 => {
            return to_digits(name, &arguments[0]);
        }
        // Of a zone that is not UTC, too.
        "date_trunc" if arguments.len() == 3 => {
            let zone = arguments.pop().unwrap_or_else(Expr::null);
            let time = arguments.pop().unwrap_or_else(Expr::null);
            let time = coerce_to(time, DataType::TimestampTz, CastContext::Implicit)?;
            arguments.push(resolve_function("timezone", vec![zone.clone(), time])?);
            let start = resolve_function(name, arguments)?;
            return resolve_function("timezone", vec![zone, start]);
        }
        "timeofday" if arguments.is_empty() => {
            let time = resolve_function("clock_timestamp", arguments)?;
            let template = Expr::literal("Dy Mon DD HH24:MI:SS.US YYYY \"UTC\"");
            return resolve_function("to_char", vec![time, template]);
        }
        "length" if arguments.len() == 2 => {
            return resolve_function(name, vec![resolve_function("convert_from", arguments)?]);
        }
        "convert" if arguments.len() == 3 => {
            let into = arguments.pop().unwrap_or_else(Expr::null);
            let text = resolve_function("convert_from", arguments)?;
            return resolve_function("convert_to", vec![text, into]);
        }
        "jsonb_set_lax" if matches!(arguments.len(), 3 | 4) => {
            if arguments.len() == 3 {
                arguments.push(Expr::boolean(true));
            }
            arguments.push(Expr::literal("use_json_null"));
        }
        // What a part of a text is by a pattern of SIMILAR TO.
        "substring" if arguments.len() == 3 && arguments[1..].iter().all(is_text) => {
            let escape = arguments.pop().unwrap_or_else(Expr::null);
            let pattern = arguments.pop().unwrap_or_else(Expr::null);
            arguments.push(resolve_function(
                "similar_to_escape",
                vec![pattern, escape],
            )?);
        }
        "pg_client_encoding" if arguments.is_empty() => {
            return Ok(Expr::constant(Value::text("UTF8"), DataType::Text));
        }
        "jsonb_contained" if arguments.len() == 2 => {
            arguments.reverse();
            return resolve_function("jsonb_contains", arguments);
        }
        "jsonb_concat" | "jsonb_delete" | "textcat" if arguments.len() == 2 => {
            let operator = match name {
                "jsonb_delete" => BinaryOperator::Subtract,
                _ => BinaryOperator::Concat,
            };
            let right = arguments.pop().unwrap_or_else(Expr::null);
            let left = arguments.pop().unwrap_or_else(Expr::null);
            let own = match name {
                "textcat" => DataType::Text,
                _ => DataType::Jsonb,
            };
            let right = match operator {
                BinaryOperator::Concat => coerce_to(right, own, CastContext::Implicit)?,
                _ => right,
            };
            let left = coerce_to(left, own, CastContext::Implicit)?;
            return super::resolve_operator(operator, left, right);
        }
        "age" if arguments.len() == 1 => {
            arguments.insert(0, resolve_function("current_date", Vec::new())?)
        }
        _ => {}
    }
    if super::is_array_function(name) && (name, arguments.len()) != ("width_bucket", 4) {
        return super::resolve_array_call(name, arguments);
    }
    let candidates = named(name);
    if candidates.is_empty() && LEFT_OUT.contains(&name) {
        return Err(Error::unsupported(format!("the function {name}")));
    }
    let signature = pick(name, &arguments, &candidates)?;
    apply(&signature, arguments)
}

/// The same where the last argument is an array of those that follow.
pub fn resolve_variadic(name: &str, mut arguments: Vec<Expr>) -> Result<Expr> {
    let mut array = arguments.pop().unwrap_or_else(Expr::null);
    let is_path = name.contains("_extract_");
    let is_template = name == "format";
    let singles = usize::from(is_path || is_template || name == "concat_ws");
    let is_wrong = is_path && ![DataType::Unknown, DataType::TEXTS].contains(&array.data_type);
    if arguments.len() != singles || is_wrong {
        arguments.push(array);
        let types: Vec<DataType> = arguments.iter().map(|given| given.data_type).collect();
        return Err(undefined(name, &types));
    }
    if is_path {
        array = coerce_to(array, DataType::TEXTS, CastContext::Implicit)?;
    }
    let Some(element) = array.data_type.element() else {
        let message = "VARIADIC argument must be an array";
        return Err(Error::new(Code::DatatypeMismatch, message));
    };
    match array.kind {
        ExprKind::Constant(Value::Null) if is_template => {}
        ExprKind::Constant(Value::Null) => {
            let nothing = resolve_function(name, vec![Expr::null(), Expr::null()])?;
            return Ok(Expr::constant(Value::Null, nothing.data_type));
        }
        ExprKind::Constant(Value::Array(elements)) => {
            let elements = elements.iter();
            arguments.extend(elements.map(|value| Expr::constant(value.clone(), element)));
        }
        ExprKind::Call {
            function: Function::Array(super::ArrayFunction::Build),
            arguments: elements,
        } => arguments.extend(elements),
        _ if name.starts_with("concat") => {
            let separator = arguments.pop().unwrap_or_else(|| Expr::literal(""));
            return super::resolve_array_call("array_to_string", vec![array, separator]);
        }
        _ => {
            return Err(Error::unsupported(
                "VARIADIC of an array that is not written out",
            ));
        }
    }
    match (name, arguments.len()) {
        ("concat", 0) | ("concat_ws", 1) => Ok(Expr::constant(Value::text(""), DataType::Text)),
        _ => resolve_function(name, arguments),
    }
}

/// Functions of PostgreSQL that do not exist here: better said than "no such function".
const LEFT_OUT: [&str; 18] = [
    "current_setting",
    "current_time",
    "daterange",
    "int4range",
    "int8range",
    "numrange",
    "pg_sleep",
    "pg_sleep_for",
    "pg_sleep_until",
    "range_agg",
    "range_intersect_agg",
    "set_config",
    "setseed",
    "to_ascii",
    "to_tsvector",
    "tsrange",
    "tstzrange",
    "xmlagg",
];

/// A line of COPY, of values as they are printed.
pub fn copy_line(format: Expr, values: Vec<Expr>) -> Result<Expr> {
    let mut texts = vec![format];
    for value in values {
        texts.push(output_text(value)?);
    }
    Ok(Expr::call(Function::CopyLine, texts, DataType::Text))
}

/// A row as an argument of a function that makes JSON: an object of its columns.
pub fn json_row(columns: Vec<(String, Expr)>) -> Result<Expr> {
    let mut members = Vec::with_capacity(2 * columns.len());
    for (name, value) in columns {
        members.push(Expr::constant(Value::text(&name), DataType::Text));
        members.push(match value.data_type {
            DataType::Unknown => coerce_to(value, DataType::Text, CastContext::Implicit)?,
            _ => value,
        });
    }
    Ok(Expr::call(Function::JsonRow, members, DataType::Json))
}

/// Whether it is such a row, or NULL for one that is missing.
pub fn is_json_row(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { function, .. } => *function == Function::JsonRow,
        ExprKind::Case { branches, .. } => branches.iter().any(|(_, row)| is_json_row(row)),
        _ => false,
    }
}

fn is_text(argument: &Expr) -> bool {
    argument.data_type.is_text() || matches!(argument.as_constant(), Some(Value::Text(_)))
}

/// The time now with so many digits of its seconds.
fn to_digits(name: &str, digits: &Expr) -> Result<Expr> {
    let Some(Value::I64(digits)) = digits.as_constant() else {
        return Err(Error::new(Code::Syntax, "a precision is a number"));
    };
    let time = resolve_function(name, Vec::new())?;
    Ok(round_time(time, Some((*digits).clamp(0, 6) as u32)))
}

/// The labels of an enumerated type: the first, the last, or all from one to another. Those of one argument ask
/// for its type alone.
fn of_enumeration(name: &str, mut arguments: Vec<Expr>) -> Result<Expr> {
    let types: Vec<DataType> = arguments.iter().map(|a| a.data_type).collect();
    let mut known = types.iter().filter(|known| **known != DataType::Unknown);
    let (data_type, labels) = match (known.next(), arguments.len(), name) {
        (Some(known @ DataType::Enum(of)), 1, _)
        | (Some(known @ DataType::Enum(of)), _, "enum_range") => (*known, of.labels()),
        _ => return Err(undefined(name, &types)),
    };
    let end = match name {
        "enum_first" => labels.first(),
        "enum_last" => labels.last(),
        _ => {
            let places = labels.iter().map(|label| Value::I64(label.place)).collect();
            let array = data_type.array().unwrap_or_default();
            let all = Expr::constant(Value::Array(places), array);
            if arguments.len() == 1 {
                return Ok(all);
            }
            let mut bound = |default| {
                let end = arguments.pop().unwrap_or_else(Expr::null);
                let at = super::resolve_array_call("array_position", vec![all.clone(), end]);
                at.and_then(|at| resolve_coalesce(vec![at, Expr::integer(default)]))
            };
            let last = bound(i32::MAX)?;
            return super::resolve_slice(all.clone(), Some(bound(1)?), Some(last));
        }
    };
    let end = end.ok_or_else(|| {
        let message = format!("enum {data_type} contains no values");
        Error::new(Code::NotInPrerequisiteState, message)
    })?;
    Ok(Expr::constant(Value::I64(end.place), data_type))
}

fn pick(name: &str, arguments: &[Expr], candidates: &[Signature]) -> Result<Signature> {
    let types: Vec<DataType> = arguments
        .iter()
        .map(|argument| argument.data_type)
        .collect();
    let lists: Vec<&[DataType]> = candidates
        .iter()
        .map(|signature| signature.arguments)
        .collect();
    choose_form(name, &types, &lists).map(|at| candidates[at])
}

/// The place of the argument types that serve those of a call.
pub(super) fn choose_form(name: &str, types: &[DataType], forms: &[&[DataType]]) -> Result<usize> {
    match choose(types, forms) {
        Choice::One(at) => Ok(at),
        Choice::None => Err(undefined(name, types)),
        Choice::Ambiguous => Err(Error::new(
            Code::AmbiguousFunction,
            format!("function {} is not unique", described(name, types)),
        )
        .with_hint("Could not choose a best candidate function. You might need to add explicit type casts.")),
    }
}

pub(super) fn undefined(name: &str, types: &[DataType]) -> Error {
    let message = format!("function {} does not exist", described(name, types));
    Error::new(Code::UndefinedFunction, message).with_hint(
        "No function matches the given name and argument types. You might need to add explicit type casts.",
    )
}

fn described(name: &str, types: &[DataType]) -> String {
    let types: Vec<String> = types
        .iter()
        .map(|data_type| data_type.base().to_string())
        .collect();
    format!("{name}({})", types.join(", "))
}

fn apply(signature: &Signature, arguments: Vec<Expr>) -> Result<Expr> {
    let mut arguments = (arguments.into_iter())
        .zip(signature.arguments)
        .map(|(argument, &target)| supply(argument, target))
        .collect::<Result<Vec<_>>>()?;
    match signature.meaning {
        Meaning::Call(Function::OctetLength) => {
            let arguments = arguments.into_iter().map(padded).collect();
            Ok(Expr::call(
                Function::OctetLength,
                arguments,
                signature.result,
            ))
        }
        Meaning::Call(Function::Length) => {
            let arguments = (arguments.into_iter())
                .map(stripped)
                .collect::<Result<_>>()?;
            Ok(Expr::call(Function::Length, arguments, signature.result))
        }
        Meaning::Call(Function::FromTemplate) if signature.result == DataType::Date => {
            let time = Expr::call(Function::FromTemplate, arguments, DataType::Timestamp);
            coerce_to(time, DataType::Date, CastContext::Explicit)
        }
        Meaning::Call(Function::JsonStripNulls) if signature.result == DataType::Jsonb => {
            built("jsonb", Function::JsonStripNulls, arguments)
        }
        Meaning::Call(function) => Ok(Expr::call(function, arguments, signature.result)),
        Meaning::Operator(operator) => match (arguments.pop(), arguments.pop()) {
            (Some(right), Some(left)) => Ok(binary(operator, left, right, signature.result)),
            _ => Err(Error::new(
                Code::Internal,
                "an operator's function takes two arguments",
            )),
        },
    }
}

/// What a function of JSON makes of values, as JSON or JSONB by its name.
fn built(name: &str, function: Function, arguments: Vec<Expr>) -> Result<Expr> {
    let json = Expr::call(function, arguments, DataType::Json);
    match name.contains("jsonb") {
        true => coerce_to(json, DataType::Jsonb, CastContext::Explicit),
        false => Ok(json),
    }
}

fn extract_path(name: &str, arguments: Vec<Expr>) -> Result<Expr> {
    let document = match name.starts_with("jsonb") {
        true => DataType::Jsonb,
        false => DataType::Json,
    };
    let mut coerced = Vec::with_capacity(arguments.len());
    for (at, argument) in arguments.into_iter().enumerate() {
        let target = if at == 0 { document } else { DataType::Text };
        coerced.push(coerce_to(argument, target, CastContext::Implicit)?);
    }
    let (function, result) = match name.ends_with("_text") {
        true => (Function::JsonExtractText, DataType::Text),
        false => (Function::JsonExtract, document),
    };
    Ok(Expr::call(function, coerced, result))
}

/// The text of an element of an array: `null` for NULL.
pub fn json_element(value: Expr) -> Result<Expr> {
    let element = Expr::call(Function::ToJson, vec![value], DataType::Text);
    let null = Expr::constant(Value::text("null"), DataType::Text);
    resolve_coalesce(vec![element, null])
}

/// The text of a member of an object, from its key and value.
pub fn json_member(pair: Vec<Expr>) -> Expr {
    Expr::call(Function::JsonMember, pair, DataType::Text)
}

/// Anything may be joined to a text; NULLs leave no trace.
fn resolve_concat(name: &str, arguments: Vec<Expr>) -> Result<Expr> {
    let function = if name == "concat" {
        Function::Concat
    } else {
        Function::ConcatWs
    };
    if arguments.is_empty() || (function == Function::ConcatWs && arguments.len() < 2) {
        let types: Vec<DataType> = arguments
            .iter()
            .map(|argument| argument.data_type)
            .collect();
        return Err(undefined(name, &types));
    }
    let arguments = (arguments.into_iter().enumerate())
        .map(|(at, argument)| match (function, at) {
            (Function::ConcatWs, 0) => separator(argument),
            _ => output_text(argument),
        })
        .collect::<Result<_>>()?;
    Ok(Expr::call(function, arguments, DataType::Text))
}

/// The first argument of concat_ws is a text like that of other functions.
fn separator(argument: Expr) -> Result<Expr> {
    match argument.data_type {
        DataType::Unknown => coerce_to(argument, DataType::Text, CastContext::Implicit),
        given if given.is_text() => coerce_to(argument, DataType::Text, CastContext::Implicit),
        given => Err(undefined("concat_ws", &[given])),
    }
}

/// The text of a value as it is printed, which for a boolean is not what a cast gives.
fn output_text(argument: Expr) -> Result<Expr> {
    match argument.data_type {
        DataType::Boolean => {
            let text = |text| Expr::constant(Value::text(text), DataType::Text);
            let letter = |operand: Expr, truth| ExprKind::IsTruth {
                operand: Box::new(operand),
                truth: Some(truth),
                negated: false,
            };
            if argument.volatility() == super::Volatility::Volatile {
                return Err(Error::unsupported("a volatile boolean in concat"));
            }
            let branches = vec![
                (
                    Expr::new(letter(argument.clone(), true), DataType::Boolean),
                    text("t"),
                ),
                (
                    Expr::new(letter(argument, false), DataType::Boolean),
                    text("f"),
                ),
            ];
            Ok(Expr::new(
                ExprKind::Case {
                    branches,
                    otherwise: None,
                },
                DataType::Text,
            ))
        }
        DataType::Char(_) => Ok(padded(argument)),
        data_type if data_type.is_text() => Ok(argument),
        _ => coerce_to(argument, DataType::Text, CastContext::Explicit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(name: &str, types: &[DataType]) -> String {
        let arguments = (types.iter())
            .map(|&data_type| match data_type {
                DataType::Unknown => Expr::null(),
                _ => Expr::column(0, data_type),
            })
            .collect();
        match resolve_function(name, arguments) {
            Ok(expr) => expr.data_type.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn functions_are_chosen_as_in_postgresql() {
        use DataType::*;
        for (name, types, expected) in [
            ("abs", vec![SmallInt], "smallint"),
            ("abs", vec![Unknown], "double precision"),
            ("round", vec![Real], "double precision"),
            ("round", vec![Integer], "double precision"),
            ("round", vec![Numeric(Some((5, 2))), Integer], "numeric"),
            (
                "round",
                vec![Double, Integer],
                "42883: function round(double precision, integer) does not exist",
            ),
            ("mod", vec![SmallInt, Integer], "integer"),
            ("power", vec![Integer, Integer], "double precision"),
            (
                "length",
                vec![Integer],
                "42883: function length(integer) does not exist",
            ),
            ("length", vec![Unknown], "integer"),
            ("lower", vec![Varchar(Some(3))], "text"),
            (
                "date_trunc",
                vec![Unknown, Date],
                "timestamp with time zone",
            ),
            ("extract", vec![Text, Date], "numeric"),
            ("concat", vec![Integer, Boolean, Unknown], "text"),
            (
                "foo",
                vec![Integer, Unknown],
                "42883: function foo(integer, unknown) does not exist",
            ),
            ("now", vec![], "timestamp with time zone"),
            ("coalesce", vec![Integer, BigInt], "bigint"),
            ("age", vec![Timestamp], "interval"),
        ] {
            assert_eq!(resolved(name, &types), expected, "{name}{types:?}");
        }
    }
}
