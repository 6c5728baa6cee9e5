//! Going back: what each write did, so that a savepoint is a place in a list.

use super::Transaction;
use super::foreign_key::ForeignColumns;
use super::private::{PrivateIndex, PrivateTable};
use crate::table::{Catalog, Layout, Location};
use crate::types::TableId;
use std::rc::Rc;

/// A place in a transaction to go back to. One is taken before each statement, so it costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Savepoint {
    undo: usize,
}

/// The reverse of one write. They are undone last first, so that rows that were put are the last of their
/// block again when it is their turn.
pub(super) enum Undo {
    Put {
        table: TableId,
        block: u32,
        rows: u32,
    },
    EndPrivate {
        table: TableId,
        block: u32,
        row: u32,
    },
    EndCommitted {
        table: TableId,
        location: Location,
    },
    /// The private writes to a table were replaced; `None` when there were none.
    Replaced {
        table: TableId,
        old: Option<Box<PrivateTable>>,
    },
    /// An index was added as the last of its table.
    AddedIndex {
        table: TableId,
    },
    /// An index was built anew for another form of its keys.
    RebuiltIndex {
        table: TableId,
        position: usize,
        old: Box<PrivateIndex>,
    },
    RemovedIndex {
        table: TableId,
        position: usize,
        old: Box<PrivateIndex>,
    },
    /// SET CONSTRAINTS.
    Constraints,
    /// What the catalog was, and how many changes it had.
    Catalog {
        old: Rc<Catalog>,
        changes: usize,
    },
}

impl Transaction {
    /// A place in the undo list.
    pub fn savepoint(&mut self) -> Savepoint {
        Savepoint {
            undo: self.undo.len(),
        }
    }

    /// Takes back everything written since the savepoint.
    pub fn rollback_to(&mut self, savepoint: &Savepoint) {
        self.pending.clear();
        self.events.clear();
        self.sequences.borrow_mut().clear();
        while self.undo.len() > savepoint.undo {
            if let Some(undo) = self.undo.pop() {
                self.take_back(undo);
            }
        }
    }

    /// Takes back everything.
    pub(super) fn rollback_all(&mut self) {
        self.rollback_to(&Savepoint { undo: 0 });
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Put { table, block, rows } => self.take_back_rows(table, block, rows),
            Undo::EndPrivate { table, block, row } => {
                self.blocks[block as usize].live.set(row as usize, true);
                let table = self.tables.get_mut(&table).expect("written to before");
                table.link(&self.blocks, block, row as usize);
            }
            Undo::EndCommitted { table, location } => {
                let table = self.tables.get_mut(&table).expect("written to before");
                table.set_ended(location, false);
            }
            Undo::Replaced {
                table,
                old: Some(old),
            } => {
                self.tables.insert(table, *old);
            }
            Undo::Replaced { table, old: None } => {
                self.tables.remove(&table);
            }
            Undo::AddedIndex { table } => {
                self.tables
                    .get_mut(&table)
                    .expect("written to before")
                    .indexes
                    .pop();
            }
            Undo::RebuiltIndex {
                table,
                position,
                old,
            } => {
                let table = self.tables.get_mut(&table).expect("written to before");
                table.indexes[position] = *old;
            }
            Undo::RemovedIndex {
                table,
                position,
                old,
            } => {
                let table = self.tables.get_mut(&table).expect("written to before");
                table.indexes.insert(position, *old);
            }
            Undo::Constraints => {
                self.constraints.pop();
            }
            Undo::Catalog { old, changes } => {
                self.catalog = old;
                self.catalog_changes.truncate(changes);
                self.refresh_schemas();
            }
        }
    }

    fn take_back_rows(&mut self, table: TableId, number: u32, rows: u32) {
        let table = self.tables.get_mut(&table).expect("written to before");
        let len = self.blocks[number as usize].rows.len();
        let kept = len - rows as usize;
        for row in (kept..len).rev() {
            table.unlink(&self.blocks, number, row);
        }
        self.blocks[number as usize].truncate(kept);
    }

    /// Gives the private tables the schemas of the catalog.
    pub(super) fn refresh_schemas(&mut self) {
        for (id, table) in self.tables.iter_mut() {
            if let Some(schema) = self.catalog.table_by_id(*id)
                && !Rc::ptr_eq(schema, &table.schema)
            {
                table.schema = schema.clone();
                let layout = Layout::of(schema);
                table.is_relaid |= layout != table.layout;
                table.layout = layout;
            }
            table.foreign = ForeignColumns::of(&self.catalog, *id);
        }
    }
}
