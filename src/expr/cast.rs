//! Casts of values.

use super::input::{integer_range, parse_at};
use super::output::format_value;
use super::{datetime, json};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Interval, MICROS_PER_DAY, Value, parse_f32};
use std::borrow::Cow;

/// The value as one of another type. The cast is one that `coercion` knows.
pub fn cast_value(
    value: &Value,
    from: DataType,
    to: DataType,
    explicit: bool,
    now: Option<i64>,
) -> Result<Value> {
    Ok(match (value, to) {
        (Value::Null, _) => Value::Null,
        (_, DataType::Text | DataType::Varchar(_) | DataType::Char(_)) => {
            let text = text_of(value, from);
            Value::text(&fit_text(&text, to, explicit)?)
        }
        (Value::Array(elements), DataType::Array(target)) => {
            let (from, to) = (from.element().unwrap_or_default(), target.data_type());
            let elements = elements.iter();
            let cast = elements.map(|value| cast_value(value, from, to, explicit, now));
            Value::Array(cast.collect::<Result<_>>()?)
        }
        (Value::Text(text), DataType::Jsonb) if from == DataType::Json => {
            Value::text(&json::normalize(text)?)
        }
        (Value::Text(_), DataType::Json) if from == DataType::Jsonb => value.clone(),
        (Value::Text(_), DataType::Jsonb) if from == DataType::Jsonb => value.clone(),
        (Value::Text(text), _) if from == DataType::Jsonb => from_jsonb(text, to)?,
        (Value::Text(text), _) => parse_at(text, to, now)?,
        (Value::Bool(value), _) if to.is_integer() => Value::I64(i64::from(*value)),
        (Value::I64(value), DataType::Boolean) => Value::Bool(*value != 0),
        (Value::I64(value), _)
            if matches!(
                from,
                DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz
            ) =>
        {
            cast_time(*value, from, to)?
        }
        (Value::Uuid(bits), DataType::Time) => {
            Value::I64(Interval::from_bits(*bits).micros.rem_euclid(MICROS_PER_DAY))
        }
        (Value::I64(value), DataType::SmallInt | DataType::Integer | DataType::BigInt) => {
            Value::I64(check_range(*value, to)?)
        }
        (Value::I64(value), DataType::Real) => Value::F64(f64::from(*value as f32)),
        (Value::I64(value), DataType::Double) => Value::F64(*value as f64),
        (Value::I64(value), DataType::Numeric(_)) => fit_decimal(Decimal::from(*value), to)?,
        (Value::F64(value), DataType::SmallInt | DataType::Integer | DataType::BigInt) => {
            Value::I64(float_to_integer(*value, to)?)
        }
        (Value::F64(value), DataType::Real) => Value::F64(round_to_real(*value)?),
        (Value::F64(value), DataType::Numeric(_)) => fit_decimal(
            match from {
                DataType::Real => Decimal::from_f32(*value as f32),
                _ => Decimal::from_f64(*value),
            },
            to,
        )?,
        (Value::Decimal(value), DataType::SmallInt | DataType::Integer | DataType::BigInt) => {
            Value::I64(decimal_to_integer(value, to)?)
        }
        (Value::Decimal(value), DataType::Real | DataType::Double) => {
            Value::F64(decimal_to_float(value, to)?)
        }
        (Value::Decimal(value), DataType::Numeric(_)) => fit_decimal(value.clone(), to)?,
        // The same type, or one that is held alike.
        _ => value.clone(),
    })
}

/// As `::text` has it: a boolean is a word here, unlike in its output.
fn text_of(value: &Value, from: DataType) -> Cow<'_, str> {
    match value {
        Value::Text(text) if matches!(from, DataType::Char(_)) => {
            Cow::Borrowed(text.trim_end_matches(' '))
        }
        Value::Text(text) => Cow::Borrowed(text),
        Value::Bool(true) => Cow::Borrowed("true"),
        Value::Bool(false) => Cow::Borrowed("false"),
        _ => {
            let mut out = String::new();
            format_value(value, from, &mut out);
            Cow::Owned(out)
        }
    }
}

