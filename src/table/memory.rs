//! What of a store is held in memory, and how much of it may be.
//!
//! Blocks, pages of row maps, leaves of indexes and commits that a checkpoint holds can be had again, and so can the closed
//! tiers, which follow from the blocks. So they may be dropped, and are, when more is held than the budget says:
//!
//! ```text
//!   0 ---------------------- budget * 3/4 ------------ budget
//!     what cannot be dropped |                         | more than that: room is made
//!     and what is in use     | dropped until here      |
//! ```
//!
//! Room is made between the steps of statements, in the manner of a clock: whatever is used sets a mark beside itself, and
//! a round drops what has no mark and takes the marks away. A quarter of the budget is left to what can be dropped however
//! large the rest is, since a database that reads each block again for each row is of no use.
//!
//! # Why every statement comes to its end
//!
//! A step that needs something that is not there changes nothing: it says what it needs, and is tried again when that has
//! been loaded. So what was loaded for a step is pinned, for the session whose statement waits, at least until a step of that
//! statement has got through, and what is pinned is kept whatever the budget says:
//!
//! ```text
//!   session 1   needs a · [a] needs c · [a c] done            pins of one session; those of the other are
//!   session 2   needs b · [b] needs a · [b] needs d · …       kept as well, however the steps alternate
//! ```
//!
//! Each try of a step ends it or pins something that was not pinned for it before, and it touches finitely many things: so
//! it ends after as many tries as these are at most, whatever is dropped besides and whoever else waits.
//!
//! What the step that got through has used stays pinned for the next one, which as a rule needs it again: a closed tier for
//! each of many rows, say, which would be made again and again. What it has not used is let go. So what may be held beyond the
//! budget is what two steps of each statement that runs touch.
//!
//! Who reads in place can neither wait nor fail. What cannot be read then, or contradicts itself, is noted here: it has a
//! shape and no meaning, and whoever was to have an answer from the store or to write to it looks here first.

use super::BlockId;
use crate::error::{Code, Error, Result};
use crate::types::sort_by;
use std::cell::{Cell, RefCell};

/// Shared by all that is held.
#[derive(Debug)]
pub(crate) struct Memory {
    budget: Cell<u64>,
    /// Bytes that came since room was last made.
    grown: Cell<u64>,
    /// What was loaded for whom, and may not be dropped before they have made use of it.
    pins: RefCell<Vec<Pin>>,
    /// More was held than may be when room was last made, since it was pinned.
    is_strained: Cell<bool>,
    trouble: RefCell<Option<Error>>,
}

/// Who waits for blocks: a session by its number, or a call that does nothing else meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiter(pub u32);

impl Waiter {
    /// No session has this number.
    pub const CALL: Waiter = Waiter(0);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pin {
    waiter: Waiter,
    id: BlockId,
    /// It was not asked for itself: what was asked for is made of it.
    is_on_the_way: bool,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            budget: Cell::new(u64::MAX),
            grown: Cell::new(0),
            pins: RefCell::default(),
            is_strained: Cell::new(false),
            trouble: RefCell::new(None),
        }
    }
}

impl Memory {
    pub fn budget(&self) -> u64 {
        self.budget.get()
    }

    pub fn set_budget(&self, budget: u64) {
        self.budget.set(budget);
    }

    /// More is held than before.
    pub fn grow(&self, bytes: usize) {
        self.grown
            .set(self.grown.get().saturating_add(bytes as u64));
    }

    /// Whether so much has come that it is to be looked at.
    pub fn is_due(&self) -> bool {
        self.grown.get() > self.budget.get() / 8
    }

    /// Keeps a block, or a closed tier under its number, that somebody waits for, or that it will be made of.
    pub fn pin(&self, waiter: Waiter, id: BlockId, is_on_the_way: bool) {
        let pin = Pin {
            waiter,
            id,
            is_on_the_way,
        };
        let mut pins = self.pins.borrow_mut();
        if !pins.contains(&pin) {
            pins.push(pin);
        }
    }

    /// What was waited for has been made: what it was made of may go.
    pub fn arrive(&self, waiter: Waiter) {
        let is_past = |pin: &Pin| pin.waiter == waiter && pin.is_on_the_way;
        self.pins.borrow_mut().retain(|pin| !is_past(pin));
    }

