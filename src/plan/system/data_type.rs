//! The types as rows: PostgreSQL's own with the arrays of them, and those that a user made, enumerations and domains.

use super::cell::{Row, oid_of_name, oid_of_namespace, oid_of_table, or_null, text};
use super::describe::{self, TYPES, modifier, type_name};
use crate::table::Catalog;
use crate::types::{
    DataType, RelationKind, TableId, TableSchema, TypeSchema, Value, sort_by_key, sort_order,
};

pub fn type_row((data_type, category): (DataType, &'static str)) -> Row {
    type_values(data_type, [text("b"), text(category), Value::I64(11)])
}

/// Of a type that is no domain: what it is (`typtype`), its category and the schema that it is in.
fn type_values(data_type: DataType, [what, category, namespace]: [Value; 3]) -> Row {
    let [length, by_value, stored] = held(data_type);
    vec![
        Value::I64(data_type.oid().into()),
        text(&type_name(data_type)),
        namespace,
        what,
        category,
        Value::I64(0),
        oid_of(data_type.element()),
        oid_of(data_type.array()),
        length,
        by_value,
        stored,
        read_by(data_type),
        Value::Bool(false),
        Value::I64(0),
        Value::I64(-1),
        collation(data_type),
        text(&data_type.to_string()),
        Value::Null,
    ]
}

/// What a type that a user made is, and the type of arrays of it.
pub fn own_types(catalog: &Catalog, table: &TableSchema) -> Vec<Row> {
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
            let [length, by_value, stored] = held(value.data_type);
            vec![vec![
                Value::I64(table.id.oid().into()),
                text(&table.name),
                namespace(),
                text("d"),
                text(category),
                Value::I64(0),
                Value::I64(0),
                Value::I64(0),
                length,
                by_value,
                stored,
                text("domain_in"),
                Value::Bool(!value.nullable),
                Value::I64(over.into()),
                Value::I64(modifier(value.data_type)),
                collation(value.data_type),
                text(&describe::shown(table)),
                or_null(describe::default(value), |default| text(&default)),
            ]]
        }
        // The rows of a relation.
        _ if has_rows(table) => {
            vec![vec![
                Value::I64(oid_of_rows(table)),
                text(&table.name),
                namespace(),
                text("c"),
                text("C"),
                Value::I64(oid_of_table(table.id)),
                Value::I64(0),
                Value::I64(0),
                Value::I64(-1),
                Value::Bool(false),
                text("x"),
                text("record_in"),
                Value::Bool(false),
                Value::I64(0),
                Value::I64(-1),
                Value::I64(0),
                text(&describe::shown(table)),
                Value::Null,
            ]]
        }
        _ => Vec::new(),
    }
}

pub fn labels(table: &TableSchema) -> Vec<Row> {
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
pub fn domain(catalog: &Catalog, table: &TableSchema) -> Option<Row> {
    let value = match table.kind() {
        RelationKind::Domain => table.columns.first()?,
        _ => return None,
    };
    let over = value.domain.and_then(|over| catalog.table_by_id(over));
    let (what, [name, schema]) = described(value.data_type, over.map(|over| &**over));
    let mut row = vec![text(table.schema_name()), text(&table.name)];
    row.extend(what);
    row.extend([
        or_null(describe::default(value), |default| text(&default)),
        schema,
        name,
    ]);
    Some(row)
}

/// A type as the information schema has it, which is another domain for one over that: its word and sizes; its own
/// name and schema.
pub fn described(data_type: DataType, over: Option<&TableSchema>) -> (Vec<Value>, [Value; 2]) {
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
pub fn types() -> impl Iterator<Item = (DataType, &'static str)> {
    let arrays = (TYPES.iter()).filter_map(|(of, ..)| Some((of.array()?, "A")));
    let plain = TYPES
        .iter()
        .map(|(data_type, category, ..)| (*data_type, *category));
    plain.chain(arrays)
}

/// Whether the type is one of a relation's rows, which has an oid of its own.
fn has_rows(table: &TableSchema) -> bool {
    use RelationKind::{MaterializedView, Table, View};
    matches!(table.kind(), Table | View | MaterializedView)
}

/// Of the type of a relation's rows; 0 of what has none.
pub fn oid_of_rows(table: &TableSchema) -> i64 {
    match has_rows(table) {
        true => oid_of_name(table.id, ""),
        false => 0,
    }
}

/// How PostgreSQL would hold a value: its length, whether in a register, and where when it is long.
pub fn held(data_type: DataType) -> [Value; 3] {
    let mut all = TYPES.iter();
    let length = match (data_type, all.find(|known| known.0 == data_type.base())) {
        (DataType::Enum(_), _) => 4,
        (_, known) => known.map_or(-1, |known| known.2),
    };
    let stored = match (data_type, length) {
        (_, 0..) => "p",
        (DataType::Numeric(_), _) => "m",
        _ => "x",
    };
    [
        Value::I64(length),
        Value::Bool((0..=8).contains(&length)),
        text(stored),
    ]
}

/// The function that reads the texts of a type.
fn read_by(data_type: DataType) -> Value {
    let name = match data_type {
        DataType::Array(_) => "array".to_string(),
        DataType::Enum(_) => "enum".to_string(),
        other => type_name(other),
    };
    let has_line = !matches!(
        name.as_str(),
        "bool"
            | "bytea"
            | "int8"
            | "int2"
            | "int4"
            | "text"
            | "float4"
            | "float8"
            | "bpchar"
            | "varchar"
    );
    text(&(name + if has_line { "_in" } else { "in" }))
}

/// The class of operators by which the values of a type are ordered.
pub fn operator_class(data_type: DataType) -> i64 {
    let known = TYPES.iter().find(|known| known.0 == data_type.base());
    match data_type {
        DataType::Array(_) => 10_000,
        DataType::Enum(_) => 10_069,
        _ => known.map_or(0, |known| known.3),
    }
}

/// The classes of operators, each once.
pub fn operator_classes() -> Vec<Row> {
    let row = |class: i64, name: &str, of: i64| vec![Value::I64(class), text(name), Value::I64(of)];
    let known = TYPES
        .iter()
        .filter(|known| known.3 > 0 && known.0 != DataType::Varchar(None));
    let own = known.map(|known| {
        let of = known.0;
        row(known.3, &(type_name(of) + "_ops"), of.oid().into())
    });
    let others = [
        row(10_000, "array_ops", 2277),
        row(10_069, "enum_ops", 3500),
    ];
    own.chain(others).collect()
}

fn oid_of(data_type: Option<DataType>) -> Value {
    Value::I64(data_type.map_or(0, |data_type| data_type.oid().into()))
}

pub fn collation(data_type: DataType) -> Value {
    let data_type = data_type.element().unwrap_or(data_type);
    Value::I64(if data_type.is_text() { 100 } else { 0 })
}

/// The types without modifiers, and with those that columns have.
pub fn formats(catalog: &Catalog) -> Vec<Row> {
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
    let domains = domains.map(|domain| row(domain.id.oid(), -1, &describe::shown(domain)));
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
