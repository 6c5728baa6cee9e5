//! What all that write have in common: an input that is taken in whole before anything is written, and then
//! written chunk by chunk, each followed by what RETURNING answers of it.

use crate::column::{Chunk, Data};
use crate::error::Result;
use crate::exec::project::project;
use crate::exec::{Context, Operator, Step};
use crate::plan::Returning;
use crate::types::RowId;
use std::collections::{HashSet, VecDeque};

/// What is done with the rows of an input.
pub trait Target {
    /// Leaves out rows of the input that are not to be written.
    fn choose(&mut self, chunk: Chunk) -> Result<Chunk> {
        Ok(chunk)
    }

    /// When the input has been taken in, and before anything is written; whether there is anything to do.
    fn begin(&mut self, _context: &mut Context) -> Result<bool> {
        Ok(true)
    }

    /// Writes a chunk of the input.
    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written>;
}

/// What became of a chunk.
pub enum Written {
    /// It is done. These are the rows that were written, with the columns that RETURNING asks for.
    Rows(Chunk),
    /// It goes on with the same chunk after this step, which yields no rows.
    Later(Step),
}

/// Writes the rows of an input to a target; yields those of RETURNING.
pub struct Writer {
    input: Option<Box<dyn Operator>>,
    chunks: VecDeque<Chunk>,
    target: Box<dyn Target>,
    has_begun: bool,
    returning: Option<Returning>,
}

impl Writer {
    pub fn new(
        input: Box<dyn Operator>,
        target: Box<dyn Target>,
        returning: Option<Returning>,
    ) -> Writer {
        Writer {
            input: Some(input),
            chunks: VecDeque::new(),
            target,
            has_begun: false,
            returning,
        }
    }

    /// Takes in all chunks, without their selections; `None` once it has.
    fn take_in(&mut self, context: &mut Context) -> Result<Option<Step>> {
        while let Some(input) = &mut self.input {
            match input.step(context)? {
                Step::Chunk(chunk) => {
                    let chunk = self.target.choose(chunk)?.compact();
                    context.meter.hold_chunk(&chunk)?;
                    self.chunks.push_back(chunk);
                }
                Step::Done => self.input = None,
                other => return Ok(Some(other)),
            }
        }
        if !self.has_begun {
            self.has_begun = true;
            if !self.target.begin(context)? {
                self.chunks.clear();
            }
        }
        Ok(None)
    }
}

impl Operator for Writer {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if let Some(step) = self.take_in(context)? {
            return Ok(step);
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(chunk) = self.chunks.front() else {
                return Ok(Step::Done);
            };
            let rows = match self.target.write(chunk, context)? {
                Written::Rows(rows) => rows,
                Written::Later(step) => return Ok(step),
            };
            self.chunks.pop_front();
            context.meter.affected_rows += rows.rows as u64;
            context.spend(rows.rows);
            if let Some(returning) = &self.returning
                && !rows.is_empty()
            {
                let rows = project(&returning.expressions, &rows, &context.eval())?;
                return Ok(Step::Chunk(rows));
            }
        }
    }
}

/// The ids in the first column of a chunk that names rows.
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
