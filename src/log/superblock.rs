//! The superblock: file 0, two slots at 0 and 4096, written in turn.
//!
//! ```text
//!   40   u64 generation      the slot is generation mod 2; of the sound slots the higher one counts
//!   48   u64 segment         the watermark: everything up to here was durable when this was written
//!   56   u64 offset
//!   64   u64 commits
//!   72   chain, 32 bytes     hash of the last of them
//!   104  u64 epoch           of the writer's session
//!   112  u64 clean           1: written at an orderly close
//!   120  u64 checkpoint      the number of the last complete one; 0: there is none
//! ```
//!
//! It is written when the log is idle and at close, never on the way of a commit, and is no more than a
//! witness: the segments describe themselves, and losing both slots loses no data. What it adds is a
//! sharper eye: a log that ends before the watermark has lost something, and
//! so has a database without the checkpoint that is named.

use super::chain::{GENESIS, Hash};
use super::page::{
    self, CHECKPOINTS, DatabaseId, Opened, PAGE_BYTES, Page, array_at, put_u64, u64_at,
};

const MAGIC: &[u8; 8] = b"driftsup";

/// The distance of the slots, so that no sector holds parts of both.
const SLOT_STRIDE: u64 = 4096;

/// A place in the log with the state of the chain there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watermark {
    pub segment: u64,
    pub offset: u64,
    /// How many commits lie before it, which is the next sequence.
    pub commits: u64,
    pub chain: Hash,
    pub epoch: u64,
}

impl Watermark {
    /// Nothing is known to be durable.
    pub const NONE: Watermark = Watermark {
        segment: 0,
        offset: 0,
        commits: 0,
        chain: GENESIS,
        epoch: 0,
    };
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superblock {
    pub database: DatabaseId,
    pub generation: u64,
    pub watermark: Watermark,
    pub clean: bool,
    /// The number of the last complete checkpoint; 0: there is none.
    pub checkpoint: u64,
}

/// Where each slot lies.
pub const SLOTS: [u64; 2] = [0, SLOT_STRIDE];

impl Superblock {
    pub fn offset(&self) -> u64 {
        SLOTS[(self.generation % 2) as usize]
    }

    pub fn encode(&self) -> Page {
        let flags = if self.checkpoint > 0 { CHECKPOINTS } else { 0 };
        let mut page = page::new(MAGIC, &self.database, flags);
        let mark = &self.watermark;
        put_u64(&mut page, 40, self.generation);
        put_u64(&mut page, 48, mark.segment);
        put_u64(&mut page, 56, mark.offset);
        put_u64(&mut page, 64, mark.commits);
        page[72..104].copy_from_slice(&mark.chain);
        put_u64(&mut page, 104, mark.epoch);
        put_u64(&mut page, 112, u64::from(self.clean));
        put_u64(&mut page, 120, self.checkpoint);
        page::seal(&mut page);
        page
    }
}

/// What a slot is.
#[derive(Debug)]
pub enum Slot {
    /// Never written, torn, or damaged: the other one counts.
    Nothing {
        blank: bool,
    },
    TooNew(String),
    Sound {
        superblock: Superblock,
        writable: bool,
    },
}

pub fn read(page: &[u8; PAGE_BYTES]) -> Slot {
    match page::open(page, MAGIC) {
        Opened::Blank => Slot::Nothing { blank: true },
        Opened::Damaged => Slot::Nothing { blank: false },
        Opened::TooNew(needs) => Slot::TooNew(needs),
        Opened::Sound { database, writable } => Slot::Sound {
            superblock: decode(page, database),
            writable,
        },
    }
}

fn decode(page: &Page, database: DatabaseId) -> Superblock {
    Superblock {
        database,
        generation: u64_at(page, 40),
        watermark: Watermark {
            segment: u64_at(page, 48),
            offset: u64_at(page, 56),
            commits: u64_at(page, 64),
            chain: array_at(page, 72),
            epoch: u64_at(page, 104),
        },
        clean: u64_at(page, 112) == 1,
        checkpoint: u64_at(page, 120),
    }
}
