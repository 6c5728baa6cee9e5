//! The rows of the system's tables, made from a catalog. Each function gives the values in the order of the columns
//! that are no constants ([`super::relation`]).

use super::cell::{
    FIRST_OTHER_OID, PUBLIC, Row, number, oid_of_index, oid_of_name, oid_of_namespace,
    oid_of_table, or_null, text, yes,
};
use super::constraint::{Constraint, constraints};
use super::data_type::{
    collation, described, domain, formats, held, labels, oid_of_rows, operator_classes, own_types,
    type_row, types,
};
use super::describe::{self, modifier};
use super::index;
use super::view;
use crate::sql::enclosed;
use crate::table::Catalog;
use crate::types::{
    ColumnSchema, DataType, IndexId, IndexSchema, RelationKind, TableId, TableSchema, Value,
    quoted, sort_by,
};
use std::rc::Rc;

/// What is known only by binding the texts that the catalog holds.
#[derive(Default)]
pub struct Bound {
    /// The views through which rows are written, and which of their columns.
    pub written: Vec<(TableId, Vec<bool>)>,
    /// The parts of keys that are computed.
    pub keys: Vec<(IndexId, Vec<KeyPart>)>,
    /// The places of the columns that conditions read, by the names of the constraints.
    pub conditions: Vec<(TableId, String, Vec<usize>)>,
}

/// A part of a key: a column of the table, whose place is known, or something else.
pub struct KeyPart {
    pub name: String,
    pub data_type: DataType,
    pub column: Option<usize>,
}

pub fn rows(catalog: &Catalog, name: &str, bound: &Bound) -> Vec<Row> {
    let tables = || catalog.tables().filter(|table| table.is_relation());
    let of_tables = |make: fn(&TableSchema, &mut Vec<Row>)| {
        let mut rows = Vec::new();
        tables().for_each(|table| make(table, &mut rows));
        rows
    };
    let of_constraints = |make: fn(&Constraint) -> Vec<Row>| {
        constraints(catalog, bound).iter().flat_map(make).collect()
    };
    let of_indexes = |make: &dyn Fn(&TableSchema, &IndexSchema) -> Vec<Row>| {
        let mut rows = Vec::new();
        tables().for_each(|table| {
            for index in &table.indexes {
                rows.extend(make(table, index));
            }
        });
        rows
    };
    match name {
        "pg_namespace" => {
            let own = [(11, "pg_catalog"), (13_000, "information_schema")];
            let public = Some((PUBLIC, "public")).filter(|_| catalog.has_schema("public"));
            let schemas = catalog
                .tables()
                .filter(|table| table.is_schema && table.name != "public");
            let schemas = schemas.map(|table| (oid_of_name(TableId(0), &table.name), &*table.name));
            let all = own.into_iter().chain(public).chain(schemas);
            all.map(|(oid, name)| vec![Value::I64(oid), text(name)])
                .collect()
        }
        "pg_am" => [(2, "heap", "t"), (403, "btree", "i")]
            .map(|(oid, name, kind)| vec![Value::I64(oid), text(name), text(kind)])
            .into(),
        "pg_type" => {
            let own = catalog.tables().flat_map(|table| own_types(catalog, table));
            types().map(type_row).chain(own).collect()
        }
        "pg_enum" => catalog.tables().flat_map(|table| labels(table)).collect(),
        "information_schema.domains" => {
            (catalog.tables().filter_map(|table| domain(catalog, table))).collect()
        }
        "pg_class" => {
            let mut rows = of_tables(class);
            for (table, row) in tables().zip(&mut rows) {
                // Of the triggers that PostgreSQL has for foreign keys.
                let is_referenced = catalog.referencing(table.id).next().is_some();
                row[11] = Value::Bool(is_referenced || !table.foreign_keys.is_empty());
            }
            rows.extend(of_indexes(&index::class));
            rows
        }
        "pg_attribute" => {
            let mut rows = of_tables(attributes);
            rows.extend(of_indexes(&|table, index| {
                index::attributes(table, index, bound)
            }));
            rows
        }
        "pg_attrdef" => of_tables(defaults),
        "pg_index" => of_indexes(&|table, index| vec![index::row(table, index, bound)]),
        "pg_index_text" => of_indexes(&index::texts),
        "pg_opclass" => operator_classes(),
        "pg_sequence" => of_tables(sequence),
        "pg_depend" => (tables().flat_map(|table| {
            let of_views = view::dependencies(catalog, table);
            dependency(catalog, table).into_iter().chain(of_views)
        }))
        .collect(),
        "pg_description" => {
            let mut rows = Vec::new();
            catalog
                .tables()
                .for_each(|table| comments(table, &mut rows));
            rows
        }
        "pg_view_query" => (tables().filter_map(|table| {
            let definition = view::definition(catalog, table.view.as_ref()?);
            let rule = format!(
                "CREATE RULE \"_RETURN\" AS\n    ON SELECT TO {}.{} DO INSTEAD {definition};",
                quoted(table.schema_name()),
                quoted(&table.name)
            );
            Some(vec![
                Value::I64(oid_of_table(table.id)),
                text(&definition),
                text(&rule),
            ])
        }))
        .collect(),
        "pg_view_writing" => (tables().filter_map(|table| {
            let view = table.view.as_ref()?;
            let is_written = bound.written.iter().any(|(view, _)| *view == table.id);
            let check = match (view.is_checked, view.checks_local) {
                (false, _) => "NONE",
                (true, true) => "LOCAL",
                (true, false) => "CASCADED",
            };
            Some(vec![
                Value::I64(oid_of_table(table.id)),
                yes(is_written),
                text(check),
            ])
        }))
        .collect(),
        "pg_regclass" => of_tables(names),
        "pg_type_format" => formats(catalog),
        "pg_constraint" => of_constraints(|constraint| vec![constraint.row()]),
        "pg_constraint_text" => of_constraints(|constraint| constraint.texts()),
        "pg_key_column" => of_constraints(|constraint| constraint.columns()),
        "information_schema.columns" => {
            (tables().flat_map(|table| columns(catalog, table, &bound.written))).collect()
        }
        // One row of constants.
        "pg_collation" | "pg_database" | "pg_roles" | "pg_user" => vec![Vec::new()],
        _ => Vec::new(),
    }
}

