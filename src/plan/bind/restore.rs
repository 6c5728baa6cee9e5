//! RESTORE: which relations become what they were, at which moment, and what their rows must satisfy.

use super::alter::altered;
use super::binder::Binder;
use super::definitions::{Way, fate, statement};
use super::expression::Context;
use super::from::scope_of_table;
use crate::error::{Code, Error, Result};
use crate::expr::Expr;
use crate::plan::{Fate, PastFunction, Plan, TimeSlot};
use crate::table::Catalog;
use crate::types::SortedSet;
use crate::types::{ColumnId, RelationKind, TableId, TableSchema};
use sqlparser::ast::{self, ObjectName};
use std::rc::Rc;

impl<'a> Binder<'a> {
    pub fn bind_restore(
        &mut self,
        table: &ObjectName,
        selection: Option<&'a ast::Expr>,
    ) -> Result<Plan> {
        let (name, position) = self.relation(table)?;
        let then = self.moment_to_restore()?;
        let now = self.find_table(&name, position, TimeSlot::Present).ok();
        let now = match now {
            Some(now) => now,
            // It was dropped since, or has another name.
            None => {
                let before = self.find_table(&name, position, then)?;
                match self.table_at(before.id, TimeSlot::Present) {
                    Some(now) => now,
                    None => return self.bind_restore_dropped(before, then, selection),
                }
            }
        };
        if now.kind() != RelationKind::Table {
            let message = format!("\"{name}\" is not a table");
            return Err(Error::new(Code::WrongObjectType, message).at(position));
        }
        if now.is_temporary() {
            return Err(Error::unsupported("restoring a temporary table").at(position));
        }
        let Some(before) = self.table_at(now.id, then) else {
            if self.find_table(&name, position, then).is_ok() {
                let message = format!("relation \"{name}\" already exists");
                let detail = "What had this name at that moment was another table.";
                let hint =
                    format!("Give the one of today another name: ALTER TABLE {name} RENAME TO ….");
                return Err(Error::new(Code::DuplicateTable, message)
                    .with_detail(detail)
                    .with_hint(hint)
                    .at(position));
            }
            let message = format!("relation \"{name}\" does not exist");
            let detail = "It did not exist at that moment.";
            return Err(Error::new(Code::UndefinedTable, message)
                .with_detail(detail)
                .at(position));
        };
        let tables = [Some(before), Some(now.clone())];
        let times = [then, TimeSlot::Present];
        let condition = self.condition_of_rows(&now, selection)?;
        let mut part = self.part(PastFunction::Restore, tables, times, (now, Fate::Kept))?;
        part.condition = condition;
        Ok(Plan::Restore(vec![part]))
    }

    /// Every relation is what it was, or is no more; the labels of types stay, and where sequences stand.
    pub fn bind_restore_all(&mut self) -> Result<Plan> {
        let then = self.moment_to_restore()?;
        let (now, before) = (self.catalog(), self.catalog_at(then)?);
        let mut way = Way::new(now);
        // The session's own have no past.
        for made in now.tables().filter(|table| !table.is_temporary()) {
            if before.table_by_id(made.id).is_none() {
                way.drop(made.id)?;
            }
        }
        let mut wanted = Vec::new();
        let mut filled = Vec::new();
        for before in before.tables().filter(|table| !table.is_temporary()) {
            let known = now.table_by_id(before.id);
            let again = Rc::new(before.again(known.unwrap_or(before)));
            let fate = fate(known.map(|known| &**known), &again);
            if fate != Fate::Kept {
                wanted.push(TableSchema::clone(&again));
            }
            if before.kind().has_rows() {
                filled.push((before.clone(), again, fate));
            }
        }
        way.define(wanted)?;
        way.check_whole(&[now, before])?;
        self.along(way, filled, then, None)
    }

