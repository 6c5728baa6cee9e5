//! What there is at one moment, copied as a whole at each commit: the past is the list of these copies.

use super::foreign::Foreign;
use std::collections::{BTreeMap, BTreeSet};

/// The text of a value; `None` is NULL.
pub type Cell = Option<String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    BigInt,
    Text,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Integer => "integer",
            Kind::BigInt => "bigint",
            Kind::Text => "text",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub id: u32,
    pub name: String,
    pub kind: Kind,
    /// The columns of another type in whose place it is, the last one first.
    pub replaced: Vec<u32>,
    pub default: Cell,
}

impl Column {
    /// Whether the one is the other, or took its place.
    pub fn is_kin(&self, other: &Column) -> bool {
        let leads = |of: &Column, to: u32| of.replaced.contains(&to);
        self.id == other.id || leads(self, other.id) || leads(other, self.id)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The commit that made this version; `None` before there is one.
    pub start: Option<u64>,
    /// By the ids of columns. What is not there is NULL.
    pub cells: BTreeMap<u32, String>,
    /// The columns that the open transaction has set.
    pub set: BTreeSet<u32>,
}

impl Row {
    pub fn cell(&self, column: u32) -> Cell {
        self.cells.get(&column).cloned()
    }

    /// Its value in a column or one of those that this took the place of.
    pub fn any_cell(&self, column: &Column) -> Cell {
        let mut ids = [column.id]
            .into_iter()
            .chain(column.replaced.iter().copied());
        ids.find_map(|id| self.cell(id))
    }

    /// A row that the open transaction has made.
    pub fn new(cells: BTreeMap<u32, String>) -> Row {
        Row {
            start: None,
            cells,
            set: BTreeSet::new(),
        }
    }

    pub fn set(&mut self, column: u32, value: Cell) {
        match value {
            Some(value) => drop(self.cells.insert(column, value)),
            None => drop(self.cells.remove(&column)),
        }
        self.start = None;
        self.set.insert(column);
    }

    pub fn key(&self) -> i64 {
        self.cells[&0].parse().expect("a key is a number")
    }
}

/// The first column is the primary key `id`, with the id 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub id: u32,
    pub name: String,
    pub columns: Vec<Column>,
    pub next_column: u32,
    /// Those that were dropped, but for those in whose place another one is.
    pub gone: Vec<Column>,
    pub rows: BTreeMap<u64, Row>,
    /// With the column of each; the first is that of the primary key.
    pub indexes: Vec<(String, u32)>,
    pub foreign: Vec<Foreign>,
}

impl Table {
    pub fn column(&self, id: u32) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }

    pub fn is_unique(&self) -> bool {
        let keys: BTreeSet<i64> = self.rows.values().map(Row::key).collect();
        keys.len() == self.rows.len()
    }

    /// The values of a row in the order of the columns.
    pub fn values(&self, row: &Row) -> Vec<Cell> {
        self.columns
            .iter()
            .map(|column| row.cell(column.id))
            .collect()
    }
}

/// `SELECT id, column FROM table WHERE id > above`.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub name: String,
    pub table: u32,
    pub column: u32,
    pub above: i64,
    /// The definition that made it. One that is replaced by the same is as it was.
    pub definition: u64,
    pub query: String,
}

/// A materialized view, and the rows that it was given last.
#[derive(Debug, Clone, PartialEq)]
pub struct Materialized {
    pub view: View,
    pub rows: Vec<Vec<Cell>>,
    pub refreshed: u64,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub tables: Vec<Table>,
    pub views: Vec<View>,
    pub materialized: Option<Materialized>,
    pub has_schema: bool,
    pub tags: BTreeMap<String, u64>,
    /// Grow with each definition, and with each of a tag.
    pub definitions: u64,
    pub tagged: u64,
}

impl State {
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    pub fn by_id(&self, id: u32) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }

    pub fn by_id_mut(&mut self, id: u32) -> Option<&mut Table> {
        self.tables.iter_mut().find(|table| table.id == id)
    }

    pub fn view(&self, name: &str) -> Option<&View> {
        self.views.iter().find(|view| view.name == name)
    }

    pub fn is_free(&self, name: &str) -> bool {
        self.table(name).is_none() && self.view(name).is_none()
    }

    /// Whether no name is that of two.
    pub fn has_own_names(&self) -> bool {
        let tables = self.tables.iter().map(|table| table.name.clone());
        let views = self.views.iter().map(|view| view.name.clone());
        // Indexes stand beside their tables.
        let indexes = self.tables.iter().flat_map(|table| {
            let schema = table.name.starts_with("z.").then_some("z.");
            let names = table.indexes.iter();
            names.map(move |(name, _)| schema.unwrap_or("").to_string() + name)
        });
        let mut known = BTreeSet::new();
        tables
            .chain(views)
            .chain(indexes)
            .all(|name| known.insert(name))
    }

    pub fn is_used_by_view(&self, table: u32, column: u32) -> bool {
        let uses = |view: &View| view.table == table && (view.column == column || column == 0);
        let materialized = self.materialized.iter().map(|kept| &kept.view);
        self.views.iter().chain(materialized).any(uses)
    }

    /// The rows of a view.
    pub fn rows_of(&self, view: &View) -> Vec<Vec<Cell>> {
        let table = self.by_id(view.table).expect("a view goes with its table");
        let rows = table.rows.values().filter(|row| row.key() > view.above);
        rows.map(|row| vec![row.cell(0), row.cell(view.column)])
            .collect()
    }

    pub fn drop_table(&mut self, id: u32) {
        self.tables.retain(|table| table.id != id);
        for table in &mut self.tables {
            table.foreign.retain(|key| key.table != id);
        }
        self.views.retain(|view| view.table != id);
        self.materialized.take_if(|kept| kept.view.table == id);
    }

    /// The names of what is not as it was in another state.
    pub fn differing(&self, before: &State) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for table in &self.tables {
            if before.by_id(table.id) != Some(table) {
                names.insert(table.name.clone());
            }
        }
        let gone = before
            .tables
            .iter()
            .filter(|table| self.by_id(table.id).is_none());
        names.extend(gone.map(|table| table.name.clone()));
        for (views, others) in [(&self.views, &before.views), (&before.views, &self.views)] {
            let changed = views.iter().filter(|view| !others.contains(view));
            names.extend(changed.map(|view| view.name.clone()));
        }
        if self.materialized != before.materialized {
            names.insert("m".to_string());
        }
        if self.has_schema != before.has_schema {
            names.insert("z".to_string());
        }
        // Without their schemas.
        let own = |name: &String| name.strip_prefix("z.").unwrap_or(name).to_string();
        names.iter().map(own).collect()
    }
}

