//! The join's operator: takes in the right side, then streams the left side through it.

use super::candidates::{Candidates, Pairs, Probe};
use super::key_table::KeyTable;
use crate::column::{CHUNK_ROWS, Chunk, Vector};
use crate::error::{Code, Error, Result};
use crate::exec::row_buffer::{RowBuffer, nulls};
use crate::exec::{Context, Operator, Step};
use crate::expr::{self, Expr};
use crate::plan::JoinKind;
use crate::types::{PhysicalType, Value};
use std::rc::Rc;

/// One input of a join.
pub struct Side {
    pub input: Box<dyn Operator>,
    /// The expressions of the keys over this side's columns.
    pub keys: Vec<Expr>,
    pub types: Vec<PhysicalType>,
}

pub struct Join {
    kind: JoinKind,
    left: Side,
    right: Side,
    condition: Option<Expr>,
    rows: RowBuffer,
    keys: RowBuffer,
    table: KeyTable,
    /// Which rows of the right side have found a match.
    right_matched: Vec<bool>,
    stage: Stage,
}

enum Stage {
    /// Taking in the right side.
    Build,
    /// Chaining its rows.
    Link,
    /// Between two chunks of the left side.
    Left,
    Probing(Probe),
    /// Giving the rows of the right side without a match, from this one on.
    Unmatched(usize),
}

impl Join {
    pub fn new(kind: JoinKind, left: Side, right: Side, condition: Option<Expr>) -> Join {
        Join {
            rows: RowBuffer::new(right.types.iter().copied()),
            keys: RowBuffer::new(right.keys.iter().map(|key| key.data_type.physical())),
            table: KeyTable::default(),
            right_matched: Vec::new(),
            stage: Stage::Build,
            kind,
            left,
            right,
            condition,
        }
    }
}

impl Operator for Join {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let step = match &mut self.stage {
                Stage::Build => self.build(context)?,
                Stage::Link => self.link(context),
                Stage::Left => self.next_left(context)?,
                Stage::Probing(_) => self.probe(context)?,
                Stage::Unmatched(_) => Some(self.unmatched_right(context)),
            };
            if let Some(step) = step {
                return Ok(step);
            }
        }
    }
}

