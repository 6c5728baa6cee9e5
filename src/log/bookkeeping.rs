//! The payloads of the frames that belong to no transaction.
//!
//! ```text
//!   SESSION   [ epoch, microseconds since 1970 ]      a writer opened the log; epochs count from 1
//!   SEAL      [ number of the next segment, commits so far, hash of the last ]
//! ```
//!
//! A SEAL is written once the next segment's header is known to be durable. So a log that ends in a sealed
//! segment has lost a file; that is all a SEAL is for, and a damaged one costs nothing.

use super::chain::Hash;
use super::wire::{Decoded, Reader, Write};

pub fn write_session(out: &mut Vec<u8>, epoch: u64, now: i64) {
    out.array_length(2);
    out.uint(epoch);
    out.int(now);
}

/// The epoch.
pub fn read_session(payload: &[u8]) -> Decoded<u64> {
    let mut reader = Reader::new(payload);
    reader.array_of(2)?;
    let epoch = reader.uint()?;
    reader.int()?;
    reader.end()?;
    Ok(epoch)
}

pub fn write_seal(out: &mut Vec<u8>, next: u64, commits: u64, chain: &Hash) {
    out.array_length(3);
    out.uint(next);
    out.uint(commits);
    out.bin(chain);
}
