//! What the expressions of a definition name.
//!
//! They are kept as text. A type or a sequence in them is the one that its name meant where it was defined, whoever reads or
//! writes later, and whatever it is called then: its id stands in the place of its name, behind a character
//! that no name in a stored text has.
//!
//! ```text
//!   'a'::mood              'a'::"␁12"
//!   nextval('s.numbers')   nextval('␁7')
//! ```
//!
//! Texts of before that was so have the names; they are those of `public`.

use crate::types::{TableId, TableSchema};
use std::fmt::Write;

const MARK: char = '\u{1}';

/// What stands for a name.
pub fn mention(id: TableId) -> String {
    format!("{MARK}{id}")
}

/// What it stands for.
pub fn mentioned(name: &str) -> Option<TableId> {
    let id = name.strip_prefix(MARK)?;
    id.parse().ok().map(TableId)
}

/// The value of a column that a sequence numbers.
pub fn next_of(sequence: TableId) -> String {
    format!("nextval('{}'::regclass)", mention(sequence))
}

/// The text with names again, in quotes where they need them. Of what is no more the id is left.
pub fn with_names(text: &str, name: &dyn Fn(TableId) -> Option<String>) -> String {
    let mut out = String::new();
    let mut parts = text.split(MARK);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        let known = id_of(part).and_then(name);
        let quote = out.chars().next_back().filter(|c| "'\"".contains(*c));
        match (
            known,
            quote,
            quote.and_then(|quote| rest.strip_prefix(quote)),
        ) {
            (Some(name), Some(quote), Some(rest)) => {
                out.pop();
                match quote {
                    '"' => out.push_str(&name),
                    _ => drop(write!(out, "'{}'", name.replace('\'', "''"))),
                }
                out.push_str(rest);
            }
            _ => {
                out.push(MARK);
                out.push_str(part);
            }
        }
    }
    out
}

/// The texts of the expressions in a definition, to be changed in place.
pub fn texts_of(schema: &mut TableSchema) -> impl Iterator<Item = &mut String> {
    let columns = schema.columns.iter_mut();
    let values = columns.flat_map(|column| {
        let default = column.default.iter_mut().map(|default| &mut default.sql);
        default.chain(&mut column.generated)
    });
    let checks = schema.checks.iter_mut().map(|check| &mut check.sql);
    let computed = (schema.indexes.iter_mut()).flat_map(|index| &mut index.computed);
    let computed = computed.flat_map(|key| key.parts.iter_mut().chain(&mut key.predicate));
    values.chain(checks).chain(computed)
}

/// What the expressions of a definition, or its query, name.
pub fn mentions(schema: &TableSchema) -> impl Iterator<Item = TableId> {
    let columns = schema.columns.iter();
    let values = columns.flat_map(|column| {
        let default = column.default.iter().map(|default| &default.sql);
        default.chain(&column.generated)
    });
    let checks = schema.checks.iter().map(|check| &check.sql);
    let computed = (schema.indexes.iter()).flat_map(|index| &index.computed);
    let computed = computed.flat_map(|key| key.parts.iter().chain(&key.predicate));
    let query = schema.view.iter().map(|view| &view.sql);
    let texts = values.chain(checks).chain(computed).chain(query);
    texts.flat_map(|text| mentions_in(text))
}

/// What an expression names.
pub fn mentions_in(text: &str) -> impl Iterator<Item = TableId> {
    text.split(MARK).skip(1).filter_map(id_of)
}

/// The id that a text begins with.
fn id_of(text: &str) -> Option<TableId> {
    let digits = text.find(|c: char| !c.is_ascii_digit());
    text[..digits.unwrap_or(text.len())]
        .parse()
        .ok()
        .map(TableId)
}
