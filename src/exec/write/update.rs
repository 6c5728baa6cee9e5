//! UPDATE.

use super::change::with_replaced;
use super::constraint::check_update;
use super::writer::{Target, Written, first_of_each, row_ids};
use crate::column::Chunk;
use crate::error::Result;
use crate::exec::{Context, Step};
use crate::plan::{Rules, Update};
use crate::table::Fetch;
use crate::types::{ColumnId, RowId, TableSchema};
use std::collections::HashSet;
use std::rc::Rc;

/// Its input yields row ids, new values and, for RETURNING or CHECK, all columns with their new values.
pub struct UpdateRows {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    columns: Vec<ColumnId>,
    seen: HashSet<RowId>,
}

impl UpdateRows {
    /// Rows that are `seen` already are left alone.
    pub fn new(update: &Update, seen: HashSet<RowId>) -> UpdateRows {
        UpdateRows {
            table: update.table.clone(),
            rules: update.rules.clone(),
            columns: update.columns.clone(),
            seen,
        }
    }
}

impl Target for UpdateRows {
    fn choose(&mut self, chunk: Chunk) -> Result<Chunk> {
        Ok(first_of_each(chunk, &mut self.seen))
    }

    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        let rules = (&*self.table, &*self.rules);
        if let Fetch::Need(block) = check_update(rules, &self.columns, chunk, context)? {
            return Ok(Written::Later(Step::Need(block)));
        }
        let (values, whole) = chunk.columns[1..].split_at(self.columns.len());
        let (transaction, store) = context.writer()?;
        let rows = row_ids(chunk);
        let mut values = values.to_vec();
        let columns = with_replaced(&self.table, &self.columns, &mut values);
        let written = transaction.update(store, self.table.id, &rows, &columns, &values)?;
        Ok(match written {
            Fetch::Need(block) => Written::Later(Step::Need(block)),
            Fetch::Ready(()) => Written::Rows(Chunk::new(whole.to_vec(), chunk.rows)),
        })
    }
}
