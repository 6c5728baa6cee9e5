//! VACUUM, ANALYZE, REINDEX and CHECKPOINT: what they ask for the engine does by itself, in idle time or with every
//! commit, so that of such a statement nothing is left but that its relations exist. No history goes. And DROP … IF EXISTS
//! of objects of which there are none here, which leaves nothing to do.

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

/// What scripts drop before they make it, and no statement makes here.
const NEVER_MADE: [(&str, &str); 18] = [
    ("access", "DROP ACCESS METHOD"),
    ("aggregate", "DROP AGGREGATE"),
    ("collation", "DROP COLLATION"),
    ("conversion", "DROP CONVERSION"),
    ("event", "DROP EVENT TRIGGER"),
    ("extension", "DROP EXTENSION"),
    ("foreign", "DROP FOREIGN TABLE"),
    ("function", "DROP FUNCTION"),
    ("operator", "DROP OPERATOR"),
    ("policy", "DROP POLICY"),
    ("procedure", "DROP PROCEDURE"),
    ("publication", "DROP PUBLICATION"),
    ("routine", "DROP ROUTINE"),
    ("rule", "DROP RULE"),
    ("server", "DROP SERVER"),
    ("statistics", "DROP STATISTICS"),
    ("subscription", "DROP SUBSCRIPTION"),
    ("trigger", "DROP TRIGGER"),
];

/// `DROP FUNCTION IF EXISTS f`, behind DROP.
pub(super) fn drop_of_none(parser: &mut Parser) -> Option<Syntax> {
    let (_, command) = NEVER_MADE.iter().find(|(word, _)| accept(parser, word))?;
    let more = command.split(' ').count() - 2;
    let is_if_exists = |parser: &mut Parser| accept(parser, "if") && accept(parser, "exists");
    for _ in 0..more {
        parser.advance_token();
    }
    if !is_if_exists(parser) {
        return None;
    }
    while parser.peek_token_ref().token != Token::EOF {
        parser.advance_token();
    }
    let names = Vec::new();
    Some(Syntax::Maintain { command, names })
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
