//! Whether two answers are the same, and which differences mean nothing.

use super::answer::{Answer, Refused, Rows};
use super::query::Statement;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Same,
    /// They differ in what neither the standard nor PostgreSQL's manual fixes.
    Open,
    /// What is asked for does not exist here, as the error says.
    Unsupported,
    Different,
}

pub fn compare(statement: &Statement, theirs: &Answer, ours: &Answer) -> Verdict {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => match same_rows(statement, theirs, ours) {
            true => Verdict::Same,
            false => Verdict::Different,
        },
        (Err(theirs), Err(ours)) if theirs.state == ours.state => Verdict::Same,
        (Err(theirs), Err(ours))
            if theirs.state.starts_with("42")
                && ours.state.starts_with("42")
                && !statement.has_one_error =>
        {
            // There may be several errors, and which one comes first is open.
            Verdict::Open
        }
        // Several values may be wrong, and any of them may be met first.
        (Err(theirs), Err(ours)) if is_of_a_value(theirs) && is_of_a_value(ours) => Verdict::Open,
        // An error inside PostgreSQL, which does not compare JSON with JSONB in a natural join.
        (Err(theirs), Err(_)) if theirs.state == "XX000" => Verdict::Open,
        (Err(theirs), Err(ours)) if is_constraint(&theirs.state) && is_constraint(&ours.state) => {
            Verdict::Open
        }
        // PostgreSQL computes what is constant even if there is no row to compute it for.
        (Err(theirs), Ok(ours)) if is_of_a_value(theirs) && ours.rows.is_empty() => Verdict::Open,
        (_, Err(ours)) if ours.state == "0A000" => Verdict::Unsupported,
        _ if is_open(theirs, statement) || is_open(ours, statement) => Verdict::Open,
        _ => Verdict::Different,
    }
}

/// Several rows may violate several constraints, and either is then the one to name.
fn is_constraint(state: &str) -> bool {
    state.starts_with("23")
}

/// An error of a value may come from a row or a part of an expression that need not be looked at: a condition
/// before or behind a join, an operand of AND.
fn is_open(answer: &Answer, statement: &Statement) -> bool {
    !statement.is_strict && answer.as_ref().is_err_and(is_of_a_value)
}

/// A subquery of more than one row, and what chr(0) gets, are such errors, too.
fn is_of_a_value(refused: &Refused) -> bool {
    // 0A000: a field that a date does not have.
    refused.state.starts_with("22") || ["21000", "54000", "0A000"].contains(&&*refused.state)
}

fn same_rows(statement: &Statement, theirs: &Rows, ours: &Rows) -> bool {
    if theirs.fields != ours.fields || theirs.affected != ours.affected {
        return false;
    }
    let in_order = |rows: &Rows| {
        let mut rows = rows.rows.clone();
        for row in &mut rows {
            for (cell, field) in row.iter_mut().zip(&theirs.fields) {
                *cell = cell.take().map(|cell| one_spelling(cell, field.oid));
            }
        }
        // With a LIMIT, an order picks among equals, too.
        if statement.picks_equals || statement.is_ordered {
            rows.iter_mut()
                .flatten()
                .flatten()
                .for_each(|cell| *cell = without_scale(cell));
        }
        if !statement.is_ordered {
            rows.sort();
        }
        rows
    };
    in_order(theirs) == in_order(ours)
}

/// PostgreSQL prints the shortest decimal that is nearer to a float than to its neighbours; what lies halfway and is
/// read as that float by the rule of even digits, it does not take, and we do. So floats are compared by their values.
fn one_spelling(cell: String, oid: u32) -> String {
    match oid {
        700 => cell.parse::<f32>().map_or(cell, |value| value.to_string()),
        701 => cell.parse::<f64>().map_or(cell, |value| value.to_string()),
        _ => cell,
    }
}

/// One spelling for all numbers that are equal: 1.50 as 1.5, -0 as 0. CHARs are equal without the blanks at their ends.
fn without_scale(cell: &str) -> String {
    let is_number = cell.contains('.')
        && cell
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
    match is_number {
        true => cell.trim_end_matches('0').trim_end_matches('.').to_string(),
        false if cell == "-0" => "0".to_string(),
        false => cell.trim_end_matches(' ').to_string(),
    }
}
