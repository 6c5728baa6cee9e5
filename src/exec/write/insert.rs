//! INSERT.

use super::constraint::check_rows;
use super::writer::{Target, Written};
use crate::column::Chunk;
use crate::error::Result;
use crate::exec::Context;
use crate::plan::{Insert, Rules};
use crate::types::TableSchema;
use std::rc::Rc;

/// Its input yields all columns of the table, in its order.
pub struct InsertRows {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
}

impl InsertRows {
    pub fn new(insert: &Insert) -> InsertRows {
        InsertRows {
            table: insert.table.clone(),
            rules: insert.rules.clone(),
        }
    }
}

impl Target for InsertRows {
    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        let (table, columns) = (&*self.table, &chunk.columns);
        check_rows((table, &self.rules), columns, chunk.rows, &context.eval())?;
        let (transaction, store) = context.writer()?;
        transaction.insert(store, table.id, columns)?;
        Ok(Written::Rows(chunk.clone()))
    }
}
