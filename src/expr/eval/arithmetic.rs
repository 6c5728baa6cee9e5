//! Binary operators and signs on values.

use super::super::cast::{
    check_range, float_overflow, float_underflow, out_of_range, round_to_real,
};
use super::super::json::{self, Step};
use super::super::{BinaryOperator, datetime};
use super::exponential;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Interval, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// `left operator right`; `types` are those of the operands. NULL if either is.
pub fn binary(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
    types: (DataType, DataType),
    result: DataType,
) -> Result<Value> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    if operator.is_comparison() {
        return Ok(Value::Bool(holds(operator, left.cmp(right))));
    }
    match (left, right) {
        (Value::I64(a), Value::I64(b)) if result.is_integer() && types.0.is_integer() => {
            integer(operator, *a, *b, result).map(Value::I64)
        }
        (Value::F64(a), Value::F64(b)) => float(operator, *a, *b, result).map(Value::F64),
        (Value::Decimal(a), Value::Decimal(b)) => decimal(operator, a, b).map(Value::Decimal),
        (Value::Text(a), Value::Text(b)) if operator == BinaryOperator::Concat => match result {
            DataType::Jsonb => json::concat(a, b).map(|text| Value::text(&text)),
            _ => Ok(Value::text(&[&**a, &**b].concat())),
        },
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes(Rc::from([&**a, &**b].concat()))),
        (Value::Text(a), Value::Text(key)) => json_step(operator, a, Step::Key(key)),
        // A JSONB scalar is an array of itself to an index.
        (Value::Text(a), Value::I64(0 | -1))
            if types.0 == DataType::Jsonb
                && json::is_scalar(a)
                && operator != BinaryOperator::Subtract =>
        {
            json_step(operator, &format!("[{a}]"), Step::Index(0))
        }
        (Value::Text(a), Value::I64(index)) => json_step(operator, a, Step::Index(*index)),
        (Value::Text(_), Value::Array(keys)) => {
            let mut keys = keys.iter().filter(|key| !key.is_null());
            keys.try_fold(left.clone(), |rest, key| {
                binary(operator, &rest, key, types, result)
            })
        }
        _ => time(operator, left, right, types),
    }
}

