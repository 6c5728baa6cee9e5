//! Schema changes inside a transaction: seen by it at once, by others at the commit.

use super::foreign_key::ForeignColumns;
use super::private::{NewIndex, PrivateIndex, PrivateTable};
use super::undo::Undo;
use super::unique::describe_key;
use super::{SequencePlace, Transaction};
use crate::commit::CatalogChange;
use crate::error::{Code, Error, Result};
use crate::table::{Catalog, Key, KeyIndex, KeyShape, Rows, Store, Tiers, each_tiers};
use crate::types::{IndexId, IndexSchema, RowId, Seq, TableId, TableSchema, sort_by};
use std::rc::Rc;

/// The id by which a table that is being made names itself.
const OWN: TableId = TableId(u32::MAX);

impl Transaction {
    /// Gives the table and its indexes their ids, whatever stands there. `primary_key` names the first index
    /// with its id, so with zeros everywhere it is the first one.
    pub fn create_table(&mut self, store: &Store, mut schema: TableSchema) -> Result<TableId> {
        let mut next = match schema.is_temporary() {
            true => self.next_temporary,
            false => self.next,
        };
        schema.id = next.table;
        let first = next.index;
        let primary = schema.primary_key;
        let primary = schema
            .indexes
            .iter()
            .position(|index| Some(index.id) == primary);
        for (index, id) in schema.indexes.iter_mut().zip(first.0..) {
            index.id = IndexId(id);
        }
        schema.primary_key = primary.map(|position| schema.indexes[position].id);
        for key in &mut schema.foreign_keys {
            if key.table == OWN {
                key.table = schema.id;
            }
        }
        let mut private = PrivateTable::new(Rc::new(schema.clone()), true, store.makers)?;
        let (table, indexes) = (schema.id, schema.indexes.len() as u32);
        let sequence = schema.sequence.as_ref().map(|sequence| sequence.start);
        self.change_catalog(CatalogChange::CreateTable(schema))?;
        next.table = TableId(table.0 + 1);
        next.index = IndexId(first.0 + indexes);
        *self.next_of(table) = next;
        private.foreign = ForeignColumns::of(&self.catalog, table);
        self.tables.insert(table, private);
        self.undo.push(Undo::Replaced { table, old: None });
        if let Some(start) = sequence {
            let place = SequencePlace {
                last_value: start,
                is_called: false,
            };
            self.insert_row(store, table, &place.row())?;
        }
        Ok(table)
    }

    /// A relation becomes this, with these indexes under these ids; one that was dropped is there again, without rows.
    ///
    /// # Errors
    /// `ActiveTransaction` when it is this transaction that dropped it.
    pub fn redefine(&mut self, store: &Store, schema: &TableSchema) -> Result<()> {
        let table = schema.id;
        let Some(now) = self.catalog.table_by_id(table).cloned() else {
            return self.bring_back(store, schema);
        };
        let others = now.indexes.iter().map(|index| index.id);
        for index in others.filter(|id| schema.index(*id).is_none()) {
            self.drop_index(store, table, index)?;
        }
        let mut altered = schema.clone();
        let is_new = |index: &mut IndexSchema| now.index(index.id).is_none();
        let added: Vec<IndexSchema> = altered.indexes.extract_if(.., is_new).collect();
        altered.primary_key = altered
            .primary_key
            .filter(|id| altered.index(*id).is_some());
        let is_whole = added.is_empty();
        self.alter_table(store, altered)?;
        for index in added {
            self.add_index(store, table, index)?;
        }
        match is_whole {
            true => Ok(()),
            false => self.alter_table(store, schema.clone()),
        }
    }

