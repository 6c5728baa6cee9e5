//! A statement that came before, as the text between its constants: one that differs only in them is
//! recognised by comparing bytes, without a look at its tokens.
//!
//! ```text
//!   INSERT INTO t VALUES (17, 'seventeen')
//!   [INSERT INTO t VALUES (]  integer  [, ]  string  [)]
//! ```
//!
//! Only constants whose ends any reader would find are taken so: plain numbers and strings without
//! quotes in them, with a blank or one of a few signs on either side. Everything else is left to [`lift`](super::lift),
//! with the same result.

use super::lexer::{Lexer, TokenKind};
use super::lift::{self, Effort, Lifted, Piece};
use super::literal::{self, Literal, LiteralClass};
use super::scan::Source;
use std::borrow::Cow;
use std::ops::Range;

/// Longer statements take longer to run than to read.
const BYTES_MAX: usize = 4096;
const BLANKS: &[u8] = b" \t\n\r";
const BEFORE: &[u8] = b" \t\n\r(,=<>";
const BEHIND: &[u8] = b" \t\n\r),;";
/// Digits that fit an `i64` whatever they are.
const DIGITS_MAX: usize = 18;

#[derive(Debug)]
pub struct Template {
    /// What stands before the first constant, then what stands behind each.
    texts: Vec<Box<str>>,
    /// All but the constants.
    lifted: Lifted<'static>,
}

impl Template {
    /// Of a statement whose constants, of which there may be none, can be told apart so.
    pub fn of(source: &Source) -> Option<Template> {
        let script = source.script;
        let whole = source.start..source.end;
        if whole.len() > BYTES_MAX {
            return None;
        }
        let mut lexer = Lexer::new(script, source.start);
        let reading = lift::read(script, &mut lexer, Effort::Collapse, true).ok()??;
        let mut texts = Vec::new();
        let (mut from, mut last) = (source.start, source.start);
        for Piece { token, slot } in &reading.pieces {
            if slot.is_some() {
                // A sign that belongs to the constant is no piece, and it may not be seen in the value, as of `- 0`.
                let between = script.as_bytes().get(last..token.start)?;
                let is_plain = matches!(token.kind, TokenKind::Number | TokenKind::String)
                    && between.iter().all(|byte| BLANKS.contains(byte));
                let text = script.get(from..token.start).filter(|_| is_plain)?;
                texts.push(text.into());
                from = token.end;
            }
            last = token.end;
        }
        texts.push(script.get(from..source.end)?.into());
        let read = reading.lifted;
        if read.tuples > 1 || read.literals.len() + 1 != texts.len() {
            return None;
        }
        let template = Template {
            texts,
            lifted: Lifted {
                key: read.key.clone(),
                text_bytes: read.text_bytes,
                classes: read.classes.clone(),
                literals: Vec::new(),
                tuples: read.tuples,
                parameters: read.parameters,
            },
        };
        // What it was made of has to read as it did.
        let again = template.read(script, source.start);
        (again == Some((read, whole))).then_some(template)
    }

    /// The statement that begins behind `from`, and where it lies, if it is one of these.
    pub(super) fn read<'a>(
        &self,
        script: &'a str,
        from: usize,
    ) -> Option<(Lifted<'a>, Range<usize>)> {
        let bytes = script.as_bytes();
        let mut start = from;
        while bytes
            .get(start)
            .is_some_and(|byte| *byte == b';' || BLANKS.contains(byte))
        {
            start += 1;
        }
        let (first, behind) = self.texts.split_first()?;
        let mut at = end_of(bytes, start, first)?;
        let mut literals = Vec::with_capacity(behind.len());
        for (text, class) in behind.iter().zip(&self.lifted.classes) {
            let (literal, end) = constant(script, at, *class)?;
            at = end_of(bytes, end, text)?;
            literals.push(literal);
        }
        let next = bytes[at..].iter().find(|byte| !BLANKS.contains(byte));
        if at - start > BYTES_MAX || next.is_some_and(|next| *next != b';') {
            return None;
        }
        let lifted = Lifted {
            literals,
            ..self.lifted.clone()
        };
        Some((lifted, start..at))
    }
}

