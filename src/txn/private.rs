//! A transaction's writes to one table.
//!
//! New versions (of inserted and of changed rows) are whole rows in private blocks of the same form as the
//! store's, so they are read by the same code. What they replace is marked in an overlay: one bitmap for each
//! block of the store that has rows the transaction ended.

use super::foreign_key::ForeignColumns;
use crate::column::{Bitmap, CHUNK_ROWS};
use crate::error::Result;
use crate::table::{
    ALIVE, BlockId, Blocks, KeyIndex, KeyMakers, KeyShape, Layout, Location, Relation, RowMap,
    Rows, Store,
};
use crate::types::SortedMap;
use crate::types::{ColumnId, IndexSchema, RowId, TableId, TableSchema, sort_by};
use std::cell::OnceCell;
use std::rc::Rc;

/// New versions. A row is dropped here when the transaction itself replaces or deletes it.
#[derive(Debug)]
pub(super) struct PrivateBlock {
    pub table: TableId,
    pub rows: Rows,
    pub live: Bitmap,
    /// For each row, what it is; see [`Origin`].
    pub origins: Vec<Origin>,
}

/// Whether a private row is a new one, or the next version of a row of the store, and which of its columns
/// changed (a number of `PrivateTable::change_sets`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Inserted,
    Updated(u32),
}

/// The private blocks of all tables.
pub(super) type PrivateBlocks = Vec<PrivateBlock>;

pub(super) struct PrivateTable {
    pub schema: Rc<TableSchema>,
    pub layout: Rc<Layout>,
    /// The layout changed, so that the open block has no room for it.
    pub is_relaid: bool,
    /// The rows of the store are out of sight: the table is new, or they all ended.
    pub hides_store: bool,
    /// The rows of the store that ended, by block.
    pub ended: SortedMap<BlockId, Bitmap>,
    pub ended_count: usize,
    /// Where the newest private version of a row lies.
    pub rows: RowMap,
    /// Numbers of the table's private blocks, the last being open.
    pub blocks: Vec<u32>,
    pub indexes: Vec<PrivateIndex>,
    pub change_sets: Vec<Vec<ColumnId>>,
    pub foreign: ForeignColumns,
}

/// The keys of private rows.
pub(super) struct PrivateIndex {
    pub unique: bool,
    pub keys: KeyIndex,
    /// Of an index that is not in the store yet, what it is made of there. At the commit the store makes it for itself,
    /// so it is made here only if the transaction asks for it.
    pub new: Option<NewIndex>,
}

/// An index over the store's rows that the transaction makes.
#[derive(Clone)]
pub(super) struct NewIndex {
    /// The table as it was then.
    pub table: Rc<TableSchema>,
    pub index: IndexSchema,
    built: OnceCell<Rc<KeyIndex>>,
}

impl NewIndex {
    pub fn new(table: Rc<TableSchema>, index: IndexSchema) -> NewIndex {
        NewIndex {
            table,
            index,
            built: OnceCell::new(),
        }
    }

    /// Makes it; nothing of a table that is not in the store.
    pub fn build(&self, store: &Store) -> Result<()> {
        if let (None, Some(relation)) = (self.built.get(), store.relation(self.table.id)) {
            let built = relation.build_index(&self.table, &self.index, store.blocks())?;
            let built = Rc::new(built.finish(ALIVE, &mut scratch()));
            self.built.get_or_init(|| built);
        }
        Ok(())
    }

    /// The index, which is made if it has not been.
    pub fn keys(&self, store: &Store) -> Option<&KeyIndex> {
        // What can fail is computing keys, and an index that does so was built when it was created.
        self.build(store).ok()?;
        self.known()
    }

    /// The same, if it has been made.
    pub fn known(&self) -> Option<&KeyIndex> {
        self.built.get().map(|built| &**built)
    }
}

impl PrivateTable {
    pub fn new(
        schema: Rc<TableSchema>,
        hides_store: bool,
        makers: KeyMakers,
    ) -> Result<PrivateTable> {
        let layout = Layout::of(&schema);
        let mut table = PrivateTable {
            schema: schema.clone(),
            layout,
            is_relaid: false,
            hides_store,
            ended: SortedMap::new(),
            ended_count: 0,
            rows: RowMap::default(),
            blocks: Vec::new(),
            indexes: Vec::new(),
            change_sets: Vec::new(),
            foreign: ForeignColumns::default(),
        };
        for index in &schema.indexes {
            let shape = KeyShape::new(&schema, &table.layout, index, makers)?;
            let keys = KeyIndex::new(index.id, shape);
            let unique = index.unique;
            table.indexes.push(PrivateIndex {
                unique,
                keys,
                new: None,
            });
        }
        Ok(table)
    }

