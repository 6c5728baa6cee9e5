//! The target of ON CONFLICT where it is more than a list of columns: expressions, or a predicate behind it, neither
//! of which the grammar reads.
//!
//! `ON CONFLICT (lower(a)) WHERE b DO …` becomes `ON CONFLICT (lower) DO …`; what was meant is found by the position
//! of that name.

use super::parse::{new_parser, parse_error};
use super::token::syntax_error;
use crate::error::{Code, Error, Result};
use sqlparser::ast::Expr;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Each is looked at to its end, which may be that of the statement.
const CLAUSES_MAX: usize = 1000;

/// Which unique indexes are meant: those over these expressions, of rows of which at least the predicate is true.
#[derive(Debug)]
pub struct Inference {
    pub parts: Vec<Expr>,
    pub predicate: Option<Expr>,
}

/// Takes such targets out; gives them with their positions.
pub(super) fn take_inferences(
    script: &str,
    tokens: &mut Vec<TokenWithSpan>,
) -> Result<Vec<(u32, Inference)>> {
    let mut found = Vec::new();
    let mut clauses = 0;
    let mut at = 2;
    while at < tokens.len() {
        at += 1;
        let begins = is(tokens, at - 3, Keyword::ON) && is(tokens, at - 2, Keyword::CONFLICT);
        if !begins || tokens[at - 1].token != Token::LParen {
            continue;
        }
        clauses += 1;
        if clauses > CLAUSES_MAX {
            let message = format!("a statement has more than {CLAUSES_MAX} ON CONFLICT clauses");
            return Err(Error::new(Code::LimitComplexity, message));
        }
        let Some(end) = end_of(tokens, at, |token| *token == Token::RParen) else {
            break;
        };
        let is_name = |t: &TokenWithSpan| matches!(t.token, Token::Word(_) | Token::Comma);
        let has_predicate = is(tokens, end + 1, Keyword::WHERE);
        if tokens[at..end].iter().all(is_name) && !has_predicate || at == end {
            continue;
        }
        let parts = tokens[at..end].to_vec();
        let list = |parser: &mut Parser| parser.parse_comma_separated(Parser::parse_expr);
        let parts = read(script, parts, list)?;
        let mut predicate = None;
        let mut over = end;
        if has_predicate {
            let is_do =
                |token: &Token| matches!(token, Token::Word(word) if word.keyword == Keyword::DO);
            over = end_of(tokens, end + 2, is_do).unwrap_or(tokens.len());
            predicate = Some(expression(script, tokens[end + 2..over].to_vec())?);
            over -= 1;
        }
        let position = tokens[at].span.start.column as u32;
        found.push((position, Inference { parts, predicate }));
        tokens[at].token = Token::Word(Word {
            value: "target".to_string(),
            quote_style: None,
            keyword: Keyword::NoKeyword,
        });
        let close = tokens[end].clone();
        tokens.splice(at + 1..over + 1, [close]);
    }
    Ok(found)
}

fn is(tokens: &[TokenWithSpan], at: usize, keyword: Keyword) -> bool {
    let token = tokens.get(at).map(|token| &token.token);
    matches!(token, Some(Token::Word(word)) if word.keyword == keyword)
}

/// The first such token from a place on that stands in no parentheses of its own.
fn end_of(tokens: &[TokenWithSpan], from: usize, is_end: impl Fn(&Token) -> bool) -> Option<usize> {
    let mut depth = 0usize;
    for (at, TokenWithSpan { token, .. }) in tokens.iter().enumerate().skip(from) {
        if depth == 0 && is_end(token) {
            return Some(at);
        }
        match token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    None
}

/// The expression that these tokens are, to the last of them.
pub(super) fn expression(script: &str, tokens: Vec<TokenWithSpan>) -> Result<Expr> {
    read(script, tokens, |parser: &mut Parser| parser.parse_expr())
}

fn read<T>(
    script: &str,
    tokens: Vec<TokenWithSpan>,
    parse: impl Fn(&mut Parser) -> std::result::Result<T, ParserError>,
) -> Result<T> {
    let dialect = PostgreSqlDialect {};
    let mut parser = new_parser(&dialect, tokens.clone());
    let parsed = parse(&mut parser).map_err(|error| parse_error(error, script, &tokens))?;
    let next = parser.peek_token_ref();
    match next.token {
        Token::EOF => Ok(parsed),
        _ => Err(syntax_error(script, next)),
    }
}
