//! CREATE TABLE AS, SELECT INTO, and materialized views.

use super::writer::{Target, Written};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::exec::Context;
use crate::exec::definition::define;
use crate::plan::{CreateTableAs, Plan};
use crate::types::TableId;

/// Makes a table and fills it with the rows of a query, once all have been read.
pub struct CreateRows {
    create: CreateTableAs,
    table: Option<TableId>,
}

impl CreateRows {
    pub fn new(create: &CreateTableAs) -> CreateRows {
        CreateRows {
            create: create.clone(),
            table: None,
        }
    }

    /// The table; none if there is one of its name, and that is no error.
    fn make(&mut self, context: &mut Context) -> Result<Option<TableId>> {
        let CreateTableAs {
            schema,
            if_not_exists,
            refresh,
            on_commit,
            ..
        } = &self.create;
        if *refresh {
            let (transaction, store) = context.writer()?;
            transaction.truncate(store, schema.id)?;
            transaction.alter_table(store, schema.clone())?;
            return Ok(Some(schema.id));
        }
        let plan = Plan::CreateTable {
            schema: schema.clone(),
            sequences: Vec::new(),
            if_not_exists: *if_not_exists,
            on_commit: *on_commit,
        };
        if define(&plan, context)?.is_some() {
            return Ok(None);
        }
        match context.view().catalog().table(&schema.key()) {
            Some(table) => Ok(Some(table.id)),
            None => Err(Error::new(
                Code::Internal,
                "a table is not where it was made",
            )),
        }
    }
}

impl Target for CreateRows {
    fn begin(&mut self, context: &mut Context) -> Result<bool> {
        self.table = self.make(context)?;
        Ok(self.table.is_some())
    }

    fn write(&mut self, chunk: &Chunk, context: &mut Context) -> Result<Written> {
        if let Some(table) = self.table {
            let (transaction, store) = context.writer()?;
            transaction.insert(store, table, &chunk.columns)?;
        }
        Ok(Written::Rows(chunk.clone()))
    }
}
