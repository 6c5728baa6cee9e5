//! NOT NULL and CHECK, checked when a row is written: row by row, for each first NOT NULL and then CHECK in the
//! order of the names.

use super::writer::row_ids;
use crate::column::{Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::exec::Context;
use crate::expr::{self, Check, EvalContext, format_value};
use crate::plan::Rules;
use crate::table::Fetch;
use crate::types::{ColumnId, ColumnSchema, TableSchema, Value};
use std::rc::Rc;

/// Checks whole new rows.
///
/// # Errors
/// `NotNullViolation` or `CheckViolation` of the first row that has one.
pub fn check_rows(
    (table, rules): (&TableSchema, &Rules),
    columns: &[Rc<Vector>],
    rows: usize,
    context: &EvalContext,
) -> Result<()> {
    let all: Vec<&ColumnSchema> = table.columns.iter().collect();
    match first_broken(&all, columns, rules, columns, rows, context)? {
        Some((row, broken)) => Err(violation(table, broken, &values_at(columns, row))),
        None => Ok(()),
    }
}

/// Checks an update: row ids, the new values of `changed` columns, and for RETURNING or CHECK the whole new
/// rows. What the error shows of the others is read only where there is one, which may need a block.
pub fn check_update(
    (table, rules): (&TableSchema, &Rules),
    changed: &[ColumnId],
    chunk: &Chunk,
    context: &Context,
) -> Result<Fetch<()>> {
    let (values, whole) = chunk.columns[1..].split_at(changed.len());
    // What RETURNING takes from other tables follows.
    let whole = &whole[..whole.len().min(table.columns.len())];
    let schemas = changed_columns(table, changed);
    let eval = context.eval();
    let Some((row, broken)) = first_broken(&schemas, values, rules, whole, chunk.rows, &eval)?
    else {
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
    Err(violation(table, broken, &shown))
}

/// What a row breaks.
enum Broken<'a> {
    NotNull(&'a ColumnSchema),
    Check(&'a Check),
}

/// The first row that breaks something. `whole` are all columns, if there is a check.
fn first_broken<'a>(
    changed: &[&'a ColumnSchema],
    values: &[Rc<Vector>],
    rules: &'a Rules,
    whole: &[Rc<Vector>],
    rows: usize,
    context: &EvalContext,
) -> Result<Option<(usize, Broken<'a>)>> {
    let nulls: Vec<_> = (changed.iter().zip(values))
        .filter(|(column, vector)| !column.nullable && vector.validity.is_some())
        .collect();
    let checks = broken_checks(rules, whole, rows, context)?;
    if nulls.is_empty() && checks.is_empty() {
        return Ok(None);
    }
    Ok((0..rows).find_map(|row| {
        let null = nulls.iter().find(|(_, vector)| vector.is_null(row));
        let check = || checks.iter().find(|(_, vector)| is_false(vector, row));
        let broken = match null {
            Some((column, _)) => Broken::NotNull(column),
            None => Broken::Check(check()?.0),
        };
        Some((row, broken))
    }))
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

/// The checks that some row breaks, with their answers.
fn broken_checks<'r>(
    rules: &'r Rules,
    whole: &[Rc<Vector>],
    rows: usize,
    context: &EvalContext,
) -> Result<Vec<(&'r Check, Rc<Vector>)>> {
    let whole = Chunk::new(whole.to_vec(), rows);
    let mut broken = Vec::new();
    for check in &rules.checks {
        let answers = expr::evaluate(&check.condition, &whole, context)?;
        if (0..rows).any(|row| is_false(&answers, row)) {
            broken.push((check, answers));
        }
    }
    Ok(broken)
}

/// An answer that is not known does not break a check.
fn is_false(answers: &Vector, row: usize) -> bool {
    matches!(&answers.data, Data::Bool(values) if !values[row]) && !answers.is_null(row)
}

/// Checks one row.
pub fn check_row(
    (table, rules): (&TableSchema, &Rules),
    row: &[Value],
    context: &EvalContext,
) -> Result<()> {
    let broken =
        (table.columns.iter().zip(row)).find(|(column, value)| !column.nullable && value.is_null());
    if let Some((column, _)) = broken {
        return Err(violation(table, Broken::NotNull(column), row));
    }
    for check in &rules.checks {
        if expr::evaluate_row(&check.condition, row, context)? == Value::Bool(false) {
            return Err(violation(table, Broken::Check(check), row));
        }
    }
    Ok(())
}

fn violation(table: &TableSchema, broken: Broken, row: &[Value]) -> Error {
    let relation = &table.name;
    let (code, message, constraint) = match broken {
        Broken::NotNull(column) => {
            let name = &column.name;
            let message = format!(
                "null value in column \"{name}\" of relation \"{relation}\" violates not-null constraint"
            );
            (Code::NotNullViolation, message, name.as_str())
        }
        Broken::Check(check) => {
            let name = check.name.as_str();
            if let Some(domain) = &check.domain {
                return check.violation(domain);
            }
            let (code, message) = match check.of_view {
                false => (
                    Code::CheckViolation,
                    format!(
                        "new row for relation \"{relation}\" violates check constraint \"{name}\""
                    ),
                ),
                true => (
                    Code::CheckOptionViolation,
                    format!("new row violates check option for view \"{name}\""),
                ),
            };
            (code, message, name)
        }
    };
    Error::new(code, message)
        .with_constraint(relation, constraint)
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
