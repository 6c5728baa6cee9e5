//! Requests against a database: what is parsed and looked up how often, parameters, transactions of
//! several sessions, history, and input of the worst kind.

mod bounds;
mod copy;
mod lookup;
mod parameters;
mod past;
mod scripts;
#[path = "../support/mod.rs"]
mod support;
mod tasks;

use driftdb::db::{Database, Failure, Options, Parameter, Request, SessionId, StatementResult};
use driftdb::error::{Code, Error};
use driftdb::types::{Clock, Value};
use std::cell::Cell;
use std::rc::Rc;
use support::database::{Still, open};

/// A clock that is set by hand.
#[derive(Default)]
struct Hand(Cell<i64>);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.get()
    }
}

/// A database in memory with one session.
struct Bench {
    database: Database,
    session: SessionId,
    clock: Rc<Hand>,
}

impl Bench {
    fn new() -> Bench {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Bench {
        let clock = Rc::new(Hand::default());
        clock.0.set(1_000_000);
        let mut options = Options::memory(clock.clone(), Rc::new(Still));
        change(&mut options);
        let (database, session) = open(options);
        Bench {
            database,
            session,
            clock,
        }
    }

    fn request(&mut self, request: Request) -> Result<Vec<StatementResult>, Failure> {
        let run = self.database.run(self.session, request);
        run.map_err(|(_, failure)| failure)
    }

    fn script(&mut self, sql: &str) -> Vec<StatementResult> {
        self.request(Request::script(sql))
            .unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        self.script(sql).last().expect("a statement").values()
    }

    fn number(&mut self, sql: &str) -> i64 {
        match self.rows(sql).as_slice() {
            [row] => match row.as_slice() {
                [Value::I64(number)] => *number,
                other => panic!("{other:?}"),
            },
            rows => panic!("{} rows", rows.len()),
        }
    }

    fn error(&mut self, sql: &str) -> Error {
        match self.request(Request::script(sql)) {
            Ok(_) => panic!("no error: {}", &sql[..sql.len().min(200)]),
            Err(failure) => failure.error,
        }
    }

    fn query(&mut self, sql: &str, parameters: Vec<Parameter>) -> Result<Vec<Vec<Value>>, Error> {
        match self.request(Request::query(sql, parameters)) {
            Ok(results) => Ok(results[0].values()),
            Err(failure) => Err(failure.error),
        }
    }

    /// The rows, if it took the short way.
    fn short(
        &mut self,
        sql: &str,
        parameters: &[Parameter],
    ) -> Result<Option<Vec<Vec<Value>>>, Code> {
        let result = self.database.execute_text(self.session, sql, parameters);
        let result = result.map_err(|error| error.code())?;
        Ok(result.map(|result| result.values()))
    }

    fn entries_touched(&self) -> u64 {
        self.database.counters().entries_touched
    }
}

fn int(value: i64) -> Value {
    Value::I64(value)
}
