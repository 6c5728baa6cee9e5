//! Exact decimals: `mantissa / 10^scale`, of any size, with NaN and the two infinities.
//!
//! A mantissa that fits is an `i128`, which covers every number of up to 38 digits; beyond that a
//! big-integer library takes over. The scale is what is displayed: `1.0` and `1.00` are equal and
//! hash alike, but print differently, as in PostgreSQL.

use num_bigint::BigInt;
use num_traits::{ToPrimitive, Zero};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

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
    /// The number in its smallest form.
    pub fn from_parts(mantissa: BigInt, scale: u16) -> Decimal {
        match mantissa.to_i128() {
            Some(small) => Decimal::Small(small, scale),
            None => Decimal::Big(Box::new(mantissa), scale),
        }
    }

    /// Mantissa and scale of a finite number.
    pub fn parts(&self) -> Option<(BigInt, u16)> {
        match self {
            Decimal::Small(mantissa, scale) => Some((BigInt::from(*mantissa), *scale)),
            Decimal::Big(mantissa, scale) => Some(((**mantissa).clone(), *scale)),
            _ => None,
        }
    }

    fn class(&self) -> i8 {
        match self {
            Decimal::NegInfinity => -1,
            Decimal::Small(..) | Decimal::Big(..) => 0,
            Decimal::Infinity => 1,
            Decimal::NaN => 2,
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Decimal::Small(a, x), Decimal::Small(b, y)) if x == y => a.cmp(b),
            _ => match (self.parts(), other.parts()) {
                (Some((a, x)), Some((b, y))) => {
                    let scale = x.max(y);
                    (a * power(scale - x)).cmp(&(b * power(scale - y)))
                }
                _ => self.class().cmp(&other.class()),
            },
        }
    }
}

fn power(exponent: u16) -> BigInt {
    BigInt::from(10).pow(u32::from(exponent))
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
        if let Some((mut mantissa, mut scale)) = self.parts() {
            while scale > 0 && (&mantissa % 10u8).is_zero() {
                mantissa /= 10u8;
                scale -= 1;
            }
            mantissa.hash(state);
            scale.hash(state);
        }
    }
}
