//! to_char of times and intervals: PostgreSQL's templates.

use super::calendar::{civil_from_days, days_from_civil, iso_week, weekday};
use crate::error::{Code, Error, Result};
use crate::expr::numeral::ordinal;
use crate::types::{INFINITY, Interval, MICROS_PER_DAY, MICROS_PER_SECOND, NEG_INFINITY};
use std::fmt::Write;

/// The patterns, the longer first where one begins another.
const PATTERNS: [&str; 58] = [
    "A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "D", "FF1", "FF2",
    "FF3", "FF4", "FF5", "FF6", "FM", "FX", "HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY",
    "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "OF", "P.M.", "PM", "Q", "RM",
    "SSSSS", "SSSS", "SS", "TM", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY",
    "Y", "SP", "TH",
];

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub const DAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

const ROMAN_MONTHS: [&str; 12] = [
    "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII",
];

/// What a template shows.
struct Fields {
    /// Of an interval, or of a time in the calendar, where the year before 1 is 0.
    year: i64,
    month: i64,
    day: i64,
    /// Days since 1970; an interval has none.
    days: Option<i64>,
    /// Of the day; of an interval it may be more, or negative.
    micros: i64,
    zone: &'static str,
}

/// A timestamp by the template, or `None` for NULL.
pub fn timestamp_to_char(time: i64, zoned: bool, template: &str) -> Result<Option<String>> {
    if template.is_empty() || [INFINITY, NEG_INFINITY].contains(&time) {
        return Ok(None);
    }
    let days = time.div_euclid(MICROS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    let fields = Fields {
        year,
        month,
        day,
        days: Some(days),
        micros: time.rem_euclid(MICROS_PER_DAY),
        zone: if zoned { "UTC" } else { "" },
    };
    fields.show(template).map(Some)
}

pub fn interval_to_char(interval: Interval, template: &str) -> Result<Option<String>> {
    if template.is_empty() {
        return Ok(None);
    }
    let fields = Fields {
        year: i64::from(interval.months / 12),
        month: i64::from(interval.months % 12),
        day: i64::from(interval.days),
        days: None,
        micros: interval.micros,
        zone: "",
    };
    fields.show(template).map(Some)
}

/// A pattern in a text that begins with it: its name and length. Lower case counts as well.
pub fn pattern_of(text: &str) -> Option<&'static str> {
    let mut all = PATTERNS.into_iter();
    all.find(|name| {
        let start = text.get(..name.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(name))
    })
}

/// A name in the case in which its pattern was written.
fn in_case(name: &str, pattern: &str) -> String {
    let mut letters = pattern.bytes().filter(u8::is_ascii_alphabetic);
    match [letters.next(), letters.next()].map(|c| c.is_some_and(|c| c.is_ascii_lowercase())) {
        [true, _] => name.to_ascii_lowercase(),
        [false, true] => name.to_string(),
        [false, false] => name.to_ascii_uppercase(),
    }
}

impl Fields {
    fn show(&self, template: &str) -> Result<String> {
        let mut out = String::new();
        let mut rest = template;
        let (mut fills, mut translates) = (false, false);
        while let Some(first) = rest.chars().next() {
            if first == '"' {
                rest = &rest[1..];
                while let Some(character) = rest.chars().next() {
                    rest = &rest[character.len_utf8()..];
                    match character {
                        '"' => break,
                        '\\' => {
                            let next = rest.chars().next();
                            rest = &rest[next.map_or(0, char::len_utf8)..];
                            out.extend(next);
                        }
                        other => out.push(other),
                    }
                }
                continue;
            }
            let Some(name) = pattern_of(rest) else {
                let skipped = match first {
                    '\\' if rest[1..].starts_with('"') => 1,
                    _ => 0,
                };
                let character = rest[skipped..].chars().next().unwrap_or(first);
                out.push(character);
                rest = &rest[skipped + character.len_utf8()..];
                continue;
            };
            let written = &rest[..name.len()];
            rest = &rest[name.len()..];
            match name {
                "FM" => fills = true,
                "TM" => translates = true,
                "FX" => {}
                "TH" | "SP" => out.push_str(written),
                _ => {
                    let start = out.len();
                    self.push(name, written, fills || translates, fills, &mut out)?;
                    let suffix = rest
                        .get(..2)
                        .filter(|suffix| suffix.eq_ignore_ascii_case("th"));
                    if let Some(suffix) = suffix {
                        rest = &rest[2..];
                        if out.len() > start && out.ends_with(|c: char| c.is_ascii_digit()) {
                            let ending = ordinal(&out[start..]);
                            match suffix.starts_with('t') {
                                true => out.push_str(&ending.to_ascii_lowercase()),
                                false => out.push_str(ending),
                            }
                        }
                    }
                    (fills, translates) = (false, false);
                }
            }
        }
        Ok(out)
    }

