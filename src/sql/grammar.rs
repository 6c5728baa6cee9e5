//! Which statement it is, and the small ones in full.
//!
//! The first keyword decides which entry point of the grammar is called, so that the many statements
//! that do not exist here are not linked; transactions, DROP, TRUNCATE and EXPLAIN are read here.

use super::alter::{self, Alter};
use super::copy::{self, CopyFrom};
use super::create::{self, CreateIndex, CreateTable};
use super::cursor::{self, CursorOptions};
use super::maintenance;
use super::pragma;
use super::reserved::{identifier, object_name};
use super::restore::{self, UndoPolicy};
use super::sequence::SequenceOptions;
use super::session::{self, Modes, SessionStatement, accept};
use crate::error::Error;
use crate::expr::CopyFormat;
use crate::types::{OnCommit, RelationKind};
use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What a statement says.
#[derive(Debug)]
pub enum Syntax {
    Query(Box<ast::Query>),
    /// DECLARE … CURSOR.
    Declare {
        options: CursorOptions,
        query: Box<ast::Query>,
    },
    Insert(Box<ast::Insert>),
    Update(Box<ast::Update>),
    Delete(Box<ast::Delete>),
    Merge(Box<ast::Merge>),
    CreateTable(Box<CreateTable>),
    /// `columns` are the names of the first ones.
    CreateTableAs {
        name: ast::ObjectName,
        columns: Vec<ast::Ident>,
        if_not_exists: bool,
        temporary: Option<OnCommit>,
        query: Box<ast::Query>,
        with_data: bool,
    },
    CreateIndex(Box<CreateIndex>),
    CreateView {
        name: ast::ObjectName,
        columns: Vec<ast::Ident>,
        or_replace: bool,
        temporary: bool,
        query: Box<ast::Query>,
        /// WITH CHECK OPTION, and whether it is LOCAL.
        check: Option<bool>,
    },
    CreateMaterializedView {
        name: ast::ObjectName,
        columns: Vec<ast::Ident>,
        if_not_exists: bool,
        with_data: bool,
        query: Box<ast::Query>,
    },
    /// REFRESH MATERIALIZED VIEW.
    Refresh {
        name: ast::ObjectName,
        with_data: bool,
    },
    CreateSchema {
        name: ast::Ident,
        if_not_exists: bool,
    },
    CreateEnum {
        name: ast::ObjectName,
        labels: Vec<String>,
    },
    CreateDomain {
        name: ast::ObjectName,
        /// What it says of a value, as if that were a column.
        column: Box<ast::ColumnDef>,
    },
    /// DROP TYPE and DROP DOMAIN too.
    DropTable {
        kind: RelationKind,
        names: Vec<ast::ObjectName>,
        if_exists: bool,
        cascade: bool,
    },
    DropIndex {
        names: Vec<ast::ObjectName>,
        if_exists: bool,
    },
    CreateSequence {
        name: ast::ObjectName,
        if_not_exists: bool,
        temporary: bool,
        options: Box<SequenceOptions>,
    },
    Alter(Box<Alter>),
    Restore {
        name: ast::ObjectName,
        selection: Option<Box<ast::Expr>>,
    },
    RestoreAll,
    Undo(UndoPolicy),
    CreateTag(ast::Ident),
    DropTag {
        name: ast::Ident,
        if_exists: bool,
    },
    /// COMMENT ON.
    Comment {
        kind: RelationKind,
        /// Of a column: its table's.
        name: ast::ObjectName,
        column: Option<ast::Ident>,
        text: Option<String>,
    },
    Truncate {
        names: Vec<ast::ObjectName>,
        restart: bool,
        cascade: bool,
    },
    CopyFrom(Box<CopyFrom>),
    CopyTo {
        query: Box<ast::Query>,
        /// If it is that of a table without a list of columns.
        table: Option<ast::ObjectName>,
        format: CopyFormat,
    },
    /// VACUUM and its like, of these relations.
    Maintain {
        command: &'static str,
        names: Vec<ast::ObjectName>,
    },
    Begin(Modes),
    Commit,
    Rollback,
    Savepoint(ast::Ident),
    Release(ast::Ident),
    RollbackTo(ast::Ident),
    Session(Box<SessionStatement>),
    Explain {
        analyze: bool,
        statement: Box<Syntax>,
    },
}

impl Syntax {
    /// What a query writes: the statement behind its WITH, or one inside it.
    pub fn written_by_query(&self) -> Option<&'static str> {
        match self {
            Syntax::Query(query) => written_by(query),
            Syntax::Insert(insert) => insert.source.as_deref().and_then(written_by),
            _ => None,
        }
    }
}

