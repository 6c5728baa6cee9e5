//! RESTORE, UNDO and REDO, as they are said to be.

use super::foreign::Foreign;
use super::program::{Outcome, Program};
use super::state::{Cell, Column, Row, State, Table};
use std::collections::BTreeMap;

impl Program {
    pub fn bring_back(&mut self) {
        // In a transaction that has written, tables are not restored.
        if self.past.states.is_empty() || self.is_used {
            return;
        }
        let seq = self.moment();
        let then = self.past.states[seq as usize].clone();
        let (sql, outcome) = match self.random.below(10) {
            0..5 => {
                let all: Vec<Table> = then
                    .tables
                    .iter()
                    .chain(&self.now.tables)
                    .cloned()
                    .collect();
                let Some(table) = self.pick(&all) else { return };
                self.restore_table(&table.name, seq, &then)
            }
            5 | 6 => {
                let said = self.said(seq);
                (
                    format!("RESTORE DATABASE TO {said}"),
                    self.restore_all(&then),
                )
            }
            _ => {
                let policy = self.random.below(3);
                let word = ["", " SKIP", " FORCE"][policy];
                let verb = ["UNDO", "REDO"][self.random.below(2)];
                (format!("{verb} COMMIT {seq}{word}"), self.undo(seq, policy))
            }
        };
        let outcome = match outcome {
            Ok(direct) => self.settled(direct),
            refused => Some(refused),
        };
        if let Some(outcome) = outcome {
            self.change(&sql, outcome);
        }
    }

    fn restore_table(&mut self, name: &str, seq: u64, then: &State) -> (String, Outcome) {
        let said = self.said(seq);
        let mut sql = format!("RESTORE TABLE {name} TO {said}");
        let mut next = self.now.clone();
        if next.view(name).is_some() {
            return (sql, Err("42809"));
        }
        let before = match (next.table(name), then.table(name)) {
            // What has the name now did not exist, or was called otherwise.
            (Some(now), _) => then.by_id(now.id).cloned().ok_or("42P01"),
            (None, before) => before.cloned().ok_or("42P01"),
        };
        let before = match (before, next.table(name), then.table(name)) {
            (Ok(before), ..) => before,
            (Err(_), Some(_), Some(_)) => return (sql, Err("42P07")),
            (Err(state), ..) => return (sql, Err(state)),
        };
        let now = next.by_id(before.id).cloned();
        let condition = self.condition(now.as_ref().unwrap_or(&before));
        sql += &condition.sql;
        let outcome = match now {
            Some(now) => {
                let rows = restored(&before, &now, |row| condition.holds(row));
                rows.and_then(|rows| {
                    let to = next.by_id_mut(now.id).expect("it is there");
                    to.rows = rows;
                    match to.is_unique() {
                        true => Ok(()),
                        false => Err("23505"),
                    }
                })
            }
            None => {
                let rows = before.rows.values().filter(|row| condition.holds(row));
                let rows = rows.cloned().collect();
                let again = BTreeMap::from([(before.id, self.new_id())]);
                let leading = self.leading_again(&before, then, &again);
                leading.and_then(|foreign| {
                    let before = Table { foreign, ..before };
                    self.make_again(&before, again[&before.id], rows, &mut next)
                })
            }
        };
        (sql, outcome.map(|()| next))
    }

