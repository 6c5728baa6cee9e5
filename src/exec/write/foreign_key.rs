//! Foreign keys at the end of a statement: what the rows it wrote lead to, and what becomes of the rows that led to
//! those it ended or changed. An action is a part of the statement, and so of its commit.

use super::constraint::check_row;
use crate::column::Vector;
use crate::error::{Code, Error, Result};
use crate::exec::{Access, Context};
use crate::expr;
use crate::plan::Related;
use crate::table::{Fetch, ready};
use crate::txn::{RowEvent, Waiting, key_of};
use crate::types::{Action, ColumnId, ForeignKey, RowId, TableId, TableSchema, Value};
use std::collections::HashSet;
use std::rc::Rc;

/// How far the foreign keys of a statement have been looked at.
pub struct Settling {
    related: Vec<Rc<Related>>,
    /// Whether actions follow. What brings the past back has their rows among its own, and changes no others.
    acts: bool,
    /// The events that were there before the actions on which the others followed.
    left: usize,
    /// The rows that those led on to another key, by the number of the foreign key: they do not lead to one that came free in the same statement.
    led_on: HashSet<(TableId, usize, RowId)>,
}

impl Settling {
    /// `related` are the tables that actions may change; without actions, the keys hold in the end or are an error.
    pub fn new(related: Vec<Rc<Related>>, acts: bool) -> Settling {
        Settling {
            related,
            acts,
            left: 0,
            led_on: HashSet::new(),
        }
    }
}

/// Looks at all that was written. It goes on where it was when a block was needed.
pub fn settle(settling: &mut Settling, context: &mut Context) -> Result<Fetch<()>> {
    if matches!(context.access, Access::Read(_)) {
        return Ok(Fetch::Ready(()));
    }
    loop {
        if settling.left == 0 {
            settling.left = context.transaction()?.0.events();
            settling.led_on.clear();
        }
        let (transaction, store) = context.transaction()?;
        let Some(event) = transaction.first_event() else {
            return transaction.check_deferred(store, false);
        };
        if let Fetch::Need(block) = look_at(event, settling, context)? {
            return Ok(Fetch::Need(block));
        }
        context.transaction()?.0.remove_event();
        settling.left -= 1;
        context.spend(1);
    }
}

fn look_at(event: RowEvent, settling: &mut Settling, context: &mut Context) -> Result<Fetch<()>> {
    let catalog = context.view().catalog();
    let Some(table) = catalog.table_by_id(event.table) else {
        return Ok(Fetch::Ready(()));
    };
    let (transaction, store) = context.writer()?;
    let new = transaction.current(store, event.table, event.row);
    let view = context.view();
    let old = match event.old {
        Some(location) => Some(ready!(view.whole_row(table, location)?)),
        None => None,
    };
    let new = match new {
        Some(location) => Some(ready!(view.whole_row(table, location)?)),
        None => None,
    };
    let key = |columns: &[ColumnId], row: &Option<Vec<Value>>| {
        row.as_ref().map(|row| key_of(table, columns, row))
    };
    for foreign in &table.foreign_keys {
        let (before, after) = (key(&foreign.columns, &old), key(&foreign.columns, &new));
        // What is brought back was there before a key that is NOT VALID.
        let is_new = before != after && (settling.acts || !foreign.not_valid);
        let Some(row) = new.as_ref().filter(|_| is_new) else {
            continue;
        };
        if context.writer()?.0.waits(table.id, foreign) {
            let row = Waiting::Row(event.row);
            context.writer()?.0.defer(table.id, foreign, row);
        } else {
            ready!(context.view().check_referencing(table, foreign, row)?);
        }
    }
    for (child, foreign) in catalog.referencing(table.id) {
        let (before, after) = (
            key(&foreign.referenced, &old),
            key(&foreign.referenced, &new),
        );
        let is_key = |key: &Vec<Value>| !key.iter().any(Value::is_null);
        let Some(gone) = before.filter(|before| is_key(before) && Some(before) != after.as_ref())
        else {
            continue;
        };
        let action = match after {
            _ if !settling.acts => Action::NoAction,
            Some(_) => foreign.on_update,
            None => foreign.on_delete,
        };
        match action {
            Action::NoAction if context.writer()?.0.waits(child.id, foreign) => {
                let gone = Waiting::Key(gone);
                context.writer()?.0.defer(child.id, foreign, gone);
            }
            Action::NoAction | Action::Restrict => {
                let may_be_back = action == Action::NoAction;
                let view = context.view();
                ready!(view.check_referenced(child, foreign, &gone, may_be_back)?);
            }
            _ => {
                let rows = context
                    .view()
                    .referencing_rows(child, foreign, &gone, usize::MAX)?;
                let mut rows = ready!(rows);
                let mut keys = child.foreign_keys.iter();
                let number = keys.position(|key| key.name == foreign.name).unwrap_or(0);
                rows.retain(|row| !settling.led_on.contains(&(child.id, number, *row)));
                if rows.is_empty() {
                    continue;
                }
                let both = (child, foreign);
                ready!(act(
                    action,
                    both,
                    &rows,
                    after.as_deref(),
                    &settling.related,
                    context
                )?);
                settling
                    .led_on
                    .extend(rows.into_iter().map(|row| (child.id, number, row)));
                if action == Action::SetDefault {
                    // The default may be what is gone.
                    let view = context.view();
                    ready!(view.check_referenced(child, foreign, &gone, true)?);
                }
            }
        }
    }
    Ok(Fetch::Ready(()))
}

