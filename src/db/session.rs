//! A session: what one connection has open.
//!
//! ```text
//!   idle -- BEGIN --> open -- an error --> failed
//!     ^                | \                   |
//!     +---- COMMIT ----+  +--- ROLLBACK -----+      (COMMIT of a failed one rolls back)
//! ```
//!
//! A transaction block that may write takes the right to write with its first statement and keeps it to
//! its end: one writer at a time, so that its snapshot is never behind another's commit and nothing has
//! ever to be retried. A READ ONLY block takes a snapshot alone.

use super::cache::Compiled;
use super::cursor::Cursors;
use super::settings::Settings;
use super::{TaskId, TransactionStatus};
use crate::error::{Code, Error, Result};
use crate::exec::SessionSequences;
use crate::txn::{Savepoint, TemporaryPlace, Transaction};
use crate::types::Snapshot;
use crate::types::SortedMap;
use std::collections::VecDeque;
use std::rc::Rc;

#[derive(Default)]
pub(super) struct Session {
    pub block: Option<Block>,
    /// The session's requests, in the order they came; only the first one runs.
    pub tasks: VecDeque<TaskId>,
    /// The values of sequences that it got.
    pub sequences: Rc<SessionSequences>,
    pub settings: Settings,
    /// Its temporary tables, between transactions.
    pub temporary: TemporaryPlace,
    pub cursors: Cursors,
    /// Its statements of PREPARE, by name.
    pub prepared: SortedMap<String, Rc<Compiled>>,
}

/// From BEGIN to its end, or the span of an atomic request.
pub(super) struct Block {
    pub read_only: bool,
    pub failed: bool,
    /// Opened for one request and closed with it, rather than by BEGIN.
    pub implicit: bool,
    /// What `now()` answers throughout: the time of BEGIN.
    pub now: Option<i64>,
    pub reading: Reading,
    /// What the transaction was before its first statement.
    pub start: Option<Savepoint>,
    savepoints: Vec<Mark>,
    /// What the session had set when it began.
    settings: Settings,
    pub affected_rows: u64,
    /// The statements' normalised texts, for the commit.
    pub statements: Vec<Rc<str>>,
    pub meta: Option<String>,
}

/// What a block was at a SAVEPOINT.
struct Mark {
    name: String,
    /// Those set before the first statement have no place yet: it is the start.
    place: Option<Savepoint>,
    settings: Settings,
    affected_rows: u64,
    /// How many statements there were.
    statements: usize,
    /// How many cursors had been made.
    cursors: u64,
}

/// What the block reads, from its first statement on.
pub(super) enum Reading {
    Nothing,
    Snapshot(Snapshot),
    Writing(Box<Transaction>),
}

impl Block {
    pub fn new(read_only: bool, implicit: bool, settings: &Settings) -> Block {
        Block {
            read_only,
            failed: false,
            implicit,
            now: None,
            reading: Reading::Nothing,
            start: None,
            savepoints: Vec::new(),
            settings: settings.clone(),
            affected_rows: 0,
            statements: Vec::new(),
            meta: None,
        }
    }

    pub fn transaction(&mut self) -> Option<&mut Transaction> {
        match &mut self.reading {
            Reading::Writing(transaction) => Some(transaction),
            _ => None,
        }
    }

    /// Remembers a statement for the commit.
    pub fn note(&mut self, text: &Rc<str>, affected_rows: u64) {
        self.affected_rows += affected_rows;
        if self.statements.last() != Some(text) {
            self.statements.push(text.clone());
        }
    }

    /// What its statements read, once it has one.
    pub fn snapshot(&self) -> Snapshot {
        match &self.reading {
            Reading::Nothing => Snapshot::main(None),
            Reading::Snapshot(snapshot) => *snapshot,
            Reading::Writing(transaction) => transaction.snapshot(),
        }
    }

    pub fn savepoint(&mut self, name: &str, settings: &Settings, cursors: u64) {
        let place = self.transaction().map(Transaction::savepoint);
        self.savepoints.push(Mark {
            name: name.to_string(),
            place,
            settings: settings.clone(),
            affected_rows: self.affected_rows,
            statements: self.statements.len(),
            cursors,
        });
    }

    pub fn release(&mut self, name: &str) -> Result<()> {
        let place = self.find(name)?;
        self.savepoints.truncate(place);
        Ok(())
    }

    /// Gives what was set then, and how many cursors had been made.
    pub fn rollback_to(&mut self, name: &str) -> Result<(Settings, u64)> {
        let place = self.find(name)?;
        self.savepoints.truncate(place + 1);
        let mark = &self.savepoints[place];
        let savepoint = mark.place.or(self.start);
        // The commit tells of what it did.
        self.affected_rows = mark.affected_rows;
        self.statements.truncate(mark.statements);
        if let (Some(savepoint), Some(transaction)) = (savepoint, self.transaction()) {
            transaction.rollback_to(&savepoint);
        }
        self.failed = false;
        let mark = &self.savepoints[place];
        Ok((mark.settings.clone(), mark.cursors))
    }

    fn find(&self, name: &str) -> Result<usize> {
        let found = self.savepoints.iter().rposition(|mark| mark.name == name);
        found.ok_or_else(|| {
            let message = format!("savepoint \"{name}\" does not exist");
            Error::new(Code::UndefinedSavepoint, message)
        })
    }
}

impl Session {
    /// Takes the block out at its end, and with it what was set for it alone.
    pub fn end_block(&mut self, commits: bool) -> Option<Block> {
        let mut block = self.block.take()?;
        if !commits || block.failed {
            self.settings = std::mem::take(&mut block.settings);
        }
        self.settings.end_local();
        self.cursors.end_block(commits && !block.failed);
        Some(block)
    }

    pub fn status(&self) -> TransactionStatus {
        match &self.block {
            Some(block) if block.implicit => TransactionStatus::Idle,
            Some(block) if block.failed => TransactionStatus::Failed,
            Some(_) => TransactionStatus::Open,
            None => TransactionStatus::Idle,
        }
    }
}
