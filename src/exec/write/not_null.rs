//! NOT NULL, checked when a row is written.

use super::source::row_ids;
use crate::column::{Chunk, Vector};
use crate::error::{Code, Error, Result};
use crate::exec::Context;
use crate::expr::format_value;
use crate::table::Fetch;
use crate::types::{ColumnId, ColumnSchema, TableSchema, Value};
use std::rc::Rc;

/// Checks whole new rows.
///
/// # Errors
/// `NotNullViolation` of the first row, and of its first column.
pub fn check_rows(table: &TableSchema, columns: &[Rc<Vector>], rows: usize) -> Result<()> {
    let all: Vec<&ColumnSchema> = table.columns.iter().collect();
    match first_broken(&all, columns, rows) {
        Some((row, column)) => Err(violation(table, column, &values_at(columns, row))),
        None => Ok(()),
    }
}

/// Checks an update: row ids, the new values of `changed` columns, and for RETURNING the whole new rows. What the
/// error shows of the others is read only where there is one, which may need a block.
pub fn check_update(
    table: &TableSchema,
    changed: &[ColumnId],
    chunk: &Chunk,
    context: &Context,
) -> Result<Fetch<()>> {
    let (values, whole) = chunk.columns[1..].split_at(changed.len());
    let schemas = changed_columns(table, changed);
    let Some((row, column)) = first_broken(&schemas, values, chunk.rows) else {
        return Ok(Fetch::Ready(()));
    };
    let shown = match whole.is_empty() {
        false => values_at(whole, row),
        true => match context.current_row(table, row_ids(chunk)[row])? {
            Fetch::Ready(mut shown) => {
                for (schema, vector) in schemas.iter().zip(values) {
                    if let Some(position) = table.position(schema.id) {
                        shown[position] = vector.value(row);
                    }
                }
                shown
            }
            Fetch::Need(block) => return Ok(Fetch::Need(block)),
        },
    };
    Err(violation(table, column, &shown))
}

/// The first row that has a NULL where none may be, and the first such column.
fn first_broken<'a>(
    changed: &[&'a ColumnSchema],
    values: &[Rc<Vector>],
    rows: usize,
) -> Option<(usize, &'a ColumnSchema)> {
    let suspects: Vec<_> = (changed.iter().zip(values))
        .filter(|(column, vector)| !column.nullable && vector.validity.is_some())
        .collect();
    if suspects.is_empty() {
        return None;
    }
    (0..rows).find_map(|row| {
        let (column, _) = suspects.iter().find(|(_, vector)| vector.is_null(row))?;
        Some((row, **column))
    })
}

fn values_at(columns: &[Rc<Vector>], row: usize) -> Vec<Value> {
    columns.iter().map(|column| column.value(row)).collect()
}

/// The schemas of columns by their ids.
fn changed_columns<'a>(table: &'a TableSchema, columns: &[ColumnId]) -> Vec<&'a ColumnSchema> {
    (columns.iter())
        .filter_map(|id| table.position(*id))
        .map(|position| &table.columns[position])
        .collect()
}

/// Checks one row.
pub fn check_row(table: &TableSchema, row: &[Value]) -> Result<()> {
    let broken =
        (table.columns.iter().zip(row)).find(|(column, value)| !column.nullable && value.is_null());
    match broken {
        None => Ok(()),
        Some((column, _)) => Err(violation(table, column, row)),
    }
}

fn violation(table: &TableSchema, column: &ColumnSchema, row: &[Value]) -> Error {
    let message = format!(
        "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
        column.name, table.name
    );
    Error::new(Code::NotNullViolation, message)
        .with_constraint(&table.name, &column.name)
        .with_detail(failing_row(table, row))
}

fn failing_row(table: &TableSchema, row: &[Value]) -> String {
    let mut detail = String::from("Failing row contains (");
    for (place, (value, column)) in row.iter().zip(&table.columns).enumerate() {
        if place > 0 {
            detail.push_str(", ");
        }
        match value {
            Value::Null => detail.push_str("null"),
            value => format_value(value, column.data_type, &mut detail),
        }
    }
    detail.push_str(").");
    detail
}
