//! Foreign keys: what happened to the rows that have one or are referenced, and where references lead.
//!
//! Each such row that was written leaves an event. The events of a statement are looked at when it has ended, one by
//! one: an action makes further changes, and so further events. What is deferred is looked at before the commit; it
//! asks what is then the case, so it does not matter what was undone meanwhile.

use super::undo::Undo;
use super::{Transaction, View};
use crate::error::{Code, Error, Result};
use crate::expr::format_value;
use crate::table::{Catalog, Fetch, Location, Store, ready};
use crate::types::{
    ColumnId, ForeignKey, IndexSchema, RowId, ScanColumn, TableId, TableSchema, Value, Versions,
    Waits,
};
use std::ops::Bound;
use std::rc::Rc;

/// A row that was inserted, changed or ended.
#[derive(Debug, Clone, Copy)]
pub struct RowEvent {
    pub table: TableId,
    pub row: RowId,
    /// Where its version was before.
    pub old: Option<Location>,
}

impl RowEvent {
    pub(super) fn put(table: TableId, row: RowId) -> RowEvent {
        let old = None;
        RowEvent { table, row, old }
    }

    pub(super) fn changed(table: TableId, row: RowId, old: Location) -> RowEvent {
        let old = Some(old);
        RowEvent { table, row, old }
    }
}

/// What is to be looked at before the commit.
#[derive(Debug)]
pub(super) struct Deferred {
    /// The table that has the foreign key, and what it was then: its name may be another since.
    table: TableId,
    foreign: Rc<ForeignKey>,
    what: Waiting,
}

/// What a foreign key that waits is to be looked at for.
#[derive(Debug, Clone)]
pub enum Waiting {
    /// A row that must lead somewhere.
    Row(RowId),
    /// A key that is gone, which no row may have.
    Key(Vec<Value>),
}

/// Of which constraint of a table, or of all, SET CONSTRAINTS said whether it waits.
pub(super) type Said = (Option<(TableId, Waits)>, bool);

/// The columns of a table whose changes matter.
#[derive(Debug, Clone, Default)]
pub(super) struct ForeignColumns {
    pub own: Vec<ColumnId>,
    pub referenced: Vec<ColumnId>,
}

impl ForeignColumns {
    pub fn of(catalog: &Catalog, table: TableId) -> ForeignColumns {
        let own = catalog.table_by_id(table).map(|table| &table.foreign_keys);
        let own = own.into_iter().flatten().flat_map(|key| &key.columns);
        let referenced = catalog.referencing(table);
        let referenced = referenced.flat_map(|(_, key)| &key.referenced);
        ForeignColumns {
            own: own.copied().collect(),
            referenced: referenced.copied().collect(),
        }
    }

    pub fn concern(&self, columns: &[ColumnId]) -> bool {
        let mut all = self.own.iter().chain(&self.referenced);
        all.any(|column| columns.contains(column))
    }
}

/// The values of some columns of a row that has all of them.
pub fn key_of(table: &TableSchema, columns: &[ColumnId], row: &[Value]) -> Vec<Value> {
    let positions = columns.iter().filter_map(|id| table.position(*id));
    positions.map(|at| row[at].clone()).collect()
}

impl Transaction {
    /// The event to be looked at next; it stays until it is removed.
    pub fn first_event(&self) -> Option<RowEvent> {
        self.events.front().copied()
    }

    pub fn events(&self) -> usize {
        self.events.len()
    }

    pub fn remove_event(&mut self) {
        self.events.pop_front();
    }

    /// Rows that must lead somewhere are looked at as if they had been written.
    pub fn look_at(&mut self, table: TableId, rows: &[RowId]) {
        let put = |row: &RowId| RowEvent::put(table, *row);
        self.events.extend(rows.iter().map(put));
    }

    pub fn defer(&mut self, table: TableId, foreign: &ForeignKey, what: Waiting) {
        let last = self.deferred.last().map(|last| &last.foreign);
        let foreign = match last.filter(|last| ***last == *foreign) {
            Some(last) => last.clone(),
            None => Rc::new(foreign.clone()),
        };
        self.deferred.push(Deferred {
            table,
            foreign,
            what,
        });
    }

    /// Says when constraints are checked from now on: one of a table, or all that may wait.
    pub fn set_constraints(&mut self, one: Option<(TableId, Waits)>, deferred: bool) {
        self.constraints.push((one, deferred));
        self.undo.push(Undo::Constraints);
    }

    /// Whether a foreign key of a table is checked at the commit.
    pub fn waits(&self, table: TableId, foreign: &ForeignKey) -> bool {
        let is_it = |waits: &Waits| matches!(waits, Waits::Foreign(key) if key.leads_as(foreign));
        foreign.may_wait() && self.said(table, is_it).unwrap_or(foreign.deferred)
    }

    /// What SET CONSTRAINTS said last of a constraint.
    pub(super) fn said(&self, table: TableId, is_it: impl Fn(&Waits) -> bool) -> Option<bool> {
        let mut said = self.constraints.iter().rev();
        let said = said.find(|(one, _)| match one {
            Some((own, waits)) => *own == table && is_it(waits),
            None => true,
        });
        said.map(|(_, deferred)| *deferred)
    }

