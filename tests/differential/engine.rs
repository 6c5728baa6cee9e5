//! The database under test, in memory.

use super::answer::{Answer, Field, Refused, Rows};
use driftdb::db::{AsOf, Database, Options, Parameter, Request, SessionId, Work};
use driftdb::expr::format_value;
use driftdb::table::Residency;
use driftdb::types::{Clock, DataType, Entropy, Seq, Value};
use std::cell::Cell;
use std::rc::Rc;

pub struct Engine {
    pub database: Database,
    session: SessionId,
}

// Not every test that has it needs all of it.
#[allow(dead_code)]
impl Engine {
    /// An empty database. The ways of running it (optimizer, plan cache, blocks at hand or not) take turns.
    pub fn new(turn: u64) -> Engine {
        Engine::with_clock(turn, Rc::new(Ticks::default()))
    }

    /// The same by another clock.
    pub fn with_clock(turn: u64, clock: Rc<dyn Clock>) -> Engine {
        Engine::with(turn, clock, |_| {})
    }

    /// The same, with other options besides.
    pub fn with(turn: u64, clock: Rc<dyn Clock>, change: impl FnOnce(&mut Options)) -> Engine {
        let mut options = Options::memory(clock, Rc::new(Ticks::default()));
        options.optimizer = turn % 4 != 3;
        options.plan_cache = turn % 3 != 2;
        if turn % 2 == 1 {
            options.residency = Residency::FirstTouch;
        }
        change(&mut options);
        let mut opening = Database::open(options);
        let database = loop {
            if let Some(database) = opening.step(1_000).expect("memory does not fail") {
                break database;
            }
        };
        let mut engine = Engine {
            session: SessionId(0),
            database,
        };
        engine.session = engine.database.session();
        engine
    }

    /// The sequence of the last commit.
    pub fn seq(&self) -> u64 {
        self.database.applied_seq().map_or(0, |seq| seq.0)
    }

    /// Whether a query may answer something else, now or as of a commit, than as of another one.
    pub fn touched(&mut self, sql: &str, from: u64, to: Option<u64>) -> bool {
        let to = to.map(AsOf::Seq);
        let from = Some(Seq(from));
        self.database.touched(sql, &[], from, to.as_ref()).0
    }

    /// Runs a text; what its last statement answered, or the first error.
    pub fn run(&mut self, sql: &str) -> Answer {
        self.run_with(sql, Vec::new(), None)
    }

    /// The same with parameters, or of a moment.
    pub fn run_with(
        &mut self,
        sql: &str,
        parameters: Vec<Parameter>,
        as_of: Option<AsOf>,
    ) -> Answer {
        let mut request = Request::new(Work::Script {
            sql: sql.to_string(),
            parameters,
            atomic: false,
            single: false,
        });
        request.as_of = as_of;
        let results = self.database.run(self.session, request);
        let results = results.map_err(|(_, failure)| Refused {
            state: failure.error.sqlstate().to_string(),
            message: failure.error.message().to_string(),
        })?;
        let Some(result) = results.last() else {
            return Ok(Rows::default());
        };
        let types: Vec<DataType> = result.fields.iter().map(|field| field.data_type).collect();
        let row = |row: Vec<Value>| {
            row.iter()
                .zip(&types)
                .map(|(value, data_type)| cell(value, *data_type))
                .collect()
        };
        Ok(Rows {
            fields: result
                .fields
                .iter()
                .map(|field| Field {
                    name: field.name.clone(),
                    oid: field.data_type.oid(),
                })
                .collect(),
            rows: result.values().into_iter().map(row).collect(),
            affected: result.affected_rows,
        })
    }
}

fn cell(value: &Value, data_type: DataType) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let mut text = String::new();
    format_value(value, data_type, &mut text);
    Some(text)
}

/// A clock that ticks at every look, and a source that is not random.
#[derive(Default)]
pub struct Ticks(Cell<i64>);

impl Clock for Ticks {
    fn now(&self) -> i64 {
        self.0.set(self.0.get() + 1);
        1_767_225_600_000_000 + self.0.get()
    }
}

impl Entropy for Ticks {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}
