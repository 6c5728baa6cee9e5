//! array_agg: arrays one after the other, each of a single element.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Data, Vector};
use crate::error::Result;
use crate::exec::row_buffer::array_bytes;
use crate::expr::EvalContext;
use crate::types::{PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

#[derive(Default)]
pub struct Gathered {
    /// None where there was no row yet.
    elements: Vec<Option<Vec<Value>>>,
    bytes: usize,
}

impl Accumulator for Gathered {
    fn resize(&mut self, groups: usize) {
        self.elements.resize(groups, None);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let Data::Array(arrays) = &inputs[0].data else {
            unreachable!("resolved for arrays");
        };
        rows.each_value(&inputs[0], |group, row| {
            self.bytes += array_bytes(&arrays[row]);
            let elements = self.elements[group].get_or_insert_default();
            elements.extend_from_slice(&arrays[row]);
        });
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let values = self.elements[groups].iter().map(|elements| match elements {
            Some(elements) => Value::Array(Rc::from(elements.as_slice())),
            None => Value::Null,
        });
        let values: Vec<Value> = values.collect();
        Ok(Vector::from_values(PhysicalType::Array, &values))
    }

    fn kept_bytes(&self) -> usize {
        self.bytes
    }
}
