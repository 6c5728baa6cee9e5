//! ALTER: each action changes a copy of the schema, against which the next one is bound, and adds the steps that
//! bring the table there.

use super::alter_constraint::refuse_nulls;
use super::binder::Binder;
use super::constraint;
use super::define::{Definition, check_name};
use super::from::{scan, scan_columns};
use super::insert::find_column;
use super::key::uses_column;
use super::update::new_values;
use super::{indexes, name};
use crate::error::{Code, Error, Result};
use crate::expr::{Expr, ExprKind};
use crate::plan::{AlterStep, Node, Plan, TimeSlot, Update};
use crate::sql::{Alter, AlterAction, AlterChange, Named, rename};
use crate::types::{
    DroppedColumn, IndexSchema, RelationKind, ScanColumn, TableId, TableSchema, sort_by,
};
use sqlparser::ast::{self, Ident};
use std::rc::Rc;

/// A table on its way.
pub struct Alteration<'c> {
    pub definition: Definition<'c>,
    pub steps: Vec<AlterStep>,
}

impl Alteration<'_> {
    pub fn schema(&mut self) -> &mut TableSchema {
        &mut self.definition.schema
    }

    /// The table becomes what the schema is now.
    pub fn step(&mut self) {
        let schema = self.definition.schema.clone();
        self.steps.push(AlterStep::Table(schema));
    }

    pub fn refuse(&mut self, rows: Node, error: Error) {
        self.steps.push(AlterStep::Refuse { rows, error });
    }

    pub fn drop_index(&mut self, index: &IndexSchema) {
        let schema = &mut self.definition.schema;
        schema.indexes.retain(|other| other.id != index.id);
        schema.primary_key = schema.primary_key.filter(|key| *key != index.id);
        let (table, index) = (schema.id, index.id);
        self.steps.push(AlterStep::DropIndex { table, index });
    }
}

impl<'a> Binder<'a> {
    pub fn bind_alter(&mut self, alter: &'a Alter) -> Result<Plan> {
        if let AlterChange::Type(change) = &alter.change {
            return self.bind_alter_type(&alter.name, change);
        }
        if let AlterChange::Domain(action) = &alter.change {
            return self.bind_alter_domain(&alter.name, action);
        }
        match &alter.change {
            AlterChange::Constraints { names, deferred } => {
                return self.bind_set_constraints(names, *deferred);
            }
            AlterChange::RenameSchema(to) => return self.bind_rename_schema(&alter.name, to),
            // Types have names of their own.
            AlterChange::Schema(to) if alter.is_type => {
                let found = self.own_type(&alter.name)?;
                return self.bind_set_schema(&found, to);
            }
            _ => {}
        }
        let (relation, position) = self.relation(&alter.name)?;
        let relation = relation.as_str();
        let is_index = matches!(alter.change, AlterChange::RenameIndex(_));
        let missing = match is_index {
            true => self.catalog().index(relation).is_none(),
            false => self.catalog().table(relation).is_none(),
        };
        if alter.if_exists && missing {
            return Ok(altered(Vec::new(), "ALTER TABLE"));
        }
        match &alter.change {
            AlterChange::Table(actions) => self.bind_alter_table(relation, position, actions),
            AlterChange::RenameIndex(to) => self.bind_rename_index(relation, position, to),
            AlterChange::Rename(kind, to) => {
                let found = self.find_table(relation, position, TimeSlot::Present)?;
                let mut schema = TableSchema::clone(&*found);
                if schema.kind() != *kind {
                    let message = format!("\"{relation}\" is not a {}", kind.word());
                    return Err(Error::new(Code::WrongObjectType, message).at(position));
                }
                self.check_rename(&schema, to)?;
                schema.name = to.value.clone();
                let command = match kind {
                    RelationKind::View => "ALTER VIEW",
                    RelationKind::MaterializedView => "ALTER MATERIALIZED VIEW",
                    _ => "ALTER SEQUENCE",
                };
                Ok(altered(vec![AlterStep::Table(schema)], command))
            }
            AlterChange::Sequence(options) => {
                let steps = self.alter_sequence(relation, position, options)?;
                Ok(altered(steps, "ALTER SEQUENCE"))
            }
            AlterChange::Schema(to) => {
                let found = self.find_table(relation, position, TimeSlot::Present)?;
                self.bind_set_schema(&found, to)
            }
            AlterChange::Type(_)
            | AlterChange::Domain(_)
            | AlterChange::RenameSchema(_)
            | AlterChange::Constraints { .. } => {
                Err(Error::new(Code::Internal, "that is no relation"))
            }
        }
    }

