//! An aggregate over frames that move.

use crate::column::Vector;
use crate::error::Result;
use crate::exec::aggregate::{Accumulator, Rows};
use crate::expr::EvalContext;
use crate::types::Value;
use std::ops::Range;
use std::rc::Rc;

/// What the rows of one frame come to, made from what those of the one before came to.
pub struct Running {
    accumulator: Box<dyn Accumulator>,
    /// The columns of its inputs.
    inputs: Vec<usize>,
    /// The rows that are taken in; `None`: more than one run of them.
    taken: Option<Range<usize>>,
    value: Option<Value>,
    /// The rows taken in or out so far.
    pub work: usize,
}

impl Running {
    pub fn new(accumulator: Box<dyn Accumulator>, inputs: Vec<usize>) -> Running {
        Running {
            accumulator,
            inputs,
            taken: None,
            value: None,
            work: 0,
        }
    }

    /// The value over one run of rows.
    pub fn over(
        &mut self,
        rows: Range<usize>,
        values: &[Rc<Vector>],
        eval: &EvalContext,
    ) -> Result<Value> {
        if self.taken.as_ref() == Some(&rows)
            && let Some(value) = &self.value
        {
            return Ok(value.clone());
        }
        let taken = self.taken.take().filter(|taken| {
            taken.start <= rows.start && taken.end <= rows.end && rows.start < taken.end
        });
        let kept = match taken {
            Some(taken) if taken.start == rows.start => Some(taken),
            Some(taken) => self.without(taken, rows.start, values)?,
            None => None,
        };
        let from = match kept {
            Some(kept) => kept.end,
            None => {
                self.reset();
                rows.start
            }
        };
        self.take_in(from..rows.end, values)?;
        self.taken = Some(rows);
        let value = self.finish(eval)?;
        self.value = Some(value.clone());
        Ok(value)
    }

    /// The value over several runs of rows.
    pub fn over_pieces(
        &mut self,
        pieces: [Range<usize>; 3],
        values: &[Rc<Vector>],
        eval: &EvalContext,
    ) -> Result<Value> {
        self.taken = None;
        self.reset();
        for piece in pieces {
            self.take_in(piece, values)?;
        }
        self.finish(eval)
    }

    /// Takes out the rows before `start`, where that can be done and is less than to begin anew.
    fn without(
        &mut self,
        taken: Range<usize>,
        start: usize,
        values: &[Rc<Vector>],
    ) -> Result<Option<Range<usize>>> {
        if start - taken.start > taken.end - start {
            return Ok(None);
        }
        let inputs = self.inputs_of(values);
        let positions: Vec<u32> = (taken.start as u32..start as u32).collect();
        self.work += positions.len();
        let rows = Rows {
            groups: None,
            len: positions.len(),
            selection: Some(&positions.into()),
        };
        let is_out = self.accumulator.take_out(&inputs, &rows);
        Ok(is_out.then_some(start..taken.end))
    }

    fn take_in(&mut self, rows: Range<usize>, values: &[Rc<Vector>]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let inputs = self.inputs_of(values);
        let positions: Vec<u32> = (rows.start as u32..rows.end as u32).collect();
        self.work += positions.len();
        let rows = Rows {
            groups: None,
            len: positions.len(),
            selection: Some(&positions.into()),
        };
        self.accumulator.update(&inputs, &rows)
    }

    fn inputs_of(&self, values: &[Rc<Vector>]) -> Vec<Rc<Vector>> {
        (self.inputs.iter())
            .map(|input| values[*input].clone())
            .collect()
    }

    fn reset(&mut self) {
        self.accumulator.resize(0);
        self.accumulator.resize(1);
    }

    fn finish(&mut self, eval: &EvalContext) -> Result<Value> {
        Ok(self.accumulator.finish(0..1, eval)?.value(0))
    }
}
