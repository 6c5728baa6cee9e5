//! What the cells of the system's tables are made of: oids, which every relation, index and constraint keeps as long as it
//! is there, and texts, numbers and answers as values.

use crate::types::{IndexId, TableId, TableSchema, Value};

/// The first oid that is not PostgreSQL's own.
const FIRST_OID: i64 = 16_384;
/// Of defaults, of constraints that have no index.
pub const FIRST_OTHER_OID: i64 = 1 << 30;
pub const PUBLIC: i64 = 2200;

pub type Row = Vec<Value>;

/// Tables and indexes take turns, so that all have oids of their own, which they keep.
pub fn oid_of_table(table: TableId) -> i64 {
    table.oid().into()
}

/// Of a schema.
pub fn oid_of_namespace(table: &TableSchema) -> Value {
    let other = table.schema.as_deref();
    Value::I64(other.map_or(PUBLIC, |schema| oid_of_name(TableId(0), schema)))
}

pub fn oid_of_index(index: IndexId) -> i64 {
    FIRST_OID + 2 * i64::from(index.0) + 1
}

/// Of a constraint without an index, which has nothing but its name (FNV-1a).
pub fn oid_of_name(table: TableId, name: &str) -> i64 {
    let of_table = table.0.to_le_bytes().into_iter();
    let hash = of_table
        .chain(name.bytes())
        .fold(2_166_136_261, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
        });
    FIRST_OTHER_OID + i64::from(hash >> 2)
}

pub fn text(text: &str) -> Value {
    Value::text(text)
}

pub fn number(value: usize) -> Value {
    Value::I64(value as i64)
}

pub fn yes(value: bool) -> Value {
    text(if value { "YES" } else { "NO" })
}

pub fn or_null<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, make)
}
