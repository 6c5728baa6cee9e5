//! Tokens of SQL text, by PostgreSQL's lexical rules.
//!
//! The lexer only finds where a token starts and ends and of which kind it is; it allocates nothing and
//! decodes nothing. Both readers of a statement use it: `lift`, which needs nothing else when the plan
//! cache knows the statement, and `parse`, which makes the parser's tokens of it. So a text can never
//! mean one thing to the cache and another to the parser.
//!
//! ```text
//! word  "quoted name"  'string'  E'escaped'  $tag$dollar$tag$  12  1.5e3  0xff  $1  ( ) , ; . [ ] : :: :=  + <> ||
//! ```
//!
//! Comments (`--` to the end of the line, `/* nested */`) are white space. Two string constants with a
//! newline between them are one token. An operator is the longest run of operator characters that holds
//! no comment start and, unless it has a special character, does not end in `+` or `-`: `a=-1` is `=`
//! and `-`. Bit strings, names with Unicode escapes and national strings are refused rather than misread.

use crate::error::{Code, Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// An identifier or keyword without quotes.
    Word,
    /// `"name"`, with `""` for a quote.
    QuotedName,
    /// `'text'`, with `''` for a quote; also several across newlines.
    String,
    /// `E'text'` with backslash escapes, or `U&'text'` with Unicode escapes and perhaps `UESCAPE 'c'` behind it.
    EscapeString,
    /// `$tag$text$tag$`.
    DollarString,
    Number,
    /// `$1`.
    Parameter,
    /// Punctuation or an operator; the text says which.
    Symbol,
}

/// A token as a range of bytes in the text it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

impl Token {
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }

    pub fn is_symbol(&self, sql: &str, symbol: &str) -> bool {
        self.kind == TokenKind::Symbol && self.text(sql) == symbol
    }

    /// Whether it is this keyword, in any case, and not quoted.
    pub fn is_keyword(&self, sql: &str, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text(sql).eq_ignore_ascii_case(keyword)
    }
}

/// Reads token after token, from a byte position on.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    sql: &'a str,
    at: usize,
}

/// No operator is longer, and PostgreSQL has none.
const OPERATOR_BYTES: usize = 63;

impl<'a> Lexer<'a> {
    /// `at` is on a character boundary outside any token.
    pub fn new(sql: &'a str, at: usize) -> Self {
        Lexer { sql, at }
    }

    /// Where the next token is looked for.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn next_token(&mut self) -> Result<Option<Token>> {
        self.skip_blanks()?;
        let start = self.at;
        let Some(first) = self.byte(start) else {
            return Ok(None);
        };
        let kind = match first {
            b'e' | b'E' if self.byte(start + 1) == Some(b'\'') => {
                self.at += 1;
                self.string(start, true)?;
                TokenKind::EscapeString
            }
            b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if self.byte(start + 1) == Some(b'\'') => {
                return Err(self.unsupported(start, "a bit or national character string"));
            }
            b'u' | b'U' if self.bytes(start + 1, 2) == b"&'" => {
                self.at += 2;
                self.string(start, false)?;
                self.escape_clause()?;
                TokenKind::EscapeString
            }
            b'u' | b'U' if self.bytes(start + 1, 2) == b"&\"" => {
                return Err(self.unsupported(start, "a name with Unicode escapes"));
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80.. => {
                self.skip_while(is_word_part);
                TokenKind::Word
            }
            b'0'..=b'9' => self.number()?,
            b'.' if self.byte(start + 1).is_some_and(|b| b.is_ascii_digit()) => self.number()?,
            b'\'' => {
                self.string(start, false)?;
                TokenKind::String
            }
            b'"' => self.quoted_name()?,
            b'$' => self.dollar()?,
            b'(' | b')' | b',' | b';' | b'.' | b'[' | b']' => self.symbol(1),
            b':' if matches!(self.byte(start + 1), Some(b':' | b'=')) => self.symbol(2),
            b':' => self.symbol(1),
            byte if is_operator_part(byte) => self.operator(),
            _ => return Err(self.unexpected(start)),
        };
        Ok(Some(Token {
            kind,
            start,
            end: self.at,
        }))
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.sql.as_bytes().get(at).copied()
    }

