//! CHECK and generated columns: expressions over the columns of their table, kept as text and bound anew for
//! each statement that writes.

use super::assign::assign_to_column;
use super::binder::Binder;
use super::expression::Context;
use super::from::scope_of_table;
use super::key::bind_key;
use super::name;
use crate::error::{Code, Error, Result};
use crate::expr::{self, Check, Expr, ExprKind, Volatility};
use crate::plan::{Node, Rules};
use crate::sql;
use crate::types::{ColumnSchema, TableSchema, ViewUse, sort_by};
use sqlparser::ast::Expr as Ast;
use std::rc::Rc;

impl Binder<'_> {
    /// What rows that are written to the table must satisfy.
    pub fn rules(&mut self, table: &TableSchema) -> Result<Rc<Rules>> {
        let mut rules = self.own_rules(table)?;
        let mut referencing = self.catalog().referencing(table.id);
        rules.has_foreign_keys = !table.foreign_keys.is_empty() || referencing.next().is_some();
        if rules.has_foreign_keys {
            rules.related = self.related(table)?;
        }
        Ok(Rc::new(rules))
    }

    /// What rows that were there before must satisfy: nothing that is NOT VALID.
    pub fn rules_of_old(&mut self, table: &TableSchema) -> Result<Rc<Rules>> {
        let mut valid = table.clone();
        valid.checks.retain(|check| !check.not_valid);
        self.rules(&valid)
    }

    /// Without what other tables have to do with it.
    pub fn own_rules(&mut self, table: &TableSchema) -> Result<Rules> {
        let mut rules = Rules::default();
        for (at, column) in table.columns.iter().enumerate() {
            rules.checks.extend(self.checks_of_column(at, column)?);
        }
        rules.checks.extend(self.checks_of_table(table)?);
        // What cannot be a key is refused before the row is written.
        for key in table
            .indexes
            .iter()
            .filter_map(|index| index.computed.as_ref())
        {
            rules.checks.push(Check {
                name: String::new(),
                condition: bind_key(table, key)?.probe()?,
                domain: None,
                of_view: false,
            });
        }
        for (at, column) in table.columns.iter().enumerate() {
            if let Some(text) = &column.generated {
                let ast = sql::parse_expression(text)?;
                let value = self.bind_generated(&ast, table, column)?;
                rules.generated.push((at, value));
            }
        }
        Ok(rules)
    }

    /// By name.
    pub fn checks_of_table(&mut self, table: &TableSchema) -> Result<Vec<Check>> {
        let mut checks = Vec::new();
        for check in &table.checks {
            let ast = sql::parse_expression(&check.sql)?;
            checks.push(Check {
                name: check.name.clone(),
                condition: self.bind_check(&ast, table, Some(&[]))?,
                domain: None,
                of_view: false,
            });
        }
        sort_by(&mut checks, |a, b| a.name.cmp(&b.name));
        Ok(checks)
    }

    /// `seen` is there for one that is kept.
    pub fn bind_check(
        &mut self,
        ast: &Ast,
        table: &TableSchema,
        seen: Option<&[ViewUse]>,
    ) -> Result<Expr> {
        let bound = self.over_columns(ast, table, "check constraints", seen)?;
        name::at(expr::coerce_to_boolean(bound, "CHECK"), ast)
    }

    pub fn bind_generated(
        &mut self,
        ast: &Ast,
        table: &TableSchema,
        column: &ColumnSchema,
    ) -> Result<Expr> {
        let bound = self.over_columns(ast, table, "column generation expressions", Some(&[]))?;
        let bound = name::at(assign_to_column(bound, column), ast)?;
        let is_generated = |expr: &Expr| match expr.kind {
            ExprKind::Column(at) => (table.columns.get(at)).is_none_or(|c| c.generated.is_some()),
            _ => false,
        };
        if bound.any(&mut |expr| is_generated(expr)) {
            let message = format!(
                "cannot use generated column \"{}\" in column generation expression",
                column.name
            );
            return Err(Error::new(Code::InvalidObjectDefinition, message)
                .with_detail("A generated column cannot reference another generated column."));
        }
        if bound.volatility() != Volatility::Immutable {
            let message = "generation expression is not immutable";
            return Err(Error::new(Code::InvalidObjectDefinition, message));
        }
        Ok(bound)
    }

    pub fn over_columns(
        &mut self,
        ast: &Ast,
        table: &TableSchema,
        clause: &'static str,
        seen: Option<&[ViewUse]>,
    ) -> Result<Expr> {
        let scope = scope_of_table(table, None, &[], false);
        // Its syntax may come from the catalog, and then it lives no longer than this.
        let mut alone = Binder {
            seen,
            ..Binder::new(self.statement, self.times, self.parameters)
        };
        let bound = alone.expression(ast, &mut Context::new(&scope, clause))?;
        if !alone.subplans.is_empty() || !alone.dependents.is_empty() {
            return Err(Error::unsupported(format!("a subquery in {clause}")));
        }
        if bound.any(&mut |expr| matches!(expr.kind, ExprKind::Parameter(_))) {
            let message = "there is no parameter in a definition";
            return Err(Error::new(Code::UndefinedParameter, message));
        }
        Ok(bound)
    }
}

/// The same rows with the generated columns computed.
pub fn with_generated(source: Node, table: &TableSchema, rules: &Rules) -> Node {
    if rules.generated.is_empty() {
        return source;
    }
    let columns = table.columns.iter().enumerate();
    let mut expressions: Vec<Expr> = columns
        .map(|(at, column)| Expr::column(at, column.data_type))
        .collect();
    for (at, value) in &rules.generated {
        expressions[*at] = value.clone();
    }
    Node::Project {
        input: Box::new(source),
        expressions,
    }
}

/// The error for a value given to a column that makes its own.
pub fn check_writable(column: &ColumnSchema, is_update: bool) -> Result<()> {
    let name = &column.name;
    let (what, hint) = match &column.identity {
        _ if column.generated.is_some() => ("a generated column", None),
        Some(identity) if identity.always => (
            "an identity column defined as GENERATED ALWAYS",
            (!is_update).then_some("Use OVERRIDING SYSTEM VALUE to override."),
        ),
        _ => return Ok(()),
    };
    let message = match is_update {
        true => format!("column \"{name}\" can only be updated to DEFAULT"),
        false => format!("cannot insert a non-DEFAULT value into column \"{name}\""),
    };
    let error = Error::new(Code::GeneratedAlways, message)
        .with_detail(format!("Column \"{name}\" is {what}."));
    Err(match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    })
}
