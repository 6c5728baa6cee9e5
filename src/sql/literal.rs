//! Constants in SQL text and what they mean.

use super::lexer::{Lexer, Token, TokenKind, radix_number};
use crate::error::{Code, Error, Result};
use crate::expr::without_escapes;
use crate::types::DataType;
use std::borrow::Cow;

/// A constant that was lifted out of a statement. Text is borrowed from the statement where it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    /// The digits as written, with sign, point and exponent.
    Numeric(Cow<'a, str>),
    /// Its type comes from its context, as for PostgreSQL's `unknown`.
    String(Cow<'a, str>),
}

/// What the type of a constant depends on: the part of a literal that belongs into the plan cache's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LiteralClass {
    /// A string: the context gives the type.
    Unknown,
    /// Nothing but NULLs so far; in the end the same as `Unknown`.
    Null,
    Boolean,
    Integer,
    BigInt,
    Numeric,
}

impl LiteralClass {
    pub fn data_type(self) -> DataType {
        match self {
            LiteralClass::Unknown | LiteralClass::Null => DataType::Unknown,
            LiteralClass::Boolean => DataType::Boolean,
            LiteralClass::Integer => DataType::Integer,
            LiteralClass::BigInt => DataType::BigInt,
            LiteralClass::Numeric => DataType::Numeric(None),
        }
    }

    /// The class of a column that holds constants of both classes, if reading them by it changes nothing.
    pub(super) fn widened(self, other: LiteralClass) -> Option<LiteralClass> {
        use LiteralClass::*;
        Some(match (self, other) {
            (a, b) if a == b => a,
            (Null, a) | (a, Null) => a,
            (Integer, BigInt) | (BigInt, Integer) => BigInt,
            (Integer, Numeric) | (Numeric, Integer) => Numeric,
            _ => return None,
        })
    }

    pub(super) fn resolved(self) -> LiteralClass {
        match self {
            LiteralClass::Null => LiteralClass::Unknown,
            other => other,
        }
    }

    /// One character for the key.
    pub fn letter(self) -> char {
        match self {
            LiteralClass::Unknown | LiteralClass::Null => 's',
            LiteralClass::Boolean => 'b',
            LiteralClass::Integer => 'i',
            LiteralClass::BigInt => 'l',
            LiteralClass::Numeric => 'n',
        }
    }
}

/// A number without its sign. PostgreSQL types it by its size before it looks at a minus, so
/// `-2147483648` is a bigint.
pub fn number<'a>(text: &'a str, negative: bool) -> Result<(Literal<'a>, LiteralClass)> {
    let digits = plain_digits(text)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit())
        && let Ok(magnitude) = digits.parse::<i64>()
    {
        let class = match i32::try_from(magnitude) {
            Ok(_) => LiteralClass::Integer,
            Err(_) => LiteralClass::BigInt,
        };
        let value = if negative { -magnitude } else { magnitude };
        return Ok((Literal::Integer(value), class));
    }
    let digits = match negative {
        true => Cow::Owned(format!("-{digits}")),
        false => digits,
    };
    Ok((Literal::Numeric(digits), LiteralClass::Numeric))
}

/// A number as decimal digits, without underscores and other bases.
pub fn plain_digits(text: &str) -> Result<Cow<'_, str>> {
    if let [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B', ..] = text.as_bytes() {
        let digits = text[2..].replace('_', "");
        let number = radix_number(&text[..2], &digits)
            .ok_or_else(|| Error::new(Code::NumericOutOfRange, "numeric literal out of range"))?;
        return Ok(Cow::Owned(number.to_string()));
    }
    if text.contains('_') {
        return Ok(Cow::Owned(text.replace('_', "")));
    }
    Ok(Cow::Borrowed(text))
}

/// The text that a string token stands for.
pub fn string<'a>(token: Token, sql: &'a str) -> Result<Cow<'a, str>> {
    let text = token.text(sql);
    if text.contains('\0') {
        return Err(Error::null_character());
    }
    match token.kind {
        TokenKind::DollarString => {
            let tag = text[1..].find('$').map_or(0, |len| len + 2);
            Ok(Cow::Borrowed(&text[tag..text.len() - tag]))
        }
        TokenKind::EscapeString if text.as_bytes()[1] == b'&' => {
            let mut lexer = Lexer::new(text, 2);
            lexer.string(0, false)?;
            let (string, clause) = text.split_at(lexer.at());
            let escape = match clause.strip_suffix('\'') {
                Some(clause) => clause.chars().next_back(),
                None => None,
            };
            let string = decode(&string[2..], false)?;
            without_escapes(&string, escape.unwrap_or('\\'), false).map(Cow::Owned)
        }
        TokenKind::EscapeString => decode(&text[1..], true),
        _ => decode(text, false),
    }
}

/// No name is longer: what is behind is cut off.
const NAME_BYTES_MAX: usize = 63;

/// The name that a word or quoted name stands for: unquoted ones fold to lower case (ASCII only).
pub fn name<'a>(token: Token, sql: &'a str) -> Cow<'a, str> {
    let whole = whole_name(token, sql);
    match whole.len() > NAME_BYTES_MAX {
        true => Cow::Owned(whole[..whole.floor_char_boundary(NAME_BYTES_MAX)].to_string()),
        false => whole,
    }
}

fn whole_name<'a>(token: Token, sql: &'a str) -> Cow<'a, str> {
    let text = token.text(sql);
    if token.kind == TokenKind::QuotedName {
        let inner = &text[1..text.len() - 1];
        return match inner.contains("\"\"") {
            true => Cow::Owned(inner.replace("\"\"", "\"")),
            false => Cow::Borrowed(inner),
        };
    }
    match text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(text.to_ascii_lowercase()),
        false => Cow::Borrowed(text),
    }
}

