//! INSERT.

use super::constraint::check_rows;
use super::source::Source;
use crate::error::Result;
use crate::exec::project::project;
use crate::exec::{Context, Operator, Step};
use crate::plan::{Insert, Returning, Rules};
use crate::types::TableSchema;
use std::rc::Rc;

pub struct InsertRows {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    source: Source,
    returning: Option<Returning>,
}

impl InsertRows {
    /// `input` yields all columns of the table, in its order.
    pub fn new(insert: &Insert, input: Box<dyn Operator>) -> InsertRows {
        InsertRows {
            table: insert.table.clone(),
            rules: insert.rules.clone(),
            source: Source::new(input),
            returning: insert.returning.clone(),
        }
    }
}

impl Operator for InsertRows {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if let Some(step) = self.source.take_in(context, |chunk| chunk)? {
            return Ok(step);
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(chunk) = self.source.remove_first() else {
                return Ok(Step::Done);
            };
            let (table, columns) = (&*self.table, &chunk.columns);
            check_rows((table, &self.rules), columns, chunk.rows, &context.eval())?;
            let (transaction, store) = context.writer()?;
            transaction.insert(store, table.id, columns)?;
            context.meter.affected_rows += chunk.rows as u64;
            context.spend(chunk.rows);
            if let Some(returning) = &self.returning {
                let rows = project(&returning.expressions, &chunk, &context.eval())?;
                return Ok(Step::Chunk(rows));
            }
        }
    }
}
