//! Splitting a script into its statements, one at a time, as they are asked for.
//!
//! Nothing behind the statement being read is looked at, so an error in the third statement does not
//! keep the first two from running, and a script may be longer than any limit on one statement.

use super::lexer::{Lexer, count_characters};
use super::lift::{self, Effort, Lifted, Reading};
use super::template::Template;
use crate::error::{Code, Error, Result};
use std::ops::Range;

/// The longest statement, tuples of an INSERT left out.
pub const STATEMENT_BYTES_MAX: usize = 1 << 20;
/// The longest INSERT with its tuples.
pub const INSERT_BYTES_MAX: usize = 256 << 20;

/// One statement of a script, without its semicolon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// All of it: positions in errors count from its start.
    pub script: &'a str,
    pub start: usize,
    pub end: usize,
    /// How many characters of the script come before `start`.
    pub characters: u32,
}

impl<'a> Source<'a> {
    pub fn text(&self) -> &'a str {
        &self.script[self.start..self.end]
    }
}

/// A statement with its constants lifted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned<'a> {
    pub source: Source<'a>,
    pub lifted: Lifted<'a>,
}

/// A place between two statements of a script, from where it can be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    byte: usize,
    /// A byte and the number of characters before it.
    counted: (usize, u32),
}

/// The statements of a script. Ends after the first error.
#[derive(Debug, Clone)]
pub struct Statements<'a> {
    script: &'a str,
    lexer: Lexer<'a>,
    /// A byte and the number of characters before it.
    counted: (usize, u32),
    failed: bool,
}

impl<'a> Statements<'a> {
    pub fn new(script: &'a str) -> Self {
        Statements {
            script,
            lexer: Lexer::new(script, 0),
            counted: (0, 0),
            failed: false,
        }
    }

    /// Reads the same script on from a place in it.
    pub fn resume(script: &'a str, place: Place) -> Self {
        Statements {
            script,
            lexer: Lexer::new(script, place.byte),
            counted: place.counted,
            failed: false,
        }
    }

    /// Where the next statement is looked for.
    pub fn place(&self) -> Place {
        Place {
            byte: self.lexer.at(),
            counted: self.counted,
        }
    }

    /// Whether nothing follows but blanks, comments and semicolons, without anything wrong in them.
    pub fn is_at_end(&self) -> bool {
        let mut lexer = self.lexer.clone();
        loop {
            match lexer.next_token() {
                Ok(Some(token)) if token.is_symbol(self.script, ";") => {}
                end => return matches!(end, Ok(None)),
            }
        }
    }

    fn read(&mut self) -> Result<Option<Scanned<'a>>> {
        let reading = lift::read(self.script, &mut self.lexer, Effort::Collapse, false)?;
        let Some(reading) = reading else {
            return Ok(None);
        };
        let source = self.source(reading.first.start..reading.last.end);
        check_length(&reading).map_err(|error| error.at(source.characters + 1))?;
        Ok(Some(Scanned {
            source,
            lifted: reading.lifted,
        }))
    }

    /// The next statement, if it is like another one.
    pub fn next_like(&mut self, template: &Template) -> Option<Scanned<'a>> {
        let (lifted, range) = template.read(self.script, self.lexer.at())?;
        self.lexer = Lexer::new(self.script, range.end);
        Some(Scanned {
            source: self.source(range),
            lifted,
        })
    }

    /// The statement in a range behind those before.
    fn source(&mut self, range: Range<usize>) -> Source<'a> {
        let (byte, characters) = self.counted;
        let between = &self.script.as_bytes()[byte..range.start];
        self.counted = (range.start, characters + count_characters(between));
        Source {
            script: self.script,
            start: range.start,
            end: range.end,
            characters: self.counted.1,
        }
    }
}

impl<'a> Iterator for Statements<'a> {
    type Item = Result<Scanned<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.read().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}

fn check_length(reading: &Reading) -> Result<()> {
    let whole = reading.last.end - reading.first.start;
    if reading.bytes <= STATEMENT_BYTES_MAX && whole <= INSERT_BYTES_MAX {
        return Ok(());
    }
    Err(Error::new(Code::LimitLength, "the statement is too long")
        .with_detail(format!(
            "A statement may have {STATEMENT_BYTES_MAX} bytes outside the tuples of an INSERT."
        ))
        .with_hint("Pass large values as parameters."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(script: &str) -> Vec<&str> {
        let statements = Statements::new(script);
        statements.map(|s| s.unwrap().source.text()).collect()
    }

    #[test]
    fn semicolons_in_strings_names_and_comments_separate_nothing() {
        let script = ";; select ';' ; select \";\" /* ; */ x; -- ;\n select $$;$$ ; ;";
        assert_eq!(
            texts(script),
            ["select ';'", "select \";\" /* ; */ x", "select $$;$$"]
        );
    }

    #[test]
    fn an_error_stops_at_its_statement_and_not_before() {
        let mut statements = Statements::new("select 1; select 'ä'; select 'b");
        assert!(statements.next().unwrap().is_ok());
        let second = statements.next().unwrap().unwrap();
        assert_eq!(second.source.characters, 10);
        let error = statements.next().unwrap().unwrap_err();
        assert_eq!(error.position(), Some(30));
        assert!(statements.next().is_none());
    }

    #[test]
    fn long_statements_are_refused_but_not_long_inserts() {
        let long = format!("select '{}'", "x".repeat(STATEMENT_BYTES_MAX));
        let error = Statements::new(&long).next().unwrap().unwrap_err();
        assert_eq!(error.code(), Code::LimitLength);
        let insert = format!(
            "insert into t values ('{}')",
            "x".repeat(STATEMENT_BYTES_MAX)
        );
        assert!(Statements::new(&insert).next().unwrap().is_ok());
    }
}
