//! The class that JavaScript holds: one database over one storage.

use super::files::Files;
use super::heap::{HEAP_MAX, Instance};
use super::host::{Host, Outside};
use super::request::{Asked, Kind};
use crate::db::{
    AsOf, CHECKPOINT_AFTER, Cells, Database, Durability, Encoder, Failure, Limits, Opening,
    Options, Parameter, Progress, SessionId, StatementId, StatementResult, TaskId,
    TransactionStatus, Wanted, Work, report,
};
use crate::error::{Code, Error, Result};
use crate::expr::Json;
use crate::log::{Mode, Report};
use crate::plan::OutputColumn;
use crate::storage::{Pieces, Storage, Ticket};
use crate::table::Residency;
use crate::types::{DataType, HeapBound, Seq, Value};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::prelude::*;

const DONE: u32 = 0;
const AGAIN: u32 = 1;
const WAITING: u32 = 2;
const FAILED: u32 = 3;

/// Kinds of storage that JavaScript names.
const FILES: u32 = 1;
const PIECES: u32 = 2;

/// Replayed at a time while opening: the host runs in between.
const OPENING_BUDGET: u32 = 1 << 16;

enum State {
    Opening(Box<Opening>),
    Open(Box<Database>),
    /// Between two states, and after a failure to open.
    Nothing,
}

/// A task, with what its statements have answered so far.
struct Task {
    results: Vec<u8>,
    texts: Vec<u32>,
    /// It answers one result even if it ran no statement.
    many: bool,
}

/// Read by a step of a check.
const CHECKED_BYTES: u64 = 1 << 20;

/// A request is read, converted and written: as often as this it may lie in memory beside itself.
const REQUEST_FACTOR: u64 = 3;

/// Results of up to this size are written where the last ones were.
const ROOM_BYTES: usize = 1 << 16;

#[wasm_bindgen]
pub struct Engine {
    state: State,
    pieces: Option<Pieces>,
    heap: HeapBound,
    tasks: BTreeMap<u32, Task>,
    input: Vec<u8>,
    output: Vec<u8>,
    encoder: Encoder,
    parameters: Vec<Parameter>,
    /// By prepared statement: the fields that JavaScript knows, so that `execute` can leave out their names.
    known: BTreeMap<u32, Rc<[OutputColumn]>>,
    /// The same for `run`: command and fields of its last result by the short way.
    known_last: Option<(&'static str, Rc<[OutputColumn]>)>,
    failure: Option<Failure>,
}

#[wasm_bindgen]
impl Engine {
    /// A database over the host's files, or its pieces, or in memory; with `salvage` only to be read, up to where it is damaged.
    /// It must be opened before it is asked. `memory` are the bytes that it may use, 0 for as many as is usual.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, storage: u32, salvage: bool, memory: f64) -> Engine {
        let outside = Outside(Rc::new(host));
        outside.report_panics();
        let pieces = (storage == PIECES).then(Pieces::new);
        let storage: Option<Box<dyn Storage>> = match (storage, &pieces) {
            (FILES, _) => Some(Box::new(Files(Rc::clone(&outside.0)))),
            (_, Some(pieces)) => Some(Box::new(pieces.clone())),
            _ => None,
        };
        let bytes_max = if memory > 0.0 {
            memory as u64
        } else {
            HEAP_MAX
        };
        let heap = HeapBound::new(Rc::new(Instance), bytes_max.min(HEAP_MAX));
        let opening = Database::open(Options {
            storage,
            mode: match salvage {
                true => Mode::Salvage,
                false => Mode::Write,
            },
            clock: Rc::new(outside.clone()),
            entropy: Rc::new(outside),
            residency: Residency::All,
            durability: Durability::Strict,
            checkpoint_after: CHECKPOINT_AFTER,
            optimizer: true,
            plan_cache: true,
            limits: Limits {
                // The host keeps the time that a writer waits.
                lock_timeout: i64::MAX,
                ..Limits::default()
            },
            heap: heap.clone(),
        });
        Engine {
            state: State::Opening(Box::new(opening)),
            pieces,
            heap,
            tasks: BTreeMap::new(),
            input: Vec::new(),
            output: Vec::new(),
            encoder: Encoder::default(),
            parameters: Vec::new(),
            known: BTreeMap::new(),
            known_last: None,
            failure: None,
        }
    }

