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
//! a round drops what has no mark and takes the marks away. It drops nothing that the step at hand was waiting for: a step
//! that needs several blocks would wait for ever otherwise. A quarter of the budget is left to what can be dropped however
//! large the rest is, since a database that reads each block again for each row is of no use.
//!
//! Who reads in place can neither wait nor fail. What cannot be read then, or contradicts itself, is noted here: it has a
//! shape and no meaning, and whoever was to have an answer from the store or to write to it looks here first.

use crate::error::{Code, Error, Result};
use std::cell::{Cell, RefCell};

/// Shared by all that is held.
#[derive(Debug)]
pub(crate) struct Memory {
    budget: Cell<u64>,
    /// Bytes that came since room was last made.
    grown: Cell<u64>,
    /// Counts the steps of statements that got what they waited for.
    step: Cell<u32>,
    trouble: RefCell<Option<Error>>,
}

impl Default for Memory {
    fn default() -> Self {
        Memory {
            budget: Cell::new(u64::MAX),
            grown: Cell::new(0),
            step: Cell::new(1),
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

    pub fn step(&self) -> u32 {
        self.step.get()
    }

    /// A statement has got what it waited for.
    pub fn next_step(&self) {
        self.step.set(self.step.get().wrapping_add(1));
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
    step: u32,
    /// Bytes that are yet to be dropped.
    excess: u64,
    /// What is held: what can be dropped, what can be when it is part of a checkpoint, and the rest.
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
    fn new(kind: Kind, step: u32, excess: u64) -> Round {
        Round {
            kind,
            step,
            excess,
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

    /// Counts what can be; whether it is to be.
    pub fn drops(&mut self, mark: &Mark, bytes: usize) -> bool {
        self.clean += bytes as u64;
        let is_marked = mark
            .used
            .replace(mark.used.get() && self.kind == Kind::Count);
        let is_wanted = match self.kind {
            Kind::Count => false,
            Kind::Unmarked => !is_marked,
            Kind::Any => true,
        };
        let drops = is_wanted && self.excess > 0 && mark.step.get() != self.step && bytes > 0;
        if drops {
            self.excess = self.excess.saturating_sub(bytes as u64);
        }
        drops
    }
}

/// Whether something was used lately, and by which step it was waited for.
#[derive(Debug, Default, Clone)]
pub(crate) struct Mark {
    used: Cell<bool>,
    step: Cell<u32>,
}

impl Mark {
    #[inline(always)]
    pub fn set(&self) {
        self.used.set(true);
    }

    pub fn wait(&self, memory: &Memory) {
        self.set();
        self.step.set(memory.step());
    }
}

/// Goes round until no more is held than the budget says, or all has been dropped that can be. `other` is what is known to be
/// held with it. Answers what is in no checkpoint.
pub(crate) fn make_room(memory: &Memory, other: u64, go: &mut dyn FnMut(&mut Round)) -> u64 {
    memory.grown.set(0);
    let budget = memory.budget();
    let mut count = Round::new(Kind::Count, memory.step(), 0);
    go(&mut count);
    let rest = (count.dirty + count.fixed).max(other.saturating_sub(count.clean));
    let least = (budget / 4 * 3).saturating_sub(rest).max(budget / 4);
    let is_over = rest.saturating_add(count.clean) > budget && count.clean > least;
    let mut excess = if is_over { count.clean - least } else { 0 };
    for kind in [Kind::Unmarked, Kind::Any] {
        if excess > 0 {
            let mut round = Round::new(kind, memory.step(), excess);
            go(&mut round);
            excess = round.excess;
        }
    }
    count.dirty
}
