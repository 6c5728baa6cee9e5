//! From tokens to the syntax tree of one statement, and the grammar's errors in PostgreSQL's words.

use super::clause::Temporal;
use super::complexity;
use super::definition::{Texts, index_texts, query_text, texts};
use super::exclusion::{self, Exclusion};
use super::grammar::{Failure, Syntax, statement};
use super::in_list;
use super::inference::{self, Inference};
use super::lexer::Lexer;
use super::lift::{self, Effort};
use super::locking::{self, Locking};
use super::scan::Source;
use super::sequence::{self, Overriding, SequenceOptions};
use super::session::{self, SessionStatement};
use super::subscript;
use super::symmetric;
use super::synonym;
use super::temporal;
use super::token::{self, syntax_error};
use super::whole_table;
use crate::error::{Code, Error, Result};
use crate::types::DataType;
use sqlparser::ast;
use sqlparser::dialect::{Dialect, PostgreSqlDialect};
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
    /// Of an INSERT.
    pub(crate) overriding: Option<Overriding>,
    /// What the frames of windows exclude, by the position of the window's name.
    pub(crate) exclusions: Vec<(u32, Exclusion)>,
    /// The targets of ON CONFLICT that the grammar does not read, by their positions.
    pub(crate) inferences: Vec<(u32, Inference)>,
    /// What stands in brackets behind the columns of SET, by their positions.
    pub(crate) subscripts: Vec<(u32, Vec<ast::AccessExpr>)>,
    /// By what a query is taken for a statement that writes: a call that moves a sequence, or locks.
    pub(crate) query_writes: Option<&'static str>,
    /// Whether it fails rather than wait for who writes.
    pub(crate) no_wait: bool,
    /// Whether a name of a hidden system column stands anywhere in it.
    pub(crate) system_columns: bool,
    /// How deep parentheses stand in each other, itself included.
    pub(crate) nesting: usize,
    /// The texts of the expressions in a definition.
    pub(crate) texts: Texts,
    /// Where each token begins, and whether it opens a parenthesis.
    pub(crate) tokens: Vec<(u32, bool)>,
}

impl Statement {
    /// The name of the prepared statement that this one executes.
    pub fn executes(&self) -> Option<&str> {
        match &self.syntax {
            Syntax::Session(session) => match &**session {
                SessionStatement::Execute { name, .. } => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the frame of the window excludes that names another one at a position.
    pub(crate) fn exclusion_at(&self, position: u32) -> Option<Exclusion> {
        let mut all = self.exclusions.iter();
        all.find(|(other, _)| *other == position)
            .map(|(_, exclusion)| *exclusion)
    }

    /// The position of the token before the operand that begins at a position, its parentheses left
    /// out: that of the operator.
    pub(crate) fn token_before(&self, position: u32) -> Option<u32> {
        let at = self.tokens.partition_point(|(start, _)| *start < position);
        let before = self.tokens[..at].iter().rev();
        let operator = before.copied().find(|(_, opens)| !opens);
        operator.map(|(start, _)| start)
    }
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
    let nesting = complexity::check(source.script, &reading.pieces, reading.tokens)
        .map_err(|error| error.at(source.characters + 1))?;
    let mut lifted = reading.lifted;
    let prepared = session::prepared_at(source, &reading.pieces);
    let start = prepared.map(|at| reading.pieces[at].token.end);
    let own = prepared.map_or(&reading.pieces[..], |at| &reading.pieces[..at]);
    if prepared.is_some() {
        lifted.parameters = 0;
    }
    let mut tokens = token::convert(source, own, lifted.parameters)?;
    whole_table::spell_out(&mut tokens);
    synonym::spell_out(&mut tokens);
    symmetric::spell_out(&mut tokens);
    let (mut tokens, temporal) = temporal::lift(source.script, tokens, lifted.parameters)?;
    let overriding = sequence::take_overriding(&mut tokens);
    let identities = sequence::take_identities(&mut tokens);
    let exclusions = exclusion::take_exclusions(&mut tokens);
    let locking = locking::read_locks(&mut tokens);
    let inferences = inference::take_inferences(source.script, &mut tokens)?;
    let subscripts = subscript::take_subscripts(source.script, &mut tokens)?;
    let syntax = parse_tokens(source, &tokens, start).map_err(|error| match error.code() {
        Code::LimitComplexity => error.at(source.characters + 1),
        _ => error,
    })?;
    let mut texts = match syntax {
        Syntax::CreateTable(_) => texts(source, &reading.pieces, 1),
        Syntax::Alter(_) | Syntax::CreateDomain { .. } => texts(source, &reading.pieces, 0),
        Syntax::CreateIndex(_) => index_texts(source, &reading.pieces),
        Syntax::CreateView { .. } | Syntax::CreateMaterializedView { .. } => Texts {
            query: query_text(source, &reading.pieces),
            ..Texts::default()
        },
        _ => Texts::default(),
    };
    for tokens in identities {
        texts
            .identities
            .push(identity_options(source.script, tokens)?);
    }
    Ok(Statement {
        temporal,
        parameters: match syntax {
            // The lines.
            Syntax::CopyFrom(_) => 1,
            _ => lifted.parameters,
        },
        literals: lifted
            .classes
            .iter()
            .map(|class| class.data_type())
            .collect(),
        rows: lifted.tuples > 0,
        overriding,
        exclusions,
        inferences,
        subscripts,
        query_writes: match tokens.iter().any(moves_sequence) {
            true => Some("nextval()"),
            false if locking != Locking::Nothing => Some("SELECT FOR UPDATE"),
            false => tokens
                .iter()
                .any(locks)
                .then_some("pg_advisory_xact_lock()"),
        },
        no_wait: locking == Locking::NoWait,
        system_columns: tokens.iter().any(is_system_column),
        nesting,
        texts,
        tokens: tokens.iter().map(start_of).collect(),
        syntax,
    })
}

/// Whether a token may be the name of a function that moves a sequence.
fn moves_sequence(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word) if matches!(word.value.as_str(), "nextval" | "setval"))
}

/// Whether it may be the name of the function that waits for a lock of the application: the one to write.
fn locks(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word) if word.value == "pg_advisory_xact_lock")
}

