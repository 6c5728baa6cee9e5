//! UPDATE and DELETE: a query over the table that yields the ids of the rows to change.

use super::assign::assign_to_column;
use super::binder::Binder;
use super::dependent::filter;
use super::expression::Context;
use super::from::{SYSTEM_COLUMNS, join, scan, scan_columns};
use super::insert::{is_default, returning_output};
use super::name;
use super::rules::check_writable;
use super::scope::Scope;
use super::subquery::{is_row, row_of};
use super::writable::Writable;
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{Delete, JoinKind, Node, OutputColumn, Plan, Returning, Rules, TimeSlot, Update};
use crate::sql::check_name;
use crate::types::{DataType, ScanColumn, TableSchema};
use sqlparser::ast::{
    self, AssignmentTarget, Expr as Ast, FromTable, TableFactor, TableWithJoins,
    UpdateTableFromKind,
};
use std::rc::Rc;

/// The table that a statement changes, joined with the others it names.
pub struct Target<'a> {
    pub written: Writable,
    pub table: Rc<TableSchema>,
    alias: Option<&'a ast::Ident>,
    pub node: Node,
    pub scope: Scope,
}

impl<'a> Binder<'a> {
    pub fn bind_update(&mut self, update: &'a ast::Update) -> Result<(Plan, Vec<OutputColumn>)> {
        if update.output.is_some()
            || update.or.is_some()
            || !update.order_by.is_empty()
            || update.limit.is_some()
        {
            return Err(Error::unsupported("this form of UPDATE"));
        }
        let others: &[TableWithJoins] = match &update.from {
            None => &[],
            Some(UpdateTableFromKind::AfterSet(tables)) => tables,
            Some(UpdateTableFromKind::BeforeSet(_)) => {
                return Err(Error::unsupported("FROM before SET"));
            }
        };
        let mut target = self.target_rows(
            relation_of(&update.table)?,
            others,
            update.selection.as_ref(),
            "update",
        )?;
        let since = self.dependents.len();
        let mut assignments =
            self.assignments(&update.assignments, &target.written, &target.scope)?;
        let values = assignments.iter_mut().map(|(_, value)| value);
        target.node = self.place_since(since, target.node, values);
        let (returning, others) = self.returning_of(update.returning.as_deref(), &target)?;
        let output = returning_output(&returning);
        let mut rules = self.rules(&target.table)?;
        target.written.add_checks(&mut rules);
        let changed = assignments.iter().map(|(at, _)| *at);
        let generated = rules.generated.iter().map(|(at, _)| *at);
        let columns = (changed.chain(generated))
            .map(|at| target.table.columns[at].id)
            .collect();
        let whole = returning.is_some() || !rules.checks.is_empty();
        let plan = Plan::Update(Update {
            columns,
            source: new_values(
                target.node,
                &target.table,
                &assignments,
                &rules,
                whole,
                others,
            ),
            table: target.table,
            rules,
            subplans: std::mem::take(&mut self.subplans),
            returning,
        });
        Ok((plan, output))
    }

    pub fn bind_delete(&mut self, delete: &'a ast::Delete) -> Result<(Plan, Vec<OutputColumn>)> {
        if delete.output.is_some()
            || !delete.tables.is_empty()
            || !delete.order_by.is_empty()
            || delete.limit.is_some()
        {
            return Err(Error::unsupported("this form of DELETE"));
        }
        let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
        let [table] = from.as_slice() else {
            return Err(Error::new(
                Code::Syntax,
                "DELETE names one table; others follow USING",
            ));
        };
        let others = delete.using.as_deref().unwrap_or(&[]);
        let target = self.target_rows(
            relation_of(table)?,
            others,
            delete.selection.as_ref(),
            "delete from",
        )?;
        let (returning, others) = self.returning_of(delete.returning.as_deref(), &target)?;
        let mut expressions = vec![row_id(&target.table)];
        if returning.is_some() {
            let columns = target.table.columns.iter().enumerate();
            expressions.extend(columns.map(|(at, column)| Expr::column(at, column.data_type)));
            expressions.extend(others);
        }
        let output = returning_output(&returning);
        let rules = self.rules(&target.table)?;
        let plan = Plan::Delete(Delete {
            rules,
            table: target.table,
            source: Node::Project {
                input: Box::new(target.node),
                expressions,
            },
            subplans: std::mem::take(&mut self.subplans),
            returning,
        });
        Ok((plan, output))
    }

