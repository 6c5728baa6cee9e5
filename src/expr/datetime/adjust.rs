//! Intervals in their usual bounds, times in bins, and times in zones.

use super::calculate::{add_interval, interval_out_of_range};
use super::calendar::{is_timestamp, timestamp_out_of_range};
use super::clock::parse_offset;
use crate::error::{Code, Error, Result};
use crate::types::{INFINITY, Interval, MICROS_PER_DAY, MICROS_PER_SECOND, NEG_INFINITY};

/// justify_hours, justify_days or, with both, justify_interval: 24 hours are a day, 30 days a month.
pub fn justify(interval: Interval, hours: bool, days: bool) -> Result<Interval> {
    let (mut months, mut whole, mut micros) = (
        i64::from(interval.months),
        i64::from(interval.days),
        interval.micros,
    );
    if hours {
        whole += micros / MICROS_PER_DAY;
        micros %= MICROS_PER_DAY;
    }
    if days {
        months += whole / 30;
        whole %= 30;
    }
    if days && hours {
        if months > 0 && (whole < 0 || (whole == 0 && micros < 0)) {
            (months, whole) = (months - 1, whole + 30);
        } else if months < 0 && (whole > 0 || (whole == 0 && micros > 0)) {
            (months, whole) = (months + 1, whole - 30);
        }
    } else if days && months > 0 && whole < 0 {
        (months, whole) = (months - 1, whole + 30);
    } else if days && months < 0 && whole > 0 {
        (months, whole) = (months + 1, whole - 30);
    }
    if hours && whole > 0 && micros < 0 {
        (whole, micros) = (whole - 1, micros + MICROS_PER_DAY);
    } else if hours && whole < 0 && micros > 0 {
        (whole, micros) = (whole + 1, micros - MICROS_PER_DAY);
    }
    interval_of(months, whole, i128::from(micros))
}

fn interval_of(months: i64, days: i64, micros: i128) -> Result<Interval> {
    let parts = (|| {
        Some(Interval {
            months: months.try_into().ok()?,
            days: days.try_into().ok()?,
            micros: micros.try_into().ok()?,
        })
    })();
    parts.ok_or_else(interval_out_of_range)
}

/// From years, months, weeks, days, hours, minutes and seconds.
pub fn make_interval(parts: [i64; 6], seconds: f64) -> Result<Interval> {
    let [years, months, weeks, days, hours, minutes] = parts;
    let fraction = (seconds * 1e6).round_ties_even();
    if !seconds.is_finite() || fraction.abs() > 9e18 {
        return Err(interval_out_of_range());
    }
    let minutes = i128::from(hours) * 60 + i128::from(minutes);
    let micros = minutes * 60 * i128::from(MICROS_PER_SECOND) + fraction as i128;
    interval_of(years * 12 + months, weeks * 7 + days, micros)
}

/// The start of the bin of a length that a time lies in, counted from an origin.
pub fn bin(stride: Interval, time: i64, origin: i64) -> Result<i64> {
    if stride.months != 0 {
        return Err(Error::unsupported("timestamps in bins of months or years"));
    }
    if [INFINITY, NEG_INFINITY].contains(&time) {
        return Ok(time);
    }
    if [INFINITY, NEG_INFINITY].contains(&origin) {
        return Err(Error::new(Code::DatetimeOutOfRange, "origin out of range"));
    }
    let stride = stride.span();
    if stride <= 0 {
        let message = "stride must be greater than zero";
        return Err(Error::new(Code::DatetimeOutOfRange, message));
    }
    let (time, origin) = (i128::from(time), i128::from(origin));
    let start = origin + (time - origin).div_euclid(stride) * stride;
    let start = i64::try_from(start)
        .ok()
        .filter(|start| is_timestamp(*start));
    start.ok_or_else(timestamp_out_of_range)
}

/// The hours that the abbreviations of zones in America stand for: each always the same.
pub fn zone_by_abbreviation(word: &str) -> Option<i64> {
    let at = "edt est cdt cst mdt mst pdt pst"
        .find(word)
        .filter(|_| word.len() == 3)? as i64;
    Some(-4 - (at / 4 + 1) / 2)
}

/// Seconds east of Greenwich. In the name of a zone, as POSIX has it, those west of it are positive.
pub fn zone_offset(name: &str) -> Result<i64> {
    let lower = name.to_ascii_lowercase();
    let lower = lower.strip_prefix("etc/").unwrap_or(&lower);
    if let Some(hours) = zone_by_abbreviation(lower) {
        return Ok(hours * 3600);
    }
    let offset = ["utc", "gmt", "ut", "z", "zulu", "universal"]
        .into_iter()
        .find_map(|known| lower.strip_prefix(known))
        .unwrap_or(lower);
    if offset.is_empty() {
        return Ok(0);
    }
    let unsupported = || Error::unsupported(format!("the time zone \"{name}\""));
    if !offset.starts_with(['+', '-']) {
        return Err(unsupported());
    }
    parse_offset(offset)
        .map(|seconds| -seconds)
        .map_err(|_| unsupported())
}

pub fn zone_of_interval(zone: Interval) -> Result<i64> {
    if zone.months != 0 || zone.days != 0 {
        let message = "interval time zone must not include months or days";
        return Err(Error::new(Code::InvalidParameterValue, message));
    }
    Ok(zone.micros / MICROS_PER_SECOND)
}

/// The time of a clock that is so many seconds ahead.
pub fn shift(time: i64, seconds: i64) -> Result<i64> {
    let micros = seconds * MICROS_PER_SECOND;
    add_interval(
        time,
        Interval {
            micros,
            ..Interval::default()
        },
    )
}
