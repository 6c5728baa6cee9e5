//! Arrays of the host, which come as JSON.

use super::super::input::parse_value;
use super::super::json::as_text;
use super::super::set::Walk;
use crate::error::Result;
use crate::types::{DataType, Value};
use std::rc::Rc;

/// The elements of a JSON array, each read as its type reads a text.
pub fn elements_of_json(text: &Rc<str>, element: DataType) -> Result<Vec<Value>> {
    let mut walk = Walk::new(text, false)?;
    let mut elements = Vec::new();
    while let Some((_, place)) = walk.next()? {
        let value = walk.text(place);
        let text = match element {
            DataType::Json | DataType::Jsonb if value != "null" => Some(value.to_string()),
            _ => as_text(value)?,
        };
        elements.push(match text {
            Some(text) => parse_value(&text, element)?,
            None => Value::Null,
        });
    }
    Ok(elements)
}
