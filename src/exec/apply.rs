//! The dependent join: runs its right side anew for each row of the left.
//!
//! ```text
//!   left chunk -> for each row: its values into the slots, a fresh right side
//!                   | chunks of right
//!                 condition, beside copies of the row
//!                   |
//!                 kind: as in a join; what is decided by one match ends the right side early
//! ```
//!
//! It is what every correlated subquery means, and what is left of those that no rule could make a join.
//! What a right side holds in memory is given back when it ends.

use super::build::{build, physical_types};
use super::join::two_rows;
use super::row_buffer::{RowBuffer, nulls};
use super::{Context, Operator, Step};
use crate::column::{CHUNK_ROWS, Chunk, Vector};
use crate::error::Result;
use crate::expr::{self, Expr};
use crate::plan::{JoinKind, Node};
use crate::types::{PhysicalType, Value};
use std::rc::Rc;

pub struct Apply {
    kind: JoinKind,
    left: Box<dyn Operator>,
    /// What is built for each row.
    right: Node,
    right_types: Vec<PhysicalType>,
    outer: Vec<(usize, Expr)>,
    guard: Option<Expr>,
    condition: Option<Expr>,
    /// The left chunk being worked on.
    current: Option<Current>,
}

/// A left chunk, and what has come of it.
struct Current {
    chunk: Chunk,
    /// The values of the slots.
    outer: Vec<Rc<Vector>>,
    guard: Option<Rc<Vector>>,
    /// The row being worked on, by its place among the selected ones.
    index: usize,
    inner: Option<Inner>,
    /// The rows to be given: positions in the left chunk, and what stands beside them.
    left_rows: Vec<u32>,
    right_rows: RowBuffer,
}

/// The right side of one row.
struct Inner {
    operator: Box<dyn Operator>,
    matched: bool,
    /// The condition was NULL of a row.
    unknown: bool,
    /// What its operators hold in memory.
    held: u64,
}

impl Apply {
    pub fn new(node: &Node, left: Box<dyn Operator>) -> Apply {
        let Node::Apply {
            kind,
            right,
            outer,
            guard,
            condition,
            ..
        } = node
        else {
            unreachable!("called for dependent joins");
        };
        Apply {
            kind: *kind,
            left,
            right_types: physical_types(right),
            right: (**right).clone(),
            outer: outer.clone(),
            guard: guard.clone(),
            condition: condition.clone(),
            current: None,
        }
    }

    fn begin_chunk(&self, chunk: Chunk, context: &Context) -> Result<Current> {
        let eval = context.eval();
        let outer = (self.outer.iter())
            .map(|(_, value)| expr::evaluate(value, &chunk, &eval))
            .collect::<Result<_>>()?;
        let guard = self.guard.as_ref();
        let guard = guard.map(|guard| expr::evaluate(guard, &chunk, &eval));
        Ok(Current {
            outer,
            guard: guard.transpose()?,
            index: 0,
            inner: None,
            left_rows: Vec::new(),
            right_rows: RowBuffer::new(match self.kind {
                JoinKind::Semi | JoinKind::Anti => Vec::new(),
                JoinKind::Mark => vec![PhysicalType::Bool],
                _ => self.right_types.clone(),
            }),
            chunk,
        })
    }

    /// Puts the values of a left row into the slots.
    fn fill_slots(&self, current: &Current, context: &mut Context) {
        let row = current.chunk.position(current.index);
        for ((slot, _), values) in self.outer.iter().zip(&current.outer) {
            if context.outer.len() <= *slot {
                context.outer.resize(*slot + 1, Value::Null);
            }
            context.outer[*slot] = values.value(row);
        }
    }

