//! How requests that run SQL go through the engine: prepared, started and stepped, or by the short way at once.

use super::engine::{AGAIN, DONE, Engine, Task, WAITING, alone, input, opened};
use super::request::Asked;
use crate::column::{Chunk, Vector};
use crate::db::{
    Cells, Failure, Progress, SessionId, StatementId, StatementResult, TaskId, TransactionStatus,
    Wanted, Work,
};
use crate::error::{Code, Error, Result};
use crate::plan::OutputColumn;
use crate::types::{DataType, Value};
use std::rc::Rc;

/// A request is read, converted and written: as often as this it may lie in memory beside itself.
const REQUEST_FACTOR: u64 = 3;

/// A step takes in no further statement after so long.
const STEP_MS: f64 = 4.0;

/// Results of up to this size are written where the last ones were.
const ROOM_BYTES: usize = 1 << 16;

impl Engine {
    /// Whether there is room for what is made of a request: its texts, and what becomes of those.
    pub(super) fn check_room(&self, length: u32) -> Result<()> {
        self.heap.check(REQUEST_FACTOR * u64::from(length))
    }

    pub(super) fn try_prepare(&mut self, session: SessionId, length: u32) -> Result<StatementId> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let database = opened(&mut self.state)?;
        let statement = database.prepare(session, asked.sql)?;
        let description = database.describe(session, statement, asked.as_of.as_ref())?;
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

    pub(super) fn try_start(&mut self, session: SessionId, length: u32) -> Result<TaskId> {
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
            told: None,
        };
        self.tasks.insert(number.0, task);
        Ok(number)
    }

    pub(super) fn try_step(
        &mut self,
        number: u32,
        budget: u32,
    ) -> std::result::Result<u32, Failure> {
        let mut budget = budget;
        let start = self.host.now();
        let progress = loop {
            let database = self.database().map_err(alone)?;
            match database.step_within(TaskId(number), &mut budget) {
                Progress::Statement(result) => {
                    self.keep(number, result).map_err(alone)?;
                    // Not all that takes time is paid for from the budget.
                    if budget == 0 || self.host.now() - start >= STEP_MS {
                        return Ok(AGAIN);
                    }
                }
                progress => break progress,
            }
        };
        match progress {
            Progress::WaitingForWriter => Ok(WAITING),
            Progress::Finished => {
                if self
                    .tasks
                    .get(&number)
                    .is_some_and(|task| task.many && task.results.is_empty())
                {
                    let mut nothing = table(Vec::new(), &[]);
                    nothing.seq = self.database().map_err(alone)?.applied_seq();
                    self.keep(number, nothing).map_err(alone)?;
                }
                let task = self.tasks.remove(&number);
                self.output = task.map(|task| task.results).unwrap_or_default();
                Ok(DONE)
            }
            Progress::Failed(failure) => Err(failure),
            // A block that is needed is loaded by the next step.
            _ => Ok(AGAIN),
        }
    }

    fn keep(&mut self, task: u32, result: StatementResult) -> Result<()> {
        let Some(task) = self.tasks.get_mut(&task) else {
            return Err(Error::new(Code::Internal, "the task is not known"));
        };
        let told = (result.command, result.fields.clone());
        let wanted = Wanted {
            texts: &task.texts,
            terse: task.told.as_ref() == Some(&told),
        };
        self.encoder.encode(&result, wanted, &mut task.results)?;
        task.told = Some(told);
        Ok(())
    }

    /// Whether the statement in the input could be run by the short way.
    pub(super) fn try_run(&mut self, session: SessionId, length: u32) -> Result<bool> {
        self.check_room(length)?;
        let asked = Asked::read(input(&self.input, length))?;
        let Some(sql) = asked.plain_statement() else {
            return Ok(false);
        };
        self.parameters.clear();
        asked.read_row(&mut self.parameters)?;
        let database = opened(&mut self.state)?;
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

    pub(super) fn try_execute(
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
        let database = opened(&mut self.state)?;
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
}

/// A result with these fields, and values for the first of them.
fn table(fields: Vec<OutputColumn>, values: &[Value]) -> StatementResult {
    let column = |field: &OutputColumn| {
        let values = values.iter();
        Rc::new(Vector::from_values(field.data_type.physical(), values))
    };
    let columns = fields.iter().map(column).collect();
    table_of(fields, Chunk::new(columns, values.len()))
}

/// A result of one chunk.
pub(super) fn table_of(fields: Vec<OutputColumn>, chunk: Chunk) -> StatementResult {
    StatementResult {
        command: "",
        chunks: vec![chunk],
        fields: fields.into(),
        affected_rows: 0,
        seq: None,
        committed: false,
        transaction: TransactionStatus::Idle,
        notice: None,
    }
}
