//! Up to 2,048 row versions of a table, stored as columns.
//!
//! ```text
//!            immutable                                     changes
//!   +------+------+--------+-------+-----------+   +---------------------+
//!   | row  | id   | name   | start | readable  |   | end                 |
//!   +------+------+--------+-------+-----------+   +---------------------+
//!   | 10   | 1    | ann    | 3     | 9         |   | alive               |
//!   | 12   | 5    | bob    | 9     | 9         |   | 11                  |
//!   +------+------+--------+-------+-----------+   +---------------------+
//! ```
//!
//! Rows are appended until the block is full, so `readable` ascends: what a moment can see is a prefix of
//! the block less what has ended. A new version is readable from its start. A copy (row 10 here, copied
//! forward by commit 9) is readable from the commit that copied it; moments before that read its original,
//! in a block that is not read any more from that commit on.

use super::BlockId;
use super::rows::{Layout, Rows};
use super::stamps::{ALIVE, Ends, Stamps};
use super::visibility::Selected;
use super::zone::{Zone, zone_of};
use crate::column::Vector;
use crate::types::{RowId, TableId};
use std::cell::RefCell;
use std::rc::Rc;

/// Rows that went on to another block, where they follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub target: BlockId,
    /// The first of them there.
    pub row: u32,
    pub count: u32,
}

pub(crate) struct Block {
    pub table: TableId,
    pub rows: Rows,
    /// From when each row is read here; ascends.
    pub(super) readable: Stamps,
    /// When each version started: kept apart from `readable` only in a block of copies.
    pub(super) starts: Option<Stamps>,
    pub(super) ends: Ends,
    /// The block is not read at this sequence and later.
    pub(super) read_until: u64,
    /// Where the rows not ended by themselves went at `read_until`, in their order; nowhere if they ended then.
    pub(super) moves: Vec<Move>,
    /// For each column, the least and the greatest value; known once the block is full.
    pub(super) zones: Option<Vec<Option<Zone>>>,
    pub(super) cache: RefCell<Option<(u64, Selected)>>,
}

impl Block {
    /// An empty block, for copies or for new versions.
    pub fn new(table: TableId, layout: &Layout, copies: bool) -> Block {
        Block {
            table,
            rows: Rows::new(layout),
            readable: Stamps::new(),
            starts: copies.then(Stamps::new),
            ends: Ends::new(),
            read_until: ALIVE,
            moves: Vec::new(),
            zones: None,
            cache: RefCell::new(None),
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Appends new versions from some vectors, as many as there is room for; answers how many.
    pub fn append(
        &mut self,
        seq: u64,
        ids: &[RowId],
        vectors: &[impl AsRef<Vector>],
        from: usize,
    ) -> usize {
        let count = self.rows.room(vectors, from, ids.len());
        self.rows.extend(ids, vectors, from..from + count);
        self.added(seq, seq, count);
        count
    }

    /// Appends the next version of a row of another block.
    pub fn append_update<'a>(
        &mut self,
        seq: u64,
        source: &Block,
        row: usize,
        changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
    ) {
        self.rows.push_from(&source.rows, row, changed);
        self.added(seq, seq, 1);
    }

    /// Appends the next version of a row of this block.
    pub fn append_update_within<'a>(
        &mut self,
        seq: u64,
        row: usize,
        changed: impl Fn(usize) -> Option<(&'a Vector, usize)>,
    ) {
        self.rows.push_within(row, changed);
        self.added(seq, seq, 1);
    }

    /// Appends a copy of a live row of another block.
    pub fn append_copy(&mut self, seq: u64, source: &Block, row: usize) {
        self.rows.push_from(&source.rows, row, |_| None);
        self.added(seq, source.start(row), 1);
    }

    fn added(&mut self, readable: u64, start: u64, count: usize) {
        self.readable.push(readable, count);
        if let Some(starts) = &mut self.starts {
            starts.push(start, count);
        }
        self.ends.push_alive(count);
        *self.cache.get_mut() = None;
    }

    /// Ends a live row.
    pub fn end(&mut self, row: usize, seq: u64) {
        self.ends.end(row, seq);
        *self.cache.get_mut() = None;
    }

    /// Ends all live rows and the reading of the block.
    pub fn end_all(&mut self, seq: u64) {
        self.ends.end_rest(seq);
        self.retire(seq, Vec::new());
    }

    /// Ends the reading of the block, its live rows having gone to others or there being none.
    pub fn retire(&mut self, seq: u64, moves: Vec<Move>) {
        self.read_until = seq;
        self.moves = moves;
        *self.cache.get_mut() = None;
    }

    /// No row will be appended any more.
    pub fn seal(&mut self) {
        self.zones = Some((self.rows.columns.iter()).map(|c| zone_of(c)).collect());
        self.rows.code_strings();
    }

    pub fn is_sealed(&self) -> bool {
        self.zones.is_some()
    }

    pub fn zone(&self, position: usize) -> Option<&Zone> {
        self.zones.as_ref()?.get(position)?.as_ref()
    }

    /// Whether its rows are copies of versions that began in other blocks.
    pub fn holds_copies(&self) -> bool {
        self.starts.is_some()
    }

    /// How many rows have not ended.
    pub fn live_count(&self) -> usize {
        self.ends.live_count()
    }

    pub fn start(&self, row: usize) -> u64 {
        self.starts.as_ref().unwrap_or(&self.readable).get(row)
    }

    /// The end as recorded here; of a row that moved on, the newest copy knows it.
    pub fn end_of(&self, row: usize) -> u64 {
        self.ends.get(row)
    }

    /// Whether a row went on to another block at or before a sequence.
    pub fn has_moved(&self, row: usize, seq: u64) -> bool {
        self.is_moved() && self.read_until <= seq && self.ends.unended().get(row)
    }

    /// Whether any row ever moved on.
    pub fn is_moved(&self) -> bool {
        !self.moves.is_empty()
    }

    pub fn read_until(&self) -> u64 {
        self.read_until
    }

    /// How many rows could be read here at a sequence, were it for their coming alone.
    pub fn prefix(&self, seq: u64) -> usize {
        self.readable.prefix(seq)
    }

    /// A column for a reader; none if it was added after the block was begun.
    pub fn column(&self, position: usize) -> Option<&Rc<Vector>> {
        self.rows.columns.get(position)
    }

    pub fn bytes_held(&self) -> usize {
        let stamps =
            self.readable.bytes_held() + self.starts.as_ref().map_or(0, Stamps::bytes_held);
        self.rows.bytes_held() + stamps + self.ends.bytes_held() + size_of::<Block>()
    }
}