/// The text as a VARCHAR(n) or CHAR(n): what is too long is cut if that was asked for or only blanks
/// are lost. CHAR(n) loses the blanks at its end, which mean nothing.
pub fn fit_text(text: &str, to: DataType, explicit: bool) -> Result<Cow<'_, str>> {
    let (length, text) = match to {
        DataType::Varchar(Some(length)) => (length, text),
        DataType::Char(length @ 1..) => (length, text.trim_end_matches(' ')),
        _ => return Ok(Cow::Borrowed(text)),
    };
    // No text has more characters than bytes.
    if text.len() <= length as usize {
        return Ok(Cow::Borrowed(text));
    }
    let Some((cut, _)) = text.char_indices().nth(length as usize) else {
        return Ok(Cow::Borrowed(text));
    };
    let (kept, lost) = text.split_at(cut);
    if !explicit && lost.bytes().any(|byte| byte != b' ') {
        return Err(Error::new(
            Code::StringTooLong,
            format!("value too long for type {to}"),
        ));
    }
    Ok(Cow::Borrowed(match to {
        DataType::Char(_) => kept.trim_end_matches(' '),
        _ => kept,
    }))
}

fn fit_decimal(value: Decimal, to: DataType) -> Result<Value> {
    Ok(Value::Decimal(match to {
        DataType::Numeric(Some((precision, scale))) => value.fit(precision, scale)?,
        _ => value,
    }))
}

/// 22003: `integer out of range`.
pub fn out_of_range(data_type: DataType) -> Error {
    Error::new(Code::NumericOutOfRange, format!("{data_type} out of range"))
}

pub fn check_range(value: i64, to: DataType) -> Result<i64> {
    let (least, greatest) = integer_range(to);
    match (least..=greatest).contains(&value) {
        true => Ok(value),
        false => Err(out_of_range(to)),
    }
}

/// Halves go to the even neighbour.
fn float_to_integer(value: f64, to: DataType) -> Result<i64> {
    let rounded = value.round_ties_even();
    let (least, _) = integer_range(to);
    // The least of each type is a power of two and exact; the greatest of bigint is not.
    let fits = rounded >= least as f64 && rounded < -(least as f64);
    fits.then_some(rounded as i64)
        .ok_or_else(|| out_of_range(to))
}

fn decimal_to_integer(value: &Decimal, to: DataType) -> Result<i64> {
    let what = match value {
        Decimal::NaN => "NaN",
        Decimal::Infinity | Decimal::NegInfinity => "infinity",
        _ => {
            let whole = value.to_i64().ok_or_else(|| out_of_range(to))?;
            return check_range(whole, to);
        }
    };
    Err(Error::new(
        Code::Unsupported,
        format!("cannot convert {what} to {to}"),
    ))
}

fn decimal_to_float(value: &Decimal, to: DataType) -> Result<f64> {
    let double = match to {
        DataType::Real => parse_f32(&value.to_string()).unwrap_or(f64::NAN),
        _ => value.to_f64(),
    };
    let double = if value.is_finite() {
        double
    } else {
        value.to_f64()
    };
    if value.is_finite() && (double.is_infinite() || (double == 0.0 && !value.is_zero())) {
        let message = format!("\"{value}\" is out of range for type {to}");
        return Err(Error::new(Code::NumericOutOfRange, message));
    }
    Ok(double)
}

/// A double as a real.
pub fn round_to_real(value: f64) -> Result<f64> {
    let rounded = f64::from(value as f32);
    if rounded.is_infinite() && value.is_finite() {
        return Err(float_overflow());
    }
    if rounded == 0.0 && value != 0.0 {
        return Err(float_underflow());
    }
    Ok(rounded)
}

pub fn float_overflow() -> Error {
    Error::new(Code::NumericOutOfRange, "value out of range: overflow")
}

pub fn float_underflow() -> Error {
    Error::new(Code::NumericOutOfRange, "value out of range: underflow")
}

