//! The database: its sessions, tasks and what they share.

use super::cache::{Cache, Compiled};
use super::opening::origin;
use super::session::{Block, Session};
use super::talk::{fields_of, no_prepared};
use super::task::Task;
use super::{
    AsOf, Counters, Description, Durability, Limits, Opening, Options, Request, SessionId,
    StatementId, TaskId, TransactionStatus,
};
use crate::error::{Code, Error, Result};
use crate::exec::Meter;
use crate::expr::Externals;
use crate::log::{Contents, Log, Report, Spot, Usage};
use crate::sql::{Lifting, Statements, Syntax};
use crate::storage::{self, Ticket};
use crate::table::{Capture, Catalog, CommitInfo, Stats, Store};
use crate::types::SortedMap;
use crate::types::{Seq, Snapshot};
use std::rc::Rc;

/// Bytes that maintenance writes in a millisecond, so that its steps stay as short as they were asked
/// to be.
pub(super) const MAINTAINED_PER_MILLISECOND: u32 = 64 << 10;

/// An open database.
pub struct Database {
    pub(super) shared: Shared,
    pub(super) sessions: SortedMap<SessionId, Session>,
    pub(super) tasks: SortedMap<TaskId, Box<Task>>,
    pub(super) statements: SortedMap<StatementId, Statement>,
    /// Who has the right to write.
    pub(super) writer: Option<SessionId>,
    /// What everything took when the last writer began.
    pub(super) writing_since: u64,
    next_id: u32,
}

/// What all sessions use.
pub(super) struct Shared {
    pub options: Options,
    pub store: Store,
    pub log: Option<Log>,
    pub report: Option<Report>,
    storage: Option<storage::Shared>,
    pub cache: Cache,
    /// The functions of the host.
    pub functions: Rc<Externals>,
    pub counters: Counters,
    /// Flushes under way, and the last commit that each covers.
    flushes: Vec<(Ticket, Seq)>,
    /// How far a checkpoint has been written.
    capture: Option<Capture>,
    /// A check under way, during which no checkpoint is written.
    pub(super) check: Option<super::check::Check>,
    pub(super) compaction: Option<super::compact::Compaction>,
    durable: Option<Seq>,
    /// Why the database can no longer be used: memory and storage might disagree.
    poison: Option<Error>,
}

/// The tables as what a checkpoint is made of.
pub(super) struct Parts<'a> {
    pub store: &'a Store,
    pub capture: &'a mut Option<Capture>,
    /// Where it will be read from; none if it is another database's.
    pub storage: Option<&'a storage::Shared>,
}

impl Contents for Parts<'_> {
    fn time(&self, seq: u64) -> i64 {
        self.store
            .commit_info(Seq(seq))
            .map_or(0, |commit| commit.time)
    }

    fn next(&mut self, seq: u64) -> Result<Option<Vec<u8>>> {
        let capture = (self.capture).get_or_insert_with(|| Capture::new(self.store, Seq(seq)));
        capture.next(self.store)
    }

    fn placed(&mut self, part: Vec<u8>, spot: Spot) {
        if let (Some(capture), Some(storage)) = (&mut *self.capture, self.storage) {
            capture.placed(self.store, part, origin(storage, spot));
        }
    }

    fn restart(&mut self, seq: u64) {
        *self.capture = Some(Capture::new(self.store, Seq(seq)));
    }
}

/// A prepared statement.
pub(super) struct Statement {
    pub session: SessionId,
    pub compiled: Rc<Compiled>,
}

impl Shared {
    /// The time: never before the last commit's, so that `AS OF now()` is the present.
    pub fn now(&self) -> i64 {
        let last = self
            .store
            .last_seq()
            .and_then(|seq| self.store.commit_info(seq));
        let clock = self.options.clock.now();
        last.map_or(clock, |commit| clock.max(commit.time))
    }

    pub fn present(&self) -> Snapshot {
        Snapshot::main(self.store.last_seq())
    }

    /// Counts for a statement that begins at a time, of a transaction that began when everything took so much.
    pub fn meter(&self, began: u64, start: i64) -> Meter {
        let options = &self.options;
        Meter::new(options.limits.memory_bytes).within(&options.heap, began, start)
    }

    /// Why nothing can be written.
    pub fn read_only(&self) -> Option<&Error> {
        self.report.as_ref()?.read_only.as_ref()
    }

    /// # Errors
    /// The one that made memory and storage disagree, or that part of what storage holds contradicts itself.
    pub fn check_usable(&self) -> Result<()> {
        self.poison.clone().map_or(Ok(()), Err)?;
        self.store.check_sound()
    }

    pub fn poisoned<T>(&mut self, error: Error) -> Result<T> {
        self.poison.get_or_insert(error.clone());
        Err(error)
    }
}

