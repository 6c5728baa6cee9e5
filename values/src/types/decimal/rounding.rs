//! Rounding to a scale and fitting into `numeric(precision, scale)`.

use super::Decimal;
use super::number::{digits, divide_rounding, power_of_ten, scaled, small_power_of_ten};
use crate::error::{Code, Error, Result};
use num_bigint::BigInt;
use num_integer::Integer;

/// The scales that a number is rounded to: of the first digit that there may be and of the last.
const SCALES: [i32; 2] = [-131_072, 16_383];

/// Which way a number goes that lies between two.
#[derive(Clone, Copy)]
enum Direction {
    /// To the nearest, halves away from zero.
    Nearest,
    TowardsZero,
    Down,
    Up,
}

impl Decimal {
    /// To so many digits after the point, or with a negative scale to tens, hundreds, …
    pub fn round(&self, scale: i32) -> Decimal {
        self.to_scale(scale, Direction::Nearest)
    }

    pub fn trunc(&self, scale: i32) -> Decimal {
        self.to_scale(scale, Direction::TowardsZero)
    }

    pub fn floor(&self) -> Decimal {
        self.to_scale(0, Direction::Down)
    }

    pub fn ceil(&self) -> Decimal {
        self.to_scale(0, Direction::Up)
    }

    fn to_scale(&self, scale: i32, direction: Direction) -> Decimal {
        let scale = scale.clamp(SCALES[0], SCALES[1]);
        let own = i32::from(self.scale());
        let shown = scale.max(0) as u16;
        match self {
            Decimal::Small(mantissa, _) if scale < own => {
                small_to_scale(*mantissa, (own - scale) as u32, shown, direction)
                    .and_then(|number| number.lifted(-scale))
            }
            Decimal::Small(mantissa, _) => {
                scaled(*mantissa, (scale - own) as u16).map(|m| Decimal::Small(m, shown))
            }
            Decimal::Big(..) => None,
            _ => return self.clone(),
        }
        .unwrap_or_else(|| self.big_to_scale(scale, direction))
    }

    /// After rounding to tens or hundreds, the zeros that take their place.
    fn lifted(self, zeros: i32) -> Option<Decimal> {
        match self {
            Decimal::Small(mantissa, 0) if zeros > 0 => {
                scaled(mantissa, u16::try_from(zeros).ok()?).map(|m| Decimal::Small(m, 0))
            }
            other => Some(other),
        }
    }

    fn big_to_scale(&self, scale: i32, direction: Direction) -> Decimal {
        let Some((mantissa, own)) = self.parts() else {
            return self.clone();
        };
        let dropped = i32::from(own) - scale;
        if dropped <= 0 {
            let mantissa = mantissa * power_of_ten(dropped.unsigned_abs());
            return Decimal::from_parts(mantissa, scale.max(0) as u16);
        }
        // Nothing is left of a number shorter than what is dropped, whatever its digits.
        if i64::from(dropped) > digits(&mantissa) + 1
            && matches!(direction, Direction::Nearest | Direction::TowardsZero)
        {
            return Decimal::Small(0, scale.max(0) as u16);
        }
        let divisor = power_of_ten(dropped as u32);
        let rounded = match direction {
            Direction::Nearest => divide_rounding(&mantissa, &divisor),
            Direction::TowardsZero => mantissa / divisor,
            Direction::Down => mantissa.div_floor(&divisor),
            Direction::Up => mantissa.div_ceil(&divisor),
        };
        let zeros = power_of_ten((-scale).max(0) as u32);
        Decimal::from_parts(rounded * zeros, scale.max(0) as u16)
    }

