//! Comparisons.
//!
//! Six comparisons are three loops and a negation: `a >= b` is not `a < b`, since every type has a
//! total order here (NaN is above all floats).

use crate::column::{Data, Strings, Vector};
use crate::types::{Decimal, Value};
use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// The order that is looked for, and whether it must not be found.
    fn parts(self) -> (Ordering, bool) {
        match self {
            Comparison::Equal => (Ordering::Equal, false),
            Comparison::NotEqual => (Ordering::Equal, true),
            Comparison::Less => (Ordering::Less, false),
            Comparison::GreaterOrEqual => (Ordering::Less, true),
            Comparison::Greater => (Ordering::Greater, false),
            Comparison::LessOrEqual => (Ordering::Greater, true),
        }
    }
}

/// Row by row; of rows that are not selected the result may be anything. NULLs are not looked at.
///
/// # Panics
/// If the vectors are of different physical types: the binder has cast them.
pub fn compare_vectors(
    comparison: Comparison,
    left: &Vector,
    right: &Vector,
    selection: Option<&[u32]>,
) -> Vec<bool> {
    let test = comparison.parts();
    match (&left.data, &right.data) {
        (Data::I64(a), Data::I64(b)) => pairs(a, b, test, |value| value),
        (Data::F64(a), Data::F64(b)) => pairs(a, b, test, ordered),
        (Data::Bool(a), Data::Bool(b)) => pairs(a, b, test, i64::from),
        (Data::Uuid(a), Data::Uuid(b)) => pairs(a, b, test, |value| value),
        (Data::Decimal(a), Data::Decimal(b)) => {
            rows(left.len(), selection, test, |row| a[row].cmp(&b[row]))
        }
        (Data::Text(a), Data::Text(b)) | (Data::Bytes(a), Data::Bytes(b)) => {
            rows(left.len(), selection, test, |row| {
                a.get(row).cmp(b.get(row))
            })
        }
        (Data::Array(a), Data::Array(b)) => {
            rows(left.len(), selection, test, |row| a[row].cmp(&b[row]))
        }
        (a, b) => panic!("{:?} compared with {:?}", a.physical(), b.physical()),
    }
}

/// Every row with one value, which is not NULL.
///
/// # Panics
/// If the value is of another physical type.
pub fn compare_constant(
    comparison: Comparison,
    left: &Vector,
    right: &Value,
    selection: Option<&[u32]>,
) -> Vec<bool> {
    let test = comparison.parts();
    match (&left.data, right) {
        (Data::I64(a), Value::I64(b)) => constant(a, *b, test, |value| value),
        (Data::F64(a), Value::F64(b)) => constant(a, *b, test, ordered),
        (Data::Bool(a), Value::Bool(b)) => constant(a, *b, test, i64::from),
        (Data::Uuid(a), Value::Uuid(b)) => constant(a, *b, test, |value| value),
        (Data::Decimal(a), Value::Decimal(b)) => decimals(a, b, selection, test),
        (Data::Text(a), Value::Text(b)) => strings(a, b.as_bytes(), selection, test),
        (Data::Bytes(a), Value::Bytes(b)) => strings(a, b, selection, test),
        (Data::Array(a), Value::Array(b)) => rows(left.len(), selection, test, |row| a[row].cmp(b)),
        (a, b) => panic!("{:?} compared with {:?}", a.physical(), b.physical()),
    }
}

/// A whole number that has the order of the float: -0 with 0, NaN above all.
#[inline]
fn ordered(value: f64) -> i64 {
    let value = if value.is_nan() {
        f64::NAN
    } else {
        value + 0.0
    };
    let bits = value.to_bits() as i64;
    bits ^ ((bits >> 63) as u64 >> 1) as i64
}

fn pairs<T: Copy, K: Ord>(
    left: &[T],
    right: &[T],
    test: (Ordering, bool),
    key: impl Fn(T) -> K,
) -> Vec<bool> {
    let all = left.iter().zip(right).map(|(&a, &b)| (key(a), key(b)));
    let negated = test.1;
    match test.0 {
        Ordering::Equal => all.map(|(a, b)| (a == b) != negated).collect(),
        Ordering::Less => all.map(|(a, b)| (a < b) != negated).collect(),
        Ordering::Greater => all.map(|(a, b)| (a > b) != negated).collect(),
    }
}