fn cast_time(value: i64, from: DataType, to: DataType) -> Result<Value> {
    let time = match (from, to) {
        (DataType::Date, DataType::Timestamp | DataType::TimestampTz) => {
            datetime::date_to_timestamp(value)?
        }
        (DataType::Timestamp | DataType::TimestampTz, DataType::Date) => {
            datetime::timestamp_to_date(value)
        }
        // An infinite time is of no time of day.
        (DataType::Timestamp | DataType::TimestampTz, DataType::Time) => match value {
            i64::MIN | i64::MAX => return Ok(Value::Null),
            _ => value.rem_euclid(MICROS_PER_DAY),
        },
        (DataType::Time, DataType::Interval) => {
            let interval = Interval {
                months: 0,
                days: 0,
                micros: value,
            };
            return Ok(Value::Uuid(interval.to_bits()));
        }
        _ => value,
    };
    Ok(Value::I64(time))
}

/// JSONB casts to a boolean or a number only if it is one.
fn from_jsonb(text: &str, to: DataType) -> Result<Value> {
    let found = json::type_name(text);
    match (found, to) {
        ("boolean", DataType::Boolean) => Ok(Value::Bool(text == "true")),
        ("number", _) if to.is_numeric() => {
            let number: Decimal = text.parse()?;
            cast_value(
                &Value::Decimal(number),
                DataType::Numeric(None),
                to,
                true,
                None,
            )
        }
        _ => {
            let found = if found == "number" { "numeric" } else { found };
            let message = format!("cannot cast jsonb {found} to type {}", to.base());
            Err(Error::new(Code::InvalidParameterValue, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{format_value, parse_value};
    use super::*;

    fn cast(text: &str, from: DataType, to: DataType, explicit: bool) -> String {
        let value = parse_value(text, from).unwrap();
        let mut out = String::new();
        match cast_value(&value, from, to, explicit, Some(0)) {
            Ok(value) => format_value(&value, to, &mut out),
            Err(error) => out = error.to_string(),
        }
        out
    }

    #[test]
    fn casts_do_as_in_postgresql() {
        use DataType::*;
        for (text, from, to, expected) in [
            ("2.5", Double, Integer, "2"),
            ("3.5", Double, Integer, "4"),
            ("2.5", Numeric(None), Integer, "3"),
            ("-2.5", Numeric(None), Integer, "-3"),
            ("32768", Integer, SmallInt, "22003: smallint out of range"),
            (
                "9223372036854775808",
                Double,
                BigInt,
                "22003: bigint out of range",
            ),
            (
                "-9223372036854775808",
                Double,
                BigInt,
                "-9223372036854775808",
            ),
            (
                "NaN",
                Numeric(None),
                Integer,
                "0A000: cannot convert NaN to integer",
            ),
            ("0.1", Double, Real, "0.1"),
            ("1e300", Double, Real, "22003: value out of range: overflow"),
            (
                "1e-300",
                Double,
                Real,
                "22003: value out of range: underflow",
            ),
            ("16777217", Integer, Real, "1.6777216e+07"),
            ("0.1", Real, Numeric(None), "0.1"),
            (
                "1.2345678901234567",
                Double,
                Numeric(None),
                "1.23456789012346",
            ),
            ("t", Boolean, Text, "true"),
            ("t", Boolean, Integer, "1"),
            ("2", Integer, Boolean, "t"),
            ("2026-01-15 23:59", Timestamp, Date, "2026-01-15"),
            ("infinity", Date, Timestamp, "infinity"),
            ("abcdef", Text, Varchar(Some(3)), "abc"),
            ("ab", Text, Char(4), "ab  "),
            ("ab", Char(4), Text, "ab"),
            ("now", Text, Timestamp, "1970-01-01 00:00:00"),
            ("1.5", Jsonb, Integer, "2"),
            (
                "\"a\"",
                Jsonb,
                Integer,
                "22023: cannot cast jsonb string to type integer",
            ),
            (
                "123",
                Integer,
                Numeric(Some((4, 2))),
                "22003: numeric field overflow",
            ),
        ] {
            assert_eq!(
                cast(text, from, to, true),
                expected,
                "{text}: {from} to {to}"
            );
        }
        assert_eq!(
            cast("abcd", Text, Varchar(Some(3)), false),
            "22001: value too long for type character varying(3)"
        );
    }
}
