//! Reading and printing intervals.

use super::print::push_time;
use crate::error::{Code, Error, Result};
use crate::types::{Interval, MICROS_PER_DAY, MICROS_PER_SECOND, parse_f64};
use std::fmt::Write;

/// `1 year 2 mons 3 days 04:05:06`, `5 minutes`, `1.5 hours ago`, `P1Y2M3DT4H5M6S`.
pub fn parse_interval(text: &str) -> Result<Interval> {
    let lower = text.trim().to_ascii_lowercase();
    let parts = match lower.strip_prefix('p') {
        Some(designated) => parse_iso(designated),
        // A sign may stand apart from its number.
        None => parse_units(&lower.replace("- ", "-").replace("+ ", "+")),
    };
    let parts = parts.ok_or_else(|| {
        let message = format!("invalid input syntax for type interval: \"{text}\"");
        Error::new(Code::InvalidDatetime, message)
    })?;
    parts.into_interval().ok_or_else(|| {
        let message = format!("interval field value out of range: \"{text}\"");
        Error::new(Code::IntervalOutOfRange, message)
    })
}

/// The bits of seconds and less, of hours, minutes and them, and of years and months.
const SECONDS: u16 = 0b111;
const CLOCK: u16 = 0b1_1111;
const YEARS_AND_MONTHS: u16 = 0b1_1000_0000;

/// The three parts while they are summed. A fraction of a unit overflows into the smaller ones.
#[derive(Default, Clone, Copy)]
struct Parts {
    months: i128,
    days: i128,
    micros: i128,
}

impl Parts {
    fn into_interval(self) -> Option<Interval> {
        Some(Interval {
            months: self.months.try_into().ok()?,
            days: self.days.try_into().ok()?,
            micros: self.micros.try_into().ok()?,
        })
    }

    /// Adds a number of units and gives the bits of what they say; `None` if there is no such unit.
    fn add(&mut self, value: Quantity, unit: &str) -> Option<u16> {
        let whole = value.whole;
        let second = i128::from(MICROS_PER_SECOND);
        let (bit, micros) = match unit {
            "microsecond" | "microseconds" | "us" | "usec" | "usecs" => (0, 1),
            "millisecond" | "milliseconds" | "ms" | "msec" | "msecs" => (1, 1000),
            "second" | "seconds" | "s" | "sec" | "secs" => (2, second),
            "minute" | "minutes" | "m" | "min" | "mins" => (3, 60 * second),
            "hour" | "hours" | "h" | "hr" | "hrs" => (4, 3600 * second),
            "day" | "days" | "d" => (5, 0),
            "week" | "weeks" | "w" => (6, 0),
            "month" | "months" | "mon" | "mons" => (7, 0),
            "year" | "years" | "y" | "yr" | "yrs" => (8, 0),
            "decade" | "decades" | "decs" | "dec" => (9, 0),
            "century" | "centuries" | "c" | "cent" => (10, 0),
            "millennium" | "millenniums" | "millennia" | "mil" | "mils" => (11, 0),
            _ => return None,
        };
        match bit {
            0..=4 => self.micros += value.times(micros),
            5 => self.add_days(whole, value.fraction),
            6 => self.add_days(whole * 7, value.fraction * 7.0),
            7 => {
                self.months += whole;
                self.add_days(0, value.fraction * 30.0);
            }
            _ => self.add_years(value, 10i128.pow(bit - 8)),
        }
        // A fraction of a second says the smaller ones, too.
        Some(match bit == 2 && value.fraction != 0.0 {
            true => SECONDS,
            false => 1 << bit,
        })
    }

    fn add_years(&mut self, value: Quantity, years: i128) {
        let months = value.fraction * (12 * years) as f64;
        self.months += value.whole * 12 * years + months.round_ties_even() as i128;
    }

    fn add_days(&mut self, whole: i128, fraction: f64) {
        let extra = fraction.trunc();
        self.days += whole + extra as i128;
        self.micros += ((fraction - extra) * MICROS_PER_DAY as f64).round_ties_even() as i128;
    }
}

/// A decimal number as its whole part and a fraction of the same sign.
#[derive(Clone, Copy)]
struct Quantity {
    whole: i128,
    fraction: f64,
}