fn constant<T: Copy, K: Ord + Copy>(
    left: &[T],
    right: T,
    test: (Ordering, bool),
    key: impl Fn(T) -> K,
) -> Vec<bool> {
    let right = key(right);
    let all = left.iter().map(|&a| key(a));
    let negated = test.1;
    match test.0 {
        Ordering::Equal => all.map(|a| (a == right) != negated).collect(),
        Ordering::Less => all.map(|a| (a < right) != negated).collect(),
        Ordering::Greater => all.map(|a| (a > right) != negated).collect(),
    }
}

/// For what is not cheap to compare: only the selected rows.
fn rows(
    len: usize,
    selection: Option<&[u32]>,
    test: (Ordering, bool),
    order: impl Fn(usize) -> Ordering,
) -> Vec<bool> {
    let holds = |row| (order(row) == test.0) != test.1;
    match selection {
        None => (0..len).map(holds).collect(),
        Some(selection) => {
            let mut result = vec![false; len];
            selection
                .iter()
                .for_each(|&row| result[row as usize] = holds(row as usize));
            result
        }
    }
}

fn decimals(
    left: &[Decimal],
    right: &Decimal,
    selection: Option<&[u32]>,
    test: (Ordering, bool),
) -> Vec<bool> {
    rows(left.len(), selection, test, |row| left[row].cmp(right))
}

/// Against a dictionary each of its values is compared once, and rows by their codes.
fn strings(
    left: &Strings,
    right: &[u8],
    selection: Option<&[u32]>,
    test: (Ordering, bool),
) -> Vec<bool> {
    match left {
        Strings::Dictionary { codes, values } if values.len() <= codes.len() => {
            let holds = strings(values, right, None, test);
            codes.iter().map(|&code| holds[code as usize]).collect()
        }
        // Most strings that differ do so in their length.
        _ if test.0 == Ordering::Equal => rows(left.len(), selection, test, |row| {
            if left.get(row) == right {
                Ordering::Equal
            } else {
                Ordering::Less
            }
        }),
        _ => rows(left.len(), selection, test, |row| left.get(row).cmp(right)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::compare_f64;
    use std::rc::Rc;

    const ALL: [(Comparison, [bool; 3]); 6] = [
        (Comparison::Equal, [false, true, false]),
        (Comparison::NotEqual, [true, false, true]),
        (Comparison::Less, [true, false, false]),
        (Comparison::LessOrEqual, [true, true, false]),
        (Comparison::Greater, [false, false, true]),
        (Comparison::GreaterOrEqual, [false, true, true]),
    ];

    #[test]
    fn every_comparison_of_every_type() {
        let text =
            |values: [&str; 3]| Data::Text(values.iter().map(|value| value.as_bytes()).collect());
        let dictionary = Strings::Dictionary {
            codes: vec![1, 0, 2],
            values: Rc::new([b"b".as_slice(), b"a", b"c"].into_iter().collect()),
        };
        for (data, middle) in [
            (Data::I64(vec![-1, 0, 1]), Value::I64(0)),
            (Data::F64(vec![-1.0, -0.0, f64::NAN]), Value::F64(0.0)),
            (Data::Uuid(vec![1, 2, u128::MAX]), Value::Uuid(2)),
            (text(["a", "b", "ba"]), Value::text("b")),
            (Data::Text(dictionary), Value::text("b")),
            (
                Data::Decimal(vec![
                    Decimal::NegInfinity,
                    Decimal::Small(10, 1),
                    Decimal::NaN,
                ]),
                Value::Decimal(Decimal::ONE),
            ),
        ] {
            let vector = Vector::new(data);
            let repeated = Vector::repeat(vector.physical(), &middle, 3);
            for (comparison, expected) in ALL {
                assert_eq!(
                    compare_constant(comparison, &vector, &middle, None),
                    expected,
                    "{middle:?}"
                );
                assert_eq!(
                    compare_vectors(comparison, &vector, &repeated, None),
                    expected,
                    "{middle:?}"
                );
            }
        }
    }

    #[test]
    fn the_key_of_a_float_has_its_order() {
        let values = [
            f64::NEG_INFINITY,
            -1.5,
            -f64::MIN_POSITIVE,
            -0.0,
            0.0,
            1e-300,
            2.0,
            f64::INFINITY,
            f64::NAN,
            -f64::NAN,
        ];
        for a in values {
            for b in values {
                assert_eq!(
                    ordered(a).cmp(&ordered(b)),
                    compare_f64(a, b),
                    "{a} and {b}"
                );
            }
        }
    }
}
