//! The short way through the database: a statement that touches one row, prepared or known to the plan
//! cache, in one call.
//!
//! It does what a task would do, without being one: no queue, no steps, no operators. Wherever something
//! is in its way (other tasks of the session, somebody else's right to write, a block that is not in
//! memory, a moment that there is not) it does nothing and says so, and the caller starts a task.

use super::cache::{Bound, Compiled};
use super::compile::Scope;
use super::database::Database;
use super::session::Reading;
use super::statement::command_of;
use super::{Parameter, SessionId, StatementId, StatementResult};
use crate::error::Result;
use crate::exec::{Access, Context, Short, Tuples};
use crate::plan::Plan;
use crate::sql::{Lifted, Statements, Syntax};
use crate::table::Fetch;
use crate::txn::{CommitHead, Transaction};
use crate::types::{Seq, Value, Versions};
use std::rc::Rc;

impl Database {
    /// A prepared statement run to its end in one call, if it takes a short path and nothing is in its
    /// way; `None`: start a task.
    pub fn execute(
        &mut self,
        session: SessionId,
        id: StatementId,
        parameters: &[Parameter],
    ) -> Result<Option<StatementResult>> {
        self.shared.check_usable()?;
        self.shared.store.make_room();
        let compiled = self.statement(id)?.compiled.clone();
        let result = self.execute_compiled(session, &compiled, parameters, None);
        self.shared.store.check_sound().and(result)
    }

    /// The same for a text of one statement, if the plan cache has it and its constants fit their places:
    /// of everything else, what is wrong with it included, the task knows more to say.
    pub fn execute_text(
        &mut self,
        session: SessionId,
        sql: &str,
        parameters: &[Parameter],
    ) -> Result<Option<StatementResult>> {
        self.shared.check_usable()?;
        self.shared.store.make_room();
        let mut statements = Statements::new(sql);
        let Ok(Some((known, scanned))) = self.shared.scan(&mut statements) else {
            return Ok(None);
        };
        if !statements.is_at_end() {
            return Ok(None);
        }
        let Some(compiled) = known.or_else(|| self.shared.known(&scanned)) else {
            return Ok(None);
        };
        let result = self.execute_compiled(session, &compiled, parameters, Some(&scanned.lifted));
        self.shared.store.check_sound().and(result)
    }

    /// `lifted` are the constants of a text; a prepared statement has none.
    fn execute_compiled(
        &mut self,
        session: SessionId,
        compiled: &Rc<Compiled>,
        parameters: &[Parameter],
        lifted: Option<&Lifted>,
    ) -> Result<Option<StatementResult>> {
        let Some(known) = self.sessions.get_mut(&session) else {
            return Ok(None);
        };
        if known.settings.path().is_some() {
            return Ok(None);
        }
        if known.settings.as_of.is_some() || !known.temporary.borrow().is_empty() {
            return Ok(None);
        }
        let statement = &compiled.statement;
        let declares = matches!(statement.syntax, Syntax::Declare { .. });
        if declares || known.block.is_none() && statement.query_writes.is_some() {
            return Ok(None);
        }
        let has_moments = !statement.temporal.clauses.is_empty();
        if !known.tasks.is_empty() || (has_moments && known.block.is_some()) {
            return Ok(None);
        }
        let (present, own_catalog) = match &known.block {
            None => (self.shared.present(), None),
            Some(block) if block.failed || block.read_only => return Ok(None),
            Some(block) => match &block.reading {
                Reading::Writing(transaction) => {
                    let changed = transaction.has_catalog_changes();
                    (
                        transaction.snapshot(),
                        changed.then(|| transaction.catalog()),
                    )
                }
                _ => return Ok(None),
            },
        };
        let in_block = known.block.is_some();
        // The clock is the host's, who is asked only where it matters.
        let moments = match has_moments {
            false => Vec::new(),
            true => {
                let now = || self.shared.now();
                let literals = lifted.map_or(&[][..], |lifted| &lifted.literals);
                match self
                    .shared
                    .moments(compiled, parameters, literals, present, &now)
                {
                    Ok(moments) => moments,
                    Err(_) => return Ok(None),
                }
            }
        };
        let known_plan = (self.shared).bound(compiled, present, own_catalog.as_ref(), &moments);
        let bound = match known_plan {
            Some(bound) => bound,
            None if lifted.is_some() => return Ok(None),
            None => {
                let scope = Scope {
                    present,
                    is_past: false,
                    own_catalog,
                    path: None,
                    now: self.shared.now(),
                };
                self.shared.bind(compiled, &scope, &moments)?
            }
        };
        let Some(short) = bound.short.as_ref().filter(|_| bound.moments.is_empty()) else {
            return Ok(None);
        };
        let writes = !matches!(&*bound.plan, Plan::Query(_));
        let read_only = known
            .settings
            .was_turned_on("default_transaction_read_only");
        if writes && !in_block && (self.writer.is_some() || read_only) {
            return Ok(None);
        }
        let (values, tuples) = match compiled.values(&bound, parameters, lifted) {
            Err(_) if lifted.is_some() => return Ok(None),
            values => values?,
        };
        if !short.fits(&moments, &tuples.borrow()) {
            return Ok(None);
        }
        self.shared.counters.plan_cache_hits += 1;
        self.shared.counters.short_paths += 1;
        let given = Given {
            moments: &moments,
            parameters: &values,
            tuples: tuples.borrow(),
        };
        let outcome = match (in_block, writes) {
            (true, _) => self.execute_in_block(session, short, given)?,
            (false, false) => {
                let access = Access::Read(present);
                self.run_short(session, short, given, access)?
                    .map(|(rows, affected)| Outcome {
                        rows,
                        affected,
                        made: None,
                    })
            }
            (false, true) => self.execute_alone(session, short, given, &compiled.text)?,
        };
        if let (true, true, Some(outcome)) = (in_block, writes, &outcome) {
            self.note_in_block(session, &compiled.text, outcome.affected);
        }
        Ok(outcome.map(|outcome| self.short_result(session, &bound, outcome)))
    }

