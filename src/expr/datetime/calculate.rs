//! Arithmetic on dates, timestamps and intervals.

use super::calendar::{
    civil_from_days, date_out_of_range, days_from_civil, days_in_month, is_date, is_timestamp,
    timestamp_out_of_range,
};
use super::read::day_from_parts;
use crate::error::{Code, Error, Result};
use crate::types::{INFINITY, Interval, MICROS_PER_DAY, MICROS_PER_SECOND, NEG_INFINITY};

pub fn interval_out_of_range() -> Error {
    Error::new(Code::DatetimeOutOfRange, "interval out of range")
}

fn is_infinite(value: i64) -> bool {
    value == INFINITY || value == NEG_INFINITY
}

/// A date so many days later. Infinite dates stay.
pub fn date_add_days(days: i64, more: i64) -> Result<i64> {
    if is_infinite(days) {
        return Ok(days);
    }
    (days.checked_add(more).filter(|&days| is_date(days))).ok_or_else(date_out_of_range)
}

pub fn date_to_timestamp(days: i64) -> Result<i64> {
    if is_infinite(days) {
        return Ok(days);
    }
    (days
        .checked_mul(MICROS_PER_DAY)
        .filter(|&micros| is_timestamp(micros)))
    .ok_or_else(|| Error::new(Code::DatetimeOutOfRange, "date out of range for timestamp"))
}

pub fn timestamp_to_date(micros: i64) -> i64 {
    if is_infinite(micros) {
        return micros;
    }
    micros.div_euclid(MICROS_PER_DAY)
}

/// Months first (to the month's last day, if it is shorter), then days, then the rest.
pub fn add_interval(micros: i64, interval: Interval) -> Result<i64> {
    if is_infinite(micros) {
        return Ok(micros);
    }
    let (mut days, time) = (
        micros.div_euclid(MICROS_PER_DAY),
        micros.rem_euclid(MICROS_PER_DAY),
    );
    if interval.months != 0 {
        let (year, month, day) = civil_from_days(days);
        let months = year * 12 + month - 1 + i64::from(interval.months);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        days = days_from_civil(year, month, day.min(days_in_month(year, month)));
    }
    (days.checked_add(i64::from(interval.days)))
        .and_then(|days| days.checked_mul(MICROS_PER_DAY))
        .and_then(|micros| micros.checked_add(time))
        .and_then(|micros| micros.checked_add(interval.micros))
        .filter(|&micros| is_timestamp(micros))
        .ok_or_else(timestamp_out_of_range)
}

/// Whole days and the rest, both of one sign.
pub fn subtract_timestamps(left: i64, right: i64) -> Result<Interval> {
    if is_infinite(left) || is_infinite(right) {
        let message = "cannot subtract infinite timestamps";
        return Err(Error::new(Code::DatetimeOutOfRange, message));
    }
    let difference = left.checked_sub(right).ok_or_else(interval_out_of_range)?;
    Ok(Interval {
        months: 0,
        days: (difference / MICROS_PER_DAY) as i32,
        micros: difference % MICROS_PER_DAY,
    })
}

/// The difference as years, months, days and time, as a person would say it.
pub fn age(left: i64, right: i64) -> Result<Interval> {
    if is_infinite(left) || is_infinite(right) {
        return subtract_timestamps(left, right);
    }
    let (later, earlier) = (left.max(right), left.min(right));
    let (end, end_time) = (
        later.div_euclid(MICROS_PER_DAY),
        later.rem_euclid(MICROS_PER_DAY),
    );
    let (start, start_time) = (
        earlier.div_euclid(MICROS_PER_DAY),
        earlier.rem_euclid(MICROS_PER_DAY),
    );
    let (end, start) = (civil_from_days(end), civil_from_days(start));
    let mut micros = end_time - start_time;
    let mut days = end.2 - start.2;
    let mut months = (end.0 - start.0) * 12 + end.1 - start.1;
    if micros < 0 {
        micros += MICROS_PER_DAY;
        days -= 1;
    }
    if days < 0 {
        // Borrowed from the month that the earlier time lies in.
        days += days_in_month(start.0, start.1);
        months -= 1;
    }
    let interval = Interval {
        months: months as i32,
        days: days as i32,
        micros,
    };
    if left >= right {
        return Ok(interval);
    }
    interval.checked_neg().ok_or_else(interval_out_of_range)
}

/// Fractions of months become days, fractions of days time.
pub fn multiply_interval(interval: Interval, factor: f64) -> Result<Interval> {
    let round = |value: f64| (value * 1e6).round_ties_even() / 1e6;
    let whole = |value: f64| {
        let fits =
            value.is_finite() && value >= f64::from(i32::MIN) && value <= f64::from(i32::MAX);
        fits.then_some(value.trunc() as i32)
            .ok_or_else(interval_out_of_range)
    };
    let (all_months, all_days) = (
        f64::from(interval.months) * factor,
        f64::from(interval.days) * factor,
    );
    let (months, mut days) = (whole(all_months)?, whole(all_days)?);
    let month_days = round((all_months - f64::from(months)) * 30.0);
    let mut seconds =
        round((all_days - f64::from(days) + month_days - month_days.trunc()) * 86_400.0);
    if seconds.abs() >= 86_400.0 {
        days = days
            .checked_add((seconds / 86_400.0) as i32)
            .ok_or_else(interval_out_of_range)?;
        seconds -= (seconds / 86_400.0).trunc() * 86_400.0;
    }
    let days = days
        .checked_add(month_days as i32)
        .ok_or_else(interval_out_of_range)?;
    let micros = (interval.micros as f64 * factor + seconds * 1e6).round_ties_even();
    if !(-9.2e18..=9.2e18).contains(&micros) {
        return Err(interval_out_of_range());
    }
    Ok(Interval {
        months,
        days,
        micros: micros as i64,
    })
}