/// A version of a row, alive in `[start, end)`.
pub struct Version<'a> {
    pub row: u64,
    pub start: u64,
    pub end: Option<u64>,
    pub values: &'a Row,
}

/// The state after each commit, and its time.
#[derive(Default)]
pub struct Past {
    pub states: Vec<State>,
    pub times: Vec<String>,
}

impl Past {
    pub fn last(&self) -> u64 {
        (self.states.len() as u64).saturating_sub(1)
    }

    /// A table as it is, or was last.
    pub fn last_of(&self, id: u32, now: &State) -> Table {
        let before = || self.states.iter().rev().find_map(|state| state.by_id(id));
        now.by_id(id)
            .or_else(before)
            .cloned()
            .expect("it was there")
    }

    pub fn present(&self) -> State {
        self.states.last().cloned().unwrap_or_default()
    }

    /// A commit makes what the transaction wrote its own; whether there was anything.
    pub fn commit(&mut self, mut state: State) -> bool {
        let seq = self.states.len() as u64;
        let present = self.present();
        for table in &mut state.tables {
            let before = present.by_id(table.id).map(|before| &before.rows);
            let columns: BTreeSet<u32> = table.columns.iter().map(|column| column.id).collect();
            let behind = table.columns.iter().flat_map(|column| &column.replaced);
            let known: BTreeSet<u32> = columns.iter().chain(behind).copied().collect();
            for (id, row) in table.rows.iter_mut().filter(|(_, row)| row.start.is_none()) {
                // What was set in columns that are no more was not set.
                let before = before.and_then(|rows| rows.get(id));
                for column in row.set.difference(&known).copied().collect::<Vec<u32>>() {
                    row.set(column, before.and_then(|before| before.cell(column)));
                }
                row.start = match before.filter(|_| row.set.is_disjoint(&columns)) {
                    Some(before) => {
                        row.cells.clone_from(&before.cells);
                        before.start
                    }
                    None => Some(seq),
                };
                row.set.clear();
            }
        }
        // What was made and dropped again was never there.
        let schemas = |state: &State| -> Vec<Table> {
            let tables = state.tables.iter();
            let without_rows = |table: &Table| Table {
                rows: BTreeMap::new(),
                ..table.clone()
            };
            let mut tables: Vec<Table> = tables.map(without_rows).collect();
            tables.sort_by_key(|table| table.id);
            tables
        };
        fn materialized(state: &State) -> Option<&View> {
            state.materialized.as_ref().map(|kept| &kept.view)
        }
        let is_same = materialized(&state) == materialized(&present);
        if is_same && schemas(&state) == schemas(&present) && state.views == present.views {
            state.definitions = present.definitions;
        }
        // Nothing in the place of nothing.
        if let (Some(now), Some(before)) = (&mut state.materialized, &present.materialized)
            && is_same
            && now.rows.is_empty()
            && before.rows.is_empty()
        {
            now.refreshed = before.refreshed;
        }
        // Those that came back stand behind the others.
        let ordered = |state: &State| {
            let mut state = state.clone();
            state.tables.sort_by_key(|table| table.id);
            state
        };
        let is_change = ordered(&state) != ordered(&present);
        if is_change {
            self.states.push(state);
        }
        is_change
    }

    /// All versions of a table's rows, by their starts.
    pub fn versions(&self, table: u32) -> Vec<Version<'_>> {
        let mut versions: Vec<Version> = Vec::new();
        for (seq, state) in (0..).zip(&self.states) {
            let now = state.by_id(table);
            for version in versions.iter_mut().filter(|version| version.end.is_none()) {
                let row = now.and_then(|table| table.rows.get(&version.row));
                if row.is_none_or(|row| row.start != Some(version.start)) {
                    version.end = Some(seq);
                }
            }
            for (row, values) in now.into_iter().flat_map(|table| &table.rows) {
                if values.start == Some(seq) {
                    versions.push(Version {
                        row: *row,
                        start: seq,
                        end: None,
                        values,
                    });
                }
            }
        }
        versions
    }
}
