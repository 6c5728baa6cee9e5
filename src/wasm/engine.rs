//! The class that JavaScript holds: one database over one storage.

use super::description::{describe, describe_report};
use super::files::Files;
use super::heap::{HEAP_MAX, Instance};
use super::host::{Host, Outside};
use crate::db::{
    CHECKPOINT_AFTER, Database, Durability, Encoder, Failure, Limits, MEMORY, MEMORY_MAX, Opening,
    Options, Parameter, Salvage, SessionId, StatementId, TaskId,
};
use crate::error::{Code, Error, Result};
use crate::log::Mode;
use crate::plan::OutputColumn;
use crate::storage::{Pieces, Storage, Ticket};
use crate::table::Residency;
use crate::types::SortedMap;
use crate::types::{HeapBound, Seq};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

pub(super) const DONE: u32 = 0;
pub(super) const AGAIN: u32 = 1;
pub(super) const WAITING: u32 = 2;
const FAILED: u32 = 3;

/// Kinds of storage that JavaScript names.
const FILES: u32 = 1;
const PIECES: u32 = 2;

/// Replayed at a time while opening: the host runs in between.
const OPENING_BUDGET: u32 = 1 << 16;

pub(super) enum State {
    Opening(Box<Opening>),
    Open(Box<Database>),
    /// Between two states, and after a failure to open.
    Nothing,
}

/// A task, with what its statements have answered so far.
pub(super) struct Task {
    pub results: Vec<u8>,
    pub texts: Vec<u32>,
    /// It answers one result even if it ran no statement.
    pub many: bool,
    /// Command and fields of the last result.
    pub told: Option<Told>,
}

/// Command and fields of a result, which the next one leaves out if they are the same.
pub(super) type Told = (&'static str, Rc<[OutputColumn]>);

#[wasm_bindgen]
pub struct Engine {
    pub(super) state: State,
    pub(super) host: Rc<Host>,
    pieces: Option<Pieces>,
    /// What the database is salvaged to, and whether pieces are its own.
    pub(super) salvage: Option<Salvage>,
    other_pieces: Option<Pieces>,
    pub(super) heap: HeapBound,
    pub(super) tasks: SortedMap<u32, Task>,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    pub(super) encoder: Encoder,
    pub(super) parameters: Vec<Parameter>,
    /// By prepared statement: the fields that JavaScript knows, so that `execute` can leave out their names.
    pub(super) known: SortedMap<u32, Rc<[OutputColumn]>>,
    /// The same for `run`: command and fields of its last result by the short way.
    pub(super) known_last: Option<Told>,
    failure: Option<Failure>,
}

#[wasm_bindgen]
impl Engine {
    /// A database over the host's files, or its pieces, or in memory; with `salvage` only to be read, up to where it is damaged.
    /// One that `is_known` was made earlier, so that an empty storage is `DATA_LOSS`. It must be opened before it is asked. `memory` are the bytes that it may use, 0 for as many as is usual: a database over
    /// a storage drops what it can have again beyond them, one in memory refuses to take more.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, storage: u32, salvage: bool, is_known: bool, memory: f64) -> Engine {
        let outside = Outside(Rc::new(host));
        outside.report_panics();
        let host = Rc::clone(&outside.0);
        let (storage, pieces) = storage_of(&host, storage);
        let said = (memory > 0.0).then_some(memory as u64);
        let usual = Limits::default();
        let (budget, bytes_max, statement) = match (&storage, said) {
            (Some(_), Some(said)) => (said.min(MEMORY_MAX), HEAP_MAX, said.min(MEMORY_MAX)),
            (_, said) => (MEMORY, said.unwrap_or(HEAP_MAX), usual.memory_bytes),
        };
        let heap = HeapBound::new(Rc::new(Instance), bytes_max.min(HEAP_MAX));
        let opening = Database::open(Options {
            storage,
            mode: match salvage {
                true => Mode::Salvage,
                false => Mode::Write,
            },
            is_known,
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
                memory_bytes: statement,
                ..usual
            },
            memory: budget,
            heap: heap.clone(),
        });
        Engine {
            state: State::Opening(Box::new(opening)),
            host,
            pieces,
            salvage: None,
            other_pieces: None,
            heap,
            tasks: SortedMap::new(),
            input: Vec::new(),
            output: Vec::new(),
            encoder: Encoder::default(),
            parameters: Vec::new(),
            known: SortedMap::new(),
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

    /// Has the requests of that name write all that there is to another storage, which is empty.
    pub fn begin_salvage(&mut self, host: Host, storage: u32) -> u32 {
        let (storage, pieces) = storage_of(&Rc::new(host), storage);
        self.other_pieces = pieces;
        let begun = opened(&mut self.state).and_then(|database| {
            let storage = storage.ok_or_else(|| Error::not_under_way("salvage"))?;
            self.salvage = Some(Salvage::new(database, storage)?);
            Ok(())
        });
        self.answer(begun)
    }

    /// Has the pieces be those of the other storage, or the database's own again.
    pub fn swap_pieces(&mut self) {
        std::mem::swap(&mut self.pieces, &mut self.other_pieces);
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
    /// that would have to wait for another fails. With `only_short` the answer is `AGAIN` where the short way
    /// does not do.
    pub fn run(&mut self, session: u32, length: u32, only_short: bool) -> u32 {
        match self.try_run(SessionId(session), length) {
            Ok(false) if only_short => return AGAIN,
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
        let found = self.database().ok().and_then(|database| {
            let report = database.report()?;
            Some(describe_report(report, &database.lost_tables()))
        });
        found.unwrap_or_else(|| "null".to_string())
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
    pub(super) fn database(&mut self) -> Result<&mut Database> {
        opened(&mut self.state)
    }

    pub(super) fn answer(&mut self, result: Result<()>) -> u32 {
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

pub(super) fn opened(state: &mut State) -> Result<&mut Database> {
    match state {
        State::Open(database) => Ok(database),
        _ => Err(Error::new(Code::Closed, "the database is not open")),
    }
}

/// A storage that JavaScript names, and its pieces if it is made of some.
fn storage_of(host: &Rc<Host>, kind: u32) -> (Option<Box<dyn Storage>>, Option<Pieces>) {
    let pieces = (kind == PIECES).then(Pieces::new);
    let storage: Option<Box<dyn Storage>> = match (kind, &pieces) {
        (FILES, _) => Some(Box::new(Files(Rc::clone(host)))),
        (_, Some(pieces)) => Some(Box::new(pieces.clone())),
        _ => None,
    };
    (storage, pieces)
}

/// What JavaScript wrote to the room that `input` gave it.
pub(super) fn input(room: &[u8], length: u32) -> &[u8] {
    let start = (room.as_ptr() as usize).next_multiple_of(8) - room.as_ptr() as usize;
    room.get(start..)
        .and_then(|room| room.get(..length as usize))
        .unwrap_or_default()
}

/// An error outside of any script.
pub(super) fn alone(error: Error) -> Failure {
    Failure {
        statement: 0,
        error,
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