    /// Room for a request, on a multiple of 8; what is in it stays, unless no room is asked for, which gives it back. 0:
    /// there is not as much.
    pub fn input(&mut self, bytes: u32) -> u32 {
        if bytes == 0 {
            self.input = Vec::new();
        }
        let wanted = bytes as usize + 8;
        if let Some(more) = wanted.checked_sub(self.input.len()) {
            if self.input.try_reserve_exact(more).is_err() {
                return 0;
            }
            self.input.resize(wanted, 0);
        }
        (self.input.as_ptr() as u32).next_multiple_of(8)
    }

    pub fn output(&self) -> u32 {
        self.output.as_ptr() as u32
    }

    pub fn output_length(&self) -> u32 {
        self.output.len() as u32
    }

    /// The last error as JSON.
    pub fn failure(&mut self) -> String {
        let failure = self.failure.take();
        failure.map_or_else(String::new, |failure| describe(&failure))
    }

    /// Hands in a stored piece from the input, before `open`, or the bytes that were wanted.
    pub fn load_piece(&mut self, file: u32, offset: f64, length: u32) -> u32 {
        let bytes = input(&self.input, length);
        let loaded = match &self.pieces {
            Some(pieces) => pieces.load(file, offset as u64, bytes),
            None => Ok(()),
        };
        self.answer(loaded)
    }

    /// Reads what is in storage, a part at a time.
    pub fn open(&mut self) -> u32 {
        let State::Opening(opening) = &mut self.state else {
            return DONE;
        };
        match opening.step(OPENING_BUDGET) {
            Ok(None) => AGAIN,
            Ok(Some(database)) => {
                self.state = State::Open(Box::new(database));
                if let Some(pieces) = &self.pieces {
                    pieces.forget();
                }
                DONE
            }
            Err(error) => {
                self.state = State::Nothing;
                self.fail(error)
            }
        }
    }

    pub fn begin_session(&mut self) -> u32 {
        self.database()
            .map_or(u32::MAX, |database| database.session().0)
    }

    pub fn end_session(&mut self, session: u32) {
        if let Ok(database) = self.database() {
            database.end_session(SessionId(session));
        }
    }

    pub fn in_transaction(&mut self, session: u32) -> bool {
        self.database()
            .is_ok_and(|database| database.in_transaction(SessionId(session)))
    }

    /// Prepares the SQL of the request in the input. Answers with the statement's number, or -1; the
    /// output holds its fields and the types of its parameters, as two results.
    pub fn prepare(&mut self, session: u32, length: u32) -> i32 {
        match self.try_prepare(SessionId(session), length) {
            Ok(statement) => statement.0 as i32,
            Err(error) => self.refuse(error),
        }
    }

    pub fn forget(&mut self, _session: u32, statement: u32) {
        self.known.remove(&statement);
        if let Ok(database) = self.database() {
            database.close_statement(StatementId(statement));
        }
    }

    /// Starts the request in the input as a task. Answers with its number, or -1.
    pub fn start(&mut self, session: u32, length: u32) -> i32 {
        match self.try_start(SessionId(session), length) {
            Ok(task) => task.0 as i32,
            Err(error) => self.refuse(error),
        }
    }

    pub fn step(&mut self, task: u32, budget: u32) -> u32 {
        match self.try_step(task, budget) {
            Ok(answer) => answer,
            Err(failure) => {
                let results = self.tasks.remove(&task).map(|task| task.results);
                self.output = results.unwrap_or_default();
                self.failure = Some(failure);
                FAILED
            }
        }
    }

    /// Takes the request in the input to its end in one call, by the short way where that does. A writer
    /// that would have to wait for another fails.
    pub fn run(&mut self, session: u32, length: u32) -> u32 {
        match self.try_run(SessionId(session), length) {
            Ok(false) => {}
            Ok(true) => return DONE,
            Err(error) => {
                self.output.clear();
                return self.fail(error);
            }
        }
        // JavaScript knows those of each result from here.
        self.known_last = None;
        let task = self.start(session, length);
        if task < 0 {
            return FAILED;
        }
        loop {
            match self.step(task as u32, u32::MAX) {
                AGAIN => {}
                WAITING => self.cancel(task as u32, u32::MAX),
                answer => return answer,
            }
        }
    }

    /// Makes a task fail at its next step.
    pub fn cancel(&mut self, task: u32, why: u32) {
        let why = match why {
            0 => Code::Cancelled,
            1 => Code::Timeout,
            _ => Code::LockTimeout,
        };
        if let Ok(database) = self.database() {
            database.cancel(TaskId(task), why);
        }
    }

