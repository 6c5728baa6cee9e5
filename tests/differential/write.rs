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
    let e = &mut Expressions::new(random, &[]);
    let conflict = conflict(e, table);
    e.columns.clear();
    name_columns(e, table);
    let returning = returning(e);
    let tuples = tuples.join(", ");
    Statement::new(format!(
        "insert into {} values {tuples}{conflict}{returning}",
        table.name
    ))
}

/// What happens to a row whose key is there already.
fn conflict(e: &mut Expressions, table: &Table) -> String {
    let target = e.pick(&["", " (id)"]);
    match e.random.below(5) {
        0 => format!(" on conflict{target} do nothing"),
        1 | 2 => {
            for row in [&*table.name, "excluded"] {
                let columns = table.columns.iter();
                e.columns.extend(columns.map(|column| Column {
                    name: format!("{row}.{}", column.name),
                    kind: column.kind,
                }));
            }
            let changes = changes(e, table);
            let condition = match e.random.chance(30) {
                true => format!(" where {}", e.expression(Kind::Bool)),
                false => String::new(),
            };
            format!(" on conflict (id) do update set {changes}{condition}")
        }
        _ => String::new(),
    }
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
            let key = e.columns[0].name.clone();
            format!(" returning {key}, {}", e.expression(kind))
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
        if !column.is_fixed && e.random.chance(70) {
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

/// `column = value, …`
fn changes(e: &mut Expressions, table: &Table) -> String {
    let mut changes = Vec::new();
    for column in &table.columns[1..] {
        if !column.is_fixed && e.random.chance(35) {
            let value = match e.random.below(10) {
                0 => "default".to_string(),
                1 => "null".to_string(),
                _ => value(e, column.kind),
            };
            changes.push(format!("{} = {value}", column.name));
        }
    }
    match changes.is_empty() {
        true => format!("id = {}.id", table.name),
        false => changes.join(", "),
    }
}

fn update(e: &mut Expressions, table: &Table) -> String {
    if e.random.chance(30) {
        let (from, condition) = other_rows(e, table);
        let changes = changes(e, table);
        return format!(
            "update {} set {changes} from {from} where {condition}{}",
            table.name,
            returning(e)
        );
    }
    name_columns(e, table);
    let changes = changes(e, table);
    let condition = condition(e);
    format!(
        "update {} set {changes}{condition}{}",
        table.name,
        returning(e)
    )
}

/// A table to change another one by: at most one of its rows belongs to each row of that. The columns of both come into
/// scope under full names.
fn other_rows(e: &mut Expressions, table: &Table) -> (String, String) {
    let columns = table.columns.iter();
    let own = columns.map(|column| Column {
        name: format!("{}.{}", table.name, column.name),
        kind: column.kind,
    });
    e.columns.extend(own);
    let count = e.columns.len();
    let from = e.item_of_from();
    let (left, right) = (e.columns[0].name.clone(), e.columns[count].name.clone());
    let more = e.expression(Kind::Bool);
    let shift = e.random.below(3);
    (from, format!("{left} = {right} + {shift} and {more}"))
}

fn condition(e: &mut Expressions) -> String {
    match e.random.below(4) {
        0 => format!(" where id = {}", e.random.below(30)),
        1 => format!(" where id % {} = 0", 2 + e.random.below(4)),
        _ => format!(" where {}", e.expression(Kind::Bool)),
    }
}

fn delete(e: &mut Expressions, table: &Table) -> String {
    if e.random.chance(30) {
        let (using, condition) = other_rows(e, table);
        let few = format!("{}.id % 3 = 0", table.name);
        return format!(
            "delete from {} using {using} where {condition} and {few}{}",
            table.name,
            returning(e)
        );
    }
    name_columns(e, table);
    let condition = condition(e);
    format!(
        "delete from {}{condition} and id % 3 = 0{}",
        table.name,
        returning(e)
    )
}
