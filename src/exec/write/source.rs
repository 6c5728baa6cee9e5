//! What the writers have in common: an input that is taken in whole before anything is written.

use crate::column::{Chunk, Data};
use crate::error::Result;
use crate::exec::{Context, Operator, Step};
use crate::types::RowId;
use std::collections::{HashSet, VecDeque};

pub struct Source {
    input: Option<Box<dyn Operator>>,
    chunks: VecDeque<Chunk>,
}

impl Source {
    pub fn new(input: Box<dyn Operator>) -> Source {
        Source {
            input: Some(input),
            chunks: VecDeque::new(),
        }
    }

    /// Takes in all chunks, without their selections; `None` once it has.
    pub fn take_in(
        &mut self,
        context: &mut Context,
        mut prepare: impl FnMut(Chunk) -> Chunk,
    ) -> Result<Option<Step>> {
        while let Some(input) = &mut self.input {
            match input.step(context)? {
                Step::Chunk(chunk) => {
                    let chunk = prepare(chunk).compact();
                    context.meter.hold_chunk(&chunk)?;
                    self.chunks.push_back(chunk);
                }
                Step::Done => self.input = None,
                other => return Ok(Some(other)),
            }
        }
        Ok(None)
    }

    /// The chunk to be written next; it stays until it is removed.
    pub fn first(&self) -> Option<&Chunk> {
        self.chunks.front()
    }

    pub fn remove_first(&mut self) -> Option<Chunk> {
        self.chunks.pop_front()
    }
}

/// The ids in the first column of a source's chunk.
pub fn row_ids(chunk: &Chunk) -> Vec<RowId> {
    let Data::I64(ids) = &chunk.columns[0].data else {
        unreachable!("the first column is the row id");
    };
    ids.iter().map(|id| RowId(*id as u64)).collect()
}

/// Leaves each row out that came before.
pub fn first_of_each(chunk: Chunk, seen: &mut HashSet<RowId>) -> Chunk {
    let chunk = chunk.compact();
    let rows = row_ids(&chunk);
    let new: Vec<u32> = (0..chunk.rows as u32)
        .filter(|row| seen.insert(rows[*row as usize]))
        .collect();
    match new.len() == chunk.rows {
        true => chunk,
        false => chunk.with_selection(new),
    }
}
