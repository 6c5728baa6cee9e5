//! Stepping a task: from one statement to the next.

use super::compile::{OwnedTuples, Scope, literal_value, parameter_values};
use super::database::{Database, one_statement};
use super::session::{Block, Reading};
use super::task::{Reach, Running, State, Task};
use super::{Failure, Parameter, Progress, SessionId, StatementResult, TaskId, Work};
use crate::error::{Code, Error, Result};
use crate::exec::{Access, Context, Execution, Meter, Step};
use crate::plan::{self, Plan};
use crate::sql::{Statements, Syntax};
use crate::table::Fetch;
use crate::txn::{CommitHead, Transaction};
use crate::types::Seq;
use std::rc::Rc;

use super::cache::Compiled;

impl Database {
    /// Does a part of a task. After `Finished` or `Failed` the task is gone.
    pub fn step(&mut self, id: TaskId, budget: u32) -> Progress {
        let Some(mut task) = self.tasks.remove(&id) else {
            let error = Error::new(Code::Closed, "there is no such task");
            return Progress::Failed(Failure {
                statement: 0,
                error,
            });
        };
        match self.advance(id, &mut task, budget) {
            Ok(Progress::Finished) => {
                self.forget(id, task.session);
                Progress::Finished
            }
            Ok(progress) => {
                self.tasks.insert(id, task);
                progress
            }
            Err(error) => {
                let statement = task.statement;
                self.abandon(task);
                Progress::Failed(Failure { statement, error })
            }
        }
    }

    fn forget(&mut self, id: TaskId, session: SessionId) {
        if let Some(session) = self.sessions.get_mut(&session) {
            session.tasks.retain(|task| *task != id);
        }
    }

    fn advance(&mut self, id: TaskId, task: &mut Task, mut budget: u32) -> Result<Progress> {
        self.shared.check_usable()?;
        let session = self.sessions.get(&task.session);
        if session.and_then(|session| session.tasks.front()) != Some(&id) {
            check_time(self.shared.options.clock.now(), task)?;
            return Ok(Progress::WaitingForWriter);
        }
        if let Some(block) = task.needed.take() {
            self.shared.store.load(block)?;
        }
        loop {
            if let Some(result) = task.ready.pop_front() {
                return Ok(Progress::Statement(result));
            }
            check_time(self.shared.options.clock.now(), task)?;
            let progress = match std::mem::replace(&mut task.state, State::Next) {
                State::Next => self.begin_statement(task, None)?,
                State::Waiting { since } => self.begin_statement(task, Some(since))?,
                State::Running(running) => self.run_statement(task, running, &mut budget)?,
                State::Over => Some(Progress::Finished),
            };
            match progress {
                Some(progress) => return Ok(progress),
                None if budget == 0 && task.ready.is_empty() => return Ok(Progress::Working),
                None => {}
            }
        }
    }

    /// Finds the next statement and makes it run, or finds that there is none. `None`: step on.
    fn begin_statement(&mut self, task: &mut Task, since: Option<i64>) -> Result<Option<Progress>> {
        let now = self.shared.options.clock.now();
        if let Some(since) = since {
            if self.writer.is_some_and(|writer| writer != task.session) {
                return self.keep_waiting(task, since, now).map(Some);
            }
        }
        if task.request.work.is_one_transaction() && !task.begun {
            task.begun = true;
            let session = self.session_mut(task.session)?;
            if session.block.is_none() {
                session.block = Some(Block::new(false, true));
            }
        }
        // The script is taken out of the task while its statements borrow it.
        let work = std::mem::replace(&mut task.request.work, Work::nothing());
        let begun = self.begin_work(task, &work);
        task.request.work = work;
        match begun? {
            Begun::Over => self.end_request(task).map(|()| None),
            Begun::Control | Begun::Running => Ok(None),
            Begun::Blocked => self.keep_waiting(task, since.unwrap_or(now), now).map(Some),
        }
    }

    fn keep_waiting(&mut self, task: &mut Task, since: i64, now: i64) -> Result<Progress> {
        if now.saturating_sub(since) > self.shared.options.limits.lock_timeout {
            return Err(Error::new(
                Code::LockTimeout,
                "gave up waiting for another transaction to end",
            )
            .with_hint(
                "Inside db.transaction(async tx => …) use tx, not db: db waits for the transaction to end.",
            ));
        }
        task.state = State::Waiting { since };
        Ok(Progress::WaitingForWriter)
    }

