//! What a statement answered, in the form in which the two databases are compared.

/// Rows, or why there are none.
pub type Answer = Result<Rows, Refused>;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    pub fields: Vec<Field>,
    /// Values as text; `None` is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// Rows that an INSERT, UPDATE or DELETE touched.
    pub affected: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub name: String,
    pub oid: u32,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Refused {
    /// The SQLSTATE.
    pub state: String,
    pub message: String,
}

/// An answer for a reader, cut where it gets long.
pub fn show(answer: &Answer) -> String {
    match answer {
        Err(refused) => format!("{}: {}", refused.state, refused.message),
        Ok(rows) => {
            let fields: Vec<String> = rows
                .fields
                .iter()
                .map(|field| format!("{}:{}", field.name, field.oid))
                .collect();
            let mut lines = vec![format!(
                "{} ({} rows, {} affected)",
                fields.join(" "),
                rows.rows.len(),
                rows.affected
            )];
            let mut sorted = rows.rows.clone();
            sorted.sort();
            lines.extend(sorted.iter().take(12).map(|row| show_row(row)));
            lines.join("\n        ")
        }
    }
}

fn show_row(row: &[Option<String>]) -> String {
    let cells: Vec<&str> = row
        .iter()
        .map(|cell| cell.as_deref().unwrap_or("NULL"))
        .collect();
    cells.join(" | ")
}
