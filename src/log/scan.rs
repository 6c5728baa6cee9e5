//! The middle part of opening: the frames of the segments, in order, become commits.

use super::bookkeeping::Session;
use super::chain::GENESIS;
use super::checkpoint;
use super::frame::{self, Body, Checksum, EventType, HEAD_BYTES};
use super::options::Position;
use super::segment::HEADER_BYTES;
use super::superblock::Watermark;
use super::survey::SegmentFile;
use super::transaction::Transaction;
use super::window::Window;
use super::writer::Head;
use crate::commit::Commit;
use crate::encoding::wire::{Decoded, Malformed};
use crate::error::{Code, Error, Result};
use crate::storage::Storage;

/// What the next frame led to.
#[derive(Debug)]
pub(super) enum Scanned {
    Commit(Commit),
    Miss,
    /// Behind the last segment's last frame; the tail has to be looked at.
    End,
    /// The last segment is complete, and the next has a header and no frame yet.
    Sealed,
}

#[derive(Debug)]
pub(super) struct Scan {
    segments: Vec<SegmentFile>,
    /// The one being read.
    index: usize,
    checksum: Checksum,
    /// Of the next frame.
    pub offset: u64,
    /// Behind the last frame that is not part of an unfinished transaction.
    pub good_end: u64,
    pub head: Head,
    pub epoch: u64,
    watermark: Watermark,
    transaction: Transaction,
    pub window: Window,
    /// The segment after the last one, if it has a header and no frame.
    has_unbegun: bool,
    sealed: bool,
    /// Bytes of frames read.
    pub bytes: u64,
    /// What the commits read take besides.
    pub cost: u64,
}

enum Next {
    Frame(usize),
    Invalid,
    Miss,
}

impl Scan {
    /// There must be a segment.
    pub fn new(segments: Vec<SegmentFile>, has_unbegun: bool, watermark: Watermark) -> Self {
        let begin = HEADER_BYTES as u64;
        Scan {
            checksum: Checksum::new(&segments[0].header.salt),
            segments,
            index: 0,
            offset: begin,
            good_end: begin,
            head: Head {
                next_seq: 0,
                time: 0,
                chain: GENESIS,
            },
            epoch: 0,
            watermark,
            transaction: Transaction::default(),
            window: Window::default(),
            has_unbegun,
            sealed: false,
            bytes: 0,
            cost: 0,
        }
    }

    /// Goes on where a checkpoint ends, which is in the first segment.
    pub fn begin_behind(&mut self, header: &checkpoint::Header) -> Result<()> {
        let mark = header.mark;
        (self.offset, self.good_end) = (mark.offset, mark.offset);
        self.epoch = mark.epoch;
        self.head = Head {
            next_seq: mark.commits,
            time: header.time,
            chain: mark.chain,
        };
        let known = &self.watermark;
        let agrees = known.commits != mark.commits || known.chain == mark.chain;
        let segment = self.segment();
        let is_within = (HEADER_BYTES as u64 + 1..=segment.length).contains(&mark.offset);
        match agrees && is_within && segment.header.first_seq <= mark.commits {
            true => Ok(()),
            false => Err(self.corrupt("the segment does not follow the checkpoint")),
        }
    }

    pub fn segment(&self) -> &SegmentFile {
        &self.segments[self.index]
    }

    pub fn checksum(&self) -> &Checksum {
        &self.checksum
    }

    pub fn watermark(&self) -> Watermark {
        self.watermark
    }

    /// The place that was reached.
    pub fn position(&self) -> Position {
        Position {
            segment: self.segment().header.number,
            file: self.segment().file,
            offset: self.offset,
            seq: self.head.next_seq,
        }
    }

    pub fn corrupt(&self, what: &str) -> Error {
        self.damaged(Code::Corrupt, what)
    }

    pub fn damaged(&self, code: Code, what: &str) -> Error {
        let position = self.position();
        Error::new(code, format!("the log is damaged: {what} ({position})"))
    }

    /// Where the frames of the segment must end at the latest, and, if another follows, end exactly.
    fn limit(&self) -> u64 {
        let length = self.segment().length;
        match self.segments.get(self.index + 1) {
            Some(next) => next.header.previous_end.min(length),
            None => length,
        }
    }

    fn is_last(&self) -> bool {
        self.index + 1 == self.segments.len()
    }

    pub fn step(&mut self, storage: &mut dyn Storage) -> Result<Scanned> {
        if self.offset == HEADER_BYTES as u64 {
            self.check_link()?;
        }
        loop {
            if self.offset >= self.limit() && !self.is_last() {
                self.next_segment()?;
                continue;
            }
            match self.next_frame(storage)? {
                Next::Miss => return Ok(Scanned::Miss),
                Next::Invalid if self.is_last() => return Ok(Scanned::End),
                Next::Invalid => return Err(self.corrupt("a frame does not verify")),
                Next::Frame(length) => {
                    if let Some(commit) = self.take_frame(storage, length)? {
                        return Ok(Scanned::Commit(commit));
                    }
                    if self.sealed {
                        return Ok(Scanned::Sealed);
                    }
                }
            }
        }
    }