impl Database {
    pub fn open(options: Options) -> Opening {
        Opening::new(options)
    }

    pub(super) fn new(
        options: Options,
        store: Store,
        logged: Option<(Log, Report, storage::Shared)>,
    ) -> Database {
        let (log, report, storage) = match logged {
            Some((log, report, storage)) => (Some(log), Some(report), Some(storage)),
            None => (None, None, None),
        };
        let durable = store.last_seq();
        Database {
            shared: Shared {
                cache: Cache::new(options.limits.cached_plans),
                functions: Rc::default(),
                options,
                store,
                log,
                report,
                storage,
                counters: Counters::default(),
                flushes: Vec::new(),
                capture: None,
                check: None,
                compaction: None,
                durable,
                poison: None,
            },
            sessions: SortedMap::new(),
            tasks: SortedMap::new(),
            statements: SortedMap::new(),
            writer: None,
            writing_since: 0,
            next_id: 0,
        }
    }

    fn fresh_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    pub fn session(&mut self) -> SessionId {
        let session = SessionId(self.fresh_id());
        self.sessions.insert(session, Session::default());
        session
    }

    /// Rolls back what the session left open, and forgets it, its tasks and its statements.
    pub fn end_session(&mut self, session: SessionId) {
        self.sessions.remove(&session);
        self.tasks.retain(|_, task| task.session != session);
        self.statements
            .retain(|_, statement| statement.session != session);
        self.shared.store.release(session.waiter());
        self.release_writer(session);
    }

    /// Whether BEGIN was given and its end was not.
    pub fn in_transaction(&self, session: SessionId) -> bool {
        self.status(session) != TransactionStatus::Idle
    }

    pub(super) fn status(&self, session: SessionId) -> TransactionStatus {
        self.sessions
            .get(&session)
            .map_or(TransactionStatus::Idle, Session::status)
    }

    /// # Errors
    /// `Closed` for a session or statement that does not exist, and what made the database unusable.
    pub fn start(&mut self, session: SessionId, request: Request) -> Result<TaskId> {
        self.shared.check_usable()?;
        if let Some(statement) = request.work.statement() {
            self.statement(statement)?;
        }
        let clock = &self.shared.options.clock;
        let deadline = request
            .timeout
            .map(|timeout| clock.now().saturating_add(timeout));
        let task = TaskId(self.fresh_id());
        let known = self.sessions.get_mut(&session).ok_or_else(no_session)?;
        known.tasks.push_back(task);
        if self.tasks.is_empty() {
            self.shared.store.forget_dropped();
        }
        self.tasks
            .insert(task, Box::new(Task::new(session, request, deadline)));
        Ok(task)
    }

    /// Makes the task fail at its next step with this code (`Cancelled` or `Timeout`).
    pub fn cancel(&mut self, task: TaskId, why: Code) {
        if let Some(task) = self.tasks.get_mut(&task) {
            task.stop = Some(why);
        }
    }

    /// # Errors
    /// What is wrong with the text; `Syntax` also if it is not exactly one statement.
    pub fn prepare(&mut self, session: SessionId, sql: &str) -> Result<StatementId> {
        self.shared.check_usable()?;
        self.sessions.get(&session).ok_or_else(no_session)?;
        let mut statements = Statements::new(sql);
        let scanned = statements
            .next()
            .transpose()?
            .ok_or_else(|| one_statement(None))?;
        if let Some(second) = statements.next().transpose()? {
            return Err(one_statement(Some(second.source.characters + 1)));
        }
        let text = scanned.lifted.text();
        let compiled = self.shared.parse(&scanned.source, Lifting::Off, text)?;
        let id = StatementId(self.fresh_id());
        self.statements.insert(id, Statement { session, compiled });
        Ok(id)
    }

    /// The types of a prepared statement's parameters and the columns of its result, where it is run as of a moment, or of the
    /// session's. A statement whose own moments are parameters is described as if these were the present.
    pub fn describe(
        &mut self,
        session: SessionId,
        id: StatementId,
        as_of: Option<&AsOf>,
    ) -> Result<Description> {
        let compiled = self.statement(id)?.compiled.clone();
        self.describe_compiled(session, &compiled, as_of)
    }

