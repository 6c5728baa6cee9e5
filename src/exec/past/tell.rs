//! The operator: finds what there is to tell, and tells it in chunks.

use super::commits::{commit, commits, json_list, number, told_of};
use super::difference::{blame, difference};
use super::restore::{concerned, restore};
use super::undo::{conflict, undo};
use crate::column::{CHUNK_ROWS, Chunk, VectorBuilder};
use crate::error::Result;
use crate::exec::{Context, Operator, Step};
use crate::expr::{self, Expr};
use crate::plan::{PastCall, PastFunction, TimeSlot};
use crate::table::{Fetch, Store, ready};
use crate::txn::View;
use crate::types::{ColumnSchema, RowId, Seq, Snapshot, Value, sort_by};
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

pub(super) enum Item {
    /// A row, of which table at the first moment and of which at the second.
    Row(RowId, bool, bool),
    Commit(Seq),
    Ready(Vec<Value>),
}

pub(super) type Rows = Vec<Vec<Value>>;

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
pub(super) fn snapshot(context: &Context, time: TimeSlot) -> Snapshot {
    context.versions(time).0.snapshot()
}

pub(super) fn at(store: &Store, seq: Option<Seq>) -> View<'_> {
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
                sort_by(&mut rows, Ord::cmp);
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
