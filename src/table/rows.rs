//! Rows side by side as columns: the part that a block of the store and a transaction's private block
//! have in common. It only grows at its end (and shrinks there, when a transaction goes back).
//!
//! A reader takes the columns by reference count. While it holds them, the next append copies the columns
//! it grows, once; with nobody reading, appending moves nothing.

use super::append::{
    append_null, append_range, append_value, append_within, bytes_held, nulls, truncate,
};
use crate::column::{CHUNK_ROWS, Data, Strings, Vector};
use crate::error::Result;
use crate::types::{ColumnId, PhysicalType, RowId, TableSchema, Value, sort_by_key};
use std::ops::Range;
use std::rc::Rc;

/// Strings of one column in one block; beyond it the block is full, however few its rows.
const STRING_BYTES_MAX: usize = 16 << 20;

/// The columns of a table's rows, in the order they are stored: that of their ids, those that were dropped among
/// them. So it only grows, and rows that were written before a column was added have just the ones before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    pub columns: Vec<(ColumnId, PhysicalType)>,
    /// The place of each in the schema, where that has others or another order; none if it was dropped.
    order: Option<Vec<Option<usize>>>,
}

impl Layout {
    pub fn of(schema: &TableSchema) -> Rc<Layout> {
        let own = schema.columns.iter().enumerate();
        let own = own.map(|(at, c)| (c.id, c.data_type.physical(), Some(at)));
        let dropped = schema.dropped.iter();
        let dropped = dropped.map(|column| (column.id, column.data_type.physical(), None));
        let mut all: Vec<_> = own.chain(dropped).collect();
        sort_by_key(&mut all, |(id, ..)| *id);
        let is_plain = (all.iter().enumerate()).all(|(at, (.., place))| *place == Some(at));
        Rc::new(Layout {
            order: (!is_plain).then(|| all.iter().map(|(.., place)| *place).collect()),
            columns: all
                .into_iter()
                .map(|(id, physical, _)| (id, physical))
                .collect(),
        })
    }

    /// How many columns the schema has.
    pub fn width(&self) -> usize {
        match &self.order {
            Some(order) => order.iter().flatten().count(),
            None => self.columns.len(),
        }
    }

    /// Vectors in the order of the schema, in that of the rows, with NULLs for what was dropped.
    pub fn arrange(&self, vectors: &[Rc<Vector>], rows: usize) -> Option<Vec<Rc<Vector>>> {
        let order = self.order.as_ref()?;
        let vector =
            |(place, (_, physical)): (&Option<usize>, &(ColumnId, PhysicalType))| match place {
                Some(place) => vectors[*place].clone(),
                None => Rc::new(nulls(*physical, rows)),
            };
        Some(order.iter().zip(&self.columns).map(vector).collect())
    }

    /// The same of the values of a row.
    pub fn arrange_row(&self, values: &[Value]) -> Option<Vec<Value>> {
        let order = self.order.as_ref()?;
        let value =
            |place: &Option<usize>| place.map_or(Value::Null, |place| values[place].clone());
        Some(order.iter().map(value).collect())
    }

    /// The columns that the schema has.
    pub fn present(&self) -> impl Iterator<Item = ColumnId> + '_ {
        let is_present = |at: usize| self.order.as_ref().is_none_or(|order| order[at].is_some());
        let columns = self.columns.iter().enumerate();
        columns
            .filter(move |(at, _)| is_present(*at))
            .map(|(_, (id, _))| *id)
    }

    pub fn position(&self, column: ColumnId) -> Option<usize> {
        self.columns.iter().position(|(id, _)| *id == column)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub ids: Vec<RowId>,
    /// One for each column that the layout had when the first row came. Of those added since, all are NULL.
    pub columns: Vec<Rc<Vector>>,
}

impl Rows {
    pub fn new(layout: &Layout) -> Rows {
        let empty = |(_, physical): &(ColumnId, PhysicalType)| Vector::new(Data::empty(*physical));
        Rows {
            ids: Vec::new(),
            columns: (layout.columns.iter()).map(|c| Rc::new(empty(c))).collect(),
        }
    }

    /// What stands in the place of rows that were taken.
    pub fn nothing() -> Rows {
        Rows {
            ids: Vec::new(),
            columns: Vec::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Gives dictionaries to strings that repeat themselves. Appending would give them up.
    pub fn code_strings(&mut self) {
        for column in &mut self.columns {
            let coded = match &column.data {
                Data::Text(strings) => strings.coded().map(Data::Text),
                Data::Bytes(strings) => strings.coded().map(Data::Bytes),
                _ => None,
            };
            if let Some(data) = coded {
                let validity = column.validity.clone();
                *column = Rc::new(Vector { data, validity });
            }
        }
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

    /// The value of a row in a column of the layout.
    pub fn value(&self, position: usize, row: usize) -> Value {
        let column = self.columns.get(position);
        column.map_or(Value::Null, |column| column.value(row))
    }

    /// Appends a row of another group of the same layout, or an earlier one, but for the columns that `changed` gives.
    pub fn push_from<'a>(
        &mut self,
        source: &Rows,
        row: usize,
        changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
    ) {
        for position in 0..self.columns.len() {
            let old = || Some((&**source.columns.get(position)?, row));
            match changed(position).or_else(old) {
                Some((vector, row)) => {
                    append_range(self.column_mut(position), vector, row..row + 1);
                }
                None => append_null(self.column_mut(position)),
            }
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
