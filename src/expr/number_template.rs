//! to_char of numbers: PostgreSQL's templates of digits, signs and separators.
//!
//! A template is read into its marks and what they add up to, how many digits stand before and behind the point and
//! where the sign goes; then the digits of the rounded number are laid under the marks from the left.

use super::numeral::{ordinal, roman};
use crate::error::{Code, Error, Result};
use crate::types::{Decimal, Value};
use std::collections::VecDeque;

/// Marks by their names, the longer first where one begins another.
const MARKS: [(&str, Mark); 22] = [
    (",", Mark::Group),
    (".", Mark::Point),
    ("0", Mark::Zero),
    ("9", Mark::Digit),
    ("D", Mark::Point),
    ("EEEE", Mark::Other),
    ("FM", Mark::Fill),
    ("G", Mark::Group),
    ("L", Mark::Currency),
    ("MI", Mark::Minus),
    ("PL", Mark::Plus),
    ("PR", Mark::Bracket),
    ("RN", Mark::Roman),
    ("SG", Mark::Signed),
    ("SP", Mark::Other),
    ("S", Mark::Sign),
    ("TH", Mark::Ordinal),
    ("V", Mark::Shift),
    ("C", Mark::Other),
    ("B", Mark::Other),
    ("E", Mark::Other),
    ("U", Mark::Other),
];

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Mark {
    Group,
    Point,
    Zero,
    Digit,
    Fill,
    Currency,
    Minus,
    Plus,
    Bracket,
    Roman,
    Signed,
    Sign,
    Ordinal,
    Shift,
    Other,
    Text(char),
}

#[derive(Default)]
pub struct Template {
    /// With whether it was written in lower case.
    pub marks: Vec<(Mark, bool)>,
    pub before: usize,
    pub behind: usize,
    /// Digits behind V.
    pub shift: Option<u32>,
    /// The place of the first 0 before the point, and behind the last one.
    zero_start: Option<usize>,
    zero_end: usize,
    pub has_point: bool,
    pub fills: bool,
    /// The sign is where it was written: S before or behind the digits.
    pub sign: Option<Side>,
    /// How many digits stood before S.
    sign_at: usize,
    pub minus: bool,
    pub plus: bool,
    pub bracket: bool,
    pub roman: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Before,
    Behind,
}

fn invalid(message: &str) -> Error {
    Error::new(Code::Syntax, message)
}

impl Template {
    pub fn parse(text: &str) -> Result<Template> {
        let mut template = Template::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if first == '"' {
                let mut inside = rest[1..].chars();
                while let Some(character) = inside.next().filter(|c| *c != '"') {
                    let character = match character {
                        '\\' => inside.next(),
                        other => Some(other),
                    };
                    let text = character.map(|c| (Mark::Text(c), false));
                    template.marks.extend(text);
                }
                rest = inside.as_str();
                continue;
            }
            if let Some(quoted) = rest.strip_prefix("\\\"") {
                template.marks.push((Mark::Text('"'), false));
                rest = quoted;
                continue;
            }
            let named = MARKS.iter().find(|(name, _)| {
                rest.get(..name.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(name))
            });
            let Some((name, mark)) = named else {
                template.marks.push((Mark::Text(first), false));
                rest = &rest[first.len_utf8()..];
                continue;
            };
            template.take(*mark)?;
            template.marks.push((*mark, first.is_ascii_lowercase()));
            rest = &rest[name.len()..];
        }
        Ok(template)
    }

    fn take(&mut self, mark: Mark) -> Result<()> {
        let is_digit = matches!(mark, Mark::Digit | Mark::Zero);
        if self.bracket && is_digit {
            return Err(invalid("\"9\" must be ahead of \"PR\""));
        }
        match mark {
            Mark::Digit | Mark::Zero => {
                if let Some(shift) = &mut self.shift {
                    *shift += 1;
                    return Ok(());
                }
                if mark == Mark::Zero && !self.has_point && self.zero_start.is_none() {
                    self.zero_start = Some(self.before);
                }
                match self.has_point {
                    true => self.behind += 1,
                    false => self.before += 1,
                }
                if mark == Mark::Zero {
                    self.zero_end = self.before + self.behind;
                }
            }
            Mark::Point if self.has_point => return Err(invalid("multiple decimal points")),
            Mark::Point if self.shift.is_some() => {
                return Err(invalid("cannot use \"V\" and decimal point together"));
            }
            Mark::Point => self.has_point = true,
            Mark::Shift if self.has_point => {
                return Err(invalid("cannot use \"V\" and decimal point together"));
            }
            Mark::Shift => self.shift = Some(0),
            Mark::Fill => self.fills = true,
            Mark::Sign if self.sign.is_some() => return Err(invalid("cannot use \"S\" twice")),
            Mark::Sign if self.plus || self.minus || self.bracket => {
                let message = "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together";
                return Err(invalid(message));
            }
            Mark::Sign if self.has_point => self.sign = Some(Side::Behind),
            Mark::Sign => (self.sign, self.sign_at) = (Some(Side::Before), self.before),
            Mark::Minus | Mark::Plus | Mark::Signed if self.sign.is_some() => {
                let message = "cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together";
                return Err(invalid(message));
            }
            Mark::Minus => self.minus = true,
            Mark::Plus => self.plus = true,
            Mark::Signed => (self.minus, self.plus) = (true, true),
            Mark::Bracket if self.sign.is_some() || self.plus || self.minus => {
                let message = "cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together";
                return Err(invalid(message));
            }
            Mark::Bracket => self.bracket = true,
            Mark::Roman => self.roman = true,
            Mark::Other => return Err(Error::unsupported("this mark in a template of a number")),
            _ => {}
        }
        Ok(())
    }
}

