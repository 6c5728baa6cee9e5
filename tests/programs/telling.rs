//! What the functions tell of the past: history, diff, blame, commits.

use super::program::{KEYS, Program};
use super::question::{Expected, Rows, number};
use super::state::{Cell, Row, State, Table, Version};
use std::collections::BTreeSet;

fn list<'a>(names: impl Iterator<Item = &'a String>) -> Cell {
    let quoted: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    Some(format!("[{}]", quoted.join(", ")))
}

impl Program {
    /// All versions under a key, and what took rows from under it.
    pub fn history(&mut self) -> Option<(String, Expected)> {
        let table = self.table_of_present()?;
        let key = self.random.below(KEYS) as i64;
        let names: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        let sql = format!(
            "SELECT seq, op, changed, until_seq, {} FROM history('{}', {key})",
            names.join(", "),
            table.name
        );
        let versions = self.past.versions(table.id);
        let mut rows = Rows::new();
        let told = |seq: u64, op: &str, changed: Cell, until: Option<u64>, values: Vec<Cell>| {
            let head = [
                number(seq),
                Some(op.to_string()),
                changed,
                until.map(|end| end.to_string()),
            ];
            head.into_iter().chain(values).collect::<Vec<Cell>>()
        };
        // One that took the place of another changed where either has another value.
        let changed = |one: &Version, other: &Version| {
            let differs = |id: &u32| one.values.cell(*id) != other.values.cell(*id);
            let columns = table.columns.iter();
            let other = columns.filter(|c| differs(&c.id) || c.replaced.iter().any(differs));
            list(other.map(|column| &column.name))
        };
        let all = |row: &Row| {
            table
                .columns
                .iter()
                .map(|column| row.any_cell(column))
                .collect()
        };
        for version in versions.iter() {
            let before = versions
                .iter()
                .find(|v| v.row == version.row && v.end == Some(version.start));
            let after = versions
                .iter()
                .find(|v| v.row == version.row && Some(v.start) == version.end);
            if version.values.key() != key {
                continue;
            }
            let (op, names) = match before {
                Some(before) => ("UPDATE", changed(before, version)),
                None => (
                    "INSERT",
                    list(table.columns.iter().map(|column| &column.name)),
                ),
            };
            rows.push(told(
                version.start,
                op,
                names,
                version.end,
                all(version.values),
            ));
            let Some(end) = version.end else { continue };
            let again = versions
                .iter()
                .filter(|v| v.values.key() == key && v.start >= end);
            let again = again.map(|v| v.start).min();
            match after {
                Some(after) if after.values.key() == key => {}
                Some(after) => {
                    let values = all(after.values);
                    rows.push(told(end, "UPDATE", changed(version, after), again, values));
                }
                None => {
                    let nothing = vec![None; table.columns.len()];
                    rows.push(told(end, "DELETE", list([].iter()), again, nothing));
                }
            }
        }
        Some((sql, Ok(rows)))
    }

    pub fn difference(&mut self) -> Option<(String, Expected)> {
        let (a, b) = (self.moment(), self.moment());
        let [old, new] = [a, b].map(|seq| self.past.states[seq as usize].clone());
        let all: Vec<Table> = new
            .tables
            .iter()
            .filter(|new| old.by_id(new.id).is_some())
            .cloned()
            .collect();
        let new = self.pick(&all)?;
        let old = old.by_id(new.id)?;
        let ids: BTreeSet<u64> = old.rows.keys().chain(new.rows.keys()).copied().collect();
        let mut rows = Rows::new();
        for id in ids {
            let (was, is) = (old.rows.get(&id), new.rows.get(&id));
            let changed = new.columns.iter().filter(|column| match (was, is) {
                (Some(was), Some(is)) => {
                    let before = old.column(column.id).and_then(|_| was.cell(column.id));
                    before != is.cell(column.id)
                }
                (None, Some(_)) => true,
                _ => false,
            });
            let changed: Vec<&String> = changed.map(|column| &column.name).collect();
            let op = match (was, is) {
                (Some(_), Some(_)) if changed.is_empty() => continue,
                (Some(_), Some(_)) => "UPDATE",
                (None, _) => "INSERT",
                _ => "DELETE",
            };
            let values = |table: &Table, row: Option<&Row>| match row {
                Some(row) => table.values(row),
                None => vec![None; table.columns.len()],
            };
            let mut row = vec![Some(op.to_string())];
            row.extend(values(&new, is));
            row.push(list(changed.into_iter()));
            row.extend(values(old, was));
            rows.push(row);
        }
        let (from, to) = (self.said(a), self.said(b));
        Some((
            format!("SELECT * FROM diff('{}', {from}, {to})", new.name),
            Ok(rows),
        ))
    }

    pub fn blame(&mut self) -> Option<(String, Expected)> {
        let table = self.table_of_present()?;
        let sql = format!("SELECT id, column_name, seq FROM blame('{}')", table.name);
        let versions = self.past.versions(table.id);
        let mut rows = Rows::new();
        for (id, row) in &table.rows {
            for column in &table.columns {
                let (mut since, value) = (row.start, row.cell(column.id));
                while let Some(before) = versions.iter().find(|v| v.row == *id && v.end == since)
                    && before.values.cell(column.id) == value
                {
                    since = Some(before.start);
                }
                rows.push(vec![
                    number(row.key()),
                    Some(column.name.clone()),
                    since.map(|seq| seq.to_string()),
                ]);
            }
        }
        Some((sql, Ok(rows)))
    }

    pub fn commits(&mut self) -> Option<(String, Expected)> {
        let (a, b) = (self.moment(), self.moment());
        let nothing = State::default();
        let rows = (a..=b).map(|seq| {
            let before = seq
                .checked_sub(1)
                .map_or(&nothing, |seq| &self.past.states[seq as usize]);
            let names = self.past.states[seq as usize].differing(before);
            vec![number(seq), number(names.len()), list(names.iter())]
        });
        let rows = rows.collect();
        let (from, to) = (self.said(a), self.said(b));
        let sql = format!(
            "SELECT seq, jsonb_array_length(tables), (SELECT jsonb_agg(x ORDER BY x) FROM jsonb_array_elements_text(tables) x) FROM commits({from}, {to}) WHERE seq >= 0"
        );
        let rows: Rows = rows;
        let rows = rows.into_iter().map(|mut row| {
            if row[1].as_deref() == Some("0") {
                row[2] = None;
            }
            row
        });
        Some((sql, Ok(rows.collect())))
    }
}
