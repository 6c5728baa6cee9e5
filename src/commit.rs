//! The commit: the only thing that changes a database, live and in replay alike.
//!
//! A transaction gathers its writes in private; at its end they become one `Commit` with the next
//! sequence, which goes to the log and is applied to the tables. Reading the log back gives the same
//! `Commit`s, so recovery cannot drift from writing. A commit holds *net* changes: a row changed twice
//! in a transaction appears once, and one inserted and deleted again not at all.

use crate::column::Vector;
use crate::types::{BranchId, ColumnId, IndexId, IndexSchema, RowId, Seq, TableId, TableSchema};

/// The client's 128-bit name for a request, by which a repeated one is recognised.
pub type RequestId = [u8; 16];

#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    pub seq: Seq,
    pub branch: BranchId,
    /// The branch tip merged in, if the commit is a merge.
    pub merge_parent: Option<(BranchId, Seq)>,
    /// Microseconds since 1970, strictly greater than the previous commit's.
    pub time: i64,
    /// What the clock said, which may be earlier than `time`.
    pub raw_clock: i64,
    pub request: Option<RequestId>,
    /// Which statement of the request it was.
    pub request_ordinal: u32,
    /// Rows the statements reported as affected, which may exceed the net changes.
    pub affected_rows: u64,
    /// What the application said about the commit: a JSON text.
    pub meta: Option<String>,
    /// The statements' text without literals.
    pub statement: String,
    /// Schema changes, applied before the rows, which are in the final schema.
    pub catalog: Vec<CatalogChange>,
    pub tables: Vec<TableChange>,
}

/// What replaying a changed row takes, as bytes of the log that take as long to read.
const ROW_COST: u64 = 32;

impl Commit {
    /// How long replaying it takes besides reading it, as bytes of the log that take as long to read.
    pub fn cost(&self) -> u64 {
        let rows = |change: &TableChange| {
            let written = change.updates.iter().chain(&change.inserts);
            let written: usize = written.map(|changes| changes.rows.len()).sum();
            (written + change.deletes.len()) as u64
        };
        self.tables.iter().map(rows).sum::<u64>() * ROW_COST
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum CatalogChange {
    CreateTable(TableSchema),
    /// The table with its id becomes this. Columns that are new are NULL in all rows.
    AlterTable(TableSchema),
    /// All rows of the table end with it.
    DropTable(TableId),
    CreateIndex {
        table: TableId,
        index: IndexSchema,
    },
    DropIndex {
        table: TableId,
        index: IndexId,
    },
    /// A name for the state after a commit; `None` takes the name away.
    Tag {
        name: String,
        seq: Option<Seq>,
    },
}

impl CatalogChange {
    /// The table that it is about.
    pub fn table(&self) -> Option<TableId> {
        Some(match self {
            CatalogChange::CreateTable(schema) | CatalogChange::AlterTable(schema) => schema.id,
            CatalogChange::DropTable(table)
            | CatalogChange::CreateIndex { table, .. }
            | CatalogChange::DropIndex { table, .. } => *table,
            CatalogChange::Tag { .. } => return None,
        })
    }
}

/// The net changes of one table's rows. They are applied in the order of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct TableChange {
    pub table: TableId,
    /// Every row that was alive before this commit ends (TRUNCATE, DELETE of all).
    pub close_all: bool,
    pub deletes: Vec<RowId>,
    /// Runs of rows of which the same columns changed.
    pub updates: Vec<RowChanges>,
    pub inserts: Option<RowChanges>,
}

/// A run of rows: for each row id a value in every vector.
#[derive(Debug, Clone, PartialEq)]
pub struct RowChanges {
    pub rows: Vec<RowId>,
    /// For an insert all columns of the schema, for an update the changed ones.
    pub columns: Vec<ColumnId>,
    /// One vector for each of `columns`, each as long as `rows`.
    pub vectors: Vec<Vector>,
}

impl TableChange {
    pub fn new(table: TableId) -> Self {
        TableChange {
            table,
            close_all: false,
            deletes: Vec::new(),
            updates: Vec::new(),
            inserts: None,
        }
    }

    pub fn is_empty(&self) -> bool {
        !self.close_all
            && self.deletes.is_empty()
            && self.updates.is_empty()
            && self.inserts.is_none()
    }
}
