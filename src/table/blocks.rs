//! All blocks and the numbers of all runs, reached through one call that may answer `Need`.

use super::block::Block;
use super::{BlockId, Fetch, Residency};
use crate::error::{Code, Error, Result};

pub(crate) struct Blocks {
    residency: Residency,
    slots: Vec<Slot>,
    copies: u64,
}

struct Slot {
    /// A run is held by its index; its slot only says whether it may be read.
    block: Option<Box<Block>>,
    loaded: bool,
}

impl Blocks {
    pub fn new(residency: Residency) -> Blocks {
        Blocks {
            residency,
            slots: Vec::new(),
            copies: 0,
        }
    }

    pub fn add(&mut self, block: Block) -> BlockId {
        self.add_slot(Some(Box::new(block)))
    }

    /// A number for a new run.
    pub fn add_run(&mut self) -> BlockId {
        self.add_slot(None)
    }

    fn add_slot(&mut self, block: Option<Box<Block>>) -> BlockId {
        self.slots.push(Slot {
            block,
            loaded: false,
        });
        BlockId(self.slots.len() as u32 - 1)
    }

    /// The block of this number if it has to be loaded before it can be read.
    pub fn need(&self, id: BlockId) -> Option<BlockId> {
        let missing = self.residency == Residency::FirstTouch
            && (self.slots.get(id.0 as usize)).is_some_and(|slot| !slot.loaded);
        missing.then_some(id)
    }

    /// A block to read from.
    pub fn fetch(&self, id: BlockId) -> Fetch<&Block> {
        match self.need(id) {
            Some(id) => Fetch::Need(id),
            None => Fetch::Ready(self.get(id)),
        }
    }

    pub fn load(&mut self, id: BlockId) -> Result<()> {
        let slot = self.slots.get_mut(id.0 as usize);
        let slot = slot.ok_or_else(|| Error::new(Code::Internal, format!("no block {id}")))?;
        slot.loaded = true;
        Ok(())
    }

    /// A block whether loaded or not: for commits, which change only what a transaction has read.
    ///
    /// # Panics
    /// If the number is not a block's; numbers come from the store itself.
    pub fn get(&self, id: BlockId) -> &Block {
        let slot = &self.slots[id.0 as usize];
        slot.block.as_deref().expect("the number of a block")
    }

    pub fn get_mut(&mut self, id: BlockId) -> &mut Block {
        let slot = &mut self.slots[id.0 as usize];
        slot.block.as_deref_mut().expect("the number of a block")
    }

    /// One block to change and another to read meanwhile.
    pub fn pair(&mut self, target: BlockId, source: BlockId) -> (&mut Block, &Block) {
        let slots = [target.0 as usize, source.0 as usize];
        let [target, source] = self.slots.get_disjoint_mut(slots).expect("two blocks");
        (
            target.block.as_deref_mut().expect("the number of a block"),
            source.block.as_deref().expect("the number of a block"),
        )
    }

    pub fn count_copies(&mut self, rows: usize) {
        self.copies += rows as u64;
    }

    pub fn copies(&self) -> u64 {
        self.copies
    }

    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.slots.iter().filter_map(|slot| slot.block.as_deref())
    }
}
