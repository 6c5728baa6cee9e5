//! From tokens to the syntax tree of one statement.
//!
//! The first keyword decides which entry point of the grammar is called, so that the many statements
//! that do not exist here are not linked; the small ones (transactions, DROP, TRUNCATE) are read here.

use super::complexity;
use super::lexer::Lexer;
use super::lift::{self, Effort, Piece};
use super::scan::Source;
use super::temporal::{self, Temporal};
use super::token::{self, syntax_error};
use crate::error::{Code, Error, Result};
use crate::types::DataType;
use sqlparser::ast;
use sqlparser::dialect::{Dialect, PostgreSqlDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// How deep the grammar may recurse.
const RECURSION_MAX: usize = 50;

/// Whether constants become parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifting {
    On,
    Off,
}

/// A parsed statement.
#[derive(Debug)]
pub struct Statement {
    pub syntax: Syntax,
    pub temporal: Temporal,
    /// How many parameters the user wrote: the highest `$n`.
    pub parameters: u32,
    /// The types of the lifted constants, which are the parameters behind the user's own. Strings are
    /// unknown: the context decides.
    pub literals: Vec<DataType>,
    /// If the constants are not parameters but the columns of an INSERT's rows.
    pub rows: bool,
    /// Whether a name of a hidden system column stands anywhere in it.
    pub(crate) system_columns: bool,
    /// The text of each column's DEFAULT, in order.
    pub(crate) defaults: Vec<String>,
    /// Where each token begins, and whether it opens a parenthesis.
    pub(crate) tokens: Vec<(u32, bool)>,
}

impl Statement {
    /// The position of the token before the operand that begins at a position, its parentheses left
    /// out: that of the operator.
    pub(crate) fn token_before(&self, position: u32) -> Option<u32> {
        let at = self.tokens.partition_point(|(start, _)| *start < position);
        let before = self.tokens[..at].iter().rev();
        let operator = before.copied().find(|(_, opens)| !opens);
        operator.map(|(start, _)| start)
    }
}

/// What a statement says.
#[derive(Debug)]
pub enum Syntax {
    Query(Box<ast::Query>),
    Insert(Box<ast::Insert>),
    Update(Box<ast::Update>),
    Delete(Box<ast::Delete>),
    CreateTable(Box<ast::CreateTable>),
    CreateIndex(Box<ast::CreateIndex>),
    DropTable {
        names: Vec<ast::ObjectName>,
        if_exists: bool,
    },
    DropIndex {
        names: Vec<ast::ObjectName>,
        if_exists: bool,
    },
    Truncate(Vec<ast::ObjectName>),
    Begin {
        read_only: bool,
    },
    Commit,
    Rollback,
    Savepoint(ast::Ident),
    Release(ast::Ident),
    RollbackTo(ast::Ident),
    Explain {
        analyze: bool,
        statement: Box<Syntax>,
    },
}

/// Parses one statement of a script.
pub fn parse(source: &Source, lifting: Lifting) -> Result<Statement> {
    let most = match lifting {
        Lifting::On => Effort::Collapse,
        Lifting::Off => Effort::Nothing,
    };
    let mut lexer = Lexer::new(source.script, source.start);
    let reading = lift::read(source.script, &mut lexer, most, true)?
        .ok_or_else(|| Error::new(Code::Syntax, "there is no statement"))?;
    complexity::check(source.script, &reading.pieces, reading.tokens)
        .map_err(|error| error.at(source.characters + 1))?;
    let lifted = reading.lifted;
    let tokens = token::convert(source, &reading.pieces, lifted.parameters)?;
    let (tokens, temporal) = temporal::lift(source.script, tokens)?;
    let syntax = parse_tokens(source.script, &tokens).map_err(|error| match error.code() {
        Code::LimitComplexity => error.at(source.characters + 1),
        _ => error,
    })?;
    let defaults = match syntax {
        Syntax::CreateTable(_) => default_texts(source, &reading.pieces),
        _ => Vec::new(),
    };
    Ok(Statement {
        syntax,
        temporal,
        parameters: lifted.parameters,
        literals: lifted
            .classes
            .iter()
            .map(|class| class.data_type())
            .collect(),
        rows: lifted.tuples > 0,
        system_columns: tokens.iter().any(is_system_column),
        defaults,
        tokens: tokens.iter().map(start_of).collect(),
    })
}

fn is_system_column(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word)
        if word.value.starts_with("system_seq_") || word.value.starts_with("system_time_"))
}

fn start_of(token: &TokenWithSpan) -> (u32, bool) {
    (token.span.start.column as u32, token.token == Token::LParen)
}

