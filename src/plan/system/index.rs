//! The indexes as rows: as relations, with what they hold as columns, and their keys.

use super::cell::{Row, number, oid_of_index, oid_of_namespace, oid_of_table, or_null, text};
use super::data_type::{collation, operator_class};
use super::describe;
use super::rows::{Bound, attribute};
use crate::sql::enclosed;
use crate::types::{ColumnId, ColumnSchema, IndexSchema, TableSchema, Value};

pub fn class(table: &TableSchema, index: &IndexSchema) -> Vec<Row> {
    vec![vec![
        Value::I64(oid_of_index(index.id)),
        text(&index.name),
        oid_of_namespace(table),
        Value::I64(0),
        Value::I64(403),
        Value::Bool(false),
        text(if table.id.is_temporary() { "t" } else { "p" }),
        text("i"),
        number(width(index) + index.included.len()),
        Value::I64(0),
        Value::Bool(false),
        Value::Bool(false),
        Value::Bool(true),
        text("n"),
    ]]
}

/// How many parts a key has.
fn width(index: &IndexSchema) -> usize {
    let computed = index.computed.as_ref();
    computed.map_or(index.columns.len(), |key| key.parts.len())
}

/// What an index holds of each row, as columns: the parts of its key, and what is included. The place of one in the
/// table, if it is a column of that.
fn held_columns(
    table: &TableSchema,
    index: &IndexSchema,
    bound: &Bound,
) -> Vec<(Option<usize>, ColumnSchema)> {
    let of_table = |at: usize| {
        let column = &table.columns[at];
        let held = ColumnSchema {
            name: column.name.clone(),
            data_type: column.data_type,
            domain: column.domain,
            precision: column.precision,
            nullable: true,
            ..ColumnSchema::default()
        };
        (Some(at), held)
    };
    let computed = bound.keys.iter().find(|(id, _)| *id == index.id);
    let computed = computed.into_iter().flat_map(|(_, parts)| parts);
    let computed = computed.map(|part| {
        let held = ColumnSchema {
            name: part.name.clone(),
            data_type: part.data_type,
            nullable: true,
            ..ColumnSchema::default()
        };
        let (place, own) = part.column.map_or((None, held.clone()), of_table);
        (
            place,
            ColumnSchema {
                name: held.name,
                ..own
            },
        )
    });
    let plain = index.columns.iter().chain(&index.included);
    let plain = plain.filter_map(|id| table.position(*id)).map(of_table);
    computed.chain(plain).collect()
}

pub fn attributes(table: &TableSchema, index: &IndexSchema, bound: &Bound) -> Vec<Row> {
    let columns = held_columns(table, index, bound).into_iter().enumerate();
    let row = columns.map(|(at, (_, column))| attribute(oid_of_index(index.id), at, &column));
    row.collect()
}

pub fn row(table: &TableSchema, index: &IndexSchema, bound: &Bound) -> Row {
    let held = held_columns(table, index, bound);
    let key = &held[..held.len() - index.included.len()];
    let parts = describe::parts(table, index);
    let array = |values: Vec<i64>| Value::Array(values.into_iter().map(Value::I64).collect());
    let place = |at: &Option<usize>| at.map_or(0, |at| at as i64 + 1);
    let option = |id: &ColumnId| {
        i64::from(index.descending.contains(id)) + 2 * i64::from(index.nulls_first.contains(id))
    };
    let computed: Vec<&str> = (parts.iter().zip(key))
        .filter(|(_, (at, _))| at.is_none())
        .map(|((_, part), _)| part.as_str())
        .collect();
    vec![
        Value::I64(oid_of_index(index.id)),
        Value::I64(oid_of_table(table.id)),
        number(held.len()),
        number(key.len()),
        Value::Bool(index.unique),
        Value::Bool(index.nulls_not_distinct),
        Value::Bool(table.primary_key == Some(index.id)),
        Value::Bool(!index.may_wait()),
        array(held.iter().map(|(at, _)| place(at)).collect()),
        Value::Array(key.iter().map(|(_, of)| collation(of.data_type)).collect()),
        array(
            key.iter()
                .map(|(_, of)| operator_class(of.data_type))
                .collect(),
        ),
        array(parts.iter().map(|(id, _)| option(id)).collect()),
        or_null((!computed.is_empty()).then_some(computed), |all| {
            text(&all.join(", "))
        }),
        or_null(describe::predicate(index), |sql| text(&enclosed(sql))),
    ]
}

pub fn texts(table: &TableSchema, index: &IndexSchema) -> Vec<Row> {
    let oid = oid_of_index(index.id);
    let row = |part, is_pretty, sql: &str| {
        vec![
            Value::I64(oid),
            number(part),
            Value::Bool(is_pretty),
            text(sql),
        ]
    };
    let mut parts: Vec<String> = describe::parts(table, index)
        .into_iter()
        .map(|part| part.1)
        .collect();
    parts.extend(
        index
            .included
            .iter()
            .map(|id| describe::columns(table, &[*id])),
    );
    let mut rows = Vec::new();
    for is_pretty in [false, true] {
        rows.push(row(0, is_pretty, &describe::index(table, index, is_pretty)));
        let parts = parts.iter().enumerate();
        rows.extend(parts.map(|(at, part)| row(at + 1, is_pretty, part)));
    }
    rows
}
