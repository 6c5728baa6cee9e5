//! Names and values as they are written in SQL, and format.

use super::keyword::is_keyword;
use super::text::LENGTH_MAX;
use crate::error::{Code, Error, Result};
use crate::types::Value;

/// A name, with quotes if it needs them.
pub fn quote_ident(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        && !is_keyword(name);
    match is_plain {
        true => name.to_string(),
        false => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// The schema, if there is one, and the name that a text says as SQL would: folded unless they have quotes.
pub fn name_parts(text: &str) -> (Option<String>, String) {
    let part = |name: &str| {
        let quoted = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'));
        match quoted {
            Some(quoted) => quoted.replace("\"\"", "\""),
            None => name.to_ascii_lowercase(),
        }
    };
    let mut is_quoted = false;
    let dot = text.find(|symbol| {
        is_quoted ^= symbol == '"';
        symbol == '.' && !is_quoted
    });
    match dot {
        None => (None, part(text)),
        Some(dot) => (Some(part(&text[..dot])), part(&text[dot + 1..])),
    }
}

pub fn quote_literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    match text.contains('\\') {
        true => format!("E'{}'", quoted.replace('\\', "\\\\")),
        false => format!("'{quoted}'"),
    }
}

/// The arguments are texts or NULL.
pub fn format(template: &str, arguments: &[Value]) -> Result<String> {
    let invalid = |message: &str| Error::new(Code::InvalidParameterValue, message);
    let mut out = String::new();
    let mut next = 0;
    let mut rest = template.chars().peekable();
    while let Some(character) = rest.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let number = |rest: &mut std::iter::Peekable<std::str::Chars>| {
            let mut number: Option<usize> = None;
            while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                rest.next();
                let shifted = number.unwrap_or(0).saturating_mul(10);
                number = Some(shifted.saturating_add(digit as usize));
            }
            number
        };
        let mut width = number(&mut rest);
        if rest.next_if_eq(&'$').is_some() {
            match width.take() {
                Some(place @ 1..) => next = place - 1,
                _ => {
                    let message = "format specifies argument 0, but arguments are numbered from 1";
                    return Err(invalid(message));
                }
            }
        }
        let mut left = false;
        while rest.next_if_eq(&'-').is_some() {
            left = true;
        }
        if rest.peek() == Some(&'*') {
            return Err(Error::unsupported("a width that is an argument of format"));
        }
        width = width.or_else(|| number(&mut rest));
        let value = match rest.next() {
            Some('%') => {
                out.push('%');
                continue;
            }
            None => return Err(invalid("unterminated format() type specifier")),
            Some(kind @ ('s' | 'I' | 'L')) => {
                let argument = arguments.get(next);
                let argument = argument.ok_or_else(|| invalid("too few arguments for format()"))?;
                next += 1;
                match (kind, argument) {
                    ('s', Value::Text(text)) => text.to_string(),
                    ('I', Value::Text(text)) => quote_ident(text),
                    ('L', Value::Text(text)) => quote_literal(text),
                    ('I', _) => {
                        let message = "null values cannot be formatted as an SQL identifier";
                        return Err(Error::new(Code::NullNotAllowed, message));
                    }
                    ('L', _) => "NULL".to_string(),
                    _ => String::new(),
                }
            }
            Some(other) => {
                let message = format!("unrecognized format() type specifier \"{other}\"");
                return Err(invalid(&message));
            }
        };
        let missing = width.unwrap_or(0).saturating_sub(value.chars().count());
        if missing > LENGTH_MAX / 4 {
            return Err(super::text::too_long());
        }
        let blanks = " ".repeat(missing);
        let (before, behind) = match left {
            true => ("", blanks.as_str()),
            false => (blanks.as_str(), ""),
        };
        out.extend([before, value.as_str(), behind]);
        if out.len() > LENGTH_MAX {
            return Err(super::text::too_long());
        }
    }
    Ok(out)
}
