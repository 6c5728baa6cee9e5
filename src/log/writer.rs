//! The open log: commits go in, and become durable in groups.
//!
//! ```text
//!   file   | header | SESSION | commits ………………………… | pending | zeros …… |
//!                             durable ^    written ^      end ^   zeroed ^
//! ```
//!
//! [`Log::append`] encodes a commit into the pending bytes; [`Log::flush`] hands them to the storage in one
//! write and asks for one flush. When that is done ([`Log::durable`]) the whole group may be acknowledged.

use super::bookkeeping::Session;
use super::chain::Hash;
use super::checkpoint::Checkpoints;
use super::failure::unknown;
use super::frame::{self, Checksum, EventType};
use super::options::Sizes;
use super::page::DatabaseId;
use super::salt::Salts;
use super::superblock::{Superblock, Watermark};
use super::transaction::{self, Destination};
use super::zeros::write_all;
use crate::commit::Commit;
use crate::encoding::limit::{SEGMENT_BYTES_MAX, WRITE_BYTES};
use crate::error::{Code, Error, Result};
use crate::storage::{Storage, Ticket};
use crate::types::Seq;
use std::collections::VecDeque;

/// Where the chain of commits has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub next_seq: u64,
    /// Of the last commit.
    pub time: i64,
    pub chain: Hash,
}

/// The segment that is being written.
#[derive(Debug)]
pub(super) struct Segment {
    pub number: u64,
    pub file: u32,
    pub checksum: Checksum,
    /// Up to here the storage has the bytes.
    pub written: u64,
    /// Up to here they are known to be durable.
    pub durable: u64,
    /// From `written` up to here the file holds zeros.
    pub zeroed: u64,
}

/// A file in which no segment lives.
#[derive(Debug, Clone, Copy)]
pub(super) struct FreeFile {
    pub file: u32,
    /// How far it was filled with zeros.
    pub zeroed: u64,
}

/// A flush that was asked for.
#[derive(Debug)]
struct Flight {
    ticket: Ticket,
    /// The group that it makes durable.
    group: u64,
    mark: Watermark,
}

/// The log of a database, open for writing.
pub struct Log {
    pub(super) storage: Box<dyn Storage>,
    pub(super) salts: Salts,
    pub(super) sizes: Sizes,
    pub(super) database: DatabaseId,
    pub(super) epoch: u64,
    pub(super) segment: Segment,
    pub(super) head: Head,
    /// Encoded and not yet written.
    pub(super) pending: Vec<u8>,
    /// Bytes from here on belong to commits that nobody was told of.
    pub(super) untold: u64,
    /// Up to here a flush was asked for.
    pub(super) asked: u64,
    /// Groups that a ticket was given for, and of them those that are durable.
    groups: u64,
    durable_groups: u64,
    flights: VecDeque<Flight>,
    /// The header of this segment, or what was found in it, is not known to be durable; groups wait for it.
    pub(super) awaits_flush: bool,
    /// A group is waiting.
    held: bool,
    /// A SEAL to be written into the segment before: file, offset, frame.
    pub(super) seal: Option<(u32, u64, Vec<u8>)>,
    pub(super) free: VecDeque<FreeFile>,
    /// Files below this number are known.
    pub(super) known_files: u32,
    pub(super) superblock: Superblock,
    pub(super) durable_mark: Watermark,
    /// Something was written since the last flush that no group covers: zeros, the superblock.
    pub(super) unflushed_upkeep: bool,
    /// Commits that were there when the log was opened: nobody waits for those.
    pub(super) recovered: u64,
    pub(super) checkpoints: Checkpoints,
    pub(super) failure: Option<Error>,
}

/// What recovery hands to the log.
pub(super) struct Parts {
    pub storage: Box<dyn Storage>,
    pub salts: Salts,
    pub sizes: Sizes,
    pub database: DatabaseId,
    pub epoch: u64,
    pub segment: Segment,
    pub head: Head,
    pub free: VecDeque<FreeFile>,
    pub known_files: u32,
    pub superblock: Superblock,
    pub checkpoints: Checkpoints,
}

