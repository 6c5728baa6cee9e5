//! What a caller gets.

use crate::column::Chunk;
use crate::error::Error;
use crate::plan::OutputColumn;
use crate::table::BlockId;
pub use crate::txn::Operation;
use crate::types::{DataType, Seq, Value};
use std::rc::Rc;

/// What one step of a task came to.
#[derive(Debug)]
pub enum Progress {
    /// There is more to do.
    Working,
    /// A block is not in memory; the next step loads it.
    NeedBlock(BlockId),
    /// Another session has the right to write. Step others first.
    WaitingForWriter,
    /// A statement ended; there may be more of them.
    Statement(StatementResult),
    /// All statements ended.
    Finished,
    /// A statement failed, and with it the task. Results of the statements before it stand.
    Failed(Failure),
}

/// The end of a task by an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Which statement of the request it was, from 0.
    pub statement: usize,
    pub error: Error,
}

/// What one statement answered, as columns.
#[derive(Debug, Clone)]
pub struct StatementResult {
    /// `SELECT`, `INSERT`, `CREATE TABLE`, …
    pub command: &'static str,
    /// Empty for a statement without rows.
    pub fields: Rc<[OutputColumn]>,
    /// Chunks may have a selection.
    pub chunks: Vec<Chunk>,
    /// Rows that an INSERT, UPDATE, DELETE or TRUNCATE touched.
    pub affected_rows: u64,
    /// The commit that the statement made, or else the last one it could see. The reply waits until this is durable.
    pub seq: Option<Seq>,
    /// The statement made the commit `seq`.
    pub committed: bool,
    /// Where it left the session.
    pub transaction: TransactionStatus,
    /// What PostgreSQL would say as a warning.
    pub notice: Option<&'static str>,
}

impl StatementResult {
    pub fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    /// All rows as values, for tests and tools.
    pub fn values(&self) -> Vec<Vec<Value>> {
        let rows = |chunk: &Chunk| {
            (0..chunk.len())
                .map(|row| chunk.row(row))
                .collect::<Vec<_>>()
        };
        self.chunks.iter().flat_map(rows).collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionStatus {
    Idle,
    Open,
    /// An error happened: only the end of the transaction or of a savepoint is taken.
    Failed,
}

/// A prepared statement as its caller sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    pub fields: Vec<OutputColumn>,
    pub parameters: Vec<DataType>,
}

/// One state of a row, or its end.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    pub seq: Seq,
    pub time: i64,
    pub operation: Operation,
    /// In the order of the columns; `None` after a delete.
    pub row: Option<Vec<Value>>,
    /// Positions of the columns that this commit changed: all of them for an insert, none for a delete.
    pub changed: Vec<usize>,
    /// The commit that ended this state and its time; `None` while it lasts. A delete lasts until a row has the
    /// key again.
    pub until: Option<(Seq, i64)>,
    pub meta: Option<String>,
}

/// All states of the rows that ever held a key, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    pub fields: Vec<OutputColumn>,
    pub entries: Vec<HistoryEntry>,
}

/// Counters since the database was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Statements whose text was parsed.
    pub parses: u64,
    /// Statements whose plan came from the cache.
    pub plan_cache_hits: u64,
    pub plan_cache_misses: u64,
    /// Statements that took a path without operators.
    pub short_paths: u64,
    /// Index entries that look-ups touched.
    pub entries_touched: u64,
}
