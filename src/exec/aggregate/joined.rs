//! string_agg, json_agg and json_object_agg: texts one after the other.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Data, Strings, Vector};
use crate::error::Result;
use crate::expr::{EvalContext, too_long};
use crate::plan::AggregateFunction;
use crate::types::{PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

/// Bytes of the text of one group, and what those of all may grow by between two looks at the memory of the statement.
const JOINED_MAX: usize = 256 << 20;

pub struct Joined {
    physical: PhysicalType,
    /// What stands around the whole.
    around: [&'static str; 2],
    /// What has been joined so far; none where there was no value yet.
    texts: Vec<Option<Vec<u8>>>,
    bytes: usize,
}

impl Joined {
    pub fn new(physical: PhysicalType, function: AggregateFunction) -> Joined {
        Joined {
            physical,
            around: match function {
                AggregateFunction::JsonAgg => ["[", "]"],
                AggregateFunction::JsonObjectAgg => ["{ ", " }"],
                _ => ["", ""],
            },
            texts: Vec::new(),
            bytes: 0,
        }
    }

    fn value(&self, group: usize) -> Value {
        let Some(text) = &self.texts[group] else {
            return Value::Null;
        };
        if self.physical == PhysicalType::Bytes {
            return Value::Bytes(text.as_slice().into());
        }
        let text = String::from_utf8_lossy(text);
        Value::text(&[self.around[0], &text, self.around[1]].concat())
    }
}

fn strings(vector: &Vector) -> &Strings {
    match &vector.data {
        Data::Text(strings) | Data::Bytes(strings) => strings,
        _ => unreachable!("resolved for texts or bytes"),
    }
}

impl Accumulator for Joined {
    fn resize(&mut self, groups: usize) {
        self.texts.resize(groups, None);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let (values, between) = (strings(&inputs[0]), strings(&inputs[1]));
        let bytes_max = self.bytes + JOINED_MAX;
        let mut is_too_long = false;
        rows.each_value(&inputs[0], |group, row| {
            let value = values.get(row);
            let held = self.texts[group].as_ref().map_or(0, Vec::len);
            is_too_long |= held + value.len() > JOINED_MAX || self.bytes > bytes_max;
            if is_too_long {
                return;
            }
            self.bytes += value.len();
            let Some(text) = &mut self.texts[group] else {
                self.texts[group] = Some(value.to_vec());
                return;
            };
            if !inputs[1].is_null(row) {
                // PostgreSQL begins a line with an array, and not with the NULL in place of one.
                let between = match between.get(row) {
                    b", \n " if value == b"null" => b", ",
                    between => between,
                };
                self.bytes += between.len();
                text.extend_from_slice(between);
            }
            text.extend_from_slice(value);
        });
        match is_too_long {
            true => Err(too_long()),
            false => Ok(()),
        }
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let values: Vec<Value> = groups.map(|group| self.value(group)).collect();
        Ok(Vector::from_values(self.physical, &values))
    }

    fn kept_bytes(&self) -> usize {
        self.bytes
    }
}
