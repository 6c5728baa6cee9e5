//! Powers, exponentials and logarithms.
//!
//! They are computed in fixed-point with guard digits beyond what is shown, by series on a reduced
//! argument, and rounded once at the end.

use super::Decimal;
use super::arithmetic::{division_by_zero, infinity};
use super::division::{Leading, SIGNIFICANT_DIGITS_MIN, display_scale};
use super::number::{divide_rounding, overflow, power_of_ten};
use super::rounding::fixed_to_decimal;
use crate::error::{Code, Error, Result};
use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::f64::consts::LOG10_E;

/// Digits computed beyond the result's, which swallow the errors of the steps.
const GUARD: u32 = 12;
/// The largest power of ten that an exponential may reach.
const EXPONENT_MAX: f64 = 6000.0;

impl Decimal {
    pub fn exp(&self) -> Result<Decimal> {
        match self {
            Decimal::NegInfinity => return Ok(Decimal::ZERO),
            Decimal::Infinity | Decimal::NaN => return Ok(self.clone()),
            _ => {}
        }
        let estimate = self.to_f64();
        let weight = (estimate * LOG10_E).clamp(-2000.0, 2000.0) as i64;
        let scale = display_scale(SIGNIFICANT_DIGITS_MIN - weight, &[self]);
        exp_to(self, estimate, scale)
    }

    pub fn ln(&self) -> Result<Decimal> {
        check_logarithm(self)?;
        if !self.is_finite() {
            return Ok(self.clone());
        }
        let scale = display_scale(SIGNIFICANT_DIGITS_MIN - ln_weight(self), &[self]);
        fixed_to_decimal(ln_fixed(self, scale + GUARD), scale + GUARD, scale)
    }

    /// The logarithm of `self` to a base.
    pub fn log(&self, base: &Decimal) -> Result<Decimal> {
        if self.is_nan() || base.is_nan() {
            return Ok(Decimal::NaN);
        }
        check_logarithm(base)?;
        check_logarithm(self)?;
        match (base.is_finite(), self.is_finite()) {
            (true, true) => {}
            (false, false) => return Ok(Decimal::NaN),
            (true, false) => return Ok(Decimal::Infinity),
            (false, true) => return Ok(Decimal::ZERO),
        }
        let weight = ln_weight(self) - ln_weight(base);
        let scale = display_scale(SIGNIFICANT_DIGITS_MIN - weight, &[self, base]);
        let working = scale
            + GUARD
            + ln_weight(self).unsigned_abs() as u32
            + 2 * ln_weight(base).unsigned_abs() as u32;
        let divisor = ln_fixed(base, working);
        if divisor.is_zero() {
            return Err(division_by_zero());
        }
        let numerator = ln_fixed(self, working) * power_of_ten(working) * divisor.signum();
        fixed_to_decimal(numerator / divisor.abs(), working, scale)
    }

    pub fn power(&self, exponent: &Decimal) -> Result<Decimal> {
        if self.is_nan() || exponent.is_nan() {
            let is_one = *self == Decimal::ONE || exponent.is_zero();
            return Ok(if is_one { Decimal::ONE } else { Decimal::NaN });
        }
        if self.is_zero() && exponent.is_negative() {
            return Err(power_error("zero raised to a negative power is undefined"));
        }
        if self.is_negative() && !exponent.is_integer() {
            return Err(power_error(
                "a negative number raised to a non-integer power yields a complex result",
            ));
        }
        if !self.is_finite() || !exponent.is_finite() {
            return Ok(power_of_infinity(self, exponent));
        }
        let whole = exponent.is_integer().then(|| exponent.to_i64()).flatten();
        match whole.and_then(|whole| i32::try_from(whole).ok()) {
            Some(whole) => power_integer(self, whole),
            None if self.is_zero() => Ok(Decimal::Small(0, SIGNIFICANT_DIGITS_MIN as u16)),
            None => power_general(self, exponent),
        }
    }
}

fn power_error(message: &str) -> Error {
    Error::new(Code::InvalidArgumentForPower, message)
}

