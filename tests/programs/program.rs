//! One random program: what it says, and what there must be after it.

use super::engine::Engine;
use super::random::Random;
use super::state::{Cell, Column, Kind, Past, Row, State, Table, View};
use std::collections::BTreeMap;

const STEPS: usize = 45;
const TABLES: [&str; 3] = ["a", "b", "c"];
const COLUMNS: [&str; 4] = ["p", "q", "r", "s"];
/// Keys are below it.
pub const KEYS: usize = 9;

/// What a statement makes of the state, or with which SQLSTATE it fails.
pub type Outcome = Result<State, &'static str>;

pub struct Program {
    pub random: Random,
    pub engine: Engine,
    pub past: Past,
    /// What the open transaction, or else the last commit, has made.
    pub now: State,
    pub in_transaction: bool,
    /// Whether the open transaction has run anything.
    pub is_used: bool,
    savepoints: Vec<State>,
    next_row: u64,
    next_id: u32,
    /// What was run, for whoever reads why it failed.
    pub log: Vec<String>,
    pub questions: usize,
}

/// `WHERE …`: its text, and which rows it holds for.
pub struct Condition {
    pub sql: String,
    column: u32,
    value: Option<String>,
    is_above: bool,
}

impl Condition {
    pub fn holds(&self, row: &Row) -> bool {
        let Some(value) = &self.value else {
            return true;
        };
        let number = |text: &str| text.parse::<i64>().unwrap_or(0);
        match self.is_above {
            true => row.key() > number(value),
            false => row.cell(self.column).as_deref() == Some(value),
        }
    }
}

impl Program {
    pub fn new(seed: u64) -> Program {
        Program {
            random: Random(seed),
            engine: Engine::new(seed),
            past: Past::default(),
            now: State::default(),
            in_transaction: false,
            is_used: false,
            savepoints: Vec::new(),
            next_row: 0,
            next_id: 0,
            log: Vec::new(),
            questions: 0,
        }
    }

    pub fn run(&mut self) {
        for _ in 0..2 {
            self.define(true);
        }
        for _ in 0..STEPS {
            match self.random.below(100) {
                0..10 => self.control(),
                10..58 => self.write(),
                58..72 => self.define(false),
                72..86 => self.bring_back(),
                _ => {}
            }
            if self.random.chance(60) {
                self.ask();
            }
        }
        if self.in_transaction {
            self.end("COMMIT");
        }
        for _ in 0..12 {
            self.ask();
        }
    }

    // ---- running ---------------------------------------------------------------------------------------------------

    fn say(&mut self, sql: &str) -> super::answer::Answer {
        self.log.push(sql.to_string());
        self.engine.run(sql)
    }

    pub fn fail(&self, what: &str) -> ! {
        panic!("{what}\n{};", self.log.join(";\n"))
    }

    /// Runs a statement of which is known what becomes of it.
    pub fn change(&mut self, sql: &str, outcome: Outcome) {
        let answer = self.say(sql);
        self.is_used = self.in_transaction;
        match (answer, outcome) {
            (Ok(_), Ok(state)) => {
                self.now = state;
                if !self.in_transaction {
                    self.settle();
                }
            }
            (Err(refused), Err(state)) if refused.state == state => {
                if self.in_transaction {
                    self.after_error();
                }
            }
            (answer, outcome) => {
                let expected = outcome.err().unwrap_or("success");
                self.fail(&format!("expected {expected}, not {answer:?}"));
            }
        }
    }

    /// A failed transaction goes back.
    fn after_error(&mut self) {
        match self.savepoints.last().cloned() {
            Some(state) if self.random.chance(70) => {
                self.now = state;
                self.succeed("ROLLBACK TO SAVEPOINT s");
            }
            _ => self.end("ROLLBACK"),
        }
    }

    fn succeed(&mut self, sql: &str) {
        if let Err(refused) = self.say(sql) {
            self.fail(&format!("{refused:?}"));
        }
    }

    fn settle(&mut self) {
        let is_change = self.past.commit(std::mem::take(&mut self.now));
        self.now = self.past.present();
        if self.past.states.is_empty() {
            return;
        }
        let last = self.past.last();
        if self.engine.seq() != last {
            self.fail(&format!(
                "the last commit is {}, not {last}",
                self.engine.seq()
            ));
        }
        if is_change {
            let sql = format!("SELECT time::text FROM commits(@seq:{last}, @seq:{last})");
            let time = self.engine.run(&sql).expect("a commit is told of");
            let time = time.rows[0][0].clone().expect("a commit has a time");
            assert!(self.past.times.last().is_none_or(|before| *before < time));
            self.past.times.push(time);
        }
    }

