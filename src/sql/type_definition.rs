//! CREATE TYPE, CREATE DOMAIN and ALTER TYPE.

use super::grammar::{Parsed, Syntax, string, unsupported};
use super::reserved::{identifier, object_name};
use super::session::accept;
use sqlparser::ast::{ColumnDef, ColumnOptionDef, Ident};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// What ALTER TYPE does to an enumerated type.
#[derive(Debug)]
pub enum TypeChange {
    AddValue {
        label: String,
        if_not_exists: bool,
        /// Another label, and whether the new one goes before it.
        beside: Option<(String, bool)>,
    },
    RenameValue {
        from: String,
        to: String,
    },
    Rename(Ident),
}

/// `name AS ENUM ('label', …)`
pub(super) fn create_type(parser: &mut Parser) -> Parsed<Syntax> {
    let name = object_name(parser)?;
    if !parser.parse_keyword(Keyword::AS) || !accept(parser, "enum") {
        return unsupported("a type that is not an ENUM");
    }
    parser.expect_token(&Token::LParen)?;
    let mut labels = Vec::new();
    while !parser.consume_token(&Token::RParen) {
        if !labels.is_empty() {
            parser.expect_token(&Token::Comma)?;
        }
        labels.push(string(parser)?);
    }
    Ok(Syntax::CreateEnum { name, labels })
}

/// `name [AS] type [DEFAULT …] [[CONSTRAINT name] NOT NULL | NULL | CHECK (…)]…`: a column without a table.
pub(super) fn create_domain(parser: &mut Parser) -> Parsed<Syntax> {
    let name = object_name(parser)?;
    let _ = parser.parse_keyword(Keyword::AS);
    let data_type = parser.parse_data_type()?;
    let mut options = Vec::new();
    loop {
        let name = match parser.parse_keyword(Keyword::CONSTRAINT) {
            true => Some(identifier(parser)?),
            false => None,
        };
        match parser.parse_optional_column_option()? {
            Some(option) => options.push(ColumnOptionDef { name, option }),
            None if name.is_some() => {
                return Ok(parser.expected_ref("a constraint", parser.peek_token_ref())?);
            }
            None => break,
        }
    }
    let column = Box::new(ColumnDef {
        name: Ident::new("value"),
        data_type,
        options,
    });
    Ok(Syntax::CreateDomain { name, column })
}

/// What follows the name of the type.
pub(super) fn change(parser: &mut Parser) -> Parsed<TypeChange> {
    if parser.parse_keyword(Keyword::ADD) {
        parser.expect_keyword_is(Keyword::VALUE)?;
        let if_not_exists = parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
        let label = string(parser)?;
        let beside = match parser.parse_one_of_keywords(&[Keyword::BEFORE, Keyword::AFTER]) {
            Some(word) => Some((string(parser)?, word == Keyword::BEFORE)),
            None => None,
        };
        return Ok(TypeChange::AddValue {
            label,
            if_not_exists,
            beside,
        });
    }
    if parser.parse_keywords(&[Keyword::RENAME, Keyword::VALUE]) {
        let from = string(parser)?;
        parser.expect_keyword_is(Keyword::TO)?;
        let to = string(parser)?;
        return Ok(TypeChange::RenameValue { from, to });
    }
    if parser.parse_keywords(&[Keyword::RENAME, Keyword::TO]) {
        return Ok(TypeChange::Rename(identifier(parser)?));
    }
    unsupported("this form of ALTER TYPE")
}
