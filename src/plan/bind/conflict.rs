//! ON CONFLICT: which unique indexes are watched, and what becomes of the row that is in the way.

use super::binder::Binder;
use super::expression::Context;
use super::key::key_of;
use super::name;
use super::scope::Scope;
use super::writable::Writable;
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr, ExprKind};
use crate::plan::optimize::{conjuncts, is_implied};
use crate::plan::{ConflictUpdate, OnConflict};
use crate::sql::Inference;
use crate::sql::check_name;
use crate::types::{ColumnId, ColumnSchema, IndexId, TableSchema};
use sqlparser::ast::{self, ConflictTarget, Ident, OnConflictAction, OnInsert};

impl<'a> Binder<'a> {
    pub fn on_conflict(
        &mut self,
        clause: &'a OnInsert,
        written: &Writable,
        alias: Option<&Ident>,
    ) -> Result<OnConflict> {
        let OnInsert::OnConflict(clause) = clause else {
            return Err(Error::unsupported("ON DUPLICATE KEY UPDATE"));
        };
        check_arbiters(&written.table)?;
        let target = clause.conflict_target.as_ref();
        let arbiters = target
            .map(|target| self.arbiters(written, target))
            .transpose()?;
        let update = match &clause.action {
            OnConflictAction::DoNothing => None,
            OnConflictAction::DoUpdate(_) if arbiters.is_none() => {
                let message =
                    "ON CONFLICT DO UPDATE requires inference specification or constraint name";
                return Err(Error::new(Code::Syntax, message)
                    .with_hint("For example, ON CONFLICT (column_name)."));
            }
            OnConflictAction::DoUpdate(update) => {
                Some(self.conflict_update(update, written, alias)?)
            }
        };
        Ok(OnConflict {
            arbiters: arbiters.unwrap_or_else(|| unique_indexes(&written.table).collect()),
            update,
        })
    }

    /// The unique indexes that a conflict target means.
    fn arbiters(&mut self, written: &Writable, target: &'a ConflictTarget) -> Result<Vec<IndexId>> {
        let table = &written.table;
        let columns = match target {
            ConflictTarget::Columns(columns) => columns,
            ConflictTarget::OnConstraint(constraint) => return by_constraint(table, constraint),
        };
        let position = columns.first().map(name::position);
        let mut known = self.statement.inferences.iter();
        let inference = known.find(|(at, _)| Some(*at) == position);
        match inference {
            None => by_columns(written, columns),
            Some((_, inference)) => self.by_inference(written, inference),
        }
    }

    fn by_inference(
        &mut self,
        written: &Writable,
        inference: &'a Inference,
    ) -> Result<Vec<IndexId>> {
        let table = &written.table;
        let scope = written.scope(None, &[], false);
        let mut context = Context::new(&scope, "ON CONFLICT");
        let since = self.dependents.len();
        let mut parts = Vec::with_capacity(inference.parts.len());
        for ast in &inference.parts {
            parts.push(expr::fold_constants(self.expression(ast, &mut context)?));
        }
        let mut given = Vec::new();
        if let Some(ast) = &inference.predicate {
            let condition = self.condition(ast, &mut context, "WHERE")?;
            given = conjuncts(expr::fold_constants(condition));
        }
        self.refuse_since(since)?;
        let mut found = Vec::new();
        for index in table.indexes.iter().filter(|index| index.unique) {
            let key = key_of(table, index)?;
            let is_same = key.parts.iter().all(|part| parts.contains(part))
                && parts.iter().all(|part| key.parts.contains(part));
            let is_held = key.predicate.is_none_or(|held| is_implied(held, &given));
            found.extend((is_same && is_held).then_some(index.id));
        }
        known_arbiters(found)
    }

    fn conflict_update(
        &mut self,
        update: &'a ast::DoUpdate,
        written: &Writable,
        alias: Option<&Ident>,
    ) -> Result<ConflictUpdate> {
        let table = &written.table;
        let scope = conflict_scope(written, alias)?;
        // There are no rows above which a subquery could be run for each.
        let dependents = self.dependents.len();
        let assignments = self.assignments(&update.assignments, written, &scope)?;
        let condition = match &update.selection {
            Some(condition) => {
                let mut context = Context::new(&scope, "WHERE");
                Some(self.condition(condition, &mut context, "WHERE")?)
            }
            None => None,
        };
        self.refuse_since(dependents)?;
        let column = |at: usize| table.columns[at].id;
        Ok(ConflictUpdate {
            columns: assignments.iter().map(|(at, _)| column(*at)).collect(),
            values: assignments.into_iter().map(|(_, value)| value).collect(),
            condition,
        })
    }
}

