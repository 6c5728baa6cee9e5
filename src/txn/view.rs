//! What one step of a query reads: the store at a snapshot, and the transaction's private writes over it.

use super::Transaction;
use super::private::{PrivateBlock, PrivateTable};
use crate::error::{Code, Error, Result};
use crate::table::{BlockId, Catalog, KeyIndex, Layout, Store};
use crate::types::{IndexId, Snapshot, TableId};
use std::rc::Rc;

#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(super) store: &'a Store,
    pub(super) snapshot: Snapshot,
    pub(super) transaction: Option<&'a Transaction>,
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

    /// Rows that the table holds now, roughly: for choosing among plans.
    pub fn estimate_rows(&self, table: TableId) -> u64 {
        let stored = self
            .store
            .relation(table)
            .map_or(0, |relation| relation.live_rows());
        let stored = stored as u64;
        match self.private(table) {
            Some(private) if private.hides_store => private.rows.len() as u64,
            Some(private) => {
                (stored + private.rows.len() as u64).saturating_sub(private.ended_count as u64)
            }
            None => stored,
        }
    }

    /// The transaction's writes to a table, if it has any.
    pub(super) fn private(&self, table: TableId) -> Option<&'a PrivateTable> {
        self.transaction?.tables.get(&table)
    }

    /// Whether the transaction has written rows of a table, or changed its columns.
    pub fn has_writes(&self, table: TableId) -> bool {
        self.private(table).is_some_and(|own| {
            own.is_relaid || own.hides_store || own.ended_count > 0 || own.rows.len() > 0
        })
    }

    pub(super) fn private_block(&self, block: BlockId) -> Option<Result<&'a PrivateBlock>> {
        let number = block.private_index()?;
        let blocks = self.transaction.map(|transaction| &transaction.blocks);
        let block = blocks.and_then(|blocks| blocks.get(number as usize));
        Some(
            block
                .ok_or_else(|| Error::new(Code::Internal, "a private row outside its transaction")),
        )
    }

    pub(super) fn layout(&self, table: TableId) -> Result<&'a Layout> {
        // The transaction may have added columns.
        let own = self.private(table).map(|private| &*private.layout);
        let layout = own.or_else(|| Some(&*self.store.relation(table)?.layout));
        layout.ok_or_else(|| Error::new(Code::Internal, format!("no table {table}")))
    }

    /// An index over the rows of the store.
    pub(super) fn stored_index(&self, table: TableId, index: IndexId) -> Option<&'a KeyIndex> {
        self.stored_indexes(table, index).next()
    }

    /// The same, and then what it was before others changed its definition.
    pub(super) fn stored_indexes(
        &self,
        table: TableId,
        index: IndexId,
    ) -> impl Iterator<Item = &'a KeyIndex> {
        let store = self.store;
        let own = (self.private(table)).and_then(|own| own.index(index)?.new.as_ref()?.keys(store));
        store.indexes(table, index).chain(own)
    }
}
