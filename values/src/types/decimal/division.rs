//! Quotients and square roots, with PostgreSQL's choice of their scale.

use super::Decimal;
use super::arithmetic::{division_by_zero, infinity};
use super::number::{digits, divide_rounding, power_of_ten, scaled, small_power_of_ten};
use super::rounding::fixed_to_decimal;
use crate::error::{Code, Error, Result};
use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

/// Significant digits that a result aims at.
pub(super) const SIGNIFICANT_DIGITS_MIN: i64 = 16;
/// The largest scale that a result is given without having been asked for it.
pub(super) const DISPLAY_SCALE_MAX: i64 = 1000;

impl Decimal {
    pub fn divide(&self, other: &Decimal) -> Result<Decimal> {
        if self.is_nan() || other.is_nan() {
            return Ok(Decimal::NaN);
        }
        if other.is_zero() {
            return Err(division_by_zero());
        }
        match (self.is_finite(), other.is_finite()) {
            (true, true) => self.divide_to(other, quotient_scale(self, other)),
            (false, false) => Ok(Decimal::NaN),
            (false, true) => Ok(infinity(self.is_negative() != other.is_negative())),
            (true, false) => Ok(Decimal::ZERO),
        }
    }

    /// The quotient of finite numbers, rounded to `scale`. The divisor is not zero.
    pub(super) fn divide_to(&self, other: &Decimal, scale: u32) -> Result<Decimal> {
        if let (Decimal::Small(a, x), Decimal::Small(b, y)) = (self, other)
            && let Some(quotient) = divide_small((*a, *x), (*b, *y), scale)
        {
            return Ok(quotient);
        }
        let ((a, x), (b, y)) = finite(self, other);
        let shift = i64::from(scale) + i64::from(y) - i64::from(x);
        let up = power_of_ten(shift.max(0) as u32);
        let down = power_of_ten((-shift).max(0) as u32);
        let divisor = b * down;
        let numerator = a * up * divisor.signum();
        Decimal::checked(divide_rounding(&numerator, &divisor.abs()), scale)
    }

    /// The quotient truncated to a whole number: PostgreSQL's `div`.
    pub fn divide_truncating(&self, other: &Decimal) -> Result<Decimal> {
        if !self.is_finite() || !other.is_finite() || other.is_zero() {
            return self.divide(other);
        }
        let ((a, x), (b, y)) = finite(self, other);
        let scale = x.max(y);
        let a = a * power_of_ten(u32::from(scale - x));
        let b = b * power_of_ten(u32::from(scale - y));
        Decimal::checked(a / b, 0)
    }

    pub fn sqrt(&self) -> Result<Decimal> {
        if self.is_negative() {
            return Err(Error::new(
                Code::InvalidArgumentForPower,
                "cannot take square root of a negative number",
            ));
        }
        let weight = Leading::of(self).weight;
        let root_weight = (weight + 1) * 4 / 2 - 1;
        self.sqrt_to(display_scale(SIGNIFICANT_DIGITS_MIN - root_weight, &[self]))
    }

    /// The square root of a number that is not negative, rounded to `scale`.
    pub fn sqrt_to(&self, scale: u32) -> Result<Decimal> {
        let Some((mantissa, own)) = self.parts() else {
            return Ok(self.clone());
        };
        // One digit more than shown, and whether anything follows it, decides the rounding.
        let working = 2 * (scale + 1);
        let shift = i64::from(working) - i64::from(own);
        let radicand = match u32::try_from(shift) {
            Ok(shift) => mantissa * power_of_ten(shift),
            Err(_) => mantissa / power_of_ten((-shift) as u32),
        };
        fixed_to_decimal(radicand.sqrt(), scale + 1, scale)
    }
}

fn finite(left: &Decimal, right: &Decimal) -> ((BigInt, u16), (BigInt, u16)) {
    let zero = || (BigInt::zero(), 0);
    (
        left.parts().unwrap_or_else(zero),
        right.parts().unwrap_or_else(zero),
    )
}

fn divide_small(left: (i128, u16), right: (i128, u16), scale: u32) -> Option<Decimal> {
    let shift = i64::from(scale) + i64::from(right.1) - i64::from(left.1);
    let numerator = scaled(left.0, u16::try_from(shift).ok()?)?;
    let quotient = numerator.checked_div(right.0)?;
    let rest = numerator.checked_rem(right.0)?.unsigned_abs();
    let away = match rest >= right.0.unsigned_abs() - rest {
        true if (numerator < 0) != (right.0 < 0) => -1,
        true => 1,
        false => 0,
    };
    Some(Decimal::Small(
        quotient.checked_add(away)?,
        u16::try_from(scale).ok()?,
    ))
}