    /// `unpadded` is for names, `fills` for numbers.
    fn push(
        &self,
        name: &str,
        written: &str,
        unpadded: bool,
        fills: bool,
        out: &mut String,
    ) -> Result<()> {
        let number = |out: &mut String, value: i64, width: usize| {
            let width = match fills {
                true => 0,
                false => width + usize::from(value < 0),
            };
            let _ = write!(out, "{value:0width$}");
        };
        let padded = |out: &mut String, name: &str, width: usize| {
            let text = in_case(name, written);
            let width = if unpadded { 0 } else { width };
            let _ = write!(out, "{text:width$}");
        };
        let seconds = self.micros / MICROS_PER_SECOND;
        let fraction = self.micros % MICROS_PER_SECOND;
        let hours = seconds / 3600;
        let is_interval = self.days.is_none();
        let year = match is_interval {
            false if self.year <= 0 => 1 - self.year,
            _ => self.year,
        };
        match name {
            "HH24" => number(out, hours, 2),
            "HH" | "HH12" => number(out, if hours % 12 == 0 { 12 } else { hours % 12 }, 2),
            "MI" => number(out, seconds / 60 % 60, 2),
            "SS" => number(out, seconds % 60, 2),
            "SSSS" | "SSSSS" => number(out, seconds, 0),
            "MS" => {
                let _ = write!(out, "{:03}", fraction / 1000);
            }
            "US" | "FF6" => {
                let _ = write!(out, "{fraction:06}");
            }
            "FF1" | "FF2" | "FF3" | "FF4" | "FF5" => {
                let digits = usize::from(name.as_bytes()[2] - b'0');
                let _ = write!(out, "{:0digits$}", fraction / 10i64.pow(6 - digits as u32));
            }
            "AM" | "PM" => out.push_str(&in_case(
                if hours % 24 >= 12 { "PM" } else { "AM" },
                written,
            )),
            "A.M." | "P.M." => {
                let text = if hours % 24 >= 12 { "P.M." } else { "A.M." };
                out.push_str(&in_case(text, &written.replace('.', "")));
            }
            "Y,YYY" => {
                let _ = write!(out, "{},{:03}", year / 1000, year % 1000);
            }
            "YYYY" => number(out, year, 4),
            "YYY" => number(out, year % 1000, 3),
            "YY" => number(out, year % 100, 2),
            "Y" => number(out, year % 10, 1),
            "MM" => number(out, self.month, 2),
            "DD" => {
                let width = if fills { 0 } else { 2 };
                let _ = write!(out, "{:0width$}", self.day);
            }
            "TZ" if self.zone.is_empty() && !is_interval => {}
            "TZ" if !is_interval => out.push_str(&in_case("UTC", written)),
            "TZH" | "OF" if !is_interval => out.push_str("+00"),
            "TZM" if !is_interval => out.push_str("00"),
            "CC" if !is_interval => {
                let century = match self.year {
                    1.. => (self.year - 1) / 100 + 1,
                    year => year / 100 - 1,
                };
                number(out, century, 2);
            }
            _ => match self.days {
                Some(days) => self.push_date(name, days, &number, &padded, out),
                None if [
                    "BC", "AD", "B.C.", "A.D.", "DAY", "DY", "D", "ID", "TZ", "TZH", "TZM", "OF",
                ]
                .contains(&name) =>
                {
                    let message = "invalid format specification for an interval value";
                    return Err(Error::new(Code::InvalidDatetime, message)
                        .with_hint("Intervals are not tied to specific calendar dates."));
                }
                None => return Err(Error::unsupported(format!("{written} of an interval"))),
            },
        }
        Ok(())
    }

    /// What only a day of the calendar has.
    fn push_date(
        &self,
        name: &str,
        days: i64,
        number: &dyn Fn(&mut String, i64, usize),
        padded: &dyn Fn(&mut String, &str, usize),
        out: &mut String,
    ) {
        let month = self.month as usize - 1;
        let day_of_week = weekday(days);
        let day_of_year = days - days_from_civil(self.year, 1, 1) + 1;
        let (iso_year, week) = iso_week(days);
        let shown_year = if iso_year <= 0 {
            1 - iso_year
        } else {
            iso_year
        };
        let era = if self.year <= 0 {
            ["BC", "B.C."]
        } else {
            ["AD", "A.D."]
        };
        match name {
            "BC" | "AD" => padded(out, era[0], 0),
            "B.C." | "A.D." => padded(out, era[1], 0),
            "MONTH" => padded(out, MONTHS[month], 9),
            "MON" => padded(out, &MONTHS[month][..3], 0),
            "RM" => padded(out, ROMAN_MONTHS[month], 4),
            "DAY" => padded(out, DAYS[day_of_week as usize], 9),
            "DY" => padded(out, &DAYS[day_of_week as usize][..3], 0),
            "D" => number(out, day_of_week + 1, 0),
            "ID" => number(out, if day_of_week == 0 { 7 } else { day_of_week }, 0),
            "DDD" => number(out, day_of_year, 3),
            "IDDD" => {
                let day = if day_of_week == 0 { 7 } else { day_of_week };
                number(out, (week - 1) * 7 + day, 3);
            }
            "IYYY" => number(out, shown_year, 4),
            "IYY" => number(out, shown_year % 1000, 3),
            "IY" => number(out, shown_year % 100, 2),
            "I" => number(out, shown_year % 10, 1),
            "IW" => number(out, week, 2),
            "WW" => number(out, (day_of_year - 1) / 7 + 1, 2),
            "W" => number(out, (self.day - 1) / 7 + 1, 0),
            "Q" => number(out, (self.month - 1) / 3 + 1, 0),
            _ => number(out, days + 2_440_588, 0),
        }
    }
}