/// The number by the template.
pub fn number_to_char(value: &Value, is_real: bool, template: &str) -> Result<Value> {
    if template.is_empty() {
        return Ok(Value::text(""));
    }
    let mut is_negative = matches!(value, Value::F64(value) if value.is_sign_negative());
    let mut template = Template::parse(template)?;
    let number = match value {
        Value::I64(value) => Decimal::from(*value),
        Value::Decimal(value) => value.clone(),
        Value::F64(value) if value.is_finite() && template.shift.is_none() => {
            // No more digits than a float has.
            let digits = if is_real { 6 } else { 15 };
            let whole = format!("{:.0}", value.abs()).len();
            template.behind = template.behind.min(digits - whole.min(digits));
            format!("{value:.*}", template.behind).parse()?
        }
        _ => Decimal::NaN,
    };
    if !number.is_finite() {
        return Err(Error::unsupported("to_char of such a number"));
    }
    if template.roman {
        let mut text = roman(&number);
        if template.marks.contains(&(Mark::Roman, true)) {
            text = text.to_ascii_lowercase();
        }
        let width = if template.fills { 0 } else { 15 };
        return Ok(Value::text(&format!("{text:>width$}")));
    }
    let shift = template.shift.unwrap_or(0);
    template.before += shift as usize;
    let factor = "1".to_string() + &"0".repeat(shift as usize);
    let number = number
        .multiply(&factor.parse()?)?
        .round(template.behind as i32);
    let mut digits = number.abs().to_string();
    let whole = digits.find('.').unwrap_or(digits.len());
    let missing = template.before.saturating_sub(whole);
    if whole > template.before {
        let behind = "#".repeat(template.behind);
        digits = format!("{}.{behind}", "#".repeat(template.before));
    }
    is_negative |= number.is_negative();
    let layout = Layout {
        sign_is_written: template.sign_is_written(!is_negative),
        is_positive: !is_negative,
        blanks: missing,
        digits: digits.into_bytes(),
        place: 0,
        at: 0,
        last: None,
        is_inside: false,
        out: String::new(),
        template,
    };
    Ok(Value::text(&layout.laid_out()))
}

impl Template {
    /// Whether no sign has to be written with the digits.
    fn sign_is_written(&mut self, is_positive: bool) -> bool {
        if self.plus || self.minus {
            return self.minus;
        }
        if is_positive && self.fills {
            self.bracket = false;
        }
        let is_written = is_positive && self.fills && self.sign.is_none();
        if self.sign == Some(Side::Before) && self.sign_at == self.before {
            self.sign = Some(Side::Behind);
        }
        is_written
    }
}

/// The digits while they are laid under the marks.
struct Layout {
    template: Template,
    digits: Vec<u8>,
    /// The next of the digits.
    at: usize,
    /// How many places before the number has no digits for.
    blanks: usize,
    /// The place of the next digit in the template.
    place: usize,
    /// The last digit that says something, of those behind a point.
    last: Option<usize>,
    is_positive: bool,
    sign_is_written: bool,
    is_inside: bool,
    out: String,
}

