//! The database: its sessions, tasks and what they share.

use super::{
    AsOf, Counters, Description, Failure, History, Limits, Options, Parameter, Progress, Request,
    SessionId, StatementId, StatementResult, TaskId,
};
use crate::error::{Code, Error, Result};
use crate::table::{Catalog, CommitInfo, Stats};
use crate::types::Seq;
use std::rc::Rc;

/// A database being opened.
pub struct Opening {}

/// An open database.
pub struct Database {}

fn unbuilt<T>() -> Result<T> {
    Err(Error::new(Code::Internal, "not built"))
}

impl Opening {
    /// Does a part of the work; `None` means that the host must run (a storage had a miss, or there is
    /// more to replay) and ask again.
    pub fn step(&mut self, _budget: u32) -> Result<Option<Database>> {
        unbuilt()
    }
}

impl Database {
    pub fn open(_options: Options) -> Opening {
        Opening {}
    }

    pub fn session(&mut self) -> SessionId {
        SessionId(0)
    }

    /// Rolls back what the session left open, and forgets it, its tasks and its statements.
    pub fn end_session(&mut self, _session: SessionId) {}

    pub fn in_transaction(&self, _session: SessionId) -> bool {
        false
    }

    pub fn start(&mut self, _session: SessionId, _request: Request) -> Result<TaskId> {
        unbuilt()
    }

    /// Does a part of a task. After `Finished` or `Failed` the task is gone.
    pub fn step(&mut self, _task: TaskId, _budget: u32) -> Progress {
        Progress::Finished
    }

    /// Makes the task fail at its next step with this code (`Cancelled` or `Timeout`).
    pub fn cancel(&mut self, _task: TaskId, _why: Code) {}

    pub fn prepare(&mut self, _session: SessionId, _sql: &str) -> Result<StatementId> {
        unbuilt()
    }

    pub fn describe(
        &mut self,
        _session: SessionId,
        _statement: StatementId,
    ) -> Result<Description> {
        unbuilt()
    }

    pub fn close_statement(&mut self, _statement: StatementId) {}

    /// A prepared statement run to its end in one call, if it takes a short path and nothing is in its
    /// way; `None`: start a task.
    pub fn execute(
        &mut self,
        _session: SessionId,
        _statement: StatementId,
        _parameters: &[Parameter],
    ) -> Result<Option<StatementResult>> {
        unbuilt()
    }

    /// Writes all commits since the last flush and asks that they be made durable.
    pub fn flush(&mut self) -> Result<()> {
        unbuilt()
    }

    pub fn applied_seq(&self) -> Option<Seq> {
        None
    }

    /// The last commit known to be durable. An error means that a flush failed: open the database anew.
    pub fn durable_seq(&mut self) -> Result<Option<Seq>> {
        unbuilt()
    }

    /// Work for idle times; true: there is more.
    pub fn maintain(&mut self, _milliseconds: u32) -> Result<bool> {
        unbuilt()
    }

    pub fn close(&mut self) -> Result<()> {
        unbuilt()
    }

    /// Every version that held a primary key, oldest first. `names` gives the columns of the key if it was not given in their order.
    pub fn history(
        &mut self,
        _table: &str,
        _key: &[Parameter],
        _names: Option<&[String]>,
        _as_of: Option<&AsOf>,
    ) -> Result<History> {
        unbuilt()
    }

    /// A commit's time, statement and so on.
    pub fn commit_info(&self, _seq: Seq) -> Option<&CommitInfo> {
        None
    }

    /// The schema at a moment, or of the present.
    pub fn catalog(&self, _as_of: Option<&AsOf>) -> Result<Rc<Catalog>> {
        unbuilt()
    }

    pub fn counters(&self) -> Counters {
        Counters::default()
    }

    pub fn stats(&self) -> Stats {
        Stats::default()
    }

    pub fn limits(&self) -> Limits {
        Limits::default()
    }

    /// Drives a request to its end, flushes included.
    pub fn run(
        &mut self,
        _session: SessionId,
        _request: Request,
    ) -> std::result::Result<Vec<StatementResult>, (Vec<StatementResult>, Failure)> {
        Ok(Vec::new())
    }
}
