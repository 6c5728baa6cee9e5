//! Single rows: by a unique key, and by where they lie.

use super::View;
use super::columns::{physical, position, private_stamp, stamp_value};
use crate::column::{Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::table::{
    Fetch, Key, KeyIndex, LiveTree, Location, Tiers, append_null, append_range, append_value,
    each_tiers,
};
use crate::types::{IndexId, RowId, ScanColumn, Seq, TableId, TableSchema, Value, Versions};
use std::rc::Rc;

impl View<'_> {
    /// The short way for a point look-up by a unique index: the row that has all of the key's values; a NULL
    /// is equal to another where the index says so.
    ///
    /// # Errors
    /// `Internal` when the index does not exist in the present, for a range of moments, or for a moment of the
    /// past before the index made its keys unique: `open_index` serves that.
    pub fn get_unique(
        &self,
        table: TableId,
        index: IndexId,
        key: &[Value],
        versions: &Versions,
        with_writes: bool,
    ) -> Result<Fetch<Option<Location>>> {
        let Versions::AsOf(snapshot) = versions else {
            return Err(Error::new(
                Code::Internal,
                "a point look-up at more than one moment",
            ));
        };
        let Some(seq) = snapshot.seq else {
            return Ok(Fetch::Ready(self.get_private(
                table,
                index,
                key,
                with_writes,
            )));
        };
        if with_writes && let Some(found) = self.get_private(table, index, key, with_writes) {
            return Ok(Fetch::Ready(Some(found)));
        }
        if with_writes
            && self
                .private(table)
                .is_some_and(|private| private.hides_store)
        {
            return Ok(Fetch::Ready(None));
        }
        match self.stored_index(table, index) {
            Some(stored) => self.get_stored(table, stored, key, seq, with_writes),
            None => self.no_index(table, index),
        }
    }

    /// The key that an index has of a row, if it computes its keys; none of a row that it does not hold.
    pub fn computed_key(
        &self,
        table: &TableSchema,
        index: IndexId,
        row: &[Value],
    ) -> Option<Result<Option<Vec<Value>>>> {
        let own = || Some(&self.private(table.id)?.index(index)?.keys);
        let index = self.stored_index(table.id, index).or_else(own)?;
        let maker = index.shape.maker.as_ref()?;
        let positions = maker.columns().iter().filter_map(|id| table.position(*id));
        let values: Vec<Value> = positions.map(|at| row[at].clone()).collect();
        Some(maker.key(&values))
    }

    pub(super) fn no_index<T>(&self, table: TableId, index: IndexId) -> Result<T> {
        let message = format!("index {index} of table {table} does not exist in the present");
        Err(Error::new(Code::Internal, message))
    }

    fn get_private(
        &self,
        table: TableId,
        index: IndexId,
        key: &[Value],
        with_writes: bool,
    ) -> Option<Location> {
        let private = self.private(table).filter(|_| with_writes)?;
        let index = private.index(index)?;
        if index.keys.shape.is_unequal(key) {
            return None;
        }
        let row = each_tiers!(&index.keys.tiers, tiers => {
            let key = Key::of_values(key)?;
            first_row(&tiers.live, &key).map(|(row, _)| row)
        })?;
        private.rows.get(row)
    }

    fn get_stored(
        &self,
        table: TableId,
        index: &KeyIndex,
        key: &[Value],
        seq: Seq,
        with_writes: bool,
    ) -> Result<Fetch<Option<Location>>> {
        if index.shape.is_unequal(key) {
            return Ok(Fetch::Ready(None));
        }
        if seq.0 < index.since && Some(seq) != self.snapshot.seq {
            let message = format!("index {} was not unique at {seq}", index.id);
            return Err(Error::new(Code::Internal, message));
        }
        let row = each_tiers!(&index.tiers, tiers => {
            let Some(key) = Key::of_values(key) else { return Ok(Fetch::Ready(None)) };
            self.find_row(tiers, &key, seq)
        });
        let row = match row {
            Fetch::Ready(Some(row)) => row,
            Fetch::Ready(None) => return Ok(Fetch::Ready(None)),
            Fetch::Need(id) => return Ok(Fetch::Need(id)),
        };
        let Some(relation) = self.store.relation(table) else {
            return Ok(Fetch::Ready(None));
        };
        let found = relation.locate(row, seq.0, self.store.blocks(), &self.store.touched.closed);
        let private = self.private(table).filter(|_| with_writes);
        Ok(found
            .map(|found| found.filter(|location| !private.is_some_and(|p| p.is_ended(*location)))))
    }

    /// The row that had a unique key at a sequence.
    fn find_row<K: Key>(&self, tiers: &Tiers<K>, key: &K, seq: Seq) -> Fetch<Option<RowId>> {
        let touched = &self.store.touched;
        let live = first_row(&tiers.live, key);
        touched.live.set(touched.live.get() + 1);
        if let Some((row, start)) = live
            && start <= seq.0
        {
            return Fetch::Ready(Some(row));
        }
        if seq.0 >= tiers.present_from() {
            return Fetch::Ready(None);
        }
        let retired = tiers
            .retired_at(seq.0)
            .and_then(|(_, tree)| first_row(tree, key));
        if let Some((row, start)) = retired
            && start <= seq.0
        {
            return Fetch::Ready(Some(row));
        }
        let closed = tiers.closed.find(
            |found| found.cmp(key),
            seq.0,
            self.store.blocks(),
            &touched.closed,
        );
        closed.map(|closed| closed.map(|entry| RowId(entry.payload)))
    }

    /// Where the version of a committed row lies that the snapshot sees.
    pub fn row_at(&self, table: TableId, row: RowId) -> Result<Fetch<Option<Location>>> {
        let (Some(relation), Some(seq)) = (self.store.relation(table), self.snapshot().seq) else {
            return Ok(Fetch::Ready(None));
        };
        let blocks = self.store.blocks();
        let found = relation.locate(row, seq.0, blocks, &self.store.touched.closed);
        let location = match found {
            Fetch::Ready(Some(location)) => location,
            other => return Ok(other),
        };
        let at = location.row as usize;
        Ok(blocks.fetch(location.block).map(|block| {
            let seen = block.start(at) <= seq.0 && seq.0 < block.end_of(at);
            seen.then_some(location)
        }))
    }

    /// One value of a row.
    pub fn cell(&self, table: TableId, row: Location, column: ScanColumn) -> Result<Fetch<Value>> {
        let at = row.row as usize;
        if let Some(block) = self.private_block(row.block) {
            let block = block?;
            return Ok(Fetch::Ready(match column {
                ScanColumn::Column(id) => block.rows.value(position(self.layout(table)?, id)?, at),
                _ => stamp_value(private_stamp(block, at, column)),
            }));
        }
        let block = match self.store.blocks().fetch(row.block) {
            Fetch::Ready(block) => block,
            Fetch::Need(id) => return Ok(Fetch::Need(id)),
        };
        match column {
            ScanColumn::Column(id) => {
                let position = position(self.layout(table)?, id)?;
                Ok(Fetch::Ready(block.rows.value(position, at)))
            }
            _ => Ok(self.stamp(block, at, column)?.map(stamp_value)),
        }
    }

    /// Some columns of rows, in the order given.
    pub fn read_rows(
        &self,
        table: TableId,
        rows: &[Location],
        columns: &[ScanColumn],
    ) -> Result<Fetch<Chunk>> {
        for row in rows {
            if let Some(id) = self.store.blocks().need(row.block) {
                return Ok(Fetch::Need(id));
            }
        }
        let mut vectors = Vec::with_capacity(columns.len());
        for column in columns {
            match self.gather(table, rows, *column)? {
                Fetch::Ready(vector) => vectors.push(Rc::new(vector)),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            }
        }
        Ok(Fetch::Ready(Chunk::new(vectors, rows.len())))
    }

    fn gather(
        &self,
        table: TableId,
        rows: &[Location],
        column: ScanColumn,
    ) -> Result<Fetch<Vector>> {
        let layout = self.layout(table)?;
        let mut vector = Vector::new(Data::empty(physical(layout, column)?));
        let ScanColumn::Column(id) = column else {
            for row in rows {
                match self.cell(table, *row, column)? {
                    Fetch::Ready(value) => append_value(&mut vector, &value)?,
                    Fetch::Need(id) => return Ok(Fetch::Need(id)),
                }
            }
            return Ok(Fetch::Ready(vector));
        };
        let position = position(layout, id)?;
        for row in rows {
            let source = match self.private_block(row.block) {
                Some(block) => block?.rows.columns.get(position),
                None => self.store.blocks().get(row.block).column(position),
            };
            match source {
                Some(source) => {
                    append_range(&mut vector, source, row.row as usize..row.row as usize + 1);
                }
                None => append_null(&mut vector),
            }
        }
        Ok(Fetch::Ready(vector))
    }
}

/// The first row that has a key in a tree, and since when.
fn first_row<K: Key>(tree: &LiveTree<K>, key: &K) -> Option<(RowId, u64)> {
    let ((found, row), start) = tree.entry(Tiers::first_of(tree, key))?;
    (found == key).then_some((RowId(*row), start))
}