    pub(super) fn describe_compiled(
        &mut self,
        session: SessionId,
        compiled: &Rc<Compiled>,
        as_of: Option<&AsOf>,
    ) -> Result<Description> {
        if let Syntax::Session(statement) = &compiled.statement.syntax {
            if let Some(name) = compiled.statement.executes() {
                let prepared = &self.session_mut(session)?.prepared;
                let executed = prepared.get(name).cloned();
                let executed = executed.ok_or_else(|| no_prepared(name))?;
                let fields = self.describe_compiled(session, &executed, as_of)?.fields;
                return Ok(Description {
                    fields,
                    parameters: Vec::new(),
                });
            }
            return Ok(Description {
                fields: fields_of(statement),
                parameters: Vec::new(),
            });
        }
        let own = self.session_mut(session)?.settings.as_of.clone();
        let as_of = as_of.or(own.as_ref());
        let (present, own_catalog) = match as_of {
            Some(as_of) => (self.shared.resolve_as_of(as_of)?, None),
            None => (self.shared.present(), self.own_catalog(session)),
        };
        let moments = self.shared.moments_or_present(compiled, present)?;
        let path = self.session_mut(session)?.settings.path();
        let scope = super::compile::Scope {
            present,
            is_past: as_of.is_some(),
            own_catalog,
            path,
            now: self.shared.now(),
        };
        let bound = self.shared.bind(compiled, &scope, &moments)?;
        Ok(Description {
            fields: bound.fields.to_vec(),
            parameters: bound.parameter_types.clone(),
        })
    }

    pub(super) fn own_catalog(&mut self, session: SessionId) -> Option<Rc<Catalog>> {
        let known = self.sessions.get_mut(&session)?;
        if let Some(transaction) = known.block.as_mut().and_then(Block::transaction) {
            let has_own = transaction.has_catalog_changes();
            return has_own.then(|| transaction.catalog());
        }
        let temporary = known.temporary.borrow();
        let catalog = || self.shared.store.catalog(self.shared.present());
        (!temporary.is_empty()).then(|| temporary.added_to(catalog()))
    }

    pub fn close_statement(&mut self, statement: StatementId) {
        self.statements.remove(&statement);
    }

    pub(super) fn statement(&self, id: StatementId) -> Result<&Statement> {
        let closed = || Error::new(Code::Closed, "the prepared statement has been closed");
        self.statements.get(&id).ok_or_else(closed)
    }

