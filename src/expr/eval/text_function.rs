//! Functions of text, on values.

use super::super::from_number::number_of;
use super::super::json::{self, Change};
use super::super::jsonpath::{self, Asked};
use super::super::text::{self, Side};
use super::super::{Function, datetime, encode, quote};
use super::regex_function::regex_call;
use crate::error::{Error, Result};
use crate::types::{DataType, PhysicalType, Value};
use std::borrow::Cow;

/// What a function of text answers, without a copy where it is part of the argument.
pub enum Answer<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Truth(bool),
    Other(Value),
}

impl From<Answer<'_>> for Value {
    fn from(answer: Answer) -> Value {
        match answer {
            Answer::Text(text) => Value::text(&text),
            Answer::Integer(value) => Value::I64(value),
            Answer::Truth(value) => Value::Bool(value),
            Answer::Other(value) => value,
        }
    }
}

/// Whether the function is one of text and NULL where any argument is.
pub fn is_of_text(function: Function, first: DataType) -> bool {
    let is_special = function.takes_anything()
        || function.is_of_sequences()
        || matches!(
            function,
            Function::DateTrunc
                | Function::Extract
                | Function::DatePart
                | Function::AtZone
                | Function::Array(_)
        );
    first.physical() == PhysicalType::Text && !is_special
}

/// A function whose first argument is a text; none of the others is NULL.
pub fn text_call<'a>(function: Function, text: &'a str, rest: &[Value]) -> Result<Answer<'a>> {
    let owned = |text: String| Answer::Text(Cow::Owned(text));
    let slice = |text: &'a str| Answer::Text(Cow::Borrowed(text));
    let count = |count: usize| Answer::Integer(count as i64);
    Ok(match (function, rest) {
        (Function::Length, []) => count(text::length(text)),
        (Function::OctetLength, []) => count(text.len()),
        (Function::BitLength, []) => count(text.len() * 8),
        (Function::Overlay, [Value::Text(by), Value::I64(start)]) => {
            owned(text::overlay(text, by, *start, text::length(by) as i64)?)
        }
        (Function::Overlay, [Value::Text(by), Value::I64(start), Value::I64(length)]) => {
            owned(text::overlay(text, by, *start, *length)?)
        }
        (Function::QuoteIdent, []) => owned(quote::quote_ident(text)),
        (Function::QuoteLiteral, []) => owned(quote::quote_literal(text)),
        (Function::Md5, []) => owned(encode::md5(text.as_bytes())),
        (Function::ParseIdent, strictness) => {
            let is_strict = strictness != [Value::Bool(false)];
            let parts = quote::parse_ident(text, is_strict)?;
            let parts = parts.iter().map(|part| Value::text(part)).collect();
            Answer::Other(Value::Array(parts))
        }
        (Function::UniStr, []) => owned(text::without_escapes(text, '\\', true)?),
        (Function::Decode, [Value::Text(encoding)]) => {
            Answer::Other(Value::Bytes(encode::decode(text, encoding)?.into()))
        }
        (Function::FromTemplate, [Value::Text(template)]) => {
            Answer::Integer(datetime::from_template(text, template)?)
        }
        (Function::ConvertTo, [Value::Text(encoding)]) => {
            text::check_encoding(encoding)?;
            Answer::Other(Value::Bytes(text.as_bytes().into()))
        }
        (Function::Lower, []) => owned(text::lower(text)),
        (Function::Upper, []) => owned(text::upper(text)),
        (Function::InitCap, []) => owned(text::initcap(text)),
        (Function::TrimBoth, _) => slice(text::trim(text, characters(rest), Side::Both)),
        (Function::TrimLeft, _) => slice(text::trim(text, characters(rest), Side::Left)),
        (Function::TrimRight, _) => slice(text::trim(text, characters(rest), Side::Right)),
        (Function::Substring, [Value::I64(start)]) => slice(text::substring(text, *start, None)?),
        (Function::Substring, [Value::I64(start), Value::I64(length)]) => {
            slice(text::substring(text, *start, Some(*length))?)
        }
        (Function::Replace, [Value::Text(from), Value::Text(to)]) => {
            owned(text::replace(text, from, to)?)
        }
        (Function::Translate, [Value::Text(from), Value::Text(to)]) => {
            owned(text::translate(text, from, to))
        }
        (Function::Position, [Value::Text(part)]) => Answer::Integer(text::position(text, part)),
        (Function::Left, [Value::I64(count)]) => slice(text::left(text, *count)),
        (Function::Right, [Value::I64(count)]) => slice(text::right(text, *count)),
        (Function::Repeat, [Value::I64(count)]) => owned(text::repeat(text, *count)?),
        (Function::Reverse, []) => owned(text.chars().rev().collect()),
        (Function::PadLeft, [Value::I64(length), fill @ ..]) => {
            owned(text::pad(text, *length, characters(fill), Side::Left)?)
        }
        (Function::PadRight, [Value::I64(length), fill @ ..]) => {
            owned(text::pad(text, *length, characters(fill), Side::Right)?)
        }
        (Function::StartsWith, [Value::Text(prefix)]) => Answer::Truth(text.starts_with(&**prefix)),
        (Function::SplitPart, [Value::Text(delimiter), Value::I64(field)]) => {
            slice(text::split_part(text, delimiter, *field)?)
        }
        (Function::Ascii, []) => count(text.chars().next().map_or(0, |c| u32::from(c) as usize)),
        (Function::JsonTypeof, []) => owned(json::type_name(text).to_string()),
        (Function::JsonArrayLength, []) => Answer::Integer(json::array_length(text)?),
        (Function::JsonbKey, []) => owned(json::equality_key(text)?),
        (Function::JsonbIdentity, []) if json::equality_key(text)? == text => slice(text),
        (Function::JsonbIdentity, []) => {
            let what = "grouping by jsonb with numbers that end in zeros";
            return Err(Error::unsupported(what));
        }
        (Function::JsonbCompare, [Value::Text(other)]) => {
            Answer::Integer(json::compare(text, other)? as i64)
        }
        (Function::ToNumber, [Value::Text(template)]) => {
            let number = number_of(text, template)?;
            Answer::Other(number.map_or(Value::Null, Value::Decimal))
        }
        (
            Function::JsonPath
            | Function::JsonPathText
            | Function::JsonExtract
            | Function::JsonExtractText
            | Function::JsonContains
            | Function::JsonExists
            | Function::JsonExistsAny
            | Function::JsonExistsAll
            | Function::JsonDeletePath
            | Function::JsonPathExists
            | Function::JsonPathMatch
            | Function::JsonPathFirst
            | Function::JsonPathArray
            | Function::JsonSet
            | Function::JsonInsert
            | Function::JsonPretty
            | Function::JsonStripNulls,
            _,
        ) => Answer::Other(json_call(function, text, rest)?),
        _ => Answer::Other(regex_call(function, text, rest)?),
    })
}