impl Log {
    pub(super) fn new(parts: Parts) -> Log {
        let written = parts.segment.written;
        Log {
            durable_mark: parts.superblock.watermark,
            storage: parts.storage,
            salts: parts.salts,
            sizes: parts.sizes,
            database: parts.database,
            epoch: parts.epoch,
            segment: parts.segment,
            head: parts.head,
            pending: Vec::new(),
            untold: written,
            asked: written,
            groups: 0,
            durable_groups: 0,
            flights: VecDeque::new(),
            awaits_flush: false,
            held: false,
            seal: None,
            free: parts.free,
            known_files: parts.known_files,
            superblock: parts.superblock,
            unflushed_upkeep: false,
            recovered: parts.head.next_seq,
            checkpoints: parts.checkpoints,
            failure: None,
        }
    }

    /// The sequence that the next commit must have.
    pub fn next_seq(&self) -> Seq {
        Seq(self.head.next_seq)
    }

    /// The time of the last commit, in microseconds; the next must be later.
    pub fn last_time(&self) -> Option<i64> {
        (self.head.next_seq > 0).then_some(self.head.time)
    }

    /// The hash of the last commit appended, over all before it.
    pub fn chain(&self) -> Hash {
        self.head.chain
    }

    /// The database's random name.
    pub fn database(&self) -> DatabaseId {
        self.database
    }

    /// How many times the database was opened for writing.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// How many commits are known to be durable.
    pub fn durable_commits(&self) -> u64 {
        self.durable_mark.commits
    }

    /// Gives the storage back, to open it anew.
    pub fn into_storage(self) -> Box<dyn Storage> {
        self.storage
    }

    /// Where the next frame goes.
    pub(super) fn end(&self) -> u64 {
        self.segment.written + self.pending.len() as u64
    }

    /// Adds a commit to the group at hand.
    ///
    /// # Errors
    /// `LIMIT_LENGTH` and `QUOTA` when the commit is too large for its limits or for the segment; the log
    /// goes on without it. After any other error it takes nothing more.
    pub fn append(&mut self, commit: &Commit) -> Result<()> {
        self.check()?;
        self.check_order(commit)?;
        let before = self.pending.len();
        let destination = Destination {
            checksum: &self.segment.checksum,
            offset: self.segment.written + before as u64,
            flushed_end: self.segment.durable,
            previous: self.head.chain,
            blinding: self.salts.next(),
        };
        let chain = transaction::write(&mut self.pending, commit, &destination)?;
        if self.end() > SEGMENT_BYTES_MAX {
            self.pending.truncate(before);
            let message = "the log's segment is full, and there is no file to go on in";
            return Err(Error::new(Code::Quota, message));
        }
        self.checkpoints.log_cost += commit.cost();
        self.head = Head {
            next_seq: self.head.next_seq + 1,
            time: commit.time,
            chain,
        };
        match self.pending.len() >= WRITE_BYTES && !self.awaits_flush {
            true => self.write_pending(),
            false => Ok(()),
        }
    }

    fn check_order(&self, commit: &Commit) -> Result<()> {
        let follows = commit.seq.0 == self.head.next_seq
            && self.last_time().is_none_or(|last| commit.time > last);
        // Milliseconds and microseconds are stored apart; the first moments that an i64 has do not come together
        // again.
        let is_storable = commit.time.div_euclid(1000).checked_mul(1000).is_some();
        match follows && is_storable {
            true => Ok(()),
            false => Err(Error::new(
                Code::Internal,
                format!("commit {} does not follow the last one", commit.seq),
            )),
        }
    }

    /// Hands the group to the storage without asking for it to be durable: it survives the end of the
    /// process, not of the machine.
    pub fn write(&mut self) -> Result<()> {
        self.check()?;
        self.poll()?;
        if !self.awaits_flush {
            self.write_pending()?;
            self.untold = self.segment.written;
        }
        Ok(())
    }

    /// Writes the group and asks for it to be made durable. `None`: nothing was added since the last time.
    pub fn flush(&mut self) -> Result<Option<Ticket>> {
        self.check()?;
        self.poll()?;
        if self.end() == self.asked {
            return Ok(None);
        }
        self.groups += 1;
        self.asked = self.end();
        let group = Ticket(self.groups);
        match self.awaits_flush {
            true => self.held = true,
            false => self.send()?,
        }
        Ok(Some(group))
    }

