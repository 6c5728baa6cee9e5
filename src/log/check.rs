//! Reading all of an open log again: the superblock, every header, checksum, link and hash, up to what was durable when
//! the check began.
//!
//! It reads as an opening does, in steps between which commits go on; what is written meanwhile lies behind what is
//! read. A checkpoint must not be written until the check is over, since it empties files.

use super::checkpoint::{Next, Pieces};
use super::options::Report;
use super::scan::{Scan, Scanned};
use super::superblock::Watermark;
use super::survey::{Files, Survey};
use super::writer::Log;
use crate::error::{Code, Error, Result};
use crate::storage::Storage;

/// How far a check has come.
pub struct Check {
    stage: Stage,
    goal: Watermark,
    report: Report,
    /// Bytes read, and how many there are to be read, once that is known.
    pub done: u64,
    pub total: u64,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub error: Error,
    /// Where in the log, if it lies there.
    pub segment: Option<u64>,
    /// The file, and the offset in it, as far as it is known.
    pub file: Option<u32>,
    pub offset: Option<u64>,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem {
            error,
            segment: None,
            file: None,
            offset: None,
        }
    }
}

enum Stage {
    Survey(Box<Survey>),
    Load(Box<Pieces>, u32, Box<Scan>),
    Scan(Box<Scan>),
    Over,
}

impl Log {
    pub fn begin_check(&self) -> Check {
        Check {
            stage: Stage::Survey(Box::new(Survey::new())),
            goal: self.durable_mark,
            report: Report::default(),
            done: 0,
            total: 0,
            problems: Vec::new(),
        }
    }

    /// Reads on, about `budget` bytes. `None`: the storage has yet to get something; else whether there is more.
    pub fn check_on(&mut self, check: &mut Check, budget: u64) -> Option<bool> {
        let until = check.done + budget;
        loop {
            match check.step(self.storage.as_mut()) {
                Ok(true) if check.done < until => {}
                Ok(true) => return Some(true),
                Ok(false) => return None,
                Err(error) => check.end_with(error),
            }
            if matches!(check.stage, Stage::Over) {
                return Some(false);
            }
        }
    }
}

impl Check {
    /// What is wrong where the check has come to, behind which nothing can be read.
    fn end_with(&mut self, error: Error) {
        let mut problem = Problem::from(error);
        match &self.stage {
            Stage::Load(pieces, file, _) => {
                (problem.file, problem.offset) = (Some(*file), Some(pieces.offset()));
            }
            Stage::Scan(scan) => {
                let at = scan.position();
                problem.segment = Some(at.segment);
                (problem.file, problem.offset) = (Some(at.file), Some(at.offset));
            }
            Stage::Survey(_) | Stage::Over => {}
        }
        self.problems.push(problem);
        self.stage = Stage::Over;
    }

    /// `false`: the storage has yet to get something.
    fn step(&mut self, storage: &mut dyn Storage) -> Result<bool> {
        match &mut self.stage {
            Stage::Survey(survey) => {
                if !survey.step(storage, &mut self.report)? {
                    return Ok(false);
                }
                let survey = std::mem::replace(survey, Box::new(Survey::new()));
                let files = survey.finish(&*storage, &mut self.report)?;
                self.begin(files)?;
            }
            Stage::Load(pieces, ..) => {
                let before = pieces.offset();
                let next = pieces.next(storage)?;
                self.done += pieces.offset() - before;
                match next {
                    Next::Miss => return Ok(false),
                    Next::Part(..) | Next::More => {}
                    Next::Lost(damage) => return Err(damage),
                    Next::End => {
                        let stage = std::mem::replace(&mut self.stage, Stage::Over);
                        if let Stage::Load(_, _, scan) = stage {
                            self.stage = Stage::Scan(scan);
                        }
                    }
                }
            }
            Stage::Scan(scan) => {
                let before = scan.bytes;
                let scanned = scan.step(storage)?;
                self.done += scan.bytes - before;
                let reached = (scan.segment().header.number, scan.offset);
                let has_reached = reached >= (self.goal.segment, self.goal.offset);
                match scanned {
                    Scanned::Miss => return Ok(false),
                    _ if has_reached => self.stage = Stage::Over,
                    Scanned::Commit(_) => {}
                    Scanned::End => return Err(scan.corrupt("a frame does not verify")),
                    Scanned::Sealed => {
                        return Err(scan.damaged(Code::DataLoss, "what followed here is missing"));
                    }
                }
            }
            Stage::Over => {}
        }
        Ok(true)
    }

    /// The files are what they were, or tell what is wrong with them.
    fn begin(&mut self, files: Files) -> Result<()> {
        for file in std::mem::take(&mut self.report.half_damaged_files) {
            let message = format!(
                "one of two copies in file {file} is damaged; the other one says what it said"
            );
            self.problems.push(Problem {
                file: Some(file),
                ..Error::new(Code::Corrupt, message).into()
            });
        }
        if let Some(damage) = self.report.damage.take() {
            return Err(damage);
        }
        let lengths = files.segments.iter().map(|segment| segment.length);
        self.total = lengths.sum();
        if self.goal.offset == 0 {
            self.stage = Stage::Over;
            return Ok(());
        }
        if files.segments.is_empty() {
            return Err(Error::new(Code::DataLoss, "all segments are missing"));
        }
        let has_unbegun = files.unbegun.is_some();
        let mut scan = Box::new(Scan::new(files.segments, has_unbegun, self.goal));
        self.stage = match files.checkpoint {
            None => Stage::Scan(scan),
            Some(chosen) => {
                self.total += chosen.header.end;
                scan.begin_behind(&chosen.header)?;
                let pieces = Pieces::new(chosen.header, chosen.file);
                Stage::Load(Box::new(pieces), chosen.file, scan)
            }
        };
        Ok(())
    }
}
