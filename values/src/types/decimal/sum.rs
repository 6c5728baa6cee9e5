//! The exact sum of decimals.

use super::Decimal;
use num_bigint::BigInt;
use std::cmp::Ordering;

/// A sum in an `i128` as long as it fits, then in a big integer.
#[derive(Debug, Clone)]
pub struct DecimalSum {
    sum: Decimal,
    pub count: i64,
}

impl Default for DecimalSum {
    fn default() -> Self {
        DecimalSum {
            sum: Decimal::Small(0, 0),
            count: 0,
        }
    }
}

impl DecimalSum {
    pub fn add(&mut self, value: &Decimal) {
        self.count += 1;
        // The values of a column have one scale nearly always.
        if let (Decimal::Small(sum, scale), Decimal::Small(value, own)) = (&mut self.sum, value)
            && scale == own
            && let Some(more) = sum.checked_add(*value)
        {
            *sum = more;
            return;
        }
        self.sum = match (&self.sum, value) {
            (Decimal::Small(sum, scale), Decimal::Small(value, own)) => {
                match add_small(*sum, *scale, *value, *own) {
                    Some((sum, scale)) => Decimal::Small(sum, scale),
                    None => add_big(&self.sum, &Decimal::Small(*value, *own)),
                }
            }
            (sum, value) => add_big(sum, value),
        };
    }

    /// Adds so many integers by their sum.
    pub fn add_integers(&mut self, sum: i128, count: usize) {
        self.count += count as i64;
        match &mut self.sum {
            // 2^63 values of 2^63 still fit.
            Decimal::Small(all, 0) => *all += sum,
            all => *all = add_big(all, &Decimal::Small(sum, 0)),
        }
    }

    /// `None` if nothing was added.
    pub fn sum(&self) -> Option<Decimal> {
        (self.count > 0).then(|| self.sum.clone())
    }
}

fn add_small(left: i128, left_scale: u16, right: i128, right_scale: u16) -> Option<(i128, u16)> {
    let shift = |value: i128, by: u16| value.checked_mul(10i128.checked_pow(u32::from(by))?);
    let (left, right) = match left_scale.cmp(&right_scale) {
        Ordering::Equal => (left, right),
        Ordering::Less => (shift(left, right_scale - left_scale)?, right),
        Ordering::Greater => (left, shift(right, left_scale - right_scale)?),
    };
    Some((left.checked_add(right)?, left_scale.max(right_scale)))
}

fn add_big(left: &Decimal, right: &Decimal) -> Decimal {
    let (Some((a, x)), Some((b, y))) = (left.parts(), right.parts()) else {
        return add_special(left, right);
    };
    let scale = x.max(y);
    let shift = |value: BigInt, by: u16| value * BigInt::from(10).pow(u32::from(by));
    Decimal::from_parts(shift(a, scale - x) + shift(b, scale - y), scale)
}

/// Where one of them is no number: infinities of both signs cancel to NaN.
fn add_special(left: &Decimal, right: &Decimal) -> Decimal {
    use Decimal::{Infinity, NaN, NegInfinity};
    match (left, right) {
        (NaN, _) | (_, NaN) | (Infinity, NegInfinity) | (NegInfinity, Infinity) => NaN,
        (Infinity, _) | (_, Infinity) => Infinity,
        _ => NegInfinity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[Decimal]) -> Decimal {
        let mut sum = DecimalSum::default();
        values.iter().for_each(|value| sum.add(value));
        sum.sum().expect("there are values")
    }

    #[test]
    fn the_sum_has_the_largest_scale_and_outgrows_an_i128() {
        let values = [Decimal::Small(15, 1), Decimal::Small(250, 2)];
        assert!(matches!(sum(&values), Decimal::Small(400, 2)));
        let huge = Decimal::Small(i128::MAX, 0);
        let twice = sum(&[huge.clone(), huge.clone()]);
        assert_eq!(twice.parts(), Some((BigInt::from(i128::MAX) * 2, 0)));
        assert_eq!(
            sum(&[huge.clone(), huge.clone(), Decimal::Small(-i128::MAX, 0)]),
            huge
        );
    }

    #[test]
    fn infinities_of_both_signs_are_not_a_number() {
        let one = Decimal::Small(1, 0);
        assert_eq!(sum(&[Decimal::Infinity, one]), Decimal::Infinity);
        assert_eq!(
            sum(&[Decimal::Infinity, Decimal::NegInfinity]),
            Decimal::NaN
        );
    }
}
