//! Definitions of foreign keys: with their tables, and by ALTER TABLE.

use super::foreign::{Action, Foreign};
use super::program::{Outcome, Program};
use super::state::{Cell, Column, Kind, State, Table};

impl Program {
    /// A foreign key of a column; nothing where it would be none.
    fn foreign_key(&mut self, state: &State, table: &Table, column: &Column) -> Option<Foreign> {
        let is_key = column.id == 0;
        // Keys that lead to keys do not lead back.
        let others = state.tables.iter().map(|other| other.id);
        let mut others: Vec<u32> = others.filter(|id| *id < table.id).collect();
        if !is_key {
            others.extend(state.tables.iter().map(|other| other.id));
            others.push(table.id);
        }
        if column.kind == Kind::Text || !column.replaced.is_empty() {
            return None;
        }
        // A key is never NULL.
        let actions = if is_key { 3 } else { 5 };
        let [on_delete, on_update] = [0, 1].map(|_| Action::ALL[self.random.below(actions)]);
        Some(Foreign {
            name: format!("foreign_{}", self.new_id()),
            column: column.id,
            table: self.pick(&others)?,
            on_delete,
            on_update,
            deferred: self.random.chance(20),
        })
    }

    /// Gives columns of a table that is being made defaults and foreign keys; what stands behind each of them.
    pub fn column_constraints(&mut self, table: &mut Table) -> Vec<String> {
        let mut all = vec![String::new(); table.columns.len()];
        for (at, own) in table.columns.clone().iter().enumerate() {
            let mut column = own.clone();
            if own.id != 0 && self.random.chance(25) {
                column.default = self.value(own.kind);
                all[at] = format!(" DEFAULT {}", Self::literal(&column.default, own.kind));
            }
            table.columns[at] = column;
            let often = if own.id == 0 { 10 } else { 45 };
            if !self.random.chance(often) {
                continue;
            }
            let state = self.now.clone();
            let Some(foreign) = self.foreign_key(&state, table, own) else {
                continue;
            };
            let target = match state.by_id(foreign.table) {
                Some(target) => target.name.clone(),
                None => table.name.clone(),
            };
            all[at] += &format!(
                " CONSTRAINT {} REFERENCES {target}{}",
                foreign.name,
                foreign.rest()
            );
            table.foreign.push(foreign);
        }
        all
    }

    /// Adds a foreign key, or drops one, or gives a column another default.
    pub fn alter_constraint(
        &mut self,
        table: &Table,
        next: &mut State,
    ) -> Option<(String, Outcome)> {
        let name = &table.name;
        let to = next.by_id_mut(table.id).expect("it is there");
        if self.random.chance(20) {
            let column = self.pick(&table.columns[1..])?;
            let at = to.columns.iter_mut().find(|own| own.id == column.id)?;
            // One that has changed its type is compared as text.
            let default = self.value(column.kind);
            at.default.clone_from(&default);
            let what = match (&default, self.random.chance(50)) {
                (None, true) => "DROP DEFAULT".to_string(),
                _ => format!("SET DEFAULT {}", Self::literal(&default, column.kind)),
            };
            let sql = format!("ALTER TABLE {name} ALTER {} {what}", column.name);
            return Some((sql, Ok(next.clone())));
        }
        if let Some(foreign) = self.pick(&table.foreign)
            && self.random.chance(45)
        {
            to.foreign.retain(|own| own.name != foreign.name);
            let sql = format!("ALTER TABLE {name} DROP CONSTRAINT {}", foreign.name);
            return Some((sql, Ok(next.clone())));
        }
        let leads = |column: &Column| table.foreign.iter().any(|key| key.column == column.id);
        let free: Vec<Column> = table
            .columns
            .iter()
            .filter(|c| !leads(c))
            .cloned()
            .collect();
        let column = self.pick(&free)?;
        let foreign = self.foreign_key(&self.now.clone(), table, &column)?;
        let target = &self.now.by_id(foreign.table)?.name;
        let sql = format!(
            "ALTER TABLE {name} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {target} (id){}",
            foreign.name,
            column.name,
            foreign.rest()
        );
        to.foreign.push(foreign.clone());
        let outcome = match next.leads(table.id, &foreign) {
            true => Ok(next.clone()),
            false => Err("23503"),
        };
        Some((sql, outcome))
    }

    /// DROP TABLE, with what leads to it or not.
    pub fn drop_table(&mut self, table: &Table, next: &mut State) -> (String, Outcome) {
        let others = next.referencing(table.id);
        let is_needed = others.iter().any(|(child, _)| *child != table.id)
            || table
                .columns
                .iter()
                .any(|column| next.is_used_by_view(table.id, column.id));
        next.drop_table(table.id);
        match self.random.chance(70) {
            true => (
                format!("DROP TABLE {} CASCADE", table.name),
                Ok(next.clone()),
            ),
            false => {
                let outcome = if is_needed {
                    Err("2BP01")
                } else {
                    Ok(next.clone())
                };
                (format!("DROP TABLE {}", table.name), outcome)
            }
        }
    }

    /// TRUNCATE looks at no row: what leads there goes with it, or it is an error.
    pub fn truncate(&mut self, table: &Table) -> (String, Outcome) {
        let mut next = self.now.clone();
        let mut reached = vec![table.id];
        let mut at = 0;
        while let Some(id) = reached.get(at).copied() {
            at += 1;
            for (child, _) in next.referencing(id) {
                if !reached.contains(&child) {
                    reached.push(child);
                }
            }
        }
        for id in &reached {
            next.by_id_mut(*id).expect("it is there").rows.clear();
        }
        let name = &table.name;
        match self.random.chance(50) {
            true => (format!("TRUNCATE {name} CASCADE"), Ok(next)),
            false if reached.len() > 1 => (format!("TRUNCATE {name}"), Err("0A000")),
            false => (format!("TRUNCATE {name}"), Ok(next)),
        }
    }

    /// A value for a column of a new row: mostly one that leads somewhere.
    pub fn leading_value(&mut self, table: &Table, column: &Column) -> Cell {
        let foreign = table.foreign.iter().find(|key| key.column == column.id);
        if let Some(foreign) = foreign
            && self.random.chance(70)
            && let Some(target) = self.now.by_id(foreign.table)
        {
            let keys: Vec<Cell> = target.rows.values().map(|row| row.cell(0)).collect();
            if let Some(key) = self.pick(&keys) {
                return key;
            }
        }
        match column.id {
            0 => Some(self.random.below(super::program::KEYS).to_string()),
            _ => self.value(column.kind),
        }
    }
}
