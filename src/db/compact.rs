//! A checkpoint now: what is in the log is written as blocks, and the segments that it stands for are used anew. Of the
//! history nothing goes.
//!
//! It is what maintenance does when the log has grown long enough, in the same steps, between which statements run and
//! commits go on; a check that is under way comes first.

use super::Database;
use crate::error::{Code, Error, Result};

/// A compaction under way.
pub(super) struct Compaction {
    /// Commits that there were when it began, and the bytes of all files.
    commits: u64,
    before: u64,
}

/// What a step of a compaction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Compacted {
    /// Bytes written and read back, of about how many.
    pub done: u64,
    pub total: u64,
    pub is_over: bool,
    /// Of all files, before it and now.
    pub before: u64,
    pub after: u64,
    /// How many commits are in the checkpoint.
    pub commits: u64,
}

impl Database {
    /// Begins a compaction; one that is under way goes on.
    ///
    /// # Errors
    /// `Closed`, or why the database cannot be written.
    pub fn begin_compaction(&mut self) -> Result<()> {
        let shared = &mut self.shared;
        shared.check_usable()?;
        if let Some(why) = shared.read_only() {
            return Err(why.clone());
        }
        if let (Some(log), None) = (&mut shared.log, &shared.compaction) {
            let (usage, commits) = (log.usage(), log.next_seq().0);
            if commits > usage.checkpointed {
                log.want_checkpoint();
            }
            shared.compaction = Some(Compaction {
                commits,
                before: usage.bytes,
            });
        }
        Ok(())
    }

    /// Leaves a compaction: its checkpoint is given up, unless it is complete.
    pub fn end_compaction(&mut self) -> Compacted {
        let shared = &mut self.shared;
        if let (Some(log), Some(_)) = (&mut shared.log, shared.compaction.take()) {
            log.leave_checkpoint();
        }
        Compacted::default()
    }

    /// Goes on with a compaction for about so long. When it is over it is gone.
    ///
    /// # Errors
    /// As for [`Database::maintain`]; `Cancelled` where none is under way; and why the checkpoint could not be written, such as `Quota`, which leaves
    /// everything as it was.
    pub fn compact(&mut self, milliseconds: u32) -> Result<Compacted> {
        let more = self.maintain(milliseconds)?;
        let shared = &mut self.shared;
        let Some(log) = &mut shared.log else {
            let is_over = true;
            return Ok(Compacted {
                is_over,
                ..Compacted::default()
            });
        };
        let Some(work) = &shared.compaction else {
            return Err(Error::not_under_way("compaction"));
        };
        let usage = log.usage();
        let is_complete = usage.checkpointed >= work.commits;
        let is_over = is_complete && !log.is_writing_checkpoint();
        if !is_over && !more {
            shared.compaction = None;
            let unknown = || Error::new(Code::Quota, "there is no file for a checkpoint");
            return Err(log.take_refusal().unwrap_or_else(unknown));
        }
        let (done, total) = log.checkpoint_progress();
        let compacted = Compacted {
            done: if is_complete { total } else { done },
            total,
            is_over,
            before: work.before,
            after: usage.bytes,
            commits: usage.checkpointed,
        };
        if is_over {
            shared.compaction = None;
        }
        Ok(compacted)
    }
}
