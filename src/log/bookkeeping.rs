//! The payloads of the frames that belong to no transaction.
//!
//! ```text
//!   SESSION   [ epoch,         a writer opened the log; epochs count from 1
//!               microseconds,  since 1970
//!               flushed end ]  as in COMMIT: a session begins with a flush of all that was found
//!   SEAL      [ number of the next segment, commits so far, hash of the last ]
//! ```
//!
//! A SEAL is written once the next segment's header is known to be durable. So a log that ends in a sealed
//! segment has lost a file; that is all a SEAL is for, and a damaged one costs nothing.

use super::chain::Hash;
use crate::encoding::wire::{Decoded, Reader, Write};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    pub epoch: u64,
    pub now: i64,
    pub flushed_end: u64,
}

impl Session {
    pub fn write(&self, out: &mut Vec<u8>) {
        out.array_length(3);
        out.uint(self.epoch);
        out.int(self.now);
        out.uint(self.flushed_end);
    }

    pub fn read(payload: &[u8]) -> Decoded<Session> {
        let mut reader = Reader::new(payload);
        reader.array_of(3)?;
        let session = Session {
            epoch: reader.uint()?,
            now: reader.int()?,
            flushed_end: reader.uint()?,
        };
        reader.end()?;
        Ok(session)
    }
}

pub fn write_seal(out: &mut Vec<u8>, next: u64, commits: u64, chain: &Hash) {
    out.array_length(3);
    out.uint(next);
    out.uint(commits);
    out.bin(chain);
}
