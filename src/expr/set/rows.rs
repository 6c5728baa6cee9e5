//! The rows of a call, one after another.

use super::super::array::mistyped;
use super::super::copy::{CopyFormat, CopyReader};
use super::super::eval::{regexp_matches, regexp_split};
use super::super::json::as_text;
use super::super::jsonpath;
use super::SetFunction;
use super::catalogue::SetCall;
use super::json::Walk;
use super::series::Series;
use crate::column::VectorBuilder;
use crate::error::{Code, Error, Result};
use crate::types::Value;
use std::rc::Rc;

/// Pushes the next row to the builders of the columns; false if there is none.
pub type SetRows = Box<dyn FnMut(&mut [VectorBuilder]) -> Result<bool>>;

impl SetCall {
    /// Begins the call with the values of its arguments.
    pub fn begin(&self, values: &[Value]) -> Result<SetRows> {
        let needed = match self.function {
            SetFunction::Fields => 1,
            _ => values.len(),
        };
        if values[..needed].iter().any(Value::is_null) {
            // One object that is NULL is a row of NULLs.
            let mut is_row = self.function == SetFunction::JsonObject;
            return Ok(Box::new(move |columns| {
                let is_next = std::mem::take(&mut is_row);
                columns[..usize::from(is_next)]
                    .iter_mut()
                    .for_each(|column| column.push(&Value::Null));
                Ok(is_next)
            }));
        }
        Ok(match (self.function, &values[0]) {
            (SetFunction::Series, _) => {
                let mut series = Series::new(values, self.types[0])?;
                Box::new(move |columns| {
                    let next = series.next()?;
                    next.iter().for_each(|value| columns[0].push(value));
                    Ok(next.is_some())
                })
            }
            (SetFunction::Copied, Value::Text(text)) => {
                let format = CopyFormat::read(&values[1])?;
                let mut reader = CopyReader::new(format, text.clone());
                Box::new(move |columns| reader.next(columns))
            }
            (SetFunction::Fields, Value::Text(text)) => fields(text, &values[1..]),
            (SetFunction::Elements, Value::Array(elements)) => {
                let (elements, mut at) = (elements.clone(), 0);
                let physical = self.types[0].physical();
                Box::new(move |columns| {
                    let Some(element) = elements.get(at) else {
                        return Ok(false);
                    };
                    if element.physical().is_some_and(|other| other != physical) {
                        return Err(mistyped());
                    }
                    columns[0].push(element);
                    at += 1;
                    Ok(true)
                })
            }
            (function @ (SetFunction::Matches | SetFunction::Between), Value::Text(text)) => {
                let rows = match function {
                    SetFunction::Matches => regexp_matches(text, &values[1..])?,
                    _ => regexp_split(text, &values[1..])?,
                };
                let mut rows = rows.into_iter();
                Box::new(move |columns| {
                    let next = rows.next();
                    next.iter().for_each(|value| columns[0].push(value));
                    Ok(next.is_some())
                })
            }
            (SetFunction::JsonPath, Value::Text(document)) => {
                let path = match &values[1] {
                    Value::Text(path) => path,
                    _ => return Err(mistyped()),
                };
                let (variables, quiet) = jsonpath::options(&values[2..]);
                let found = jsonpath::query(document, path, variables, quiet)?;
                let mut found = found.into_iter();
                Box::new(move |columns| {
                    let next = found.next();
                    next.iter()
                        .for_each(|value| columns[0].push_bytes(value.as_bytes()));
                    Ok(next.is_some())
                })
            }
            (SetFunction::Subscripts, Value::Array(elements)) => {
                let of_dimension = values[1] == Value::I64(1);
                let mut places = 1..=if of_dimension {
                    elements.len() as i64
                } else {
                    0
                };
                let backwards = values.get(2) == Some(&Value::Bool(true));
                Box::new(move |columns| {
                    let next = match backwards {
                        true => places.next_back(),
                        false => places.next(),
                    };
                    next.iter()
                        .for_each(|place| columns[0].push(&Value::I64(*place)));
                    Ok(next.is_some())
                })
            }
            (SetFunction::JsonObject, Value::Text(text)) if text.trim_start().starts_with('{') => {
                let mut object = Some(Value::Text(text.clone()));
                Box::new(move |columns| {
                    let next = object.take();
                    next.iter().for_each(|value| columns[0].push(value));
                    Ok(next.is_some())
                })
            }
            (function, Value::Text(text)) => json(function, text)?,
            _ => return Err(Error::new(Code::Internal, "a set of rows of another type")),
        })
    }
}

fn json(function: SetFunction, text: &Rc<str>) -> Result<SetRows> {
    use SetFunction::*;
    let is_object = matches!(function, JsonEach | JsonEachText | JsonKeys | JsonObject);
    let is_plain = matches!(function, JsonEachText | JsonElementsText);
    let mut walk = Walk::new(text, is_object)?;
    Ok(Box::new(move |columns| {
        let Some((key, place)) = walk.next()? else {
            return Ok(false);
        };
        let mut columns = columns.iter_mut();
        if is_object && let Some(keys) = columns.next() {
            keys.push_bytes(key.as_bytes());
        }
        let value = walk.text(place);
        if function == JsonObjects && !value.starts_with('{') {
            let message = "the argument of json_to_recordset must be an array of objects";
            return Err(Error::new(Code::InvalidParameterValue, message));
        }
        let Some(values) = columns.next() else {
            return Ok(true);
        };
        match is_plain {
            false => values.push_bytes(value.as_bytes()),
            true => match as_text(value)? {
                Some(text) => values.push_bytes(text.as_bytes()),
                None => values.push_null(),
            },
        }
        Ok(true)
    }))
}

/// The fields of a text between delimiters; those that are the second option are NULL.
fn fields(text: &Rc<str>, options: &[Value]) -> SetRows {
    let option = |at: usize| match options.get(at) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let (text, delimiter, null) = (text.clone(), option(0), option(1));
    let mut rest = (!text.is_empty()).then_some(0);
    Box::new(move |columns| {
        let Some(start) = rest else {
            return Ok(false);
        };
        let (field, after) = next_field(&text[start..], delimiter.as_deref());
        rest = after.map(|after| start + after);
        match null.as_deref() == Some(field) {
            true => columns[0].push_null(),
            false => columns[0].push_bytes(field.as_bytes()),
        }
        Ok(true)
    })
}

/// The first field of a text that is not empty or stands behind a delimiter, and where the next begins.
/// Without a delimiter each character is one.
pub fn next_field<'a>(text: &'a str, delimiter: Option<&str>) -> (&'a str, Option<usize>) {
    match delimiter {
        None => {
            let length = text.chars().next().map_or(0, char::len_utf8);
            (&text[..length], (length < text.len()).then_some(length))
        }
        Some("") => (text, None),
        Some(delimiter) => match text.find(delimiter) {
            Some(at) => (&text[..at], Some(at + delimiter.len())),
            None => (text, None),
        },
    }
}
