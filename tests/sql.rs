//! Every `tests/sql/**/*.slt` on every way of running it: in memory, with each block and index run
//! needed at its first touch, and in a native directory, where the database is opened anew at the end and
//! must hold the same rows at every moment, with checkpoints on the way and without; each with the optimizer and the plan cache on and off.
//!
//! What other databases could answer lies in `tests/sql/postgres`; its answers are PostgreSQL 15's.
//! Rows are written as `psql -At` would with a blank between columns: NULL as `NULL`, an empty string as
//! `(empty)`. An error is named by its SQLSTATE.
//!
//! The clock stands still, so that commits are a microsecond apart. It starts at 2026-01-01 00:00:00 UTC;
//! the statement `\clock <timestamp>` sets it.

#[path = "support/everything.rs"]
mod everything;

use driftdb::db::{Database, Options, SessionId};
use driftdb::error::{Code, Error};
use driftdb::expr::parse_value;
use driftdb::storage::Directory;
use driftdb::table::Residency;
use driftdb::types::{Clock, DataType, Entropy, Value};
use everything::{Answer, commits, everything, run};
use sqllogictest::{DB, DBOutput, DefaultColumnType, Record, Runner};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use tempfile::TempDir;

/// 2026-01-01 00:00:00 UTC.
const START: i64 = 1_767_225_600_000_000;

#[derive(Clone, Copy, PartialEq)]
enum Kept {
    InMemory,
    NeededAtFirstTouch,
    InADirectory,
    /// A checkpoint is begun after every third statement, and a part of it written after each; what it holds is in memory only
    /// as long as a step of a statement needs it.
    InCheckpoints,
}

#[derive(Clone, Copy)]
struct Way {
    kept: Kept,
    optimizer: bool,
    plan_cache: bool,
}

#[test]
fn in_memory() {
    run_all(Kept::InMemory);
}

#[test]
fn with_every_block_needed_at_first_touch() {
    run_all(Kept::NeededAtFirstTouch);
}

#[test]
fn in_a_directory_and_opened_anew() {
    run_all(Kept::InADirectory);
}

#[test]
fn in_a_directory_with_checkpoints_on_the_way() {
    run_all(Kept::InCheckpoints);
}

/// Each call that `docs/FUNCTIONS.md` lists is refused as what is not supported.
#[test]
fn what_is_left_out_says_so() {
    let clock = Rc::new(SetClock(Cell::new(START)));
    let way = Way {
        kept: Kept::InMemory,
        optimizer: true,
        plan_cache: true,
    };
    let mut database = open(way, Path::new(""), clock).expect("a database in memory");
    let session = database.session();
    let calls = include_str!("../docs/FUNCTIONS.md").lines();
    let calls = calls.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let calls: Vec<String> = calls.map(|call| call.replace("\\|", "|")).collect();
    assert!(calls.len() > 40, "{calls:?}");
    let answered = calls.iter().filter_map(|call| {
        match run(&mut database, session, &format!("SELECT {call}")) {
            Err(error) if error.sqlstate() == "0A000" => None,
            Err(error) => Some(format!("{call}: {error}")),
            Ok(_) => Some(format!("{call}: an answer")),
        }
    });
    let answered: Vec<String> = answered.collect();
    assert!(answered.is_empty(), "{}", answered.join("\n"));
}

fn run_all(kept: Kept) {
    let files = scripts(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sql")));
    assert!(!files.is_empty());
    let mut failures = Vec::new();
    for file in files {
        for (optimizer, plan_cache) in [(true, true), (true, false), (false, true), (false, false)]
        {
            let way = Way {
                kept,
                optimizer,
                plan_cache,
            };
            let found = run_script(&file, way);
            let known = !found.is_empty();
            failures.extend(found);
            if known {
                break;
            }
        }
    }
    let count = failures.len();
    assert!(
        failures.is_empty(),
        "{count} records failed:\n{}",
        failures.join("\n")
    );
}

fn scripts(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder of scripts");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let wanted = std::env::var("SLT").unwrap_or_default();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(scripts(&path));
        } else if path.to_string_lossy().contains(&wanted) {
            files.push(path);
        }
    }
    files
}

/// Runs a script; what went wrong.
fn run_script(file: &Path, way: Way) -> Vec<String> {
    let records = match sqllogictest::parse_file::<DefaultColumnType>(file) {
        Ok(records) => records,
        Err(error) => return vec![error.to_string()],
    };
    let (to_engine, requests) = mpsc::channel();
    let engine = thread::spawn(move || serve(way, requests));
    let mut runner = Runner::new(|| {
        let connection = Connection::open(to_engine.clone());
        async move { Ok(connection) }
    });
    let mut failures = Vec::new();
    for record in records {
        if matches!(record, Record::Halt { .. }) {
            break;
        }
        if let Err(error) = runner.run(record) {
            let Way {
                optimizer,
                plan_cache,
                ..
            } = way;
            failures.push(format!(
                "{error}(optimizer {optimizer}, plan cache {plan_cache})"
            ));
        }
    }
    drop(runner);
    drop(to_engine);
    match engine.join() {
        Ok(Ok(())) => {}
        Ok(Err(complaint)) => failures.push(format!("{}: {complaint}", file.display())),
        Err(_) => failures.push(format!("{}: the engine panicked", file.display())),
    }
    failures
}

