//! How large a table is, from what is counted: no row is read.

use super::Store;
use super::index::KeyIndex;
use crate::types::{IndexId, TableId};

/// What is held of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// Alive at present.
    pub rows: u64,
    /// Row versions of all times, without copies.
    pub versions: u64,
    pub blocks: u64,
    /// Of the blocks, unpacked or not.
    pub bytes: u64,
    pub indexes: Vec<(IndexId, u64)>,
}

impl Store {
    pub fn size_of(&self, table: TableId) -> Option<Size> {
        let relation = self.relations.get(&table).filter(|own| !own.is_lost)?;
        let index = |index: &KeyIndex| (index.id, index.bytes_held() as u64);
        Some(Size {
            rows: relation.live_rows() as u64,
            versions: relation.versions(),
            blocks: relation.block_count(),
            bytes: relation.blocks_held(&self.blocks),
            indexes: relation.indexes.iter().map(index).collect(),
        })
    }
}
