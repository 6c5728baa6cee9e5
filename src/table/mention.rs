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
//! In the strings of who defines something that character is written as an escape, and elsewhere it is refused, so that
//! nothing of theirs is taken for an id. Texts of before that was so have the names; they are those of `public`. One of
//! them that has the character itself with a number behind it cannot be told apart: its value is what it was, but it is
//! shown as if the id were meant.

use crate::error::Result;
use crate::types::{TableId, TableSchema};
use std::fmt::Write;

/// What ids stand behind.
pub const MARK: char = '\u{1}';

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

/// Hands over the texts of the expressions in a definition, to be changed in place.
///
/// # Errors
/// The first that is answered.
pub fn each_text(
    schema: &mut TableSchema,
    change: &mut dyn FnMut(&mut String) -> Result<()>,
) -> Result<()> {
    for column in &mut schema.columns {
        if let Some(default) = &mut column.default {
            change(&mut default.sql)?;
        }
        if let Some(generated) = &mut column.generated {
            change(generated)?;
        }
    }
    for check in &mut schema.checks {
        change(&mut check.sql)?;
    }
    for index in &mut schema.indexes {
        if let Some(key) = &mut index.computed {
            for part in key.parts.iter_mut().chain(&mut key.predicate) {
                change(part)?;
            }
        }
    }
    Ok(())
}

/// What the expressions of a definition, or its query, name.
pub fn mentions(schema: &TableSchema) -> Vec<TableId> {
    let mut found = Vec::new();
    let mut look = |text: &str| {
        if text.contains(MARK) {
            found.extend(mentions_in(text));
        }
    };
    for column in &schema.columns {
        if let Some(default) = &column.default {
            look(&default.sql);
        }
        if let Some(generated) = &column.generated {
            look(generated);
        }
    }
    for check in &schema.checks {
        look(&check.sql);
    }
    for index in &schema.indexes {
        if let Some(key) = &index.computed {
            for part in key.parts.iter().chain(&key.predicate) {
                look(part);
            }
        }
    }
    if let Some(view) = &schema.view {
        look(&view.sql);
    }
    found
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
