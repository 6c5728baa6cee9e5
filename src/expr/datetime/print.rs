//! Printing dates and timestamps in ISO style.

use super::calendar::civil_from_days;
use crate::types::{INFINITY, MICROS_PER_DAY, MICROS_PER_SECOND, NEG_INFINITY};
use std::fmt::Write;

pub fn format_date(days: i64, out: &mut String) {
    if !push_infinite(days, out) {
        push_era(push_day(days, out), out);
    }
}

/// With `zoned` the offset of the session's zone, UTC, follows.
pub fn format_timestamp(micros: i64, zoned: bool, out: &mut String) {
    if push_infinite(micros, out) {
        return;
    }
    let before_christ = push_day(micros.div_euclid(MICROS_PER_DAY), out);
    out.push(' ');
    push_time(micros.rem_euclid(MICROS_PER_DAY), out);
    if zoned {
        out.push_str("+00");
    }
    push_era(before_christ, out);
}

/// `10:00:00`, with as many digits of a fraction as there are.
pub fn push_time(micros: i64, out: &mut String) {
    let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let _ = write!(out, "{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if fraction != 0 {
        let digits = format!("{fraction:06}");
        let _ = write!(out, ".{}", digits.trim_end_matches('0'));
    }
}

fn push_infinite(value: i64, out: &mut String) -> bool {
    match value {
        INFINITY => out.push_str("infinity"),
        NEG_INFINITY => out.push_str("-infinity"),
        _ => return false,
    }
    true
}

/// Answers whether the year is one before Christ.
fn push_day(days: i64, out: &mut String) -> bool {
    let (year, month, day) = civil_from_days(days);
    let shown = if year > 0 { year } else { 1 - year };
    let _ = write!(out, "{shown:04}-{month:02}-{day:02}");
    year <= 0
}

fn push_era(before_christ: bool, out: &mut String) {
    out.push_str(if before_christ { " BC" } else { "" });
}
