//! What a database is opened with.

use crate::log::Mode;
use crate::storage::Storage;
use crate::table::Residency;
use crate::types::{Clock, Entropy, HeapBound};
use std::rc::Rc;

/// The usual length of a log that is worth a checkpoint.
pub const CHECKPOINT_AFTER: u64 = 1 << 20;

/// The usual budget of memory.
pub const MEMORY: u64 = 100_000_000;

/// The largest.
pub const MEMORY_MAX: u64 = 1_000_000_000;

/// Everything that opening needs. The clock and the source of randomness are the host's.
pub struct Options {
    /// `None` keeps everything in memory and no log.
    pub storage: Option<Box<dyn Storage>>,
    /// Whether it is opened for writing.
    pub mode: Mode,
    /// A database was made in the storage earlier: that it is empty is `DATA_LOSS`.
    pub is_known: bool,
    pub clock: Rc<dyn Clock>,
    pub entropy: Rc<dyn Entropy>,
    pub residency: Residency,
    pub durability: Durability,
    /// Bytes of the log behind a checkpoint from which on the next is written; at least an eighth of those that it has. Each row
    /// that changed counts besides (see `Commit::cost`).
    pub checkpoint_after: u64,
    /// Off: plans run as they were bound. Both must answer the same.
    pub optimizer: bool,
    /// Off: every statement is parsed and bound anew. Both must answer the same.
    pub plan_cache: bool,
    pub limits: Limits,
    /// Bytes that tables, indexes and commits take in memory before those are dropped that storage holds. Without storage
    /// nothing is dropped.
    pub memory: u64,
    /// What everything may take; as a rule, all there is.
    pub heap: HeapBound,
}

impl Options {
    /// A database in memory with everything else as usual.
    pub fn memory(clock: Rc<dyn Clock>, entropy: Rc<dyn Entropy>) -> Options {
        Options {
            storage: None,
            mode: Mode::Write,
            is_known: false,
            clock,
            entropy,
            residency: Residency::All,
            durability: Durability::Strict,
            checkpoint_after: CHECKPOINT_AFTER,
            optimizer: true,
            plan_cache: true,
            limits: Limits::default(),
            memory: MEMORY,
            heap: HeapBound::default(),
        }
    }
}

/// When a reply that depends on a commit may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// When the commit has been flushed.
    Strict,
    /// When it has been written.
    Relaxed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the operators of one statement may hold.
    pub memory_bytes: u64,
    /// Rows that one statement may answer.
    pub rows: u64,
    /// Microseconds that a writer waits for another transaction to end.
    pub lock_timeout: i64,
    /// Statements whose plans are kept.
    pub cached_plans: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory_bytes: 512 << 20,
            rows: 10_000_000,
            lock_timeout: 5_000_000,
            cached_plans: 500,
        }
    }
}
