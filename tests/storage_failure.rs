//! A database whose storage fails while it commits: what was not acknowledged is neither read any longer nor
//! there after opening anew, and nothing that was acknowledged is lost.

mod support;

use driftdb::db::{Database, Failure, Options, Progress, Request, SessionId, StatementResult};
use driftdb::error::Code;
use driftdb::storage::Memory;
use driftdb::types::{Seq, Value};
use std::rc::Rc;
use support::commits::Seeded;
use support::database::{self, Still};
use support::{Fault, Faulty};

fn open(storage: &Faulty) -> (Database, SessionId) {
    database::open(Options {
        storage: Some(Box::new(storage.clone())),
        ..Options::memory(Rc::new(Still), Rc::new(Seeded::new(1)))
    })
}

/// A storage that can fail and a database on it with one row.
fn with_a_row() -> (Faulty, (Database, SessionId)) {
    let storage = Faulty::new(Memory::new());
    let mut connection = open(&storage);
    let create = "CREATE TABLE t (id int PRIMARY KEY, v text)";
    step_through(&mut connection, create).expect("created");
    step_through(&mut connection, "INSERT INTO t VALUES (1, 'kept')").expect("inserted");
    (storage, connection)
}

/// Runs a script without its flush, as a host does that flushes for many at once.
fn step_through(
    (database, session): &mut (Database, SessionId),
    sql: &str,
) -> Result<Vec<StatementResult>, Failure> {
    let request = Request::script(sql);
    let task = match database.start(*session, request) {
        Ok(task) => task,
        Err(error) => {
            return Err(Failure {
                statement: 0,
                error,
            });
        }
    };
    let mut results = Vec::new();
    loop {
        match database.step(task, 1 << 20) {
            Progress::Statement(result) => results.push(result),
            Progress::Finished => return Ok(results),
            Progress::Failed(failure) => return Err(failure),
            _ => {}
        }
    }
}

/// A statement so large that its commit is written before it is flushed.
fn large() -> String {
    format!("INSERT INTO t VALUES (100, '{}')", "x".repeat(5 << 20))
}

fn ids(connection: &mut (Database, SessionId)) -> Vec<Value> {
    let results = step_through(connection, "SELECT id FROM t ORDER BY id").expect("it reads");
    results[0].values().into_iter().flatten().collect()
}

/// The commit before it is in memory and in the same group; the failed write takes both away.
#[test]
fn what_went_with_a_failed_write_is_not_read_any_longer() {
    let (storage, mut connection) = with_a_row();
    connection.0.flush().expect("the storage is sound");
    assert_eq!(connection.0.durable_seq(), Ok(Some(Seq(1))));

    step_through(&mut connection, "INSERT INTO t VALUES (2, 'not told')").expect("in memory");
    storage.fail(0, Fault::Error(Code::Quota), false);
    let refused = step_through(&mut connection, &large()).expect_err("the write fails");
    assert_eq!(refused.error.code(), Code::Quota);

    // Memory has commit 2 and storage has not: nothing is answered from memory any more.
    let read = step_through(&mut connection, "SELECT id FROM t").expect_err("given up");
    assert_eq!(read.error.code(), Code::Quota);
    assert!(connection.0.durable_seq().is_err() && connection.0.flush().is_err());

    let mut connection = open(&storage);
    assert_eq!(ids(&mut connection), [Value::I64(1)]);
    step_through(&mut connection, "INSERT INTO t VALUES (3, 'later')").expect("there is room");
    connection.0.flush().expect("there is room");
    assert_eq!(ids(&mut open(&storage)), [Value::I64(1), Value::I64(3)]);
}

/// What is only too large is refused, and everything goes on.
#[test]
fn a_commit_that_the_log_refuses_leaves_the_others_alone() {
    let (storage, mut connection) = with_a_row();
    let text = "x".repeat(17 << 20);
    let too_large = format!("INSERT INTO t VALUES (2, '{text}')");
    let refused =
        step_through(&mut connection, &too_large).expect_err("larger than a value may be");
    assert_eq!(refused.error.code(), Code::LimitLength);
    step_through(&mut connection, "INSERT INTO t VALUES (3, 'next')").expect("goes on");
    connection.0.flush().expect("the storage is sound");
    assert_eq!(connection.0.durable_seq(), Ok(Some(Seq(2))));
    assert_eq!(ids(&mut open(&storage)), [Value::I64(1), Value::I64(3)]);
}
