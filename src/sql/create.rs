//! CREATE, read here: the grammar's own forms of it know what all databases can create, little of which
//! exists here.

use super::alter::OWNERS;
use super::grammar::{Failure, Parsed, Syntax, unsupported};
use super::maintenance::skip_parentheses;
use super::reserved::{identifier, object_name};
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
    /// INDEX name (column, …).
    pub indexes: Vec<(Ident, Vec<ast::IndexColumn>)>,
    /// LIKE, with how many columns come before it.
    pub likes: Vec<(usize, Like)>,
}

/// `LIKE table [INCLUDING … | EXCLUDING …]`
#[derive(Debug)]
pub struct Like {
    pub table: ObjectName,
    /// What it takes over besides the columns, in words of small letters.
    pub including: Vec<String>,
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
        return view(parser, or_replace, false);
    }
    if !or_replace && accept(parser, "tag") {
        return Ok(Syntax::CreateTag(identifier(parser)?));
    }
    if !or_replace && parser.parse_keywords(&[Keyword::MATERIALIZED, Keyword::VIEW]) {
        let if_not_exists = if_not_exists(parser);
        let name = object_name(parser)?;
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
        let kinds = [Keyword::TABLE, Keyword::VIEW, Keyword::SEQUENCE];
        return match parser.parse_one_of_keywords(&kinds) {
            Some(Keyword::VIEW) => view(parser, or_replace, true),
            Some(Keyword::TABLE) if !or_replace => table(parser, true),
            Some(Keyword::SEQUENCE) if !or_replace => own_sequence(parser, true),
            _ => unsupported("this temporary object"),
        };
    }
    if has_place {
        return unsupported("this form of CREATE");
    }
    // What is kept more safely than was asked is still kept.
    if !or_replace && parser.parse_keywords(&[Keyword::UNLOGGED, Keyword::TABLE]) {
        return table(parser, false);
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
        Some(Keyword::SEQUENCE) if !or_replace && !unique => own_sequence(parser, false),
        Some(Keyword::SCHEMA) if !or_replace && !unique => schema(parser),
        Some(Keyword::TYPE) if !or_replace && !unique => type_definition::create_type(parser),
        Some(Keyword::DOMAIN) if !or_replace && !unique => type_definition::create_domain(parser),
        _ => unsupported("this form of CREATE"),
    }
}

/// Whose it is may be said, if that is the one user.
fn schema(parser: &mut Parser) -> Parsed<Syntax> {
    let if_not_exists = if_not_exists(parser);
    let mut is_owned = parser.parse_keyword(Keyword::AUTHORIZATION);
    let name = identifier(parser)?;
    let mut owner = name.value.clone();
    if !is_owned && parser.parse_keyword(Keyword::AUTHORIZATION) {
        is_owned = true;
        owner = parser.parse_identifier()?.value;
    }
    match is_owned && !OWNERS.contains(&owner.as_str()) {
        true => unsupported("a role"),
        false => Ok(Syntax::CreateSchema {
            if_not_exists,
            name,
        }),
    }
}

fn own_sequence(parser: &mut Parser, temporary: bool) -> Parsed<Syntax> {
    Ok(Syntax::CreateSequence {
        if_not_exists: if_not_exists(parser),
        name: object_name(parser)?,
        temporary,
        options: Box::new(sequence::options(parser)?),
    })
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
    let name = object_name(parser)?;
    if let Some((columns, on_commit)) = parser.maybe_parse(names_and_as)? {
        let temporary = temporary(is_temporary, on_commit)?;
        return Ok(Syntax::CreateTableAs {
            name,
            columns,
            if_not_exists,
            temporary,
            query: parser.parse_query()?,
            with_data: with_data(parser),
        });
    }
    let [opens, first] = parser.peek_tokens();
    if opens != Token::LParen {
        refuse_others(parser, "this clause of CREATE TABLE")?;
        return Ok(parser.expected_ref("a list of columns", parser.peek_token_ref())?);
    }
    let mut elements = CreateTable {
        name,
        if_not_exists,
        temporary: None,
        columns: Vec::new(),
        constraints: Vec::new(),
        indexes: Vec::new(),
        likes: Vec::new(),
    };
    parser.advance_token();
    if first == Token::RParen {
        parser.advance_token();
    } else {
        parser.parse_comma_separated(|parser| element(parser, &mut elements))?;
        parser.expect_token(&Token::RParen)?;
    }
    skip_storage(parser)?;
    let on_commit = on_commit(parser)?;
    let temporary = temporary(is_temporary, on_commit)?;
    skip_storage(parser)?;
    refuse_others(parser, "this clause of CREATE TABLE")?;
    elements.temporary = temporary;
    Ok(Syntax::CreateTable(Box::new(elements)))
}

/// What LIKE takes over with ALL.
const PARTS: [&str; 6] = [
    "comments",
    "constraints",
    "defaults",
    "generated",
    "identity",
    "indexes",
];

