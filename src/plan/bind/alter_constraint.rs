//! ALTER of constraints: those that come must hold for all rows, and a key that goes may be needed by others.

use super::alter::{Alteration, dependent};
use super::binder::Binder;
use super::constraint::{check_constraint_free, when};
use super::from::{scan, scan_columns};
use super::indexes;
use super::{alter::altered, name};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr, ExprKind};
use crate::plan::{AlterStep, Node, Plan, TimeSlot};
use crate::sql::check_name;
use crate::types::{CheckSchema, ForeignKey, IndexSchema, TableSchema, Waits};
use sqlparser::ast::{ConstraintUsingIndex, Ident, ObjectName};
use std::rc::Rc;

impl Binder<'_> {
    /// Adds the constraints of the definition, which all rows must satisfy unless they are NOT VALID.
    pub fn add_new_constraints(&mut self, to: &mut Alteration, not_valid: bool) -> Result<()> {
        let before = to.definition.schema.clone();
        self.add_constraints(&mut to.definition)?;
        let after = to.schema();
        let mut nulls = Vec::new();
        for (at, old) in before.columns.iter().enumerate() {
            if old.nullable && !after.columns[at].nullable {
                after.columns[at].was_nullable = true;
                nulls.push(at);
            }
        }
        let added = after.indexes[before.indexes.len()..].to_vec();
        if not_valid && !added.is_empty() {
            return Err(Error::unsupported("a key that is NOT VALID"));
        }
        let checks = &mut after.checks[before.checks.len()..];
        let foreign = &mut after.foreign_keys[before.foreign_keys.len()..];
        let own = checks.iter_mut().map(|check| &mut check.not_valid);
        let own = own.chain(foreign.iter_mut().map(|key| &mut key.not_valid));
        own.for_each(|own| *own = not_valid);
        let (checks, foreign) = (checks.to_vec(), foreign.to_vec());
        if !checks.is_empty() || !nulls.is_empty() || !foreign.is_empty() {
            to.step();
        }
        nulls.into_iter().for_each(|at| refuse_nulls(at, to));
        if !not_valid {
            self.refuse_violations(checks, foreign, to)?;
        }
        for index in added {
            let (table, key) = (to.schema().id, to.schema().primary_key);
            let primary = key == Some(index.id);
            to.steps.push(AlterStep::AddIndex {
                table,
                index,
                primary,
            });
        }
        Ok(())
    }

    /// ADD CONSTRAINT … USING INDEX: an index that there is becomes that of the constraint.
    pub fn promote_index(
        &mut self,
        by: &ConstraintUsingIndex,
        primary: bool,
        to: &mut Alteration,
    ) -> Result<()> {
        let schema = to.schema();
        let (given, table) = (&by.index_name.value, &schema.name);
        let Some(known) = schema.indexes.iter().find(|index| index.name == *given) else {
            let message = format!("index \"{given}\" does not exist");
            return Err(Error::new(Code::UndefinedObject, message));
        };
        let wrong = if known.constraint {
            Some((
                Code::NotInPrerequisiteState,
                "is already associated with a constraint",
            ))
        } else if !known.unique {
            Some((Code::WrongObjectType, "is not a unique index"))
        } else if known.computed.is_some() {
            Some((Code::WrongObjectType, "contains expressions or a predicate"))
        } else if !known.descending.is_empty() || !known.nulls_first.is_empty() {
            Some((
                Code::WrongObjectType,
                "does not have default sorting behavior",
            ))
        } else {
            None
        };
        if let Some((code, wrong)) = wrong {
            return Err(Error::new(code, format!("index \"{given}\" {wrong}")));
        }
        if primary && schema.primary_key.is_some() {
            let message = format!("multiple primary keys for table \"{table}\" are not allowed");
            return Err(Error::new(Code::InvalidTableDefinition, message));
        }
        let mut index = known.clone();
        if when(&by.characteristics)?.may_wait() {
            return Err(Error::unsupported("a key that is DEFERRABLE by an index"));
        }
        index.constraint = true;
        if let Some(name) = by.name.as_ref().filter(|name| name.value != *given) {
            check_name(name)?;
            indexes::check_free(self.catalog(), schema, &name.value)?;
            index.name = name.value.clone();
        }
        check_constraint_free(schema, &index.name)?;
        let table = schema.id;
        let mut nulls = Vec::new();
        for (at, column) in schema.columns.iter_mut().enumerate() {
            if primary && column.nullable && index.columns.contains(&column.id) {
                (column.nullable, column.was_nullable) = (false, true);
                nulls.push(at);
            }
        }
        if !nulls.is_empty() {
            to.step();
        }
        nulls.into_iter().for_each(|at| refuse_nulls(at, to));
        let own = to.schema().indexes.iter_mut();
        if let Some(own) = own.into_iter().find(|own| own.id == index.id) {
            own.clone_from(&index);
        }
        if primary {
            to.schema().primary_key = Some(index.id);
        }
        to.steps.push(AlterStep::Promote {
            table,
            index,
            primary,
        });
        Ok(())
    }

    /// VALIDATE CONSTRAINT: all rows must satisfy one that is NOT VALID.
    pub fn validate_constraint(&mut self, name: &str, to: &mut Alteration) -> Result<()> {
        let schema = to.schema();
        if schema.indexes.iter().any(|key| key.name == name) {
            let table = &schema.name;
            let message = format!(
                "constraint \"{name}\" of relation \"{table}\" is not a foreign key or check constraint"
            );
            return Err(Error::new(Code::WrongObjectType, message));
        }
        let mut checks = schema.checks.iter_mut();
        let check = checks.find(|check| check.not_valid && check.name == name);
        let mut foreign = schema.foreign_keys.iter_mut();
        let foreign = foreign.find(|key| key.not_valid && key.name == name);
        let checks = check.map(|check| {
            check.not_valid = false;
            check.clone()
        });
        let foreign = foreign.map(|key| {
            key.not_valid = false;
            key.clone()
        });
        if checks.is_some() || foreign.is_some() {
            to.step();
        }
        self.refuse_violations(Vec::from_iter(checks), Vec::from_iter(foreign), to)
    }

    fn refuse_violations(
        &mut self,
        checks: Vec<CheckSchema>,
        foreign: Vec<ForeignKey>,
        to: &mut Alteration,
    ) -> Result<()> {
        for check in checks {
            let ast = crate::sql::parse_expression(&check.sql)?;
            let condition = self.bind_check(&ast, to.schema(), Some(&[]))?;
            let message = format!(
                "check constraint \"{}\" of relation \"{}\" is violated by some row",
                check.name,
                to.schema().name
            );
            let error = Error::new(Code::CheckViolation, message)
                .with_constraint(&to.schema().name, &check.name);
            let broken = expr::resolve_not(condition)?;
            let rows = filtered(to.schema(), broken);
            to.refuse(rows, error);
        }
        for key in foreign {
            let message = format!(
                "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
                to.schema().name,
                key.name
            );
            let error = Error::new(Code::ForeignKeyViolation, message)
                .with_constraint(&to.schema().name, &key.name);
            let rows = self.dangling(to.schema(), &key)?;
            to.refuse(rows, error);
        }
        Ok(())
    }

    /// When constraints are checked in this transaction.
    pub fn bind_set_constraints(&mut self, names: &[ObjectName], deferred: bool) -> Result<Plan> {
        let mut steps = Vec::new();
        for name in names {
            let (schema, name, position) = name::in_schema(name)?;
            let catalog = self.catalog();
            if let Some(unknown) = schema.filter(|schema| !catalog.has_schema(schema)) {
                let message = format!("schema \"{unknown}\" does not exist");
                return Err(Error::new(Code::UndefinedSchema, message).at(position));
            }
            let path = catalog.path().unwrap_or_default().iter();
            let mut schemas: Vec<&str> = schema.into_iter().collect();
            if schemas.is_empty() {
                schemas.extend(path.map(String::as_str));
            }
            if schemas.is_empty() {
                schemas.push("public");
            }
            let with_it = |schema: &&str| {
                let own = (catalog.tables()).filter(|table| table.schema_name() == *schema);
                let own: Vec<_> = own.filter(|table| table.has_constraint(name)).collect();
                Some(own).filter(|own| !own.is_empty())
            };
            let Some(found) = schemas.iter().find_map(with_it) else {
                let message = format!("constraint \"{name}\" does not exist");
                return Err(Error::new(Code::UndefinedObject, message).at(position));
            };
            for table in found {
                let mut foreign = table.foreign_keys.iter();
                let foreign = foreign.find(|key| key.name == name && key.may_wait());
                let mut keys = table.indexes.iter();
                let key = keys.find(|key| key.name == name && key.may_wait());
                let foreign = foreign.map(|key| Waits::Foreign(key.clone()));
                match foreign.or(key.map(|key| Waits::Key(key.id))) {
                    Some(key) => {
                        let key = (table.id, key);
                        steps.push(AlterStep::Constraints(Some(key), deferred));
                    }
                    None if deferred => {
                        let message = format!("constraint \"{name}\" is not deferrable");
                        return Err(Error::new(Code::WrongObjectType, message).at(position));
                    }
                    None => {}
                }
            }
        }
        if names.is_empty() {
            steps.push(AlterStep::Constraints(None, deferred));
        }
        Ok(altered(steps, "SET CONSTRAINTS"))
    }

    pub fn drop_constraint(
        &mut self,
        ident: &Ident,
        if_exists: bool,
        cascade: bool,
        to: &mut Alteration,
    ) -> Result<()> {
        let schema = to.schema();
        let others = (schema.checks.len(), schema.foreign_keys.len());
        schema.checks.retain(|check| check.name != ident.value);
        schema.foreign_keys.retain(|key| key.name != ident.value);
        if others != (schema.checks.len(), schema.foreign_keys.len()) {
            to.step();
            return Ok(());
        }
        let mut keys = schema.indexes.iter();
        let found = keys.find(|key| key.constraint && key.name == ident.value);
        match found.cloned() {
            Some(key) => {
                let what = format!("constraint {} on table {}", key.name, schema.name);
                self.drop_key(&key, cascade, &what, to)
            }
            None if if_exists => Ok(()),
            None => Err(no_constraint(schema, ident, false)),
        }
    }

    /// Drops an index, by which foreign keys may lead to the table.
    pub fn drop_key(
        &mut self,
        index: &IndexSchema,
        cascade: bool,
        what: &str,
        to: &mut Alteration,
    ) -> Result<()> {
        let table = to.schema().id;
        let others = to.schema().indexes.iter();
        let others = others.filter(|other| other.id != index.id && other.unique);
        let others: Vec<IndexSchema> = others.cloned().collect();
        let rest = TableSchema {
            indexes: others,
            ..TableSchema::default()
        };
        let needs = |key: &ForeignKey| {
            key.table == table && index.unique && rest.unique_key(&key.referenced).is_none()
        };
        for (child, key) in self.catalog().referencing(table) {
            if !needs(key) || index.columns.len() != key.referenced.len() {
                continue;
            }
            if !cascade {
                let depends = format!(
                    "constraint {} on table {} depends on index {}",
                    key.name, child.name, index.name
                );
                return Err(dependent(what, depends));
            }
            if child.id == table {
                to.schema()
                    .foreign_keys
                    .retain(|other| other.name != key.name);
                to.step();
                continue;
            }
            let mut child = TableSchema::clone(child);
            child.foreign_keys.retain(|key| !needs(key));
            to.steps.push(AlterStep::Table(child));
        }
        to.drop_index(index);
        Ok(())
    }

    pub fn rename_constraint(
        &mut self,
        from: &Ident,
        name: &Ident,
        to: &mut Alteration,
    ) -> Result<()> {
        let schema = to.schema();
        check_constraint_free(schema, &name.value)?;
        let checks = schema.checks.iter_mut().map(|check| &mut check.name);
        let foreign = schema.foreign_keys.iter_mut().map(|key| &mut key.name);
        if let Some(known) = checks.chain(foreign).find(|known| **known == from.value) {
            known.clone_from(&name.value);
            to.step();
            return Ok(());
        }
        let keys = schema.indexes.iter_mut();
        let Some(key) = keys
            .into_iter()
            .find(|key| key.constraint && key.name == from.value)
        else {
            return Err(no_constraint(schema, from, true));
        };
        key.name = name.value.clone();
        let table = schema.id;
        self.check_rename(to.schema(), &Ident::new(&name.value))
            .or_else(|error| {
                // The copy has the name already.
                let key = to.schema().beside(&name.value);
                match self.catalog().index(&key).is_none() && self.catalog().table(&key).is_none() {
                    true => Ok(()),
                    false => Err(error),
                }
            })?;
        to.steps.push(AlterStep::RenameIndex {
            table,
            from: from.value.clone(),
            to: name.value.clone(),
        });
        Ok(())
    }
}

