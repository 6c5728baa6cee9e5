//! The rows of the system's tables, made from a catalog. Each function gives the values in the order of the columns
//! that are no constants ([`super::relation`]).

use super::describe::{self, TYPES, action_letter, modifier, type_name};
use crate::table::Catalog;
use crate::types::{
    ColumnId, ColumnSchema, DataType, ForeignKey, IndexId, IndexSchema, RelationKind, TableId,
    TableSchema, TypeSchema, Value, quoted, sort_by, sort_by_key, sort_order,
};
use std::rc::Rc;

/// The first oid that is not PostgreSQL's own.
const FIRST_OID: i64 = 16_384;
/// Of defaults, of constraints that have no index.
const FIRST_OTHER_OID: i64 = 1 << 30;
const PUBLIC: i64 = 2200;

type Row = Vec<Value>;

/// Tables and indexes take turns, so that all have oids of their own, which they keep.
pub fn oid_of_table(table: TableId) -> i64 {
    table.oid().into()
}

/// Of a schema.
fn oid_of_namespace(table: &TableSchema) -> Value {
    let other = table.schema.as_deref();
    Value::I64(other.map_or(PUBLIC, |schema| oid_of_name(TableId(0), schema)))
}

fn oid_of_index(index: IndexId) -> i64 {
    FIRST_OID + 2 * i64::from(index.0) + 1
}

/// Of a constraint without an index, which has nothing but its name (FNV-1a).
fn oid_of_name(table: TableId, name: &str) -> i64 {
    let seed = 2_166_136_261 ^ table.0;
    let hash = name.bytes().fold(seed, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
    });
    FIRST_OTHER_OID + i64::from(hash >> 2)
}

fn text(text: &str) -> Value {
    Value::text(text)
}

fn number(value: usize) -> Value {
    Value::I64(value as i64)
}

fn yes(value: bool) -> Value {
    text(if value { "YES" } else { "NO" })
}

fn or_null<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Null, make)
}

pub fn rows(catalog: &Catalog, name: &str) -> Vec<Row> {
    let tables = || catalog.tables().filter(|table| table.is_relation());
    let of_tables = |make: fn(&TableSchema, &mut Vec<Row>)| {
        let mut rows = Vec::new();
        tables().for_each(|table| make(table, &mut rows));
        rows
    };
    let of_constraints =
        |make: fn(&Constraint) -> Vec<Row>| constraints(catalog).iter().flat_map(make).collect();
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
                row[9] = Value::Bool(is_referenced || !table.foreign_keys.is_empty());
            }
            rows.extend(of_tables(index_classes));
            rows
        }
        "pg_attribute" => of_tables(attributes),
        "pg_attrdef" => of_tables(defaults),
        "pg_index" => of_tables(indexes),
        "pg_sequence" => of_tables(sequence),
        "pg_depend" => (tables().flat_map(|table| dependency(catalog, table))).collect(),
        "pg_description" => of_tables(comments),
        "pg_view_query" => of_tables(|table, rows| {
            if let Some(view) = &table.view {
                rows.push(vec![Value::I64(oid_of_table(table.id)), text(&view.sql)]);
            }
        }),
        "pg_regclass" => of_tables(names),
        "pg_type_format" => formats(catalog),
        "pg_constraint" => of_constraints(|constraint| vec![constraint.row()]),
        "pg_key_column" => of_constraints(|constraint| constraint.columns()),
        "information_schema.columns" => {
            tables().flat_map(|table| columns(catalog, table)).collect()
        }
        // One row of constants.
        "pg_collation" | "pg_database" | "pg_roles" | "pg_user" => vec![Vec::new()],
        _ => Vec::new(),
    }
}

fn type_row((data_type, category): (DataType, &str)) -> Row {
    type_values(data_type, [text("b"), text(category), Value::I64(11)])
}

/// Of a type that is no domain: what it is (`typtype`), its category and the schema that it is in.
fn type_values(data_type: DataType, [what, category, namespace]: [Value; 3]) -> Row {
    vec![
        Value::I64(data_type.oid().into()),
        text(&type_name(data_type)),
        namespace,
        what,
        category,
        oid_of(data_type.element()),
        oid_of(data_type.array()),
        Value::Bool(false),
        Value::I64(0),
        Value::I64(-1),
        collation(data_type),
        text(&data_type.to_string()),
        Value::Null,
    ]
}