    /// Looks at what was deferred; before the commit, at what does not wait any more. That is looked at once more then, since
    /// what made it right may have been taken back.
    ///
    /// # Errors
    /// `UniqueViolation`, `ForeignKeyViolation`.
    pub fn check_deferred(&mut self, store: &Store, commits: bool) -> Result<Fetch<()>> {
        if !commits && self.constraints.is_empty() {
            return Ok(Fetch::Ready(()));
        }
        self.check_deferred_keys(store, commits)?;
        if commits {
            self.deferred.append(&mut self.looked_at);
        }
        let mut at = self.deferred.len();
        while at > 0 {
            at -= 1;
            let deferred = &self.deferred[at];
            let known = self.key_of(deferred);
            if !commits && known.is_some_and(|(child, key)| self.waits(child.id, key)) {
                continue;
            }
            if let Some((child, foreign)) = known {
                ready!(self.check_one(store, child, foreign, &deferred.what)?);
            }
            let done = self.deferred.swap_remove(at);
            if !commits {
                self.looked_at.push(done);
            }
        }
        Ok(Fetch::Ready(()))
    }

    /// The foreign key that something was deferred for, and its table.
    fn key_of(&self, deferred: &Deferred) -> Option<(&TableSchema, &ForeignKey)> {
        let child = self.catalog.table_by_id(deferred.table)?;
        let mut keys = child.foreign_keys.iter();
        Some((child, keys.find(|key| key.leads_as(&deferred.foreign))?))
    }

    fn check_one(
        &self,
        store: &Store,
        child: &TableSchema,
        foreign: &ForeignKey,
        what: &Waiting,
    ) -> Result<Fetch<()>> {
        let view = self.view(store);
        match what {
            Waiting::Key(key) => view.check_referenced(child, foreign, key, true),
            Waiting::Row(row) => {
                let Some(location) = self.current(store, child.id, *row) else {
                    return Ok(Fetch::Ready(()));
                };
                match view.whole_row(child, location)? {
                    Fetch::Ready(row) => view.check_referencing(child, foreign, &row),
                    Fetch::Need(block) => Ok(Fetch::Need(block)),
                }
            }
        }
    }
}