/// `text` starts with a quote and ends with one; there may be continuations in it.
fn decode(text: &str, escapes: bool) -> Result<Cow<'_, str>> {
    let inner = &text[1..text.len() - 1];
    let is_plain = |character| character != '\'' && !(escapes && character == '\\');
    if inner.chars().all(is_plain) {
        return Ok(Cow::Borrowed(inner));
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(stop) = rest.find(['\'', '\\']) {
        out.push_str(&rest[..stop]);
        rest = &rest[stop..];
        if let Some(after) = rest.strip_prefix("''") {
            out.push('\'');
            rest = after;
        } else if rest.starts_with('\'') {
            // The end of one string; the next one opens behind the blanks.
            rest = rest[1..].trim_start()[1..].as_ref();
        } else if escapes {
            rest = escape(&rest[1..], &mut out)?;
        } else {
            out.push('\\');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

/// One escape sequence, behind its backslash; gives what follows it.
fn escape<'a>(rest: &'a str, out: &mut String) -> Result<&'a str> {
    let mut characters = rest.chars();
    let Some(character) = characters.next() else {
        return Err(bad_escape());
    };
    let (code, len) = match character {
        'b' => (8, 1),
        'f' => (12, 1),
        'n' => (10, 1),
        'r' => (13, 1),
        't' => (9, 1),
        'u' => (radix_digits(&rest[1..], 16, 4, 4)?.0, 5),
        'U' => (radix_digits(&rest[1..], 16, 8, 8)?.0, 9),
        'x' if rest[1..].starts_with(|c: char| c.is_ascii_hexdigit()) => {
            let (code, len) = radix_digits(&rest[1..], 16, 1, 2)?;
            (code, len + 1)
        }
        '0'..='7' => radix_digits(rest, 8, 1, 3)?,
        other => {
            out.push(other);
            return Ok(characters.as_str());
        }
    };
    // Bytes above 127 would have to be put together to UTF-8; PostgreSQL refuses most of them as well.
    let is_byte = matches!(character, 'x' | '0'..='7');
    if is_byte && code == 0 {
        return Err(Error::null_character());
    }
    if let (0xd800..0xdc00, Some((low, low_len))) = (code, low_surrogate(&rest[len..])) {
        let code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        out.extend(char::from_u32(code));
        return Ok(&rest[len + low_len..]);
    }
    match char::from_u32(code) {
        Some(decoded) if code != 0 && !(is_byte && code > 127) => out.push(decoded),
        _ => return Err(bad_escape()),
    }
    Ok(&rest[len..])
}

/// The second half of a character that is written as two, and the length of that.
fn low_surrogate(rest: &str) -> Option<(u32, usize)> {
    let (digits, len) = match rest.strip_prefix("\\u") {
        Some(digits) => (digits, 4),
        None => (rest.strip_prefix("\\U")?, 8),
    };
    let (code, _) = radix_digits(digits, 16, len, len).ok()?;
    (0xdc00..0xe000).contains(&code).then_some((code, len + 2))
}

/// Between `min` and `max` digits from the start of `text`: their value and how many there are.
fn radix_digits(text: &str, radix: u32, min: usize, max: usize) -> Result<(u32, usize)> {
    let len = text
        .chars()
        .take(max)
        .take_while(|character| character.is_digit(radix))
        .count();
    let code = u32::from_str_radix(&text[..len], radix).ok();
    code.filter(|_| len >= min)
        .map(|code| (code, len))
        .ok_or_else(bad_escape)
}

fn bad_escape() -> Error {
    Error::new(Code::Syntax, "invalid Unicode escape or byte in a string")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(sql: &str) -> Result<String> {
        let token = Lexer::new(sql, 0).next_token()?.expect("one token");
        assert_eq!(token.end, sql.len());
        string(token, sql).map(Cow::into_owned)
    }

    #[test]
    fn strings() {
        assert_eq!(decoded("'it''s'").unwrap(), "it's");
        assert_eq!(decoded("'a\\b'").unwrap(), "a\\b");
        assert_eq!(decoded("'a'\n  'b'").unwrap(), "ab");
        assert_eq!(decoded("$x$a'b$x$").unwrap(), "a'b");
        assert_eq!(decoded("$$$$").unwrap(), "");
        assert_eq!(decoded(r"E'\ud83d\ude00\uD83D\U0000DE00'").unwrap(), "😀😀");
        for null in [r"E'\0'", r"E'\x00'", "E'\\\0'"] {
            let error = decoded(null).unwrap_err();
            assert_eq!(error.code(), Code::CharacterNotInRepertoire, "{null}");
        }
        assert_eq!(decoded(r"E'\t\'\\\x41\101\u00e4\q'").unwrap(), "\t'\\AAäq");
        for bad in [
            r"E'\u12'",
            r"E'\u0000'",
            r"E'\xff'",
            r"E'\uD800'",
            r"E'\uD800\u0041'",
            r"E'\uDC00'",
        ] {
            assert_eq!(decoded(bad).unwrap_err().code(), Code::Syntax, "{bad}");
        }
    }

    #[test]
    fn numbers_have_the_type_of_their_size_without_the_sign() {
        let class = |text| number(text, true).unwrap().1;
        assert_eq!(class("2147483647"), LiteralClass::Integer);
        assert_eq!(class("2147483648"), LiteralClass::BigInt);
        assert_eq!(class("9223372036854775808"), LiteralClass::Numeric);
        assert_eq!(class("1.0"), LiteralClass::Numeric);
        assert_eq!(number("0x10", false).unwrap().0, Literal::Integer(16));
        assert_eq!(number("1_000", true).unwrap().0, Literal::Integer(-1000));
    }
}
