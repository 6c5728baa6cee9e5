//! What the other parts of a statement are going to write, as ON CONFLICT inside of WITH or behind it meets it.
//!
//! ```text
//!   a row that another part inserts      has its keys already; nobody sees it, so it cannot be updated
//!   one that another part deletes        has no key any more
//!   one that another part updates        keeps its keys; nobody sees what it is now
//! ```

use super::writer::row_ids;
use crate::column::Chunk;
use crate::error::{Error, Result};
use crate::exec::Context;
use crate::plan::Plan;
use crate::types::{ColumnId, IndexId, RowId, TableSchema, Value};
use std::collections::HashSet;

/// It is read chunk by chunk from what waits to be written.
#[derive(Default)]
pub struct Beside {
    /// The next chunk: its statement, and its place there.
    next: (usize, usize),
    keys: HashSet<(IndexId, Vec<Value>)>,
    gone: HashSet<RowId>,
    kept: HashSet<RowId>,
}

impl Beside {
    pub fn has_key(&self, index: IndexId, key: &[Value]) -> bool {
        !self.keys.is_empty() && self.keys.contains(&(index, key.to_vec()))
    }

    /// Whether a row that is there has lost its keys.
    pub fn is_gone(&self, row: RowId) -> bool {
        self.gone.contains(&row)
    }

    /// Whether a row that is there has its keys and new values.
    pub fn is_kept(&self, row: RowId) -> bool {
        self.kept.contains(&row)
    }

    /// A row has its keys and is not to be seen; `was` is the one that it is a new version of.
    pub fn add(
        &mut self,
        (table, arbiters): (&TableSchema, &[IndexId]),
        row: &[Value],
        was: Option<RowId>,
        context: &Context,
    ) -> Result<()> {
        for arbiter in arbiters {
            let key = key_in(table, *arbiter, row, context)?;
            self.keys.extend(key.map(|key| (*arbiter, key)));
        }
        self.gone.extend(was);
        Ok(())
    }

    /// Reads the next chunk that waits for the table; `false` when there is none.
    pub fn read_next(
        &mut self,
        (table, arbiters): (&TableSchema, &[IndexId]),
        context: &mut Context,
    ) -> Result<bool> {
        let Some(pending) = context.pending.get(self.next.0) else {
            return Ok(false);
        };
        let Some(chunk) = pending.chunks.get(self.next.1) else {
            self.next = (self.next.0 + 1, 0);
            return Ok(true);
        };
        self.next.1 += 1;
        let rows = chunk.rows;
        match &pending.plan {
            Plan::Insert(insert) if insert.table.id == table.id => {
                for row in 0..rows {
                    self.add((table, arbiters), &chunk.row(row), None, context)?;
                }
            }
            Plan::Merge(merge) if merge.table.id == table.id => {
                let whole = Chunk::new(chunk.columns[2..].to_vec(), rows);
                let ids = row_ids(chunk);
                for (row, id) in ids.into_iter().enumerate() {
                    let was = (!chunk.columns[0].is_null(row)).then_some(id);
                    self.add((table, arbiters), &whole.row(row), was, context)?;
                }
            }
            Plan::Delete(delete) if delete.table.id == table.id => {
                self.gone.extend(row_ids(chunk));
            }
            Plan::Update(update) if update.table.id == table.id => {
                let keeps = |arbiter: &IndexId| keeps_key(table, *arbiter, &update.columns);
                if !arbiters.iter().all(keeps) {
                    let what = "ON CONFLICT beside an UPDATE of its keys in WITH";
                    return Err(Error::unsupported(what));
                }
                self.kept.extend(row_ids(chunk));
            }
            _ => {}
        }
        context.spend(rows);
        Ok(true)
    }
}

fn keeps_key(table: &TableSchema, index: IndexId, changed: &[ColumnId]) -> bool {
    let index = table.index(index);
    index.is_some_and(|index| {
        index.computed.is_none() && !index.columns.iter().any(|id| changed.contains(id))
    })
}

/// The key that a row has in a unique index; none that could be equal to another's.
pub fn key_in(
    table: &TableSchema,
    arbiter: IndexId,
    row: &[Value],
    context: &Context,
) -> Result<Option<Vec<Value>>> {
    let Some(index) = table.index(arbiter) else {
        return Ok(None);
    };
    let key = match context.view().computed_key(table, arbiter, row) {
        Some(key) => key?,
        None => {
            let positions = index.columns.iter().filter_map(|id| table.position(*id));
            Some(positions.map(|at| row[at].clone()).collect::<Vec<_>>())
        }
    };
    let is_distinct = |key: &[Value]| !index.nulls_not_distinct && key.iter().any(Value::is_null);
    Ok(key.filter(|key| !is_distinct(key)))
}