/// What a type that a user made is, and the type of arrays of it.
fn own_types(catalog: &Catalog, table: &TableSchema) -> Vec<Row> {
    let namespace = || oid_of_namespace(table);
    match (catalog.enumeration(table.id), table.columns.first()) {
        (Some(made), _) => {
            let made = DataType::Enum(made);
            let array = made.array().unwrap_or_default();
            vec![
                type_values(made, [text("e"), text("E"), namespace()]),
                type_values(array, [text("b"), text("A"), namespace()]),
            ]
        }
        (None, Some(value)) if table.kind() == RelationKind::Domain => {
            let over = value.domain.map_or(value.data_type.oid(), TableId::oid);
            let all = types().find(|(known, _)| *known == value.data_type.base());
            let category = all.map_or("E", |(_, category)| category);
            vec![vec![
                Value::I64(table.id.oid().into()),
                text(&table.name),
                namespace(),
                text("d"),
                text(category),
                Value::I64(0),
                Value::I64(0),
                Value::Bool(!value.nullable),
                Value::I64(over.into()),
                Value::I64(modifier(value.data_type)),
                collation(value.data_type),
                text(&table.shown()),
                or_null(value.default.as_ref(), |default| text(&default.sql)),
            ]]
        }
        _ => Vec::new(),
    }
}

fn labels(table: &TableSchema) -> Vec<Row> {
    let Some(TypeSchema::Enum(labels)) = &table.type_schema else {
        return Vec::new();
    };
    let rows = labels.iter().map(|label| {
        vec![
            Value::I64(oid_of_name(table.id, &label.name)),
            Value::I64(oid_of_table(table.id)),
            Value::F64(sort_order(label.place)),
            text(&label.name),
        ]
    });
    rows.collect()
}

/// information_schema.domains.
fn domain(catalog: &Catalog, table: &TableSchema) -> Option<Row> {
    let value = match table.kind() {
        RelationKind::Domain => table.columns.first()?,
        _ => return None,
    };
    let over = value.domain.and_then(|over| catalog.table_by_id(over));
    let (what, [name, schema]) = described(value.data_type, over.map(|over| &**over));
    let mut row = vec![text(table.schema_name()), text(&table.name)];
    row.extend(what);
    row.extend([
        or_null(value.default.as_ref(), |default| text(&default.sql)),
        schema,
        name,
    ]);
    Some(row)
}

/// A type as the information schema has it, which is another domain for one over that: its word and sizes; its own
/// name and schema.
fn described(data_type: DataType, over: Option<&TableSchema>) -> (Vec<Value>, [Value; 2]) {
    let (word, sizes, name) = match over {
        Some(over) => (
            text("USER-DEFINED"),
            [None; 6],
            [text(&over.name), text(over.schema_name())],
        ),
        None => (
            type_word(data_type),
            sizes(data_type),
            [text(&type_name(data_type)), text(schema_of_type(data_type))],
        ),
    };
    let sizes = sizes.map(|size| or_null(size, Value::I64));
    (std::iter::once(word).chain(sizes).collect(), name)
}

/// A type as `data_type` has it in the information schema.
fn type_word(data_type: DataType) -> Value {
    text(&match data_type {
        DataType::Char(_) => "character".to_string(),
        DataType::Array(_) => "ARRAY".to_string(),
        DataType::Enum(_) => "USER-DEFINED".to_string(),
        other => other.base().to_string(),
    })
}

fn schema_of_type(data_type: DataType) -> &'static str {
    match data_type.element().unwrap_or(data_type) {
        DataType::Enum(enumeration) => enumeration.schema(),
        _ => "pg_catalog",
    }
}

/// With the types of arrays of them.
fn types() -> impl Iterator<Item = (DataType, &'static str)> {
    let arrays = TYPES.iter().filter_map(|(of, _)| Some((of.array()?, "A")));
    TYPES.into_iter().chain(arrays)
}

fn oid_of(data_type: Option<DataType>) -> Value {
    Value::I64(data_type.map_or(0, |data_type| data_type.oid().into()))
}

fn collation(data_type: DataType) -> Value {
    let data_type = data_type.element().unwrap_or(data_type);
    Value::I64(if data_type.is_text() { 100 } else { 0 })
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
        Value::I64(method),
        Value::Bool(!table.indexes.is_empty()),
        text(kind),
        number(table.columns.len()),
        number(table.checks.len()),
        Value::Bool(table.view.is_some()),
        Value::Bool(false),
        Value::Bool(
            (table.view.as_ref()).is_none_or(|view| view.is_populated || !view.is_materialized),
        ),
    ]);
}

fn index_classes(table: &TableSchema, rows: &mut Vec<Row>) {
    for index in &table.indexes {
        rows.push(vec![
            Value::I64(oid_of_index(index.id)),
            text(&index.name),
            oid_of_namespace(table),
            Value::I64(403),
            Value::Bool(false),
            text("i"),
            number(width(index)),
            Value::I64(0),
            Value::Bool(false),
            Value::Bool(false),
            Value::Bool(true),
        ]);
    }
}