    fn short_result(
        &self,
        session: SessionId,
        bound: &Rc<Bound>,
        outcome: Outcome,
    ) -> StatementResult {
        StatementResult {
            command: command_of(&bound.plan),
            fields: bound.fields.clone(),
            chunks: outcome.rows.into_iter().collect(),
            affected_rows: outcome.affected,
            seq: outcome.made.or(self.applied_seq()),
            committed: outcome.made.is_some(),
            transaction: self.status(session),
            notice: None,
        }
    }

    /// Outside a block: a transaction of its own.
    fn execute_alone(
        &mut self,
        session: SessionId,
        short: &Short,
        given: Given,
        text: &str,
    ) -> Result<Option<Outcome>> {
        let mut transaction = Transaction::begin(&self.shared.store);
        let Some((rows, affected)) =
            self.run_short(session, short, given, Access::Write(&mut transaction))?
        else {
            return Ok(None);
        };
        let head = CommitHead {
            clock: self.shared.options.clock.now(),
            affected_rows: affected,
            statement: text.to_string(),
            ..CommitHead::default()
        };
        let made = self.commit(transaction, head)?;
        Ok(Some(Outcome {
            rows,
            affected,
            made,
        }))
    }

    /// In the session's block, which is taken out while the statement runs.
    fn execute_in_block(
        &mut self,
        session: SessionId,
        short: &Short,
        given: Given,
    ) -> Result<Option<Outcome>> {
        let (now, start) = self.statement_times(session);
        let known = self
            .sessions
            .get_mut(&session)
            .expect("the session was just found");
        let sequences = known.sequences.clone();
        let block = known.block.as_mut().expect("the block was just found");
        let Some(transaction) = block.transaction() else {
            return Ok(None);
        };
        let savepoint = transaction.savepoint();
        let mut meter = self.shared.meter(self.writing_since, start);
        let mut context = Context {
            store: &self.shared.store,
            access: Access::Write(transaction),
            moments: given.moments,
            parameters: given.parameters,
            tuples: given.tuples,
            outer: Vec::new(),
            work: Vec::new(),
            pending: Default::default(),
            claimed: Default::default(),
            subplans: Vec::new(),
            now,
            entropy: &*self.shared.options.entropy,
            clock: &*self.shared.options.clock,
            session: &sequences,
            budget: u32::MAX,
            meter: &mut meter,
        };
        match short.run(&mut context) {
            Ok(Fetch::Ready(rows)) => Ok(Some(Outcome {
                rows,
                affected: meter.affected_rows,
                made: None,
            })),
            Ok(Fetch::Need(_)) => Ok(None),
            Err(error) => {
                if let Some(transaction) = block.transaction() {
                    transaction.rollback_to(&savepoint);
                }
                block.failed = true;
                Err(error)
            }
        }
    }

    fn note_in_block(&mut self, session: SessionId, text: &Rc<str>, affected: u64) {
        let block = self
            .sessions
            .get_mut(&session)
            .and_then(|session| session.block.as_mut());
        if let Some(block) = block {
            block.note(text, affected);
        }
    }

    fn run_short(
        &self,
        session: SessionId,
        short: &Short,
        given: Given,
        access: Access,
    ) -> Result<Option<(Option<crate::column::Chunk>, u64)>> {
        let known = self.sessions.get(&session);
        let sequences = known.map(|known| known.sequences.clone());
        let sequences = sequences.unwrap_or_default();
        let now = self.shared.now();
        let mut meter = self.shared.meter(self.shared.options.heap.used(), now);
        let mut context = Context {
            store: &self.shared.store,
            access,
            moments: given.moments,
            parameters: given.parameters,
            tuples: given.tuples,
            outer: Vec::new(),
            work: Vec::new(),
            pending: Default::default(),
            claimed: Default::default(),
            subplans: Vec::new(),
            now,
            entropy: &*self.shared.options.entropy,
            clock: &*self.shared.options.clock,
            session: &sequences,
            budget: u32::MAX,
            meter: &mut meter,
        };
        match short.run(&mut context)? {
            Fetch::Ready(rows) => Ok(Some((rows, meter.affected_rows))),
            Fetch::Need(_) => Ok(None),
        }
    }
}

/// What a statement runs with, the constants of an INSERT's tuple apart.
struct Given<'a> {
    moments: &'a [Versions],
    parameters: &'a [Value],
    tuples: Tuples<'a>,
}

struct Outcome {
    rows: Option<crate::column::Chunk>,
    affected: u64,
    made: Option<Seq>,
}