    /// Whether a group is durable.
    pub fn durable(&mut self, ticket: Ticket) -> Result<bool> {
        if ticket.0 <= self.durable_groups {
            return Ok(true);
        }
        if let Some(failure) = &self.failure {
            return Err(unknown(failure));
        }
        self.poll()?;
        Ok(ticket.0 <= self.durable_groups)
    }

    /// Whether it takes commits: it has not failed, nor been closed, nor was it opened for reading only.
    pub fn is_open(&self) -> bool {
        self.failure.is_none()
    }

    /// An error if the log takes nothing more.
    pub(super) fn check(&self) -> Result<()> {
        match &self.failure {
            None => Ok(()),
            Some(failure) => Err(failure.clone()),
        }
    }

    /// From now on every call answers with this error.
    pub(super) fn refuse_from_now_on(&mut self, failure: Error) {
        self.failure = Some(failure);
    }

    /// Flushes what was found, and then writes a SESSION frame: this writer's first mark. All that precedes it
    /// is durable for certain, whatever became of the process that wrote it.
    pub(super) fn begin_session(&mut self, now: i64) -> Result<Option<Ticket>> {
        self.awaits_flush = true;
        let session = Session {
            epoch: self.epoch,
            now,
            flushed_end: self.segment.written,
        };
        let head = (self.head.next_seq, now.div_euclid(1000), EventType::Session);
        let offset = self.end();
        frame::write(
            &mut self.pending,
            &self.segment.checksum,
            offset,
            head,
            |out| {
                session.write(out);
            },
        );
        self.request_flush(self.mark())?;
        self.flush()
    }

    fn write_pending(&mut self) -> Result<()> {
        let (file, offset) = (self.segment.file, self.segment.written);
        if let Err(cause) = write_all(self.storage.as_mut(), file, offset, &self.pending) {
            return Err(self.undo_write(cause, None));
        }
        self.segment.written += self.pending.len() as u64;
        self.checkpoints.log_cost += self.pending.len() as u64;
        self.segment.zeroed = self.segment.zeroed.max(self.segment.written);
        self.pending.clear();
        Ok(())
    }

    /// Writes the group and whatever goes with it, and asks for the flush.
    fn send(&mut self) -> Result<()> {
        self.held = false;
        self.write_pending()?;
        if let Some((file, offset, bytes)) = self.seal.take() {
            // Only a hint: see bookkeeping.
            let _ = self.storage.write_at(file, offset, &bytes);
        }
        let mark = self.mark();
        if self.segment.written >= self.sizes.target(self.segment.number) {
            self.succeed()?;
        }
        self.request_flush(mark)?;
        self.untold = self.segment.written;
        Ok(())
    }

    /// The place up to which everything is written.
    fn mark(&self) -> Watermark {
        Watermark {
            segment: self.segment.number,
            offset: self.segment.written,
            commits: self.head.next_seq,
            chain: self.head.chain,
            epoch: self.epoch,
        }
    }

    /// Asks the storage for a flush that covers all groups so far.
    pub(super) fn request_flush(&mut self, mark: Watermark) -> Result<()> {
        self.unflushed_upkeep = false;
        match self.storage.flush() {
            Ok(ticket) => {
                let group = self.groups;
                self.flights.push_back(Flight {
                    ticket,
                    group,
                    mark,
                });
                self.poll()
            }
            Err(cause) => Err(self.flush_failed(&cause)),
        }
    }

    /// Takes note of the flushes that have ended.
    pub(super) fn poll(&mut self) -> Result<()> {
        while let Some(flight) = self.flights.front() {
            match self.storage.flushed(flight.ticket) {
                Ok(false) => return Ok(()),
                Ok(true) => self.landed(),
                Err(cause) => return Err(self.flush_failed(&cause)),
            }
        }
        self.awaits_flush = false;
        match self.held {
            true => self.send(),
            false => Ok(()),
        }
    }

    fn landed(&mut self) {
        let flight = self
            .flights
            .pop_front()
            .expect("the one that was asked about");
        self.durable_groups = flight.group;
        self.durable_mark = flight.mark;
        if flight.mark.segment == self.segment.number {
            self.segment.durable = self.segment.durable.max(flight.mark.offset);
        }
    }

    /// Whether flushes are under way.
    pub(super) fn in_flight(&self) -> bool {
        !self.flights.is_empty() || self.held
    }
}