    /// Lets go of what is pinned for somebody, but for what is still of use.
    #[inline]
    pub fn release(&self, waiter: Waiter, is_of_use: impl Fn(BlockId) -> bool) {
        let mut pins = self.pins.borrow_mut();
        if !pins.is_empty() {
            pins.retain(|pin| pin.waiter != waiter || is_of_use(pin.id));
            if self.is_strained.take() {
                self.grown.set(u64::MAX);
            }
        }
    }

    fn pinned(&self) -> Vec<BlockId> {
        let pins = self.pins.borrow();
        let mut pinned: Vec<BlockId> = pins.iter().map(|pin| pin.id).collect();
        sort_by(&mut pinned, Ord::cmp);
        pinned
    }

    /// Notes what could not be had by who cannot fail.
    pub fn fail(&self, error: Error) {
        self.trouble.borrow_mut().get_or_insert(error);
    }

    pub fn contradiction(&self) {
        self.fail(Error::new(
            Code::Corrupt,
            "a part of the checkpoint contradicts itself",
        ));
    }

    pub fn check_sound(&self) -> Result<()> {
        self.trouble.borrow().clone().map_or(Ok(()), Err)
    }
}

/// A round over all that is held.
pub(crate) struct Round {
    kind: Kind,
    pinned: Vec<BlockId>,
    /// Bytes that are yet to be dropped.
    excess: u64,
    /// What is held: what can be dropped, what can be when it is part of a checkpoint, and the rest.
    pinned_bytes: u64,
    pub clean: u64,
    pub dirty: u64,
    pub fixed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Count,
    Unmarked,
    Any,
}

impl Round {
    fn new(kind: Kind, pinned: Vec<BlockId>, excess: u64) -> Round {
        Round {
            kind,
            pinned,
            excess,
            pinned_bytes: 0,
            clean: 0,
            dirty: 0,
            fixed: 0,
        }
    }

    /// Counts what is never dropped.
    pub fn fix(&mut self, bytes: usize) {
        self.fixed += bytes as u64;
    }

    /// Counts what is in no checkpoint yet.
    pub fn keep(&mut self, bytes: usize) {
        self.dirty += bytes as u64;
    }

    /// The same as below for what has a number by which it may be pinned.
    pub fn drops_loaded(&mut self, id: BlockId, mark: &Mark, bytes: usize) -> bool {
        if self.pinned.binary_search(&id).is_ok() {
            self.fix(bytes);
            self.pinned_bytes += bytes as u64;
            return false;
        }
        self.drops(mark, bytes)
    }

    /// Counts what can be; whether it is to be.
    pub fn drops(&mut self, mark: &Mark, bytes: usize) -> bool {
        self.clean += bytes as u64;
        let is_marked = mark.0.replace(mark.0.get() && self.kind == Kind::Count);
        let is_wanted = match self.kind {
            Kind::Count => false,
            Kind::Unmarked => !is_marked,
            Kind::Any => true,
        };
        let drops = is_wanted && self.excess > 0 && bytes > 0;
        if drops {
            self.excess = self.excess.saturating_sub(bytes as u64);
        }
        drops
    }
}

/// Whether something was used lately.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mark(Cell<bool>);

impl Mark {
    #[inline(always)]
    pub fn set(&self) {
        self.0.set(true);
    }

    /// Whether it was used; from now on it was not.
    pub fn take(&self) -> bool {
        self.0.take()
    }
}

/// Goes round until no more is held than the budget says, or all has been dropped that can be. `other` is what is known to be
/// held with it. Answers what is in no checkpoint.
pub(crate) fn make_room(memory: &Memory, other: u64, go: &mut dyn FnMut(&mut Round)) -> u64 {
    memory.grown.set(0);
    let budget = memory.budget();
    let mut count = Round::new(Kind::Count, memory.pinned(), 0);
    go(&mut count);
    let rest = (count.dirty + count.fixed).max(other.saturating_sub(count.clean));
    let least = (budget / 4 * 3).saturating_sub(rest).max(budget / 4);
    let is_over = rest.saturating_add(count.clean) > budget;
    memory.is_strained.set(is_over && count.pinned_bytes > 0);
    let mut excess = match is_over {
        true => count.clean.saturating_sub(least),
        false => 0,
    };
    for kind in [Kind::Unmarked, Kind::Any] {
        if excess > 0 {
            let mut round = Round::new(kind, memory.pinned(), excess);
            go(&mut round);
            excess = round.excess;
        }
    }
    count.dirty
}
