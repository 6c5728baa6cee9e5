//! ALTER COLUMN. A change of type that changes values makes another column in the place of the old one, which the
//! past still has.

use super::alter::Alteration;
use super::alter_constraint::refuse_nulls;
use super::binder::Binder;
use super::expression::Context;
use super::from::scope_of_table;
use super::insert::find_column;
use super::key::uses_column;
use super::name;
use super::user_type::NamedType;
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Expr, ExprKind};
use crate::plan::AlterStep;
use crate::sql::ColumnChange;
use crate::types::{
    ColumnId, ColumnSchema, DataType, DroppedColumn, IdentitySchema, TableId, TableSchema,
};
use sqlparser::ast::{self, Ident};
use std::rc::Rc;

impl<'a> Binder<'a> {
    pub fn alter_column(
        &mut self,
        ident: &Ident,
        change: &'a ColumnChange,
        to: &mut Alteration,
    ) -> Result<()> {
        let at = find_column(to.schema(), ident)?;
        let column = to.schema().columns[at].clone();
        let schema = to.schema();
        match change {
            ColumnChange::SetDefault(ast) => {
                let sql = to.definition.next_default()?;
                check_plain(to.schema(), &column)?;
                to.schema().columns[at].default = self.default_value(ast, &column, sql)?;
            }
            ColumnChange::Nothing => return Ok(()),
            ColumnChange::DropDefault => {
                check_plain(schema, &column)?;
                schema.columns[at].default = None;
            }
            ColumnChange::SetNotNull => {
                let new = &mut schema.columns[at];
                (new.nullable, new.was_nullable) = (false, column.nullable || column.was_nullable);
                to.step();
                refuse_nulls(at, to);
                return Ok(());
            }
            ColumnChange::DropNotNull => {
                check_may_be_null(schema, &column)?;
                let new = &mut schema.columns[at];
                (new.nullable, new.was_nullable) = (true, true);
            }
            ColumnChange::Type { data_type, using } => {
                let rounded = super::data_type::split_precision(data_type);
                let written = rounded.as_ref().map_or(data_type, |(plain, _)| plain);
                let target = self.named_type(written)?;
                let digits = rounded.map(|(_, digits)| digits);
                return self.alter_type(at, (target, digits), using.as_deref(), to);
            }
            ColumnChange::Identity { always, added } => {
                let wrong = if !*added {
                    match &column.identity {
                        Some(_) => None,
                        None => return Err(not_such(schema, &column, "an identity column")),
                    }
                } else if column.identity.is_some() {
                    Some("is already an identity column")
                } else if column.default.is_some() {
                    Some("already has a default value")
                } else if column.nullable {
                    Some("must be declared NOT NULL before identity can be added")
                } else {
                    None
                };
                if let Some(wrong) = wrong {
                    let (column, table) = (&column.name, &schema.name);
                    let message = format!("column \"{column}\" of relation \"{table}\" {wrong}");
                    return Err(Error::new(Code::NotInPrerequisiteState, message));
                }
                return self.set_identity(at, *always, *added, to);
            }
            ColumnChange::DropIdentity { if_exists } => match column.identity {
                Some(identity) => {
                    schema.columns[at].identity = None;
                    to.step();
                    to.steps.push(AlterStep::DropTable(identity.sequence));
                    return Ok(());
                }
                None if *if_exists => return Ok(()),
                None => return Err(not_such(schema, &column, "an identity column")),
            },
            ColumnChange::Sequence(options) => {
                let Some(identity) = &column.identity else {
                    return Err(not_such(schema, &column, "an identity column"));
                };
                let sequence = self.catalog().require(identity.sequence)?.key();
                let steps = self.alter_sequence(&sequence, 0, options)?;
                to.steps.extend(steps);
                return Ok(());
            }
            ColumnChange::DropExpression { if_exists } => match column.generated {
                Some(_) => schema.columns[at].generated = None,
                None if *if_exists => return Ok(()),
                None => return Err(not_such(schema, &column, "a stored generated column")),
            },
        }
        to.step();
        Ok(())
    }

    fn set_identity(
        &mut self,
        at: usize,
        always: bool,
        added: bool,
        to: &mut Alteration,
    ) -> Result<()> {
        let column = to.schema().columns[at].clone();
        let known = to.definition.sequences.len();
        if added {
            self.identity_sequence(&mut to.definition, &column)?;
        }
        let identity = &mut to.schema().columns[at].identity;
        let sequence = identity
            .as_ref()
            .map_or(TableId(u32::MAX), |known| known.sequence);
        *identity = Some(IdentitySchema { always, sequence });
        to.step();
        let table = to.schema().id;
        for (_, sequence) in to.definition.sequences.split_off(known) {
            to.steps.push(AlterStep::AddSequence {
                sequence,
                table,
                column: column.id,
            });
        }
        Ok(())
    }

