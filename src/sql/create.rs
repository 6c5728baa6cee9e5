//! CREATE, read here: the grammar's own forms of it know what all databases can create, little of which
//! exists here.

use super::grammar::{Failure, Parsed, Syntax, unsupported};
use super::sequence;
use super::session::accept;
use super::type_definition;
use crate::error::{Code, Error};
use crate::types::OnCommit;
use sqlparser::ast::{self, Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{IsOptional, Parser, ParserError};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub struct CreateTable {
    pub name: ObjectName,
    pub if_not_exists: bool,
    pub temporary: Option<OnCommit>,
    pub columns: Vec<ast::ColumnDef>,
    pub constraints: Vec<ast::TableConstraint>,
}

#[derive(Debug)]
pub struct CreateIndex {
    pub name: Option<ObjectName>,
    pub if_not_exists: bool,
    pub table: ObjectName,
    pub columns: Vec<ast::IndexColumn>,
    /// INCLUDE.
    pub included: Vec<Ident>,
    pub unique: bool,
    pub nulls_not_distinct: bool,
    /// WHERE.
    pub predicate: Option<ast::Expr>,
}

pub(super) fn create(parser: &mut Parser) -> Parsed<Syntax> {
    let or_replace = parser.parse_keywords(&[Keyword::OR, Keyword::REPLACE]);
    if parser.parse_keyword(Keyword::VIEW) {
        return view(parser, or_replace);
    }
    if !or_replace && accept(parser, "tag") {
        return Ok(Syntax::CreateTag(parser.parse_identifier()?));
    }
    if !or_replace && parser.parse_keywords(&[Keyword::MATERIALIZED, Keyword::VIEW]) {
        let if_not_exists = if_not_exists(parser);
        let name = parser.parse_object_name(false)?;
        let columns = parser.parse_parenthesized_column_list(IsOptional::Optional, false)?;
        parser.expect_keyword(Keyword::AS)?;
        let query = parser.parse_query()?;
        return Ok(Syntax::CreateMaterializedView {
            name,
            columns,
            if_not_exists,
            with_data: with_data(parser),
            query,
        });
    }
    let place = [Keyword::GLOBAL, Keyword::LOCAL];
    let has_place = parser.parse_one_of_keywords(&place).is_some();
    if parser
        .parse_one_of_keywords(&[Keyword::TEMPORARY, Keyword::TEMP])
        .is_some()
    {
        return match parser.parse_keyword(Keyword::TABLE) && !or_replace {
            true => table(parser, true),
            false => unsupported("a temporary object that is not a table"),
        };
    }
    if has_place {
        return unsupported("this form of CREATE");
    }
    let unique = !or_replace && parser.parse_keyword(Keyword::UNIQUE);
    let kinds = [
        Keyword::TABLE,
        Keyword::INDEX,
        Keyword::SEQUENCE,
        Keyword::SCHEMA,
        Keyword::TYPE,
        Keyword::DOMAIN,
    ];
    match parser.parse_one_of_keywords(&kinds) {
        Some(Keyword::INDEX) if !or_replace => index(parser, unique),
        Some(Keyword::TABLE) if !or_replace && !unique => table(parser, false),
        Some(Keyword::SEQUENCE) if !or_replace && !unique => Ok(Syntax::CreateSequence {
            if_not_exists: if_not_exists(parser),
            name: parser.parse_object_name(false)?,
            options: Box::new(sequence::options(parser)?),
        }),
        Some(Keyword::SCHEMA) if !or_replace && !unique => Ok(Syntax::CreateSchema {
            if_not_exists: if_not_exists(parser),
            name: parser.parse_identifier()?,
        }),
        Some(Keyword::TYPE) if !or_replace && !unique => type_definition::create_type(parser),
        Some(Keyword::DOMAIN) if !or_replace && !unique => type_definition::create_domain(parser),
        _ => unsupported("this form of CREATE"),
    }
}

/// WITH [NO] DATA; with them if nothing is said.
pub(super) fn with_data(parser: &mut Parser) -> bool {
    let without = parser.parse_keywords(&[Keyword::WITH, Keyword::NO, Keyword::DATA]);
    let _ = !without && parser.parse_keywords(&[Keyword::WITH, Keyword::DATA]);
    !without
}

fn if_not_exists(parser: &mut Parser) -> bool {
    parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS])
}

fn table(parser: &mut Parser, is_temporary: bool) -> Parsed<Syntax> {
    let if_not_exists = if_not_exists(parser);
    let name = parser.parse_object_name(false)?;
    if let Some((columns, on_commit)) = parser.maybe_parse(names_and_as)? {
        let temporary = temporary(is_temporary, on_commit)?;
        let query = parser.parse_query()?;
        if parser.parse_keywords(&[Keyword::WITH, Keyword::NO, Keyword::DATA]) {
            return unsupported("WITH NO DATA");
        }
        let _ = parser.parse_keywords(&[Keyword::WITH, Keyword::DATA]);
        return Ok(Syntax::CreateTableAs {
            name,
            columns,
            if_not_exists,
            temporary,
            query,
        });
    }
    refuse_others(parser, "this clause of CREATE TABLE")?;
    let [opens, first] = parser.peek_tokens();
    if opens != Token::LParen {
        return Ok(parser.expected_ref("a list of columns", parser.peek_token_ref())?);
    }
    if matches!(first, Token::Word(word) if word.keyword == Keyword::LIKE) {
        return unsupported("LIKE in CREATE TABLE");
    }
    let (columns, constraints) = parser.parse_columns()?;
    let on_commit = on_commit(parser)?;
    let temporary = temporary(is_temporary, on_commit)?;
    refuse_others(parser, "this clause of CREATE TABLE")?;
    Ok(Syntax::CreateTable(Box::new(CreateTable {
        name,
        if_not_exists,
        temporary,
        columns,
        constraints,
    })))
}

