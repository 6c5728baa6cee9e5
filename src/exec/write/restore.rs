//! RESTORE and UNDO: rows become what they were.

use super::change::ChangeRows;
use super::writer::Writer;
use crate::error::Result;
use crate::exec::past::Past;
use crate::exec::{Context, Operator, Step};
use crate::plan::Restore;
use std::collections::VecDeque;

/// Writes table after table.
pub struct Restores(VecDeque<Writer>);

impl Restores {
    pub fn new(parts: &[Restore]) -> Restores {
        let writer = |part: &Restore| {
            let rows = Past::new(&part.call, &part.condition);
            let target = ChangeRows::of_restore(part);
            Writer::new(Box::new(rows), Box::new(target), None)
        };
        Restores(parts.iter().map(writer).collect())
    }
}

impl Operator for Restores {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        while let Some(writer) = self.0.front_mut() {
            match writer.step(context)? {
                Step::Done => drop(self.0.pop_front()),
                other => return Ok(other),
            }
        }
        Ok(Step::Done)
    }
}
