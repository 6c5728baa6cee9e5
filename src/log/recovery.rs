//! Opening: from the files to the commits and to a log that can be written.
//!
//! ```text
//!   survey    superblock, headers                 which files are ours, in which order
//!   load      the parts of the checkpoint           if there is one
//!   scan      frames -> commits, one a step       links, checksums and hashes are checked on the way
//!   tail      what follows the last frame         clean, torn, or damage
//!   start     a file for the next segment if the tail is torn; a flush of what was found; a SESSION frame, flushed
//! ```
//!
//! Until the start nothing is written, so that an opening that fails or is broken off changes nothing.

use super::chain::GENESIS;
use super::checkpoint::{Next, Pieces, Spot};
use super::options::{Mode, Options, Report};
use super::scan::{Scan, Scanned};
use super::start::{Rest, Start};
use super::survey::{Files, Survey};
use super::tail::{Tail, Verdict};
use super::writer::{Head, Log};
use crate::commit::Commit;
use crate::error::{Code, Error, Result};
use crate::storage::{Storage, Ticket};

/// Reads a log back, step by step.
pub struct Recovery {
    /// Until the log takes it over.
    pub(super) storage: Option<Box<dyn Storage>>,
    pub(super) options: Options,
    pub(super) report: Report,
    pub(super) stage: Stage,
    pub(super) files: Option<Rest>,
}

/// What a step came to.
pub enum Recovered {
    /// The next part of the checkpoint that all commits follow, and where it lies.
    Part(Vec<u8>, Spot),
    /// Parts of the checkpoint are lost between those, of which this is the damage ([`Mode::Salvage`]).
    Lost(Error),
    /// The next commit, in the order of the sequence.
    Commit(Box<Commit>),
    /// The storage has yet to get something: let the host run, then step again.
    Miss,
    /// All commits have been given.
    Done { log: Box<Log>, report: Report },
}

pub(super) enum Stage {
    Survey(Box<Survey>),
    Load(Box<Pieces>, Box<Scan>),
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
                Stage::Scan(scan) => self.scan(scan),
                other => self.step_rarely(other),
            };
            if let Some(recovered) = result? {
                return Ok(recovered);
            }
        }
    }

    /// The stages that are short. They are apart from the one that is stepped for every commit, since a browser that
    /// finds a function busy compiles all of it anew, while the page is waiting. Other parts of what is done for
    /// every commit are apart for the same reason.
    #[inline(never)]
    fn step_rarely(&mut self, stage: Stage) -> Result<Option<Recovered>> {
        match stage {
            Stage::Survey(survey) => self.survey(survey),
            Stage::Load(pieces, scan) => self.load(pieces, scan),
            Stage::Scan(scan) => self.scan(scan),
            Stage::Tail(scan, tail) => self.tail(scan, tail),
            Stage::Place(start) => self.place(start),
            Stage::Session { log, ticket } => Ok(self.session(log, ticket)),
            Stage::Over => Err(Error::new(Code::Internal, "the recovery is over")),
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
        self.report.known = watermark.commits;
        let Files {
            checkpoint,
            mut checkpoints,
            segments,
            superblock,
            free,
            known_files,
            unbegun,
            writable,
        } = files;
        let has_unbegun = unbegun.as_ref().is_some_and(|unbegun| {
            let last = segments.last().map(|last| last.header.number + 1);
            unbegun.header.number == last.unwrap_or(0)
        });
        self.report.segments = segments.len() as u64;
        checkpoints.old_segments = (segments.iter())
            .map(|segment| (segment.header.number, segment.file))
            .collect();
        if let Some(chosen) = &checkpoint {
            self.report.checkpointed = chosen.header.mark.commits;
            checkpoints.number = chosen.header.number;
            checkpoints.file = Some(chosen.file);
            checkpoints.commits = chosen.header.mark.commits;
            checkpoints.bytes = chosen.header.end;
        }
        self.files = Some(Rest {
            superblock,
            free,
            known_files,
            unbegun,
            writable,
            checkpoints,
        });
        if segments.is_empty() {
            return self.no_segments();
        }
        let mut scan = Box::new(Scan::new(segments, has_unbegun, watermark));
        self.stage = match checkpoint {
            None => Stage::Scan(scan),
            Some(chosen) => {
                scan.begin_behind(&chosen.header)?;
                let mut pieces = Pieces::new(chosen.header, chosen.file);
                if !self.is_strict() {
                    pieces = pieces.passing_over();
                }
                Stage::Load(Box::new(pieces), scan)
            }
        };
        Ok(None)
    }

    /// What is left of a checkpoint that is damaged, whoever takes the parts has to tell.
    fn load(&mut self, mut pieces: Box<Pieces>, scan: Box<Scan>) -> Result<Option<Recovered>> {
        let next = pieces.next(self.storage())?;
        self.stage = match next {
            Next::End => Stage::Scan(scan),
            _ => Stage::Load(pieces, scan),
        };
        Ok(match next {
            Next::Part(part, spot) => Some(Recovered::Part(part, spot)),
            Next::Miss => Some(Recovered::Miss),
            Next::Lost(damage) => {
                let report = &mut self.report.checkpoint_damage;
                report.get_or_insert(damage.clone());
                Some(Recovered::Lost(damage))
            }
            Next::More | Next::End => None,
        })
    }

    pub(super) fn is_strict(&self) -> bool {
        self.options.mode != Mode::Salvage
    }

    /// A new database, unless nothing may be written, or there was one.
    fn no_segments(&mut self) -> Result<Option<Recovered>> {
        if self.options.is_known {
            let message = "the database was made earlier, and its storage has nothing of it";
            let hint = "to begin anew, open it with { acceptDataLoss: true }";
            return Err(Error::new(Code::DataLoss, message).with_hint(hint));
        }
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
            cost: 0,
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
            ended => return self.scanned(scan, ended),
        };
        self.stage = Stage::Scan(scan);
        Ok(Some(recovered))
    }

    #[inline(never)]
    fn scanned(&mut self, scan: Box<Scan>, ended: Result<Scanned>) -> Result<Option<Recovered>> {
        match ended {
            Ok(Scanned::Sealed) => self.go_on_in_unbegun(&scan),
            Ok(_) => {
                let tail = Tail::new(&scan);
                self.stage = Stage::Tail(scan, tail);
                Ok(None)
            }
            Err(error) => self.damaged(&scan, error),
        }
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
    pub(super) fn damaged(&mut self, scan: &Scan, error: Error) -> Result<Option<Recovered>> {
        let is_damage = matches!(error.code(), Code::Corrupt | Code::DataLoss);
        if self.is_strict() || !is_damage {
            return Err(error);
        }
        self.report.damaged_at = Some(scan.position());
        let start = self.start(scan, None);
        Ok(Some(self.read_only(start, Some(error))))
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
