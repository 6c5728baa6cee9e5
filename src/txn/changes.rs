//! Which rows of a table changed, and what they were.

use super::View;
use crate::error::Result;
use crate::table::{ALIVE, Fetch, Location, ready};
use crate::types::{RowId, ScanColumn, Seq, TableId, TableSchema, Value};

/// A version of a row: from when to when it was, and its values.
pub struct State {
    pub start: u64,
    pub end: u64,
    pub values: Vec<Value>,
}

impl View<'_> {
    /// The rows that commits after `after`, up to the snapshot, made, changed or ended; without it those that are
    /// alive at the snapshot.
    pub fn changed_rows(&self, table: TableId, after: Option<Seq>) -> Result<Fetch<Vec<RowId>>> {
        let (Some(relation), Some(until)) = (self.store.relation(table), self.snapshot.seq) else {
            return Ok(Fetch::Ready(Vec::new()));
        };
        match after {
            Some(after) => relation.changed(after.0, until.0, self.store.blocks()),
            None => relation.alive_at(until.0, self.store.blocks()),
        }
    }

    /// What a row was at the snapshot, in the columns that the schema has.
    pub fn state(&self, table: &TableSchema, row: RowId) -> Result<Fetch<Option<Vec<Value>>>> {
        let Some(location) = ready!(self.row_at(table.id, row)?) else {
            return Ok(Fetch::Ready(None));
        };
        let values = ready!(self.values(table, &[location])?);
        Ok(Fetch::Ready(values.into_iter().next()))
    }

    /// The versions of a row, which is alive at the snapshot, since it was made, oldest first.
    pub fn states_until(&self, table: &TableSchema, row: RowId) -> Result<Fetch<Vec<State>>> {
        let (Some(relation), Some(seq)) = (self.store.relation(table.id), self.snapshot.seq) else {
            return Ok(Fetch::Ready(Vec::new()));
        };
        let blocks = self.store.blocks();
        let last = ready!(relation.end_at(row, seq.0, blocks));
        let mut versions = ready!(relation.versions_between(row, 0, last, blocks));
        // A row that was deleted and came back begins anew.
        let mut next = versions.last().map_or(ALIVE, |(_, _, end)| *end);
        let since = versions.iter().rposition(|(_, start, end)| {
            let follows = *end == next;
            next = *start;
            !follows
        });
        versions.drain(..since.map_or(0, |gap| gap + 1));
        let locations: Vec<Location> = versions.iter().map(|(location, ..)| *location).collect();
        let values = ready!(self.values(table, &locations)?);
        let states = versions.iter().zip(values);
        let states = states.map(|((_, start, end), values)| State {
            start: *start,
            end: *end,
            values,
        });
        Ok(Fetch::Ready(states.collect()))
    }

    /// All columns of some rows.
    fn values(&self, table: &TableSchema, rows: &[Location]) -> Result<Fetch<Vec<Vec<Value>>>> {
        let columns = table.columns.iter().map(|c| ScanColumn::Column(c.id));
        let columns: Vec<ScanColumn> = columns.collect();
        let chunk = ready!(self.read_rows(table.id, rows, &columns)?);
        Ok(Fetch::Ready(
            (0..chunk.len()).map(|at| chunk.row(at)).collect(),
        ))
    }
}
