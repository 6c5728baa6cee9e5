//! Reading dates and timestamps: ISO 8601 and the other common orders that PostgreSQL reads with
//! `DateStyle` at `ISO, MDY`.

use super::calendar::{civil_from_days, is_date, is_timestamp};
use super::fields::{Fields, date};
use crate::error::{Code, Error, Result};
use crate::types::{INFINITY, MICROS_PER_DAY, MICROS_PER_SECOND, NEG_INFINITY};

/// A date in days.
pub fn parse_date(text: &str, now: Option<i64>) -> Result<i64> {
    let instant = read(text, now).map_err(|problem| problem.into_error(text, "date"))?;
    match instant {
        Instant::Infinity => Ok(INFINITY),
        Instant::NegInfinity => Ok(NEG_INFINITY),
        Instant::At { days, .. } if is_date(days) => Ok(days),
        Instant::At { .. } => Err(out_of_range("date", text)),
    }
}

/// A timestamp in microseconds; `zoned` ones take their offset into account.
pub fn parse_timestamp(text: &str, zoned: bool, now: Option<i64>) -> Result<i64> {
    let name = if zoned {
        "timestamp with time zone"
    } else {
        "timestamp"
    };
    let instant = read(text, now).map_err(|problem| problem.into_error(text, name))?;
    match instant {
        Instant::Infinity => Ok(INFINITY),
        Instant::NegInfinity => Ok(NEG_INFINITY),
        Instant::At {
            days,
            micros,
            offset,
        } => {
            let offset = if zoned { offset } else { 0 };
            (days.checked_mul(MICROS_PER_DAY))
                .and_then(|day| day.checked_add(micros - offset * MICROS_PER_SECOND))
                .filter(|&micros| is_timestamp(micros))
                .ok_or_else(|| out_of_range("timestamp", text))
        }
    }
}

/// The time of a day in microseconds. A date before it and a zone behind it say nothing.
pub fn parse_day_time(text: &str, now: Option<i64>) -> Result<i64> {
    let alone = read(&format!("1970-01-01 {text}"), now);
    let found = match alone {
        Err(Problem::Syntax) if text.contains(':') || is_moving(text) => read(text, now),
        alone if text.trim().is_empty() => alone.and(Err(Problem::Syntax)),
        alone => alone,
    };
    match found.map_err(|problem| problem.into_error(text, "time"))? {
        Instant::At { days, micros, .. } => match days * MICROS_PER_DAY + micros {
            MICROS_PER_DAY => Ok(MICROS_PER_DAY),
            all => Ok(all.rem_euclid(MICROS_PER_DAY)),
        },
        _ => Err(Problem::Syntax.into_error(text, "time")),
    }
}

/// Whether the text means another time each time it is read: `now`, `today` and their like.
pub fn is_moving(text: &str) -> bool {
    text.split_ascii_whitespace().any(|word| {
        ["now", "today", "tomorrow", "yesterday"]
            .iter()
            .any(|moving| word.eq_ignore_ascii_case(moving))
    })
}

fn out_of_range(what: &str, text: &str) -> Error {
    Error::new(
        Code::DatetimeOutOfRange,
        format!("{what} out of range: \"{text}\""),
    )
}

pub enum Instant {
    Infinity,
    NegInfinity,
    /// A day, the microseconds since its start, and the seconds its zone is ahead of UTC.
    At {
        days: i64,
        micros: i64,
        offset: i64,
    },
}

/// Why a text is not a time.
#[derive(Debug)]
pub enum Problem {
    Syntax,
    FieldRange,
    ZoneRange,
    NamedZone,
    NoClock,
}

impl Problem {
    fn into_error(self, text: &str, type_name: &str) -> Error {
        match self {
            Problem::Syntax => Error::new(
                Code::InvalidDatetime,
                format!("invalid input syntax for type {type_name}: \"{text}\""),
            ),
            Problem::FieldRange => Error::new(
                Code::DatetimeOutOfRange,
                format!("date/time field value out of range: \"{text}\""),
            ),
            Problem::ZoneRange => Error::new(
                Code::InvalidTimeZone,
                format!("time zone displacement out of range: \"{text}\""),
            ),
            Problem::NamedZone => {
                Error::unsupported(format!("the time zone by name in \"{text}\""))
            }
            Problem::NoClock => Error::unsupported(format!("\"{text}\" outside of a cast")),
        }
    }
}

pub type Read<T> = std::result::Result<T, Problem>;

fn read(text: &str, now: Option<i64>) -> Read<Instant> {
    let text = text.trim().to_ascii_lowercase();
    match text.as_str() {
        "infinity" | "+infinity" => return Ok(Instant::Infinity),
        "-infinity" => return Ok(Instant::NegInfinity),
        _ => {}
    }
    let mut fields = Fields::default();
    for word in split(&text) {
        fields.take(word, now)?;
    }
    fields.finish()
}

