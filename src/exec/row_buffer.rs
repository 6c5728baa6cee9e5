//! Rows that an operator keeps: one growing vector for each column.

use crate::column::{Bitmap, COPIED_MAX, Chunk, Data, Strings, Vector, VectorBuilder};
use crate::types::{Decimal, PhysicalType, Value};
use std::rc::Rc;

#[derive(Debug)]
pub struct RowBuffer {
    columns: Vec<Rc<Vector>>,
    rows: usize,
}

impl RowBuffer {
    pub fn new(types: impl IntoIterator<Item = PhysicalType>) -> RowBuffer {
        let empty = |physical| Rc::new(Vector::new(Data::empty(physical)));
        RowBuffer {
            columns: types.into_iter().map(empty).collect(),
            rows: 0,
        }
    }

    pub fn len(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> &[Rc<Vector>] {
        &self.columns
    }

    /// Appends the selected rows of a chunk.
    pub fn push_chunk(&mut self, chunk: &Chunk) {
        self.push_columns(&chunk.columns, chunk.len(), chunk.selected());
    }

    /// Appends the selected rows of vectors.
    pub fn push_columns(&mut self, columns: &[Rc<Vector>], rows: usize, selection: Option<&[u32]>) {
        for (column, added) in self.columns.iter_mut().zip(columns) {
            append(Rc::make_mut(column), added, selection);
        }
        self.rows += rows;
    }

    /// Appends one row of vectors.
    pub fn push_row(&mut self, columns: &[Rc<Vector>], row: usize) {
        let row = [u32::try_from(row).expect("chunks are short")];
        self.push_columns(columns, 1, Some(&row));
    }

    /// The rows at the given places, in that order.
    pub fn gather(&self, rows: &[u32]) -> Vec<Rc<Vector>> {
        let pick = |column: &Rc<Vector>| Rc::new(column.gather(rows));
        self.columns.iter().map(pick).collect()
    }

    /// A copy of some consecutive rows.
    pub fn slice(&self, start: usize, end: usize) -> Chunk {
        let rows: Vec<u32> = (start as u32..end as u32).collect();
        Chunk::new(self.gather(&rows), rows.len())
    }

    /// Keeps only the rows at the given places, in that order.
    pub fn retain(&mut self, rows: &[u32]) {
        self.columns = self.gather(rows);
        self.rows = rows.len();
    }

    /// All rows as one chunk, which may be longer than chunks usually are.
    pub fn into_chunk(self) -> Chunk {
        Chunk::new(self.columns, self.rows)
    }
}

/// Bytes that the selected rows of a chunk take, roughly.
pub fn chunk_bytes(chunk: &Chunk) -> usize {
    let rows = chunk.len();
    chunk.columns.iter().map(|c| vector_bytes(c, rows)).sum()
}

fn vector_bytes(vector: &Vector, rows: usize) -> usize {
    let average = |strings: &Strings| match strings {
        Strings::Flat { bytes, .. } => bytes.len() / strings.len().max(1) + 4,
        // What gathers them from several dictionaries copies them.
        Strings::Dictionary { values, .. } if values.bytes_held() > COPIED_MAX => {
            values.bytes_held() / values.len().max(1) + 4
        }
        Strings::Dictionary { .. } => 4,
    };
    rows * match &vector.data {
        Data::Bool(_) => 1,
        Data::I64(_) | Data::F64(_) => 8,
        Data::Decimal(_) => size_of::<Decimal>(),
        Data::Uuid(_) => 16,
        Data::Array(values) => {
            16 + values.iter().map(|v| array_bytes(v)).sum::<usize>() / values.len().max(1)
        }
        Data::Text(strings) | Data::Bytes(strings) => average(strings),
    }
}

/// Bytes that the elements of an array take, roughly.
pub fn array_bytes(elements: &[Value]) -> usize {
    let own = |value: &Value| match value {
        Value::Text(text) => text.len() + 16,
        Value::Bytes(bytes) => bytes.len() + 16,
        _ => 0,
    };
    size_of_val(elements) + elements.iter().map(own).sum::<usize>()
}

/// A vector of NULLs.
pub fn nulls(physical: PhysicalType, len: usize) -> Vector {
    let mut builder = VectorBuilder::new(physical);
    (0..len).for_each(|_| builder.push_null());
    builder.finish()
}

fn append(target: &mut Vector, source: &Vector, selection: Option<&[u32]>) {
    let old = target.len();
    match (&mut target.data, &source.data) {
        (Data::Bool(into), Data::Bool(from)) => extend(into, from, selection),
        (Data::I64(into), Data::I64(from)) => extend(into, from, selection),
        (Data::F64(into), Data::F64(from)) => extend(into, from, selection),
        (Data::Decimal(into), Data::Decimal(from)) => extend(into, from, selection),
        (Data::Uuid(into), Data::Uuid(from)) => extend(into, from, selection),
        (Data::Array(into), Data::Array(from)) => extend(into, from, selection),
        (Data::Text(into), Data::Text(from)) | (Data::Bytes(into), Data::Bytes(from)) => {
            extend_strings(into, from, selection);
        }
        (into, from) => panic!("{:?} appended to {:?}", from.physical(), into.physical()),
    }
    let added = target.len() - old;
    if source.validity.is_none() && target.validity.is_none() {
        return;
    }
    let validity = (target.validity).get_or_insert_with(|| Bitmap::filled(true, old));
    (0..added).for_each(|index| validity.push(!source.is_null(place(selection, index))));
}

fn place(selection: Option<&[u32]>, index: usize) -> usize {
    selection.map_or(index, |selection| selection[index] as usize)
}

fn extend<T: Clone>(into: &mut Vec<T>, from: &[T], selection: Option<&[u32]>) {
    match selection {
        None => into.extend_from_slice(from),
        Some(rows) => into.extend(rows.iter().map(|&row| from[row as usize].clone())),
    }
}

/// Codes are kept while all strings share one dictionary.
fn extend_strings(into: &mut Strings, from: &Strings, selection: Option<&[u32]>) {
    if let Strings::Dictionary { codes: new, values } = from {
        if into.is_empty() {
            *into = Strings::Dictionary {
                codes: Vec::new(),
                values: values.clone(),
            };
        }
        if let Strings::Dictionary { codes, values: own } = into
            && Rc::ptr_eq(own, values)
        {
            return extend(codes, new, selection);
        }
    }
    let count = selection.map_or(from.len(), <[u32]>::len);
    (0..count).for_each(|index| into.push(from.get(place(selection, index))));
}

/// A chunk of one row.
pub fn single_row(types: &[PhysicalType], row: &[Value]) -> Chunk {
    let vector = |(physical, value): (&PhysicalType, &Value)| {
        Rc::new(Vector::from_values(*physical, std::iter::once(value)))
    };
    Chunk::new(types.iter().zip(row).map(vector).collect(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(values: &[Option<i64>]) -> Rc<Vector> {
        let values: Vec<Value> = (values.iter())
            .map(|value| value.map_or(Value::Null, Value::I64))
            .collect();
        Rc::new(Vector::from_values(PhysicalType::I64, &values))
    }

    fn texts(values: &[&str]) -> Strings {
        values.iter().map(|value| value.as_bytes()).collect()
    }

    #[test]
    fn nulls_survive_appending_and_gathering() {
        let mut buffer = RowBuffer::new([PhysicalType::I64]);
        buffer.push_columns(&[ints(&[Some(1), Some(2)])], 2, None);
        buffer.push_columns(&[ints(&[None, Some(4), Some(5)])], 2, Some(&[0, 2]));
        assert_eq!(
            *buffer.columns()[0],
            *ints(&[Some(1), Some(2), None, Some(5)])
        );
        let gathered = buffer.gather(&[3, 2, 0]);
        assert_eq!(*gathered[0], *ints(&[Some(5), None, Some(1)]));
    }

    #[test]
    fn a_shared_dictionary_is_kept_and_another_one_dissolves_it() {
        let values = Rc::new(texts(&["a", "b"]));
        let coded = |codes: &[u32], values: &Rc<Strings>| {
            Rc::new(Vector::new(Data::Text(Strings::Dictionary {
                codes: codes.to_vec(),
                values: values.clone(),
            })))
        };
        let mut buffer = RowBuffer::new([PhysicalType::Text]);
        buffer.push_columns(&[coded(&[0, 1], &values)], 2, None);
        buffer.push_columns(&[coded(&[1, 1], &values)], 1, Some(&[0]));
        assert!(matches!(
            &buffer.columns()[0].data,
            Data::Text(Strings::Dictionary { .. })
        ));
        buffer.push_columns(&[coded(&[0], &Rc::new(texts(&["c"])))], 1, None);
        let Data::Text(strings) = &buffer.columns()[0].data else {
            panic!("text")
        };
        assert_eq!(*strings, texts(&["a", "b", "b", "c"]));
    }
}
