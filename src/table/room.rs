//! Making room: what a checkpoint holds, or follows from it, is dropped when more is in memory than the budget says.

use super::memory::{Round, Waiter, make_room};
use super::waiting::{Origin, Part};
use super::{BlockId, Fetch, Store};
use crate::error::Result;
use crate::types::{HeapBound, TableId};
use std::rc::Rc;

impl Store {
    /// Tables, indexes and commits are dropped where they can be when more bytes than these are held, of which `heap` knows
    /// what else takes some.
    pub fn set_budget(&mut self, bytes: u64, heap: HeapBound) {
        self.blocks.memory.set_budget(bytes);
        self.heap = heap;
    }

    pub fn budget(&self) -> Option<u64> {
        Some(self.blocks.memory.budget()).filter(|budget| *budget < u64::MAX)
    }

    /// The tables whose versions that ended are too many for lists of them by key, each of which is made and dropped as a whole.
    pub fn scanned_in_the_past(&self) -> Vec<TableId> {
        let Some(budget) = self.budget() else {
            return Vec::new();
        };
        let relations = self.relations.values();
        let too_many = relations.filter(|relation| relation.past_list_bytes() > budget / 4 * 3);
        too_many.map(|relation| relation.id).collect()
    }

    /// A part that can be had again from its origin.
    pub(super) fn add_part(&mut self, bytes: Vec<u8>, origin: Option<Box<dyn Origin>>) -> Rc<Part> {
        let part = Part::new(bytes, origin, &self.blocks.memory);
        self.parts.push(part.clone());
        part
    }

    /// Somebody waits for this: it is kept when it has been loaded, until it has been of use.
    pub fn pin(&self, waiter: Waiter, block: BlockId) {
        self.blocks.memory.pin(waiter, block, false);
    }

    /// A step has got through of somebody who may have waited: what it has not used may be dropped.
    #[inline]
    pub fn got_through(&self, waiter: Waiter) {
        let blocks = &self.blocks;
        (blocks.memory).release(waiter, |id| blocks.was_used(id));
    }

    /// Somebody waits for nothing any more.
    pub fn release(&self, waiter: Waiter) {
        self.blocks.memory.release(waiter, |_| false);
    }

    /// Reads what may need blocks, all of which are there at once when it is answered.
    pub fn load_for<T>(&mut self, mut read: impl FnMut(&Store) -> Result<Fetch<T>>) -> Result<T> {
        let found = loop {
            match self.guard(|| read(self)) {
                Ok(Fetch::Ready(found)) => break Ok(found),
                Ok(Fetch::Need(block)) => match self.load(block, Waiter::CALL) {
                    Ok(()) => {}
                    Err(error) => break Err(error),
                },
                Err(error) => break Err(error),
            }
        };
        self.release(Waiter::CALL);
        self.make_room();
        found
    }

    /// Drops what can be had again, if more is held than may be.
    #[inline]
    pub fn make_room(&mut self) {
        if self.blocks.memory.is_due() {
            self.go_round();
        }
    }

    /// The same, however little has come since the last time.
    #[inline(never)]
    pub(super) fn go_round(&mut self) {
        let until = self.last_seq().map_or(0, |last| last.0);
        let memory = self.blocks.memory.clone();
        // Of a checkpoint before the last one.
        self.parts.retain(|part| Rc::strong_count(part) > 1);
        self.dirty = make_room(&memory, self.heap.used(), &mut |round: &mut Round| {
            self.blocks.go_round(round);
            self.commits.go_round(round);
            for relation in self.relations.values_mut() {
                relation.go_round(round, until, &mut self.blocks);
            }
            self.parts.iter().for_each(|part| part.go_round(round));
        });
    }

    /// Bytes that could not be dropped when it was last looked at: they are in no checkpoint.
    pub fn dirty_bytes(&self) -> u64 {
        self.dirty
    }
}
