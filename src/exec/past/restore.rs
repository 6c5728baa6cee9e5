//! What makes rows what they were at a moment.

use super::passage::{passed, present, reversal};
use super::tell::{Rows, at, snapshot};
use crate::error::{Code, Error, Result};
use crate::exec::Context;
use crate::expr::{self, Expr};
use crate::plan::{Fate, PastCall, PastFunction, Target};
use crate::table::{Fetch, ready};
use crate::txn::View;
use crate::types::{RowId, Seq, TableSchema, Value, sort_by};
use std::rc::Rc;

/// The rows that may have to change.
pub(super) fn concerned(
    call: &PastCall,
    target: &Target,
    context: &Context,
) -> Result<Fetch<Vec<RowId>>> {
    let id = target.table.id;
    let [from, to] = moments(call, context);
    let now = View::at(context.store, context.view().snapshot());
    if call.function == PastFunction::Restore {
        check_unwritten(target, context)?;
        return now.changed_rows(id, from);
    }
    if target.fate == Fate::Dropped {
        check_unwritten(target, context)?;
        return now.changed_rows(id, to);
    }
    let commit = to.and_then(|to| context.store.commit_info(to));
    if target.fate == Fate::Kept && commit.is_some_and(|commit| !commit.tables.contains(&id)) {
        return Ok(Fetch::Ready(Vec::new()));
    }
    let mut rows = ready!(at(context.store, to).changed_rows(id, from)?);
    if target.fate == Fate::Kept && !rows.is_empty() {
        check_undoable(call, target)?;
        check_unwritten(target, context)?;
    } else if matches!(target.fate, Fate::Reshaped | Fate::Retyped) {
        rows.extend(ready!(now.changed_rows(id, None)?));
        sort_by(&mut rows, Ord::cmp);
        rows.dedup();
    }
    Ok(Fetch::Ready(rows))
}

/// The moments before and after a commit that is undone, or the one to restore and the present.
pub(super) fn moments(call: &PastCall, context: &Context) -> [Option<Seq>; 2] {
    let [from, to] = call.times.map(|time| snapshot(context, time).seq);
    match call.function {
        PastFunction::Undo(_) => [to.and_then(|to| to.0.checked_sub(1)).map(Seq), to],
        _ => [from, to],
    }
}

fn check_unwritten(target: &Target, context: &Context) -> Result<()> {
    // What gets another definition was looked at before that.
    match matches!(target.fate, Fate::Kept | Fate::Dropped)
        && context.view().has_writes(target.table.id)
    {
        true => Err(has_written(&target.table)),
        false => Ok(()),
    }
}

pub fn has_written(table: &TableSchema) -> Error {
    let message = format!(
        "{} \"{}\" cannot be brought back in a transaction that has written to it",
        table.kind().word(),
        table.name
    );
    Error::new(Code::ActiveTransaction, message)
}

/// That a table still has the columns that the commit knew which is to be undone.
fn check_undoable(call: &PastCall, target: &Target) -> Result<()> {
    let shape = |table: &Option<Rc<TableSchema>>| {
        let columns = table.iter().flat_map(|table| &table.columns);
        columns.map(|c| (c.id, c.data_type)).collect::<Vec<_>>()
    };
    let [then, now] = &call.tables;
    if now.is_some() && shape(then) == shape(now) {
        return Ok(());
    }
    let name = &target.table.name;
    let message = format!("table \"{name}\" has another schema since that commit");
    Err(Error::new(Code::UndoConflict, message))
}

/// What makes a row what it was at the first moment.
pub(super) fn restore(
    call: &PastCall,
    condition: &[Expr],
    row: RowId,
    context: &Context,
) -> Result<Fetch<Rows>> {
    let (Some(old), Some(target)) = (&call.tables[0], &call.target) else {
        return Ok(Fetch::Ready(Vec::new()));
    };
    let [from, _] = moments(call, context);
    let then = ready!(at(context.store, from).state(old, row)?);
    let now = ready!(present(&target.table, row, context)?);
    let then = then.map(|then| passed(target, 0, &then, now.as_deref(), context));
    let then = then.transpose()?;
    for condition in condition {
        let mut is_meant = false;
        for state in [&then, &now].into_iter().flatten() {
            let answer = expr::evaluate_row(condition, state, &context.eval())?;
            is_meant |= answer == Value::Bool(true);
        }
        if !is_meant {
            return Ok(Fetch::Ready(Vec::new()));
        }
    }
    Ok(Fetch::Ready(reversal(row, now, then, target)))
}
