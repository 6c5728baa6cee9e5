//! Reading and printing.

use super::Decimal;
use super::number::{SCALE_MAX, overflow, power_of_ten};
use crate::error::{Code, Error, Result};
use num_bigint::BigInt;
use std::fmt;
use std::str::FromStr;

impl FromStr for Decimal {
    type Err = Error;

    /// PostgreSQL's input syntax of `numeric`.
    fn from_str(text: &str) -> Result<Decimal> {
        let trimmed = text.trim_ascii();
        let (negative, unsigned) = match trimmed.as_bytes().first() {
            Some(b'-') => (true, &trimmed[1..]),
            Some(b'+') => (false, &trimmed[1..]),
            _ => (false, trimmed),
        };
        if let Some(special) = special(trimmed, unsigned, negative) {
            return Ok(special);
        }
        let number = parse_digits(unsigned).unwrap_or_else(|| Err(invalid(text)))?;
        Ok(if negative { number.negated() } else { number })
    }
}

fn special(trimmed: &str, unsigned: &str, negative: bool) -> Option<Decimal> {
    if trimmed.eq_ignore_ascii_case("nan") {
        Some(Decimal::NaN)
    } else if unsigned.eq_ignore_ascii_case("infinity") || unsigned.eq_ignore_ascii_case("inf") {
        Some(super::arithmetic::infinity(negative))
    } else {
        None
    }
}

/// `None` for what is not a number, an error for one that is too large.
fn parse_digits(text: &str) -> Option<Result<Decimal>> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let count = whole.len() + fraction.len();
    if count == 0 || !(whole.bytes().chain(fraction.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = fraction.len() as i64 - exponent;
    if scale > i64::from(SCALE_MAX) {
        return Some(Err(overflow()));
    }
    Some(parse_mantissa(whole, fraction).and_then(|digits| from_scaled(digits, scale)))
}

fn parse_exponent(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_number = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    let value: i64 = is_number.then(|| unsigned.parse().ok())??;
    (value < i64::from(i32::MAX / 2)).then_some(if text.starts_with('-') { -value } else { value })
}

/// The digits as one whole number.
fn parse_mantissa(whole: &str, fraction: &str) -> Result<BigInt> {
    let mut small: i128 = 0;
    if whole.len() + fraction.len() <= 38 {
        for digit in whole.bytes().chain(fraction.bytes()) {
            small = small * 10 + i128::from(digit - b'0');
        }
        return Ok(BigInt::from(small));
    }
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    // Longer than any number may be, before and after the point.
    if digits.len() > 131_072 + usize::from(SCALE_MAX) {
        return Err(overflow());
    }
    let digits = if digits.is_empty() { "0" } else { digits };
    digits.parse().map_err(|_| overflow())
}

fn from_scaled(mantissa: BigInt, scale: i64) -> Result<Decimal> {
    match u32::try_from(scale) {
        Ok(scale) => Decimal::checked(mantissa, scale),
        Err(_) if mantissa == BigInt::ZERO => Ok(Decimal::ZERO),
        Err(_) if -scale > 131_072 => Err(overflow()),
        Err(_) => Decimal::checked(mantissa * power_of_ten((-scale) as u32), 0),
    }
}

fn invalid(text: &str) -> Error {
    let message = format!("invalid input syntax for type numeric: \"{text}\"");
    Error::new(Code::InvalidText, message)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, scale) = match self {
            Decimal::Small(mantissa, scale) => (mantissa.unsigned_abs().to_string(), *scale),
            Decimal::Big(mantissa, scale) => (mantissa.magnitude().to_string(), *scale),
            Decimal::Infinity => return f.write_str("Infinity"),
            Decimal::NegInfinity => return f.write_str("-Infinity"),
            Decimal::NaN => return f.write_str("NaN"),
        };
        let scale = usize::from(scale);
        f.write_str(if self.is_negative() { "-" } else { "" })?;
        match digits.len().checked_sub(scale) {
            _ if scale == 0 => f.write_str(&digits),
            Some(0) | None => write!(f, "0.{digits:0>scale$}"),
            Some(whole) => write!(f, "{}.{}", &digits[..whole], &digits[whole..]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn input_and_output_agree_with_postgresql() {
        for (text, expected) in [
            ("1.50", "1.50"),
            (" -0.00 ", "0.00"),
            ("1e3", "1000"),
            ("1.5e-3", "0.0015"),
            ("+.5", "0.5"),
            ("5.", "5"),
            ("-inf", "-Infinity"),
            ("nAn", "NaN"),
            ("0e99999", "0"),
            ("000000000000000000000000000000000000000000001", "1"),
        ] {
            assert_eq!(
                text.parse::<Decimal>().unwrap().to_string(),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", ".", "1e", "e5", "1 2", "--1", "0x10", "1_000", "-NaN", "1.2.3", "１",
        ] {
            assert_eq!(
                text.parse::<Decimal>().unwrap_err().sqlstate(),
                "22P02",
                "{text}"
            );
        }
        for text in ["1e131073", "1e-16384", "1e999999999"] {
            assert_eq!(
                text.parse::<Decimal>().unwrap_err().sqlstate(),
                "22003",
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn printed_numbers_read_back(mantissa in any::<i128>(), scale in 0u16..60) {
            let number = Decimal::Small(mantissa, scale);
            let back: Decimal = number.to_string().parse().unwrap();
            prop_assert_eq!(&back, &number);
            prop_assert_eq!(back.scale(), scale);
        }
    }
}
