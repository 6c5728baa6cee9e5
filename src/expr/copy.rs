//! The lines of COPY: rows as texts between delimiters, in PostgreSQL's own format or as CSV.
//!
//! ```text
//! text   a<tab>\N<tab>two\nlines       a backslash stands before what would end a value or a line
//! csv    a,,"two<newline>lines"        quotes stand around it, and a quote is said twice
//! ```
//!
//! A value is NULL if it is written as the text for NULL, and in CSV has no quotes.

use crate::column::VectorBuilder;
use crate::error::{Code, Error, Result};
use crate::types::Value;
use std::rc::Rc;

/// How a line is written. The characters are ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFormat {
    pub csv: bool,
    pub delimiter: u8,
    pub quote: u8,
    pub escape: u8,
    /// The first line holds the names of the columns.
    pub header: bool,
    pub null: String,
}

impl CopyFormat {
    pub fn new(csv: bool) -> CopyFormat {
        CopyFormat {
            csv,
            delimiter: if csv { b',' } else { b'\t' },
            quote: b'"',
            escape: b'"',
            header: false,
            null: if csv { "" } else { "\\N" }.to_string(),
        }
    }

    /// As a text that is an argument of a call.
    pub fn spec(&self) -> String {
        let flag = |flag, letter| if flag { letter } else { '-' };
        let [delimiter, quote, escape] = [self.delimiter, self.quote, self.escape].map(char::from);
        let (csv, header) = (flag(self.csv, 'c'), flag(self.header, 'h'));
        format!("{csv}{header}{delimiter}{quote}{escape}{}", self.null)
    }

    pub(super) fn read(spec: &Value) -> Result<CopyFormat> {
        let bad = || Error::new(Code::Internal, "not a format of COPY");
        let Value::Text(spec) = spec else {
            return Err(bad());
        };
        let [csv, header, delimiter, quote, escape, null @ ..] = spec.as_bytes() else {
            return Err(bad());
        };
        Ok(CopyFormat {
            csv: *csv == b'c',
            header: *header == b'h',
            delimiter: *delimiter,
            quote: *quote,
            escape: *escape,
            null: spec[spec.len() - null.len()..].to_string(),
        })
    }
}

/// A line with its end, of texts and NULLs.
pub(super) fn line(format: &CopyFormat, values: &[Value]) -> String {
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(char::from(format.delimiter));
        }
        match value {
            Value::Text(text) if format.csv => {
                push_quoted(format, text, values.len() == 1, &mut out)
            }
            Value::Text(text) => push_escaped(format.delimiter, text, &mut out),
            _ => out.push_str(&format.null),
        }
    }
    out.push('\n');
    out
}

fn push_quoted(format: &CopyFormat, text: &str, alone: bool, out: &mut String) {
    let special = [format.delimiter, format.quote, b'\n', b'\r'];
    let needs_quotes = text == format.null
        || alone && text == "\\."
        || text.bytes().any(|byte| special.contains(&byte));
    if !needs_quotes {
        out.push_str(text);
        return;
    }
    let quote = char::from(format.quote);
    out.push(quote);
    for symbol in text.chars() {
        if symbol == quote || symbol == char::from(format.escape) {
            out.push(char::from(format.escape));
        }
        out.push(symbol);
    }
    out.push(quote);
}

/// The characters that have a letter of their own behind a backslash.
const LETTERS: [(char, char); 6] = [
    ('\u{8}', 'b'),
    ('\u{c}', 'f'),
    ('\n', 'n'),
    ('\r', 'r'),
    ('\t', 't'),
    ('\u{b}', 'v'),
];

fn push_escaped(delimiter: u8, text: &str, out: &mut String) {
    for symbol in text.chars() {
        let letter = LETTERS.iter().find(|(known, _)| *known == symbol);
        match letter {
            Some((_, letter)) => out.extend(['\\', *letter]),
            None if symbol == '\\' || symbol == char::from(delimiter) => out.extend(['\\', symbol]),
            None => out.push(symbol),
        }
    }
}

/// Reads the lines of a text.
pub(super) struct CopyReader {
    format: CopyFormat,
    text: Rc<str>,
    at: usize,
    /// For errors, from 1 on.
    line: usize,
}

impl CopyReader {
    pub fn new(format: CopyFormat, text: Rc<str>) -> CopyReader {
        let (at, line) = (0, 0);
        let mut reader = CopyReader {
            format,
            text,
            at,
            line,
        };
        if reader.format.header {
            reader.skip_line();
        }
        reader
    }

