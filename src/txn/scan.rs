//! Reading a table block by block.

use crate::table::BlockId;
use crate::types::{ColumnId, Value};
use std::ops::Bound;

/// What a scan reads at a time: one block as it stood when the scan started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ScanUnit {
    pub block: BlockId,
}

/// Conditions that a wanted row certainly fulfils, by which whole blocks are skipped. A unit that is read
/// may still hold rows that do not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZoneFilter {
    /// All of them hold.
    pub ranges: Vec<ZoneRange>,
}

/// A column's value is not NULL and lies between the bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneRange {
    pub column: ColumnId,
    pub lower: Bound<Value>,
    pub upper: Bound<Value>,
}
