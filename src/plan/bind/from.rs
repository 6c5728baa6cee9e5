//! FROM: tables, subqueries and joins, and the scope that they make.

use super::assign::Untyped;
use super::binder::Binder;
use super::expression::Context;
use super::lateral::{factor_looks_left, lateral_join, looks_left};
use super::name;
use super::scope::{Scope, ScopeTable};
use super::table_function::table_function;
use super::using::{merge, shared_by_nature, shared_by_using};
use crate::error::{Code, Error, Result};
use crate::expr::Expr;
use crate::plan::{JoinKind, Node, OutputColumn, Retyped, TimeSlot, scan_type};
use crate::sql::check_name;
use crate::types::{ColumnId, ScanColumn, TableSchema};
use sqlparser::ast::{
    self, Ident, JoinConstraint, JoinOperator, TableAlias, TableFactor, TableWithJoins,
};
use std::rc::Rc;

/// The hidden columns of every table.
pub const SYSTEM_COLUMNS: [(&str, ScanColumn); 4] = [
    ("system_seq_start", ScanColumn::SeqStart),
    ("system_seq_end", ScanColumn::SeqEnd),
    ("system_time_start", ScanColumn::TimeStart),
    ("system_time_end", ScanColumn::TimeEnd),
];

impl<'a> Binder<'a> {
    /// All tables of a FROM, joined; the commas are joins without a condition.
    pub fn from(&mut self, tables: &'a [TableWithJoins]) -> Result<(Node, Scope)> {
        let around = std::mem::replace(&mut self.from_level, self.outer.all.len());
        let bound = self.joined_items(tables);
        self.from_level = around;
        bound
    }

    /// The source of a MERGE.
    pub fn source_factor(&mut self, factor: &'a TableFactor) -> Result<(Node, Scope)> {
        let around = std::mem::replace(&mut self.from_level, self.outer.all.len());
        let bound = self.table_factor(factor);
        self.from_level = around;
        bound
    }

    fn joined_items(&mut self, tables: &'a [TableWithJoins]) -> Result<(Node, Scope)> {
        let mut all: Option<(Node, Scope)> = None;
        for table in tables {
            all = Some(match all {
                None => self.table_with_joins(table)?,
                Some((left, scope)) => {
                    let looks_left = looks_left(table);
                    let (bound, outer) =
                        self.beside(&scope, looks_left, |binder| binder.table_with_joins(table))?;
                    let scope = duplicate_at(scope.beside(bound.1), &table.relation)?;
                    (
                        lateral_join(JoinKind::Inner, left, bound.0, outer, None),
                        scope,
                    )
                }
            });
        }
        let one_row = Node::Values {
            rows: vec![Vec::new()],
            types: Vec::new(),
        };
        Ok(all.unwrap_or((one_row, Scope::default())))
    }

    pub fn table_with_joins(&mut self, table: &'a TableWithJoins) -> Result<(Node, Scope)> {
        let mut bound = self.table_factor(&table.relation)?;
        for join in &table.joins {
            bound = self.joined(bound, join)?;
        }
        Ok(bound)
    }