    /// The foreign keys of a table that is made again, `again` with others: to what has the place of those to which they led.
    fn leading_again(
        &self,
        before: &Table,
        then: &State,
        again: &BTreeMap<u32, u32>,
    ) -> Result<Vec<Foreign>, &'static str> {
        let mut keys = before.foreign.clone();
        for key in &mut keys {
            let named = || self.now.table(&then.by_id(key.table)?.name);
            let now = self.now.by_id(key.table).or_else(named);
            let now = again.get(&key.table).copied().or(now.map(|now| now.id));
            key.table = now.ok_or("0A000")?;
        }
        Ok(keys)
    }

    /// A table that was dropped, as another one of the same name.
    fn make_again(
        &mut self,
        before: &Table,
        id: u32,
        rows: Vec<Row>,
        next: &mut State,
    ) -> Result<(), &'static str> {
        let mut taken = next.tables.iter().flat_map(|table| &table.indexes);
        let is_taken = taken.any(|(name, _)| before.indexes.iter().any(|(own, _)| own == name));
        if is_taken || !next.is_free(&before.name) {
            return Err("42P07");
        }
        let mut table = Table {
            id,
            rows: BTreeMap::new(),
            ..before.clone()
        };
        for row in rows {
            let cells = before
                .columns
                .iter()
                .filter_map(|c| Some((c.id, row.cell(c.id)?)));
            let row = Row::new(cells.collect());
            table.rows.insert(self.new_row(), row);
        }
        next.definitions = id.into();
        next.tables.push(table);
        Ok(())
    }

    fn restore_all(&mut self, then: &State) -> Outcome {
        let mut next = self.now.clone();
        for table in self.now.tables.clone() {
            if then.by_id(table.id).is_none() {
                next.drop_table(table.id);
                next.definitions = self.new_id().into();
            }
        }
        for before in &then.tables {
            if let Some(to) = next.by_id_mut(before.id) {
                to.rows = restored(before, &to.clone(), |_| true)?;
            }
        }
        let mut again = BTreeMap::new();
        for before in &then.tables {
            if self.now.by_id(before.id).is_none() {
                again.insert(before.id, self.new_id());
            }
        }
        for before in &then.tables {
            let Some(id) = again.get(&before.id) else {
                continue;
            };
            let foreign = self.leading_again(before, then, &again)?;
            let rows = before.rows.values().cloned().collect();
            let before = Table {
                foreign,
                ..before.clone()
            };
            self.make_again(&before, *id, rows, &mut next)?;
        }
        Ok(next)
    }

    fn undo(&mut self, seq: u64, policy: usize) -> Outcome {
        let Some(before) = seq.checked_sub(1) else {
            return Err("0A000");
        };
        let (before, after) = (
            &self.past.states[before as usize],
            &self.past.states[seq as usize],
        );
        if (before.definitions, before.tagged) != (after.definitions, after.tagged) {
            return Err("0A000");
        }
        let mut next = self.now.clone();
        let (mut conflicts, mut is_unique) = (false, true);
        for (old, new) in before.tables.iter().zip(&after.tables) {
            if old.rows == new.rows {
                continue;
            }
            let shape = |table: &Table| -> Vec<(u32, super::state::Kind)> {
                table.columns.iter().map(|c| (c.id, c.kind)).collect()
            };
            let Some(now) = next
                .by_id_mut(new.id)
                .filter(|now| shape(now) == shape(new))
            else {
                return Err("DT005");
            };
            let ids: Vec<u64> = old.rows.keys().chain(new.rows.keys()).copied().collect();
            for id in ids {
                let state = |table: &Table| table.rows.get(&id).map(|row| table.values(row));
                let (was, became, is) = (state(old), state(new), state(now));
                let (wanted, conflict) = reversed(&was, &became, &is, policy);
                conflicts |= conflict;
                put(now, id, wanted);
            }
            is_unique &= now.is_unique();
        }
        match (conflicts && policy == 0, is_unique) {
            (true, _) => Err("DT005"),
            (_, false) => Err("23505"),
            _ => Ok(next),
        }
    }
}

/// The rows of a table as they were, where the condition holds then or now.
fn restored(
    before: &Table,
    now: &Table,
    is_meant: impl Fn(&Row) -> bool,
) -> Result<BTreeMap<u64, Row>, &'static str> {
    let is_new = |column: &&Column| before.column(column.id).is_none();
    if now
        .columns
        .iter()
        .filter(is_new)
        .any(|column| !column.replaced.is_empty())
    {
        return Err("0A000");
    }
    let mut to = now.clone();
    let ids: Vec<u64> = before.rows.keys().chain(now.rows.keys()).copied().collect();
    for id in ids {
        let then = before.rows.get(&id).map(|then| {
            let mut row = Row::new(BTreeMap::new());
            for column in &now.columns {
                let own = now.rows.get(&id).and_then(|row| row.cell(column.id));
                let value = match before.column(column.id) {
                    Some(_) => then.cell(column.id),
                    None => own,
                };
                row.set(column.id, value);
            }
            row
        });
        let sides = [then.as_ref(), now.rows.get(&id)];
        if sides.into_iter().flatten().any(&is_meant) {
            put(&mut to, id, then.map(|row| now.values(&row)));
        }
    }
    Ok(to.rows)
}

/// Gives a row other values, if they are others.
fn put(table: &mut Table, id: u64, wanted: Option<Vec<Cell>>) {
    let now = table.rows.get(&id).map(|row| table.values(row));
    if now == wanted {
        return;
    }
    let Some(values) = wanted else {
        table.rows.remove(&id);
        return;
    };
    let mut row = Row::new(BTreeMap::new());
    // All of it is set.
    for (column, value) in table.columns.iter().zip(values) {
        row.set(column.id, value);
    }
    table.rows.insert(id, row);
}

type Values = Option<Vec<Cell>>;

/// What a row were had a commit not been, and whether it changed again since.
fn reversed(was: &Values, became: &Values, is: &Values, policy: usize) -> (Values, bool) {
    if was == became || is == was {
        return (is.clone(), false);
    }
    if let (Some(was), Some(became), Some(is)) = (was, became, is) {
        let mut conflict = false;
        let cells = (0..is.len()).map(|at| {
            let touched = was[at] != became[at];
            if !touched || is[at] == was[at] {
                return is[at].clone();
            }
            let again = is[at] != became[at];
            conflict |= again;
            match again && policy < 2 {
                true => is[at].clone(),
                false => was[at].clone(),
            }
        });
        let cells = cells.collect();
        return (Some(cells), conflict);
    }
    match is == became || policy == 2 {
        true => (was.clone(), is != became),
        false => (is.clone(), true),
    }
}