    /// Writes all commits since the last flush and asks that they be made durable.
    ///
    /// # Errors
    /// After one the database must be opened anew: it says so to every call.
    pub fn flush(&mut self) -> Result<()> {
        let shared = &mut self.shared;
        shared.check_usable()?;
        if shared.read_only().is_some() {
            return Ok(());
        }
        let Some(log) = &mut shared.log else {
            shared.durable = shared.store.last_seq();
            return Ok(());
        };
        match log.flush() {
            Ok(Some(ticket)) => {
                let last = shared.store.last_seq().expect("something was committed");
                shared.flushes.push((ticket, last));
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => shared.poisoned(error),
        }
    }

    /// Hands all commits to the storage without asking that they be made durable, which counts as such where
    /// durability is relaxed: they survive the end of the process. A later [`Database::flush`] does the rest.
    ///
    /// # Errors
    /// After one the database must be opened anew: it says so to every call.
    pub fn write(&mut self) -> Result<()> {
        let shared = &mut self.shared;
        shared.check_usable()?;
        match shared.log.as_mut().map_or(Ok(()), Log::write) {
            Ok(()) => {
                shared.durable = shared.store.last_seq();
                Ok(())
            }
            Err(error) => shared.poisoned(error),
        }
    }

    pub fn applied_seq(&self) -> Option<Seq> {
        self.shared.store.last_seq()
    }

    /// The last commit known to be durable (with relaxed durability: written). An error means that a
    /// flush failed: open the database anew.
    pub fn durable_seq(&mut self) -> Result<Option<Seq>> {
        let shared = &mut self.shared;
        shared.check_usable()?;
        let Some(log) = &mut shared.log else {
            return Ok(shared.store.last_seq());
        };
        let relaxed = shared.options.durability == Durability::Relaxed;
        while let Some((ticket, seq)) = shared.flushes.first().copied() {
            match log.durable(ticket) {
                Ok(done) if done || relaxed => {
                    shared.durable = shared.durable.max(Some(seq));
                    shared.flushes.remove(0);
                }
                Ok(_) => break,
                Err(error) => return shared.poisoned(error),
            }
        }
        Ok(shared.durable)
    }

    /// Work for idle times; true: there is more.
    pub fn maintain(&mut self, milliseconds: u32) -> Result<bool> {
        self.shared.check_usable()?;
        if self.shared.read_only().is_some() {
            return Ok(false);
        }
        // What a checkpoint flushes by itself, nobody would be told of.
        self.flush()?;
        let Shared {
            log: Some(log),
            storage: Some(storage),
            options,
            store,
            capture,
            check,
            ..
        } = &mut self.shared
        else {
            return Ok(false);
        };
        // What is in no checkpoint cannot be dropped.
        if store.dirty_bytes() > options.memory / 2 {
            log.want_early();
        }
        let budget = milliseconds.saturating_mul(MAINTAINED_PER_MILLISECOND);
        let done = match log.is_checkpointing() && check.is_none() {
            true => log.checkpoint(
                budget,
                options.clock.now(),
                &mut Parts {
                    store,
                    capture,
                    storage: Some(storage),
                },
            ),
            false => log.maintain(budget),
        };
        // Before the files of before are emptied.
        if log.take_completed()
            && let Some(capture) = capture.take()
        {
            if self.tasks.is_empty() {
                store.forget_dropped();
            }
            store.take_places(capture);
        }
        if !log.is_checkpointing() {
            *capture = None;
        }
        store.make_room();
        match done {
            Ok(more) => Ok(more || log.is_checkpointing()),
            Err(error) => self.shared.poisoned(error),
        }
    }

    /// Asks that the next maintenance writes a checkpoint, however short the log is.
    pub fn want_checkpoint(&mut self) {
        if let Some(log) = &mut self.shared.log {
            log.want_checkpoint();
        }
    }

    /// Rolls back what is open, writes what was committed, and says so to the storage. `false`: the
    /// storage is still at it, let the host run and call again. After `true` every call fails with
    /// `Closed`.
    pub fn close(&mut self) -> Result<bool> {
        self.shared.check_usable()?;
        self.sessions.clear();
        self.tasks.clear();
        self.writer = None;
        let done = match self.shared.log.as_mut().map(Log::close) {
            None => true,
            Some(Ok(done)) => done,
            Some(Err(error)) => return self.shared.poisoned(error),
        };
        if done {
            self.shared.poison = Some(Error::new(Code::Closed, "the database is closed"));
        }
        Ok(done)
    }

    /// Whether what was answered means anything: what could not be read in place looks empty.
    ///
    /// # Errors
    /// Why the database can no longer be used.
    pub fn check_usable(&self) -> Result<()> {
        self.shared.check_usable()
    }

    /// A commit's time, statement and so on: of no meaning where the database cannot be used after it (see
    /// [`Database::check_usable`]).
    pub fn commit_info(&self, seq: Seq) -> Option<&CommitInfo> {
        self.shared.store.commit_info(seq)
    }

    /// The schema at a moment, or of the present.
    pub fn catalog(&self, as_of: Option<&AsOf>) -> Result<Rc<Catalog>> {
        let snapshot = match as_of {
            Some(as_of) => self.shared.resolve_as_of(as_of)?,
            None => self.shared.present(),
        };
        Ok(self.shared.store.catalog(snapshot))
    }

    /// What recovery found when the database was opened; `None` without storage.
    pub fn report(&self) -> Option<&Report> {
        self.shared.report.as_ref()
    }

    /// The tables whose rows were lost when the database was salvaged, those of before among them: whoever reads one gets `CORRUPT`.
    pub fn lost_tables(&self) -> Vec<String> {
        self.shared.store.lost_names()
    }

    pub fn counters(&self) -> Counters {
        let stats = self.shared.store.stats();
        Counters {
            entries_touched: stats.live_entries_touched + stats.closed_entries_touched,
            ..self.shared.counters
        }
    }

    pub fn stats(&self) -> Stats {
        self.shared.store.stats()
    }

    /// What the files hold; `None` without storage.
    pub fn usage(&self) -> Option<Usage> {
        self.shared.log.as_ref().map(Log::usage)
    }

    pub fn limits(&self) -> &Limits {
        &self.shared.options.limits
    }

    pub(super) fn session_mut(&mut self, session: SessionId) -> Result<&mut Session> {
        self.sessions.get_mut(&session).ok_or_else(no_session)
    }

    pub(super) fn block_mut(&mut self, session: SessionId) -> Result<&mut Block> {
        let missing = || Error::new(Code::Internal, "a statement without its block");
        self.session_mut(session)?
            .block
            .as_mut()
            .ok_or_else(missing)
    }

    /// The right to write, if nobody else has it.
    pub(super) fn take_writer(&mut self, session: SessionId) -> bool {
        if self.writer.is_none() {
            self.writing_since = self.shared.options.heap.used();
        }
        *self.writer.get_or_insert(session) == session
    }

    pub(super) fn release_writer(&mut self, session: SessionId) {
        if self.writer == Some(session) {
            self.writer = None;
        }
    }
}

fn no_session() -> Error {
    Error::new(Code::Closed, "the session has ended")
}

pub(super) fn one_statement(second: Option<u32>) -> Error {
    match second {
        Some(position) => {
            let message = "cannot insert multiple commands into a prepared statement";
            Error::new(Code::Syntax, message)
                .at(position)
                .with_hint("exec runs several statements.")
        }
        None => Error::new(Code::Syntax, "there is no statement"),
    }
}
