//! Types that users make: what their names mean, and what DROP TYPE and DROP DOMAIN take along.

use super::alter::{Alteration, altered, dependent};
use super::binder::Binder;
use super::define::Definition;
use super::view::Noted;
use super::{data_type, name};
use crate::error::{Code, Error, Result};
use crate::plan::{AlterStep, Plan};
use crate::sql::{self, Named};
use crate::table::{each_text, mentioned, mentions};
use crate::types::{DataType, Enumeration, RelationKind, TableId, TableSchema, type_key};
use sqlparser::ast::{self, ArrayElemTypeDef, Ident, ObjectName};
use std::rc::Rc;

/// What the name of a type means.
pub struct NamedType {
    /// Of a domain, what that is over.
    pub data_type: DataType,
    pub domain: Option<Rc<TableSchema>>,
}

impl Binder<'_> {
    /// The type that a name with its modifiers stands for, at the moment that holds here.
    pub fn named_type(&mut self, ast: &ast::DataType) -> Result<NamedType> {
        let plain = |data_type| NamedType {
            data_type,
            domain: None,
        };
        let error = match data_type::bind(ast) {
            Ok(data_type) => return Ok(plain(data_type)),
            Err(error) => error,
        };
        let (element, is_array) = element_of(ast);
        let found = match element {
            ast::DataType::Custom(name, modifiers) if modifiers.is_empty() => {
                if let Some(known) = self.enumeration_said(name) {
                    let array = if is_array { known.array() } else { Some(known) };
                    return Ok(plain(array.unwrap_or_default()));
                }
                self.find_type(name)?
            }
            _ => None,
        };
        let Some(found) = found else {
            return Err(self.missing_type(element).unwrap_or(error));
        };
        let enumeration = DataType::Enum(self.enumeration(&found));
        match (found.kind(), is_array) {
            (RelationKind::Enum, false) => Ok(plain(enumeration)),
            (RelationKind::Enum, true) => Ok(plain(enumeration.array().unwrap_or_default())),
            (_, true) => Err(Error::unsupported("an array of a domain")),
            (_, false) => Ok(NamedType {
                data_type: found
                    .columns
                    .first()
                    .map(|of| of.data_type)
                    .unwrap_or_default(),
                domain: Some(found),
            }),
        }
    }

    /// The same where a domain means what it is over.
    pub fn data_type(&mut self, ast: &ast::DataType) -> Result<DataType> {
        self.named_type(ast).map(|named| named.data_type)
    }

    /// The error for the name of a type with its schema.
    fn missing_type(&self, ast: &ast::DataType) -> Option<Error> {
        let ast::DataType::Custom(name, _) = ast else {
            return None;
        };
        let [schema, name] = name::parts(name).ok()?[..] else {
            return None;
        };
        let (own, name) = (&schema.value, &name.value);
        let error = match self.type_catalog().ok()?.has_schema(own) {
            true => {
                let message = format!("type \"{own}.{name}\" does not exist");
                Error::new(Code::UndefinedObject, message)
            }
            false => {
                let message = format!("schema \"{own}\" does not exist");
                Error::new(Code::UndefinedSchema, message)
            }
        };
        Some(error.at(name::position(schema)))
    }

    fn enumeration(&self, schema: &TableSchema) -> Enumeration {
        let known = self.type_catalog().ok();
        let known = known.and_then(|catalog| catalog.enumeration(schema.id));
        known.unwrap_or(Enumeration::unknown(schema.id))
    }

    /// The enumerated type whose id stands for its name, where no catalog has more of it.
    fn enumeration_said(&self, name: &ObjectName) -> Option<DataType> {
        let (_, name, _) = name::in_schema(name).ok()?;
        let id = self.seen.and_then(|_| mentioned(name))?;
        let known = self.type_catalog().ok()?.enumeration(id);
        known.map(DataType::Enum)
    }

    /// The catalog in which the names of types stand that no table gives a moment to.
    fn type_catalog(&self) -> Result<&crate::table::Catalog> {
        self.catalog_at(self.time)
    }

    /// A type by its name; what the view being read meant by it, and noted for the one being made.
    pub fn find_type(&mut self, name: &ObjectName) -> Result<Option<Rc<TableSchema>>> {
        let is_qualified = name.0.len() > 1;
        let (schema, name, _) = name::in_schema(name)?;
        let mut key = type_key(schema, name);
        let written = key.clone();
        let catalog = self.type_catalog()?;
        if let (Some(path), None, false) = (catalog.path(), self.seen, is_qualified) {
            let mut keys = path.iter().map(|schema| {
                let other = Some(schema.as_str()).filter(|schema| *schema != "public");
                type_key(other, name)
            });
            match keys.find(|key| catalog.table(key).is_some()) {
                Some(found) => key = found,
                None => return Ok(None),
            }
        }
        let found = match self.seen {
            None => catalog.table(&key),
            Some(seen) => {
                let used = seen.iter().find(|used| used.name == key);
                let used = used.map(|used| used.table).or(mentioned(name));
                match used {
                    Some(id) => catalog.table_by_id(id),
                    None => catalog.table(&key).filter(|_| seen.is_empty()),
                }
            }
        };
        let found = found.cloned();
        if let (Some(noted), Some(found)) = (&mut self.noted, &found) {
            Noted::add_type(noted, written, found.id);
        }
        Ok(found)
    }

    /// The type that a statement changes.
    pub fn own_type(&mut self, name: &ObjectName) -> Result<Rc<TableSchema>> {
        let (_, shown, position) = name::in_schema(name)?;
        self.find_type(name)?.ok_or_else(|| {
            let message = format!("type \"{shown}\" does not exist");
            Error::new(Code::UndefinedObject, message).at(position)
        })
    }

    pub fn bind_drop_type(
        &mut self,
        kind: RelationKind,
        names: &[ObjectName],
        if_exists: bool,
        cascade: bool,
    ) -> Result<Plan> {
        let mut gone: Vec<Rc<TableSchema>> = Vec::new();
        for name in names {
            let found = match self.own_type(name) {
                Ok(found) => found,
                Err(error) if if_exists && error.code() == Code::UndefinedObject => continue,
                Err(error) => return Err(error),
            };
            if kind == RelationKind::Domain && found.kind() != kind {
                let message = format!("\"{}\" is not a domain", found.name);
                return Err(Error::new(Code::WrongObjectType, message));
            }
            if !gone.iter().any(|other| other.id == found.id) {
                gone.push(found);
            }
        }
        let command = match kind {
            RelationKind::Domain => "DROP DOMAIN",
            _ => "DROP TYPE",
        };
        let steps = self.without_types(gone, cascade)?;
        Ok(altered(steps, command))
    }

    /// What is to be done so that types can go: what is of them goes first.
    fn without_types(
        &mut self,
        mut gone: Vec<Rc<TableSchema>>,
        cascade: bool,
    ) -> Result<Vec<AlterStep>> {
        let catalog = self.catalog();
        let mut next = 0;
        while let Some(found) = gone.get(next).cloned() {
            next += 1;
            let what = format!("type {}", found.shown());
            let needs = |kind: &str, name: &str| match cascade {
                true => Ok(()),
                false => Err(dependent(&what, format!("{kind} {name} depends on {what}"))),
            };
            for table in catalog.tables().filter(|table| table.has_type(found.id)) {
                if gone.iter().any(|other| other.id == table.id) {
                    continue;
                }
                match table.kind() {
                    RelationKind::Domain => {
                        needs("type", &table.shown())?;
                        gone.push(table.clone());
                    }
                    RelationKind::Table => {
                        let column = table.columns.iter().find(|column| column.is_of(found.id));
                        let column = column.map(|column| &column.name).unwrap_or(&table.name);
                        needs("column", &format!("{column} of table {}", table.shown()))?;
                    }
                    _ => needs("view", &table.shown())?,
                }
            }
            for view in catalog.views_of(found.id, None) {
                needs("view", &view.shown())?;
            }
        }
        let mut steps = Vec::new();
        let is_of = |id: TableId| gone.iter().any(|found| found.id == id);
        for table in catalog.tables().filter(|table| !is_of(table.id)) {
            let mut alteration = Alteration {
                definition: Definition::new(TableSchema::clone(table), &self.statement.texts),
                steps: Vec::new(),
            };
            for column in &table.columns {
                let is_concerned = gone.iter().any(|found| column.is_of(found.id));
                if is_concerned && table.kind() == RelationKind::Table {
                    self.drop_column(&Ident::new(&column.name), true, true, &mut alteration)?;
                }
            }
            for found in &gone {
                refuse_mention(alteration.schema(), found)?;
            }
            steps.append(&mut alteration.steps);
        }
        let views = gone.iter().flat_map(|found| {
            let by_column = catalog.tables().filter(|view| view.view.is_some());
            let by_column = by_column.filter(|view| view.has_type(found.id));
            by_column.chain(catalog.views_of(found.id, None))
        });
        let views = views.flat_map(|view| {
            let over = catalog.views_of(view.id, None).into_iter();
            std::iter::once(view.id).chain(over.map(|over| over.id))
        });
        let types = gone.iter().map(|found| found.id);
        steps.extend(views.chain(types).map(AlterStep::DropTable));
        let mut dropped = Vec::new();
        steps.retain(|step| match step {
            AlterStep::DropTable(id) if dropped.contains(id) => false,
            AlterStep::DropTable(id) => {
                dropped.push(*id);
                true
            }
            _ => true,
        });
        Ok(steps)
    }
}

