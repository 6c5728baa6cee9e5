//! The constraints of a table: keys and checks, with the names that PostgreSQL gives those without one.

use super::binder::Binder;
use super::define::{Definition, column_names};
use super::{indexes, name};
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::sql::check_name;
use crate::types::{CheckSchema, IndexId, IndexSchema, RelationKind, TableSchema};
use sqlparser::ast::{
    self, ColumnOption, ColumnOptionDef, ConstraintCharacteristics, DeferrableInitial, Ident,
    NullsDistinctOption, TableConstraint,
};

/// A constraint as it was written.
pub struct Constraint<'a> {
    pub name: Option<&'a Ident>,
    pub kind: Kind<'a>,
}

pub enum Kind<'a> {
    Key {
        columns: Vec<&'a Ident>,
        primary: bool,
        nulls_not_distinct: bool,
        when: When,
    },
    Check {
        condition: &'a ast::Expr,
        sql: String,
    },
    Foreign {
        columns: Vec<&'a Ident>,
        clause: &'a ast::ForeignKeyConstraint,
    },
}

/// Whether a key may wait for the commit, and whether it does.
#[derive(Clone, Copy)]
pub struct When {
    deferrable: bool,
    deferred: bool,
}

impl When {
    pub fn may_wait(&self) -> bool {
        self.deferrable || self.deferred
    }
}

/// A constraint behind a column.
pub fn of_column<'a>(
    column: &'a Ident,
    option: &'a ColumnOptionDef,
    definition: &mut Definition,
) -> Result<Constraint<'a>> {
    let (own, kind) = match &option.option {
        ColumnOption::PrimaryKey(key) => {
            let when = when(&key.characteristics)?;
            (&key.name, primary_key(vec![column], when))
        }
        ColumnOption::Unique(unique) => {
            let when = when(&unique.characteristics)?;
            (
                &unique.name,
                unique_key(vec![column], &unique.nulls_distinct, when),
            )
        }
        ColumnOption::ForeignKey(clause) => {
            let columns = vec![column];
            (&clause.name, Kind::Foreign { columns, clause })
        }
        ColumnOption::Check(check) => (&check.name, check_kind(check, definition)?),
        other => {
            let what = Error::unsupported(option_name(other));
            return Err(what.at(name::position(column)));
        }
    };
    Ok(Constraint {
        name: option.name.as_ref().or(own.as_ref()),
        kind,
    })
}

/// A constraint that stands by itself.
pub fn of_table<'a>(
    constraint: &'a TableConstraint,
    definition: &mut Definition,
) -> Result<Constraint<'a>> {
    let (own, kind) = match constraint {
        TableConstraint::PrimaryKey(key) => {
            let when = when(&key.characteristics)?;
            (&key.name, primary_key(plain_columns(&key.columns)?, when))
        }
        TableConstraint::Unique(unique) => {
            let when = when(&unique.characteristics)?;
            let columns = plain_columns(&unique.columns)?;
            (
                &unique.name,
                unique_key(columns, &unique.nulls_distinct, when),
            )
        }
        TableConstraint::Check(check) => (&check.name, check_kind(check, definition)?),
        TableConstraint::ForeignKey(clause) => {
            let columns = clause.columns.iter().collect();
            (&clause.name, Kind::Foreign { columns, clause })
        }
        _ => return Err(Error::unsupported("this constraint")),
    };
    Ok(Constraint {
        name: own.as_ref(),
        kind,
    })
}

fn primary_key(columns: Vec<&Ident>, when: When) -> Kind<'_> {
    Kind::Key {
        columns,
        primary: true,
        nulls_not_distinct: false,
        when,
    }
}

fn unique_key<'a>(columns: Vec<&'a Ident>, nulls: &NullsDistinctOption, when: When) -> Kind<'a> {
    Kind::Key {
        columns,
        primary: false,
        nulls_not_distinct: matches!(nulls, NullsDistinctOption::NotDistinct),
        when,
    }
}

fn check_kind<'a>(
    check: &'a ast::CheckConstraint,
    definition: &mut Definition,
) -> Result<Kind<'a>> {
    if check.enforced == Some(false) {
        return Err(Error::unsupported("NOT ENFORCED"));
    }
    Ok(Kind::Check {
        condition: &check.expr,
        sql: definition.next_check()?,
    })
}

/// More of them take long to give names to.
const CONSTRAINTS_MAX: usize = 500;