/// What the grammar's own parts answer.
type Read<T> = std::result::Result<T, ParserError>;

/// `[(column, …)] [ON COMMIT …] AS`, where the columns have no types.
fn names_and_as(parser: &mut Parser) -> Read<(Vec<Ident>, Option<OnCommit>)> {
    let columns = parser.parse_parenthesized_column_list(IsOptional::Optional, false)?;
    let on_commit = on_commit(parser)?;
    parser.expect_keyword(Keyword::AS)?;
    Ok((columns, on_commit))
}

fn on_commit(parser: &mut Parser) -> Read<Option<OnCommit>> {
    if !parser.parse_keywords(&[Keyword::ON, Keyword::COMMIT]) {
        return Ok(None);
    }
    let kinds = [Keyword::PRESERVE, Keyword::DELETE, Keyword::DROP];
    let kind = parser.expect_one_of_keywords(&kinds)?;
    if kind != Keyword::DROP {
        parser.expect_keyword_is(Keyword::ROWS)?;
    }
    Ok(Some(match kind {
        Keyword::PRESERVE => OnCommit::PreserveRows,
        Keyword::DELETE => OnCommit::DeleteRows,
        _ => OnCommit::Drop,
    }))
}

fn temporary(is_temporary: bool, on_commit: Option<OnCommit>) -> Parsed<Option<OnCommit>> {
    match (is_temporary, on_commit) {
        (true, given) => Ok(Some(given.unwrap_or_default())),
        (false, None) => Ok(None),
        (false, Some(_)) => {
            let message = "ON COMMIT can only be used on temporary tables";
            let error = Error::new(Code::InvalidTableDefinition, message);
            Err(Failure::Own(error))
        }
    }
}

/// An error if a clause follows that exists in PostgreSQL alone.
fn refuse_others(parser: &mut Parser, what: &str) -> Parsed<()> {
    const OTHERS: [Keyword; 9] = [
        Keyword::INCLUDE,
        Keyword::INHERITS,
        Keyword::OF,
        Keyword::ON,
        Keyword::PARTITION,
        Keyword::TABLESPACE,
        Keyword::USING,
        Keyword::WITH,
        Keyword::WITHOUT,
    ];
    match parser.parse_one_of_keywords(&OTHERS) {
        Some(_) => unsupported(what),
        None => Ok(()),
    }
}

fn index(parser: &mut Parser, unique: bool) -> Parsed<Syntax> {
    if parser.parse_keyword(Keyword::CONCURRENTLY) {
        return unsupported("this clause of CREATE INDEX");
    }
    let if_not_exists = if_not_exists(parser);
    let mut name = None;
    if if_not_exists || !parser.parse_keyword(Keyword::ON) {
        name = Some(parser.parse_object_name(false)?);
        parser.expect_keyword_is(Keyword::ON)?;
    }
    let table = parser.parse_object_name(false)?;
    if parser.parse_keyword(Keyword::USING) && parser.parse_identifier()?.value != "btree" {
        return unsupported("an index that is not a btree");
    }
    parser.expect_token(&Token::LParen)?;
    let columns = parser.parse_comma_separated(Parser::parse_create_index_expr)?;
    parser.expect_token(&Token::RParen)?;
    let included = match parser.parse_keyword(Keyword::INCLUDE) {
        true => parser.parse_parenthesized_column_list(IsOptional::Mandatory, false)?,
        false => Vec::new(),
    };
    let nulls = [Keyword::NULLS, Keyword::NOT, Keyword::DISTINCT];
    let nulls_not_distinct = parser.parse_keywords(&nulls);
    let _ = parser.parse_keywords(&[Keyword::NULLS, Keyword::DISTINCT]);
    refuse_others(parser, "this clause of CREATE INDEX")?;
    let predicate = match parser.parse_keyword(Keyword::WHERE) {
        true => Some(parser.parse_expr()?),
        false => None,
    };
    Ok(Syntax::CreateIndex(Box::new(CreateIndex {
        name,
        if_not_exists,
        table,
        columns,
        included,
        unique,
        nulls_not_distinct,
        predicate,
    })))
}

fn view(parser: &mut Parser, or_replace: bool) -> Parsed<Syntax> {
    let name = parser.parse_object_name(false)?;
    let columns = parser.parse_parenthesized_column_list(IsOptional::Optional, false)?;
    parser.expect_keyword(Keyword::AS)?;
    let query = parser.parse_query()?;
    if parser.parse_keyword(Keyword::WITH) {
        return unsupported("WITH CHECK OPTION");
    }
    Ok(Syntax::CreateView {
        name,
        columns,
        or_replace,
        query,
    })
}
