//! Reading the tuples of a bulk INSERT behind the first.
//!
//! When the first tuple is nothing but constants, most of the others look the same, and the next million
//! bytes are best read by a loop that knows just that: a sign, digits, a plain string, NULL, TRUE, FALSE,
//! commas and parentheses. Whatever else comes (a comment, an escape, a call, a number beyond 64 bits)
//! makes it step back to the start of the tuple, which the general reader then takes.

use super::literal::{Literal, LiteralClass};
use std::borrow::Cow;

/// So many digits always fit 64 bits.
const DIGITS_MAX: usize = 18;

/// Reads constants from a byte position on.
pub(super) struct TupleReader<'a> {
    sql: &'a str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> TupleReader<'a> {
    pub fn new(sql: &'a str, at: usize) -> Self {
        TupleReader {
            sql,
            bytes: sql.as_bytes(),
            at,
        }
    }

    /// Reads `, (constant, …)` with a constant for each class, widens the classes and appends the
    /// constants. Gives where the tuple's parenthesis opens and where the tuple ends, or `None`, with
    /// everything as it was, if something else comes.
    pub fn read(
        &mut self,
        classes: &mut [LiteralClass],
        literals: &mut Vec<Literal<'a>>,
    ) -> Option<(usize, usize)> {
        let (start, kept) = (self.at, literals.len());
        let read = self.tuple(classes.len(), literals);
        let fits = read.is_some() && widen(classes, &literals[kept..]);
        if !fits {
            self.at = start;
            literals.truncate(kept);
            return None;
        }
        read
    }

    fn tuple(&mut self, columns: usize, literals: &mut Vec<Literal<'a>>) -> Option<(usize, usize)> {
        self.expect(b',')?;
        self.expect(b'(')?;
        let open = self.at - 1;
        for column in 0..columns {
            if column > 0 {
                self.expect(b',')?;
            }
            let literal = self.constant()?;
            literals.push(literal);
        }
        self.expect(b')')?;
        Some((open, self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_blanks();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn constant(&mut self) -> Option<Literal<'a>> {
        self.skip_blanks();
        match self.peek()? {
            b'\'' => self.string(),
            b'-' => {
                self.at += 1;
                self.number(true)
            }
            b'0'..=b'9' => self.number(false),
            b'n' | b'N' => self.word("null", Literal::Null),
            b't' | b'T' => self.word("true", Literal::Boolean(true)),
            b'f' | b'F' => self.word("false", Literal::Boolean(false)),
            _ => None,
        }
    }

    /// A string without quotes in it.
    fn string(&mut self) -> Option<Literal<'a>> {
        let start = self.at + 1;
        let len = self.bytes[start..]
            .iter()
            .position(|byte| matches!(byte, b'\'' | 0))?;
        let end = start + len;
        self.at = end + 1;
        // What ends the item also says that no second quote follows, here or on the next line.
        (self.bytes[end] == b'\'' && self.ends_item())
            .then(|| Literal::String(Cow::Borrowed(&self.sql[start..end])))
    }

    fn word(&mut self, word: &str, literal: Literal<'a>) -> Option<Literal<'a>> {
        let end = self.at + word.len();
        let found = self.bytes.get(self.at..end)?;
        self.at = end;
        (found.eq_ignore_ascii_case(word.as_bytes()) && self.ends_item()).then_some(literal)
    }

    /// Digits, perhaps with a point and more of them.
    fn number(&mut self, negative: bool) -> Option<Literal<'a>> {
        let start = self.at;
        let mut value = 0i64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.at += 1;
        }
        let digits = self.at - start;
        if digits == 0 || digits > DIGITS_MAX {
            return None;
        }
        if self.peek() != Some(b'.') {
            let value = if negative { -value } else { value };
            return self.ends_item().then_some(Literal::Integer(value));
        }
        self.at += 1;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let start = start - usize::from(negative);
        let end = self.at;
        // The sign stands right before the digits, or the text would hold blanks.
        self.ends_item()
            .then(|| Literal::Numeric(Cow::Borrowed(&self.sql[start..end])))
    }

    fn ends_item(&mut self) -> bool {
        self.skip_blanks();
        matches!(self.peek(), Some(b',' | b')'))
    }
}

fn class_of(literal: &Literal) -> LiteralClass {
    match literal {
        Literal::Null => LiteralClass::Null,
        Literal::Boolean(_) => LiteralClass::Boolean,
        // By the size without the sign, as everywhere.
        Literal::Integer(value) if value.unsigned_abs() <= i32::MAX as u64 => LiteralClass::Integer,
        Literal::Integer(_) => LiteralClass::BigInt,
        Literal::Numeric(_) => LiteralClass::Numeric,
        Literal::String(_) => LiteralClass::Unknown,
    }
}

/// Widens every class for its constant; false if one does not fit.
fn widen(classes: &mut [LiteralClass], literals: &[Literal]) -> bool {
    let wide = |(old, literal): (&LiteralClass, &Literal)| old.widened(class_of(literal));
    if !classes
        .iter()
        .zip(literals)
        .all(|pair| wide(pair).is_some())
    {
        return false;
    }
    for (class, literal) in classes.iter_mut().zip(literals) {
        *class = class.widened(class_of(literal)).unwrap_or(*class);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sql: &str, columns: usize) -> Option<Vec<Literal<'_>>> {
        let mut classes = vec![LiteralClass::Null; columns];
        let mut literals = Vec::new();
        let mut reader = TupleReader::new(sql, 0);
        let read = reader.read(&mut classes, &mut literals);
        assert_eq!(read.is_some(), reader.at > 0);
        read.map(|_| literals)
    }

    #[test]
    fn constants_are_read() {
        let sql = ", ( -5 ,'it',\n1.50, nULL,true , -0.5)";
        let literals = read(sql, 6).expect("nothing but constants");
        assert_eq!(literals[0], Literal::Integer(-5));
        assert_eq!(literals[1], Literal::String("it".into()));
        assert_eq!(literals[2], Literal::Numeric("1.50".into()));
        assert_eq!(literals[3..5], [Literal::Null, Literal::Boolean(true)]);
        assert_eq!(literals[5], Literal::Numeric("-0.5".into()));
    }

    #[test]
    fn everything_else_is_left_to_the_general_reader() {
        for sql in [
            ", ('it''s')",
            ", ('a'\n'b')",
            ", ('a' || 'b')",
            ", (1 + 2)",
            ", (1e5)",
            ", (1_000)",
            ", (0x10)",
            ", (12a)",
            ", (nullif)",
            ", (- 1.5 -- comment\n)",
            ", (/**/ 1)",
            ", (1234567890123456789)",
            ", (now())",
            ", (default)",
            ", ($1)",
            ", (1, 2)",
            ", ()",
            ", (1",
            " (1)",
            ", ('\0')",
            ", ('a",
        ] {
            assert_eq!(read(sql, 1), None, "{sql}");
        }
    }
}
