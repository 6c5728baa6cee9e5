//! When the rows of a block came and when they ended.
//!
//! The comings are appended once and never change; the ends are apart from everything else, for they are
//! all that changes in a block that is full.

use crate::column::kernel::{are_greater, bits_of_flags};
use crate::column::{Bitmap, CHUNK_ROWS};

/// The end of a version that is alive.
pub(crate) const ALIVE: u64 = u64::MAX;

/// One sequence for each row: a constant as long as all rows share it.
#[derive(Debug, Clone)]
pub(crate) enum Stamps {
    Constant { seq: u64, rows: usize },
    PerRow(Vec<u64>),
}

impl Stamps {
    pub fn new() -> Stamps {
        Stamps::Constant { seq: 0, rows: 0 }
    }

    /// Those of a whole block.
    pub fn of(seqs: Vec<u64>) -> Stamps {
        match seqs.first() {
            Some(&seq) if seqs.iter().all(|other| *other == seq) => Stamps::Constant {
                seq,
                rows: seqs.len(),
            },
            _ => Stamps::PerRow(seqs),
        }
    }

    pub fn get(&self, row: usize) -> u64 {
        match self {
            Stamps::Constant { seq, .. } => *seq,
            Stamps::PerRow(seqs) => seqs[row],
        }
    }

    pub fn push(&mut self, seq: u64, count: usize) {
        match self {
            Stamps::Constant { seq: all, rows } if *rows == 0 || *all == seq => {
                *all = seq;
                *rows += count;
            }
            Stamps::Constant { seq: all, rows } => {
                let mut seqs = vec![*all; *rows];
                seqs.extend(std::iter::repeat_n(seq, count));
                *self = Stamps::PerRow(seqs);
            }
            Stamps::PerRow(seqs) => seqs.extend(std::iter::repeat_n(seq, count)),
        }
    }

    /// How many rows came up to a sequence, where the stamps ascend.
    pub fn prefix(&self, until: u64) -> usize {
        match self {
            Stamps::Constant { seq, rows } if *seq <= until => *rows,
            Stamps::Constant { .. } => 0,
            Stamps::PerRow(seqs) if seqs.last().is_some_and(|last| *last <= until) => seqs.len(),
            Stamps::PerRow(seqs) => seqs.partition_point(|seq| *seq <= until),
        }
    }

    pub fn bytes_held(&self) -> usize {
        match self {
            Stamps::Constant { .. } => 0,
            Stamps::PerRow(seqs) => seqs.capacity() * 8,
        }
    }
}

/// The ends of a block's rows.
///
/// They are kept as distances from the first end, in 32 bits, so that a compare of all of them with a moment
/// works on as many at once as a vector register holds. An end too far away is alive to that compare, and is
/// kept apart.
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    /// Which rows have not ended by themselves.
    live: Bitmap,
    live_count: usize,
    /// The ends of the others, from `min` on; empty before the first.
    near: Vec<i32>,
    far: Vec<(usize, u64)>,
    /// The end that all rows in `live` share: `ALIVE` until the whole block ends at once.
    rest: u64,
    /// The first and the last end of any row that ended by itself.
    min: u64,
    max: u64,
}

/// Alive, or too far away.
const FAR: i32 = i32::MAX;

fn distance(from: u64, to: u64) -> i32 {
    i32::try_from(to - from).unwrap_or(FAR)
}

impl Ends {
    pub fn new() -> Ends {
        Ends {
            live: Bitmap::new(),
            live_count: 0,
            near: Vec::new(),
            far: Vec::new(),
            rest: ALIVE,
            min: ALIVE,
            max: 0,
        }
    }

    /// Those of a whole block: which rows have not ended by themselves, the ends of the others in their order, and
    /// the end that the rest shares.
    pub fn of(live: Bitmap, own: Vec<u64>, rest: u64) -> Ends {
        let mut ends = Ends {
            live_count: live.count_ones(),
            min: own.iter().copied().min().unwrap_or(ALIVE),
            max: own.iter().copied().max().unwrap_or(0),
            near: Vec::new(),
            far: Vec::new(),
            live,
            rest,
        };
        if own.is_empty() {
            return ends;
        }
        let mut own = own.into_iter();
        for row in 0..ends.live.len() {
            let end = match ends.live.get(row) {
                true => None,
                false => own.next(),
            };
            ends.near
                .push(end.map_or(FAR, |end| distance(ends.min, end)));
            if let (Some(end), Some(&FAR)) = (end, ends.near.last()) {
                ends.far.push((row, end));
            }
        }
        ends
    }

