//! From decimal text to the nearest float.
//!
//! Few digits and a small power of ten are a product or quotient of two doubles; up to 19 digits are exact in 128 bits;
//! any others are the quotient of two big integers. What is left is one binary number that is rounded once, half to even. The standard
//! library is faster where the power is large, by a table whose 10 kB do not compress in the download.

use num_bigint::BigUint;
use num_integer::Integer;
use num_traits::{ToPrimitive, Zero};

/// No double needs more digits to be told from its neighbours, if it is known whether others follow.
const DIGITS_MAX: usize = 800;

/// Beyond these powers of ten there is but infinity and zero.
const POWER_MAX: i64 = 400;

/// The powers that a double holds exactly.
pub(super) const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// 5^27 is the greatest power of five in 63 bits.
const SMALL_POWER_MAX: u64 = 27;

/// A binary format: the bits of a significand, the power of two of its least number, and the bits of infinity.
struct Format {
    precision: i64,
    least: i64,
    infinity: u64,
}

const DOUBLE: Format = Format {
    precision: 53,
    least: -1074,
    infinity: f64::INFINITY.to_bits(),
};

const SINGLE: Format = Format {
    precision: 24,
    least: -149,
    infinity: f32::INFINITY.to_bits() as u64,
};

/// `significand` × 2^`power`, and a little more if `inexact`.
struct Binary {
    significand: u128,
    power: i64,
    inexact: bool,
}

/// The nearest double to digits with or without sign, point and exponent; infinite if none is as large.
pub fn parse_f64(text: &str) -> Option<f64> {
    let (sign, bits) = nearest(text, &DOUBLE)?;
    Some(f64::from_bits(bits) * sign)
}

/// The same of single precision.
pub fn parse_f32(text: &str) -> Option<f64> {
    let (sign, bits) = nearest(text, &SINGLE)?;
    Some(f64::from(f32::from_bits(bits as u32)) * sign)
}

fn nearest(text: &str, format: &Format) -> Option<(f64, u64)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let power = exponent.saturating_sub(fraction.len() as i64);
    let bits = match whole.len() + fraction.len() <= 19 {
        true => {
            let add = |number, digit| number * 10 + u64::from(digit - b'0');
            few_digits(digits().fold(0, add), power, format)
        }
        false => round(
            &binary(digits().skip_while(|digit| *digit == b'0').collect(), power),
            format,
        ),
    };
    Some((sign, bits))
}

fn few_digits(number: u64, power: i64, format: &Format) -> u64 {
    let magnitude = power.unsigned_abs();
    let is_double = format.precision == DOUBLE.precision;
    if is_double && number < 1 << 53 && magnitude < POWERS_OF_TEN.len() as u64 {
        // Both are exact as doubles, so that the result is rounded once.
        let scale = POWERS_OF_TEN[magnitude as usize];
        let value = match power < 0 {
            true => number as f64 / scale,
            false => number as f64 * scale,
        };
        return value.to_bits();
    }
    if number > 0 && magnitude <= SMALL_POWER_MAX {
        return round(&small(number.into(), power), format);
    }
    round(&binary(number.to_string().into_bytes(), power), format)
}

fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let magnitude = digits.parse().unwrap_or(i64::MAX / 2);
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

/// The digits × 10^power.
fn binary(mut digits: Vec<u8>, mut power: i64) -> Binary {
    let magnitude = power.saturating_add(digits.len() as i64);
    if digits.iter().all(|digit| *digit == b'0') || magnitude < -POWER_MAX {
        return Binary {
            significand: 0,
            power: 0,
            inexact: false,
        };
    }
    if magnitude > POWER_MAX {
        return Binary {
            significand: 1,
            power: 4 * POWER_MAX,
            inexact: false,
        };
    }
    if digits.len() > DIGITS_MAX {
        power += (digits.len() - DIGITS_MAX - 1) as i64;
        let is_more = digits[DIGITS_MAX..].iter().any(|digit| *digit != b'0');
        digits.truncate(DIGITS_MAX);
        digits.push(if is_more { b'1' } else { b'0' });
    }
    big(&digits, power)
}

/// A number below 2^64, not zero.
fn small(number: u128, power: i64) -> Binary {
    let five = 5u128.pow(power.unsigned_abs() as u32);
    if power >= 0 {
        return Binary {
            significand: number * five,
            power,
            inexact: false,
        };
    }
    let shift = number.leading_zeros() - 1;
    let shifted = number << shift;
    Binary {
        significand: shifted / five,
        power: power - i64::from(shift),
        inexact: !shifted.is_multiple_of(five),
    }
}

