//! Statements about the session: its settings, what it has prepared, the moment that it reads.
//!
//! ```text
//! SET [SESSION | LOCAL] name TO value   SET TIME ZONE value   SET NAMES value   RESET name | ALL   SHOW name | ALL
//! SET TRANSACTION mode, …               SET SESSION CHARACTERISTICS AS TRANSACTION mode, …
//! SET SESSION AS OF moment              RESET [SESSION] AS OF
//! PREPARE name (type, …) AS statement   EXECUTE name (value, …)   DEALLOCATE name | ALL   DISCARD ALL
//! ```
//!
//! What a setting may be is not known here. The moment of `SET SESSION AS OF` has been taken out with the other
//! temporal clauses: it is the one that holds for the whole statement.

use super::cursor::Direction;
use super::grammar::{Parsed, modes, unsupported};
use super::lexer::{Lexer, count_characters};
use super::lift::{self, Effort, Piece};
use super::parse::{Lifting, Statement, parse};
use super::reserved::identifier;
use super::scan::Source;
use crate::error::{Code, Error, Result};
use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::rc::Rc;

#[derive(Debug)]
pub enum SessionStatement {
    Set {
        name: String,
        /// `None`: DEFAULT.
        value: Option<String>,
        /// Until the transaction ends.
        local: bool,
    },
    /// A query of set_config, or of current_setting, which is without a value.
    Config {
        name: String,
        value: Option<(String, bool)>,
        missing_ok: bool,
    },
    ResetAll,
    Show(String),
    ShowAll,
    SetTransaction {
        modes: Modes,
        /// Those of transactions to come.
        characteristics: bool,
    },
    /// To the moment of the whole statement, or back to the present.
    AsOf,
    Present,
    Prepare {
        name: String,
        types: Vec<ast::DataType>,
        /// In its normal form, without constants.
        text: Rc<str>,
        statement: Rc<Statement>,
    },
    Execute {
        name: String,
        arguments: Vec<ast::Expr>,
    },
    /// FETCH, or MOVE.
    Fetch {
        cursor: String,
        direction: Direction,
        moves: bool,
    },
    /// `None`: all.
    Close(Option<String>),
    /// `None`: all.
    Deallocate(Option<String>),
    Discard,
}

/// What a transaction is to be like, as far as that was said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Modes {
    pub read_only: Option<bool>,
    pub isolation: Option<&'static str>,
}

/// The words that begin such a statement.
pub(super) const BEGINNINGS: [Keyword; 7] = [
    Keyword::SET,
    Keyword::RESET,
    Keyword::SHOW,
    Keyword::PREPARE,
    Keyword::EXECUTE,
    Keyword::DEALLOCATE,
    Keyword::DISCARD,
];

/// Reads what follows the first word.
pub(super) fn statement(parser: &mut Parser, first: Keyword) -> Parsed<SessionStatement> {
    match first {
        Keyword::SET => set(parser),
        Keyword::RESET => reset(parser),
        Keyword::SHOW => match word(parser) {
            "all" => {
                parser.advance_token();
                Ok(SessionStatement::ShowAll)
            }
            _ => Ok(SessionStatement::Show(setting(parser)?)),
        },
        Keyword::EXECUTE => execute(parser),
        Keyword::DEALLOCATE => {
            let _ = parser.parse_keyword(Keyword::PREPARE);
            Ok(SessionStatement::Deallocate(
                match parser.parse_keyword(Keyword::ALL) {
                    true => None,
                    false => Some(parser.parse_identifier()?.value),
                },
            ))
        }
        Keyword::DISCARD => match parser.parse_keyword(Keyword::ALL) {
            true => Ok(SessionStatement::Discard),
            false => unsupported("this form of DISCARD"),
        },
        _ => unsupported("this form of PREPARE"),
    }
}

/// The next word, if it is one without quotes.
fn word<'a>(parser: &'a Parser) -> &'a str {
    match &parser.peek_token_ref().token {
        Token::Word(word) if word.quote_style.is_none() => &word.value,
        _ => "",
    }
}

/// Whether the next word is this one, which is then taken.
pub(super) fn accept(parser: &mut Parser, wanted: &str) -> bool {
    let found = word(parser) == wanted;
    if found {
        parser.advance_token();
    }
    found
}

