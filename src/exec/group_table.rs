//! Numbers distinct rows in the order in which they first come: the heart of GROUP BY and DISTINCT.
//!
//! ```text
//!   slots (open addressing, a power of two)      groups
//!   [ - | 2 | - | 0 | 1 | - | - | - ]            hashes  [h0 h1 h2]
//!                                                keys    RowBuffer: row i is the key of group i
//! ```

use super::row_buffer::RowBuffer;
use crate::column::{Data, Strings, Vector, kernel};
use crate::types::PhysicalType;
use std::borrow::Cow;
use std::rc::Rc;

const EMPTY: u32 = u32::MAX;

pub struct GroupTable {
    slots: Vec<u32>,
    hashes: Vec<u64>,
    keys: RowBuffer,
}

impl GroupTable {
    pub fn new(types: impl IntoIterator<Item = PhysicalType>) -> GroupTable {
        GroupTable {
            slots: vec![EMPTY; 64],
            hashes: Vec::new(),
            keys: RowBuffer::new(types),
        }
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Bytes that they take, roughly.
    pub fn bytes_held(&self) -> usize {
        let keys = self.keys.columns().iter().map(|column| match &column.data {
            Data::Text(strings) | Data::Bytes(strings) => strings.bytes_held(),
            _ => 16 * self.len(),
        });
        self.slots.len() * 4 + self.len() * 8 + keys.sum::<usize>()
    }

    /// The first row of each group.
    pub fn keys(&self) -> &RowBuffer {
        &self.keys
    }

    /// The group of each selected row; rows without an equal before them begin a new one.
    pub fn groups_of(
        &mut self,
        columns: &[Rc<Vector>],
        rows: usize,
        selection: Option<&[u32]>,
    ) -> Vec<u32> {
        if let Some((codes, count)) = codes(columns) {
            return self.groups_of_codes(columns, (&codes, count), rows, selection);
        }
        if let [column] = columns
            && column.validity.is_none()
            && let Data::I64(values) = &column.data
        {
            return self.groups_by(columns, rows, selection, |keys, group, row| {
                let key = &keys.columns()[0];
                match &key.data {
                    Data::I64(own) => own[group] == values[row] && !key.is_null(group),
                    _ => false,
                }
            });
        }
        self.groups_of_any(columns, rows, selection)
    }

    fn groups_of_any(
        &mut self,
        columns: &[Rc<Vector>],
        rows: usize,
        selection: Option<&[u32]>,
    ) -> Vec<u32> {
        self.groups_by(columns, rows, selection, |keys, group, row| {
            kernel::rows_equal(keys.columns(), group, columns, row)
        })
    }

    /// The positions of the selected rows that began a new group.
    pub fn new_rows(
        &mut self,
        columns: &[Rc<Vector>],
        rows: usize,
        selection: Option<&[u32]>,
    ) -> Vec<u32> {
        let mut next = self.len() as u32;
        let groups = self.groups_of(columns, rows, selection);
        let mut new = Vec::new();
        for (index, group) in groups.into_iter().enumerate() {
            if group == next {
                next += 1;
                new.push(selection.map_or(index as u32, |selection| selection[index]));
            }
        }
        new
    }

    fn groups_by(
        &mut self,
        columns: &[Rc<Vector>],
        rows: usize,
        selection: Option<&[u32]>,
        is_equal: impl Fn(&RowBuffer, usize, usize) -> bool,
    ) -> Vec<u32> {
        let hashes = kernel::hash_rows(columns, rows, selection);
        let place = |index: usize| selection.map_or(index, |selection| selection[index] as usize);
        (hashes.into_iter().enumerate())
            .map(|(index, hash)| self.group_of(columns, place(index), hash, &is_equal))
            .collect()
    }

    fn group_of(
        &mut self,
        columns: &[Rc<Vector>],
        row: usize,
        hash: u64,
        is_equal: &impl Fn(&RowBuffer, usize, usize) -> bool,
    ) -> u32 {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let group = self.slots[slot];
            if group == EMPTY {
                break;
            }
            if self.hashes[group as usize] == hash && is_equal(&self.keys, group as usize, row) {
                return group;
            }
            slot = (slot + 1) & mask;
        }
        let group = self.len() as u32;
        self.slots[slot] = group;
        self.hashes.push(hash);
        self.keys.push_row(columns, row);
        if self.len() * 2 > self.slots.len() {
            self.grow();
        }
        group
    }