fn class(table: &TableSchema, rows: &mut Vec<Row>) {
    let (kind, method) = match table.kind() {
        RelationKind::Table => ("r", 2),
        RelationKind::Sequence => ("S", 0),
        RelationKind::View => ("v", 0),
        RelationKind::MaterializedView => ("m", 2),
        RelationKind::Schema | RelationKind::Enum | RelationKind::Domain => return,
    };
    rows.push(vec![
        Value::I64(oid_of_table(table.id)),
        text(&table.name),
        oid_of_namespace(table),
        Value::I64(oid_of_rows(table)),
        Value::I64(method),
        Value::Bool(!table.indexes.is_empty()),
        text(if table.id.is_temporary() { "t" } else { "p" }),
        text(kind),
        number(table.columns.len()),
        number(table.checks.len()),
        Value::Bool(table.view.is_some()),
        Value::Bool(false),
        Value::Bool(
            (table.view.as_ref()).is_none_or(|view| view.is_populated || !view.is_materialized),
        ),
        text(if method == 2 { "d" } else { "n" }),
    ]);
}

fn attributes(table: &TableSchema, rows: &mut Vec<Row>) {
    let oid = oid_of_table(table.id);
    let columns = table.columns.iter().enumerate();
    rows.extend(columns.map(|(at, column)| attribute(oid, at, column)));
}

pub fn attribute(relation: i64, at: usize, column: &ColumnSchema) -> Row {
    let identity = column.identity.as_ref();
    let [length, _, stored] = held(column.data_type);
    vec![
        Value::I64(relation),
        text(&column.name),
        Value::I64((column.domain.map_or(column.data_type.oid(), TableId::oid)).into()),
        length,
        stored,
        number(at + 1),
        Value::I64(column.data_type.element().map_or(0, |_| 1)),
        Value::I64(match column.domain {
            Some(_) => -1,
            None => column
                .precision
                .map_or(modifier(column.data_type), i64::from),
        }),
        Value::Bool(!column.nullable),
        Value::Bool(column.default.is_some() || column.generated.is_some()),
        text(identity.map_or("", |identity| if identity.always { "a" } else { "d" })),
        text(if column.generated.is_some() { "s" } else { "" }),
        collation(column.data_type),
    ]
}

fn defaults(table: &TableSchema, rows: &mut Vec<Row>) {
    for (at, column) in table.columns.iter().enumerate() {
        let default = column.default.as_ref().map(|default| &default.sql);
        if let Some(written) = default.or(column.generated.as_ref()) {
            let shown = describe::default(column).unwrap_or_else(|| enclosed(written));
            rows.push(vec![
                Value::I64(FIRST_OTHER_OID + i64::from(table.id.0) * 2048 + at as i64),
                Value::I64(oid_of_table(table.id)),
                number(at + 1),
                text(&shown),
                text(written),
            ]);
        }
    }
}

fn sequence(table: &TableSchema, rows: &mut Vec<Row>) {
    let Some(sequence) = &table.sequence else {
        return;
    };
    rows.push(vec![
        Value::I64(oid_of_table(table.id)),
        Value::I64(sequence.data_type.oid().into()),
        Value::I64(sequence.start),
        Value::I64(sequence.increment),
        Value::I64(sequence.max),
        Value::I64(sequence.min),
        Value::Bool(sequence.cycle),
    ]);
}

/// The column that a sequence belongs to.
fn dependency(catalog: &Catalog, table: &TableSchema) -> Option<Row> {
    let (owner, column) = table.sequence.as_ref()?.owner?;
    let at = catalog.table_by_id(owner)?.position(column)?;
    let is_identity = is_of_identity(catalog, table.id);
    Some(vec![
        Value::I64(1259),
        Value::I64(oid_of_table(table.id)),
        Value::I64(oid_of_table(owner)),
        number(at + 1),
        text(if is_identity { "i" } else { "a" }),
    ])
}

