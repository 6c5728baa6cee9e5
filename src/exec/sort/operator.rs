//! The sort's operator.

use super::key::{Direction, Entry, Keys, prefix};
use super::merge::Merge;
use crate::column::{CHUNK_ROWS, Chunk, Vector};
use crate::error::Result;
use crate::exec::limit::bounds;
use crate::exec::row_buffer::RowBuffer;
use crate::exec::{Context, Operator, Step};
use crate::expr::{self, Expr, ExprKind};
use crate::plan::SortKey;
use crate::types::PhysicalType;
use std::ops::Range;
use std::rc::Rc;

/// Entries sorted at a time.
const RUN_ROWS: usize = 1 << 16;
/// With a larger limit everything is sorted.
const TOP_MAX: u64 = 1 << 14;

pub struct Sort {
    input: Box<dyn Operator>,
    directions: Vec<Direction>,
    sources: Vec<Source>,
    /// The expressions of the keys that are not columns.
    computed: Vec<Expr>,
    limit: Option<(Option<Expr>, Option<Expr>)>,
    /// How many rows are wanted at all, once the limit has been asked.
    wanted: Option<u64>,
    /// The prefix of the last one of them, once that many are there: what comes with a greater one is none of them.
    last: u64,
    rows: RowBuffer,
    keys: RowBuffer,
    entries: Vec<Entry>,
    runs: Vec<Range<usize>>,
    merge: Option<Merge>,
}

/// Where the values of a key are.
#[derive(Clone, Copy)]
enum Source {
    Row(usize),
    Key(usize),
}

impl Sort {
    /// `limit` is limit and offset of a LIMIT above, by which most rows can be dropped early.
    pub fn new(
        input: Box<dyn Operator>,
        types: Vec<PhysicalType>,
        keys: &[SortKey],
        limit: Option<(Option<Expr>, Option<Expr>)>,
    ) -> Sort {
        let mut computed = Vec::new();
        let sources = (keys.iter())
            .map(|key| match key.expr.kind {
                ExprKind::Column(position) => Source::Row(position),
                _ => {
                    computed.push(key.expr.clone());
                    Source::Key(computed.len() - 1)
                }
            })
            .collect();
        let direction = |key: &SortKey| Direction {
            descending: key.descending,
            nulls_first: key.nulls_first,
        };
        Sort {
            input,
            directions: keys.iter().map(direction).collect(),
            sources,
            keys: RowBuffer::new(computed.iter().map(|key| key.data_type.physical())),
            computed,
            limit,
            wanted: None,
            last: u64::MAX,
            rows: RowBuffer::new(types),
            entries: Vec::new(),
            runs: Vec::new(),
            merge: None,
        }
    }
}

impl Operator for Sort {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if self.wanted.is_none() {
            self.wanted = Some(self.ask_limit(context)?);
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            if self.merge.is_some() {
                return Ok(self.give(context));
            }
            match self.input.step(context)? {
                Step::Chunk(chunk) => self.take_in(&chunk, context)?,
                Step::Done => self.end_input(context),
                other => return Ok(other),
            }
        }
    }
}

impl Sort {
    fn ask_limit(&self, context: &Context) -> Result<u64> {
        let Some((limit, offset)) = &self.limit else {
            return Ok(u64::MAX);
        };
        let (skip, take) = bounds(limit.as_ref(), offset.as_ref(), context)?;
        Ok(skip.saturating_add(take))
    }

    /// How many rows to keep, if that is few enough to drop others early.
    fn top(&self) -> Option<usize> {
        (self.wanted.filter(|wanted| *wanted <= TOP_MAX)).map(|wanted| wanted as usize)
    }

