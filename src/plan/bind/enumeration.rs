//! CREATE TYPE … AS ENUM and ALTER TYPE.

use super::alter::altered;
use super::binder::Binder;
use super::name;
use crate::error::{Code, Error, Result};
use crate::plan::{AlterStep, Plan};
use crate::sql::{self, Named, TypeChange};
use crate::table::each_text;
use crate::types::{Label, Neighbour, TableSchema, TypeSchema, declared, insert, type_key};
use sqlparser::ast::ObjectName;

/// As in PostgreSQL.
const LABEL_BYTES_MAX: usize = 63;

impl Binder<'_> {
    pub fn bind_create_enum(&mut self, name: &ObjectName, labels: &[String]) -> Result<Plan> {
        let (made, _) = name::new_relation(self.catalog(), name)?;
        for (at, label) in labels.iter().enumerate() {
            check_label(label)?;
            if labels[..at].contains(label) {
                let message = format!("enum label \"{label}\" is used more than once");
                return Err(Error::new(Code::UniqueViolation, message));
            }
        }
        let schema = TableSchema {
            type_schema: Some(TypeSchema::Enum(declared(labels))),
            ..made
        };
        Ok(altered(vec![AlterStep::Create(schema)], "CREATE TYPE"))
    }

    pub fn bind_alter_type(&mut self, name: &ObjectName, change: &TypeChange) -> Result<Plan> {
        let mut schema = TableSchema::clone(&*self.own_type(name)?);
        let mut steps = Vec::new();
        if let TypeChange::Rename(to) = change {
            let key = type_key(schema.schema.as_deref(), &to.value);
            if self.catalog().table(&key).is_some() {
                let message = format!("type \"{}\" already exists", to.value);
                let error = Error::new(Code::DuplicateObject, message);
                return Err(error.at(name::position(to)));
            }
            let from = std::mem::replace(&mut schema.name, to.value.clone());
            self.rename_mentions(&from, &to.value, &mut steps)?;
            steps.push(AlterStep::Table(schema));
            return Ok(altered(steps, "ALTER TYPE"));
        }
        let Some(TypeSchema::Enum(labels)) = &mut schema.type_schema else {
            let message = format!("{} is not an enum", schema.shown());
            return Err(Error::new(Code::WrongObjectType, message));
        };
        match change {
            TypeChange::AddValue {
                label,
                if_not_exists,
                beside,
            } => {
                check_label(label)?;
                if *if_not_exists && find(labels, label).is_ok() {
                    return Ok(altered(steps, "ALTER TYPE"));
                }
                check_new(labels, label)?;
                let neighbour = match beside {
                    None => Neighbour::Last,
                    Some((other, true)) => Neighbour::Before(find(labels, other)?),
                    Some((other, false)) => Neighbour::After(find(labels, other)?),
                };
                insert(labels, label, neighbour).ok_or_else(|| {
                    let message = format!("there is no room for a label beside \"{label}\"");
                    Error::new(Code::LimitComplexity, message)
                        .with_hint("Too many were put between the same two, one after another.")
                })?;
            }
            TypeChange::RenameValue { from, to } => {
                check_label(to)?;
                let at = find(labels, from)?;
                check_new(labels, to)?;
                labels[at].name.clone_from(to);
                self.rename_in_defaults(&schema, from, to, &mut steps)?;
            }
            TypeChange::Rename(_) => {}
        }
        steps.push(AlterStep::Table(schema));
        Ok(altered(steps, "ALTER TYPE"))
    }

    /// Calls a type otherwise where an expression casts to it. Views know it by its id.
    fn rename_mentions(&self, from: &str, to: &str, steps: &mut Vec<AlterStep>) -> Result<()> {
        for table in self.catalog().tables() {
            let mut changed = TableSchema::clone(table);
            each_text(&mut changed, &mut |text| {
                *text = sql::rename(text, Named::Type, from, to)?;
                Ok(())
            })?;
            if changed != **table {
                steps.push(AlterStep::Table(changed));
            }
        }
        Ok(())
    }

    /// A label in the DEFAULT of a column of its type is called as the label is. Elsewhere a string may be
    /// something else.
    fn rename_in_defaults(
        &self,
        label_of: &TableSchema,
        from: &str,
        to: &str,
        steps: &mut Vec<AlterStep>,
    ) -> Result<()> {
        let catalog = self.catalog();
        let id = label_of.id;
        let refuse = |name: &str, text: &str| match sql::rename(text, Named::String, from, "")? {
            same if same == text => Ok(()),
            _ => Err(Error::unsupported(format!(
                "renaming the label \"{from}\", which an expression of \"{name}\" may mean,"
            ))),
        };
        for table in catalog.tables() {
            let uses = table.view.iter().flat_map(|view| &view.uses);
            let reads = uses.map(|used| used.table).any(|used| {
                let used = catalog.table_by_id(used);
                used.is_some_and(|used| used.id == id || used.has_type(id))
            });
            if let Some(view) = table.view.as_ref().filter(|_| reads) {
                refuse(&table.name, &view.sql)?;
            }
            if !table.has_type(id) {
                continue;
            }
            let mut changed = TableSchema::clone(table);
            for column in changed.columns.iter_mut().filter(|column| column.is_of(id)) {
                if let Some(default) = &mut column.default {
                    default.sql = sql::rename(&default.sql, Named::String, from, to)?;
                }
            }
            if changed != **table {
                steps.push(AlterStep::Table(changed.clone()));
            }
            let other = changed.columns.iter_mut().filter(|column| column.is_of(id));
            other.for_each(|column| column.default = None);
            each_text(&mut changed, &mut |text| refuse(&table.name, text))?;
        }
        Ok(())
    }
}

fn find(labels: &[Label], name: &str) -> Result<usize> {
    let found = labels.iter().position(|label| label.name == name);
    found.ok_or_else(|| {
        let message = format!("\"{name}\" is not an existing enum label");
        Error::new(Code::InvalidParameterValue, message)
    })
}

fn check_new(labels: &[Label], name: &str) -> Result<()> {
    match find(labels, name) {
        Ok(_) => {
            let message = format!("enum label \"{name}\" already exists");
            Err(Error::new(Code::DuplicateObject, message))
        }
        Err(_) => Ok(()),
    }
}

fn check_label(name: &str) -> Result<()> {
    match name.len() <= LABEL_BYTES_MAX {
        true => Ok(()),
        false => {
            let message = format!("invalid enum label \"{name}\"");
            let detail = format!("Labels must be {LABEL_BYTES_MAX} bytes or less.");
            Err(Error::new(Code::InvalidName, message).with_detail(detail))
        }
    }
}
