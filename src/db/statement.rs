//! A statement that runs, to its end or its failure.

use super::begin::command_of_drop;
use super::database::Database;
use super::session::Reading;
use super::task::{Reach, Running, State, Task};
use super::{Progress, SessionId, StatementResult, Work};
use crate::error::{Code, Error, Result};
use crate::exec::{Access, Context, Step};
use crate::plan::Plan;
use crate::table::{BlockId, Fetch};
use crate::types::RelationKind;

impl Database {
    pub(super) fn run_statement(
        &mut self,
        task: &mut Task,
        mut running: Box<Running>,
        budget: &mut u32,
    ) -> Result<Option<Progress>> {
        let paused = loop {
            match self.run_steps(task, &mut running, budget) {
                Ok(Paused::Done) if *budget > 0 => match self.take_next_row(task, &mut running) {
                    Ok(true) => {}
                    Ok(false) => break Ok(Paused::Done),
                    Err(error) => break Err(error),
                },
                paused => break paused,
            }
        };
        match paused {
            Ok(Paused::Done) => {
                let result = self.end_statement(task, *running)?;
                task.statement += 1;
                match task.is_one_transaction {
                    true => hold(task, result),
                    false => task.ready.push_back(result),
                }
                Ok(None)
            }
            Ok(Paused::Need(block)) => {
                self.shared.store.pin(task.session.waiter(), block);
                task.needed = Some(block);
                task.state = State::Running(running);
                Ok(Some(Progress::NeedBlock(block)))
            }
            Ok(Paused::Yield) => {
                task.state = State::Running(running);
                Ok(Some(Progress::Working))
            }
            Err(error) => {
                self.statement_failed(task.session, Some(running.reach));
                Err(error)
            }
        }
    }

    /// Makes a statement run for the next of its many rows, without all that is the same for each, where it goes the
    /// short way. Whether there was such a row.
    fn take_next_row(&self, task: &mut Task, running: &mut Running) -> Result<bool> {
        let Work::Many { statement, rows } = &task.request.work else {
            return Ok(false);
        };
        let compiled = &self.statement(*statement)?.compiled;
        // What is read of the past depends on the row, and what EXECUTE runs has parameters of its own.
        if running.execution.is_some()
            || running.cursor.is_some()
            || !running.moments.is_empty()
            || compiled.statement.executes().is_some()
        {
            return Ok(false);
        }
        let Some(parameters) = rows.get(task.statement + 1)? else {
            return Ok(false);
        };
        task.statement += 1;
        (running.parameters, running.tuples) =
            compiled.values(&running.bound, &parameters, None)?;
        Ok(true)
    }

    fn run_steps(
        &mut self,
        task: &Task,
        running: &mut Running,
        budget: &mut u32,
    ) -> Result<Paused> {
        let limits = &self.shared.options.limits;
        let rows_max = task
            .request
            .rows
            .map_or(limits.rows, |rows| rows.min(limits.rows));
        let known = self.sessions.get_mut(&task.session);
        let sequences = known.as_ref().map(|known| known.sequences.clone());
        let sequences = sequences.unwrap_or_default();
        let block = known.and_then(|known| known.block.as_mut());
        let access = match (&mut running.reach, block) {
            (Reach::Read(snapshot), _) => Access::Read(*snapshot),
            (Reach::Own(transaction), _) => Access::Write(transaction),
            (Reach::Block(_), Some(block)) => match &mut block.reading {
                Reading::Writing(transaction) => Access::Write(transaction),
                _ => {
                    return Err(Error::new(
                        Code::Internal,
                        "a block without its transaction",
                    ));
                }
            },
            (Reach::Block(_), None) => {
                return Err(Error::new(Code::Internal, "a statement without its block"));
            }
        };
        let mut context = Context {
            store: &self.shared.store,
            access,
            moments: &running.moments,
            parameters: &running.parameters,
            tuples: running.tuples.borrow(),
            outer: Vec::new(),
            work: Vec::new(),
            pending: Default::default(),
            claimed: Default::default(),
            subplans: Vec::new(),
            now: running.now,
            entropy: &*self.shared.options.entropy,
            clock: &*self.shared.options.clock,
            session: &sequences,
            budget: *budget,
            meter: &mut running.meter,
        };
        let paused = loop {
            let step = match (&mut running.execution, &running.bound.short) {
                (Some(execution), _) => execution.step(&mut context)?,
                (None, Some(short)) => match short.run(&mut context)? {
                    Fetch::Need(block) => Step::Need(block),
                    Fetch::Ready(rows) => {
                        context.spend(1);
                        running.chunks.extend(rows);
                        Step::Done
                    }
                },
                (None, None) => return Err(Error::new(Code::Internal, "nothing to run")),
            };
            match step {
                Step::Chunk(chunk) => {
                    running.rows += chunk.len() as u64;
                    if running.rows > rows_max {
                        let message = format!("the result has more than {rows_max} rows");
                        return Err(Error::new(Code::LimitRows, message).with_hint("Add LIMIT."));
                    }
                    context.meter.hold_chunk(&chunk)?;
                    running.chunks.push(chunk);
                }
                Step::Need(block) => break Paused::Need(block),
                Step::Yield => break Paused::Yield,
                Step::Done => break Paused::Done,
            }
        };
        // A step has got through that may have waited for something.
        if context.budget < *budget {
            self.shared.store.got_through(task.session.waiter());
        }
        *budget = context.budget;
        Ok(paused)
    }