/// How many parts a key has.
fn width(index: &IndexSchema) -> usize {
    let computed = index.computed.as_ref();
    computed.map_or(index.columns.len(), |key| key.parts.len())
}

/// Of the relation, then of its indexes, but for those whose keys are computed.
fn attributes(table: &TableSchema, rows: &mut Vec<Row>) {
    let oid = oid_of_table(table.id);
    for (at, column) in table.columns.iter().enumerate() {
        rows.push(attribute(oid, at, column));
    }
    for index in &table.indexes {
        let keys = index.columns.iter().filter_map(|id| table.position(*id));
        for (at, column) in keys.enumerate() {
            let column = &table.columns[column];
            let key = ColumnSchema {
                name: column.name.clone(),
                data_type: column.data_type,
                domain: column.domain,
                nullable: true,
                ..ColumnSchema::default()
            };
            rows.push(attribute(oid_of_index(index.id), at, &key));
        }
    }
}

fn attribute(relation: i64, at: usize, column: &ColumnSchema) -> Row {
    let identity = column.identity.as_ref();
    vec![
        Value::I64(relation),
        text(&column.name),
        Value::I64((column.domain.map_or(column.data_type.oid(), TableId::oid)).into()),
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
        if let Some(sql) = default.or(column.generated.as_ref()) {
            rows.push(vec![
                Value::I64(FIRST_OTHER_OID + i64::from(table.id.0) * 2048 + at as i64),
                Value::I64(oid_of_table(table.id)),
                number(at + 1),
                text(sql),
            ]);
        }
    }
}

