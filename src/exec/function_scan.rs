//! Calls functions that answer rows, for each row of the input.

use super::{Context, Operator, Step};
use crate::column::{CHUNK_ROWS, Chunk, Data, Vector, VectorBuilder};
use crate::error::Result;
use crate::expr::{self, SetCall, SetRows};
use crate::types::Value;
use std::rc::Rc;

pub struct FunctionScan {
    input: Box<dyn Operator>,
    calls: Vec<SetCall>,
    ordinality: bool,
    current: Option<Current>,
}

/// A chunk of the input, and how far its rows have come.
struct Current {
    chunk: Chunk,
    /// Of each call the values of its arguments.
    arguments: Vec<Vec<Rc<Vector>>>,
    /// Which of the rows it is at, and the calls begun for it.
    index: usize,
    running: Option<Vec<Running>>,
    /// How many rows the calls have given for it.
    given: i64,
}

/// A call that has been begun, until it has no more rows.
type Running = Option<SetRows>;

/// The rows made by one step.
struct Made {
    /// The place of each in the input.
    rows: Vec<u32>,
    columns: Vec<Vec<VectorBuilder>>,
    numbers: Vec<i64>,
}

impl FunctionScan {
    pub fn new(input: Box<dyn Operator>, calls: &[SetCall], ordinality: bool) -> FunctionScan {
        FunctionScan {
            input,
            calls: calls.to_vec(),
            ordinality,
            current: None,
        }
    }

    fn begin_chunk(&self, chunk: Chunk, context: &Context) -> Result<Current> {
        let eval = context.eval();
        let values = |call: &SetCall| {
            (call.arguments.iter())
                .map(|argument| expr::evaluate(argument, &chunk, &eval))
                .collect::<Result<_>>()
        };
        Ok(Current {
            arguments: self.calls.iter().map(values).collect::<Result<_>>()?,
            chunk,
            index: 0,
            running: None,
            given: 0,
        })
    }

    /// The next rows of a chunk, at most as many as a chunk has.
    fn advance(&self, current: &mut Current) -> Result<Made> {
        let builders = |call: &SetCall| {
            let types = call.types.iter();
            types.map(|t| VectorBuilder::new(t.physical())).collect()
        };
        let mut made = Made {
            rows: Vec::new(),
            columns: self.calls.iter().map(builders).collect(),
            numbers: Vec::new(),
        };
        while current.index < current.chunk.len() && made.rows.len() < CHUNK_ROWS {
            let row = current.chunk.position(current.index);
            let running = match &mut current.running {
                Some(running) => running,
                None => {
                    let begun = begin(&self.calls, &current.arguments, row)?;
                    current.running.insert(begun)
                }
            };
            if made.push(row, running)? {
                current.given += 1;
                made.numbers.push(current.given);
            } else {
                current.running = None;
                current.given = 0;
                current.index += 1;
            }
        }
        Ok(made)
    }
}

fn begin(calls: &[SetCall], arguments: &[Vec<Rc<Vector>>], row: usize) -> Result<Vec<Running>> {
    let begun = calls.iter().zip(arguments).map(|(call, arguments)| {
        let values: Vec<Value> = arguments.iter().map(|vector| vector.value(row)).collect();
        call.begin(&values).map(Some)
    });
    begun.collect()
}

impl Made {
    /// Takes a row of each call; those that have no more are padded. False if none has one.
    fn push(&mut self, row: usize, running: &mut [Running]) -> Result<bool> {
        let before = self.rows.len();
        let mut any = false;
        for (call, columns) in running.iter_mut().zip(&mut self.columns) {
            if let Some(rows) = call {
                match rows(columns)? {
                    true => any = true,
                    false => *call = None,
                }
            }
        }
        if any {
            self.rows.push(row as u32);
            let columns = self.columns.iter_mut().flatten();
            let short = columns.filter(|column| column.len() == before);
            short.for_each(VectorBuilder::push_null);
        }
        Ok(any)
    }

    fn into_chunk(self, input: &Chunk, ordinality: bool) -> Chunk {
        let rows = self.rows.len();
        let own = self.columns.into_iter().flatten();
        let own = own.map(|column| Rc::new(column.finish()));
        let mut columns: Vec<Rc<Vector>> = (input.columns.iter())
            .map(|column| Rc::new(column.gather(&self.rows)))
            .chain(own)
            .collect();
        if ordinality {
            columns.push(Rc::new(Vector::new(Data::I64(self.numbers))));
        }
        Chunk::new(columns, rows)
    }
}

impl Operator for FunctionScan {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(mut current) = self.current.take() else {
                match self.input.step(context)? {
                    Step::Chunk(chunk) => self.current = Some(self.begin_chunk(chunk, context)?),
                    other => return Ok(other),
                }
                continue;
            };
            let first = current.index;
            let made = self.advance(&mut current)?;
            context.spend(made.rows.len() + current.index - first);
            let chunk = made.into_chunk(&current.chunk, self.ordinality);
            if current.index < current.chunk.len() {
                self.current = Some(current);
            }
            if !chunk.is_empty() {
                return Ok(Step::Chunk(chunk));
            }
        }
    }
}