/// Parses the text of a column's DEFAULT.
pub fn parse_default(sql: &str) -> Result<ast::Expr> {
    let source = Source {
        script: sql,
        start: 0,
        end: sql.len(),
        characters: 0,
    };
    let reading = lift::read(sql, &mut Lexer::new(sql, 0), Effort::Nothing, true)?
        .ok_or_else(|| Error::new(Code::Syntax, "there is no expression"))?;
    complexity::check(sql, &reading.pieces, reading.tokens)?;
    let tokens = token::convert(&source, &reading.pieces, 0)?;
    let dialect = PostgreSqlDialect {};
    let mut parser = new_parser(&dialect, tokens.clone());
    let expr = parser.parse_expr();
    let expr = expr.map_err(|error| parse_error(error, sql, &tokens))?;
    at_end(&parser, sql)?;
    Ok(expr)
}

pub(super) fn new_parser<'a>(dialect: &'a dyn Dialect, tokens: Vec<TokenWithSpan>) -> Parser<'a> {
    Parser::new(dialect)
        .with_recursion_limit(RECURSION_MAX)
        .with_tokens_with_locations(tokens)
}

fn parse_tokens(script: &str, tokens: &[TokenWithSpan]) -> Result<Syntax> {
    let dialect = PostgreSqlDialect {};
    let mut parser = new_parser(&dialect, tokens.to_vec());
    let syntax = statement(&mut parser, false);
    let syntax = syntax.map_err(|failure| match failure {
        Failure::Grammar(error) => parse_error(error, script, tokens),
        Failure::Own(error) => error.at(position_of_next(&parser, tokens)),
    })?;
    at_end(&parser, script)?;
    Ok(syntax)
}

fn at_end(parser: &Parser, script: &str) -> Result<()> {
    let next = parser.peek_token_ref();
    match next.token {
        Token::EOF => Ok(()),
        _ => Err(syntax_error(script, next)),
    }
}

fn position_of_next(parser: &Parser, tokens: &[TokenWithSpan]) -> u32 {
    let next = parser.peek_token_ref();
    match next.token {
        Token::EOF => end_position(tokens),
        _ => next.span.start.column as u32,
    }
}

fn end_position(tokens: &[TokenWithSpan]) -> u32 {
    tokens
        .last()
        .map_or(1, |token| token.span.end.column as u32)
}

/// The grammar's error as PostgreSQL would say it, with what the grammar says as its detail.
pub(super) fn parse_error(error: ParserError, script: &str, tokens: &[TokenWithSpan]) -> Error {
    let message = match error {
        ParserError::RecursionLimitExceeded => {
            return Error::new(Code::LimitComplexity, "the statement is nested too deeply");
        }
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
    };
    let column = message
        .rsplit_once("Column: ")
        .and_then(|(_, column)| column.trim().parse::<u64>().ok());
    let found = column.and_then(|column| {
        tokens
            .iter()
            .find(|token| token.span.start.column == column)
    });
    let what = message.split(", found:").next().unwrap_or_default();
    let error = match found {
        Some(token) => syntax_error(script, token),
        None => Error::new(Code::Syntax, "syntax error at end of input").at(end_position(tokens)),
    };
    match what.strip_prefix("Expected: ") {
        Some(expected) => error.with_detail(format!("Expected {expected}.")),
        None => error.with_detail(what.split(" at Line:").next().unwrap_or(what).to_string()),
    }
}

enum Failure {
    Grammar(ParserError),
    Own(Error),
}

impl From<ParserError> for Failure {
    fn from(error: ParserError) -> Self {
        Failure::Grammar(error)
    }
}

type Parsed<T> = std::result::Result<T, Failure>;

fn unsupported<T>(what: &str) -> Parsed<T> {
    Err(Failure::Own(Error::unsupported(what)))
}

fn statement(parser: &mut Parser, explained: bool) -> Parsed<Syntax> {
    let first = parser.peek_token_ref().clone();
    let keyword = match &first.token {
        Token::Word(word) => word.keyword,
        Token::LParen => Keyword::SELECT,
        _ => return Ok(parser.expected_ref("a statement", &first)?),
    };
    if matches!(
        keyword,
        Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::TABLE
    ) {
        return Ok(Syntax::Query(parser.parse_query()?));
    }
    parser.advance_token();
    match keyword {
        Keyword::INSERT => match parser.parse_insert(first)? {
            ast::Statement::Insert(insert) => Ok(Syntax::Insert(Box::new(insert))),
            _ => unsupported("this form of INSERT"),
        },
        Keyword::UPDATE => match parser.parse_update(first)? {
            ast::Statement::Update(update) => Ok(Syntax::Update(Box::new(update))),
            _ => unsupported("this form of UPDATE"),
        },
        Keyword::DELETE => match parser.parse_delete(first)? {
            ast::Statement::Delete(delete) => Ok(Syntax::Delete(Box::new(delete))),
            _ => unsupported("this form of DELETE"),
        },
        _ if explained => unsupported("EXPLAIN of this statement"),
        Keyword::CREATE => create(parser),
        Keyword::DROP => drop(parser),
        Keyword::TRUNCATE => truncate(parser),
        Keyword::EXPLAIN => explain(parser),
        _ => transaction(parser, keyword, &first),
    }
}

