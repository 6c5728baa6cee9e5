//! The constraints of tables and domains as rows: keys, checks, foreign keys.

use super::cell::{
    Row, number, oid_of_index, oid_of_name, oid_of_namespace, oid_of_table, or_null, text,
};
use super::describe::{self, action_letter};
use super::rows::Bound;
use crate::sql::{bare, enclosed};
use crate::table::Catalog;
use crate::types::{CheckSchema, ColumnId, ForeignKey, IndexSchema, TableSchema, Value};

/// A table's constraint.
pub struct Constraint<'c> {
    oid: i64,
    name: &'c str,
    table: &'c TableSchema,
    kind: Kind<'c>,
}

enum Kind<'c> {
    Key(&'c IndexSchema),
    /// With the places of the columns that it reads, if they are known.
    Check(&'c CheckSchema, Option<&'c [usize]>),
    Foreign(&'c ForeignKey, &'c TableSchema),
}

pub fn constraints<'c>(catalog: &'c Catalog, bound: &'c Bound) -> Vec<Constraint<'c>> {
    let mut all = Vec::new();
    for table in catalog.tables() {
        let table: &TableSchema = table;
        for index in table.indexes.iter().filter(|index| index.constraint) {
            all.push(Constraint {
                oid: oid_of_index(index.id),
                name: &index.name,
                table,
                kind: Kind::Key(index),
            });
        }
        let checks = table.checks.iter();
        let checks = checks.map(|check| {
            let mut known = bound.conditions.iter();
            let known = known.find(|(of, name, _)| (*of, name) == (table.id, &check.name));
            let read = known.map(|(.., read)| read.as_slice());
            (&check.name, Kind::Check(check, read))
        });
        let foreign = table.foreign_keys.iter().filter_map(|key| {
            let other = catalog.table_by_id(key.table)?;
            Some((&key.name, Kind::Foreign(key, other)))
        });
        for (name, kind) in checks.chain(foreign) {
            all.push(Constraint {
                oid: oid_of_name(table.id, name),
                name,
                table,
                kind,
            });
        }
    }
    all
}

impl Constraint<'_> {
    pub fn row(&self) -> Row {
        let Constraint { table, kind, .. } = self;
        let letter = match kind {
            Kind::Key(index) if table.primary_key == Some(index.id) => "p",
            Kind::Key(_) => "u",
            Kind::Check(..) => "c",
            Kind::Foreign(..) => "f",
        };
        let index = match kind {
            Kind::Key(index) => Some(index.id),
            Kind::Foreign(key, other) => other.unique_key(&key.referenced).map(|index| index.id),
            Kind::Check(..) => None,
        };
        let foreign = match kind {
            Kind::Foreign(key, other) => Some((*key, *other)),
            _ => None,
        };
        let places = |table: &TableSchema, columns: &[ColumnId]| {
            let places = columns.iter().filter_map(|id| table.position(*id));
            Value::Array(places.map(|at| number(at + 1)).collect())
        };
        let own = match kind {
            Kind::Key(index) => Some(places(table, &index.columns)),
            Kind::Foreign(key, _) => Some(places(table, &key.columns)),
            Kind::Check(_, read) => read.filter(|read| !read.is_empty()).map(|read| {
                let read = read.iter().map(|at| number(at + 1));
                Value::Array(read.collect())
            }),
        };
        let is_of_type = table.type_schema.is_some();
        let (may_wait, is_deferred) = match kind {
            Kind::Key(index) => (index.may_wait(), index.deferred),
            Kind::Foreign(key, _) => (key.may_wait(), key.deferred),
            Kind::Check(..) => (false, false),
        };
        let action = |action: fn(&ForeignKey) -> &'static str| {
            text(foreign.map_or(" ", |(key, _)| action(key)))
        };
        vec![
            Value::I64(self.oid),
            text(self.name),
            oid_of_namespace(table),
            text(letter),
            Value::Bool(may_wait),
            Value::Bool(is_deferred),
            Value::Bool(!self.is_not_valid()),
            Value::I64(if is_of_type {
                0
            } else {
                oid_of_table(table.id)
            }),
            Value::I64(if is_of_type {
                oid_of_table(table.id)
            } else {
                0
            }),
            Value::I64(index.map_or(0, oid_of_index)),
            Value::I64(foreign.map_or(0, |(_, other)| oid_of_table(other.id))),
            action(|key| action_letter(key.on_update)),
            action(|key| action_letter(key.on_delete)),
            action(|key| if key.match_full { "f" } else { "s" }),
            own.unwrap_or(Value::Null),
            or_null(foreign, |(key, other)| places(other, &key.referenced)),
            Value::Bool(letter != "c"),
            match kind {
                Kind::Check(check, _) => text(&enclosed(&check.sql)),
                _ => Value::Null,
            },
        ]
    }

    fn is_not_valid(&self) -> bool {
        match &self.kind {
            Kind::Key(_) => false,
            Kind::Check(check, _) => check.not_valid,
            Kind::Foreign(key, _) => key.not_valid,
        }
    }

    /// In SQL's words, and those for people to read.
    pub fn texts(&self) -> Vec<Row> {
        let table = self.table;
        let not_valid = if self.is_not_valid() {
            " NOT VALID"
        } else {
            ""
        };
        let texts = [false, true].map(|is_pretty| {
            let definition = match &self.kind {
                Kind::Key(index) => describe::key(table, index),
                Kind::Check(check, _) if is_pretty => format!("CHECK ({})", bare(&check.sql)),
                Kind::Check(check, _) => format!("CHECK ({})", enclosed(&check.sql)),
                Kind::Foreign(key, other) => describe::foreign_key(table, key, other),
            };
            vec![
                Value::I64(self.oid),
                Value::Bool(is_pretty),
                text(&(definition + not_valid)),
            ]
        });
        texts.into()
    }

    /// The columns of a key: the constraint, the place, the relation and column, and those that they lead to, which
    /// for a key that is no foreign one, and those that a condition reads, are the same.
    pub fn columns(&self) -> Vec<Row> {
        let read_ids: Vec<ColumnId>;
        let (own, other, led) = match &self.kind {
            Kind::Key(index) => (&index.columns, self.table, &index.columns),
            Kind::Foreign(key, other) => (&key.columns, *other, &key.referenced),
            Kind::Check(_, read) => {
                let read = read.iter().copied().flatten();
                read_ids = read.map(|at| self.table.columns[*at].id).collect();
                (&read_ids, self.table, &read_ids)
            }
        };
        let place = |table: &TableSchema, column| {
            or_null(table.position(column), |position| number(position + 1))
        };
        let columns = own.iter().zip(led).enumerate();
        let row = columns.map(|(at, (column, led))| {
            vec![
                Value::I64(self.oid),
                number(at + 1),
                Value::I64(oid_of_table(self.table.id)),
                place(self.table, *column),
                Value::I64(oid_of_table(other.id)),
                place(other, *led),
            ]
        });
        row.collect()
    }
}
