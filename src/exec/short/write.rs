//! Writing one row.

use super::ShortAnswer;
use super::lookup::{Lookup, value};
use crate::column::{Chunk, Data};
use crate::error::Result;
use crate::exec::project::project;
use crate::exec::row_buffer::single_row;
use crate::exec::write::{check_row, check_update};
use crate::exec::{Context, Tuples};
use crate::expr::{self, Expr, ExprKind};
use crate::plan::{Delete, Insert, Node, Returning, Rules, Update};
use crate::table::Fetch;
use crate::types::{ColumnId, RowId, TableSchema, Value};
use std::rc::Rc;

/// INSERT of one row.
#[derive(Debug)]
pub struct InsertRow {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    row: RowSource,
    returning: Option<Returning>,
}

#[derive(Debug)]
enum RowSource {
    /// Expressions without columns.
    Expressions(Vec<Expr>),
    /// Expressions over the constants of the tuple that is given.
    Tuple(Vec<Expr>),
}

impl InsertRow {
    pub fn of(insert: &Insert) -> Option<InsertRow> {
        if insert.conflict.is_some() {
            return None;
        }
        let row = match &insert.source {
            Node::Values { rows, .. } => match rows.as_slice() {
                [row] => RowSource::Expressions(row.clone()),
                _ => return None,
            },
            Node::Rows { types } => {
                let columns = types.iter().enumerate();
                RowSource::Tuple(columns.map(|(at, kind)| Expr::column(at, *kind)).collect())
            }
            Node::Project { input, expressions } => match &**input {
                Node::Rows { .. } => RowSource::Tuple(expressions.clone()),
                Node::Values { rows, types } if rows.len() == 1 && types.is_empty() => {
                    RowSource::Expressions(expressions.clone())
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(InsertRow {
            table: insert.table.clone(),
            rules: insert.rules.clone(),
            row,
            returning: insert.returning.clone(),
        })
    }

    /// Whether it is one row that is given.
    pub fn fits(&self, tuples: &Tuples) -> bool {
        matches!(self.row, RowSource::Expressions(_)) || matches!(tuples, Tuples::One(_))
    }

    fn row(&self, context: &Context) -> Result<Vec<Value>> {
        let eval = context.eval();
        match (&self.row, context.tuples) {
            (RowSource::Tuple(expressions), Tuples::One(tuple)) => (expressions.iter())
                .map(|expression| match expression.kind {
                    ExprKind::Column(position) => Ok(tuple[position].clone()),
                    _ => expr::evaluate_row(expression, tuple, &eval),
                })
                .collect(),
            (RowSource::Expressions(expressions) | RowSource::Tuple(expressions), _) => expressions
                .iter()
                .map(|expression| value(expression, &eval))
                .collect(),
        }
    }

    pub fn run(&self, context: &mut Context) -> Result<Fetch<ShortAnswer>> {
        let row = self.row(context)?;
        check_row((&self.table, &self.rules), &row, &context.eval())?;
        let (transaction, store) = context.writer()?;
        transaction.insert_row(store, self.table.id, &row)?;
        transaction.end_statement(store)?;
        context.meter.affected_rows += 1;
        let Some(returning) = &self.returning else {
            return Ok(Fetch::Ready(None));
        };
        let types = self
            .table
            .columns
            .iter()
            .map(|column| column.data_type.physical());
        let whole = single_row(&types.collect::<Vec<_>>(), &row);
        let rows = project(&returning.expressions, &whole, &context.eval())?;
        Ok(Fetch::Ready(Some(rows)))
    }
}

/// What yields row id and values for the row with a key.
#[derive(Debug)]
struct Change {
    lookup: Lookup,
    expressions: Option<Vec<Expr>>,
}

impl Change {
    fn of(source: &Node) -> Option<Change> {
        let (input, expressions) = match source {
            Node::Project { input, expressions } => (&**input, Some(expressions.clone())),
            other => (other, None),
        };
        Some(Change {
            lookup: Lookup::of(input)?,
            expressions,
        })
    }

    /// Row id and the columns behind it.
    fn find(&self, context: &Context) -> Result<Fetch<Option<Chunk>>> {
        let row = match self.lookup.find(context)? {
            Fetch::Ready(Some(row)) => row,
            other => return Ok(other),
        };
        let row = match &self.expressions {
            Some(expressions) => project(expressions, &row, &context.eval())?,
            None => row,
        };
        Ok(Fetch::Ready(Some(row.compact())))
    }
}

fn row_id(row: &Chunk) -> RowId {
    match &row.columns[0].data {
        Data::I64(ids) => RowId(ids[0] as u64),
        _ => unreachable!("the first column is the row id"),
    }
}

/// UPDATE of the row with a key.
#[derive(Debug)]
pub struct UpdateRow {
    table: Rc<TableSchema>,
    rules: Rc<Rules>,
    columns: Vec<ColumnId>,
    change: Change,
    returning: Option<Returning>,
}

impl UpdateRow {
    pub fn of(update: &Update) -> Option<UpdateRow> {
        Some(UpdateRow {
            table: update.table.clone(),
            rules: update.rules.clone(),
            columns: update.columns.clone(),
            change: Change::of(&update.source)?,
            returning: update.returning.clone(),
        })
    }

    pub fn run(&self, context: &mut Context) -> Result<Fetch<ShortAnswer>> {
        let row = match self.change.find(context)? {
            Fetch::Ready(Some(row)) => row,
            other => return Ok(other),
        };
        let (values, whole) = row.columns[1..].split_at(self.columns.len());
        let rules = (&*self.table, &*self.rules);
        if let Fetch::Need(block) = check_update(rules, &self.columns, &row, context)? {
            return Ok(Fetch::Need(block));
        }
        let (transaction, store) = context.writer()?;
        let fetch =
            transaction.update(store, self.table.id, &[row_id(&row)], &self.columns, values)?;
        if let Fetch::Need(block) = fetch {
            return Ok(Fetch::Need(block));
        }
        transaction.end_statement(store)?;
        context.meter.affected_rows += 1;
        returned(self.returning.as_ref(), whole.to_vec(), context)
    }
}

/// DELETE of the row with a key.
#[derive(Debug)]
pub struct DeleteRow {
    table: Rc<TableSchema>,
    change: Change,
    returning: Option<Returning>,
}

impl DeleteRow {
    pub fn of(delete: &Delete) -> Option<DeleteRow> {
        Some(DeleteRow {
            table: delete.table.clone(),
            change: Change::of(&delete.source)?,
            returning: delete.returning.clone(),
        })
    }

    pub fn run(&self, context: &mut Context) -> Result<Fetch<ShortAnswer>> {
        let row = match self.change.find(context)? {
            Fetch::Ready(Some(row)) => row,
            other => return Ok(other),
        };
        let (transaction, store) = context.writer()?;
        transaction.delete(store, self.table.id, &[row_id(&row)])?;
        transaction.end_statement(store)?;
        context.meter.affected_rows += 1;
        returned(self.returning.as_ref(), row.columns[1..].to_vec(), context)
    }
}

/// The row of RETURNING over all columns of the table.
fn returned(
    returning: Option<&Returning>,
    whole: Vec<Rc<crate::column::Vector>>,
    context: &Context,
) -> Result<Fetch<ShortAnswer>> {
    let Some(returning) = returning else {
        return Ok(Fetch::Ready(None));
    };
    let rows = project(
        &returning.expressions,
        &Chunk::new(whole, 1),
        &context.eval(),
    )?;
    Ok(Fetch::Ready(Some(rows)))
}
