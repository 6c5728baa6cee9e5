//! FOREIGN KEY.

use super::{ColumnId, IndexId, TableId};

/// A constraint that may wait for the commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Waits {
    Foreign(ForeignKey),
    Key(IndexId),
}

#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey {
    pub name: String,
    pub columns: Vec<ColumnId>,
    /// The table that is referenced, and for each of `columns` the one there. They are a unique key.
    pub table: TableId,
    pub referenced: Vec<ColumnId>,
    pub on_delete: Action,
    pub on_update: Action,
    /// All columns are NULL or none, rather than one being enough to be no reference.
    pub match_full: bool,
    /// Checked at the commit.
    pub deferred: bool,
    /// Checked then if the transaction says so.
    pub deferrable: bool,
    /// Rows that were there before it may lead nowhere: NOT VALID.
    pub not_valid: bool,
}

impl ForeignKey {
    /// Whether it may be checked at the commit.
    pub fn may_wait(&self) -> bool {
        self.deferrable || self.deferred
    }

    /// Whether both lead from the same columns to the same, whatever they are called and do.
    pub fn leads_as(&self, other: &ForeignKey) -> bool {
        self.table == other.table
            && self.columns == other.columns
            && self.referenced == other.referenced
    }
}

/// What becomes of rows when what they reference goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}
