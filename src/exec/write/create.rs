//! CREATE TABLE AS and SELECT INTO.

use super::source::Source;
use crate::error::{Code, Error, Result};
use crate::exec::definition::define;
use crate::exec::{Context, Operator, Step};
use crate::plan::{CreateTableAs, Plan};
use crate::types::TableId;

/// Makes a table of the rows of a query, once all have been read.
pub struct CreateRows {
    create: CreateTableAs,
    source: Source,
    table: Option<TableId>,
}

impl CreateRows {
    pub fn new(create: &CreateTableAs, input: Box<dyn Operator>) -> CreateRows {
        CreateRows {
            create: create.clone(),
            source: Source::new(input),
            table: None,
        }
    }

    /// The table; none if there is one of its name, and that is no error.
    fn make(&mut self, context: &mut Context) -> Result<Option<TableId>> {
        let CreateTableAs {
            schema,
            if_not_exists,
            ..
        } = &self.create;
        let plan = Plan::CreateTable {
            schema: schema.clone(),
            sequences: Vec::new(),
            if_not_exists: *if_not_exists,
        };
        if define(&plan, context)?.is_some() {
            return Ok(None);
        }
        match context.view().catalog().table(&schema.name) {
            Some(table) => Ok(Some(table.id)),
            None => Err(Error::new(
                Code::Internal,
                "a table is not where it was made",
            )),
        }
    }
}

impl Operator for CreateRows {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if let Some(step) = self.source.take_in(context, |chunk| chunk)? {
            return Ok(step);
        }
        loop {
            if context.is_spent() {
                return Ok(Step::Yield);
            }
            let Some(table) = self.table else {
                self.table = self.make(context)?;
                match self.table {
                    Some(_) => continue,
                    None => return Ok(Step::Done),
                }
            };
            let Some(chunk) = self.source.remove_first() else {
                return Ok(Step::Done);
            };
            let (transaction, store) = context.writer()?;
            transaction.insert(store, table, &chunk.columns)?;
            context.meter.affected_rows += chunk.rows as u64;
            context.spend(chunk.rows);
        }
    }
}
