//! Domains: types with rules of their own over another type.
//!
//! A value of a domain is one of what the domain is over, and computes as such. What makes it one of the domain is
//! checked where it becomes one: by a cast, and when a row is written that has it in a column.

use super::alter::altered;
use super::binder::Binder;
use super::define::Definition;
use super::{data_type, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, CastContext, Check, Expr, ExprKind};
use crate::plan::{AlterStep, Plan};
use crate::types::{ColumnSchema, TableId, TableSchema, TypeSchema};
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
            check.condition.visit_mut(&mut |expr| {
                if let ExprKind::Column(value) = &mut expr.kind {
                    *value = at;
                }
            });
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
