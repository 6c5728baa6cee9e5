//! The constants of an INSERT's tuples, which are given when it is executed.

use super::row_buffer::single_row;
use super::{Context, Operator, Step, Tuples};
use crate::error::Result;
use crate::types::{DataType, PhysicalType};

pub struct GivenTuples {
    types: Vec<PhysicalType>,
    next: usize,
}

impl GivenTuples {
    pub fn new(types: &[DataType]) -> GivenTuples {
        GivenTuples {
            types: types.iter().map(|data_type| data_type.physical()).collect(),
            next: 0,
        }
    }
}

impl Operator for GivenTuples {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if context.is_spent() {
            return Ok(Step::Yield);
        }
        let chunk = match context.tuples {
            Tuples::One(row) if self.next == 0 => Some(single_row(&self.types, row)),
            Tuples::One(_) => None,
            Tuples::Many(chunks) => chunks.get(self.next).cloned(),
        };
        let Some(chunk) = chunk else {
            return Ok(Step::Done);
        };
        self.next += 1;
        context.spend(chunk.rows);
        Ok(Step::Chunk(chunk))
    }
}
