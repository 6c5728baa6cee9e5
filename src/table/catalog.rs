//! The schema at one moment. A catalog never changes: a commit with DDL makes the next one, so that a
//! query of the past is bound against the schema of its moment.

use super::mention::{each_text, mentions, with_names};
use crate::commit::CatalogChange;
use crate::error::{Code, Error, Result};
use crate::types::SortedMap;
use crate::types::{
    CatalogName, ColumnId, DataType, Enumeration, ForeignKey, IndexId, IndexSchema, RelationKind,
    Seq, TableId, TableSchema, TypeSchema, catalog_name, type_key,
};
use std::rc::Rc;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    tables: SortedMap<CatalogName, Rc<TableSchema>>,
    names: SortedMap<TableId, CatalogName>,
    /// Index names share one namespace; each leads to its table and its id.
    indexes: SortedMap<CatalogName, (TableId, IndexId)>,
    /// Names of states.
    tags: SortedMap<String, Seq>,
    /// The enumerated types as they are now, and those that are no more as they were last: the past has their values.
    enumerations: SortedMap<TableId, Enumeration>,
    /// The schemas in which a session looks for names without one, if not in `public`.
    path: Option<Rc<[String]>>,
}

impl Catalog {
    pub fn table(&self, name: &str) -> Option<&Rc<TableSchema>> {
        self.tables.get(name)
    }

    pub fn table_by_id(&self, id: TableId) -> Option<&Rc<TableSchema>> {
        self.tables.get(self.names.get(&id)?)
    }

    /// An enumerated type as it is now.
    pub fn enumeration(&self, id: TableId) -> Option<Enumeration> {
        self.enumerations.get(&id).copied()
    }

    /// An index and the table it is over.
    pub fn index(&self, name: &str) -> Option<(&Rc<TableSchema>, &IndexSchema)> {
        let (table, index) = self.indexes.get(name)?;
        let table = self.table_by_id(*table)?;
        Some((table, table.index(*index)?))
    }

    /// The same for a session that looks for names elsewhere than in `public`.
    pub fn with_path(&self, path: Rc<[String]>) -> Catalog {
        Catalog {
            path: Some(path),
            ..self.clone()
        }
    }

    /// The schemas in which names without one are looked for, if not in `public`; some may not exist.
    pub fn path(&self) -> Option<&[String]> {
        self.path.as_deref()
    }

    /// Whether there is a schema; `public` is there unless something says that it is gone.
    pub fn has_schema(&self, name: &str) -> bool {
        let known = self.tables.contains_key(&catalog_name(Some(name), ""));
        known != (name == "public")
    }

    /// All relations of a schema.
    pub fn tables_in<'c>(&'c self, schema: &'c str) -> impl Iterator<Item = &'c Rc<TableSchema>> {
        let within =
            move |table: &&Rc<TableSchema>| !table.is_schema && table.schema_name() == schema;
        self.tables().filter(within)
    }

    /// By name, schemas among them.
    pub fn tables(&self) -> impl Iterator<Item = &Rc<TableSchema>> {
        self.tables.values()
    }

    /// The same with names in the expressions of its definitions, for people to read, if they have none.
    pub fn with_names(&self) -> Option<Catalog> {
        let mut named: Option<Catalog> = None;
        let unnamed = self.tables().filter(|table| !mentions(table).is_empty());
        for table in unnamed {
            let mut schema = TableSchema::clone(table);
            let name = |id| self.table_by_id(id).map(|named| named.shown());
            if let Some(view) = &mut schema.view {
                view.sql = with_names(&view.sql, &name);
            }
            let shown = each_text(&mut schema, &mut |text| {
                *text = with_names(text, &name);
                Ok(())
            });
            debug_assert!(shown.is_ok());
            let tables = &mut named.get_or_insert_with(|| self.clone()).tables;
            tables.insert(schema.key(), Rc::new(schema));
        }
        named
    }

    /// No more than enumerated types that the columns of a table have.
    pub fn of_types(table: &TableSchema) -> Catalog {
        let mut catalog = Catalog::default();
        for column in &table.columns {
            let own = column.data_type;
            if let DataType::Enum(enumeration) = own.element().unwrap_or(own) {
                catalog.enumerations.insert(enumeration.id, enumeration);
            }
        }
        catalog
    }

