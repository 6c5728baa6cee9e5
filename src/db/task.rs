//! A request on its way: which statement it is at and what that one is doing.
//!
//! ```text
//!   Next -- compile, bind --> Running -- step … --> Next        no statement left: finished
//!     |  ^                       |
//!     v  | (the writer ends)     an error: failed, the rest is not run
//!   Waiting
//! ```

use super::cache::Bound;
use super::compile::OwnedTuples;
use super::request::Work;
use super::{Request, SessionId, StatementResult};
use crate::column::Chunk;
use crate::error::Code;
use crate::exec::{Execution, Meter};
use crate::sql::{CursorOptions, Place, Statements};
use crate::table::BlockId;
use crate::txn::{Savepoint, Transaction};
use crate::types::{Snapshot, Value, Versions};
use std::collections::VecDeque;
use std::rc::Rc;

pub(super) struct Task {
    pub session: SessionId,
    pub request: Request,
    /// The statement the task is at; of a statement run for many rows, the row.
    pub statement: usize,
    /// How far the script has been read.
    pub place: Place,
    pub state: State,
    /// The clock's time at which it fails with `Timeout`.
    pub deadline: Option<i64>,
    /// The same for the statement alone.
    pub statement_deadline: Option<i64>,
    /// Set from outside: fail with this at the next step.
    pub stop: Option<Code>,
    /// A block that answered `Need`: it is loaded before the next step.
    pub needed: Option<BlockId>,
    /// Whether its statements commit together.
    pub is_one_transaction: bool,
    /// Whether a request that is one transaction has begun.
    pub begun: bool,
    /// Results that wait for the request's own commit.
    pub held: Vec<StatementResult>,
    /// Results to be handed out.
    pub ready: VecDeque<StatementResult>,
}

pub(super) enum State {
    /// At the start of a statement.
    Next,
    /// At the start of a statement that somebody else's transaction keeps from running.
    Waiting {
        since: i64,
    },
    Running(Box<Running>),
    /// All statements ended.
    Over,
}

pub(super) struct Running {
    pub text: Rc<str>,
    /// The cursor that its rows are for.
    pub cursor: Option<CursorOptions>,
    /// Whether it is told with the commit.
    pub writes: bool,
    pub bound: Rc<Bound>,
    pub parameters: Vec<Value>,
    /// The constants lifted out of an INSERT's tuples.
    pub tuples: OwnedTuples,
    pub moments: Vec<Versions>,
    /// `None` where the plan's short way is taken.
    pub execution: Option<Execution>,
    pub meter: Meter,
    pub chunks: Vec<Chunk>,
    pub rows: u64,
    pub now: i64,
    pub reach: Reach,
}

/// How a running statement reaches the tables.
pub(super) enum Reach {
    Read(Snapshot),
    /// By a transaction of its own, outside a block.
    Own(Box<Transaction>),
    /// By the session's block; an error takes back what happened since the savepoint.
    Block(Savepoint),
}

impl Task {
    /// Whether all that it was asked for has happened: who stops it comes too late.
    pub fn has_ended(&self) -> bool {
        let is_left = || match &self.request.work {
            Work::Script { single: true, .. } | Work::Statement { .. } => self.statement == 0,
            Work::Script { sql, .. } => Statements::resume(sql, self.place).next().is_some(),
            Work::Many { rows, .. } => self.statement < rows.len(),
        };
        match self.state {
            State::Over => true,
            State::Next => self.statement > 0 && !self.is_one_transaction && !is_left(),
            State::Waiting { .. } | State::Running(_) => false,
        }
    }

    pub fn new(session: SessionId, request: Request, deadline: Option<i64>) -> Task {
        Task {
            session,
            is_one_transaction: request.work.is_one_transaction(),
            request,
            statement: 0,
            place: Place::default(),
            state: State::Next,
            deadline,
            statement_deadline: None,
            stop: None,
            needed: None,
            begun: false,
            held: Vec::new(),
            ready: VecDeque::new(),
        }
    }
}
