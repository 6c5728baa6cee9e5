//! What makes rows what they were had a commit not been, value by value.

use super::passage::{give, passed, present, reversal, value_passed};
use super::restore::moments;
use super::tell::{Rows, at};
use crate::error::{Code, Error, Result};
use crate::exec::Context;
use crate::expr;
use crate::plan::{Fate, PastCall, Target};
use crate::sql::UndoPolicy;
use crate::table::{Fetch, ready};
use crate::types::{RowId, TableSchema, Value};
use std::rc::Rc;

/// What makes a row what it were had a commit not been, value by value.
pub(super) fn undo(
    call: &PastCall,
    policy: UndoPolicy,
    row: RowId,
    conflicts: &mut Vec<String>,
    context: &Context,
) -> Result<Fetch<Rows>> {
    let Some(target) = &call.target else {
        return Ok(Fetch::Ready(Vec::new()));
    };
    let [from, to] = moments(call, context);
    let [old, new] = &call.tables;
    let (mut before, mut after, mut now) = (None, None, None);
    if let Some(old) = old {
        before = ready!(at(context.store, from).state(old, row)?);
    }
    if let Some(new) = new {
        after = ready!(at(context.store, to).state(new, row)?);
        now = ready!(present(new, row, context)?);
    }
    let held = ready!(present(&target.table, row, context)?);
    let states = [before, after, now];
    let (wanted, changed, is_lost) =
        had_not_been(target, new, &states, held.as_deref(), policy, context)?;
    if changed.is_empty() || policy == UndoPolicy::Force || policy == UndoPolicy::Skip && !is_lost {
        return Ok(Fetch::Ready(match target.fate {
            Fate::Dropped => Vec::new(),
            _ => reversal(row, held, wanted, target),
        }));
    }
    let [before, after, now] = states;
    let (shown, table) = match (now.or(after), new) {
        (Some(shown), Some(new)) => (shown, new),
        _ => (before.unwrap_or_default(), &target.table),
    };
    conflicts.push(describe(table, &shown, &changed));
    Ok(Fetch::Ready(Vec::new()))
}

/// A row of the target, what of it changed again since the commit, and whether something of that has no place there.
type Undone<'a> = (Option<Vec<Value>>, Vec<&'a str>, bool);

/// What a row were now had a commit not been, of what it was before and after that and is now.
fn had_not_been<'a>(
    target: &'a Target,
    new: &'a Option<Rc<TableSchema>>,
    states: &[Option<Vec<Value>>; 3],
    held: Option<&[Value]>,
    policy: UndoPolicy,
    context: &Context,
) -> Result<Undone<'a>> {
    const ROW: &str = "the row";
    let [before, after, now] = states;
    let is_forced = policy == UndoPolicy::Force;
    let [old_places, new_places] = &target.passages;
    if target.fate == Fate::Dropped {
        let changed = if now.is_some() && now != after {
            vec![ROW]
        } else {
            Vec::new()
        };
        return Ok((None, changed, true));
    }
    let was = |values: &Option<Vec<Value>>, moment| match values {
        Some(values) => passed(target, moment, values, held, context).map(Some),
        None => Ok(None),
    };
    if before.is_some() != after.is_some() || now.is_none() {
        // It came, went or changed as a whole.
        let places = old_places.iter().zip(new_places);
        let is_same = places
            .into_iter()
            .all(|places| match (places, before, after) {
                ((Some((old, None)), Some((new, None))), Some(before), Some(after)) => {
                    before[*old] == after[*new]
                }
                _ => true,
            });
        let is_touched = before.is_some() != after.is_some() || !is_same;
        if !is_touched {
            return Ok((was(now, 1)?, Vec::new(), false));
        }
        if now == after || is_forced {
            return Ok((was(before, 0)?, Vec::new(), false));
        }
        let wanted = was(before, 0)?;
        return Ok(match wanted.as_deref() == held {
            true => (wanted, Vec::new(), false),
            false => (was(now, 1)?, vec![ROW], false),
        });
    }
    let now = now.as_deref().unwrap_or_default();
    let (mut wanted, mut changed) = (Vec::with_capacity(target.table.columns.len()), Vec::new());
    let mut missing = Vec::new();
    let is_generated = |at: usize| {
        let column = new.as_ref().map(|new| &new.columns[at]);
        column.is_some_and(|column| column.generated.is_some())
    };
    for (at, column) in target.table.columns.iter().enumerate() {
        let stays = || match value_passed(target, 1, now, at, context)? {
            Some(value) => Ok(Some(value)),
            None => Ok(held.map(|held| held[at].clone())),
        };
        let value = match (&old_places[at], &new_places[at], before, after) {
            // It comes back.
            (Some((old, _)), None, Some(before), _) => Some(before[*old].clone()),
            (Some((old, _)), Some((new, cast)), Some(before), Some(after)) => {
                let is_same =
                    cast.is_none() && (before[*old] == after[*new] || now[*new] == before[*old]);
                // By cell: what the commit did not touch stays as it is now.
                if !is_same && (now[*new] == after[*new] || is_forced) {
                    Some(before[*old].clone())
                } else {
                    // What is generated changes with the rest.
                    let follows = column.generated.is_some() && is_generated(*new);
                    if !is_same && !follows {
                        changed.push(column.name.as_str());
                    }
                    stays()?
                }
            }
            _ => stays()?,
        };
        if value.is_none() || column.generated.is_some() {
            missing.push(at);
        }
        wanted.push(value.unwrap_or(Value::Null));
    }
    give(target, &missing, &mut wanted, context)?;
    let mut is_lost = false;
    let columns = new.iter().flat_map(|new| new.columns.iter().enumerate());
    for (at, column) in columns {
        let goes_on = new_places.iter().flatten().any(|(place, _)| *place == at);
        let is_known = after
            .as_ref()
            .map_or(now[at].is_null(), |after| after[at] == now[at]);
        if !goes_on && !is_known && !is_generated(at) {
            changed.push(column.name.as_str());
            is_lost = true;
        }
    }
    Ok((Some(wanted), changed, is_lost))
}

/// A row by its key, and what of it changed.
fn describe(table: &TableSchema, row: &[Value], changed: &[&str]) -> String {
    let key = table.primary_key().into_iter().flat_map(|key| &key.columns);
    let mut text = String::new();
    for at in key.filter_map(|id| table.position(*id)) {
        text.push_str(if text.is_empty() { "(" } else { ", " });
        expr::format_value(&row[at], table.columns[at].data_type, &mut text);
    }
    let key = if text.is_empty() { "a row" } else { &text };
    let close = if text.is_empty() { "" } else { ")" };
    format!("{} {key}{close}: {}", table.name, changed.join(", "))
}

pub(super) fn conflict(conflicts: &[String]) -> Error {
    const SHOWN: usize = 20;
    let rows = if conflicts.len() == 1 { "row" } else { "rows" };
    let message = format!("{} {rows} changed again since the commit", conflicts.len());
    let mut detail = conflicts[..conflicts.len().min(SHOWN)].join("; ");
    if conflicts.len() > SHOWN {
        detail.push_str("; …");
    }
    Error::new(Code::UndoConflict, message)
        .with_detail(detail)
        .with_hint("SKIP leaves them as they are, FORCE undoes them all the same.")
}