    fn bring_back(&mut self, store: &Store, schema: &TableSchema) -> Result<()> {
        let table = schema.id;
        if store.catalog(self.snapshot).table_by_id(table).is_some() {
            let message = format!(
                "{} \"{}\" cannot be brought back by the transaction that dropped it",
                schema.kind().word(),
                schema.name
            );
            return Err(Error::new(Code::ActiveTransaction, message));
        }
        let last = store.last_definition(table);
        let schema = schema.again(last.map_or(schema, |last| last));
        let mut private = PrivateTable::new(Rc::new(schema.clone()), true, store.makers)?;
        self.change_catalog(CatalogChange::CreateTable(schema.clone()))?;
        private.foreign = ForeignColumns::of(&self.catalog, table);
        self.tables.insert(table, private);
        self.undo.push(Undo::Replaced { table, old: None });
        if schema.sequence.is_some()
            && let Some(place) = self.last_place(store, table)
        {
            self.insert_row(store, table, &place.row())?;
        }
        Ok(())
    }

    /// The id that a table will get when so many have been created before it.
    pub fn next_table(&self, is_temporary: bool, before: usize) -> TableId {
        let next = match is_temporary {
            true => self.next_temporary.table,
            false => self.next.table,
        };
        TableId(next.0 + before as u32)
    }

    /// The table with the schema's id becomes that; its indexes are the ones that it has.
    pub fn alter_table(&mut self, store: &Store, schema: TableSchema) -> Result<()> {
        let table = schema.id;
        self.open_table(store, table)?;
        self.change_catalog(CatalogChange::AlterTable(schema))?;
        let schema = self.tables[&table].schema.clone();
        for position in 0..self.tables[&table].indexes.len() {
            let private = &self.tables[&table];
            let known = &private.indexes[position].keys;
            let Some(index) = schema.index(known.id) else {
                continue;
            };
            let shape = KeyShape::new(&schema, &private.layout, index, store.makers)?;
            if shape.integer != known.shape.integer {
                let rebuilt = self.index_rows(store, table, index)?;
                let private = self.tables.get_mut(&table).expect("opened above");
                let old = std::mem::replace(&mut private.indexes[position], rebuilt);
                self.undo.push(Undo::RebuiltIndex {
                    table,
                    position,
                    old: Box::new(old),
                });
            }
        }
        Ok(())
    }

    pub fn drop_table(&mut self, store: &Store, table: TableId) -> Result<()> {
        self.open_table(store, table)?;
        self.change_catalog(CatalogChange::DropTable(table))?;
        let old = self.tables.remove(&table).map(Box::new);
        self.undo.push(Undo::Replaced { table, old });
        Ok(())
    }

    /// Gives the index its id, whatever stands there.
    ///
    /// # Errors
    /// `UniqueViolation` when rows of the present have one key.
    pub fn create_index(
        &mut self,
        store: &Store,
        table: TableId,
        mut index: IndexSchema,
    ) -> Result<IndexId> {
        index.id = self.next_of(table).index;
        let id = index.id;
        self.add_index(store, table, index)?;
        self.next_of(table).index = IndexId(id.0 + 1);
        Ok(id)
    }

    /// The same with its own id.
    fn add_index(&mut self, store: &Store, table: TableId, index: IndexSchema) -> Result<()> {
        self.open_table(store, table)?;
        let private = self.index_rows(store, table, &index)?;
        self.change_catalog(CatalogChange::CreateIndex { table, index })?;
        self.tables
            .get_mut(&table)
            .expect("opened above")
            .indexes
            .push(private);
        self.undo.push(Undo::AddedIndex { table });
        Ok(())
    }

    pub fn drop_index(&mut self, store: &Store, table: TableId, index: IndexId) -> Result<()> {
        self.open_table(store, table)?;
        self.change_catalog(CatalogChange::DropIndex { table, index })?;
        let private = self.tables.get_mut(&table).expect("opened above");
        let position = private
            .indexes
            .iter()
            .position(|found| found.keys.id == index);
        let missing = || Error::new(Code::Internal, format!("no index {index}"));
        let position = position.ok_or_else(missing)?;
        let old = Box::new(private.indexes.remove(position));
        self.undo.push(Undo::RemovedIndex {
            table,
            position,
            old,
        });
        Ok(())
    }

    /// Gives a name to the state after a commit, or takes it away.
    pub fn tag(&mut self, name: &str, seq: Option<Seq>) -> Result<()> {
        let name = name.to_string();
        self.change_catalog(CatalogChange::Tag { name, seq })
    }