    /// Looks up the first row of each code alone. There are `count` codes.
    fn groups_of_codes(
        &mut self,
        columns: &[Rc<Vector>],
        (codes, count): (&[u32], usize),
        rows: usize,
        selection: Option<&[u32]>,
    ) -> Vec<u32> {
        let mut known = vec![EMPTY; count];
        let mut firsts = Vec::new();
        let mut firsts_of = |row: u32| {
            let first = &mut known[codes[row as usize] as usize];
            if *first == EMPTY {
                *first = firsts.len() as u32;
                firsts.push(row);
            }
            *first
        };
        let of_rows: Vec<u32> = match selection {
            None => (0..rows as u32).map(&mut firsts_of).collect(),
            Some(selection) => selection.iter().map(|&row| firsts_of(row)).collect(),
        };
        let groups = self.groups_of_any(columns, rows, Some(&firsts));
        of_rows
            .iter()
            .map(|&first| groups[first as usize])
            .collect()
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        self.slots = vec![EMPTY; mask + 1];
        for (group, hash) in self.hashes.iter().enumerate() {
            let mut slot = *hash as usize & mask;
            while self.slots[slot] != EMPTY {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = group as u32;
        }
    }
}

/// Codes of more combinations than this would take longer to keep apart than what they stand for.
const COMBINATIONS_MAX: usize = 4096;

/// A number for each row that says what all of its strings are, and how many numbers there may be; none if not all columns are
/// strings with dictionaries.
fn codes(columns: &[Rc<Vector>]) -> Option<(Cow<'_, [u32]>, usize)> {
    let (first, rest) = columns.split_first()?;
    let (codes, values) = dictionary(first)?;
    let (mut combined, mut count) = (Cow::Borrowed(codes), values.len());
    for column in rest {
        let (codes, values) = dictionary(column)?;
        let radix = values.len();
        count = count
            .checked_mul(radix)
            .filter(|&count| count <= COMBINATIONS_MAX)?;
        for (code, other) in combined.to_mut().iter_mut().zip(codes) {
            *code = *code * radix as u32 + other;
        }
    }
    Some((combined, count))
}

fn dictionary(column: &Vector) -> Option<(&[u32], &Strings)> {
    match &column.data {
        Data::Text(Strings::Dictionary { codes, values })
        | Data::Bytes(Strings::Dictionary { codes, values })
            if column.validity.is_none() =>
        {
            Some((codes, values))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Value;

    fn column(values: &[Value]) -> Rc<Vector> {
        Rc::new(Vector::from_values(PhysicalType::I64, values))
    }

    #[test]
    fn groups_are_numbered_as_they_come_and_null_is_one_of_them() {
        let mut table = GroupTable::new([PhysicalType::I64]);
        let values = [7, 8, 7].map(Value::I64);
        assert_eq!(table.groups_of(&[column(&values)], 3, None), [0, 1, 0]);
        let values = [Value::Null, Value::I64(0), Value::I64(8), Value::Null];
        assert_eq!(table.groups_of(&[column(&values)], 4, None), [2, 3, 1, 2]);
        assert_eq!(table.groups_of(&[column(&[Value::I64(0)])], 1, None), [3]);
        assert_eq!(
            table.new_rows(&[column(&[Value::I64(5), Value::I64(5)])], 2, None),
            [0]
        );
    }

    #[test]
    fn codes_of_several_columns_are_combined() {
        let coded = |codes: &[u32], values: &[&str]| {
            let values = Rc::new(values.iter().map(|value| value.as_bytes()).collect());
            let codes = codes.to_vec();
            Rc::new(Vector::new(Data::Text(Strings::Dictionary {
                codes,
                values,
            })))
        };
        let mut table = GroupTable::new([PhysicalType::Text; 2]);
        let columns = [
            coded(&[0, 1, 1, 0, 1], &["a", "b"]),
            coded(&[2, 0, 2, 2, 0], &["x", "y", "z"]),
        ];
        assert_eq!(
            table.groups_of(&columns, 5, Some(&[1, 2, 3, 4])),
            [0, 1, 2, 0]
        );
        // The same in other codes.
        let columns = [coded(&[0, 0], &["b"]), coded(&[1, 0], &["x", "z"])];
        assert_eq!(table.groups_of(&columns, 2, None), [1, 0]);
    }

    #[test]
    fn it_grows() {
        let mut table = GroupTable::new([PhysicalType::I64]);
        let values: Vec<Value> = (0..2000).map(Value::I64).collect();
        let groups: Vec<u32> = (0..2000).collect();
        assert_eq!(table.groups_of(&[column(&values)], 2000, None), groups);
        assert_eq!(table.groups_of(&[column(&values)], 2000, None), groups);
    }
}
