//! What one step of a query reads: the store at a snapshot, and the transaction's private writes over it.

use super::{IndexCursor, KeyRange, ScanUnit, Transaction, ZoneFilter};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::table::{Catalog, Fetch, Location, Store};
use crate::types::{IndexId, ScanColumn, Snapshot, TableId, Value, Versions};
use std::rc::Rc;

pub struct View<'a> {
    store: &'a Store,
    snapshot: Snapshot,
    transaction: Option<&'a Transaction>,
}

fn unbuilt<T>() -> Result<T> {
    Err(Error::new(Code::Internal, "not built"))
}

impl<'a> View<'a> {
    /// A view without a transaction.
    pub fn at(store: &'a Store, snapshot: Snapshot) -> View<'a> {
        View {
            store,
            snapshot,
            transaction: None,
        }
    }

    pub(super) fn within(
        store: &'a Store,
        snapshot: Snapshot,
        transaction: &'a Transaction,
    ) -> View<'a> {
        View {
            store,
            snapshot,
            transaction: Some(transaction),
        }
    }

    /// The present as this reader sees it.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot
    }

    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// The present's schema, with the transaction's own DDL.
    pub fn catalog(&self) -> Rc<Catalog> {
        match self.transaction {
            Some(transaction) => transaction.catalog(),
            None => self.store.catalog(self.snapshot),
        }
    }

    /// Rows that the present holds, roughly: for choosing among plans.
    pub fn estimate_rows(&self, _table: TableId) -> u64 {
        0
    }

    pub fn scan_units(
        &self,
        _table: TableId,
        _versions: &Versions,
        _with_writes: bool,
    ) -> Vec<ScanUnit> {
        Vec::new()
    }

    /// The wanted rows of a unit; `None` when it has none.
    pub fn read_unit(
        &self,
        _unit: ScanUnit,
        _versions: &Versions,
        _columns: &[ScanColumn],
        _zone: &ZoneFilter,
    ) -> Result<Fetch<Option<Chunk>>> {
        unbuilt()
    }

    pub fn open_index(
        &self,
        _table: TableId,
        _index: IndexId,
        _versions: &Versions,
        _range: KeyRange,
        _with_writes: bool,
    ) -> Result<IndexCursor> {
        unbuilt()
    }

    /// The next rows, at most `max`; none at the end.
    pub fn next_rows(
        &self,
        _cursor: &mut IndexCursor,
        _max: usize,
    ) -> Result<Fetch<Vec<Location>>> {
        unbuilt()
    }

    /// Some columns of rows, in the order given.
    pub fn read_rows(
        &self,
        _table: TableId,
        _rows: &[Location],
        _columns: &[ScanColumn],
    ) -> Result<Fetch<Chunk>> {
        unbuilt()
    }

    /// The short way for a point look-up by a unique index.
    pub fn get_unique(
        &self,
        _table: TableId,
        _index: IndexId,
        _key: &[Value],
        _versions: &Versions,
        _with_writes: bool,
    ) -> Result<Fetch<Option<Location>>> {
        unbuilt()
    }

    /// One value of a row.
    pub fn cell(
        &self,
        _table: TableId,
        _row: Location,
        _column: ScanColumn,
    ) -> Result<Fetch<Value>> {
        unbuilt()
    }
}
