//! INSERT.
//!
//! Whatever its rows come from, the plan's source has one column for each column of the table, typed as
//! that column: a value, the column's DEFAULT, or NULL.

use super::assign::{Untyped, assign_to_column};
use super::binder::Binder;
use super::conflict::insert_or;
use super::expression::Context;
use super::name;
use super::number::{is_left_out, numbered};
use super::parameter::visit_node;
use super::rules::{check_writable, with_generated};
use super::scope::Scope;
use super::writable::Writable;
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{Insert, Node, OutputColumn, Plan, Returning};
use crate::sql::{self, Overriding, check_name};
use crate::types::{ColumnSchema, DataType, DefaultValue, TableSchema, Value, ViewUse};
use sqlparser::ast::{self, Expr as Ast, SelectItem, SetExpr, TableObject};

impl<'a> Binder<'a> {
    pub fn bind_insert(&mut self, insert: &'a ast::Insert) -> Result<(Plan, Vec<OutputColumn>)> {
        check_clauses(insert)?;
        let TableObject::TableName(table_name) = &insert.table else {
            return Err(Error::unsupported(
                "INSERT into something that is not a table",
            ));
        };
        let (table_name, position) = self.relation(table_name)?;
        let written = self.writable(&table_name, position, "insert into")?;
        let table = written.table.clone();
        let targets = written.targets(&insert.columns)?;
        let source = match &insert.source {
            None => Node::Values {
                rows: vec![self.defaults(&table)?],
                types: column_types(&table),
            },
            Some(query) => {
                self.insert_source(query, &written, &targets, !insert.columns.is_empty())?
            }
        };
        let source = match numbered(&table) {
            Some(at) if is_left_out(insert, &targets, at) => self.number(source, &table, at)?,
            _ => source,
        };
        let alias = insert.table_alias.as_ref().map(|alias| &alias.alias);
        let conflict = match (&insert.on, insert.or) {
            (Some(clause), None) => Some(self.on_conflict(clause, &written, alias)?),
            (None, None) => None,
            (None, Some(or)) => insert_or(or, &table)?,
            _ => return Err(Error::unsupported("INSERT OR with ON CONFLICT")),
        };
        let scope = written.scope(alias, &[], false);
        let returning = insert.returning.as_deref();
        let returning = returning.map(|items| self.returning_over(items, &scope));
        let returning = returning.transpose()?;
        let mut rules = self.rules(&table)?;
        written.add_checks(&mut rules);
        let output = returning_output(&returning);
        let plan = Plan::Insert(Insert {
            source: with_generated(source, &table, &rules),
            table,
            rules,
            conflict,
            subplans: std::mem::take(&mut self.subplans),
            returning,
        });
        Ok((plan, output))
    }

    fn insert_source(
        &mut self,
        query: &'a ast::Query,
        written: &Writable,
        targets: &[usize],
        is_listed: bool,
    ) -> Result<Node> {
        let table = &written.table;
        let is_plain = query.order_by.is_none()
            && query.limit_clause.is_none()
            && query.fetch.is_none()
            && query.with.is_none();
        if let (SetExpr::Values(values), true) = (query.body.as_ref(), is_plain) {
            return self.insert_values(values, written, targets, is_listed);
        }
        let types: Vec<DataType> = targets
            .iter()
            .map(|at| table.columns[*at].data_type)
            .collect();
        let (input, output) = self.query(query, Untyped::As(&types))?;
        written.check_count(output.len(), targets, is_listed)?;
        let mut expressions = self.defaults(table)?;
        for (from, (at, output)) in targets.iter().zip(&output).enumerate() {
            let value = Expr::column(from, output.data_type);
            if !self.takes_value(&table.columns[*at])? {
                continue;
            }
            expressions[*at] = assign_to_column(value, &table.columns[*at])?;
        }
        Ok(Node::Project {
            input: Box::new(input),
            expressions,
        })
    }

