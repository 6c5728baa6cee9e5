//! Sums and extremes of a column's selected numbers.
//!
//! Under a NULL the data holds zero, so that sums need not ask for validity. There are no extremes of floats: of two
//! equal zeros it is the one that PostgreSQL gives.

use crate::column::{Bitmap, Selection};

/// How many of the selected rows (of all `rows` without a selection) are not NULL.
pub fn count_valid(rows: usize, validity: Option<&Bitmap>, selection: Option<&Selection>) -> usize {
    match (validity, selection) {
        (None, None) => rows,
        (None, Some(selection)) => selection.len(),
        (Some(validity), None) => validity.count_ones(),
        (Some(validity), Some(selection)) => (selection.positions().iter())
            .filter(|&&row| validity.get(row as usize))
            .count(),
    }
}

/// The exact sum.
///
/// Numbers of less than 52 bits, as most are, cannot overflow in a chunk: they are added as they are, and whether
/// all were so is known afterwards. If not, the halves of the numbers are summed apart.
pub fn sum_i64(values: &[i64], selection: Option<&Selection>) -> i128 {
    let sum = match selection.map(|selection| (selection.bits(), selection)) {
        None => sum_small(values.iter().copied()),
        Some((Some(bits), _)) => sum_small_of_bits(values, bits),
        Some((None, selection)) => sum_small(at(values, selection.positions())),
    };
    sum.unwrap_or_else(|| match selection {
        None => sum_halves(values.iter().copied()),
        Some(selection) => sum_halves(at(values, selection.positions())),
    })
}

fn at<'a>(values: &'a [i64], positions: &'a [u32]) -> impl ExactSizeIterator<Item = i64> + 'a {
    positions.iter().map(|&row| values[row as usize])
}

/// So many numbers of `SMALL_BITS`, their sign among them, add up to no more than 64.
const SMALL_COUNT_MAX: usize = 1 << (64 - SMALL_BITS);
const SMALL_BITS: u32 = 52;

/// Any bit from `SMALL_BITS` on is set if the number is not small.
fn size(value: i64) -> u64 {
    value.wrapping_add(1 << (SMALL_BITS - 1)) as u64
}

fn sum_small(values: impl ExactSizeIterator<Item = i64>) -> Option<i128> {
    if values.len() > SMALL_COUNT_MAX {
        return None;
    }
    let (mut sum, mut sizes) = (0i64, 0);
    for value in values {
        sum = sum.wrapping_add(value);
        sizes |= size(value);
    }
    (sizes >> SMALL_BITS == 0).then_some(sum.into())
}

/// For each four bits, a mask for each.
static MASKS: [[i64; 4]; 16] = masks();

const fn masks() -> [[i64; 4]; 16] {
    let mut masks = [[0; 4]; 16];
    let mut at = 0;
    while at < 64 {
        masks[at / 4][at % 4] = -(((at as i64 / 4) >> (at % 4)) & 1);
        at += 1;
    }
    masks
}

/// Every row is read, and those not meant are masked out: no branch, no position.
fn sum_small_of_bits(values: &[i64], bits: &Bitmap) -> Option<i128> {
    if bits.len() > SMALL_COUNT_MAX {
        return None;
    }
    let (mut sums, mut sizes) = ([0i64; 4], [0; 4]);
    let mut add = |values: &[i64; 4], mask: &[i64; 4]| {
        for lane in 0..4 {
            let value = values[lane] & mask[lane];
            sums[lane] = sums[lane].wrapping_add(value);
            sizes[lane] |= size(value);
        }
    };
    let values = &values[..bits.len()];
    let (eights, rest) = values.as_chunks::<8>();
    let mut bytes = bits.words().iter().flat_map(|word| word.to_le_bytes());
    for (eight, byte) in eights.iter().zip(&mut bytes) {
        let (fours, _) = eight.as_chunks::<4>();
        add(&fours[0], &MASKS[usize::from(byte & 15)]);
        add(&fours[1], &MASKS[usize::from(byte >> 4)]);
    }
    let last = bytes.next().unwrap_or(0);
    for (number, some) in rest.chunks(4).enumerate() {
        let mut four = [0; 4];
        four[..some.len()].copy_from_slice(some);
        add(&four, &MASKS[usize::from(last >> (4 * number) & 15)]);
    }
    let sizes = sizes.into_iter().fold(0, |all, sizes| all | sizes);
    (sizes >> SMALL_BITS == 0).then(|| sums.iter().fold(0, |sum, part| sum + i128::from(*part)))
}

