//! The number itself: its forms, order and hash.

use crate::error::{Code, Error, Result};
use num_bigint::{BigInt, Sign};
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// Digits that a number may have before its point.
const DIGITS_BEFORE_MAX: i64 = 131_072;
/// Digits that a number may have after its point.
pub(super) const SCALE_MAX: u16 = 16_383;

#[derive(Debug, Clone)]
pub enum Decimal {
    /// Mantissa and scale.
    Small(i128, u16),
    /// A mantissa that does not fit an `i128`, and the scale.
    Big(Box<BigInt>, u16),
    Infinity,
    NegInfinity,
    /// Greater than every number and equal to itself, as in PostgreSQL.
    NaN,
}

impl Decimal {
    pub const ZERO: Decimal = Decimal::Small(0, 0);
    pub const ONE: Decimal = Decimal::Small(1, 0);

    /// The number in its smallest form.
    pub fn from_parts(mantissa: BigInt, scale: u16) -> Decimal {
        match mantissa.to_i128() {
            Some(small) => Decimal::Small(small, scale),
            None => Decimal::Big(Box::new(mantissa), scale),
        }
    }

    /// The same, or the error that the number is too large. A result whose scale exceeds the largest
    /// is rounded to it.
    pub(super) fn checked(mantissa: BigInt, scale: u32) -> Result<Decimal> {
        let (mantissa, scale) = match u16::try_from(scale) {
            Ok(scale) if scale <= SCALE_MAX => (mantissa, scale),
            _ => (
                divide_rounding(&mantissa, &power_of_ten(scale - u32::from(SCALE_MAX))),
                SCALE_MAX,
            ),
        };
        // A decimal digit is more than three bits, so that few numbers need to be counted exactly.
        if mantissa.bits() as i64 > 3 * DIGITS_BEFORE_MAX
            && digits(&mantissa) - i64::from(scale) > DIGITS_BEFORE_MAX
        {
            return Err(overflow());
        }
        Ok(Decimal::from_parts(mantissa, scale))
    }

    /// Mantissa and scale of a finite number.
    pub fn parts(&self) -> Option<(BigInt, u16)> {
        match self {
            Decimal::Small(mantissa, scale) => Some((BigInt::from(*mantissa), *scale)),
            Decimal::Big(mantissa, scale) => Some(((**mantissa).clone(), *scale)),
            _ => None,
        }
    }

    /// Digits after the point; 0 for what is not finite.
    pub fn scale(&self) -> u16 {
        match self {
            Decimal::Small(_, scale) | Decimal::Big(_, scale) => *scale,
            _ => 0,
        }
    }

    pub fn is_finite(&self) -> bool {
        matches!(self, Decimal::Small(..) | Decimal::Big(..))
    }

    pub fn is_nan(&self) -> bool {
        matches!(self, Decimal::NaN)
    }

    pub fn is_zero(&self) -> bool {
        matches!(self, Decimal::Small(0, _))
    }

    /// -1, 0 or 1; NaN counts as positive.
    pub fn signum(&self) -> i8 {
        match self {
            Decimal::Small(mantissa, _) => mantissa.signum() as i8,
            Decimal::Big(mantissa, _) if mantissa.is_negative() => -1,
            Decimal::NegInfinity => -1,
            _ => 1,
        }
    }

    pub fn is_negative(&self) -> bool {
        self.signum() < 0
    }

    /// Whether nothing but zeros follows the point. Infinities count as whole.
    pub fn is_integer(&self) -> bool {
        self.parts().is_none_or(|(mantissa, scale)| {
            scale == 0 || (mantissa % power_of_ten(u32::from(scale))).is_zero()
        })
    }

    fn class(&self) -> i8 {
        match self {
            Decimal::NegInfinity => -1,
            Decimal::Small(..) | Decimal::Big(..) => 0,
            Decimal::Infinity => 1,
            Decimal::NaN => 2,
        }
    }

