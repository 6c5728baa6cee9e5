//! Words that are no names unless they are quoted.
//!
//! The grammar takes any word for a name, wherever it wants one. Labels (`SELECT 1 AS order`) and what stands behind a dot
//! may be any word in PostgreSQL, too.

use crate::error::{Code, Error, Result};
use crate::expr::is_reserved;
use sqlparser::ast::{Ident, ObjectName};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// That a name is none, as a syntax error.
///
/// # Errors
/// `Syntax` for a word that must be quoted to be a name, and is not.
pub fn check_name(ident: &Ident) -> Result<()> {
    // What no user wrote has no place in the text.
    let is_written = ident.quote_style.is_none() && ident.span.start.column > 0;
    match is_written && is_reserved(&ident.value) {
        true => Err(unexpected(ident)),
        false => Ok(()),
    }
}

/// A syntax error at a name.
pub fn unexpected(ident: &Ident) -> Error {
    let message = format!("syntax error at or near \"{}\"", ident.value);
    Error::new(Code::Syntax, message).at(ident.span.start.column as u32)
}

/// Reads a name.
pub(super) fn identifier(parser: &mut Parser) -> std::result::Result<Ident, ParserError> {
    expect_name(parser)?;
    parser.parse_identifier()
}

/// Reads a name, perhaps with dots.
pub(super) fn object_name(parser: &mut Parser) -> std::result::Result<ObjectName, ParserError> {
    expect_name(parser)?;
    parser.parse_object_name(false)
}

fn expect_name(parser: &Parser) -> std::result::Result<(), ParserError> {
    let next = parser.peek_token_ref();
    match &next.token {
        Token::Word(word) if word.quote_style.is_none() && is_reserved(&word.value) => {
            parser.expected("a name", next.clone())
        }
        _ => Ok(()),
    }
}
