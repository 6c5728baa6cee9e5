//! The history of a key: every state of the rows that ever held it.

use super::{KeyRange, View, ZoneFilter};
use crate::column::Chunk;
use crate::error::Result;
use crate::table::{Fetch, ready};
use crate::types::{
    IndexSchema, RowId, ScanColumn, Seq, Snapshot, TableSchema, Value, Versions, sort_by_key,
};
use std::ops::Bound;

/// Versions read at a time.
const ROWS: usize = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Insert,
    Update,
    Delete,
}

impl Operation {
    pub fn name(self) -> &'static str {
        match self {
            Operation::Insert => "INSERT",
            Operation::Update => "UPDATE",
            Operation::Delete => "DELETE",
        }
    }
}

/// Whether a version with these values has the key.
pub type Holds<'a> = &'a dyn Fn(&[Value]) -> Result<bool>;

/// One state of a row, or its end.
pub struct Event {
    pub seq: Seq,
    pub operation: Operation,
    /// In the order of the columns; `None` after a delete.
    pub row: Option<Vec<Value>>,
    /// Positions of the columns that this commit changed: all of them for an insert, none for a delete.
    pub changed: Vec<usize>,
    /// The commit that ended this state; `None` while it lasts. A delete lasts until a row has the key again, and so does
    /// the update that gave the row another key.
    pub until: Option<Seq>,
}

/// One version of a row under the key.
struct Version {
    row: RowId,
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

impl View<'_> {
    /// Every version that held a key of a unique index up to the snapshot, oldest first, and the deletes that
    /// ended them. With `holds`, which says whether a version has the key, it is done without the index.
    pub fn history(
        &self,
        schema: &TableSchema,
        index: &IndexSchema,
        key: Vec<Value>,
        holds: Option<Holds>,
    ) -> Result<Fetch<Vec<Event>>> {
        let versions = ready!(self.versions_of(schema, index, key, holds)?);
        let mut events = Vec::new();
        for (place, version) in versions.iter().enumerate() {
            // One row at a time has a key, so a version's neighbours are those before and after it.
            let before = place.checked_sub(1).map(|place| &versions[place]);
            let before = before.filter(|before| before.leads_to(version));
            let before = match before {
                Some(before) => Some(before.values.clone()),
                None => ready!(self.state_before(schema, version)?),
            };
            let (operation, changed) = match before {
                Some(before) => (Operation::Update, changed(&before, &version.values)),
                None => (Operation::Insert, (0..schema.columns.len()).collect()),
            };
            events.push(Event {
                seq: version.start,
                operation,
                row: Some(version.values.clone()),
                changed,
                until: version.end,
            });
            let next = versions.get(place + 1);
            if let Some(end) = version.end
                && !next.is_some_and(|next| version.leads_to(next))
            {
                let next = next.map(|next| next.start);
                events.push(ready!(self.end_of(schema, version, end, next)?));
            }
        }
        Ok(Fetch::Ready(events))
    }

    fn versions_of(
        &self,
        schema: &TableSchema,
        index: &IndexSchema,
        key: Vec<Value>,
        holds: Option<Holds>,
    ) -> Result<Fetch<Vec<Version>>> {
        let own = schema.columns.iter().map(|c| ScanColumn::Column(c.id));
        let stamps = [ScanColumn::RowId, ScanColumn::SeqStart, ScanColumn::SeqEnd];
        let columns: Vec<ScanColumn> = stamps.into_iter().chain(own).collect();
        let places = index.columns.iter().map(|id| schema.position(*id));
        let places: Vec<Option<usize>> = places.collect();
        let has_key = |row: &[Value]| {
            let held = |(place, value): (&Option<usize>, &Value)| {
                place.is_some_and(|place| row[place] == *value)
            };
            Ok(places.iter().zip(&key).all(held))
        };
        let mut versions = ready!(match (holds, self.stored_index(schema.id, index.id)) {
            (None, Some(_)) => self.found_versions(schema, index, key, &columns)?,
            (holds, _) => self.scanned_versions(schema, holds.unwrap_or(&has_key), &columns)?,
        });
        sort_by_key(&mut versions, |version| (version.start, version.row));
        Ok(Fetch::Ready(versions))
    }

    fn found_versions(
        &self,
        schema: &TableSchema,
        index: &IndexSchema,
        key: Vec<Value>,
        columns: &[ScanColumn],
    ) -> Result<Fetch<Vec<Version>>> {
        let range = KeyRange {
            prefix: key,
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            backwards: false,
        };
        let all = Versions::all(self.snapshot);
        let mut cursor = self.open_index(schema.id, index.id, &all, range, false)?;
        let mut versions = Vec::new();
        loop {
            let rows = ready!(self.next_rows(&mut cursor, ROWS)?);
            if rows.is_empty() {
                return Ok(Fetch::Ready(versions));
            }
            let chunk = ready!(self.read_rows(schema.id, &rows, columns)?);
            versions.extend((0..chunk.len()).map(|row| version(&chunk, row)));
        }
    }

    /// The same without the index, where it was dropped after the snapshot or does not have all of the past.
    fn scanned_versions(
        &self,
        schema: &TableSchema,
        holds: Holds,
        columns: &[ScanColumn],
    ) -> Result<Fetch<Vec<Version>>> {
        let all = Versions::all(self.snapshot);
        let mut versions = Vec::new();
        for unit in self.scan_units(schema.id, &all, false) {
            let chunk = self.read_unit(unit, &all, columns, &ZoneFilter::default())?;
            if let Some(chunk) = ready!(chunk) {
                for version in (0..chunk.len()).map(|row| version(&chunk, row)) {
                    if holds(&version.values)? {
                        versions.push(version);
                    }
                }
            }
        }
        Ok(Fetch::Ready(versions))
    }

    /// The commit that took the row from under the key: a delete, or an update to another key. It lasts until
    /// `next`, when a row has the key again; which may be the same commit.
    fn end_of(
        &self,
        schema: &TableSchema,
        version: &Version,
        end: Seq,
        next: Option<Seq>,
    ) -> Result<Fetch<Event>> {
        let after = ready!(self.at_seq(end).state(schema, version.row)?);
        let (operation, changed) = match &after {
            Some(values) => (Operation::Update, changed(&version.values, values)),
            None => (Operation::Delete, Vec::new()),
        };
        Ok(Fetch::Ready(Event {
            seq: end,
            operation,
            row: after,
            changed,
            until: next,
        }))
    }

    /// The row's state just before a version of it, which it had under another key.
    fn state_before(
        &self,
        schema: &TableSchema,
        version: &Version,
    ) -> Result<Fetch<Option<Vec<Value>>>> {
        match version.start.0.checked_sub(1) {
            Some(before) => self.at_seq(Seq(before)).state(schema, version.row),
            None => Ok(Fetch::Ready(None)),
        }
    }

    fn at_seq(&self, seq: Seq) -> View<'_> {
        View::at(self.store, Snapshot::main(Some(seq)))
    }
}

fn version(chunk: &Chunk, row: usize) -> Version {
    let mut values = chunk.row(row);
    let rest = values.split_off(3);
    let number = |value: &Value| match value {
        Value::I64(number) => Some(*number as u64),
        _ => None,
    };
    Version {
        row: RowId(number(&values[0]).unwrap_or(0)),
        start: Seq(number(&values[1]).unwrap_or(0)),
        end: number(&values[2]).map(Seq),
        values: rest,
    }
}

fn changed(before: &[Value], after: &[Value]) -> Vec<usize> {
    (0..after.len())
        .filter(|&column| before.get(column) != after.get(column))
        .collect()
}