impl Quantity {
    fn parse(text: &str) -> Option<Quantity> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole)
            || !is_digits(fraction)
            || unsigned.len() <= usize::from(unsigned.contains('.'))
            || whole.len() > 25
        {
            return None;
        }
        let whole: i128 = if whole.is_empty() {
            0
        } else {
            whole.parse().ok()?
        };
        let fraction = parse_f64(&format!("0.{fraction}0"))?;
        Some(match negative {
            true => Quantity {
                whole: -whole,
                fraction: -fraction,
            },
            false => Quantity { whole, fraction },
        })
    }

    fn times(self, micros: i128) -> i128 {
        self.whole * micros + (self.fraction * micros as f64).round_ties_even() as i128
    }
}

fn parse_units(text: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    let mut words = words(text)?.into_iter().peekable();
    if words.peek() == Some(&"@") {
        words.next();
    }
    // What has been said may not be said again.
    let mut said = 0;
    let mut ago = false;
    while let Some(word) = words.next() {
        let says = if word == "ago" && said > 0 && words.peek().is_none() {
            ago = true;
            0
        } else if word.contains(':') {
            parts.micros += parse_clock(word)?;
            CLOCK
        } else if let Some((years, months)) = year_month(word) {
            parts.months += years * 12 + months;
            YEARS_AND_MONTHS
        } else {
            // As PostgreSQL has it a sign stands before a digit.
            let is_bare = word
                .strip_prefix(['+', '-'])
                .is_some_and(|rest| rest.starts_with('.'));
            let value = Quantity::parse(word).filter(|_| !is_bare)?;
            match words.peek() {
                // A number before a time is days; one alone is seconds.
                Some(next) if next.contains(':') => parts.add(value, "day")?,
                None => parts.add(value, "second")?,
                Some(_) => parts.add(value, words.next()?)?,
            }
        };
        if said & says != 0 {
            return None;
        }
        said |= says;
    }
    let sign = if ago { -1 } else { 1 };
    (said > 0).then_some(Parts {
        months: parts.months * sign,
        days: parts.days * sign,
        micros: parts.micros * sign,
    })
}

/// PostgreSQL takes what stands behind others for a part of their name.
const UNITS_BEFORE_NUMBERS: [&str; 7] = ["d", "dec", "h", "m", "mon", "s", "y"];

/// Splits at blanks, between a number and the unit behind it (`5min`), and behind the shortest units (`2h45m`).
fn words(text: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    for mut word in text.split_ascii_whitespace() {
        let is_letter = |c: char| c.is_ascii_alphabetic();
        while let Some(at) = word.find(is_letter).filter(|&at| at > 0) {
            let (number, rest) = word.split_at(at);
            words.push(number);
            let end = rest.find(|c| !is_letter(c)).unwrap_or(rest.len());
            word = rest;
            if !UNITS_BEFORE_NUMBERS.contains(&&rest[..end]) || rest[end..].starts_with('-') {
                break;
            }
            words.push(&rest[..end]);
            word = &rest[end..];
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    (!words.is_empty() && words.len() < 100).then_some(words)
}

/// SQL's `1-2`: a year and two months.
fn year_month(word: &str) -> Option<(i128, i128)> {
    let (sign, unsigned) = match word.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, word.strip_prefix('+').unwrap_or(word)),
    };
    let (years, months) = unsigned.split_once('-')?;
    let months: u8 = months.parse().ok().filter(|months| *months < 12)?;
    let years: u32 = years.parse().ok()?;
    Some((sign * i128::from(years), sign * i128::from(months)))
}