pub fn holds(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Equal => order.is_eq(),
        BinaryOperator::NotEqual => order.is_ne(),
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn unknown(operator: BinaryOperator) -> Error {
    Error::new(
        Code::Internal,
        format!(
            "operator {} was resolved for other types",
            operator.symbol()
        ),
    )
}

pub fn division_by_zero() -> Error {
    Error::new(Code::DivisionByZero, "division by zero")
}

pub fn integer(operator: BinaryOperator, a: i64, b: i64, result: DataType) -> Result<i64> {
    let value = match operator {
        BinaryOperator::Add => a.checked_add(b),
        BinaryOperator::Subtract => a.checked_sub(b),
        BinaryOperator::Multiply => a.checked_mul(b),
        BinaryOperator::Divide | BinaryOperator::Modulo if b == 0 => return Err(division_by_zero()),
        BinaryOperator::Divide => a.checked_div(b),
        // The least number has no remainder that could overflow: it is 0.
        BinaryOperator::Modulo => Some(a.wrapping_rem(b)),
        _ => return Err(unknown(operator)),
    };
    check_range(value.ok_or_else(|| out_of_range(result))?, result)
}

pub fn float(operator: BinaryOperator, a: f64, b: f64, result: DataType) -> Result<f64> {
    let value = match operator {
        BinaryOperator::Add => a + b,
        BinaryOperator::Subtract => a - b,
        BinaryOperator::Multiply => a * b,
        BinaryOperator::Divide if b == 0.0 && !a.is_nan() => return Err(division_by_zero()),
        BinaryOperator::Divide => a / b,
        BinaryOperator::Power => return power(a, b),
        _ => return Err(unknown(operator)),
    };
    let value = if result == DataType::Real {
        f64::from(value as f32)
    } else {
        value
    };
    if value.is_infinite() && a.is_finite() && b.is_finite() {
        return Err(float_overflow());
    }
    let vanished = match operator {
        BinaryOperator::Multiply => a != 0.0 && b != 0.0,
        BinaryOperator::Divide => a != 0.0 && !b.is_infinite(),
        _ => false,
    };
    if value == 0.0 && vanished {
        return Err(float_underflow());
    }
    Ok(value)
}

fn power(base: f64, exponent: f64) -> Result<f64> {
    let error = |message| Err(Error::new(Code::InvalidArgumentForPower, message));
    if base == 0.0 && exponent < 0.0 {
        return error("zero raised to a negative power is undefined");
    }
    if base < 0.0 && exponent.is_finite() && exponent.fract() != 0.0 {
        return error("a negative number raised to a non-integer power yields a complex result");
    }
    let value = exponential::power(base, exponent);
    if base.is_finite() && exponent.is_finite() {
        if value.is_infinite() {
            return Err(float_overflow());
        }
        if value == 0.0 && base != 0.0 {
            return Err(float_underflow());
        }
    }
    Ok(value)
}

pub fn decimal(operator: BinaryOperator, a: &Decimal, b: &Decimal) -> Result<Decimal> {
    match operator {
        BinaryOperator::Add => a.add(b),
        BinaryOperator::Subtract => a.subtract(b),
        BinaryOperator::Multiply => a.multiply(b),
        BinaryOperator::Divide => a.divide(b),
        BinaryOperator::Modulo => a.remainder(b),
        BinaryOperator::Power => a.power(b),
        _ => Err(unknown(operator)),
    }
}

fn json_step(operator: BinaryOperator, document: &str, step: Step) -> Result<Value> {
    let found = match operator {
        BinaryOperator::JsonGet => json::get(document, step)?.map(Value::text),
        BinaryOperator::Subtract => Some(Value::text(&json::delete(document, step)?)),
        BinaryOperator::JsonGetText => {
            json::get_text(document, step)?.map(|text| Value::text(&text))
        }
        _ => return Err(unknown(operator)),
    };
    Ok(found.unwrap_or(Value::Null))
}

/// Dates, timestamps and intervals.
fn time(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
    types: (DataType, DataType),
) -> Result<Value> {
    use BinaryOperator::{Add, Divide, Multiply, Subtract};
    use DataType::{Date, Integer, Interval as Span};
    let bits = |interval: Interval| Value::Uuid(interval.to_bits());
    match (operator, types.0, left, types.1, right) {
        (Subtract, Date, Value::I64(a), Date, Value::I64(b)) => subtract_dates(*a, *b),
        (Add, Date, Value::I64(days), _, Value::I64(more))
        | (Add, Integer | DataType::SmallInt, Value::I64(more), Date, Value::I64(days)) => {
            datetime::date_add_days(*days, *more).map(Value::I64)
        }
        (Subtract, Date, Value::I64(days), _, Value::I64(less)) => {
            datetime::date_add_days(*days, less.wrapping_neg()).map(Value::I64)
        }
        (Subtract, _, Value::I64(a), _, Value::I64(b)) => {
            datetime::subtract_timestamps(*a, *b).map(bits)
        }
        (Add, Span, Value::Uuid(span), other, Value::I64(time))
        | (Add, other, Value::I64(time), Span, Value::Uuid(span)) => {
            add_span(*time, other, Interval::from_bits(*span))
        }
        (Subtract, other, Value::I64(time), Span, Value::Uuid(span)) => {
            add_span(*time, other, negated(*span)?)
        }
        (Add, Span, Value::Uuid(a), Span, Value::Uuid(b)) => {
            sum(Interval::from_bits(*a), Interval::from_bits(*b)).map(bits)
        }
        (Subtract, Span, Value::Uuid(a), Span, Value::Uuid(b)) => {
            sum(Interval::from_bits(*a), negated(*b)?).map(bits)
        }
        (Multiply, _, Value::Uuid(span), _, Value::F64(factor))
        | (Multiply, _, Value::F64(factor), _, Value::Uuid(span)) => {
            datetime::multiply_interval(Interval::from_bits(*span), *factor).map(bits)
        }
        (Divide, _, Value::Uuid(span), _, Value::F64(divisor)) => {
            datetime::divide_interval(Interval::from_bits(*span), *divisor).map(bits)
        }
        _ => Err(unknown(operator)),
    }
}

fn subtract_dates(a: i64, b: i64) -> Result<Value> {
    use crate::types::{INFINITY, NEG_INFINITY};
    if [INFINITY, NEG_INFINITY]
        .iter()
        .any(|infinite| a == *infinite || b == *infinite)
    {
        return Err(Error::new(
            Code::DatetimeOutOfRange,
            "cannot subtract infinite dates",
        ));
    }
    Ok(Value::I64(a - b))
}

fn add_span(time: i64, data_type: DataType, span: Interval) -> Result<Value> {
    let micros = match data_type {
        DataType::Date => datetime::date_to_timestamp(time)?,
        _ => time,
    };
    datetime::add_interval(micros, span).map(Value::I64)
}

fn negated(bits: u128) -> Result<Interval> {
    Interval::from_bits(bits)
        .checked_neg()
        .ok_or_else(datetime::interval_out_of_range)
}

fn sum(a: Interval, b: Interval) -> Result<Interval> {
    a.checked_add(b).ok_or_else(datetime::interval_out_of_range)
}

pub fn negate(value: &Value, data_type: DataType) -> Result<Value> {
    Ok(match value {
        Value::I64(value) => {
            let negated = value.checked_neg().ok_or_else(|| out_of_range(data_type))?;
            Value::I64(check_range(negated, data_type)?)
        }
        Value::F64(value) => Value::F64(-value),
        Value::Decimal(value) => Value::Decimal(value.negated()),
        Value::Uuid(bits) => Value::Uuid(negated(*bits)?.to_bits()),
        _ => Value::Null,
    })
}

/// A real is rounded after every step; what a function computed in double is brought back here.
pub fn as_result(value: f64, result: DataType) -> Result<f64> {
    match result {
        DataType::Real => round_to_real(value),
        _ => Ok(value),
    }
}
