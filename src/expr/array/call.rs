//! The functions on values.

use super::super::Expr;
use super::super::output::format_value;
use super::super::set::next_field;
use super::super::text::{self, place};
use super::resolve::empty;
use super::{ArrayFunction, assign};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// What array_fill and an assignment make at most.
pub const ELEMENTS_MAX: i64 = 4_000_000;

/// The function's value.
pub fn call(
    function: ArrayFunction,
    values: &[Value],
    arguments: &[Expr],
    result: DataType,
) -> Result<Value> {
    use ArrayFunction::*;
    if function == Build {
        return made(values.to_vec());
    }
    match (function, values) {
        (Append, [array, element]) => {
            made([elements(array), std::slice::from_ref(element)].concat())
        }
        (Prepend, [element, array]) => {
            made([std::slice::from_ref(element), elements(array)].concat())
        }
        (Join, [Value::Null, other] | [other, Value::Null]) => Ok(other.clone()),
        (Join, [left, right]) => made([elements(left), elements(right)].concat()),
        (OfText, [text, options @ ..]) => Ok(of_text(text, options)),
        (Fill, [_, _, _]) => Err(Error::unsupported("an array with bounds of its own")),
        (Fill, [element, sizes]) => fill(element, sizes),
        (Assign | AssignSlice | AssignPath, [whole, part @ .., value]) => {
            assign::assign(function, whole, part, value)
        }
        (Bucket, [element, Value::Array(bounds)]) if !element.is_null() => {
            match bounds.iter().any(Value::is_null) {
                true => Err(Error::new(
                    Code::NullNotAllowed,
                    "thresholds array must not contain NULLs",
                )),
                false => {
                    let below = bounds.partition_point(|bound| bound <= element);
                    Ok(Value::I64(below as i64))
                }
            }
        }
        (_, [Value::Array(array), rest @ ..]) => of_array(function, array, rest, arguments, result),
        _ => Ok(Value::Null),
    }
}

/// An array, unless it and its text were too long.
pub fn made(elements: Vec<Value>) -> Result<Value> {
    let text = |value: &Value| match value {
        Value::Text(text) => text.len(),
        _ => 0,
    };
    match elements.iter().map(text).sum::<usize>() > text::LENGTH_MAX {
        true => Err(text::too_long()),
        false => Ok(Value::Array(Rc::from(elements))),
    }
}

/// Those of NULL are none.
pub fn elements(array: &Value) -> &[Value] {
    match array {
        Value::Array(elements) => elements,
        _ => &[],
    }
}

fn of_array(
    function: ArrayFunction,
    array: &Rc<[Value]>,
    rest: &[Value],
    arguments: &[Expr],
    result: DataType,
) -> Result<Value> {
    use ArrayFunction::*;
    let count = |count: usize| Value::I64(count as i64);
    let of_dimension = |value: usize| match (rest, array.len()) {
        ([] | [Value::I64(1)], 1..) => count(value),
        _ => Value::Null,
    };
    match (function, rest) {
        (Remove, [one]) => made(
            array
                .iter()
                .filter(|other| *other != one)
                .cloned()
                .collect(),
        ),
        (Replace, [one, by]) => {
            let replaced = array
                .iter()
                .map(|other| if other == one { by } else { other });
            made(replaced.cloned().collect())
        }
        (Position, [_, Value::Null]) => Err(Error::new(
            Code::NullNotAllowed,
            "initial position must not be null",
        )),
        (Position, [one, from @ ..]) => {
            let from = match from {
                [Value::I64(from)] => place(from - 1),
                _ => 0,
            };
            let mut places = array.iter().enumerate().skip(from);
            let found = places.find(|(_, other)| *other == one);
            Ok(found.map_or(Value::Null, |(at, _)| count(at + 1)))
        }
        (Positions, [one]) => {
            let places = array.iter().zip(1..).filter(|(other, _)| *other == one);
            made(places.map(|(_, at)| Value::I64(at)).collect())
        }
        (Length | Upper, _) => Ok(of_dimension(array.len())),
        (Lower | Dimensions, _) => Ok(of_dimension(1)),
        (Bounds, _) if array.is_empty() => Ok(Value::Null),
        (Bounds, _) => Ok(Value::text(&format!("[1:{}]", array.len()))),
        (Cardinality, _) => Ok(count(array.len())),
        (ToText, [Value::Text(delimiter), null @ ..]) => {
            Ok(to_text(array, arguments, delimiter, null))
        }
        (_, [Value::Null, ..] | [_, Value::Null]) => Ok(Value::Null),
        (Trim, [Value::I64(less)]) => {
            let Some(kept) = usize::try_from(*less)
                .ok()
                .and_then(|n| array.len().checked_sub(n))
            else {
                let message = format!(
                    "number of elements to trim must be between 0 and {}",
                    array.len()
                );
                return Err(Error::new(Code::ArraySubscript, message));
            };
            made(array[..kept].to_vec())
        }
        (Contains, [Value::Array(other)]) => Ok(Value::Bool(contains(array, other))),
        (ContainedBy, [Value::Array(other)]) => Ok(Value::Bool(contains(other, array))),
        (Overlaps, [Value::Array(other)]) => {
            let known: HashSet<&Value> = array.iter().filter(|one| !one.is_null()).collect();
            Ok(Value::Bool(other.iter().any(|one| known.contains(one))))
        }
        (Element, [Value::I64(index)]) => {
            let at = usize::try_from(index - 1).ok();
            let found = at
                .and_then(|at| array.get(at))
                .cloned()
                .unwrap_or(Value::Null);
            match found.physical() {
                Some(physical) if physical != result.physical() => Err(mistyped()),
                _ => Ok(found),
            }
        }
        (Slice, [Value::I64(first), Value::I64(last)]) => {
            let first = place(first - 1);
            let end = place(*last).min(array.len());
            Ok(match first < end {
                true => Value::Array(Rc::from(&array[first..end])),
                false => empty(),
            })
        }
        _ => Err(Error::new(
            Code::Internal,
            "a function of arrays was resolved for other types",
        )),
    }
}

