//! Assigning to a part of a value: an element or a slice of an array, or what lies at a path in JSONB.

use super::super::json;
use super::ArrayFunction;
use super::call::{ELEMENTS_MAX, elements, made, too_many};
use crate::error::{Code, Error, Result};
use crate::types::Value;

/// The whole with the part in it.
pub fn assign(
    function: ArrayFunction,
    whole: &Value,
    part: &[Value],
    value: &Value,
) -> Result<Value> {
    if part.iter().any(Value::is_null) {
        return Err(null_subscript("array"));
    }
    let old = elements(whole);
    match (function, part) {
        (ArrayFunction::AssignPath, [Value::Array(path)]) => {
            let text = |value: &Value| match value {
                Value::Text(text) => Ok(text.to_string()),
                _ => Err(null_subscript("jsonb")),
            };
            let path: Vec<String> = path.iter().map(text).collect::<Result<_>>()?;
            let text = |value: &Value| match value {
                Value::Text(text) => text.to_string(),
                _ => "null".to_string(),
            };
            let changed = json::assign(&text(whole), &path, &text(value), ELEMENTS_MAX as usize)?;
            Ok(Value::text(&changed))
        }
        (ArrayFunction::Assign, [Value::I64(index)]) => {
            put(old, *index, *index, std::slice::from_ref(value))
        }
        (_, [first, last]) => {
            let (first, last) = match (first, last) {
                (Value::I64(first), Value::I64(last)) => (*first, *last),
                _ if old.is_empty() => {
                    let message = "array slice subscript must provide both boundaries";
                    return Err(Error::new(Code::ArraySubscript, message));
                }
                (Value::I64(first), _) => (*first, old.len() as i64),
                (_, Value::I64(last)) => (1, *last),
                _ => (1, old.len() as i64),
            };
            match value {
                Value::Null => Ok(whole.clone()),
                _ => put(old, first, last, elements(value)),
            }
        }
        _ => Err(Error::new(
            Code::Internal,
            "a part of another value is assigned to",
        )),
    }
}

/// Puts values into the places from the first to the last; places before them that there were not are NULL.
fn put(old: &[Value], first: i64, last: i64, values: &[Value]) -> Result<Value> {
    let subscript = |message: &str| Err(Error::new(Code::ArraySubscript, message));
    if first > last {
        return subscript("upper bound cannot be less than lower bound");
    }
    if first < 1 || old.is_empty() && first > 1 {
        return Err(Error::unsupported("an array whose first index is not 1"));
    }
    if last > ELEMENTS_MAX {
        return Err(too_many());
    }
    let (first, end) = (first as usize - 1, last as usize);
    let Some(values) = values.get(..end - first) else {
        return subscript("source array too small");
    };
    let mut new = old.to_vec();
    new.resize(old.len().max(end), Value::Null);
    new[first..end].clone_from_slice(values);
    made(new)
}

fn null_subscript(kind: &str) -> Error {
    let message = format!("{kind} subscript in assignment must not be null");
    Error::new(Code::NullNotAllowed, message)
}
