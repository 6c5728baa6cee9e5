//! One table: its blocks over time, where the live version of each row lies, where its closed ones do, and
//! its indexes.

use super::block::{Block, Move};
use super::blocks::{Blocks, Outline};
use super::closed::{Closed, ClosedTier};
use super::index::{AnyPeriods, IndexBuild, KeyIndex};
use super::key::{KeyMakers, KeyShape};
use super::memory::Round;
use super::row_map::RowMap;
use super::rows::Layout;
use super::stamps::ALIVE;
use super::timeline::Timeline;
use super::{BlockId, Fetch, Location};
use crate::error::{Code, Error, Result};
use crate::types::{IndexId, IndexSchema, RowId, TableId, TableSchema, sort_by};
use std::cell::Cell;
use std::rc::Rc;

/// Smaller maps become closed versions when all rows end at once; larger ones are kept as they are.
const RETIRED_ROWS_MIN: usize = 4096;

/// What the full blocks hold that the present is read from.
#[derive(Default)]
pub(super) struct FullBlocks {
    pub rows: usize,
    pub dead: usize,
}

impl FullBlocks {
    /// One row in four may be dead. A larger share would make scans slower, a smaller one copy more rows: measured
    /// over uniform and skewed updates.
    fn has_too_many_dead(&self) -> bool {
        self.dead * 4 > self.rows
    }
}

pub(crate) struct Relation {
    pub id: TableId,
    pub layout: Rc<Layout>,
    pub timeline: Timeline,
    /// The block that new versions are appended to, and the one for copies: apart, since what has outlived
    /// its block once is likely to live on.
    pub(super) open: [Option<BlockId>; 2],
    pub(super) full: FullBlocks,
    pub(super) live: RowMap,
    /// The maps of live rows that ended at once, by their ends.
    pub(super) retired: Vec<(u64, RowMap)>,
    /// Row id to location.
    pub(super) closed: ClosedTier<u64>,
    pub(super) indexes: Vec<KeyIndex>,
    makers: KeyMakers,
    pub(super) versions: u64,
    /// Rows that were deleted, and when; and when all rows ended at once. What was written is found by its start.
    pub(super) deleted: Vec<(u64, RowId)>,
    pub(super) emptied: Vec<u64>,
    /// Blocks of a checkpoint that are being taken in: when each was opened, and until when it was read.
    pub(super) stored: Vec<(u64, BlockId, u64)>,
    /// Some of its rows were lost, so that of none it is known whether and when they were alive.
    pub is_lost: bool,
}

/// Of the lists and the tree that an index is made by.
const INDEX_BYTES_PER_VERSION: u64 = 160;

impl Relation {
    pub fn new(schema: &TableSchema, makers: KeyMakers) -> Result<Relation> {
        let mut relation = Relation {
            id: schema.id,
            layout: Layout::of(schema),
            timeline: Timeline::default(),
            open: [None; 2],
            full: FullBlocks::default(),
            live: RowMap::default(),
            retired: Vec::new(),
            closed: ClosedTier::default(),
            indexes: Vec::new(),
            makers,
            versions: 0,
            deleted: Vec::new(),
            emptied: Vec::new(),
            stored: Vec::new(),
            is_lost: false,
        };
        for index in &schema.indexes {
            let shape = KeyShape::new(schema, &relation.layout, index, makers)?;
            relation.indexes.push(KeyIndex::new(index.id, shape));
        }
        Ok(relation)
    }

    pub fn live_rows(&self) -> usize {
        self.live.len()
    }

    /// Where the live version of a row lies.
    pub fn live(&self, row: RowId) -> Option<Location> {
        self.live.get(row)
    }

    /// The first live row and where it lies.
    pub fn live_row(&self) -> Option<(RowId, Location)> {
        self.live.iter().next()
    }

    pub fn index(&self, id: IndexId) -> Option<&KeyIndex> {
        self.indexes.iter().find(|index| index.id == id)
    }

    /// From this sequence on, every row that is alive is where `live` says.
    fn present_from(&self) -> u64 {
        let retired = self.retired.last().map_or(0, |(end, _)| *end);
        retired.max(self.closed.max_end())
    }

