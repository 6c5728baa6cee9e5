//! Statements that write inside WITH.
//!
//! All parts of a statement see the tables as they were before it. So these find the rows they will write,
//! and what RETURNING answers of them, when it is their turn; the writing itself follows when everything
//! else has been read. A row that several of them change is changed by the first alone.

use super::constraint::check_rows;
use super::upsert::UpsertRows;
use super::writer::{Writer, first_of_each};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::exec::project::project;
use crate::exec::{Context, Operator, Step};
use crate::plan::{Plan, Returning};
use std::collections::VecDeque;

/// Rows that are still to be written.
pub struct Pending {
    /// The statement, without its RETURNING.
    pub plan: Plan,
    pub chunks: VecDeque<Chunk>,
}

/// A statement inside WITH, by the rows that it is about.
pub fn deferred(plan: &Plan, input: Box<dyn Operator>) -> Box<dyn Operator> {
    if let Plan::Insert(insert) = plan
        && let Some(conflict) = &insert.conflict
    {
        let target = UpsertRows::new(insert, conflict.clone(), true);
        return Box::new(Writer::new(
            input,
            Box::new(target),
            insert.returning.clone(),
        ));
    }
    Box::new(Deferred::new(plan, input))
}

/// Finds the rows that a statement will write; yields those of RETURNING.
struct Deferred {
    pending: Option<Pending>,
    returning: Option<Returning>,
    /// Where the columns for RETURNING begin.
    first: usize,
    input: Box<dyn Operator>,
}

impl Deferred {
    fn new(plan: &Plan, input: Box<dyn Operator>) -> Deferred {
        let mut plan = plan.clone();
        let (returning, first) = match &mut plan {
            Plan::Insert(insert) => (insert.returning.take(), 0),
            Plan::Update(update) => (update.returning.take(), 1 + update.columns.len()),
            Plan::Delete(delete) => (delete.returning.take(), 1),
            _ => (None, 0),
        };
        Deferred {
            pending: Some(Pending {
                plan,
                chunks: VecDeque::new(),
            }),
            returning,
            first,
            input,
        }
    }

    fn take_in(&self, chunk: Chunk, context: &mut Context) -> Result<Chunk> {
        let Some(Pending { plan, .. }) = &self.pending else {
            return Err(Error::new(
                Code::Internal,
                "a statement goes on after its end",
            ));
        };
        let Plan::Insert(insert) = plan else {
            return Ok(first_of_each(chunk, &mut context.claimed).compact());
        };
        let chunk = chunk.compact();
        let rules = (&*insert.table, &*insert.rules);
        check_rows(rules, &chunk.columns, chunk.rows, &context.eval())?;
        Ok(chunk)
    }
}

impl Operator for Deferred {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            let chunk = match self.input.step(context)? {
                Step::Chunk(chunk) => self.take_in(chunk, context)?,
                Step::Done => {
                    context.pending.extend(self.pending.take());
                    return Ok(Step::Done);
                }
                other => return Ok(other),
            };
            if chunk.is_empty() {
                continue;
            }
            context.meter.hold_chunk(&chunk)?;
            let answer = match &self.returning {
                None => None,
                Some(returning) => {
                    let whole = Chunk::new(chunk.columns[self.first..].to_vec(), chunk.rows);
                    Some(project(&returning.expressions, &whole, &context.eval())?)
                }
            };
            if let Some(pending) = &mut self.pending {
                pending.chunks.push_back(chunk);
            }
            if let Some(rows) = answer {
                return Ok(Step::Chunk(rows));
            }
        }
    }
}

/// Rows that have been found before.
pub struct Found(pub VecDeque<Chunk>);

impl Operator for Found {
    fn step(&mut self, _: &mut Context) -> Result<Step> {
        Ok(self.0.pop_front().map_or(Step::Done, Step::Chunk))
    }
}