fn create(parser: &mut Parser) -> Parsed<Syntax> {
    if parser.parse_keywords(&[Keyword::UNIQUE, Keyword::INDEX]) {
        let index = parser.parse_create_index(true)?;
        return Ok(Syntax::CreateIndex(Box::new(index)));
    }
    if parser.parse_keyword(Keyword::INDEX) {
        let index = parser.parse_create_index(false)?;
        return Ok(Syntax::CreateIndex(Box::new(index)));
    }
    if parser.parse_keyword(Keyword::TABLE) {
        let table = parser.parse_create_table(false, false, false, None, false, false, None)?;
        return Ok(Syntax::CreateTable(Box::new(table)));
    }
    unsupported("this form of CREATE")
}

fn drop(parser: &mut Parser) -> Parsed<Syntax> {
    let is_table = parser.parse_keyword(Keyword::TABLE);
    if !is_table && !parser.parse_keyword(Keyword::INDEX) {
        return unsupported("this form of DROP");
    }
    let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
    let names = parser.parse_comma_separated(|parser| parser.parse_object_name(false))?;
    // Nothing depends on a table or an index here, so both words ask for the same.
    let _ = parser.parse_one_of_keywords(&[Keyword::CASCADE, Keyword::RESTRICT]);
    Ok(match is_table {
        true => Syntax::DropTable { names, if_exists },
        false => Syntax::DropIndex { names, if_exists },
    })
}

fn truncate(parser: &mut Parser) -> Parsed<Syntax> {
    let _ = parser.parse_keyword(Keyword::TABLE);
    let _ = parser.parse_keyword(Keyword::ONLY);
    let names = parser.parse_comma_separated(|parser| parser.parse_object_name(false))?;
    if parser.parse_keywords(&[Keyword::RESTART, Keyword::IDENTITY]) {
        return unsupported("TRUNCATE … RESTART IDENTITY");
    }
    let _ = parser.parse_keywords(&[Keyword::CONTINUE, Keyword::IDENTITY]);
    let _ = parser.parse_one_of_keywords(&[Keyword::CASCADE, Keyword::RESTRICT]);
    Ok(Syntax::Truncate(names))
}

/// `EXPLAIN [ANALYZE] statement` or `EXPLAIN (option [value], …) statement`.
fn explain(parser: &mut Parser) -> Parsed<Syntax> {
    let mut analyze = parser.parse_keyword(Keyword::ANALYZE);
    let _ = parser.parse_keyword(Keyword::VERBOSE);
    if !analyze && is_option_list(parser) && parser.consume_token(&Token::LParen) {
        loop {
            let option = parser.parse_identifier()?;
            let on = explain_switch(parser)?;
            match option.value.as_str() {
                "analyze" => analyze = on,
                "verbose" | "costs" | "timing" | "summary" | "buffers" => {}
                "format" if on => {}
                _ => return unsupported("this option of EXPLAIN"),
            }
            if !parser.consume_token(&Token::Comma) {
                break;
            }
        }
        parser.expect_token(&Token::RParen)?;
    }
    Ok(Syntax::Explain {
        analyze,
        statement: Box::new(statement(parser, true)?),
    })
}

/// Whether the parenthesis that follows holds options and not a query.
fn is_option_list(parser: &Parser) -> bool {
    let [_, word] = parser.peek_tokens();
    !matches!(&word, Token::LParen)
        && !matches!(&word, Token::Word(word)
            if matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES))
}

/// The text of a word, number or string.
fn word_text(token: &TokenWithSpan) -> &str {
    match &token.token {
        Token::Word(word) => &word.value,
        Token::Number(text, _) | Token::NationalStringLiteral(text) => text,
        _ => "",
    }
}

/// The value of an option: nothing is on.
fn explain_switch(parser: &mut Parser) -> Parsed<bool> {
    match &parser.peek_token_ref().token {
        Token::Comma | Token::RParen => return Ok(true),
        _ => {}
    }
    let value = parser.next_token();
    match word_text(&value) {
        "true" | "on" | "1" | "text" => Ok(true),
        "false" | "off" | "0" => Ok(false),
        _ => unsupported("this value of an option of EXPLAIN"),
    }
}

