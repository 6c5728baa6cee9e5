//! Arithmetic on exact decimals: in 64 bits where that is enough, as it is of most.

use super::arithmetic::{Arithmetic, Side};
use crate::column::Bitmap;
use crate::error::Result;
use crate::types::Decimal;

/// Of the rows at these positions, all of `rows` rows if there are none, that are not NULL; the others are zero.
///
/// # Errors
/// That of the first row that has one.
pub fn arithmetic_decimal(
    operation: Arithmetic,
    left: &Side<Decimal>,
    right: &Side<Decimal>,
    rows: usize,
    positions: Option<&[u32]>,
    validity: Option<&Bitmap>,
) -> Result<Vec<Decimal>> {
    let mut values = vec![Decimal::ZERO; rows];
    let compute = |row: usize| -> Result<()> {
        if validity.is_none_or(|validity| validity.get(row)) {
            values[row] = one(operation, left.at(row), right.at(row))?;
        }
        Ok(())
    };
    match positions {
        None => (0..rows).try_for_each(compute)?,
        Some(positions) => positions
            .iter()
            .map(|&row| row as usize)
            .try_for_each(compute)?,
    }
    Ok(values)
}

#[inline]
fn one(operation: Arithmetic, left: &Decimal, right: &Decimal) -> Result<Decimal> {
    if let (Some((a, x)), Some((b, y))) = (short(left), short(right)) {
        let short = match operation {
            Arithmetic::Add => sum((a, x), (b, y)),
            Arithmetic::Subtract => sum((a, x), (-b, y)),
            Arithmetic::Multiply => product(a, b).map(|product| (product, x + y)),
            Arithmetic::Divide | Arithmetic::Modulo => None,
        };
        if let Some((mantissa, scale)) = short {
            return Ok(Decimal::Small(mantissa.into(), scale));
        }
    }
    of_any_size(operation, left, right)
}

#[inline(never)]
fn of_any_size(operation: Arithmetic, left: &Decimal, right: &Decimal) -> Result<Decimal> {
    match operation {
        Arithmetic::Add => left.add(right),
        Arithmetic::Subtract => left.subtract(right),
        Arithmetic::Multiply => left.multiply(right),
        Arithmetic::Divide => left.divide(right),
        Arithmetic::Modulo => left.remainder(right),
    }
}

/// Mantissa and scale, where the sum of two such mantissas fits 64 bits and that of two such scales is one.
#[inline]
fn short(value: &Decimal) -> Option<(i64, u16)> {
    const MAX: i64 = i64::MAX / 2;
    match *value {
        Decimal::Small(mantissa, scale) if scale <= 100 => {
            let short = mantissa as i64;
            let is_same = i128::from(short) == mantissa && (-MAX..=MAX).contains(&short);
            is_same.then_some((short, scale))
        }
        _ => None,
    }
}

#[inline]
fn sum((a, x): (i64, u16), (b, y): (i64, u16)) -> Option<(i64, u16)> {
    if x == y {
        return Some((a + b, x));
    }
    let shifted = |value: i64, by: u16| {
        let power = *POWERS_OF_TEN.get(usize::from(by))?;
        product(value, power)
    };
    let scale = x.max(y);
    let sum = shifted(a, scale - x)?.checked_add(shifted(b, scale - y)?)?;
    Some((sum, scale))
}

/// `None` where it might not fit. Factors with `m` and `n` leading zeros have a product below 2^(128 - m - n).
#[inline]
fn product(a: i64, b: i64) -> Option<i64> {
    let zeros = a.unsigned_abs().leading_zeros() + b.unsigned_abs().leading_zeros();
    (zeros > 64).then(|| a.wrapping_mul(b))
}

static POWERS_OF_TEN: [i64; 19] = powers_of_ten();

const fn powers_of_ten() -> [i64; 19] {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Around each power of two of which something might depend, of both signs.
    fn numbers() -> Vec<Decimal> {
        let edges = [0, 1, 7, 31, 32, 33, 61, 62, 63, 64, 100, 126];
        let mantissas = edges.into_iter().flat_map(|bits| {
            let power = 1i128 << bits;
            [power - 1, power, power + 1, -power - 1, -power, 1 - power]
        });
        let mut numbers: Vec<Decimal> = mantissas
            .flat_map(|mantissa| [0, 2, 19, 100, 101].map(|scale| Decimal::Small(mantissa, scale)))
            .collect();
        numbers.extend([Decimal::NaN, Decimal::Infinity, Decimal::NegInfinity]);
        numbers
    }

    #[test]
    fn it_is_what_decimals_of_any_size_give() {
        let numbers = numbers();
        for operation in [Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply] {
            for left in &numbers {
                let sides = (Side::Constant(left.clone()), Side::Values(&numbers[..]));
                let len = numbers.len();
                let given = arithmetic_decimal(operation, &sides.0, &sides.1, len, None, None);
                for (given, right) in given.expect("none is too large").iter().zip(&numbers) {
                    let expected =
                        of_any_size(operation, left, right).expect("it is not too large");
                    let place = format!("{left:?} {operation:?} {right:?}");
                    assert_eq!(
                        (given, given.scale()),
                        (&expected, expected.scale()),
                        "{place}"
                    );
                }
            }
        }
    }

    #[test]
    fn only_what_is_asked_for_raises() {
        let (one, zero) = (Decimal::ONE, Decimal::ZERO);
        let divisors = [one.clone(), zero.clone(), zero, one.clone()];
        let valid: Bitmap = [true, false, true, true].into_iter().collect();
        let divide = |positions: Option<&[u32]>| {
            let (left, right) = (Side::Constant(one.clone()), Side::Values(&divisors[..]));
            arithmetic_decimal(
                Arithmetic::Divide,
                &left,
                &right,
                4,
                positions,
                Some(&valid),
            )
        };
        assert!(divide(None).is_err());
        let values = divide(Some(&[0, 1, 3])).expect("the row of zero is not asked for");
        assert_eq!(
            values,
            [Decimal::ONE, Decimal::ZERO, Decimal::ZERO, Decimal::ONE]
        );
    }
}
