//! The aggregate's operator: takes in all rows, then gives the groups in the order of their first rows.

use super::accumulator::{Accumulator, Rows, accumulator, inputs};
use crate::column::{CHUNK_ROWS, Chunk, Data, Vector};
use crate::error::Result;
use crate::exec::group_table::GroupTable;
use crate::exec::{Context, Operator, Step};
use crate::expr::{self, Expr};
use crate::plan::Aggregate;
use std::rc::Rc;

pub struct HashAggregate {
    input: Box<dyn Operator>,
    groups: Vec<Expr>,
    /// The groups of each grouping set; none of an ordinary GROUP BY.
    sets: Vec<Vec<usize>>,
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
        (groups, sets): (Vec<Expr>, Vec<Vec<usize>>),
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
            bytes_per_group: states.sum::<usize>(),
            groups,
            sets,
            aggregates,
            next: None,
        })
    }

    fn take_in(&mut self, chunk: &Chunk, context: &mut Context) -> Result<()> {
        let eval = context.eval();
        let keys = (self.groups.iter())
            .map(|group| expr::evaluate(group, chunk, &eval))
            .collect::<Result<Vec<_>>>()?;
        let inputs = (self.aggregates.iter())
            .map(|state| {
                (state.inputs.iter())
                    .map(|input| expr::evaluate(input, chunk, &eval))
                    .collect()
            })
            .collect::<Result<Vec<Vec<Rc<Vector>>>>>()?;
        if self.sets.is_empty() {
            return self.take_in_by(&keys, &inputs, chunk, context);
        }
        for set in 0..self.sets.len() {
            let keys = self.keys_of_set(set, &keys, chunk.rows);
            self.take_in_by(&keys, &inputs, chunk, context)?;
        }
        Ok(())
    }

    /// The groups with those that are not of the set made NULL, and the set's number.
    fn keys_of_set(&self, set: usize, keys: &[Rc<Vector>], rows: usize) -> Vec<Rc<Vector>> {
        let (_, groups) = keys.split_last().expect("the set's number is a group");
        let mut own: Vec<Rc<Vector>> = (groups.iter().enumerate())
            .map(|(at, key)| match self.sets[set].contains(&at) {
                true => key.clone(),
                false => Rc::new(Vector::nulls(key.physical(), rows)),
            })
            .collect();
        own.push(Rc::new(Vector::new(Data::I64(vec![set as i64; rows]))));
        own
    }

    fn take_in_by(
        &mut self,
        keys: &[Rc<Vector>],
        inputs: &[Vec<Rc<Vector>>],
        chunk: &Chunk,
        context: &mut Context,
    ) -> Result<()> {
        let groups = self.groups_of(keys, chunk, context)?;
        let count = self.group_count();
        let rows = Rows {
            groups: groups.as_deref(),
            selection: chunk.selection.as_deref(),
            len: chunk.len(),
        };
        for (State { accumulator, .. }, inputs) in self.aggregates.iter_mut().zip(inputs) {
            let before = accumulator.kept_bytes();
            accumulator.resize(count);
            accumulator.update(inputs, &rows)?;
            let grown = accumulator.kept_bytes().saturating_sub(before);
            context.meter.hold(grown)?;
        }
        Ok(())
    }

    /// `None`: there is one group only.
    fn groups_of(
        &mut self,
        keys: &[Rc<Vector>],
        chunk: &Chunk,
        context: &mut Context,
    ) -> Result<Option<Vec<u32>>> {
        if keys.is_empty() {
            return Ok(None);
        }
        let held = |table: &GroupTable| table.bytes_held() + table.len() * self.bytes_per_group;
        let before = held(&self.table);
        let groups = self.table.groups_of(keys, chunk.rows, chunk.selected());
        context
            .meter
            .hold(held(&self.table).saturating_sub(before))?;
        Ok(Some(groups))
    }

    /// The groups that are there without rows: those of sets without expressions.
    fn add_empty_sets(&mut self) {
        let types = self.groups.iter().map(|group| group.data_type.physical());
        let keys: Vec<Rc<Vector>> = types
            .map(|physical| Rc::new(Vector::nulls(physical, 1)))
            .collect();
        for set in 0..self.sets.len() {
            if self.sets[set].is_empty() {
                let keys = self.keys_of_set(set, &keys, 1);
                self.table.groups_of(&keys, 1, None);
            }
        }
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
                Step::Done => {
                    self.add_empty_sets();
                    self.next = Some(0);
                }
                other => return Ok(other),
            }
        }
    }
}