/// Where a text ends that has to lie here.
fn end_of(bytes: &[u8], at: usize, text: &str) -> Option<usize> {
    let end = at + text.len();
    (bytes.get(at..end)? == text.as_bytes()).then_some(end)
}

/// The constant of a class that begins here, and its end.
fn constant(script: &str, at: usize, class: LiteralClass) -> Option<(Literal<'_>, usize)> {
    let bytes = script.as_bytes();
    let rest = bytes.get(at..)?;
    if !BEFORE.contains(bytes.get(at.checked_sub(1)?)?) {
        return None;
    }
    let (literal, length) = match rest.strip_prefix(b"'") {
        Some(inside) => {
            let length = inside.iter().position(|byte| matches!(byte, b'\'' | 0))?;
            let text = script.get(at + 1..at + 1 + length)?;
            let is_whole = inside[length] == b'\'' && class == LiteralClass::Unknown;
            let literal = is_whole.then_some(Literal::String(Cow::Borrowed(text)))?;
            (literal, length + 2)
        }
        None => {
            let digits = |bytes: &[u8]| bytes.iter().take_while(|b| b.is_ascii_digit()).count();
            let whole = digits(rest);
            let fraction = match rest.get(whole) {
                Some(b'.') => 1 + digits(&rest[whole + 1..]),
                _ => 0,
            };
            if whole == 0 || whole > DIGITS_MAX || fraction == 1 {
                return None;
            }
            let length = whole + fraction;
            let text = script.get(at..at + length)?;
            let (literal, found) = literal::number(text, false).ok()?;
            (found == class).then_some((literal, length))?
        }
    };
    let end = at + length;
    (bytes.get(end).is_none_or(|next| BEHIND.contains(next))).then_some((literal, end))
}

#[cfg(test)]
mod tests {
    use super::super::scan::Statements;
    use super::*;
    use proptest::prelude::*;

    fn template(sql: &str) -> Option<Template> {
        let scanned = Statements::new(sql).next().unwrap().unwrap();
        Template::of(&scanned.source)
    }

    /// Whether the first statement of a script is taken for one like another; then it has to be read as without.
    fn is_taken(like: &str, script: &str) -> bool {
        let template = template(like).expect("a template");
        let mut statements = Statements::new(script);
        let Some(taken) = statements.next_like(&template) else {
            return false;
        };
        let mut whole = Statements::new(script);
        assert_eq!(Some(Ok(taken)), whole.next(), "{script}");
        assert!(statements.eq(whole), "{script}");
        true
    }

    #[test]
    fn statements_that_differ_in_constants_are_alike() {
        let insert = "INSERT INTO t VALUES (1, 'one', 2.5)";
        for same in [
            "INSERT INTO t VALUES (22, 'twenty-two; ä', 0.125)",
            " ;\n INSERT INTO t VALUES (0, '', 1.0) \n; select 'b';",
            "INSERT INTO t VALUES (2147483647, '--', 12345678901234567.9)",
        ] {
            assert!(is_taken(insert, same), "{same}");
        }
        for other in [
            "INSERT INTO t VALUES (2147483648, 'x', 1.5)",
            "INSERT INTO t VALUES (-1, 'x', 1.5)",
            "INSERT INTO t VALUES (1, 'x''y', 1.5)",
            "INSERT INTO t VALUES (1, 'x', 1)",
            "INSERT INTO t VALUES (1, 'x', 1.5), (1, 'x', 1.5)",
            "INSERT INTO t VALUES (1, 'x', 1.5) RETURNING *",
            "INSERT INTO t VALUES (1, 'x', 1.5) -- ;",
            "INSERT INTO t VALUES (1, 'x', 1.5e3)",
            "INSERT INTO t VALUES (1, 'x', 1.5",
            "INSERT INTO t VALUES (1, 'x",
            "insert INTO t VALUES (1, 'x', 1.5)",
            "INSERT INTO t VALUES (0x1, 'x', 1.5)",
            "INSERT INTO t VALUES (1, 'x'\n'y', 1.5)",
            "INSERT INTO t VALUES (1, NULL, 1.5)",
            "",
        ] {
            assert!(!is_taken(insert, other), "{other}");
        }
        let by_key = "select a, 1 from t where id = 7";
        assert!(is_taken(by_key, "select a, 1 from t where id = 8"));
        assert!(!is_taken(by_key, "select a, 2 from t where id = 8"));
        assert!(!is_taken(by_key, "select a, 1 from t where id = 8 or true"));
        assert!(!is_taken(by_key, "select a, 1 from t where id = 8'x'"));
        assert!(is_taken("begin", "begin ;"));
        assert!(!is_taken("begin", "begin work"));
        assert!(is_taken("select $1 + 2 as x", "select $1 + 2 as x"));
    }

