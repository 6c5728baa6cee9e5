//! The proleptic Gregorian calendar. Year 0 is 1 BC.

use crate::error::{Code, Error};

/// The first day that a date can be: 4714-11-24 BC, the start of the Julian day count.
pub const DATE_MIN: i64 = days_from_civil(-4713, 11, 24);
/// The last: 5874897-12-31.
pub const DATE_MAX: i64 = days_from_civil(5_874_897, 12, 31);
/// Days since 1970-01-01. Counts years from March, so that the leap day is a year's last.
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day.
pub fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

pub fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 0 is Sunday.
pub fn weekday(days: i64) -> i64 {
    (days + 4).rem_euclid(7)
}

/// Year and week as in ISO 8601: week 1 has the year's first Thursday.
pub fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days - (weekday(days) + 6) % 7 + 3;
    let (year, _, _) = civil_from_days(thursday);
    (year, (thursday - days_from_civil(year, 1, 1)) / 7 + 1)
}

/// The Monday that starts an ISO year.
pub fn iso_year_start(year: i64) -> i64 {
    let fourth = days_from_civil(year, 1, 4);
    fourth - (weekday(fourth) + 6) % 7
}

pub fn is_date(days: i64) -> bool {
    (DATE_MIN..=DATE_MAX).contains(&days)
}

/// Whether a timestamp may lie there: from 4714 BC to where 64 bits end, in January 294247 (PostgreSQL,
/// which counts from 2000, ends thirty years later).
pub fn is_timestamp(micros: i64) -> bool {
    (DATE_MIN * crate::types::MICROS_PER_DAY..crate::types::INFINITY).contains(&micros)
}

pub fn date_out_of_range() -> Error {
    Error::new(Code::DatetimeOutOfRange, "date out of range")
}

pub fn timestamp_out_of_range() -> Error {
    Error::new(Code::DatetimeOutOfRange, "timestamp out of range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        for days in (DATE_MIN..DATE_MAX)
            .step_by(99_991)
            .chain(-800_000..-799_000)
        {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
            assert!((1..=days_in_month(year, month)).contains(&day));
        }
        assert_eq!(civil_from_days(0), (1970, 1, 1));
    }

    #[test]
    fn weeks_follow_iso() {
        assert_eq!(iso_week(days_from_civil(2021, 1, 1)), (2020, 53));
        assert_eq!(iso_week(days_from_civil(2018, 12, 31)), (2019, 1));
        assert_eq!(weekday(days_from_civil(2026, 1, 15)), 4);
    }
}