    /// Up to `len` bytes from `at` on.
    fn bytes(&self, at: usize, len: usize) -> &'a [u8] {
        let all = self.sql.as_bytes();
        &all[at.min(all.len())..(at + len).min(all.len())]
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.byte(self.at).is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn symbol(&mut self, len: usize) -> TokenKind {
        self.at += len;
        TokenKind::Symbol
    }

    fn skip_blanks(&mut self) -> Result<()> {
        loop {
            match self.byte(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) => self.at += 1,
                Some(b'-') if self.byte(self.at + 1) == Some(b'-') => {
                    self.skip_while(|byte| byte != b'\n' && byte != b'\r')
                }
                Some(b'/') if self.byte(self.at + 1) == Some(b'*') => self.skip_comment()?,
                _ => return Ok(()),
            }
        }
    }

    fn skip_comment(&mut self) -> Result<()> {
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.bytes(self.at, 2) {
                b"/*" => {
                    depth += 1;
                    self.at += 2;
                }
                b"*/" => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                [] => return Err(self.unterminated(start, "/* comment")),
                _ => self.at += 1,
            }
        }
    }

    /// From the opening quote on, of a token that begins at `start`. Goes on behind the closing one if the next string follows after a
    /// newline.
    pub(super) fn string(&mut self, start: usize, escapes: bool) -> Result<()> {
        self.at += 1;
        loop {
            match self.byte(self.at) {
                None => return Err(self.unterminated(start, "quoted string")),
                Some(0) => return Err(self.null_character(self.at)),
                Some(b'\\') if escapes => self.at = (self.at + 2).min(self.sql.len()),
                Some(b'\'') if self.byte(self.at + 1) == Some(b'\'') => self.at += 2,
                Some(b'\'') => {
                    self.at += 1;
                    match self.continued_string() {
                        Some(quote) => self.at = quote + 1,
                        None => return Ok(()),
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// `UESCAPE 'c'` behind a string is part of it.
    fn escape_clause(&mut self) -> Result<()> {
        let end = self.at;
        self.skip_blanks()?;
        if !self.bytes(self.at, 7).eq_ignore_ascii_case(b"uescape") {
            self.at = end;
            return Ok(());
        }
        self.at += 7;
        self.skip_blanks()?;
        match self.bytes(self.at, 3) {
            [b'\'', escape, b'\''] if !b"+'\"".contains(escape) && !escape.is_ascii_hexdigit() => {
                self.at += 3;
                Ok(())
            }
            _ => Err(self.syntax(self.at, "invalid Unicode escape character".to_string())),
        }
    }

    fn null_character(&self, at: usize) -> Error {
        let position = self.unexpected(at).position();
        Error::null_character().at(position.unwrap_or(1))
    }

    /// Where the opening quote of a continuation is: only blanks with a newline lie between.
    fn continued_string(&self) -> Option<usize> {
        let blanks = self.sql.as_bytes()[self.at..]
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace());
        let (mut count, mut newline) = (0, false);
        for byte in blanks {
            count += 1;
            newline |= matches!(byte, b'\n' | b'\r');
        }
        (newline && self.byte(self.at + count) == Some(b'\'')).then_some(self.at + count)
    }

    fn quoted_name(&mut self) -> Result<TokenKind> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.byte(self.at) {
                None => return Err(self.unterminated(start, "quoted identifier")),
                Some(0) => return Err(self.null_character(self.at)),
                Some(b'"') if self.byte(self.at + 1) == Some(b'"') => self.at += 2,
                Some(b'"') => break,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        if self.at == start + 2 {
            return Err(self.syntax(start, "zero-length delimited identifier".to_string()));
        }
        Ok(TokenKind::QuotedName)
    }

    fn dollar(&mut self) -> Result<TokenKind> {
        let start = self.at;
        self.at += 1;
        if self.byte(self.at).is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip_while(|byte| byte.is_ascii_digit());
            if self.byte(self.at).is_some_and(is_word_part) {
                return Err(self.trailing_junk(start, "parameter"));
            }
            return Ok(TokenKind::Parameter);
        }
        self.skip_while(|byte| is_word_part(byte) && byte != b'$');
        if self.byte(self.at) != Some(b'$') {
            return Err(self.unexpected(start));
        }
        self.at += 1;
        let tag = &self.sql[start..self.at];
        match self.sql[self.at..].find(tag) {
            Some(len) => self.at += len + tag.len(),
            None => return Err(self.unterminated(start, "dollar-quoted string")),
        }
        if let Some(len) = self.sql[start..self.at].find('\0') {
            return Err(self.null_character(start + len));
        }
        Ok(TokenKind::DollarString)
    }

    fn number(&mut self) -> Result<TokenKind> {
        let start = self.at;
        let radix_prefix = matches!(
            self.bytes(start, 2),
            [b'0', b'x' | b'X' | b'o' | b'O' | b'b' | b'B']
        );
        if radix_prefix {
            self.at += 2;
            self.skip_while(|byte| byte.is_ascii_hexdigit() || byte == b'_');
            let digits = self.sql[start + 2..self.at].replace('_', "");
            if radix_number(&self.sql[start..start + 2], &digits).is_none() {
                return Err(self.syntax(start, "invalid numeric literal".to_string()));
            }
        } else {
            self.digits();
            if self.byte(self.at) == Some(b'.') {
                self.at += 1;
                self.digits();
            }
            self.exponent();
        }
        if self.byte(self.at).is_some_and(is_word_part) {
            return Err(self.trailing_junk(start, "numeric literal"));
        }
        Ok(TokenKind::Number)
    }

    /// Digits, with single underscores between them.
    fn digits(&mut self) {
        while let Some(byte) = self.byte(self.at) {
            let between = byte == b'_'
                && self.at > 0
                && self.sql.as_bytes()[self.at - 1].is_ascii_digit()
                && self.byte(self.at + 1).is_some_and(|b| b.is_ascii_digit());
            if !byte.is_ascii_digit() && !between {
                return;
            }
            self.at += 1;
        }
    }

    fn exponent(&mut self) {
        if !matches!(self.byte(self.at), Some(b'e' | b'E')) {
            return;
        }
        let sign = usize::from(matches!(self.byte(self.at + 1), Some(b'+' | b'-')));
        if self
            .byte(self.at + 1 + sign)
            .is_some_and(|byte| byte.is_ascii_digit())
        {
            self.at += 1 + sign;
            self.digits();
        }
    }

    fn operator(&mut self) -> TokenKind {
        let start = self.at;
        // What is cut off below is looked at again as the next token, so that a long run would be looked at
        // over and over.
        while self.byte(self.at).is_some_and(is_operator_part)
            && self.at < start + OPERATOR_BYTES
            && !(self.at > start && matches!(self.bytes(self.at, 2), b"--" | b"/*"))
        {
            self.at += 1;
        }
        let special = |byte: &u8| b"~!@#%^&|`?".contains(byte);
        let bytes = self.sql.as_bytes();
        if !bytes[start..self.at].iter().any(special) {
            while self.at > start + 1 && matches!(bytes[self.at - 1], b'+' | b'-') {
                self.at -= 1;
            }
        }
        TokenKind::Symbol
    }

    /// The text of the token at `start` as messages quote it: not longer than a line.
    fn near(&self, start: usize) -> String {
        let rest = self.sql[start..].lines().next().unwrap_or_default();
        rest.chars().take(60).collect()
    }

    fn syntax(&self, start: usize, message: String) -> Error {
        Error::new(Code::Syntax, message).at(position(self.sql, start))
    }

    fn unterminated(&self, start: usize, what: &str) -> Error {
        let near = self.near(start);
        self.syntax(start, format!("unterminated {what} at or near \"{near}\""))
    }

    fn trailing_junk(&mut self, start: usize, what: &str) -> Error {
        self.skip_while(is_word_part);
        let near = self.sql[start..self.at]
            .chars()
            .take(60)
            .collect::<String>();
        self.syntax(
            start,
            format!("trailing junk after {what} at or near \"{near}\""),
        )
    }

    fn unexpected(&self, start: usize) -> Error {
        let character = self.sql[start..].chars().next().unwrap_or_default();
        self.syntax(
            start,
            format!("syntax error at or near \"{}\"", character.escape_default()),
        )
    }

    fn unsupported(&self, start: usize, what: &str) -> Error {
        Error::unsupported(what).at(position(self.sql, start))
    }
}

/// The one-based position, in characters, of a byte.
pub fn position(sql: &str, byte: usize) -> u32 {
    count_characters(&sql.as_bytes()[..byte]) + 1
}

/// Characters in UTF-8 bytes: every byte but the continuation bytes starts one.
pub fn count_characters(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count() as u32
}

/// A number written with `0x`, `0o` or `0b`, if it fits 128 bits.
pub fn radix_number(prefix: &str, digits: &str) -> Option<u128> {
    let radix = match prefix.as_bytes() {
        [_, b'x' | b'X'] => 16,
        [_, b'o' | b'O'] => 8,
        _ => 2,
    };
    u128::from_str_radix(digits, radix).ok()
}

fn is_word_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn is_operator_part(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(sql: &str) -> Result<Vec<&str>> {
        let mut lexer = Lexer::new(sql, 0);
        let mut tokens = Vec::new();
        while let Some(token) = lexer.next_token()? {
            tokens.push(token.text(sql));
        }
        Ok(tokens)
    }

    #[test]
    fn operators_end_where_postgresql_ends_them() {
        assert_eq!(tokens("a=-1").unwrap(), ["a", "=", "-", "1"]);
        assert_eq!(tokens("a->>'b'").unwrap(), ["a", "->>", "'b'"]);
        assert_eq!(tokens("a->-1").unwrap(), ["a", "->", "-", "1"]);
        assert_eq!(tokens("1*/*c*/2--x").unwrap(), ["1", "*", "2"]);
        assert_eq!(tokens("a::int").unwrap(), ["a", "::", "int"]);
        assert_eq!(tokens("x+--c\n-1").unwrap(), ["x", "+", "-", "1"]);
    }

    #[test]
    fn strings_names_and_comments_hide_what_is_in_them() {
        assert_eq!(
            tokens("'a''b' \"c\"\"d\"").unwrap(),
            ["'a''b'", "\"c\"\"d\""]
        );
        assert_eq!(tokens(r"E'a\'b' x").unwrap(), [r"E'a\'b'", "x"]);
        assert_eq!(tokens("$a$ $b$ ; $a$ x").unwrap(), ["$a$ $b$ ; $a$", "x"]);
        assert_eq!(tokens("/* a /* ; */ b */ x").unwrap(), ["x"]);
        assert_eq!(tokens("'a'\n 'b' 'c'").unwrap(), ["'a'\n 'b'", "'c'"]);
    }

    #[test]
    fn numbers() {
        assert_eq!(
            tokens("1 1.5 .5 5. 1e10 1.5e-3 0xFf 1_000").unwrap().len(),
            8
        );
        assert_eq!(tokens("1e").unwrap_err().code(), Code::Syntax);
        assert_eq!(tokens("123abc").unwrap_err().position(), Some(1));
        assert_eq!(tokens("0xg").unwrap_err().code(), Code::Syntax);
    }

    #[test]
    fn what_never_ends_is_an_error_with_its_position() {
        for sql in ["ä 'a", "ä \"a", "ä /* /* */", "ä $x$ $y$", "ä E'\\"] {
            let error = tokens(sql).unwrap_err();
            assert_eq!(
                (error.code(), error.position()),
                (Code::Syntax, Some(3)),
                "{sql}"
            );
        }
        let null = tokens("x 'a\0'").unwrap_err();
        assert_eq!(
            (null.code(), null.position()),
            (Code::CharacterNotInRepertoire, Some(5))
        );
        assert_eq!(tokens("\"\"").unwrap_err().code(), Code::Syntax);
    }
}
