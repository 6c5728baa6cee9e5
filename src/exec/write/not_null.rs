//! NOT NULL, checked when a row is written.

use crate::column::Vector;
use crate::error::{Code, Error, Result};
use crate::expr::format_value;
use crate::types::{ColumnSchema, TableSchema, Value};
use std::rc::Rc;

/// Checks new values of some columns. `whole`, if it is there, has all columns of the rows, to be shown
/// in the error.
///
/// # Errors
/// `NotNullViolation` of the first row, and of its first column.
pub fn check_changes(
    table: &TableSchema,
    changed: &[&ColumnSchema],
    values: &[Rc<Vector>],
    rows: usize,
    whole: Option<&[Rc<Vector>]>,
) -> Result<()> {
    let suspects: Vec<_> = (changed.iter().zip(values))
        .filter(|(column, vector)| !column.nullable && vector.validity.is_some())
        .collect();
    if suspects.is_empty() {
        return Ok(());
    }
    for row in 0..rows {
        if let Some((column, _)) = suspects.iter().find(|(_, vector)| vector.is_null(row)) {
            let row = whole.map(|whole| whole.iter().map(|c| c.value(row)).collect::<Vec<_>>());
            return Err(violation(table, column, row.as_deref()));
        }
    }
    Ok(())
}

/// Checks one row.
pub fn check_row(table: &TableSchema, row: &[Value]) -> Result<()> {
    let broken =
        (table.columns.iter().zip(row)).find(|(column, value)| !column.nullable && value.is_null());
    match broken {
        None => Ok(()),
        Some((column, _)) => Err(violation(table, column, Some(row))),
    }
}

fn violation(table: &TableSchema, column: &ColumnSchema, row: Option<&[Value]>) -> Error {
    let message = format!(
        "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
        column.name, table.name
    );
    let error =
        Error::new(Code::NotNullViolation, message).with_constraint(&table.name, &column.name);
    match row {
        Some(row) => error.with_detail(failing_row(table, row)),
        None => error,
    }
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
