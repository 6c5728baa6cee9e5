//! From the next statement of a request to one that runs: its text compiled, its place among the
//! transactions found, its values in the types that its plan wants.

use super::cache::Compiled;
use super::compile::{Scope, Values};
use super::cursor::check_declared;
use super::database::{Database, one_statement};
use super::session::{Block, Reading};
use super::task::{Reach, Running, State, Task};
use super::{Parameter, Progress, SessionId, Work};
use crate::error::{Code, Error, Result};
use crate::exec::Execution;
use crate::sql::{Lifting, Scanned, Statement, Statements, Syntax};
use crate::txn::Transaction;
use crate::types::RelationKind;
use std::rc::Rc;

impl Database {
    /// Finds the next statement and makes it run, or finds that there is none. `None`: step on.
    pub(super) fn begin_statement(
        &mut self,
        task: &mut Task,
        since: Option<i64>,
    ) -> Result<Option<Progress>> {
        if since.is_some() && self.writer.is_some_and(|writer| writer != task.session) {
            return self.keep_waiting(task, since).map(Some);
        }
        if task.is_one_transaction && !task.begun {
            task.begun = true;
            let session = self.session_mut(task.session)?;
            if session.block.is_none() {
                session.block = Some(Block::new(false, true, &session.settings));
            }
        }
        // The script is taken out of the task while its statements borrow it.
        let work = std::mem::replace(&mut task.request.work, Work::nothing());
        let begun = self.begin_work(task, &work);
        task.request.work = work;
        match begun? {
            Begun::Over => self.end_request(task).map(|()| None),
            Begun::Control | Begun::Running => Ok(None),
            Begun::Blocked => self.keep_waiting(task, since).map(Some),
        }
    }

    fn begin_work(&mut self, task: &mut Task, work: &Work) -> Result<Begun> {
        match work {
            Work::Script {
                sql,
                parameters,
                single,
                ..
            } => {
                if *single && task.statement > 0 {
                    return Ok(Begun::Over);
                }
                let mut statements = Statements::resume(sql, task.place);
                let Some((known, scanned)) = self.shared.scan(&mut statements)? else {
                    return match *single {
                        true => Err(one_statement(None)),
                        false => Ok(Begun::Over),
                    };
                };
                let next = statements.place();
                if *single && let Some(second) = statements.next().transpose()? {
                    return Err(one_statement(Some(second.source.characters + 1)));
                }
                let compiled = match known {
                    Some(compiled) => compiled,
                    None => self.shared.compile(&scanned)?,
                };
                let own = compiled.statement.parameters as usize;
                let parameters = if *single || own > parameters.len() {
                    parameters
                } else {
                    &parameters[..own]
                };
                let begun = self.begin_compiled(task, &compiled, parameters, Some(&scanned))?;
                if !matches!(begun, Begun::Blocked) {
                    task.place = next;
                }
                Ok(begun)
            }
            Work::Statement {
                statement,
                parameters,
            } => {
                if task.statement > 0 {
                    return Ok(Begun::Over);
                }
                let compiled = self.statement(*statement)?.compiled.clone();
                self.begin_compiled(task, &compiled, parameters, None)
            }
            Work::Many { statement, rows } => {
                let Some(parameters) = rows.get(task.statement)? else {
                    return Ok(Begun::Over);
                };
                let compiled = self.statement(*statement)?.compiled.clone();
                self.begin_compiled(task, &compiled, &parameters, None)
            }
        }
    }

    fn begin_compiled(
        &mut self,
        task: &mut Task,
        compiled: &Rc<Compiled>,
        parameters: &[Parameter],
        scanned: Option<&Scanned>,
    ) -> Result<Begun> {
        if let Some(result) = self.control(task, &compiled.statement)? {
            task.statement += 1;
            task.ready.push_back(result);
            return Ok(Begun::Control);
        }
        if let Some(result) = self.talk(task, &compiled.statement)? {
            task.statement += 1;
            match task.is_one_transaction {
                true => task.held.push(result),
                false => task.ready.push_back(result),
            }
            return Ok(Begun::Control);
        }
        if let Some(name) = compiled.statement.executes() {
            let executed = self.executed(task.session, &compiled.statement, name);
            let (compiled, parameters) =
                executed.inspect_err(|_| self.statement_failed(task.session, None))?;
            return self.begin_compiled(task, &compiled, &parameters, None);
        }
        if let Syntax::Declare { options, .. } = &compiled.statement.syntax {
            let checked = check_declared(self.session_mut(task.session)?, options);
            checked.inspect_err(|_| self.statement_failed(task.session, None))?;
        }
        let Some(reach) = self.reach(task, &compiled.statement)? else {
            return Ok(Begun::Blocked);
        };
        let running = self.bind_statement(task, compiled, parameters, scanned, reach);
        match running {
            Ok(running) => {
                task.state = State::Running(Box::new(running));
                Ok(Begun::Running)
            }
            Err(error) => {
                self.statement_failed(task.session, None);
                Err(error)
            }
        }
    }

