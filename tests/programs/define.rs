//! Definitions: tables, columns, indexes, views and tags, made, altered and dropped.

use super::program::Program;
use super::state::{Column, Kind, Materialized, State, Table, View};
use std::collections::BTreeMap;

const TABLES: [&str; 5] = ["a", "b", "c", "z.d", "z.e"];
const COLUMNS: [&str; 4] = ["p", "q", "r", "s"];

impl Program {
    /// What the first commit makes.
    pub fn define_schema(&mut self) {
        let mut next = self.now.clone();
        next.has_schema = true;
        self.change("CREATE SCHEMA z", Ok(next));
    }

    pub fn define(&mut self, table_only: bool) {
        let mut next = self.now.clone();
        next.definitions = self.next_id.into();
        let free: Vec<&str> = TABLES
            .into_iter()
            .filter(|name| next.is_free(name))
            .collect();
        let free = self.pick(&free);
        let tables = next.tables.clone();
        let table = self.pick(&tables);
        self.next_id += 1;
        let number = self.next_id;
        next.definitions = u64::from(number);
        let kinds = [Kind::Integer, Kind::BigInt, Kind::Text];
        let sql = match (self.random.below(27), table, free) {
            (choice, table, Some(name)) if table_only || choice < 2 || table.is_none() => {
                let mut columns = vec![Column {
                    id: 0,
                    name: "id".to_string(),
                    kind: Kind::Integer,
                    replaced: Vec::new(),
                    default: None,
                }];
                for (at, name) in COLUMNS.iter().take(self.random.below(4)).enumerate() {
                    columns.push(Column {
                        id: at as u32 + 1,
                        name: name.to_string(),
                        kind: kinds[self.random.below(3)],
                        replaced: Vec::new(),
                        default: None,
                    });
                }
                let index = format!("key_{number}");
                let mut table = Table {
                    id: number,
                    name: name.to_string(),
                    next_column: columns.len() as u32,
                    gone: Vec::new(),
                    columns,
                    rows: BTreeMap::new(),
                    indexes: vec![(index, 0)],
                    foreign: Vec::new(),
                };
                let constraints = self.column_constraints(&mut table);
                let list = table.columns.iter().zip(constraints);
                let list = list.map(|(c, rest)| match c.id {
                    0 => format!("id integer CONSTRAINT key_{number} PRIMARY KEY{rest}"),
                    _ => format!("{} {}{rest}", c.name, c.kind.name()),
                });
                let list = list.collect::<Vec<_>>().join(", ");
                next.tables.push(table);
                format!("CREATE TABLE {name} ({list})")
            }
            (2, _, Some(name)) => match self.create_as(name, &mut next) {
                Some(sql) => sql,
                None => return,
            },
            (3, Some(table), _) => {
                let (sql, outcome) = self.drop_table(&table, &mut next);
                return self.change(&sql, outcome);
            }
            (24.., Some(table), _) => {
                let Some((sql, outcome)) = self.alter_constraint(&table, &mut next) else {
                    return;
                };
                return self.change(&sql, outcome);
            }
            (4, Some(table), Some(name)) => {
                // Within its schema.
                let within = |name: &str| name.split_once('.').map(|(schema, _)| schema.len());
                if within(name) != within(&table.name) {
                    return;
                }
                let to = next.by_id_mut(table.id).expect("it is there");
                to.name = name.to_string();
                let name = name.strip_prefix("z.").unwrap_or(name);
                format!("ALTER TABLE {} RENAME TO {name}", table.name)
            }
            (5 | 6, Some(_), _) if !self.past.states.is_empty() => {
                next.tagged = u64::from(self.next_id);
                let (tag, seq) = (
                    ["first", "second", "third"][self.random.below(3)],
                    self.moment(),
                );
                if next.tags.contains_key(tag) {
                    next.tags.remove(tag);
                    format!("DROP TAG {tag}")
                } else {
                    let said = self.said(seq);
                    next.tags.insert(tag.to_string(), seq);
                    format!("CREATE TAG {tag} AS OF {said}")
                }
            }
            (7 | 8, Some(table), _) => match self.define_view(&table, &mut next) {
                Some(sql) => sql,
                None => return,
            },
            (20.., Some(table), _) => match self.define_materialized(&table, &mut next) {
                Some(sql) => sql,
                None => return,
            },
            (_, Some(table), _) => match self.alter(&table, &mut next) {
                Some(sql) => sql,
                None => return,
            },
            _ => return,
        };
        self.change(&sql, Ok(next));
    }