    fn skip_line(&mut self) {
        self.line += 1;
        let rest = &self.text.as_bytes()[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        self.at = end.map_or(self.text.len(), |end| self.at + end + 1);
    }

    fn bad<T>(&self, message: &str) -> Result<T> {
        let error = Error::new(Code::BadCopyFormat, message);
        Err(error.with_detail(format!("In line {} of what is copied.", self.line)))
    }

    /// Pushes the next line's values to the columns; false at the end.
    pub fn next(&mut self, columns: &mut [VectorBuilder]) -> Result<bool> {
        let rest = &self.text[self.at..];
        let ends = |mark: &str| {
            rest.strip_prefix(mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['\n', '\r']))
        };
        if rest.is_empty() || ends("\\.") {
            return Ok(false);
        }
        self.line += 1;
        let count = columns.len();
        let mut columns = columns.iter_mut();
        let mut pushed = 0;
        loop {
            let (value, goes_on) = match self.format.csv {
                true => self.quoted()?,
                false => self.escaped()?,
            };
            let Some(column) = columns.next() else {
                return self.bad("extra data after last expected column");
            };
            pushed += 1;
            match value {
                Some(value) => column.push_bytes(value.as_bytes()),
                None => column.push_null(),
            }
            if !goes_on {
                break;
            }
        }
        match pushed == count {
            true => Ok(true),
            false => self.bad(&format!("missing data for column {}", pushed + 1)),
        }
    }

    /// Steps over what ends a value; whether another one follows in the line.
    fn end_of_value(&mut self) -> bool {
        let rest = &self.text.as_bytes()[self.at..];
        let (goes_on, length) = match rest {
            [delimiter, ..] if *delimiter == self.format.delimiter => (true, 1),
            [b'\r', b'\n', ..] => (false, 2),
            [] => (false, 0),
            _ => (false, 1),
        };
        self.at += length;
        goes_on
    }

    fn quoted(&mut self) -> Result<(Option<String>, bool)> {
        let text = self.text.clone();
        let bytes = text.as_bytes();
        let CopyFormat {
            delimiter,
            quote,
            escape,
            ..
        } = self.format;
        let (mut value, mut is_quoted, mut was_quoted) = (String::new(), false, false);
        let mut from = self.at;
        loop {
            let byte = bytes.get(self.at).copied();
            let next = bytes.get(self.at + 1).copied();
            match byte {
                None if is_quoted => return self.bad("unterminated CSV quoted field"),
                Some(byte)
                    if is_quoted
                        && byte == escape
                        && (next == Some(quote) || next == Some(escape)) =>
                {
                    value.push_str(&text[from..self.at]);
                    from = self.at + 1;
                    self.at += 1;
                }
                Some(byte) if byte == quote => {
                    value.push_str(&text[from..self.at]);
                    from = self.at + 1;
                    (is_quoted, was_quoted) = (!is_quoted, true);
                }
                Some(_) if is_quoted => {}
                Some(byte) if byte != delimiter && byte != b'\n' && byte != b'\r' => {}
                _ => break,
            }
            self.at += 1;
        }
        value.push_str(&text[from..self.at]);
        let is_null = !was_quoted && value == self.format.null;
        Ok(((!is_null).then_some(value), self.end_of_value()))
    }

    fn escaped(&mut self) -> Result<(Option<String>, bool)> {
        let text = self.text.clone();
        let start = self.at;
        let mut value = String::new();
        let mut symbols = text[start..].char_indices();
        self.at = text.len();
        while let Some((at, symbol)) = symbols.next() {
            match symbol {
                '\n' | '\r' => {
                    self.at = start + at;
                    break;
                }
                _ if symbol == char::from(self.format.delimiter) => {
                    self.at = start + at;
                    break;
                }
                '\\' => match symbols.next() {
                    None => value.push('\\'),
                    Some((_, 'x' | '0'..='7')) => {
                        return Err(Error::unsupported("a byte by its number in COPY"));
                    }
                    Some((_, symbol)) => {
                        let known = LETTERS.iter().find(|(_, letter)| *letter == symbol);
                        value.push(known.map_or(symbol, |(meant, _)| *meant));
                    }
                },
                _ => value.push(symbol),
            }
        }
        // What stands there is compared, not what it means.
        let is_null = text[start..self.at] == self.format.null;
        Ok(((!is_null).then_some(value), self.end_of_value()))
    }
}