    /// The number as `numeric(precision, scale)`: rounded, or an error if it is too large.
    pub fn fit(&self, precision: u16, scale: i16) -> Result<Decimal> {
        if matches!(self, Decimal::Infinity | Decimal::NegInfinity) {
            return Err(field_overflow(format!(
                "A field with precision {precision}, scale {scale} cannot hold an infinite value."
            )));
        }
        let rounded = self.round(i32::from(scale));
        let whole = i32::from(precision) - i32::from(scale);
        let fits = match &rounded {
            Decimal::Small(mantissa, shown) => {
                match small_power_of_ten((whole + i32::from(*shown)).max(0) as u32) {
                    Some(limit) => {
                        whole + i32::from(*shown) >= 0
                            && mantissa.unsigned_abs() < limit.unsigned_abs()
                            || *mantissa == 0
                    }
                    None => true,
                }
            }
            Decimal::Big(mantissa, shown) => {
                digits(mantissa) <= i64::from(whole) + i64::from(*shown)
            }
            _ => true,
        };
        if fits {
            return Ok(rounded);
        }
        let bound = match whole {
            0 => "1".to_string(),
            whole => format!("10^{whole}"),
        };
        Err(field_overflow(format!(
            "A field with precision {precision}, scale {scale} must round to an absolute value less than {bound}."
        )))
    }
}

fn small_to_scale(
    mantissa: i128,
    dropped: u32,
    shown: u16,
    direction: Direction,
) -> Option<Decimal> {
    let divisor = small_power_of_ten(dropped)?;
    let (quotient, rest) = (mantissa / divisor, mantissa % divisor);
    let away = match direction {
        Direction::Nearest => rest.unsigned_abs() >= (divisor - rest.abs()).unsigned_abs(),
        Direction::TowardsZero => false,
        Direction::Down => rest < 0,
        Direction::Up => rest > 0,
    };
    Some(Decimal::Small(
        quotient + if away { sign_of(mantissa) } else { 0 },
        shown,
    ))
}

fn sign_of(mantissa: i128) -> i128 {
    if mantissa < 0 { -1 } else { 1 }
}

fn field_overflow(detail: String) -> Error {
    Error::new(Code::NumericOutOfRange, "numeric field overflow").with_detail(detail)
}

/// A fixed-point number of `from` digits after the point, rounded to `scale` digits.
pub(super) fn fixed_to_decimal(value: BigInt, from: u32, scale: u32) -> Result<Decimal> {
    match from.checked_sub(scale) {
        Some(dropped) => Decimal::checked(divide_rounding(&value, &power_of_ten(dropped)), scale),
        None => Decimal::checked(value * power_of_ten(scale - from), scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().expect("a number")
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (text, scale, expected) in [
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("2.45", 1, "2.5"),
            ("0.4999", 0, "0"),
            ("1.2", 4, "1.2000"),
            ("155", -1, "160"),
            ("155", -3, "0"),
            ("555", -3, "1000"),
            (
                "99999999999999999999999999999999999999.5",
                0,
                "100000000000000000000000000000000000000",
            ),
            (
                "123456789012345678901234567890123456789012345.5",
                -44,
                "100000000000000000000000000000000000000000000",
            ),
        ] {
            assert_eq!(
                number(text).round(scale).to_string(),
                expected,
                "{text} to {scale}"
            );
        }
    }

    #[test]
    fn floor_and_ceil_know_the_sign() {
        assert_eq!(number("-0.5").floor().to_string(), "-1");
        assert_eq!(number("-0.5").ceil().to_string(), "0");
        assert_eq!(
            number("1.000000000000000000000000000000000000000000000001")
                .ceil()
                .to_string(),
            "2"
        );
        assert_eq!(number("-1.99").trunc(1).to_string(), "-1.9");
    }

    #[test]
    fn a_field_bounds_its_digits() {
        assert_eq!(number("123.454").fit(5, 2).unwrap().to_string(), "123.45");
        assert_eq!(number("999.994").fit(5, 2).unwrap().to_string(), "999.99");
        let error = number("999.995").fit(5, 2).unwrap_err();
        assert_eq!(
            error.detail(),
            Some(
                "A field with precision 5, scale 2 must round to an absolute value less than 10^3."
            )
        );
        assert_eq!(number("12345").fit(3, -2).unwrap().to_string(), "12300");
        assert_eq!(number("0.00123").fit(3, 5).unwrap().to_string(), "0.00123");
        assert!(number("0.01").fit(2, 5).is_err());
        assert!(number("Infinity").fit(5, 2).is_err());
        assert!(number("NaN").fit(5, 2).unwrap().is_nan());
    }
}
