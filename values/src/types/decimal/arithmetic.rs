//! Sums, differences, products, remainders.

use super::Decimal;
use super::number::{overflow, power_of_ten, scaled};
use crate::error::{Code, Error, Result};
use num_bigint::BigInt;
use num_traits::{Signed, Zero};

impl Decimal {
    pub fn negated(&self) -> Decimal {
        match self {
            Decimal::Small(mantissa, scale) => match mantissa.checked_neg() {
                Some(mantissa) => Decimal::Small(mantissa, *scale),
                None => Decimal::from_parts(-BigInt::from(*mantissa), *scale),
            },
            Decimal::Big(mantissa, scale) => Decimal::from_parts(-(**mantissa).clone(), *scale),
            Decimal::Infinity => Decimal::NegInfinity,
            Decimal::NegInfinity => Decimal::Infinity,
            Decimal::NaN => Decimal::NaN,
        }
    }

    pub fn abs(&self) -> Decimal {
        if self.is_negative() {
            self.negated()
        } else {
            self.clone()
        }
    }

    pub fn add(&self, other: &Decimal) -> Result<Decimal> {
        if let (Decimal::Small(a, x), Decimal::Small(b, y)) = (self, other) {
            let scale = *x.max(y);
            let sum = match x == y {
                true => a.checked_add(*b),
                false => scaled(*a, scale - x)
                    .zip(scaled(*b, scale - y))
                    .and_then(|(a, b)| a.checked_add(b)),
            };
            if let Some(sum) = sum {
                return Ok(Decimal::Small(sum, scale));
            }
        }
        match (self.parts(), other.parts()) {
            (Some(left), Some(right)) => {
                let (a, b, scale) = aligned(left, right);
                Decimal::checked(a + b, u32::from(scale))
            }
            _ => Ok(match (self, other) {
                (Decimal::NaN, _) | (_, Decimal::NaN) => Decimal::NaN,
                (Decimal::Infinity, Decimal::NegInfinity)
                | (Decimal::NegInfinity, Decimal::Infinity) => Decimal::NaN,
                (Decimal::Infinity, _) | (_, Decimal::Infinity) => Decimal::Infinity,
                _ => Decimal::NegInfinity,
            }),
        }
    }

    pub fn subtract(&self, other: &Decimal) -> Result<Decimal> {
        self.add(&other.negated())
    }

    pub fn multiply(&self, other: &Decimal) -> Result<Decimal> {
        if let (Decimal::Small(a, x), Decimal::Small(b, y)) = (self, other) {
            let scale = u32::from(*x) + u32::from(*y);
            // Multiplying 64 bits needs no check and is much faster than the checked 128.
            let product = match (i64::try_from(*a), i64::try_from(*b)) {
                (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
                _ => a.checked_mul(*b),
            };
            if let (Some(product), true) = (product, scale <= 1000) {
                return Ok(Decimal::Small(product, scale as u16));
            }
        }
        match (self.parts(), other.parts()) {
            (Some((a, x)), Some((b, y))) => {
                if a.bits() + b.bits() > 1_000_000 {
                    return Err(overflow());
                }
                Decimal::checked(a * b, u32::from(x) + u32::from(y))
            }
            _ if self.is_nan() || other.is_nan() || self.is_zero() || other.is_zero() => {
                Ok(Decimal::NaN)
            }
            _ => Ok(infinity(self.is_negative() != other.is_negative())),
        }
    }

    /// The remainder of the division truncated to a whole number: it has the sign of `self`.
    pub fn remainder(&self, other: &Decimal) -> Result<Decimal> {
        if self.is_nan() || other.is_nan() {
            return Ok(Decimal::NaN);
        }
        if other.is_zero() {
            return Err(division_by_zero());
        }
        if let (Decimal::Small(a, x), Decimal::Small(b, y)) = (self, other) {
            let scale = *x.max(y);
            if let (Some(a), Some(b)) = (scaled(*a, scale - x), scaled(*b, scale - y)) {
                return Ok(Decimal::Small(a.wrapping_rem(b), scale));
            }
        }
        match (self.parts(), other.parts()) {
            (Some(left), Some(right)) => {
                let (a, b, scale) = aligned(left, right);
                Ok(Decimal::from_parts(a % b, scale))
            }
            (Some(_), None) => Ok(self.clone()),
            (None, _) => Ok(Decimal::NaN),
        }
    }

    /// The greatest common divisor, not negative, in the larger scale.
    pub fn gcd(&self, other: &Decimal) -> Decimal {
        match (self.parts(), other.parts()) {
            (Some(left), Some(right)) => {
                let (a, b, scale) = aligned(left, right);
                // One step of Euclid's first: the library's own way is slow where one is much longer.
                let (a, b) = if a.bits() < b.bits() { (b, a) } else { (a, b) };
                let rest = if b.is_zero() { a } else { a % &b };
                Decimal::from_parts(num_integer::gcd(rest, b).abs(), scale)
            }
            _ => Decimal::NaN,
        }
    }
}

pub(super) fn infinity(negative: bool) -> Decimal {
    if negative {
        Decimal::NegInfinity
    } else {
        Decimal::Infinity
    }
}

pub(super) fn division_by_zero() -> Error {
    Error::new(Code::DivisionByZero, "division by zero")
}

/// Both mantissas at the larger scale.
pub(super) fn aligned(left: (BigInt, u16), right: (BigInt, u16)) -> (BigInt, BigInt, u16) {
    let scale = left.1.max(right.1);
    (
        left.0 * power_of_ten(u32::from(scale - left.1)),
        right.0 * power_of_ten(u32::from(scale - right.1)),
        scale,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn scales_follow_postgresql() {
        assert_eq!(
            number("1.10").add(&number("2.205")).unwrap().to_string(),
            "3.305"
        );
        assert_eq!(
            number("1.10").multiply(&number("2.0")).unwrap().to_string(),
            "2.200"
        );
        assert_eq!(
            number("7.5").remainder(&number("-2")).unwrap().to_string(),
            "1.5"
        );
        assert_eq!(
            number("-7.5").remainder(&number("2")).unwrap().to_string(),
            "-1.5"
        );
    }

    #[test]
    fn what_outgrows_128_bits_goes_on() {
        let large = number("170141183460469231731687303715884105727");
        assert_eq!(
            large.add(&Decimal::ONE).unwrap().to_string(),
            "170141183460469231731687303715884105728"
        );
        assert_eq!(
            large.multiply(&large).unwrap().to_string(),
            "28948022309329048855892746252171976962977213799489202546401021394546514198529"
        );
        let least = number("-170141183460469231731687303715884105728");
        assert_eq!(
            least.negated().to_string(),
            "170141183460469231731687303715884105728"
        );
    }

    #[test]
    fn infinities_follow_ieee() {
        let infinity = Decimal::Infinity;
        assert!(infinity.add(&Decimal::NegInfinity).unwrap().is_nan());
        assert!(infinity.multiply(&Decimal::ZERO).unwrap().is_nan());
        assert_eq!(
            number("-2").multiply(&infinity).unwrap().to_string(),
            "-Infinity"
        );
        assert_eq!(number("2").remainder(&infinity).unwrap().to_string(), "2");
    }
}
