//! Statements that change the schema.

use super::Context;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::table::Catalog;
use crate::types::{CatalogName, IndexSchema, TableId, TableSchema};
use std::rc::Rc;

/// Makes the change of a DDL statement. `Some` is what PostgreSQL says where nothing was to be done.
pub fn define(plan: &Plan, context: &mut Context) -> Result<Option<&'static str>> {
    match plan {
        Plan::CreateTable {
            schema,
            sequences,
            if_not_exists,
        } => create_table(schema, sequences, *if_not_exists, context),
        Plan::DropTable {
            names,
            if_exists,
            is_sequence,
            cascade,
        } => drop_tables(names, *if_exists, *is_sequence, *cascade, context),
        Plan::CreateIndex {
            table,
            index,
            if_not_exists,
        } => create_index(*table, index, *if_not_exists, context),
        Plan::DropIndex { names, if_exists } => drop_indexes(names, *if_exists, context),
        _ => Err(Error::new(Code::Internal, "not a statement of DDL")),
    }
}

const EXISTS: Option<&str> = Some("relation already exists, skipping");
const MISSING: Option<&str> = Some("object does not exist, skipping");

fn create_table(
    schema: &TableSchema,
    sequences: &[(usize, TableSchema)],
    if_not_exists: bool,
    context: &mut Context,
) -> Result<Option<&'static str>> {
    if if_not_exists && is_taken(&context.view().catalog(), &schema.name) {
        return Ok(EXISTS);
    }
    let mut schema = schema.clone();
    let (transaction, store) = context.writer()?;
    let table = transaction.next_table(sequences.len());
    for (at, sequence) in sequences {
        let mut sequence = sequence.clone();
        if let Some(options) = &mut sequence.sequence {
            options.owner = Some((table, schema.columns[*at].id));
        }
        let id = transaction.create_table(store, sequence)?;
        if let Some(identity) = &mut schema.columns[*at].identity {
            identity.sequence = id;
        }
    }
    transaction.create_table(store, schema)?;
    Ok(None)
}

/// Tables and indexes share one namespace.
fn is_taken(catalog: &Catalog, name: &str) -> bool {
    catalog.table(name).is_some() || catalog.index(name).is_some()
}

fn drop_tables(
    names: &[CatalogName],
    if_exists: bool,
    is_sequence: bool,
    cascade: bool,
    context: &mut Context,
) -> Result<Option<&'static str>> {
    let mut notice = None;
    drop_references(names, cascade, context)?;
    for name in names {
        let catalog = context.view().catalog();
        let kind = if is_sequence { "sequence" } else { "table" };
        let Some(table) = catalog.table(name) else {
            if let Some((_, index)) = catalog.index(name) {
                let message = format!("\"{}\" is not a {kind}", index.name);
                let hint = "Use DROP INDEX to remove an index.";
                return Err(Error::new(Code::WrongObjectType, message).with_hint(hint));
            }
            if !if_exists {
                let message = format!("{kind} \"{name}\" does not exist");
                return Err(Error::new(Code::UndefinedTable, message));
            }
            notice = MISSING;
            continue;
        };
        if table.sequence.is_some() != is_sequence {
            let message = format!("\"{name}\" is not a {kind}");
            let other = if is_sequence { "TABLE" } else { "SEQUENCE" };
            let hint = format!("Use DROP {other} to remove a {}.", other.to_lowercase());
            return Err(Error::new(Code::WrongObjectType, message).with_hint(hint));
        }
        let owned = catalog.tables().filter(|other| other.belongs_to(table.id));
        let (transaction, store) = context.writer()?;
        for sequence in owned {
            transaction.drop_table(store, sequence.id)?;
        }
        transaction.drop_table(store, table.id)?;
    }
    Ok(notice)
}

/// Drops the foreign keys by which other tables lead to those.
fn drop_references(names: &[CatalogName], cascade: bool, context: &mut Context) -> Result<()> {
    let catalog = context.view().catalog();
    let tables = names.iter().filter_map(|name| catalog.table(name));
    for table in tables {
        let others = catalog.referencing(table.id);
        for (child, key) in others.filter(|(child, _)| !names.contains(&child.name)) {
            if !cascade {
                let message = format!(
                    "cannot drop table {} because other objects depend on it",
                    table.name
                );
                return Err(Error::new(Code::DependentObjects, message)
                    .with_detail(format!(
                        "constraint {} on table {} depends on table {}",
                        key.name, child.name, table.name
                    ))
                    .with_hint("Use DROP ... CASCADE to drop the dependent objects too."));
            }
            let now = context.view().catalog();
            let mut child = TableSchema::clone(now.require(child.id)?);
            child.foreign_keys.retain(|other| other.name != key.name);
            let (transaction, store) = context.writer()?;
            transaction.alter_table(store, child)?;
        }
    }
    Ok(())
}

fn create_index(
    table: TableId,
    index: &IndexSchema,
    if_not_exists: bool,
    context: &mut Context,
) -> Result<Option<&'static str>> {
    if if_not_exists && is_taken(&context.view().catalog(), &index.name) {
        return Ok(EXISTS);
    }
    let (transaction, store) = context.writer()?;
    transaction.create_index(store, table, index.clone())?;
    Ok(None)
}

fn drop_indexes(
    names: &[CatalogName],
    if_exists: bool,
    context: &mut Context,
) -> Result<Option<&'static str>> {
    let mut notice = None;
    for name in names {
        let catalog: Rc<Catalog> = context.view().catalog();
        let Some((table, index)) = catalog.index(name) else {
            if catalog.table(name).is_some() {
                let message = format!("\"{name}\" is not an index");
                let hint = "Use DROP TABLE to remove a table.";
                return Err(Error::new(Code::WrongObjectType, message).with_hint(hint));
            }
            if !if_exists {
                let message = format!("index \"{name}\" does not exist");
                return Err(Error::new(Code::UndefinedObject, message));
            }
            notice = MISSING;
            continue;
        };
        if index.constraint {
            return Err(constraint_needs(name, &table.name));
        }
        let (transaction, store) = context.writer()?;
        transaction.drop_index(store, table.id, index.id)?;
    }
    Ok(notice)
}

fn constraint_needs(index: &str, table: &str) -> Error {
    let message = format!(
        "cannot drop index {index} because constraint {index} on table {table} requires it"
    );
    Error::new(Code::DependentObjects, message)
}