    fn table_factor(&mut self, factor: &'a TableFactor) -> Result<(Node, Scope)> {
        self.count_table()?;
        if let Some(function) = table_function(self, factor)? {
            return self.lateral(|binder| binder.function_in_from(function));
        }
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                version: None,
                with_ordinality: false,
                sample,
                json_path: None,
                with_hints,
                partitions,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let all = self.table(name, alias.as_ref())?;
                match sample {
                    None => Ok(all),
                    Some(sample) => self.sampled(all, sample),
                }
            }
            TableFactor::Derived {
                lateral,
                subquery,
                alias,
                sample: None,
            } => match lateral {
                true => self.lateral(|binder| binder.derived(subquery, alias.as_ref())),
                false => self.derived(subquery, alias.as_ref()),
            },
            TableFactor::NestedJoin {
                table_with_joins,
                alias,
            } => {
                let (node, scope) = self.table_with_joins(table_with_joins)?;
                match alias {
                    None => Ok((node, scope)),
                    Some(alias) => Ok((
                        node,
                        rename(scope.into_one(&alias.name.value), Some(alias))?,
                    )),
                }
            }
            _ => Err(Error::unsupported("this kind of table in FROM")),
        }
    }

    fn table(
        &mut self,
        name: &ast::ObjectName,
        alias: Option<&TableAlias>,
    ) -> Result<(Node, Scope)> {
        if let Some(common) = self.common_table(name) {
            return self.table_of_with(&common, name, alias);
        }
        if let Some(system) = self.system_relation(name, alias)? {
            return Ok(system);
        }
        let (_, written, _) = name::in_schema(name)?;
        // By what a view knows it, whose text is read again by sessions that look elsewhere.
        let seen_as = name::relation(name)?.0;
        let (name, position) = self.relation(name)?;
        let name = name.as_str();
        let time = self.time_of_table(position);
        let table = self.find_table(name, position, time)?;
        let extra: &[_] = match self.statement.system_columns {
            true => &SYSTEM_COLUMNS,
            false => &[],
        };
        let has_key = self.reads_one_moment(time);
        let retyped = match has_key {
            true => None,
            false => Retyped::of(&table).map_err(|error| error.at(position))?,
        };
        let named = alias.map(|alias| &alias.name);
        let (node, mut scope) = match &table.view {
            Some(view) if view.is_materialized && !view.is_populated => {
                let message = format!("materialized view \"{name}\" has not been populated");
                let hint = "Use the REFRESH MATERIALIZED VIEW command.";
                return Err(Error::new(Code::NotInPrerequisiteState, message).with_hint(hint));
            }
            Some(view) if !view.is_materialized => {
                let rows = self.rows_of_view(&table, view, time);
                let (node, table) = rows.map_err(|error| error.moved_to(position))?;
                (node, scope_of_table(&table, named, &[], false))
            }
            _ => match retyped {
                Some(retyped) => {
                    let (node, table) = scan_of_retyped(retyped, &table, time, extra);
                    (node, scope_of_table(&table, named, extra, false))
                }
                None => {
                    let columns = scan_columns(&table, extra.iter().map(|(_, column)| *column));
                    let scope = scope_of_table(&table, named, extra, has_key);
                    (scan(table.clone(), time, columns), scope)
                }
            },
        };
        if named.is_none() {
            // As it is written: since a view was made the table may have been renamed.
            scope.tables[0].name = written.to_string();
            scope.tables[0].schema = Some(table.schema_name().to_string());
        }
        let all = alias.is_some_and(|alias| !alias.columns.is_empty());
        self.see(&mut scope.columns, seen_as.as_str(), &table, time, all)?;
        Ok((node, rename(scope, alias)?))
    }

    fn derived(
        &mut self,
        query: &'a ast::Query,
        alias: Option<&TableAlias>,
    ) -> Result<(Node, Scope)> {
        let around = self.time;
        if let Some(alias) = alias {
            self.time = self.time_of_table(name::position(&alias.name));
        }
        let bound = self.query(query, Untyped::Text);
        self.time = around;
        let (node, output) = bound?;
        // A subquery without an alias cannot be named: no identifier is empty.
        let name = alias.map_or("", |alias| &alias.name.value);
        Ok((node, rename(scope_of_output(name, output), alias)?))
    }

    fn joined(&mut self, left: (Node, Scope), join_ast: &'a ast::Join) -> Result<(Node, Scope)> {
        let (left, left_scope) = left;
        let (kind, constraint) = join_kind(&join_ast.join_operator)?;
        let relation = &join_ast.relation;
        let looks_left = factor_looks_left(relation);
        let ((right, right_scope), outer) = self.beside(&left_scope, looks_left, |binder| {
            binder.table_factor(relation)
        })?;
        if !outer.is_empty() && matches!(kind, JoinKind::Right | JoinKind::Full) {
            let message = "a table cannot see the other side of this join";
            return Err(
                Error::new(Code::InvalidColumnReference, message).with_detail(
                    "The combining JOIN type must be INNER or LEFT for a LATERAL reference.",
                ),
            );
        }
        let left_width = left_scope.width;
        let left_tables = left_scope.tables.len();
        let shared = match constraint {
            JoinConstraint::Using(names) => {
                let names = names.iter().map(name::single).collect::<Result<Vec<_>>>()?;
                shared_by_using(&left_scope, &right_scope, &names)?
            }
            JoinConstraint::Natural => shared_by_nature(&left_scope, &right_scope)?,
            JoinConstraint::On(_) | JoinConstraint::None => Vec::new(),
        };
        let mut scope = duplicate_at(left_scope.beside(right_scope), &join_ast.relation)?;
        for (at, table) in scope.tables.iter_mut().enumerate() {
            table.may_be_missing |= match kind {
                JoinKind::Left => at >= left_tables,
                JoinKind::Right => at < left_tables,
                JoinKind::Full => true,
                _ => false,
            };
        }
        let since = self.dependents.len();
        let condition = match constraint {
            JoinConstraint::On(condition) => {
                let mut context = Context::new(&scope, "JOIN conditions");
                Some(self.condition(condition, &mut context, "JOIN/ON")?)
            }
            _ => merge(&mut scope, kind, shared, left_width)?,
        };
        let node = match condition {
            Some(condition) if self.dependents.len() > since => {
                self.join_by_subqueries(since, kind, left, right, outer, condition)?
            }
            condition => lateral_join(kind, left, right, outer, condition),
        };
        Ok((node, scope))
    }
}

/// All versions of rows some of whose columns changed their types.
fn scan_of_retyped(
    retyped: Retyped,
    table: &Rc<TableSchema>,
    time: TimeSlot,
    extra: &[(&str, ScanColumn)],
) -> (Node, TableSchema) {
    let extra = extra.iter().map(|(_, column)| *column);
    let columns = scan_columns(&retyped.table, extra);
    let mut schema = TableSchema::clone(table);
    for (column, value) in schema.columns.iter_mut().zip(&retyped.values) {
        column.data_type = value.data_type;
    }
    let mut expressions = retyped.values;
    for (at, column) in columns.iter().enumerate() {
        if !matches!(column, ScanColumn::Column(_)) {
            expressions.push(Expr::column(at, scan_type(table, *column)));
        }
    }
    let input = Box::new(scan(table.clone(), time, columns));
    (Node::Project { input, expressions }, schema)
}

