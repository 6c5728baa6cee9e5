//! What a statement writes to: a table, or one through views of it.
//!
//! A view that selects from one table or such a view, without joining, grouping or choosing among rows but by WHERE, shows
//! each row of that table at most once. So to write to it is to write to the table: its columns are expressions over those of the
//! table, its WHERE says which rows are there to be changed, and with CHECK OPTION also which may come of it.

use super::binder::Binder;
use super::expression::Context;
use super::from::{rename, scope_of_table};
use super::insert::find_column;
use super::name;
use super::scope::Scope;
use super::sets::Sets;
use super::window::Windows;
use crate::error::{Code, Error, Result};
use crate::expr::{self, Check, Expr, ExprKind};
use crate::plan::{Rules, TimeSlot};
use crate::sql::Statement;
use crate::types::{CatalogName, ColumnSchema, RelationKind, ScanColumn, TableSchema};
use sqlparser::ast::{self, Ident, ObjectName, SetExpr, TableFactor};
use std::borrow::Cow;
use std::rc::Rc;

#[derive(Clone)]
pub struct Writable {
    pub table: Rc<TableSchema>,
    through: Option<Rc<Through>>,
}

/// A view over the columns of the table.
struct Through {
    view: TableSchema,
    columns: Vec<Expr>,
    /// Its WHERE and those of the views below it.
    conditions: Vec<Expr>,
    checks: Vec<Check>,
}

impl Writable {
    pub fn table(table: Rc<TableSchema>) -> Writable {
        Writable {
            table,
            through: None,
        }
    }

    pub fn is_view(&self) -> bool {
        self.through.is_some()
    }

    /// Its columns under their names, over rows of the table with hidden columns behind.
    pub fn scope(
        &self,
        alias: Option<&Ident>,
        hidden: &[(&str, ScanColumn)],
        has_key: bool,
    ) -> Scope {
        let Some(through) = &self.through else {
            return scope_of_table(&self.table, alias, hidden, has_key);
        };
        let mut scope = scope_of_table(&through.view, alias, &[], false);
        for (column, expr) in scope.columns.iter_mut().zip(&through.columns) {
            column.expr = expr.clone();
        }
        scope.width = self.table.columns.len() + hidden.len();
        scope.tables[0].end = scope.width;
        scope
    }

    /// Which rows can be changed.
    pub fn conditions(&self) -> &[Expr] {
        let through = self.through.as_ref();
        through.map_or(&[], |through| &through.conditions)
    }

    /// The rules of the table, and what the views check.
    pub fn add_checks(&self, rules: &mut Rc<Rules>) {
        let checks = self.through.iter().flat_map(|through| &through.checks);
        for check in checks {
            Rc::make_mut(rules).checks.push(check.clone());
        }
    }

    /// The column that an UPDATE sets to its DEFAULT: those of a view have none but that of their domain.
    pub fn column_of_update<'c>(&self, column: &'c ColumnSchema) -> Cow<'c, ColumnSchema> {
        let mut column = Cow::Borrowed(column);
        if self.is_view() {
            let column = column.to_mut();
            column.default = None;
            column.identity = None;
        }
        column
    }

    /// The position in the table of a column that is written to.
    pub fn find_column(&self, ident: &Ident, doing: &str) -> Result<usize> {
        match &self.through {
            None => find_column(&self.table, ident),
            Some(through) => through
                .column(find_column(&through.view, ident)?, doing)
                .map_err(|error| error.at(name::position(ident))),
        }
    }

    /// The positions in the table of the columns that an INSERT names, or of the first that it can write, each once.
    pub fn targets(&self, names: &[ObjectName]) -> Result<Vec<usize>> {
        let mut targets = Vec::with_capacity(names.len());
        match &self.through {
            _ if !names.is_empty() => {}
            None => targets.extend(0..self.table.columns.len()),
            Some(through) => {
                for column in &through.columns {
                    match column.kind {
                        ExprKind::Column(at) if !targets.contains(&at) => targets.push(at),
                        _ => break,
                    }
                }
            }
        }
        for column in names {
            let ident = name::single(column)?;
            let at = self.find_column(ident, "insert into")?;
            if targets.contains(&at) {
                return Err(Error::new(
                    Code::DuplicateColumn,
                    format!("column \"{}\" specified more than once", ident.value),
                )
                .at(name::position(ident)));
            }
            targets.push(at);
        }
        Ok(targets)
    }

    /// Without a list of columns, a row may leave out the last ones.
    pub fn check_count(&self, values: usize, targets: &[usize], is_listed: bool) -> Result<()> {
        let error = |message: &str| Err(Error::new(Code::Syntax, message));
        if values > targets.len() {
            if let Some(through) = &self.through
                && !is_listed
                && values <= through.columns.len()
            {
                let again = through.column(targets.len(), "insert into")?;
                let name = &self.table.columns[again].name;
                return error(&format!("multiple assignments to same column \"{name}\""));
            }
            return error("INSERT has more expressions than target columns");
        }
        if values < targets.len() && is_listed {
            return error("INSERT has more target columns than expressions");
        }
        Ok(())
    }
}

