//! EXTRACT, date_part and date_trunc.

use super::calendar::{civil_from_days, days_from_civil, iso_week, iso_year_start, weekday};
use crate::error::{Code, Error, Result};
use crate::types::{
    DataType, Decimal, INFINITY, Interval, MICROS_PER_DAY, MICROS_PER_SECOND, NEG_INFINITY,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Microseconds,
    Milliseconds,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
    DayOfWeek,
    IsoDayOfWeek,
    DayOfYear,
    IsoYear,
    Julian,
    Timezone,
    TimezoneHour,
    TimezoneMinute,
}

impl Field {
    /// By its name in any case, plural or abbreviated.
    pub fn parse(name: &str) -> Option<Field> {
        use Field::*;
        let mut buffer = [0; 16];
        let name = name.trim().as_bytes();
        let lower = buffer.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        Some(match std::str::from_utf8(lower).ok()? {
            "microsecond" | "microseconds" | "us" | "usec" | "usecs" => Microseconds,
            "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" => Milliseconds,
            "second" | "seconds" | "s" | "sec" | "secs" => Second,
            "minute" | "minutes" | "m" | "min" | "mins" => Minute,
            "hour" | "hours" | "h" | "hr" | "hrs" => Hour,
            "day" | "days" | "d" => Day,
            "week" | "weeks" | "w" => Week,
            "month" | "months" | "mon" | "mons" => Month,
            "quarter" | "qtr" => Quarter,
            "year" | "years" | "y" | "yr" | "yrs" => Year,
            "decade" | "decades" | "dec" | "decs" => Decade,
            "century" | "centuries" | "c" | "cent" => Century,
            "millennium" | "millennia" | "mil" | "mils" => Millennium,
            "epoch" => Epoch,
            "dow" => DayOfWeek,
            "isodow" => IsoDayOfWeek,
            "doy" => DayOfYear,
            "isoyear" => IsoYear,
            "julian" | "jd" | "j" => Julian,
            "timezone" => Timezone,
            "timezone_hour" => TimezoneHour,
            "timezone_minute" => TimezoneMinute,
            _ => return None,
        })
    }

    /// Whether it grows without bound, so that of an infinite time it is infinite.
    fn is_monotonic(self) -> bool {
        use Field::*;
        matches!(
            self,
            Year | Decade | Century | Millennium | Julian | IsoYear | Epoch
        )
    }

    fn is_of_time(self) -> bool {
        use Field::*;
        matches!(
            self,
            Microseconds
                | Milliseconds
                | Second
                | Minute
                | Hour
                | Timezone
                | TimezoneHour
                | TimezoneMinute
        )
    }
}

fn field(name: &str, data_type: DataType) -> Result<Field> {
    Field::parse(name).ok_or_else(|| unrecognized(name, data_type))
}

fn unrecognized(name: &str, data_type: DataType) -> Error {
    let message = format!("unit \"{name}\" not recognized for type {data_type}");
    Error::new(Code::InvalidParameterValue, message)
}

fn unsupported(name: &str, data_type: DataType) -> Error {
    let message = format!("unit \"{name}\" not supported for type {data_type}");
    Error::new(Code::Unsupported, message)
}

/// A field of a date, timestamp or interval; `bits` is an interval's. `None` is NULL: what an infinite
/// time does not have.
pub fn extract(name: &str, data_type: DataType, value: i64, bits: u128) -> Result<Option<Decimal>> {
    let field = field(name, data_type)?;
    match data_type {
        DataType::Interval => extract_interval(field, Interval::from_bits(bits))
            .map(Some)
            .ok_or_else(|| unsupported(name, data_type)),
        DataType::Time => {
            let zones = [Field::Timezone, Field::TimezoneHour, Field::TimezoneMinute];
            let is_known = field.is_of_time() && !zones.contains(&field) || field == Field::Epoch;
            let since_midnight = Interval {
                months: 0,
                days: 0,
                micros: value,
            };
            let found = extract_interval(field, since_midnight).filter(|_| is_known);
            found.map(Some).ok_or_else(|| unsupported(name, data_type))
        }
        DataType::Date if field.is_of_time() => Err(unsupported(name, data_type)),
        DataType::Timestamp
            if matches!(
                field,
                Field::Timezone | Field::TimezoneHour | Field::TimezoneMinute
            ) =>
        {
            Err(unsupported(name, data_type))
        }
        _ if value == INFINITY && field.is_monotonic() => Ok(Some(Decimal::Infinity)),
        _ if value == NEG_INFINITY && field.is_monotonic() => Ok(Some(Decimal::NegInfinity)),
        _ if value == INFINITY || value == NEG_INFINITY => Ok(None),
        DataType::Date if field == Field::Epoch => Ok(Some(Decimal::from(value * 86_400))),
        DataType::Date if field == Field::Julian => Ok(Some(Decimal::from(value + JULIAN_EPOCH))),
        DataType::Date => Ok(Some(of_day(field, value))),
        _ => Ok(Some(of_timestamp(field, value))),
    }
}

