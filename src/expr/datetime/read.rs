//! Reading dates and timestamps: ISO 8601 and the other common orders that PostgreSQL reads with
//! `DateStyle` at `ISO, MDY`.

use super::calendar::{civil_from_days, days_from_civil, days_in_month, is_date, is_timestamp};
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

enum Instant {
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
enum Problem {
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

type Read<T> = std::result::Result<T, Problem>;

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

/// Splits at blanks and commas, and at the `t` between an ISO date and its time.
fn split(text: &str) -> impl Iterator<Item = &str> {
    (text.split(|c: char| c.is_ascii_whitespace() || c == ','))
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

/// What has been read so far.
#[derive(Default)]
struct Fields {
    days: Option<i64>,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    micros: Option<i64>,
    offset: Option<i64>,
    before_christ: Option<bool>,
    afternoon: Option<bool>,
}

impl Fields {
    fn take(&mut self, word: &str, now: Option<i64>) -> Read<()> {
        let first = word.as_bytes()[0];
        if word.contains(':') && first.is_ascii_digit() {
            return self.take_time(word);
        }
        match first {
            b'+' | b'-' if self.micros.is_some() => set(&mut self.offset, parse_offset(word)?),
            b'0'..=b'9' if word.bytes().all(|byte| byte.is_ascii_digit()) => self.take_number(word),
            b'0'..=b'9' => self.take_date(word),
            _ if word.contains(['-', '.']) && month_of(word).is_some() => self.take_date(word),
            _ => self.take_word(word, now),
        }
    }

    fn take_word(&mut self, word: &str, now: Option<i64>) -> Read<()> {
        if let Some(month) = month_of(word) {
            return set(&mut self.month, month);
        }
        let today = || {
            now.map(|now| now.div_euclid(MICROS_PER_DAY))
                .ok_or(Problem::NoClock)
        };
        match word {
            "bc" | "b.c." => set(&mut self.before_christ, true),
            "ad" | "a.d." => set(&mut self.before_christ, false),
            "am" => set(&mut self.afternoon, false),
            "pm" => set(&mut self.afternoon, true),
            "z" | "utc" | "gmt" | "ut" | "zulu" => set(&mut self.offset, 0),
            "epoch" => {
                set(&mut self.offset, 0)?;
                set(&mut self.micros, 0)?;
                set(&mut self.days, 0)
            }
            "now" => {
                let now = now.ok_or(Problem::NoClock)?;
                set(&mut self.offset, 0)?;
                set(&mut self.micros, now.rem_euclid(MICROS_PER_DAY))?;
                set(&mut self.days, today()?)
            }
            "today" => set(&mut self.days, today()?),
            "tomorrow" => set(&mut self.days, today()? + 1),
            "yesterday" => set(&mut self.days, today()? - 1),
            "allballs" => set(&mut self.micros, 0),
            _ if is_day_name(word) => Ok(()),
            _ if self.micros.is_some() && word.contains('/') => Err(Problem::NamedZone),
            _ => Err(Problem::Syntax),
        }
    }

    /// `20260115`, `260115`, behind a date `101112`; or a day or year beside a month's name.
    fn take_number(&mut self, word: &str) -> Read<()> {
        let value: i64 = word.parse().map_err(|_| Problem::FieldRange)?;
        match word.len() {
            8 if self.month.is_none() => {
                self.set_date(value / 10_000, value / 100 % 100, value % 100)
            }
            6 if self.month.is_none() => {
                self.set_date(century(value / 10_000), value / 100 % 100, value % 100)
            }
            6 if self.day.is_some() && self.micros.is_none() => {
                let clock = (value / 10_000, value / 100 % 100, value % 100);
                set(&mut self.micros, time_of_day(clock, 0)?)
            }
            1 | 2 if self.day.is_none() => set(&mut self.day, value),
            1 | 2 => set(&mut self.year, century(value)),
            3 | 4 => set(&mut self.year, value),
            _ => Err(Problem::Syntax),
        }
    }

    /// Three parts between `-`, `/` or `.`: year first if it has three digits or more, else month,
    /// day, year; a month may be a name.
    fn take_date(&mut self, word: &str) -> Read<()> {
        let separator = word.find(['-', '/', '.']).ok_or(Problem::Syntax)?;
        let mark = word.as_bytes()[separator] as char;
        let (date, zone) = split_zone(word, mark);
        if let Some(zone) = zone {
            set(&mut self.offset, parse_offset(zone)?)?;
        }
        let parts: Vec<&str> = date.split(mark).collect();
        let &[a, b, c] = parts.as_slice() else {
            return Err(Problem::Syntax);
        };
        if let Some(month) = month_name(a) {
            return self.set_date(year(c)?, month, number(b)?);
        }
        if let Some(month) = month_name(b) {
            return match a.len() {
                1 | 2 => self.set_date(year(c)?, month, number(a)?),
                _ => self.set_date(number(a)?, month, number(c)?),
            };
        }
        match a.len() {
            1 | 2 => self.set_date(year(c)?, number(a)?, number(b)?),
            _ => self.set_date(number(a)?, number(b)?, number(c)?),
        }
    }

    fn set_date(&mut self, year: i64, month: i64, day: i64) -> Read<()> {
        set(&mut self.year, year)?;
        set(&mut self.month, month)?;
        set(&mut self.day, day)
    }

    /// `10:00`, `10:00:00.5`, with a zone or am/pm behind it.
    fn take_time(&mut self, word: &str) -> Read<()> {
        let end = word.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'));
        let (time, rest) = word.split_at(end.unwrap_or(word.len()));
        set(&mut self.micros, parse_time(time)?)?;
        match rest {
            "" => Ok(()),
            _ if rest.starts_with(['+', '-']) => set(&mut self.offset, parse_offset(rest)?),
            _ => self.take_word(rest, None),
        }
    }

    fn finish(self) -> Read<Instant> {
        let micros = self.clock()?;
        let days = match (self.days, self.year, self.month, self.day) {
            (Some(days), None, None, None) => days,
            (None, Some(year), Some(month), Some(day)) => {
                date(year, month, day, self.before_christ == Some(true))?
            }
            _ => return Err(Problem::Syntax),
        };
        Ok(Instant::At {
            days,
            micros,
            offset: self.offset.unwrap_or(0),
        })
    }

    fn clock(&self) -> Read<i64> {
        let hour = MICROS_PER_SECOND * 3600;
        let micros = self.micros.unwrap_or(0);
        match self.afternoon {
            None => Ok(micros),
            Some(_) if self.micros.is_none() => Err(Problem::Syntax),
            Some(_) if micros >= 13 * hour => Err(Problem::FieldRange),
            Some(false) if micros >= 12 * hour => Ok(micros - 12 * hour),
            Some(true) if micros < 12 * hour => Ok(micros + 12 * hour),
            Some(_) => Ok(micros),
        }
    }
}

/// Each field may be given once.
fn set<T>(field: &mut Option<T>, value: T) -> Read<()> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::Syntax),
    }
}

