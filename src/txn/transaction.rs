//! A transaction: a snapshot, private writes over it, and the list that undoes them.

use super::foreign_key::{Deferred, ForeignColumns, Said};
use super::private::{Origin, PrivateBlock, PrivateBlocks, PrivateTable};
use super::temporary::first_ids;
use super::undo::Undo;
use super::unique::Pending;
use super::{RowEvent, SequencePlace, TemporaryPlace, View};
use crate::column::Vector;
use crate::commit::CatalogChange;
use crate::error::{Code, Error, Result};
use crate::table::{Catalog, Fetch, Location, NextIds, Store};
use crate::types::SortedMap;
use crate::types::{ColumnId, OnCommit, RowId, Snapshot, TableId, Value, sort_by};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// One writer at a time: while a transaction has writes, no other commit is applied.
pub struct Transaction {
    pub(super) snapshot: Snapshot,
    pub(super) catalog: Rc<Catalog>,
    pub(super) catalog_changes: Vec<CatalogChange>,
    pub(super) tables: SortedMap<TableId, PrivateTable>,
    pub(super) blocks: PrivateBlocks,
    pub(super) undo: Vec<Undo>,
    /// Keys that another row had when a row of this statement got them.
    pub(super) pending: Vec<Pending>,
    /// Those that wait for the commit.
    pub(super) deferred_keys: Vec<Pending>,
    pub(super) keys_looked_at: Vec<Pending>,
    pub(super) next: NextIds,
    /// The sequences that the statement moved.
    pub(super) sequences: RefCell<SortedMap<TableId, SequencePlace>>,
    /// The rows of this statement that foreign keys are about.
    pub(super) events: VecDeque<RowEvent>,
    pub(super) deferred: Vec<Deferred>,
    /// What of it was found right before the commit.
    pub(super) looked_at: Vec<Deferred>,
    pub(super) constraints: Vec<Said>,
    /// Where the session's temporary tables go at the end, if it may have some.
    pub(super) temporary: Option<TemporaryPlace>,
    pub(super) next_temporary: NextIds,
    pub(super) on_commit: SortedMap<TableId, OnCommit>,
}

impl Transaction {
    /// Reads at the store's last commit.
    pub fn begin(store: &Store) -> Transaction {
        let snapshot = Snapshot::main(store.last_seq());
        Transaction {
            snapshot,
            catalog: store.catalog(snapshot),
            catalog_changes: Vec::new(),
            tables: SortedMap::new(),
            blocks: Vec::new(),
            undo: Vec::new(),
            pending: Vec::new(),
            deferred_keys: Vec::new(),
            keys_looked_at: Vec::new(),
            next: store.next_ids(),
            sequences: RefCell::default(),
            events: VecDeque::new(),
            deferred: Vec::new(),
            looked_at: Vec::new(),
            constraints: Vec::new(),
            temporary: None,
            next_temporary: first_ids(),
            on_commit: SortedMap::new(),
        }
    }

    pub fn view<'a>(&'a self, store: &'a Store) -> View<'a> {
        View::within(store, self.snapshot, self)
    }

    pub fn snapshot(&self) -> Snapshot {
        self.snapshot
    }

    /// With the transaction's own DDL.
    pub fn catalog(&self) -> Rc<Catalog> {
        self.catalog.clone()
    }

    /// Whether the catalog differs from the store's at the snapshot.
    pub fn has_catalog_changes(&self) -> bool {
        let mut temporary = self.tables.iter_from(&TableId::FIRST_TEMPORARY);
        !self.catalog_changes.is_empty() || temporary.next().is_some()
    }

