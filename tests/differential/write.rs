//! Statements that change a table, at random.

use super::expression::{Column, Expressions};
use super::kind::Kind;
use super::query::Statement;
use super::random::Random;
use super::tables::Table;

/// A change of one of the tables.
pub fn write(random: &mut Random, tables: &mut [Table]) -> Statement {
    let at = random.below(tables.len());
    if random.chance(30) {
        return insert_values(random, &mut tables[at]);
    }
    let e = &mut Expressions::new(random, tables);
    let table = &tables[at];
    let sql = match e.random.below(8) {
        0..=1 => insert_select(e, table),
        2..=5 => update(e, table),
        _ => delete(e, table),
    };
    Statement::new(sql)
}

fn insert_values(random: &mut Random, table: &mut Table) -> Statement {
    let tuples: Vec<String> = (0..1 + random.below(3))
        .map(|_| table.tuple(random))
        .collect();
    let returning = returning_of(random, table);
    let sql = format!(
        "insert into {} values {}{returning}",
        table.name,
        tuples.join(", ")
    );
    Statement::new(sql)
}

fn returning_of(random: &mut Random, table: &Table) -> String {
    let e = &mut Expressions::new(random, &[]);
    name_columns(e, table);
    returning(e)
}

fn name_columns(e: &mut Expressions, table: &Table) {
    e.columns.extend(table.columns.iter().map(|column| Column {
        name: column.name.clone(),
        kind: column.kind,
    }));
}

fn returning(e: &mut Expressions) -> String {
    match e.random.below(4) {
        0 => " returning *".to_string(),
        1 => {
            e.tables = &[];
            let kind = e.any_kind();
            format!(" returning id, {}", e.expression(kind))
        }
        _ => String::new(),
    }
}

/// Rows that a query finds, with new keys.
fn insert_select(e: &mut Expressions, table: &Table) -> String {
    let from = e.item_of_from();
    let key = e.columns[0].name.clone();
    let mut names = vec!["id".to_string()];
    let mut values = vec![format!(
        "{key} + {}",
        table.next_id + 100 + e.random.below(900)
    )];
    for column in &table.columns[1..] {
        if !column.is_unique && e.random.chance(70) {
            names.push(column.name.clone());
            values.push(value(e, column.kind));
        }
    }
    let condition = e.expression(Kind::Bool);
    let (names, values) = (names.join(", "), values.join(", "));
    let select = format!("select {values} from {from} where {key} % 5 = 0 and {condition}");
    e.columns.clear();
    name_columns(e, table);
    format!(
        "insert into {} ({names}) {select}{}",
        table.name,
        returning(e)
    )
}

/// A value to store. Floats stay such that their sums are exact in any order.
fn value(e: &mut Expressions, kind: Kind) -> String {
    match kind {
        Kind::Real | Kind::Double => kind.literal(e.random),
        _ => e.expression(kind),
    }
}

fn update(e: &mut Expressions, table: &Table) -> String {
    name_columns(e, table);
    let mut changes = Vec::new();
    for column in &table.columns[1..] {
        // PostgreSQL checks uniqueness row by row, in an order of its own.
        if !column.is_unique && e.random.chance(35) {
            let value = match e.random.below(10) {
                0 => "default".to_string(),
                1 => "null".to_string(),
                _ => value(e, column.kind),
            };
            changes.push(format!("{} = {value}", column.name));
        }
    }
    if changes.is_empty() {
        changes.push("id = id".to_string());
    }
    let condition = condition(e);
    format!(
        "update {} set {}{condition}{}",
        table.name,
        changes.join(", "),
        returning(e)
    )
}

fn condition(e: &mut Expressions) -> String {
    match e.random.below(4) {
        0 => format!(" where id = {}", e.random.below(30)),
        1 => format!(" where id % {} = 0", 2 + e.random.below(4)),
        _ => format!(" where {}", e.expression(Kind::Bool)),
    }
}

fn delete(e: &mut Expressions, table: &Table) -> String {
    name_columns(e, table);
    let condition = condition(e);
    format!(
        "delete from {}{condition} and id % 3 = 0{}",
        table.name,
        returning(e)
    )
}
