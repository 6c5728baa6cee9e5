//! Numbers the rows that have equal keys, in the order in which they come.

use super::group_table::GroupTable;
use super::{Context, Operator, Step};
use crate::column::{Data, Vector};
use crate::error::Result;
use crate::expr::{self, Expr};
use std::rc::Rc;

pub struct Number {
    input: Box<dyn Operator>,
    keys: Vec<Expr>,
    groups: GroupTable,
    /// How many rows each group has had.
    counts: Vec<i64>,
}

impl Number {
    pub fn new(input: Box<dyn Operator>, keys: &[Expr]) -> Number {
        Number {
            input,
            keys: keys.to_vec(),
            groups: GroupTable::new(keys.iter().map(|key| key.data_type.physical())),
            counts: Vec::new(),
        }
    }
}

impl Operator for Number {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let mut chunk = match self.input.step(context)? {
            Step::Chunk(chunk) => chunk.compact(),
            other => return Ok(other),
        };
        let eval = context.eval();
        let keys = (self.keys.iter())
            .map(|key| expr::evaluate(key, &chunk, &eval))
            .collect::<Result<Vec<_>>>()?;
        let groups = self.groups.groups_of(&keys, chunk.rows, None);
        let known = self.counts.len();
        self.counts.resize(self.groups.len(), 0);
        // A key takes at most as much as its row on average.
        let new = self.counts.len() - known;
        let bytes = super::row_buffer::chunk_bytes(&chunk) * new / chunk.rows.max(1);
        context.meter.hold(bytes + new * 16)?;
        let numbers = groups.into_iter().map(|group| {
            let count = &mut self.counts[group as usize];
            *count += 1;
            *count
        });
        let numbers = Vector::new(Data::I64(numbers.collect()));
        chunk.columns.push(Rc::new(numbers));
        Ok(Step::Chunk(chunk))
    }
}
