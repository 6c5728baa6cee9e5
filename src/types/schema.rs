//! The shape of a table. A schema never changes in place: the catalog keeps one for each moment.

use super::{ColumnId, DataType, IndexId, TableId, Value};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TableSchema {
    pub id: TableId,
    pub name: String,
    /// In the order of `SELECT *`.
    pub columns: Vec<ColumnSchema>,
    /// The next free column id, so that a dropped column's is never used again.
    pub next_column: ColumnId,
    /// The index behind the primary key, if there is one.
    pub primary_key: Option<IndexId>,
    pub indexes: Vec<IndexSchema>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnSchema {
    pub id: ColumnId,
    pub name: String,
    pub data_type: DataType,
    pub nullable: bool,
    pub default: Option<DefaultValue>,
}

/// What an INSERT puts where it names no value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DefaultValue {
    /// The expression as the user wrote it; bound anew when it is used.
    pub sql: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexSchema {
    pub id: IndexId,
    pub name: String,
    pub columns: Vec<ColumnId>,
    pub unique: bool,
    /// The index serves a PRIMARY KEY or UNIQUE constraint and cannot be dropped by itself.
    pub constraint: bool,
}

impl TableSchema {
    /// The position of a column in `columns`.
    pub fn position(&self, id: ColumnId) -> Option<usize> {
        self.columns.iter().position(|column| column.id == id)
    }

    pub fn position_by_name(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    pub fn index(&self, id: IndexId) -> Option<&IndexSchema> {
        self.indexes.iter().find(|index| index.id == id)
    }

    pub fn primary_key(&self) -> Option<&IndexSchema> {
        self.primary_key.and_then(|id| self.index(id))
    }
}

/// A row in the order of the columns of its schema.
pub type Row = Vec<Value>;

/// The name of a table or index as the catalog knows it (case folded, quotes removed).
pub type CatalogName = String;