    /// The number without the zeros that end its fraction.
    pub fn normalized(&self) -> Decimal {
        match self {
            Decimal::Small(mantissa, scale) => {
                let (mut mantissa, mut scale) = (*mantissa, *scale);
                if let Ok(mut short) = i64::try_from(mantissa) {
                    while scale > 0 && short % 10 == 0 {
                        short /= 10;
                        scale -= 1;
                    }
                    return Decimal::Small(i128::from(short), scale);
                }
                while scale > 0 && mantissa % 10 == 0 {
                    mantissa /= 10;
                    scale -= 1;
                }
                Decimal::Small(mantissa, scale)
            }
            Decimal::Big(mantissa, scale) => {
                let (mut mantissa, mut scale) = ((**mantissa).clone(), *scale);
                while scale > 0 && (&mantissa % 10u8).is_zero() {
                    mantissa /= 10u8;
                    scale -= 1;
                }
                Decimal::from_parts(mantissa, scale)
            }
            other => other.clone(),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Decimal::Small(a, x), Decimal::Small(b, y)) if x == y => a.cmp(b),
            (Decimal::Small(a, x), Decimal::Small(b, y)) => compare_small(*a, *x, *b, *y),
            _ => match (self.parts(), other.parts()) {
                (Some((a, x)), Some((b, y))) => compare_parts(a, x, b, y),
                _ => self.class().cmp(&other.class()),
            },
        }
    }
}

fn compare_small(a: i128, x: u16, b: i128, y: u16) -> Ordering {
    let (left, right) = match x.cmp(&y) {
        Ordering::Less => (scaled(a, y - x), Some(b)),
        _ => (Some(a), scaled(b, x - y)),
    };
    match (left, right) {
        (Some(left), Some(right)) => left.cmp(&right),
        _ => compare_parts(BigInt::from(a), x, BigInt::from(b), y),
    }
}

fn compare_parts(a: BigInt, x: u16, b: BigInt, y: u16) -> Ordering {
    if a.sign() != b.sign() {
        return a.sign().cmp(&b.sign());
    }
    let scale = x.max(y);
    let a = a * power_of_ten(u32::from(scale - x));
    a.cmp(&(b * power_of_ten(u32::from(scale - y))))
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

/// Hashes the number without its trailing zeros, so that equal numbers hash alike.
impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.class().hash(state);
        match self.normalized() {
            Decimal::Small(mantissa, scale) => (mantissa, scale).hash(state),
            Decimal::Big(mantissa, scale) => (mantissa, scale).hash(state),
            _ => {}
        }
    }
}

/// 22003, for what no numeric can hold.
pub(super) fn overflow() -> Error {
    Error::new(Code::NumericOutOfRange, "value overflows numeric format")
}

/// `10^exponent`, if an `i128` can hold it.
pub(super) fn small_power_of_ten(exponent: u32) -> Option<i128> {
    (exponent <= 38).then(|| 10i128.pow(exponent))
}

/// `value * 10^exponent`, if an `i128` can hold it.
pub(super) fn scaled(value: i128, exponent: u16) -> Option<i128> {
    small_power_of_ten(u32::from(exponent)).and_then(|power| value.checked_mul(power))
}

pub(super) fn power_of_ten(exponent: u32) -> BigInt {
    match small_power_of_ten(exponent) {
        Some(power) => BigInt::from(power),
        None => BigInt::from(10).pow(exponent),
    }
}

/// The quotient rounded to the nearest whole number, halves away from zero. The divisor is positive.
pub(super) fn divide_rounding(value: &BigInt, divisor: &BigInt) -> BigInt {
    let half: BigInt = divisor / 2u8;
    let away = match value.sign() {
        Sign::Minus => value - half,
        _ => value + half,
    };
    // For an odd divisor half of it is never reached, so that rounding half down was right.
    away / divisor
}

/// How many decimal digits a whole number has; 0 for zero.
pub(super) fn digits(value: &BigInt) -> i64 {
    if value.is_zero() {
        return 0;
    }
    let estimate = ((value.bits() - 1) as f64 * std::f64::consts::LOG10_2) as u32;
    let magnitude = value.abs();
    let mut power = power_of_ten(estimate);
    let mut count = i64::from(estimate);
    while power <= magnitude {
        power *= 10u8;
        count += 1;
    }
    count
}
