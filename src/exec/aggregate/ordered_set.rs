//! percentile_cont, percentile_disc and mode: of values that come in their order.

use super::accumulator::{Accumulator, Rows};
use crate::column::Vector;
use crate::error::{Code, Error, Result};
use crate::expr::EvalContext;
use crate::plan::AggregateFunction;
use crate::types::{PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

pub struct OrderedSet {
    physical: PhysicalType,
    function: AggregateFunction,
    groups: Vec<Group>,
    bytes: usize,
}

#[derive(Clone, Default)]
struct Group {
    values: Vec<Value>,
    /// What the values are equal by.
    keys: Vec<Value>,
    /// One, or an array of them.
    fraction: Option<Value>,
}

impl OrderedSet {
    pub fn new(physical: PhysicalType, function: AggregateFunction) -> OrderedSet {
        OrderedSet {
            physical,
            function,
            groups: Vec::new(),
            bytes: 0,
        }
    }
}

impl Accumulator for OrderedSet {
    fn resize(&mut self, groups: usize) {
        self.groups.resize(groups, Group::default());
    }

    /// The inputs are the value, the fraction if there is one, and the key.
    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let is_mode = self.function == AggregateFunction::Mode;
        rows.each_value(&inputs[0], |group, row| {
            let group = &mut self.groups[group];
            group.values.push(inputs[0].value(row));
            match is_mode {
                true => group.keys.push(inputs[1].value(row)),
                false => group.fraction = Some(inputs[1].value(row)),
            }
            self.bytes += 2 * size_of::<Value>();
        });
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let groups = self.groups[groups].iter();
        let values = groups
            .map(|group| match self.function {
                AggregateFunction::Mode => Ok(group.mode()),
                function => match &group.fraction {
                    Some(Value::Array(fractions)) => {
                        let values = fractions.iter();
                        let values = values.map(|fraction| group.percentile(function, fraction));
                        values.collect::<Result<_>>().map(Value::Array)
                    }
                    Some(fraction) => group.percentile(function, fraction),
                    None => Ok(Value::Null),
                },
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Vector::from_values(self.physical, &values))
    }

    fn kept_bytes(&self) -> usize {
        self.bytes
    }
}

impl Group {
    /// The value that comes most often, and first of those.
    fn mode(&self) -> Value {
        let (mut best, mut most, mut start) = (Value::Null, 0, 0);
        for run in self.keys.chunk_by(|left, right| left == right) {
            if run.len() > most {
                (best, most) = (self.values[start].clone(), run.len());
            }
            start += run.len();
        }
        best
    }

    fn percentile(&self, function: AggregateFunction, fraction: &Value) -> Result<Value> {
        let &Value::F64(fraction) = fraction else {
            return Ok(Value::Null);
        };
        if !(0.0..=1.0).contains(&fraction) {
            let message = format!("percentile value {fraction} is not between 0 and 1");
            return Err(Error::new(Code::NumericOutOfRange, message));
        }
        let count = self.values.len() as f64;
        if function == AggregateFunction::PercentileDisc {
            let place = ((fraction * count).ceil() as usize).max(1) - 1;
            return Ok(self.values[place].clone());
        }
        let place = fraction * (count - 1.0);
        let value = |place: f64| match self.values[place as usize] {
            Value::F64(value) => value,
            _ => f64::NAN,
        };
        let (low, high) = (value(place.floor()), value(place.ceil()));
        Ok(Value::F64(match place.floor() == place.ceil() {
            true => low,
            false => low + (place - place.floor()) * (high - low),
        }))
    }
}
