//! Tells how tables came to be what they are: what changed between two moments, the history of a key, who changed
//! which value last, the commits.
//!
//! What there is to tell is found first, as rows by their ids or commits by their numbers, and then told one by one.

use super::{Context, Operator, Step};
use crate::column::{CHUNK_ROWS, Chunk, VectorBuilder};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr, Json};
use crate::plan::{Fate, PastCall, PastFunction, RowChange, Target, TimeSlot};
use crate::sql::UndoPolicy;
use crate::table::{CommitInfo, Fetch, Store, ready};
use crate::txn::{Operation, View};
use crate::types::SortedSet;
use crate::types::{ColumnSchema, RowId, Seq, Snapshot, TableSchema, Value, Versions};
use std::collections::VecDeque;
use std::rc::Rc;

pub struct Past {
    call: Rc<PastCall>,
    key: Vec<Expr>,
    /// What is still to be told.
    items: Option<VecDeque<Item>>,
    /// The rows that cannot be told of.
    conflicts: Vec<String>,
}

enum Item {
    /// A row, of which table at the first moment and of which at the second.
    Row(RowId, bool, bool),
    Commit(Seq),
    Ready(Vec<Value>),
}

type Rows = Vec<Vec<Value>>;

impl Past {
    pub fn new(call: &Rc<PastCall>, key: &[Expr]) -> Past {
        Past {
            call: call.clone(),
            key: key.to_vec(),
            items: None,
            conflicts: Vec::new(),
        }
    }
}

impl Operator for Past {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let mut items = match self.items.take() {
            Some(items) => items,
            None => match find(&self.call, &self.key, context)? {
                Fetch::Ready(items) => items,
                Fetch::Need(block) => return Ok(Step::Need(block)),
            },
        };
        let types = self.call.types.iter();
        let mut columns: Vec<VectorBuilder> =
            types.map(|t| VectorBuilder::new(t.physical())).collect();
        let (mut rows, mut needed) = (0, None);
        while rows < CHUNK_ROWS && !context.is_spent() {
            let Some(item) = items.front() else { break };
            let told = match tell(&self.call, &self.key, item, &mut self.conflicts, context)? {
                Fetch::Ready(told) => told,
                Fetch::Need(block) => {
                    needed = Some(block);
                    break;
                }
            };
            items.pop_front();
            context.spend(1 + told.len());
            rows += told.len();
            for row in &told {
                let values = columns.iter_mut().zip(row);
                values.for_each(|(column, value)| column.push(value));
            }
        }
        let is_over = items.is_empty();
        if is_over && !self.conflicts.is_empty() {
            return Err(conflict(&self.conflicts));
        }
        self.items = Some(items);
        Ok(match (rows, needed) {
            (0, Some(block)) => Step::Need(block),
            (0, None) if is_over => Step::Done,
            (0, None) => Step::Yield,
            _ => {
                let columns = columns.into_iter().map(|column| Rc::new(column.finish()));
                Step::Chunk(Chunk::new(columns.collect(), rows))
            }
        })
    }
}

fn snapshot(context: &Context, time: TimeSlot) -> Snapshot {
    context.versions(time).0.snapshot()
}

fn at(store: &Store, seq: Option<Seq>) -> View<'_> {
    View::at(store, Snapshot::main(seq))
}

