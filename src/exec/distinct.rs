//! Keeps the first of equal rows.

use super::group_table::GroupTable;
use super::{Context, Operator, Step};
use crate::error::Result;
use crate::types::PhysicalType;

pub struct Distinct {
    input: Box<dyn Operator>,
    seen: GroupTable,
}

impl Distinct {
    pub fn new(input: Box<dyn Operator>, types: Vec<PhysicalType>) -> Distinct {
        Distinct {
            input,
            seen: GroupTable::new(types),
        }
    }
}

impl Operator for Distinct {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            let chunk = match self.input.step(context)? {
                Step::Chunk(chunk) => chunk,
                other => return Ok(other),
            };
            let new = (self.seen).new_rows(&chunk.columns, chunk.rows, chunk.selected());
            if !new.is_empty() {
                let chunk = chunk.with_selection(new);
                context.meter.hold_chunk(&chunk)?;
                return Ok(Step::Chunk(chunk));
            }
        }
    }
}
