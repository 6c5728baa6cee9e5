//! Constants.

use super::binder::Binder;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::types::{DataType, Interval, MICROS_PER_SECOND, Value, parse_f64};
use sqlparser::ast::{self, Expr as Ast};

impl Binder<'_> {
    pub fn value(&mut self, value: &ast::Value) -> Result<Expr> {
        match value {
            ast::Value::Number(digits, _) => number(digits),
            ast::Value::NationalStringLiteral(text) => Ok(Expr::literal(text)),
            ast::Value::Boolean(value) => Ok(Expr::boolean(*value)),
            ast::Value::Null => Ok(Expr::null()),
            ast::Value::Placeholder(name) => self.parameters.get(name),
            _ => Err(Error::unsupported("this kind of constant")),
        }
    }
}

/// A number without a sign has the smallest type that holds it.
fn number(digits: &str) -> Result<Expr> {
    if digits.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(value) = digits.parse::<i64>()
    {
        let data_type = match i32::try_from(value) {
            Ok(_) => DataType::Integer,
            Err(_) => DataType::BigInt,
        };
        return Ok(Expr::constant(Value::I64(value), data_type));
    }
    let value = expr::parse_value(digits, DataType::Numeric(None))?;
    Ok(Expr::constant(value, DataType::Numeric(None)))
}

/// `'1-2' YEAR TO MONTH`: a number alone is one of the last field, and what is smaller than that is dropped, as PostgreSQL
/// does, but for seconds, which have fractions.
fn of_fields(text: &str, first: &ast::DateTimeField, interval: &ast::Interval) -> Result<Expr> {
    use ast::DateTimeField::{Day, Hour, Minute, Month, Second, Year};
    let last = interval.last_field.as_ref().unwrap_or(first);
    let digits = match (interval.last_field.is_some(), last) {
        (false, Second) => interval.leading_precision,
        _ if interval.leading_precision.is_some() => {
            return Err(Error::unsupported("an interval with these fields"));
        }
        _ => interval.fractional_seconds_precision,
    };
    let is_plain = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+'))
            && parse_f64(text).is_some()
    };
    let mut text = text.to_string();
    if is_plain(&text) {
        text = format!("{text} {last}");
    } else if let (Hour, Some((days, hours))) = (last, text.split_once(' '))
        && is_plain(days)
        && is_plain(hours)
    {
        text = format!("{days} day {hours} hour");
    } else if let Some((rest, number)) = text.trim_end().rsplit_once(' ')
        && is_plain(number)
        && (rest.ends_with(|c: char| c.is_ascii_alphabetic()) || rest.contains('-'))
    {
        text = format!("{text} {last}");
    } else if let (Minute, Second) = (first, last) {
        // Two numbers of a time are minutes and seconds.
        let at = text.rfind(' ').map_or(0, |blank| blank + 1);
        let clock = &text[at..];
        let sign = usize::from(clock.starts_with(['+', '-']));
        if clock.matches(':').count() == 1 {
            text.insert_str(at + sign, "00:");
        }
    }
    let Value::Uuid(bits) = expr::parse_value(&text, DataType::Interval)? else {
        return Err(Error::new(Code::Internal, "an interval is held otherwise"));
    };
    let mut span = Interval::from_bits(bits);
    let minute = 60 * MICROS_PER_SECOND;
    match last {
        Year | Month => {
            let whole = if matches!(last, Year) { 12 } else { 1 };
            (span.months, span.days, span.micros) = (span.months / whole * whole, 0, 0);
        }
        Day => span.micros = 0,
        Hour => span.micros -= span.micros % (60 * minute),
        Minute => span.micros -= span.micros % minute,
        Second => {}
        _ => return Err(Error::unsupported("an interval with these fields")),
    }
    let value = Expr::constant(Value::Uuid(span.to_bits()), DataType::Interval);
    Ok(expr::round_time(
        value,
        digits.map(|digits| digits.min(6) as u32),
    ))
}

/// `INTERVAL '5 minutes'` or `INTERVAL '5' MINUTE`.
pub fn interval_constant(interval: &ast::Interval) -> Result<Expr> {
    let text = match interval.value.as_ref() {
        Ast::Value(value) => match &value.value {
            ast::Value::NationalStringLiteral(text) => text,
            _ => {
                return Err(Error::unsupported(
                    "an interval that is not a string constant",
                ));
            }
        },
        _ => {
            return Err(Error::unsupported(
                "an interval that is not a string constant",
            ));
        }
    };
    match &interval.leading_field {
        None => expr::coerce_to(
            Expr::literal(text),
            DataType::Interval,
            CastContext::Explicit,
        ),
        Some(first) => of_fields(text.trim(), first, interval),
    }
}