/// Does with the rows of a table what the action says.
fn act(
    action: Action,
    (child, foreign): (&Rc<TableSchema>, &ForeignKey),
    rows: &[RowId],
    new_key: Option<&[Value]>,
    related: &[Rc<Related>],
    context: &mut Context,
) -> Result<Fetch<()>> {
    let values: Vec<Value> = match (action, new_key) {
        (Action::Cascade, None) => {
            let (transaction, store) = context.writer()?;
            transaction.delete(store, child.id, rows)?;
            return Ok(Fetch::Ready(()));
        }
        (Action::Cascade, Some(key)) => key.to_vec(),
        (Action::SetNull, _) => vec![Value::Null; foreign.columns.len()],
        _ => {
            let defaults = &rules_of(related, child)?.defaults;
            let at = |id: &ColumnId| child.position(*id).and_then(|at| defaults.get(at));
            let eval = context.eval();
            (foreign.columns.iter().filter_map(at))
                .map(|default| expr::evaluate_value(default, &eval))
                .collect::<Result<_>>()?
        }
    };
    for row in rows {
        ready!(change(
            child,
            *row,
            &foreign.columns,
            &values,
            related,
            context
        )?);
    }
    Ok(Fetch::Ready(()))
}

fn rules_of<'r>(related: &'r [Rc<Related>], table: &TableSchema) -> Result<&'r crate::plan::Rules> {
    let missing = || Error::new(Code::Internal, "an action on a table that was not planned");
    let found = related
        .iter()
        .flat_map(|tables| tables.iter())
        .find(|(id, _)| *id == table.id);
    Ok(&found.ok_or_else(missing)?.1)
}

fn change(
    table: &TableSchema,
    row: RowId,
    columns: &[ColumnId],
    values: &[Value],
    related: &[Rc<Related>],
    context: &mut Context,
) -> Result<Fetch<()>> {
    let rules = rules_of(related, table)?;
    let mut whole = ready!(context.current_row(table, row)?);
    let position = |id: &ColumnId| table.position(*id).expect("a column of the table");
    for (column, value) in columns.iter().zip(values) {
        whole[position(column)] = value.clone();
    }
    let eval = context.eval();
    let mut changed = columns.to_vec();
    for (at, value) in &rules.generated {
        whole[*at] = expr::evaluate_row(value, &whole, &eval)?;
        changed.push(table.columns[*at].id);
    }
    check_row((table, rules), &whole, &eval)?;
    let vector = |id: &ColumnId| {
        let at = position(id);
        let physical = table.columns[at].data_type.physical();
        Rc::new(Vector::from_values(physical, [&whole[at]]))
    };
    let vectors: Vec<Rc<Vector>> = changed.iter().map(vector).collect();
    let (transaction, store) = context.writer()?;
    transaction.update(store, table.id, &[row], &changed, &vectors)
}