/// Enough digits for sixteen significant ones, and at least those of either side.
fn quotient_scale(left: &Decimal, right: &Decimal) -> u32 {
    let (a, b) = (Leading::of(left), Leading::of(right));
    let weight = a.weight - b.weight - i64::from(a.digit <= b.digit);
    display_scale(SIGNIFICANT_DIGITS_MIN - weight * 4, &[left, right])
}

/// A wanted scale within its bounds: not below that of the operands, not above the largest.
pub(super) fn display_scale(wanted: i64, operands: &[&Decimal]) -> u32 {
    operands
        .iter()
        .fold(wanted, |scale, operand| {
            scale.max(i64::from(operand.scale()))
        })
        .clamp(0, DISPLAY_SCALE_MAX) as u32
}

/// The first digit of a finite number in base 10,000, and its weight: the number is about
/// `digit * 10000^weight`. Both are 0 for zero.
pub(super) struct Leading {
    pub digit: u32,
    /// The digit after it.
    pub second: u32,
    pub weight: i64,
}

impl Leading {
    pub fn of(number: &Decimal) -> Leading {
        let none = Leading {
            digit: 0,
            second: 0,
            weight: 0,
        };
        if let Decimal::Small(mantissa, scale) = number
            && *mantissa != 0
        {
            let magnitude = mantissa.unsigned_abs();
            let scale = i64::from(*scale);
            if let Ok(short) = u64::try_from(magnitude) {
                let count = i64::from(short.ilog10()) + 1;
                return Leading::from_top(count, scale, |dropped| {
                    short / 10u64.checked_pow(dropped as u32).unwrap_or(u64::MAX)
                });
            }
            let count = i64::from(magnitude.ilog10()) + 1;
            return Leading::from_top(count, scale, |dropped| {
                let power = small_power_of_ten(dropped as u32).unwrap_or(i128::MAX) as u128;
                (magnitude / power) as u64
            });
        }
        match number.parts() {
            Some((mantissa, scale)) if !mantissa.is_zero() => {
                let magnitude = mantissa.abs();
                Leading::from_top(digits(&magnitude), i64::from(scale), |dropped| {
                    let power = power_of_ten(dropped as u32);
                    (&magnitude / &power).to_u64().unwrap_or(0)
                })
            }
            _ => none,
        }
    }

    /// From a way to get the number without so many of its last decimal digits.
    fn from_top(count: i64, scale: i64, without: impl Fn(i64) -> u64) -> Leading {
        let first_place = count - scale - 1;
        let weight = first_place.div_euclid(4);
        let in_first = first_place.rem_euclid(4) + 1;
        let dropped = count - in_first - 4;
        let top = match dropped >= 0 {
            true => without(dropped),
            false => without(0) * 10u64.pow((-dropped) as u32),
        };
        Leading {
            digit: (top / 10_000) as u32,
            second: (top % 10_000) as u32,
            weight,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn quotients_print_as_in_postgresql() {
        for (left, right, expected) in [
            ("1", "3", "0.33333333333333333333"),
            ("10", "3", "3.3333333333333333"),
            ("2", "1", "2.0000000000000000"),
            ("1", "2.00000", "0.50000000000000000000"),
            ("-7", "2", "-3.5000000000000000"),
            ("100000", "3", "33333.333333333333"),
            ("0", "5", "0.00000000000000000000"),
            (
                "1",
                "100000000000000000000",
                "0.0000000000000000000100000000000000000000",
            ),
            (
                "123456789012345678901234567890",
                "7",
                "17636684144620811271604938270",
            ),
            ("6", "1e-10", "60000000000.0000000000"),
        ] {
            assert_eq!(
                number(left).divide(&number(right)).unwrap().to_string(),
                expected,
                "{left} / {right}"
            );
        }
        assert!(number("1").divide(&number("0")).is_err());
        assert!(number("NaN").divide(&number("0")).unwrap().is_nan());
    }

    #[test]
    fn roots_print_as_in_postgresql() {
        for (text, expected) in [
            ("2", "1.414213562373095"),
            ("4", "2.000000000000000"),
            ("0", "0.000000000000000"),
            ("0.0001", "0.01000000000000000"),
            ("12345678901234567890", "3513641828.8201443"),
        ] {
            assert_eq!(
                number(text).sqrt().unwrap().to_string(),
                expected,
                "sqrt({text})"
            );
        }
        assert!(number("-1").sqrt().is_err());
    }
}
