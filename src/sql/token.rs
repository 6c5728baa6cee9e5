//! From our tokens to those of the grammar.
//!
//! Positions are characters of the whole script, on line 1: so a span's column is the position that an
//! error reports.

use super::lexer::{Token, TokenKind, count_characters};
use super::lift::Piece;
use super::literal;
use super::scan::Source;
use crate::error::{Code, Error, Result};
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Location, Span, Token as Syntax, TokenWithSpan, Word};

/// As many parameters as PostgreSQL's protocol can name.
pub const PARAMETERS_MAX: u32 = 65_535;

/// The statement's tokens. Lifted constants become parameters behind the user's `parameters`.
pub(super) fn convert(
    source: &Source,
    pieces: &[Piece],
    parameters: u32,
) -> Result<Vec<TokenWithSpan>> {
    let mut tokens = Vec::with_capacity(pieces.len());
    let (mut byte, mut characters) = (source.start, source.characters);
    for Piece { token, slot } in pieces {
        let bytes = source.script.as_bytes();
        characters += count_characters(&bytes[byte..token.start]);
        let start = characters + 1;
        characters += count_characters(&bytes[token.start..token.end]);
        byte = token.end;
        let syntax = match slot {
            Some(slot) => Ok(Syntax::Placeholder(format!("${}", parameters + slot + 1))),
            None => convert_token(source.script, *token),
        };
        tokens.push(TokenWithSpan {
            token: syntax.map_err(|error| error.at(start))?,
            span: Span::new(location(start), location(characters + 1)),
        });
    }
    Ok(tokens)
}

fn location(position: u32) -> Location {
    Location::new(1, u64::from(position))
}

fn convert_token(sql: &str, token: Token) -> Result<Syntax> {
    let text = token.text(sql);
    Ok(match token.kind {
        TokenKind::Word => {
            let value = literal::name(token, sql).into_owned();
            Syntax::Word(Word {
                keyword: keyword(&value),
                value,
                quote_style: None,
            })
        }
        TokenKind::QuotedName => Syntax::Word(Word {
            value: literal::name(token, sql).into_owned(),
            quote_style: Some('"'),
            keyword: Keyword::NoKeyword,
        }),
        TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString => {
            Syntax::SingleQuotedString(literal::string(token, sql)?.into_owned())
        }
        TokenKind::Number => Syntax::Number(literal::plain_digits(text)?.into_owned(), false),
        TokenKind::Parameter => Syntax::Placeholder(parameter(text)?),
        TokenKind::Symbol => symbol(text)?,
    })
}

fn parameter(text: &str) -> Result<String> {
    let number = text[1..].parse().ok();
    match number.filter(|number| (1..=PARAMETERS_MAX).contains(number)) {
        Some(number) => Ok(format!("${number}")),
        None => Err(Error::new(
            Code::UndefinedParameter,
            format!("there is no parameter {text}"),
        )),
    }
}

/// The keyword that a folded word is.
fn keyword(word: &str) -> Keyword {
    let upper = word.to_ascii_uppercase();
    ALL_KEYWORDS
        .binary_search(&upper.as_str())
        .map_or(Keyword::NoKeyword, |index| ALL_KEYWORDS_INDEX[index])
}

fn symbol(text: &str) -> Result<Syntax> {
    Ok(match text {
        "(" => Syntax::LParen,
        ")" => Syntax::RParen,
        "[" => Syntax::LBracket,
        "]" => Syntax::RBracket,
        "," => Syntax::Comma,
        "." => Syntax::Period,
        ":" => Syntax::Colon,
        "::" => Syntax::DoubleColon,
        "=" => Syntax::Eq,
        "<>" | "!=" => Syntax::Neq,
        "<" => Syntax::Lt,
        ">" => Syntax::Gt,
        "<=" => Syntax::LtEq,
        ">=" => Syntax::GtEq,
        "+" => Syntax::Plus,
        "-" => Syntax::Minus,
        "*" => Syntax::Mul,
        "/" => Syntax::Div,
        "%" => Syntax::Mod,
        "^" => Syntax::Caret,
        "||" => Syntax::StringConcat,
        "->" => Syntax::Arrow,
        "->>" => Syntax::LongArrow,
        "@" => Syntax::AtSign,
        _ => return Err(Error::unsupported(format!("the operator {text}"))),
    })
}