fn check_logarithm(number: &Decimal) -> Result<()> {
    let message = match number.signum() {
        0 => "cannot take logarithm of zero",
        -1 => "cannot take logarithm of a negative number",
        _ => return Ok(()),
    };
    Err(Error::new(Code::InvalidArgumentForLog, message))
}

fn power_of_infinity(base: &Decimal, exponent: &Decimal) -> Decimal {
    let magnitude = base.abs();
    match exponent {
        Decimal::Infinity | Decimal::NegInfinity => {
            let grows = *exponent == Decimal::Infinity;
            match magnitude.cmp(&Decimal::ONE) {
                std::cmp::Ordering::Equal => Decimal::ONE,
                order if (order == std::cmp::Ordering::Greater) == grows => Decimal::Infinity,
                _ => Decimal::ZERO,
            }
        }
        _ if exponent.is_zero() => Decimal::ONE,
        _ if exponent.is_negative() => Decimal::ZERO,
        _ => {
            let is_odd =
                (exponent.remainder(&Decimal::from(2i64))).is_ok_and(|rest| !rest.is_zero());
            infinity(base.is_negative() && is_odd)
        }
    }
}

/// A whole power, by squaring, with as many digits as the result needs.
fn power_integer(base: &Decimal, exponent: i32) -> Result<Decimal> {
    let scale = display_scale(SIGNIFICANT_DIGITS_MIN, &[base]);
    match exponent {
        0 => return Decimal::checked(power_of_ten(scale), scale),
        1 => return Ok(base.round(scale as i32)),
        -1 => return Decimal::ONE.divide_to(base, scale),
        2 => return Ok(base.multiply(base)?.round(scale as i32)),
        _ if base.is_zero() && exponent < 0 => return Err(division_by_zero()),
        _ if base.is_zero() => return Ok(Decimal::Small(0, scale as u16)),
        _ => {}
    }
    let weight = f64::from(exponent) * log10_estimate(base);
    if weight > 3.0 * 32_767.0 * 4.0 {
        return Err(overflow());
    }
    if weight + 1.0 < -f64::from(scale) || weight + 1.0 < -1000.0 {
        return Ok(Decimal::Small(0, scale as u16));
    }
    let significant =
        1 + i64::from(scale) + weight as i64 + f64::from(exponent).abs().ln() as i64 + 8;
    let (mantissa, own) = base.parts().unwrap_or_default();
    let power = Floating::new(mantissa, -i64::from(own))
        .power(exponent.unsigned_abs(), significant.max(20) as u64);
    if exponent > 0 {
        power.to_decimal(scale)
    } else {
        power
            .reciprocal(significant.max(20) as u32)
            .to_decimal(scale)
    }
}

/// A number as `mantissa * 10^exponent` with a bounded number of digits.
struct Floating {
    mantissa: BigInt,
    exponent: i64,
}

impl Floating {
    fn new(mantissa: BigInt, exponent: i64) -> Floating {
        Floating { mantissa, exponent }
    }

    /// Drops digits beyond those that are significant.
    fn trimmed(self, significant: u64) -> Floating {
        let excess = super::number::digits(&self.mantissa) - significant as i64;
        if excess <= 0 {
            return self;
        }
        Floating {
            mantissa: divide_rounding(&self.mantissa, &power_of_ten(excess as u32)),
            exponent: self.exponent + excess,
        }
    }

    fn times(&self, other: &Floating, significant: u64) -> Floating {
        Floating::new(
            &self.mantissa * &other.mantissa,
            self.exponent + other.exponent,
        )
        .trimmed(significant)
    }

