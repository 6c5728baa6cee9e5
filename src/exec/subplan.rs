//! The rows of a subplan that has been run, read as a table.

use super::{Context, Operator, Step};
use crate::column::{CHUNK_ROWS, Chunk};
use crate::error::{Code, Error, Result};
use std::rc::Rc;

pub struct SubplanScan {
    pub subplan: usize,
    pub next: usize,
}

impl Operator for SubplanScan {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if context.is_spent() {
            return Ok(Step::Yield);
        }
        let Some(rows) = context.subplans.get(self.subplan) else {
            let message = "a subplan was read before it was run";
            return Err(Error::new(Code::Internal, message));
        };
        let all = rows.chunk();
        let end = all.rows.min(self.next + CHUNK_ROWS);
        if self.next == end {
            return Ok(Step::Done);
        }
        let places: Vec<u32> = (self.next as u32..end as u32).collect();
        let columns = all.columns.iter().map(|c| Rc::new(c.gather(&places)));
        let chunk = Chunk::new(columns.collect(), places.len());
        self.next = end;
        context.spend(chunk.rows);
        Ok(Step::Chunk(chunk))
    }
}
