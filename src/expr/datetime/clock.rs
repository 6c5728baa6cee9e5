//! Reading times of day and offsets from UTC.

use super::read::{Problem, Read};
use crate::types::{MICROS_PER_DAY, MICROS_PER_SECOND, parse_f64};

/// A number of digits alone.
pub fn number(text: &str) -> Read<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Syntax);
    }
    text.parse().map_err(|_| Problem::FieldRange)
}

/// `10:00`, `10:00:00.5`, in microseconds.
pub fn parse_time(text: &str) -> Read<i64> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, fraction_micros(fraction)?),
        None => (text, 0),
    };
    let parts: Vec<i64> = clock.split(':').map(number).collect::<Read<_>>()?;
    let (hours, minutes, seconds) = match *parts.as_slice() {
        [hours, minutes] if !text.contains('.') => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return Err(Problem::Syntax),
    };
    time_of_day((hours, minutes, seconds), fraction)
}

/// Up to 24:00:00; a 60th second is the start of the next minute.
pub fn time_of_day((hours, minutes, seconds): (i64, i64, i64), fraction: i64) -> Read<i64> {
    if hours > 24 || minutes > 59 || seconds > 60 {
        return Err(Problem::FieldRange);
    }
    match ((hours * 60 + minutes) * 60 + seconds) * MICROS_PER_SECOND + fraction {
        micros if micros <= MICROS_PER_DAY => Ok(micros),
        _ => Err(Problem::FieldRange),
    }
}

/// The digits behind a point as microseconds, rounded.
fn fraction_micros(digits: &str) -> Read<i64> {
    if digits.is_empty() {
        return Ok(0);
    }
    number(&digits[..digits.len().min(18)])?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Syntax);
    }
    let fraction = parse_f64(&format!("0.{digits}")).ok_or(Problem::Syntax)?;
    Ok((fraction * 1e6).round_ties_even() as i64)
}

/// `+02`, `-0330`, `+05:30`, `+05:30:15` in seconds.
pub fn parse_offset(text: &str) -> Read<i64> {
    let (sign, digits) = match text.split_at(1) {
        ("-", digits) => (-1, digits),
        (_, digits) => (1, digits),
    };
    let (hours, minutes, seconds) = match *digits.split(':').collect::<Vec<_>>().as_slice() {
        [compact] => match (compact.len(), number(compact)?) {
            (1 | 2, hours) => (hours, 0, 0),
            (3 | 4, both) => (both / 100, both % 100, 0),
            _ => return Err(Problem::Syntax),
        },
        [hours, minutes] => (number(hours)?, number(minutes)?, 0),
        [hours, minutes, seconds] => (number(hours)?, number(minutes)?, number(seconds)?),
        _ => return Err(Problem::Syntax),
    };
    if hours > 15 || minutes > 59 || seconds > 59 {
        return Err(Problem::ZoneRange);
    }
    Ok(sign * (hours * 3600 + minutes * 60 + seconds))
}