impl Join {
    fn build(&mut self, context: &mut Context) -> Result<Option<Step>> {
        match self.right.input.step(context)? {
            Step::Chunk(chunk) => self.take_in(&chunk, context)?,
            Step::Done => self.stage = Stage::Link,
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    fn take_in(&mut self, chunk: &Chunk, context: &mut Context) -> Result<()> {
        context.meter.hold_chunk(chunk)?;
        self.rows.push_chunk(chunk);
        if self.keeps_right_unmatched() {
            self.right_matched.resize(self.rows.len(), false);
        }
        if self.right.keys.is_empty() {
            return Ok(());
        }
        let keys = evaluate_all(&self.right.keys, chunk, context)?;
        self.table.push(&keys, chunk.rows, chunk.selected());
        self.keys.push_columns(&keys, chunk.len(), chunk.selected());
        context.meter.hold(KeyTable::bytes(chunk.len()))
    }

    fn keeps_right_unmatched(&self) -> bool {
        matches!(self.kind, JoinKind::Right | JoinKind::Full)
    }

    fn link(&mut self, context: &mut Context) -> Option<Step> {
        const ROWS: usize = 1 << 16;
        if self.right.keys.is_empty() || self.table.link(ROWS) {
            self.stage = Stage::Left;
            return None;
        }
        context.spend(ROWS);
        None
    }

    fn next_left(&mut self, context: &mut Context) -> Result<Option<Step>> {
        match self.left.input.step(context)? {
            Step::Chunk(chunk) => {
                let keys = evaluate_all(&self.left.keys, &chunk, context)?;
                self.stage = Stage::Probing(Probe::new(chunk, keys));
            }
            Step::Done => self.stage = Stage::Unmatched(0),
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    /// One batch of pairs, or what is left of the left chunk when there are no more.
    fn probe(&mut self, context: &mut Context) -> Result<Option<Step>> {
        let Stage::Probing(mut probe) = std::mem::replace(&mut self.stage, Stage::Left) else {
            unreachable!("called in this stage");
        };
        let is_filter = self.kind.hides_right();
        let has_keys = !self.right.keys.is_empty();
        let pairs = probe.next_pairs(&Candidates {
            rows: self.rows.len(),
            keys: has_keys.then_some((&self.table, self.keys.columns())),
            only_first: is_filter && self.condition.is_none(),
            skip_matched: is_filter,
        });
        if pairs.left.is_empty() {
            context.spend(1);
            let chunk = self.left_remainder(&probe);
            return Ok(chunk.filter(|chunk| !chunk.is_empty()).map(Step::Chunk));
        }
        context.spend(pairs.left.len());
        let chunk = self.matches(&mut probe, &pairs, context)?;
        self.stage = Stage::Probing(probe);
        let wanted = !is_filter && !chunk.is_empty();
        Ok(wanted.then_some(Step::Chunk(chunk)))
    }

    /// The pairs that satisfy the condition, which are marked as matched.
    fn matches(&mut self, probe: &mut Probe, pairs: &Pairs, context: &Context) -> Result<Chunk> {
        let left = (probe.chunk.columns.iter()).map(|column| Rc::new(column.gather(&pairs.left)));
        let columns = left.chain(self.rows.gather(&pairs.right)).collect();
        let mut chunk = Chunk::new(columns, pairs.left.len());
        if let Some(condition) = &self.condition {
            if self.kind == JoinKind::Mark {
                let truth = expr::evaluate(condition, &chunk, &context.eval())?;
                let unknown = (0..chunk.rows).filter(|index| truth.is_null(*index));
                unknown.for_each(|index| probe.unknown[pairs.left[index] as usize] = true);
            }
            chunk = expr::filter(condition, chunk, &context.eval())?;
        }
        for index in chunk.positions() {
            let matched = &mut probe.matched[pairs.left[index] as usize];
            if *matched && self.kind == JoinKind::Single {
                return Err(two_rows());
            }
            *matched = true;
            if let Some(matched) = self.right_matched.get_mut(pairs.right[index] as usize) {
                *matched = true;
            }
        }
        Ok(chunk)
    }

    /// What a left chunk yields after its pairs.
    fn left_remainder(&self, probe: &Probe) -> Option<Chunk> {
        let rows_where = |matched: bool| -> Vec<u32> {
            let positions = probe.chunk.positions();
            (positions.filter(|&row| probe.matched[row] == matched))
                .map(|row| row as u32)
                .collect()
        };
        match self.kind {
            JoinKind::Semi => Some(probe.chunk.with_selection(rows_where(true))),
            JoinKind::Anti => Some(probe.chunk.with_selection(rows_where(false))),
            JoinKind::Mark => {
                let mut chunk = probe.chunk.clone();
                chunk.columns.push(Rc::new(marks(probe)));
                Some(chunk)
            }
            JoinKind::Left | JoinKind::Single | JoinKind::Full => {
                let rows = rows_where(false);
                let left = probe.chunk.columns.iter().map(|c| Rc::new(c.gather(&rows)));
                let columns = left.chain(null_columns(&self.right.types, rows.len()));
                Some(Chunk::new(columns.collect(), rows.len()))
            }
            JoinKind::Inner | JoinKind::Right => None,
        }
    }

    fn unmatched_right(&mut self, context: &mut Context) -> Step {
        let Stage::Unmatched(next) = &mut self.stage else {
            unreachable!("called in this stage");
        };
        let mut rows = Vec::new();
        while rows.len() < CHUNK_ROWS && *next < self.right_matched.len() {
            if !self.right_matched[*next] {
                rows.push(*next as u32);
            }
            *next += 1;
        }
        if rows.is_empty() {
            return Step::Done;
        }
        context.spend(rows.len());
        let left = null_columns(&self.left.types, rows.len());
        let columns = left.chain(self.rows.gather(&rows)).collect();
        Step::Chunk(Chunk::new(columns, rows.len()))
    }
}

/// The mark of each row of a left chunk.
fn marks(probe: &Probe) -> Vector {
    let marks = probe.matched.iter().zip(&probe.unknown);
    let marks = marks.map(|(matched, unknown)| match matched {
        false if *unknown => Value::Null,
        matched => Value::Bool(*matched),
    });
    Vector::from_values(PhysicalType::Bool, &marks.collect::<Vec<_>>())
}

/// A scalar subquery yields one row.
pub fn two_rows() -> Error {
    let message = "more than one row returned by a subquery used as an expression";
    Error::new(Code::CardinalityViolation, message)
}

fn null_columns(types: &[PhysicalType], rows: usize) -> impl Iterator<Item = Rc<Vector>> {
    types
        .iter()
        .map(move |physical| Rc::new(nulls(*physical, rows)))
}

fn evaluate_all(expressions: &[Expr], chunk: &Chunk, context: &Context) -> Result<Vec<Rc<Vector>>> {
    let eval = context.eval();
    (expressions.iter())
        .map(|expression| expr::evaluate(expression, chunk, &eval))
        .collect()
}