impl Layout {
    fn laid_out(mut self) -> String {
        let fills = self.template.fills;
        if fills && self.template.has_point {
            self.last = self.last_relevant();
        }
        let mut count = self.template.behind + self.template.before;
        count = count.saturating_sub(1);
        if !self.sign_is_written && self.blanks == 0 {
            count += 1;
        }
        let marks: VecDeque<(Mark, bool)> = std::mem::take(&mut self.template.marks).into();
        for (mark, is_lower) in marks {
            match mark {
                Mark::Digit | Mark::Zero | Mark::Point => self.digit(mark, count),
                Mark::Group if self.is_inside => self.out.push(','),
                Mark::Group if !fills => self.out.push(' '),
                Mark::Currency => self.out.push(' '),
                Mark::Minus if !self.is_positive => self.out.push('-'),
                Mark::Plus if self.is_positive => self.out.push('+'),
                Mark::Minus | Mark::Plus if !fills => self.out.push(' '),
                Mark::Signed => self.out.push(if self.is_positive { '+' } else { '-' }),
                Mark::Ordinal => self.ordinal(is_lower),
                Mark::Text(character) => self.out.push(character),
                _ => {}
            }
        }
        let end = self.out.find('\0').unwrap_or(self.out.len());
        self.out.truncate(end);
        self.out
    }

    fn last_relevant(&self) -> Option<usize> {
        let point = self.digits.iter().position(|digit| *digit == b'.')?;
        let mut behind = self.digits[point + 1..].iter();
        let last = behind.rposition(|digit| *digit != b'0');
        let last = last.map_or(point, |last| point + 1 + last);
        match self.template.zero_end > self.blanks {
            true => {
                Some(last.max((self.template.zero_end - self.blanks).min(self.digits.len() - 1)))
            }
            false => Some(last),
        }
    }

    /// A lone zero before the point is not written.
    fn is_lone_zero(&self) -> bool {
        self.template.zero_start.is_none()
            && self.at == 0
            && self.digits.first() == Some(&b'0')
            && self.template.behind != 0
    }

    fn ends_at_point(&self) -> bool {
        self.last.is_some_and(|last| self.digits[last] == b'.')
    }

    fn digit(&mut self, mark: Mark, count: usize) {
        let (fills, blanks) = (self.template.fills, self.blanks);
        let from_zero = self.template.zero_start;
        let is_first = self.place >= blanks || from_zero == Some(self.place);
        if !self.sign_is_written && is_first && (!self.is_lone_zero() || self.ends_at_point()) {
            self.sign(fills);
        }
        let in_zeros = from_zero.is_some_and(|start| start <= self.place);
        if self.place < blanks {
            if in_zeros {
                self.out.push('0');
                self.is_inside = true;
            } else if !fills {
                self.out.push(' ');
            }
        } else {
            self.number_part(mark);
            self.at += usize::from(self.at < self.digits.len());
        }
        let mut end = count + usize::from(blanks > 0) + usize::from(self.template.has_point);
        if self.last == Some(self.at) {
            end = self.place;
        }
        if self.place + 1 == end {
            if self.sign_is_written && self.template.bracket {
                self.out.push(if self.is_positive { ' ' } else { '>' });
            } else if self.template.sign == Some(Side::Behind) {
                self.out.push(if self.is_positive { '+' } else { '-' });
            }
        }
        self.place += 1;
    }

    fn sign(&mut self, fills: bool) {
        match (self.template.sign, self.template.bracket) {
            (Some(Side::Before), _) => self.out.push(if self.is_positive { '+' } else { '-' }),
            (Some(Side::Behind), _) => return,
            (None, true) => self.out.push(if self.is_positive { ' ' } else { '<' }),
            (None, false) if !self.is_positive => self.out.push('-'),
            (None, false) if !fills => self.out.push(' '),
            _ => {}
        }
        self.sign_is_written = true;
    }

    fn number_part(&mut self, mark: Mark) {
        let fills = self.template.fills;
        match self.digits.get(self.at) {
            Some(b'.') => self.out.push('.'),
            _ if self.last.is_some_and(|last| self.at > last) && mark != Mark::Zero => {}
            _ if self.is_lone_zero() => {
                if !fills {
                    self.out.push(' ');
                } else if self.ends_at_point() {
                    self.out.push('0');
                }
            }
            Some(digit) => {
                self.out.push(char::from(*digit));
                self.is_inside = true;
            }
            // Where PostgreSQL goes on behind the end of the number, its text ends.
            None => {
                self.out.push('\0');
                self.is_inside = true;
            }
        }
    }

    fn ordinal(&mut self, is_lower: bool) {
        if self.digits.first() == Some(&b'#') || !self.is_positive || self.template.has_point {
            return;
        }
        let suffix = ordinal(&String::from_utf8_lossy(&self.digits));
        match is_lower {
            true => self.out.push_str(&suffix.to_ascii_lowercase()),
            false => self.out.push_str(suffix),
        }
    }
}
