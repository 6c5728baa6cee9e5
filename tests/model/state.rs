//! The model: a state is a map of rows, the past is the list of states.

use driftdb::types::*;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A version of a row: since when (`None`: not committed yet) and its values.
#[derive(Debug, Clone)]
pub struct ModelRow {
    pub start: Option<u64>,
    pub values: Rc<Row>,
}

#[derive(Debug, Clone)]
pub struct ModelTable {
    pub schema: TableSchema,
    pub rows: BTreeMap<RowId, ModelRow>,
}

/// All tables at one moment, by name.
pub type State = BTreeMap<String, ModelTable>;

/// A version as a reader gets it: row, values, start, end.
pub type Seen = (RowId, Row, u64, u64);

pub const ALIVE: u64 = u64::MAX;

#[derive(Default)]
pub struct Model {
    /// After each commit.
    pub states: Vec<State>,
    /// By table, every version there ever was.
    pub versions: BTreeMap<TableId, Vec<Seen>>,
    /// Which of them each row alive has.
    pub alive: BTreeMap<(TableId, RowId), usize>,
}

impl Model {
    pub fn present(&self) -> State {
        self.states.last().cloned().unwrap_or_default()
    }

    pub fn commit(&mut self, mut state: State) {
        let seq = self.states.len() as u64;
        for table in self.present().values() {
            let id = table.schema.id;
            let after = state.values().find(|after| after.schema.id == id);
            for (row, before) in &table.rows {
                let same =
                    after.is_some_and(|t| t.rows.get(row).is_some_and(|r| r.start == before.start));
                if !same {
                    let version = self.alive.remove(&(id, *row)).expect("it was alive");
                    self.versions.get_mut(&id).expect("it had versions")[version].3 = seq;
                }
            }
        }
        for table in state.values_mut() {
            let versions = self.versions.entry(table.schema.id).or_default();
            for (row, new) in table.rows.iter_mut().filter(|(_, row)| row.start.is_none()) {
                new.start = Some(seq);
                self.alive.insert((table.schema.id, *row), versions.len());
                versions.push((*row, Row::clone(&new.values), seq, ALIVE));
            }
        }
        self.states.push(state);
    }

    pub fn at(&self, table: &ModelTable, known: u64) -> Vec<Seen> {
        let ends: BTreeMap<(RowId, u64), u64> = self.versions[&table.schema.id]
            .iter()
            .map(|v| ((v.0, v.2), v.3))
            .collect();
        let seen = |(id, row): (&RowId, &ModelRow)| {
            let start = row.start.expect("committed");
            let end = ends[&(*id, start)];
            (
                *id,
                Row::clone(&row.values),
                start,
                if end <= known { end } else { ALIVE },
            )
        };
        table.rows.iter().map(seen).collect()
    }

    /// All versions as known at a moment.
    pub fn all(&self, table: TableId, known: u64) -> Vec<Seen> {
        let versions = self.versions.get(&table).into_iter().flatten();
        let known_then = versions.filter(|version| version.2 <= known);
        let mut all: Vec<Seen> = known_then
            .map(|(id, row, start, end)| {
                (
                    *id,
                    row.clone(),
                    *start,
                    if *end <= known { *end } else { ALIVE },
                )
            })
            .collect();
        all.sort();
        all
    }
}