/// What a query writes.
pub fn written_by(query: &ast::Query) -> Option<&'static str> {
    let own = match &*query.body {
        ast::SetExpr::Insert(_) => Some("INSERT"),
        ast::SetExpr::Update(_) => Some("UPDATE"),
        ast::SetExpr::Delete(_) => Some("DELETE"),
        ast::SetExpr::Merge(_) => Some("MERGE"),
        ast::SetExpr::Select(select) if select.into.is_some() => Some("SELECT INTO"),
        _ => None,
    };
    let inside = || {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        tables.filter_map(|table| written_by(&table.query)).next()
    };
    own.or_else(inside)
}

/// Why there is no syntax tree.
pub(super) enum Failure {
    Grammar(ParserError),
    Own(Error),
}

impl From<ParserError> for Failure {
    fn from(error: ParserError) -> Self {
        Failure::Grammar(error)
    }
}

pub(super) type Parsed<T> = std::result::Result<T, Failure>;

pub(super) fn unsupported<T>(what: &str) -> Parsed<T> {
    Err(Failure::Own(Error::unsupported(what)))
}

/// A statement, or one behind EXPLAIN.
pub(super) fn statement(parser: &mut Parser, explained: bool) -> Parsed<Syntax> {
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
    if !explained && let Some(restore) = restore::statement(parser)? {
        return Ok(restore);
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
        Keyword::MERGE => Ok(Syntax::Merge(Box::new(parser.parse_merge(first)?))),
        _ if explained => unsupported("EXPLAIN of this statement"),
        Keyword::CREATE => create::create(parser),
        Keyword::DROP => drop(parser),
        Keyword::ALTER => Ok(Syntax::Alter(Box::new(alter::alter(parser)?))),
        Keyword::TRUNCATE => truncate(parser),
        Keyword::COMMENT => comment(parser),
        Keyword::REFRESH => {
            parser.expect_keywords(&[Keyword::MATERIALIZED, Keyword::VIEW])?;
            let _ = parser.parse_keyword(Keyword::CONCURRENTLY);
            let name = object_name(parser)?;
            let with_data = create::with_data(parser);
            Ok(Syntax::Refresh { name, with_data })
        }
        Keyword::EXPLAIN => explain(parser),
        Keyword::COPY => copy::statement(parser),
        Keyword::PRAGMA => pragma::statement(parser),
        Keyword::SET if session::accept(parser, "constraints") => {
            Ok(Syntax::Alter(Box::new(alter::constraints(parser)?)))
        }
        _ if cursor::BEGINNINGS.contains(&word_text(&first)) => {
            cursor::statement(parser, word_text(&first))
        }
        _ if session::BEGINNINGS.contains(&keyword) => {
            let statement = session::statement(parser, keyword)?;
            Ok(Syntax::Session(Box::new(statement)))
        }
        _ => match maintenance::statement(parser, word_text(&first))? {
            Some(maintenance) => Ok(maintenance),
            None => transaction(parser, keyword, &first),
        },
    }
}

fn drop(parser: &mut Parser) -> Parsed<Syntax> {
    if accept(parser, "tag") {
        let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
        let name = identifier(parser)?;
        return Ok(Syntax::DropTag { name, if_exists });
    }
    let kinds = [
        Keyword::TABLE,
        Keyword::INDEX,
        Keyword::SEQUENCE,
        Keyword::VIEW,
        Keyword::SCHEMA,
        Keyword::TYPE,
        Keyword::DOMAIN,
    ];
    let is_materialized = parser.parse_keyword(Keyword::MATERIALIZED);
    let Some(kind) = parser.parse_one_of_keywords(&kinds) else {
        return match maintenance::drop_of_none(parser) {
            Some(nothing) => Ok(nothing),
            None => unsupported("this form of DROP"),
        };
    };
    let _ = kind == Keyword::INDEX && parser.parse_keyword(Keyword::CONCURRENTLY);
    let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
    let names = parser.parse_comma_separated(object_name)?;
    let behavior = parser.parse_one_of_keywords(&[Keyword::CASCADE, Keyword::RESTRICT]);
    let cascade = behavior == Some(Keyword::CASCADE);
    let kind = match kind {
        Keyword::INDEX => return Ok(Syntax::DropIndex { names, if_exists }),
        Keyword::TABLE => RelationKind::Table,
        Keyword::VIEW if is_materialized => RelationKind::MaterializedView,
        _ if is_materialized => return unsupported("this form of DROP"),
        Keyword::VIEW => RelationKind::View,
        Keyword::SCHEMA => RelationKind::Schema,
        Keyword::TYPE => RelationKind::Enum,
        Keyword::DOMAIN => RelationKind::Domain,
        _ => RelationKind::Sequence,
    };
    Ok(Syntax::DropTable {
        kind,
        names,
        if_exists,
        cascade,
    })
}

