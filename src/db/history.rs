//! The history of a key: every state of the rows that ever held it.

use super::{AsOf, Database, History, HistoryEntry, Operation, Parameter};
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::plan::OutputColumn;
use crate::table::{Fetch, Store};
use crate::txn::{KeyRange, View};
use crate::types::{IndexSchema, ScanColumn, Seq, Snapshot, TableSchema, Value, Versions};
use std::ops::Bound;

/// Versions read at a time.
const ROWS: usize = 2048;

/// One version of a row under the key.
struct Version {
    row: i64,
    start: Seq,
    end: Option<Seq>,
    values: Vec<Value>,
}

impl Version {
    /// Whether the other one is the same row's next state.
    fn leads_to(&self, next: &Version) -> bool {
        self.row == next.row && self.end == Some(next.start)
    }
}

impl Database {
    /// Every version that held a primary key, oldest first, and the deletes that ended them. `names` gives
    /// the columns of the key if it was not given in their order; `as_of` forgets what came after a moment.
    ///
    /// # Errors
    /// `UndefinedTable`; `InvalidColumnReference` for a table without primary key; `WrongParameters` for a
    /// key of other columns or types.
    pub fn history(
        &mut self,
        table: &str,
        key: &[Parameter],
        names: Option<&[String]>,
        as_of: Option<&AsOf>,
    ) -> Result<History> {
        self.shared.check_usable()?;
        let snapshot = match as_of {
            Some(as_of) => self.shared.resolve_as_of(as_of)?,
            None => self.shared.present(),
        };
        let catalog = self.shared.store.catalog(snapshot);
        let schema = catalog.table(table).ok_or_else(|| {
            let message = format!("relation \"{table}\" does not exist");
            Error::new(Code::UndefinedTable, message)
        })?;
        if let Some(column) = schema.columns.iter().find(|column| column.was_retyped) {
            let what = format!(
                "the history of table \"{table}\", whose column \"{}\" changed its type,",
                column.name
            );
            return Err(Error::unsupported(what));
        }
        let index = schema.primary_key().ok_or_else(|| {
            let message = format!("table \"{table}\" has no primary key");
            Error::new(Code::InvalidColumnReference, message)
        })?;
        let key = key_values(schema, index, key, names)?;
        let versions = self.versions_of(schema, index, key, snapshot)?;
        Ok(History {
            fields: (schema.columns.iter())
                .map(|column| OutputColumn {
                    name: column.name.clone(),
                    data_type: column.data_type,
                })
                .collect(),
            entries: self.entries(schema, versions)?,
        })
    }

    fn versions_of(
        &mut self,
        schema: &TableSchema,
        index: &IndexSchema,
        key: Vec<Value>,
        snapshot: Snapshot,
    ) -> Result<Vec<Version>> {
        let store = &mut self.shared.store;
        let range = KeyRange {
            prefix: key,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            backwards: false,
        };
        let all = Versions::all(snapshot);
        let columns: Vec<ScanColumn> =
            [ScanColumn::RowId, ScanColumn::SeqStart, ScanColumn::SeqEnd]
                .into_iter()
                .chain(
                    schema
                        .columns
                        .iter()
                        .map(|column| ScanColumn::Column(column.id)),
                )
                .collect();
        let mut cursor =
            View::at(store, snapshot).open_index(schema.id, index.id, &all, range, false)?;
        let mut versions = Vec::new();
        loop {
            let rows = loaded(store, |store| {
                View::at(store, snapshot).next_rows(&mut cursor, ROWS)
            })?;
            if rows.is_empty() {
                break;
            }
            let chunk = loaded(store, |store| {
                View::at(store, snapshot).read_rows(schema.id, &rows, &columns)
            })?;
            versions.extend((0..chunk.len()).map(|row| version(&chunk, row)));
        }
        versions.sort_by_key(|version| (version.start, version.row));
        Ok(versions)
    }

    /// The states and, where the key's row ended without a next state under it, what took it away. One row at
    /// a time has a key, so a version's neighbours are those before and after it.
    fn entries(
        &mut self,
        schema: &TableSchema,
        versions: Vec<Version>,
    ) -> Result<Vec<HistoryEntry>> {
        let mut entries = Vec::new();
        for (place, version) in versions.iter().enumerate() {
            let before = place.checked_sub(1).map(|place| &versions[place]);
            let before = before.filter(|before| before.leads_to(version));
            let (operation, changed) = match before {
                Some(before) => (Operation::Update, changed(&before.values, &version.values)),
                None => match self.row_before(schema, version)? {
                    Some(values) => (Operation::Update, changed(&values, &version.values)),
                    None => (Operation::Insert, (0..schema.columns.len()).collect()),
                },
            };
            entries.push(HistoryEntry {
                seq: version.start,
                time: self.time_of(version.start),
                operation,
                row: Some(version.values.clone()),
                changed,
                until: version.end.map(|end| (end, self.time_of(end))),
                meta: self.meta_of(version.start),
            });
            let next = versions.get(place + 1);
            if let Some(end) = version.end
                && !next.is_some_and(|next| version.leads_to(next))
            {
                let next = next.map(|next| next.start);
                entries.push(self.end_entry(schema, version, end, next)?);
            }
        }
        Ok(entries)
    }

