//! What follows from the blocks of a checkpoint, made when a store is restored or when it is needed.

use crate::error::Result;
use crate::table::block::Block;
use crate::table::closed::ClosedTier;
use crate::table::index::{AnyPeriods, IndexBuild};
use crate::table::{ALIVE, AnyTiers, BlockId, Blocks, Closed};
use crate::table::{KeyIndex, Location, Relation, RowMap};
use crate::types::{RowId, sort_by, sort_by_key};

impl Relation {
    /// The timeline and the blocks of the present; and the live tiers, unless they have been restored. The closed ones are
    /// needed later.
    pub fn restore_present(&mut self, seq: u64, has_live: bool, blocks: &mut Blocks) -> Result<()> {
        let stored = std::mem::take(&mut self.stored);
        let closed = stored.iter().filter(|(.., until)| *until > 0);
        let mut events: Vec<(u64, bool, BlockId)> = (stored.iter())
            .map(|(opened, id, _)| (*opened, false, *id))
            .chain(closed.map(|(_, id, until)| (*until, true, *id)))
            .collect();
        sort_by(&mut events, Ord::cmp);
        for (seq, is_end, id) in events {
            match is_end {
                false => self.timeline.open(seq, id),
                true => self.timeline.close(seq, id),
            }
        }
        let mut live = 0;
        for id in self.timeline.current().to_vec() {
            live += self.restore_block(id, blocks)?;
            if !has_live {
                self.restore_rows(id, blocks)?;
            }
        }
        if live != self.live.len() {
            return Err(self.corrupt("is not where it is looked up", RowId(0)));
        }
        if !has_live {
            self.restore_indexes(seq, blocks)?;
        }
        // Without versions that ended there is nothing to be looked up.
        if self.versions > self.live.len() as u64 {
            self.closed.await_past(seq, blocks);
            for index in &mut self.indexes {
                index.await_past(seq, blocks);
            }
        }
        Ok(())
    }

    /// Counts a block of the present, and answers how many of its rows are alive.
    fn restore_block(&mut self, id: BlockId, blocks: &Blocks) -> Result<usize> {
        let block = blocks.outline(id);
        if block.is_sealed {
            self.full.rows += block.rows;
            self.full.dead += block.rows - block.live;
        } else {
            let open = &mut self.open[usize::from(block.holds_copies)];
            if open.replace(id).is_some() {
                return Err(self.corrupt("lies in one of two open blocks", RowId(0)));
            }
        }
        Ok(block.live)
    }

    /// What is left of its rows is not to be seen.
    pub fn lose(&mut self, blocks: &mut Blocks) {
        for (_, id, _) in std::mem::take(&mut self.stored) {
            blocks.forget(id);
        }
        self.is_lost = true;
        self.versions = 0;
        (self.deleted, self.emptied) = (Vec::new(), Vec::new());
    }

    /// The live tiers will be made of the blocks.
    pub fn forget_live(&mut self) {
        self.live = RowMap::default();
        for index in &mut self.indexes {
            index.tiers = AnyTiers::new(&index.shape);
        }
    }

    /// Which rows were deleted, and when all ended: a version of a row ended, and none of it began then.
    pub fn restore_gone(&mut self, blocks: &Blocks) -> Result<()> {
        let (mut events, mut emptied) = (Vec::new(), Vec::new());
        for (_, id, _) in &self.stored {
            blocks.visit(*id, &mut |block| {
                for row in (0..block.len()).filter(|row| !block.has_moved(*row, ALIVE)) {
                    let id = block.rows.ids[row];
                    events.push((block.start(row), id, false));
                    if !block.ends.unended().get(row) {
                        events.push((block.end_of(row), id, true));
                    }
                }
                let all = block.ends.rest();
                if all < ALIVE && !emptied.contains(&all) {
                    emptied.push(all);
                }
                Ok(())
            })?;
        }
        sort_by(&mut events, Ord::cmp);
        let mut began = None;
        self.deleted.clear();
        for (seq, id, has_ended) in events {
            match has_ended {
                false => began = Some((seq, id)),
                true if began == Some((seq, id)) => {}
                true => self.deleted.push((seq, id)),
            }
        }
        sort_by(&mut emptied, Ord::cmp);
        self.emptied = emptied;
        Ok(())
    }