    /// Goes on in the next segment, which must begin where this one ends.
    fn next_segment(&mut self) -> Result<()> {
        let next = &self.segments[self.index + 1].header;
        if self.offset != next.previous_end || self.good_end != self.offset {
            return Err(self.corrupt("the segment ends before the next one begins"));
        }
        self.checksum = Checksum::new(&next.salt);
        self.index += 1;
        (self.offset, self.good_end) = (HEADER_BYTES as u64, HEADER_BYTES as u64);
        self.check_link()
    }

    /// The header repeats where the log had come to.
    fn check_link(&self) -> Result<()> {
        let header = &self.segment().header;
        let first = header.number == 0;
        let links = header.first_seq == self.head.next_seq
            && header.previous_chain == self.head.chain
            && (!first || header.previous_end == 0);
        match links {
            true => Ok(()),
            false => Err(self.corrupt("the segment does not follow the one before")),
        }
    }

    fn next_frame(&mut self, storage: &mut dyn Storage) -> Result<Next> {
        let room = self.limit() - self.offset;
        if room < HEAD_BYTES as u64 {
            return Ok(Next::Invalid);
        }
        let file = (self.segment().file, self.segment().length);
        let Some(head) = self.window.get(storage, file, self.offset, HEAD_BYTES)? else {
            return Ok(Next::Miss);
        };
        let (length, _) = frame::read_head(head.try_into().expect("as many as asked"));
        if !frame::is_length(length) || u64::from(length) > room - HEAD_BYTES as u64 {
            return Ok(Next::Invalid);
        }
        let count = HEAD_BYTES + length as usize;
        let Some(bytes) = self.window.get(storage, file, self.offset, count)? else {
            return Ok(Next::Miss);
        };
        Ok(match frame::verifies(&self.checksum, self.offset, bytes) {
            true => Next::Frame(count),
            false => Next::Invalid,
        })
    }

    /// Takes in a frame that verifies. From here on anything odd is damage, or a later version's.
    fn take_frame(&mut self, storage: &mut dyn Storage, count: usize) -> Result<Option<Commit>> {
        let window = std::mem::take(&mut self.window);
        let result = self.take_frame_from(window, storage, count);
        result.map_err(|malformed| match malformed {
            Malformed::Invalid(what) => self.corrupt(what),
            Malformed::TooNew(what) => self.damaged(Code::FormatTooNew, what),
            Malformed::Missing(what) => self.damaged(Code::DataLoss, what),
        })
    }

    fn take_frame_from(
        &mut self,
        mut window: Window,
        storage: &mut dyn Storage,
        count: usize,
    ) -> Decoded<Option<Commit>> {
        let file = (self.segment().file, self.segment().length);
        let frame = match window.get(storage, file, self.offset, count) {
            Ok(Some(frame)) => frame,
            _ => return Err(Malformed::Invalid("a frame was there and is gone")),
        };
        let body = frame::read_body(&frame[HEAD_BYTES..])?;
        if body.seq != self.head.next_seq {
            return Err(Malformed::Invalid("a sequence is out of order"));
        }
        let commit = self.take_body(body)?;
        self.window = window;
        if self.sealed {
            return Ok(None);
        }
        self.offset += count as u64;
        self.bytes += count as u64;
        if self.transaction.is_empty() {
            self.good_end = self.offset;
        }
        Ok(commit)
    }

    fn take_body(&mut self, body: Body) -> Decoded<Option<Commit>> {
        match body.event {
            EventType::Commit => self.take_commit(body).map(Some),
            event if event.is_bookkeeping() => self.take_bookkeeping(body).map(|()| None),
            _ => self.transaction.push(body).map(|()| None),
        }
    }

    fn take_commit(&mut self, body: Body) -> Decoded<Commit> {
        let (commit, chain) = self.transaction.finish(body, &self.head.chain)?;
        if self.head.next_seq > 0 && commit.time <= self.head.time {
            return Err(Malformed::Invalid("a time does not rise"));
        }
        self.head = Head {
            next_seq: body.seq + 1,
            time: commit.time,
            chain,
        };
        if self.head.next_seq == self.watermark.commits && chain != self.watermark.chain {
            return Err(Malformed::Invalid("the superblock knows another history"));
        }
        self.cost += commit.cost();
        Ok(commit)
    }

    fn take_bookkeeping(&mut self, body: Body) -> Decoded<()> {
        if !self.transaction.is_empty() {
            return Err(Malformed::Invalid("a transaction has no end"));
        }
        match body.event {
            EventType::Session => {
                self.epoch = Session::read(body.payload)?.epoch;
                Ok(())
            }
            _ if self.has_unbegun && self.is_last() => {
                self.sealed = true;
                Ok(())
            }
            _ => Err(Malformed::Missing(
                "the segment after this sealed one is missing",
            )),
        }
    }
}