fn transaction(parser: &mut Parser, keyword: Keyword, first: &TokenWithSpan) -> Parsed<Syntax> {
    match keyword {
        Keyword::BEGIN => {
            skip_transaction_word(parser);
            modes(parser)
        }
        Keyword::START => {
            parser.expect_keyword_is(Keyword::TRANSACTION)?;
            modes(parser)
        }
        Keyword::COMMIT | Keyword::END => {
            skip_transaction_word(parser);
            no_chain(parser)?;
            Ok(Syntax::Commit)
        }
        Keyword::ROLLBACK | Keyword::ABORT => {
            skip_transaction_word(parser);
            if keyword == Keyword::ROLLBACK && parser.parse_keyword(Keyword::TO) {
                let _ = parser.parse_keyword(Keyword::SAVEPOINT);
                return Ok(Syntax::RollbackTo(parser.parse_identifier()?));
            }
            no_chain(parser)?;
            Ok(Syntax::Rollback)
        }
        Keyword::SAVEPOINT => Ok(Syntax::Savepoint(parser.parse_identifier()?)),
        Keyword::RELEASE => {
            let _ = parser.parse_keyword(Keyword::SAVEPOINT);
            Ok(Syntax::Release(parser.parse_identifier()?))
        }
        Keyword::ALTER
        | Keyword::MERGE
        | Keyword::COPY
        | Keyword::GRANT
        | Keyword::REVOKE
        | Keyword::SET
        | Keyword::SHOW
        | Keyword::RESET
        | Keyword::ANALYZE
        | Keyword::VACUUM
        | Keyword::PREPARE
        | Keyword::EXECUTE
        | Keyword::DEALLOCATE
        | Keyword::DECLARE
        | Keyword::FETCH
        | Keyword::CLOSE
        | Keyword::LOCK
        | Keyword::LISTEN
        | Keyword::NOTIFY
        | Keyword::UNLISTEN
        | Keyword::COMMENT
        | Keyword::DISCARD
        | Keyword::CALL
        | Keyword::DO => unsupported(&word_text(first).to_ascii_uppercase()),
        _ => Ok(parser.expected_ref("a statement", first)?),
    }
}

fn skip_transaction_word(parser: &mut Parser) {
    let _ = parser.parse_one_of_keywords(&[Keyword::TRANSACTION, Keyword::WORK]);
}

fn no_chain(parser: &mut Parser) -> Parsed<()> {
    if parser.parse_keywords(&[Keyword::AND, Keyword::NO, Keyword::CHAIN]) {
        return Ok(());
    }
    match parser.parse_keywords(&[Keyword::AND, Keyword::CHAIN]) {
        true => unsupported("AND CHAIN"),
        false => Ok(()),
    }
}

/// Every transaction is serialisable, so any isolation level asked for is given.
fn modes(parser: &mut Parser) -> Parsed<Syntax> {
    let modes = parser.parse_transaction_modes()?;
    let read_only = modes.iter().rev().find_map(|mode| match mode {
        ast::TransactionMode::AccessMode(access) => {
            Some(*access == ast::TransactionAccessMode::ReadOnly)
        }
        ast::TransactionMode::IsolationLevel(_) => None,
    });
    Ok(Syntax::Begin {
        read_only: read_only.unwrap_or(false),
    })
}

/// The text behind each DEFAULT of a CREATE TABLE, in order. As in PostgreSQL's grammar it ends before
/// the next word that begins a constraint, unless it begins with that word or has parentheses around.
fn default_texts(source: &Source, pieces: &[Piece]) -> Vec<String> {
    let sql = source.script;
    let mut texts = Vec::new();
    let mut depth = 0usize;
    for (at, piece) in pieces.iter().enumerate() {
        depth = depth_after(depth, sql, piece);
        if depth == 1 && piece.token.is_keyword(sql, "default") {
            texts.push(default_text(sql, &pieces[at + 1..]));
        }
    }
    texts
}

fn default_text(sql: &str, pieces: &[Piece]) -> String {
    const ENDS: [&str; 10] = [
        "not",
        "null",
        "primary",
        "unique",
        "check",
        "references",
        "constraint",
        "default",
        "generated",
        "collate",
    ];
    let mut depth = 0usize;
    let mut end = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let is_end = at > 0 && ENDS.iter().any(|word| piece.token.is_keyword(sql, word));
        let is_outer = piece.token.is_symbol(sql, ",") || piece.token.is_symbol(sql, ")");
        if depth == 0 && (is_end || is_outer) {
            break;
        }
        depth = depth_after(depth, sql, piece);
        end = at + 1;
    }
    match (pieces.first(), end.checked_sub(1)) {
        (Some(first), Some(last)) => sql[first.token.start..pieces[last].token.end].to_string(),
        _ => String::new(),
    }
}

fn depth_after(depth: usize, sql: &str, piece: &Piece) -> usize {
    if piece.token.is_symbol(sql, "(") {
        return depth + 1;
    }
    match piece.token.is_symbol(sql, ")") {
        true => depth.saturating_sub(1),
        false => depth,
    }
}