    fn define_view(&mut self, table: &Table, next: &mut State) -> Option<String> {
        let known = next.view("v").cloned();
        let column = self.pick(&table.columns[1..])?;
        let above = self.random.below(4) as i64;
        match known {
            None => {
                let query = format!(
                    "SELECT id, {} FROM {} WHERE id > {above}",
                    column.name, table.name
                );
                let sql = format!("CREATE VIEW v (id, x) AS {query}");
                next.views.push(View {
                    name: "v".to_string(),
                    table: table.id,
                    column: column.id,
                    above,
                    definition: next.definitions,
                    query,
                });
                Some(sql)
            }
            Some(view) if self.random.chance(60) => {
                let of = next.by_id(view.table).expect("a view goes with its table");
                let column = of
                    .column(view.column)
                    .expect("a view's column stays")
                    .name
                    .clone();
                let name = of.name.clone();
                let query = format!("SELECT id, {column} FROM {name} WHERE id > {above}");
                let sql = format!("CREATE OR REPLACE VIEW v (id, x) AS {query}");
                next.views[0].above = above;
                next.views[0].query = query;
                Some(sql)
            }
            Some(_) => {
                next.views.clear();
                Some("DROP VIEW v".to_string())
            }
        }
    }

    fn define_materialized(&mut self, table: &Table, next: &mut State) -> Option<String> {
        let number = next.definitions;
        let Some(mut kept) = next.materialized.take() else {
            let column = self.pick(&table.columns[1..])?;
            let above = self.random.below(4) as i64;
            let query = format!(
                "SELECT id, {} FROM {} WHERE id > {above}",
                column.name, table.name
            );
            let sql = format!("CREATE MATERIALIZED VIEW m (id, x) AS {query}");
            let view = View {
                name: "m".to_string(),
                table: table.id,
                column: column.id,
                above,
                definition: number,
                query,
            };
            next.materialized = Some(Materialized {
                rows: next.rows_of(&view),
                view,
                refreshed: number,
            });
            return Some(sql);
        };
        if self.random.chance(15) {
            return Some("DROP MATERIALIZED VIEW m".to_string());
        }
        // It is no definition.
        next.definitions = self.now.definitions;
        kept.rows = next.rows_of(&kept.view);
        kept.refreshed = number;
        next.materialized = Some(kept);
        Some("REFRESH MATERIALIZED VIEW m".to_string())
    }

    fn alter(&mut self, table: &Table, next: &mut State) -> Option<String> {
        let is_used = |column: u32| self.now.is_used_by_view(table.id, column);
        let names: Vec<&str> = (COLUMNS.into_iter())
            .filter(|name| table.columns.iter().all(|column| column.name != *name))
            .collect();
        let others: Vec<Column> = (table.columns[1..].iter())
            .filter(|column| !is_used(column.id))
            .cloned()
            .collect();
        let (free, other) = (self.pick(&names), self.pick(&others));
        let number = self.next_id;
        let to = next.by_id_mut(table.id).expect("it is there");
        let name = &table.name;
        Some(match (self.random.below(9), free, other) {
            (0 | 1, Some(free), _) => {
                let kind = [Kind::Integer, Kind::Text][self.random.below(2)];
                let default = self.value(kind).filter(|_| self.random.chance(60));
                let id = to.next_column;
                to.next_column += 1;
                to.columns.push(Column {
                    id,
                    name: free.to_string(),
                    kind,
                    replaced: Vec::new(),
                    default: default.clone(),
                });
                let mut sql = format!("ALTER TABLE {name} ADD COLUMN {free} {}", kind.name());
                if let Some(default) = default {
                    for row in to.rows.values_mut() {
                        row.set(id, Some(default.clone()));
                    }
                    sql += &format!(" DEFAULT {}", Self::literal(&Some(default), kind));
                }
                sql
            }
            (2 | 3, _, Some(column)) => {
                to.columns.retain(|own| own.id != column.id);
                to.gone.push(column.clone());
                to.indexes.retain(|(_, of)| *of != column.id);
                to.foreign.retain(|key| key.column != column.id);
                format!("ALTER TABLE {name} DROP COLUMN {}", column.name)
            }
            (4, Some(free), _) => {
                let at = 1 + self.random.below(table.columns.len().max(2) - 1);
                let own = to.columns.get_mut(at)?;
                let before = std::mem::replace(&mut own.name, free.to_string());
                format!("ALTER TABLE {name} RENAME COLUMN {before} TO {free}")
            }
            (5 | 6, _, Some(column)) => {
                if table.foreign.iter().any(|key| key.column == column.id) {
                    return None;
                }
                let kind = match column.kind {
                    Kind::Integer if self.random.chance(30) => Kind::BigInt,
                    Kind::Text => return None,
                    _ => Kind::Text,
                };
                let id = to.next_column;
                let own = to.columns.iter_mut().find(|own| own.id == column.id)?;
                own.kind = kind;
                if kind == Kind::Text {
                    // Another column in its place, and all rows anew.
                    own.id = id;
                    own.replaced.insert(0, column.id);
                    to.next_column += 1;
                    for row in to.rows.values_mut() {
                        let value = row.cell(column.id);
                        row.set(column.id, None);
                        row.set(id, value);
                    }
                    for (_, of) in to.indexes.iter_mut().filter(|(_, of)| *of == column.id) {
                        *of = id;
                    }
                }
                format!(
                    "ALTER TABLE {name} ALTER {} TYPE {}",
                    column.name,
                    kind.name()
                )
            }
            _ => {
                let column = self.pick(&table.columns)?;
                to.indexes.push((format!("index_{number}"), column.id));
                format!("CREATE INDEX index_{number} ON {name} ({})", column.name)
            }
        })
    }
}