    /// The way, and when it has been gone the rows, and last what follows from these.
    fn along(
        &mut self,
        way: Way,
        filled: Vec<(Rc<TableSchema>, Rc<TableSchema>, Fate)>,
        then: TimeSlot,
        selection: Option<(TableId, &'a ast::Expr)>,
    ) -> Result<Plan> {
        let present = self.catalog();
        let times = way.times(self);
        let mut alone = Binder::new(self.statement, &times, self.parameters);
        let mut parts = Vec::new();
        for (before, table, fate) in filled {
            if fate != Fate::Kept {
                alone.check_defaults(&table)?;
            }
            let selection = selection.filter(|(of, _)| *of == table.id);
            let condition = alone.condition_of_rows(&table, selection.map(|(_, own)| own))?;
            let now = present.table_by_id(before.id).unwrap_or(&table).clone();
            let tables = [Some(before), Some(now)];
            let times = [then, TimeSlot::Present];
            let mut part = alone.part(PastFunction::Restore, tables, times, (table, fate))?;
            part.condition = condition;
            parts.push(part);
        }
        let mut steps = way.steps;
        steps.push(statement(Plan::Restore(parts)));
        steps.extend(way.last);
        Ok(altered(steps, "RESTORE"))
    }

    fn moment_to_restore(&self) -> Result<TimeSlot> {
        let whole = self.statement.temporal.whole;
        let whole = whole.ok_or_else(|| Error::new(Code::Syntax, "RESTORE needs a moment"))?;
        Ok(TimeSlot::Clause(whole))
    }

    fn condition_of_rows(
        &mut self,
        table: &TableSchema,
        selection: Option<&'a ast::Expr>,
    ) -> Result<Vec<Expr>> {
        let Some(selection) = selection else {
            return Ok(Vec::new());
        };
        let scope = scope_of_table(table, None, &[], false);
        let (subplans, since) = (self.subplans.len(), self.dependents.len());
        let condition = self.condition(selection, &mut Context::new(&scope, "WHERE"), "WHERE")?;
        if self.subplans.len() > subplans || self.dependents.len() > since {
            return Err(Error::unsupported("a subquery in the WHERE of RESTORE"));
        }
        Ok(vec![condition])
    }

    /// A table that is no more is there again, with the rows it had, its indexes, keys, sequences and types, and with the
    /// tables that it cannot be without: those to which its foreign keys lead and whose own lead back to it.
    fn bind_restore_dropped(
        &mut self,
        before: Rc<TableSchema>,
        then: TimeSlot,
        selection: Option<&'a ast::Expr>,
    ) -> Result<Plan> {
        if before.kind() != RelationKind::Table {
            let message = format!("\"{}\" is not a table", before.name);
            return Err(Error::new(Code::WrongObjectType, message));
        }
        let (now, catalog) = (self.catalog(), self.catalog_at(then)?);
        let mut wanted: Vec<TableSchema> = Vec::new();
        for id in circle(catalog, now, before.id) {
            let table = catalog.require(id)?;
            let mut made = TableSchema::clone(table);
            for key in &table.foreign_keys {
                stand_in(&mut made, key.table, &key.referenced, catalog, now)?;
            }
            wanted.push(made);
            let owned = catalog.tables().filter(|other| other.belongs_to(id));
            let owned = owned.filter(|other| now.table_by_id(other.id).is_none());
            wanted.extend(owned.map(|sequence| TableSchema::clone(sequence)));
        }
        let mut next = 0;
        while next < wanted.len() {
            for of in catalog.tables().filter(|of| of.type_schema.is_some()) {
                let is_there =
                    now.table_by_id(of.id).is_some() || wanted.iter().any(|own| own.id == of.id);
                if is_there || !wanted[next].has_type(of.id) {
                    continue;
                }
                // What is of the same name and labels takes the place of what is no more.
                match now.table(&of.key()) {
                    Some(other)
                        if other.kind() == RelationKind::Enum
                            && other.type_schema == of.type_schema =>
                    {
                        wanted[next].renumber(of.id, other.id);
                    }
                    _ => wanted.push(TableSchema::clone(of)),
                }
            }
            next += 1;
        }
        let filled = wanted.iter().filter_map(|table| {
            let before = catalog.table_by_id(table.id)?.clone();
            let is_table = table.kind() == RelationKind::Table;
            is_table.then(|| (before, Rc::new(table.clone()), Fate::Redefined))
        });
        let filled: Vec<_> = filled.collect();
        let mut way = Way::new(now);
        way.define(wanted)?;
        way.check_whole(&[now, catalog])?;
        let selection = selection.map(|selection| (before.id, selection));
        self.along(way, filled, then, selection)
    }
}

/// A table with those that are no more, to which its foreign keys lead, and which lead back to it.
fn circle(then: &Catalog, now: &Catalog, table: TableId) -> SortedSet<TableId> {
    let reached = |from: TableId| {
        let (mut reached, mut left) = (SortedSet::new(), vec![from]);
        while let Some(own) = left.pop().and_then(|id| then.table_by_id(id)) {
            let keys = own.foreign_keys.iter().map(|key| key.table);
            let gone = keys.filter(|id| now.table_by_id(*id).is_none());
            left.extend(gone.filter(|id| reached.insert(*id)));
        }
        reached
    };
    let mut circle = reached(table);
    circle.retain(|other| reached(*other).contains(&table));
    circle.insert(table);
    circle
}

/// A table that was dropped and made again, too, takes the place of the one to which a key led.
fn stand_in(
    schema: &mut TableSchema,
    parent: TableId,
    referenced: &[ColumnId],
    then: &Catalog,
    now: &Catalog,
) -> Result<()> {
    let Some(parent) = then.table_by_id(parent) else {
        return Ok(());
    };
    let other = match now.table_by_id(parent.id) {
        Some(same) => same,
        None => match now.table(&parent.key()) {
            Some(other) if parent.id != schema.id => other,
            _ => return Ok(()),
        },
    };
    let column = |of: &TableSchema, id: ColumnId| {
        let own = &of.columns[of.position(id)?];
        Some((own.name.clone(), own.data_type))
    };
    let is_same =
        |id: &ColumnId| other.id == parent.id || column(parent, *id) == column(other, *id);
    if other.unique_key(referenced).is_none() || !referenced.iter().all(is_same) {
        let message = format!(
            "there is no unique constraint matching given keys for referenced table \"{}\"",
            other.name
        );
        return Err(Error::new(Code::InvalidForeignKey, message));
    }
    schema.renumber(parent.id, other.id);
    Ok(())
}
