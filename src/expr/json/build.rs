//! JSON from SQL values.

use super::document::push_string;
use crate::error::{Code, Error, Result};
use crate::expr::{Function, format_value};
use crate::types::{DataType, Value};

/// A value and its type.
type Typed<'a> = (&'a Value, DataType);

/// to_json, json_build_array, json_build_object and a member of json_object_agg.
pub fn build(function: Function, values: &[Typed]) -> Result<Value> {
    let mut out = String::new();
    match (function, values) {
        (Function::ToJson, [(Value::Null, _)]) => return Ok(Value::Null),
        (Function::JsonBuildArray, _) => {
            for (at, value) in values.iter().enumerate() {
                out.push_str(if at == 0 { "[" } else { ", " });
                push_value(*value, &mut out);
            }
            out.push_str(if values.is_empty() { "[]" } else { "]" });
        }
        (Function::JsonBuildObject, _) => {
            let pairs = values.chunks_exact(2);
            if !pairs.remainder().is_empty() {
                return Err(invalid("argument list must have even number of elements"));
            }
            out.push('{');
            for (at, pair) in pairs.enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                push_member(pair, " : ", &mut out)?;
            }
            out.push('}');
        }
        (Function::JsonRow, _) => {
            for (at, pair) in values.chunks_exact(2).enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                push_member(pair, ":", &mut out)?;
            }
            out.push_str(if values.is_empty() { "{}" } else { "}" });
        }
        (Function::JsonObject, _) => return object_of_arrays(values),
        (Function::JsonMember, _) => push_member(values, " : ", &mut out)?,
        _ => values.iter().for_each(|value| push_value(*value, &mut out)),
    }
    Ok(Value::text(&out))
}

/// Of an array of names and values in turn, or of one of names and one of values.
fn object_of_arrays(values: &[Typed]) -> Result<Value> {
    let element = |value| (value, DataType::Text);
    let members: Vec<Typed> = match values {
        [(Value::Null, _), ..] | [_, (Value::Null, _)] => return Ok(Value::Null),
        [(Value::Array(all), _)] if all.len() % 2 == 1 => {
            return Err(subscript("array must have even number of elements"));
        }
        [(Value::Array(all), _)] => all.iter().map(element).collect(),
        [(Value::Array(names), _), (Value::Array(values), _)] => {
            if names.len() != values.len() {
                return Err(subscript("mismatched array dimensions"));
            }
            let pairs = names.iter().zip(values.iter());
            pairs
                .flat_map(|(name, value)| [element(name), element(value)])
                .collect()
        }
        _ => return Err(Error::new(Code::Internal, "an object is made of arrays")),
    };
    if members.iter().step_by(2).any(|(name, _)| name.is_null()) {
        let message = "null value not allowed for object key";
        return Err(Error::new(Code::NullNotAllowed, message));
    }
    build(Function::JsonBuildObject, &members)
}

fn subscript(message: &str) -> Error {
    Error::new(Code::ArraySubscript, message)
}

fn invalid(message: &str) -> Error {
    Error::new(Code::InvalidParameterValue, message)
}

fn push_member(pair: &[Typed], between: &str, out: &mut String) -> Result<()> {
    let [key, value] = pair else {
        return Err(Error::new(Code::Internal, "a member is a pair"));
    };
    let mut name = String::new();
    match key {
        (Value::Null, _) => return Err(invalid("field name must not be null")),
        (_, DataType::Json | DataType::Jsonb | DataType::Array(_)) => {
            let message = "key value must be scalar, not array, composite, or json";
            return Err(invalid(message));
        }
        _ => push_value(*key, &mut name),
    }
    match name.starts_with('"') {
        true => out.push_str(&name),
        false => push_string(&name, out),
    }
    out.push_str(between);
    push_value(*value, out);
    Ok(())
}

fn push_value((value, data_type): Typed, out: &mut String) {
    use DataType::{Date, Enum, Json, Jsonb, Time, Timestamp, TimestampTz};
    let mut text = String::new();
    match (value, data_type) {
        (Value::Null, _) => out.push_str("null"),
        (Value::Bool(value), _) => out.push_str(if *value { "true" } else { "false" }),
        (Value::Text(text), Json | Jsonb) => out.push_str(text),
        (Value::I64(_), Timestamp | TimestampTz) => {
            format_value(value, data_type, &mut text);
            push_string(&iso(text, data_type), out);
        }
        (Value::I64(_) | Value::F64(_) | Value::Decimal(_), _)
            if !matches!(data_type, Date | Time | Enum(_)) =>
        {
            format_value(value, data_type, &mut text);
            match text.contains(['N', 'I']) {
                true => push_string(&text, out),
                false => out.push_str(&text),
            }
        }
        (Value::Array(elements), _) => {
            let element = data_type.element().unwrap_or_default();
            for (at, value) in elements.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                push_value((value, element), out);
            }
            out.push_str(if elements.is_empty() { "[]" } else { "]" });
        }
        _ => {
            format_value(value, data_type, &mut text);
            push_string(&text, out);
        }
    }
}

/// A timestamp as ISO 8601 writes it: a T before the time, and a zone with minutes.
fn iso(text: String, data_type: DataType) -> String {
    let Some((date, time)) = text.split_once(' ') else {
        return text;
    };
    let (time, era) = match time.split_once(' ') {
        Some((time, era)) => (time, [" ", era]),
        None => (time, ["", ""]),
    };
    let sign = time.rfind(['+', '-']).unwrap_or(0);
    let minutes = match data_type {
        DataType::TimestampTz if !time[sign..].contains(':') => ":00",
        _ => "",
    };
    [date, "T", time, minutes, era[0], era[1]].concat()
}