    /// RETURNING, which sees the columns of the other tables, too: as columns behind the table's own. Gives what
    /// these are over the rows to change.
    fn returning_of(
        &mut self,
        items: Option<&'a [ast::SelectItem]>,
        target: &Target,
    ) -> Result<(Option<Returning>, Vec<Expr>)> {
        let mut others = Vec::new();
        let own = target.table.columns.len();
        let (Some(items), true) = (items, target.scope.tables.len() > 1) else {
            let scope = target.written.scope(target.alias, &[], false);
            let returning = items.map(|items| self.returning_over(items, &scope));
            return Ok((returning.transpose()?, others));
        };
        // What the hidden columns of the new row will be is not known before its commit.
        let mut scope = target.scope.clone();
        let own_end = scope.tables[0].end;
        for column in &mut scope.columns {
            if matches!(column.expr.kind, ExprKind::Column(at) if (own..own_end).contains(&at)) {
                column.name.clear();
            }
        }
        let mut returning = self.returning_over(items, &scope)?;
        for expr in &mut returning.expressions {
            expr.visit_mut(&mut |expr| {
                if let ExprKind::Column(at) = expr.kind
                    && at >= own
                {
                    let other = Expr::column(at, expr.data_type);
                    let known = others.iter().position(|known| *known == other);
                    let at = known.unwrap_or(others.len());
                    if known.is_none() {
                        others.push(other);
                    }
                    expr.kind = ExprKind::Column(own + at);
                }
            });
        }
        Ok((Some(returning), others))
    }

    /// The rows to change: all columns of the table, its row id and hidden columns, then the columns of the others.
    pub fn target_rows<'s>(
        &mut self,
        table: &'s TableFactor,
        others: &'a [TableWithJoins],
        condition: Option<&'a Ast>,
        doing: &str,
    ) -> Result<Target<'s>> {
        let TableFactor::Table { name, alias, .. } = table else {
            return Err(Error::unsupported("changing something that is not a table"));
        };
        let (name, position) = self.relation(name)?;
        let written = self.writable(&name, position, doing)?;
        let schema = written.table.clone();
        let alias = alias.as_ref().map(|alias| &alias.name);
        alias.map_or(Ok(()), check_name)?;
        // No name reaches the row id: no identifier is empty.
        let mut hidden = vec![("", ScanColumn::RowId)];
        if self.statement.system_columns {
            hidden.extend(SYSTEM_COLUMNS);
        }
        let mut scope = written.scope(alias, &hidden, true);
        let columns = scan_columns(&schema, hidden.iter().map(|(_, column)| *column));
        let mut node = scan(schema.clone(), TimeSlot::Present, columns);
        for condition in written.conditions() {
            node = filter(node, condition.clone());
        }
        if !others.is_empty() {
            let (right, right_scope) = self.from(others)?;
            scope = scope.beside(right_scope)?;
            node = join(JoinKind::Inner, node, right, None);
        }
        if let Some(condition) = condition {
            let mut context = Context::new(&scope, "WHERE");
            let since = self.dependents.len();
            let condition = self.condition(condition, &mut context, "WHERE")?;
            node = self.filter_since(since, node, condition);
        }
        Ok(Target {
            written,
            table: schema,
            alias,
            node,
            scope,
        })
    }

    /// The columns that are set, by position, and their new values.
    pub fn assignments(
        &mut self,
        list: &'a [ast::Assignment],
        written: &Writable,
        scope: &Scope,
    ) -> Result<Vec<(usize, Expr)>> {
        let table = &written.table;
        let mut assignments: Vec<(usize, Expr)> = Vec::with_capacity(list.len());
        let mut parts = Vec::new();
        for assignment in list {
            for (column, value) in self.pairs(assignment, scope)? {
                let ident = name::single(column)?;
                let at = written.find_column(ident, "update")?;
                let part = self.subscripts_at(name::position(ident));
                let before = assignments.iter().position(|(other, _)| *other == at);
                // Other parts of the same column may have been assigned to.
                let is_part = |before: usize| parts.contains(&assignments[before].0);
                if before.is_some_and(|before| part.is_none() || !is_part(before)) {
                    return Err(Error::new(
                        Code::Syntax,
                        format!("multiple assignments to same column \"{}\"", ident.value),
                    )
                    .at(name::position(ident)));
                }
                let schema = &table.columns[at];
                let default = matches!(value, NewValue::Written(ast) if is_default(ast));
                if let Some(part) = part {
                    if default {
                        return Err(Error::new(
                            Code::Unsupported,
                            "cannot set an array element to DEFAULT",
                        ));
                    }
                    check_writable(schema, true)?;
                    let whole = match before {
                        Some(before) => assignments.remove(before).1,
                        None => Expr::column(at, schema.data_type),
                    };
                    let mut context = Context::new(scope, "UPDATE");
                    let value = match value {
                        NewValue::Written(ast) => self.expression(ast, &mut context)?,
                        NewValue::Bound(value) => value,
                    };
                    let value = self.assign_part(schema, whole, part, value, &mut context)?;
                    assignments.push((at, value));
                    parts.push(at);
                    continue;
                }
                if !default || written.is_view() {
                    check_writable(schema, true)
                        .map_err(|error| error.at(name::position(ident)))?;
                } else if schema.generated.is_some() {
                    continue;
                }
                let value = match value {
                    NewValue::Written(_) if default => {
                        self.default_of(&written.column_of_update(schema))?
                    }
                    NewValue::Written(ast) => {
                        let mut context = Context::new(scope, "UPDATE");
                        let bound = self.expression(ast, &mut context)?;
                        name::at(assign_to_column(bound, schema), ast)?
                    }
                    NewValue::Bound(value) => assign_to_column(value, schema)?,
                };
                assignments.push((at, value));
            }
        }
        Ok(assignments)
    }

    /// What stands in brackets behind the column of SET at a position.
    fn subscripts_at(&self, position: u32) -> Option<&'a [ast::AccessExpr]> {
        let statement = self.statement;
        let mut all = statement.subscripts.iter();
        let found = all.find(|(at, _)| *at == position);
        found.map(|(_, chain)| chain.as_slice())
    }

    /// `a = x`, `(a, b) = (x, y)` or `(a, b) = (SELECT x, y)` as pairs of column and value.
    fn pairs(
        &mut self,
        assignment: &'a ast::Assignment,
        scope: &Scope,
    ) -> Result<Vec<(&'a ast::ObjectName, NewValue<'a>)>> {
        let columns = match &assignment.target {
            AssignmentTarget::ColumnName(column) => {
                return Ok(vec![(column, NewValue::Written(&assignment.value))]);
            }
            AssignmentTarget::Tuple(columns) => columns,
        };
        let values: Vec<NewValue> = match &assignment.value {
            row if is_row(row) => {
                let values = row_of(row).into_iter().flatten();
                values.map(NewValue::Written).collect()
            }
            Ast::Nested(value) if columns.len() == 1 => vec![NewValue::Written(value)],
            Ast::Subquery(query) => {
                let mut context = Context::new(scope, "UPDATE");
                let row = self.row_of_query(query, columns.len(), &mut context)?;
                row.into_iter().map(NewValue::Bound).collect()
            }
            _ => {
                return Err(Error::unsupported(
                    "setting several columns from one expression",
                ));
            }
        };
        if columns.len() != values.len() {
            return Err(Error::new(
                Code::Syntax,
                "number of columns does not match number of values",
            ));
        }
        Ok(columns.iter().zip(values).collect())
    }
}