fn sum_halves(values: impl Iterator<Item = i64>) -> i128 {
    let (mut low, mut high) = (0u64, 0i64);
    for value in values {
        low += u64::from(value as u32);
        high += value >> 32;
    }
    (i128::from(high) << 32) + i128::from(low)
}

/// What a sum of floats becomes when these are added one after another: it depends on their order.
pub fn sum_f64(sum: f64, values: &[f64], selection: Option<&Selection>) -> f64 {
    match selection {
        None => values.iter().fold(sum, |sum, value| sum + value),
        Some(selection) => {
            (selection.positions().iter()).fold(sum, |sum, &row| sum + values[row as usize])
        }
    }
}

pub fn min_i64(
    values: &[i64],
    validity: Option<&Bitmap>,
    selection: Option<&Selection>,
) -> Option<i64> {
    best(values, validity, selection, |a, b| a.min(b))
}

pub fn max_i64(
    values: &[i64],
    validity: Option<&Bitmap>,
    selection: Option<&Selection>,
) -> Option<i64> {
    best(values, validity, selection, |a, b| a.max(b))
}

/// `None` if no row is valid.
fn best(
    values: &[i64],
    validity: Option<&Bitmap>,
    selection: Option<&Selection>,
    better: impl Fn(i64, i64) -> i64,
) -> Option<i64> {
    match (validity, selection) {
        (None, None) => values.iter().copied().reduce(better),
        (None, Some(selection)) => (selection.positions().iter())
            .map(|&row| values[row as usize])
            .reduce(better),
        (Some(validity), None) => validity.ones().map(|row| values[row]).reduce(better),
        (Some(validity), Some(selection)) => (selection.positions().iter())
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
            sum_i64(&[i64::MIN, i64::MIN, 5], Some(&vec![0, 1].into())),
            2 * i128::from(i64::MIN)
        );
    }

    #[test]
    fn floats_are_added_in_their_order() {
        let values = [1e16, 1.0, -1e16, 0.5];
        assert_eq!(sum_f64(0.0, &values, None), 0.5);
        assert_eq!(sum_f64(0.25, &values, Some(&vec![1, 3].into())), 1.75);
        assert!(sum_f64(0.0, &[-0.0], None).is_sign_positive());
    }

    #[test]
    fn bits_and_positions_have_one_sum() {
        for (len, factor) in (0..200).flat_map(|len| [(len, 3), (len, i64::MAX / 150)]) {
            let values: Vec<i64> = (0..200).map(|n| (n - 90) * factor).collect();
            let bits: Bitmap = (0..len).map(|row| row * 7 % 5 < 2 || row > 150).collect();
            let bits = Selection::of_bits(bits);
            let positions = Selection::from(bits.positions().to_vec());
            let by_hand = positions.positions().iter();
            let by_hand = by_hand.map(|&row| i128::from(values[row as usize]));
            let expected = by_hand.sum::<i128>();
            assert_eq!(sum_i64(&values, Some(&bits)), expected);
            assert_eq!(sum_i64(&values, Some(&positions)), expected);
        }
    }

    #[test]
    fn extremes_skip_nulls() {
        let validity: Bitmap = [true, false, true].into_iter().collect();
        assert_eq!(min_i64(&[5, 0, 7], Some(&validity), None), Some(5));
        assert_eq!(
            max_i64(&[5, 0, 7], Some(&validity), Some(&vec![1].into())),
            None
        );
        assert_eq!(count_valid(3, Some(&validity), Some(&vec![0, 1].into())), 1);
    }
}