fn comments(table: &TableSchema, rows: &mut Vec<Row>) {
    let columns = table.columns.iter().map(|column| &column.comment);
    let all = std::iter::once(&table.comment).chain(columns);
    for (at, comment) in all.enumerate() {
        if let Some(comment) = comment {
            let oid = match table.is_schema {
                true => oid_of_name(TableId(0), &table.name),
                false => oid_of_table(table.id),
            };
            rows.push(vec![Value::I64(oid), number(at), text(comment)]);
        }
    }
}

/// Of a relation and its indexes.
fn names(table: &TableSchema, rows: &mut Vec<Row>) {
    let indexes = table.indexes.iter();
    let indexes = indexes.map(|index| (&index.name, oid_of_index(index.id)));
    for (name, oid) in indexes.chain([(&table.name, oid_of_table(table.id))]) {
        let shown = table.shown_beside(name);
        let always = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let schemas = [quoted(table.schema_name()), always(table.schema_name())];
        let names = [quoted(name), always(name)];
        let in_schema = |schema: &String| names.clone().map(|name| format!("{schema}.{name}"));
        let mut forms: Vec<String> = schemas.iter().flat_map(in_schema).collect();
        if table.schema.is_none() {
            forms.extend(names.clone());
        }
        sort_by(&mut forms, Ord::cmp);
        forms.dedup();
        rows.extend(forms.iter().enumerate().map(|(at, form)| {
            let once = if at == 0 {
                Value::I64(oid)
            } else {
                Value::Null
            };
            vec![text(form), Value::I64(oid), text(&shown), once]
        }));
    }
}

fn is_of_identity(catalog: &Catalog, sequence: TableId) -> bool {
    let mut columns = catalog.tables().flat_map(|table| &table.columns);
    columns.any(|column| (column.identity.as_ref()).is_some_and(|own| own.sequence == sequence))
}

/// information_schema.columns.
fn columns(
    catalog: &Catalog,
    table: &Rc<TableSchema>,
    written: &[(TableId, Vec<bool>)],
) -> Vec<Row> {
    if !matches!(table.kind(), RelationKind::Table | RelationKind::View) {
        return Vec::new();
    }
    let is_written = |at: usize| {
        let mut views = written.iter();
        views.any(|(view, columns)| *view == table.id && columns.get(at) == Some(&true))
    };
    // A domain, and those that it is over.
    let domains = |column: &ColumnSchema| {
        let first = column.domain.and_then(|domain| catalog.table_by_id(domain));
        std::iter::successors(first, |domain| {
            catalog.table_by_id(domain.columns.first()?.domain?)
        })
    };
    let rows = table.columns.iter().enumerate().map(|(at, column)| {
        let domain = domains(column).next();
        let over = domains(column).nth(1).map(|over| &**over);
        let (what, [type_name, type_schema]) = described(column.data_type, over);
        let may_be_null = column.nullable
            && domains(column).all(|domain| domain.columns.iter().all(|value| value.nullable));
        let identity = column.identity.as_ref();
        let sequence = identity.and_then(|identity| catalog.table_by_id(identity.sequence));
        let sequence = sequence.and_then(|sequence| sequence.sequence.as_ref());
        let of_sequence = |value: Option<i64>| or_null(value, |value| text(&value.to_string()));
        let mut row = vec![
            text(table.schema_name()),
            text(&table.name),
            text(&column.name),
            number(at + 1),
            or_null(describe::default(column), |default| text(&default)),
            yes(may_be_null),
        ];
        row.extend(what);
        if let (Some(digits), Some(last)) = (column.precision, row.last_mut()) {
            *last = Value::I64(digits.into());
        }
        row.extend([
            type_name,
            text(&(at + 1).to_string()),
            or_null(identity, |identity| {
                text(if identity.always {
                    "ALWAYS"
                } else {
                    "BY DEFAULT"
                })
            }),
            of_sequence(sequence.map(|sequence| sequence.start)),
            of_sequence(sequence.map(|sequence| sequence.increment)),
            of_sequence(sequence.map(|sequence| sequence.max)),
            of_sequence(sequence.map(|sequence| sequence.min)),
            yes(identity.is_some()),
            yes(sequence.is_some_and(|sequence| sequence.cycle)),
            text(if column.generated.is_some() {
                "ALWAYS"
            } else {
                "NEVER"
            }),
            or_null(column.generated.as_ref(), |sql| text(&enclosed(sql))),
            yes(table.view.is_none() || is_written(at)),
            or_null(domain, |_| text("postgres")),
            or_null(domain, |domain| text(domain.schema_name())),
            or_null(domain, |domain| text(&domain.name)),
            type_schema,
        ]);
        row
    });
    rows.collect()
}