    fn alter_type(
        &mut self,
        at: usize,
        (named, digits): (NamedType, Option<u32>),
        using: Option<&'a ast::Expr>,
        to: &mut Alteration,
    ) -> Result<()> {
        let target = named.data_type;
        // What becomes one of a domain is looked at.
        let before = Rc::new(to.schema().clone());
        let old = &before.columns[at];
        let keeps_digits = digits.is_none() || digits == old.precision;
        let keeps_values =
            |from| named.domain.is_none() && keeps_digits && keeps_values(from, target);
        if let Some(view) = (self.catalog().views_of(before.id, Some(old.id))).first() {
            let message = "cannot alter type of a column used by a view or rule";
            let detail = format!("view {} depends on column \"{}\"", view.name, old.name);
            return Err(Error::new(Code::Unsupported, message).with_detail(detail));
        }
        if using.is_some() || !keeps_values(old.data_type) {
            self.check_retypable(&before, at)?;
        }
        let value = self.converted(&before, at, target, using)?;
        let value = expr::round_time(value, digits);
        let new = &mut to.schema().columns[at];
        (new.data_type, new.precision) = (target, digits);
        new.domain = named.domain.as_ref().map(|domain| domain.id);
        if let Err(error) = self.default_of(&to.schema().columns[at].clone()) {
            let message = format!(
                "default for column \"{}\" cannot be cast automatically to type {target}",
                old.name
            );
            let mismatch = matches!(error.code(), Code::DatatypeMismatch | Code::CannotCoerce);
            return Err(if mismatch {
                Error::new(Code::DatatypeMismatch, message)
            } else {
                error
            });
        }
        if using.is_none() && keeps_values(old.data_type) {
            self.rules(to.schema())?;
            to.step();
            return Ok(());
        }
        // Another column in its place.
        let schema = to.schema();
        let (id, next) = (schema.next_column, ColumnId(schema.next_column.0 + 1));
        schema.next_column = next;
        schema.dropped.push(DroppedColumn {
            id: old.id,
            data_type: old.data_type,
            replaced_by: Some(id),
        });
        let new = &mut schema.columns[at];
        (new.id, new.was_nullable, new.was_retyped) = (id, true, true);
        let indexes = schema.indexes.clone();
        let mut concerned = Vec::new();
        for index in &indexes {
            if uses_column(&before, index, at)? {
                concerned.push(index);
            }
        }
        let key = schema.primary_key;
        for index in &concerned {
            to.drop_index(index);
        }
        to.step();
        if old.identity.is_some() || old.default.is_some() {
            self.retype_sequence(&before, old, target, id, to)?;
        }
        self.rewrite(Some(before.clone()), vec![(at, value)], to)?;
        for index in concerned {
            let mut renewed = index.clone();
            let places = renewed
                .columns
                .iter_mut()
                .chain(&mut renewed.included)
                .filter(|column| **column == old.id);
            places.for_each(|place| *place = id);
            let primary = key == Some(index.id);
            let schema = to.schema();
            schema.indexes.push(renewed.clone());
            schema.primary_key = schema.primary_key.or(key.filter(|_| primary));
            let table = schema.id;
            to.steps.push(AlterStep::AddIndex {
                table,
                index: renewed,
                primary,
            });
        }
        Ok(())
    }

    /// Sequences of the column follow it; they keep their own type.
    fn retype_sequence(
        &mut self,
        before: &TableSchema,
        old: &ColumnSchema,
        target: DataType,
        id: ColumnId,
        to: &mut Alteration,
    ) -> Result<()> {
        let owner = Some((before.id, old.id));
        let owned = self.catalog().tables().filter(|other| {
            (other.sequence.as_ref()).is_some_and(|sequence| sequence.owner == owner)
        });
        for sequence in owned {
            if old.identity.is_some() && !target.is_integer() {
                let message = "identity column type must be smallint, integer, or bigint";
                return Err(Error::new(Code::InvalidParameterValue, message));
            }
            let mut sequence = TableSchema::clone(sequence);
            if let Some(options) = &mut sequence.sequence {
                options.owner = Some((before.id, id));
            }
            to.steps.push(AlterStep::Table(sequence));
        }
        Ok(())
    }