fn indexes(table: &TableSchema, rows: &mut Vec<Row>) {
    for index in &table.indexes {
        rows.push(vec![
            Value::I64(oid_of_index(index.id)),
            Value::I64(oid_of_table(table.id)),
            number(width(index) + index.included.len()),
            number(width(index)),
            Value::Bool(index.unique),
            Value::Bool(index.nulls_not_distinct),
            Value::Bool(table.primary_key == Some(index.id)),
            text(&describe::index(table, index)),
        ]);
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
            let oid = Value::I64(oid_of_table(table.id));
            rows.push(vec![oid, number(at), text(comment)]);
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

/// The types without modifiers, and with those that columns have.
fn formats(catalog: &Catalog) -> Vec<Row> {
    let columns = catalog.tables().flat_map(|table| &table.columns);
    let own = catalog
        .tables()
        .filter_map(|table| catalog.enumeration(table.id));
    let own = own
        .map(DataType::Enum)
        .flat_map(|own| [Some(own), own.array()]);
    let all = types().map(|(data_type, _)| data_type).chain(own.flatten());
    let mut types: Vec<DataType> = all.chain(columns.map(|column| column.data_type)).collect();
    sort_by_key(&mut types, |data_type| {
        (data_type.oid(), modifier(*data_type))
    });
    types.dedup();
    let row = |oid: u32, modifier, shown: &str| {
        vec![Value::I64(oid.into()), Value::I64(modifier), text(shown)]
    };
    let plain = types.into_iter().map(|data_type| {
        let shown = data_type.to_string();
        row(data_type.oid(), modifier(data_type), &shown)
    });
    let domains = catalog
        .tables()
        .filter(|table| table.kind() == RelationKind::Domain);
    let domains = domains.map(|domain| row(domain.id.oid(), -1, &domain.shown()));
    // Times of so many digits.
    let rounded = [DataType::Time, DataType::Timestamp, DataType::TimestampTz].into_iter();
    let rounded = rounded.flat_map(|data_type| (0..=6).map(move |digits| (data_type, digits)));
    let rounded = rounded.map(|(data_type, digits)| {
        let shown = data_type.to_string();
        let (name, rest) = shown.split_once(' ').unwrap_or_default();
        row(data_type.oid(), digits, &format!("{name}({digits}) {rest}"))
    });
    plain.chain(domains).chain(rounded).collect()
}

fn is_of_identity(catalog: &Catalog, sequence: TableId) -> bool {
    let mut columns = catalog.tables().flat_map(|table| &table.columns);
    columns.any(|column| (column.identity.as_ref()).is_some_and(|own| own.sequence == sequence))
}

/// A table's constraint.
struct Constraint<'c> {
    oid: i64,
    name: &'c str,
    table: &'c TableSchema,
    kind: Kind<'c>,
}

enum Kind<'c> {
    Key(&'c IndexSchema),
    Check(&'c str),
    Foreign(&'c ForeignKey, &'c TableSchema),
}

fn constraints(catalog: &Catalog) -> Vec<Constraint<'_>> {
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
        let checks = checks.map(|check| (&check.name, Kind::Check(&check.sql)));
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
    fn row(&self) -> Row {
        let Constraint { table, kind, .. } = self;
        let (letter, definition) = match kind {
            Kind::Key(index) if table.primary_key == Some(index.id) => {
                ("p", describe::key(table, index))
            }
            Kind::Key(index) => ("u", describe::key(table, index)),
            Kind::Check(sql) => ("c", format!("CHECK (({sql}))")),
            Kind::Foreign(key, other) => ("f", describe::foreign_key(table, key, other)),
        };
        let index = match kind {
            Kind::Key(index) => Some(index.id),
            Kind::Foreign(key, other) => other.unique_key(&key.referenced).map(|index| index.id),
            Kind::Check(_) => None,
        };
        let foreign = match kind {
            Kind::Foreign(key, other) => Some((*key, *other)),
            _ => None,
        };
        let places = |table: &TableSchema, columns: &[ColumnId]| {
            let places = columns.iter().filter_map(|id| table.position(*id));
            Value::Array(places.map(|at| number(at + 1)).collect())
        };
        // Those of a condition are not known without reading it.
        let own: Option<&[ColumnId]> = match kind {
            Kind::Key(index) => Some(&index.columns),
            Kind::Foreign(key, _) => Some(&key.columns),
            Kind::Check(_) => None,
        };
        let is_of_type = table.type_schema.is_some();
        let is_deferred = Value::Bool(foreign.is_some_and(|(key, _)| key.deferred));
        let action = |action: fn(&ForeignKey) -> &'static str| {
            text(foreign.map_or(" ", |(key, _)| action(key)))
        };
        vec![
            Value::I64(self.oid),
            text(self.name),
            oid_of_namespace(table),
            text(letter),
            is_deferred.clone(),
            is_deferred,
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
            or_null(own, |own| places(table, own)),
            or_null(foreign, |(key, other)| places(other, &key.referenced)),
            Value::Bool(letter != "c"),
            match kind {
                Kind::Check(sql) => text(&format!("({sql})")),
                _ => Value::Null,
            },
            text(&definition),
        ]
    }

    /// The columns of a key: the constraint, the place, the relation and column, and those that they lead to, which
    /// for a key that is no foreign one are the same.
    fn columns(&self) -> Vec<Row> {
        let (own, other, led) = match &self.kind {
            Kind::Key(index) => (&index.columns, self.table, &index.columns),
            Kind::Foreign(key, other) => (&key.columns, *other, &key.referenced),
            Kind::Check(_) => return Vec::new(),
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

/// information_schema.columns.
fn columns(catalog: &Catalog, table: &Rc<TableSchema>) -> Vec<Row> {
    if !matches!(table.kind(), RelationKind::Table | RelationKind::View) {
        return Vec::new();
    }
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
            or_null(column.default.as_ref(), |default| text(&default.sql)),
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
            or_null(column.generated.as_ref(), |sql| text(sql)),
            yes(table.view.is_none()),
            or_null(domain, |_| text("postgres")),
            or_null(domain, |domain| text(domain.schema_name())),
            or_null(domain, |domain| text(&domain.name)),
            type_schema,
        ]);
        row
    });
    rows.collect()
}

/// Characters and their bytes; the precision, radix and scale of numbers; the digits of fractions of seconds.
fn sizes(data_type: DataType) -> [Option<i64>; 6] {
    let number = |precision, radix, scale| [None, None, precision, Some(radix), scale, None];
    let time = |digits| [None, None, None, None, None, Some(digits)];
    let characters = |length: Option<u32>| {
        let octets = length.map_or(1 << 30, |length| i64::from(length) * 4);
        [length.map(i64::from), Some(octets), None, None, None, None]
    };
    match data_type {
        DataType::SmallInt => number(Some(16), 2, Some(0)),
        DataType::Integer => number(Some(32), 2, Some(0)),
        DataType::BigInt => number(Some(64), 2, Some(0)),
        DataType::Real => number(Some(24), 2, None),
        DataType::Double => number(Some(53), 2, None),
        DataType::Numeric(None) => number(None, 10, None),
        DataType::Numeric(Some((precision, scale))) => {
            number(Some(precision.into()), 10, Some(scale.into()))
        }
        DataType::Text => characters(None),
        DataType::Varchar(length) => characters(length),
        DataType::Char(length) => characters(Some(length).filter(|length| *length > 0)),
        DataType::Date => time(0),
        DataType::Time | DataType::Timestamp | DataType::TimestampTz | DataType::Interval => {
            time(6)
        }
        _ => [None; 6],
    }
}
