//! All blocks and the numbers of all runs, reached through one call that may answer `Need`.

use super::block::Block;
use super::checkpoint::{self, Head};
use super::rows::Layout;
use super::waiting::Damage;
use super::{BlockId, Fetch, Residency};
use crate::encoding::wire::Decoded;
use crate::error::{Code, Error, Result};
use std::cell::OnceCell;
use std::rc::Rc;

/// Blocks that are unpacked before others have their turn.
const UNPACKED_AT_ONCE: usize = 16;

pub(crate) struct Blocks {
    residency: Residency,
    slots: Vec<Slot>,
    copies: u64,
    /// What is known of the blocks of the checkpoint.
    pub stored: Stored,
    pub damage: Damage,
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
    /// A block, unless it waits. A run is held by its index; its slot only says whether it may be read.
    block: OnceCell<Box<Block>>,
    /// The part of a checkpoint that it was made of, or will be.
    packed: Option<Packed>,
    loaded: bool,
}

/// A block as the part of a checkpoint.
struct Packed {
    head: Head,
    layout: Rc<Layout>,
    bytes: Box<[u8]>,
}

/// What can be known of a block that waits.
pub(crate) struct Outline {
    pub is_sealed: bool,
    pub holds_copies: bool,
    pub rows: usize,
    pub live: usize,
}

impl Slot {
    fn waiting(&self) -> Option<&Packed> {
        self.packed.as_ref().filter(|_| self.block.get().is_none())
    }
}

impl Blocks {
    pub fn new(residency: Residency) -> Blocks {
        Blocks {
            residency,
            slots: Vec::new(),
            copies: 0,
            stored: Stored::default(),
            damage: Damage::default(),
        }
    }

    pub fn add(&mut self, block: Block) -> BlockId {
        self.add_slot(Box::new(block).into(), None)
    }

    /// A number for a new run.
    pub fn add_run(&mut self) -> BlockId {
        self.add_slot(OnceCell::new(), None)
    }

    /// A block that waits until it is needed.
    pub fn add_packed(&mut self, head: Head, layout: Rc<Layout>, bytes: &[u8]) -> BlockId {
        let bytes = bytes.into();
        let packed = Packed {
            head,
            layout,
            bytes,
        };
        self.add_slot(OnceCell::new(), Some(packed))
    }

    fn add_slot(&mut self, block: OnceCell<Box<Block>>, packed: Option<Packed>) -> BlockId {
        self.slots.push(Slot {
            block,
            packed,
            loaded: false,
        });
        BlockId(self.slots.len() as u32 - 1)
    }

    /// The block of this number if it has to be loaded before it can be read.
    pub fn need(&self, id: BlockId) -> Option<BlockId> {
        let slot = self.slots.get(id.0 as usize)?;
        let missing =
            self.residency == Residency::FirstTouch && !slot.loaded || slot.waiting().is_some();
        missing.then_some(id)
    }

    /// How many numbers have been given.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// The bytes of a block that has not changed since a checkpoint.
    pub fn packed(&self, number: usize) -> Option<&[u8]> {
        Some(&self.slots.get(number)?.packed.as_ref()?.bytes)
    }

    fn waiting_at(&self, id: BlockId) -> Option<&Packed> {
        self.slots.get(id.0 as usize)?.waiting()
    }

    /// A block that does not wait.
    pub fn unpacked(&self, number: usize) -> Option<&Block> {
        Some(self.slots.get(number)?.block.get()?)
    }

    /// Bytes that a block takes.
    pub fn bytes_held(&self, id: BlockId) -> usize {
        match self.waiting_at(id) {
            Some(packed) => packed.bytes.len(),
            None => self.get(id).bytes_held(),
        }
    }

    pub fn outline(&self, id: BlockId) -> Outline {
        match self.waiting_at(id) {
            Some(Packed { head, .. }) => Outline {
                is_sealed: head.is_sealed(),
                holds_copies: head.holds_copies(),
                rows: head.rows,
                live: head.live,
            },
            None => {
                let block = self.get(id);
                Outline {
                    is_sealed: block.is_sealed(),
                    holds_copies: block.holds_copies(),
                    rows: block.len(),
                    live: block.live_count(),
                }
            }
        }
    }