fn set(parser: &mut Parser) -> Parsed<SessionStatement> {
    let session = parser.parse_keyword(Keyword::SESSION);
    let local = !session && parser.parse_keyword(Keyword::LOCAL);
    if session && parser.peek_token_ref().token == Token::EOF {
        return Ok(SessionStatement::AsOf);
    }
    if session && accept(parser, "characteristics") {
        parser.expect_keywords(&[Keyword::AS, Keyword::TRANSACTION])?;
        let modes = some_modes(parser)?;
        return Ok(SessionStatement::SetTransaction {
            modes,
            characteristics: true,
        });
    }
    if !session && !local && accept(parser, "transaction") {
        let modes = some_modes(parser)?;
        return Ok(SessionStatement::SetTransaction {
            modes,
            characteristics: false,
        });
    }
    let name = if parser.parse_keywords(&[Keyword::TIME, Keyword::ZONE]) {
        "timezone".to_string()
    } else if accept(parser, "names") {
        "client_encoding".to_string()
    } else if accept(parser, "schema") {
        "search_path".to_string()
    } else {
        let name = setting(parser)?;
        if ["role", "session_authorization", "authorization"].contains(&name.as_str()) {
            return unsupported("SET of a role");
        }
        if !parser.consume_token(&Token::Eq) {
            parser.expect_keyword(Keyword::TO)?;
        }
        name
    };
    let is_default = ["default", "local"].contains(&word(parser));
    let value = match is_default {
        true => {
            parser.advance_token();
            None
        }
        false => {
            let mut values = parser.parse_comma_separated(value)?;
            if name == "search_path" {
                for schema in &mut values {
                    *schema = match schema.as_str() {
                        "" => "\"\"".to_string(),
                        other => crate::types::quoted(other),
                    };
                }
            }
            Some(values.join(", "))
        }
    };
    Ok(SessionStatement::Set { name, value, local })
}

fn some_modes(parser: &mut Parser) -> Parsed<Modes> {
    let found = modes(parser)?;
    match found == Modes::default() {
        true => Ok(parser.expected_ref("a transaction mode", parser.peek_token_ref())?),
        false => Ok(found),
    }
}

fn reset(parser: &mut Parser) -> Parsed<SessionStatement> {
    if parser.parse_keyword(Keyword::ALL) {
        return Ok(SessionStatement::ResetAll);
    }
    let _ = parser.parse_keyword(Keyword::SESSION);
    if parser.parse_keywords(&[Keyword::AS, Keyword::OF]) {
        return Ok(SessionStatement::Present);
    }
    Ok(SessionStatement::Set {
        name: setting(parser)?,
        value: None,
        local: false,
    })
}

/// The name of a setting, in small letters.
fn setting(parser: &mut Parser) -> std::result::Result<String, sqlparser::parser::ParserError> {
    if parser.parse_keywords(&[Keyword::TIME, Keyword::ZONE]) {
        return Ok("timezone".to_string());
    }
    if parser.parse_keywords(&[Keyword::TRANSACTION, Keyword::ISOLATION, Keyword::LEVEL]) {
        return Ok("transaction_isolation".to_string());
    }
    let mut name = parser.parse_identifier()?.value;
    while parser.consume_token(&Token::Period) {
        name = format!("{name}.{}", parser.parse_identifier()?.value);
    }
    Ok(name.to_ascii_lowercase())
}

/// A word, a string or a number with its sign.
fn value(parser: &mut Parser) -> std::result::Result<String, sqlparser::parser::ParserError> {
    let negative = parser.consume_token(&Token::Minus);
    let token = parser.next_token();
    match &token.token {
        Token::Number(digits, _) if negative => Ok(format!("-{digits}")),
        Token::Number(text, _) | Token::NationalStringLiteral(text) if !negative => {
            Ok(text.clone())
        }
        Token::Word(word) if !negative => Ok(word.value.clone()),
        _ => parser.expected_ref("a value", &token),
    }
}