    /// Where the version of a row lies that was alive at a sequence, at which the row existed.
    pub fn locate(
        &self,
        row: RowId,
        seq: u64,
        blocks: &Blocks,
        touched: &Cell<u64>,
    ) -> Fetch<Option<Location>> {
        if seq >= self.present_from() {
            return Fetch::Ready(self.live.get(row));
        }
        match self
            .closed
            .find(|found| found.cmp(&row.0), seq, blocks, touched)
        {
            Fetch::Need(id) => Fetch::Need(id),
            Fetch::Ready(Some(version)) => Fetch::Ready(Some(Location::unpack(version.payload))),
            Fetch::Ready(None) => {
                let retired = self.retired.partition_point(|(end, _)| *end <= seq);
                let retired = self.retired.get(retired).and_then(|(_, map)| map.get(row));
                Fetch::Ready(retired.or_else(|| self.live.get(row)))
            }
        }
    }

    /// When the version of a row that was alive at a sequence ended.
    pub fn end_at(&self, row: RowId, seq: u64, blocks: &Blocks) -> Fetch<u64> {
        let touched = Cell::new(0);
        match self
            .closed
            .find(|found| found.cmp(&row.0), seq, blocks, &touched)
        {
            Fetch::Need(id) => Fetch::Need(id),
            Fetch::Ready(Some(version)) => Fetch::Ready(version.end),
            Fetch::Ready(None) => {
                let retired = self.retired.partition_point(|(end, _)| *end <= seq);
                let retired = self.retired.get(retired);
                let ended = retired.filter(|(_, map)| map.get(row).is_some());
                Fetch::Ready(ended.map_or(ALIVE, |(end, _)| *end))
            }
        }
    }

    /// All versions of a row in the interval in which it had some key, with their starts and ends, oldest
    /// first.
    pub fn versions_between(
        &self,
        row: RowId,
        start: u64,
        end: u64,
        blocks: &Blocks,
    ) -> Fetch<Vec<(Location, u64, u64)>> {
        let closed = match self.closed.all_of(|found| found.cmp(&row.0), blocks) {
            Fetch::Ready(closed) => closed,
            Fetch::Need(id) => return Fetch::Need(id),
        };
        let within = |version: &&Closed<u64>| version.start >= start && version.end <= end;
        let mut versions: Vec<_> = (closed.iter().filter(within))
            .map(|version| {
                (
                    Location::unpack(version.payload),
                    version.start,
                    version.end,
                )
            })
            .collect();
        let retired = self.retired.iter().filter(|(ended, _)| *ended == end);
        let last = match end {
            ALIVE => self.live.get(row),
            _ => retired.filter_map(|(_, map)| map.get(row)).next(),
        };
        if let Some(location) = last {
            match blocks.fetch(location.block) {
                Fetch::Ready(block) => {
                    versions.push((location, block.start(location.row as usize), end));
                }
                Fetch::Need(id) => return Fetch::Need(id),
            }
        }
        Fetch::Ready(versions)
    }

    /// An index over all that the table ever held.
    pub fn build_index(
        &self,
        schema: &TableSchema,
        index: &IndexSchema,
        blocks: &Blocks,
    ) -> Result<IndexBuild> {
        // A transaction's schema may have columns that are not here yet.
        let shape = KeyShape::new(schema, &Layout::of(schema), index, self.makers)?;
        let all = self.timeline.ever(ALIVE).collect();
        let mut periods = AnyPeriods::with_capacity(&shape, self.versions);
        self.periods(&mut periods, &shape, all, ALIVE, &|_, _| true, blocks)?;
        Ok(IndexBuild {
            id: index.id,
            shape,
            periods,
        })
    }