fn identity_options(script: &str, tokens: Vec<TokenWithSpan>) -> Result<SequenceOptions> {
    let dialect = PostgreSqlDialect {};
    let mut parser = new_parser(&dialect, tokens.clone());
    let options = sequence::options(&mut parser);
    let options = options.map_err(|failure| own_error(failure, &parser, script, &tokens))?;
    at_end(&parser, script)?;
    Ok(options)
}

fn is_system_column(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word)
        if word.value.starts_with("system_seq_") || word.value.starts_with("system_time_"))
}

fn start_of(token: &TokenWithSpan) -> (u32, bool) {
    (token.span.start.column as u32, token.token == Token::LParen)
}

/// Parses the text of an expression in a definition.
pub fn parse_expression(sql: &str) -> Result<ast::Expr> {
    parse_part(sql, |parser| parser.parse_expr())
}

/// Parses a query of our own.
pub(super) fn parse_query(sql: &str) -> Result<Box<ast::Query>> {
    parse_part(sql, |parser| parser.parse_query())
}

fn parse_part<T>(
    sql: &str,
    read: fn(&mut Parser) -> std::result::Result<T, ParserError>,
) -> Result<T> {
    let source = Source {
        script: sql,
        start: 0,
        end: sql.len(),
        characters: 0,
    };
    let reading = lift::read(sql, &mut Lexer::new(sql, 0), Effort::Nothing, true)?
        .ok_or_else(|| Error::new(Code::Syntax, "there is no expression"))?;
    complexity::check(sql, &reading.pieces, reading.tokens)?;
    let mut tokens = token::convert(&source, &reading.pieces, 0)?;
    symmetric::spell_out(&mut tokens);
    let dialect = PostgreSqlDialect {};
    let mut parser = new_parser(&dialect, tokens.clone());
    let part = read(&mut parser);
    let part = part.map_err(|error| parse_error(error, sql, &tokens))?;
    at_end(&parser, sql)?;
    Ok(part)
}

pub(super) fn new_parser<'a>(dialect: &'a dyn Dialect, tokens: Vec<TokenWithSpan>) -> Parser<'a> {
    Parser::new(dialect)
        .with_recursion_limit(RECURSION_MAX)
        .with_tokens_with_locations(tokens)
}

/// `prepared` is where the statement begins that a PREPARE holds: it is not among the tokens.
fn parse_tokens(
    source: &Source,
    tokens: &[TokenWithSpan],
    prepared: Option<usize>,
) -> Result<Syntax> {
    let script = source.script;
    let dialect = PostgreSqlDialect {};
    let mut parser = new_parser(&dialect, in_list::wrap_queries(tokens));
    let syntax = match prepared {
        Some(start) => session::prepare(&mut parser, source, start)
            .map(|statement| Syntax::Session(Box::new(statement))),
        None => match session::config(tokens) {
            Some(config) => return Ok(Syntax::Session(Box::new(config))),
            None => statement(&mut parser, false),
        },
    };
    let syntax = syntax.map_err(|failure| own_error(failure, &parser, script, tokens))?;
    at_end(&parser, script)?;
    Ok(syntax)
}

fn own_error(failure: Failure, parser: &Parser, script: &str, tokens: &[TokenWithSpan]) -> Error {
    match failure {
        Failure::Grammar(error) => parse_error(error, script, tokens),
        Failure::Own(error) => error.at(position_of_next(parser, tokens)),
    }
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

/// What PostgreSQL's grammar reads and this one does not, by the words before the place where it stops and at it.
const UNREAD: [(&[&str], &str); 8] = [
    (&["by", "distinct"], "GROUP BY DISTINCT"),
    (&["current", "of"], "WHERE CURRENT OF"),
    (&["rows", "from"], "ROWS FROM"),
    (&["set", "null", "("], "SET NULL of some columns"),
    (&["set", "default", "("], "SET DEFAULT of some columns"),
    (&["unique", "nulls"], "NULLS NOT DISTINCT behind a column"),
    (&["insert", "default"], "DEFAULT VALUES in MERGE"),
    (&["["], "an element of an array as a column of INSERT"),
];

/// What these tokens begin that is not read, if it is known.
fn unread(tokens: &[TokenWithSpan]) -> Option<&'static str> {
    let is = |token: &TokenWithSpan, word: &str| match &token.token {
        _ if word == "*" => true,
        Token::LParen => word == "(",
        Token::LBracket => word == "[",
        _ => synonym::plain_word(token) == Some(word),
    };
    let ends = |words: &[&str]| {
        let from = tokens.len().checked_sub(words.len());
        from.is_some_and(|from| {
            tokens[from..]
                .iter()
                .zip(words)
                .all(|(token, word)| is(token, word))
        })
    };
    let known = UNREAD.iter().find(|(words, _)| ends(words));
    known.map(|(_, what)| *what)
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
    let at = column.and_then(|column| {
        tokens
            .iter()
            .position(|token| token.span.start.column == column)
    });
    if let Some(what) = at.and_then(|at| unread(&tokens[..=at])) {
        return Error::unsupported(what).at(column.unwrap_or_default() as u32);
    }
    let found = at.map(|at| &tokens[at]);
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