fn execute(parser: &mut Parser) -> Parsed<SessionStatement> {
    let name = identifier(parser)?.value;
    let mut arguments = Vec::new();
    if parser.consume_token(&Token::LParen) {
        arguments = parser.parse_comma_separated(Parser::parse_expr)?;
        parser.expect_token(&Token::RParen)?;
    }
    Ok(SessionStatement::Execute { name, arguments })
}

/// `SELECT set_config('name', 'value', is_local)` or `SELECT current_setting('name' [, missing_ok])` and nothing else.
pub(super) fn config(tokens: &[TokenWithSpan]) -> Option<SessionStatement> {
    let tokens: Vec<&Token> = tokens.iter().map(|token| &token.token).collect();
    let word = |token: &Token| match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.clone()),
        _ => None,
    };
    let [select, rest @ ..] = tokens.as_slice() else {
        return None;
    };
    let rest = match rest {
        [schema, Token::Period, rest @ ..] if word(schema)? == "pg_catalog" => rest,
        rest => rest,
    };
    let [
        function,
        Token::LParen,
        Token::NationalStringLiteral(name),
        rest @ ..,
    ] = rest
    else {
        return None;
    };
    let truth = |token| match word(token)?.as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    };
    let (value, missing_ok) = match (word(select)?.as_str(), word(function)?.as_str(), rest) {
        ("select", "current_setting", [Token::RParen]) => (None, false),
        ("select", "current_setting", [Token::Comma, missing_ok, Token::RParen]) => {
            (None, truth(missing_ok)?)
        }
        (
            "select",
            "set_config",
            [
                Token::Comma,
                Token::NationalStringLiteral(value),
                Token::Comma,
                local,
                Token::RParen,
            ],
        ) => (Some((value.clone(), truth(local)?)), false),
        _ => return None,
    };
    Some(SessionStatement::Config {
        name: name.to_ascii_lowercase(),
        value,
        missing_ok,
    })
}

/// Which token of a PREPARE is the AS before its statement.
pub(super) fn prepared_at(source: &Source, pieces: &[Piece]) -> Option<usize> {
    let sql = source.script;
    let is_prepare = pieces.first()?.token.is_keyword(sql, "prepare");
    let mut words = pieces.iter();
    is_prepare.then(|| words.position(|piece| piece.token.is_keyword(sql, "as")))?
}

/// A PREPARE, of which the parser has what comes before AS; `start` is where the statement begins.
pub(super) fn prepare(
    parser: &mut Parser,
    source: &Source,
    start: usize,
) -> Parsed<SessionStatement> {
    parser.expect_keyword(Keyword::PREPARE)?;
    let name = identifier(parser)?.value;
    let mut types = Vec::new();
    if parser.consume_token(&Token::LParen) {
        types = parser.parse_comma_separated(Parser::parse_data_type)?;
        parser.expect_token(&Token::RParen)?;
    }
    let (text, statement) = inner(source, start).map_err(super::grammar::Failure::Own)?;
    Ok(SessionStatement::Prepare {
        name,
        types,
        text,
        statement,
    })
}

fn inner(source: &Source, start: usize) -> Result<(Rc<str>, Rc<Statement>)> {
    let script = source.script;
    let first = Lexer::new(script, start).next_token()?;
    const WORDS: [&str; 8] = [
        "select", "with", "values", "table", "insert", "update", "delete", "merge",
    ];
    let can_be_prepared = first.is_some_and(|first| {
        first.is_symbol(script, "(") || WORDS.iter().any(|word| first.is_keyword(script, word))
    });
    let before = &script.as_bytes()[source.start..start];
    let inner = Source {
        start,
        characters: source.characters + count_characters(before),
        ..*source
    };
    if !can_be_prepared {
        let near = first.map_or("", |first| first.text(script));
        let message = format!("syntax error at or near \"{near}\"");
        return Err(Error::new(Code::Syntax, message).at(inner.characters + 1));
    }
    let mut lexer = Lexer::new(script, start);
    let reading = lift::read(script, &mut lexer, Effort::Collapse, false)?;
    let text = reading.map_or_else(String::new, |reading| reading.lifted.text().to_string());
    Ok((Rc::from(text), Rc::new(parse(&inner, Lifting::Off)?)))
}
