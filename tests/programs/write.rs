//! Writes to rows: in SQL, and in the copy that the transaction works on.

use super::program::Program;
use super::state::{Row, Table};
use std::collections::BTreeMap;

impl Program {
    pub fn write(&mut self) {
        let Some(table) = self.pick(&self.now.tables.clone()) else {
            return;
        };
        let mut next = self.now.clone();
        let to = next.by_id_mut(table.id).expect("it is of this state");
        let name = &table.name;
        let column = match self.random.below(table.columns.len().max(2) - 1) + 1 {
            at if at < table.columns.len() => table.columns[at].clone(),
            _ => table.columns[0].clone(),
        };
        let is_key = column.id == 0;
        let sql = match self.random.below(20) {
            0..7 => self.insert(&table, to, false),
            7 => self.insert(&table, to, true),
            8..12 if !is_key => {
                let condition = self.condition(&table);
                let value = self.leading_value(&table, &column);
                for row in to.rows.values_mut().filter(|row| condition.holds(row)) {
                    row.set(column.id, value.clone());
                }
                let value = Self::literal(&value, column.kind);
                format!(
                    "UPDATE {name} SET {} = {value}{}",
                    column.name, condition.sql
                )
            }
            12 | 13 => {
                let condition = self.condition(&table);
                let by = self.random.below(3);
                for row in to.rows.values_mut().filter(|row| condition.holds(row)) {
                    row.set(0, Some((row.key() + by as i64).to_string()));
                }
                format!("UPDATE {name} SET id = id + {by}{}", condition.sql)
            }
            14 | 15 => match self.write_of_past(&table, &mut next) {
                Some(sql) => sql,
                None => return,
            },
            16 if self.random.chance(25) => {
                let (sql, outcome) = self.truncate(&table);
                self.change(&sql, outcome);
                return;
            }
            _ => {
                let condition = self.condition(&table);
                to.rows.retain(|_, row| !condition.holds(row));
                format!("DELETE FROM {name}{}", condition.sql)
            }
        };
        if let Some(outcome) = self.settled(next) {
            self.change(&sql, outcome);
        }
    }

    /// Some rows, of which one may be there already: an error, or else changed.
    fn insert(&mut self, table: &Table, to: &mut Table, or_update: bool) -> String {
        let mut tuples = Vec::new();
        let mut keys = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let key = self.leading_value(table, &table.columns[0]);
            let key = key.expect("a key is a number");
            if keys.contains(&key) && or_update {
                continue;
            }
            keys.push(key.clone());
            let mut row = Row::new(BTreeMap::from([(0, key)]));
            let mut tuple = vec![row.cells[&0].clone()];
            for column in &table.columns[1..] {
                let value = self.leading_value(table, column);
                tuple.push(Self::literal(&value, column.kind));
                row.set(column.id, value);
            }
            tuples.push(format!("({})", tuple.join(", ")));
            let known = to.rows.values_mut().find(|known| known.key() == row.key());
            match known.filter(|_| or_update) {
                Some(known) => {
                    for column in &table.columns {
                        known.set(column.id, row.cell(column.id));
                    }
                }
                None => drop(to.rows.insert(self.new_row(), row)),
            }
        }
        let insert = format!("INSERT INTO {} VALUES {}", table.name, tuples.join(", "));
        let own = table.columns.iter();
        let set: Vec<String> =
            (own.map(|column| format!("{0} = excluded.{0}", column.name))).collect();
        match or_update {
            true => format!("{insert} ON CONFLICT (id) DO UPDATE SET {}", set.join(", ")),
            false => insert,
        }
    }
}