pub fn divide_interval(interval: Interval, divisor: f64) -> Result<Interval> {
    if divisor == 0.0 {
        return Err(Error::new(Code::DivisionByZero, "division by zero"));
    }
    multiply_interval(interval, 1.0 / divisor)
}

pub fn make_date(year: i64, month: i64, day: i64) -> Result<i64> {
    day_from_parts(year, month, day).ok_or_else(|| {
        let message = format!("date field value out of range: {year}-{month:02}-{day:02}");
        Error::new(Code::DatetimeOutOfRange, message)
    })
}

pub fn make_timestamp(date: [i64; 3], hour: i64, minute: i64, seconds: f64) -> Result<i64> {
    let days = make_date(date[0], date[1], date[2])?;
    let in_range = (0..=24).contains(&hour)
        && (0..60).contains(&minute)
        && (0.0..=60.0).contains(&seconds)
        && (hour < 24 || (minute == 0 && seconds == 0.0));
    if !in_range {
        let message = format!("time field value out of range: {hour}:{minute:02}:{seconds:02}");
        return Err(Error::new(Code::DatetimeOutOfRange, message));
    }
    let micros =
        (hour * 60 + minute) * 60 * MICROS_PER_SECOND + (seconds * 1e6).round_ties_even() as i64;
    (days.checked_mul(MICROS_PER_DAY))
        .and_then(|day| day.checked_add(micros))
        .filter(|&micros| is_timestamp(micros))
        .ok_or_else(timestamp_out_of_range)
}

/// From seconds since 1970.
pub fn to_timestamp(seconds: f64) -> Result<i64> {
    if seconds.is_nan() {
        return Err(Error::new(
            Code::DatetimeOutOfRange,
            "timestamp cannot be NaN",
        ));
    }
    if seconds.is_infinite() {
        return Ok(if seconds > 0.0 {
            INFINITY
        } else {
            NEG_INFINITY
        });
    }
    let micros = (seconds * 1e6).round_ties_even();
    let fits = micros.abs() < 9.2e18 && is_timestamp(micros as i64);
    fits.then_some(micros as i64).ok_or_else(|| {
        let message = format!("timestamp out of range: \"{seconds}\"");
        Error::new(Code::DatetimeOutOfRange, message)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{format_interval, format_timestamp, parse_interval, parse_timestamp};
    use super::*;

    fn timestamp(text: &str) -> i64 {
        parse_timestamp(text, false, None).unwrap()
    }

    #[test]
    fn months_end_where_they_end() {
        for (start, interval, expected) in [
            ("2026-01-31", "1 month", "2026-02-28 00:00:00"),
            ("2024-03-31 12:00", "-1 month", "2024-02-29 12:00:00"),
            (
                "2026-01-15",
                "1 mon -15 days 00:00:01",
                "2026-01-31 00:00:01",
            ),
            ("infinity", "1 day", "infinity"),
        ] {
            let mut out = String::new();
            let sum = add_interval(timestamp(start), parse_interval(interval).unwrap()).unwrap();
            format_timestamp(sum, false, &mut out);
            assert_eq!(out, expected);
        }
        assert!(
            add_interval(timestamp("294247-01-09"), parse_interval("2 days").unwrap()).is_err()
        );
    }

    #[test]
    fn differences_are_days_or_ages() {
        for (left, right, difference, symbolic) in [
            (
                "2026-03-01",
                "2026-01-31 12:00",
                "28 days 12:00:00",
                "1 mon 12:00:00",
            ),
            ("2026-01-31", "2026-03-01", "-29 days", "-1 mons -1 days"),
            (
                "2001-04-10",
                "1957-06-13",
                "16007 days",
                "43 years 9 mons 27 days",
            ),
        ] {
            let mut out = (String::new(), String::new());
            format_interval(
                subtract_timestamps(timestamp(left), timestamp(right)).unwrap(),
                &mut out.0,
            );
            format_interval(age(timestamp(left), timestamp(right)).unwrap(), &mut out.1);
            assert_eq!(out, (difference.to_string(), symbolic.to_string()));
        }
    }

    #[test]
    fn intervals_scale() {
        for (interval, factor, expected) in [
            ("1 mon", 1.5, "1 mon 15 days"),
            ("1 day", 0.5, "12:00:00"),
            ("00:05:00", 3.0, "00:15:00"),
            ("1 year 3 days", -2.0, "-2 years -6 days"),
        ] {
            let mut out = String::new();
            format_interval(
                multiply_interval(parse_interval(interval).unwrap(), factor).unwrap(),
                &mut out,
            );
            assert_eq!(out, expected);
        }
    }
}
