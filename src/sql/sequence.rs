//! The options of sequences, which may come in any order, in statements and behind `AS IDENTITY`; and
//! `OVERRIDING … VALUE`. The grammar does not know them, so they are read first and taken out.

use super::exclusion::is_word;
use super::grammar::Parsed;
use super::reserved::object_name;
use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What a definition of a sequence says; what it does not say is `None`.
#[derive(Debug, Default)]
pub struct SequenceOptions {
    pub data_type: Option<ast::DataType>,
    pub increment: Option<i64>,
    /// `Some(None)` is NO MINVALUE.
    pub min: Option<Option<i64>>,
    pub max: Option<Option<i64>>,
    pub start: Option<i64>,
    /// `Some(None)` is RESTART without a number.
    pub restart: Option<Option<i64>>,
    pub cycle: Option<bool>,
    /// `Some(None)` is OWNED BY NONE.
    pub owner: Option<Option<ast::ObjectName>>,
    /// That of an identity column, where its name is not made from the column's.
    pub name: Option<ast::ObjectName>,
}

/// What an INSERT does with values given to identity columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overriding {
    System,
    User,
}

pub(super) fn options(parser: &mut Parser) -> Parsed<SequenceOptions> {
    options_behind(parser, false)
}

/// As ALTER COLUMN has them, each behind SET.
pub(super) fn options_set(parser: &mut Parser) -> Parsed<SequenceOptions> {
    options_behind(parser, true)
}

fn options_behind(parser: &mut Parser, set: bool) -> Parsed<SequenceOptions> {
    let mut options = SequenceOptions::default();
    loop {
        let _ = set && parser.parse_keyword(Keyword::SET);
        if parser.parse_keyword(Keyword::AS) {
            options.data_type = Some(parser.parse_data_type()?);
        } else if parser.parse_keyword(Keyword::INCREMENT) {
            let _ = parser.parse_keyword(Keyword::BY);
            options.increment = Some(number(parser)?);
        } else if parser.parse_keyword(Keyword::MINVALUE) {
            options.min = Some(Some(number(parser)?));
        } else if parser.parse_keyword(Keyword::MAXVALUE) {
            options.max = Some(Some(number(parser)?));
        } else if parser.parse_keyword(Keyword::START) {
            let _ = parser.parse_keyword(Keyword::WITH);
            options.start = Some(number(parser)?);
        } else if parser.parse_keyword(Keyword::RESTART) {
            let with = parser.parse_keyword(Keyword::WITH);
            let is_number = matches!(
                parser.peek_token_ref().token,
                Token::Number(..) | Token::Minus | Token::Plus
            );
            let value = (with || is_number).then(|| number(parser)).transpose()?;
            options.restart = Some(value);
        } else if parser.parse_keyword(Keyword::CACHE) {
            number(parser)?;
        } else if parser.parse_keyword(Keyword::CYCLE) {
            options.cycle = Some(true);
        } else if parser.parse_keywords(&[Keyword::OWNED, Keyword::BY]) {
            let none = parser.parse_keyword(Keyword::NONE);
            let owner = (!none).then(|| object_name(parser)).transpose()?;
            options.owner = Some(owner);
        } else if parser.parse_keywords(&[Keyword::SEQUENCE, Keyword::NAME]) {
            options.name = Some(parser.parse_object_name(false)?);
        } else if parser.parse_keyword(Keyword::NO) {
            match parser.expect_one_of_keywords(&[
                Keyword::MINVALUE,
                Keyword::MAXVALUE,
                Keyword::CYCLE,
            ])? {
                Keyword::MINVALUE => options.min = Some(None),
                Keyword::MAXVALUE => options.max = Some(None),
                _ => options.cycle = Some(false),
            }
        } else {
            return Ok(options);
        }
    }
}

fn number(parser: &mut Parser) -> Parsed<i64> {
    let negative = parser.consume_token(&Token::Minus);
    let _ = !negative && parser.consume_token(&Token::Plus);
    let token = parser.next_token();
    let digits = match &token.token {
        Token::Number(text, _) => text.as_str(),
        _ => "",
    };
    let text = format!("{}{digits}", if negative { "-" } else { "" });
    match text.parse() {
        Ok(number) => Ok(number),
        Err(_) => Ok(parser.expected_ref("a bigint", &token)?),
    }
}

/// The tokens within the parentheses behind each `AS IDENTITY`, taken out together with those.
pub(super) fn take_identities(tokens: &mut Vec<TokenWithSpan>) -> Vec<Vec<TokenWithSpan>> {
    let mut found = Vec::new();
    let mut at = 1;
    while at < tokens.len() {
        if is_word(tokens, at, "identity") && is_word(tokens, at - 1, "as") {
            found.push(take_parentheses(tokens, at + 1));
        }
        at += 1;
    }
    found
}

fn take_parentheses(tokens: &mut Vec<TokenWithSpan>, open: usize) -> Vec<TokenWithSpan> {
    let is = |at: usize, token: Token| tokens.get(at).is_some_and(|found| found.token == token);
    if !is(open, Token::LParen) {
        return Vec::new();
    }
    let Some(close) = (open..tokens.len()).find(|at| is(*at, Token::RParen)) else {
        // The grammar refuses what is left open.
        return Vec::new();
    };
    let mut taken: Vec<TokenWithSpan> = tokens.drain(open..=close).collect();
    taken.pop();
    taken.remove(0);
    taken
}

/// `OVERRIDING SYSTEM | USER VALUE`, taken out.
pub(super) fn take_overriding(tokens: &mut Vec<TokenWithSpan>) -> Option<Overriding> {
    let at = (0..tokens.len())
        .find(|at| is_word(tokens, *at, "overriding") && is_word(tokens, at + 2, "value"))?;
    let overriding = if is_word(tokens, at + 1, "system") {
        Overriding::System
    } else if is_word(tokens, at + 1, "user") {
        Overriding::User
    } else {
        return None;
    };
    tokens.drain(at..at + 3);
    Some(overriding)
}