    fn power(self, mut exponent: u32, significant: u64) -> Floating {
        let mut result = Floating::new(BigInt::one(), 0);
        let mut square = self;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.times(&square, significant);
            }
            exponent >>= 1;
            if exponent > 0 {
                square = square.times(&square, significant);
            }
        }
        result
    }

    fn reciprocal(&self, significant: u32) -> Floating {
        let places = super::number::digits(&self.mantissa) as u32 + significant;
        let numerator = power_of_ten(places) * self.mantissa.signum();
        Floating::new(
            divide_rounding(&numerator, &self.mantissa.abs()),
            -self.exponent - i64::from(places),
        )
    }

    fn to_decimal(&self, scale: u32) -> Result<Decimal> {
        if self.exponent >= 0 {
            if self.exponent > 131_072 {
                return Err(overflow());
            }
            let whole = &self.mantissa * power_of_ten(self.exponent as u32);
            return fixed_to_decimal(whole, 0, scale);
        }
        fixed_to_decimal(self.mantissa.clone(), (-self.exponent) as u32, scale)
    }
}

fn power_general(base: &Decimal, exponent: &Decimal) -> Result<Decimal> {
    let negative = base.is_negative();
    let magnitude = base.abs();
    let estimate = log10_estimate(&magnitude) / LOG10_E * exponent.to_f64();
    if estimate.abs() > 2000.0 * 3.01 {
        return if estimate > 0.0 {
            Err(overflow())
        } else {
            Ok(Decimal::Small(0, 1000))
        };
    }
    let weight = (estimate * LOG10_E) as i64;
    let scale = display_scale(SIGNIFICANT_DIGITS_MIN - weight, &[base, exponent]);
    let (factor, own) = exponent.parts().unwrap_or_default();
    // The logarithm's error is multiplied by the exponent and then by the result.
    let working =
        (scale + GUARD) + weight.unsigned_abs() as u32 + super::number::digits(&factor) as u32;
    let product = ln_fixed(&magnitude, working) * factor;
    let logarithm = divide_rounding(&product, &power_of_ten(u32::from(own)));
    let result = fixed_to_decimal(exp_fixed(&logarithm, working), working, scale)?;
    let is_odd = (exponent.remainder(&Decimal::from(2i64))).is_ok_and(|rest| !rest.is_zero());
    Ok(if negative && is_odd {
        result.negated()
    } else {
        result
    })
}

fn exp_to(number: &Decimal, estimate: f64, scale: u32) -> Result<Decimal> {
    if estimate.abs() >= EXPONENT_MAX {
        return if estimate > 0.0 {
            Err(overflow())
        } else {
            Ok(Decimal::Small(0, scale as u16))
        };
    }
    let weight = (estimate * LOG10_E).abs() as u32;
    let working = scale + GUARD + weight;
    let (mantissa, own) = number.parts().unwrap_or_default();
    let argument = match working.checked_sub(u32::from(own)) {
        Some(shift) => mantissa * power_of_ten(shift),
        None => divide_rounding(&mantissa, &power_of_ten(u32::from(own) - working)),
    };
    fixed_to_decimal(exp_fixed(&argument, working), working, scale)
}

/// `e^argument` in fixed-point of `places` digits: `2^k * e^r` with `r` halved often enough that the
/// series is short.
fn exp_fixed(argument: &BigInt, places: u32) -> BigInt {
    const HALVINGS: u32 = 8;
    let extra = places + 8;
    let one = power_of_ten(extra);
    let argument = argument * power_of_ten(8);
    let ln2 = ln2_fixed(extra);
    let twos = num_integer::Integer::div_floor(&argument, &ln2);
    let reduced: BigInt = (argument - &twos * &ln2) >> HALVINGS;
    let mut sum = one.clone();
    let mut term = one.clone();
    let mut n = 1u32;
    while !term.is_zero() {
        term = term * &reduced / &one / n;
        sum += &term;
        n += 1;
    }
    for _ in 0..HALVINGS {
        sum = &sum * &sum / &one;
    }
    let twos = twos.to_i64().unwrap_or(0);
    let scaled = match twos >= 0 {
        true => sum << twos.unsigned_abs(),
        false => sum >> twos.unsigned_abs(),
    };
    scaled / power_of_ten(8)
}

