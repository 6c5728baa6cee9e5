//! Functions of text, on values.

use super::super::text::{self, Side};
use super::super::{Function, json};
use super::function::unknown;
use crate::error::{Error, Result};
use crate::types::{DataType, PhysicalType, Value};
use std::borrow::Cow;

/// What a function of text answers, without a copy where it is part of the argument.
pub enum Answer<'a> {
    Text(Cow<'a, str>),
    Integer(i64),
    Truth(bool),
}

impl From<Answer<'_>> for Value {
    fn from(answer: Answer) -> Value {
        match answer {
            Answer::Text(text) => Value::text(&text),
            Answer::Integer(value) => Value::I64(value),
            Answer::Truth(value) => Value::Bool(value),
        }
    }
}

/// Whether the function is one of text and NULL where any argument is.
pub fn is_of_text(function: Function, first: DataType) -> bool {
    let is_special = function.takes_anything()
        || function.is_of_sequences()
        || matches!(
            function,
            Function::DateTrunc | Function::Extract | Function::DatePart | Function::Array(_)
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
        _ => return Err(unknown(function)),
    })
}

/// The characters to trim or fill with: a blank if not given.
fn characters(rest: &[Value]) -> &str {
    match rest {
        [Value::Text(characters)] => characters,
        _ => " ",
    }
}