    /// COMMENT ON a relation or a column of it; an empty text is none.
    pub fn bind_comment(
        &mut self,
        kind: RelationKind,
        name: &ast::ObjectName,
        column: Option<&Ident>,
        text: Option<&str>,
    ) -> Result<Plan> {
        let (relation, position) = self.relation(name)?;
        let relation = relation.as_str();
        let found = match kind {
            RelationKind::Schema => self.own_schema(name)?,
            RelationKind::Enum | RelationKind::Domain => self.own_type(name)?,
            _ => self.find_table(relation, position, TimeSlot::Present)?,
        };
        let mut schema = TableSchema::clone(&*found);
        let comment = text.filter(|text| !text.is_empty()).map(str::to_string);
        let is_wrong = match column {
            Some(column) => {
                let at = find_column(&schema, column)?;
                schema.columns[at].comment = comment;
                schema.kind() == RelationKind::Sequence
            }
            None => {
                schema.comment = comment;
                // A domain is a type, too.
                let is_type = kind == RelationKind::Enum && schema.type_schema.is_some();
                schema.kind() != kind && !is_type
            }
        };
        if is_wrong {
            let message = format!("\"{relation}\" is not a {}", kind.word());
            return Err(Error::new(Code::WrongObjectType, message).at(position));
        }
        Ok(altered(vec![AlterStep::Table(schema)], "COMMENT"))
    }

    fn bind_rename_index(&mut self, index: &str, position: u32, to: &Ident) -> Result<Plan> {
        let Some((table, index)) = self.catalog().index(index) else {
            let message = format!("relation \"{index}\" does not exist");
            return Err(Error::new(Code::UndefinedTable, message).at(position));
        };
        self.check_rename(table, to)?;
        let step = AlterStep::RenameIndex {
            table: table.id,
            from: index.name.clone(),
            to: to.value.clone(),
        };
        Ok(altered(vec![step], "ALTER INDEX"))
    }

    pub fn check_rename(&self, table: &TableSchema, to: &Ident) -> Result<()> {
        indexes::check_free(self.catalog(), table, &to.value)
            .map_err(|error| error.at(name::position(to)))
    }

    fn bind_alter_table(
        &mut self,
        table: &str,
        position: u32,
        actions: &'a [AlterAction],
    ) -> Result<Plan> {
        let found = match actions {
            // That is what every relation can be called.
            [AlterAction::RenameTable(_)] => self.find_table(table, position, TimeSlot::Present)?,
            _ => self.target(table, position)?,
        };
        let schema = TableSchema::clone(&*found);
        let mut alteration = Alteration {
            definition: Definition::new(schema, &self.statement.texts),
            steps: Vec::new(),
        };
        for action in actions {
            self.alter(action, &mut alteration)?;
        }
        Ok(altered(alteration.steps, "ALTER TABLE"))
    }

    pub fn alter(&mut self, action: &'a AlterAction, to: &mut Alteration<'a>) -> Result<()> {
        match action {
            AlterAction::AddColumn {
                column,
                if_not_exists,
            } => self.add_column(column, *if_not_exists, to),
            AlterAction::AddConstraint(constraint, not_valid) => {
                use ast::TableConstraint::{PrimaryKeyUsingIndex, UniqueUsingIndex};
                match &**constraint {
                    PrimaryKeyUsingIndex(by) => return self.promote_index(by, true, to),
                    UniqueUsingIndex(by) => return self.promote_index(by, false, to),
                    _ => {}
                }
                let constraint = constraint::of_table(constraint, &mut to.definition)?;
                to.definition.constraints.push(constraint);
                self.add_new_constraints(to, *not_valid)
            }
            AlterAction::DropColumn {
                name,
                if_exists,
                cascade,
            } => self.drop_column(name, *if_exists, *cascade, to),
            AlterAction::DropConstraint {
                name,
                if_exists,
                cascade,
            } => self.drop_constraint(name, *if_exists, *cascade, to),
            AlterAction::RenameColumn { from, to: name } => rename_column(from, name, to),
            AlterAction::RenameConstraint { from, to: name } => {
                self.rename_constraint(from, name, to)
            }
            AlterAction::RenameTable(name) => self.rename_table(name, to),
            AlterAction::Defer {
                name,
                deferrable,
                deferred,
            } if to.schema().has_constraint(&name.value) => {
                let mut keys = to.schema().foreign_keys.iter_mut();
                let Some(key) = keys.find(|key| key.name == name.value) else {
                    let (name, table) = (&name.value, &to.schema().name);
                    let message = format!(
                        "constraint \"{name}\" of relation \"{table}\" is not a foreign key constraint"
                    );
                    return Err(Error::new(Code::WrongObjectType, message));
                };
                (key.deferrable, key.deferred) = (*deferrable, *deferred);
                to.step();
                Ok(())
            }
            AlterAction::Defer { name, .. } | AlterAction::Validate(name)
                if !to.schema().has_constraint(&name.value) =>
            {
                let (name, table) = (&name.value, &to.schema().name);
                let message =
                    format!("constraint \"{name}\" of relation \"{table}\" does not exist");
                Err(Error::new(Code::UndefinedObject, message))
            }
            AlterAction::Validate(name) => self.validate_constraint(&name.value, to),
            AlterAction::Defer { .. } | AlterAction::Nothing => Ok(()),
            AlterAction::Column { name, change } => self.alter_column(name, change, to),
        }
    }

