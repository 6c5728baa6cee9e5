//! The types as rows: PostgreSQL's own with the arrays of them, and those that a user made, enumerations and domains.

use super::cell::{Row, oid_of_name, oid_of_namespace, oid_of_table, or_null, text};
use super::describe::{self, TYPES, modifier, type_name};
use crate::table::Catalog;
use crate::types::{
    DataType, RelationKind, TableId, TableSchema, TypeSchema, Value, sort_by_key, sort_order,
};

pub fn type_row((data_type, category): (DataType, &str)) -> Row {
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
                text(&describe::shown(table)),
                or_null(value.default.as_ref(), |default| text(&default.sql)),
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
        or_null(value.default.as_ref(), |default| text(&default.sql)),
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
    let arrays = TYPES.iter().filter_map(|(of, _)| Some((of.array()?, "A")));
    TYPES.into_iter().chain(arrays)
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