/// The natural logarithm in fixed-point of `places` digits: `k ln 2 + 2 atanh((y-1)/(y+1))`.
fn ln_fixed(number: &Decimal, places: u32) -> BigInt {
    let extra = places + 8;
    let one = power_of_ten(extra);
    let (mantissa, own) = number.parts().unwrap_or_default();
    let denominator = power_of_ten(u32::from(own));
    let twos = mantissa.bits() as i64 - denominator.bits() as i64;
    // y = number / 2^twos, between 1/2 and 2, as a quotient of whole numbers.
    let (numerator, denominator) = match twos >= 0 {
        true => (mantissa, denominator << twos.unsigned_abs()),
        false => (mantissa << twos.unsigned_abs(), denominator),
    };
    let ratio = (&numerator - &denominator) * &one / (&numerator + &denominator);
    let series = atanh_fixed(ratio, &one);
    (ln2_fixed(extra) * twos + series * 2u8) / power_of_ten(8)
}

fn ln2_fixed(places: u32) -> BigInt {
    let one = power_of_ten(places);
    atanh_fixed(&one / 3u8, &one) * 2u8
}

fn atanh_fixed(x: BigInt, one: &BigInt) -> BigInt {
    let square = &x * &x / one;
    let mut power = x;
    let mut sum = BigInt::zero();
    let mut n = 1u32;
    while !power.is_zero() {
        sum += &power / n;
        power = power * &square / one;
        n += 2;
    }
    sum
}

/// About the power of ten of a number that is not zero.
fn log10_estimate(number: &Decimal) -> f64 {
    let leading = Leading::of(number);
    let digits = f64::from(leading.digit) * 10_000.0 + f64::from(leading.second);
    digits.log10() + (leading.weight - 1) as f64 * 4.0
}

/// About the power of ten of a number's natural logarithm, by which PostgreSQL chooses the scale.
fn ln_weight(number: &Decimal) -> i64 {
    let near_one = *number >= Decimal::Small(9, 1) && *number <= Decimal::Small(11, 1);
    if near_one {
        let difference = number.subtract(&Decimal::ONE).unwrap_or(Decimal::ZERO);
        if difference.is_zero() {
            return 0;
        }
        let leading = Leading::of(&difference);
        return leading.weight * 4 + i64::from(leading.digit.ilog10());
    }
    let logarithm = log10_estimate(number) / LOG10_E;
    logarithm.abs().log10() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn powers_print_as_in_postgresql() {
        for (base, exponent, expected) in [
            ("2", "10", "1024.0000000000000000"),
            ("2", "-2", "0.2500000000000000"),
            ("2", "0.5", "1.4142135623730950"),
            ("-2", "3", "-8.0000000000000000"),
            ("1.1", "100", "13780.6123398222701841"),
            ("0", "0", "1.0000000000000000"),
        ] {
            assert_eq!(
                number(base).power(&number(exponent)).unwrap().to_string(),
                expected,
                "{base} ^ {exponent}"
            );
        }
        assert_eq!(
            number("0").power(&number("-1")).unwrap_err().sqlstate(),
            "2201F"
        );
        assert_eq!(
            number("-2").power(&number("0.5")).unwrap_err().sqlstate(),
            "2201F"
        );
        assert!(number("10").power(&number("1000000")).is_err());
    }

    #[test]
    fn exponentials_and_logarithms_print_as_in_postgresql() {
        assert_eq!(number("1").exp().unwrap().to_string(), "2.7182818284590452");
        assert_eq!(
            number("-10").exp().unwrap().to_string(),
            "0.00004539992976248485"
        );
        assert_eq!(number("10").ln().unwrap().to_string(), "2.3025850929940457");
        assert_eq!(number("1").ln().unwrap().to_string(), "0.0000000000000000");
        assert_eq!(
            number("64").log(&number("2")).unwrap().to_string(),
            "6.0000000000000000"
        );
        assert_eq!(
            number("100").log(&number("10")).unwrap().to_string(),
            "2.0000000000000000"
        );
        assert_eq!(number("0").ln().unwrap_err().sqlstate(), "2201E");
    }
}
