//! RESTORE, UNDO and REDO, as they are said to be.

use super::program::{Outcome, Program};
use super::state::{Cell, Column, Kind, Row, State, Table};
use std::collections::{BTreeMap, BTreeSet};

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
                // Without the first commit there is no schema.
                if seq == 0 {
                    return;
                }
                (format!("{verb} COMMIT {seq}{word}"), self.undo(seq, policy))
            }
        };
        let outcome = match outcome {
            Ok(direct) => Some(direct.held()),
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
            None => self.back_alone(&before, then, |row| condition.holds(row), &mut next),
        };
        (sql, outcome.map(|()| next))
    }

    /// A table that was dropped, with those that its keys lead to and that lead back to it.
    fn back_alone(
        &mut self,
        before: &Table,
        then: &State,
        is_meant: impl Fn(&Row) -> bool,
        next: &mut State,
    ) -> Result<(), &'static str> {
        let reached = |from: u32| {
            let (mut reached, mut left) = (BTreeSet::new(), vec![from]);
            while let Some(own) = left.pop().and_then(|id| then.by_id(id)) {
                let keys = own.foreign.iter().map(|key| key.table);
                let gone = keys.filter(|id| self.now.by_id(*id).is_none());
                left.extend(gone.filter(|id| reached.insert(*id)));
            }
            reached
        };
        let mut circle = reached(before.id);
        circle.retain(|other| reached(*other).contains(&before.id));
        circle.insert(before.id);
        let mut is_whole = true;
        for id in circle.iter().copied() {
            let own = then.by_id(id).expect("it was there");
            let mut table = again(own, self.past.last_of(id, next));
            for key in &mut table.foreign {
                let named = || next.table(&then.by_id(key.table)?.name);
                let parent = self
                    .now
                    .by_id(key.table)
                    .or_else(named)
                    .map(|table| table.id);
                match parent.filter(|_| !circle.contains(&key.table)) {
                    Some(parent) => key.table = parent,
                    None => is_whole &= circle.contains(&key.table),
                }
            }
            let rows = own.rows.iter();
            let rows = rows.filter(|(_, row)| id != before.id || is_meant(row));
            for (row, values) in rows {
                put(&mut table, *row, Some(own.values(values)), false);
            }
            next.tables.push(table);
        }
        next.definitions = self.new_id().into();
        match (next.has_own_names(), is_whole) {
            (false, _) => Err("42P07"),
            (_, false) => Err("2BP01"),
            _ => Ok(()),
        }
    }

    fn restore_all(&mut self, then: &State) -> Outcome {
        let now = &self.now;
        let mut next = State {
            tags: now.tags.clone(),
            tagged: now.tagged,
            tables: Vec::new(),
            ..then.clone()
        };
        for own in &then.tables {
            let known = now.by_id(own.id);
            let mut table = again(own, self.past.last_of(own.id, now));
            table.rows = known.map(|known| known.rows.clone()).unwrap_or_default();
            let is_back = known.is_some_and(|known| gives_back(known, &table));
            let ids: Vec<u64> = own.rows.keys().chain(table.rows.keys()).copied().collect();
            for id in ids {
                let values = own.rows.get(&id).map(|row| own.values(row));
                put(&mut table, id, values, is_back);
            }
            next.tables.push(table);
        }
        next.definitions = self.new_id().into();
        Ok(next)
    }
}

/// A definition of before, over rows that have had another.
pub fn again(table: &Table, last: Table) -> Table {
    let mut again = table.clone();
    again.next_column = again.next_column.max(last.next_column);
    again.rows.clear();
    for column in &mut again.columns {
        // Those that it replaced, and those that replaced it since.
        let is_kin = |own: &&Column| own.id == column.id || own.replaced.contains(&column.id);
        for other in last.columns.iter().chain(&last.gone).filter(is_kin) {
            for id in other.replaced.iter().chain([&other.id]) {
                if *id != column.id && !column.replaced.contains(id) {
                    column.replaced.push(*id);
                }
            }
        }
    }
    let is_gone = |own: &Column| !again.columns.iter().any(|column| column.is_kin(own));
    let gone = last.gone.into_iter().chain(last.columns);
    again.gone = gone.filter(is_gone).collect();
    again
}

/// Whether values go back to columns whose place others had.
pub fn gives_back(now: &Table, to: &Table) -> bool {
    let mut columns = to.columns.iter();
    columns.any(|column| {
        let mut known = now.columns.iter().chain(&now.gone);
        now.column(column.id).is_none()
            && known.any(|own| own.id != column.id && own.replaced.contains(&column.id))
    })
}

/// A value as one of another type.
pub fn cast(value: Cell, kind: Kind) -> Result<Cell, &'static str> {
    match (&value, kind) {
        (Some(text), Kind::Integer | Kind::BigInt) if text.parse::<i64>().is_err() => Err("22P02"),
        _ => Ok(value),
    }
}

/// The rows of a table as they were, where the condition holds then or now.
fn restored(
    before: &Table,
    now: &Table,
    is_meant: impl Fn(&Row) -> bool,
) -> Result<BTreeMap<u64, Row>, &'static str> {
    let mut to = now.clone();
    let ids: BTreeSet<u64> = before.rows.keys().chain(now.rows.keys()).copied().collect();
    for id in ids {
        let then = match before.rows.get(&id) {
            Some(then) => {
                let mut row = Row::new(BTreeMap::new());
                for column in &now.columns {
                    let own = match now.rows.get(&id) {
                        Some(row) => row.cell(column.id),
                        None => column.default.clone(),
                    };
                    let kin = |other: &&Column| column.is_kin(other);
                    let value = match before.columns.iter().find(kin) {
                        Some(held) => cast(then.cell(held.id), column.kind)?,
                        None => own,
                    };
                    row.set(column.id, value);
                }
                Some(row)
            }
            None => None,
        };
        let sides = [then.as_ref(), now.rows.get(&id)];
        if sides.into_iter().flatten().any(&is_meant) {
            put(&mut to, id, then.map(|row| now.values(&row)), false);
        }
    }
    Ok(to.rows)
}

/// Gives a row other values, if they are others or that is to be done anyway.
pub fn put(table: &mut Table, id: u64, wanted: Option<Vec<Cell>>, anyway: bool) {
    let known = table.rows.get(&id);
    let now = known.map(|row| table.values(row));
    if now == wanted && (now.is_none() || !anyway) {
        return;
    }
    let Some(values) = wanted else {
        table.rows.remove(&id);
        return;
    };
    // Columns that are no more keep what they held, but not what now lies elsewhere.
    let mut cells = known.map(|row| row.cells.clone()).unwrap_or_default();
    cells.retain(|id, _| {
        table
            .columns
            .iter()
            .all(|column| !column.replaced.contains(id))
    });
    let mut row = Row::new(cells);
    // All of it is set.
    for (column, value) in table.columns.iter().zip(values) {
        row.set(column.id, value);
    }
    table.rows.insert(id, row);
}