    fn end(&mut self, sql: &str) {
        self.succeed(sql);
        self.in_transaction = false;
        self.is_used = false;
        self.savepoints.clear();
        if sql == "ROLLBACK" {
            self.now = self.past.present();
        }
        self.settle();
    }

    fn control(&mut self) {
        if !self.in_transaction {
            self.succeed("BEGIN");
            self.in_transaction = true;
            return;
        }
        match self.random.below(6) {
            0 | 1 => {
                self.succeed("SAVEPOINT s");
                self.savepoints.push(self.now.clone());
            }
            2 if !self.savepoints.is_empty() => {
                self.succeed("ROLLBACK TO SAVEPOINT s");
                self.now = self.savepoints.last().cloned().unwrap_or_default();
            }
            3 if !self.savepoints.is_empty() => {
                self.succeed("RELEASE SAVEPOINT s");
                self.savepoints.pop();
            }
            4 => self.end("ROLLBACK"),
            _ => self.end("COMMIT"),
        }
    }

    // ---- pieces ----------------------------------------------------------------------------------------------------

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.random.below(of.len())).cloned()
    }

    pub fn value(&mut self, kind: Kind) -> Cell {
        if self.random.chance(15) {
            return None;
        }
        Some(match kind {
            Kind::Text => ["x", "y", "zz", ""][self.random.below(4)].to_string(),
            _ => self.random.below(4).to_string(),
        })
    }

    /// A value as SQL says it.
    pub fn literal(value: &Cell, kind: Kind) -> String {
        match (value, kind) {
            (None, _) => "NULL".to_string(),
            (Some(text), Kind::Text) => format!("'{text}'"),
            (Some(number), _) => number.clone(),
        }
    }

    pub fn condition(&mut self, table: &Table) -> Condition {
        let is_above = self.random.chance(25);
        let column = match self.random.below(3) {
            0 => self
                .pick(&table.columns)
                .unwrap_or(table.columns[0].clone()),
            _ => table.columns[0].clone(),
        };
        let all = self.random.chance(15);
        let key = column.id == 0 || is_above;
        let value = match key {
            true => Some(self.random.below(KEYS).to_string()),
            false => self.value(column.kind),
        };
        let column = if key { &table.columns[0] } else { &column };
        let sql = match (&value, all) {
            (Some(_), false) => {
                let operator = if is_above { ">" } else { "=" };
                let value = Self::literal(&value, column.kind);
                format!(" WHERE {} {operator} {value}", column.name)
            }
            _ => String::new(),
        };
        Condition {
            column: column.id,
            value: value.filter(|_| !sql.is_empty()),
            is_above,
            sql,
        }
    }

    pub fn moment(&mut self) -> u64 {
        let states = self.past.states.len();
        // The near past more often.
        match self.random.chance(40) {
            true => (states - 1 - self.random.below(states.min(5))) as u64,
            false => self.random.below(states) as u64,
        }
    }

    /// A moment as SQL says it: by sequence, time or tag.
    pub fn said(&mut self, seq: u64) -> String {
        // Those of the open transaction are not to be seen yet.
        let present = self.past.present();
        let tags = present.tags.iter();
        let tag = tags
            .filter(|(_, of)| **of == seq)
            .map(|(tag, _)| tag.clone())
            .next();
        match (self.random.below(4), tag) {
            (0, Some(tag)) => format!("@tag:{tag}"),
            (1, _) => format!("'{}'", self.past.times[seq as usize]),
            (2, _) => format!("(timestamptz '{}')", self.past.times[seq as usize]),
            _ => format!("@seq:{seq}"),
        }
    }

    pub fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id
    }

    pub fn new_row(&mut self) -> u64 {
        self.next_row += 1;
        self.next_row
    }

    // ---- rows ------------------------------------------------------------------------------------------------------

    fn write(&mut self) {
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
        let past = self.past.states.len() as u64;
        let sql = match self.random.below(20) {
            0..7 => self.insert(&table, to, false),
            7 => self.insert(&table, to, true),
            8..12 if !is_key => {
                let condition = self.condition(&table);
                let value = self.value(column.kind);
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
            14 if past > 0 && !is_key => {
                let seq = self.moment();
                let state = &self.past.states[seq as usize];
                let Some(old) = state.table(name).filter(|old| old.id == table.id).cloned() else {
                    return;
                };
                if old
                    .column(column.id)
                    .is_none_or(|before| before.kind != column.kind)
                {
                    return;
                }
                for row in to.rows.values_mut() {
                    if let Some(before) = old.rows.values().find(|old| old.key() == row.key()) {
                        row.set(column.id, before.cell(column.id));
                    }
                }
                let (said, own) = (self.said(seq), &column.name);
                let before = &old.column(column.id).expect("just seen").name;
                format!(
                    "UPDATE {name} SET {own} = o.{before} FROM {name} FOR SYSTEM_TIME AS OF {said} o WHERE o.id = {name}.id"
                )
            }
            15 if self.random.chance(25) => {
                to.rows.clear();
                format!("TRUNCATE {name}")
            }
            _ => {
                let condition = self.condition(&table);
                to.rows.retain(|_, row| !condition.holds(row));
                format!("DELETE FROM {name}{}", condition.sql)
            }
        };
        let outcome = match next.by_id(table.id).expect("it is still there").is_unique() {
            true => Ok(next),
            false => Err("23505"),
        };
        self.change(&sql, outcome);
    }

    /// Some rows, of which one may be there already: an error, or else changed.
    fn insert(&mut self, table: &Table, to: &mut Table, or_update: bool) -> String {
        let mut tuples = Vec::new();
        let mut keys = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let key = self.random.below(KEYS).to_string();
            if keys.contains(&key) && or_update {
                continue;
            }
            keys.push(key.clone());
            let mut row = Row::new(BTreeMap::from([(0, key)]));
            let mut tuple = vec![row.cells[&0].clone()];
            for column in &table.columns[1..] {
                let value = self.value(column.kind);
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

    // ---- definitions -----------------------------------------------------------------------------------------------

    fn define(&mut self, table_only: bool) {
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
        next.definitions = u64::from(self.next_id);
        let kinds = [Kind::Integer, Kind::BigInt, Kind::Text];
        let sql = match (self.random.below(20), table, free) {
            (choice, table, Some(name)) if table_only || choice < 2 || table.is_none() => {
                let mut columns = vec![Column {
                    id: 0,
                    name: "id".to_string(),
                    kind: Kind::Integer,
                    replaced: Vec::new(),
                }];
                for (at, name) in COLUMNS.iter().take(self.random.below(4)).enumerate() {
                    columns.push(Column {
                        id: at as u32 + 1,
                        name: name.to_string(),
                        kind: kinds[self.random.below(3)],
                        replaced: Vec::new(),
                    });
                }
                let index = format!("key_{}", self.next_id);
                let list = columns.iter().map(|c| match c.id {
                    0 => format!("id integer CONSTRAINT {index} PRIMARY KEY"),
                    _ => format!("{} {}", c.name, c.kind.name()),
                });
                let sql = format!(
                    "CREATE TABLE {name} ({})",
                    list.collect::<Vec<_>>().join(", ")
                );
                next.tables.push(Table {
                    id: self.next_id,
                    name: name.to_string(),
                    next_column: columns.len() as u32,
                    columns,
                    rows: BTreeMap::new(),
                    indexes: vec![(index, 0)],
                });
                sql
            }
            (2 | 3, Some(table), _) => {
                next.drop_table(table.id);
                format!("DROP TABLE {} CASCADE", table.name)
            }
            (4, Some(table), Some(name)) => {
                let to = next.by_id_mut(table.id).expect("it is there");
                to.name = name.to_string();
                format!("ALTER TABLE {} RENAME TO {name}", table.name)
            }
            (5 | 6, Some(_), _) if !self.past.states.is_empty() => {
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
                let view = View {
                    name: "v".to_string(),
                    table: table.id,
                    column: column.id,
                    above,
                    definition: next.definitions,
                };
                next.views.push(view);
                Some(format!(
                    "CREATE VIEW v (id, x) AS SELECT id, {} FROM {} WHERE id > {above}",
                    column.name, table.name
                ))
            }
            Some(view) if self.random.chance(60) => {
                let of = next.by_id(view.table).expect("a view goes with its table");
                let column = of
                    .column(view.column)
                    .expect("a view's column stays")
                    .name
                    .clone();
                let name = of.name.clone();
                next.views[0].above = above;
                next.views[0].definition = next.definitions;
                Some(format!(
                    "CREATE OR REPLACE VIEW v (id, x) AS SELECT id, {column} FROM {name} WHERE id > {above}"
                ))
            }
            Some(_) => {
                next.views.clear();
                Some("DROP VIEW v".to_string())
            }
        }
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
                to.indexes.retain(|(_, of)| *of != column.id);
                format!("ALTER TABLE {name} DROP COLUMN {}", column.name)
            }
            (4, Some(free), _) => {
                let at = 1 + self.random.below(table.columns.len().max(2) - 1);
                let own = to.columns.get_mut(at)?;
                let before = std::mem::replace(&mut own.name, free.to_string());
                format!("ALTER TABLE {name} RENAME COLUMN {before} TO {free}")
            }
            (5 | 6, _, Some(column)) => {
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
                        let value = row.cells.remove(&column.id);
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