fn elements_of(path: &[Value]) -> Vec<Option<String>> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.to_string()),
        _ => None,
    };
    path.iter().map(text).collect()
}

/// What reads or changes JSON by a path or another document.
fn json_call(function: Function, document: &str, rest: &[Value]) -> Result<Value> {
    use Function::*;
    let other = match rest {
        [Value::Text(other), ..] => &**other,
        _ => "",
    };
    let text = |text: String| Ok(Value::text(&text));
    let path = match function {
        JsonExtract | JsonExtractText => elements_of(rest),
        _ => match rest {
            [Value::Array(path), ..] => elements_of(path),
            _ => Vec::new(),
        },
    };
    let exists = |key: &Option<String>| match key {
        Some(key) => json::exists(document, key),
        None => Ok(false),
    };
    let flag = |otherwise| match rest {
        [_, _, Value::Bool(flag)] => *flag,
        _ => otherwise,
    };
    let value = match rest {
        [_, Value::Text(value), ..] => value,
        _ => "",
    };
    let creates = Change::Set {
        creates: flag(true),
    };
    let after = Change::Insert { after: flag(false) };
    match function {
        JsonPath | JsonExtract => {
            let found = json::get_path(document, &path)?;
            Ok(found.map_or(Value::Null, Value::text))
        }
        JsonPathText | JsonExtractText => match json::get_path(document, &path)? {
            Some(found) => Ok(json::as_text(found)?.map_or(Value::Null, |text| Value::text(&text))),
            None => Ok(Value::Null),
        },
        JsonContains => json::contains(document, other).map(Value::Bool),
        JsonExists => json::exists(document, other).map(Value::Bool),
        JsonExistsAny | JsonExistsAll => {
            let wanted = function == JsonExistsAny;
            for key in path.iter().filter(|key| key.is_some()) {
                if exists(key)? == wanted {
                    return Ok(Value::Bool(wanted));
                }
            }
            Ok(Value::Bool(!wanted))
        }
        JsonPathExists | JsonPathMatch | JsonPathFirst | JsonPathArray => {
            let asked = match function {
                JsonPathExists => Asked::Exists,
                JsonPathMatch => Asked::Match,
                JsonPathFirst => Asked::First,
                _ => Asked::All,
            };
            let (variables, quiet) = jsonpath::options(&rest[1..]);
            let found = jsonpath::ask(asked, document, other, variables, quiet)?;
            Ok(match found {
                None => Value::Null,
                Some(json::Json::Bool(truth)) if asked <= Asked::Match => Value::Bool(truth),
                Some(found) => Value::text(&found.printed()),
            })
        }
        JsonDeletePath => text(json::change(document, &path, "", Change::Delete)?),
        JsonSet => text(json::change(document, &path, value, creates)?),
        JsonInsert => text(json::change(document, &path, value, after)?),
        JsonPretty => text(json::pretty(document)?),
        _ => text(json::strip_nulls(document)?),
    }
}

/// The characters to trim or fill with: a blank if not given.
fn characters(rest: &[Value]) -> &str {
    match rest {
        [Value::Text(characters)] => characters,
        _ => " ",
    }
}
