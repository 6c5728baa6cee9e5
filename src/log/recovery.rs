//! Opening: from the files to the commits and to a log that can be written.
//!
//! ```text
//!   survey    superblock, headers                 which files are ours, in which order
//!   scan      frames -> commits, one a step       links, checksums and hashes are checked on the way
//!   tail      what follows the last frame         clean, torn, or damage
//!   start     a file for the next segment if the tail is torn; a flush of what was found; a SESSION frame, flushed
//! ```
//!
//! A torn tail is left as it is, and a new segment with a new salt is begun: nothing is ever appended behind
//! bytes of unknown origin, where a later opening would have to guess. Only when the SESSION frame has been
//! made durable is the log open for writing; so a storage that cannot be written shows here, not at the
//! first commit. If that fails the log can still be read, and the report says why.
//!
//! Until then nothing is written, so that an opening that fails or is broken off changes nothing.

use super::chain::GENESIS;
use super::frame::Checksum;
use super::options::{Mode, Options, Report};
use super::page::DatabaseId;
use super::salt::Salts;
use super::scan::{Scan, Scanned};
use super::segment::HEADER_BYTES;
use super::superblock::{Superblock, Watermark};
use super::survey::{Files, SegmentFile, Survey};
use super::tail::{Tail, Verdict};
use super::writer::{FreeFile, Head, Log, Parts, Segment};
use crate::commit::Commit;
use crate::error::{Code, Error, Result};
use crate::storage::{Storage, Ticket};
use std::collections::VecDeque;

/// Reads a log back, step by step.
pub struct Recovery {
    /// Until the log takes it over.
    storage: Option<Box<dyn Storage>>,
    options: Options,
    report: Report,
    stage: Stage,
    files: Option<Rest>,
}

/// What a step came to.
pub enum Recovered {
    /// The next commit, in the order of the sequence.
    Commit(Box<Commit>),
    /// The storage has yet to get something: let the host run, then step again.
    Miss,
    /// All commits have been given.
    Done { log: Box<Log>, report: Report },
}

/// What of the survey is needed at the end.
struct Rest {
    superblock: Superblock,
    free: VecDeque<FreeFile>,
    known_files: u32,
    unbegun: Option<SegmentFile>,
    writable: bool,
}

enum Stage {
    Survey(Box<Survey>),
    Scan(Box<Scan>),
    Tail(Box<Scan>, Tail),
    /// Where the log will go on, once there is a file for it.
    Place(Start),
    Session {
        log: Box<Log>,
        ticket: Ticket,
    },
    Over,
}

/// Where the log goes on.
struct Start {
    head: Head,
    epoch: u64,
    /// The segment that the log ends in, if it can be continued.
    segment: Option<Segment>,
    /// Otherwise the number of the new one, and where the one before ends.
    number: u64,
    previous_end: u64,
}

impl Recovery {
    pub fn new(storage: Box<dyn Storage>, options: Options) -> Self {
        Recovery {
            storage: Some(storage),
            options,
            report: Report::default(),
            stage: Stage::Survey(Box::new(Survey::new())),
            files: None,
        }
    }

    /// Gives the storage back, after an error or to break off.
    pub fn into_storage(self) -> Option<Box<dyn Storage>> {
        match self.stage {
            Stage::Session { log, .. } => Some(log.into_storage()),
            _ => self.storage,
        }
    }

    /// Reads on to the next commit.
    ///
    /// # Errors
    /// `CORRUPT` and `DATA_LOSS` when the bytes contradict each other or some are missing; `IO` when the storage
    /// fails, which says nothing about the bytes; `FORMAT_TOO_NEW`. Nothing was changed, and this recovery is
    /// over; a new one may be tried.
    pub fn step(&mut self) -> Result<Recovered> {
        loop {
            let stage = std::mem::replace(&mut self.stage, Stage::Over);
            let result = match stage {
                Stage::Survey(survey) => self.survey(survey),
                Stage::Scan(scan) => self.scan(scan),
                Stage::Tail(scan, tail) => self.tail(scan, tail),
                Stage::Place(start) => self.place(start),
                Stage::Session { log, ticket } => Ok(self.session(log, ticket)),
                Stage::Over => Err(Error::new(Code::Internal, "the recovery is over")),
            };
            if let Some(recovered) = result? {
                return Ok(recovered);
            }
        }
    }

    fn storage(&mut self) -> &mut dyn Storage {
        let storage = self.storage.as_mut();
        storage
            .expect("the recovery has it until the last stage")
            .as_mut()
    }

    fn survey(&mut self, mut survey: Box<Survey>) -> Result<Option<Recovered>> {
        let storage = self
            .storage
            .as_mut()
            .expect("the recovery has it until the last stage");
        if !survey.step(storage.as_mut(), &mut self.report)? {
            self.stage = Stage::Survey(survey);
            return Ok(Some(Recovered::Miss));
        }
        let files = survey.finish(storage.as_ref(), &mut self.report)?;
        if let Some(damage) = self.report.damage.as_ref().filter(|_| self.is_strict()) {
            return Err(damage.clone());
        }
        self.begin_scan(files)
    }

