//! The indexes as rows: as relations, with what they hold as columns, and their keys.

use super::cell::{Row, number, oid_of_index, oid_of_namespace, oid_of_table, or_null, text};
use super::data_type::{collation, operator_class};
use super::describe;
use super::rows::{Bound, attribute};
use crate::sql::enclosed;
use crate::types::{ColumnSchema, IndexSchema, TableSchema, Value};

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
    let mut held = Vec::new();
    let mut hold = |name: &String, place: Option<usize>, data_type| {
        let own = place.map(|at| &table.columns[at]);
        let column = ColumnSchema {
            name: name.clone(),
            data_type,
            domain: own.and_then(|own| own.domain),
            precision: own.and_then(|own| own.precision),
            nullable: true,
            ..ColumnSchema::default()
        };
        held.push((place, column));
    };
    if let Some((_, parts)) = bound.keys.iter().find(|(id, _)| *id == index.id) {
        for part in parts {
            hold(&part.name, part.column, part.data_type);
        }
    }
    for id in index.columns.iter().chain(&index.included) {
        if let Some(at) = table.position(*id) {
            hold(
                &table.columns[at].name,
                Some(at),
                table.columns[at].data_type,
            );
        }
    }
    held
}

pub fn attributes(table: &TableSchema, index: &IndexSchema, bound: &Bound) -> Vec<Row> {
    let columns = held_columns(table, index, bound).into_iter().enumerate();
    let row = columns.map(|(at, (_, column))| attribute(oid_of_index(index.id), at, &column));
    row.collect()
}

pub fn row(table: &TableSchema, index: &IndexSchema, bound: &Bound) -> Row {
    let held = held_columns(table, index, bound);
    let parts = describe::parts(table, index);
    let keys = held.len().saturating_sub(index.included.len());
    // The places of the columns; of the keys the collations, classes and orders.
    let mut arrays = [const { Vec::new() }; 4];
    let mut computed = Vec::new();
    for (at, (place, column)) in held.iter().enumerate() {
        arrays[0].push(number(place.map_or(0, |place| place + 1)));
        let Some((id, part)) = parts.get(at).filter(|_| at < keys) else {
            continue;
        };
        let is_descending = index.descending.contains(id);
        let is_first = index.nulls_first.contains(id);
        arrays[1].push(collation(column.data_type));
        arrays[2].push(Value::I64(operator_class(column.data_type)));
        arrays[3].push(Value::I64(
            i64::from(is_descending) + 2 * i64::from(is_first),
        ));
        if place.is_none() {
            computed.push(part.as_str());
        }
    }
    let mut row = vec![
        Value::I64(oid_of_index(index.id)),
        Value::I64(oid_of_table(table.id)),
        number(held.len()),
        number(keys),
        Value::Bool(index.unique),
        Value::Bool(index.nulls_not_distinct),
        Value::Bool(table.primary_key == Some(index.id)),
        Value::Bool(!index.may_wait()),
    ];
    row.extend(arrays.map(|array| Value::Array(array.into())));
    row.push(match computed.is_empty() {
        true => Value::Null,
        false => text(&computed.join(", ")),
    });
    row.push(or_null(describe::predicate(index), |sql| {
        text(&enclosed(sql))
    }));
    row
}

pub fn texts(table: &TableSchema, index: &IndexSchema) -> Vec<Row> {
    let mut texts = Vec::new();
    for is_pretty in [false, true] {
        texts.push((is_pretty, describe::index(table, index, is_pretty)));
        for (_, part) in describe::parts(table, index) {
            texts.push((is_pretty, part));
        }
        for id in &index.included {
            texts.push((is_pretty, describe::columns(table, &[*id])));
        }
    }
    let of_one = texts.len() / 2;
    let row = |(at, (is_pretty, sql)): (usize, (bool, String))| {
        vec![
            Value::I64(oid_of_index(index.id)),
            number(at % of_one),
            Value::Bool(is_pretty),
            text(&sql),
        ]
    };
    texts.into_iter().enumerate().map(row).collect()
}
