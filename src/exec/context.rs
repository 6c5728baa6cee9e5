//! What operators are and what they can reach.

use super::write::Pending;
use super::{Meter, SessionSequences};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::expr::{EvalContext, SubplanRows};
use crate::plan::TimeSlot;
use crate::table::{BlockId, Fetch, Store};
use crate::txn::{Transaction, View};
use crate::types::{Clock, Entropy, RowId, ScanColumn, Snapshot, TableSchema, Value, Versions};
use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

/// What one step of an operator came to.
#[derive(Debug)]
pub enum Step {
    /// Rows; never none.
    Chunk(Chunk),
    /// Load this block and step again. Nothing was changed.
    Need(BlockId),
    /// The budget is spent: step again with a new one.
    Yield,
    /// No more rows. An operator is not stepped again after this.
    Done,
}

/// A pull machine that yields the rows of a plan's node.
pub trait Operator {
    fn step(&mut self, context: &mut Context) -> Result<Step>;
}

/// How a statement reaches the tables.
pub enum Access<'a> {
    /// At a snapshot, to read only.
    Read(Snapshot),
    /// Through a transaction with its private writes.
    Write(&'a mut Transaction),
}

/// The constants that were lifted out of the VALUES of an INSERT.
#[derive(Clone, Copy)]
pub enum Tuples<'a> {
    /// Those of a single tuple.
    One(&'a [Value]),
    /// A column for each place in a tuple; chunks are not longer than usual.
    Many(&'a [Chunk]),
}

/// Everything that is handed to an operator for one step.
pub struct Context<'a> {
    pub store: &'a Store,
    pub access: Access<'a>,
    /// What the temporal clauses of the statement read, by [`TimeSlot::Clause`].
    pub moments: &'a [Versions],
    pub parameters: &'a [Value],
    /// The constants of an INSERT's tuples, for [`Node::Rows`](crate::plan::Node::Rows).
    pub tuples: Tuples<'a>,
    /// What the rows around a subquery that is being run hold for it, by slot.
    pub outer: Vec<Value>,
    /// The rows that recursive queries found last, by their numbers.
    pub work: Vec<Rc<Vec<Chunk>>>,
    /// The rows of the subqueries that have been run.
    pub subplans: Vec<SubplanRows>,
    /// What statements inside WITH are still to write, and the rows that they change.
    pub pending: VecDeque<Pending>,
    pub claimed: HashSet<RowId>,
    /// The transaction's time.
    pub now: i64,
    pub entropy: &'a dyn Entropy,
    pub clock: &'a dyn Clock,
    /// The values of sequences that the session got.
    pub session: &'a SessionSequences,
    /// Rows that may still be handled before giving way.
    pub budget: u32,
    pub meter: &'a mut Meter,
}

impl Context<'_> {
    pub fn view(&self) -> View<'_> {
        match &self.access {
            Access::Read(snapshot) => View::at(self.store, *snapshot),
            Access::Write(transaction) => transaction.view(self.store),
        }
    }

    /// The transaction to write through, and the store.
    ///
    /// # Errors
    /// `ReadOnly` where there is none, `MemoryLimit` where there is no room for what it would write.
    pub fn writer(&mut self) -> Result<(&mut Transaction, &Store)> {
        self.meter.check_write()?;
        self.transaction()
    }

    /// The same for what writes nothing yet.
    ///
    /// # Errors
    /// `ReadOnly` where there is none.
    pub fn transaction(&mut self) -> Result<(&mut Transaction, &Store)> {
        match &mut self.access {
            Access::Write(transaction) => Ok((transaction, self.store)),
            Access::Read(_) => Err(Error::new(Code::ReadOnly, "cannot write here")),
        }
    }

    /// All columns of a row as the statement's transaction sees it.
    pub fn current_row(&self, table: &TableSchema, row: RowId) -> Result<Fetch<Vec<Value>>> {
        let missing = || Error::new(Code::Internal, "a row to be changed is not there");
        let Access::Write(transaction) = &self.access else {
            return Err(missing());
        };
        let location = transaction.current(self.store, table.id, row);
        let columns = table.columns.iter().map(|c| ScanColumn::Column(c.id));
        let columns: Vec<ScanColumn> = columns.collect();
        let location = location.ok_or_else(missing)?;
        let read = self.view().read_rows(table.id, &[location], &columns)?;
        Ok(match read {
            Fetch::Ready(chunk) => Fetch::Ready(chunk.row(0)),
            Fetch::Need(block) => Fetch::Need(block),
        })
    }

    /// The versions that a scan reads, and whether the transaction's own writes are among them.
    pub fn versions(&self, time: TimeSlot) -> (Versions, bool) {
        match time {
            TimeSlot::Present => {
                let writes = matches!(self.access, Access::Write(_));
                (Versions::AsOf(self.view().snapshot()), writes)
            }
            TimeSlot::Clause(clause) => (self.moments[clause].clone(), false),
        }
    }

    pub fn eval(&self) -> EvalContext<'_> {
        EvalContext {
            parameters: self.parameters,
            outer: &self.outer,
            subplans: &self.subplans,
            now: self.now,
            entropy: self.entropy,
            clock: Some((self.meter.start(), self.clock)),
            sequences: Some(self),
            heap: self.meter.heap(),
        }
    }

    /// Counts work.
    pub fn spend(&mut self, rows: usize) {
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        self.budget = self.budget.saturating_sub(rows.max(1));
    }

    /// Whether it is time to give way.
    pub fn is_spent(&self) -> bool {
        self.budget == 0
    }
}
