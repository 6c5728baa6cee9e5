//! Constants.

use super::binder::Binder;
use crate::error::{Error, Result};
use crate::expr::{self, CastContext, Expr};
use crate::types::{DataType, Value, parse_f64};
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

/// A number of units. What is smaller than the unit is dropped, as PostgreSQL does, but for seconds, which have fractions.
fn counted(number: &str, unit: &ast::DateTimeField) -> Result<String> {
    use ast::DateTimeField::{Day, Hour, Minute, Month, Second, Year};
    let is_plain = number
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+'));
    let whole = match unit {
        Second => number,
        Year | Month | Day | Hour | Minute => number.split('.').next().unwrap_or_default(),
        _ => return Err(Error::unsupported("an interval with these fields")),
    };
    if !is_plain || parse_f64(number).is_none() {
        return Err(Error::unsupported("an interval with these fields"));
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(format!("{whole} {unit}"))
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
    let has_precision = interval.leading_precision.is_some()
        || interval.fractional_seconds_precision.is_some()
        || interval.last_field.is_some();
    if has_precision {
        return Err(Error::unsupported("an interval with these fields"));
    }
    let text = match &interval.leading_field {
        None => text.clone(),
        Some(field) => counted(text.trim(), field)?,
    };
    expr::coerce_to(
        Expr::literal(&text),
        DataType::Interval,
        CastContext::Explicit,
    )
}