    fn insert_values(
        &mut self,
        values: &'a ast::Values,
        written: &Writable,
        targets: &[usize],
        is_listed: bool,
    ) -> Result<Node> {
        let table = &written.table;
        let scope = Scope::default();
        let defaults = self.defaults(table)?;
        let mut rows = Vec::with_capacity(values.rows.len());
        let mut count = None;
        for row in &values.rows {
            let row = &row.content;
            let mut bound = defaults.clone();
            if *count.get_or_insert(row.len()) != row.len() {
                return Err(Error::new(
                    Code::Syntax,
                    "VALUES lists must all be the same length",
                ));
            }
            self.fill_row(&mut bound, row, written, (targets, is_listed), &scope)?;
            rows.push(bound);
        }
        Ok(Node::Values {
            rows,
            types: column_types(table),
        })
    }

    /// Puts the values of a tuple into a row of defaults.
    pub fn fill_row(
        &mut self,
        row: &mut [Expr],
        tuple: &'a [Ast],
        written: &Writable,
        (targets, is_listed): (&[usize], bool),
        scope: &Scope,
    ) -> Result<()> {
        let table = &written.table;
        name_first(written.check_count(tuple.len(), targets, is_listed), tuple)?;
        for (ast, at) in tuple.iter().zip(targets) {
            if is_default(ast) || !name::at(self.takes_value(&table.columns[*at]), ast)? {
                continue;
            }
            let mut context = Context::new(scope, "VALUES");
            let value = self.expression(ast, &mut context)?;
            row[*at] = name::at(assign_to_column(value, &table.columns[*at]), ast)?;
        }
        Ok(())
    }

    /// Whether a column takes a value that is given for it, which with OVERRIDING USER VALUE an identity does
    /// not.
    fn takes_value(&self, column: &ColumnSchema) -> Result<bool> {
        match (&column.identity, self.statement.overriding) {
            (Some(_), Some(Overriding::System)) => Ok(true),
            (Some(_), Some(Overriding::User)) => Ok(false),
            _ => check_writable(column, false).map(|()| true),
        }
    }

    /// What each column gets where no value is named.
    pub fn defaults(&mut self, table: &TableSchema) -> Result<Vec<Expr>> {
        table
            .columns
            .iter()
            .map(|column| self.default_of(column))
            .collect()
    }

    pub fn default_of(&mut self, column: &ColumnSchema) -> Result<Expr> {
        if let Some(identity) = &column.identity {
            return assign_to_column(Expr::next_value(identity.sequence), column);
        }
        let Some(default) = self.default_text(column) else {
            return assign_to_column(Expr::null(), column);
        };
        let ast = sql::parse_expression(&default)?;
        self.bind_default(&ast, column, Some(&[]))
    }

    /// What is kept of a DEFAULT. NULL is what a column has without one, unless its domain has another.
    pub fn default_value(
        &mut self,
        ast: &Ast,
        column: &ColumnSchema,
        sql: String,
    ) -> Result<Option<DefaultValue>> {
        let bound = self.bind_default(ast, column, None)?;
        let sql = self.with_ids(&sql, true)?;
        let is_null = bound.as_constant().is_some_and(Value::is_null);
        Ok((!is_null || column.domain.is_some()).then_some(DefaultValue { sql }))
    }

    /// A DEFAULT sees no columns and runs no queries. `seen` is there for one that is kept.
    pub fn bind_default(
        &mut self,
        ast: &Ast,
        column: &ColumnSchema,
        seen: Option<&[ViewUse]>,
    ) -> Result<Expr> {
        let scope = Scope::default();
        let mut context = Context::new(&scope, "DEFAULT expressions");
        // Its syntax may come from the catalog, and then it lives no longer than this.
        let mut alone = Binder {
            seen,
            ..Binder::new(self.statement, self.times, self.parameters)
        };
        let bound = alone.expression(ast, &mut context);
        let bound = bound.map_err(|error| match error.code() {
            Code::UndefinedColumn => Error::unsupported("a column reference in a DEFAULT"),
            _ => error,
        })?;
        if !alone.subplans.is_empty() || !alone.dependents.is_empty() {
            return Err(Error::unsupported("a subquery in a DEFAULT"));
        }
        if bound.any(&mut |expr| matches!(expr.kind, ExprKind::Parameter(_))) {
            return Err(Error::new(
                Code::UndefinedParameter,
                "a DEFAULT has no parameters",
            ));
        }
        assign_to_column(bound, column)
    }

