//! What a row was at two moments, and which commit made each of its values what it is.

use super::commits::{json_list, number, told_of};
use super::tell::{Rows, at, snapshot};
use crate::error::Result;
use crate::exec::Context;
use crate::plan::PastCall;
use crate::table::{Fetch, ready};
use crate::txn::{Operation, State};
use crate::types::{RowId, Seq, TableSchema, Value};

/// What became of a row between two moments; nothing if it is as it was.
pub(super) fn difference(
    call: &PastCall,
    row: RowId,
    wanted: [bool; 2],
    context: &Context,
) -> Result<Fetch<Rows>> {
    let mut states = [None, None];
    for side in 0..2 {
        let table = call.tables[side].as_deref().filter(|_| wanted[side]);
        if let Some(table) = table {
            let seq = snapshot(context, call.times[side]).seq;
            states[side] = ready!(at(context.store, seq).state(table, row)?);
        }
    }
    let (operation, changed) = match (&call.tables, &states) {
        (_, [None, None]) => return Ok(Fetch::Ready(Vec::new())),
        ([_, Some(table)], [None, Some(_)]) => {
            let names = table.columns.iter().map(|column| column.name.as_str());
            (Operation::Insert, names.collect())
        }
        ([Some(old), Some(new)], [Some(before), Some(after)]) => {
            let changed = changed_columns(old, before, new, after);
            if changed.is_empty() {
                return Ok(Fetch::Ready(Vec::new()));
            }
            (Operation::Update, changed)
        }
        _ => (Operation::Delete, Vec::new()),
    };
    let mut told = vec![Value::text(operation.name())];
    // One that is not there has the columns of the other.
    let width = |side: usize| {
        let table = call.tables[side]
            .as_ref()
            .or(call.tables[1 - side].as_ref());
        table.map_or(0, |table| table.columns.len())
    };
    for side in [1, 0] {
        let nothing = || vec![Value::Null; width(side)];
        told.extend(states[side].take().unwrap_or_else(nothing));
        if side == 1 {
            told.push(json_list(changed.iter().copied()));
        }
    }
    Ok(Fetch::Ready(vec![told]))
}

/// The names of the columns of which a row has another value. A column that is new was NULL.
fn changed_columns<'a>(
    old: &TableSchema,
    before: &[Value],
    new: &'a TableSchema,
    after: &[Value],
) -> Vec<&'a str> {
    let columns = new.columns.iter().zip(after);
    let changed = columns.filter(|(column, value)| match old.position(column.id) {
        Some(at) => before[at] != **value,
        None => !value.is_null(),
    });
    changed.map(|(column, _)| column.name.as_str()).collect()
}

/// For each column of a row, the commit that made its value what it is.
pub(super) fn blame(call: &PastCall, row: RowId, context: &Context) -> Result<Fetch<Rows>> {
    let Some(table) = call.tables[1].as_deref() else {
        return Ok(Fetch::Ready(Vec::new()));
    };
    let seq = snapshot(context, call.times[1]).seq;
    let states = ready!(at(context.store, seq).states_until(table, row)?);
    let Some(last) = states.last() else {
        return Ok(Fetch::Ready(Vec::new()));
    };
    let key = table.primary_key().into_iter().flat_map(|key| &key.columns);
    let key: Vec<Value> = (key.filter_map(|id| table.position(*id)))
        .map(|at| last.values[at].clone())
        .collect();
    let told = table.columns.iter().enumerate().map(|(at, column)| {
        let other = |state: &&State| state.values[at] != last.values[at];
        let since = states.len() - states.iter().rev().take_while(|s| !other(s)).count();
        let seq = Seq(states[since].start);
        let (time, meta) = told_of(context.store, seq);
        let own = [Value::text(&column.name), number(seq.0), time, meta];
        key.iter().cloned().chain(own).collect()
    });
    Ok(Fetch::Ready(told.collect()))
}