    fn change_catalog(&mut self, change: CatalogChange) -> Result<()> {
        let old = self.catalog.clone();
        let mut catalog = Catalog::clone(&old);
        catalog.change(&change)?;
        let changes = self.catalog_changes.len();
        self.undo.push(Undo::Catalog { old, changes });
        if !change.table().is_some_and(TableId::is_temporary) {
            self.catalog_changes.push(change);
        }
        self.catalog = Rc::new(catalog);
        self.refresh_schemas();
        Ok(())
    }

    /// A new index over the private rows, and over what the store holds at all moments where that is needed at once.
    fn index_rows(
        &self,
        store: &Store,
        table: TableId,
        index: &IndexSchema,
    ) -> Result<PrivateIndex> {
        let private = &self.tables[&table];
        let schema = &private.schema;
        let shape = KeyShape::new(schema, &private.layout, index, store.makers)?;
        let mut keys = KeyIndex::new(index.id, shape);
        for (row, location) in private.rows.iter() {
            let number = location.block.private_index().expect("a private row");
            let columns = &self.blocks[number as usize].rows.columns;
            let at = location.row as usize;
            keys.shape.computed(columns, at).transpose()?;
            keys.add(columns, at, row, 0);
        }
        let made = NewIndex::new(schema.clone(), index.clone());
        if index.unique || index.computed.is_some() {
            made.build(store)?;
        }
        let new = PrivateIndex {
            unique: index.unique,
            keys,
            new: Some(made),
        };
        if index.unique {
            self.check_duplicates(store, private, &new, index)?;
        }
        Ok(new)
    }

    fn check_duplicates(
        &self,
        store: &Store,
        private: &PrivateTable,
        new: &PrivateIndex,
        index: &IndexSchema,
    ) -> Result<()> {
        let duplicates = each_tiers!(&new.keys.tiers, tiers => {
            duplicates(visible_keys(store, private, new, tiers))
        });
        for row in duplicates {
            let location = private
                .rows
                .get(row)
                .or_else(|| store.relation(private.schema.id)?.live(row));
            let location = location
                .ok_or_else(|| Error::new(Code::Internal, "an index entry without a row"))?;
            let rows: &Rows = match location.block.private_index() {
                Some(number) => &self.blocks[number as usize].rows,
                None => &store.blocks().get(location.block).rows,
            };
            if !new
                .keys
                .shape
                .has_null(&rows.columns, location.row as usize)
            {
                let key =
                    describe_key(private, index, &new.keys.shape, rows, location.row as usize);
                let message = format!("could not create unique index \"{}\"", index.name);
                return Err(Error::new(Code::UniqueViolation, message)
                    .with_detail(format!("{key} is duplicated."))
                    .with_constraint(&private.schema.name, &index.name));
            }
        }
        Ok(())
    }
}

/// The keys of all rows that a transaction sees: private ones, and those of the store that are left.
fn visible_keys<K: Key>(
    store: &Store,
    private: &PrivateTable,
    new: &PrivateIndex,
    tiers: &Tiers<K>,
) -> Vec<(K, u64)> {
    let relation = store.relation(private.schema.id);
    let seen = |row: u64| private.committed(relation, RowId(row)).is_some();
    let mut keys: Vec<(K, u64)> = tiers.live.iter().map(|(key, _)| key.clone()).collect();
    if let Some(built) = new.new.as_ref().and_then(NewIndex::known) {
        let stored = built.tiers.of::<K>().live.iter();
        keys.extend(
            stored
                .filter(|(key, _)| seen(key.1))
                .map(|(key, _)| key.clone()),
        );
    }
    keys
}

/// Rows whose key another row has as well.
fn duplicates<K: Key>(mut keys: Vec<(K, u64)>) -> Vec<RowId> {
    sort_by(&mut keys, Ord::cmp);
    let pairs = keys.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    pairs.map(|pair| RowId(pair[1].1)).collect()
}
