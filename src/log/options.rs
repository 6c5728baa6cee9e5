//! How a log is opened, and what the opening found.

use super::page::DatabaseId;
use crate::encoding::limit;
use crate::error::Error;
use crate::types::Entropy;
use std::fmt;
use std::rc::Rc;

#[derive(Clone)]
pub struct Options {
    /// Microseconds since 1970, from the clock.
    pub now: i64,
    pub entropy: Rc<dyn Entropy>,
    pub mode: Mode,
    /// A database was made here: where its storage is empty, that is `DATA_LOSS`, and no new one is made.
    pub is_known: bool,
    pub sizes: Sizes,
}

impl Options {
    /// For writing, with the usual sizes.
    pub fn new(now: i64, entropy: Rc<dyn Entropy>) -> Self {
        Options {
            now,
            entropy,
            mode: Mode::Write,
            is_known: false,
            sizes: Sizes::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// An empty storage becomes a new database.
    Write,
    /// Nothing is written.
    Read,
    /// Nothing is written, and damage is no error; the report names it. In the log it is the end, in a checkpoint it costs what is lost with it.
    Salvage,
}

/// How much room the log takes ahead of need.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Segment n is succeeded when it reaches `first_segment << n` bytes, at most `largest_segment`.
    pub first_segment: u64,
    pub largest_segment: u64,
    /// How far ahead of its end a segment is filled with zeros in idle time.
    pub zero_ahead: u64,
    /// A checkpoint is written when the log behind the last one has so many bytes, and an eighth of those of that one; rows
    /// count besides (see `Commit::cost`).
    pub checkpoint_after: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Sizes {
            first_segment: 1 << 20,
            largest_segment: 64 << 20,
            zero_ahead: 256 << 10,
            checkpoint_after: 1 << 20,
        }
    }
}

impl Sizes {
    /// How large a segment grows before the next is begun.
    pub fn target(&self, number: u64) -> u64 {
        let doublings = u32::try_from(number).unwrap_or(u32::MAX).min(30);
        (self.first_segment << doublings)
            .min(self.largest_segment)
            .min(limit::SEGMENT_BYTES_MAX)
    }
}

/// A place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    pub segment: u64,
    pub file: u32,
    pub offset: u64,
    /// The sequence of the commit that should have followed.
    pub seq: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position {
            segment,
            file,
            offset,
            seq,
        } = self;
        write!(
            f,
            "segment {segment}, file {file}, offset {offset}, seq {seq}"
        )
    }
}

/// What the opening found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// There was no database; there is one now.
    pub created: bool,
    /// The database has not been opened a second time yet, so its files have not proved durable.
    pub provisional: bool,
    pub database: DatabaseId,
    /// Counts the openings for writing, from 1.
    pub epoch: u64,
    /// How many commits there are.
    pub commits: u64,
    pub segments: u64,
    /// How many of the commits came from a checkpoint.
    pub checkpointed: u64,
    /// A write that was never acknowledged was cut off here.
    pub torn: Option<Position>,
    /// Files of another database, which are left alone.
    pub foreign_files: Vec<u32>,
    /// Files in which one of the two copies of a header or slot is damaged and the other was used.
    pub half_damaged_files: Vec<u32>,
    /// Why nothing can be written.
    pub read_only: Option<Error>,
    /// Where the log is damaged; it was read up to there ([`Mode::Salvage`]).
    pub damage: Option<Error>,
    /// The place of the damage, if it is one in a segment.
    pub damaged_at: Option<Position>,
    /// What is damaged in the checkpoint: parts of it are lost ([`Mode::Salvage`]).
    pub checkpoint_damage: Option<Error>,
    /// So many commits were there once, at least.
    pub known: u64,
}
