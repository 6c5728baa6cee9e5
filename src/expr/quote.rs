//! Names and values as they are written in SQL, and format.

use super::input::parse_value;
use super::keyword::is_keyword;
use super::text::LENGTH_MAX;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};

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

/// The names that a text has with dots between; what follows them is an error if it is `strict`.
pub fn parse_ident(text: &str, is_strict: bool) -> Result<Vec<String>> {
    let invalid = |detail: &str| {
        let message = format!("string is not a valid identifier: \"{text}\"");
        let error = Error::new(Code::InvalidParameterValue, message);
        match detail {
            "" => error,
            detail => error.with_detail(detail),
        }
    };
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    let is_part = |c: char| is_start(c) || c.is_ascii_digit() || c == '$';
    let mut names = Vec::new();
    let mut rest = text.trim_ascii_start();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut end = 0;
            loop {
                end += (quoted[end..].find('"'))
                    .ok_or_else(|| invalid("String has unclosed double quotes."))?;
                if !quoted[end + 1..].starts_with('"') {
                    break;
                }
                end += 2;
            }
            if end == 0 {
                return Err(invalid("Quoted identifier must not be empty."));
            }
            names.push(quoted[..end].replace("\"\"", "\""));
            rest = &quoted[end + 1..];
        } else if rest.starts_with(is_start) {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            names.push(rest[..end].to_ascii_lowercase());
            rest = &rest[end..];
        } else {
            return Err(match (rest.starts_with('.'), names.is_empty()) {
                (true, _) => invalid("No valid identifier before \".\"."),
                (false, false) => invalid("No valid identifier after \".\"."),
                _ => invalid(""),
            });
        }
        rest = rest.trim_ascii_start();
        match rest.strip_prefix('.') {
            Some(after) => rest = after.trim_ascii_start(),
            None if rest.is_empty() || !is_strict => return Ok(names),
            None => return Err(invalid("")),
        }
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
        let mut has_place = false;
        if rest.next_if_eq(&'$').is_some() {
            match width.take() {
                Some(place @ 1..) => (next, has_place) = (place - 1, true),
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
        if rest.next_if_eq(&'*').is_some() {
            // The width is an argument itself, the next one or the one of this place.
            let at = number(&mut rest);
            if at.is_some() && rest.next_if_eq(&'$').is_none() {
                return Err(invalid("width argument position must be ended by \"$\""));
            }
            let place = match at {
                Some(0) => {
                    let message = "format specifies argument 0, but arguments are numbered from 1";
                    return Err(invalid(message));
                }
                Some(at) => at - 1,
                None => next,
            };
            let argument = arguments.get(place);
            let argument = argument.ok_or_else(|| invalid("too few arguments for format()"))?;
            let given = match argument {
                Value::Text(text) => parse_value(text, DataType::Integer)?,
                _ => Value::I64(0),
            };
            if let Value::I64(given) = given {
                left |= given < 0;
                width = usize::try_from(given.unsigned_abs()).ok();
            }
            next = if has_place { next } else { place + 1 };
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