fn find(call: &PastCall, key: &[Expr], context: &Context) -> Result<Fetch<VecDeque<Item>>> {
    let store = context.store;
    let [from, to] = call.times.map(|time| snapshot(context, time).seq);
    let [before, after] = &call.tables;
    let mut items = VecDeque::new();
    let mut add = |rows: Vec<RowId>, old: bool, new: bool| {
        items.extend(rows.into_iter().map(|row| Item::Row(row, old, new)));
    };
    match (call.function, before, after) {
        (PastFunction::Commits, ..) => return commits(call, context),
        (PastFunction::Tags, ..) => {
            let catalog = match call.times[1] {
                TimeSlot::Present => context.view().catalog(),
                _ => store.catalog(Snapshot::main(to)),
            };
            items.extend(catalog.tags().map(|(name, seq)| {
                let (time, _) = told_of(store, seq);
                Item::Ready(vec![Value::text(name), number(seq.0), time])
            }));
        }
        (PastFunction::History, _, Some(table)) => {
            let eval = context.eval();
            let key = key.iter().map(|value| expr::evaluate_value(value, &eval));
            let key = key.collect::<Result<Vec<Value>>>()?;
            let Some(index) = table
                .primary_key()
                .filter(|_| !key.iter().any(Value::is_null))
            else {
                return Ok(Fetch::Ready(items));
            };
            let view = at(store, to);
            let events = ready!(match &call.retyped {
                Some(retyped) => retyped.history(&view, index, key, &eval)?,
                None => view.history(table, index, key, None)?,
            });
            for event in events {
                let (time, meta) = told_of(store, event.seq);
                let end = event.until.map(|end| (end, told_of(store, end).0));
                let names = event.changed.iter();
                let names = names.map(|at| table.columns[*at].name.as_str());
                let head = [
                    number(event.seq.0),
                    time,
                    Value::text(event.operation.name()),
                    json_list(names),
                    end.as_ref().map_or(Value::Null, |(end, _)| number(end.0)),
                    end.map_or(Value::Null, |(_, time)| time),
                    meta,
                ];
                let nothing = || vec![Value::Null; table.columns.len()];
                let row = event.row.unwrap_or_else(nothing);
                items.push_back(Item::Ready(head.into_iter().chain(row).collect()));
            }
        }
        (PastFunction::Blame, _, Some(table)) => {
            add(
                ready!(at(store, to).changed_rows(table.id, None)?),
                true,
                true,
            );
        }
        (PastFunction::Restore | PastFunction::Undo(_), ..) => {
            if let Some(target) = &call.target {
                add(ready!(concerned(call, target, context)?), true, true);
            }
        }
        (PastFunction::Diff, Some(before), Some(after)) if before.id == after.id => {
            let (first, last) = (from.min(to), from.max(to));
            let view = at(store, last);
            let mut rows = ready!(view.changed_rows(after.id, first)?);
            // A column that had gone before is back in rows that did not change.
            let is_back = |column: &ColumnSchema| {
                before.position(column.id).is_none() && column.id < before.next_column
            };
            if after.columns.iter().any(is_back) {
                rows.extend(ready!(view.changed_rows(after.id, None)?));
                rows.sort();
                rows.dedup();
            }
            add(rows, true, true);
        }
        (_, before, after) => {
            for (table, seq, is_new) in [(before, from, false), (after, to, true)] {
                if let Some(table) = table {
                    let rows = ready!(at(store, seq).changed_rows(table.id, None)?);
                    add(rows, !is_new, is_new);
                }
            }
        }
    }
    Ok(Fetch::Ready(items))
}

fn commits(call: &PastCall, context: &Context) -> Result<Fetch<VecDeque<Item>>> {
    let versions = context.versions(call.times[1]).0;
    let Some(last) = versions.snapshot().seq else {
        return Ok(Fetch::Ready(VecDeque::new()));
    };
    let (first, end) = match &versions {
        Versions::Within { start, end, .. } if !start.is_empty() => {
            (start.start, end.end().saturating_add(1))
        }
        Versions::Within { .. } => (0, 0),
        Versions::AsOf(_) => (0, u64::MAX),
    };
    let end = end.min(last.0 + 1);
    Ok(Fetch::Ready(
        (first..end).map(|seq| Item::Commit(Seq(seq))).collect(),
    ))
}

fn tell(
    call: &PastCall,
    condition: &[Expr],
    item: &Item,
    conflicts: &mut Vec<String>,
    context: &Context,
) -> Result<Fetch<Rows>> {
    match item {
        Item::Ready(row) => Ok(Fetch::Ready(vec![row.clone()])),
        Item::Commit(seq) => Ok(Fetch::Ready(commit(context.store, *seq))),
        Item::Row(row, old, new) => match call.function {
            PastFunction::Blame => blame(call, *row, context),
            PastFunction::Restore => restore(call, condition, *row, context),
            PastFunction::Undo(policy) => undo(call, policy, *row, conflicts, context),
            _ => difference(call, *row, [*old, *new], context),
        },
    }
}

