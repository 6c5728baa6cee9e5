//! What RESTORE, UNDO and MERGE write: rows that each say what is to become of them.

use super::constraint::check_rows;
use super::writer::{Target, Written, row_ids};
use crate::column::{Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::exec::{Context, Step};
use crate::plan::{Restore, RowChange, Rules, Update};
use crate::table::{Fetch, nulls};
use crate::types::{ColumnId, RowId, TableSchema};
use std::collections::HashSet;
use std::rc::Rc;

/// Its input yields row ids, what is to become of the rows, and their values.
pub struct ChangeRows {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    /// The columns that an update writes.
    columns: Vec<ColumnId>,
    /// How many kinds of change of the chunk at hand are done.
    done: usize,
    /// Of MERGE, the rows changed so far: those inserted get ids of their own.
    seen: Option<HashSet<RowId>>,
}

impl ChangeRows {
    pub fn of_restore(part: &Restore) -> ChangeRows {
        ChangeRows {
            table: part.table.clone(),
            rules: part.rules.clone(),
            columns: part.table.columns.iter().map(|c| c.id).collect(),
            done: 0,
            seen: None,
        }
    }

    pub fn of_merge(merge: &Update) -> ChangeRows {
        ChangeRows {
            table: merge.table.clone(),
            rules: merge.rules.clone(),
            columns: merge.columns.clone(),
            done: 0,
            seen: Some(HashSet::new()),
        }
    }

    fn write_kind(
        &self,
        kind: RowChange,
        part: &Chunk,
        context: &mut Context,
    ) -> Result<Fetch<()>> {
        let (table, ids, values) = (self.table.id, row_ids(part), &part.columns[2..]);
        if kind != RowChange::Delete {
            let rules = (&*self.table, &*self.rules);
            check_rows(rules, values, part.rows, &context.eval())?;
        }
        let (transaction, store) = context.writer()?;
        match kind {
            RowChange::Delete => transaction.delete(store, table, &ids)?,
            RowChange::Insert if self.seen.is_some() => {
                transaction.insert(store, table, values)?;
            }
            RowChange::Insert => transaction.insert_as(store, table, ids, values)?,
            RowChange::Update => {
                let positions = self
                    .columns
                    .iter()
                    .filter_map(|id| self.table.position(*id));
                let mut values: Vec<_> = positions.map(|at| values[at].clone()).collect();
                let columns = with_replaced(&self.table, &self.columns, &mut values);
                return transaction.update(store, table, &ids, &columns, &values);
            }
        }
        Ok(Fetch::Ready(()))
    }
}

/// A version has its value in one of the columns that took each other's place.
pub fn with_replaced(
    table: &TableSchema,
    columns: &[ColumnId],
    values: &mut Vec<Rc<Vector>>,
) -> Vec<ColumnId> {
    let mut all = columns.to_vec();
    let rows = values.first().map_or(0, |values| values.len());
    for old in columns.iter().flat_map(|id| table.replaced(*id)) {
        all.push(old.id);
        values.push(Rc::new(nulls(old.data_type.physical(), rows)));
    }
    all
}

impl Target for ChangeRows {
    fn choose(&mut self, chunk: Chunk) -> Result<Chunk> {
        let Some(seen) = &mut self.seen else {
            return Ok(chunk);
        };
        let chunk = chunk.compact();
        let ids = row_ids(&chunk);
        let mut chosen = Vec::with_capacity(chunk.rows);
        for (row, id) in ids.into_iter().enumerate() {
            if chunk.columns[1].is_null(row) {
                continue;
            }
            chosen.push(row as u32);
            if !chunk.columns[0].is_null(row) && !seen.insert(id) {
                let message = "MERGE command cannot affect row a second time";
                return Err(Error::new(Code::CardinalityViolation, message).with_hint(
                    "Ensure that not more than one source row matches any one target row.",
                ));
            }
        }
        Ok(chunk.with_selection(chosen))
    }

    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        let Data::I64(wanted) = &chunk.columns[1].data else {
            unreachable!("the second column says what to do");
        };
        for kind in [RowChange::Delete, RowChange::Update, RowChange::Insert] {
            if (kind as usize) < self.done {
                continue;
            }
            let some = (0..chunk.rows as u32).filter(|row| wanted[*row as usize] == kind as i64);
            let some: Vec<u32> = some.collect();
            if some.is_empty() {
                continue;
            }
            let part = chunk.clone().with_selection(some).compact();
            if let Fetch::Need(block) = self.write_kind(kind, &part, context)? {
                self.done = kind as usize;
                return Ok(Written::Later(Step::Need(block)));
            }
        }
        self.done = 0;
        Ok(Written::Rows(Chunk::new(Vec::new(), chunk.rows)))
    }
}