fn big(digits: &[u8], power: i64) -> Binary {
    let number = BigUint::parse_bytes(digits, 10).expect("they are digits");
    let ten = BigUint::from(10u8).pow(power.unsigned_abs() as u32);
    let (number, divisor) = match power >= 0 {
        true => (number * ten, BigUint::from(1u8)),
        false => (number, ten),
    };
    // The quotient has 64 or 65 bits.
    let shift = number.bits() as i64 - divisor.bits() as i64 - 64;
    let (number, divisor) = match shift >= 0 {
        true => (number, divisor << shift as u64),
        false => (number << shift.unsigned_abs(), divisor),
    };
    let (quotient, rest) = number.div_rem(&divisor);
    Binary {
        significand: quotient.to_u128().expect("it has 65 bits"),
        power: shift,
        inexact: !rest.is_zero(),
    }
}

/// The bits of the nearest float.
fn round(number: &Binary, format: &Format) -> u64 {
    let bits = i64::from(u128::BITS - number.significand.leading_zeros());
    // How many bits are too many: of the significand, or below the least number.
    let excess = (bits - format.precision).max(format.least - number.power);
    if number.significand == 0 || excess > bits {
        return 0;
    }
    let power = number.power + excess;
    let mut significand = match excess > 0 {
        true => number.significand >> excess,
        false => number.significand << -excess,
    };
    if excess > 0 {
        let rest = number.significand & ((1 << excess) - 1);
        let half = 1 << (excess - 1);
        let is_odd = significand & 1 == 1;
        if rest > half || (rest == half && (number.inexact || is_odd)) {
            significand += 1;
        }
    }
    // The highest bit of a significand adds one to the exponent, unless it is below the least normal number.
    let exponent = (power - format.least) as u64;
    ((exponent << (format.precision - 1)) + significand as u64).min(format.infinity)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees(text: &str) {
        let double = text.parse::<f64>().ok().map(f64::to_bits);
        assert_eq!(parse_f64(text).map(f64::to_bits), double, "{text}");
        let single = text
            .parse::<f32>()
            .ok()
            .map(|single| f64::from(single).to_bits());
        assert_eq!(parse_f32(text).map(f64::to_bits), single, "{text}");
    }

    #[test]
    fn agrees_with_the_standard_library_at_the_edges() {
        for text in [
            "0",
            "-0",
            "0e999999999999999999999",
            "1.",
            ".5",
            "+.5e1",
            "",
            ".",
            "-",
            "e5",
            "1e",
            "1e+",
            "1_0",
            "1e5.0",
            "--1",
            "1 ",
            "9007199254740993",
            "9007199254740992.999999",
            "18446744073709551615",
            "99999999999999999999",
            "16777217",
            "16777217.0000000000000000000000000000000001",
            "1e22",
            "1e23",
            "8.5e27",
            "8.5e28",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "1e309",
            "1e400",
            "1e401",
            "1e-400",
            "-1e-99999999999999999999",
            "3.4028235e38",
            "3.4028236e38",
            "1e-45",
            "7e-46",
            "7.1e-46",
            "1.1754942e-38",
            "0.1e1000000000000000000",
        ] {
            agrees(text);
        }
        let zeros = "0".repeat(2000);
        agrees(&format!("1{zeros}e-2000"));
        agrees(&format!("0.{zeros}1e2001"));
        agrees(&format!("9007199254740993.{zeros}1"));
        agrees(&format!("9007199254740993{zeros}1e-2001"));
    }

    proptest! {
        #[test]
        fn every_double_reads_back(bits: u64) {
            let value = f64::from_bits(bits);
            if value.is_finite() {
                agrees(&value.to_string());
                agrees(&format!("{value:e}"));
                agrees(&format!("{value:.30e}"));
                agrees(&(value as f32).to_string().replace("inf", "1e39"));
            }
        }

        #[test]
        fn agrees_with_the_standard_library(digits in "[0-9]{1,40}", point in 0..40usize, power in -360..360i32) {
            let (whole, fraction) = digits.split_at(point.min(digits.len()));
            agrees(&format!("{whole}.{fraction}e{power}"));
            agrees(&format!("{digits}e{}", power / 12));
        }

        #[test]
        fn halves_round_to_even(bits in 0..f32::INFINITY.to_bits() - 1) {
            let low = f64::from(f32::from_bits(bits));
            let middle = (low + f64::from(f32::from_bits(bits + 1))) / 2.0;
            let text = format!("{middle:.200}");
            agrees(&text);
            agrees(&format!("{text}1"));
        }
    }
}
