//! Salvage: all that a database has becomes a new one on another storage, with all of its past.
//!
//! The database is one that was opened up to where it is damaged. What there is up to there is written as a checkpoint, in steps, and the new log goes
//! on behind it: sequences, times and the chain of hashes stay as they were. Until the checkpoint is complete the new storage is empty or cannot
//! be opened, so that half of it cannot be taken for the whole.
//!
//! Tables of which rows were lost with a part of a checkpoint are so in the new database, too.

use super::database::{MAINTAINED_PER_MILLISECOND, Parts};
use super::{Compacted, Database};
use crate::error::{Code, Error, Result};
use crate::log::{self, Log, Recovered, Recovery};
use crate::storage::Storage;
use crate::table::Capture;

/// A salvage under way.
pub struct Salvage {
    stage: Stage,
    capture: Option<Capture>,
    /// Bytes written and read back, of about how many.
    progress: (u64, u64),
}

enum Stage {
    Make(Box<Recovery>),
    Write(Box<Log>),
    Close(Box<Log>),
    Over,
}

impl Salvage {
    /// Of a database, to a storage that is empty.
    ///
    /// # Errors
    /// That the database cannot be used, or has no storage.
    pub fn new(database: &Database, storage: Box<dyn Storage>) -> Result<Salvage> {
        let shared = &database.shared;
        shared.check_usable()?;
        let options = &shared.options;
        let options = log::Options::new(options.clock.now(), options.entropy.clone());
        Ok(Salvage {
            stage: Stage::Make(Box::new(Recovery::new(storage, options))),
            capture: None,
            progress: (0, 0),
        })
    }

    /// Goes on for about so long, and tells how far it is as a compaction does. That there is more may mean that the storage waits for the host.
    ///
    /// # Errors
    /// Those of the new storage, such as `Quota`, and `Io` if it holds something; and damage that shows only now. It is over then, and what is on the new
    /// storage is of no use.
    pub fn step(&mut self, database: &Database, milliseconds: u32) -> Result<Compacted> {
        let shared = &database.shared;
        shared.check_usable()?;
        let commits = shared.log.as_ref().map_or(0, |log| log.next_seq().0);
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Make(mut recovery) => match recovery.step()? {
                Recovered::Miss => Stage::Make(recovery),
                Recovered::Done { mut log, report } if report.created => {
                    report.read_only.map_or(Ok(()), Err)?;
                    if let Some(from) = &shared.log {
                        log.follow(from);
                    }
                    Stage::Write(log)
                }
                _ => {
                    let message = "the storage holds a database already";
                    return Err(Error::new(Code::Io, message));
                }
            },
            Stage::Write(mut log) => {
                let budget = milliseconds.saturating_mul(MAINTAINED_PER_MILLISECOND);
                let (store, capture) = (&shared.store, &mut self.capture);
                let parts = &mut Parts {
                    store,
                    capture,
                    storage: None,
                };
                let more = log.checkpoint(budget, shared.options.clock.now(), parts)?;
                if more {
                    // When it is complete the log tells of the next one.
                    let progress = log.checkpoint_progress();
                    if progress.0 >= self.progress.0 {
                        self.progress = progress;
                    }
                    Stage::Write(log)
                } else {
                    self.progress.0 = self.progress.1;
                    Stage::Close(log)
                }
            }
            Stage::Close(mut log) => {
                if log.usage().checkpointed != commits {
                    let unknown = || Error::new(Code::Quota, "there is no file for a checkpoint");
                    return Err(log.take_refusal().unwrap_or_else(unknown));
                }
                if log.close()? {
                    let (is_over, after) = (true, log.usage().bytes);
                    return Ok(Compacted {
                        is_over,
                        after,
                        ..self.told(commits)
                    });
                }
                Stage::Close(log)
            }
            Stage::Over => return Err(Error::not_under_way("salvage")),
        };
        Ok(self.told(commits))
    }

    fn told(&self, commits: u64) -> Compacted {
        let (done, total) = self.progress;
        Compacted {
            done,
            total,
            commits,
            ..Compacted::default()
        }
    }
}
