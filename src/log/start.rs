//! The end of opening: where the log goes on, and its first frame.
//!
//! A torn tail is left as it is, and a new segment with a new salt is begun: nothing is ever appended behind
//! bytes of unknown origin, where a later opening would have to guess. Only when the SESSION frame has been
//! made durable is the log open for writing; so a storage that cannot be written shows here, not at the
//! first commit. If that fails the log can still be read, and the report says why.

use super::checkpoint::Checkpoints;
use super::frame::Checksum;
use super::options::Mode;
use super::page::DatabaseId;
use super::recovery::{Recovered, Recovery, Stage};
use super::salt::Salts;
use super::scan::Scan;
use super::segment::HEADER_BYTES;
use super::superblock::{Superblock, Watermark};
use super::survey::SegmentFile;
use super::writer::{FreeFile, Head, Log, Parts, Segment};
use crate::error::{Code, Error, Result};
use crate::storage::Ticket;
use std::collections::VecDeque;

/// What of the survey is needed at the end.
pub(super) struct Rest {
    pub superblock: Superblock,
    pub free: VecDeque<FreeFile>,
    pub known_files: u32,
    pub unbegun: Option<SegmentFile>,
    pub writable: bool,
    pub checkpoints: Checkpoints,
}

/// Where the log goes on.
pub(super) struct Start {
    pub head: Head,
    pub epoch: u64,
    /// The segment that the log ends in, if it can be continued.
    pub segment: Option<Segment>,
    /// Otherwise the number of the new one, and where the one before ends.
    pub number: u64,
    pub previous_end: u64,
    /// What reading the log takes: bytes of frames, and what the commits take besides.
    pub cost: u64,
}

impl Recovery {
    pub(super) fn start(&self, scan: &Scan, segment: Option<Segment>) -> Start {
        Start {
            head: scan.head,
            epoch: scan.epoch,
            segment,
            number: scan.segment().header.number + 1,
            previous_end: scan.good_end,
            cost: scan.bytes + scan.cost,
        }
    }

    /// The log goes on where it ended.
    pub(super) fn go_on(&mut self, scan: &Scan) -> Option<Recovered> {
        let last = scan.segment();
        let segment = Segment {
            number: last.header.number,
            file: last.file,
            checksum: scan.checksum().clone(),
            written: scan.good_end,
            durable: HEADER_BYTES as u64,
            zeroed: last.length,
        };
        let start = self.start(scan, Some(segment));
        self.free_unbegun();
        self.start_writing(start)
    }

    /// The log goes on in a new segment.
    pub(super) fn begin_anew(&mut self, scan: &Scan) -> Option<Recovered> {
        let start = self.start(scan, None);
        self.free_unbegun();
        self.start_writing(start)
    }

    /// The log goes on in the segment that has a header and no frame: the seal of the one before says that
    /// this header is durable.
    pub(super) fn go_on_in_unbegun(&mut self, scan: &Scan) -> Result<Option<Recovered>> {
        let unbegun = self.files.as_mut().and_then(|files| files.unbegun.take());
        let unbegun = unbegun.filter(|unbegun| {
            let header = &unbegun.header;
            header.previous_end == scan.good_end && header.previous_chain == scan.head.chain
        });
        let Some(unbegun) = unbegun else {
            let error = scan.corrupt("the segment does not end where the next one says");
            return self.damaged(scan, error);
        };
        let segment = Segment {
            number: unbegun.header.number,
            file: unbegun.file,
            checksum: Checksum::new(&unbegun.header.salt),
            written: HEADER_BYTES as u64,
            durable: HEADER_BYTES as u64,
            zeroed: unbegun.length,
        };
        let start = self.start(scan, Some(segment));
        Ok(self.start_writing(start))
    }

    /// The file of a segment that was not begun is the first to be used.
    pub(super) fn free_unbegun(&mut self) {
        if let Some(files) = &mut self.files
            && let Some(unbegun) = files.unbegun.take()
        {
            let free = FreeFile {
                file: unbegun.file,
                zeroed: unbegun.length,
            };
            files.free.push_front(free);
        }
    }

    fn start_writing(&mut self, start: Start) -> Option<Recovered> {
        let writable = self.files.as_ref().is_some_and(|files| files.writable);
        if self.options.mode != Mode::Write || !writable {
            return Some(self.read_only(start, None));
        }
        self.stage = Stage::Place(start);
        None
    }