    /// Goes on with the right side of a row.
    fn advance(&self, current: &mut Current, context: &mut Context) -> Result<Option<Step>> {
        self.fill_slots(current, context);
        if current.inner.is_none() {
            let row = current.chunk.position(current.index);
            let guarded = |guard: &Rc<Vector>| guard.value(row) != Value::Bool(true);
            if current.guard.as_ref().is_some_and(guarded) {
                return self.end_row(current, false, false);
            }
            context.spend(1);
            current.inner = Some(Inner {
                operator: build(&self.right, None)?,
                matched: false,
                unknown: false,
                held: 0,
            });
        }
        let inner = current.inner.as_mut().expect("it has begun");
        let before = context.meter.held();
        let step = inner.operator.step(context)?;
        // It may also give back what an earlier step took.
        inner.held = (inner.held + context.meter.held()).saturating_sub(before);
        match step {
            Step::Chunk(chunk) => {
                let chunk = chunk.compact();
                context.spend(chunk.rows);
                self.match_rows(current, chunk, context)?;
            }
            Step::Done => {
                let Inner {
                    matched, unknown, ..
                } = *inner;
                self.end_inner(current, matched, unknown, context)?;
            }
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    /// Takes the rows of right that match the current row.
    fn match_rows(&self, current: &mut Current, chunk: Chunk, context: &mut Context) -> Result<()> {
        let row = current.chunk.position(current.index) as u32;
        let inner = current.inner.as_mut().expect("it gave the chunk");
        let mut matches = chunk.clone();
        if let Some(condition) = &self.condition {
            let rows = vec![row; chunk.rows];
            let left = current.chunk.columns.iter();
            let columns = left.map(|column| Rc::new(column.gather(&rows)));
            let both = Chunk::new(columns.chain(chunk.columns).collect(), chunk.rows);
            if self.kind == JoinKind::Mark {
                let truth = expr::evaluate(condition, &both, &context.eval())?;
                inner.unknown |= (0..both.rows).any(|row| truth.is_null(row));
            }
            let both = expr::filter(condition, both, &context.eval())?;
            let width = current.chunk.columns.len();
            matches = Chunk {
                columns: both.columns[width..].to_vec(),
                ..both
            };
        }
        if matches.is_empty() {
            return Ok(());
        }
        if self.kind.hides_right() {
            return self.end_inner(current, true, false, context);
        }
        if self.kind == JoinKind::Single && (inner.matched || matches.len() > 1) {
            return Err(two_rows());
        }
        inner.matched = true;
        (current.left_rows).extend(std::iter::repeat_n(row, matches.len()));
        current.right_rows.push_chunk(&matches);
        Ok(())
    }

    fn end_inner(
        &self,
        current: &mut Current,
        matched: bool,
        unknown: bool,
        context: &mut Context,
    ) -> Result<()> {
        if let Some(inner) = current.inner.take() {
            context.meter.release(inner.held);
        }
        self.end_row(current, matched, unknown).map(|_| ())
    }

    /// Notes what the row comes to, and goes on to the next.
    fn end_row(&self, current: &mut Current, matched: bool, unknown: bool) -> Result<Option<Step>> {
        let row = current.chunk.position(current.index) as u32;
        let beside: Option<Vec<Rc<Vector>>> = match self.kind {
            JoinKind::Mark => {
                let mark = match matched {
                    false if unknown => Value::Null,
                    _ => Value::Bool(matched),
                };
                let mark = Vector::from_values(PhysicalType::Bool, std::iter::once(&mark));
                Some(vec![Rc::new(mark)])
            }
            JoinKind::Semi => matched.then(Vec::new),
            JoinKind::Anti => (!matched).then(Vec::new),
            JoinKind::Left | JoinKind::Single if !matched => {
                let types = self.right_types.iter();
                Some(types.map(|physical| Rc::new(nulls(*physical, 1))).collect())
            }
            _ => None,
        };
        if let Some(beside) = beside {
            current.left_rows.push(row);
            current.right_rows.push_columns(&beside, 1, None);
        }
        current.index += 1;
        Ok(None)
    }
}

impl Current {
    /// The rows found so far.
    fn take_rows(&mut self, types: Vec<PhysicalType>) -> Chunk {
        let left_rows = std::mem::take(&mut self.left_rows);
        let right = std::mem::replace(&mut self.right_rows, RowBuffer::new(types));
        let left = (self.chunk.columns.iter()).map(|column| Rc::new(column.gather(&left_rows)));
        let columns = left.chain(right.columns().iter().cloned()).collect();
        Chunk::new(columns, left_rows.len())
    }
}

impl Operator for Apply {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(mut current) = self.current.take() else {
                match self.left.step(context)? {
                    Step::Chunk(chunk) => self.current = Some(self.begin_chunk(chunk, context)?),
                    other => return Ok(other),
                }
                continue;
            };
            let is_done = current.index == current.chunk.len();
            if is_done || current.left_rows.len() >= CHUNK_ROWS {
                let types = match self.kind {
                    JoinKind::Semi | JoinKind::Anti => Vec::new(),
                    JoinKind::Mark => vec![PhysicalType::Bool],
                    _ => self.right_types.clone(),
                };
                let rows = current.take_rows(types);
                if !is_done {
                    self.current = Some(current);
                }
                if !rows.is_empty() {
                    return Ok(Step::Chunk(rows));
                }
                continue;
            }
            let step = self.advance(&mut current, context);
            self.current = Some(current);
            if let Some(step) = step? {
                return Ok(step);
            }
        }
    }
}