    fn begin_work(&mut self, task: &mut Task, work: &Work) -> Result<Begun> {
        match work {
            Work::Script {
                sql,
                parameters,
                single,
                ..
            } => {
                let mut statements = Statements::resume(sql, task.place);
                let Some(scanned) = statements.next().transpose()? else {
                    let nothing = *single && task.statement == 0;
                    return if nothing {
                        Err(one_statement(None))
                    } else {
                        Ok(Begun::Over)
                    };
                };
                let next = statements.place();
                if *single {
                    if let Some(second) = statements.next().transpose()? {
                        return Err(one_statement(Some(second.source.characters + 1)));
                    }
                }
                let compiled = self.shared.compile(&scanned)?;
                let own = compiled.statement.parameters as usize;
                let parameters = if *single || own > parameters.len() {
                    parameters
                } else {
                    &parameters[..own]
                };
                let begun =
                    self.begin_compiled(task, &compiled, parameters, Some(&scanned.lifted))?;
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
                let Some(parameters) = rows.get(task.statement) else {
                    return Ok(Begun::Over);
                };
                let compiled = self.statement(*statement)?.compiled.clone();
                self.begin_compiled(task, &compiled, parameters, None)
            }
        }
    }

    fn begin_compiled(
        &mut self,
        task: &mut Task,
        compiled: &Rc<Compiled>,
        parameters: &[Parameter],
        lifted: Option<&crate::sql::Lifted>,
    ) -> Result<Begun> {
        if let Some(result) = self.control(task, &compiled.statement)? {
            task.statement += 1;
            task.ready.push_back(result);
            return Ok(Begun::Control);
        }
        let Some(reach) = self.reach(task, &compiled.statement.syntax)? else {
            return Ok(Begun::Blocked);
        };
        let running = self.bind_statement(task, compiled, parameters, lifted, reach);
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
        lifted: Option<&crate::sql::Lifted>,
        reach: Reach,
    ) -> Result<Running> {
        let present = match &reach {
            Reach::Read(snapshot) => *snapshot,
            Reach::Own(transaction) => transaction.snapshot(),
            Reach::Block(_) => self.block_mut(task.session)?.snapshot(),
        };
        let own_catalog = match reach {
            Reach::Block(_) => self.own_catalog(task.session),
            _ => None,
        };
        let now = self.statement_time(task.session);
        let moments = self.shared.moments(compiled, parameters, present)?;
        let scope = Scope {
            present,
            own_catalog,
        };
        let bound = self.shared.bind(compiled, &scope, &moments)?;
        let own = compiled.statement.parameters;
        let mut values = parameter_values(parameters, own, &bound.parameter_types)?;
        let mut tuples = OwnedTuples::none();
        if let Some(lifted) = lifted {
            if compiled.statement.rows {
                tuples = OwnedTuples::of(&lifted.literals, &bound.row_types)?;
            } else if !compiled.statement.literals.is_empty() {
                let types = &bound.parameter_types[own as usize..];
                for (literal, data_type) in lifted.literals.iter().zip(types) {
                    values.push(literal_value(literal, *data_type)?);
                }
            }
        }
        let short = bound.short.as_ref();
        let is_short = short.is_some_and(|short| short.fits(&moments, &tuples.borrow()));
        let limits = &self.shared.options.limits;
        Ok(Running {
            text: compiled.text.clone(),
            execution: (!is_short).then(|| Execution::new(bound.plan.clone())),
            tuples,
            meter: Meter::new(limits.memory_bytes),
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
    fn reach(&mut self, task: &Task, syntax: &Syntax) -> Result<Option<Reach>> {
        let writes = written_by(syntax);
        let session = task.session;
        if let Some(as_of) = &task.request.as_of {
            if let Some(command) = writes {
                return Err(read_only(command, "at a past moment"));
            }
            return self
                .shared
                .resolve_as_of(as_of)
                .map(|snapshot| Some(Reach::Read(snapshot)));
        }
        let present = self.shared.present();
        let Some(block) = self.session_mut(session)?.block.as_mut() else {
            if writes.is_none() {
                return Ok(Some(Reach::Read(present)));
            }
            if !self.take_writer(session) {
                return Ok(None);
            }
            let transaction = Transaction::begin(&self.shared.store);
            return Ok(Some(Reach::Own(Box::new(transaction))));
        };
        if block.read_only {
            if let Some(command) = writes {
                block.failed = true;
                return Err(read_only(command, "in a read-only transaction"));
            }
            if let Reading::Nothing = block.reading {
                block.reading = Reading::Snapshot(present);
            }
            return Ok(Some(Reach::Read(block.snapshot())));
        }
        if let Reading::Nothing = block.reading {
            if !self.take_writer(session) {
                return Ok(None);
            }
            let mut transaction = Transaction::begin(&self.shared.store);
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

    /// What `now()` answers.
    pub(super) fn statement_time(&mut self, session: SessionId) -> i64 {
        let now = self.shared.now();
        match self
            .sessions
            .get_mut(&session)
            .and_then(|session| session.block.as_mut())
        {
            Some(block) => *block.now.get_or_insert(now),
            None => now,
        }
    }

    /// BEGIN, COMMIT and their like.
    fn control(
        &mut self,
        task: &Task,
        statement: &crate::sql::Statement,
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
                Syntax::Begin { .. } | Syntax::Savepoint(_) | Syntax::Release(_)
            );
        if is_control && task.request.work.is_one_transaction() {
            let message = "transaction control is not allowed in a request that is one transaction";
            return Err(Error::new(Code::ActiveTransaction, message));
        }
        if !is_control {
            return Ok(None);
        }
        let plan = plan::plan(statement, &[], &[], &plan::Options::default())?.plan;
        self.run_control(task, &plan).map(Some)
    }

    fn run_control(&mut self, task: &Task, plan: &Plan) -> Result<StatementResult> {
        let session = task.session;
        let (mut notice, mut made) = (None, None);
        let command;
        match plan {
            Plan::Begin { read_only } => {
                command = "BEGIN";
                let session = self.session_mut(session)?;
                if session.block.is_some() {
                    notice = Some("there is already a transaction in progress");
                } else {
                    session.block = Some(Block::new(*read_only, false));
                }
            }
            Plan::Commit => match self.session_mut(session)?.block.take() {
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
                if self.session_mut(session)?.block.take().is_none() {
                    notice = Some("there is no transaction in progress");
                }
                self.release_writer(session);
            }
            Plan::Savepoint(name) => {
                command = "SAVEPOINT";
                self.open_block(session, "SAVEPOINT")?.savepoint(name);
            }
            Plan::ReleaseSavepoint(name) => {
                command = "RELEASE";
                let block = self.open_block(session, "RELEASE SAVEPOINT")?;
                block.release(name).inspect_err(|_| block.failed = true)?;
            }
            Plan::RollbackToSavepoint(name) => {
                command = "ROLLBACK";
                let block = self.open_block(session, "ROLLBACK TO SAVEPOINT")?;
                block
                    .rollback_to(name)
                    .inspect_err(|_| block.failed = true)?;
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

    fn run_statement(
        &mut self,
        task: &mut Task,
        mut running: Box<Running>,
        budget: &mut u32,
    ) -> Result<Option<Progress>> {
        match self.run_steps(task, &mut running, budget) {
            Ok(Paused::Done) => {
                let result = self.end_statement(task, *running)?;
                task.statement += 1;
                match task.request.work.is_one_transaction() {
                    true => hold(task, result),
                    false => task.ready.push_back(result),
                }
                Ok(None)
            }
            Ok(Paused::Need(block)) => {
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
        let block = self
            .sessions
            .get_mut(&task.session)
            .and_then(|s| s.block.as_mut());
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
            subplans: Vec::new(),
            now: running.now,
            entropy: &*self.shared.options.entropy,
            clock: &*self.shared.options.clock,
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
                    running.chunks.push(chunk);
                }
                Step::Need(block) => break Paused::Need(block),
                Step::Yield => break Paused::Yield,
                Step::Done => break Paused::Done,
            }
        };
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
                block.note(&running.text, affected_rows);
                if task.request.meta.is_some() {
                    block.meta.clone_from(&task.request.meta);
                }
            }
        }
        Ok(StatementResult {
            command: command_of(&running.bound.plan),
            fields: running.bound.fields.clone(),
            chunks: running.chunks,
            affected_rows,
            seq,
            committed,
            transaction: self.status(session),
            notice: running.execution.and_then(|execution| execution.notice),
        })
    }

    fn head(&self, task: &Task, affected_rows: u64, statement: String) -> CommitHead {
        CommitHead {
            clock: self.shared.options.clock.now(),
            request: task.request.request,
            request_ordinal: u32::try_from(task.statement).unwrap_or(u32::MAX),
            affected_rows,
            meta: task.request.meta.clone(),
            statement,
        }
    }

    fn commit_block(&mut self, task: &Task, block: Block) -> Result<Option<Seq>> {
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
    pub(super) fn commit(
        &mut self,
        transaction: Transaction,
        head: CommitHead,
    ) -> Result<Option<Seq>> {
        let shared = &mut self.shared;
        let Some(commit) = transaction.into_commit(&shared.store, head) else {
            return Ok(None);
        };
        let seq = commit.seq;
        if let Some(log) = &mut shared.log {
            log.append(&commit)?;
        }
        match shared.store.apply(commit) {
            Ok(()) => Ok(Some(seq)),
            Err(error) => shared.poisoned(error),
        }
    }

    /// All statements of the request ended.
    fn end_request(&mut self, task: &mut Task) -> Result<()> {
        task.state = State::Over;
        let session = self.session_mut(task.session)?;
        if !session.block.as_ref().is_some_and(|block| block.implicit) {
            task.ready.extend(task.held.drain(..));
            return Ok(());
        }
        let block = session.block.take().expect("just seen");
        let made = self.commit_block(task, block)?;
        for mut result in task.held.drain(..) {
            if made.is_some() {
                (result.seq, result.committed) = (made, true);
            }
            task.ready.push_back(result);
        }
        Ok(())
    }

    /// Takes back what a failed statement did, and fails the block it was in.
    fn statement_failed(&mut self, session: SessionId, reach: Option<Reach>) {
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

    /// A task that failed or was stopped.
    fn abandon(&mut self, task: Task) {
        let session = task.session;
        if let State::Running(running) = task.state {
            self.statement_failed(session, Some(running.reach));
        }
        if let Some(known) = self.sessions.get_mut(&session) {
            known.tasks.pop_front();
            if known.block.as_ref().is_some_and(|block| block.implicit) {
                known.block = None;
            }
            if known.block.is_none() {
                self.release_writer(session);
            }
        }
    }

    fn session_mut(&mut self, session: SessionId) -> Result<&mut super::session::Session> {
        let ended = || Error::new(Code::Closed, "the session has ended");
        self.sessions.get_mut(&session).ok_or_else(ended)
    }

    fn block_mut(&mut self, session: SessionId) -> Result<&mut Block> {
        let missing = || Error::new(Code::Internal, "a statement without its block");
        self.session_mut(session)?
            .block
            .as_mut()
            .ok_or_else(missing)
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

enum Paused {
    Done,
    Need(crate::table::BlockId),
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

fn check_time(now: i64, task: &Task) -> Result<()> {
    match task.stop {
        Some(Code::Timeout) => Err(timed_out()),
        Some(code) => Err(Error::new(code, "canceling statement due to user request")),
        None if task.deadline.is_some_and(|deadline| now >= deadline) => Err(timed_out()),
        None => Ok(()),
    }
}

fn timed_out() -> Error {
    Error::new(
        Code::Timeout,
        "canceling statement due to statement timeout",
    )
}

/// What the statement writes, as its command; `None` if it only reads.
pub(super) fn written_by(syntax: &Syntax) -> Option<&'static str> {
    Some(match syntax {
        Syntax::Insert(_) => "INSERT",
        Syntax::Update(_) => "UPDATE",
        Syntax::Delete(_) => "DELETE",
        Syntax::CreateTable(_) => "CREATE TABLE",
        Syntax::CreateIndex(_) => "CREATE INDEX",
        Syntax::DropTable { .. } => "DROP TABLE",
        Syntax::DropIndex { .. } => "DROP INDEX",
        Syntax::Truncate(_) => "TRUNCATE TABLE",
        Syntax::Explain {
            analyze: true,
            statement,
        } => return written_by(statement),
        _ => return None,
    })
}

pub(super) fn command_of(plan: &Plan) -> &'static str {
    match plan {
        Plan::Query(_) => "SELECT",
        Plan::Insert(_) => "INSERT",
        Plan::Update(_) => "UPDATE",
        Plan::Delete(_) => "DELETE",
        Plan::Truncate { .. } => "TRUNCATE TABLE",
        Plan::CreateTable { .. } => "CREATE TABLE",
        Plan::DropTable { .. } => "DROP TABLE",
        Plan::CreateIndex { .. } => "CREATE INDEX",
        Plan::DropIndex { .. } => "DROP INDEX",
        Plan::Explain { .. } => "EXPLAIN",
        _ => "",
    }
}

fn read_only(command: &str, place: &str) -> Error {
    Error::new(Code::ReadOnly, format!("cannot execute {command} {place}"))
}