    fn add_column(
        &mut self,
        column: &'a ast::ColumnDef,
        if_not_exists: bool,
        to: &mut Alteration<'a>,
    ) -> Result<()> {
        let ident = &column.name;
        if to.schema().position_by_name(&ident.value).is_some() {
            if if_not_exists {
                return Ok(());
            }
            return Err(column_exists(to.schema(), ident));
        }
        let sequences = to.definition.sequences.len();
        let mut bound = self.column_definition(column, &mut to.definition)?;
        bound.was_nullable = true;
        let (id, nullable) = (bound.id, bound.nullable);
        let value = match (to.definition.sequences.get(sequences), &bound.generated) {
            (Some((_, sequence)), _) => Some(Expr::next_value_of(&sequence.shown())),
            (None, Some(_)) => None,
            _ if bound.domain.is_some() || bound.default.is_some() => {
                Some(self.default_of(&bound)?)
            }
            _ => None,
        };
        let value = value.map(|value| super::assign::assign_to_column(value, &bound));
        let value = value.transpose()?;
        let is_generated = bound.generated.is_some();
        to.definition.push(bound);
        self.check_generated(to.schema())?;
        to.step();
        let table = to.schema().id;
        for (_, sequence) in to.definition.sequences.split_off(sequences) {
            to.steps.push(AlterStep::AddSequence {
                sequence,
                table,
                column: id,
            });
        }
        let at = to.schema().columns.len() - 1;
        match value {
            Some(value) => self.rewrite(None, vec![(at, value)], to)?,
            None if is_generated => self.rewrite(None, Vec::new(), to)?,
            None if !nullable => refuse_nulls(at, to),
            None => {}
        }
        self.add_new_constraints(to, false)
    }

    /// Gives columns new values in all rows. `from` has the columns of the schema, some perhaps as they were.
    pub fn rewrite(
        &mut self,
        from: Option<Rc<TableSchema>>,
        assignments: Vec<(usize, Expr)>,
        to: &mut Alteration,
    ) -> Result<()> {
        let table = Rc::new(to.schema().clone());
        let rules = self.rules_of_old(&table)?;
        let from = from.unwrap_or_else(|| table.clone());
        let columns = scan_columns(&from, [ScanColumn::RowId].into_iter());
        let node = scan(from, TimeSlot::Present, columns);
        let changed = assignments.iter().map(|(at, _)| *at);
        let generated = rules.generated.iter().map(|(at, _)| *at);
        let ids = changed.chain(generated).map(|at| table.columns[at].id);
        to.steps.push(AlterStep::Update(Update {
            columns: ids.collect(),
            source: new_values(
                node,
                &table,
                &assignments,
                &rules,
                !rules.checks.is_empty(),
                Vec::new(),
            ),
            table,
            rules,
            subplans: Vec::new(),
            returning: None,
        }));
        Ok(())
    }