    const PIECES: [&str; 54] = [
        "1",
        "'a'",
        "2.5",
        "0",
        "- 0",
        "-0",
        "- 1",
        "+ 3",
        "- 0.0",
        "'b''c'",
        "-",
        "+",
        "(",
        ")",
        " ",
        ", ",
        ",",
        "\n",
        "--x\n",
        "/*c*/",
        "E'x'",
        "u&'a'",
        "1e3",
        "null",
        "true",
        "a",
        "\"q\"",
        "select ",
        "values (",
        " where a = ",
        " in (",
        " limit ",
        ";",
        "$1",
        "$$x$$",
        "::int",
        "=",
        ".",
        "'",
        " as of ",
        " as of @seq:",
        " and ",
        " between ",
        " like ",
        "date ",
        "), (",
        "007",
        "2147483648",
        "123456789012345678",
        "\u{b}",
        "\r",
        "set b = ",
        "ä",
        "'ä'",
    ];
    const OTHERS: [&str; 20] = [
        "7",
        "'z'",
        "0.5",
        "''",
        "-3",
        "99999999999",
        "'q",
        "1.",
        "0",
        "00",
        "'ä'",
        "1.5.2",
        "1_0",
        "0x1",
        "'a'\n'b'",
        "' -- '",
        "'\\'",
        "1e5",
        ".5",
        "\u{0}",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// What is taken for one like another is read as without it, whatever stands between the constants.
        #[test]
        fn any_text_is_read_the_same(
            head in 0..4usize,
            pieces in prop::collection::vec((0..PIECES.len(), 0..OTHERS.len()), 0..9),
        ) {
            let heads = ["insert into t values (", "select a from t where b = ", "update t set a = ", "select a from t as of "];
            let changed = |(piece, other): &(usize, usize)| {
                let text = PIECES[*piece];
                let digits = text.trim_end_matches(|last: char| last.is_ascii_digit());
                match text.as_bytes().last() {
                    Some(b'0'..=b'9') if digits != "$" => format!("{digits}{}", OTHERS[*other]),
                    Some(b'\'') => OTHERS[*other].to_string(),
                    _ => text.to_string(),
                }
            };
            let plain: String = pieces.iter().map(|(piece, _)| PIECES[*piece]).collect();
            let changed: String = pieces.iter().map(changed).collect();
            let (like, script) = (
                format!("{}{plain}", heads[head]),
                format!(" {}{changed} ; select 'ä' from", heads[head]),
            );
            if let Some(Ok(scanned)) = Statements::new(&like).next()
                && Template::of(&scanned.source).is_some()
            {
                is_taken(&like, &script);
            }
        }
    }

    #[test]
    fn constants_whose_ends_depend_on_more_make_no_template() {
        for sql in [
            "insert into t values (-1)",
            "insert into t values (- 0)",
            "insert into t values (1, + 2)",
            "insert into t values (1), (2)",
            "insert into t values (null)",
            "insert into t values (E'x')",
            "select a from t where b = 'x''y'",
            "select a from t where b = 1e5",
            "select a from t where b = $$x$$",
            "select a from t where b = 'x'\n'y'",
        ] {
            assert!(template(sql).is_none(), "{sql}");
        }
    }
}
