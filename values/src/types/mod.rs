//! Layer 0: the nouns of the whole crate. Values and their types, table shapes, moments in time.
//!
//! Nothing here does I/O, reads a clock or knows of SQL text.

mod byte_key;
mod data_type;
mod decimal;
mod enumeration;
mod float;
mod foreign_key;
mod former;
mod heap;
mod id;
mod interval;
mod moment;
mod order;
mod schema;
mod sorted_map;
mod time;
mod value;

pub use byte_key::ByteKey;
pub use data_type::{DataType, Element, PhysicalType};
pub use decimal::{Decimal, DecimalSum};
pub use enumeration::{Enumeration, Label, Neighbour, declared, insert, sort_order};
pub use float::{parse_f32, parse_f64};
pub use foreign_key::{Action, ForeignKey, Waits};
pub use heap::{Heap, HeapBound};
pub use id::{BranchId, ColumnId, IndexId, RowId, Seq, TableId};
pub use interval::{Interval, MICROS_PER_DAY, MICROS_PER_SECOND};
pub use moment::{ScanColumn, Snapshot, Versions};
pub use order::{sort_by, sort_by_key};
pub use schema::{
    CatalogName, CheckSchema, ColumnSchema, ComputedKey, DefaultValue, DroppedColumn,
    IdentitySchema, IndexSchema, OnCommit, RelationKind, Row, SequenceSchema, TEMPORARY,
    TableSchema, TypeSchema, ViewSchema, ViewUse, catalog_name, quoted, type_key,
};
pub use sorted_map::{SortedMap, SortedSet};
pub use time::{Clock, Entropy, INFINITY, NEG_INFINITY};
pub use value::{Value, compare_f64};
