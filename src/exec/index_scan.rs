//! Reads the rows of a key range through an index, in the order of the key.

use super::{Context, Operator, Step};
use crate::column::CHUNK_ROWS;
use crate::error::Result;
use crate::expr::{self, Expr};
use crate::plan::TimeSlot;
use crate::table::{Fetch, Location};
use crate::txn::{IndexCursor, KeyRange};
use crate::types::{IndexId, ScanColumn, TableId, Value};
use std::ops::Bound;

/// Rows fetched at first; each time four times as many, up to a chunk: who wants one row does not pay
/// for two thousand.
const FIRST_ROWS: usize = 32;

/// Blocks that rows are read from at once if they have to be waited for.
const BLOCKS_AT_ONCE: usize = 8;

pub struct IndexScan {
    pub target: Target,
    pub range: RangeExpressions,
    pub columns: Vec<ScanColumn>,
    pub filter: Option<Expr>,
    pub state: State,
}

/// What is read, and when.
pub struct Target {
    pub table: TableId,
    pub index: IndexId,
    pub time: TimeSlot,
}

/// A [`KeyRange`] before its expressions have been evaluated.
pub struct RangeExpressions {
    pub prefix: Vec<Expr>,
    pub lower: Bound<Expr>,
    pub upper: Bound<Expr>,
    pub backwards: bool,
}

pub enum State {
    Closed,
    Open {
        cursor: Box<IndexCursor>,
        rows_wanted: usize,
        /// Found but not read yet, since a block was missing.
        found: Vec<Location>,
        /// How many of them are read next.
        reading: usize,
    },
}

impl Operator for IndexScan {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if let State::Closed = self.state {
            let Some(cursor) = self.open(context)? else {
                return Ok(Step::Done);
            };
            self.state = State::Open {
                cursor,
                rows_wanted: FIRST_ROWS,
                found: Vec::new(),
                reading: 0,
            };
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let chunk = match self.read(context)? {
                Step::Chunk(chunk) => chunk,
                other => return Ok(other),
            };
            context.spend(chunk.rows);
            let chunk = match &self.filter {
                Some(filter) => expr::filter(filter, chunk, &context.eval())?,
                None => chunk,
            };
            if !chunk.is_empty() {
                return Ok(Step::Chunk(chunk));
            }
        }
    }
}

impl IndexScan {
    fn open(&self, context: &Context) -> Result<Option<Box<IndexCursor>>> {
        let Some(range) = self.range.evaluate(context)? else {
            return Ok(None);
        };
        let Target { table, index, time } = self.target;
        let (versions, with_writes) = context.versions(time);
        let view = context.view();
        let cursor = view.open_index(table, index, &versions, range, with_writes)?;
        Ok(Some(Box::new(cursor)))
    }

    /// The next rows, before the filter.
    fn read(&mut self, context: &Context) -> Result<Step> {
        let State::Open {
            cursor,
            rows_wanted,
            found,
            reading,
        } = &mut self.state
        else {
            unreachable!("opened before it is read");
        };
        let view = context.view();
        if found.is_empty() {
            *found = match view.next_rows(cursor, *rows_wanted)? {
                Fetch::Ready(rows) => rows,
                Fetch::Need(block) => return Ok(Step::Need(block)),
            };
            *rows_wanted = (*rows_wanted * 4).min(CHUNK_ROWS);
            *reading = found.len();
        }
        if found.is_empty() {
            return Ok(Step::Done);
        }
        Ok(
            match view.read_rows(self.target.table, &found[..*reading], &self.columns)? {
                Fetch::Need(block) => {
                    *reading = lying_near(&found[..*reading]);
                    Step::Need(block)
                }
                Fetch::Ready(chunk) => {
                    found.drain(..*reading);
                    *reading = found.len();
                    Step::Chunk(chunk)
                }
            },
        )
    }
}

/// How many of the first rows lie in few blocks. All blocks of what is read at once are in memory together.
fn lying_near(rows: &[Location]) -> usize {
    let mut blocks = [rows[0].block; BLOCKS_AT_ONCE];
    let mut count = 1;
    let is_far = |row: &Location| {
        if blocks[..count].contains(&row.block) {
            return false;
        }
        if let Some(next) = blocks.get_mut(count) {
            *next = row.block;
        }
        count += 1;
        count > BLOCKS_AT_ONCE
    };
    rows.iter().position(is_far).unwrap_or(rows.len())
}

impl RangeExpressions {
    /// `None` if there is a NULL, which no key equals and which bounds nothing.
    fn evaluate(&self, context: &Context) -> Result<Option<KeyRange>> {
        let eval = context.eval();
        let value = |expression: &Expr| expr::evaluate_value(expression, &eval);
        let bound = |bound: &Bound<Expr>| -> Result<Bound<Value>> {
            Ok(match bound {
                Bound::Included(expression) => Bound::Included(value(expression)?),
                Bound::Excluded(expression) => Bound::Excluded(value(expression)?),
                Bound::Unbounded => Bound::Unbounded,
            })
        };
        let prefix = self.prefix.iter().map(value).collect::<Result<Vec<_>>>()?;
        let (lower, upper) = (bound(&self.lower)?, bound(&self.upper)?);
        let is_null = |bound: &Bound<Value>| {
            matches!(
                bound,
                Bound::Included(Value::Null) | Bound::Excluded(Value::Null)
            )
        };
        if prefix.iter().any(Value::is_null) || is_null(&lower) || is_null(&upper) {
            return Ok(None);
        }
        Ok(Some(KeyRange {
            prefix,
            lower,
            upper,
            backwards: self.backwards,
        }))
    }
}