/// What became of a row between two moments; nothing if it is as it was.
fn difference(
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
fn blame(call: &PastCall, row: RowId, context: &Context) -> Result<Fetch<Rows>> {
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
        let other = |state: &&crate::txn::State| state.values[at] != last.values[at];
        let since = states.len() - states.iter().rev().take_while(|s| !other(s)).count();
        let seq = Seq(states[since].start);
        let (time, meta) = told_of(context.store, seq);
        let own = [Value::text(&column.name), number(seq.0), time, meta];
        key.iter().cloned().chain(own).collect()
    });
    Ok(Fetch::Ready(told.collect()))
}

/// The rows that may have to change.
fn concerned(call: &PastCall, target: &Target, context: &Context) -> Result<Fetch<Vec<RowId>>> {
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
    let mut rows = ready!(at(context.store, to).changed_rows(id, from)?);
    if target.fate == Fate::Kept && !rows.is_empty() {
        check_undoable(call, target)?;
        check_unwritten(target, context)?;
    } else if matches!(target.fate, Fate::Reshaped | Fate::Retyped) {
        rows.extend(ready!(now.changed_rows(id, None)?));
        rows.sort();
        rows.dedup();
    }
    Ok(Fetch::Ready(rows))
}

/// The moments before and after a commit that is undone, or the one to restore and the present.
fn moments(call: &PastCall, context: &Context) -> [Option<Seq>; 2] {
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
fn restore(
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

/// A row of the table as it was at one of the moments, as a row of the target. What it had not stays as it is, or is given to a
/// row that comes back.
fn passed(
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
fn give(target: &Target, missing: &[usize], row: &mut [Value], context: &Context) -> Result<()> {
    for is_last in [false, true] {
        for at in missing {
            if target.table.columns[*at].generated.is_some() == is_last {
                row[*at] = expr::evaluate_row(&target.given[*at], row, &context.eval())?;
            }
        }
    }
    Ok(())
}

fn value_passed(
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

fn present(
    table: &TableSchema,
    row: RowId,
    context: &Context,
) -> Result<Fetch<Option<Vec<Value>>>> {
    View::at(context.store, context.view().snapshot()).state(table, row)
}

/// What makes the one state of a row the other; nothing if they are the same.
fn reversal(
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

/// What makes a row what it were had a commit not been, value by value.
fn undo(
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

fn conflict(conflicts: &[String]) -> Error {
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

fn commit(store: &Store, seq: Seq) -> Rows {
    let Some(info) = store.commit_info(seq) else {
        return Vec::new();
    };
    let names = info.tables.iter().filter_map(|id| {
        // One that the commit dropped has the name it had before.
        let before = seq.0.checked_sub(1).map(Seq);
        let mut moments = [Some(seq), before].into_iter();
        moments.find_map(|seq| {
            let catalog = store.catalog(Snapshot::main(seq));
            catalog.table_by_id(*id).map(|table| table.name.clone())
        })
    });
    // One that was dropped and made again is named once.
    let names: SortedSet<String> = names.collect();
    let (time, meta) = told_of(store, seq);
    vec![vec![
        number(seq.0),
        time,
        json_list(names.iter().map(String::as_str)),
        number(info.affected_rows),
        meta,
        Value::text(&info.statement),
    ]]
}

/// The time and the metadata of a commit.
fn told_of(store: &Store, seq: Seq) -> (Value, Value) {
    let told = |info: &CommitInfo| {
        let meta = info.meta.as_deref();
        (Value::I64(info.time), meta.map_or(Value::Null, Value::text))
    };
    let info = store.commit_info(seq);
    info.map_or((Value::Null, Value::Null), told)
}

fn number(number: u64) -> Value {
    Value::I64(number as i64)
}

/// A list of names as JSONB holds it.
fn json_list<'a>(names: impl Iterator<Item = &'a str>) -> Value {
    Value::text(&Json::from_iter(names).printed())
}