    /// Adds the keys that rows of some blocks had, as of a sequence, of those versions whose rows and ends are wanted. A live
    /// row whose key cannot be computed is an error as of the present, others are left out.
    pub(super) fn periods(
        &self,
        periods: &mut AnyPeriods,
        shape: &KeyShape,
        ids: Vec<BlockId>,
        until: u64,
        wanted: &dyn Fn(RowId, u64) -> bool,
        blocks: &Blocks,
    ) -> Result<()> {
        for id in ids {
            blocks.visit(id, &mut |block| {
                if shape.integer && block.rows.columns.len() <= shape.positions[0] {
                    return Err(self.corrupt("has no key", block.rows.ids[0]));
                }
                let kept = (0..block.prefix(until)).filter(|row| !block.has_moved(*row, until));
                for row in kept.filter(|row| wanted(block.rows.ids[*row], block.end_of(*row))) {
                    let fails = until == ALIVE && block.end_of(row) == ALIVE;
                    match periods.push(shape, block, row, until) {
                        Err(error) if fails => return Err(error),
                        _ => {}
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Takes on another schema. Blocks keep the columns they were begun with, so those that are open are full
    /// when there are new ones, and none of theirs goes; what has no rows, as a view, may lose columns. Gives the indexes
    /// that were built anew, as they were.
    pub fn alter(&mut self, schema: &TableSchema, blocks: &mut Blocks) -> Result<Vec<KeyIndex>> {
        let layout = Layout::of(schema);
        let has_past = self.timeline.ever(ALIVE).next().is_some();
        if has_past && layout.columns.len() < self.layout.columns.len() {
            let message = format!("table {} loses what the past holds", self.id);
            return Err(Error::new(Code::Corrupt, message));
        }
        if layout.columns != self.layout.columns {
            for id in std::mem::take(&mut self.open).into_iter().flatten() {
                self.seal(id, blocks);
            }
        }
        self.layout = layout;
        let mut replaced = Vec::new();
        for at in 0..self.indexes.len() {
            let (id, since) = (self.indexes[at].id, self.indexes[at].since);
            let Some(index) = schema.index(id) else {
                continue;
            };
            let shape = KeyShape::new(schema, &self.layout, index, self.makers)?;
            if shape.integer != self.indexes[at].shape.integer {
                let built = self.build_index(schema, index, blocks)?;
                let built = built.finish(since, blocks);
                replaced.push(std::mem::replace(&mut self.indexes[at], built));
            }
        }
        Ok(replaced)
    }

    /// Is there again after it was dropped, with these columns and indexes; its past goes on.
    pub fn come_back(
        &mut self,
        seq: u64,
        schema: &TableSchema,
        blocks: &mut Blocks,
    ) -> Result<Vec<KeyIndex>> {
        let mut replaced = self.alter(schema, blocks)?;
        let is_kept = |index: &KeyIndex| schema.index(index.id).is_some();
        replaced.extend(self.indexes.extract_if(.., |index| !is_kept(index)));
        for index in &schema.indexes {
            if self.index(index.id).is_none() {
                let built = self.build_index(schema, index, blocks)?;
                self.indexes.push(built.finish(seq, blocks));
            }
        }
        Ok(replaced)
    }

    pub fn add_index(&mut self, index: KeyIndex) {
        self.indexes.push(index);
    }

    pub fn drop_index(&mut self, id: IndexId) -> Option<KeyIndex> {
        let at = self.indexes.iter().position(|index| index.id == id)?;
        Some(self.indexes.remove(at))
    }

    pub fn versions(&self) -> u64 {
        self.versions
    }

    /// About what a look-up in the past needs to have in memory at once: the list of the versions that ended and that of an index.
    pub fn past_list_bytes(&self) -> u64 {
        self.ended() * 2 * size_of::<Closed<u64>>() as u64
    }

    /// How many versions there are that are over.
    pub fn ended(&self) -> u64 {
        self.versions.saturating_sub(self.live.len() as u64)
    }

    pub fn runs(&self) -> usize {
        self.closed.runs() + self.indexes.iter().map(KeyIndex::runs).sum::<usize>()
    }

    /// What making an index over all that the table ever held takes at most: the keys, and twice a list of periods.
    pub fn index_bytes(&self, blocks: &Blocks) -> u64 {
        self.blocks_held(blocks) + self.versions * INDEX_BYTES_PER_VERSION
    }

    /// Bytes of all blocks, unpacked or not.
    pub fn blocks_held(&self, blocks: &Blocks) -> u64 {
        let held = |id: BlockId| blocks.bytes_held(id) as u64;
        self.timeline.ever(ALIVE).map(held).sum()
    }

    pub fn block_count(&self) -> u64 {
        self.timeline.ever(ALIVE).count() as u64
    }

    fn retired_held(&self) -> usize {
        let maps = self.retired.iter();
        maps.map(|(_, map)| map.bytes_held()).sum()
    }

    pub fn bytes_held(&self) -> usize {
        let indexes: usize = self.indexes.iter().map(KeyIndex::bytes_held).sum();
        let deleted = self.deleted.capacity() * 16;
        let past = self.retired_held() + self.closed.bytes_held();
        self.live.bytes_held() + past + indexes + deleted
    }
}

/// What is dropped and had again.
impl Relation {
    /// Drops what can be had again; of what ended up to now all or nothing.
    pub fn go_round(&mut self, round: &mut Round, until: u64, blocks: &mut Blocks) {
        round.fix(self.deleted.capacity() * 16);
        self.live.go_round(round);
        if self.closed.go_round(round, self.retired_held()) {
            self.drop_past(until, blocks);
        }
        for index in &mut self.indexes {
            index.go_round(round, until, blocks);
        }
    }

    /// What ended at once gives way to what the blocks say of it, whose bytes are to be had. What was to be made of the blocks
    /// as they were then is made of them as they are now.
    pub fn renew_past(&mut self, until: u64, blocks: &mut Blocks) {
        if !self.retired.is_empty() || self.closed.awaited().is_some() {
            self.drop_past(until, blocks);
        }
        for index in &mut self.indexes {
            index.renew_past(until, blocks);
        }
    }

    fn drop_past(&mut self, until: u64, blocks: &mut Blocks) {
        self.retired.clear();
        self.closed = ClosedTier::default();
        self.closed.await_past(until, blocks);
    }
}

/// How a table changes; every change is part of a commit.
impl Relation {
    /// The block to append to, opened if there is none with room.
    pub(super) fn open_block(&mut self, seq: u64, copies: bool, blocks: &mut Blocks) -> BlockId {
        if let Some(id) = self.open[usize::from(copies)] {
            let block = blocks.get_mut(id);
            if !block.rows.is_full() {
                return id;
            }
            self.seal(id, blocks);
        }
        let id = blocks.add(Block::new(self.id, &self.layout, copies));
        self.open[usize::from(copies)] = Some(id);
        self.timeline.open(seq, id);
        id
    }

    /// No more rows come to a block.
    fn seal(&mut self, id: BlockId, blocks: &mut Blocks) {
        let block = blocks.get_mut(id);
        block.seal();
        self.full.rows += block.len();
        self.full.dead += block.len() - block.live_count();
    }

    /// All rows end.
    pub(super) fn close_all(&mut self, seq: u64, blocks: &mut Blocks) {
        for id in self.timeline.current().to_vec() {
            blocks.get_mut(id).end_all(seq);
            self.timeline.close(seq, id);
        }
        self.emptied.push(seq);
        self.open = [None; 2];
        self.full = FullBlocks::default();
        let map = std::mem::take(&mut self.live);
        if map.len() >= RETIRED_ROWS_MIN {
            self.retired.push((seq, map));
        } else {
            for (row, location) in map.iter() {
                self.close_version(row, location, seq, blocks);
            }
        }
        for index in &mut self.indexes {
            index.close_all(seq, blocks);
        }
    }

    /// Remembers where a version lies that ended.
    pub(super) fn close_version(
        &mut self,
        row: RowId,
        location: Location,
        seq: u64,
        blocks: &mut Blocks,
    ) {
        let start = blocks.get(location.block).start(location.row as usize);
        let version = Closed {
            key: row.0,
            end: seq,
            payload: location.pack(),
            start,
        };
        self.closed.push(version, blocks);
    }

    /// When too many rows of the full blocks are dead, the live ones of the sparsest go on to a new block, so that
    /// reading from now on does not cross the dead; earlier moments keep the old one.
    pub(super) fn copy_forward(&mut self, seq: u64, blocks: &mut Blocks) {
        if !self.full.has_too_many_dead() {
            return;
        }
        // Copying a block that is nearly dense would gain little. What the others leave is within bounds.
        let is_sparse = |block: &Outline| block.is_sealed && block.live * 8 < block.rows * 7;
        let current = self.timeline.current().iter();
        let mut sources: Vec<(usize, BlockId)> = (current.map(|id| (*id, blocks.outline(*id))))
            .filter(|(_, block)| is_sparse(block))
            .map(|(id, block)| (block.live, id))
            .collect();
        sort_by(&mut sources, Ord::cmp);
        for (_, source) in sources {
            if self.full.has_too_many_dead() {
                self.move_on(source, seq, blocks);
            }
        }
    }

    #[inline(never)] // see `Recovery::step_rarely`
    fn move_on(&mut self, source: BlockId, seq: u64, blocks: &mut Blocks) {
        let rows: Vec<usize> = blocks.get(source).ends.unended().ones().collect();
        blocks.count_copies(rows.len());
        let mut moves: Vec<Move> = Vec::new();
        for row in &rows {
            let target = self.open_block(seq, true, blocks);
            let (to, from) = blocks.pair(target, source);
            to.append_copy(seq, from, *row);
            let location = Location {
                block: target,
                row: to.len() as u32 - 1,
            };
            self.live.set(from.rows.ids[*row], location);
            match moves.last_mut() {
                Some(last) if last.target == target => last.count += 1,
                _ => moves.push(Move {
                    target,
                    row: location.row,
                    count: 1,
                }),
            }
        }
        let block = blocks.get_mut(source);
        self.full.rows -= block.len();
        self.full.dead -= block.len() - rows.len();
        block.retire(seq, moves);
        self.timeline.close(seq, source);
    }

    pub(super) fn corrupt(&self, what: &str, row: RowId) -> Error {
        Error::new(
            Code::Corrupt,
            format!("row {row} of table {} {what}", self.id),
        )
    }
}
