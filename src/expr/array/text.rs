//! Arrays as text: `{1,2,NULL,"a b"}`.

use super::super::input::parse_at;
use super::super::output::format_value;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};
use std::iter::Peekable;
use std::str::Chars;

/// Appends the elements as PostgreSQL prints them.
pub fn print(elements: &[Value], element: DataType, out: &mut String) {
    out.push('{');
    let mut text = String::new();
    for (at, value) in elements.iter().enumerate() {
        out.push_str(if at > 0 { "," } else { "" });
        if value.is_null() {
            out.push_str("NULL");
            continue;
        }
        text.clear();
        format_value(value, element, &mut text);
        let is_special = |c: char| matches!(c, '"' | '\\' | '{' | '}' | ',') || is_space(c);
        if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(is_special) {
            out.push_str(&text);
            continue;
        }
        out.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                out.push('\\');
            }
            out.push(character);
        }
        out.push('"');
    }
    out.push('}');
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}')
}

/// The elements that a text spells out; `now` is what `'now'` among them means.
pub fn parse(text: &str, element: DataType, now: Option<i64>) -> Result<Vec<Value>> {
    let malformed = || {
        let message = format!("malformed array literal: \"{text}\"");
        Error::new(Code::InvalidText, message)
    };
    let mut rest = text.chars().peekable();
    skip_spaces(&mut rest);
    match rest.next() {
        Some('{') => {}
        Some('[') => return Err(Error::unsupported("an array with bounds of its own")),
        _ => return Err(malformed()),
    }
    let mut elements = Vec::new();
    skip_spaces(&mut rest);
    if rest.next_if_eq(&'}').is_none() {
        loop {
            let (item, is_bare) = item(&mut rest)?.ok_or_else(malformed)?;
            elements.push(match is_bare && item.eq_ignore_ascii_case("null") {
                true => Value::Null,
                false => parse_at(&item, element, now)?,
            });
            match rest.next() {
                Some(',') => {}
                Some('}') => break,
                _ => return Err(malformed()),
            }
        }
    }
    skip_spaces(&mut rest);
    match rest.next() {
        None => Ok(elements),
        Some(_) => Err(malformed()),
    }
}

fn skip_spaces(rest: &mut Peekable<Chars>) {
    while rest.next_if(|c| is_space(*c)).is_some() {}
}

/// The text of an element, and whether nothing in it was quoted; `None` where none can be read.
fn item(rest: &mut Peekable<Chars>) -> Result<Option<(String, bool)>> {
    skip_spaces(rest);
    let mut item = String::new();
    if rest.next_if_eq(&'"').is_some() {
        loop {
            match rest.next() {
                Some('"') => break,
                Some('\\') => item.extend(rest.next()),
                Some(character) => item.push(character),
                None => return Ok(None),
            }
        }
        skip_spaces(rest);
        return Ok(Some((item, false)));
    }
    let mut is_bare = true;
    // What was escaped is kept, blanks at the end included.
    let mut kept = 0;
    while let Some(character) = rest.next_if(|c| !matches!(c, ',' | '}')) {
        match character {
            '{' => return Err(Error::unsupported("an array of more than one dimension")),
            '"' => return Ok(None),
            '\\' => {
                is_bare = false;
                item.extend(rest.next());
                kept = item.len();
            }
            character => {
                item.push(character);
                if !is_space(character) {
                    kept = item.len();
                }
            }
        }
    }
    item.truncate(kept);
    Ok((kept > 0).then_some((item, is_bare)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str, element: DataType) -> String {
        let mut out = String::new();
        match parse(text, element, None) {
            Ok(elements) => print(&elements, element, &mut out),
            Err(error) => out = error.to_string(),
        }
        out
    }

    #[test]
    fn texts_read_and_print_as_in_postgresql() {
        use DataType::{Boolean, Integer, Text};
        for (text, element, expected) in [
            (" { 1 ,NULL, -2 } ", Integer, "{1,NULL,-2}"),
            ("{}", Integer, "{}"),
            ("{yes,0}", Boolean, "{t,f}"),
            (
                r#"{a b,"NULL",null,"",x\,y,"q\"\\"}"#,
                Text,
                r#"{"a b","NULL",NULL,"","x,y","q\"\\"}"#,
            ),
            (r"{\N , a\ }", Text, r#"{N,"a "}"#),
        ] {
            assert_eq!(again(text, element), expected, "{text}");
            assert_eq!(again(expected, element), expected);
        }
        for text in [
            "", "{", "{1", "{1,", "{1,}", "{,1}", "{1}x", "1", "{\"1", "{\"1\"2}", "{\\",
        ] {
            let error = parse(text, Integer, None).unwrap_err();
            assert_eq!(error.sqlstate(), "22P02", "{text}");
        }
        for text in ["{{1}}", "[1:1]={1}"] {
            let error = parse(text, Integer, None).unwrap_err();
            assert_eq!(error.sqlstate(), "0A000", "{text}");
        }
    }
}
