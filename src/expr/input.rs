//! PostgreSQL's input syntax of every type.

use super::{array, datetime, json};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Value, parse_f32, parse_f64};
use std::rc::Rc;

/// A value from its text in PostgreSQL's input syntax. `'now'` and its like need a clock and are
/// errors here; a cast reads them.
pub fn parse_value(text: &str, data_type: DataType) -> Result<Value> {
    parse_at(text, data_type, None)
}

/// The same with the time that `'now'` means.
pub(super) fn parse_at(text: &str, data_type: DataType, now: Option<i64>) -> Result<Value> {
    Ok(match data_type {
        DataType::Unknown | DataType::Text => Value::text(text),
        DataType::Varchar(_) | DataType::Char(_) => {
            return super::cast::fit_text(text, data_type, false).map(|text| Value::text(&text));
        }
        DataType::Boolean => {
            Value::Bool(parse_boolean(text).ok_or_else(|| invalid(text, data_type))?)
        }
        DataType::SmallInt | DataType::Integer | DataType::BigInt => {
            Value::I64(parse_integer(text, data_type)?)
        }
        DataType::Real | DataType::Double => Value::F64(parse_float(text, data_type)?),
        DataType::Numeric(modifier) => {
            let number: Decimal = text.parse()?;
            Value::Decimal(match modifier {
                Some((precision, scale)) => number.fit(precision, scale)?,
                None => number,
            })
        }
        DataType::Bytea => Value::Bytes(Rc::from(parse_bytea(text)?)),
        DataType::Date => Value::I64(datetime::parse_date(text, now)?),
        DataType::Time => Value::I64(datetime::parse_day_time(text, now)?),
        DataType::Timestamp => Value::I64(datetime::parse_timestamp(text, false, now)?),
        DataType::TimestampTz => Value::I64(datetime::parse_timestamp(text, true, now)?),
        DataType::Interval => Value::Uuid(datetime::parse_interval(text)?.to_bits()),
        DataType::Json => {
            json::validate(text)?;
            Value::text(text)
        }
        DataType::Jsonb => Value::text(&json::normalize(text)?),
        DataType::Enum(enumeration) => Value::I64(enumeration.place_of(text).ok_or_else(|| {
            let message = format!("invalid input value for enum {enumeration}: \"{text}\"");
            Error::new(Code::InvalidText, message)
        })?),
        DataType::Array(element) => {
            Value::Array(Rc::from(array::parse(text, element.data_type(), now)?))
        }
        DataType::Uuid => Value::Uuid(parse_uuid(text).ok_or_else(|| invalid(text, data_type))?),
    })
}

fn invalid(text: &str, data_type: DataType) -> Error {
    let message = format!(
        "invalid input syntax for type {}: \"{text}\"",
        data_type.base()
    );
    Error::new(Code::InvalidText, message)
}

/// Any unambiguous start of true, false, yes, no, on, off; 1 and 0.
fn parse_boolean(text: &str) -> Option<bool> {
    let word = text.trim_ascii().to_ascii_lowercase();
    let starts = |whole: &str| !word.is_empty() && whole.starts_with(&word);
    match word.as_str() {
        "1" | "on" => Some(true),
        "0" => Some(false),
        "o" => None,
        _ if starts("true") || starts("yes") => Some(true),
        _ if starts("false") || starts("no") || starts("off") => Some(false),
        _ => None,
    }
}

fn parse_integer(text: &str, data_type: DataType) -> Result<i64> {
    let trimmed = text.trim_ascii();
    let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(text, data_type));
    }
    let (least, greatest) = integer_range(data_type);
    (trimmed.parse().ok())
        .filter(|value| (least..=greatest).contains(value))
        .ok_or_else(|| out_of_range(text, data_type))
}

/// The least and the greatest number of an integer type.
pub(super) fn integer_range(data_type: DataType) -> (i64, i64) {
    match data_type {
        DataType::SmallInt => (i64::from(i16::MIN), i64::from(i16::MAX)),
        DataType::Integer => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

fn out_of_range(text: &str, data_type: DataType) -> Error {
    let message = match data_type.is_integer() {
        true => format!("value \"{text}\" is out of range for type {data_type}"),
        false => format!("\"{text}\" is out of range for type {data_type}"),
    };
    Error::new(Code::NumericOutOfRange, message)
}

fn parse_float(text: &str, data_type: DataType) -> Result<f64> {
    let trimmed = text.trim_ascii();
    let unsigned = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let sign = if trimmed.starts_with('-') { -1.0 } else { 1.0 };
    match unsigned.to_ascii_lowercase().as_str() {
        "infinity" | "inf" => return Ok(sign * f64::INFINITY),
        "nan" => return Ok(f64::NAN),
        _ => {}
    }
    let value = match data_type {
        DataType::Real => parse_f32(trimmed),
        _ => parse_f64(trimmed),
    };
    let value = value.ok_or_else(|| invalid(text, data_type))?;
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or(unsigned);
    let vanished = value == 0.0 && mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if value.is_infinite() || vanished {
        return Err(out_of_range(text, data_type));
    }
    Ok(value)
}

/// Hexadecimal behind `\x`, or text with `\\` and three octal digits behind `\`.
fn parse_bytea(text: &str) -> Result<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(digits) => parse_hex(digits),
        None => parse_escaped(text)
            .ok_or_else(|| Error::new(Code::InvalidText, "invalid input syntax for type bytea")),
    }
}