    fn bind_statement(
        &mut self,
        task: &Task,
        compiled: &Rc<Compiled>,
        parameters: &[Parameter],
        scanned: Option<&Scanned>,
        reach: Reach,
    ) -> Result<Running> {
        let present = match &reach {
            Reach::Read(snapshot) => *snapshot,
            Reach::Own(transaction) => transaction.snapshot(),
            Reach::Block(_) => self.block_mut(task.session)?.snapshot(),
        };
        let own_catalog = match &reach {
            Reach::Block(_) => self.own_catalog(task.session),
            Reach::Own(transaction) if transaction.has_catalog_changes() => {
                Some(transaction.catalog())
            }
            _ => None,
        };
        let (now, start) = self.statement_times(task.session);
        let session = self.session_mut(task.session)?;
        let scope = Scope {
            present,
            is_past: task.request.as_of.is_some() || session.settings.as_of.is_some(),
            own_catalog,
            path: session.settings.path(),
            now,
        };
        let lifted = scanned.map(|scanned| &scanned.lifted);
        let known = self
            .shared
            .bind_values(compiled, parameters, lifted, &scope);
        let known = match (known, scanned) {
            // Its constants did not fit their places: what the statement says as it was written stands.
            (Err(_), Some(scanned)) if !scanned.lifted.literals.is_empty() => {
                let (source, text) = (&scanned.source, &compiled.text);
                let plain = self.shared.parse(source, Lifting::Off, text)?;
                self.shared.bind_values(&plain, parameters, None, &scope)
            }
            (known, _) => known,
        };
        let Values {
            bound,
            moments,
            parameters: values,
            tuples,
        } = known?;
        let text = compiled.text.clone();
        let short = bound.short.as_ref();
        let is_short = short.is_some_and(|short| short.fits(&moments, &tuples.borrow()));
        let cursor = match &compiled.statement.syntax {
            Syntax::Declare { options, .. } => Some(options.clone()),
            _ => None,
        };
        Ok(Running {
            text,
            cursor,
            writes: writes(&compiled.statement).is_some(),
            execution: (!is_short).then(|| Execution::new(bound.plan.clone())),
            tuples,
            meter: self.shared.meter(self.writing_since, start),
            bound,
            parameters: values,
            moments,
            chunks: Vec::new(),
            rows: 0,
            now,
            reach,
        })
    }

    /// How the statement reaches the tables; `None` if it must wait for the right to write.
    fn reach(&mut self, task: &Task, statement: &Statement) -> Result<Option<Reach>> {
        let writes = writes(statement);
        let session = task.session;
        let known = self.session_mut(session)?;
        let as_of = task.request.as_of.clone();
        let as_of = as_of.or_else(|| known.settings.as_of.clone());
        let read_only = known.block.is_none()
            && writes.is_some()
            && known
                .settings
                .was_turned_on("default_transaction_read_only");
        if let Some(as_of) = &as_of {
            if let Some(command) = writes {
                return Err(cannot_write(command, "at a past moment"));
            }
            return self
                .shared
                .resolve_as_of(as_of)
                .map(|snapshot| Some(Reach::Read(snapshot)));
        }
        if let (true, Some(command)) = (read_only, writes) {
            return Err(cannot_write(command, "in a read-only transaction"));
        }
        let present = self.shared.present();
        let known = self.session_mut(session)?;
        let temporary = known.temporary.clone();
        // They are seen by a transaction alone, which needs no right to write as long as it only reads.
        let has_temporary = !temporary.borrow().is_empty();
        let Some(block) = known.block.as_mut() else {
            if writes.is_none() && !has_temporary {
                return Ok(Some(Reach::Read(present)));
            }
            if writes.is_some() && !self.may_write(session, statement)? {
                return Ok(None);
            }
            let transaction = Transaction::begin_with(&self.shared.store, &temporary);
            return Ok(Some(Reach::Own(Box::new(transaction))));
        };
        if block.read_only {
            if let Some(command) = writes {
                block.failed = true;
                return Err(cannot_write(command, "in a read-only transaction"));
            }
            if let Reading::Nothing = block.reading {
                let reading = match has_temporary {
                    true => {
                        let store = &self.shared.store;
                        Reading::Writing(Box::new(Transaction::begin_with(store, &temporary)))
                    }
                    false => Reading::Snapshot(present),
                };
                self.block_mut(session)?.reading = reading;
            }
            let block = self.block_mut(session)?;
            // One that became so after it had written goes on to see what it wrote.
            if let Reading::Snapshot(snapshot) = block.reading {
                return Ok(Some(Reach::Read(snapshot)));
            }
        }
        if let Reading::Nothing = self.block_mut(session)?.reading {
            if !self.may_write(session, statement)? {
                return Ok(None);
            }
            let mut transaction = Transaction::begin_with(&self.shared.store, &temporary);
            let block = self.block_mut(session)?;
            block.start = Some(transaction.savepoint());
            block.reading = Reading::Writing(Box::new(transaction));
        }
        let block = self.block_mut(session)?;
        let transaction = block
            .transaction()
            .expect("a block that may write has begun");
        Ok(Some(Reach::Block(transaction.savepoint())))
    }