    /// RETURNING over the rows of a scope.
    pub fn returning_over(&mut self, items: &'a [SelectItem], scope: &Scope) -> Result<Returning> {
        let mut context = Context::new(scope, "RETURNING");
        // A subquery runs before the rows are changed, and as in PostgreSQL sees the tables as they were then.
        let dependents = self.dependents.len();
        let outputs = self.outputs(items, &mut context)?;
        self.refuse_since(dependents)?;
        let mut returning = Returning {
            expressions: Vec::with_capacity(outputs.len()),
            output: Vec::with_capacity(outputs.len()),
        };
        for output in outputs {
            let expr = match output.expr.data_type {
                DataType::Unknown => super::assign::as_text(output.expr)?,
                _ => output.expr,
            };
            returning.output.push(OutputColumn {
                name: output.name,
                data_type: expr.data_type,
            });
            returning.expressions.push(expr);
        }
        Ok(returning)
    }
}

pub fn returning_output(returning: &Option<Returning>) -> Vec<OutputColumn> {
    let output = returning.as_ref().map(|returning| returning.output.clone());
    output.unwrap_or_default()
}

/// Makes the constants of an INSERT's one tuple, bound as parameters from `first` on, columns of the rows
/// given at execution. Gives their types.
pub fn take_rows(plan: &mut Plan, first: usize, types: &[Option<DataType>]) -> Vec<DataType> {
    let Plan::Insert(insert) = plan else {
        return Vec::new();
    };
    let types: Vec<DataType> = types[first..]
        .iter()
        .map(|known| known.unwrap_or(DataType::Text))
        .collect();
    visit_node(&mut insert.source, &mut |expr| {
        if let ExprKind::Parameter(at) = expr.kind
            && at >= first
        {
            expr.kind = ExprKind::Column(at - first);
        }
    });
    // Generated columns and numbers are computed above.
    let mut source = &mut insert.source;
    while let Node::Project { input, .. } | Node::Number { input, .. } = source {
        source = &mut **input;
    }
    if let Node::Values { rows, .. } = source
        && let Some(expressions) = rows.pop()
    {
        let is_all = expressions.len() == types.len();
        let is_same = |(at, expr): (usize, &Expr)| expr.kind == ExprKind::Column(at);
        let rows = Node::Rows {
            types: types.clone(),
        };
        *source = match is_all && expressions.iter().enumerate().all(is_same) {
            true => rows,
            false => Node::Project {
                input: Box::new(rows),
                expressions,
            },
        };
    }
    types
}

fn column_types(table: &TableSchema) -> Vec<DataType> {
    table
        .columns
        .iter()
        .map(|column| column.data_type)
        .collect()
}

/// The position of a column that is written to.
pub fn find_column(table: &TableSchema, ident: &ast::Ident) -> Result<usize> {
    check_name(ident)?;
    table.position_by_name(&ident.value).ok_or_else(|| {
        Error::new(
            Code::UndefinedColumn,
            format!(
                "column \"{}\" of relation \"{}\" does not exist",
                ident.value, table.name
            ),
        )
        .at(name::position(ident))
    })
}

fn name_first<T>(result: Result<T>, row: &[Ast]) -> Result<T> {
    match row.first() {
        Some(ast) => name::at(result, ast),
        None => result,
    }
}

/// The word DEFAULT in the place of a value.
pub fn is_default(ast: &Ast) -> bool {
    matches!(ast, Ast::Identifier(ident) if ident.quote_style.is_none() && ident.value == "default")
}

fn check_clauses(insert: &ast::Insert) -> Result<()> {
    let others = insert.overwrite
        || !insert.assignments.is_empty()
        || insert.partitioned.is_some()
        || !insert.after_columns.is_empty()
        || insert.has_table_keyword
        || insert.output.is_some()
        || !insert.into;
    match others {
        true => Err(Error::unsupported("this form of INSERT")),
        false => Ok(()),
    }
}