/// `04:05`, `-04:05:06.7`, in microseconds.
fn parse_clock(word: &str) -> Option<i128> {
    let (negative, unsigned) = match word.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, word.strip_prefix('+').unwrap_or(word)),
    };
    let parts: Vec<&str> = unsigned.split(':').collect();
    let (hours, minutes, seconds) = match *parts.as_slice() {
        // With a fraction the two are minutes and seconds.
        [minutes, seconds] if seconds.contains('.') => ("0", minutes, seconds),
        [hours, minutes] => (hours, minutes, "0"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (minutes, seconds) = (Quantity::parse(minutes)?, Quantity::parse(seconds)?);
    let hours: i128 = hours.parse::<u64>().ok()?.into();
    if minutes.whole > 59 || minutes.fraction != 0.0 || seconds.whole > 60 {
        return None;
    }
    let second = i128::from(MICROS_PER_SECOND);
    let micros = hours * 3600 * second + minutes.whole * 60 * second + seconds.times(second);
    Some(if negative { -micros } else { micros })
}

/// ISO 8601 with designators, without the leading `p`.
fn parse_iso(text: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    let mut in_time = false;
    let mut rest = text;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        if let Some(time) = rest
            .strip_prefix('t')
            .filter(|time| !in_time && !time.is_empty())
        {
            in_time = true;
            rest = time;
            continue;
        }
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let value = Quantity::parse(&rest[..end])?;
        let unit = match (in_time, rest.as_bytes()[end]) {
            (false, b'y') => "year",
            (false, b'm') => "month",
            (false, b'w') => "week",
            (false, b'd') => "day",
            (true, b'h') => "hour",
            (true, b'm') => "minute",
            (true, b's') => "second",
            _ => return None,
        };
        parts.add(value, unit)?;
        rest = &rest[end + 1..];
    }
    Some(parts)
}

/// In the style `postgres`: `1 year 2 mons -3 days +04:05:06`.
pub fn format_interval(interval: Interval, out: &mut String) {
    let start = out.len();
    let mut after_negative = false;
    let mut push_unit = |value: i64, unit: &str, out: &mut String| {
        if value == 0 {
            return;
        }
        let blank = if out.len() > start { " " } else { "" };
        let plus = if after_negative && value > 0 { "+" } else { "" };
        let plural = if value == 1 { "" } else { "s" };
        let _ = write!(out, "{blank}{plus}{value} {unit}{plural}");
        after_negative = value < 0;
    };
    push_unit(i64::from(interval.months / 12), "year", out);
    push_unit(i64::from(interval.months % 12), "mon", out);
    push_unit(i64::from(interval.days), "day", out);
    if interval.micros == 0 && out.len() > start {
        return;
    }
    out.push_str(if out.len() > start { " " } else { "" });
    if interval.micros < 0 {
        out.push('-');
    } else if after_negative {
        out.push('+');
    }
    push_magnitude(interval.micros.unsigned_abs(), out);
}

/// A time of day that may have any number of hours.
fn push_magnitude(micros: u64, out: &mut String) {
    match i64::try_from(micros) {
        Ok(micros) => push_time(micros, out),
        // The least i64 has no positive counterpart.
        Err(_) => out.push_str("2562047788:00:54.775808"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_print_as_in_postgresql() {
        for (text, expected) in [
            ("5 minutes", "00:05:00"),
            (
                "1 year 2 mons 3 days 04:05:06.789",
                "1 year 2 mons 3 days 04:05:06.789",
            ),
            ("-1 day", "-1 days"),
            ("1 day ago", "-1 days"),
            ("1.5 hours", "01:30:00"),
            ("1.5 months", "1 mon 15 days"),
            ("1.5 years", "1 year 6 mons"),
            ("0.5 weeks", "3 days 12:00:00"),
            ("P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"),
            ("1-2", "1 year 2 mons"),
            ("3 4:05:06", "3 days 04:05:06"),
            ("-1 mon 2 days", "-1 mons +2 days"),
            ("1 day -00:00:01", "1 day -00:00:01"),
            ("90", "00:01:30"),
            ("100 hours", "100:00:00"),
            ("0 days", "00:00:00"),
            ("5min", "00:05:00"),
            ("-1 days 1 hour", "-1 days +01:00:00"),
        ] {
            let mut out = String::new();
            format_interval(
                parse_interval(text).unwrap_or_else(|error| panic!("{text}: {error}")),
                &mut out,
            );
            assert_eq!(out, expected, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "foo", "5 foos", "1 2 3", "ago", "p", "1:2:3:4", "--5 days",
        ] {
            assert_eq!(
                parse_interval(text).unwrap_err().sqlstate(),
                "22007",
                "{text}"
            );
        }
        assert_eq!(
            parse_interval("99999999999 years").unwrap_err().sqlstate(),
            "22015"
        );
    }
}