    fn begin_scan(&mut self, files: Files) -> Result<Option<Recovered>> {
        let watermark = files.superblock.watermark;
        let Files {
            segments,
            superblock,
            free,
            known_files,
            unbegun,
            writable,
        } = files;
        let has_unbegun = unbegun
            .as_ref()
            .is_some_and(|unbegun| unbegun.header.number == segments.len() as u64);
        self.report.segments = segments.len() as u64;
        self.files = Some(Rest {
            superblock,
            free,
            known_files,
            unbegun,
            writable,
        });
        if segments.is_empty() {
            return self.no_segments();
        }
        self.stage = Stage::Scan(Box::new(Scan::new(segments, has_unbegun, watermark)));
        Ok(None)
    }

    fn is_strict(&self) -> bool {
        self.options.mode != Mode::Salvage
    }

    /// A new database, unless nothing may be written.
    fn no_segments(&mut self) -> Result<Option<Recovered>> {
        let start = Start {
            head: Head {
                next_seq: 0,
                time: self.options.now,
                chain: GENESIS,
            },
            epoch: 0,
            segment: None,
            number: 0,
            previous_end: 0,
        };
        if self.options.mode != Mode::Write {
            return Ok(Some(self.read_only(start, None)));
        }
        self.report.created = true;
        self.free_unbegun();
        self.stage = Stage::Place(start);
        Ok(None)
    }

    fn scan(&mut self, mut scan: Box<Scan>) -> Result<Option<Recovered>> {
        let recovered = match scan.step(self.storage()) {
            Ok(Scanned::Commit(commit)) => Recovered::Commit(Box::new(commit)),
            Ok(Scanned::Miss) => Recovered::Miss,
            Ok(Scanned::End) => {
                let tail = Tail::new(&scan);
                self.stage = Stage::Tail(scan, tail);
                return Ok(None);
            }
            Ok(Scanned::Sealed) => return self.go_on_in_unbegun(&scan),
            Err(error) => return self.damaged(&scan, error),
        };
        self.stage = Stage::Scan(scan);
        Ok(Some(recovered))
    }

    fn tail(&mut self, mut scan: Box<Scan>, mut tail: Tail) -> Result<Option<Recovered>> {
        match tail.step(&mut scan, self.storage()) {
            Ok(Verdict::Miss) => {
                self.stage = Stage::Tail(scan, tail);
                Ok(Some(Recovered::Miss))
            }
            Ok(Verdict::Clean) => Ok(self.go_on(&scan)),
            Ok(Verdict::Torn) => {
                let mut position = scan.position();
                position.offset = scan.good_end;
                self.report.torn = Some(position);
                Ok(self.begin_anew(&scan))
            }
            Err(error) => self.damaged(&scan, error),
        }
    }

    /// Damage is an error, or in salvage the end of what can be read.
    fn damaged(&mut self, scan: &Scan, error: Error) -> Result<Option<Recovered>> {
        let is_damage = matches!(error.code(), Code::Corrupt | Code::DataLoss);
        if self.is_strict() || !is_damage {
            return Err(error);
        }
        let start = self.start(scan, None);
        Ok(Some(self.read_only(start, Some(error))))
    }

    fn start(&self, scan: &Scan, segment: Option<Segment>) -> Start {
        Start {
            head: scan.head,
            epoch: scan.epoch,
            segment,
            number: scan.segment().header.number + 1,
            previous_end: scan.good_end,
        }
    }

    /// The log goes on where it ended.
    fn go_on(&mut self, scan: &Scan) -> Option<Recovered> {
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
    fn begin_anew(&mut self, scan: &Scan) -> Option<Recovered> {
        let start = self.start(scan, None);
        self.free_unbegun();
        self.start_writing(start)
    }

    /// The log goes on in the segment that has a header and no frame: the seal of the one before says that
    /// this header is durable.
    fn go_on_in_unbegun(&mut self, scan: &Scan) -> Result<Option<Recovered>> {
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
    fn free_unbegun(&mut self) {
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
    fn place(&mut self, start: Start) -> Result<Option<Recovered>> {
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

    fn session(&mut self, mut log: Box<Log>, ticket: Ticket) -> Option<Recovered> {
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
        let files = self.files.take().expect("set by the survey");
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
        })
    }

    fn read_only(&mut self, start: Start, damage: Option<Error>) -> Recovered {
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

impl Log {
    /// Makes a new database on an empty storage that answers at once.
    ///
    /// # Errors
    /// If there is a database already, or the storage cannot be written.
    pub fn create(storage: Box<dyn Storage>, options: Options) -> Result<Log> {
        let mut recovery = Recovery::new(storage, options);
        match recovery.step()? {
            Recovered::Done { log, report } if report.created => match report.read_only {
                None => Ok(*log),
                Some(error) => Err(error),
            },
            Recovered::Miss => Err(Error::new(Code::Io, "the storage answers later")),
            _ => Err(Error::new(Code::Io, "the storage holds a database already")),
        }
    }
}