/// The Julian day of 1970-01-01.
const JULIAN_EPOCH: i64 = 2_440_588;

fn of_timestamp(field: Field, micros: i64) -> Decimal {
    let (days, time) = (
        micros.div_euclid(MICROS_PER_DAY),
        micros.rem_euclid(MICROS_PER_DAY),
    );
    let minute = 60 * MICROS_PER_SECOND;
    match field {
        Field::Microseconds => Decimal::from(time % minute),
        Field::Milliseconds => Decimal::Small(i128::from(time % minute), 3),
        Field::Second => Decimal::Small(i128::from(time % minute), 6),
        Field::Minute => Decimal::from(time / minute % 60),
        Field::Hour => Decimal::from(time / minute / 60),
        Field::Epoch => Decimal::Small(i128::from(micros), 6),
        Field::Timezone | Field::TimezoneHour | Field::TimezoneMinute => Decimal::ZERO,
        Field::Julian => {
            let fraction =
                Decimal::Small(i128::from(time), 6).divide(&Decimal::Small(86_400_000_000, 6));
            let day = Decimal::from(days + JULIAN_EPOCH);
            // Neither can fail: the divisor is not zero and the sum is small.
            fraction
                .and_then(|fraction| day.add(&fraction))
                .unwrap_or(day)
        }
        _ => of_day(field, days),
    }
}

fn of_day(field: Field, days: i64) -> Decimal {
    let (year, month, day) = civil_from_days(days);
    // Before Christ there is no year 0.
    let shown = if year > 0 { year } else { year - 1 };
    Decimal::from(match field {
        Field::Day => day,
        Field::Week => iso_week(days).1,
        Field::Month => month,
        Field::Quarter => (month - 1) / 3 + 1,
        Field::Year => shown,
        Field::Decade => year.div_euclid(10),
        Field::Century if year > 0 => (year + 99) / 100,
        Field::Century => -((99 - (year - 1)) / 100),
        Field::Millennium if year > 0 => (year + 999) / 1000,
        Field::Millennium => -((999 - (year - 1)) / 1000),
        Field::DayOfWeek => weekday(days),
        Field::IsoDayOfWeek => (weekday(days) + 6) % 7 + 1,
        Field::DayOfYear => days - days_from_civil(year, 1, 1) + 1,
        Field::IsoYear => match iso_week(days).0 {
            year if year > 0 => year,
            year => year - 1,
        },
        _ => 0,
    })
}

fn extract_interval(field: Field, interval: Interval) -> Option<Decimal> {
    let minute = 60 * MICROS_PER_SECOND;
    let (years, time) = (i64::from(interval.months / 12), interval.micros);
    Some(match field {
        Field::Microseconds => Decimal::from(time % minute),
        Field::Milliseconds => Decimal::Small(i128::from(time % minute), 3),
        Field::Second => Decimal::Small(i128::from(time % minute), 6),
        Field::Minute => Decimal::from(time / minute % 60),
        Field::Hour => Decimal::from(time / minute / 60),
        Field::Day => Decimal::from(i64::from(interval.days)),
        Field::Month => Decimal::from(i64::from(interval.months % 12)),
        Field::Quarter => Decimal::from(i64::from(interval.months % 12 / 3 + 1)),
        Field::Year => Decimal::from(years),
        Field::Decade => Decimal::from(years / 10),
        Field::Century => Decimal::from(years / 100),
        Field::Millennium => Decimal::from(years / 1000),
        Field::Epoch => {
            // A year counts as 365.25 days here, the months beside it as 30.
            let quarter_days = i128::from(interval.months / 12) * 1461
                + (i128::from(interval.months % 12) * 30 + i128::from(interval.days)) * 4;
            let micros = quarter_days * i128::from(MICROS_PER_DAY) / 4 + i128::from(time);
            Decimal::Small(micros, 6)
        }
        _ => return None,
    })
}

/// The start of the field's unit that a timestamp lies in.
pub fn truncate(name: &str, data_type: DataType, micros: i64) -> Result<i64> {
    let field = field(name, data_type)?;
    if micros == INFINITY || micros == NEG_INFINITY {
        return Ok(micros);
    }
    let days = micros.div_euclid(MICROS_PER_DAY);
    let (year, month, _) = civil_from_days(days);
    let step = |unit: i64| Ok(micros.div_euclid(unit) * unit);
    let first = match field {
        Field::Microseconds => return Ok(micros),
        Field::Milliseconds => return step(1000),
        Field::Second => return step(MICROS_PER_SECOND),
        Field::Minute => return step(60 * MICROS_PER_SECOND),
        Field::Hour => return step(3600 * MICROS_PER_SECOND),
        Field::Day => days,
        Field::Week => days - (weekday(days) + 6) % 7,
        Field::Month => days_from_civil(year, month, 1),
        Field::Quarter => days_from_civil(year, (month - 1) / 3 * 3 + 1, 1),
        Field::Year => days_from_civil(year, 1, 1),
        Field::Decade => days_from_civil(year.div_euclid(10) * 10, 1, 1),
        Field::Century => days_from_civil((year - 1).div_euclid(100) * 100 + 1, 1, 1),
        Field::Millennium => days_from_civil((year - 1).div_euclid(1000) * 1000 + 1, 1, 1),
        Field::IsoYear => iso_year_start(iso_week(days).0),
        _ => return Err(unrecognized(name, data_type)),
    };
    (first
        .checked_mul(MICROS_PER_DAY)
        .filter(|&micros| super::calendar::is_timestamp(micros)))
    .ok_or_else(super::calendar::timestamp_out_of_range)
}

