//! The payload of the COMMIT frame.
//!
//! ```text
//!   [ count,            events of the transaction
//!     microseconds,     of its time beyond the milliseconds in the frame
//!     clock lag,        time - what the clock said, in microseconds
//!     branch,           0 is main
//!     merge parent,     nil or [branch, seq]
//!     request,          nil or 16 bytes that the client chose
//!     ordinal,          which statement of the request it was
//!     affected rows,
//!     meta,             nil or a JSON text
//!     statement,        its text without literals
//!     flushed end,      everything in this file before it was durable when this was built
//!     blinding,         16 random bytes
//!     hash ]            of the chain, 32 bytes
//! ```
//!
//! The first ten elements describe the commit and enter its hash, as the bytes they are; the others
//! speak of this copy of it.

use super::chain::{Blinding, Hash};
use super::transaction::Destination;
use crate::commit::{Commit, RequestId};
use crate::encoding::wire::{Decoded, Reader, Write, invalid};
use crate::types::{BranchId, Seq};

const ELEMENTS: usize = 13;

#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    pub count: u32,
    pub time: i64,
    raw_clock: i64,
    branch: BranchId,
    merge_parent: Option<(BranchId, Seq)>,
    request: Option<RequestId>,
    request_ordinal: u32,
    affected_rows: u64,
    meta: Option<&'a str>,
    statement: &'a str,
    pub flushed_end: u64,
    pub blinding: Blinding,
    pub hash: Hash,
}

impl<'a> Record<'a> {
    /// The record of a commit, whose hash is still to come.
    pub fn of(commit: &'a Commit, count: u32, destination: &Destination) -> Record<'a> {
        Record {
            count,
            time: commit.time,
            raw_clock: commit.raw_clock,
            branch: commit.branch,
            merge_parent: commit.merge_parent,
            request: commit.request,
            request_ordinal: commit.request_ordinal,
            affected_rows: commit.affected_rows,
            meta: commit.meta.as_deref(),
            statement: &commit.statement,
            flushed_end: destination.flushed_end,
            blinding: destination.blinding,
            hash: [0; 32],
        }
    }

    /// The elements that enter the hash.
    pub fn info(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.statement.len());
        out.uint(u64::from(self.count));
        out.uint(self.time.rem_euclid(1000) as u64);
        out.int(self.time.wrapping_sub(self.raw_clock));
        out.uint(u64::from(self.branch.0));
        match self.merge_parent {
            None => out.nil(),
            Some((branch, seq)) => {
                out.array_length(2);
                out.uint(u64::from(branch.0));
                out.uint(seq.0);
            }
        }
        match &self.request {
            None => out.nil(),
            Some(request) => out.bin(request),
        }
        out.uint(u64::from(self.request_ordinal));
        out.uint(self.affected_rows);
        match self.meta {
            None => out.nil(),
            Some(meta) => out.str(meta),
        }
        out.str(self.statement);
        out
    }

    pub fn write(&self, out: &mut Vec<u8>, info: &[u8]) {
        out.array_length(ELEMENTS);
        out.extend(info);
        out.uint(self.flushed_end);
        out.bin(&self.blinding);
        out.bin(&self.hash);
    }

    /// Reads the payload of a frame with this time.
    #[inline(never)] // see `Recovery::step_rarely`
    pub fn read(payload: &'a [u8], unix_ms: i64) -> Decoded<Record<'a>> {
        let mut reader = Reader::new(payload);
        reader.array_of(ELEMENTS)?;
        let count = reader.u32()?;
        let time = time(unix_ms, reader.uint()?)?;
        let record = Record {
            count,
            time,
            raw_clock: time.wrapping_sub(reader.int()?),
            branch: BranchId(reader.u32()?),
            merge_parent: read_parent(&mut reader)?,
            request: if reader.nil()? {
                None
            } else {
                Some(reader.bin_array()?)
            },
            request_ordinal: reader.u32()?,
            affected_rows: reader.uint()?,
            meta: if reader.nil()? {
                None
            } else {
                Some(reader.str()?)
            },
            statement: reader.str()?,
            flushed_end: reader.uint()?,
            blinding: reader.bin_array()?,
            hash: reader.bin_array()?,
        };
        reader.end()?;
        Ok(record)
    }

    /// The commit, so far without its changes.
    pub fn commit(&self, seq: Seq) -> Commit {
        Commit {
            seq,
            branch: self.branch,
            merge_parent: self.merge_parent,
            time: self.time,
            raw_clock: self.raw_clock,
            request: self.request,
            request_ordinal: self.request_ordinal,
            affected_rows: self.affected_rows,
            meta: self.meta.map(str::to_string),
            statement: self.statement.to_string(),
            catalog: Vec::new(),
            tables: Vec::new(),
        }
    }
}

fn time(unix_ms: i64, microseconds: u64) -> Decoded<i64> {
    let time = (microseconds < 1000)
        .then(|| unix_ms.checked_mul(1000)?.checked_add(microseconds as i64))
        .flatten();
    time.map_or_else(|| invalid("a time is out of range"), Ok)
}

fn read_parent(reader: &mut Reader) -> Decoded<Option<(BranchId, Seq)>> {
    if reader.nil()? {
        return Ok(None);
    }
    reader.array_of(2)?;
    Ok(Some((BranchId(reader.u32()?), Seq(reader.uint()?))))
}
