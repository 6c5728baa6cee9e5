//! WITH RECURSIVE.
//!
//! ```text
//!   first   its rows are given, and are the work table of the first round
//!   step    built anew for each round: its rows are given, and are the next round's work table
//!           ... until a round finds nothing
//! ```
//!
//! With UNION a row that was found before is not found again. Rows are given as they are found, so that a
//! LIMIT above ends what would not end by itself; without one the number of rows is bounded.

use super::build::{build, physical_types};
use super::group_table::GroupTable;
use super::row_buffer::chunk_bytes;
use super::{Context, Operator, Step};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::plan::Node;
use std::rc::Rc;

/// A recursive query finds no more rows.
const ROWS_MAX: u64 = 10_000_000;

pub struct Recursive {
    table: usize,
    step: Node,
    /// The part or round that is being run.
    current: Box<dyn Operator>,
    /// The rows that the step reads.
    work: Rc<Vec<Chunk>>,
    /// Those found in this round.
    found: Vec<Chunk>,
    /// What the work table and those found hold in memory, and what this round's operators do.
    held: [usize; 2],
    round: u64,
    /// All rows so far, if no two may be equal.
    seen: Option<GroupTable>,
    rows: u64,
}

impl Recursive {
    pub fn new(node: &Node, first: Box<dyn Operator>) -> Recursive {
        let Node::Recursive {
            table,
            distinct,
            step,
            ..
        } = node
        else {
            unreachable!("called for recursive queries");
        };
        Recursive {
            table: *table,
            step: (**step).clone(),
            current: first,
            work: Rc::new(Vec::new()),
            found: Vec::new(),
            held: [0, 0],
            round: 0,
            seen: distinct.then(|| GroupTable::new(physical_types(node))),
            rows: 0,
        }
    }

    /// Steps the part that is being run, which sees the work table.
    fn step_current(&mut self, context: &mut Context) -> Result<Step> {
        if context.work.len() <= self.table {
            context.work.resize(self.table + 1, Rc::default());
        }
        context.work[self.table] = self.work.clone();
        let before = context.meter.held();
        let step = self.current.step(context);
        // It may also give back what an earlier step took.
        self.round = (self.round + context.meter.held()).saturating_sub(before);
        step
    }

    /// The rows of a chunk that are new, noted for the next round.
    fn take_in(&mut self, chunk: Chunk, context: &mut Context) -> Result<Chunk> {
        let chunk = match &mut self.seen {
            None => chunk,
            Some(seen) => {
                let new = seen.new_rows(&chunk.columns, chunk.rows, chunk.selected());
                let chunk = chunk.with_selection(new);
                context.meter.hold_chunk(&chunk)?;
                chunk
            }
        };
        self.rows += chunk.len() as u64;
        if self.rows > ROWS_MAX {
            let message = format!("a recursive query finds more than {ROWS_MAX} rows");
            return Err(Error::new(Code::LimitRows, message)
                .with_hint("Perhaps it never ends: let the recursive term stop finding rows."));
        }
        let chunk = chunk.compact();
        if !chunk.is_empty() {
            context.meter.hold_chunk(&chunk)?;
            self.held[1] += chunk_bytes(&chunk);
            self.found.push(chunk.clone());
        }
        Ok(chunk)
    }

    /// Begins the next round; there is none if nothing was found.
    fn next_round(&mut self, context: &mut Context) -> Result<bool> {
        context.meter.release(self.round + self.held[0] as u64);
        self.round = 0;
        self.held = [self.held[1], 0];
        self.work = Rc::new(std::mem::take(&mut self.found));
        if self.work.is_empty() {
            return Ok(false);
        }
        context.spend(1);
        self.current = build(&self.step, None)?;
        Ok(true)
    }
}

impl Operator for Recursive {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            match self.step_current(context)? {
                Step::Chunk(chunk) => {
                    let chunk = self.take_in(chunk, context)?;
                    if !chunk.is_empty() {
                        return Ok(Step::Chunk(chunk));
                    }
                }
                Step::Done if !self.next_round(context)? => return Ok(Step::Done),
                Step::Done => {}
                other => return Ok(other),
            }
        }
    }
}

/// The rows that a recursive query around this one found last.
pub struct WorkTable {
    pub table: usize,
    pub next: usize,
}

impl Operator for WorkTable {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if context.is_spent() {
            return Ok(Step::Yield);
        }
        let rows = context.work.get(self.table);
        let Some(chunk) = rows.and_then(|rows| rows.get(self.next)).cloned() else {
            return Ok(Step::Done);
        };
        self.next += 1;
        context.spend(chunk.rows);
        Ok(Step::Chunk(chunk))
    }
}
