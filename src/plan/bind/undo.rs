//! UNDO: what a commit defined, and which rows it changed.

use super::alter::altered;
use super::binder::Binder;
use super::definitions::{Way, fate, statement};
use super::from::{scan, scan_columns};
use crate::error::{Code, Error, Result};
use crate::plan::{AlterStep, Fate, PastFunction, Plan, TimeSlot};
use crate::sql::UndoPolicy;
use crate::table::Catalog;
use crate::types::SortedSet;
use crate::types::{
    ColumnId, ColumnSchema, RelationKind, ScanColumn, TableId, TableSchema, TypeSchema,
};
use std::rc::Rc;

type Known = Option<Rc<TableSchema>>;

/// The definitions before a commit, after it, and now.
struct Around {
    catalogs: [Rc<Catalog>; 3],
}

impl Around {
    fn ids(&self) -> SortedSet<TableId> {
        let [old, new, _] = &self.catalogs;
        old.tables()
            .chain(new.tables())
            .map(|table| table.id)
            .collect()
    }

    fn of(&self, id: TableId) -> [Known; 3] {
        self.catalogs
            .each_ref()
            .map(|catalog| catalog.table_by_id(id).cloned())
    }
}

impl Binder<'_> {
    pub fn bind_undo(&mut self, policy: UndoPolicy) -> Result<Plan> {
        let number = || Error::new(Code::Syntax, "UNDO needs the number of a commit");
        let catalogs = &self.times.catalogs;
        let new = catalogs.get(1).ok_or_else(number)?.clone();
        // There was nothing before the first one.
        let old = match self.statement.temporal.clauses.len() {
            1 => Rc::default(),
            _ => catalogs.get(2).ok_or_else(number)?.clone(),
        };
        let catalogs = [old, new, catalogs[0].clone()];
        let around = Around { catalogs };
        let tags = undone_tags(&around)?;
        let (way, changed) = undone_definitions(&around)?;
        let times = way.times(self);
        let mut alone = Binder::new(self.statement, &times, self.parameters);
        let (mut doomed, mut parts, mut checks) = (Vec::new(), Vec::new(), Vec::new());
        for id in around.ids() {
            let [before, after, now] = around.of(id);
            let then = after.clone().or(before.clone()).unwrap_or_default();
            let (tables, own) = match way.catalog.table_by_id(id) {
                _ if !changed.contains(&id) => {
                    let table = now.clone().unwrap_or(then.clone());
                    ([after, now.clone()], (table, Fate::Kept))
                }
                None => {
                    alone.check_unused(&then)?;
                    ([before, after], (then.clone(), Fate::Dropped))
                }
                Some(table) => {
                    alone.check_defaults(table)?;
                    let own = (table.clone(), fate(now.as_deref(), table));
                    ([before, after], own)
                }
            };
            let (table, fate) = own.clone();
            // Of a materialized view that stays, the rows are what it was refreshed with.
            let has_rows = match fate {
                Fate::Kept | Fate::Dropped => then.kind() == RelationKind::Table,
                _ => then.kind().has_rows(),
            };
            if !has_rows {
                continue;
            }
            let part = alone.part(PastFunction::Undo(policy), tables, TIMES, own)?;
            match fate {
                Fate::Dropped => doomed.push(part),
                _ => parts.push(part),
            }
            if fate != Fate::Dropped && now.is_some_and(|now| demands(&now) != demands(&table)) {
                checks.push(alone.check_step(&table)?);
            }
        }
        let is_changed =
            |column: &ColumnSchema| column.domain.is_some_and(|id| changed.contains(&id));
        for table in way
            .catalog
            .tables()
            .filter(|table| table.type_schema.is_none())
        {
            if table.columns.iter().any(is_changed) {
                checks.push(alone.check_step(table)?);
            }
        }
        if changed.is_empty() && tags.is_empty() {
            return Ok(Plan::Restore(parts));
        }
        let mut steps = vec![statement(Plan::Restore(doomed))];
        steps.extend(way.steps);
        steps.push(statement(Plan::Restore(parts)));
        steps.extend(way.last.into_iter().chain(checks).chain(tags));
        Ok(altered(steps, "RESTORE"))
    }

    /// That no default takes its values from a sequence that goes.
    fn check_unused(&mut self, gone: &TableSchema) -> Result<()> {
        let is_free = gone
            .sequence
            .as_ref()
            .is_some_and(|own| own.owner.is_none());
        match is_free
            .then(|| self.dependent_on_sequence(gone, false))
            .transpose()?
            .flatten()
        {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Looks at all rows of a table.
    fn check_step(&mut self, table: &Rc<TableSchema>) -> Result<AlterStep> {
        let columns = scan_columns(table, [ScanColumn::RowId].into_iter());
        Ok(AlterStep::Check {
            rows: scan(table.clone(), TimeSlot::Present, columns),
            rules: self.rules_of_old(table)?,
            table: table.clone(),
        })
    }
}

/// The moment of the commit; the one before it follows.
const TIMES: [TimeSlot; 2] = [TimeSlot::Clause(0); 2];

/// The way back, and what goes it.
fn undone_definitions(around: &Around) -> Result<(Way, SortedSet<TableId>)> {
    let present = &around.catalogs[2];
    let (mut way, mut wanted) = (Way::new(present), Vec::new());
    let mut changed = SortedSet::new();
    for id in around.ids() {
        let [before, after, now] = around.of(id);
        if before == after {
            continue;
        }
        changed.insert(id);
        check_last([&before, &after, &now])?;
        let Some(before) = before else {
            way.drop(id)?;
            continue;
        };
        check_labels(&before, after.as_deref())?;
        wanted.push(before.again(now.as_ref().unwrap_or(&before)));
    }
    way.define(wanted)?;
    if !changed.is_empty() {
        way.check_whole(&around.catalogs.each_ref().map(|catalog| &**catalog))?;
    }
    Ok((way, changed))
}

/// A tag is not moved, but made anew.
fn undone_tags(around: &Around) -> Result<Vec<AlterStep>> {
    let mut steps = Vec::new();
    let names = around.catalogs.iter().flat_map(|catalog| catalog.tags());
    for name in names.map(|(name, _)| name).collect::<SortedSet<&str>>() {
        let [before, after, now] = around
            .catalogs
            .each_ref()
            .map(|catalog| catalog.tagged(name));
        if before == after {
            continue;
        }
        if now != after {
            let message = format!("tag \"{name}\" is another since that commit");
            return Err(Error::new(Code::UndoConflict, message));
        }
        for seq in [now.map(|_| None), before.map(Some)].into_iter().flatten() {
            let name = name.to_string();
            steps.push(AlterStep::Tag { name, seq });
        }
    }
    Ok(steps)
}

/// That a definition is as the commit left it.
fn check_last([before, after, now]: [&Known; 3]) -> Result<()> {
    let is_last = match (after, now) {
        (Some(after), Some(now)) => after.means(now),
        (after, now) => after.is_none() && now.is_none(),
    };
    let Some(known) = after.as_ref().or(before.as_ref()).filter(|_| !is_last) else {
        return Ok(());
    };
    let (kind, name) = (known.kind().word(), &known.name);
    let message = format!("{kind} \"{name}\" has another definition since that commit");
    Err(Error::new(Code::UndoConflict, message))
}

/// Labels do not go: the past has values of them.
fn check_labels(before: &TableSchema, after: Option<&TableSchema>) -> Result<()> {
    let places = |of: &TableSchema| match &of.type_schema {
        Some(TypeSchema::Enum(labels)) => labels.iter().map(|label| label.place).collect(),
        _ => Vec::new(),
    };
    match after.is_none_or(|after| places(after) == places(before)) {
        true => Ok(()),
        false => Err(Error::unsupported(
            "undoing a commit that added a label to a type",
        )),
    }
}

/// What a definition asks of rows.
fn demands(table: &TableSchema) -> impl PartialEq + use<'_> {
    let columns = table.columns.iter();
    let columns: Vec<(ColumnId, bool, Option<TableId>)> = columns
        .map(|column| (column.id, column.nullable, column.domain))
        .collect();
    (columns, &table.checks, &table.foreign_keys)
}