    /// The foreign keys that lead to a table, and the tables that have them.
    pub fn referencing(
        &self,
        table: TableId,
    ) -> impl Iterator<Item = (&Rc<TableSchema>, &ForeignKey)> {
        self.tables().flat_map(move |other| {
            let keys = other.foreign_keys.iter();
            keys.filter(move |key| key.table == table)
                .map(move |key| (other, key))
        })
    }

    /// The views that read a relation, or a column of it, and those that read these in turn.
    pub fn views_of(&self, id: TableId, column: Option<ColumnId>) -> Vec<&Rc<TableSchema>> {
        let readers = |id, column| self.tables().filter(move |view| view.reads(id, column));
        let mut views: Vec<&Rc<TableSchema>> = readers(id, column).collect();
        let mut next = 0;
        while let Some(view) = views.get(next) {
            let more = readers(view.id, None);
            let more = more.filter(|more| !views.iter().any(|known| known.id == more.id));
            let more: Vec<_> = more.collect();
            views.extend(more);
            next += 1;
        }
        views
    }

    /// The schema of a table that a change names.
    ///
    /// # Errors
    /// `UndefinedTable` when the catalog has no such table.
    pub fn require(&self, id: TableId) -> Result<&Rc<TableSchema>> {
        self.table_by_id(id)
            .ok_or_else(|| Error::new(Code::UndefinedTable, format!("table {id} does not exist")))
    }

    /// The catalog after a change.
    ///
    /// # Errors
    /// A name that is taken or an object that does not exist; the catalog is then as it was.
    pub fn change(&mut self, change: &CatalogChange) -> Result<()> {
        match change {
            CatalogChange::CreateTable(schema) => self.create_table(schema.clone()),
            CatalogChange::AlterTable(schema) => self.alter_table(schema.clone()),
            CatalogChange::DropTable(table) => self.drop_table(*table),
            CatalogChange::CreateIndex { table, index } => self.create_index(*table, index),
            CatalogChange::DropIndex { table, index } => self.drop_index(*table, *index),
            CatalogChange::Tag { name, seq } => self.tag(name, *seq),
        }
    }

    /// The commit after which the state is that has a name.
    pub fn tagged(&self, name: &str) -> Option<Seq> {
        self.tags.get(name).copied()
    }

    /// By name.
    pub fn tags(&self) -> impl Iterator<Item = (&str, Seq)> {
        self.tags.iter().map(|(name, seq)| (name.as_str(), *seq))
    }

    fn tag(&mut self, name: &str, seq: Option<Seq>) -> Result<()> {
        match seq {
            Some(_) if self.tags.contains_key(name) => {
                let message = format!("tag \"{name}\" already exists");
                return Err(Error::new(Code::DuplicateObject, message));
            }
            Some(seq) => self.tags.insert(name.to_string(), seq),
            None => self.tags.remove(name),
        };
        Ok(())
    }

    fn create_table(&mut self, mut schema: TableSchema) -> Result<()> {
        if self.names.contains_key(&schema.id) {
            let message = format!("table {} is created twice", schema.id);
            return Err(Error::new(Code::Corrupt, message));
        }
        self.check_free(&schema.key())?;
        self.check_type_free(&schema)?;
        self.define_enumeration(&schema);
        settle(&self.enumerations, &mut schema);
        for index in &schema.indexes {
            self.check_free(&schema.beside(&index.name))?;
        }
        for index in &schema.indexes {
            let name = schema.beside(&index.name);
            self.indexes.insert(name, (schema.id, index.id));
        }
        self.names.insert(schema.id, schema.key());
        self.tables.insert(schema.key(), Rc::new(schema));
        Ok(())
    }

    fn alter_table(&mut self, schema: TableSchema) -> Result<()> {
        let old = self.require(schema.id)?.clone();
        if schema.key() != old.key() {
            self.check_free(&schema.key())?;
        }
        for index in &schema.indexes {
            if old
                .index(index.id)
                .is_none_or(|known| known.name != index.name)
            {
                self.check_free(&schema.beside(&index.name))?;
            }
        }
        self.drop_table(schema.id)?;
        self.create_table(schema)
    }