    pub fn push_alive(&mut self, count: usize) {
        (0..count).for_each(|_| self.live.push(true));
        self.live_count += count;
        if !self.near.is_empty() {
            self.near.resize(self.live.len(), FAR);
        }
    }

    /// Ends one live row, no earlier than any before.
    pub fn end(&mut self, row: usize, seq: u64) {
        debug_assert!(self.live.get(row) && self.rest == ALIVE && seq >= self.max);
        self.min = self.min.min(seq);
        self.max = seq;
        self.near.resize(self.live.len(), FAR);
        self.near[row] = distance(self.min, seq);
        if self.near[row] == FAR {
            self.far.push((row, seq));
        }
        self.live.set(row, false);
        self.live_count -= 1;
    }

    /// Ends all live rows at once.
    pub fn end_rest(&mut self, seq: u64) {
        self.rest = seq;
    }

    pub fn get(&self, row: usize) -> u64 {
        if self.live.get(row) {
            return self.rest;
        }
        match self.near[row] {
            FAR => self.far_end(row),
            near => self.min + near as u64,
        }
    }

    fn far_end(&self, row: usize) -> u64 {
        let far = self.far.iter().find(|(of, _)| *of == row);
        far.expect("an end is near or far").1
    }

    /// Rows that have not ended by themselves.
    pub fn unended(&self) -> &Bitmap {
        &self.live
    }

    pub fn live_count(&self) -> usize {
        if self.rest == ALIVE {
            self.live_count
        } else {
            0
        }
    }

    pub fn rest(&self) -> u64 {
        self.rest
    }

    /// The latest end of any row that ended by itself; 0 if none did.
    pub fn max(&self) -> u64 {
        self.max
    }

    /// The earliest end of any row that ended by itself; `ALIVE` if none did.
    pub fn min(&self) -> u64 {
        self.min
    }

    /// Of the first `rows`, those that had not ended by themselves at a sequence, which is not before `min`.
    pub fn ending_after(&self, rows: usize, seq: u64) -> Bitmap {
        match distance(self.min, seq) {
            FAR => (0..rows).map(|row| self.get(row) > seq).collect(),
            near => {
                let mut flags = [0; CHUNK_ROWS];
                are_greater(&self.near[..rows], near, &mut flags[..rows]);
                bits_of_flags(&flags[..rows])
            }
        }
    }

    pub fn bytes_held(&self) -> usize {
        self.live.words().len() * 8 + self.near.capacity() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_stay_constant_until_they_differ() {
        let mut stamps = Stamps::new();
        stamps.push(4, 3);
        stamps.push(4, 1);
        assert!(matches!(stamps, Stamps::Constant { seq: 4, rows: 4 }));
        stamps.push(6, 2);
        let prefixes: Vec<usize> = (3..8).map(|seq| stamps.prefix(seq)).collect();
        assert_eq!(prefixes, [0, 4, 4, 6, 6]);
    }

    #[test]
    fn a_row_ends_by_itself_or_with_the_rest() {
        let mut ends = Ends::new();
        ends.push_alive(3);
        ends.end(1, 7);
        ends.push_alive(1);
        assert_eq!(ends.live_count(), 3);
        ends.end_rest(9);
        let all: Vec<u64> = (0..4).map(|row| ends.get(row)).collect();
        assert_eq!((all, ends.live_count()), (vec![9, 7, 9, 9], 0));
    }

    #[test]
    fn an_end_far_from_the_first_is_not_mistaken_for_none() {
        let mut ends = Ends::new();
        ends.push_alive(20);
        let far = 10 + i32::MAX as u64;
        ends.end(3, 10);
        ends.end(4, far - 1);
        ends.end(5, far);
        ends.end(6, far + 5);
        assert_eq!(
            [3, 4, 5, 6].map(|row| ends.get(row)),
            [10, far - 1, far, far + 5]
        );
        let gone = |seq| {
            let left = ends.ending_after(20, seq);
            (0..20)
                .filter(|row| !left.get(*row))
                .collect::<Vec<usize>>()
        };
        assert_eq!(gone(10), [3]);
        assert_eq!(gone(far - 2), [3]);
        assert_eq!(gone(far - 1), [3, 4]);
        assert_eq!(gone(far), [3, 4, 5]);
        assert_eq!(gone(far + 9), [3, 4, 5, 6]);
    }
}
