//! A JSON value as a tree, and JSONB's normal form of it.

use super::access::Step;
use super::reader::Reader;
use crate::error::{Code, Error, Result};
use crate::types::{Decimal, sort_by};
use std::cmp::Ordering;
use std::fmt::Write;

#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(Decimal),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// JSONB's text of any JSON text.
pub fn normalize(text: &str) -> Result<String> {
    let document = Json::parse(text)?;
    let mut out = String::with_capacity(text.len());
    document.print(&mut out);
    Ok(out)
}

/// JSONB's `||`: objects are merged, anything else is appended as arrays.
pub fn concat(left: &str, right: &str) -> Result<String> {
    let joined = match (Json::parse(left)?, Json::parse(right)?) {
        (Json::Object(mut left), Json::Object(right)) => {
            left.extend(right);
            Json::Object(sorted(left))
        }
        (left, right) => {
            let mut elements = left.into_elements();
            elements.extend(right.into_elements());
            Json::Array(elements)
        }
    };
    let mut out = String::new();
    joined.print(&mut out);
    Ok(out)
}

/// JSONB's `-`: without a member, the elements that are a text, or an element by its place.
pub fn delete(document: &str, step: Step) -> Result<String> {
    let mut document = Json::parse(document)?;
    match (&mut document, step) {
        (Json::Object(members), Step::Key(key)) => members.retain(|(name, _)| name != key),
        (Json::Object(_), Step::Index(_)) => {
            return Err(cannot_delete("object using integer index"));
        }
        (Json::Array(elements), Step::Key(key)) => {
            elements.retain(|element| !matches!(element, Json::String(text) if text == key));
        }
        (Json::Array(elements), Step::Index(index)) => {
            let length = elements.len() as i64;
            let place = if index < 0 {
                index.saturating_add(length)
            } else {
                index
            };
            if (0..length).contains(&place) {
                elements.remove(place as usize);
            }
        }
        _ => return Err(cannot_delete("scalar")),
    }
    let mut out = String::new();
    document.print(&mut out);
    Ok(out)
}

fn cannot_delete(what: &str) -> Error {
    Error::new(
        Code::InvalidParameterValue,
        format!("cannot delete from {what}"),
    )
}

impl Json {
    /// The tree with its objects in normal form.
    pub fn parse(text: &str) -> Result<Json> {
        let mut reader = Reader::new(text);
        let mut document = reader.read()?;
        reader.end()?;
        document.sort();
        Ok(document)
    }

    /// An object with its members in this order.
    pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
        Json::of_members(Vec::from(members))
    }

    /// Apart, so that there is one of it for objects of all sizes.
    fn of_members(members: Vec<(&str, Json)>) -> Json {
        let members = members.into_iter();
        let named = members.map(|(name, value)| (name.to_string(), value));
        Json::Object(named.collect())
    }

    /// The strings of an array of them.
    pub fn into_strings(self) -> Option<Vec<String>> {
        let string = |element| match element {
            Json::String(text) => Some(text),
            _ => None,
        };
        match self {
            Json::Array(elements) => elements.into_iter().map(string).collect(),
            _ => None,
        }
    }

    /// The text of the normal form.
    pub fn printed(&self) -> String {
        let mut out = String::new();
        self.print(&mut out);
        out
    }

    pub fn sort(&mut self) {
        match self {
            Json::Array(elements) => elements.iter_mut().for_each(Json::sort),
            Json::Object(members) => {
                members.iter_mut().for_each(|(_, value)| value.sort());
                *members = sorted(std::mem::take(members));
            }
            _ => {}
        }
    }

    fn into_elements(self) -> Vec<Json> {
        match self {
            Json::Array(elements) => elements,
            other => vec![other],
        }
    }

    pub fn print(&self, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Json::Number(number) => {
                let _ = write!(out, "{number}");
            }
            Json::String(text) => push_string(text, out),
            Json::Array(elements) => {
                out.push('[');
                for (index, element) in elements.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    element.print(out);
                }
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    push_string(key, out);
                    out.push_str(": ");
                    value.print(out);
                }
                out.push('}');
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::String(text.to_string())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Json::Number(Decimal::Small(i128::from(number), 0))
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Json::from(u64::from(number))
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Json::Null, T::into)
    }
}

impl<T: Into<Json>> FromIterator<T> for Json {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Json::Array(elements.into_iter().map(T::into).collect())
    }
}

/// Shorter keys first, then by bytes; the last of equal ones stays.
fn sorted(mut members: Vec<(String, Json)>) -> Vec<(String, Json)> {
    members.reverse();
    sort_by(&mut members, |(left, _), (right, _)| {
        compare_keys(left, right)
    });
    members.dedup_by(|(later, _), (earlier, _)| later == earlier);
    members
}

fn compare_keys(left: &str, right: &str) -> Ordering {
    (left.len().cmp(&right.len())).then_with(|| left.as_bytes().cmp(right.as_bytes()))
}

/// A string as JSON writes it.
pub fn push_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_form_is_postgresqls() {
        for (text, expected) in [
            (r#"{"bb":1,"a":2,"a":3}"#, r#"{"a": 3, "bb": 1}"#),
            ("[1e3,1.50,-0.0, 1E-2]", "[1000, 1.50, 0.0, 0.01]"),
            (r#""\u00e9\/\u0001\t""#, "\"é/\\u0001\\t\""),
            ("{}", "{}"),
            (r#"{"__proto__":null}"#, r#"{"__proto__": null}"#),
        ] {
            assert_eq!(normalize(text).unwrap(), expected);
        }
    }

    #[test]
    fn concatenation_merges_and_appends() {
        for (left, right, expected) in [
            (r#"{"a": 1}"#, r#"{"a": 2, "b": 3}"#, r#"{"a": 2, "b": 3}"#),
            ("[1]", "[2]", "[1, 2]"),
            ("1", r#"{"a": 2}"#, r#"[1, {"a": 2}]"#),
        ] {
            assert_eq!(concat(left, right).unwrap(), expected);
        }
    }
}