    /// The short way: a prepared statement with the parameters in the input, run at once. `AGAIN` means
    /// that it must be started as a task. The names are left out where an earlier result had them.
    pub fn execute(&mut self, session: u32, statement: u32, length: u32) -> u32 {
        match self.try_execute(SessionId(session), StatementId(statement), length) {
            Ok(answer) => answer,
            Err(error) => {
                self.output.clear();
                self.fail(error)
            }
        }
    }

    /// Answers a request about the database itself.
    pub fn ask(&mut self, _session: u32, length: u32) -> u32 {
        self.output.clear();
        let answered = self.try_ask(length);
        self.answer(answered)
    }

    /// Writes what was committed and asks that it be made durable.
    pub fn flush(&mut self) -> u32 {
        let flushed = self.database().and_then(Database::flush);
        self.answer(flushed)
    }

    /// Writes what was committed, which counts as durable from then on; `flush` is to follow soon.
    pub fn write(&mut self) -> u32 {
        let written = self.database().and_then(Database::write);
        self.answer(written)
    }

    /// -1 before the first commit.
    pub fn applied_seq(&mut self) -> f64 {
        self.database()
            .map_or(-1.0, |database| seq_number(database.applied_seq()))
    }

    /// -1 before the first commit; -2, which is below every applied one, once storage has failed.
    pub fn durable_seq(&mut self) -> f64 {
        self.database()
            .and_then(Database::durable_seq)
            .map_or(-2.0, seq_number)
    }

    /// What opening found in storage, as JSON; `null` where nothing is stored.
    pub fn recovery(&mut self) -> String {
        let report = self.database().ok().and_then(|database| database.report());
        report.map_or_else(|| "null".to_string(), describe_report)
    }

    pub fn maintain(&mut self, milliseconds: u32) -> u32 {
        match self
            .database()
            .and_then(|database| database.maintain(milliseconds))
        {
            Ok(true) => AGAIN,
            Ok(false) => DONE,
            Err(error) => self.fail(error),
        }
    }

    /// `AGAIN` as long as the host must store pieces before the log can end cleanly.
    pub fn close(&mut self) -> u32 {
        match self.database().and_then(Database::close) {
            Ok(true) => DONE,
            Ok(false) => AGAIN,
            Err(error) => self.fail(error),
        }
    }

    /// Takes the pieces written since the last call into the output: for each u32 file, u32 length, f64
    /// offset, the bytes, padding to 8. Before them, in the same form without bytes, what is wanted once they are stored, or
    /// a length of 0. Answers with the ticket that is durable once they are stored.
    pub fn take_pieces(&mut self) -> f64 {
        self.output.clear();
        let Some(pieces) = &self.pieces else {
            return 0.0;
        };
        let (file, offset, length) = match pieces.wanted() {
            Some(wanted) => (wanted.file, wanted.offset, wanted.length),
            None => (0, 0, 0),
        };
        put_head(file, offset, length as u32, &mut self.output);
        let (ticket, pieces) = pieces.take();
        for piece in &pieces {
            let length = piece.bytes.len() as u32;
            put_head(piece.file, piece.offset, length, &mut self.output);
            self.output.extend_from_slice(&piece.bytes);
            let end = self.output.len().next_multiple_of(8);
            self.output.resize(end, 0);
        }
        ticket.0 as f64
    }

    /// They are stored, or kept until there `has_room`.
    pub fn pieces_stored(&mut self, ticket: f64, has_room: bool) {
        if let Some(pieces) = &self.pieces {
            pieces.stored(Ticket(ticket as u64), has_room);
        }
    }
}

impl Engine {
    fn database(&mut self) -> Result<&mut Database> {
        match &mut self.state {
            State::Open(database) => Ok(database),
            _ => Err(Error::new(Code::Closed, "the database is not open")),
        }
    }

    /// Whether there is room for what is made of a request: its texts, and what becomes of those.
    fn check_room(&self, length: u32) -> Result<()> {
        self.heap.check(REQUEST_FACTOR * u64::from(length))
    }