    pub fn drop_column(
        &mut self,
        ident: &Ident,
        if_exists: bool,
        cascade: bool,
        to: &mut Alteration,
    ) -> Result<()> {
        if if_exists && to.schema().position_by_name(&ident.value).is_none() {
            return Ok(());
        }
        let at = find_column(to.schema(), ident)?;
        let table = to.schema().name.clone();
        let rules = self.rules(to.schema())?;
        let uses = |expr: &Expr| expr.any(&mut |expr| expr.kind == ExprKind::Column(at));
        let mut gone = vec![at];
        for (other, value) in &rules.generated {
            if *other == at || !uses(value) {
                continue;
            }
            let depends = format!(
                "column {} of table {table} depends on column {} of table {table}",
                to.schema().columns[*other].name,
                ident.value
            );
            if !cascade {
                return Err(dependent(
                    &format!("column {} of table {table}", ident.value),
                    depends,
                ));
            }
            gone.push(*other);
        }
        if gone.len() == to.schema().columns.len() {
            return Err(Error::unsupported("a table without columns"));
        }
        sort_by(&mut gone, Ord::cmp);
        let mut owned: Vec<TableId> = Vec::new();
        for at in &gone {
            let schema = to.schema();
            let views = self.views_of_column(schema, &schema.columns[*at], cascade)?;
            let new = views.into_iter().filter(|view| !owned.contains(view));
            owned.extend(new.collect::<Vec<_>>());
        }
        for at in gone.into_iter().rev() {
            let rules = self.rules(to.schema())?;
            let uses = |expr: &Expr| expr.any(&mut |expr| expr.kind == ExprKind::Column(at));
            let broken = rules.checks.iter().filter(|check| uses(&check.condition));
            let broken: Vec<&str> = broken.map(|check| check.name.as_str()).collect();
            let schema = to.schema();
            let mut indexes = Vec::new();
            for index in &schema.indexes {
                if uses_column(schema, index, at)? {
                    indexes.push(index.clone());
                }
            }
            schema
                .checks
                .retain(|check| !broken.contains(&check.name.as_str()));
            let column = schema.columns.remove(at);
            schema.dropped.push(DroppedColumn {
                id: column.id,
                data_type: column.data_type,
                replaced_by: None,
            });
            let id = schema.id;
            let keys = &mut to.schema().foreign_keys;
            keys.retain(|key| !key.columns.contains(&column.id));
            for index in &indexes {
                let what = format!("column {} of table {table}", column.name);
                self.drop_key(index, cascade, &what, to)?;
            }
            let owner = Some((id, column.id));
            let is_owned = |other: &&Rc<TableSchema>| {
                (other.sequence.as_ref()).is_some_and(|sequence| sequence.owner == owner)
            };
            owned.extend(
                self.catalog()
                    .tables()
                    .filter(is_owned)
                    .map(|other| other.id),
            );
        }
        to.step();
        to.steps.extend(owned.into_iter().map(AlterStep::DropTable));
        Ok(())
    }

    fn rename_table(&mut self, name: &Ident, to: &mut Alteration) -> Result<()> {
        self.check_rename(to.schema(), name)?;
        let from = std::mem::replace(&mut to.schema().name, name.value.clone());
        rename_in_rules(to.schema(), Named::Table, &from, &name.value)?;
        to.step();
        Ok(())
    }
}

pub fn altered(steps: Vec<AlterStep>, command: &'static str) -> Plan {
    Plan::Alter { steps, command }
}

pub fn column_exists(schema: &TableSchema, ident: &Ident) -> Error {
    let message = format!(
        "column \"{}\" of relation \"{}\" already exists",
        ident.value, schema.name
    );
    Error::new(Code::DuplicateColumn, message)
}

/// The error that something needs what is to be dropped.
pub fn dependent(what: &str, depends: String) -> Error {
    let message = format!("cannot drop {what} because other objects depend on it");
    Error::new(Code::DependentObjects, message)
        .with_detail(depends)
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too.")
}

fn rename_column(from: &Ident, name: &Ident, to: &mut Alteration) -> Result<()> {
    let schema = to.schema();
    let Some(at) = schema.position_by_name(&from.value) else {
        let message = format!("column \"{}\" does not exist", from.value);
        return Err(Error::new(Code::UndefinedColumn, message));
    };
    if schema.position_by_name(&name.value).is_some() {
        return Err(column_exists(schema, name));
    }
    check_name(name, schema)?;
    schema.columns[at].name = name.value.clone();
    rename_in_rules(schema, Named::Column, &from.value, &name.value)?;
    to.step();
    Ok(())
}

fn rename_in_rules(schema: &mut TableSchema, named: Named, from: &str, to: &str) -> Result<()> {
    for check in &mut schema.checks {
        check.sql = rename(&check.sql, named, from, to)?;
    }
    let generated = (schema.columns.iter_mut()).flat_map(|column| &mut column.generated);
    let computed = (schema.indexes.iter_mut()).flat_map(|index| &mut index.computed);
    let computed = computed.flat_map(|key| key.parts.iter_mut().chain(&mut key.predicate));
    for text in generated.chain(computed) {
        *text = rename(text, named, from, to)?;
    }
    Ok(())
}