    fn restore_rows(&mut self, id: BlockId, blocks: &Blocks) -> Result<()> {
        blocks.visit(id, &mut |block| self.restore_rows_of(id, block))
    }

    fn restore_rows_of(&mut self, id: BlockId, block: &Block) -> Result<()> {
        for row in block.ends.unended().ones() {
            let id_of_row = block.rows.ids[row];
            let location = Location {
                block: id,
                row: row as u32,
            };
            if self.live.get(id_of_row).is_some() {
                return Err(self.corrupt("is alive twice", id_of_row));
            }
            self.live.set(id_of_row, location);
        }
        Ok(())
    }

    /// Makes the live tiers of the indexes. A row has a key since when it got it, and not since its version began.
    fn restore_indexes(&mut self, seq: u64, blocks: &mut Blocks) -> Result<()> {
        for at in 0..self.indexes.len() {
            let ever = self.timeline.ever(seq).collect();
            let (shape, since) = (&self.indexes[at].shape, self.indexes[at].since);
            let mut periods = AnyPeriods::with_capacity(shape, self.versions);
            self.periods(&mut periods, shape, ever, seq, &|_, _| true, blocks)?;
            let mut index = index_of(&self.indexes[at], periods).finish(since, blocks);
            index.forget_past();
            self.indexes[at] = index;
        }
        Ok(())
    }

    /// Whether something is needed to know the past of this table.
    pub fn awaits(&self, id: BlockId) -> bool {
        let mut indexes = self.indexes.iter();
        self.closed.awaits(id).is_some() || indexes.any(|index| index.awaits(id).is_some())
    }

    /// Makes the closed tier that is needed under this number, out of the blocks.
    pub fn make_past(&mut self, id: BlockId, blocks: &mut Blocks) -> Result<()> {
        if let Some(seq) = self.closed.awaits(id) {
            let past = self.past_versions(seq, blocks)?;
            self.closed.take_past(past, blocks);
            return Ok(());
        }
        let mut indexes = self.indexes.iter().enumerate();
        let wanted = indexes.find_map(|(at, index)| Some((at, index.awaits(id)?)));
        if let Some((at, seq)) = wanted {
            let past = self.past_of(&self.indexes[at], seq, blocks)?;
            self.indexes[at].take_past(past, blocks);
        }
        Ok(())
    }

    /// What an index of this table says of what ended up to a sequence. Of a block that waits, the rows that went on to others
    /// since cannot be seen: the checkpoint that it waits in must not be of later than that (see `Store::take_places`).
    pub fn past_of(&self, index: &KeyIndex, seq: u64, blocks: &mut Blocks) -> Result<KeyIndex> {
        let shape = &index.shape;
        let mut periods = AnyPeriods::with_capacity(shape, self.versions);
        let ever = self.timeline.ever(seq).collect();
        self.periods(&mut periods, shape, ever, seq, &|_, end| end <= seq, blocks)?;
        // What was so when the version of then began may go on: then it is no period of the past.
        let ended = periods.rows();
        let is_meant = |row: RowId, end: u64| end > seq && ended.binary_search(&row).is_ok();
        let present = self.timeline.at(seq);
        self.periods(&mut periods, shape, present, seq, &is_meant, blocks)?;
        Ok(index_of(index, periods).finish(0, blocks))
    }

    fn past_versions(&self, seq: u64, blocks: &mut Blocks) -> Result<ClosedTier<u64>> {
        // At once, since a vector that grows takes three times as much meanwhile.
        let mut versions = Vec::with_capacity(self.ended() as usize);
        for id in self.timeline.ever(seq) {
            blocks.visit(id, &mut |block| {
                let ended = (0..block.prefix(seq)).filter(|row| block.end_of(*row) <= seq);
                versions.extend(ended.map(|row| {
                    Closed {
                        key: block.rows.ids[row].0,
                        end: block.end_of(row),
                        payload: (Location {
                            block: id,
                            row: row as u32,
                        })
                        .pack(),
                        start: block.start(row),
                    }
                }));
                Ok(())
            })?;
        }
        sort_by_key(&mut versions, |version| version.end);
        Ok(ClosedTier::of(versions, blocks))
    }
}

fn index_of(KeyIndex { id, shape, .. }: &KeyIndex, periods: AnyPeriods) -> IndexBuild {
    IndexBuild {
        id: *id,
        shape: shape.clone(),
        periods,
    }
}