impl View<'_> {
    /// All columns of a row.
    pub fn whole_row(&self, table: &TableSchema, row: Location) -> Result<Fetch<Vec<Value>>> {
        let columns = table.columns.iter().map(|c| ScanColumn::Column(c.id));
        let columns: Vec<ScanColumn> = columns.collect();
        let read = self.read_rows(table.id, &[row], &columns)?;
        Ok(read.map(|chunk| chunk.row(0)))
    }

    /// Checks that a row leads to one that is there, or nowhere.
    pub fn check_referencing(
        &self,
        table: &TableSchema,
        foreign: &ForeignKey,
        row: &[Value],
    ) -> Result<Fetch<()>> {
        let key = key_of(table, &foreign.columns, row);
        if key.iter().any(Value::is_null) {
            let is_mixed = foreign.match_full && !key.iter().all(Value::is_null);
            return match is_mixed {
                true => Err(referencing_violation(table, foreign).with_detail(
                    "MATCH FULL does not allow mixing of null and nonnull key values.",
                )),
                false => Ok(Fetch::Ready(())),
            };
        }
        match self.has_key(foreign, &key)? {
            Fetch::Ready(true) => Ok(Fetch::Ready(())),
            Fetch::Need(block) => Ok(Fetch::Need(block)),
            Fetch::Ready(false) => {
                let catalog = self.catalog();
                let referenced = catalog.require(foreign.table)?;
                let key = described(table, &foreign.columns, &key);
                Err(referencing_violation(table, foreign).with_detail(format!(
                    "{key} is not present in table \"{}\".",
                    referenced.name
                )))
            }
        }
    }

    /// Checks that no row has a key that is gone; with `may_be_back` another row may have it now.
    pub fn check_referenced(
        &self,
        child: &TableSchema,
        foreign: &ForeignKey,
        key: &[Value],
        may_be_back: bool,
    ) -> Result<Fetch<()>> {
        if may_be_back {
            match self.has_key(foreign, key)? {
                Fetch::Ready(false) => {}
                other => return Ok(other.map(|_| ())),
            }
        }
        match self.referencing_rows(child, foreign, key, 1)? {
            Fetch::Need(block) => Ok(Fetch::Need(block)),
            Fetch::Ready(rows) if rows.is_empty() => Ok(Fetch::Ready(())),
            Fetch::Ready(_) => {
                let catalog = self.catalog();
                let referenced = catalog.require(foreign.table)?;
                let message = format!(
                    "update or delete on table \"{}\" violates foreign key constraint \"{}\" on table \"{}\"",
                    referenced.name, foreign.name, child.name
                );
                let key = described(referenced, &foreign.referenced, key);
                Err(Error::new(Code::ForeignKeyViolation, message)
                    .with_constraint(&child.name, &foreign.name)
                    .with_detail(format!(
                        "{key} is still referenced from table \"{}\".",
                        child.name
                    )))
            }
        }
    }

    /// Whether a row of the referenced table has the key.
    fn has_key(&self, foreign: &ForeignKey, key: &[Value]) -> Result<Fetch<bool>> {
        let catalog = self.catalog();
        let table = catalog.require(foreign.table)?;
        let index = table.unique_key(&foreign.referenced).ok_or_else(|| {
            Error::new(Code::Internal, "a foreign key to columns that are no key")
        })?;
        let key = in_order(&index.columns, &foreign.referenced, key);
        let found = self.get_unique(table.id, index.id, &key, &self.present(), true)?;
        Ok(found.map(|row| row.is_some()))
    }

    fn present(&self) -> Versions {
        Versions::AsOf(self.snapshot())
    }

    /// The rows that have the key in the columns of a foreign key, at most `max`; by an index that begins with those,
    /// if there is one.
    pub fn referencing_rows(
        &self,
        child: &TableSchema,
        foreign: &ForeignKey,
        key: &[Value],
        max: usize,
    ) -> Result<Fetch<Vec<RowId>>> {
        let width = foreign.columns.len();
        let is_prefix = |index: &&IndexSchema| {
            let start = index.columns.get(..width);
            start.is_some_and(|start| foreign.columns.iter().all(|id| start.contains(id)))
        };
        match child.indexes.iter().find(is_prefix) {
            Some(index) => {
                let prefix = in_order(&index.columns[..width], &foreign.columns, key);
                self.rows_by_index(child, index, prefix, max)
            }
            None => self.rows_by_scan(child, foreign, key, max),
        }
    }

    fn rows_by_index(
        &self,
        child: &TableSchema,
        index: &IndexSchema,
        prefix: Vec<Value>,
        max: usize,
    ) -> Result<Fetch<Vec<RowId>>> {
        let range = super::KeyRange {
            prefix,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            backwards: false,
        };
        let mut cursor = self.open_index(child.id, index.id, &self.present(), range, true)?;
        let mut rows = Vec::new();
        while rows.len() < max {
            let found = match self.next_rows(&mut cursor, max.min(256))? {
                Fetch::Ready(found) if found.is_empty() => break,
                Fetch::Ready(found) => found,
                Fetch::Need(block) => return Ok(Fetch::Need(block)),
            };
            for location in found {
                match self.cell(child.id, location, ScanColumn::RowId)? {
                    Fetch::Ready(id) => rows.extend(row_id(&id)),
                    Fetch::Need(block) => return Ok(Fetch::Need(block)),
                }
            }
        }
        Ok(Fetch::Ready(rows))
    }

    fn rows_by_scan(
        &self,
        child: &TableSchema,
        foreign: &ForeignKey,
        key: &[Value],
        max: usize,
    ) -> Result<Fetch<Vec<RowId>>> {
        let versions = self.present();
        let columns = foreign.columns.iter().map(|id| ScanColumn::Column(*id));
        let columns: Vec<_> = std::iter::once(ScanColumn::RowId).chain(columns).collect();
        let mut rows = Vec::new();
        for unit in self.scan_units(child.id, &versions, true) {
            let chunk = match self.read_unit(unit, &versions, &columns, &Default::default())? {
                Fetch::Ready(Some(chunk)) => chunk,
                Fetch::Ready(None) => continue,
                Fetch::Need(block) => return Ok(Fetch::Need(block)),
            };
            for index in 0..chunk.len() {
                let row = chunk.row(index);
                if row[1..] == *key {
                    rows.extend(row_id(&row[0]));
                }
            }
            if rows.len() >= max {
                break;
            }
        }
        Ok(Fetch::Ready(rows))
    }
}

fn row_id(value: &Value) -> Option<RowId> {
    match value {
        Value::I64(id) => Some(RowId(*id as u64)),
        _ => None,
    }
}

/// The values of columns in another order of these.
fn in_order(order: &[ColumnId], columns: &[ColumnId], values: &[Value]) -> Vec<Value> {
    let place = |id: &ColumnId| columns.iter().position(|column| column == id);
    let places = order.iter().filter_map(place);
    places.map(|place| values[place].clone()).collect()
}

fn referencing_violation(table: &TableSchema, foreign: &ForeignKey) -> Error {
    let message = format!(
        "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
        table.name, foreign.name
    );
    Error::new(Code::ForeignKeyViolation, message).with_constraint(&table.name, &foreign.name)
}

/// `Key (a, b)=(1, x)`.
fn described(table: &TableSchema, columns: &[ColumnId], key: &[Value]) -> String {
    let columns = || columns.iter().filter_map(|id| table.position(*id));
    let names: Vec<&str> = columns()
        .map(|at| table.columns[at].name.as_str())
        .collect();
    let values: Vec<String> = (columns().zip(key))
        .map(|(at, value)| {
            let mut text = String::new();
            format_value(value, table.columns[at].data_type, &mut text);
            text
        })
        .collect();
    format!("Key ({})=({})", names.join(", "), values.join(", "))
}
