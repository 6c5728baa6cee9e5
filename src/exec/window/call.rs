//! The value of one call for one row.

use super::aggregate::Running;
use super::frame::Frames;
use super::place::Place;
use crate::column::Vector;
use crate::error::{Code, Error, Result};
use crate::exec::aggregate::accumulator;
use crate::expr::{EvalContext, Expr};
use crate::plan::{WindowCall, WindowFunction};
use crate::types::Value;
use std::ops::Range;
use std::rc::Rc;

/// A call, with the columns of its arguments.
pub struct Call {
    function: Function,
    arguments: Vec<usize>,
    frames: Frames,
}

enum Function {
    /// By the place of the row alone.
    Place(fn(&Place) -> Value),
    /// The number of tiles and the row from which they are counted, once it is known.
    Ntile(Option<(i64, usize)>),
    /// The row so many before or after: the sign.
    Neighbour(i64),
    FirstValue,
    LastValue,
    NthValue,
    Aggregate(Running),
}

impl Call {
    pub fn new(
        call: &WindowCall,
        place: &dyn Fn(&Expr) -> usize,
        eval: &EvalContext,
    ) -> Result<Call> {
        use WindowFunction::*;
        let function = match &call.function {
            RowNumber => Function::Place(|place| integer(place.index() + 1)),
            Rank => Function::Place(|place| integer(rank(place) + 1)),
            DenseRank => {
                Function::Place(|place| integer(place.group - place.partition_groups.start + 1))
            }
            PercentRank => Function::Place(|place| match place.partition.len() {
                1 => Value::F64(0.0),
                rows => Value::F64(rank(place) as f64 / (rows - 1) as f64),
            }),
            CumeDist => Function::Place(|place| {
                let reached = place.peers().end - place.partition.start;
                Value::F64(reached as f64 / place.partition.len() as f64)
            }),
            Ntile => Function::Ntile(None),
            Lag => Function::Neighbour(-1),
            Lead => Function::Neighbour(1),
            FirstValue => Function::FirstValue,
            LastValue => Function::LastValue,
            NthValue => Function::NthValue,
            Aggregate(aggregate) => {
                let inputs = accumulator::inputs(aggregate)?;
                let inputs = inputs.iter().map(place).collect();
                Function::Aggregate(Running::new(accumulator::accumulator(aggregate)?, inputs))
            }
        };
        Ok(Call {
            function,
            arguments: call.arguments.iter().map(place).collect(),
            frames: Frames::new(&call.frame, place, eval)?,
        })
    }

    /// What it computes of each row before any value is known.
    pub fn expressions(call: &WindowCall) -> Result<Vec<Expr>> {
        let mut all = call.arguments.clone();
        if let WindowFunction::Aggregate(aggregate) = &call.function {
            all.extend(accumulator::inputs(aggregate)?);
        }
        all.extend(call.frame.key.iter().map(|key| key.expr.clone()));
        for bound in [&call.frame.start, &call.frame.end] {
            all.extend(bound.limit().cloned());
        }
        Ok(all)
    }

    /// Rows are asked for in their order, and each once.
    pub fn value(
        &mut self,
        place: &Place,
        values: &[Rc<Vector>],
        eval: &EvalContext,
    ) -> Result<Value> {
        let argument = |number: usize, row: usize| values[self.arguments[number]].value(row);
        let at = |row: Option<usize>| row.map_or(Value::Null, |row| argument(0, row));
        Ok(match &mut self.function {
            Function::Place(value) => value(place),
            Function::Ntile(tiles) => ntile(tiles, place, argument(0, place.row))?,
            Function::Neighbour(sign) => {
                let offset = match self.arguments.len() {
                    1 => Value::I64(1),
                    _ => argument(1, place.row),
                };
                let Value::I64(offset) = offset else {
                    return Ok(Value::Null);
                };
                let row = place.row as i64 + *sign * offset;
                let row = usize::try_from(row).ok();
                match row.filter(|row| place.partition.contains(row)) {
                    None if self.arguments.len() == 3 => argument(2, place.row),
                    row => at(row),
                }
            }
            Function::FirstValue => {
                let frame = self.frames.of(place, values);
                at(self
                    .frames
                    .pieces(&frame, place)
                    .into_iter()
                    .flatten()
                    .next())
            }
            Function::LastValue => {
                let frame = self.frames.of(place, values);
                let pieces = self.frames.pieces(&frame, place);
                at(pieces.into_iter().rev().find_map(|rows| rows.last()))
            }
            Function::NthValue => {
                let frame = self.frames.of(place, values);
                let Value::I64(number) = argument(1, place.row) else {
                    return Ok(Value::Null);
                };
                at(nth(self.frames.pieces(&frame, place), number)?)
            }
            Function::Aggregate(running) => {
                let frame = self.frames.of(place, values);
                match self.frames.excludes() {
                    false => running.over(frame, values, eval)?,
                    true => running.over_pieces(self.frames.pieces(&frame, place), values, eval)?,
                }
            }
        })
    }

    /// A new partition begins.
    pub fn begin_partition(&mut self) {
        if let Function::Ntile(tiles) = &mut self.function {
            *tiles = None;
        }
    }

    /// The work done since this was last asked, in rows.
    pub fn take_work(&mut self) -> usize {
        match &mut self.function {
            Function::Aggregate(running) => std::mem::take(&mut running.work),
            _ => 0,
        }
    }
}

fn integer(number: usize) -> Value {
    Value::I64(number as i64)
}

/// How many rows come before the row and its peers.
fn rank(place: &Place) -> usize {
    place.peers().start - place.partition.start
}

/// The rows of a partition in so many parts, of which the first are larger by one where they do not come
/// out even. Before a first row whose number is not NULL there are none.
fn ntile(tiles: &mut Option<(i64, usize)>, place: &Place, argument: Value) -> Result<Value> {
    let (count, first) = match (*tiles, argument) {
        (Some(known), _) => known,
        (None, Value::I64(count @ 1..)) => *tiles.insert((count, place.row)),
        (None, Value::Null) => return Ok(Value::Null),
        (None, _) => {
            let message = "argument of ntile must be greater than zero";
            return Err(Error::new(Code::InvalidArgumentForNtile, message));
        }
    };
    let (rows, index) = (place.partition.len() as i64, (place.row - first) as i64);
    let (size, larger) = (rows / count, rows % count);
    let in_larger = larger * (size + 1);
    Ok(Value::I64(match index < in_larger {
        true => index / (size + 1) + 1,
        false => larger + (index - in_larger) / size + 1,
    }))
}

fn nth(pieces: [Range<usize>; 3], number: i64) -> Result<Option<usize>> {
    if number < 1 {
        let message = "argument of nth_value must be greater than zero";
        return Err(Error::new(Code::InvalidArgumentForNthValue, message));
    }
    let mut before = usize::try_from(number - 1).unwrap_or(usize::MAX);
    for rows in pieces {
        if before < rows.len() {
            return Ok(Some(rows.start + before));
        }
        before -= rows.len();
    }
    Ok(None)
}