    /// Finds a file for a new segment, if one is needed, and writes the SESSION frame.
    pub(super) fn place(&mut self, start: Start) -> Result<Option<Recovered>> {
        let free = match start.segment {
            Some(_) => None,
            None => match self.find_file()? {
                Some(file) => Some(file),
                None => {
                    self.stage = Stage::Place(start);
                    return Ok(Some(Recovered::Miss));
                }
            },
        };
        let (number, previous_end) = (start.number, start.previous_end);
        let mut log = Box::new(self.make_log(start));
        match self.begin(&mut log, free, number, previous_end) {
            Ok(Some(ticket)) => {
                self.stage = Stage::Session { log, ticket };
                Ok(None)
            }
            Ok(None) => Err(Error::new(Code::Internal, "the session was not written")),
            Err(error) => Ok(Some(self.done(log, Some(error)))),
        }
    }

    /// A free file besides file 0, asking for one if need be. `None`: not yet.
    fn find_file(&mut self) -> Result<Option<FreeFile>> {
        let files = self.files.as_mut().expect("set by the survey");
        if let Some(free) = files.free.pop_front() {
            return Ok(Some(free));
        }
        let storage = self
            .storage
            .as_mut()
            .expect("the recovery has it until the last stage");
        let file = files.known_files;
        storage.request_files(file + 1)?;
        if storage.file_count() <= file {
            return Ok(None);
        }
        files.known_files += 1;
        Ok(Some(FreeFile { file, zeroed: 0 }))
    }

    fn begin(
        &self,
        log: &mut Log,
        free: Option<FreeFile>,
        number: u64,
        previous_end: u64,
    ) -> Result<Option<Ticket>> {
        if self.report.created {
            log.write_superblock(Watermark::NONE, false)?;
        }
        if let Some(free) = free {
            log.begin_segment(free, number, previous_end)?;
        }
        log.begin_session(self.options.now)
    }

    pub(super) fn session(&mut self, mut log: Box<Log>, ticket: Ticket) -> Option<Recovered> {
        match log.durable(ticket) {
            Ok(true) => Some(self.done(log, None)),
            Ok(false) => {
                self.stage = Stage::Session { log, ticket };
                Some(Recovered::Miss)
            }
            Err(error) => Some(self.done(log, Some(error))),
        }
    }

    fn make_log(&mut self, start: Start) -> Log {
        let mut files = self.files.take().expect("set by the survey");
        files.checkpoints.log_cost = start.cost;
        // The one that is written on is no old one.
        let written = start.segment.as_ref().map(|segment| segment.number);
        let old = &mut files.checkpoints.old_segments;
        old.retain(|(number, _)| Some(*number) != written);
        let mut salts = Salts::new(self.options.entropy.clone());
        // A creation that was broken off may have left a superblock: its name is used again.
        if self.report.database == DatabaseId::default() {
            self.report.database = salts.next();
        }
        let nowhere = Segment {
            number: start.number,
            file: 0,
            checksum: Checksum::new(&[0; 16]),
            written: 0,
            durable: 0,
            zeroed: 0,
        };
        Log::new(Parts {
            storage: self
                .storage
                .take()
                .expect("the recovery has it until the last stage"),
            salts,
            sizes: self.options.sizes,
            database: self.report.database,
            epoch: start.epoch + u64::from(self.options.mode == Mode::Write),
            segment: start.segment.unwrap_or(nowhere),
            head: start.head,
            free: files.free,
            known_files: files.known_files,
            superblock: files.superblock,
            checkpoints: files.checkpoints,
        })
    }

    pub(super) fn read_only(&mut self, start: Start, damage: Option<Error>) -> Recovered {
        if damage.is_some() {
            self.report.damage = damage;
        }
        let why = match self.options.mode {
            Mode::Write => Error::new(
                Code::FormatTooNew,
                "the database was written by a later version of the program, and can only be read",
            ),
            _ => Error::new(Code::ReadOnly, "the database was opened for reading only"),
        };
        let log = Box::new(self.make_log(start));
        self.done(log, Some(why))
    }

    fn done(&mut self, mut log: Box<Log>, refusal: Option<Error>) -> Recovered {
        if let Some(refusal) = &refusal {
            log.refuse_from_now_on(refusal.clone());
        }
        let mut report = std::mem::take(&mut self.report);
        report.epoch = log.epoch();
        report.provisional = log.epoch() <= 1;
        report.commits = log.next_seq().0;
        report.read_only = refusal;
        Recovered::Done { log, report }
    }
}