/// The database lives on a thread of its own, since it is not to be sent between threads.
enum Message {
    Open(Sender<SessionId>),
    Run(SessionId, String, Sender<Result<Answer, Error>>),
}

struct Connection {
    engine: Sender<Message>,
    session: SessionId,
}

impl Connection {
    fn open(engine: Sender<Message>) -> Connection {
        let (reply, session) = mpsc::channel();
        engine.send(Message::Open(reply)).expect("the engine runs");
        let session = session.recv().expect("the engine runs");
        Connection { engine, session }
    }
}

impl DB for Connection {
    type Error = Error;
    type ColumnType = DefaultColumnType;

    fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Error> {
        let (reply, result) = mpsc::channel();
        let message = Message::Run(self.session, sql.to_string(), reply);
        let gone = || Error::new(Code::EngineCrashed, "the engine is gone");
        self.engine.send(message).map_err(|_| gone())?;
        let answer = result.recv().map_err(|_| gone())??;
        Ok(match answer.columns {
            0 => DBOutput::StatementComplete(answer.affected),
            columns => DBOutput::Rows {
                types: vec![DefaultColumnType::Any; columns],
                rows: answer.rows,
            },
        })
    }
}

/// Answers messages until nobody is left to send them; then opens the database anew if it has storage.
fn serve(way: Way, messages: Receiver<Message>) -> Result<(), String> {
    let clock = Rc::new(SetClock(Cell::new(START)));
    let folder = folder().map_err(|error| error.to_string())?;
    let open = || open(way, folder.path(), clock.clone()).map_err(|error| error.to_string());
    let mut database = open()?;
    let mut statements = 0;
    for message in messages {
        match message {
            Message::Open(reply) => drop(reply.send(database.session())),
            Message::Run(session, sql, reply) => {
                if way.kept == Kept::InCheckpoints {
                    maintain(&mut database, statements).map_err(|error| error.to_string())?;
                    statements += 1;
                }
                let answer = match sql.trim().strip_prefix("\\clock ") {
                    Some(time) => clock.set(time),
                    None => run(&mut database, session, &sql),
                };
                drop(reply.send(answer));
            }
        }
    }
    if matches!(way.kept, Kept::InADirectory | Kept::InCheckpoints) {
        let before = everything(&mut database)?;
        if way.kept == Kept::InCheckpoints && database.applied_seq().is_some() {
            database.want_checkpoint();
            while database.maintain(5).map_err(|error| error.to_string())? {}
        }
        database.close().map_err(|error| error.to_string())?;
        drop(database);
        let mut database = open()?;
        let checkpointed = database.report().map_or(0, |report| report.checkpointed);
        if way.kept == Kept::InCheckpoints && checkpointed != commits(&database) {
            return Err("there is no checkpoint of all of it".to_string());
        }
        let after = everything(&mut database)?;
        if before != after {
            return Err("opened anew it holds other rows".to_string());
        }
    }
    Ok(())
}

/// In memory where the machine has files there: each of thousands of commits waits for its flush, milliseconds on a disk.
fn folder() -> std::io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// A small part of the work on a checkpoint, so that statements come between its parts.
fn maintain(database: &mut Database, statements: u32) -> Result<(), Error> {
    if statements.is_multiple_of(3) {
        database.want_checkpoint();
    }
    database.maintain(0).map(drop)
}

fn open(way: Way, folder: &Path, clock: Rc<SetClock>) -> Result<Database, Error> {
    let mut options = Options::memory(clock, Rc::new(Counting(Cell::new(1))));
    options.optimizer = way.optimizer;
    options.plan_cache = way.plan_cache;
    match way.kept {
        Kept::InMemory => {}
        Kept::NeededAtFirstTouch => options.residency = Residency::FirstTouch,
        Kept::InADirectory | Kept::InCheckpoints => {
            options.storage = Some(Box::new(Directory::open(folder)?));
            if way.kept == Kept::InCheckpoints {
                options.memory = 1;
            }
        }
    }
    let mut opening = Database::open(options);
    loop {
        if let Some(database) = opening.step(1000)? {
            return Ok(database);
        }
    }
}

/// A clock that stands until it is set.
struct SetClock(Cell<i64>);

impl SetClock {
    fn set(&self, time: &str) -> Result<Answer, Error> {
        if let Value::I64(time) = parse_value(time, DataType::TimestampTz)? {
            self.0.set(time);
        }
        Ok(Answer::nothing())
    }
}

impl Clock for SetClock {
    fn now(&self) -> i64 {
        self.0.get()
    }
}

/// Different bytes each time, the same in every run.
struct Counting(Cell<u64>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = self
                .0
                .get()
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            self.0.set(next);
            *byte = (next >> 56) as u8;
        }
    }
}
