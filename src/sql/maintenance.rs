//! VACUUM, ANALYZE, REINDEX and CHECKPOINT: what they ask for the engine does by itself, in idle time or with every
//! commit, so that of such a statement nothing is left but that its relations exist. No history goes.

use super::grammar::{Parsed, Syntax};
use super::session::accept;
use sqlparser::ast::ObjectName;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// The statement behind its first word, if it is one of these.
pub(super) fn statement(parser: &mut Parser, first: &str) -> Parsed<Option<Syntax>> {
    let (command, words): (_, &[&str]) = match first {
        "vacuum" => ("VACUUM", &["full", "freeze", "verbose", "analyze"]),
        "analyze" => ("ANALYZE", &["verbose"]),
        "reindex" => ("REINDEX", &["table", "index", "concurrently"]),
        "checkpoint" => ("CHECKPOINT", &[]),
        _ => return Ok(None),
    };
    skip_parentheses(parser)?;
    for word in words {
        accept(parser, word);
    }
    let names = match parser.peek_token_ref().token {
        Token::Word(_) if !words.is_empty() => parser.parse_comma_separated(|parser| {
            let name = parser.parse_object_name(false)?;
            skip_parentheses(parser)?;
            Ok(name)
        })?,
        _ => Vec::<ObjectName>::new(),
    };
    Ok(Some(Syntax::Maintain { command, names }))
}

/// A list in parentheses that changes nothing of what a statement means; whether there was one.
pub(super) fn skip_parentheses(parser: &mut Parser) -> Result<bool, ParserError> {
    if !parser.consume_token(&Token::LParen) {
        return Ok(false);
    }
    let mut open = 1;
    while open > 0 {
        match parser.next_token().token {
            Token::LParen => open += 1,
            Token::RParen => open -= 1,
            // One is missing.
            Token::EOF => parser.expect_token(&Token::RParen).map(drop)?,
            _ => {}
        }
    }
    Ok(true)
}
