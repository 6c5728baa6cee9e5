//! Domains: types with rules of their own over another type.
//!
//! A value of a domain is one of what the domain is over, and computes as such. What makes it one of the domain is
//! checked where it becomes one: by a cast, and when a row is written that has it in a column.

use super::alter::{Alteration, altered};
use super::alter_constraint::filtered;
use super::binder::Binder;
use super::define::Definition;
use super::{constraint, data_type, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Check, Expr, ExprKind};
use crate::plan::{AlterStep, Plan};
use crate::sql::{AlterAction, ColumnChange};
use crate::types::{ColumnSchema, RelationKind, TableId, TableSchema, TypeSchema};
use sqlparser::ast::{self, ObjectName};

impl<'a> Binder<'a> {
    pub fn bind_create_domain(
        &mut self,
        name: &ObjectName,
        column: &'a ast::ColumnDef,
    ) -> Result<Plan> {
        let (made, position) = name::new_relation(self.catalog(), name)?;
        let schema = TableSchema {
            type_schema: Some(TypeSchema::Domain),
            ..made
        };
        let error = if data_type::serial(&column.data_type).is_some() {
            let message = "type \"serial\" does not exist";
            Some((Code::UndefinedObject, message.to_string()))
        } else if self.catalog().table(&schema.key()).is_some() {
            let message = format!("type \"{}\" already exists", schema.name);
            Some((Code::DuplicateObject, message))
        } else {
            None
        };
        if let Some((code, message)) = error {
            return Err(Error::new(code, message).at(position));
        }
        let mut definition = Definition::new(schema, &self.statement.texts);
        let bound = self.column_definition(column, &mut definition)?;
        if bound.precision.is_some() {
            let what = "a domain over a timestamp of less than microseconds";
            return Err(Error::unsupported(what).at(position));
        }
        let is_plain = bound.generated.is_none() && definition.sequences.is_empty();
        definition.push(bound);
        self.add_constraints(&mut definition)?;
        let schema = definition.schema;
        let has_keys = !schema.indexes.is_empty() || !schema.foreign_keys.is_empty();
        if has_keys || !is_plain {
            let message = "a domain has no keys, and makes no values";
            return Err(Error::new(Code::Syntax, message).at(position));
        }
        Ok(altered(vec![AlterStep::Create(schema)], "CREATE DOMAIN"))
    }

    /// ALTER DOMAIN. All values that are there must be what a new rule asks for.
    pub fn bind_alter_domain(
        &mut self,
        name: &ObjectName,
        action: &'a AlterAction,
    ) -> Result<Plan> {
        let found = self.own_type(name)?;
        let wrong = |message: String| Err(Error::new(Code::WrongObjectType, message));
        if found.kind() != RelationKind::Domain {
            return wrong(format!("{} is not a domain", found.shown()));
        }
        let mut to = Alteration {
            definition: Definition::new(TableSchema::clone(&found), &self.statement.texts),
            steps: Vec::new(),
        };
        match action {
            // All values are looked at all the same where it is NOT VALID.
            AlterAction::AddConstraint(added, _) => {
                let constraint = constraint::of_table(added, &mut to.definition)?;
                if !matches!(constraint.kind, constraint::Kind::Check { .. }) {
                    return wrong("a domain has no keys".to_string());
                }
                to.definition.constraints.push(constraint);
                self.add_constraints(&mut to.definition)?;
                self.refuse_values(&mut to)?;
            }
            AlterAction::Column {
                change: ColumnChange::SetNotNull,
                ..
            } => {
                to.schema().columns[0].nullable = false;
                self.refuse_values(&mut to)?;
            }
            AlterAction::Column {
                change:
                    ColumnChange::SetDefault(_) | ColumnChange::DropDefault | ColumnChange::DropNotNull,
                ..
            }
            | AlterAction::DropConstraint { .. }
            | AlterAction::RenameConstraint { .. }
            | AlterAction::Validate(_) => self.alter(action, &mut to)?,
            _ => return Err(Error::unsupported("this form of ALTER DOMAIN")),
        }
        Ok(altered(to.steps, "ALTER DOMAIN"))
    }

