//! RESTORE and UNDO: which tables, at which moments, and what their rows must satisfy.

use super::binder::Binder;
use super::expression::Context;
use super::from::{scan, scan_columns, scope_of_table};
use crate::error::{Code, Error, Result};
use crate::expr::Expr;
use crate::plan::{
    AlterStep, CreateTableAs, Node, OutputColumn, PastCall, PastFunction, Plan, Query, Restore,
    TimeSlot,
};
use crate::sql::UndoPolicy;
use crate::table::Catalog;
use crate::types::{CatalogName, DataType, OnCommit, RelationKind, TableId, TableSchema};
use sqlparser::ast::{self, ObjectName};
use std::rc::Rc;

/// The id by which a table that is being made names itself.
const OWN: TableId = TableId(u32::MAX);

impl<'a> Binder<'a> {
    pub fn bind_restore(
        &mut self,
        table: &ObjectName,
        selection: Option<&'a ast::Expr>,
    ) -> Result<Plan> {
        let (name, position) = self.relation(table)?;
        let whole = self.statement.temporal.whole;
        let whole = whole.ok_or_else(|| Error::new(Code::Syntax, "RESTORE needs a moment"))?;
        let then = TimeSlot::Clause(whole);
        let now = self.find_table(&name, position, TimeSlot::Present).ok();
        let now = match now {
            Some(now) => now,
            // It was dropped since, or has another name.
            None => {
                let before = self.find_table(&name, position, then)?;
                match self.table_at(before.id, TimeSlot::Present) {
                    Some(now) => now,
                    None => return self.bind_restore_dropped(&before, then, selection, &[]),
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
        let condition = self.condition_of_rows(&now, selection)?;
        let part = self.restoring_rows(before, now, then)?;
        Ok(Plan::Restore(vec![Restore { condition, ..part }]))
    }

    /// All tables: those made since go, those dropped since are made again, and the rows of the others become what they were.
    pub fn bind_restore_all(&mut self) -> Result<Plan> {
        let whole = self.statement.temporal.whole;
        let whole = whole.ok_or_else(|| Error::new(Code::Syntax, "RESTORE needs a moment"))?;
        let then = TimeSlot::Clause(whole);
        let tables = |catalog: &Catalog| -> Vec<Rc<TableSchema>> {
            let tables = catalog.tables();
            // The session's own have no past.
            let kept = |t: &&Rc<TableSchema>| t.kind() == RelationKind::Table && !t.is_temporary();
            tables.filter(kept).cloned().collect()
        };
        let (old, new) = (
            tables(self.catalog_at(then)?),
            tables(self.catalog_at(TimeSlot::Present)?),
        );
        let made = new
            .iter()
            .filter(|table| self.table_at(table.id, then).is_none());
        let names: Vec<CatalogName> = made.map(|table| table.key()).collect();
        let mut statements = Vec::new();
        if !names.is_empty() {
            statements.push(Plan::DropTable {
                kind: RelationKind::Table,
                names,
                if_exists: false,
                cascade: true,
            });
        }
        let mut parts = Vec::new();
        let mut dropped = Vec::new();
        for before in old {
            match self.table_at(before.id, TimeSlot::Present) {
                Some(now) => parts.push(self.restoring_rows(before, now, then)?),
                None => dropped.push(before),
            }
        }
        // A table after those that its foreign keys lead to.
        let mut again: Vec<Rc<TableSchema>> = Vec::new();
        while !dropped.is_empty() {
            let waits = |table: &TableSchema| {
                let mut parents = table.foreign_keys.iter().map(|key| key.table);
                parents.any(|id| id != table.id && dropped.iter().any(|other| other.id == id))
            };
            let next = dropped.iter().position(|table| !waits(table));
            let next = next.ok_or_else(|| {
                let what = "restoring dropped tables whose foreign keys lead around in a circle";
                Error::unsupported(what)
            })?;
            let table = dropped.swap_remove(next);
            statements.push(self.bind_restore_dropped(&table, then, None, &again)?);
            again.push(table);
        }
        statements.push(Plan::Restore(parts));
        let steps = statements.into_iter();
        Ok(Plan::Alter {
            steps: steps
                .map(|plan| AlterStep::Statement(Box::new(plan)))
                .collect(),
            command: "RESTORE",
        })
    }

    fn restoring_rows(
        &mut self,
        before: Rc<TableSchema>,
        now: Rc<TableSchema>,
        then: TimeSlot,
    ) -> Result<Restore> {
        let is_new = |column: &crate::types::ColumnSchema| before.position(column.id).is_none();
        if let Some(column) = now.columns.iter().find(|c| c.was_retyped && is_new(c)) {
            let what = format!(
                "restoring table \"{}\", whose column \"{}\" changed its type since,",
                now.name, column.name
            );
            return Err(Error::unsupported(what));
        }
        self.restoring(
            PastFunction::Restore,
            [Some(before), Some(now)],
            [then, TimeSlot::Present],
        )
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

    fn restoring(
        &mut self,
        function: PastFunction,
        tables: [Option<Rc<TableSchema>>; 2],
        times: [TimeSlot; 2],
    ) -> Result<Restore> {
        let table = tables[1].clone().unwrap_or_default();
        // The row, what is to become of it, and its new values.
        let own = table.columns.iter().map(|column| column.data_type);
        let types = [DataType::BigInt; 2].into_iter().chain(own).collect();
        Ok(Restore {
            rules: self.rules(&table)?,
            table,
            call: Rc::new(PastCall {
                function,
                tables,
                times,
                types,
                retyped: None,
            }),
            condition: Vec::new(),
        })
    }

    /// A table that is no more is made again, with the rows it had, its indexes, keys and sequences; `again` are others that are
    /// made again before it.
    fn bind_restore_dropped(
        &mut self,
        before: &Rc<TableSchema>,
        then: TimeSlot,
        selection: Option<&'a ast::Expr>,
        again: &[Rc<TableSchema>],
    ) -> Result<Plan> {
        let name = &before.name;
        let unsupported = |what: &str| {
            let what = format!("restoring the dropped table \"{name}\", which has {what},");
            Err(Error::unsupported(what))
        };
        if before.kind() != RelationKind::Table {
            return unsupported("no rows of its own");
        }
        let mut schema = TableSchema::clone(before);
        let owned = self.catalog_at(then)?.tables();
        let owned = owned.filter(|sequence| sequence.belongs_to(before.id));
        let sequences = owned.filter_map(|sequence| {
            let (_, column) = sequence.sequence.as_ref()?.owner?;
            Some((before.position(column)?, TableSchema::clone(sequence)))
        });
        let sequences: Vec<(usize, TableSchema)> = sequences.collect();
        let mut parents = Vec::new();
        for column in &schema.columns {
            let default = column.default.as_ref().map_or("", |default| &default.sql);
            let is_of = |id| column.is_of(id);
            let types = self.catalogs.iter().flat_map(|catalog| catalog.tables());
            let mut types = types.filter(|of| of.type_schema.is_some() && is_of(of.id));
            if types.any(|of| self.table_at(of.id, TimeSlot::Present).is_none()) {
                return unsupported("a column of a type that was dropped, too");
            }
            let has_own = sequences
                .iter()
                .any(|(at, _)| schema.columns[*at].id == column.id);
            if !has_own && default.to_ascii_lowercase().contains("nextval") {
                return unsupported("a sequence that is not its own");
            }
        }
        for key in &mut schema.foreign_keys {
            if key.table == schema.id {
                key.table = OWN;
            } else if let Some(parent) = again.iter().find(|parent| parent.id == key.table) {
                parents.push((parent.id, parent.key()));
            } else if self.table_at(key.table, TimeSlot::Present).is_none() {
                return unsupported("a foreign key to a table that was dropped, too");
            }
        }
        let columns = scan_columns(before, std::iter::empty());
        let mut root = scan(before.clone(), then, columns);
        if let Some(condition) = self.condition_of_rows(before, selection)?.pop() {
            root = Node::Filter {
                input: Box::new(root),
                predicate: condition,
            };
        }
        let output = before.columns.iter().map(|column| OutputColumn {
            name: column.name.clone(),
            data_type: column.data_type,
        });
        Ok(Plan::CreateTableAs(Box::new(CreateTableAs {
            sequences,
            parents,
            schema,
            if_not_exists: false,
            on_commit: OnCommit::default(),
            refresh: false,
            query: Query {
                subplans: Vec::new(),
                root,
                output: output.collect(),
            },
        })))
    }

    pub fn bind_undo(&mut self, policy: UndoPolicy) -> Result<Plan> {
        let [after, before] = [TimeSlot::Clause(0), TimeSlot::Clause(1)];
        let (Some(new), Some(old)) = (self.catalogs.get(1), self.catalogs.get(2)) else {
            return Err(Error::new(
                Code::Syntax,
                "UNDO needs the number of a commit",
            ));
        };
        if !Rc::ptr_eq(old, new) {
            return Err(Error::unsupported(
                "undoing a commit that changed the schema",
            ));
        }
        let mut parts = Vec::new();
        for table in new.tables().filter(|t| t.kind() == RelationKind::Table) {
            let now = self.table_at(table.id, TimeSlot::Present);
            let tables = [Some(table.clone()), now];
            let part = self.restoring(PastFunction::Undo(policy), tables, [before, after])?;
            parts.push(part);
        }
        Ok(Plan::Restore(parts))
    }
}