    fn end_statement(&mut self, task: &Task, running: Running) -> Result<StatementResult> {
        let session = task.session;
        let affected_rows = running.meter.affected_rows;
        let (mut seq, mut committed) = (self.applied_seq(), false);
        match running.reach {
            Reach::Read(snapshot) => seq = snapshot.seq,
            Reach::Own(transaction) => {
                let head = self.head(task, affected_rows, running.text.to_string());
                let made = self.commit(*transaction, head);
                self.release_writer(session);
                if let Some(made) = made? {
                    (seq, committed) = (Some(made), true);
                }
            }
            Reach::Block(_) => {
                let block = self.block_mut(session)?;
                if running.writes {
                    block.note(&running.text, affected_rows);
                }
                if task.request.meta.is_some() {
                    block.meta.clone_from(&task.request.meta);
                }
            }
        }
        let result = StatementResult {
            command: command_of(&running.bound.plan),
            fields: running.bound.fields.clone(),
            chunks: running.chunks,
            affected_rows,
            seq,
            committed,
            transaction: self.status(session),
            notice: running.execution.and_then(|execution| execution.notice),
        };
        match running.cursor {
            Some(options) => self.declared(session, options, result),
            None => Ok(result),
        }
    }

    /// Takes back what a failed statement did, and fails the block it was in.
    pub(super) fn statement_failed(&mut self, session: SessionId, reach: Option<Reach>) {
        let block = self
            .sessions
            .get_mut(&session)
            .and_then(|session| session.block.as_mut());
        match block {
            None => self.release_writer(session),
            Some(block) => {
                if let (Some(Reach::Block(savepoint)), Some(transaction)) =
                    (reach, block.transaction())
                {
                    transaction.rollback_to(&savepoint);
                }
                block.failed = true;
            }
        }
    }
}

enum Paused {
    Done,
    Need(BlockId),
    Yield,
}

/// Keeps a result for the commit of the whole request; the rows of one statement run many times are one
/// result.
fn hold(task: &mut Task, result: StatementResult) {
    match (&task.request.work, task.held.last_mut()) {
        (Work::Many { .. }, Some(sum)) => {
            sum.affected_rows += result.affected_rows;
            sum.chunks.extend(result.chunks);
        }
        _ => task.held.push(result),
    }
}

pub(super) fn command_of(plan: &Plan) -> &'static str {
    match plan {
        Plan::Query(_) => "SELECT",
        Plan::Insert(_) => "INSERT",
        Plan::Update(_) => "UPDATE",
        Plan::Delete(_) => "DELETE",
        Plan::Merge(_) => "MERGE",
        Plan::Truncate { .. } => "TRUNCATE TABLE",
        Plan::CreateTable { schema, .. } => match schema.kind() {
            RelationKind::Table => "CREATE TABLE",
            RelationKind::Sequence => "CREATE SEQUENCE",
            RelationKind::View => "CREATE VIEW",
            RelationKind::MaterializedView => "CREATE MATERIALIZED VIEW",
            RelationKind::Schema => "CREATE SCHEMA",
            RelationKind::Enum => "CREATE TYPE",
            RelationKind::Domain => "CREATE DOMAIN",
        },
        Plan::CreateTableAs(create) if create.refresh => "REFRESH MATERIALIZED VIEW",
        Plan::CreateTableAs(create) if create.schema.view.is_some() => "CREATE MATERIALIZED VIEW",
        Plan::CreateTableAs(_) => "CREATE TABLE AS",
        Plan::Alter { command, .. } => command,
        Plan::DropTable { kind, .. } => command_of_drop(*kind),
        Plan::CreateIndex { .. } => "CREATE INDEX",
        Plan::DropIndex { .. } => "DROP INDEX",
        Plan::CreateTag { .. } => "CREATE TAG",
        Plan::Restore(_) => "RESTORE",
        Plan::DropTag { .. } => "DROP TAG",
        Plan::Explain { .. } => "EXPLAIN",
        _ => "",
    }
}