fn comment(parser: &mut Parser) -> Parsed<Syntax> {
    parser.expect_keyword_is(Keyword::ON)?;
    let kinds = [
        Keyword::TABLE,
        Keyword::COLUMN,
        Keyword::VIEW,
        Keyword::SEQUENCE,
        Keyword::SCHEMA,
        Keyword::TYPE,
        Keyword::DOMAIN,
    ];
    let is_materialized = parser.parse_keyword(Keyword::MATERIALIZED);
    let Some(object) = parser.parse_one_of_keywords(&kinds) else {
        return unsupported("COMMENT ON this object");
    };
    let mut name = object_name(parser)?;
    let mut column = None;
    let kind = match object {
        Keyword::VIEW if is_materialized => RelationKind::MaterializedView,
        _ if is_materialized => return unsupported("COMMENT ON this object"),
        Keyword::VIEW => RelationKind::View,
        Keyword::SEQUENCE => RelationKind::Sequence,
        Keyword::SCHEMA => RelationKind::Schema,
        Keyword::TYPE => RelationKind::Enum,
        Keyword::DOMAIN => RelationKind::Domain,
        _ => RelationKind::Table,
    };
    if object == Keyword::COLUMN {
        column = name.0.pop().and_then(|part| part.as_ident().cloned());
        if name.0.is_empty() {
            return unsupported("a column without its table");
        }
    }
    parser.expect_keyword_is(Keyword::IS)?;
    let text = match parser.parse_keyword(Keyword::NULL) {
        true => None,
        false => Some(string(parser)?),
    };
    Ok(Syntax::Comment {
        kind,
        name,
        column,
        text,
    })
}

pub(super) fn string(parser: &mut Parser) -> Parsed<String> {
    let token = parser.next_token();
    match &token.token {
        Token::NationalStringLiteral(text) => Ok(text.clone()),
        _ => Ok(parser.expected_ref("a string", &token)?),
    }
}

fn truncate(parser: &mut Parser) -> Parsed<Syntax> {
    let _ = parser.parse_keyword(Keyword::TABLE);
    let _ = parser.parse_keyword(Keyword::ONLY);
    let names = parser.parse_comma_separated(object_name)?;
    let restart = parser.parse_keywords(&[Keyword::RESTART, Keyword::IDENTITY]);
    let _ = parser.parse_keywords(&[Keyword::CONTINUE, Keyword::IDENTITY]);
    let behavior = parser.parse_one_of_keywords(&[Keyword::CASCADE, Keyword::RESTRICT]);
    Ok(Syntax::Truncate {
        names,
        restart,
        cascade: behavior == Some(Keyword::CASCADE),
    })
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
pub(super) fn word_text(token: &TokenWithSpan) -> &str {
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

/// Words that begin a statement of PostgreSQL that is none here.
const OTHERS: [&str; 13] = [
    "grant", "revoke", "lock", "listen", "notify", "unlisten", "call", "do", "cluster", "security",
    "load", "import", "reassign",
];

fn transaction(parser: &mut Parser, keyword: Keyword, first: &TokenWithSpan) -> Parsed<Syntax> {
    match keyword {
        Keyword::BEGIN => {
            skip_transaction_word(parser);
            Ok(Syntax::Begin(modes(parser)?))
        }
        Keyword::START => {
            parser.expect_keyword_is(Keyword::TRANSACTION)?;
            Ok(Syntax::Begin(modes(parser)?))
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
                return Ok(Syntax::RollbackTo(identifier(parser)?));
            }
            no_chain(parser)?;
            Ok(Syntax::Rollback)
        }
        Keyword::SAVEPOINT => Ok(Syntax::Savepoint(identifier(parser)?)),
        Keyword::RELEASE => {
            let _ = parser.parse_keyword(Keyword::SAVEPOINT);
            Ok(Syntax::Release(identifier(parser)?))
        }
        _ if OTHERS.contains(&word_text(first)) => {
            unsupported(&word_text(first).to_ascii_uppercase())
        }
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
pub(super) fn modes(parser: &mut Parser) -> Parsed<Modes> {
    use ast::TransactionIsolationLevel as Level;
    let mut modes = Modes::default();
    let mut given = parser.parse_transaction_modes()?;
    // Nothing has to be waited for: it says nothing.
    while parser.parse_keyword(Keyword::DEFERRABLE)
        || parser.parse_keywords(&[Keyword::NOT, Keyword::DEFERRABLE])
    {
        given.extend(parser.parse_transaction_modes()?);
    }
    for mode in given {
        match mode {
            ast::TransactionMode::AccessMode(access) => {
                modes.read_only = Some(access == ast::TransactionAccessMode::ReadOnly);
            }
            ast::TransactionMode::IsolationLevel(level) => {
                modes.isolation = Some(match level {
                    Level::ReadUncommitted => "read uncommitted",
                    Level::ReadCommitted => "read committed",
                    Level::RepeatableRead => "repeatable read",
                    Level::Serializable => "serializable",
                    Level::Snapshot => return unsupported("this isolation level"),
                });
            }
        }
    }
    Ok(modes)
}