fn parse_hex(digits: &str) -> Result<Vec<u8>> {
    let mut nibbles = Vec::with_capacity(digits.len());
    for character in digits.chars().filter(|c| !c.is_ascii_whitespace()) {
        let nibble = character.to_digit(16).ok_or_else(|| {
            let message = format!("invalid hexadecimal digit: \"{character}\"");
            Error::new(Code::InvalidParameterValue, message)
        })?;
        nibbles.push(nibble as u8);
    }
    if nibbles.len() % 2 == 1 {
        let message = "invalid hexadecimal data: odd number of digits";
        return Err(Error::new(Code::InvalidParameterValue, message));
    }
    Ok(nibbles
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect())
}

fn parse_escaped(text: &str) -> Option<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'\\', b'\\', ..] => {
                out.push(b'\\');
                at += 2;
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                at += 4;
            }
            [b'\\', ..] => return None,
            [byte, ..] => {
                out.push(*byte);
                at += 1;
            }
            [] => {}
        }
    }
    Some(out)
}

/// 32 hexadecimal digits, with a hyphen after any group of four and braces around, if wanted.
fn parse_uuid(text: &str) -> Option<u128> {
    let inner = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let mut value = 0u128;
    let mut digits = 0;
    let mut after_hyphen = true;
    for character in inner.chars() {
        if character == '-' && !after_hyphen && digits % 4 == 0 {
            after_hyphen = true;
            continue;
        }
        value = value << 4 | u128::from(character.to_digit(16)?);
        digits += 1;
        after_hyphen = false;
        if digits > 32 {
            return None;
        }
    }
    (digits == 32 && !after_hyphen).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::format_value;
    use super::*;
    use proptest::prelude::*;

    fn through(text: &str, data_type: DataType) -> String {
        let mut out = String::new();
        match parse_value(text, data_type) {
            Ok(value) => format_value(&value, data_type, &mut out),
            Err(error) => out = error.to_string(),
        }
        out
    }

    #[test]
    fn values_go_in_and_out_as_in_postgresql() {
        use DataType::*;
        for (text, data_type, expected) in [
            (" 42 ", Integer, "42"),
            ("-32768", SmallInt, "-32768"),
            (
                "32768",
                SmallInt,
                "22003: value \"32768\" is out of range for type smallint",
            ),
            (
                "9223372036854775808",
                BigInt,
                "22003: value \"9223372036854775808\" is out of range for type bigint",
            ),
            (
                "1.5",
                Integer,
                "22P02: invalid input syntax for type integer: \"1.5\"",
            ),
            (
                "",
                Integer,
                "22P02: invalid input syntax for type integer: \"\"",
            ),
            ("yes", Boolean, "t"),
            (" OFF ", Boolean, "f"),
            (
                "o",
                Boolean,
                "22P02: invalid input syntax for type boolean: \"o\"",
            ),
            ("1e15", Double, "1e+15"),
            ("123456789012345", Double, "123456789012345"),
            ("0.1", Double, "0.1"),
            ("1e-5", Double, "1e-05"),
            ("0.0001", Double, "0.0001"),
            ("-inf", Double, "-Infinity"),
            ("nan", Real, "NaN"),
            (
                "1e400",
                Double,
                "22003: \"1e400\" is out of range for type double precision",
            ),
            (
                "1e-400",
                Double,
                "22003: \"1e-400\" is out of range for type double precision",
            ),
            ("1.1", Real, "1.1"),
            ("1000000", Real, "1e+06"),
            ("-0", Double, "-0"),
            (
                "1.1x",
                Double,
                "22P02: invalid input syntax for type double precision: \"1.1x\"",
            ),
            ("1.005", Numeric(Some((5, 2))), "1.01"),
            ("\\xDEad", Bytea, "\\xdead"),
            ("a\\\\b\\001", Bytea, "\\x615c6201"),
            (
                "\\xabc",
                Bytea,
                "22023: invalid hexadecimal data: odd number of digits",
            ),
            (
                "A0EEBC99-9C0B4EF8-BB6D6BB9BD380A11",
                Uuid,
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ),
            (
                "{a0eebc999c0b4ef8bb6d6bb9bd380a11}",
                Uuid,
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ),
            (
                "a0ee",
                Uuid,
                "22P02: invalid input syntax for type uuid: \"a0ee\"",
            ),
            ("ab", Char(4), "ab  "),
            ("abc  ", Varchar(Some(3)), "abc"),
            (
                "abcd",
                Varchar(Some(3)),
                "22001: value too long for type character varying(3)",
            ),
            ("{\"b\":1, \"a\":2}", Jsonb, "{\"a\": 2, \"b\": 1}"),
            ("{\"b\":1, \"a\":2}", Json, "{\"b\":1, \"a\":2}"),
            (
                "2026-01-15 10:00:00+02",
                TimestampTz,
                "2026-01-15 08:00:00+00",
            ),
            ("1 day", Interval, "1 day"),
        ] {
            assert_eq!(through(text, data_type), expected, "{text} as {data_type}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,12}|[-+:. 0-9a-zé{}\\[\\]\",\\\\]{0,24}|[0-9-]{1,10}[ tT][0-9:.+-]{0,14}") {
            use DataType::*;
            for data_type in [
                Boolean, SmallInt, BigInt, Real, Double, Numeric(None), Numeric(Some((5, 2))), Text,
                Varchar(Some(2)), Char(3), Bytea, Date, Time, Timestamp, TimestampTz, Json, Jsonb, Uuid, Interval,
            ] {
                if let Ok(value) = parse_value(&text, data_type) {
                    let mut out = String::new();
                    format_value(&value, data_type, &mut out);
                    prop_assert_eq!(parse_value(&out, data_type), Ok(value), "{} as {}", text, data_type);
                }
            }
        }
    }
}
