//! Statements that bring back what was: `RESTORE TABLE name TO moment [WHERE condition]`, `RESTORE DATABASE TO moment` and
//! `UNDO COMMIT number [ERROR | SKIP | FORCE]`. Their moments have been taken out with the temporal clauses.
//!
//! `REDO COMMIT` does what UNDO does, of a commit that was an UNDO; that it was called so, the commits tell later.

use super::grammar::{Parsed, Syntax};
use super::reserved::object_name;
use super::session::accept;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;

/// What becomes of a value that changed again since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoPolicy {
    /// It is an error, which names the rows.
    Error,
    /// It stays as it is now.
    Skip,
    /// It becomes what it was before all the same.
    Force,
}

/// The statement, if it is one of them.
pub(super) fn statement(parser: &mut Parser) -> Parsed<Option<Syntax>> {
    if accept(parser, "restore") {
        if parser.parse_keyword(Keyword::DATABASE) {
            return Ok(Some(Syntax::RestoreAll));
        }
        parser.expect_keyword(Keyword::TABLE)?;
        let name = object_name(parser)?;
        let selection = match parser.parse_keyword(Keyword::WHERE) {
            true => Some(Box::new(parser.parse_expr()?)),
            false => None,
        };
        return Ok(Some(Syntax::Restore { name, selection }));
    }
    if !accept(parser, "undo") && !accept(parser, "redo") {
        return Ok(None);
    }
    parser.expect_keyword(Keyword::COMMIT)?;
    let policies = [
        ("error", UndoPolicy::Error),
        ("skip", UndoPolicy::Skip),
        ("force", UndoPolicy::Force),
    ];
    let said = policies.into_iter().find(|(word, _)| accept(parser, word));
    let policy = said.map_or(UndoPolicy::Error, |(_, policy)| policy);
    Ok(Some(Syntax::Undo(policy)))
}