impl Through {
    fn column(&self, at: usize, doing: &str) -> Result<usize> {
        match self.columns[at].kind {
            ExprKind::Column(at) => Ok(at),
            _ => {
                let (column, view) = (&self.view.columns[at].name, &self.view.name);
                let message = format!("cannot {doing} column \"{column}\" of view \"{view}\"");
                let detail =
                    "View columns that are not columns of their base relation are not updatable.";
                Err(Error::new(Code::Unsupported, message).with_detail(detail))
            }
        }
    }
}

impl Binder<'_> {
    /// The table whose rows a statement writes, perhaps through a view. `doing` is what it does.
    pub fn writable(&mut self, name: &CatalogName, position: u32, doing: &str) -> Result<Writable> {
        let found = self.find_table(name.as_str(), position, TimeSlot::Present)?;
        if found.kind() != RelationKind::View {
            return self.target(name.as_str(), position).map(Writable::table);
        }
        if let Some(clause) = self.statement.temporal.of_table(position) {
            return Err(self.past_is_read_only(clause));
        }
        self.through(&found, TimeSlot::Present, doing)
            .map_err(|error| error.moved_to(position))
    }

    /// Which columns of a view can be written, if rows can be changed and added through it.
    pub fn written_columns(&mut self, view: &TableSchema, time: TimeSlot) -> Option<Vec<bool>> {
        let (subplans, tables) = (self.subplans.len(), self.tables);
        let writable = self.through(view, time, "update");
        self.subplans.truncate(subplans);
        self.tables = tables;
        let through = writable.ok()?.through?;
        Some(through.columns.iter().map(is_column).collect())
    }

    /// What a view stands for when it is written to.
    pub fn through(&mut self, view: &TableSchema, time: TimeSlot, doing: &str) -> Result<Writable> {
        let schema = view;
        let Some(view) = &schema.view else {
            return Err(Error::new(Code::Internal, "not a view"));
        };
        let refuse = |why: &str| {
            let message = format!("cannot {doing} view \"{}\"", schema.name);
            let detail = format!("Views {why} are not automatically updatable.");
            Error::new(Code::NotInPrerequisiteState, message).with_detail(detail)
        };
        let mut found = None;
        let uses = Some(view.uses.as_slice());
        self.query_of_text(&view.sql, &schema.name, uses, time, &mut |inner, query| {
            let (select, relation, alias) = simple(query).map_err(refuse)?;
            let Statement {
                temporal,
                system_columns,
                ..
            } = inner.statement;
            if !temporal.clauses.is_empty() || *system_columns {
                return Err(Error::unsupported("writing through a view of versions"));
            }
            let single = || refuse("that do not select from a single table or view");
            if inner.system_relation(relation, None)?.is_some() {
                return Err(single());
            }
            let (_, written, _) = name::in_schema(relation)?;
            let seen_as = name::relation(relation)?.0;
            let (base_name, position) = inner.relation(relation)?;
            let base = inner.find_table(base_name.as_str(), position, time)?;
            let below = match base.kind() {
                RelationKind::Table => Writable::table(base.clone()),
                RelationKind::View => inner.through(&base, time, doing)?,
                _ => return Err(single()),
            };
            let mut scope = below.scope(alias.map(|alias| &alias.name), &[], false);
            if alias.is_none() {
                scope.tables[0].name = written.to_string();
                scope.tables[0].schema = Some(base.schema_name().to_string());
            }
            inner.see(&mut scope.columns, seen_as.as_str(), &base, time, false)?;
            let scope = rename(scope, alias)?;
            let mut context = Context::with_aggregates(&scope, "SELECT");
            context.windows = Some(Windows::default());
            context.sets = Some(Sets::default());
            let outputs = inner.outputs(&select.projection, &mut context)?;
            if context.calls.is_some_and(|calls| !calls.0.is_empty()) {
                return Err(refuse("that return aggregate functions"));
            }
            if context.windows.is_some_and(|windows| !windows.is_empty()) {
                return Err(refuse("that return window functions"));
            }
            if context.sets.is_some_and(|sets| !sets.is_empty()) {
                return Err(refuse("that return set-returning functions"));
            }
            let columns: Vec<Expr> = outputs.into_iter().map(|output| output.expr).collect();
            if doing != "delete from" && !columns.iter().any(is_column) {
                return Err(refuse("that have no updatable columns"));
            }
            let mut conditions = below.conditions().to_vec();
            let mut checks = Vec::new();
            let is_cascaded = view.is_checked && !view.checks_local;
            if let Some(below) = &below.through {
                checks.extend(below.checks.iter().cloned());
                if is_cascaded {
                    let own = below.conditions.iter().map(|condition| (below, condition));
                    for (below, condition) in own {
                        let check = check_of(&below.view.name, condition)?;
                        if !checks
                            .iter()
                            .any(|known: &Check| known.condition == check.condition)
                        {
                            checks.push(check);
                        }
                    }
                }
            }
            if let Some(condition) = &select.selection {
                let mut context = Context::new(&scope, "WHERE");
                let condition = inner.condition(condition, &mut context, "WHERE")?;
                if view.is_checked {
                    checks.push(check_of(&schema.name, &condition)?);
                }
                conditions.push(condition);
            }
            inner.refuse_since(0)?;
            found = Some(Writable {
                table: below.table,
                through: Some(Rc::new(Through {
                    view: schema.clone(),
                    columns,
                    conditions,
                    checks,
                })),
            });
            Ok(())
        })?;
        found.ok_or_else(|| Error::new(Code::Internal, "a view without a query"))
    }
}

