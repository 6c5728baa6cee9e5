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

/// A row to be sorted: the prefixes decide most comparisons without looking at the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Of the first key.
    pub prefix: u64,
    /// Of the second one, where equal prefixes are equal values; else 0.
    pub second: u32,
    pub row: u32,
}

/// The columns that rows are compared by.
pub struct Keys<'a> {
    columns: Vec<&'a Rc<Vector>>,
    directions: &'a [Direction],
    /// Whether the prefix is all of the first key, unless it is one that NULL has, too.
    is_whole: bool,
}

impl<'a> Keys<'a> {
    pub fn new(columns: Vec<&'a Rc<Vector>>, directions: &'a [Direction]) -> Keys<'a> {
        let is_whole = |column: &&Rc<Vector>| {
            matches!(column.data, Data::Bool(_) | Data::I64(_) | Data::F64(_))
        };
        Keys {
            is_whole: columns.first().is_some_and(is_whole),
            columns,
            directions,
        }
    }

    pub fn entry(&self, row: usize) -> Entry {
        let prefix_of = |key: usize| match self.columns.get(key) {
            Some(column) => prefix(column, row, self.directions[key]),
            None => 0,
        };
        let prefix = prefix_of(0);
        Entry {
            prefix,
            second: match self.says_all(prefix) {
                true => (prefix_of(1) >> 32) as u32,
                false => 0,
            },
            row: row as u32,
        }
    }

    /// Whether rows with this prefix have the same value.
    fn says_all(&self, prefix: u64) -> bool {
        self.is_whole && prefix != 0 && prefix != u64::MAX
    }

    /// By the keys, then by the order in which they came.
    pub fn compare(&self, left: Entry, right: Entry) -> Ordering {
        let prefixes = |entry: Entry| (entry.prefix, entry.second);
        (prefixes(left).cmp(&prefixes(right)))
            .then_with(|| {
                let from = usize::from(self.says_all(left.prefix));
                self.compare_from(from, left.row as usize, right.row as usize)
            })
            .then(left.row.cmp(&right.row))
    }

    /// By the keys alone.
    pub fn compare_rows(&self, left: usize, right: usize) -> Ordering {
        self.compare_from(0, left, right)
    }

    fn compare_from(&self, key: usize, left: usize, right: usize) -> Ordering {
        for (column, direction) in self.columns.iter().zip(self.directions).skip(key) {
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
    fn entries_order_like_their_rows() {
        let first = [i64::MIN, i64::MAX, 7, 7, 7, 7, i64::MAX, i64::MIN].map(Value::I64);
        let with_nulls = |values: [Value; 8]| values.into_iter().chain([Value::Null, Value::Null]);
        let first: Vec<Value> = with_nulls(first).collect();
        let second = [1.0, 2.0, 1.0 + 1e-12, 1.0, f64::NAN, -0.0, -2.0, 0.0].map(Value::F64);
        let second: Vec<Value> = with_nulls(second).collect();
        let columns = [
            Rc::new(Vector::from_values(PhysicalType::I64, &first)),
            Rc::new(Vector::from_values(PhysicalType::F64, &second)),
        ];
        for flags in 0..16 {
            let direction = |shift: u32| Direction {
                descending: flags >> shift & 1 == 1,
                nulls_first: flags >> shift & 2 == 2,
            };
            let directions = [direction(0), direction(2)];
            let keys = Keys::new(columns.iter().collect(), &directions);
            for (left, right) in (0..10).flat_map(|left| (0..10).map(move |right| (left, right))) {
                let entries = keys.compare(keys.entry(left), keys.entry(right));
                let rows = keys.compare_rows(left, right).then(left.cmp(&right));
                assert_eq!(entries, rows, "{flags}: {left} {right}");
            }
        }
    }

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
