//! Changes of a table's definition, at random.

use super::kind::Kind;
use super::random::Random;
use super::tables::Table;

/// A change of the table, and what the table is like once it is made.
pub fn define(random: &mut Random, table: &Table) -> (String, Table) {
    let mut to = table.clone();
    let at = 1 + random.below(table.columns.len() - 1);
    let column = &table.columns[at];
    let (name, column_name) = (&table.name, &column.name);
    let change = match random.below(12) {
        0..=4 => return (index(random, table), to),
        5 | 6 => {
            let added = to.add_column(random);
            format!("add column {added}")
        }
        7 if table.columns.len() > 4 => {
            to.columns.remove(at);
            format!("drop column {column_name}")
        }
        8 => {
            let renamed = format!("{}{}", column.kind.name(), 2 + random.below(8));
            to.columns[at].name.clone_from(&renamed);
            format!("rename column {column_name} to {renamed}")
        }
        9 => {
            let change = match random.below(4) {
                0 => "set not null".to_string(),
                1 => "drop not null".to_string(),
                2 => "drop default".to_string(),
                _ => format!("set default {}", column.kind.literal(random)),
            };
            to.columns[at].is_nullable =
                change != "set not null" && (column.is_nullable || change == "drop not null");
            format!("alter column {column_name} {change}")
        }
        10 => {
            let (kind, data_type) = wider(column.kind);
            to.columns[at].kind = kind;
            format!("alter column {column_name} type {data_type}")
        }
        _ => format!("add check (id <> {})", 100 + random.below(50)),
    };
    (format!("alter table {name} {change}"), to)
}

fn index(random: &mut Random, table: &Table) -> String {
    let count = 1 + random.below(2);
    let mut columns: Vec<&str> = (0..count)
        .map(|_| {
            table.columns[random.below(table.columns.len())]
                .name
                .as_str()
        })
        .collect();
    // The same column twice is refused here.
    columns.dedup();
    format!("create index on {} ({})", table.name, columns.join(", "))
}

/// A type that takes all values of a kind.
fn wider(kind: Kind) -> (Kind, &'static str) {
    match kind {
        Kind::Small => (Kind::Int, "integer"),
        Kind::Int => (Kind::Big, "bigint"),
        Kind::Big => (Kind::Numeric, "numeric"),
        Kind::Real => (Kind::Double, "double precision"),
        Kind::Date => (Kind::Timestamp, "timestamp"),
        Kind::Char | Kind::Numeric | Kind::Uuid => (Kind::Text, "text"),
        Kind::Json => (Kind::Jsonb, "jsonb"),
        other => (other, other.cast()),
    }
}