/// The row in the way, and behind it the proposed one as `excluded`.
fn conflict_scope(written: &Writable, alias: Option<&Ident>) -> Result<Scope> {
    let excluded = Ident::new("excluded");
    let proposed = written.scope(Some(&excluded), &[], false);
    written.scope(alias, &[], false).beside(proposed)
}

/// A row that is in the way is known before the next one is written.
fn check_arbiters(table: &TableSchema) -> Result<()> {
    let mut waiting = table.indexes.iter().filter(|index| index.may_wait());
    match waiting.next() {
        None => Ok(()),
        Some(index) => {
            let message = "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters";
            let error = Error::new(Code::NotInPrerequisiteState, message);
            Err(error.with_constraint(&table.name, &index.name))
        }
    }
}

fn unique_indexes(table: &TableSchema) -> impl Iterator<Item = IndexId> {
    let unique = table.indexes.iter().filter(|index| index.unique);
    unique.map(|index| index.id)
}

fn by_constraint(table: &TableSchema, constraint: &ast::ObjectName) -> Result<Vec<IndexId>> {
    let ident = name::single(constraint)?;
    let found = (table.indexes.iter()).find(|index| index.constraint && index.name == ident.value);
    found.map(|index| vec![index.id]).ok_or_else(|| {
        let message = format!(
            "constraint \"{}\" for table \"{}\" does not exist",
            ident.value, table.name
        );
        Error::new(Code::UndefinedObject, message)
    })
}

fn by_columns(written: &Writable, columns: &[Ident]) -> Result<Vec<IndexId>> {
    let table = &written.table;
    let mut wanted: Vec<ColumnId> = Vec::with_capacity(columns.len());
    for ident in columns {
        check_name(ident)?;
        let at = written
            .scope(None, &[], false)
            .find(None, ident)?
            .map(|column| column.expr.kind.clone());
        let at = match at {
            Some(ExprKind::Column(at)) => at,
            Some(_) => return known_arbiters(Vec::new()),
            None => {
                let message = format!("column \"{}\" does not exist", ident.value);
                return Err(Error::new(Code::UndefinedColumn, message).at(name::position(ident)));
            }
        };
        wanted.push(table.columns[at].id);
    }
    let is_same = |key: &[ColumnId]| {
        key.iter().all(|id| wanted.contains(id)) && wanted.iter().all(|id| key.contains(id))
    };
    let found: Vec<IndexId> = (table.indexes.iter())
        .filter(|index| index.unique && index.computed.is_none() && is_same(&index.columns))
        .map(|index| index.id)
        .collect();
    known_arbiters(found)
}

fn known_arbiters(found: Vec<IndexId>) -> Result<Vec<IndexId>> {
    match found.is_empty() {
        true => Err(Error::new(
            Code::InvalidColumnReference,
            "there is no unique or exclusion constraint matching the ON CONFLICT specification",
        )),
        false => Ok(found),
    }
}

/// SQLite's INSERT OR …: what becomes of a row that is in the way by any unique key is what ON CONFLICT can say,
/// except that REPLACE looks at one key, the primary one if there is one.
pub fn insert_or(or: ast::SqliteOnConflict, table: &TableSchema) -> Result<Option<OnConflict>> {
    use ast::SqliteOnConflict::{Abort, Ignore, Replace};
    let mut arbiters: Vec<IndexId> = unique_indexes(table).collect();
    let update = match or {
        Abort => return Ok(None),
        Ignore | Replace if check_arbiters(table).is_err() => {
            return check_arbiters(table).map(|()| None);
        }
        Ignore => None,
        Replace if arbiters.is_empty() => return Ok(None),
        Replace => {
            if let Some(key) = table.primary_key {
                arbiters = vec![key];
            }
            if arbiters.len() > 1 {
                return Err(Error::unsupported("REPLACE by several keys"));
            }
            let columns = table.columns.iter().enumerate();
            let given = columns.filter(|(_, column)| column.generated.is_none());
            let proposed = |(at, column): (usize, &ColumnSchema)| {
                let value = Expr::column(table.columns.len() + at, column.data_type);
                (column.id, value)
            };
            let (columns, values) = given.map(proposed).unzip();
            Some(ConflictUpdate {
                columns,
                values,
                condition: None,
            })
        }
        _ => return Err(Error::unsupported("this form of INSERT")),
    };
    Ok(Some(OnConflict { arbiters, update }))
}
