//! All blocks and the numbers of all runs, reached through one call that may answer `Need`.

use super::block::Block;
use super::checkpoint;
use super::rows::Layout;
use super::{BlockId, Fetch, Residency};
use crate::error::{Code, Error, Result};
use crate::types::TableId;

/// Blocks that are unpacked before others have their turn.
const UNPACKED_AT_ONCE: usize = 16;

pub(crate) struct Blocks {
    residency: Residency,
    slots: Vec<Slot>,
    copies: u64,
    /// What is known of the blocks of the checkpoint.
    pub stored: Stored,
}

/// What the blocks of a checkpoint are bounded by.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stored {
    /// The checkpoint's sequence.
    pub seq: u64,
    /// The first row id that was not given.
    pub next_row: u64,
    /// The number here of its first block. The others follow.
    pub first: u32,
}

struct Slot {
    content: Content,
    loaded: bool,
}

enum Content {
    Block(Box<Block>),
    /// A block that only the past is read from, as the part of a checkpoint.
    Packed(TableId, Box<[u8]>),
    /// A run is held by its index; its slot only says whether it may be read.
    Run,
}

impl Slot {
    fn block(&self) -> Option<&Block> {
        match &self.content {
            Content::Block(block) => Some(block),
            _ => None,
        }
    }

    fn block_mut(&mut self) -> Option<&mut Block> {
        match &mut self.content {
            Content::Block(block) => Some(block),
            _ => None,
        }
    }
}

impl Blocks {
    pub fn new(residency: Residency) -> Blocks {
        Blocks {
            residency,
            slots: Vec::new(),
            copies: 0,
            stored: Stored::default(),
        }
    }

    pub fn add(&mut self, block: Block) -> BlockId {
        self.add_slot(Content::Block(Box::new(block)))
    }

    /// A number for a new run.
    pub fn add_run(&mut self) -> BlockId {
        self.add_slot(Content::Run)
    }

    /// A block of the past that waits until it is needed.
    pub fn add_packed(&mut self, bytes: Box<[u8]>, table: TableId) -> BlockId {
        self.add_slot(Content::Packed(table, bytes))
    }

    fn add_slot(&mut self, content: Content) -> BlockId {
        self.slots.push(Slot {
            content,
            loaded: false,
        });
        BlockId(self.slots.len() as u32 - 1)
    }

    /// The block of this number if it has to be loaded before it can be read.
    pub fn need(&self, id: BlockId) -> Option<BlockId> {
        let slot = self.slots.get(id.0 as usize)?;
        let missing = self.residency == Residency::FirstTouch && !slot.loaded
            || matches!(slot.content, Content::Packed(..));
        missing.then_some(id)
    }

    /// How many numbers have been given.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The bytes of a block that waits.
    pub fn packed(&self, number: usize) -> Option<&[u8]> {
        match &self.slots.get(number)?.content {
            Content::Packed(_, bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A block that does not wait.
    pub fn unpacked(&self, number: usize) -> Option<&Block> {
        self.slots.get(number)?.block()
    }

    pub fn table_of_packed(&self, id: BlockId) -> Option<TableId> {
        match &self.slots.get(id.0 as usize)?.content {
            Content::Packed(table, _) => Some(*table),
            _ => None,
        }
    }

    /// Makes a block of the bytes of one that waits, and before that of those that its rows went on to. Where these are
    /// many it is some of them, and the block waits on: it will be needed again.
    pub fn unpack(&mut self, id: BlockId, layout: &Layout) -> Result<()> {
        let mut waiting = vec![id];
        let mut left = UNPACKED_AT_ONCE;
        while let Some(&id) = waiting.last().filter(|_| left > 0) {
            let Some(bytes) = self.packed(id.0 as usize) else {
                waiting.pop();
                continue;
            };
            let damaged = || Error::new(Code::Corrupt, format!("block {id} is damaged"));
            let target = checkpoint::targets(bytes, &self.stored).map_err(|_| damaged())?;
            let target = target
                .into_iter()
                .find(|to| self.packed(to.0 as usize).is_some());
            match target {
                // Rows go on from block to block, each being read for longer than the one before.
                Some(target) if self.read_until(target) > self.read_until(id) => {
                    waiting.push(target);
                }
                Some(_) => return Err(damaged()),
                None => {
                    let found = |id: BlockId| self.unpacked(id.0 as usize);
                    let block = checkpoint::unpack(bytes, layout, &self.stored, Some(&found));
                    let block = block.map_err(|_| damaged())?;
                    self.slots[id.0 as usize].content = Content::Block(Box::new(block));
                    waiting.pop();
                    left -= 1;
                }
            }
        }
        Ok(())
    }

    /// Until when a block that waits is read.
    fn read_until(&self, id: BlockId) -> u64 {
        let bytes = self.packed(id.0 as usize).unwrap_or_default();
        checkpoint::read_until(bytes, &self.stored).unwrap_or_default()
    }

    /// Shows a block to who reads all of them once. One that waits is not kept, and of its rows that went on to other
    /// blocks nothing is to be seen but that they did.
    pub fn visit(
        &self,
        id: BlockId,
        layout: &Layout,
        see: &mut dyn FnMut(&Block) -> Result<()>,
    ) -> Result<()> {
        let Some(bytes) = self.packed(id.0 as usize) else {
            return see(self.get(id));
        };
        let damaged = |_| Error::new(Code::Corrupt, format!("block {id} is damaged"));
        let block = checkpoint::unpack(bytes, layout, &self.stored, None);
        see(&block.map_err(damaged)?)
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

    /// A block whether loaded or not: for commits, which change only what a transaction has read, and that is
    /// never a block that waits.
    ///
    /// # Panics
    /// If the number is not a block's; numbers come from the store itself.
    pub fn get(&self, id: BlockId) -> &Block {
        let slot = &self.slots[id.0 as usize];
        slot.block().expect("the number of a block")
    }

    pub fn get_mut(&mut self, id: BlockId) -> &mut Block {
        let slot = &mut self.slots[id.0 as usize];
        slot.block_mut().expect("the number of a block")
    }

    /// One block to change and another to read meanwhile.
    pub fn pair(&mut self, target: BlockId, source: BlockId) -> (&mut Block, &Block) {
        let slots = [target.0 as usize, source.0 as usize];
        let [target, source] = self.slots.get_disjoint_mut(slots).expect("two blocks");
        (
            target.block_mut().expect("the number of a block"),
            source.block().expect("the number of a block"),
        )
    }

    pub fn count_copies(&mut self, rows: usize) {
        self.copies += rows as u64;
    }

    pub fn copies(&self) -> u64 {
        self.copies
    }

    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.slots.iter().filter_map(Slot::block)
    }

    /// Bytes of blocks that wait, and how many they are.
    pub fn waiting(&self) -> (usize, usize) {
        let lengths = (0..self.slots.len()).filter_map(|number| Some(self.packed(number)?.len()));
        lengths.fold((0, 0), |(bytes, count), length| (bytes + length, count + 1))
    }
}
