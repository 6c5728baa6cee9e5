//! PostgreSQL's output syntax of every type.

use super::{array, datetime};
use crate::types::{DataType, Interval, Value};
use std::fmt::Write;

/// Appends a value in PostgreSQL's output syntax; nothing for NULL.
pub fn format_value(value: &Value, data_type: DataType, out: &mut String) {
    match value {
        Value::Null => {}
        Value::Bool(value) => out.push(if *value { 't' } else { 'f' }),
        Value::I64(value) => match data_type {
            DataType::Date => datetime::format_date(*value, out),
            DataType::Time => datetime::push_time(*value, out),
            DataType::Timestamp => datetime::format_timestamp(*value, false, out),
            DataType::TimestampTz => datetime::format_timestamp(*value, true, out),
            DataType::Enum(enumeration) => match enumeration.name_of(*value) {
                Some(name) => out.push_str(name),
                // A label that is not yet there at the moment that gives the labels.
                None => push(out, value),
            },
            _ => push(out, value),
        },
        Value::F64(value) => match data_type {
            DataType::Real => push_float(&format!("{:e}", *value as f32), 6, out),
            _ => push_float(&format!("{value:e}"), 15, out),
        },
        Value::Decimal(value) => push(out, value),
        Value::Text(text) => {
            out.push_str(text);
            if let DataType::Char(length) = data_type {
                let missing = (length as usize).saturating_sub(text.chars().count());
                out.extend(std::iter::repeat_n(' ', missing));
            }
        }
        Value::Bytes(bytes) => push_bytea(bytes, out),
        Value::Uuid(bits) => match data_type {
            DataType::Interval => datetime::format_interval(Interval::from_bits(*bits), out),
            _ => push_uuid(*bits, out),
        },
        Value::Array(elements) => {
            let start = out.len();
            array::print(elements, data_type.element().unwrap_or_default(), out);
            if data_type.is_vector() {
                let numbers = out.split_off(start).replace(',', " ");
                out.push_str(numbers.trim_matches(['{', '}']));
            }
        }
    }
}

fn push(out: &mut String, value: &dyn std::fmt::Display) {
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

/// From Rust's shortest digits that read back the same (`-1.25e3`): plain between 1e-4 and
/// `10^plain_digits`, else with an exponent of at least two digits.
fn push_float(scientific: &str, plain_digits: i32, out: &mut String) {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        out.push_str(match scientific {
            "inf" => "Infinity",
            "-inf" => "-Infinity",
            other => other,
        });
        return;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let unsigned = mantissa.strip_prefix('-').unwrap_or(mantissa);
    out.push_str(if mantissa.starts_with('-') { "-" } else { "" });
    if !(-4..plain_digits).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{unsigned}e{sign}{:02}", exponent.unsigned_abs());
        return;
    }
    let digits = unsigned.replace('.', "");
    if exponent < 0 {
        let zeros = exponent.unsigned_abs() as usize - 1;
        let _ = write!(out, "0.{:0>width$}", digits, width = digits.len() + zeros);
        return;
    }
    let whole = exponent as usize + 1;
    match digits.len() > whole {
        true => {
            let _ = write!(out, "{}.{}", &digits[..whole], &digits[whole..]);
        }
        false => {
            let _ = write!(out, "{digits:0<whole$}");
        }
    }
}

fn push_bytea(bytes: &[u8], out: &mut String) {
    out.push_str("\\x");
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

fn push_uuid(bits: u128, out: &mut String) {
    let digits = format!("{bits:032x}");
    for (index, range) in [0..8, 8..12, 12..16, 16..20, 20..32]
        .into_iter()
        .enumerate()
    {
        out.push_str(if index > 0 { "-" } else { "" });
        out.push_str(&digits[range]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_value;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn floats_read_back_the_same(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            let mut text = String::new();
            format_value(&Value::F64(value), DataType::Double, &mut text);
            prop_assert_eq!(parse_value(&text, DataType::Double).unwrap(), Value::F64(value));
        }

        #[test]
        fn timestamps_read_back_the_same(micros in -211_000_000_000_000_000i64..9_000_000_000_000_000_000) {
            let mut text = String::new();
            format_value(&Value::I64(micros), DataType::TimestampTz, &mut text);
            prop_assert_eq!(parse_value(&text, DataType::TimestampTz).unwrap(), Value::I64(micros), "{}", text);
        }

        #[test]
        fn intervals_read_back_the_same(months in -100_000i32..100_000, days in any::<i32>(), micros in any::<i64>()) {
            let bits = Interval { months, days, micros: micros / 2 }.to_bits();
            let mut text = String::new();
            format_value(&Value::Uuid(bits), DataType::Interval, &mut text);
            prop_assert_eq!(parse_value(&text, DataType::Interval).unwrap(), Value::Uuid(bits), "{}", text);
        }
    }
}
