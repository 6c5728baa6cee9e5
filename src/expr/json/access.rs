//! `->` and `->>`, lengths and types.

use super::reader::{Reader, unescape};
use crate::error::{Code, Error, Result};

/// One step into a document.
#[derive(Clone, Copy)]
pub enum Step<'a> {
    Key(&'a str),
    /// From the end if negative.
    Index(i64),
}

/// The text of the member or element, or `None` if there is none.
pub fn get<'a>(text: &'a str, step: Step) -> Result<Option<&'a str>> {
    let mut reader = Reader::new(text);
    match (reader.peek(), step) {
        (Some(b'{'), Step::Key(key)) => member(&mut reader, key),
        (Some(b'['), Step::Index(index)) => element(&mut reader, index),
        _ => Ok(None),
    }
}

/// The same as SQL text.
pub fn get_text(text: &str, step: Step) -> Result<Option<String>> {
    match get(text, step)? {
        None => Ok(None),
        Some(value) => as_text(value),
    }
}

/// A value as SQL text: a string without quotes, `None` for JSON's null.
pub fn as_text(value: &str) -> Result<Option<String>> {
    match value {
        "null" => Ok(None),
        string if string.starts_with('"') => unescape(&string[1..string.len() - 1]).map(Some),
        other => Ok(Some(other.to_string())),
    }
}

/// The last member of that name.
fn member<'a>(reader: &mut Reader<'a>, wanted: &str) -> Result<Option<&'a str>> {
    reader.expect(b'{')?;
    let mut found = None;
    if reader.take(b'}') {
        return Ok(None);
    }
    loop {
        let key = reader.key()?;
        reader.expect(b':')?;
        let value = reader.skip()?;
        if key == wanted {
            found = Some(value);
        }
        if reader.take(b'}') {
            return Ok(found);
        }
        reader.expect(b',')?;
    }
}

fn elements<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a str>> {
    reader.expect(b'[')?;
    let mut elements = Vec::new();
    if reader.take(b']') {
        return Ok(elements);
    }
    loop {
        elements.push(reader.skip()?);
        if reader.take(b']') {
            return Ok(elements);
        }
        reader.expect(b',')?;
    }
}

fn element<'a>(reader: &mut Reader<'a>, index: i64) -> Result<Option<&'a str>> {
    let elements = elements(reader)?;
    let index = match index {
        0.. => Some(index),
        _ => (elements.len() as i64).checked_add(index),
    };
    Ok(index
        .and_then(|index| usize::try_from(index).ok())
        .and_then(|index| elements.get(index).copied()))
}

pub fn array_length(text: &str) -> Result<i64> {
    let mut reader = Reader::new(text);
    let message = match reader.peek() {
        Some(b'[') => return Ok(elements(&mut reader)?.len() as i64),
        Some(b'{') => "cannot get array length of a non-array",
        _ => "cannot get array length of a scalar",
    };
    Err(Error::new(Code::InvalidParameterValue, message))
}

pub fn is_scalar(text: &str) -> bool {
    !matches!(type_name(text), "object" | "array")
}

/// The name of the type of a JSON text.
pub fn type_name(text: &str) -> &'static str {
    match Reader::new(text).peek() {
        Some(b'{') => "object",
        Some(b'[') => "array",
        Some(b'"') => "string",
        Some(b't' | b'f') => "boolean",
        Some(b'n') => "null",
        _ => "number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_elements_are_found() {
        let text = r#"{"a": [1, {"b": "x\n"}, null], "a ": 2, "c": 1, "c": "last"}"#;
        let array = get(text, Step::Key("a")).unwrap().unwrap();
        assert_eq!(array, r#"[1, {"b": "x\n"}, null]"#);
        assert_eq!(get(array, Step::Index(-3)).unwrap(), Some("1"));
        assert_eq!(get(array, Step::Index(3)).unwrap(), None);
        assert_eq!(get(array, Step::Index(-4)).unwrap(), None);
        assert_eq!(get_text(array, Step::Index(2)).unwrap(), None);
        let inner = get(array, Step::Index(1)).unwrap().unwrap();
        assert_eq!(get_text(inner, Step::Key("b")).unwrap().unwrap(), "x\n");
        assert_eq!(get_text(text, Step::Key("c")).unwrap().unwrap(), "last");
        assert_eq!(get(text, Step::Index(0)).unwrap(), None);
        assert_eq!(get("1", Step::Key("a")).unwrap(), None);
    }
}
