//! All tables, their history and the catalogs.

use super::{BlockId, Catalog};
use crate::commit::Commit;
use crate::error::{Code, Error, Result};
use crate::types::{Seq, Snapshot, TableId};
use std::rc::Rc;

/// Which blocks and runs can be read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Residency {
    /// All of them.
    All,
    /// Each answers `Need` until it has been loaded: shows that every reader can wait.
    FirstTouch,
}

/// What is kept of a commit besides its changes.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitInfo {
    pub time: i64,
    pub statement: String,
    pub meta: Option<String>,
    pub affected_rows: u64,
    /// The tables of which rows or schema changed.
    pub tables: Vec<TableId>,
}

/// Sizes and counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Blocks of row versions.
    pub blocks: u64,
    /// Runs of indexes.
    pub runs: u64,
    /// Row versions, without copies.
    pub versions: u64,
    /// Row versions that copying forward wrote again.
    pub copies: u64,
    /// Live index entries that look-ups touched so far.
    pub live_entries_touched: u64,
    /// Closed index entries that look-ups touched so far.
    pub closed_entries_touched: u64,
    /// Bytes held in memory, roughly.
    pub bytes_held: u64,
}

pub struct Store {
    catalogs: Vec<(Seq, Rc<Catalog>)>,
    empty: Rc<Catalog>,
    commits: Vec<CommitInfo>,
}

impl Store {
    pub fn new(_residency: Residency) -> Store {
        Store {
            catalogs: Vec::new(),
            empty: Rc::default(),
            commits: Vec::new(),
        }
    }

    /// Makes a commit's changes: the only writer, live and in replay alike.
    ///
    /// # Errors
    /// A commit that does not follow the last or does not fit the tables. The store is then of no use any
    /// more: it is thrown away and made anew from the log.
    pub fn apply(&mut self, _commit: Commit) -> Result<()> {
        Err(Error::new(Code::Internal, "not built"))
    }

    /// Answers a `Need`.
    pub fn load(&mut self, _block: BlockId) -> Result<()> {
        Err(Error::new(Code::Internal, "not built"))
    }

    pub fn last_seq(&self) -> Option<Seq> {
        (self.commits.len() as u64).checked_sub(1).map(Seq)
    }

    pub fn catalog(&self, snapshot: Snapshot) -> Rc<Catalog> {
        match self.catalog_epoch(snapshot) {
            0 => self.empty.clone(),
            epoch => self.catalogs[epoch as usize - 1].1.clone(),
        }
    }

    /// Equal epochs, equal catalogs.
    pub fn catalog_epoch(&self, snapshot: Snapshot) -> u64 {
        let known = |(seq, _): &(Seq, Rc<Catalog>)| snapshot.seq.is_some_and(|at| *seq <= at);
        self.catalogs.partition_point(known) as u64
    }

    /// The last commit at or before a time.
    pub fn seq_at_time(&self, time: i64) -> Option<Seq> {
        let after = self.commits.partition_point(|commit| commit.time <= time) as u64;
        after.checked_sub(1).map(Seq)
    }

    pub fn commit_info(&self, seq: Seq) -> Option<&CommitInfo> {
        self.commits.get(usize::try_from(seq.0).ok()?)
    }

    pub fn stats(&self) -> Stats {
        Stats::default()
    }
}