    fn try_prepare(&mut self, session: SessionId, length: u32) -> Result<StatementId> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let State::Open(database) = &mut self.state else {
            return Err(Error::new(Code::Closed, "the database is not open"));
        };
        let statement = database.prepare(session, asked.sql)?;
        let description = database.describe(session, statement)?;
        let oids = description.parameters.iter();
        let oids: Vec<Value> = oids.map(|kind| Value::I64(i64::from(kind.oid()))).collect();
        let fields = table(description.fields, &[]);
        let parameters = table(
            vec![OutputColumn {
                name: "oid".to_string(),
                data_type: DataType::BigInt,
            }],
            &oids,
        );
        self.output.clear();
        for result in [fields, parameters] {
            self.encoder
                .encode(&result, Wanted::default(), &mut self.output)?;
        }
        Ok(statement)
    }

    fn try_start(&mut self, session: SessionId, length: u32) -> Result<TaskId> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let (request, texts) = (asked.request()?, asked.texts);
        let many = matches!(request.work, Work::Many { .. });
        let number = self.database()?.start(session, request)?;
        let mut results = std::mem::take(&mut self.output);
        if results.capacity() > ROOM_BYTES {
            results = Vec::new();
        }
        results.clear();
        let task = Task {
            results,
            texts,
            many,
        };
        self.tasks.insert(number.0, task);
        Ok(number)
    }

    fn try_step(&mut self, number: u32, budget: u32) -> std::result::Result<u32, Failure> {
        let progress = self.database().map_err(alone)?.step(TaskId(number), budget);
        match progress {
            // A block that is needed is loaded by the next step.
            Progress::Working | Progress::NeedBlock(_) => Ok(AGAIN),
            Progress::WaitingForWriter => Ok(WAITING),
            Progress::Statement(result) => {
                self.keep(number, &result).map_err(alone)?;
                Ok(AGAIN)
            }
            Progress::Finished => {
                if self
                    .tasks
                    .get(&number)
                    .is_some_and(|task| task.many && task.results.is_empty())
                {
                    let mut nothing = table(Vec::new(), &[]);
                    nothing.seq = self.database().map_err(alone)?.applied_seq();
                    self.keep(number, &nothing).map_err(alone)?;
                }
                let task = self.tasks.remove(&number);
                self.output = task.map(|task| task.results).unwrap_or_default();
                Ok(DONE)
            }
            Progress::Failed(failure) => Err(failure),
        }
    }

    fn keep(&mut self, task: u32, result: &StatementResult) -> Result<()> {
        let Some(task) = self.tasks.get_mut(&task) else {
            return Err(Error::new(Code::Internal, "the task is not known"));
        };
        let wanted = Wanted {
            texts: &task.texts,
            terse: false,
        };
        self.encoder.encode(result, wanted, &mut task.results)
    }

    /// Whether the statement in the input could be run by the short way.
    fn try_run(&mut self, session: SessionId, length: u32) -> Result<bool> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let Some(sql) = asked.plain_statement() else {
            return Ok(false);
        };
        self.parameters.clear();
        asked.read_row(&mut self.parameters)?;
        let State::Open(database) = &mut self.state else {
            return Err(Error::new(Code::Closed, "the database is not open"));
        };
        let Some(result) = database.execute_text(session, sql, &self.parameters)? else {
            return Ok(false);
        };
        let told = (result.command, result.fields.clone());
        let terse = self.known_last.as_ref() == Some(&told);
        self.output.clear();
        let wanted = Wanted { texts: &[], terse };
        self.encoder.encode(&result, wanted, &mut self.output)?;
        self.known_last = Some(told);
        Ok(true)
    }

    fn try_execute(
        &mut self,
        session: SessionId,
        statement: StatementId,
        length: u32,
    ) -> Result<u32> {
        self.check_room(length)?;
        self.parameters.clear();
        let cells = Cells::new(input(&self.input, length))?;
        if cells.rows > 0 {
            cells.read_row(0, &mut self.parameters)?;
        }
        let State::Open(database) = &mut self.state else {
            return Err(Error::new(Code::Closed, "the database is not open"));
        };
        let Some(result) = database.execute(session, statement, &self.parameters)? else {
            return Ok(AGAIN);
        };
        let terse = self.known.get(&statement.0) == Some(&result.fields);
        self.output.clear();
        let wanted = Wanted { texts: &[], terse };
        self.encoder.encode(&result, wanted, &mut self.output)?;
        if !terse {
            self.known.insert(statement.0, result.fields);
        }
        Ok(DONE)
    }

    fn try_ask(&mut self, length: u32) -> Result<()> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let State::Open(database) = &mut self.state else {
            return Err(Error::new(Code::Closed, "the database is not open"));
        };
        let as_of: Option<&AsOf> = asked.as_of.as_ref();
        let result = match asked.kind {
            Kind::History => {
                let names: Option<Vec<String>> = match asked.meta {
                    "" => None,
                    names => Some(Json::parse(names)?.into_strings().ok_or_else(malformed)?),
                };
                let history =
                    database.history(asked.sql, &asked.row()?, names.as_deref(), as_of)?;
                report::history(&history, database.applied_seq())
            }
            Kind::Commits => report::commits(database, asked.from, asked.to, asked.limit)?,
            Kind::Tables => report::tables(&*database.catalog(as_of)?, database.applied_seq()),
            Kind::Status => report::status(database)?,
            Kind::Touched => {
                // Zero stands for before the first commit.
                let from = asked.from.checked_sub(1).map(Seq);
                let (touched, seq) = database.touched(asked.sql, &asked.row()?, from, as_of);
                report::touched(touched, seq)
            }
            Kind::Check => {
                match asked.from {
                    0 => database.begin_check()?,
                    1 => {}
                    _ => database.end_check(),
                }
                report::check(&database.check(CHECKED_BYTES)?, database.applied_seq())
            }
            Kind::Exec | Kind::Run => return Err(malformed()),
        };
        let wanted = Wanted {
            texts: &asked.texts,
            terse: false,
        };
        self.encoder.encode(&result, wanted, &mut self.output)
    }

    fn answer(&mut self, result: Result<()>) -> u32 {
        match result {
            Ok(()) => DONE,
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: Error) -> u32 {
        self.failure = Some(alone(error));
        FAILED
    }

    fn refuse(&mut self, error: Error) -> i32 {
        self.output.clear();
        self.fail(error);
        -1
    }
}

