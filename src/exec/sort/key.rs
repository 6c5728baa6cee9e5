//! Comparing rows by their sort keys.

use crate::column::{Data, Vector};
use crate::types::compare_f64;
use std::cmp::Ordering;
use std::rc::Rc;

/// How one key orders.
#[derive(Debug, Clone, Copy)]
pub struct Direction {
    pub descending: bool,
    pub nulls_first: bool,
}

/// A row to be sorted: the prefix decides most comparisons without looking at the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub prefix: u64,
    pub row: u32,
}

/// The columns that rows are compared by.
pub struct Keys<'a> {
    pub columns: Vec<&'a Rc<Vector>>,
    pub directions: &'a [Direction],
}

impl Keys<'_> {
    /// By the keys, then by the order in which they came.
    pub fn compare(&self, left: Entry, right: Entry) -> Ordering {
        (left.prefix.cmp(&right.prefix))
            .then_with(|| self.compare_rows(left.row as usize, right.row as usize))
            .then(left.row.cmp(&right.row))
    }

    /// By the keys alone.
    pub fn compare_rows(&self, left: usize, right: usize) -> Ordering {
        for (column, direction) in self.columns.iter().zip(self.directions) {
            let order = compare_values(column, left, right, *direction);
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

fn compare_values(column: &Vector, left: usize, right: usize, direction: Direction) -> Ordering {
    let order = match (column.is_null(left), column.is_null(right)) {
        (true, true) => return Ordering::Equal,
        (true, false) | (false, true) => {
            return match column.is_null(left) == direction.nulls_first {
                true => Ordering::Less,
                false => Ordering::Greater,
            };
        }
        (false, false) => match &column.data {
            Data::Bool(values) => values[left].cmp(&values[right]),
            Data::I64(values) => values[left].cmp(&values[right]),
            Data::F64(values) => compare_f64(values[left], values[right]),
            Data::Decimal(values) => values[left].cmp(&values[right]),
            Data::Text(values) | Data::Bytes(values) => values.get(left).cmp(values.get(right)),
            Data::Uuid(values) => values[left].cmp(&values[right]),
            Data::Array(values) => values[left].cmp(&values[right]),
        },
    };
    match direction.descending {
        true => order.reverse(),
        false => order,
    }
}

/// 64 bits that order like the value: smaller prefix, earlier row; equal prefixes say nothing.
pub fn prefix(column: &Vector, row: usize, direction: Direction) -> u64 {
    if column.is_null(row) {
        return if direction.nulls_first { 0 } else { u64::MAX };
    }
    let ascending = match &column.data {
        Data::Bool(values) => u64::from(values[row]),
        Data::I64(values) => (values[row] as u64) ^ (1 << 63),
        Data::F64(values) => float_prefix(values[row]),
        Data::Decimal(_) | Data::Array(_) => 0,
        Data::Text(values) | Data::Bytes(values) => bytes_prefix(values.get(row)),
        Data::Uuid(values) => (values[row] >> 64) as u64,
    };
    match direction.descending {
        true => !ascending,
        false => ascending,
    }
}

/// The bits of a float, made to order like it: -0 equals 0, NaN is the greatest.
fn float_prefix(value: f64) -> u64 {
    if value.is_nan() {
        return u64::MAX;
    }
    let bits = (value + 0.0).to_bits();
    match bits >> 63 {
        0 => bits | 1 << 63,
        _ => !bits,
    }
}

fn bytes_prefix(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    let len = bytes.len().min(8);
    first[..len].copy_from_slice(&bytes[..len]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{PhysicalType, Value};

    #[test]
    fn prefixes_order_like_the_values() {
        let floats = [
            f64::NEG_INFINITY,
            -2.0,
            -0.5,
            -0.0,
            0.0,
            1e-300,
            3.0,
            f64::INFINITY,
            f64::NAN,
        ];
        let texts = ["", "a", "aa", "abcdefgh", "abcdefghi", "b"];
        let columns = [
            Vector::from_values(PhysicalType::F64, &floats.map(Value::F64)),
            Vector::from_values(PhysicalType::Text, &texts.map(Value::text)),
            Vector::from_values(
                PhysicalType::I64,
                &[i64::MIN, -1, 0, i64::MAX].map(Value::I64),
            ),
        ];
        for column in columns {
            for descending in [false, true] {
                let direction = Direction {
                    descending,
                    nulls_first: false,
                };
                for (left, right) in (0..column.len() - 1).map(|row| (row, row + 1)) {
                    let prefixes =
                        prefix(&column, left, direction).cmp(&prefix(&column, right, direction));
                    let values = compare_values(&column, left, right, direction);
                    assert!(prefixes == Ordering::Equal || prefixes == values);
                }
            }
        }
    }
}
