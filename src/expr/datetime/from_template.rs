//! to_date and to_timestamp: reading a text by a template of to_char.
//!
//! As in PostgreSQL a number is as long as its pattern if another one follows at once, else as long as there are
//! digits; a separator of the template stands for any one, or for none; and what follows the last pattern is not read.
//! Left out are the patterns of weeks, quarters, centuries and ISO years, which say too little alone, FX and zones.

use super::calculate::make_timestamp;
use super::calendar::{days_from_civil, is_leap};
use super::template::{DAYS, MONTHS, pattern_of};
use crate::error::{Code, Error, Result};
use crate::types::{MICROS_PER_DAY, MICROS_PER_SECOND};

enum Node {
    /// A pattern, whether it takes all digits that are there, and whether `st` or `th` follow.
    Field(&'static str, bool, bool),
    /// A blank or a punctuation mark.
    Separator,
    Text,
}

/// What has been read: 0 is nothing.
#[derive(Default)]
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    day_of_year: i64,
    julian: i64,
    hour: i64,
    minute: i64,
    second: i64,
    of_day: i64,
    millis: i64,
    micros: i64,
    is_afternoon: bool,
    has_half_days: bool,
    is_before_christ: bool,
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidDatetime, message)
}

/// The time that a text says, without a zone.
pub fn from_template(text: &str, template: &str) -> Result<i64> {
    let nodes = nodes(template)?;
    let mut fields = Fields::default();
    let mut rest = text.trim_start();
    let mut skipped = text.len() - rest.len();
    for (at, node) in nodes.iter().enumerate() {
        if rest.is_empty() {
            break;
        }
        match node {
            Node::Separator => {
                let is_one = |c: char| c.is_ascii_whitespace() || c.is_ascii_punctuation();
                match rest.strip_prefix(is_one) {
                    Some(behind) => rest = behind,
                    None => skipped = skipped.saturating_sub(1),
                }
            }
            Node::Text if skipped > 0 => skipped -= 1,
            Node::Text => {
                rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
            }
            Node::Field(name, takes_all, is_ordinal) => {
                let next = nodes.get(at + 1);
                let is_last = !matches!(next, Some(Node::Field(next, ..)) if is_number(next));
                let takes_all = *takes_all || *is_ordinal || is_last;
                rest = fields.read(name, rest.trim_start(), takes_all)?;
                if *is_ordinal {
                    let suffix = rest.chars().take(2).map(char::len_utf8).sum::<usize>();
                    rest = &rest[suffix..];
                }
                let behind = rest.trim_start();
                skipped = rest.len() - behind.len();
                rest = behind;
            }
        }
    }
    fields.time()
}

fn is_number(name: &str) -> bool {
    const NAMES: [&str; 12] = [
        "AM", "PM", "A.M.", "P.M.", "BC", "AD", "B.C.", "A.D.", "MONTH", "MON", "DAY", "DY",
    ];
    !NAMES.contains(&name)
}

fn nodes(template: &str) -> Result<Vec<Node>> {
    let mut nodes = Vec::new();
    let mut rest = template;
    let mut takes_all = false;
    while let Some(first) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix('"') {
            let end = inside.find('"').unwrap_or(inside.len());
            if inside[..end].contains('\\') {
                return Err(Error::unsupported("this template"));
            }
            nodes.extend(inside[..end].chars().map(|_| Node::Text));
            rest = inside.get(end + 1..).unwrap_or_default();
            continue;
        }
        let Some(name) = pattern_of(rest) else {
            if first.is_ascii_digit() || first == '\\' {
                return Err(Error::unsupported("this template"));
            }
            nodes.push(
                match first.is_ascii_whitespace() || first.is_ascii_punctuation() {
                    true => Node::Separator,
                    false => Node::Text,
                },
            );
            rest = &rest[first.len_utf8()..];
            continue;
        };
        rest = &rest[name.len()..];
        match name {
            "FM" => takes_all = true,
            "TM" => {}
            _ => {
                let behind = rest.get(..2);
                let is_ordinal = behind.is_some_and(|behind| behind.eq_ignore_ascii_case("th"));
                rest = &rest[if is_ordinal { 2 } else { 0 }..];
                let takes_all = std::mem::take(&mut takes_all);
                nodes.push(Node::Field(name, takes_all, is_ordinal));
            }
        }
    }
    Ok(nodes)
}

