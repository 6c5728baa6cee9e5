//! All blocks and the numbers of all runs, reached through one call that may answer `Need`.

use super::block::Block;
use super::checkpoint::{self, Head};
use super::memory::{Mark, Memory, Round, Waiter};
use super::rows::Layout;
use super::waiting::Part;
use super::{BlockId, Fetch, Residency};
use crate::encoding::wire::Decoded;
use crate::error::{Code, Error, Result};
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

/// Blocks that are unpacked before others have their turn.
const UNPACKED_AT_ONCE: usize = 16;

pub(crate) struct Blocks {
    residency: Residency,
    slots: Vec<Slot>,
    copies: u64,
    /// What is known of the blocks of the checkpoint.
    pub stored: Stored,
    pub memory: Rc<Memory>,
    /// Counts the checkpoints that were begun.
    captures: Cell<u32>,
}

/// What the blocks of a checkpoint are bounded by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stored {
    /// The checkpoint's sequence.
    pub seq: u64,
    /// The first row id that was not given.
    pub next_row: u64,
    /// The numbers here of its blocks, in their order.
    pub ids: Rc<Vec<BlockId>>,
}

struct Slot {
    /// A block, unless it waits. A run is held by its index; its slot only says whether it may be read.
    block: OnceCell<Box<Block>>,
    /// The part of a checkpoint that it was made of, or will be.
    packed: Option<Packed>,
    loaded: bool,
    mark: Mark,
    /// How many checkpoints had been begun when it was changed last.
    changed: u32,
}

/// A block as the part of a checkpoint.
struct Packed {
    head: Head,
    layout: Rc<Layout>,
    part: Rc<Part>,
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
            memory: Rc::default(),
            captures: Cell::new(0),
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
    pub fn add_packed(&mut self, head: Head, layout: Rc<Layout>, part: Rc<Part>) -> BlockId {
        let packed = Packed { head, layout, part };
        self.add_slot(OnceCell::new(), Some(packed))
    }

    /// What has this number is not there any more.
    pub fn forget(&mut self, id: BlockId) {
        let slot = &mut self.slots[id.0 as usize];
        (slot.block, slot.packed) = (OnceCell::new(), None);
    }

    fn add_slot(&mut self, block: OnceCell<Box<Block>>, packed: Option<Packed>) -> BlockId {
        self.slots.push(Slot {
            block,
            packed,
            loaded: false,
            mark: Mark::default(),
            changed: self.captures.get(),
        });
        BlockId(self.slots.len() as u32 - 1)
    }

    /// The block of this number if it has to be loaded before it can be read.
    pub fn need(&self, id: BlockId) -> Option<BlockId> {
        let slot = self.slots.get(id.0 as usize)?;
        slot.mark.set();
        let missing =
            self.residency == Residency::FirstTouch && !slot.loaded || slot.waiting().is_some();
        missing.then_some(id)
    }

    /// What has this number is used: a block, or a closed tier.
    pub fn touch(&self, id: BlockId) {
        self.slots[id.0 as usize].mark.set();
    }

    /// Whether it was since this was asked last.
    pub fn was_used(&self, id: BlockId) -> bool {
        let slot = self.slots.get(id.0 as usize);
        slot.is_some_and(|slot| slot.mark.take())
    }

    /// How many numbers have been given.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// A block that has not changed since a checkpoint: what it says of itself, and the part that it is.
    pub fn packed(&self, number: usize) -> Option<(&Head, &Part)> {
        let packed = self.slots.get(number)?.packed.as_ref()?;
        Some((&packed.head, &packed.part))
    }

    /// A checkpoint is begun: answers how many there were.
    pub fn begin_capture(&self) -> u32 {
        self.captures.set(self.captures.get() + 1);
        self.captures.get()
    }

    /// A block is this part now, if it has not changed since that was begun.
    pub fn take_place(
        &mut self,
        id: BlockId,
        (head, part): (Head, Rc<Part>),
        layout: impl FnOnce() -> Option<Rc<Layout>>,
        capture: u32,
    ) {
        let slot = &mut self.slots[id.0 as usize];
        match &mut slot.packed {
            Some(packed) => packed.part = part,
            None if slot.changed < capture && (head.is_retired() || head.is_sealed()) => {
                let packed = |layout| Packed { head, layout, part };
                slot.packed = layout().map(packed);
            }
            None => {}
        }
    }

