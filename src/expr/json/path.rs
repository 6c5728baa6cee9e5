//! Paths into JSONB: reading, changing and comparing what lies at them.

use super::access::{Step, get};
use super::document::{Json, push_string};
use super::reader::Reader;
use crate::error::{Code, Error, Result};

/// `#>`: what lies at the path, as the text that it is.
pub fn get_path<'a>(document: &'a str, path: &[Option<String>]) -> Result<Option<&'a str>> {
    let mut found = document.trim();
    for element in path {
        let Some(element) = element else {
            return Ok(None);
        };
        let step = match (found.starts_with('['), element.trim_start().parse::<i32>()) {
            (true, Ok(index)) => Step::Index(index.into()),
            (true, Err(_)) => return Ok(None),
            _ => Step::Key(element),
        };
        match get(found, step)? {
            Some(inner) => found = inner,
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// What becomes of what lies at a path.
#[derive(Clone, Copy, PartialEq)]
pub enum Change {
    /// Another value in its place; where there is none, only if it `creates`.
    Set {
        creates: bool,
    },
    Insert {
        after: bool,
    },
    Delete,
}

/// jsonb_set, jsonb_insert and `#-`.
pub fn change(
    document: &str,
    path: &[Option<String>],
    value: &str,
    change: Change,
) -> Result<String> {
    let mut document = Json::parse(document)?;
    let value = match change {
        Change::Delete => Json::Null,
        _ => Json::parse(value)?,
    };
    if !matches!(document, Json::Array(_) | Json::Object(_)) {
        let what = if change == Change::Delete {
            "delete"
        } else {
            "set"
        };
        return Err(invalid(format!("cannot {what} path in scalar")));
    }
    // Nothing is looked for in what is empty, if nothing is added to it.
    let is_empty = matches!(&document, Json::Array(elements) if elements.is_empty());
    let may_add = !matches!(change, Change::Delete | Change::Set { creates: false });
    if !path.is_empty() && (may_add || !is_empty) {
        change_at(&mut document, path, 1, &value, change)?;
        document.sort();
    }
    Ok(document.printed())
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidParameterValue, message)
}

fn change_at(
    document: &mut Json,
    path: &[Option<String>],
    level: usize,
    value: &Json,
    change: Change,
) -> Result<()> {
    let [first, rest @ ..] = path else {
        return Ok(());
    };
    let Some(key) = first else {
        let message = format!("path element at position {level} is null");
        return Err(Error::new(Code::NullNotAllowed, message));
    };
    let may_add = !matches!(change, Change::Delete | Change::Set { creates: false });
    match document {
        Json::Object(members) => {
            let place = members.iter().position(|(name, _)| name == key);
            match (place, rest.is_empty(), change) {
                (Some(place), false, _) => {
                    return change_at(&mut members[place].1, rest, level + 1, value, change);
                }
                (Some(_), true, Change::Insert { .. }) => {
                    return Err(invalid("cannot replace existing key".to_string()));
                }
                (Some(place), true, Change::Delete) => drop(members.remove(place)),
                (Some(place), true, _) => members[place].1 = value.clone(),
                (None, true, _) if may_add => members.push((key.clone(), value.clone())),
                _ => {}
            }
        }
        Json::Array(elements) => {
            let index = index_of(key, level)?;
            let count = elements.len() as i64;
            let place = match i64::from(index) {
                index @ 0.. => index,
                index => index + count,
            };
            let inside = (0..count).contains(&place);
            let at = place.clamp(0, count) as usize;
            match (inside, rest.is_empty(), change) {
                (true, false, _) => {
                    return change_at(&mut elements[at], rest, level + 1, value, change);
                }
                (true, true, Change::Delete) => drop(elements.remove(at)),
                (true, true, Change::Set { .. }) => elements[at] = value.clone(),
                (true, true, Change::Insert { after }) => {
                    elements.insert(at + usize::from(after), value.clone());
                }
                (false, true, _) if may_add => elements.insert(at, value.clone()),
                _ => {}
            }
        }
        _ => {}
    }
    Ok(())
}

/// `SET j[key]… = value`: what is missing on the way to it is made, an array where the key is a number. In an array the places
/// before a new one are null, `places_max` at most.
pub fn assign(document: &str, path: &[String], value: &str, places_max: usize) -> Result<String> {
    let mut document = Json::parse(document)?;
    let mut place = &mut document;
    for (level, key) in path.iter().enumerate() {
        let fresh = || match path
            .get(level + 1)
            .map(|next| next.trim_start().parse::<i32>())
        {
            None => Json::Null,
            Some(Ok(_)) => Json::Array(Vec::new()),
            Some(Err(_)) => Json::Object(Vec::new()),
        };
        place = match place {
            Json::Object(members) => {
                let at = members.iter().position(|(name, _)| name == key);
                let at = at.unwrap_or_else(|| {
                    members.push((key.clone(), fresh()));
                    members.len() - 1
                });
                &mut members[at].1
            }
            Json::Array(elements) => {
                let index = index_of(key, level + 1)?;
                let at = match usize::try_from(index) {
                    Ok(at) => at,
                    Err(_) => (index.unsigned_abs() as usize <= elements.len())
                        .then(|| elements.len() - index.unsigned_abs() as usize)
                        .ok_or_else(|| {
                            let level = level + 1;
                            let message = format!(
                                "path element at position {level} is out of range: {index}"
                            );
                            invalid(message)
                        })?,
                };
                if at >= elements.len() {
                    if at >= places_max {
                        let message = format!("an array cannot have more than {places_max} places");
                        return Err(Error::new(Code::LimitLength, message));
                    }
                    elements.resize(at, Json::Null);
                    elements.push(fresh());
                }
                &mut elements[at]
            }
            _ => {
                let detail =
                    "The path assumes key is a composite object, but it is a scalar value.";
                return Err(invalid("cannot replace existing key".to_string()).with_detail(detail));
            }
        };
    }
    *place = Json::parse(value)?;
    document.sort();
    Ok(document.printed())
}

fn index_of(key: &str, level: usize) -> Result<i32> {
    key.trim_start().parse().map_err(|_| {
        let message = format!("path element at position {level} is not an integer: \"{key}\"");
        Error::new(Code::InvalidText, message)
    })
}

/// `@>`: whether the document holds all that the other one does.
pub fn contains(document: &str, other: &str) -> Result<bool> {
    let (document, other) = (Json::parse(document)?, Json::parse(other)?);
    Ok(match (&document, &other) {
        // A scalar may be an element of an array, but only at the top.
        (Json::Array(elements), scalar) if is_scalar(scalar) => elements.contains(scalar),
        _ => holds(&document, &other),
    })
}

fn is_scalar(value: &Json) -> bool {
    !matches!(value, Json::Array(_) | Json::Object(_))
}

fn holds(value: &Json, other: &Json) -> bool {
    match (value, other) {
        (Json::Object(members), Json::Object(others)) => others.iter().all(|(key, other)| {
            let own = members.iter().find(|(name, _)| name == key);
            own.is_some_and(|(_, own)| holds(own, other))
        }),
        (Json::Array(elements), Json::Array(others)) => {
            let is_in = |other: &Json| elements.iter().any(|own| holds(own, other));
            others.iter().all(is_in)
        }
        _ => is_scalar(value) && value == other,
    }
}

/// `?`: whether the text is a key of the object, or an element of the array.
pub fn exists(document: &str, key: &str) -> Result<bool> {
    let is_key = |value: &Json| matches!(value, Json::String(text) if text == key);
    Ok(match Json::parse(document)? {
        Json::Object(members) => members.iter().any(|(name, _)| name == key),
        Json::Array(elements) => elements.iter().any(is_key),
        scalar => is_key(&scalar),
    })
}

/// Without the members that are null, and without blanks; numbers are as they were written.
pub fn strip_nulls(document: &str) -> Result<String> {
    fn push(reader: &mut Reader, out: &mut String) -> Result<()> {
        let end = match reader.peek() {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            Some(b'"') => {
                push_string(&reader.key()?, out);
                return Ok(());
            }
            _ => {
                out.push_str(reader.skip()?);
                return Ok(());
            }
        };
        let begin = end - 2;
        reader.expect(begin)?;
        out.push(char::from(begin));
        let empty = out.len();
        while !reader.take(end) {
            reader.take(b',');
            let key = match end {
                b'}' => Some(reader.key()?),
                _ => None,
            };
            let named = key.is_some() && reader.take(b':');
            if named && reader.peek() == Some(b'n') {
                reader.skip()?;
                continue;
            }
            out.push_str(if out.len() > empty { "," } else { "" });
            if let Some(key) = key {
                push_string(&key, out);
                out.push(':');
            }
            push(reader, out)?;
        }
        out.push(char::from(end));
        Ok(())
    }
    let mut out = String::with_capacity(document.len());
    push(&mut Reader::new(document), &mut out)?;
    Ok(out)
}

/// A line for each member and element.
pub fn pretty(document: &str) -> Result<String> {
    fn push(value: &Json, depth: usize, out: &mut String) {
        let line = |depth: usize, out: &mut String| {
            out.push('\n');
            out.extend(std::iter::repeat_n("    ", depth));
        };
        match value {
            Json::Array(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    line(depth + 1, out);
                    push(element, depth + 1, out);
                }
                line(depth, out);
                out.push(']');
            }
            Json::Object(members) => {
                out.push('{');
                for (at, (key, value)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { "," });
                    line(depth + 1, out);
                    push_string(key, out);
                    out.push_str(": ");
                    push(value, depth + 1, out);
                }
                line(depth, out);
                out.push('}');
            }
            scalar => scalar.print(out),
        }
    }
    let mut out = String::new();
    push(&Json::parse(document)?, 0, &mut out);
    Ok(out)
}