impl Fields {
    /// Reads one pattern; what is left of the text.
    fn read<'t>(&mut self, name: &'static str, text: &'t str, to_end: bool) -> Result<&'t str> {
        let among = |names: &[&str]| {
            let found = names.iter().position(|name| {
                let start = text.get(..name.len());
                start.is_some_and(|start| start.eq_ignore_ascii_case(name))
            });
            let found = found.map(|at| (at as i64, &text[names[at].len()..]));
            found.ok_or_else(|| invalid(format!("invalid value \"{text}\" for \"{name}\"")))
        };
        let length = match name {
            "HH24" | "HH12" => 2,
            "MS" => 3,
            "US" => 6,
            "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6" => usize::from(name.as_bytes()[2] - b'0'),
            _ => name.len(),
        };
        let number = || number(name, text, length, to_end);
        let target = match name {
            "AM" | "PM" => {
                let (at, rest) = among(&["am", "pm"])?;
                (self.is_afternoon, self.has_half_days) = (at == 1, true);
                return Ok(rest);
            }
            "A.M." | "P.M." => {
                let (at, rest) = among(&["a.m.", "p.m."])?;
                (self.is_afternoon, self.has_half_days) = (at == 1, true);
                return Ok(rest);
            }
            "BC" | "AD" => {
                let (at, rest) = among(&["ad", "bc"])?;
                self.is_before_christ = at == 1;
                return Ok(rest);
            }
            "B.C." | "A.D." => {
                let (at, rest) = among(&["a.d.", "b.c."])?;
                self.is_before_christ = at == 1;
                return Ok(rest);
            }
            "MONTH" => {
                let (at, rest) = among(&MONTHS)?;
                return set(&mut self.month, at + 1, name, rest);
            }
            "MON" => {
                let (at, rest) = among(&MONTHS.map(|name| &name[..3]))?;
                return set(&mut self.month, at + 1, name, rest);
            }
            "DAY" => return among(&DAYS).map(|(_, rest)| rest),
            "DY" => return among(&DAYS.map(|name| &name[..3])).map(|(_, rest)| rest),
            "MS" | "US" | "FF1" | "FF2" | "FF3" | "FF4" | "FF5" | "FF6" => {
                let (value, rest) = number()?;
                let digits = (text.len() - rest.len()).min(6) as u32;
                let (target, most) = match name {
                    "MS" => (&mut self.millis, 3),
                    _ => (&mut self.micros, 6),
                };
                let mut value = value * 10i64.pow(u32::saturating_sub(most, digits));
                if name.starts_with("FF") {
                    // What is more than the pattern keeps is rounded.
                    let unit = 10i64.pow(6 - length as u32);
                    value = (value + unit / 2) / unit * unit;
                }
                return set(target, value, name, rest);
            }
            "YYY" | "YY" | "Y" => {
                let (value, rest) = number()?;
                let value = match value {
                    _ if text.len() - rest.len() >= 4 => value,
                    0..70 | 100..520 => value + 2000,
                    70..100 => value + 1900,
                    520..1000 => value + 1000,
                    other => other,
                };
                return set(&mut self.year, value, name, rest);
            }
            "HH12" | "HH" => {
                self.has_half_days = true;
                &mut self.hour
            }
            "HH24" => &mut self.hour,
            "MI" => &mut self.minute,
            "SS" => &mut self.second,
            "SSSS" | "SSSSS" => &mut self.of_day,
            "MM" => &mut self.month,
            "DD" => &mut self.day,
            "DDD" => &mut self.day_of_year,
            "YYYY" => &mut self.year,
            "J" => &mut self.julian,
            _ => {
                let what = format!("the pattern {name} in a template that is read by");
                return Err(Error::unsupported(what));
            }
        };
        let (value, rest) = number()?;
        set(target, value, name, rest)
    }

