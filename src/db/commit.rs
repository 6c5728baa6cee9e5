//! The end of a transaction: to the log first, then to the tables.

use super::database::Database;
use super::session::{Block, Reading};
use super::task::{State, Task};
use crate::error::Result;
use crate::txn::{CommitHead, Transaction};
use crate::types::Seq;

impl Database {
    pub(super) fn head(&self, task: &Task, affected_rows: u64, statement: String) -> CommitHead {
        CommitHead {
            clock: self.shared.options.clock.now(),
            request: task.request.request,
            request_ordinal: u32::try_from(task.statement).unwrap_or(u32::MAX),
            affected_rows,
            meta: task.request.meta.clone(),
            statement,
        }
    }

    pub(super) fn commit_block(&mut self, task: &Task, block: Block) -> Result<Option<Seq>> {
        let made = match block.reading {
            Reading::Writing(transaction) => {
                let mut head = self.head(task, block.affected_rows, block.statements.join("; "));
                head.meta = head.meta.or(block.meta);
                self.commit(*transaction, head)
            }
            _ => Ok(None),
        };
        self.release_writer(task.session);
        made
    }

    /// Makes a transaction permanent: to the log first, then to the tables.
    ///
    /// # Errors
    /// A commit that is too large is refused, and nothing else changes. When the storage fails the database
    /// must be opened anew: from then on every call says so, reads included, since commits that memory has may
    /// not be in storage.
    pub(super) fn commit(
        &mut self,
        mut transaction: Transaction,
        head: CommitHead,
    ) -> Result<Option<Seq>> {
        let shared = &mut self.shared;
        (shared.store).load_for(|store| transaction.check_deferred(store, true))?;
        transaction.end_temporary(&shared.store)?;
        let Some(commit) = transaction.into_commit(&shared.store, head) else {
            return Ok(None);
        };
        shared.store.check_sound()?;
        let seq = commit.seq;
        if let Some(log) = &mut shared.log {
            let was_open = log.is_open();
            if let Err(error) = log.append(&commit) {
                // A log that gives up takes the commits of its group with it, which memory has.
                let gave_up = was_open && !log.is_open();
                return match gave_up {
                    true => shared.poisoned(error),
                    false => Err(error),
                };
            }
        }
        match shared.store.apply(commit) {
            Ok(()) => Ok(Some(seq)),
            Err(error) => shared.poisoned(error),
        }
    }

    /// All statements of the request ended.
    pub(super) fn end_request(&mut self, task: &mut Task) -> Result<()> {
        task.state = State::Over;
        let session = self.session_mut(task.session)?;
        if !session.block.as_ref().is_some_and(|block| block.implicit) {
            task.ready.extend(task.held.drain(..));
            return Ok(());
        }
        let block = session.end_block(true).expect("just seen");
        let made = self.commit_block(task, block)?;
        for mut result in task.held.drain(..) {
            if made.is_some() {
                (result.seq, result.committed) = (made, true);
            }
            task.ready.push_back(result);
        }
        Ok(())
    }
}
