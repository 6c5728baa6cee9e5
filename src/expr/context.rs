//! What an evaluation knows besides the rows.

use super::members::Members;
use crate::column::Chunk;
use crate::error::Result;
use crate::types::{Clock, Entropy, HeapBound, Value};
use std::cell::OnceCell;
use std::rc::Rc;

pub struct EvalContext<'a> {
    /// The values of the parameters, each of the type its node says.
    pub parameters: &'a [Value],
    /// The values that a subquery sees of the rows around it, by their slots.
    pub outer: &'a [Value],
    /// The rows of the subqueries that have been run, by their place in the plan.
    pub subplans: &'a [SubplanRows],
    /// The transaction's time in microseconds since 1970: what `now()` answers.
    pub now: i64,
    /// When the statement began, and the clock. None where no statement runs.
    pub clock: Option<(i64, &'a dyn Clock)>,
    pub entropy: &'a dyn Entropy,
    /// None where no sequence can be used.
    pub sequences: Option<&'a dyn Sequences>,
    pub heap: &'a HeapBound,
}

/// What functions reach of sequences, which they name by a text or an id.
pub trait Sequences {
    /// The next value, which is taken.
    fn next(&self, sequence: &Value) -> Result<i64>;
    /// The value that this session got last.
    fn current(&self, sequence: &Value) -> Result<i64>;
    /// The value that this session got last of any sequence.
    fn last(&self) -> Result<i64>;
    fn set(&self, sequence: &Value, value: i64, is_called: bool) -> Result<i64>;
    /// The name of the sequence that a column owns.
    fn of_column(&self, table: &str, column: &str) -> Result<Option<String>>;
}

/// The rows of an uncorrelated subquery that has been run.
#[derive(Debug, Clone)]
pub struct SubplanRows(Rc<Subplan>);

#[derive(Debug)]
struct Subplan {
    chunk: Chunk,
    /// The first column as a set, made at the first IN that asks.
    members: OnceCell<Members>,
}

/// What a value takes in a set, about.
const MEMBER_BYTES: u64 = 96;

impl SubplanRows {
    pub fn new(chunk: Chunk) -> Self {
        SubplanRows(Rc::new(Subplan {
            chunk,
            members: OnceCell::new(),
        }))
    }

    pub fn chunk(&self) -> &Chunk {
        &self.0.chunk
    }

    /// # Errors
    /// `MemoryLimit` where there is no room for the set.
    pub(super) fn members(&self, heap: &HeapBound) -> Result<&Members> {
        let Subplan { chunk, members } = &*self.0;
        if members.get().is_none() {
            heap.check(chunk.len() as u64 * MEMBER_BYTES)?;
        }
        Ok(members.get_or_init(|| Members::new((0..chunk.len()).map(|i| chunk.value(0, i)))))
    }
}

impl From<Chunk> for SubplanRows {
    fn from(chunk: Chunk) -> Self {
        Self::new(chunk)
    }
}
