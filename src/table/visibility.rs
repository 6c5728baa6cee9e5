//! The one rule of what is seen: a block's stamps and a snapshot give a selection of its rows.
//!
//! A version is seen at `s` when it started at or before `s` and ended after it. In a block what has come is a
//! prefix, so only the ends are looked at, and of them only as many as needed:
//!
//! - `s` before the block's first row or after its last reading: nothing;
//! - no end at or before `s`: the prefix;
//! - `s` at or after the last end (every read of the present): the live bitmap;
//! - else each row's end is compared, without a branch.

use super::block::Block;
use super::stamps::ALIVE;
use crate::column::{Bitmap, Selection};
use crate::types::{Snapshot, Versions};
use std::rc::Rc;

/// The rows of a block that are meant.
#[derive(Debug, Clone)]
pub(crate) enum Selected {
    None,
    All,
    Some(Rc<Selection>),
}

impl Selected {
    pub(crate) fn of(rows: impl Into<Selection>, all: usize) -> Selected {
        let rows = rows.into();
        match rows.len() {
            0 => Selected::None,
            len if len == all => Selected::All,
            _ => Selected::Some(Rc::new(rows)),
        }
    }

    fn of_bits(bits: Bitmap, all: usize) -> Selected {
        Selected::of(Selection::of_bits(bits), all)
    }

    /// The rows, of `len` there are.
    pub fn rows(&self, len: usize) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            Selected::None => Box::new(std::iter::empty()),
            Selected::All => Box::new(0..len),
            Selected::Some(rows) => Box::new(rows.positions().iter().map(|row| *row as usize)),
        }
    }

    /// Leaves out the rows of a bitmap.
    pub fn without(self, out: &Bitmap, len: usize) -> Selected {
        let out = |row: usize| row < out.len() && out.get(row);
        let rows = self
            .rows(len)
            .filter(|row| !out(*row))
            .map(|row| row as u32);
        Selected::of(rows.collect::<Vec<u32>>(), len)
    }
}

impl Block {
    /// The rows that are seen as the versions say.
    pub fn select(&self, versions: &Versions) -> Selected {
        let Some(seq) = versions.snapshot().seq else {
            return Selected::None;
        };
        match versions {
            Versions::AsOf(_) => self.select_at(seq.0),
            Versions::Within { start, end, .. } => {
                let everything =
                    start.start == 0 && start.end == u64::MAX && *end == (0..=u64::MAX);
                let moved = self.is_moved() && self.read_until() <= seq.0;
                if everything && !moved && self.prefix(seq.0) == self.len() {
                    return Selected::All;
                }
                self.select_within(seq.0, versions)
            }
        }
    }

    fn select_at(&self, seq: u64) -> Selected {
        let prefix = self.prefix(seq);
        if prefix == 0 || seq >= self.read_until() || seq >= self.ends.rest() {
            return Selected::None;
        }
        let ends = &self.ends;
        if seq < ends.min() {
            return Selected::of_bits(Bitmap::filled(true, prefix), self.len());
        }
        // All moments after the last end have one selection.
        let moment = if seq >= ends.max() && prefix == self.len() {
            ALIVE
        } else {
            seq
        };
        if let Some((at, selected)) = &*self.cache.borrow()
            && *at == moment
        {
            return selected.clone();
        }
        let bits = if seq >= ends.max() {
            ends.unended().prefix(prefix)
        } else {
            ends.ending_after(prefix, seq)
        };
        let selected = Selected::of_bits(bits, self.len());
        *self.cache.borrow_mut() = Some((moment, selected.clone()));
        selected
    }

    /// Each version once, by its newest copy as known at `seq`, with the ends that were known then.
    fn select_within(&self, seq: u64, versions: &Versions) -> Selected {
        let wanted = |row: &usize| {
            !self.has_moved(*row, seq) && lies_within(versions, self.start(*row), self.end_of(*row))
        };
        let rows = (0..self.prefix(seq)).filter(wanted).map(|row| row as u32);
        Selected::of(rows.collect::<Vec<u32>>(), self.len())
    }
}

/// An end as a snapshot knows it: what ended later is still alive.
pub(crate) fn known_end(snapshot: Snapshot, end: u64) -> u64 {
    match snapshot.seq {
        Some(seq) if end <= seq.0 => end,
        _ => ALIVE,
    }
}

/// Whether one version is among those that are meant.
pub(crate) fn lies_within(versions: &Versions, start: u64, end: u64) -> bool {
    match versions {
        Versions::AsOf(snapshot) => snapshot
            .seq
            .is_some_and(|seq| start <= seq.0 && seq.0 < end),
        Versions::Within {
            snapshot,
            start: starts,
            end: ends,
        } => {
            snapshot.seq.is_some_and(|seq| start <= seq.0)
                && starts.contains(&start)
                && ends.contains(&known_end(*snapshot, end))
        }
    }
}
