//! CREATE, ALTER and DROP SCHEMA, and what goes from one to another.
//!
//! `public` is there without having been made. Once it is dropped, a schema of that name in the catalog says so.

use super::alter::{altered, dependent};
use super::binder::Binder;
use super::name;
use crate::error::{Code, Error, Result};
use crate::plan::{AlterStep, Plan};
use crate::table::{mentions, mentions_in};
use crate::types::{TableId, TableSchema, catalog_name};
use sqlparser::ast::{Ident, ObjectName};
use std::rc::Rc;

impl Binder<'_> {
    pub fn bind_create_schema(&mut self, ident: &Ident, if_not_exists: bool) -> Result<Plan> {
        let name = &ident.value;
        let is_own = matches!(name.as_str(), "pg_catalog" | "information_schema");
        let steps = if self.catalog().has_schema(name) || is_own {
            if !if_not_exists {
                let message = format!("schema \"{name}\" already exists");
                let error = Error::new(Code::DuplicateSchema, message);
                return Err(error.at(name::position(ident)));
            }
            Vec::new()
        } else if name.contains('.') || name.starts_with("pg_") {
            return Err(Error::unsupported("a schema of this name").at(name::position(ident)));
        } else {
            vec![self.turn(name)]
        };
        Ok(altered(steps, "CREATE SCHEMA"))
    }

    /// With all that is in them; what others have that leads to it goes, too.
    pub fn bind_drop_schema(
        &mut self,
        names: &[ObjectName],
        if_exists: bool,
        cascade: bool,
    ) -> Result<Plan> {
        let catalog = self.catalog();
        let (mut schemas, mut gone): (Vec<&str>, Vec<TableId>) = (Vec::new(), Vec::new());
        for ident in names {
            let ident = name::single(ident)?;
            let name = ident.value.as_str();
            if catalog.has_schema(name) {
                schemas.extend(Some(name).filter(|name| !schemas.contains(name)));
            } else if !if_exists {
                let message = format!("schema \"{name}\" does not exist");
                let error = Error::new(Code::UndefinedSchema, message);
                return Err(error.at(name::position(ident)));
            }
        }
        for schema in &schemas {
            let first = gone.len();
            gone.extend(catalog.tables_in(schema).map(|table| table.id));
            if let Some(table) = gone.get(first).filter(|_| !cascade) {
                let table = catalog.require(*table)?;
                let what = format!("schema {schema}");
                let depends = format!("{} {} depends on {what}", table.kind().word(), table.name);
                return Err(dependent(&what, depends));
            }
        }
        let mut next = 0;
        while let Some(table) = gone.get(next).copied() {
            next += 1;
            let views = catalog.views_of(table, None).into_iter();
            let more = views.filter(|view| !gone.contains(&view.id));
            let more: Vec<TableId> = more.map(|view| view.id).collect();
            gone.extend(more);
        }
        let mut steps = Vec::new();
        for table in catalog.tables().filter(|table| !gone.contains(&table.id)) {
            let mut kept = TableSchema::clone(table);
            kept.foreign_keys.retain(|key| !gone.contains(&key.table));
            for column in &mut kept.columns {
                let default = column.default.take();
                let is_kept = |text: &str| !mentions_in(text).any(|id| gone.contains(&id));
                column.default = default.filter(|default| is_kept(&default.sql));
            }
            if mentions(&kept).iter().any(|id| gone.contains(id)) {
                let what = "dropping a schema with a type that is used in an expression outside";
                return Err(Error::unsupported(what));
            }
            if kept != **table {
                steps.push(AlterStep::Table(kept));
            }
        }
        steps.extend(gone.into_iter().map(AlterStep::DropTable));
        steps.extend(schemas.into_iter().map(|name| self.turn(name)));
        Ok(altered(steps, "DROP SCHEMA"))
    }

    /// A table goes to another schema with the sequences of its columns.
    pub fn bind_set_schema(&mut self, found: &TableSchema, to: &Ident) -> Result<Plan> {
        let catalog = self.catalog();
        if !catalog.has_schema(&to.value) {
            let message = format!("schema \"{}\" does not exist", to.value);
            return Err(Error::new(Code::UndefinedSchema, message).at(name::position(to)));
        }
        if found.is_temporary() {
            let message = "cannot move objects into or out of temporary schemas";
            return Err(Error::new(Code::Unsupported, message));
        }
        let owner = found.sequence.as_ref().and_then(|sequence| sequence.owner);
        if let Some((owner, _)) = owner {
            let owner = catalog.require(owner)?;
            let message = "cannot move an owned sequence into another schema";
            let (name, owner) = (&found.name, &owner.name);
            let detail = format!("Sequence \"{name}\" is linked to table \"{owner}\".");
            return Err(Error::new(Code::Unsupported, message).with_detail(detail));
        }
        let mut steps = Vec::new();
        let owned = catalog.tables().filter(|other| other.belongs_to(found.id));
        let owned = owned.map(|owned| &**owned);
        if found.schema_name() != to.value {
            for own in std::iter::once(found).chain(owned) {
                let moved = in_schema(own, &to.value);
                let other = in_schema(&TableSchema::default(), &to.value);
                let names = moved.indexes.iter().map(|index| &index.name);
                let is_type = moved.type_schema.is_some();
                let names = names.chain((!is_type).then_some(&moved.name));
                for name in names {
                    super::indexes::check_free(catalog, &other, name)?;
                }
                if is_type && catalog.table(&moved.key()).is_some() {
                    let (name, to) = (&moved.name, &to.value);
                    let message = format!("type \"{name}\" already exists in schema \"{to}\"");
                    return Err(Error::new(Code::DuplicateObject, message));
                }
                steps.push(AlterStep::Table(moved));
            }
        }
        Ok(altered(steps, "ALTER TABLE"))
    }

    pub fn bind_rename_schema(&mut self, name: &ObjectName, to: &Ident) -> Result<Plan> {
        let catalog = self.catalog();
        let ident = name::single(name)?;
        let from = ident.value.as_str();
        if !catalog.has_schema(from) {
            let message = format!("schema \"{from}\" does not exist");
            return Err(Error::new(Code::UndefinedSchema, message).at(name::position(ident)));
        }
        self.bind_create_schema(to, false)?;
        let mut made = self.turn(&to.value);
        if let (AlterStep::Create(made), Some(known)) =
            (&mut made, catalog.table(&catalog_name(Some(from), "")))
        {
            made.comment.clone_from(&known.comment);
        }
        let mut steps = vec![made];
        let moved = catalog.tables_in(from);
        steps.extend(moved.map(|own| AlterStep::Table(in_schema(own, &to.value))));
        steps.push(self.turn(from));
        Ok(altered(steps, "ALTER SCHEMA"))
    }

    /// What a statement changes of a schema.
    pub fn own_schema(&self, name: &ObjectName) -> Result<Rc<TableSchema>> {
        let ident = name::single(name)?;
        let schema = ident.value.as_str();
        let found = self.catalog().table(&catalog_name(Some(schema), ""));
        match found.filter(|_| schema != "public") {
            Some(found) => Ok(found.clone()),
            None if schema == "public" => Err(Error::unsupported("a comment on schema public")),
            None => {
                let message = format!("schema \"{schema}\" does not exist");
                Err(Error::new(Code::UndefinedSchema, message).at(name::position(ident)))
            }
        }
    }

    /// Makes what says of a schema that it is there (of `public`, that it is gone), or takes it away.
    fn turn(&self, name: &str) -> AlterStep {
        match self.catalog().table(&catalog_name(Some(name), "")) {
            Some(known) => AlterStep::DropTable(known.id),
            None => AlterStep::Create(TableSchema {
                name: name.to_string(),
                is_schema: true,
                ..TableSchema::default()
            }),
        }
    }
}

/// The same in another schema.
fn in_schema(own: &TableSchema, schema: &str) -> TableSchema {
    TableSchema {
        schema: Some(schema.to_string()).filter(|schema| schema != "public"),
        ..own.clone()
    }
}