/// Whether each element of the second is in the first; a NULL never is.
fn contains(whole: &[Value], part: &[Value]) -> bool {
    let known: HashSet<&Value> = whole.iter().filter(|one| !one.is_null()).collect();
    part.iter().all(|one| known.contains(one))
}

fn to_text(array: &[Value], arguments: &[Expr], delimiter: &str, null: &[Value]) -> Value {
    let array_type = arguments.first().map(|array| array.data_type);
    let element = array_type.and_then(DataType::element).unwrap_or_default();
    let mut out = String::new();
    let mut any = false;
    for value in array {
        let shown = match (value, null) {
            (Value::Null, [null @ Value::Text(_)]) => (null, DataType::Text),
            (Value::Null, _) => continue,
            (value, _) => (value, element),
        };
        out.push_str(if any { delimiter } else { "" });
        format_value(shown.0, shown.1, &mut out);
        any = true;
    }
    Value::text(&out)
}

fn of_text(text: &Value, options: &[Value]) -> Value {
    let Value::Text(text) = text else {
        return Value::Null;
    };
    let option = |at: usize| match options.get(at) {
        Some(Value::Text(text)) => Some(&**text),
        _ => None,
    };
    let mut fields = Vec::new();
    let mut rest = (!text.is_empty()).then_some(0);
    while let Some(start) = rest {
        let (field, after) = next_field(&text[start..], option(0));
        rest = after.map(|after| start + after);
        fields.push(match option(1) == Some(field) {
            true => Value::Null,
            false => Value::text(field),
        });
    }
    Value::Array(Rc::from(fields))
}

fn fill(element: &Value, sizes: &Value) -> Result<Value> {
    if sizes.is_null() {
        let message = "dimension array or low bound array cannot be null";
        return Err(Error::new(Code::NullNotAllowed, message));
    }
    match elements(sizes) {
        [] | [Value::I64(0)] => Ok(empty()),
        [Value::I64(size @ 1..=ELEMENTS_MAX)] => made(vec![element.clone(); *size as usize]),
        [Value::I64(_)] => Err(too_many()),
        [_, _, ..] => Err(Error::unsupported("an array of more than one dimension")),
        _ => Err(Error::new(
            Code::NullNotAllowed,
            "dimension values cannot be null",
        )),
    }
}

pub fn too_many() -> Error {
    let message = format!("an array cannot be filled with more than {ELEMENTS_MAX} elements");
    Error::new(Code::LimitLength, message)
}

pub fn mistyped() -> Error {
    Error::new(Code::Corrupt, "an array holds an element of another type")
}