    /// The old value as one of the new type.
    fn converted(
        &mut self,
        before: &TableSchema,
        at: usize,
        target: DataType,
        using: Option<&'a ast::Expr>,
    ) -> Result<Expr> {
        let old = &before.columns[at];
        let Some(using) = using else {
            let column = Expr::column(at, old.data_type);
            return expr::coerce_to(column, target, CastContext::Assignment).map_err(|_| {
                let message = format!(
                    "column \"{}\" cannot be cast automatically to type {}",
                    old.name,
                    target.base()
                );
                let hint = format!(
                    "You might need to specify \"USING {}::{target}\".",
                    old.name
                );
                Error::new(Code::DatatypeMismatch, message).with_hint(hint)
            });
        };
        let scope = scope_of_table(before, None, &[], false);
        let (subplans, dependents) = (self.subplans.len(), self.dependents.len());
        let bound = self.expression(using, &mut Context::new(&scope, "transform expressions"))?;
        self.refuse_since(dependents)?;
        if self.subplans.len() > subplans {
            return Err(Error::unsupported("a subquery in a transform expression"));
        }
        let cast = expr::coerce_to(bound, target, CastContext::Assignment).map_err(|_| {
            let message = format!(
                "result of USING clause for column \"{}\" cannot be cast automatically to type {}",
                old.name,
                target.base()
            );
            Error::new(Code::DatatypeMismatch, message)
                .with_hint("You might need to add an explicit cast.")
        });
        name::at(cast, using)
    }

    /// Generated columns do not follow the type of what they are made of.
    fn check_retypable(&mut self, schema: &TableSchema, at: usize) -> Result<()> {
        if schema.columns[at].generated.is_some() {
            return Err(Error::unsupported("another type for a generated column"));
        }
        let id = schema.columns[at].id;
        let mut leading = self.catalog().referencing(schema.id);
        if schema
            .foreign_keys
            .iter()
            .any(|key| key.columns.contains(&id))
            || leading.any(|(_, key)| key.referenced.contains(&id))
        {
            return Err(Error::unsupported(
                "another type for a column of a foreign key",
            ));
        }
        let rules = self.rules(schema)?;
        let uses = |expr: &Expr| expr.any(&mut |expr| expr.kind == ExprKind::Column(at));
        match rules.generated.iter().find(|(_, value)| uses(value)) {
            Some((other, _)) => {
                let detail = format!(
                    "Column \"{}\" is used by generated column \"{}\".",
                    schema.columns[at].name, schema.columns[*other].name
                );
                let message = "cannot alter type of a column used by a generated column";
                Err(Error::new(Code::Unsupported, message).with_detail(detail))
            }
            None => Ok(()),
        }
    }
}

/// Whether every value of the one type is, as it is held, the same value of the other.
fn keeps_values(from: DataType, to: DataType) -> bool {
    use DataType::*;
    match (from, to) {
        _ if from == to => true,
        (SmallInt, Integer | BigInt) | (Integer, BigInt) => true,
        (Text | Varchar(_), Text | Varchar(None)) => true,
        (Varchar(Some(from)), Varchar(Some(to))) => from <= to,
        (Numeric(_), Numeric(None)) => true,
        (Numeric(Some((from, scale))), Numeric(Some((to, same)))) => scale == same && from <= to,
        _ => false,
    }
}

fn check_plain(schema: &TableSchema, column: &ColumnSchema) -> Result<()> {
    let what = match (&column.identity, &column.generated) {
        (Some(_), _) => "an identity column",
        (_, Some(_)) => "a generated column",
        _ => return Ok(()),
    };
    let message = format!(
        "column \"{}\" of relation \"{}\" is {what}",
        column.name, schema.name
    );
    Err(Error::new(Code::Syntax, message))
}

fn check_may_be_null(schema: &TableSchema, column: &ColumnSchema) -> Result<()> {
    if column.identity.is_some() {
        return check_plain(schema, column);
    }
    let key = schema.primary_key();
    if key.is_some_and(|key| key.columns.contains(&column.id)) {
        let message = format!("column \"{}\" is in a primary key", column.name);
        return Err(Error::new(Code::InvalidTableDefinition, message));
    }
    Ok(())
}

fn not_such(schema: &TableSchema, column: &ColumnSchema, what: &str) -> Error {
    let message = format!(
        "column \"{}\" of relation \"{}\" is not {what}",
        column.name, schema.name
    );
    Error::new(Code::NotInPrerequisiteState, message)
}