/// What JavaScript wrote to the room that `input` gave it.
fn input(room: &[u8], length: u32) -> &[u8] {
    let start = (room.as_ptr() as usize).next_multiple_of(8) - room.as_ptr() as usize;
    room.get(start..)
        .and_then(|room| room.get(..length as usize))
        .unwrap_or_default()
}

/// An error outside of any script.
fn alone(error: Error) -> Failure {
    Failure {
        statement: 0,
        error,
    }
}

fn malformed() -> Error {
    Error::new(Code::Internal, "the request is malformed")
}

fn describe(failure: &Failure) -> String {
    let error = &failure.error;
    Json::object([
        ("code", error.code().name().into()),
        ("message", error.message().into()),
        ("sqlstate", error.sqlstate().into()),
        ("detail", error.detail().into()),
        ("hint", error.hint().into()),
        ("position", error.position().into()),
        ("table", error.table().into()),
        ("constraint", error.constraint().into()),
        ("statementIndex", (failure.statement as u64).into()),
    ])
    .printed()
}

fn describe_report(report: &Report) -> String {
    let error = |error: &Error| {
        Json::object([
            ("code", error.code().name().into()),
            ("message", error.message().into()),
        ])
    };
    let torn = report.torn.map(|at| {
        Json::object([
            ("segment", at.segment.into()),
            ("file", at.file.into()),
            ("offset", at.offset.into()),
            ("seq", at.seq.into()),
        ])
    });
    Json::object([
        ("readOnly", report.read_only.as_ref().map(error).into()),
        ("damage", report.damage.as_ref().map(error).into()),
        ("torn", torn.into()),
        ("provisional", report.provisional.into()),
        ("commits", report.commits.into()),
        ("segments", report.segments.into()),
        (
            "halfDamagedFiles",
            Json::from_iter(report.half_damaged_files.iter().copied()),
        ),
        (
            "foreignFiles",
            Json::from_iter(report.foreign_files.iter().copied()),
        ),
    ])
    .printed()
}

/// A result with these fields, and values for the first of them.
fn table(fields: Vec<OutputColumn>, values: &[Value]) -> StatementResult {
    use crate::column::{Chunk, Vector};
    let column = |field: &OutputColumn| {
        let values = values.iter();
        Rc::new(Vector::from_values(field.data_type.physical(), values))
    };
    StatementResult {
        command: "",
        chunks: vec![Chunk::new(
            fields.iter().map(column).collect(),
            values.len(),
        )],
        fields: fields.into(),
        affected_rows: 0,
        seq: None,
        committed: false,
        transaction: TransactionStatus::Idle,
        notice: None,
    }
}

fn put_head(file: u32, offset: u64, length: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(&file.to_le_bytes());
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&(offset as f64).to_le_bytes());
}

fn seq_number(seq: Option<Seq>) -> f64 {
    seq.map_or(-1.0, |seq| seq.0 as f64)
}
