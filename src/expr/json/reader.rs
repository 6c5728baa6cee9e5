//! The reader: walks a JSON text, checking it.

use super::Json;
use crate::error::{Code, Error, Result};
use crate::types::Decimal;

/// How deep arrays and objects may be nested.
const DEPTH_MAX: u32 = 500;

pub struct Reader<'a> {
    text: &'a str,
    position: usize,
    depth: u32,
}

/// Whether the text is JSON.
pub fn validate(text: &str) -> Result<()> {
    let mut reader = Reader::new(text);
    reader.skip()?;
    reader.end()
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Reader::at(text, 0)
    }

    /// Goes on from a place.
    pub fn at(text: &'a str, position: usize) -> Self {
        Reader {
            text,
            position,
            depth: 0,
        }
    }

    /// Where it stands.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The next character that is not a blank, left where it is.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(self.position) {
            self.position += 1;
        }
        bytes.get(self.position).copied()
    }

    /// Takes the character if it is the next one.
    pub fn take(&mut self, expected: u8) -> bool {
        let taken = self.peek() == Some(expected);
        self.position += usize::from(taken);
        taken
    }

    pub fn expect(&mut self, expected: u8) -> Result<()> {
        match self.take(expected) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected()),
        }
    }

    /// The next value as the text that it is.
    pub fn skip(&mut self) -> Result<&'a str> {
        self.peek();
        let start = self.position;
        self.value(false)?;
        Ok(&self.text[start..self.position])
    }

    /// The next value as a tree.
    pub fn read(&mut self) -> Result<Json> {
        self.value(true)
    }

    /// With `build` a tree, else anything.
    fn value(&mut self, build: bool) -> Result<Json> {
        match self.peek() {
            Some(b'{') => self.object(build),
            Some(b'[') => self.array(build),
            Some(b'"') => match build {
                true => Ok(Json::String(self.string()?)),
                false => self.raw_string().map(|_| Json::Null),
            },
            Some(b'-' | b'0'..=b'9') => self.number(build),
            _ => self.word(),
        }
    }

    fn object(&mut self, build: bool) -> Result<Json> {
        self.enter()?;
        let mut members = Vec::new();
        self.expect(b'{')?;
        if !self.take(b'}') {
            loop {
                let key = match build {
                    true => self.key()?,
                    false => self.raw_key().map(|_| String::new())?,
                };
                self.expect(b':')?;
                let value = self.value(build)?;
                if build {
                    members.push((key, value));
                }
                if self.take(b'}') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        self.depth -= 1;
        Ok(Json::Object(members))
    }

    fn array(&mut self, build: bool) -> Result<Json> {
        self.enter()?;
        let mut elements = Vec::new();
        self.expect(b'[')?;
        if !self.take(b']') {
            loop {
                let element = self.value(build)?;
                if build {
                    elements.push(element);
                }
                if self.take(b']') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        self.depth -= 1;
        Ok(Json::Array(elements))
    }

    fn enter(&mut self) -> Result<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("JSON is nested deeper than {DEPTH_MAX} levels");
            return Err(Error::new(Code::LimitComplexity, message));
        }
        Ok(())
    }

    fn word(&mut self) -> Result<Json> {
        for (word, value) in [
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("false", Json::Bool(false)),
        ] {
            let rest = &self.text[self.position..];
            let is_whole =
                |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            if rest.strip_prefix(word).is_some_and(is_whole) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected())
    }

    fn number(&mut self, build: bool) -> Result<Json> {
        let bytes = self.text.as_bytes();
        let start = self.position;
        let mut at = start + usize::from(bytes[start] == b'-');
        let digits = |at: &mut usize| {
            let from = *at;
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
            *at - from
        };
        let leading_zero = bytes.get(at) == Some(&b'0');
        let whole = digits(&mut at);
        let mut valid = whole == 1 || (whole > 1 && !leading_zero);
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            valid &= digits(&mut at) > 0;
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            valid &= digits(&mut at) > 0;
        }
        let follows = self.text[at..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if !valid || follows {
            return Err(self.unexpected());
        }
        self.position = at;
        match build {
            true => Ok(Json::Number(self.text[start..at].parse::<Decimal>()?)),
            false => Ok(Json::Null),
        }
    }

    pub fn key(&mut self) -> Result<String> {
        let raw = self.raw_key()?;
        unescape(raw)
    }

    fn raw_key(&mut self) -> Result<&'a str> {
        match self.peek() {
            Some(b'"') => self.raw_string(),
            _ => Err(self.unexpected()),
        }
    }

    fn string(&mut self) -> Result<String> {
        let raw = self.raw_string()?;
        unescape(raw)
    }

    /// What stands between the quotes.
    fn raw_string(&mut self) -> Result<&'a str> {
        let bytes = self.text.as_bytes();
        let start = self.position + 1;
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => at += self.escape_length(at)?,
                Some(0x20..) => at += 1,
                _ => return Err(self.unexpected()),
            }
        }
        self.position = at + 1;
        Ok(&self.text[start..at])
    }

    fn escape_length(&self, at: usize) -> Result<usize> {
        let bytes = self.text.as_bytes();
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(2),
            Some(b'u')
                if (at + 2..at + 6).all(|at| bytes.get(at).is_some_and(u8::is_ascii_hexdigit)) =>
            {
                Ok(6)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn unexpected(&self) -> Error {
        let rest = &self.text[self.position.min(self.text.len())..];
        let word = rest
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let detail = match &rest[..word.max(first)] {
            "" => "The input string ended unexpectedly.".to_string(),
            token => format!("Token \"{token}\" is invalid."),
        };
        Error::new(Code::InvalidText, "invalid input syntax for type json").with_detail(detail)
    }
}

/// The text that a string's inside means.
pub fn unescape(raw: &str) -> Result<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = &rest[at + 2..];
        match escape {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let (character, length) = unicode_escape(rest)?;
                out.push(character);
                rest = &rest[length..];
            }
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// The character of the four digits behind `\u`, or of a pair of surrogates, and how many bytes it took.
fn unicode_escape(rest: &str) -> Result<(char, usize)> {
    let unit = |at: usize| {
        rest.get(at..at + 4)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let invalid = |detail: &str| {
        Error::new(Code::InvalidText, "invalid input syntax for type json").with_detail(detail)
    };
    let first =
        unit(0).ok_or_else(|| invalid("\"\\u\" must be followed by four hexadecimal digits."))?;
    match first {
        0 => Err(Error::new(
            Code::UntranslatableCharacter,
            "unsupported Unicode escape sequence",
        )
        .with_detail("\\u0000 cannot be converted to text.")),
        0xd800..=0xdbff => {
            let second = rest
                .get(4..6)
                .filter(|mark| *mark == "\\u")
                .and_then(|_| unit(6));
            match second {
                Some(second @ 0xdc00..=0xdfff) => {
                    let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    Ok((
                        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
                        10,
                    ))
                }
                _ => Err(invalid(
                    "Unicode low surrogate must follow a high surrogate.",
                )),
            }
        }
        _ => char::from_u32(first)
            .map(|character| (character, 4))
            .ok_or_else(|| invalid("Unicode low surrogate must follow a high surrogate.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_what_is_not() {
        for text in [
            "null",
            " [1, -0.5e+3, \"a\\u00e9\\n\"] ",
            "{\"a\":{},\"b\":[]}",
            "\"\\u0000\"",
            "0",
        ] {
            assert!(validate(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "nul",
            "[1,]",
            "{\"a\"}",
            "{a:1}",
            "01",
            "1.",
            "-",
            "\"\\x\"",
            "\"a",
            "[1] 2",
            "truex",
            "'a'",
            "\"\n\"",
            "1a",
            "\\u00",
            "{\"a\":1,}",
            "é",
        ] {
            assert_eq!(validate(text).unwrap_err().sqlstate(), "22P02", "{text}");
        }
        assert_eq!(
            validate(&"[".repeat(100_000)).unwrap_err().sqlstate(),
            "54001"
        );
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(
            unescape(r#"a\"\\\/\u00e9\ud83d\ude00"#).unwrap(),
            "a\"\\/é😀"
        );
        for raw in [r"\u0000", r"\ud83d", r"\ude00", r"\ud83dx"] {
            assert!(unescape(raw).is_err(), "{raw}");
        }
    }
}
