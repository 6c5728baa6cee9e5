//! To and from machine numbers.

use super::Decimal;
use super::number::power_of_ten;
use crate::types::float::{POWERS_OF_TEN, parse_f64};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

impl From<i64> for Decimal {
    fn from(value: i64) -> Decimal {
        Decimal::Small(i128::from(value), 0)
    }
}

impl From<i128> for Decimal {
    fn from(value: i128) -> Decimal {
        Decimal::Small(value, 0)
    }
}

impl Decimal {
    /// As PostgreSQL casts a double: its first 15 significant digits.
    pub fn from_f64(value: f64) -> Decimal {
        Self::from_float(value, 15)
    }

    /// As PostgreSQL casts a real: its first 6 significant digits.
    pub fn from_f32(value: f32) -> Decimal {
        Self::from_float(f64::from(value), 6)
    }

    fn from_float(value: f64, digits: usize) -> Decimal {
        if value.is_nan() {
            return Decimal::NaN;
        }
        if value.is_infinite() {
            return super::arithmetic::infinity(value < 0.0);
        }
        let text = format!("{value:.*e}", digits - 1);
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let places = digits as i32 - 1 - exponent;
        let digits: i128 = mantissa.replace('.', "").parse().unwrap_or(0);
        match u16::try_from(places) {
            Ok(scale) => Decimal::Small(digits, scale).normalized(),
            Err(_) => {
                let power = power_of_ten(places.unsigned_abs());
                Decimal::from_parts(BigInt::from(digits) * power, 0)
            }
        }
    }

    /// The nearest double; infinite if the number is too large for one.
    pub fn to_f64(&self) -> f64 {
        match self {
            // Both are exact as doubles, so that the quotient is rounded once.
            Decimal::Small(mantissa, scale)
                if mantissa.unsigned_abs() < 1 << 53 && *scale <= 22 =>
            {
                *mantissa as f64 / POWERS_OF_TEN[*scale as usize]
            }
            Decimal::Small(..) | Decimal::Big(..) => {
                parse_f64(&self.to_string()).expect("it is a number")
            }
            Decimal::Infinity => f64::INFINITY,
            Decimal::NegInfinity => f64::NEG_INFINITY,
            Decimal::NaN => f64::NAN,
        }
    }

    /// The nearest whole number, halves away from zero, if an `i64` can hold it.
    pub fn to_i64(&self) -> Option<i64> {
        match self.round(0) {
            Decimal::Small(mantissa, 0) => i64::try_from(mantissa).ok(),
            Decimal::Big(mantissa, 0) => mantissa.to_i64(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_the_digits_they_are_good_for() {
        for (value, expected) in [
            (0.1, "0.1"),
            (1.0 / 3.0, "0.333333333333333"),
            (1e20, "100000000000000000000"),
            (-1.5e-7, "-0.00000015"),
            (0.0, "0"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(Decimal::from_f64(value).to_string(), expected);
        }
        assert_eq!(Decimal::from_f32(1.1).to_string(), "1.1");
    }

    #[test]
    fn doubles_are_the_nearest() {
        for text in ["0.1", "123456789012345678.125", "1e-30", "-2.5", "1e40"] {
            let number: Decimal = text.parse().expect("a number");
            assert_eq!(number.to_f64(), text.parse::<f64>().expect("a float"));
        }
    }

    #[test]
    fn whole_numbers_round_and_are_bounded() {
        assert_eq!("2.5".parse::<Decimal>().unwrap().to_i64(), Some(3));
        assert_eq!(
            "9223372036854775807.4".parse::<Decimal>().unwrap().to_i64(),
            Some(i64::MAX)
        );
        assert_eq!(
            "9223372036854775807.5".parse::<Decimal>().unwrap().to_i64(),
            None
        );
        assert_eq!(Decimal::NaN.to_i64(), None);
    }
}
