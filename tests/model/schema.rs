//! The table that all histories use, and random values for it.

use crate::random::Random;
use crate::state::ModelTable;
use driftdb::types::*;
use std::rc::Rc;

pub const COLUMNS: [(&str, DataType, bool); 4] = [
    ("id", DataType::BigInt, false),
    ("amount", DataType::Integer, true),
    ("name", DataType::Text, true),
    ("price", DataType::Numeric(None), true),
];

pub fn table_schema(name: &str) -> TableSchema {
    let columns = COLUMNS
        .iter()
        .enumerate()
        .map(|(id, (name, data_type, nullable))| ColumnSchema {
            id: ColumnId(id as u32),
            name: name.to_string(),
            data_type: *data_type,
            nullable: *nullable,
            default: None,
            ..ColumnSchema::default()
        });
    TableSchema {
        id: TableId(0),
        name: name.to_string(),
        columns: columns.collect(),
        next_column: ColumnId(4),
        primary_key: Some(IndexId(0)),
        indexes: vec![index_schema(&format!("{name}_pkey"), &[0], true)],
        ..TableSchema::default()
    }
}

pub fn index_schema(name: &str, columns: &[u32], unique: bool) -> IndexSchema {
    IndexSchema {
        id: IndexId(0),
        name: name.to_string(),
        columns: columns.iter().map(|id| ColumnId(*id)).collect(),
        unique,
        constraint: false,
        ..IndexSchema::default()
    }
}

pub fn random_value(random: &mut Random, column: usize, spread: usize) -> Value {
    if column > 0 && random.chance(10) {
        return Value::Null;
    }
    match column {
        0 => Value::I64(random.below(spread * 4) as i64 - 5),
        1 => Value::I64(random.below(12) as i64),
        2 => Value::text(
            ["", "a", "ab", "open", "paid", "long enough not to be short"][random.below(6)],
        ),
        _ => Value::Decimal(Decimal::Small(
            random.below(30) as i128,
            random.below(3) as u16,
        )),
    }
}

pub fn vectors(rows: &[Row], columns: &[usize]) -> Vec<Rc<driftdb::column::Vector>> {
    let vector = |(position, column): (usize, &usize)| {
        let physical = COLUMNS[*column].1.physical();
        let values = rows.iter().map(|row| &row[position]);
        Rc::new(driftdb::column::Vector::from_values(physical, values))
    };
    columns.iter().enumerate().map(vector).collect()
}

/// Whether every unique index has each key at most once.
pub fn is_unique(table: &ModelTable) -> bool {
    table
        .schema
        .indexes
        .iter()
        .filter(|index| index.unique)
        .all(|index| {
            let mut keys: Vec<Row> = table
                .rows
                .values()
                .map(|row| key_of(index, &row.values))
                .collect();
            keys.retain(|key| !key.iter().any(Value::is_null));
            let all = keys.len();
            keys.sort();
            keys.dedup();
            keys.len() == all
        })
}

pub fn key_of(index: &IndexSchema, row: &Row) -> Row {
    index
        .columns
        .iter()
        .map(|id| row[id.0 as usize].clone())
        .collect()
}
