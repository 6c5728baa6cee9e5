//! Which blocks a table is read from at each moment.
//!
//! A block is read from the commit that opened it until the one that copied its live rows forward or ended
//! its last. The timeline is the list of these events, with the whole list of blocks written down every so
//! often, so that the blocks of any moment are found in about as many steps as there are blocks then,
//! however long the history.

use super::BlockId;
use crate::types::sort_by;
use std::rc::Rc;

#[derive(Debug, Default)]
pub(crate) struct Timeline {
    current: Vec<BlockId>,
    events: Vec<Event>,
    /// The blocks after so many events.
    marks: Vec<(usize, Rc<[BlockId]>)>,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    seq: u64,
    block: BlockId,
    opened: bool,
}

impl Timeline {
    pub fn open(&mut self, seq: u64, block: BlockId) {
        self.current.push(block);
        self.record(Event {
            seq,
            block,
            opened: true,
        });
    }

    pub fn close(&mut self, seq: u64, block: BlockId) {
        self.current.retain(|open| *open != block);
        self.record(Event {
            seq,
            block,
            opened: false,
        });
    }

    fn record(&mut self, event: Event) {
        self.events.push(event);
        let since = self.events.len() - self.marks.last().map_or(0, |(events, _)| *events);
        if since >= self.current.len().max(64) {
            self.marks
                .push((self.events.len(), self.current.as_slice().into()));
        }
    }

    /// The blocks of the present.
    pub fn current(&self) -> &[BlockId] {
        &self.current
    }

    /// The blocks as of a sequence, in the order they were opened.
    pub fn at(&self, seq: u64) -> Vec<BlockId> {
        if self.events.last().is_none_or(|last| last.seq <= seq) {
            return self.current.clone();
        }
        let until = self.events.partition_point(|event| event.seq <= seq);
        let mark = self.marks.partition_point(|(events, _)| *events <= until);
        let (from, start) = match mark.checked_sub(1) {
            Some(mark) => (self.marks[mark].0, &self.marks[mark].1[..]),
            None => (0, &[][..]),
        };
        let events = &self.events[from..until];
        let closed = events.iter().filter(|e| !e.opened);
        let mut closed: Vec<BlockId> = closed.map(|e| e.block).collect();
        sort_by(&mut closed, Ord::cmp);
        let opened = events.iter().filter(|e| e.opened).map(|e| e.block);
        let blocks = start.iter().copied().chain(opened);
        (blocks.filter(|block| closed.binary_search(block).is_err())).collect()
    }

    /// The same, the latest first.
    pub fn opened_until(&self, seq: u64) -> impl Iterator<Item = BlockId> + '_ {
        let until = self.events.partition_point(|event| event.seq <= seq);
        let opened = self.events[..until].iter().rev().filter(|e| e.opened);
        opened.map(|e| e.block)
    }

    /// Every block that was opened up to a sequence.
    pub fn ever(&self, seq: u64) -> impl Iterator<Item = BlockId> + '_ {
        let until = self.events.partition_point(|event| event.seq <= seq);
        self.events[..until]
            .iter()
            .filter(|e| e.opened)
            .map(|e| e.block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_moment_has_the_blocks_it_had() {
        let mut timeline = Timeline::default();
        let mut states = vec![Vec::new()];
        for seq in 1..2000u64 {
            timeline.open(seq, BlockId(seq as u32));
            if seq % 3 != 0 {
                let oldest = timeline.current()[(seq as usize * 7) % timeline.current().len()];
                timeline.close(seq, oldest);
            }
            states.push(timeline.current().to_vec());
        }
        for (seq, state) in states.iter().enumerate() {
            assert_eq!(&timeline.at(seq as u64), state, "at {seq}");
        }
        assert_eq!(timeline.ever(10).count(), 10);
    }
}
