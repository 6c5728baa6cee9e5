//! Functions of text. Positions and lengths count characters, from 1.

use super::letter_case::{lower_char, upper_char};
use crate::error::{Code, Error, Result};

/// What a function may return at most, in bytes.
pub const LENGTH_MAX: usize = 64 << 20;

pub fn too_long() -> Error {
    Error::new(Code::LimitLength, "requested length too large")
}

/// In characters.
pub fn length(text: &str) -> usize {
    if text.is_ascii() {
        return text.len();
    }
    text.chars().count()
}

/// One character for one.
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().map(lower_char).collect()
}

pub fn upper(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_uppercase();
    }
    text.chars().map(upper_char).collect()
}

/// Upper case at the start of each run of letters and digits, lower case in the rest of it.
pub fn initcap(text: &str) -> String {
    let mut inside = false;
    (text.chars())
        .map(|character| {
            let mapped = if inside {
                lower_char(character)
            } else {
                upper_char(character)
            };
            inside = character.is_alphanumeric();
            mapped
        })
        .collect()
}

/// The nearest place that there can be, which is less in WebAssembly.
pub fn place(index: i64) -> usize {
    usize::try_from(index.max(0)).unwrap_or(usize::MAX)
}

/// The byte at which the `index`-th character (from 0) starts, or the text's length.
fn byte_of(text: &str, index: i64) -> usize {
    let index = place(index);
    if text.is_ascii() {
        return index.min(text.len());
    }
    text.char_indices()
        .nth(index)
        .map_or(text.len(), |(at, _)| at)
}

/// From and for how long, in whatever units; characters before the first count, but are not there.
pub fn range(start: i64, length: Option<i64>) -> Result<(i64, i64)> {
    let end = match length {
        Some(length) if length < 0 => {
            let message = "negative substring length not allowed";
            return Err(Error::new(Code::SubstringError, message));
        }
        Some(length) => start.saturating_add(length),
        None => i64::MAX,
    };
    Ok(((start - 1).max(0), (end - 1).max(0)))
}

pub fn substring(text: &str, start: i64, length: Option<i64>) -> Result<&str> {
    let (start, end) = range(start, length)?;
    let from = byte_of(text, start);
    Ok(&text[from..byte_of(text, end).max(from)])
}

pub fn substring_bytes(bytes: &[u8], start: i64, length: Option<i64>) -> Result<&[u8]> {
    let (start, end) = range(start, length)?;
    let clamp = |at: i64| place(at).min(bytes.len());
    let from = clamp(start);
    Ok(&bytes[from..clamp(end).max(from)])
}

/// The first `count` characters, or all but the last `-count`.
pub fn left(text: &str, count: i64) -> &str {
    let count = if count < 0 {
        text.chars().count() as i64 + count
    } else {
        count
    };
    &text[..byte_of(text, count)]
}

/// The last `count` characters, or all but the first `-count`.
pub fn right(text: &str, count: i64) -> &str {
    let skipped = if count < 0 {
        -count
    } else {
        text.chars().count() as i64 - count
    };
    &text[byte_of(text, skipped)..]
}

/// The text with so many characters from `start` on replaced.
pub fn overlay(text: &str, by: &str, start: i64, length: i64) -> Result<String> {
    check_overlay(start)?;
    let before = substring(text, 1, Some(start - 1))?;
    let behind = substring(text, start.saturating_add(length), None)?;
    Ok([before, by, behind].concat())
}

/// Whether something can be put over what begins there.
pub fn check_overlay(start: i64) -> Result<()> {
    match start > 0 {
        true => Ok(()),
        false => Err(Error::new(
            Code::SubstringError,
            "negative substring length not allowed",
        )),
    }
}

/// With what `\0041`, `\+000041` and, if they are `long`, `\u0041` and `\U00000041` stand for. Two halves of a
/// character are one.
pub fn without_escapes(text: &str, escape: char, long: bool) -> Result<String> {
    let syntax = |message: &str| Error::new(Code::Syntax, message);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut first = None;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        let is_escape = character == escape && !after.starts_with(escape);
        if !is_escape {
            if first.is_some() {
                return Err(syntax("invalid Unicode surrogate pair"));
            }
            out.push(character);
            let doubled = if character == escape {
                escape.len_utf8()
            } else {
                0
            };
            rest = &after[doubled..];
            continue;
        }
        let (prefix, len) = match after.chars().next() {
            Some('+') => (1, 6),
            Some('u') if long => (1, 4),
            Some('U') if long => (1, 8),
            _ => (0, 4),
        };
        let digits = after.get(prefix..prefix + len);
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = code.ok_or_else(|| syntax("invalid Unicode escape"))?;
        rest = &after[prefix + len..];
        let code = match (first.take(), code) {
            (None, 0xd800..0xdc00) => {
                first = Some(code);
                continue;
            }
            (Some(high), 0xdc00..0xe000) => 0x10000 + ((high - 0xd800) << 10) + (code - 0xdc00),
            (None, code) if !(0xdc00..0xe000).contains(&code) => code,
            _ => return Err(syntax("invalid Unicode surrogate pair")),
        };
        match char::from_u32(code).filter(|_| code != 0) {
            Some(character) => out.push(character),
            None if long => {
                let message = format!("invalid Unicode code point: {code:04X}");
                return Err(Error::new(Code::InvalidParameterValue, message));
            }
            None => return Err(syntax("invalid Unicode escape value")),
        }
    }
    match first {
        None => Ok(out),
        Some(_) => Err(syntax("invalid Unicode surrogate pair")),
    }
}

