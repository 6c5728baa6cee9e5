//! A transaction: a snapshot and private writes over it.

use super::View;
use crate::column::Vector;
use crate::commit::{Commit, RequestId};
use crate::error::{Code, Error, Result};
use crate::table::{Catalog, Fetch, Store};
use crate::types::{ColumnId, IndexId, IndexSchema, RowId, Snapshot, TableId, TableSchema, Value};
use std::rc::Rc;

pub struct Transaction {
    snapshot: Snapshot,
    catalog: Rc<Catalog>,
}

/// A place in a transaction to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Savepoint {
    undo: usize,
}

/// What a commit carries besides its changes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CommitHead {
    /// What the clock says; the commit's time is this or just after the previous commit's.
    pub clock: i64,
    pub request: Option<RequestId>,
    pub request_ordinal: u32,
    pub affected_rows: u64,
    pub meta: Option<String>,
    pub statement: String,
}

fn unbuilt<T>() -> Result<T> {
    Err(Error::new(Code::Internal, "not built"))
}

impl Transaction {
    /// Reads at the store's last commit.
    pub fn begin(store: &Store) -> Transaction {
        let snapshot = Snapshot::main(store.last_seq());
        Transaction {
            snapshot,
            catalog: store.catalog(snapshot),
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
        false
    }

    /// Whether there is anything to commit.
    pub fn has_writes(&self) -> bool {
        false
    }

    /// Adds rows: a vector for each column of the table, in its order. Their ids are consecutive from the
    /// one that is returned.
    pub fn insert(
        &mut self,
        _store: &Store,
        _table: TableId,
        _columns: &[Rc<Vector>],
    ) -> Result<RowId> {
        unbuilt()
    }

    /// The short way to add one row.
    pub fn insert_row(&mut self, _store: &Store, _table: TableId, _row: &[Value]) -> Result<RowId> {
        unbuilt()
    }

    /// Changes some columns of rows: a vector for each of `columns`, each as long as `rows`. Nothing has
    /// changed when it answers `Need`.
    pub fn update(
        &mut self,
        _store: &Store,
        _table: TableId,
        _rows: &[RowId],
        _columns: &[ColumnId],
        _values: &[Rc<Vector>],
    ) -> Result<Fetch<()>> {
        unbuilt()
    }

    pub fn delete(&mut self, _store: &Store, _table: TableId, _rows: &[RowId]) -> Result<()> {
        unbuilt()
    }

    pub fn truncate(&mut self, _store: &Store, _table: TableId) -> Result<()> {
        unbuilt()
    }

    /// Gives the table and its indexes their ids, whatever stands there.
    pub fn create_table(&mut self, _store: &Store, _schema: TableSchema) -> Result<TableId> {
        unbuilt()
    }

    pub fn drop_table(&mut self, _store: &Store, _table: TableId) -> Result<()> {
        unbuilt()
    }

    /// Gives the index its id, whatever stands there.
    pub fn create_index(
        &mut self,
        _store: &Store,
        _table: TableId,
        _index: IndexSchema,
    ) -> Result<IndexId> {
        unbuilt()
    }

    pub fn drop_index(&mut self, _store: &Store, _table: TableId, _index: IndexId) -> Result<()> {
        unbuilt()
    }

    /// Checks uniqueness.
    ///
    /// # Errors
    /// `UniqueViolation`, which names key and constraint; the statement is then to be rolled back.
    pub fn end_statement(&mut self, _store: &Store) -> Result<()> {
        unbuilt()
    }

    /// A place in the undo list.
    pub fn savepoint(&mut self) -> Savepoint {
        Savepoint { undo: 0 }
    }

    pub fn rollback_to(&mut self, _savepoint: &Savepoint) {}

    /// The net changes; `None` when there are none.
    pub fn into_commit(self, _store: &Store, _head: CommitHead) -> Option<Commit> {
        None
    }
}
