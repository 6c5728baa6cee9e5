//! Rows side by side as columns: the part that a block of the store and a transaction's private block
//! have in common. It only grows at its end (and shrinks there, when a transaction goes back).
//!
//! A reader takes the columns by reference count. While it holds them, the next append copies the columns
//! it grows, once; with nobody reading, appending moves nothing.

use super::append::{append_range, append_value, append_within, bytes_held, truncate};
use crate::column::{CHUNK_ROWS, Data, Strings, Vector};
use crate::error::Result;
use crate::types::{ColumnId, PhysicalType, RowId, TableSchema, Value};
use std::ops::Range;
use std::rc::Rc;

/// Strings of one column in one block; beyond it the block is full, however few its rows.
const STRING_BYTES_MAX: usize = 16 << 20;

/// The columns of a table's rows, in the order they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout(pub Vec<(ColumnId, PhysicalType)>);

impl Layout {
    pub fn of(schema: &TableSchema) -> Rc<Layout> {
        let columns = schema.columns.iter();
        Rc::new(Layout(
            columns.map(|c| (c.id, c.data_type.physical())).collect(),
        ))
    }

    pub fn position(&self, column: ColumnId) -> Option<usize> {
        self.0.iter().position(|(id, _)| *id == column)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub ids: Vec<RowId>,
    /// One for each column of the layout.
    pub columns: Vec<Rc<Vector>>,
}

impl Rows {
    pub fn new(layout: &Layout) -> Rows {
        let empty = |(_, physical): &(ColumnId, PhysicalType)| Vector::new(Data::empty(*physical));
        Rows {
            ids: Vec::new(),
            columns: (layout.0.iter()).map(|c| Rc::new(empty(c))).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_full(&self) -> bool {
        self.len() >= CHUNK_ROWS
            || self
                .columns
                .iter()
                .any(|c| string_bytes(c) >= STRING_BYTES_MAX)
    }

    pub fn column_mut(&mut self, position: usize) -> &mut Vector {
        Rc::make_mut(&mut self.columns[position])
    }

    /// Appends a row; after an error the columns are as they were.
    pub fn push_values(&mut self, id: RowId, values: &[Value]) -> Result<()> {
        for (position, value) in values.iter().enumerate() {
            if let Err(error) = append_value(self.column_mut(position), value) {
                self.truncate(self.len());
                return Err(error);
            }
        }
        self.ids.push(id);
        Ok(())
    }

    /// Appends a range of the rows of some vectors, one for each column.
    pub fn extend(&mut self, ids: &[RowId], vectors: &[impl AsRef<Vector>], range: Range<usize>) {
        self.ids.extend_from_slice(&ids[range.clone()]);
        for (position, vector) in vectors.iter().enumerate() {
            append_range(self.column_mut(position), vector.as_ref(), range.clone());
        }
    }

    /// How many rows from `from` on (at most `to`) can be appended before it is full.
    pub fn room(&self, vectors: &[impl AsRef<Vector>], from: usize, to: usize) -> usize {
        let rows = (to - from).min(CHUNK_ROWS.saturating_sub(self.len()));
        let strings = vectors.iter().map(|vector| string_bytes(vector.as_ref()));
        if strings.max().unwrap_or(0) < STRING_BYTES_MAX {
            return rows;
        }
        // Long strings go in one by one, so that no block holds more than one of them too many.
        rows.min(1)
    }

    /// Appends a row of another group of the same layout, but for the columns that `changed` gives.
    pub fn push_from<'a>(
        &mut self,
        source: &Rows,
        row: usize,
        changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
    ) {
        for position in 0..self.columns.len() {
            let (vector, row) = changed(position).unwrap_or((&source.columns[position], row));
            append_range(self.column_mut(position), vector, row..row + 1);
        }
        self.ids.push(source.ids[row]);
    }

    /// The same when the source is this group itself.
    pub fn push_within<'a>(
        &mut self,
        row: usize,
        changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
    ) {
        for position in 0..self.columns.len() {
            match changed(position) {
                Some((vector, row)) => {
                    append_range(self.column_mut(position), vector, row..row + 1)
                }
                None => append_within(self.column_mut(position), row),
            }
        }
        self.ids.push(self.ids[row]);
    }

    pub fn truncate(&mut self, len: usize) {
        self.ids.truncate(len);
        for position in 0..self.columns.len() {
            if self.columns[position].len() > len {
                truncate(self.column_mut(position), len);
            }
        }
    }

    pub fn bytes_held(&self) -> usize {
        let columns: usize = self.columns.iter().map(|c| bytes_held(c)).sum();
        columns + self.ids.capacity() * 8
    }
}

fn string_bytes(vector: &Vector) -> usize {
    match &vector.data {
        Data::Text(Strings::Flat { bytes, .. }) | Data::Bytes(Strings::Flat { bytes, .. }) => {
            bytes.len()
        }
        _ => 0,
    }
}
