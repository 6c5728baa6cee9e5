//! The check of a database: all of its storage read again, and all that is held compared with itself.
//!
//! It goes in steps between which statements run and commits go on; checkpoints wait for it. It changes nothing, and
//! what it finds it tells: nothing is mended.

use super::Database;
use crate::error::{Error, Result};
use crate::log::{self, Problem};
use crate::table;

/// A block counts as so many bytes, where progress is told.
const BLOCK_BYTES: u64 = 64 << 10;

/// How far a check has come.
#[derive(Default)]
pub(super) struct Check {
    log: Option<log::Check>,
    tables: table::Check,
}

/// What a step of a check came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checked {
    /// Of all there is to do; how much that is may grow while it is done.
    pub done: u64,
    pub total: u64,
    pub is_over: bool,
    /// What is wrong, as far as is known, in the order in which it was found.
    pub problems: Vec<Problem>,
    /// Bytes of the log and of a checkpoint that were read, and row versions that were compared with the indexes.
    pub bytes: u64,
    pub versions: u64,
}

impl Database {
    /// Begins a check, in place of one that is not over.
    ///
    /// # Errors
    /// `Closed`, or why the database can no longer be used.
    pub fn begin_check(&mut self) -> Result<()> {
        self.shared.check_usable()?;
        let log = self.shared.log.as_ref().map(|log| log.begin_check());
        let tables = table::Check::default();
        self.shared.check = Some(Check { log, tables });
        Ok(())
    }

    /// Leaves a check as it is.
    pub fn end_check(&mut self) -> Checked {
        self.shared.check = None;
        Checked::default()
    }

    /// Goes on with a check: reads about `bytes`, or looks at as many blocks as come to it. When it is over it is gone.
    ///
    /// # Errors
    /// `Closed`, or why the database can no longer be used; `Cancelled` where none is under way. What is wrong with the data is no
    /// error but an answer.
    pub fn check(&mut self, bytes: u64) -> Result<Checked> {
        self.shared.check_usable()?;
        let Some(mut check) = self.shared.check.take() else {
            return Err(Error::not_under_way("check"));
        };
        let mut is_reading = false;
        if let (Some(log), Some(reading)) = (&mut self.shared.log, &mut check.log) {
            is_reading = log.check_on(reading, bytes) != Some(false);
        }
        let blocks = (bytes / BLOCK_BYTES).max(1) as usize;
        let is_over = !is_reading && !self.shared.store.check_on(&mut check.tables, blocks);
        self.shared.store.make_room();
        let log = check.log.as_ref();
        let (done, total) = log.map_or((0, 0), |log| (log.done, log.total));
        let damage = self.shared.store.check_sound().err();
        let found = check.tables.problems.iter().cloned().chain(damage);
        let found = found.map(Problem::from);
        let problems = log.into_iter().flat_map(|log| log.problems.iter().cloned());
        let checked = Checked {
            done: done + check.tables.blocks * BLOCK_BYTES,
            total: total + self.shared.store.check_total() * BLOCK_BYTES,
            is_over,
            problems: problems.chain(found).collect(),
            bytes: done,
            versions: check.tables.versions,
        };
        self.shared.check = (!is_over).then_some(check);
        Ok(checked)
    }
}