    fn drop_table(&mut self, id: TableId) -> Result<()> {
        let schema = self.require(id)?.clone();
        self.tables.remove(&schema.key());
        self.names.remove(&id);
        self.indexes.retain(|_, (table, _)| *table != id);
        Ok(())
    }

    fn create_index(&mut self, table: TableId, index: &IndexSchema) -> Result<()> {
        let mut schema = self.require(table)?.clone();
        let name = schema.beside(&index.name);
        self.check_free(&name)?;
        if let Some(missing) = (index.columns.iter()).find(|id| schema.position(**id).is_none()) {
            let message = format!("column {missing} does not exist");
            return Err(Error::new(Code::UndefinedColumn, message));
        }
        Rc::make_mut(&mut schema).indexes.push(index.clone());
        self.indexes.insert(name, (table, index.id));
        self.tables.insert(schema.key(), schema);
        Ok(())
    }

    fn drop_index(&mut self, table: TableId, index: IndexId) -> Result<()> {
        let mut schema = self.require(table)?.clone();
        let Some(position) = schema.indexes.iter().position(|found| found.id == index) else {
            let message = format!("index {index} does not exist");
            return Err(Error::new(Code::UndefinedObject, message));
        };
        let dropped = Rc::make_mut(&mut schema).indexes.remove(position);
        self.indexes.remove(&schema.beside(&dropped.name));
        self.tables.insert(schema.key(), schema);
        Ok(())
    }

    /// Notes what an enumerated type is from now on, also where it is already used.
    fn define_enumeration(&mut self, schema: &TableSchema) {
        let Some(TypeSchema::Enum(labels)) = &schema.type_schema else {
            return;
        };
        let made = Enumeration::new(schema, labels);
        self.enumerations.insert(schema.id, made);
        for table in self.tables.values_mut() {
            if table.has_type(schema.id) || !table.dropped.is_empty() {
                settle(&self.enumerations, Rc::make_mut(table));
            }
        }
    }

    /// A table or view has a type of its name in PostgreSQL.
    fn check_type_free(&self, schema: &TableSchema) -> Result<()> {
        let (own, name) = (schema.schema.as_deref(), &schema.name);
        let is_taken = match (schema.kind(), &schema.type_schema) {
            (RelationKind::Schema | RelationKind::Sequence, _) => false,
            (_, None) => self.tables.contains_key(&type_key(own, name)),
            (_, Some(_)) => {
                let other = self.tables.get(&catalog_name(own, name));
                other.is_some_and(|other| other.kind() != RelationKind::Sequence)
            }
        };
        match is_taken {
            true => Err(type_exists(name)),
            false => Ok(()),
        }
    }

    /// Tables and indexes share one namespace, as in PostgreSQL.
    fn check_free(&self, name: &str) -> Result<()> {
        if self.tables.contains_key(name) || self.indexes.contains_key(name) {
            if let Some(name) = name.strip_suffix('\0') {
                return Err(type_exists(name));
            }
            let message = format!("relation \"{name}\" already exists");
            return Err(Error::new(Code::DuplicateTable, message));
        }
        Ok(())
    }
}

fn type_exists(name: &str) -> Error {
    let message = format!("type \"{name}\" already exists");
    Error::new(Code::DuplicateObject, message)
}

/// Gives the columns the enumerated types as they are now.
fn settle(known: &SortedMap<TableId, Enumeration>, schema: &mut TableSchema) {
    let columns = schema.columns.iter_mut().map(|own| &mut own.data_type);
    let dropped = schema.dropped.iter_mut().map(|old| &mut old.data_type);
    for data_type in columns.chain(dropped) {
        let own = *data_type;
        if let DataType::Enum(enumeration) = own.element().unwrap_or(own)
            && let Some(now) = known.get(&enumeration.id)
        {
            let now = DataType::Enum(*now);
            let array = own.element().and_then(|_| now.array());
            *data_type = array.unwrap_or(now);
        }
    }
}
