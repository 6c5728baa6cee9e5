//! Hashes of whole rows, and their equality, for joins, grouping and DISTINCT.
//!
//! Both agree with each other and with [`Value`](crate::types::Value): `-0.0` equals `0.0`, `NaN`
//! equals itself, decimals are equal whatever their scale. NULL equals NULL here; a join, for which it
//! must not, asks [`any_null`] first.

use crate::column::{Data, Strings, Vector};
use crate::types::compare_f64;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// A hash for each selected row (all `rows` of them without a selection), of all columns together.
pub fn hash_rows(columns: &[Rc<Vector>], rows: usize, selection: Option<&[u32]>) -> Vec<u64> {
    let mut hashes = vec![0; selection.map_or(rows, <[u32]>::len)];
    for column in columns {
        match selection {
            None => hash_column(column, 0..column.len(), &mut hashes),
            Some(selection) => {
                hash_column(
                    column,
                    selection.iter().map(|&row| row as usize),
                    &mut hashes,
                );
            }
        }
    }
    hashes
}

/// Whether two rows, each of its own columns, are equal, NULLs included.
pub fn rows_equal(
    left: &[Rc<Vector>],
    left_row: usize,
    right: &[Rc<Vector>],
    right_row: usize,
) -> bool {
    (left.iter().zip(right)).all(|(left, right)| equal(left, left_row, right, right_row))
}

/// Whether a row has a NULL in any of the columns.
pub fn any_null(columns: &[Rc<Vector>], row: usize) -> bool {
    columns.iter().any(|column| column.is_null(row))
}

fn equal(left: &Vector, i: usize, right: &Vector, j: usize) -> bool {
    match (left.is_null(i), right.is_null(j)) {
        (false, false) => {}
        (left, right) => return left && right,
    }
    match (&left.data, &right.data) {
        (Data::Bool(a), Data::Bool(b)) => a[i] == b[j],
        (Data::I64(a), Data::I64(b)) => a[i] == b[j],
        (Data::F64(a), Data::F64(b)) => compare_f64(a[i], b[j]) == Ordering::Equal,
        (Data::Decimal(a), Data::Decimal(b)) => a[i] == b[j],
        (Data::Text(a), Data::Text(b)) | (Data::Bytes(a), Data::Bytes(b)) => a.get(i) == b.get(j),
        (Data::Uuid(a), Data::Uuid(b)) => a[i] == b[j],
        (Data::Array(a), Data::Array(b)) => a[i] == b[j],
        _ => false,
    }
}

/// Mixes one column into the hashes of the rows at `positions`.
fn hash_column(vector: &Vector, positions: impl Iterator<Item = usize>, hashes: &mut [u64]) {
    let slots = positions.zip(hashes);
    match (&vector.data, &vector.validity) {
        (Data::I64(values), None) => {
            slots.for_each(|(row, hash)| *hash = mix(*hash, values[row] as u64));
        }
        (
            Data::Text(Strings::Dictionary { codes, values })
            | Data::Bytes(Strings::Dictionary { codes, values }),
            _,
        ) => {
            let of_code: Vec<u64> = values.iter().map(hash_bytes).collect();
            slots.for_each(|(row, hash)| {
                let own = match vector.is_null(row) {
                    true => NULL,
                    false => of_code[codes[row] as usize],
                };
                *hash = mix(*hash, own);
            });
        }
        _ => slots.for_each(|(row, hash)| *hash = mix(*hash, hash_value(vector, row))),
    }
}

fn hash_value(vector: &Vector, row: usize) -> u64 {
    if vector.is_null(row) {
        return NULL;
    }
    match &vector.data {
        Data::Bool(values) => u64::from(values[row]),
        Data::I64(values) => values[row] as u64,
        Data::F64(values) => hash_f64(values[row]),
        Data::Decimal(values) => {
            let mut hasher = RowHasher::default();
            values[row].hash(&mut hasher);
            hasher.finish()
        }
        Data::Text(values) | Data::Bytes(values) => hash_bytes(values.get(row)),
        Data::Uuid(values) => mix(values[row] as u64, (values[row] >> 64) as u64),
        Data::Array(values) => {
            let mut hasher = RowHasher::default();
            values[row].hash(&mut hasher);
            hasher.finish()
        }
    }
}

/// Any odd pattern: a value that happens to have it as its bits only costs a collision.
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

/// All NaNs are one, and adding 0.0 turns -0.0 into 0.0.
fn hash_f64(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else {
        (value + 0.0).to_bits()
    }
}

