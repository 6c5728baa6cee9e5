//! ALTER, read here: of what the grammar's own form of it can say, little exists here.

use super::grammar::{Parsed, unsupported};
use super::maintenance::skip_parentheses;
use super::reserved::{identifier, object_name};
use super::sequence::{self, SequenceOptions};
use super::session::accept;
use super::type_definition::{self, TypeChange};
use crate::types::RelationKind;
use sqlparser::ast::{self, Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub struct Alter {
    pub name: ObjectName,
    pub if_exists: bool,
    /// Whether the name is one of a type.
    pub is_type: bool,
    pub change: AlterChange,
}

#[derive(Debug)]
pub enum AlterChange {
    Table(Vec<AlterAction>),
    RenameIndex(Ident),
    /// A sequence or view gets another name.
    Rename(RelationKind, Ident),
    Sequence(Box<SequenceOptions>),
    Type(TypeChange),
    /// What a domain says of its values changes as if that were a column.
    Domain(Box<AlterAction>),
    /// A relation or type goes to another schema.
    Schema(Ident),
    RenameSchema(Ident),
    /// SET CONSTRAINTS of the transaction: those of these names, or all.
    Constraints {
        names: Vec<ObjectName>,
        deferred: bool,
    },
}

/// What the one user is called.
pub(super) const OWNERS: [&str; 4] = ["postgres", "current_user", "session_user", "current_role"];

#[derive(Debug)]
pub enum AlterAction {
    AddColumn {
        column: Box<ast::ColumnDef>,
        if_not_exists: bool,
    },
    /// And whether it is NOT VALID: no row that is there is looked at.
    AddConstraint(Box<ast::TableConstraint>, bool),
    DropColumn {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    DropConstraint {
        name: Ident,
        if_exists: bool,
        cascade: bool,
    },
    RenameColumn {
        from: Ident,
        to: Ident,
    },
    RenameConstraint {
        from: Ident,
        to: Ident,
    },
    RenameTable(Ident),
    /// ALTER CONSTRAINT of a foreign key: whether it waits for the commit.
    Defer {
        name: Ident,
        deferrable: bool,
        deferred: bool,
    },
    /// VALIDATE CONSTRAINT: all rows are looked at.
    Validate(Ident),
    /// How rows are laid out, and whose they are.
    Nothing,
    Column {
        name: Ident,
        change: ColumnChange,
    },
}

#[derive(Debug)]
pub enum ColumnChange {
    SetDefault(Box<ast::Expr>),
    DropDefault,
    SetNotNull,
    DropNotNull,
    Type {
        data_type: ast::DataType,
        using: Option<Box<ast::Expr>>,
    },
    /// ADD GENERATED … AS IDENTITY, or SET GENERATED.
    Identity {
        always: bool,
        added: bool,
    },
    DropIdentity {
        if_exists: bool,
    },
    DropExpression {
        if_exists: bool,
    },
    /// RESTART, SET INCREMENT and so on of the sequence of an identity column.
    Sequence(Box<SequenceOptions>),
    /// How values are laid out.
    Nothing,
}

pub(super) fn alter(parser: &mut Parser) -> Parsed<Alter> {
    let kinds = [
        Keyword::TABLE,
        Keyword::INDEX,
        Keyword::SEQUENCE,
        Keyword::VIEW,
        Keyword::TYPE,
        Keyword::DOMAIN,
        Keyword::SCHEMA,
    ];
    let is_materialized = parser.parse_keyword(Keyword::MATERIALIZED);
    let kind = parser.parse_one_of_keywords(&kinds);
    let Some(kind) = kind.filter(|kind| !is_materialized || *kind == Keyword::VIEW) else {
        return unsupported("this form of ALTER");
    };
    let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
    let _ = kind == Keyword::TABLE && parser.parse_keyword(Keyword::ONLY);
    let name = object_name(parser)?;
    let change = match kind {
        Keyword::SCHEMA => {
            if !parser.parse_keywords(&[Keyword::RENAME, Keyword::TO]) {
                return unsupported("this form of ALTER SCHEMA");
            }
            AlterChange::RenameSchema(identifier(parser)?)
        }
        Keyword::INDEX => {
            parser.expect_keywords(&[Keyword::RENAME, Keyword::TO])?;
            AlterChange::RenameIndex(identifier(parser)?)
        }
        _ if parser.parse_keywords(&[Keyword::SET, Keyword::SCHEMA]) => {
            AlterChange::Schema(identifier(parser)?)
        }
        Keyword::TABLE => AlterChange::Table(actions(parser)?),
        Keyword::TYPE => AlterChange::Type(type_definition::change(parser)?),
        Keyword::DOMAIN if parser.parse_keywords(&[Keyword::RENAME, Keyword::TO]) => {
            AlterChange::Type(TypeChange::Rename(identifier(parser)?))
        }
        Keyword::DOMAIN => AlterChange::Domain(Box::new(domain_action(parser)?)),
        Keyword::VIEW => {
            if !parser.parse_keywords(&[Keyword::RENAME, Keyword::TO]) {
                return unsupported("this form of ALTER VIEW");
            }
            let kind = match is_materialized {
                true => RelationKind::MaterializedView,
                false => RelationKind::View,
            };
            AlterChange::Rename(kind, identifier(parser)?)
        }
        _ if parser.parse_keywords(&[Keyword::RENAME, Keyword::TO]) => {
            AlterChange::Rename(RelationKind::Sequence, identifier(parser)?)
        }
        _ => AlterChange::Sequence(Box::new(sequence::options(parser)?)),
    };
    Ok(Alter {
        name,
        if_exists,
        is_type: matches!(kind, Keyword::TYPE | Keyword::DOMAIN),
        change,
    })
}

/// SET CONSTRAINTS, behind these words.
pub(super) fn constraints(parser: &mut Parser) -> Parsed<Alter> {
    let names = match accept(parser, "all") {
        true => Vec::new(),
        false => parser.parse_comma_separated(object_name)?,
    };
    let deferred = accept(parser, "deferred");
    if !deferred {
        parser.expect_keyword_is(Keyword::IMMEDIATE)?;
    }
    Ok(Alter {
        name: ObjectName(Vec::new()),
        if_exists: false,
        is_type: false,
        change: AlterChange::Constraints { names, deferred },
    })
}

fn actions(parser: &mut Parser) -> Parsed<Vec<AlterAction>> {
    if parser.parse_keyword(Keyword::RENAME) {
        return Ok(vec![rename(parser)?]);
    }
    let mut actions = vec![action(parser)?];
    while parser.consume_token(&Token::Comma) {
        actions.push(action(parser)?);
    }
    Ok(actions)
}

fn rename(parser: &mut Parser) -> Parsed<AlterAction> {
    if parser.parse_keyword(Keyword::TO) {
        return Ok(AlterAction::RenameTable(identifier(parser)?));
    }
    let is_constraint = parser.parse_keyword(Keyword::CONSTRAINT);
    let _ = !is_constraint && parser.parse_keyword(Keyword::COLUMN);
    let from = identifier(parser)?;
    parser.expect_keyword_is(Keyword::TO)?;
    let to = identifier(parser)?;
    Ok(match is_constraint {
        true => AlterAction::RenameConstraint { from, to },
        false => AlterAction::RenameColumn { from, to },
    })
}

fn action(parser: &mut Parser) -> Parsed<AlterAction> {
    let kinds = [Keyword::ADD, Keyword::DROP, Keyword::ALTER];
    match parser.parse_one_of_keywords(&kinds) {
        Some(Keyword::ADD) => add(parser),
        Some(Keyword::DROP) => drop(parser),
        Some(_) if parser.parse_keyword(Keyword::CONSTRAINT) => {
            let name = identifier(parser)?;
            let never = parser.parse_keywords(&[Keyword::NOT, Keyword::DEFERRABLE]);
            let deferrable = parser.parse_keyword(Keyword::DEFERRABLE);
            let deferred = parser.parse_keywords(&[Keyword::INITIALLY, Keyword::DEFERRED]);
            let _ = parser.parse_keywords(&[Keyword::INITIALLY, Keyword::IMMEDIATE]);
            if never && deferred {
                let what = "a constraint that may wait, as an INITIALLY DEFERRED one must be";
                return Ok(parser.expected_ref(what, parser.peek_token_ref())?);
            }
            Ok(AlterAction::Defer {
                name,
                deferrable: deferrable || deferred,
                deferred,
            })
        }
        Some(_) => {
            let _ = parser.parse_keyword(Keyword::COLUMN);
            Ok(AlterAction::Column {
                name: identifier(parser)?,
                change: column_change(parser)?,
            })
        }
        None => layout(parser),
    }
}

fn domain_action(parser: &mut Parser) -> Parsed<AlterAction> {
    let is = |token: &Token, keyword| matches!(token, Token::Word(word) if word.keyword == keyword);
    let [first, second] = parser.peek_tokens();
    if is(&first, Keyword::ADD)
        || is(&first, Keyword::DROP) && is(&second, Keyword::CONSTRAINT)
        || is(&first, Keyword::VALIDATE)
    {
        return action(parser);
    }
    if parser.parse_keyword(Keyword::RENAME) {
        return rename(parser);
    }
    Ok(AlterAction::Column {
        name: Ident::new("value"),
        change: column_change(parser)?,
    })
}

/// What changes nothing here: what is said of storage and statistics, and a table's only possible owner.
fn layout(parser: &mut Parser) -> Parsed<AlterAction> {
    if accept(parser, "validate") {
        parser.expect_keyword_is(Keyword::CONSTRAINT)?;
        return Ok(AlterAction::Validate(parser.parse_identifier()?));
    }
    let is_known = if accept(parser, "owner") {
        parser.expect_keyword_is(Keyword::TO)?;
        OWNERS.contains(&parser.parse_identifier()?.value.as_str())
    } else if accept(parser, "cluster") {
        parser.expect_keyword_is(Keyword::ON)?;
        parser.parse_identifier().is_ok()
    } else {
        (accept(parser, "set") || accept(parser, "reset"))
            && (skip_parentheses(parser)?
                || accept(parser, "logged")
                || accept(parser, "unlogged")
                || accept(parser, "without")
                    && (accept(parser, "oids") || accept(parser, "cluster")))
    };
    match is_known {
        true => Ok(AlterAction::Nothing),
        false => unsupported("this form of ALTER TABLE"),
    }
}

fn add(parser: &mut Parser) -> Parsed<AlterAction> {
    if accept(parser, "system") {
        parser.expect_keyword(Keyword::VERSIONING)?;
        return Ok(AlterAction::Nothing);
    }
    if let Some(constraint) = parser.parse_optional_table_constraint()? {
        let not_valid = parser.parse_keyword(Keyword::NOT) && accept(parser, "valid");
        return Ok(AlterAction::AddConstraint(Box::new(constraint), not_valid));
    }
    let _ = parser.parse_keyword(Keyword::COLUMN);
    let if_not_exists = parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
    Ok(AlterAction::AddColumn {
        column: Box::new(parser.parse_column_def()?),
        if_not_exists,
    })
}

fn drop(parser: &mut Parser) -> Parsed<AlterAction> {
    let is_constraint = parser.parse_keyword(Keyword::CONSTRAINT);
    let _ = !is_constraint && parser.parse_keyword(Keyword::COLUMN);
    let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
    let name = identifier(parser)?;
    let behavior = parser.parse_one_of_keywords(&[Keyword::CASCADE, Keyword::RESTRICT]);
    let cascade = behavior == Some(Keyword::CASCADE);
    Ok(match is_constraint {
        true => AlterAction::DropConstraint {
            name,
            if_exists,
            cascade,
        },
        false => AlterAction::DropColumn {
            name,
            if_exists,
            cascade,
        },
    })
}

/// Whether an option of a sequence follows, as ALTER COLUMN has them.
fn is_of_sequence(parser: &Parser) -> bool {
    const OPTIONS: [Keyword; 7] = [
        Keyword::INCREMENT,
        Keyword::MINVALUE,
        Keyword::MAXVALUE,
        Keyword::START,
        Keyword::CACHE,
        Keyword::CYCLE,
        Keyword::NO,
    ];
    let word = |token: &Token| match token {
        Token::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    };
    let [first, second] = parser.peek_tokens();
    word(&first) == Keyword::RESTART
        || word(&first) == Keyword::SET && OPTIONS.contains(&word(&second))
}

fn column_change(parser: &mut Parser) -> Parsed<ColumnChange> {
    let not_null = [Keyword::NOT, Keyword::NULL];
    if parser.parse_keyword(Keyword::TYPE)
        || parser.parse_keywords(&[Keyword::SET, Keyword::DATA, Keyword::TYPE])
    {
        let data_type = parser.parse_data_type()?;
        let using = match parser.parse_keyword(Keyword::USING) {
            true => Some(Box::new(parser.parse_expr()?)),
            false => None,
        };
        return Ok(ColumnChange::Type { data_type, using });
    }
    if is_of_sequence(parser) {
        let options = sequence::options_set(parser)?;
        return Ok(ColumnChange::Sequence(Box::new(options)));
    }
    let added = parser.parse_keyword(Keyword::ADD);
    if added || parser.parse_keywords(&[Keyword::SET, Keyword::GENERATED]) {
        if added {
            parser.expect_keyword_is(Keyword::GENERATED)?;
        }
        let always = parser.parse_keyword(Keyword::ALWAYS);
        if !always {
            parser.expect_keywords(&[Keyword::BY, Keyword::DEFAULT])?;
        }
        if added {
            parser.expect_keywords(&[Keyword::AS, Keyword::IDENTITY])?;
        }
        return Ok(ColumnChange::Identity { always, added });
    }
    if parser.parse_keyword(Keyword::SET) {
        if parser.parse_keyword(Keyword::DEFAULT) {
            return Ok(ColumnChange::SetDefault(Box::new(parser.parse_expr()?)));
        }
        if parser.parse_keywords(&not_null) {
            return Ok(ColumnChange::SetNotNull);
        }
        let is_said = accept(parser, "statistics") || accept(parser, "storage");
        if is_said {
            let _ = parser.consume_token(&Token::Minus);
            parser.advance_token();
        }
        if is_said || skip_parentheses(parser)? {
            return Ok(ColumnChange::Nothing);
        }
    } else if parser.parse_keyword(Keyword::DROP) {
        if parser.parse_keyword(Keyword::DEFAULT) {
            return Ok(ColumnChange::DropDefault);
        }
        if parser.parse_keywords(&not_null) {
            return Ok(ColumnChange::DropNotNull);
        }
        let what = identifier(parser)?;
        let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
        match what.value.as_str() {
            "identity" => return Ok(ColumnChange::DropIdentity { if_exists }),
            "expression" => return Ok(ColumnChange::DropExpression { if_exists }),
            _ => {}
        }
    }
    unsupported("this form of ALTER COLUMN")
}
