//! The text of a view, as it can be run anew.

use super::cell::{Row, number, oid_of_table, text};
use super::describe::shown;
use crate::expr::quote_ident as quoted;
use crate::table::Catalog;
use crate::types::{TableSchema, Value, ViewSchema, ViewUse};

/// What the user wrote, as long as it means what it meant. Where a relation is called otherwise since, lies where its name alone does
/// not find it, or has columns that the view does not see, the rows that it stands for come in front, under the names of then.
/// Names with a schema and those with a moment cannot be given another meaning so: they stay as they are.
pub fn definition(catalog: &Catalog, view: &ViewSchema) -> String {
    // The star of count(*) is none of columns.
    let has_all = view.sql.replace("(*)", "").contains('*')
        || view.sql.to_ascii_lowercase().contains("natural");
    let given: Vec<String> = (view.uses.iter())
        .filter_map(|used| in_front(used, catalog.table_by_id(used.table)?, has_all))
        .collect();
    match given.is_empty() {
        true => view.sql.clone(),
        false => format!("WITH {} ({})", given.join(", "), view.sql),
    }
}

fn in_front(used: &ViewUse, table: &TableSchema, has_all: bool) -> Option<String> {
    if used.name.contains(['.', '\0']) {
        return None;
    }
    let sees = (used.columns.iter())
        .map(|(id, name)| Some((name, &table.columns[table.position(*id)?].name)))
        .collect::<Option<Vec<_>>>()?;
    let is_same = sees.iter().all(|(then, now)| then == now);
    let sees_all = sees.is_empty() || sees.len() == table.columns.len();
    if is_same && table.key() == used.name && (!has_all || sees_all) {
        return None;
    }
    let list = |names: Vec<&String>| {
        let names: Vec<String> = names.into_iter().map(|name| quoted(name)).collect();
        names.join(", ")
    };
    let (then, now): (Vec<&String>, Vec<&String>) = sees.into_iter().unzip();
    let (then, now) = match then.is_empty() {
        true => (String::new(), "1".to_string()),
        false => (format!(" ({})", list(then)), list(now)),
    };
    let (name, table) = (quoted(&used.name), shown(table));
    Some(format!("{name}{then} AS (SELECT {now} FROM {table})"))
}

/// What a view reads, as `pg_depend` has it: by columns, or the relation as a whole.
pub fn dependencies(catalog: &Catalog, view: &TableSchema) -> Vec<Row> {
    let mut rows = Vec::new();
    for used in view.view.iter().flat_map(|view| &view.uses) {
        let Some(table) = catalog.table_by_id(used.table).filter(|t| t.is_relation()) else {
            continue;
        };
        let columns = used.columns.iter();
        let mut places: Vec<usize> = columns
            .filter_map(|(id, _)| Some(table.position(*id)? + 1))
            .collect();
        if places.is_empty() {
            places.push(0);
        }
        rows.extend(places.into_iter().map(|place| {
            vec![
                // The rule of the view, which has its number.
                Value::I64(2618),
                Value::I64(oid_of_table(view.id)),
                Value::I64(oid_of_table(table.id)),
                number(place),
                text("n"),
            ]
        }));
    }
    rows
}
