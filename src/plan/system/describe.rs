//! Constraints, indexes and types in SQL's words.

use crate::expr::quote_ident as quoted;
use crate::sql::bare;
use crate::types::{Action, ColumnId, ComputedKey, DataType, ForeignKey, IndexSchema, TableSchema};

/// Names of columns with commas between them.
pub fn columns(table: &TableSchema, ids: &[ColumnId]) -> String {
    let columns = ids.iter().filter_map(|id| table.position(*id));
    let names: Vec<String> = columns.map(|at| quoted(&table.columns[at].name)).collect();
    names.join(", ")
}

/// `CREATE INDEX …`
pub fn index(table: &TableSchema, index: &IndexSchema) -> String {
    format!(
        "CREATE {}INDEX {} ON {}.{} USING btree ({}){}{}{}",
        if index.unique { "UNIQUE " } else { "" },
        quoted(&index.name),
        quoted(table.schema_name()),
        quoted(&table.name),
        parts(table, index).join(", "),
        match index.included.as_slice() {
            [] => String::new(),
            included => format!(" INCLUDE ({})", columns(table, included)),
        },
        nulls_not_distinct(index, " NULLS NOT DISTINCT"),
        match &index.computed {
            Some(ComputedKey {
                predicate: Some(predicate),
                ..
            }) => format!(" WHERE ({})", bare(predicate)),
            _ => String::new(),
        },
    )
}

/// What the key of an index consists of, with its order.
fn parts(table: &TableSchema, index: &IndexSchema) -> Vec<String> {
    if let Some(key) = &index.computed {
        let parts = key.parts.iter().enumerate();
        let ordered =
            |(at, part): (usize, &String)| part.clone() + order(index, ColumnId(at as u32));
        return parts.map(ordered).collect();
    }
    let ordered = |id: &ColumnId| columns(table, &[*id]) + order(index, *id);
    index.columns.iter().map(ordered).collect()
}

/// The order of a part of an index, as far as that is not the usual.
fn order(index: &IndexSchema, id: ColumnId) -> &'static str {
    match (
        index.descending.contains(&id),
        index.nulls_first.contains(&id),
    ) {
        (false, false) => "",
        (false, true) => " NULLS FIRST",
        (true, true) => " DESC",
        (true, false) => " DESC NULLS LAST",
    }
}

/// `PRIMARY KEY (…)` or `UNIQUE (…)`
pub fn key(table: &TableSchema, index: &IndexSchema) -> String {
    let columns = columns(table, &index.columns);
    let mut text = match table.primary_key == Some(index.id) {
        true => format!("PRIMARY KEY ({columns})"),
        false => {
            let nulls = nulls_not_distinct(index, " NULLS NOT DISTINCT");
            format!("UNIQUE{nulls} ({columns})")
        }
    };
    add_waiting(index.may_wait(), index.deferred, &mut text);
    text
}

fn add_waiting(may_wait: bool, deferred: bool, text: &mut String) {
    if may_wait {
        text.push_str(" DEFERRABLE");
    }
    if deferred {
        text.push_str(" INITIALLY DEFERRED");
    }
}

fn nulls_not_distinct<'t>(index: &IndexSchema, text: &'t str) -> &'t str {
    if index.nulls_not_distinct { text } else { "" }
}

/// `FOREIGN KEY (…) REFERENCES …`
pub fn foreign_key(table: &TableSchema, key: &ForeignKey, other: &TableSchema) -> String {
    let mut text = format!(
        "FOREIGN KEY ({}) REFERENCES {}({})",
        columns(table, &key.columns),
        shown(other),
        columns(other, &key.referenced),
    );
    if key.match_full {
        text.push_str(" MATCH FULL");
    }
    for (event, action) in [("UPDATE", key.on_update), ("DELETE", key.on_delete)] {
        let words = match action {
            Action::NoAction => continue,
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        };
        text.push_str(&format!(" ON {event} {words}"));
    }
    add_waiting(key.may_wait(), key.deferred, &mut text);
    text
}

pub fn action_letter(action: Action) -> &'static str {
    match action {
        Action::NoAction => "a",
        Action::Restrict => "r",
        Action::Cascade => "c",
        Action::SetNull => "n",
        Action::SetDefault => "d",
    }
}

/// The types that there are, without modifiers, and their categories.
pub const TYPES: [(DataType, &str); 19] = [
    (DataType::Boolean, "B"),
    (DataType::Bytea, "U"),
    (DataType::BigInt, "N"),
    (DataType::SmallInt, "N"),
    (DataType::Integer, "N"),
    (DataType::Text, "S"),
    (DataType::Json, "U"),
    (DataType::Real, "N"),
    (DataType::Double, "N"),
    (DataType::Char(0), "S"),
    (DataType::Varchar(None), "S"),
    (DataType::Date, "D"),
    (DataType::Time, "D"),
    (DataType::Timestamp, "D"),
    (DataType::TimestampTz, "D"),
    (DataType::Interval, "T"),
    (DataType::Numeric(None), "N"),
    (DataType::Uuid, "U"),
    (DataType::Jsonb, "U"),
];

/// The internal name of a type.
pub fn type_name(data_type: DataType) -> String {
    use DataType::*;
    let name = match data_type {
        Array(element) => return format!("_{}", type_name(element.data_type())),
        Boolean => "bool",
        SmallInt => "int2",
        Integer => "int4",
        BigInt => "int8",
        Real => "float4",
        Double => "float8",
        Numeric(_) => "numeric",
        Text => "text",
        Varchar(_) => "varchar",
        Char(_) => "bpchar",
        Bytea => "bytea",
        Date => "date",
        Time => "time",
        Timestamp => "timestamp",
        TimestampTz => "timestamptz",
        Interval => "interval",
        Enum(enumeration) => enumeration.name(),
        Json => "json",
        Jsonb => "jsonb",
        Uuid => "uuid",
        Unknown => "?column?",
    };
    name.to_string()
}

/// The modifiers of a type as `atttypmod` holds them.
pub fn modifier(data_type: DataType) -> i64 {
    match data_type.element().unwrap_or(data_type) {
        DataType::Varchar(Some(length)) => i64::from(length) + 4,
        DataType::Char(length) if length > 0 => i64::from(length) + 4,
        DataType::Numeric(Some((precision, scale))) => {
            (i64::from(precision) << 16 | i64::from(scale) & 0x7ff) + 4
        }
        _ => -1,
    }
}

/// Its name, with its schema unless that is `public`.
pub fn shown(table: &TableSchema) -> String {
    let name = quoted(&table.name);
    match &table.schema {
        None => name,
        Some(schema) => format!("{}.{name}", quoted(schema)),
    }
}