/// Splits at blanks and marks that say nothing, and at the `t` between an ISO date and its time.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let is_mark = |c: char| c.is_ascii_punctuation() && !"-+/.:_".contains(c);
    (text.split(move |c: char| c.is_ascii_whitespace() || is_mark(c)))
        .filter(|word| !word.is_empty())
        .flat_map(|word| {
            let bytes = word.as_bytes();
            let at = (1..bytes.len().saturating_sub(1)).find(|&at| {
                bytes[at] == b't'
                    && bytes[at - 1].is_ascii_digit()
                    && bytes[at + 1].is_ascii_digit()
            });
            match at {
                Some(at) => [Some(&word[..at]), Some(&word[at + 1..])],
                None => [Some(word), None],
            }
        })
        .flatten()
}

/// A day from its parts, for `make_date`: a negative year is one BC.
pub(super) fn day_from_parts(year: i64, month: i64, day: i64) -> Option<i64> {
    date(year.abs(), month, day, year < 0)
        .ok()
        .filter(|&days| is_date(days) && civil_from_days(days).2 == day)
}

#[cfg(test)]
mod tests {
    use super::super::{format_date, format_timestamp};
    use super::*;

    fn timestamp(text: &str, zoned: bool) -> String {
        let mut out = String::new();
        match parse_timestamp(text, zoned, Some(86_400_000_000 * 10 + 1_500_000)) {
            Ok(micros) => format_timestamp(micros, zoned, &mut out),
            Err(error) => out = error.sqlstate().to_string(),
        }
        out
    }

    #[test]
    fn timestamps_are_read_as_by_postgresql() {
        for (text, expected) in [
            ("2026-01-15 10:00:00", "2026-01-15 10:00:00"),
            ("2026-01-15T10:00:00.5Z", "2026-01-15 10:00:00.5"),
            ("2026-01-15", "2026-01-15 00:00:00"),
            ("20260115 10:00", "2026-01-15 10:00:00"),
            ("2026-01-15 24:00:00", "2026-01-16 00:00:00"),
            ("2026-01-15 23:59:60", "2026-01-16 00:00:00"),
            ("2026-01-15 10:00:00.1234567", "2026-01-15 10:00:00.123457"),
            ("Jan 15, 2026 3:04 pm", "2026-01-15 15:04:00"),
            ("15-Jan-2026", "2026-01-15 00:00:00"),
            ("Thu 15 January 2026 12:30 AM", "2026-01-15 00:30:00"),
            ("1/15/2026", "2026-01-15 00:00:00"),
            ("0044-03-15 BC", "0044-03-15 00:00:00 BC"),
            ("epoch", "1970-01-01 00:00:00"),
            ("-infinity", "-infinity"),
            ("now", "1970-01-11 00:00:01.5"),
            ("yesterday 06:00", "1970-01-10 06:00:00"),
            ("2026 01-15 10:00", "2026-01-15 10:00:00"),
            ("2026.032 T 10:00", "2026-02-01 10:00:00"),
            ("\"2026-01-15 ~10:00~\"", "2026-01-15 10:00:00"),
            ("01-15 2026", "22007"),
            ("2026-01-15 T", "22007"),
            ("2026-02-30", "22008"),
            ("2026-13-01", "22008"),
            ("2026-01-15 25:00", "22008"),
            ("nonsense", "22007"),
            ("", "22007"),
            ("2026-01-15 10:00 10:00", "22007"),
            ("2026-01-15x", "22007"),
            ("999999-01-01", "22008"),
        ] {
            assert_eq!(timestamp(text, false), expected, "{text}");
        }
    }

    #[test]
    fn offsets_count_only_with_a_zone() {
        for (text, expected) in [
            ("2026-01-15 10:00:00+02", "2026-01-15 08:00:00+00"),
            ("2026-01-15 10:00:00 -03:30", "2026-01-15 13:30:00+00"),
            ("2026-01-15T10:00:00+0530", "2026-01-15 04:30:00+00"),
            ("2026-01-15 10:00 UTC", "2026-01-15 10:00:00+00"),
            ("2026-01-15 10:00:00+16", "22009"),
            ("2026-01-15 10:00 Europe/Berlin", "0A000"),
        ] {
            assert_eq!(timestamp(text, true), expected, "{text}");
        }
        assert_eq!(
            timestamp("2026-01-15 10:00:00+02", false),
            "2026-01-15 10:00:00"
        );
    }

    #[test]
    fn dates_print_as_they_are_read() {
        for text in [
            "2026-01-15",
            "0001-01-01",
            "12345-06-07",
            "4714-11-24 BC",
            "infinity",
        ] {
            let mut out = String::new();
            format_date(parse_date(text, None).unwrap(), &mut out);
            assert_eq!(out, text);
        }
        assert!(parse_date("today", None).is_err());
        assert_eq!(
            parse_date("4714-11-23 BC", None).unwrap_err().message(),
            "date out of range: \"4714-11-23 BC\""
        );
    }
}
