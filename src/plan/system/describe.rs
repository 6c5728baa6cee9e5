//! Constraints, indexes and types in SQL's words.

use crate::expr::quote_ident as quoted;
use crate::expr::{format_value, parse_value};
use crate::sql::{bare, enclosed, literal_of};
use crate::types::{
    Action, ColumnId, ColumnSchema, DataType, ForeignKey, IndexSchema, TableSchema, Value,
};

/// Names of columns with commas between them.
pub fn columns(table: &TableSchema, ids: &[ColumnId]) -> String {
    let columns = ids.iter().filter_map(|id| table.position(*id));
    let names: Vec<String> = columns.map(|at| quoted(&table.columns[at].name)).collect();
    names.join(", ")
}

/// `CREATE INDEX …`, with the schema or, as people read it, as short as it can be.
pub fn index(table: &TableSchema, index: &IndexSchema, is_pretty: bool) -> String {
    let parts = parts(table, index).into_iter();
    let ordered: Vec<String> = parts.map(|(id, part)| part + order(index, id)).collect();
    format!(
        "CREATE {}INDEX {} ON {} USING btree ({}){}{}{}",
        if index.unique { "UNIQUE " } else { "" },
        quoted(&index.name),
        match is_pretty {
            true => shown(table),
            false => format!("{}.{}", quoted(table.schema_name()), quoted(&table.name)),
        },
        ordered.join(", "),
        match index.included.as_slice() {
            [] => String::new(),
            included => format!(" INCLUDE ({})", columns(table, included)),
        },
        nulls_not_distinct(index, " NULLS NOT DISTINCT"),
        match predicate(index) {
            None => String::new(),
            Some(predicate) if is_pretty => format!(" WHERE {}", bare(predicate)),
            Some(predicate) => format!(" WHERE {}", enclosed(predicate)),
        },
    )
}

/// The condition of an index over some of the rows.
pub fn predicate(index: &IndexSchema) -> Option<&String> {
    index.computed.as_ref()?.predicate.as_ref()
}

/// What the key of an index consists of.
pub fn parts(table: &TableSchema, index: &IndexSchema) -> Vec<(ColumnId, String)> {
    match &index.computed {
        Some(key) => {
            let places = (0..).map(ColumnId);
            places.zip(key.parts.iter().cloned()).collect()
        }
        None => {
            let parts = index.columns.iter();
            parts.map(|id| (*id, columns(table, &[*id]))).collect()
        }
    }
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

/// The types that there are, without modifiers; their categories, their lengths in PostgreSQL, and the oids of the classes of
/// operators by which it orders them.
pub const TYPES: [(DataType, &str, i64, i64); 19] = [
    (DataType::Boolean, "B", 1, 10003),
    (DataType::Bytea, "U", -1, 10006),
    (DataType::BigInt, "N", 8, 3124),
    (DataType::SmallInt, "N", 2, 1979),
    (DataType::Integer, "N", 4, 1978),
    (DataType::Text, "S", -1, 3126),
    (DataType::Json, "U", -1, 0),
    (DataType::Real, "N", 4, 10012),
    (DataType::Double, "N", 8, 3123),
    (DataType::Char(0), "S", -1, 10004),
    (DataType::Varchar(None), "S", -1, 3126),
    (DataType::Date, "D", 4, 3122),
    (DataType::Time, "D", 8, 10038),
    (DataType::Timestamp, "D", 8, 3128),
    (DataType::TimestampTz, "D", 8, 3127),
    (DataType::Interval, "T", 16, 10022),
    (DataType::Numeric(None), "N", -1, 3125),
    (DataType::Uuid, "U", 16, 10065),
    (DataType::Jsonb, "U", -1, 10088),
];

/// The internal name of a type.
pub fn type_name(data_type: DataType) -> String {
    use DataType::*;
    let name = match data_type {
        Array(_) if data_type.is_vector() => return data_type.to_string(),
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

/// The default of a column, which says its type where it is a literal.
pub fn default(column: &ColumnSchema) -> Option<String> {
    let sql = &column.default.as_ref()?.sql;
    let literal = literal(sql, column.data_type.base());
    // What is written in parentheses is in those alone.
    let written = || match sql.starts_with('(') {
        true => enclosed(sql),
        false => sql.clone(),
    };
    Some(literal.unwrap_or_else(written))
}

fn literal(sql: &str, data_type: DataType) -> Option<String> {
    if let Some(text) = literal_of(sql) {
        let value = parse_value(&text, data_type).ok()?;
        let mut text = String::new();
        format_value(&value, data_type, &mut text);
        let is_negative = text.starts_with('-');
        return Some(match (data_type, value) {
            (DataType::Boolean, Value::Bool(value)) => value.to_string(),
            (DataType::Integer, _) if !is_negative => text,
            (DataType::Numeric(_), _) if !is_negative && text.contains('.') => text,
            (DataType::Char(_), _) => cast(&text, "bpchar"),
            _ => cast(&text, &data_type.to_string()),
        });
    }
    let digits = sql.strip_prefix('-').unwrap_or(sql).trim_start();
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number = sql.replace(' ', "");
    let data_type = match (number.parse::<i32>(), number.parse::<i64>()) {
        _ if !is_number => return None,
        (Ok(0..), _) => return None,
        (Ok(_), _) => "integer",
        (_, Ok(_)) => "bigint",
        _ if number == digits && digits.contains('.') => return None,
        _ => "numeric",
    };
    Some(cast(&number, data_type))
}

fn cast(text: &str, data_type: &str) -> String {
    format!("'{}'::{data_type}", text.replace('\'', "''"))
}