/// What a column is set to.
enum NewValue<'a> {
    Written(&'a Ast),
    /// A column of a subquery's row.
    Bound(Expr),
}

fn relation_of(table: &TableWithJoins) -> Result<&TableFactor> {
    match table.joins.is_empty() {
        true => Ok(&table.relation),
        false => Err(Error::unsupported("changing the rows of a join")),
    }
}

/// The row id, which follows the columns of the table.
fn row_id(table: &TableSchema) -> Expr {
    Expr::column(table.columns.len(), DataType::BigInt)
}

/// Row id, new values and, if they are wanted, the whole new rows. A new value that stands twice and is not the
/// same each time is computed below and taken from there.
pub fn new_values(
    node: Node,
    table: &TableSchema,
    assignments: &[(usize, Expr)],
    rules: &Rules,
    whole: bool,
    others: Vec<Expr>,
) -> Node {
    use crate::expr::Volatility;
    let mut expressions = vec![row_id(table)];
    expressions.extend(assignments.iter().map(|(_, value)| value.clone()));
    let changed = expressions.len();
    let new_of = |at: usize| assignments.iter().position(|(to, _)| *to == at);
    let is_volatile = |(_, value): &(_, Expr)| value.volatility() == Volatility::Volatile;
    let is_single = !rules.generated.is_empty() || assignments.iter().any(is_volatile);
    if !is_single || !whole && rules.generated.is_empty() {
        if whole {
            let columns = table.columns.iter().enumerate();
            expressions.extend(columns.map(|(at, column)| match new_of(at) {
                Some(new) => assignments[new].1.clone(),
                None => Expr::column(at, column.data_type),
            }));
            expressions.extend(others);
        }
        return project(node, expressions);
    }
    // Below: the id, each new value once, and all old columns.
    let old = |(at, column): (usize, &crate::types::ColumnSchema)| match new_of(at) {
        Some(_) => Expr::constant(crate::types::Value::Null, column.data_type),
        None => Expr::column(at, column.data_type),
    };
    expressions.extend(table.columns.iter().enumerate().map(old));
    let mut above = positions(&expressions[..changed]);
    for (at, column) in table.columns.iter().enumerate() {
        let from = new_of(at).map_or(changed + at, |new| 1 + new);
        above.push(Expr::column(from, column.data_type));
    }
    for other in others {
        above.push(Expr::column(expressions.len(), other.data_type));
        expressions.push(other);
    }
    let node = project(project(node, expressions), above.clone());
    if rules.generated.is_empty() {
        return node;
    }
    let mut top = positions(&above[..changed]);
    let mut rows = positions(&above).split_off(changed);
    for (at, value) in &rules.generated {
        let mut value = value.clone();
        super::scope::shift_columns(&mut value, changed);
        rows[*at] = value.clone();
        top.push(value);
    }
    if whole {
        top.append(&mut rows);
    }
    project(node, top)
}

pub fn positions(expressions: &[Expr]) -> Vec<Expr> {
    let columns = expressions.iter().enumerate();
    columns
        .map(|(at, expr)| Expr::column(at, expr.data_type))
        .collect()
}

pub fn project(input: Node, expressions: Vec<Expr>) -> Node {
    Node::Project {
        input: Box::new(input),
        expressions,
    }
}