/// There is only one.
pub fn check_encoding(name: &str) -> Result<()> {
    let name = name.to_ascii_lowercase();
    match matches!(name.as_str(), "utf8" | "utf-8" | "unicode") {
        true => Ok(()),
        false => Err(Error::unsupported(format!("the encoding \"{name}\""))),
    }
}

/// 0 if it is not there; nothing is everywhere.
pub fn position(text: &str, part: &str) -> i64 {
    text.find(part)
        .map_or(0, |at| text[..at].chars().count() as i64 + 1)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Left,
    Right,
    Both,
}

/// Without any of these characters at its ends.
pub fn trim<'a>(text: &'a str, characters: &str, side: Side) -> &'a str {
    let is_trimmed = |character: char| characters.contains(character);
    match side {
        Side::Left => text.trim_start_matches(is_trimmed),
        Side::Right => text.trim_end_matches(is_trimmed),
        Side::Both => text.trim_matches(is_trimmed),
    }
}

pub fn replace(text: &str, from: &str, to: &str) -> Result<String> {
    if from.is_empty() {
        return Ok(text.to_string());
    }
    if to.len() > from.len() {
        let grown = text.matches(from).count().saturating_mul(to.len());
        if grown > LENGTH_MAX {
            return Err(too_long());
        }
    }
    Ok(text.replace(from, to))
}

/// Each character of `from` becomes the one at its place in `to`, or nothing.
pub fn translate(text: &str, from: &str, to: &str) -> String {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    (text.chars())
        .filter_map(
            |character| match from.iter().position(|&other| other == character) {
                Some(index) => to.get(index).copied(),
                None => Some(character),
            },
        )
        .collect()
}

pub fn repeat(text: &str, count: i64) -> Result<String> {
    let count = place(count);
    match text.len().checked_mul(count) {
        Some(length) if length <= LENGTH_MAX => Ok(text.repeat(count)),
        _ => Err(too_long()),
    }
}

/// Filled up to, or cut to, `length` characters.
pub fn pad(text: &str, length: i64, fill: &str, side: Side) -> Result<String> {
    let length = place(length);
    if length > LENGTH_MAX / 4 {
        return Err(too_long());
    }
    let own = text.chars().count();
    if own >= length || fill.is_empty() {
        return Ok(left(text, length as i64).to_string());
    }
    let filling: String = fill.chars().cycle().take(length - own).collect();
    Ok(match side {
        Side::Left => filling + text,
        _ => format!("{text}{filling}"),
    })
}

/// The `field`-th of the parts between delimiters, from the end if negative; empty if there is none.
pub fn split_part<'a>(text: &'a str, delimiter: &str, field: i64) -> Result<&'a str> {
    if field == 0 {
        let message = "field position must not be zero";
        return Err(Error::new(Code::InvalidParameterValue, message));
    }
    if delimiter.is_empty() {
        return Ok(if field.abs() == 1 { text } else { "" });
    }
    let index = usize::try_from(field.unsigned_abs() - 1).unwrap_or(usize::MAX);
    let part = match field > 0 {
        true => text.split(delimiter).nth(index),
        false => text.rsplit(delimiter).nth(index),
    };
    Ok(part.unwrap_or(""))
}

pub fn chr(code: i64) -> Result<char> {
    let (code, message) = match u32::try_from(code) {
        Ok(0) => (
            Code::LimitLength,
            "null character not permitted".to_string(),
        ),
        Ok(code) => match char::from_u32(code) {
            Some(character) => return Ok(character),
            None => {
                let message = format!("requested character too large for encoding: {code}");
                (Code::LimitLength, message)
            }
        },
        Err(_) => (
            Code::InvalidParameterValue,
            "character number must be positive".to_string(),
        ),
    };
    Err(Error::new(code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substrings_count_from_one_and_beyond_the_ends() {
        for (start, length, expected) in [
            (2, None, "élan"),
            (2, Some(2), "él"),
            (-1, Some(3), "x"),
            (-5, None, "xélan"),
            (0, Some(1), ""),
            (4, Some(i64::MAX), "an"),
            (9, Some(1), ""),
        ] {
            assert_eq!(substring("xélan", start, length).unwrap(), expected);
        }
        assert_eq!(substring("a", 1, Some(-1)).unwrap_err().sqlstate(), "22011");
        assert_eq!(substring_bytes(b"abc", -1, Some(3)).unwrap(), b"a");
    }

    #[test]
    fn left_and_right_take_negative_counts() {
        assert_eq!(
            (left("añb", 2), left("añb", -2), left("añb", -9)),
            ("añ", "a", "")
        );
        assert_eq!(
            (right("añb", 2), right("añb", -2), right("añb", 9)),
            ("ñb", "b", "añb")
        );
    }

    #[test]
    fn the_others_do_as_in_postgresql() {
        assert_eq!(pad("hi", 5, "xy", Side::Left).unwrap(), "xyxhi");
        assert_eq!(pad("hello", 2, " ", Side::Left).unwrap(), "he");
        assert_eq!(pad("hi", 5, "", Side::Right).unwrap(), "hi");
        assert_eq!(split_part("a,b,c", ",", -1).unwrap(), "c");
        assert_eq!(split_part("a,b,c", ",", 4).unwrap(), "");
        assert_eq!(translate("12345", "143", "ax"), "a2x5");
        assert_eq!(initcap("hi THOMAS o'neil"), "Hi Thomas O'Neil");
        assert_eq!(upper("straße"), "STRAßE");
        assert_eq!(
            (position("añb", "b"), position("a", ""), position("a", "z")),
            (3, 1, 0)
        );
        assert!(repeat("abc", i64::MAX).is_err());
        assert!(chr(0).is_err() && chr(0xd800).is_err() && chr(-1).is_err());
    }
}