/// A column, a constraint, an index, or those of another table.
fn element(parser: &mut Parser, table: &mut CreateTable) -> Read<()> {
    let [first, second, third, fourth] = parser.peek_tokens();
    let is = |token: &Token, keyword| matches!(token, Token::Word(word) if word.keyword == keyword);
    let is_name = |token: &Token| matches!(token, Token::Word(_));
    if is(&first, Keyword::LIKE) {
        parser.advance_token();
        let mut like = Like {
            table: parser.parse_object_name(false)?,
            including: Vec::new(),
        };
        loop {
            if accept(parser, "including") {
                let word = parser.parse_identifier()?.value;
                match word.as_str() {
                    "all" => like.including = PARTS.map(str::to_string).to_vec(),
                    _ => like.including.push(word),
                }
            } else if accept(parser, "excluding") {
                let without = parser.parse_identifier()?.value;
                like.including
                    .retain(|known| *known != without && without != "all");
            } else {
                break;
            }
        }
        table.likes.push((table.columns.len(), like));
    } else if is(&first, Keyword::INDEX)
        && third == Token::LParen
        && is_name(&second)
        && is_name(&fourth)
    {
        parser.advance_token();
        let name = parser.parse_identifier()?;
        parser.expect_token(&Token::LParen)?;
        let columns = parser.parse_comma_separated(Parser::parse_create_index_expr)?;
        parser.expect_token(&Token::RParen)?;
        table.indexes.push((name, columns));
    } else if let Some(constraint) = parser.parse_optional_table_constraint()? {
        table.constraints.push(constraint);
    } else {
        table.columns.push(parser.parse_column_def()?);
    }
    Ok(())
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

/// What is said of how rows are laid out, which is the engine's own business: storage parameters, the one tablespace
/// and access method that there are, and that every row has an id or none.
fn skip_storage(parser: &mut Parser) -> Read<()> {
    const PHRASES: [&[&str]; 6] = [
        &["tablespace", "pg_default"],
        &["using", "heap"],
        &["without", "oids"],
        &["without", "rowid"],
        &["with", "system", "versioning"],
        &["strict"],
    ];
    let is_said = |parser: &mut Parser, words: &[&str]| {
        let at = parser.index();
        let found = words.iter().all(|word| accept(parser, word));
        if !found {
            while parser.index() > at {
                parser.prev_token();
            }
        }
        found
    };
    loop {
        let [with, opens] = parser.peek_tokens();
        let is_with = matches!(with, Token::Word(word) if word.keyword == Keyword::WITH);
        if is_with && opens == Token::LParen {
            parser.advance_token();
            skip_parentheses(parser)?;
        } else if !PHRASES.iter().any(|words| is_said(parser, words)) {
            return Ok(());
        }
        // Options of tables may have commas between them elsewhere.
        let [comma, next] = parser.peek_tokens();
        if comma == Token::Comma
            && matches!(next, Token::Word(word) if ["without", "strict"].contains(&word.value.as_str()))
        {
            parser.advance_token();
        }
    }
}

fn index(parser: &mut Parser, unique: bool) -> Parsed<Syntax> {
    let _ = parser.parse_keyword(Keyword::CONCURRENTLY);
    let if_not_exists = if_not_exists(parser);
    let mut name = None;
    if if_not_exists || !parser.parse_keyword(Keyword::ON) {
        name = Some(object_name(parser)?);
        parser.expect_keyword_is(Keyword::ON)?;
    }
    let table = object_name(parser)?;
    // Hashes find what a tree finds, too.
    if parser.parse_keyword(Keyword::USING)
        && !["btree", "hash", "brin"].contains(&parser.parse_identifier()?.value.as_str())
    {
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
    skip_storage(parser)?;
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

fn view(parser: &mut Parser, or_replace: bool, temporary: bool) -> Parsed<Syntax> {
    let name = object_name(parser)?;
    let columns = parser.parse_parenthesized_column_list(IsOptional::Optional, false)?;
    let mut check = None;
    if parser.parse_keyword(Keyword::WITH) {
        parser.expect_token(&Token::LParen)?;
        for option in parser.parse_comma_separated(view_option)? {
            match option.0.value.as_str() {
                // Whose rights it has makes no difference where there is one user.
                "security_barrier" | "security_invoker" => {}
                "check_option" => match option.1.as_str() {
                    "local" => check = Some(true),
                    "cascaded" => check = Some(false),
                    _ => return unsupported("this value of check_option"),
                },
                _ => return unsupported("this option of a view"),
            }
        }
        parser.expect_token(&Token::RParen)?;
    }
    parser.expect_keyword(Keyword::AS)?;
    let query = parser.parse_query()?;
    if parser.parse_keyword(Keyword::WITH) {
        let is_local = parser.parse_keyword(Keyword::LOCAL);
        let _ = !is_local && parser.parse_keyword(Keyword::CASCADED);
        parser.expect_keywords(&[Keyword::CHECK, Keyword::OPTION])?;
        check = Some(is_local);
    }
    Ok(Syntax::CreateView {
        name,
        columns,
        or_replace,
        temporary,
        query,
        check,
    })
}

/// `name [= value]`; nothing is `true`.
fn view_option(parser: &mut Parser) -> std::result::Result<(ast::Ident, String), ParserError> {
    let name = parser.parse_identifier()?;
    let value = match parser.consume_token(&Token::Eq) {
        true => super::grammar::word_text(&parser.next_token()).to_string(),
        false => "true".to_string(),
    };
    Ok((name, value))
}
