//! The parts of a date and time, gathered word by word.

use super::adjust::zone_by_abbreviation;
use super::calendar::{days_from_civil, days_in_month};
use super::clock::{number, parse_offset, parse_time, time_of_day};
use super::name::{is_day_name, month_name, month_of};
use super::read::{Instant, Problem, Read};
use crate::types::{MICROS_PER_DAY, MICROS_PER_SECOND};

/// What has been read so far.
#[derive(Default)]
pub struct Fields {
    days: Option<i64>,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    micros: Option<i64>,
    offset: Option<i64>,
    /// Two digits, whose century is the nearest one, or the first before Christ.
    short_year: bool,
    before_christ: Option<bool>,
    afternoon: Option<bool>,
    /// A `T` has been read that stood alone.
    awaits_time: bool,
}

impl Fields {
    /// Takes a word, which is not empty and in lower case.
    pub fn take(&mut self, word: &str, now: Option<i64>) -> Read<()> {
        let word = match word.strip_prefix('t') {
            Some(time)
                if (self.day.is_some() || self.days.is_some())
                    && !time.starts_with(|c: char| c.is_ascii_alphabetic()) =>
            {
                self.awaits_time = true;
                time
            }
            _ => word,
        };
        let Some(&first) = word.as_bytes().first() else {
            return Ok(());
        };
        if word.contains(':') && first.is_ascii_digit() {
            return self.take_time(word);
        }
        match first {
            b'+' | b'-' if self.micros.is_some() => set(&mut self.offset, parse_offset(word)?),
            b'0'..=b'9' if word.bytes().all(|byte| byte.is_ascii_digit()) => self.take_number(word),
            // A time without colons, with a zone behind it.
            b'0'..=b'9' if self.day.is_some() && self.micros.is_none() => {
                let digits = word.bytes().take_while(u8::is_ascii_digit).count();
                match digits {
                    4 | 6 if !word[digits..].contains('/') => {
                        let seconds = if digits == 6 {
                            &word[4..]
                        } else {
                            &word[digits..]
                        };
                        let colon = if digits == 6 { ":" } else { "" };
                        self.take_time(&format!("{}:{}{colon}{seconds}", &word[..2], &word[2..4]))
                    }
                    _ => self.take_date(word),
                }
            }
            b'0'..=b'9' => self.take_date(word),
            _ if word.contains(['-', '.']) && month_of(word).is_some() => self.take_date(word),
            _ => self.take_word(word, now),
        }
    }

    fn take_word(&mut self, word: &str, now: Option<i64>) -> Read<()> {
        if let Some(month) = month_of(word) {
            // A number before it was the day.
            if self.day.is_none() {
                self.day = self.month.take();
            }
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
            _ if is_julian(word) => set(&mut self.days, number(&word[1..])? - 2_440_588),
            _ if is_day_name(word) => Ok(()),
            _ if self.micros.is_some() && word.contains('/') => Err(Problem::NamedZone),
            _ => match zone_by_abbreviation(word) {
                Some(hours) => set(&mut self.offset, hours * 3600),
                None => Err(Problem::Syntax),
            },
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
                self.short_year = true;
                self.set_date(value / 10_000, value / 100 % 100, value % 100)
            }
            6 if self.day.is_some() && self.micros.is_none() => {
                let clock = (value / 10_000, value / 100 % 100, value % 100);
                set(&mut self.micros, time_of_day(clock, 0)?)
            }
            4 if self.year.is_some() && self.micros.is_none() => set(
                &mut self.micros,
                time_of_day((value / 100, value % 100, 0), 0)?,
            ),
            1 | 2 if self.year.is_some() && self.month.is_none() => set(&mut self.month, value),
            1 | 2 if self.day.is_none() => set(&mut self.day, value),
            // Of numbers alone the first is the month.
            1 | 2 if self.month.is_none() => {
                self.month = self.day.replace(value);
                Ok(())
            }
            1 | 2 => {
                self.short_year = true;
                set(&mut self.year, value)
            }
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
        let (a, b, c) = match *parts.as_slice() {
            [a, b, c] => (a, b, c),
            // `2026 01-15`
            [month, day] if mark != '.' && self.year.is_some() && self.micros.is_none() => {
                set(&mut self.month, number(month)?)?;
                return set(&mut self.day, number(day)?);
            }
            // A year and a day of it.
            [year, day] if mark == '.' && day.len() == 3 => {
                let first = self::date(number(year)?, 1, 1, false)?;
                return set(&mut self.days, first + number(day)? - 1);
            }
            _ => return Err(Problem::Syntax),
        };
        if let Some(month) = month_name(a) {
            let year = self.year(c)?;
            return self.set_date(year, month, number(b)?);
        }
        if let Some(month) = month_name(b) {
            return match a.len() {
                1 | 2 => {
                    let year = self.year(c)?;
                    self.set_date(year, month, number(a)?)
                }
                _ => self.set_date(number(a)?, month, number(c)?),
            };
        }
        match a.len() {
            1 | 2 => {
                let year = self.year(c)?;
                self.set_date(year, number(a)?, number(b)?)
            }
            _ => self.set_date(number(a)?, number(b)?, number(c)?),
        }
    }

    fn set_date(&mut self, year: i64, month: i64, day: i64) -> Read<()> {
        set(&mut self.year, year)?;
        set(&mut self.month, month)?;
        set(&mut self.day, day)
    }

    fn year(&mut self, text: &str) -> Read<i64> {
        self.short_year = text.len() <= 2;
        number(text)
    }

    /// `10:00`, `10:00:00.5`, with a zone or am/pm behind it.
    fn take_time(&mut self, word: &str) -> Read<()> {
        let end = word.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'));
        let (time, rest) = word.split_at(end.unwrap_or(word.len()));
        set(&mut self.micros, parse_time(time)?)?;
        self.awaits_time = false;
        match rest {
            "" => Ok(()),
            _ if rest.starts_with(['+', '-']) => set(&mut self.offset, parse_offset(rest)?),
            _ => self.take_word(rest, None),
        }
    }

    pub fn finish(self) -> Read<Instant> {
        if self.awaits_time {
            return Err(Problem::Syntax);
        }
        let micros = self.clock()?;
        let days = match (self.days, self.year, self.month, self.day) {
            (Some(days), None, None, None) => days,
            (None, Some(year), Some(month), Some(day)) => {
                let before_christ = self.before_christ == Some(true);
                let year = match self.short_year && !before_christ {
                    true => century(year),
                    false => year,
                };
                date(year, month, day, before_christ)?
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

/// `j2451187`: a number of days.
fn is_julian(word: &str) -> bool {
    let digits = word.strip_prefix('j').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Each field may be given once.
fn set<T>(field: &mut Option<T>, value: T) -> Read<()> {
    match field.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::Syntax),
    }
}

pub fn date(year: i64, month: i64, day: i64, before_christ: bool) -> Read<i64> {
    if !(1..=10_000_000).contains(&year) || !(1..=12).contains(&month) || day < 1 {
        return Err(Problem::FieldRange);
    }
    let year = if before_christ { 1 - year } else { year };
    if day > days_in_month(year, month) {
        return Err(Problem::FieldRange);
    }
    Ok(days_from_civil(year, month, day))
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
