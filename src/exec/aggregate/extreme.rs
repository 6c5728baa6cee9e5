//! min and max.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Data, Vector, kernel};
use crate::error::Result;
use crate::expr::EvalContext;
use crate::types::{PhysicalType, Value};
use std::cmp::Ordering;
use std::ops::Range;
use std::rc::Rc;

pub struct Extreme {
    physical: PhysicalType,
    greatest: bool,
    /// NULL where there was no value yet.
    values: Vec<Value>,
    /// What the values compare by, where that is not themselves.
    keys: Vec<Value>,
}

impl Extreme {
    pub fn new(physical: PhysicalType, greatest: bool) -> Extreme {
        Extreme {
            physical,
            greatest,
            values: Vec::new(),
            keys: Vec::new(),
        }
    }
}

impl Accumulator for Extreme {
    fn resize(&mut self, groups: usize) {
        self.values.resize(groups, Value::Null);
        self.keys.resize(groups, Value::Null);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        // Of equal values that are written differently (1.5 and 1.50) it is the last.
        let worse = match self.greatest {
            true => Ordering::Less,
            false => Ordering::Greater,
        };
        let is_better = |key: &Vector, row: usize, best: &Value| {
            best.is_null() || compare(key, row, best) != worse
        };
        match inputs {
            [values] if rows.groups.is_none() && matches!(values.data, Data::I64(_)) => {
                self.update_integers(values, rows);
            }
            [values] => rows.each_value(values, |group, row| {
                if is_better(values, row, &self.values[group]) {
                    self.values[group] = values.value(row);
                }
            }),
            [values, keys, ..] => rows.each_value(keys, |group, row| {
                if is_better(keys, row, &self.keys[group]) {
                    self.keys[group] = keys.value(row);
                    self.values[group] = values.value(row);
                }
            }),
            [] => {}
        }
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        Ok(Vector::from_values(self.physical, &self.values[groups]))
    }

    fn group_bytes(&self) -> usize {
        2 * size_of::<Value>()
    }
}

impl Extreme {
    /// All rows are of one group.
    fn update_integers(&mut self, vector: &Vector, rows: &Rows) {
        let Data::I64(values) = &vector.data else {
            return;
        };
        let best = match self.greatest {
            true => kernel::max_i64(values, vector.validity.as_ref(), rows.selection),
            false => kernel::min_i64(values, vector.validity.as_ref(), rows.selection),
        };
        let old = match self.values[0] {
            Value::I64(old) => Some(old),
            _ => None,
        };
        let both = best.into_iter().chain(old);
        let best = match self.greatest {
            true => both.max(),
            false => both.min(),
        };
        self.values[0] = best.map_or(Value::Null, Value::I64);
    }
}

/// The order of a vector's value against one of the same type, without making a value of it.
fn compare(vector: &Vector, row: usize, other: &Value) -> Ordering {
    match (&vector.data, other) {
        (Data::I64(values), Value::I64(other)) => values[row].cmp(other),
        (Data::Text(values), Value::Text(other)) => values.get(row).cmp(other.as_bytes()),
        (Data::Decimal(values), Value::Decimal(other)) => values[row].cmp(other),
        _ => vector.value(row).cmp(other),
    }
}
