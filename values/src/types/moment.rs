//! What a read sees. Reading the present is reading at the last commit; there is no other way.

use super::{BranchId, ColumnId, Seq};
use std::ops::Range;

/// A state of the database: all commits of a branch up to and including `seq`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Snapshot {
    pub branch: BranchId,
    /// `None` is the state before the first commit, in which nothing exists.
    pub seq: Option<Seq>,
}

impl Snapshot {
    pub fn main(seq: Option<Seq>) -> Self {
        Snapshot {
            branch: BranchId::MAIN,
            seq,
        }
    }

    /// The one visibility rule: a version alive in `[start, end)` is seen at `s` when
    /// `start <= s < end`.
    pub fn sees(&self, start: Seq, end: Seq) -> bool {
        self.seq.is_some_and(|seq| start <= seq && seq < end)
    }
}

/// Which row versions a scan of one table reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Versions {
    /// The versions that a snapshot sees: at most one a row.
    AsOf(Snapshot),
    /// Every version that a snapshot knows of (started by then) whose start and whose end lie in
    /// the given ranges of sequences; an end still open counts as `u64::MAX`. The clauses of SQL:2011
    /// are such pairs: `ALL` is `0..MAX` and `0..=MAX`, `FROM a TO b` is start < b and end > a.
    Within {
        snapshot: Snapshot,
        start: Range<u64>,
        end: std::ops::RangeInclusive<u64>,
    },
}

impl Versions {
    /// `FOR SYSTEM_TIME ALL` as known at a snapshot.
    pub fn all(snapshot: Snapshot) -> Self {
        Versions::Within {
            snapshot,
            start: 0..u64::MAX,
            end: 0..=u64::MAX,
        }
    }

    pub fn snapshot(&self) -> Snapshot {
        match self {
            Versions::AsOf(snapshot) => *snapshot,
            Versions::Within { snapshot, .. } => *snapshot,
        }
    }
}

/// What a scan yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScanColumn {
    Column(ColumnId),
    /// As a bigint; never shown to users.
    RowId,
    SeqStart,
    /// NULL while alive.
    SeqEnd,
    TimeStart,
    /// `'infinity'` while alive.
    TimeEnd,
}