fn is_column(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column(_))
}

/// A new row must be seen through the view.
fn check_of(view: &str, condition: &Expr) -> Result<Check> {
    Ok(Check {
        name: view.to_string(),
        condition: expr::resolve_is_truth(condition.clone(), Some(true), false)?,
        domain: None,
        of_view: true,
    })
}

type Simple<'q> = (&'q ast::Select, &'q ObjectName, Option<&'q ast::TableAlias>);

/// The parts of a query that selects rows of one relation; or why it does not, in PostgreSQL's words.
fn simple(query: &ast::Query) -> std::result::Result<Simple<'_>, &'static str> {
    let select = match &*query.body {
        SetExpr::Select(select) => select,
        SetExpr::Query(inner) if query.with.is_none() && query.limit_clause.is_none() => {
            return simple(inner);
        }
        SetExpr::SetOperation { .. } => return Err("containing UNION, INTERSECT, or EXCEPT"),
        _ => return Err("that do not select from a single table or view"),
    };
    let is_grouped = match &select.group_by {
        ast::GroupByExpr::Expressions(list, _) => !list.is_empty(),
        ast::GroupByExpr::All(_) => true,
    };
    if select.distinct.is_some() {
        return Err("containing DISTINCT");
    }
    if is_grouped {
        return Err("containing GROUP BY");
    }
    if select.having.is_some() {
        return Err("containing HAVING");
    }
    if query.with.is_some() {
        return Err("containing WITH");
    }
    if query.limit_clause.is_some() || query.fetch.is_some() {
        return Err("containing LIMIT or OFFSET");
    }
    match select.from.as_slice() {
        [from] if from.joins.is_empty() => match &from.relation {
            TableFactor::Table {
                name,
                alias,
                args: None,
                sample: None,
                ..
            } => Ok((select, name, alias.as_ref())),
            TableFactor::Table {
                sample: Some(_), ..
            } => Err("containing TABLESAMPLE"),
            _ => Err("that do not select from a single table or view"),
        },
        _ => Err("that do not select from a single table or view"),
    }
}
