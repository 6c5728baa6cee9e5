//! to_number: what a text is by a template of digits, signs and separators.
//!
//! PostgreSQL goes through the marks of the template and, with each, on in the text, whether or not it finds what the
//! mark asks for. What it makes of texts that do not fit follows from that, so the steps here are its.

use super::number_template::{Mark, Template};
use crate::error::{Code, Error, Result};
use crate::types::Decimal;

struct Reading<'a> {
    text: &'a [u8],
    at: usize,
    template: &'a Template,
    sign: Option<u8>,
    digits: String,
    before: usize,
    behind: usize,
    has_point: bool,
}

pub fn number_of(text: &str, template: &str) -> Result<Option<Decimal>> {
    if template.is_empty() {
        return Ok(None);
    }
    let template = Template::parse(template)?;
    if template.roman {
        return Err(Error::unsupported("RN for input"));
    }
    let mut reading = Reading {
        text: text.as_bytes(),
        at: 0,
        template: &template,
        sign: None,
        digits: String::new(),
        before: 0,
        behind: 0,
        has_point: false,
    };
    for (mark, _) in &template.marks {
        if reading.at >= reading.text.len() {
            break;
        }
        reading.take(*mark);
    }
    let minus = if reading.sign == Some(b'-') { "-" } else { "" };
    let digits = reading.digits.trim_end_matches('.');
    let number = format!("{minus}{digits}").parse::<Decimal>();
    let number = number.map_err(|_| {
        let message = format!("invalid input syntax for type numeric: \" {digits}\"");
        Error::new(Code::InvalidText, message)
    })?;
    let shift = template.shift.unwrap_or(0);
    let precision = template.before + shift as usize + reading.behind;
    let precision = u16::try_from(precision).unwrap_or(1000).min(1000);
    let scale = i16::try_from(reading.behind).unwrap_or(i16::MAX);
    let number = match precision {
        0 => number,
        precision => number.fit(precision, scale)?,
    };
    match template.shift {
        None => Ok(Some(number)),
        Some(shift) => {
            let factor = Decimal::from(10i64).power(&Decimal::from(-i64::from(shift)))?;
            number.multiply(&factor).map(Some)
        }
    }
}

impl Reading<'_> {
    fn next(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Goes on behind a character.
    fn skip(&mut self) {
        self.at += 1;
        while self.next().is_some_and(|byte| byte & 0xc0 == 0x80) {
            self.at += 1;
        }
    }

    /// Goes on behind so many characters at most that are no part of a number.
    fn skip_other(&mut self, count: usize) {
        for _ in 0..count {
            match self.next() {
                Some(byte) if !b"0123456789.,+-".contains(&byte) => self.skip(),
                _ => return,
            }
        }
    }

    fn take(&mut self, mark: Mark) {
        let next = self.next();
        match mark {
            Mark::Digit | Mark::Zero | Mark::Point => {
                self.part(mark);
                self.at += 1;
            }
            Mark::Group if !self.template.fills && next == Some(b',') => self.at += 1,
            Mark::Currency => self.skip_other(1),
            Mark::Ordinal => self.skip_other(2),
            Mark::Minus | Mark::Plus | Mark::Signed => {
                let is_meant = match next {
                    Some(b'-') => mark != Mark::Plus,
                    Some(b'+') => mark != Mark::Minus,
                    _ => false,
                };
                match is_meant {
                    true => {
                        self.sign = next;
                        self.at += 1;
                    }
                    false => self.skip_other(1),
                }
            }
            Mark::Text(_) => self.skip(),
            _ => {}
        }
    }

    /// A digit, a point, or a sign beside them.
    fn part(&mut self, mark: Mark) {
        if self.next() == Some(b' ') {
            self.at += 1;
        }
        let is_first = self.before + self.behind == 0;
        if self.sign.is_none() && mark != Mark::Point && is_first {
            let is_sign = match self.next() {
                Some(b'<') if self.template.bracket => {
                    self.sign = Some(b'-');
                    true
                }
                sign @ Some(b'-' | b'+') => {
                    self.sign = sign;
                    true
                }
                _ => false,
            };
            self.at += usize::from(is_sign);
        }
        let mut is_read = false;
        match self.next() {
            None => return,
            Some(digit @ b'0'..=b'9') => {
                if self.has_point && self.behind == self.template.behind {
                    return;
                }
                self.digits.push(char::from(digit));
                match self.has_point {
                    true => self.behind += 1,
                    false => self.before += 1,
                }
                is_read = true;
            }
            Some(b'.') if self.template.has_point && !self.has_point => {
                self.digits.push('.');
                (self.has_point, is_read) = (true, true);
            }
            Some(_) => {}
        }
        if self.sign.is_some() || self.before + self.behind == 0 {
            return;
        }
        let sign = |byte: Option<&u8>| byte.copied().filter(|byte| b"+-".contains(byte));
        if self.template.sign.is_some() {
            let found = sign(self.text.get(self.at + 1)).filter(|_| is_read);
            self.at += usize::from(found.is_some());
            self.sign = found;
        } else if !is_read && (self.template.plus || self.template.minus) {
            self.sign = sign(self.text.get(self.at));
        }
    }
}
