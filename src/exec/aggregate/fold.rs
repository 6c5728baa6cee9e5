//! bool_and, bool_or, bit_and, bit_or, bit_xor, and sums of intervals.

use super::accumulator::{Accumulator, Rows};
use crate::column::Vector;
use crate::error::{Code, Error, Result};
use crate::expr::EvalContext;
use crate::plan::AggregateFunction;
use crate::types::{Interval, PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

/// The values of each group, two by two made one.
pub struct Fold {
    physical: PhysicalType,
    function: AggregateFunction,
    /// NULL where there was no value yet.
    values: Vec<Value>,
}

impl Fold {
    pub fn new(physical: PhysicalType, function: AggregateFunction) -> Fold {
        Fold {
            physical,
            function,
            values: Vec::new(),
        }
    }
}

impl Accumulator for Fold {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, Value::Null);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let mut outcome = Ok(());
        rows.each_value(&inputs[0], |group, row| {
            let value = inputs[0].value(row);
            let known = &mut self.values[group];
            match both(self.function, known, value) {
                Ok(value) => *known = value,
                Err(error) => outcome = Err(error),
            }
        });
        outcome
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        Ok(Vector::from_values(self.physical, &self.values[groups]))
    }
}

fn both(function: AggregateFunction, known: &Value, value: Value) -> Result<Value> {
    use AggregateFunction::{BitAnd, BitOr, BoolAnd};
    Ok(match (known, value) {
        (Value::Bool(known), Value::Bool(value)) => Value::Bool(match function {
            BoolAnd => *known && value,
            _ => *known || value,
        }),
        (Value::I64(known), Value::I64(value)) => Value::I64(match function {
            BitAnd => known & value,
            BitOr => known | value,
            _ => known ^ value,
        }),
        (Value::Uuid(known), Value::Uuid(value)) => {
            let sum = Interval::from_bits(*known).checked_add(Interval::from_bits(value));
            let too_long = || Error::new(Code::DatetimeOutOfRange, "interval out of range");
            Value::Uuid(sum.ok_or_else(too_long)?.to_bits())
        }
        (_, value) => value,
    })
}