    /// Drops blocks that can be had again.
    pub fn go_round(&mut self, round: &mut Round) {
        round.fix(self.slots.capacity() * size_of::<Slot>());
        for (id, slot) in (0..).map(BlockId).zip(&mut self.slots) {
            let held = slot.block.get().map_or(0, |block| block.bytes_held());
            match slot.packed {
                None => round.keep(held),
                Some(_) if round.drops_loaded(id, &slot.mark, held) => drop(slot.block.take()),
                Some(_) => {}
            }
        }
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
            Some(packed) => packed.part.len(),
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
    fn unpack(&self, id: BlockId, most: usize, waiter: Option<Waiter>) -> Result<()> {
        let mut waiting = vec![id];
        let mut left = most;
        while let Some(&id) = waiting.last().filter(|_| left > 0) {
            let Some(packed) = self.waiting_at(id) else {
                waiting.pop();
                continue;
            };
            let damaged = || Error::new(Code::Corrupt, format!("block {id} is damaged"));
            let bytes = packed.part.bytes()?;
            let targets = checkpoint::targets(&bytes[1..], &self.stored).map_err(|_| damaged())?;
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
                    let block = packed.unpack(&bytes, &self.stored, Some(&found));
                    let block = block.map_err(|_| damaged())?;
                    self.memory.grow(block.bytes_held());
                    let slot = &self.slots[id.0 as usize];
                    let _ = slot.block.set(Box::new(block));
                    slot.mark.set();
                    if let Some(waiter) = waiter {
                        self.memory.pin(waiter, id, true);
                    }
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
        let bytes = packed.part.read()?;
        let block = packed.unpack(&bytes, &self.stored, None);
        see(&block.map_err(damaged)?)
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
    pub fn load(&mut self, id: BlockId, waiter: Waiter) -> Result<()> {
        self.unpack(id, UNPACKED_AT_ONCE, Some(waiter))?;
        let slot = self.slots.get_mut(id.0 as usize);
        let slot = slot.ok_or_else(|| Error::new(Code::Internal, format!("no block {id}")))?;
        slot.loaded = true;
        slot.mark.set();
        if slot.waiting().is_none() {
            self.memory.arrive(waiter);
        }
        Ok(())
    }

    /// A block whether loaded or not, for who cannot wait: commits, and who changes a row by its number. One that waits is
    /// made in place (see `waiting`).
    ///
    /// # Panics
    /// If the number is not a block's; numbers come from the store itself.
    pub fn get(&self, id: BlockId) -> &Block {
        let slot = &self.slots[id.0 as usize];
        slot.mark.set();
        match slot.block.get() {
            Some(block) => block,
            None => self.get_waiting(id),
        }
    }

    #[inline(never)]
    fn get_waiting(&self, id: BlockId) -> &Block {
        let unpacked = self.unpack(id, usize::MAX, None);
        let Slot { block, packed, .. } = &self.slots[id.0 as usize];
        block.get_or_init(|| {
            let packed = packed.as_ref().expect("the number of a block");
            if let Err(error) = unpacked {
                self.memory.fail(error);
            }
            Box::new(packed.head.without_meaning(&packed.layout))
        })
    }

    /// A block that will change: it is no longer what the checkpoint says.
    pub fn get_mut(&mut self, id: BlockId) -> &mut Block {
        self.get(id);
        let captures = self.captures.get();
        let slot = &mut self.slots[id.0 as usize];
        slot.packed = None;
        slot.changed = captures;
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

    /// How many blocks wait.
    pub fn waiting(&self) -> usize {
        self.slots.iter().filter_map(Slot::waiting).count()
    }
}

impl Packed {
    fn unpack(
        &self,
        bytes: &[u8],
        stored: &Stored,
        found: Option<checkpoint::Found>,
    ) -> Decoded<Block> {
        checkpoint::unpack(&bytes[1..], &self.layout, stored, found)
    }
}