    fn time(mut self) -> Result<i64> {
        if self.of_day != 0 {
            self.hour = self.of_day / 3600;
            self.minute = self.of_day / 60 % 60;
            self.second = self.of_day % 60;
        }
        if self.has_half_days {
            if !(1..=12).contains(&self.hour) {
                let message = format!("hour \"{}\" is invalid for the 12-hour clock", self.hour);
                return Err(invalid(message)
                    .with_hint("Use the 24-hour clock, or give an hour between 1 and 12."));
            }
            self.hour = self.hour % 12 + if self.is_afternoon { 12 } else { 0 };
        }
        let mut year = if self.is_before_christ {
            -self.year
        } else {
            self.year
        };
        year += i64::from(year < 0);
        let out_of_range = || {
            let message = "date/time field value out of range";
            Error::new(Code::DatetimeOutOfRange, message)
        };
        let fraction = self.millis * 1000 + self.micros;
        let is_time = (0..24).contains(&self.hour)
            && (0..60).contains(&self.minute)
            && (0..60).contains(&self.second)
            && (0..=MICROS_PER_SECOND).contains(&fraction);
        let days_in_year = 365 + i64::from(is_leap(year));
        if !is_time
            || !(0..=days_in_year).contains(&self.day_of_year)
            || !(0..=9_999_999).contains(&self.julian)
        {
            return Err(out_of_range());
        }
        let of_day = (self.hour * 60 + self.minute) * 60 + self.second;
        let micros = of_day * MICROS_PER_SECOND + fraction;
        let start = if self.julian != 0 {
            (self.julian - 2_440_588) * MICROS_PER_DAY
        } else if self.day_of_year != 0 && (self.month <= 1 || self.day <= 1) {
            if self.year == 0 && !self.is_before_christ {
                let message = "cannot calculate day of year without year information";
                return Err(invalid(message.to_string()));
            }
            (days_from_civil(year, 1, 1) + self.day_of_year - 1) * MICROS_PER_DAY
        } else {
            let (month, day) = (
                self.month + i64::from(self.month == 0),
                self.day + i64::from(self.day == 0),
            );
            // make_timestamp takes the years before 1 as negative ones.
            let year = if year <= 0 { year - 1 } else { year };
            make_timestamp([year, month, day], 0, 0, 0.0).map_err(|_| out_of_range())?
        };
        Ok(start + micros)
    }
}

/// Two patterns of the same may not say different things.
fn set<'t>(field: &mut i64, value: i64, name: &str, rest: &'t str) -> Result<&'t str> {
    if *field != 0 && *field != value {
        let message = format!("conflicting values for \"{name}\" field in formatting string");
        return Err(invalid(message)
            .with_detail("This value contradicts a previous setting for the same field type."));
    }
    *field = value;
    Ok(rest)
}

/// A number with its sign: all digits, or no more characters than `length`.
fn number<'t>(name: &str, text: &'t str, length: usize, to_end: bool) -> Result<(i64, &'t str)> {
    let all = match to_end {
        true => text,
        false => text.get(..length).ok_or_else(|| {
            invalid(format!(
                "source string too short for \"{name}\" formatting field"
            ))
        })?,
    };
    let sign = usize::from(all.starts_with(['+', '-']));
    let digits = all[sign..].bytes().take_while(u8::is_ascii_digit).count();
    let end = sign + digits;
    if digits == 0 || (!to_end && end < length) {
        return Err(invalid(format!("invalid value \"{all}\" for \"{name}\"")));
    }
    let value = text[..end].parse::<i32>().map_err(|_| {
        let message = format!("value for \"{name}\" in source string is out of range");
        Error::new(Code::DatetimeOutOfRange, message)
    })?;
    Ok((value.into(), &text[end..]))
}
