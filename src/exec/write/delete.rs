//! DELETE.

use super::source::{Source, first_of_each, row_ids};
use crate::column::Chunk;
use crate::error::Result;
use crate::exec::project::project;
use crate::exec::{Context, Operator, Step};
use crate::plan::{Delete, Returning};
use crate::types::{RowId, TableSchema};
use std::collections::HashSet;
use std::rc::Rc;

pub struct DeleteRows {
    table: Rc<TableSchema>,
    source: Source,
    returning: Option<Returning>,
    seen: HashSet<RowId>,
}

impl DeleteRows {
    /// `input` yields row ids and, for RETURNING, all columns. Rows that are `seen`
    /// already are left alone.
    pub fn new(delete: &Delete, input: Box<dyn Operator>, seen: HashSet<RowId>) -> DeleteRows {
        DeleteRows {
            table: delete.table.clone(),
            source: Source::new(input),
            returning: delete.returning.clone(),
            seen,
        }
    }
}

impl Operator for DeleteRows {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let seen = &mut self.seen;
        if let Some(step) = (self.source).take_in(context, |chunk| first_of_each(chunk, seen))? {
            return Ok(step);
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(chunk) = self.source.remove_first() else {
                return Ok(Step::Done);
            };
            let (transaction, store) = context.writer()?;
            transaction.delete(store, self.table.id, &row_ids(&chunk))?;
            context.meter.affected_rows += chunk.rows as u64;
            context.spend(chunk.rows);
            if let Some(returning) = &self.returning
                && chunk.rows > 0
            {
                let whole = Chunk::new(chunk.columns[1..].to_vec(), chunk.rows);
                let rows = project(&returning.expressions, &whole, &context.eval())?;
                return Ok(Step::Chunk(rows));
            }
        }
    }
}
