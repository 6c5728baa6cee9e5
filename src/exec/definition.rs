//! Statements that change the schema.

use super::Context;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use crate::table::{Catalog, next_of};
use crate::types::{
    CatalogName, ColumnSchema, IndexSchema, OnCommit, RelationKind, TableId, TableSchema,
};
use std::rc::Rc;

/// Makes the change of a DDL statement. `Some` is what PostgreSQL says where nothing was to be done.
pub fn define(plan: &Plan, context: &mut Context) -> Result<Option<&'static str>> {
    match plan {
        Plan::CreateTable {
            schema,
            sequences,
            if_not_exists,
            on_commit,
        } => create_table((schema, *on_commit), sequences, *if_not_exists, context),
        Plan::DropTable {
            names,
            if_exists,
            kind,
            cascade,
        } => drop_tables(*kind, names, *if_exists, *cascade, context),
        Plan::CreateIndex {
            table,
            index,
            if_not_exists,
        } => create_index(*table, index, *if_not_exists, context),
        Plan::DropIndex { names, if_exists } => drop_indexes(names, *if_exists, context),
        Plan::CreateTag { name, time } => {
            let seq = context.versions(*time).0.snapshot().seq;
            let none = || Error::new(Code::MomentBeforeFirst, "the database has no commit yet");
            let seq = seq.ok_or_else(none)?;
            context.writer()?.0.tag(name, Some(seq))?;
            Ok(None)
        }
        Plan::DropTag { name, if_exists } => {
            let known = context.view().catalog().tagged(name);
            match known {
                Some(_) => context.writer()?.0.tag(name, None)?,
                None if *if_exists => return Ok(MISSING),
                None => {
                    let message = format!("tag \"{name}\" does not exist");
                    return Err(Error::new(Code::UndefinedTag, message));
                }
            }
            Ok(None)
        }
        _ => Err(Error::new(Code::Internal, "not a statement of DDL")),
    }
}

const EXISTS: Option<&str> = Some("relation already exists, skipping");
const MISSING: Option<&str> = Some("object does not exist, skipping");

fn create_table(
    (schema, on_commit): (&TableSchema, OnCommit),
    sequences: &[(usize, TableSchema)],
    if_not_exists: bool,
    context: &mut Context,
) -> Result<Option<&'static str>> {
    if if_not_exists && is_taken(&context.view().catalog(), &schema.key()) {
        return Ok(EXISTS);
    }
    let mut schema = schema.clone();
    let (transaction, store) = context.writer()?;
    let table = transaction.next_table(schema.is_temporary(), sequences.len());
    for (at, sequence) in sequences {
        let mut sequence = sequence.clone();
        if let Some(options) = &mut sequence.sequence {
            options.owner = Some((table, schema.columns[*at].id));
        }
        let id = transaction.create_table(store, sequence)?;
        number_by(&mut schema.columns[*at], id);
    }
    let id = transaction.create_table(store, schema)?;
    transaction.set_on_commit(id, on_commit);
    Ok(None)
}

/// A column gets its values from a sequence of its own.
pub fn number_by(column: &mut ColumnSchema, sequence: TableId) {
    match (&mut column.identity, &mut column.default) {
        (Some(identity), _) => identity.sequence = sequence,
        (None, Some(default)) => default.sql = next_of(sequence),
        (None, None) => {}
    }
}

/// Tables and indexes share one namespace.
fn is_taken(catalog: &Catalog, name: &str) -> bool {
    catalog.table(name).is_some() || catalog.index(name).is_some()
}

fn drop_tables(
    kind: RelationKind,
    names: &[CatalogName],
    if_exists: bool,
    cascade: bool,
    context: &mut Context,
) -> Result<Option<&'static str>> {
    let mut notice = None;
    drop_references(names, cascade, context)?;
    for name in names {
        let catalog = context.view().catalog();
        let word = kind.word();
        let Some(table) = catalog.table(name) else {
            if let Some((_, index)) = catalog.index(name) {
                let message = format!("\"{}\" is not a {word}", index.name);
                let hint = "Use DROP INDEX to remove an index.";
                return Err(Error::new(Code::WrongObjectType, message).with_hint(hint));
            }
            if !if_exists {
                let message = format!("{word} \"{name}\" does not exist");
                return Err(Error::new(Code::UndefinedTable, message));
            }
            notice = MISSING;
            continue;
        };
        if table.kind() != kind {
            let message = format!("\"{name}\" is not a {word}");
            let other = table.kind().word();
            let hint = format!(
                "Use DROP {} to remove a {other}.",
                other.to_ascii_uppercase()
            );
            return Err(Error::new(Code::WrongObjectType, message).with_hint(hint));
        }
        drop_views(table, names, cascade, context)?;
        let owned = catalog.tables().filter(|other| other.belongs_to(table.id));
        let (transaction, store) = context.writer()?;
        for sequence in owned {
            transaction.drop_table(store, sequence.id)?;
        }
        transaction.drop_table(store, table.id)?;
    }
    Ok(notice)
}

/// Drops the views that read a relation, and those that read these.
fn drop_views(
    table: &TableSchema,
    names: &[CatalogName],
    cascade: bool,
    context: &mut Context,
) -> Result<()> {
    let catalog = context.view().catalog();
    let views = catalog.views_of(table.id, None).into_iter();
    for view in views.filter(|view| !names.contains(&view.key())) {
        if !cascade {
            let (kind, name) = (table.kind().word(), &table.name);
            let depends = format!("view {} depends on {kind} {name}", view.name);
            return Err(needed(kind, name, depends));
        }
        let (transaction, store) = context.writer()?;
        transaction.drop_table(store, view.id)?;
    }
    Ok(())
}

/// The error that something needs what is to be dropped.
fn needed(kind: &str, name: &str, depends: String) -> Error {
    let message = format!("cannot drop {kind} {name} because other objects depend on it");
    Error::new(Code::DependentObjects, message)
        .with_detail(depends)
        .with_hint("Use DROP ... CASCADE to drop the dependent objects too.")
}

/// Drops the foreign keys by which other tables lead to those.
fn drop_references(names: &[CatalogName], cascade: bool, context: &mut Context) -> Result<()> {
    let catalog = context.view().catalog();
    let tables = names.iter().filter_map(|name| catalog.table(name));
    for table in tables {
        let others = catalog.referencing(table.id);
        for (child, key) in others.filter(|(child, _)| !names.contains(&child.key())) {
            if !cascade {
                let depends = format!(
                    "constraint {} on table {} depends on table {}",
                    key.name, child.name, table.name
                );
                return Err(needed("table", &table.name, depends));
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
    check_index_room(table, context)?;
    let (transaction, store) = context.writer()?;
    transaction.create_index(store, table, index.clone())?;
    Ok(None)
}

/// Whether there is room for an index of a table, which is made in one go.
pub fn check_index_room(table: TableId, context: &Context) -> Result<()> {
    let needed = context.store.index_bytes(table);
    context.meter.heap().check(needed)
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