    /// The domain becomes what the schema is now, unless a column has a value that it refuses.
    fn refuse_values(&mut self, to: &mut Alteration) -> Result<()> {
        to.step();
        let domain = to.schema().clone();
        let checks = self.checks_of_domain(&domain)?;
        let tables = self.catalog().tables();
        for table in tables.filter(|table| table.kind() == RelationKind::Table) {
            for (at, column) in table.columns.iter().enumerate() {
                if !self.is_of_domain(column, domain.id) {
                    continue;
                }
                for check in &checks {
                    let mut broken = expr::resolve_not(check.condition.clone())?;
                    move_column(&mut broken, at);
                    let (code, what) = match check.name.is_empty() {
                        true => (Code::NotNullViolation, "null values"),
                        false => {
                            let what = "values that violate the new constraint";
                            (Code::CheckViolation, what)
                        }
                    };
                    let (column, name) = (&column.name, &table.name);
                    let message =
                        format!("column \"{column}\" of table \"{name}\" contains {what}");
                    to.refuse(filtered(table, broken), Error::new(code, message));
                }
            }
        }
        Ok(())
    }

    /// Whether a column is of the domain, or of one over it.
    fn is_of_domain(&self, column: &ColumnSchema, id: TableId) -> bool {
        let mut of = column.domain;
        while let Some(domain) = of.filter(|domain| *domain != id) {
            let over = self
                .domain(domain)
                .ok()
                .and_then(|over| over.columns.first());
            of = over.and_then(|value| value.domain);
        }
        of.is_some()
    }

    /// `expr::type`
    pub fn cast(&mut self, operand: Expr, to: &ast::DataType) -> Result<Expr> {
        let rounded = data_type::split_precision(to);
        let named = self.named_type(rounded.as_ref().map_or(to, |(plain, _)| plain))?;
        let cast = expr::coerce_to(operand, named.data_type, CastContext::Explicit)?;
        let checks = match &named.domain {
            None => return Ok(expr::round_time(cast, rounded.map(|(_, digits)| digits))),
            Some(domain) => self.checks_of_domain(domain)?,
        };
        let data_type = cast.data_type;
        let kind = ExprKind::Within {
            operand: Box::new(cast),
            checks: checks.into(),
        };
        Ok(Expr::new(kind, data_type))
    }

    /// What a value must be, which is column 0: first what the domain is over asks for.
    pub fn checks_of_domain(&mut self, domain: &TableSchema) -> Result<Vec<Check>> {
        let mut chain = vec![domain.clone()];
        while let Some(over) = chain.last().and_then(|last| last.columns.first()?.domain) {
            chain.push(TableSchema::clone(self.domain(over)?));
        }
        let mut checks = Vec::new();
        for domain in chain.iter().rev() {
            let shown = Some(domain.shown());
            for value in domain.columns.iter().filter(|value| !value.nullable) {
                let value = Expr::column(0, value.data_type);
                checks.push(Check {
                    name: String::new(),
                    condition: expr::resolve_is_null(value, true)?,
                    domain: shown.clone(),
                    of_view: false,
                });
            }
            let own = self.checks_of_table(domain)?.into_iter();
            checks.extend(own.map(|check| Check {
                domain: shown.clone(),
                ..check
            }));
        }
        Ok(checks)
    }

    /// What a column's domain asks of the row.
    pub fn checks_of_column(&mut self, at: usize, column: &ColumnSchema) -> Result<Vec<Check>> {
        let Some(domain) = column.domain else {
            return Ok(Vec::new());
        };
        let domain = self.domain(domain)?;
        let mut checks = self.checks_of_domain(domain)?;
        for check in &mut checks {
            move_column(&mut check.condition, at);
        }
        Ok(checks)
    }

    /// The DEFAULT of a column, or that of its domain.
    pub fn default_text(&self, column: &ColumnSchema) -> Option<String> {
        let mut column = column;
        loop {
            if let Some(default) = &column.default {
                return Some(default.sql.clone());
            }
            column = self.domain(column.domain?).ok()?.columns.first()?;
        }
    }

    fn domain(&self, id: TableId) -> Result<&'a TableSchema> {
        self.catalog().require(id).map(|domain| &**domain)
    }
}

/// What is said of a value is said of the column of a row.
fn move_column(condition: &mut Expr, to: usize) {
    condition.visit_mut(&mut |expr| {
        if let ExprKind::Column(value) = &mut expr.kind {
            *value = to;
        }
    });
}