    /// Makes a block of the bytes of one that waits, and before that of those that its rows went on to, `most` at most. Where
    /// these are more, the block waits on: it will be needed again.
    fn unpack(&self, id: BlockId, most: usize) -> Result<()> {
        let mut waiting = vec![id];
        let mut left = most;
        while let Some(&id) = waiting.last().filter(|_| left > 0) {
            let Some(packed) = self.waiting_at(id) else {
                waiting.pop();
                continue;
            };
            let damaged = || Error::new(Code::Corrupt, format!("block {id} is damaged"));
            let targets =
                checkpoint::targets(&packed.bytes, &self.stored).map_err(|_| damaged())?;
            let mut targets = targets.into_iter();
            let target = targets.find_map(|to| Some((to, self.waiting_at(to)?)));
            match target {
                // Rows go on from block to block, each being read for longer than the one before.
                Some((target, next)) if next.head.is_read_until() > packed.head.is_read_until() => {
                    waiting.push(target);
                }
                Some(_) => return Err(damaged()),
                None => {
                    let found = |id: BlockId| self.unpacked(id.0 as usize);
                    let block = packed.unpack(&self.stored, Some(&found));
                    let block = block.map_err(|_| damaged())?;
                    let _ = self.slots[id.0 as usize].block.set(Box::new(block));
                    waiting.pop();
                    left -= 1;
                }
            }
        }
        Ok(())
    }

    /// Shows a block to who reads all of them once. One that waits is not kept, and of its rows that went on to other
    /// blocks nothing is to be seen but that they did.
    pub fn visit(&self, id: BlockId, see: &mut dyn FnMut(&Block) -> Result<()>) -> Result<()> {
        let Some(packed) = self.waiting_at(id) else {
            return see(self.get(id));
        };
        let damaged = |_| Error::new(Code::Corrupt, format!("block {id} is damaged"));
        see(&packed.unpack(&self.stored, None).map_err(damaged)?)
    }

    /// A block to read from.
    pub fn fetch(&self, id: BlockId) -> Fetch<&Block> {
        match self.need(id) {
            Some(id) => Fetch::Need(id),
            None => Fetch::Ready(self.get(id)),
        }
    }

    /// Answers a `Need`.
    ///
    /// # Errors
    /// `CORRUPT` for what a checkpoint says that contradicts itself.
    pub fn load(&mut self, id: BlockId) -> Result<()> {
        self.unpack(id, UNPACKED_AT_ONCE)?;
        let slot = self.slots.get_mut(id.0 as usize);
        let slot = slot.ok_or_else(|| Error::new(Code::Internal, format!("no block {id}")))?;
        slot.loaded = true;
        Ok(())
    }

    /// A block whether loaded or not, for who cannot wait: commits, and who changes a row by its number. One that waits is
    /// made in place (see `waiting`).
    ///
    /// # Panics
    /// If the number is not a block's; numbers come from the store itself.
    pub fn get(&self, id: BlockId) -> &Block {
        let slot = &self.slots[id.0 as usize];
        match slot.block.get() {
            Some(block) => block,
            None => self.get_waiting(id),
        }
    }

    #[inline(never)]
    fn get_waiting(&self, id: BlockId) -> &Block {
        let unpacked = self.unpack(id, usize::MAX);
        let Slot { block, packed, .. } = &self.slots[id.0 as usize];
        block.get_or_init(|| {
            let packed = packed.as_ref().expect("the number of a block");
            if unpacked.is_err() {
                self.damage.set(true);
            }
            Box::new(packed.head.without_meaning(&packed.layout))
        })
    }

    /// A block that will change: it is no longer what the checkpoint says.
    pub fn get_mut(&mut self, id: BlockId) -> &mut Block {
        self.get(id);
        let slot = &mut self.slots[id.0 as usize];
        slot.packed = None;
        slot.block.get_mut().expect("it was asked for above")
    }

    /// One block to change and another to read meanwhile.
    pub fn pair(&mut self, target: BlockId, source: BlockId) -> (&mut Block, &Block) {
        self.get_mut(target);
        self.get(source);
        let slots = [target.0 as usize, source.0 as usize];
        let [target, source] = self.slots.get_disjoint_mut(slots).expect("two blocks");
        (
            target.block.get_mut().expect("it was asked for above"),
            source.block.get().expect("it was asked for above"),
        )
    }

    pub fn count_copies(&mut self, rows: usize) {
        self.copies += rows as u64;
    }

    pub fn copies(&self) -> u64 {
        self.copies
    }

    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.slots
            .iter()
            .filter_map(|slot| Some(&**slot.block.get()?))
    }

    /// Bytes of blocks that wait, and how many they are.
    pub fn waiting(&self) -> (usize, usize) {
        let waiting = self.slots.iter().filter_map(Slot::waiting);
        waiting.fold((0, 0), |(bytes, count), packed| {
            (bytes + packed.bytes.len(), count + 1)
        })
    }
}

impl Packed {
    fn unpack(&self, stored: &Stored, found: Option<checkpoint::Found>) -> Decoded<Block> {
        checkpoint::unpack(&self.bytes, &self.layout, stored, found)
    }
}
