//! Writes that read the past: INSERT … SELECT, UPDATE … FROM, DELETE … USING, CREATE TABLE AS.

use super::program::Program;
use super::state::{Column, Kind, Row, State, Table};
use std::collections::{BTreeMap, BTreeSet};

impl Program {
    /// A table as of a moment, and how the moment is said.
    fn some_past(&mut self) -> Option<(Table, String)> {
        if self.past.states.is_empty() {
            return None;
        }
        let seq = self.moment();
        let tables = self.past.states[seq as usize].tables.clone();
        let table = self.pick(&tables)?;
        Some((table, self.said(seq)))
    }

    /// A statement that writes to a table what the past says, and what it makes of the state.
    pub fn write_of_past(&mut self, table: &Table, next: &mut State) -> Option<String> {
        let to = next.by_id_mut(table.id).expect("it is of this state");
        match self.random.below(4) {
            0 => self.update_from(table, to),
            1 => self.delete_using(table, to),
            _ => self.insert_select(table, to),
        }
    }

    fn update_from(&mut self, table: &Table, to: &mut Table) -> Option<String> {
        let (old, said) = self.some_past()?;
        let others: Vec<(Column, Column)> = table.columns[1..]
            .iter()
            .flat_map(|own| old.columns.iter().map(move |other| (own, other)))
            .filter(|(own, other)| own.kind == other.kind)
            .map(|(own, other)| (own.clone(), other.clone()))
            .collect();
        let (own, other) = self.pick(&others)?;
        for row in to.rows.values_mut() {
            if let Some(before) = old.rows.values().find(|old| old.key() == row.key()) {
                row.set(own.id, before.cell(other.id));
            }
        }
        let name = &table.name;
        Some(format!(
            "UPDATE {name} AS t SET {} = o.{} FROM {} FOR SYSTEM_TIME AS OF {said} o WHERE o.id = t.id",
            own.name, other.name, old.name
        ))
    }

    fn delete_using(&mut self, table: &Table, to: &mut Table) -> Option<String> {
        let (old, said) = self.some_past()?;
        let condition = self.condition(&old);
        let rows = old.rows.values().filter(|row| condition.holds(row));
        let keys: BTreeSet<i64> = rows.map(Row::key).collect();
        to.rows.retain(|_, row| !keys.contains(&row.key()));
        let (name, other, by) = (&table.name, &old.name, &condition.sql);
        Some(match self.random.below(3) {
            0 => format!(
                "DELETE FROM {name} t USING (SELECT id FROM {other} FOR SYSTEM_TIME AS OF {said}{by}) o WHERE o.id = t.id"
            ),
            1 => format!(
                "DELETE FROM {name} WHERE id IN (SELECT id FROM {other} FOR SYSTEM_TIME AS OF {said}{by})"
            ),
            _ => format!(
                "WITH o AS (SELECT * FROM {other} FOR SYSTEM_TIME AS OF {said}{by}) DELETE FROM {name} t USING o WHERE o.id = t.id"
            ),
        })
    }

    fn insert_select(&mut self, table: &Table, to: &mut Table) -> Option<String> {
        let (old, said) = self.some_past()?;
        let condition = self.condition(&old);
        let mut sources = Vec::new();
        for column in &table.columns {
            let fits = |other: &&Column| match column.kind {
                Kind::Text => true,
                _ => other.kind != Kind::Text,
            };
            let all: Vec<Column> = old.columns.iter().filter(fits).cloned().collect();
            sources.push(match column.id {
                0 => old.columns.first().cloned(),
                _ => self.pick(&all).filter(|_| self.random.chance(80)),
            });
        }
        let leaves_known = self.random.chance(60);
        let known: BTreeSet<i64> = to.rows.values().map(Row::key).collect();
        for row in old.rows.values().filter(|row| condition.holds(row)) {
            if leaves_known && known.contains(&row.key()) {
                continue;
            }
            let mut new = Row::new(BTreeMap::new());
            for (column, source) in table.columns.iter().zip(&sources) {
                let value = source.as_ref().and_then(|source| row.cell(source.id));
                new.set(column.id, value);
            }
            to.rows.insert(self.new_row(), new);
        }
        let columns = table.columns.iter().zip(&sources);
        let columns = columns.map(|(column, source)| match (source, column.kind) {
            (None, _) => "NULL".to_string(),
            (Some(source), Kind::Text) => format!("{}::text", source.name),
            (Some(source), _) => source.name.clone(),
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        let (name, other, by) = (&table.name, &old.name, &condition.sql);
        let end = if leaves_known {
            " ON CONFLICT DO NOTHING"
        } else {
            ""
        };
        Some(match self.random.chance(30) {
            // The clause of the whole holds for what it reads.
            true if !leaves_known => {
                format!("INSERT INTO {name} SELECT {columns} FROM {other}{by} AS OF {said}")
            }
            _ => format!(
                "INSERT INTO {name} SELECT {columns} FROM {other} FOR SYSTEM_TIME AS OF {said}{by}{end}"
            ),
        })
    }

    /// CREATE TABLE AS, which gets its key in the same transaction.
    pub fn create_as(&mut self, name: &str, next: &mut State) -> Option<String> {
        let (old, said) = self.some_past()?;
        let condition = self.condition(&old);
        let id = self.new_id();
        let mut table = Table {
            id,
            name: name.to_string(),
            columns: Vec::new(),
            next_column: 0,
            gone: Vec::new(),
            rows: BTreeMap::new(),
            indexes: vec![(format!("key_{id}"), 0)],
            foreign: Vec::new(),
        };
        let sources: Vec<Column> = old
            .columns
            .iter()
            .take(1 + self.random.below(4))
            .cloned()
            .collect();
        for (at, source) in sources.iter().enumerate() {
            table.columns.push(Column {
                id: at as u32,
                name: source.name.clone(),
                kind: source.kind,
                replaced: Vec::new(),
                default: None,
            });
        }
        table.next_column = table.columns.len() as u32;
        for row in old.rows.values().filter(|row| condition.holds(row)) {
            let mut new = Row::new(BTreeMap::new());
            for (at, source) in sources.iter().enumerate() {
                new.set(at as u32, row.cell(source.id));
            }
            table.rows.insert(self.new_row(), new);
        }
        next.tables.push(table);
        let columns: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
        let sql = format!(
            "CREATE TABLE {name} AS SELECT {} FROM {} FOR SYSTEM_TIME AS OF {said}{}; \
             ALTER TABLE {name} ADD CONSTRAINT key_{id} PRIMARY KEY (id)",
            columns.join(", "),
            old.name,
            condition.sql
        );
        Some(match self.in_transaction {
            true => sql,
            false => format!("BEGIN; {sql}; COMMIT"),
        })
    }
}
