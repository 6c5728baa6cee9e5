//! Temporary tables: a session's own, in memory, without a past.
//!
//! They are what a table is that a transaction has made and not committed: private blocks and nothing in the store.
//! Between transactions the session keeps them in its [`Temporary`]; each transaction takes them, so that what it
//! does to them is undone with everything else, and gives them back at its end, however it ends. They have ids
//! of their own, from [`TableId::FIRST_TEMPORARY`] on, and never come into a commit.
//!
//! Rows that are gone take up room until no row of their block is left.

use super::Transaction;
use super::private::{PrivateBlock, PrivateBlocks, PrivateTable};
use crate::column::Bitmap;
use crate::commit::CatalogChange;
use crate::error::Result;
use crate::table::{Catalog, NextIds, Rows, Store};
use crate::types::SortedMap;
use crate::types::{IndexId, OnCommit, RowId, TableId, TableSchema};
use std::cell::RefCell;
use std::rc::Rc;

/// The temporary tables of a session.
pub struct Temporary {
    /// As they are between transactions.
    schemas: Vec<Rc<TableSchema>>,
    tables: SortedMap<TableId, PrivateTable>,
    blocks: PrivateBlocks,
    on_commit: SortedMap<TableId, OnCommit>,
    next: NextIds,
}

/// Where a session keeps them, and a transaction returns them to.
pub type TemporaryPlace = Rc<RefCell<Temporary>>;

impl Default for Temporary {
    fn default() -> Self {
        Temporary {
            schemas: Vec::new(),
            tables: SortedMap::new(),
            blocks: Vec::new(),
            on_commit: SortedMap::new(),
            next: first_ids(),
        }
    }
}

/// Rows of temporary tables are told from others, too, since a statement may change both.
pub(super) fn first_ids() -> NextIds {
    NextIds {
        table: TableId::FIRST_TEMPORARY,
        index: IndexId(TableId::FIRST_TEMPORARY.0),
        row: RowId(1 << 62),
    }
}

impl Temporary {
    pub fn is_empty(&self) -> bool {
        self.schemas.is_empty()
    }

    /// A catalog with the tables in it.
    pub fn added_to(&self, catalog: Rc<Catalog>) -> Rc<Catalog> {
        if self.is_empty() {
            return catalog;
        }
        let mut catalog = Rc::unwrap_or_clone(catalog);
        for schema in &self.schemas {
            let change = CatalogChange::CreateTable(TableSchema::clone(schema));
            let changed = catalog.change(&change);
            changed.expect("they have a schema of their own, in which they were beside each other");
        }
        Rc::new(catalog)
    }
}

impl Transaction {
    /// Reads at the store's last commit, and the session's temporary tables.
    pub fn begin_with(store: &Store, place: &TemporaryPlace) -> Transaction {
        let mut transaction = Transaction::begin(store);
        let mut temporary = place.borrow_mut();
        transaction.catalog = temporary.added_to(transaction.catalog.clone());
        transaction.tables = std::mem::take(&mut temporary.tables);
        transaction.blocks = std::mem::take(&mut temporary.blocks);
        transaction.on_commit = temporary.on_commit.clone();
        transaction.next_temporary = temporary.next;
        transaction.temporary = Some(place.clone());
        transaction
    }

    /// The ids that come next in the tables that this one is among.
    pub(super) fn next_of(&mut self, table: TableId) -> &mut NextIds {
        match table.is_temporary() {
            true => &mut self.next_temporary,
            false => &mut self.next,
        }
    }

    /// What becomes of a temporary table at the end of each transaction.
    pub fn set_on_commit(&mut self, table: TableId, on_commit: OnCommit) {
        if on_commit != OnCommit::PreserveRows {
            self.on_commit.insert(table, on_commit);
        }
    }

    /// What is to be done with temporary tables before the transaction becomes a commit.
    pub fn end_temporary(&mut self, store: &Store) -> Result<()> {
        for (table, on_commit) in self.on_commit.clone() {
            if self.catalog.table_by_id(table).is_none() {
                self.on_commit.remove(&table);
            } else if on_commit == OnCommit::DeleteRows {
                self.truncate(store, table)?;
            } else {
                let catalog = self.catalog.clone();
                let owned = catalog.tables().filter(|other| other.belongs_to(table));
                let views = catalog.views_of(table, None);
                let views = views.into_iter().map(|view| view.id);
                for gone in owned
                    .map(|sequence| sequence.id)
                    .chain(views)
                    .chain([table])
                {
                    self.drop_table(store, gone)?;
                }
            }
        }
        Ok(())
    }

    /// What was done to temporary tables stays.
    pub(super) fn keep_temporary(&mut self) {
        if let Some(place) = self.temporary.take() {
            self.undo.clear();
            self.give_back(&place);
        }
    }

    fn give_back(&mut self, place: &TemporaryPlace) {
        let catalog = &self.catalog;
        let mut tables = self.tables.split_off(&TableId::FIRST_TEMPORARY);
        tables.retain(|id, _| catalog.table_by_id(*id).is_some());
        let mut used = vec![false; self.blocks.len()];
        for table in tables.values_mut() {
            let has_rows =
                |number: &u32| self.blocks[*number as usize].live.ones().next().is_some();
            table.blocks.retain(has_rows);
            for number in &table.blocks {
                used[*number as usize] = true;
            }
        }
        let count = used
            .iter()
            .rposition(|used| *used)
            .map_or(0, |last| last + 1);
        let all = std::mem::take(&mut self.blocks).into_iter().zip(used);
        // Permanent tables' blocks are not looked at: what they hold is for the commit alone.
        let blocks = all
            .take(count)
            .map(|(block, used)| if used { block } else { nothing() });
        let mut temporary = place.borrow_mut();
        temporary.blocks = blocks.collect();
        temporary.tables = tables;
        let schemas = catalog.tables().filter(|table| table.is_temporary());
        temporary.schemas = schemas.cloned().collect();
        temporary.on_commit = std::mem::take(&mut self.on_commit);
        temporary.next = self.next_temporary;
    }
}

/// What stands for a block that nobody needs any more.
fn nothing() -> PrivateBlock {
    PrivateBlock {
        table: TableId(0),
        rows: Rows::nothing(),
        live: Bitmap::new(),
        origins: Vec::new(),
    }
}

/// A transaction that does not become a commit leaves temporary tables as it found them.
impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(place) = self.temporary.take() else {
            return;
        };
        let has_some = self
            .tables
            .iter_from(&TableId::FIRST_TEMPORARY)
            .next()
            .is_some();
        if has_some || !place.borrow().is_empty() {
            self.rollback_all();
            self.give_back(&place);
        }
    }
}
