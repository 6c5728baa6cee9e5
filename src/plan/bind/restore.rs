//! RESTORE and UNDO: which tables, at which moments, and what their rows must satisfy.

use super::alter::altered;
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
use crate::types::{
    CatalogName, ColumnId, ColumnSchema, DataType, OnCommit, RelationKind, TableId, TableSchema,
};
use sqlparser::ast::{self, ObjectName};
use std::rc::Rc;

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
                    None => {
                        let steps = self.steps_again(vec![before], then, selection)?;
                        return Ok(altered(steps, "RESTORE"));
                    }
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
        let mut steps = Vec::new();
        if !names.is_empty() {
            steps.push(statement(Plan::DropTable {
                kind: RelationKind::Table,
                names,
                if_exists: false,
                cascade: true,
            }));
        }
        let mut parts = Vec::new();
        let mut dropped = Vec::new();
        for before in old {
            match self.table_at(before.id, TimeSlot::Present) {
                Some(now) => parts.push(self.restoring_rows(before, now, then)?),
                None => dropped.push(before),
            }
        }
        steps.extend(self.steps_again(dropped, then, None)?);
        steps.push(statement(Plan::Restore(parts)));
        Ok(altered(steps, "RESTORE"))
    }

    /// Makes tables again that are no more, and the types of their columns. Whatever leads from one to the other, they
    /// get their ids in this order.
    fn steps_again(
        &mut self,
        tables: Vec<Rc<TableSchema>>,
        then: TimeSlot,
        selection: Option<&'a ast::Expr>,
    ) -> Result<Vec<AlterStep>> {
        let (mut order, mut steps) = (Vec::new(), Vec::new());
        // What is of the same name and kind takes the place of what is no more.
        let mut others = Vec::new();
        let catalog = self.catalog_at(then)?;
        for of in catalog.tables().filter(|of| of.type_schema.is_some()) {
            let is_used = tables.iter().any(|table| table.has_type(of.id));
            if !is_used || self.table_at(of.id, TimeSlot::Present).is_some() {
                continue;
            }
            let is_enum = of.kind() == RelationKind::Enum;
            match self.catalog().table(&of.key()) {
                Some(now) if is_enum && now.type_schema == of.type_schema => {
                    others.push((of.id, now.id));
                }
                _ => {
                    if !is_enum && of.columns.iter().any(has_type_of_user) {
                        let what = "restoring a dropped table with a domain over a type, which was dropped, too,";
                        return Err(Error::unsupported(what));
                    }
                    order.push(of.id);
                    steps.push(AlterStep::Create(TableSchema::clone(of)));
                }
            }
        }
        let mut next = order.len();
        for table in &tables {
            let owned = catalog.tables().filter(|other| other.belongs_to(table.id));
            order.extend(owned.map(|sequence| sequence.id));
            order.push(table.id);
        }
        for table in &tables {
            let again = order.iter().zip(-(next as i64)..);
            let again = again.map(|(id, place)| (*id, place)).collect();
            let made = self.bind_restore_dropped(table, then, selection, again, &others)?;
            next += made.sequences.len() + 1;
            steps.push(statement(Plan::CreateTableAs(Box::new(made))));
        }
        Ok(steps)
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

    /// A table that is no more is made again, with the rows it had, its indexes, keys and sequences; with it are made `again`,
    /// and `others` are in the place of what is not.
    fn bind_restore_dropped(
        &mut self,
        before: &Rc<TableSchema>,
        then: TimeSlot,
        selection: Option<&'a ast::Expr>,
        again: Vec<(TableId, i64)>,
        others: &[(TableId, TableId)],
    ) -> Result<CreateTableAs> {
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
        for column in &schema.columns {
            let default = column.default.as_ref().map_or("", |default| &default.sql);
            let has_own = sequences
                .iter()
                .any(|(at, _)| schema.columns[*at].id == column.id);
            if !has_own && default.to_ascii_lowercase().contains("nextval") {
                return unsupported("a sequence that is not its own");
            }
        }
        for (was, is) in others {
            schema.renumber(*was, *is);
        }
        for key in &before.foreign_keys {
            if again.iter().any(|(id, _)| *id == key.table) {
                continue;
            }
            let parent = self.table_at(key.table, then).unwrap_or_default();
            // The parent may have been dropped and made again, too.
            let named = || self.catalog().table(&parent.key()).cloned();
            let now = self.table_at(key.table, TimeSlot::Present).or_else(named);
            let Some(now) = now else {
                return unsupported("a foreign key to a table that was dropped, too");
            };
            let is_same = |id: &ColumnId| {
                let column = |of: &TableSchema| {
                    let own = &of.columns[of.position(*id)?];
                    Some((own.name.clone(), own.data_type))
                };
                now.id == key.table || column(&parent) == column(&now)
            };
            if now.unique_key(&key.referenced).is_none() || !key.referenced.iter().all(is_same) {
                let message = format!(
                    "there is no unique constraint matching given keys for referenced table \"{}\"",
                    now.name
                );
                return Err(Error::new(Code::InvalidForeignKey, message));
            }
            schema.renumber(key.table, now.id);
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
        Ok(CreateTableAs {
            sequences,
            again,
            schema,
            if_not_exists: false,
            on_commit: OnCommit::default(),
            refresh: false,
            query: Query {
                subplans: Vec::new(),
                root,
                output: output.collect(),
            },
        })
    }

    pub fn bind_undo(&mut self, policy: UndoPolicy) -> Result<Plan> {
        let [after, before] = [TimeSlot::Clause(0), TimeSlot::Clause(1)];
        let (Some(new), Some(old)) = (self.times.catalogs.get(1), self.times.catalogs.get(2))
        else {
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

fn statement(plan: Plan) -> AlterStep {
    AlterStep::Statement(Box::new(plan))
}

fn has_type_of_user(column: &ColumnSchema) -> bool {
    let data_type = column.data_type.element().unwrap_or(column.data_type);
    column.domain.is_some() || matches!(data_type, DataType::Enum(_))
}