/// Folds a word into a hash. What differs in the high bits alone, as small floats do, is brought down before the
/// product, which brings everything up, and then down again. The 128-bit product that would keep more takes four
/// multiplications in WebAssembly.
#[inline]
fn mix(hash: u64, word: u64) -> u64 {
    let both = hash.rotate_left(26) ^ word ^ 0x2d35_8dcc_aa6c_78a5;
    let product = (both ^ both >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ product >> 32
}

/// Reads whole words, the last of which may overlap the one before it; the length keeps apart what the
/// overlap would not.
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    let seed = bytes.len() as u64;
    let Some((_, last)) = bytes.split_last_chunk::<8>() else {
        return mix(seed, short_word(bytes));
    };
    let mut hash = seed;
    let (words, _) = bytes.as_chunks::<8>();
    let whole = if bytes.len().is_multiple_of(8) {
        words.len() - 1
    } else {
        words.len()
    };
    for word in &words[..whole] {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    mix(hash, u64::from_le_bytes(*last))
}

/// Up to seven bytes as one word.
fn short_word(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>(), bytes) {
        (Some(first), Some(last), _) => {
            u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
        }
        (_, _, [first, .., last]) => {
            let middle = bytes[bytes.len() / 2];
            u64::from(*first) << 16 | u64::from(middle) << 8 | u64::from(*last)
        }
        (_, _, [one]) => u64::from(*one),
        _ => 0,
    }
}

/// The same mixing for types that implement `Hash`. It does not defend against keys chosen to collide.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowHasher(u64);

impl Hasher for RowHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix(self.0, hash_bytes(bytes));
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0, value);
    }

    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn finish(&self) -> u64 {
        mix(self.0, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Decimal, PhysicalType, Value};

    fn columns(values: &[Vec<Value>], types: &[PhysicalType]) -> Vec<Rc<Vector>> {
        (types.iter().enumerate())
            .map(|(column, &physical)| {
                let values = values.iter().map(|row| &row[column]);
                Rc::new(Vector::from_values(physical, values))
            })
            .collect()
    }

    #[test]
    fn numbers_of_any_kind_spread_over_the_slots_of_a_table() {
        type Word = fn(u64) -> u64;
        let families: [(&str, Word); 6] = [
            ("integers", |n| n),
            ("multiples of 2^20", |n| n << 20),
            ("multiples of 2^48", |n| n << 48),
            ("floats", |n| (n as f64).to_bits()),
            ("quarters", |n| (n as f64 / 4.0).to_bits()),
            ("days in microseconds", |n| n * 86_400_000_000),
        ];
        for (family, word) in families {
            for seed in [0, 7] {
                let hashes = (0..4096).map(|n| mix(seed, word(n)));
                let [mut low, mut high] = [[false; 8192]; 2];
                for hash in hashes {
                    low[hash as usize & 8191] = true;
                    high[(hash >> 51) as usize] = true;
                }
                // Chance would take 3,223 of them.
                for slots in [low, high] {
                    let taken = slots.iter().filter(|taken| **taken).count();
                    assert!(taken > 2600, "{family}: {taken}");
                }
            }
        }
    }

    #[test]
    fn equal_rows_hash_alike_and_others_do_not() {
        let types = [PhysicalType::F64, PhysicalType::Decimal, PhysicalType::Text];
        let row = |float: f64, decimal: &str, text: &str| {
            vec![
                Value::F64(float),
                Value::Decimal(decimal.parse::<Decimal>().expect("a number")),
                Value::text(text),
            ]
        };
        let rows = [
            row(0.0, "1.0", "eight by"),
            row(-0.0, "1.00", "eight by"),
            row(f64::NAN, "1", "eight bytes"),
            row(-f64::NAN, "1.000", "eight bytes"),
            vec![Value::Null; 3],
            vec![Value::Null; 3],
        ];
        let columns = columns(&rows, &types);
        let hashes = hash_rows(&columns, rows.len(), None);
        for i in 0..rows.len() {
            for j in 0..rows.len() {
                assert_eq!(rows_equal(&columns, i, &columns, j), i / 2 == j / 2);
                assert_eq!(hashes[i] == hashes[j], i / 2 == j / 2);
            }
        }
        assert!(any_null(&columns, 4) && !any_null(&columns, 0));
    }

    #[test]
    fn a_selection_and_a_dictionary_change_no_hash() {
        let flat = Vector::new(Data::Text(
            [b"a".as_slice(), b"b", b"a"].into_iter().collect(),
        ));
        let coded = Vector::new(Data::Text(Strings::Dictionary {
            codes: vec![1, 0, 1],
            values: Rc::new([b"b".as_slice(), b"a"].into_iter().collect()),
        }));
        let hashes = hash_rows(&[Rc::new(flat)], 3, None);
        assert_eq!(hash_rows(&[Rc::new(coded.clone())], 3, None), hashes);
        assert_eq!(
            hash_rows(&[Rc::new(coded)], 3, Some(&[2, 1])),
            [hashes[2], hashes[1]]
        );
        assert_eq!(hash_rows(&[], 3, None), [0; 3]);
    }
}
