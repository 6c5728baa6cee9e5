//! Sums and extremes of a column's selected rows.
//!
//! Under a NULL the data holds zero, so that sums need not ask for validity.

use crate::column::Bitmap;
use crate::types::compare_f64;
use std::cmp::Ordering;

/// How many of the selected rows (of all `rows` without a selection) are not NULL.
pub fn count_valid(rows: usize, validity: Option<&Bitmap>, selection: Option<&[u32]>) -> usize {
    match (validity, selection) {
        (None, None) => rows,
        (None, Some(selection)) => selection.len(),
        (Some(validity), None) => validity.count_ones(),
        (Some(validity), Some(selection)) => selection
            .iter()
            .filter(|&&row| validity.get(row as usize))
            .count(),
    }
}

/// Exact: the halves of the numbers are summed apart, where neither can overflow.
pub fn sum_i64(values: &[i64], selection: Option<&[u32]>) -> i128 {
    let (mut low, mut high) = (0u64, 0i64);
    let mut add = |value: i64| {
        low += u64::from(value as u32);
        high += value >> 32;
    };
    match selection {
        None => values.iter().for_each(|&value| add(value)),
        Some(selection) => selection.iter().for_each(|&row| add(values[row as usize])),
    }
    (i128::from(high) << 32) + i128::from(low)
}

/// Few numbers are summed in their order, many in eight interleaved sums.
pub fn sum_f64(values: &[f64], selection: Option<&[u32]>) -> f64 {
    const LANES: usize = 8;
    const IN_ORDER_MAX: usize = 64;
    match selection {
        Some(selection) => selection.iter().map(|&row| values[row as usize]).sum(),
        None if values.len() <= IN_ORDER_MAX => values.iter().sum(),
        None => {
            let mut sums = [0.0; LANES];
            let chunks = values.chunks_exact(LANES);
            let rest: f64 = chunks.remainder().iter().sum();
            for chunk in chunks {
                for (sum, value) in sums.iter_mut().zip(chunk) {
                    *sum += value;
                }
            }
            sums.iter().sum::<f64>() + rest
        }
    }
}

pub fn min_i64(
    values: &[i64],
    validity: Option<&Bitmap>,
    selection: Option<&[u32]>,
) -> Option<i64> {
    best(values, validity, selection, |a, b| a.min(b))
}

pub fn max_i64(
    values: &[i64],
    validity: Option<&Bitmap>,
    selection: Option<&[u32]>,
) -> Option<i64> {
    best(values, validity, selection, |a, b| a.max(b))
}

/// NaN is the greatest.
pub fn min_f64(
    values: &[f64],
    validity: Option<&Bitmap>,
    selection: Option<&[u32]>,
) -> Option<f64> {
    best(values, validity, selection, |a, b| {
        if compare_f64(b, a) == Ordering::Less {
            b
        } else {
            a
        }
    })
}

pub fn max_f64(
    values: &[f64],
    validity: Option<&Bitmap>,
    selection: Option<&[u32]>,
) -> Option<f64> {
    best(values, validity, selection, |a, b| {
        if compare_f64(b, a) == Ordering::Greater {
            b
        } else {
            a
        }
    })
}

/// `None` if no row is valid.
fn best<T: Copy>(
    values: &[T],
    validity: Option<&Bitmap>,
    selection: Option<&[u32]>,
    better: impl Fn(T, T) -> T,
) -> Option<T> {
    match (validity, selection) {
        (None, None) => values.iter().copied().reduce(better),
        (None, Some(selection)) => selection
            .iter()
            .map(|&row| values[row as usize])
            .reduce(better),
        (Some(validity), None) => validity.ones().map(|row| values[row]).reduce(better),
        (Some(validity), Some(selection)) => (selection.iter())
            .filter(|&&row| validity.get(row as usize))
            .map(|&row| values[row as usize])
            .reduce(better),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_overflow() {
        assert_eq!(
            sum_i64(&[i64::MAX, i64::MAX, -1], None),
            2 * i128::from(i64::MAX) - 1
        );
        assert_eq!(
            sum_i64(&[i64::MIN, i64::MIN, 5], Some(&[0, 1])),
            2 * i128::from(i64::MIN)
        );
        let many: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(sum_f64(&many, None), 500_500.0);
        assert_eq!(sum_f64(&[0.1, 0.2, 0.3], None), 0.1 + 0.2 + 0.3);
    }

    #[test]
    fn extremes_skip_nulls_and_know_nan() {
        let validity: Bitmap = [true, false, true].into_iter().collect();
        assert_eq!(min_i64(&[5, 0, 7], Some(&validity), None), Some(5));
        assert_eq!(max_i64(&[5, 0, 7], Some(&validity), Some(&[1])), None);
        assert!(max_f64(&[1.0, f64::NAN, 2.0], None, None).is_some_and(f64::is_nan));
        assert_eq!(min_f64(&[f64::NAN, 1.0], None, None), Some(1.0));
        assert_eq!(count_valid(3, Some(&validity), Some(&[0, 1])), 1);
    }
}
