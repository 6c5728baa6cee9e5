//! The aggregate's operator: takes in all rows, then gives the groups in the order of their first rows.

use super::accumulator::{Accumulator, Rows, accumulator, inputs};
use crate::column::{CHUNK_ROWS, Chunk, Vector};
use crate::error::Result;
use crate::exec::group_table::GroupTable;
use crate::exec::{Context, Operator, Step};
use crate::expr::{self, Expr};
use crate::plan::Aggregate;
use std::rc::Rc;

pub struct HashAggregate {
    input: Box<dyn Operator>,
    groups: Vec<Expr>,
    table: GroupTable,
    aggregates: Vec<State>,
    bytes_per_group: usize,
    /// The group to give next, once the input has ended.
    next: Option<usize>,
}

struct State {
    inputs: Vec<Expr>,
    accumulator: Box<dyn Accumulator>,
}

impl HashAggregate {
    pub fn new(
        input: Box<dyn Operator>,
        groups: Vec<Expr>,
        aggregates: &[Aggregate],
    ) -> Result<HashAggregate> {
        let aggregates = (aggregates.iter())
            .map(|aggregate| {
                Ok(State {
                    inputs: inputs(aggregate)?,
                    accumulator: accumulator(aggregate)?,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let states = aggregates
            .iter()
            .map(|state| state.accumulator.group_bytes());
        Ok(HashAggregate {
            input,
            table: GroupTable::new(groups.iter().map(|group| group.data_type.physical())),
            bytes_per_group: 24 + groups.len() * 24 + states.sum::<usize>(),
            groups,
            aggregates,
            next: None,
        })
    }

    fn take_in(&mut self, chunk: &Chunk, context: &mut Context) -> Result<()> {
        let groups = self.groups_of(chunk, context)?;
        let count = self.group_count();
        let rows = Rows {
            groups: groups.as_deref(),
            selection: chunk.selection.as_deref(),
            len: chunk.len(),
        };
        let eval = context.eval();
        for State {
            inputs,
            accumulator,
        } in &mut self.aggregates
        {
            let values = (inputs.iter())
                .map(|input| expr::evaluate(input, chunk, &eval))
                .collect::<Result<Vec<Rc<Vector>>>>()?;
            accumulator.resize(count);
            accumulator.update(&values, &rows)?;
        }
        Ok(())
    }

    /// `None`: there is one group only.
    fn groups_of(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Option<Vec<u32>>> {
        if self.groups.is_empty() {
            return Ok(None);
        }
        let eval = context.eval();
        let keys = (self.groups.iter())
            .map(|group| expr::evaluate(group, chunk, &eval))
            .collect::<Result<Vec<_>>>()?;
        let before = self.table.len();
        let groups = self.table.groups_of(&keys, chunk.rows, chunk.selected());
        let new = self.table.len() - before;
        context.meter.hold(new * self.bytes_per_group)?;
        Ok(Some(groups))
    }

    fn group_count(&self) -> usize {
        match self.groups.is_empty() {
            true => 1,
            false => self.table.len(),
        }
    }

    fn give(&mut self, start: usize, context: &mut Context) -> Result<Step> {
        let count = self.group_count();
        let end = count.min(start + CHUNK_ROWS);
        if start == end {
            return Ok(Step::Done);
        }
        let mut columns = match self.groups.is_empty() {
            true => Vec::new(),
            false => self.table.keys().slice(start, end).columns,
        };
        let eval = context.eval();
        for State { accumulator, .. } in &mut self.aggregates {
            accumulator.resize(count);
            columns.push(Rc::new(accumulator.finish(start..end, &eval)?));
        }
        self.next = Some(end);
        context.spend(end - start);
        Ok(Step::Chunk(Chunk::new(columns, end - start)))
    }
}

impl Operator for HashAggregate {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            if let Some(start) = self.next {
                return self.give(start, context);
            }
            match self.input.step(context)? {
                Step::Chunk(chunk) => {
                    self.take_in(&chunk, context)?;
                    context.spend(chunk.len());
                }
                Step::Done => self.next = Some(0),
                other => return Ok(other),
            }
        }
    }
}