fn date(year: i64, month: i64, day: i64, before_christ: bool) -> Read<i64> {
    if !(1..=10_000_000).contains(&year) || !(1..=12).contains(&month) || day < 1 {
        return Err(Problem::FieldRange);
    }
    let year = if before_christ { 1 - year } else { year };
    if day > days_in_month(year, month) {
        return Err(Problem::FieldRange);
    }
    Ok(days_from_civil(year, month, day))
}

fn number(text: &str) -> Read<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Problem::Syntax);
    }
    text.parse().map_err(|_| Problem::FieldRange)
}

fn year(text: &str) -> Read<i64> {
    let value = number(text)?;
    Ok(if text.len() <= 2 {
        century(value)
    } else {
        value
    })
}

/// Two digits mean the years 1970 to 2069.
fn century(value: i64) -> i64 {
    match value {
        0..=69 => 2000 + value,
        70..=99 => 1900 + value,
        _ => value,
    }
}

/// A zone behind a date without a time: `2026-01-15+02`.
fn split_zone(word: &str, mark: char) -> (&str, Option<&str>) {
    match word.find('+') {
        Some(at) if mark == '-' => (&word[..at], Some(&word[at..])),
        _ => (word, None),
    }
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

fn month_name(word: &str) -> Option<i64> {
    let is_abbreviation = |name: &&str| {
        *name == word
            || (word.len() == 3 && name.starts_with(word))
            || (word == "sept" && *name == "september")
    };
    MONTHS
        .iter()
        .position(is_abbreviation)
        .map(|index| index as i64 + 1)
}

/// The month that a word is, or that a date such as `jan-15-2026` starts with.
fn month_of(word: &str) -> Option<i64> {
    month_name(word.split(['-', '.']).next().unwrap_or(word)).filter(|_| {
        word.bytes().all(|byte| byte.is_ascii_alphabetic()) || word.contains(['-', '.'])
    })
}

fn is_day_name(word: &str) -> bool {
    [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ]
    .iter()
    .any(|name| *name == word || (word.len() == 3 && name.starts_with(word)))
}

fn parse_time(text: &str) -> Read<i64> {
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
fn time_of_day((hours, minutes, seconds): (i64, i64, i64), fraction: i64) -> Read<i64> {
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
    let fraction: f64 = format!("0.{digits}").parse().map_err(|_| Problem::Syntax)?;
    Ok((fraction * 1e6).round_ties_even() as i64)
}

/// `+02`, `-0330`, `+05:30`, `+05:30:15` in seconds.
fn parse_offset(text: &str) -> Read<i64> {
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
