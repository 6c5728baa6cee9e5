//! All blocks and the numbers of all runs, reached through one call that may answer `Need`.

use super::block::Block;
use super::checkpoint;
use super::rows::Layout;
use super::{BlockId, Fetch, Residency};
use crate::error::{Code, Error, Result};
use crate::types::{RowId, TableId};

pub(crate) struct Blocks {
    residency: Residency,
    slots: Vec<Slot>,
    copies: u64,
    /// What the blocks of a checkpoint are bounded by: its sequence, and the first row id that was not given.
    pub bounds: (u64, RowId),
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
            bounds: (0, RowId(0)),
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

    /// Makes a block of the bytes of one that waits.
    pub fn unpack(&mut self, id: BlockId, layout: &Layout) -> Result<()> {
        if let Some(block) = self.unpacked_copy(id, layout)? {
            self.slots[id.0 as usize].content = Content::Block(Box::new(block));
        }
        Ok(())
    }

    fn unpacked_copy(&self, id: BlockId, layout: &Layout) -> Result<Option<Block>> {
        let Some(bytes) = self.packed(id.0 as usize) else {
            return Ok(None);
        };
        let block = checkpoint::unpack(bytes, layout, self.bounds.0, self.bounds.1);
        let damaged = |_| Error::new(Code::Corrupt, format!("block {id} is damaged"));
        block.map(Some).map_err(damaged)
    }

    /// Shows a block to who reads all of them once; one that waits is not kept.
    pub fn visit(
        &self,
        id: BlockId,
        layout: &Layout,
        see: &mut dyn FnMut(&Block) -> Result<()>,
    ) -> Result<()> {
        match self.unpacked_copy(id, layout)? {
            Some(block) => see(&block),
            None => see(self.get(id)),
        }
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