/// The interval without what is smaller than the field's unit.
pub fn truncate_interval(name: &str, interval: Interval) -> Result<Interval> {
    let months = |unit: i32| Interval {
        months: interval.months / unit * unit,
        ..Interval::default()
    };
    let micros = |unit: i64| Interval {
        micros: interval.micros / unit * unit,
        ..interval
    };
    Ok(match field(name, DataType::Interval)? {
        Field::Millennium => months(12_000),
        Field::Century => months(1200),
        Field::Decade => months(120),
        Field::Year => months(12),
        Field::Quarter => months(3),
        Field::Month => months(1),
        Field::Week => return Err(unsupported(name, DataType::Interval)),
        Field::Day => micros(i64::MAX),
        Field::Hour => micros(3600 * MICROS_PER_SECOND),
        Field::Minute => micros(60 * MICROS_PER_SECOND),
        Field::Second => micros(MICROS_PER_SECOND),
        Field::Milliseconds => micros(1000),
        Field::Microseconds => interval,
        _ => return Err(unrecognized(name, DataType::Interval)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{format_timestamp, parse_date, parse_interval, parse_timestamp};
    use super::*;

    #[test]
    fn fields_of_a_timestamp() {
        for (name, text, expected) in [
            ("second", "2020-01-01 00:00:01.5", "1.500000"),
            ("milliseconds", "2020-01-01 00:00:01.5", "1500.000"),
            ("epoch", "2020-01-01 00:00:01.5", "1577836801.500000"),
            ("julian", "2020-01-01 12:00", "2458850.50000000000000000000"),
            ("year", "infinity", "Infinity"),
            ("dow", "2026-01-18", "0"),
            ("isodow", "2026-01-18", "7"),
            ("doy", "2024-12-31", "366"),
            ("hour", "1969-12-31 23:00", "23"),
        ] {
            let micros = parse_timestamp(text, false, None).unwrap();
            let value = extract(name, DataType::Timestamp, micros, 0)
                .unwrap()
                .unwrap();
            assert_eq!(value.to_string(), expected, "{name} of {text}");
        }
        assert_eq!(
            extract("day", DataType::Timestamp, INFINITY, 0).unwrap(),
            None
        );
        assert_eq!(
            extract("foo", DataType::Timestamp, 0, 0)
                .unwrap_err()
                .sqlstate(),
            "22023"
        );
        assert_eq!(
            extract("hour", DataType::Date, 0, 0)
                .unwrap_err()
                .sqlstate(),
            "0A000"
        );
    }

    #[test]
    fn fields_of_a_date() {
        for (name, text, expected) in [
            ("isoyear", "2021-01-01", "2020"),
            ("week", "2021-01-01", "53"),
            ("decade", "1999-01-01", "199"),
            ("century", "2000-01-01", "20"),
            ("century", "0001-01-01 BC", "-1"),
            ("millennium", "2001-01-01", "3"),
            ("year", "0044-03-15 BC", "-44"),
            ("quarter", "2026-05-05", "2"),
        ] {
            let days = parse_date(text, None).unwrap();
            let value = extract(name, DataType::Date, days, 0).unwrap().unwrap();
            assert_eq!(value.to_string(), expected, "{name} of {text}");
        }
    }

    #[test]
    fn an_intervals_epoch_counts_years_as_365_days_and_a_quarter() {
        let bits = parse_interval("1 year 1 mon 1 day 00:00:01")
            .unwrap()
            .to_bits();
        let value = extract("epoch", DataType::Interval, 0, bits)
            .unwrap()
            .unwrap();
        assert_eq!(value.to_string(), "34236001.000000");
    }

    #[test]
    fn truncation_goes_to_the_start_of_the_unit() {
        for (name, expected) in [
            ("hour", "2026-08-20 13:00:00"),
            ("day", "2026-08-20 00:00:00"),
            ("week", "2026-08-17 00:00:00"),
            ("quarter", "2026-07-01 00:00:00"),
            ("century", "2001-01-01 00:00:00"),
        ] {
            let micros = parse_timestamp("2026-08-20 13:14:15.16", false, None).unwrap();
            let mut out = String::new();
            format_timestamp(
                truncate(name, DataType::Timestamp, micros).unwrap(),
                false,
                &mut out,
            );
            assert_eq!(out, expected);
        }
    }
}
