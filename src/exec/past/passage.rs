//! How a row of another moment becomes one of the table as it is now: columns that have gone, came since or changed their type.

use super::commits::number;
use super::tell::Rows;
use crate::error::Result;
use crate::exec::Context;
use crate::expr;
use crate::plan::{Fate, RowChange, Target};
use crate::table::Fetch;
use crate::txn::View;
use crate::types::{RowId, TableSchema, Value};

/// A row of the table as it was at one of the moments, as a row of the target. What it had not stays as it is, or is given to a
/// row that comes back.
pub(super) fn passed(
    target: &Target,
    moment: usize,
    row: &[Value],
    held: Option<&[Value]>,
    context: &Context,
) -> Result<Vec<Value>> {
    let mut values = Vec::with_capacity(target.table.columns.len());
    let mut missing = Vec::new();
    let is_computed = |at: usize| {
        target.passages[moment][at].is_none() && target.table.columns[at].generated.is_some()
    };
    for at in 0..target.table.columns.len() {
        let value = value_passed(target, moment, row, at, context)?;
        values.push(match value.or_else(|| Some(held?[at].clone())) {
            Some(value) if !is_computed(at) => value,
            _ => {
                missing.push(at);
                Value::Null
            }
        });
    }
    give(target, &missing, &mut values, context)?;
    Ok(values)
}

/// Gives a row what it never had; what is generated comes of all the rest.
pub(super) fn give(
    target: &Target,
    missing: &[usize],
    row: &mut [Value],
    context: &Context,
) -> Result<()> {
    for is_last in [false, true] {
        for at in missing {
            if target.table.columns[*at].generated.is_some() == is_last {
                row[*at] = expr::evaluate_row(&target.given[*at], row, &context.eval())?;
            }
        }
    }
    Ok(())
}

pub(super) fn value_passed(
    target: &Target,
    moment: usize,
    row: &[Value],
    at: usize,
    context: &Context,
) -> Result<Option<Value>> {
    match &target.passages[moment][at] {
        None => Ok(None),
        Some((from, None)) => Ok(Some(row[*from].clone())),
        Some((_, Some(cast))) => expr::evaluate_row(cast, row, &context.eval()).map(Some),
    }
}

pub(super) fn present(
    table: &TableSchema,
    row: RowId,
    context: &Context,
) -> Result<Fetch<Option<Vec<Value>>>> {
    View::at(context.store, context.view().snapshot()).state(table, row)
}

/// What makes the one state of a row the other; nothing if they are the same.
pub(super) fn reversal(
    row: RowId,
    now: Option<Vec<Value>>,
    wanted: Option<Vec<Value>>,
    target: &Target,
) -> Rows {
    let (reversal, values) = match (now, wanted) {
        (Some(now), None) => (RowChange::Delete, now),
        (None, Some(wanted)) => (RowChange::Insert, wanted),
        (Some(now), Some(wanted)) if now != wanted || target.fate == Fate::Retyped => {
            (RowChange::Update, wanted)
        }
        _ => return Vec::new(),
    };
    let head = [number(row.0), Value::I64(reversal as i64)];
    vec![head.into_iter().chain(values).collect()]
}