    /// The commit that took the row from under the key: a delete, or an update to another key. It lasts until
    /// `next`, when a row has the key again; which may be the same commit.
    fn end_entry(
        &mut self,
        schema: &TableSchema,
        version: &Version,
        end: Seq,
        next: Option<Seq>,
    ) -> Result<HistoryEntry> {
        let after = self.row_at(schema, version.row, end)?;
        let (operation, row, changed) = match after {
            Some(values) => {
                let changed = changed(&version.values, &values);
                (Operation::Update, Some(values), changed)
            }
            None => (Operation::Delete, None, Vec::new()),
        };
        Ok(HistoryEntry {
            seq: end,
            time: self.time_of(end),
            operation,
            row,
            changed,
            until: next.map(|next| (next, self.time_of(next))),
            meta: self.meta_of(end),
        })
    }

    /// The row's state just before a version of it, which it had under another key.
    fn row_before(
        &mut self,
        schema: &TableSchema,
        version: &Version,
    ) -> Result<Option<Vec<Value>>> {
        match version.start.0.checked_sub(1) {
            Some(before) => self.row_at(schema, version.row, Seq(before)),
            None => Ok(None),
        }
    }

    fn row_at(&mut self, schema: &TableSchema, row: i64, seq: Seq) -> Result<Option<Vec<Value>>> {
        let store = &mut self.shared.store;
        let snapshot = Snapshot::main(Some(seq));
        let row = crate::types::RowId(row as u64);
        let found = loaded(store, |store| {
            View::at(store, snapshot).row_at(schema.id, row)
        })?;
        let Some(location) = found else {
            return Ok(None);
        };
        let columns: Vec<ScanColumn> = schema
            .columns
            .iter()
            .map(|column| ScanColumn::Column(column.id))
            .collect();
        let chunk = loaded(store, |store| {
            View::at(store, snapshot).read_rows(schema.id, &[location], &columns)
        })?;
        Ok(Some(chunk.row(0)))
    }

    fn time_of(&self, seq: Seq) -> i64 {
        self.shared
            .store
            .commit_info(seq)
            .map_or(0, |commit| commit.time)
    }

    fn meta_of(&self, seq: Seq) -> Option<String> {
        self.shared
            .store
            .commit_info(seq)
            .and_then(|commit| commit.meta.clone())
    }
}

/// Asks until nothing is needed any more.
fn loaded<T>(store: &mut Store, mut ask: impl FnMut(&Store) -> Result<Fetch<T>>) -> Result<T> {
    loop {
        match ask(store)? {
            Fetch::Ready(answer) => return Ok(answer),
            Fetch::Need(block) => store.load(block)?,
        }
    }
}

fn version(chunk: &Chunk, row: usize) -> Version {
    let mut values = chunk.row(row);
    let rest = values.split_off(3);
    let number = |value: &Value| match value {
        Value::I64(number) => Some(*number),
        _ => None,
    };
    Version {
        row: number(&values[0]).unwrap_or(0),
        start: Seq(number(&values[1]).unwrap_or(0) as u64),
        end: number(&values[2]).map(|end| Seq(end as u64)),
        values: rest,
    }
}

fn changed(before: &[Value], after: &[Value]) -> Vec<usize> {
    (0..after.len())
        .filter(|&column| before.get(column) != after.get(column))
        .collect()
}

/// The key's values in the order of the index's columns.
fn key_values(
    schema: &TableSchema,
    index: &IndexSchema,
    key: &[Parameter],
    names: Option<&[String]>,
) -> Result<Vec<Value>> {
    let columns: Vec<_> = (index.columns.iter())
        .filter_map(|id| {
            schema
                .position(*id)
                .map(|position| &schema.columns[position])
        })
        .collect();
    let wanted = || {
        columns
            .iter()
            .map(|column| column.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let wrong = || {
        let message = format!("the key of table \"{}\" is ({})", schema.name, wanted());
        Error::new(Code::WrongParameters, message)
    };
    if key.len() != columns.len() || names.is_some_and(|names| names.len() != key.len()) {
        return Err(wrong());
    }
    let values = columns.iter().enumerate().map(|(place, column)| {
        let place = match names {
            Some(names) => names
                .iter()
                .position(|name| *name == column.name)
                .ok_or_else(wrong)?,
            None => place,
        };
        let value = key[place].to_value(column.data_type, place)?;
        if value.is_null() {
            Err(wrong())
        } else {
            Ok(value)
        }
    });
    values.collect()
}