    /// Whether anything was written; it may still come to nothing.
    pub fn has_writes(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Adds rows: a vector for each column of the table, in its order. Their ids are consecutive from the
    /// one that is returned.
    pub fn insert(
        &mut self,
        store: &Store,
        table: TableId,
        columns: &[Rc<Vector>],
    ) -> Result<RowId> {
        let first = self.next_of(table).row;
        let rows = columns.first().map_or(0, |column| column.len()) as u64;
        let ids = (first.0..first.0 + rows).map(RowId).collect();
        self.insert_as(store, table, ids, columns)?;
        self.next_of(table).row = RowId(first.0 + rows);
        Ok(first)
    }

    /// The same with ids that are given: those of rows that were deleted come back.
    pub fn insert_as(
        &mut self,
        store: &Store,
        table: TableId,
        ids: Vec<RowId>,
        columns: &[Rc<Vector>],
    ) -> Result<()> {
        self.open_table(store, table)?;
        let private = self.tables.get_mut(&table).expect("opened above");
        let rows = ids.len();
        if columns.len() != private.layout.width() {
            return Err(misfit());
        }
        let arranged = private.layout.arrange(columns, rows);
        let columns = arranged.as_deref().unwrap_or(columns);
        let types = private.layout.columns.iter().map(|(_, physical)| *physical);
        let fits = columns.len() == private.layout.columns.len()
            && (columns.iter().zip(types))
                .all(|(c, physical)| c.physical() == physical && c.len() == rows);
        if !fits {
            return Err(misfit());
        }
        if !private.foreign.own.is_empty() {
            let put = |row: &RowId| RowEvent::put(table, *row);
            self.events.extend(ids.iter().map(put));
        }
        let mut from = 0;
        while from < rows {
            let number = private.open(&mut self.blocks);
            let block = &mut self.blocks[number as usize];
            let count = block.rows.room(columns, from, rows);
            let start = block.rows.len();
            block.rows.extend(&ids, columns, from..from + count);
            block.added(Origin::Inserted, count);
            self.undo.push(Undo::Put {
                table,
                block: number,
                rows: count as u32,
            });
            let relation = store.relation(table);
            for row in start..start + count {
                private.check_new(
                    relation,
                    &self.blocks[number as usize].rows,
                    row,
                    &mut self.pending,
                );
                private.link(&self.blocks, number, row);
            }
            from += count;
        }
        Ok(())
    }

    /// The short way to add one row.
    pub fn insert_row(&mut self, store: &Store, table: TableId, row: &[Value]) -> Result<RowId> {
        self.open_table(store, table)?;
        let private = self.tables.get_mut(&table).expect("opened above");
        if row.len() != private.layout.width() {
            return Err(misfit());
        }
        let arranged = private.layout.arrange_row(row);
        let row = arranged.as_deref().unwrap_or(row);
        let id = match table.is_temporary() {
            true => self.next_temporary.row,
            false => self.next.row,
        };
        let number = private.open(&mut self.blocks);
        let block = &mut self.blocks[number as usize];
        block.rows.push_values(id, row)?;
        block.added(Origin::Inserted, 1);
        match table.is_temporary() {
            true => self.next_temporary.row = RowId(id.0 + 1),
            false => self.next.row = RowId(id.0 + 1),
        }
        if !private.foreign.own.is_empty() {
            self.events.push_back(RowEvent::put(table, id));
        }
        self.undo.push(Undo::Put {
            table,
            block: number,
            rows: 1,
        });
        let at = self.blocks[number as usize].rows.len() - 1;
        private.check_new(
            store.relation(table),
            &self.blocks[number as usize].rows,
            at,
            &mut self.pending,
        );
        private.link(&self.blocks, number, at);
        Ok(id)
    }

    /// Changes some columns of rows: a vector for each of `columns`, each as long as `rows`. Nothing has
    /// changed when it answers `Need`.
    ///
    /// # Errors
    /// `Internal` for a row that is not alive here.
    pub fn update(
        &mut self,
        store: &Store,
        table: TableId,
        rows: &[RowId],
        columns: &[ColumnId],
        values: &[Rc<Vector>],
    ) -> Result<Fetch<()>> {
        self.open_table(store, table)?;
        let private = self.tables.get_mut(&table).expect("opened above");
        let mut changed = vec![None; private.layout.columns.len()];
        for (column, vector) in columns.iter().zip(values) {
            let position = private.layout.position(*column).filter(|position| {
                vector.physical() == private.layout.columns[*position].1
                    && vector.len() == rows.len()
            });
            let misfit = || Error::new(Code::Internal, "new values that do not fit their column");
            changed[position.ok_or_else(misfit)?] = Some(vector);
        }
        let relation = store.relation(table);
        for row in rows.iter().filter(|row| private.rows.get(**row).is_none()) {
            if let Some(location) = private.committed(relation, *row)
                && let Some(id) = store.blocks().need(location.block)
            {
                return Ok(Fetch::Need(id));
            }
        }
        let mut set: Vec<ColumnId> = columns.to_vec();
        sort_by(&mut set, Ord::cmp);
        let origin = Origin::Updated(private.change_set(&set));
        let concerned = private.foreign.concern(columns);
        for (at, row) in rows.iter().enumerate() {
            let old = self.end_row(store, table, *row)?;
            if concerned {
                self.events.push_back(RowEvent::changed(table, *row, old));
            }
            let private = self.tables.get_mut(&table).expect("opened above");
            let origin = match old.block.private_index() {
                Some(number) => {
                    let before = self.blocks[number as usize].origins[old.row as usize];
                    private.widen(before, columns)
                }
                None => origin,
            };
            let number = private.open(&mut self.blocks);
            let changed = |position: usize| {
                let vector: Option<&Rc<Vector>> = changed[position];
                vector.map(|vector| (&**vector, at))
            };
            push_version(&mut self.blocks, store, number, old, changed);
            self.blocks[number as usize].added(origin, 1);
            self.undo.push(Undo::Put {
                table,
                block: number,
                rows: 1,
            });
            let new = self.blocks[number as usize].rows.len() - 1;
            let rows = &self.blocks[number as usize].rows;
            private.check_new(store.relation(table), rows, new, &mut self.pending);
            private.link(&self.blocks, number, new);
        }
        Ok(Fetch::Ready(()))
    }

    /// Ends rows.
    ///
    /// # Errors
    /// `Internal` for a row that is not alive here.
    pub fn delete(&mut self, store: &Store, table: TableId, rows: &[RowId]) -> Result<()> {
        self.open_table(store, table)?;
        let is_referenced = !self.tables[&table].foreign.referenced.is_empty();
        for row in rows {
            let old = self.end_row(store, table, *row)?;
            if is_referenced {
                self.events.push_back(RowEvent::changed(table, *row, old));
            }
        }
        Ok(())
    }

    /// Ends all rows at once.
    pub fn truncate(&mut self, store: &Store, table: TableId) -> Result<()> {
        self.open_table(store, table)?;
        let private = self.tables.get_mut(&table).expect("opened above");
        let mut fresh = PrivateTable::new(private.schema.clone(), true, store.makers)?;
        for (index, old) in fresh.indexes.iter_mut().zip(&private.indexes) {
            index.new.clone_from(&old.new);
        }
        fresh.foreign = private.foreign.clone();
        let old = std::mem::replace(private, fresh);
        self.undo.push(Undo::Replaced {
            table,
            old: Some(Box::new(old)),
        });
        Ok(())
    }

    /// Where the version of a row lies that this transaction sees.
    pub fn current(&self, store: &Store, table: TableId, row: RowId) -> Option<Location> {
        let relation = store.relation(table);
        match self.tables.get(&table) {
            Some(private) => (private.rows.get(row)).or_else(|| private.committed(relation, row)),
            None => relation?.live(row),
        }
    }

    /// Ends the version of a row that this transaction sees; answers where it lies.
    pub(super) fn end_row(
        &mut self,
        store: &Store,
        table: TableId,
        row: RowId,
    ) -> Result<Location> {
        let private = self.tables.get_mut(&table).expect("opened by the caller");
        if let Some(location) = private.rows.get(row) {
            let number = location.block.private_index().expect("a private row");
            private.unlink(&self.blocks, number, location.row as usize);
            self.blocks[number as usize]
                .live
                .set(location.row as usize, false);
            self.undo.push(Undo::EndPrivate {
                table,
                block: number,
                row: location.row,
            });
            return Ok(location);
        }
        let location = private.committed(store.relation(table), row);
        let missing = || {
            Error::new(
                Code::Internal,
                format!("row {row} of table {table} is not alive"),
            )
        };
        let location = location.ok_or_else(missing)?;
        private.set_ended(location, true);
        self.undo.push(Undo::EndCommitted { table, location });
        Ok(location)
    }

    /// Makes a place for the writes to a table.
    pub(super) fn open_table(&mut self, store: &Store, table: TableId) -> Result<()> {
        if self.tables.contains_key(&table) {
            return Ok(());
        }
        if store.last_seq() != self.snapshot.seq {
            return Err(Error::new(
                Code::Internal,
                "a transaction that does not write alone",
            ));
        }
        let schema = self.catalog.require(table)?.clone();
        let mut private = PrivateTable::new(schema, false, store.makers)?;
        private.foreign = ForeignColumns::of(&self.catalog, table);
        self.tables.insert(table, private);
        Ok(())
    }
}

fn misfit() -> Error {
    Error::new(Code::Internal, "rows that do not fit their table")
}

/// Appends the next version of a row that lies in a private block or in one of the store.
fn push_version<'a>(
    blocks: &mut PrivateBlocks,
    store: &Store,
    target: u32,
    old: Location,
    changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
) {
    let (target, row) = (target as usize, old.row as usize);
    match old.block.private_index() {
        None => blocks[target]
            .rows
            .push_from(&store.blocks().get(old.block).rows, row, changed),
        Some(source) if source as usize == target => blocks[target].rows.push_within(row, changed),
        Some(source) => {
            let pair = blocks.get_disjoint_mut([target, source as usize]);
            let [to, from]: [&mut PrivateBlock; 2] = pair.expect("two blocks");
            to.rows.push_from(&from.rows, row, changed);
        }
    }
}
