//! generate_series: from a start by steps to a stop.

use super::super::datetime;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Interval, Value};
use std::cmp::Ordering;

/// A series that has begun.
pub struct Series {
    next: Option<Value>,
    stop: Value,
    step: Value,
    /// Of the steps.
    direction: Ordering,
}

impl Series {
    /// # Errors
    /// `InvalidParameterValue` for a step of zero, and for a NaN or an infinity as a number.
    pub fn new(values: &[Value], data_type: DataType) -> Result<Series> {
        let one = match data_type {
            DataType::Numeric(_) => Value::Decimal(Decimal::from(1i64)),
            _ => Value::I64(1),
        };
        let numbers = values.iter().zip(["start", "stop", "step size"]);
        for (value, what) in numbers {
            if let Value::Decimal(number) = value
                && !number.is_finite()
            {
                let which = if number.is_nan() { "NaN" } else { "infinity" };
                let message = format!("{what} value cannot be {which}");
                return Err(Error::new(Code::InvalidParameterValue, message));
            }
        }
        let step = values.get(2).unwrap_or(&one);
        let direction = match step {
            Value::Decimal(step) => step.signum().cmp(&0),
            Value::Uuid(bits) => Interval::from_bits(*bits).cmp(&Interval::default()),
            step => step.cmp(&Value::I64(0)),
        };
        if direction == Ordering::Equal {
            let message = "step size cannot equal zero";
            return Err(Error::new(Code::InvalidParameterValue, message));
        }
        Ok(Series {
            next: Some(values[0].clone()),
            stop: values[1].clone(),
            step: step.clone(),
            direction,
        })
    }

    /// The next value, until the stop is passed or the numbers end.
    pub fn next(&mut self) -> Result<Option<Value>> {
        let Some(value) = self.next.take() else {
            return Ok(None);
        };
        if value.cmp(&self.stop) == self.direction {
            return Ok(None);
        }
        self.next = match (&value, &self.step) {
            (Value::I64(value), Value::I64(step)) => value.checked_add(*step).map(Value::I64),
            (Value::Decimal(value), Value::Decimal(step)) => Some(Value::Decimal(value.add(step)?)),
            (Value::I64(time), Value::Uuid(bits)) => {
                let next = datetime::add_interval(*time, Interval::from_bits(*bits))?;
                Some(Value::I64(next))
            }
            _ => None,
        };
        Ok(Some(value))
    }
}
