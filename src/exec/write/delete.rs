//! DELETE.

use super::writer::{Target, Written, first_of_each, row_ids};
use crate::column::Chunk;
use crate::error::Result;
use crate::exec::Context;
use crate::plan::Delete;
use crate::types::{RowId, TableId};
use std::collections::HashSet;

/// Its input yields row ids and, for RETURNING, all columns.
pub struct DeleteRows {
    table: TableId,
    seen: HashSet<RowId>,
}

impl DeleteRows {
    /// Rows that are `seen` already are left alone.
    pub fn new(delete: &Delete, seen: HashSet<RowId>) -> DeleteRows {
        DeleteRows {
            table: delete.table.id,
            seen,
        }
    }
}

impl Target for DeleteRows {
    fn choose(&mut self, chunk: Chunk) -> Result<Chunk> {
        Ok(first_of_each(chunk, &mut self.seen))
    }

    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        let (transaction, store) = context.writer()?;
        transaction.delete(store, self.table, &row_ids(chunk))?;
        let whole = Chunk::new(chunk.columns[1..].to_vec(), chunk.rows);
        Ok(Written::Rows(whole))
    }
}