    pub fn is_ended(&self, location: Location) -> bool {
        let ended = self.ended.get(&location.block);
        ended.is_some_and(|rows| rows.get(location.row as usize))
    }

    /// Marks a row of the store as ended, or as not ended after all.
    pub fn set_ended(&mut self, location: Location, ended: bool) {
        let none = || Bitmap::filled(false, CHUNK_ROWS);
        let rows = self.ended.get_or_insert_with(location.block, none);
        rows.set(location.row as usize, ended);
        if ended {
            self.ended_count += 1;
        } else {
            self.ended_count -= 1;
        }
    }

    /// Where a row of the store lies, as long as the transaction has not ended it.
    pub fn committed(&self, relation: Option<&Relation>, row: RowId) -> Option<Location> {
        if self.hides_store {
            return None;
        }
        let location = relation?.live(row)?;
        (!self.is_ended(location)).then_some(location)
    }

    /// The open private block.
    pub fn open(&mut self, blocks: &mut PrivateBlocks) -> u32 {
        if let Some(last) = self.blocks.last()
            && !std::mem::take(&mut self.is_relaid)
            && !blocks[*last as usize].rows.is_full()
        {
            return *last;
        }
        let number = blocks.len() as u32;
        blocks.push(PrivateBlock {
            table: self.schema.id,
            rows: Rows::new(&self.layout),
            live: Bitmap::new(),
            origins: Vec::new(),
        });
        self.blocks.push(number);
        number
    }

    /// Makes rows that were appended to a private block known to the row map and the indexes.
    pub fn link(&mut self, blocks: &PrivateBlocks, number: u32, row: usize) {
        let block = &blocks[number as usize];
        let id = block.rows.ids[row];
        self.rows.set(id, private_location(number, row));
        for index in &mut self.indexes {
            index.keys.add(&block.rows.columns, row, id, ALIVE);
        }
    }

    /// The reverse of `link`.
    pub fn unlink(&mut self, blocks: &PrivateBlocks, number: u32, row: usize) {
        let block = &blocks[number as usize];
        let id = block.rows.ids[row];
        self.rows.remove(id);
        for index in &mut self.indexes {
            index.keys.remove(&block.rows.columns, row, id);
        }
    }

    /// The number of a set of changed columns.
    pub fn change_set(&mut self, columns: &[ColumnId]) -> u32 {
        let found = self.change_sets.iter().position(|set| set == columns);
        found.unwrap_or_else(|| {
            self.change_sets.push(columns.to_vec());
            self.change_sets.len() - 1
        }) as u32
    }

    /// The columns that differ from the store's version after one more change.
    pub fn widen(&mut self, origin: Origin, columns: &[ColumnId]) -> Origin {
        let Origin::Updated(set) = origin else {
            return origin;
        };
        let mut all = self.change_sets[set as usize].clone();
        all.extend(columns);
        sort_by(&mut all, Ord::cmp);
        all.dedup();
        Origin::Updated(self.change_set(&all))
    }

    /// The first place that no private row of the table has yet.
    pub fn end(&self, blocks: &PrivateBlocks) -> Location {
        let last = self
            .blocks
            .last()
            .map(|number| (*number, blocks[*number as usize].rows.len()));
        let (number, row) = last.unwrap_or((0, 0));
        private_location(number, row)
    }

    pub fn index(&self, id: crate::types::IndexId) -> Option<&PrivateIndex> {
        self.indexes.iter().find(|index| index.keys.id == id)
    }

    /// The same index over the rows of the store.
    pub fn committed_index<'a>(
        &'a self,
        relation: Option<&'a Relation>,
        index: &'a PrivateIndex,
    ) -> Option<&'a KeyIndex> {
        match &index.new {
            Some(new) => new.known(),
            None => relation?.index(index.keys.id),
        }
    }
}

impl PrivateBlock {
    pub fn added(&mut self, origin: Origin, count: usize) {
        (0..count).for_each(|_| self.live.push(true));
        self.origins.extend(std::iter::repeat_n(origin, count));
    }

    pub fn truncate(&mut self, len: usize) {
        self.rows.truncate(len);
        self.live.truncate(len);
        self.origins.truncate(len);
    }
}

pub(super) fn private_location(number: u32, row: usize) -> Location {
    Location {
        block: BlockId::private(number),
        row: row as u32,
    }
}

/// Where the runs of indexes go that are built for a transaction alone: nothing there is ever missing.
pub(super) fn scratch() -> Blocks {
    Blocks::new(crate::table::Residency::All)
}