    fn take_in(&mut self, chunk: &Chunk, context: &mut Context) -> Result<()> {
        let eval = context.eval();
        let computed = (self.computed.iter())
            .map(|key| expr::evaluate(key, chunk, &eval))
            .collect::<Result<Vec<_>>>()?;
        let before_last = self.before_last(chunk, &computed);
        let chunk = before_last.as_ref().unwrap_or(chunk);
        if self.top().is_none() {
            context.meter.hold_chunk(chunk)?;
            context.meter.hold(chunk.len() * size_of::<Entry>())?;
        }
        let first_row = self.rows.len();
        self.rows.push_chunk(chunk);
        (self.keys).push_columns(&computed, chunk.len(), chunk.selected());
        let keys = self.comparison();
        let new: Vec<Entry> = (first_row..self.rows.len())
            .map(|row| keys.entry(row))
            .collect();
        self.entries.extend(new);
        self.shrink_or_sort(context);
        Ok(())
    }

    /// The chunk's rows that may be among the first ones; `None` if all of them may.
    fn before_last(&self, chunk: &Chunk, computed: &[Rc<Vector>]) -> Option<Chunk> {
        if self.last == u64::MAX {
            return None;
        }
        let (first_key, direction) = match self.sources[0] {
            Source::Row(position) => (&chunk.columns[position], self.directions[0]),
            Source::Key(position) => (&computed[position], self.directions[0]),
        };
        let is_before = |row: &usize| prefix(first_key, *row, direction) <= self.last;
        let rows = chunk.positions().filter(is_before).map(|row| row as u32);
        Some(chunk.with_selection(rows.collect()))
    }

    fn key_columns(&self) -> Vec<&Rc<Vector>> {
        let column = |source: &Source| match *source {
            Source::Row(position) => &self.rows.columns()[position],
            Source::Key(position) => &self.keys.columns()[position],
        };
        self.sources.iter().map(column).collect()
    }

    fn shrink_or_sort(&mut self, context: &mut Context) {
        match self.top() {
            Some(top) if self.entries.len() >= 2 * top + CHUNK_ROWS => self.keep_top(top),
            Some(_) => {}
            None => {
                let start = self.runs.last().map_or(0, |run| run.end);
                if self.entries.len() - start >= RUN_ROWS {
                    self.sort_run(start..self.entries.len());
                    context.spend(RUN_ROWS);
                }
            }
        }
    }

    fn sort_run(&mut self, run: Range<usize>) {
        let mut entries = std::mem::take(&mut self.entries);
        let keys = self.comparison();
        entries[run.clone()].sort_unstable_by(|left, right| keys.compare(*left, *right));
        self.entries = entries;
        self.runs.push(run);
    }

    fn comparison(&self) -> Keys<'_> {
        Keys::new(self.key_columns(), &self.directions)
    }

    /// Drops all rows but the first `top`, which then lie in their order.
    fn keep_top(&mut self, top: usize) {
        self.sort_run(0..self.entries.len());
        self.runs.clear();
        self.entries.truncate(top);
        self.last = self.entries.last().map_or(u64::MAX, |entry| entry.prefix);
        let rows: Vec<u32> = self.entries.iter().map(|entry| entry.row).collect();
        self.rows.retain(&rows);
        self.keys.retain(&rows);
        for (row, entry) in self.entries.iter_mut().enumerate() {
            entry.row = row as u32;
        }
    }

    fn end_input(&mut self, context: &mut Context) {
        let start = self.runs.last().map_or(0, |run| run.end);
        context.spend(self.entries.len() - start);
        self.sort_run(start..self.entries.len());
        let runs = std::mem::take(&mut self.runs);
        self.merge = Some(Merge::new(runs, &self.entries, &self.comparison()));
    }

    fn give(&mut self, context: &mut Context) -> Step {
        let mut merge = self.merge.take().expect("the input has ended");
        let keys = self.comparison();
        let next = std::iter::from_fn(|| merge.next(&self.entries, &keys));
        let rows: Vec<u32> = next.take(CHUNK_ROWS).map(|entry| entry.row).collect();
        self.merge = Some(merge);
        if rows.is_empty() {
            return Step::Done;
        }
        context.spend(rows.len());
        Step::Chunk(Chunk::new(self.rows.gather(&rows), rows.len()))
    }
}