impl Binder<'_> {
    /// Adds the constraints to the schema, whose columns are known now.
    pub fn add_constraints(&mut self, definition: &mut Definition) -> Result<()> {
        if definition.constraints.len() > CONSTRAINTS_MAX {
            let message = format!("a table can be made with at most {CONSTRAINTS_MAX} constraints");
            return Err(Error::new(Code::LimitColumns, message));
        }
        let mut foreign = Vec::new();
        for constraint in std::mem::take(&mut definition.constraints) {
            let schema = &mut definition.schema;
            match constraint.kind {
                Kind::Key {
                    columns,
                    primary,
                    nulls_not_distinct,
                    when,
                } => {
                    let index = self.key(schema, constraint.name, &columns, primary)?;
                    if primary {
                        schema.primary_key = Some(index.id);
                    }
                    schema.indexes.push(IndexSchema {
                        nulls_not_distinct,
                        deferred: when.deferred,
                        deferrable: when.deferrable,
                        ..index
                    });
                }
                Kind::Check { condition, sql } => {
                    let bound = self.bind_check(condition, schema, None)?;
                    let sql = self.with_ids(&sql, true)?;
                    let name = check_constraint_name(schema, constraint.name, &bound)?;
                    schema.checks.push(CheckSchema {
                        name,
                        sql,
                        not_valid: false,
                    });
                }
                Kind::Foreign { columns, clause } => {
                    foreign.push((constraint.name, columns, clause));
                }
            }
        }
        // A key may be one that the same definition adds.
        for (given, columns, clause) in foreign {
            let schema = &definition.schema;
            let key = self.foreign_key(schema, given, &columns, clause)?;
            definition.schema.foreign_keys.push(key);
        }
        Ok(())
    }

    /// The index behind a key; it has a number of no other until it gets an id.
    fn key(
        &mut self,
        schema: &mut TableSchema,
        given: Option<&Ident>,
        listed: &[&Ident],
        primary: bool,
    ) -> Result<IndexSchema> {
        if primary && schema.primary_key.is_some() {
            let message = format!(
                "multiple primary keys for table \"{}\" are not allowed",
                schema.name
            );
            let error = Error::new(Code::InvalidTableDefinition, message);
            return Err(match listed.first() {
                Some(ident) => error.at(name::position(ident)),
                None => error,
            });
        }
        let columns = indexes::key_columns(schema, listed, false)?;
        if primary {
            for column in &mut schema.columns {
                column.nullable &= !columns.contains(&column.id);
            }
        }
        let name = match given {
            Some(ident) => {
                check_name(ident)?;
                indexes::check_free(self.catalog(), schema, &ident.value)
                    .map_err(|error| error.at(name::position(ident)))?;
                check_constraint_free(schema, &ident.value)?;
                ident.value.clone()
            }
            None if primary => indexes::choose_name(self.catalog(), schema, &[], "pkey"),
            None => {
                let names: Vec<String> = listed.iter().map(|ident| ident.value.clone()).collect();
                indexes::choose_name(self.catalog(), schema, &names, "key")
            }
        };
        Ok(IndexSchema {
            id: IndexId(u32::MAX - schema.indexes.len() as u32),
            name,
            columns,
            unique: true,
            constraint: true,
            nulls_not_distinct: false,
            ..IndexSchema::default()
        })
    }
}

/// The given name, or `table_column_check`: with the column if there is but one in the condition.
fn check_constraint_name(
    schema: &TableSchema,
    given: Option<&Ident>,
    condition: &Expr,
) -> Result<String> {
    if let Some(ident) = given {
        check_name(ident)?;
        check_constraint_free(schema, &ident.value)?;
        return Ok(ident.value.clone());
    }
    let base = match columns_read(condition).as_slice() {
        _ if schema.kind() == RelationKind::Domain => format!("{}_check", schema.name),
        [at] => format!("{}_{}_check", schema.name, schema.columns[*at].name),
        _ => format!("{}_check", schema.name),
    };
    Ok(numbered(base, |name| schema.has_constraint(name)))
}

/// The places of the columns that a condition reads.
pub fn columns_read(condition: &Expr) -> Vec<usize> {
    let mut columns = Vec::new();
    condition.any(&mut |expr| {
        if let ExprKind::Column(at) = expr.kind
            && !columns.contains(&at)
        {
            columns.push(at);
        }
        false
    });
    columns
}

/// The name, with a number behind it if it is taken.
pub fn numbered(base: String, is_taken: impl Fn(&str) -> bool) -> String {
    let mut number = 0u32;
    let mut name = base.clone();
    while is_taken(&name) {
        number += 1;
        name = format!("{base}{number}");
    }
    name
}

/// An error if the table has a constraint of that name.
pub fn check_constraint_free(schema: &TableSchema, name: &str) -> Result<()> {
    if !schema.has_constraint(name) {
        return Ok(());
    }
    let message = format!(
        "constraint \"{name}\" for relation \"{}\" already exists",
        schema.name
    );
    Err(Error::new(Code::DuplicateObject, message))
}

pub fn when(characteristics: &Option<ConstraintCharacteristics>) -> Result<When> {
    let never = When {
        deferrable: false,
        deferred: false,
    };
    let Some(given) = characteristics else {
        return Ok(never);
    };
    if given.enforced == Some(false) {
        return Err(Error::unsupported("NOT ENFORCED"));
    }
    let deferred = matches!(given.initially, Some(DeferrableInitial::Deferred));
    if deferred && given.deferrable == Some(false) {
        let message = "constraint declared INITIALLY DEFERRED must be DEFERRABLE";
        return Err(Error::new(Code::Syntax, message));
    }
    Ok(When {
        deferrable: given.deferrable == Some(true),
        deferred,
    })
}

fn option_name(option: &ColumnOption) -> &'static str {
    match option {
        ColumnOption::Generated { .. } | ColumnOption::Identity(_) => "a generated column",
        ColumnOption::Collation(_) => "COLLATE",
        _ => "this option of a column",
    }
}

/// The columns of a key, which has no order.
fn plain_columns(columns: &[ast::IndexColumn]) -> Result<Vec<&Ident>> {
    for column in columns {
        let options = &column.column.options;
        if options.sort.is_some() || options.nulls_first.is_some() {
            return Err(Error::new(
                Code::Syntax,
                "the columns of a key have no order",
            ));
        }
    }
    column_names(columns)
}