/// The rows for which a condition over all columns is true.
pub fn filtered(schema: &TableSchema, predicate: Expr) -> Node {
    let columns = scan_columns(schema, std::iter::empty());
    Node::Filter {
        input: Box::new(scan(Rc::new(schema.clone()), TimeSlot::Present, columns)),
        predicate,
    }
}

/// No row may have a NULL in a column.
pub fn refuse_nulls(at: usize, to: &mut Alteration) {
    let schema = to.schema();
    let column = &schema.columns[at];
    let message = format!(
        "column \"{}\" of relation \"{}\" contains null values",
        column.name, schema.name
    );
    let error =
        Error::new(Code::NotNullViolation, message).with_constraint(&schema.name, &column.name);
    let is_null = ExprKind::IsNull {
        operand: Box::new(Expr::column(at, column.data_type)),
        negated: false,
    };
    let rows = filtered(schema, Expr::new(is_null, crate::types::DataType::Boolean));
    to.refuse(rows, error);
}

fn no_constraint(schema: &TableSchema, ident: &Ident, for_table: bool) -> Error {
    let (name, table) = (&ident.value, &schema.name);
    let message = match for_table {
        true => format!("constraint \"{name}\" for table \"{table}\" does not exist"),
        false => format!("constraint \"{name}\" of relation \"{table}\" does not exist"),
    };
    Error::new(Code::UndefinedObject, message)
}