/// The type of elements of arrays, as it is written, and whether it is one of arrays.
fn element_of(mut ast: &ast::DataType) -> (&ast::DataType, bool) {
    let mut is_array = false;
    while let ast::DataType::Array(
        ArrayElemTypeDef::SquareBracket(element, _) | ArrayElemTypeDef::Qualified(element, _),
    ) = ast
    {
        (ast, is_array) = (element, true);
    }
    (ast, is_array)
}

/// The name of a type as it is written, without its schema.
pub fn written_name(ast: &ast::DataType) -> Option<&str> {
    match element_of(ast).0 {
        ast::DataType::Custom(name, _) => name::parts(name)
            .ok()?
            .last()
            .map(|name| name.value.as_str()),
        _ => None,
    }
}

/// An error if an expression that stays casts to a type that goes.
fn refuse_mention(schema: &mut TableSchema, gone: &TableSchema) -> Result<()> {
    let name = schema.name.clone();
    let mentions_it = mentions(schema).contains(&gone.id);
    each_text(schema, &mut |text| {
        if !mentions_it && sql::rename(text, Named::Type, &gone.name, "")? == *text {
            return Ok(());
        }
        let what = format!(
            "dropping type \"{}\", which an expression of \"{name}\" casts to,",
            gone.name
        );
        Err(Error::unsupported(what))
    })
}