/// Adds the position of a table to the error that its name is taken.
fn duplicate_at(scope: Result<Scope>, factor: &TableFactor) -> Result<Scope> {
    let position = match factor {
        TableFactor::Table {
            alias: Some(alias), ..
        }
        | TableFactor::Derived {
            alias: Some(alias), ..
        } => Some(name::position(&alias.name)),
        TableFactor::Table { name, .. } => name::relation(name).ok().map(|(_, position)| position),
        _ => None,
    };
    scope.map_err(|error| match position {
        Some(position) => error.at(position),
        None => error,
    })
}

/// The scope of one table, with hidden columns behind its own.
pub fn scope_of_table(
    table: &TableSchema,
    alias: Option<&Ident>,
    hidden: &[(&str, ScanColumn)],
    has_key: bool,
) -> Scope {
    let key = table.primary_key();
    let key = key.filter(|key| has_key && !key.may_wait()).map(|index| {
        let position = |id: &ColumnId| table.position(*id);
        index.columns.iter().filter_map(position).collect()
    });
    let entry = ScopeTable {
        name: alias.map_or(&table.name, |alias| &alias.value).clone(),
        hidden_name: alias.map(|_| table.name.clone()),
        schema: Some(match alias {
            Some(_) => String::new(),
            None => table.schema_name().to_string(),
        }),
        start: 0,
        end: table.columns.len() + hidden.len(),
        key: None,
        may_be_missing: false,
    };
    let own = table
        .columns
        .iter()
        .map(|column| (column.name.clone(), column.data_type));
    let hidden_columns = hidden
        .iter()
        .map(|(name, column)| (name.to_string(), scan_type(table, *column)));
    let mut scope = Scope::of_table(entry.with_key(key), own.chain(hidden_columns));
    for column in &mut scope.columns[table.columns.len()..] {
        column.visible = false;
    }
    scope
}

/// The scope of a subquery in a FROM.
pub fn scope_of_output(name: &str, output: Vec<OutputColumn>) -> Scope {
    let table = ScopeTable {
        name: name.to_string(),
        hidden_name: None,
        schema: None,
        start: 0,
        end: output.len(),
        key: None,
        may_be_missing: false,
    };
    let columns = output.into_iter();
    Scope::of_table(table, columns.map(|column| (column.name, column.data_type)))
}

/// All columns of a table and what follows them.
pub fn scan_columns(
    table: &TableSchema,
    extra: impl Iterator<Item = ScanColumn>,
) -> Vec<ScanColumn> {
    let own = table
        .columns
        .iter()
        .map(|column| ScanColumn::Column(column.id));
    own.chain(extra).collect()
}

pub fn scan(table: Rc<TableSchema>, time: TimeSlot, columns: Vec<ScanColumn>) -> Node {
    Node::Scan {
        table,
        time,
        columns,
        filter: None,
    }
}

pub fn join(kind: JoinKind, left: Node, right: Node, condition: Option<Expr>) -> Node {
    Node::Join {
        kind,
        left: Box::new(left),
        right: Box::new(right),
        keys: Vec::new(),
        condition,
    }
}

/// Gives the first columns the names of an alias's list.
pub fn rename(mut scope: Scope, alias: Option<&TableAlias>) -> Result<Scope> {
    let Some(alias) = alias else {
        return Ok(scope);
    };
    check_name(&alias.name)?;
    let visible = scope.columns.iter().filter(|column| column.visible).count();
    if alias.columns.len() > visible {
        return Err(Error::new(
            Code::InvalidColumnReference,
            format!(
                "table \"{}\" has {visible} columns available but {} columns specified",
                alias.name.value,
                alias.columns.len()
            ),
        )
        .at(name::position(&alias.name)));
    }
    for (column, definition) in scope.columns.iter_mut().zip(&alias.columns) {
        if definition.data_type.is_some() {
            return Err(Error::unsupported("a type in the list of an alias"));
        }
        check_name(&definition.name)?;
        column.name = definition.name.value.clone();
    }
    Ok(scope)
}

fn join_kind(operator: &JoinOperator) -> Result<(JoinKind, &JoinConstraint)> {
    use JoinOperator::*;
    let (kind, constraint) = match operator {
        Join(constraint) | Inner(constraint) => (JoinKind::Inner, constraint),
        Left(constraint) | LeftOuter(constraint) => (JoinKind::Left, constraint),
        Right(constraint) | RightOuter(constraint) => (JoinKind::Right, constraint),
        FullOuter(constraint) => (JoinKind::Full, constraint),
        CrossJoin(constraint @ JoinConstraint::None) => return Ok((JoinKind::Inner, constraint)),
        _ => return Err(Error::unsupported("this kind of join")),
    };
    match constraint {
        JoinConstraint::None => Err(Error::new(
            Code::Syntax,
            "a join needs ON or USING; CROSS JOIN has none",
        )),
        _ => Ok((kind, constraint)),
    }
}
