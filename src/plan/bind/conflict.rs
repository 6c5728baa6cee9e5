//! ON CONFLICT: which unique indexes are watched, and what becomes of the row that is in the way.

use super::binder::Binder;
use super::expression::Context;
use super::from::scope_of_table;
use super::name;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::plan::{ConflictUpdate, OnConflict};
use crate::types::{ColumnId, IndexId, TableSchema};
use sqlparser::ast::{self, ConflictTarget, Ident, OnConflictAction, OnInsert};

impl<'a> Binder<'a> {
    pub fn on_conflict(
        &mut self,
        clause: &'a OnInsert,
        table: &TableSchema,
        alias: Option<&Ident>,
    ) -> Result<OnConflict> {
        let OnInsert::OnConflict(clause) = clause else {
            return Err(Error::unsupported("ON DUPLICATE KEY UPDATE"));
        };
        let target = clause.conflict_target.as_ref();
        let arbiters = target.map(|target| arbiters(table, target)).transpose()?;
        let update = match &clause.action {
            OnConflictAction::DoNothing => None,
            OnConflictAction::DoUpdate(_) if arbiters.is_none() => {
                let message =
                    "ON CONFLICT DO UPDATE requires inference specification or constraint name";
                return Err(Error::new(Code::Syntax, message)
                    .with_hint("For example, ON CONFLICT (column_name)."));
            }
            OnConflictAction::DoUpdate(update) => Some(self.conflict_update(update, table, alias)?),
        };
        Ok(OnConflict {
            arbiters: arbiters.unwrap_or_else(|| unique_indexes(table).collect()),
            update,
        })
    }

    fn conflict_update(
        &mut self,
        update: &'a ast::DoUpdate,
        table: &TableSchema,
        alias: Option<&Ident>,
    ) -> Result<ConflictUpdate> {
        let scope = conflict_scope(table, alias)?;
        // There are no rows above which a subquery could be run for each.
        let dependents = self.dependents.len();
        let assignments = self.assignments(&update.assignments, table, &scope)?;
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
fn conflict_scope(table: &TableSchema, alias: Option<&Ident>) -> Result<Scope> {
    let excluded = Ident::new("excluded");
    let proposed = scope_of_table(table, Some(&excluded), &[], false);
    scope_of_table(table, alias, &[], false).beside(proposed)
}

fn unique_indexes(table: &TableSchema) -> impl Iterator<Item = IndexId> {
    let unique = table.indexes.iter().filter(|index| index.unique);
    unique.map(|index| index.id)
}

/// The unique indexes that a conflict target means.
fn arbiters(table: &TableSchema, target: &ConflictTarget) -> Result<Vec<IndexId>> {
    match target {
        ConflictTarget::Columns(columns) => by_columns(table, columns),
        ConflictTarget::OnConstraint(constraint) => {
            let ident = name::single(constraint)?;
            let found =
                (table.indexes.iter()).find(|index| index.constraint && index.name == ident.value);
            found.map(|index| vec![index.id]).ok_or_else(|| {
                let message = format!(
                    "constraint \"{}\" for table \"{}\" does not exist",
                    ident.value, table.name
                );
                Error::new(Code::UndefinedObject, message)
            })
        }
    }
}

fn by_columns(table: &TableSchema, columns: &[Ident]) -> Result<Vec<IndexId>> {
    let mut wanted: Vec<ColumnId> = Vec::with_capacity(columns.len());
    for ident in columns {
        let at = table.position_by_name(&ident.value).ok_or_else(|| {
            let message = format!("column \"{}\" does not exist", ident.value);
            Error::new(Code::UndefinedColumn, message).at(name::position(ident))
        })?;
        wanted.push(table.columns[at].id);
    }
    let is_same = |key: &[ColumnId]| {
        key.iter().all(|id| wanted.contains(id)) && wanted.iter().all(|id| key.contains(id))
    };
    let found: Vec<IndexId> = (table.indexes.iter())
        .filter(|index| index.unique && is_same(&index.columns))
        .map(|index| index.id)
        .collect();
    match found.is_empty() {
        true => Err(Error::new(
            Code::InvalidColumnReference,
            "there is no unique or exclusion constraint matching the ON CONFLICT specification",
        )),
        false => Ok(found),
    }
}
