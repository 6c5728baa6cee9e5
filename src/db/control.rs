//! Transaction control: BEGIN, COMMIT, ROLLBACK and savepoints.

use super::database::Database;
use super::session::Block;
use super::task::Task;
use super::{SessionId, StatementResult};
use crate::error::{Code, Error, Result};
use crate::plan::{self, Plan};
use crate::sql::{Statement, Syntax};
use std::rc::Rc;

/// A request that is asked of a moment reads it and leaves the session as it is.
pub(super) fn refuse_in_past(task: &Task, what: &str) -> Result<()> {
    match task.request.as_of {
        None => Ok(()),
        Some(_) => {
            let message = format!("{what} has no place where the past is read");
            Err(Error::new(Code::ReadOnly, message))
        }
    }
}

impl Database {
    /// BEGIN, COMMIT and their like.
    pub(super) fn control(
        &mut self,
        task: &Task,
        statement: &Statement,
    ) -> Result<Option<StatementResult>> {
        let (session, syntax) = (task.session, &statement.syntax);
        let is_end = matches!(
            syntax,
            Syntax::Commit | Syntax::Rollback | Syntax::RollbackTo(_)
        );
        if self
            .session_mut(session)?
            .block
            .as_ref()
            .is_some_and(|block| block.failed)
            && !is_end
        {
            return Err(Error::new(
                Code::InFailedTransaction,
                "current transaction is aborted, commands ignored until end of transaction block",
            ));
        }
        let is_control = is_end
            || matches!(
                syntax,
                Syntax::Begin(_) | Syntax::Savepoint(_) | Syntax::Release(_)
            );
        if is_control && task.is_one_transaction {
            let message = "transaction control is not allowed in a request that is one transaction";
            return Err(Error::new(Code::ActiveTransaction, message));
        }
        if !is_control {
            return Ok(None);
        }
        refuse_in_past(task, "a transaction")?;
        let no_view = &mut |_: &_, _| Ok(Default::default());
        let plan = plan::plan(statement, &[], &[], &plan::Options::default(), no_view)?.plan;
        self.run_control(task, &plan).map(Some)
    }

    fn run_control(&mut self, task: &Task, plan: &Plan) -> Result<StatementResult> {
        let session = task.session;
        let (mut notice, mut made) = (None, None);
        let command;
        match plan {
            Plan::Begin(modes) => {
                command = "BEGIN";
                let now = self.shared.now();
                let session = self.session_mut(session)?;
                if session.block.is_some() {
                    notice = Some("there is already a transaction in progress");
                } else {
                    let usual = session
                        .settings
                        .was_turned_on("default_transaction_read_only");
                    let read_only = modes.read_only.unwrap_or(usual);
                    let mut block = Block::new(read_only, false, &session.settings);
                    block.now = Some(now);
                    session.block = Some(block);
                    session.settings.set_modes(*modes, false)?;
                }
            }
            Plan::Commit => match self.session_mut(session)?.end_block(true) {
                None => {
                    command = "COMMIT";
                    notice = Some("there is no transaction in progress");
                }
                Some(block) if block.failed => {
                    command = "ROLLBACK";
                    self.release_writer(session);
                }
                Some(block) => {
                    command = "COMMIT";
                    made = self.commit_block(task, block)?;
                }
            },
            Plan::Rollback => {
                command = "ROLLBACK";
                if self.session_mut(session)?.end_block(false).is_none() {
                    notice = Some("there is no transaction in progress");
                }
                self.release_writer(session);
            }
            Plan::Savepoint(name) => {
                command = "SAVEPOINT";
                self.open_block(session, "SAVEPOINT")?;
                let known = self.session_mut(session)?;
                if let Some(block) = &mut known.block {
                    block.savepoint(name, &known.settings, known.cursors.made);
                }
            }
            Plan::ReleaseSavepoint(name) => {
                command = "RELEASE";
                let block = self.open_block(session, "RELEASE SAVEPOINT")?;
                block.release(name).inspect_err(|_| block.failed = true)?;
            }
            Plan::RollbackToSavepoint(name) => {
                command = "ROLLBACK";
                let block = self.open_block(session, "ROLLBACK TO SAVEPOINT")?;
                let (settings, cursors) = block
                    .rollback_to(name)
                    .inspect_err(|_| block.failed = true)?;
                let session = self.session_mut(session)?;
                session.settings = settings;
                session.cursors.rollback_to(cursors);
            }
            _ => return Err(Error::new(Code::Internal, "not transaction control")),
        }
        Ok(StatementResult {
            command,
            fields: Rc::from([]),
            chunks: Vec::new(),
            affected_rows: 0,
            seq: made.or(self.applied_seq()),
            committed: made.is_some(),
            transaction: self.status(session),
            notice,
        })
    }

    fn open_block(&mut self, session: SessionId, command: &str) -> Result<&mut Block> {
        self.session_mut(session)?.block.as_mut().ok_or_else(|| {
            let message = format!("{command} can only be used in transaction blocks");
            Error::new(Code::NoActiveTransaction, message)
        })
    }
}
