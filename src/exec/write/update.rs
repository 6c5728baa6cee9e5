//! UPDATE.

use super::constraint::check_update;
use super::source::{Source, first_of_each, row_ids};
use crate::column::Chunk;
use crate::error::Result;
use crate::exec::project::project;
use crate::exec::{Context, Operator, Step};
use crate::plan::{Returning, Rules, Update};
use crate::table::Fetch;
use crate::types::{ColumnId, RowId, TableSchema};
use std::collections::HashSet;
use std::rc::Rc;

pub struct UpdateRows {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    columns: Vec<ColumnId>,
    source: Source,
    returning: Option<Returning>,
    seen: HashSet<RowId>,
}

impl UpdateRows {
    /// `input` yields row ids, new values and, for RETURNING or CHECK, all columns with their new values. Rows that are `seen`
    /// already are left alone.
    pub fn new(update: &Update, input: Box<dyn Operator>, seen: HashSet<RowId>) -> UpdateRows {
        UpdateRows {
            table: update.table.clone(),
            rules: update.rules.clone(),
            columns: update.columns.clone(),
            source: Source::new(input),
            returning: update.returning.clone(),
            seen,
        }
    }

    /// Writes a chunk, or asks for a block that is needed for it.
    fn write(&self, chunk: &Chunk, context: &mut Context) -> Result<Fetch<()>> {
        let rules = (&*self.table, &*self.rules);
        if let Fetch::Need(block) = check_update(rules, &self.columns, chunk, context)? {
            return Ok(Fetch::Need(block));
        }
        let values = &chunk.columns[1..=self.columns.len()];
        let (transaction, store) = context.writer()?;
        transaction.update(store, self.table.id, &row_ids(chunk), &self.columns, values)
    }
}

impl Operator for UpdateRows {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let seen = &mut self.seen;
        if let Some(step) = (self.source).take_in(context, |chunk| first_of_each(chunk, seen))? {
            return Ok(step);
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(chunk) = self.source.first() else {
                return Ok(Step::Done);
            };
            if let Fetch::Need(block) = self.write(chunk, context)? {
                return Ok(Step::Need(block));
            }
            let chunk = self.source.remove_first().expect("it was written");
            context.meter.affected_rows += chunk.rows as u64;
            context.spend(chunk.rows);
            if let Some(returning) = &self.returning
                && chunk.rows > 0
            {
                let columns = chunk.columns[1 + self.columns.len()..].to_vec();
                let whole = Chunk::new(columns, chunk.rows);
                let rows = project(&returning.expressions, &whole, &context.eval())?;
                return Ok(Step::Chunk(rows));
            }
        }
    }
}