    /// Whether the session has the right to write, or gets it; `false` where it has to wait.
    fn may_write(&mut self, session: SessionId, statement: &Statement) -> Result<bool> {
        match self.take_writer(session) {
            false if statement.no_wait => {
                let message = "could not obtain lock: another transaction writes";
                Err(Error::new(Code::LockTimeout, message))
            }
            taken => Ok(taken),
        }
    }

    /// What `now()` answers.
    pub(super) fn statement_time(&mut self, session: SessionId) -> i64 {
        self.statement_times(session).0
    }

    /// The same, and the time now, when a statement begins.
    pub(super) fn statement_times(&mut self, session: SessionId) -> (i64, i64) {
        let now = self.shared.now();
        let began = match self
            .sessions
            .get_mut(&session)
            .and_then(|session| session.block.as_mut())
        {
            Some(block) => *block.now.get_or_insert(now),
            None => now,
        };
        (began, now)
    }
}

enum Begun {
    Running,
    /// A statement of transaction control, which is done.
    Control,
    /// The right to write is somebody else's.
    Blocked,
    /// There is no statement left.
    Over,
}

/// What the statement is, if it writes or asks for locks.
fn writes(statement: &Statement) -> Option<&'static str> {
    written_by(&statement.syntax).or(statement.query_writes)
}

/// What the statement writes, as its command; `None` if it only reads.
pub(super) fn written_by(syntax: &Syntax) -> Option<&'static str> {
    Some(match syntax {
        Syntax::Query(_) => return syntax.written_by_query(),
        Syntax::Insert(_) => "INSERT",
        Syntax::Update(_) => "UPDATE",
        Syntax::Delete(_) => "DELETE",
        Syntax::Merge(_) => "MERGE",
        Syntax::CopyFrom(_) => "COPY FROM",
        Syntax::CreateTable(_) => "CREATE TABLE",
        Syntax::CreateTableAs { .. } => "CREATE TABLE AS",
        Syntax::CreateIndex(_) => "CREATE INDEX",
        Syntax::CreateView { .. } => "CREATE VIEW",
        Syntax::CreateSchema { .. } => "CREATE SCHEMA",
        Syntax::CreateEnum { .. } => "CREATE TYPE",
        Syntax::CreateDomain { .. } => "CREATE DOMAIN",
        Syntax::CreateMaterializedView { .. } => "CREATE MATERIALIZED VIEW",
        Syntax::Refresh { .. } => "REFRESH MATERIALIZED VIEW",
        Syntax::DropTable { kind, .. } => command_of_drop(*kind),
        Syntax::DropIndex { .. } => "DROP INDEX",
        Syntax::CreateTag(_) => "CREATE TAG",
        Syntax::Restore { .. } | Syntax::RestoreAll => "RESTORE",
        Syntax::Undo(_) => "UNDO",
        Syntax::DropTag { .. } => "DROP TAG",
        Syntax::CreateSequence { .. } => "CREATE SEQUENCE",
        Syntax::Comment { .. } => "COMMENT",
        Syntax::Alter(_) => "ALTER TABLE",
        Syntax::Truncate { .. } => "TRUNCATE TABLE",
        Syntax::Explain {
            analyze: true,
            statement,
        } => return written_by(statement),
        _ => return None,
    })
}

pub(super) fn command_of_drop(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "DROP TABLE",
        RelationKind::Sequence => "DROP SEQUENCE",
        RelationKind::View => "DROP VIEW",
        RelationKind::MaterializedView => "DROP MATERIALIZED VIEW",
        RelationKind::Schema => "DROP SCHEMA",
        RelationKind::Enum => "DROP TYPE",
        RelationKind::Domain => "DROP DOMAIN",
    }
}

fn cannot_write(command: &str, place: &str) -> Error {
    Error::new(Code::ReadOnly, format!("cannot execute {command} {place}"))
}
