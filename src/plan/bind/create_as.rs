//! CREATE TABLE AS and SELECT INTO: a table of the rows of a query.

use super::assign::Untyped;
use super::binder::Binder;
use crate::error::{Code, Error, Result};
use crate::plan::{CreateTableAs, OutputColumn, Plan};
use crate::types::{ColumnId, ColumnSchema, OnCommit, TableSchema};
use sqlparser::ast::{self, Ident};

impl<'a> Binder<'a> {
    /// `names` are those of the first columns; the others are called as the query calls them.
    pub fn bind_create_table_as(
        &mut self,
        table: &ast::ObjectName,
        names: &[Ident],
        (query, with_data): (&'a ast::Query, bool),
        if_not_exists: bool,
        temporary: Option<OnCommit>,
    ) -> Result<Plan> {
        let (made, position) = self.new_table(table, temporary)?;
        if self.catalog().table(&made.key()).is_some() && !if_not_exists {
            let message = format!("relation \"{}\" already exists", made.name);
            return Err(Error::new(Code::DuplicateTable, message).at(position));
        }
        self.at_top = query.with.is_some();
        let (root, mut output) = self.query(query, Untyped::Text)?;
        if names.len() > output.len() {
            let message = "too many column names were specified";
            return Err(Error::new(Code::Syntax, message));
        }
        for (column, name) in output.iter_mut().zip(names) {
            column.name = name.value.clone();
        }
        let mut schema = TableSchema {
            next_column: ColumnId(output.len() as u32),
            ..made
        };
        for (at, column) in output.iter().enumerate() {
            let column = column_of(at, column, &schema)?;
            schema.columns.push(column);
        }
        Ok(Plan::CreateTableAs(Box::new(CreateTableAs {
            schema,
            if_not_exists,
            on_commit: temporary.unwrap_or_default(),
            refresh: false,
            query: self.rows_to_keep(with_data, root, output),
        })))
    }

    /// `SELECT … INTO table`.
    pub fn bind_select_into(
        &mut self,
        query: &'a ast::Query,
        into: &ast::SelectInto,
    ) -> Result<Plan> {
        if into.unlogged {
            return Err(Error::unsupported("an unlogged table"));
        }
        let temporary = into.temporary.then(OnCommit::default);
        let parts = match into.targets.as_slice() {
            [ast::Expr::Identifier(name)] => vec![name.clone()],
            [ast::Expr::CompoundIdentifier(parts)] => parts.clone(),
            _ => return Err(Error::unsupported("SELECT INTO anything but a table")),
        };
        self.into_at_top = true;
        self.bind_create_table_as(
            &ast::ObjectName::from(parts),
            &[],
            (query, true),
            false,
            temporary,
        )
    }
}

pub fn column_of(at: usize, column: &OutputColumn, schema: &TableSchema) -> Result<ColumnSchema> {
    let OutputColumn { name, data_type } = column;
    if schema.position_by_name(name).is_some() {
        let message = format!("column \"{name}\" specified more than once");
        return Err(Error::new(Code::DuplicateColumn, message));
    }
    super::data_type::check_kept(*data_type)?;
    Ok(ColumnSchema {
        id: ColumnId(at as u32),
        name: name.clone(),
        data_type: *data_type,
        nullable: true,
        ..ColumnSchema::default()
    })
}
