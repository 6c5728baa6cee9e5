//! When the rows of a block came and when they ended.
//!
//! The comings are appended once and never change; the ends are apart from everything else, for they are
//! all that changes in a block that is full.

use crate::column::Bitmap;

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
#[derive(Debug, Clone)]
pub(crate) struct Ends {
    /// Which rows have not ended by themselves.
    live: Bitmap,
    live_count: usize,
    /// The ends of the others; empty before the first.
    seqs: Vec<u64>,
    /// The end that all rows in `live` share: `ALIVE` until the whole block ends at once.
    rest: u64,
    /// Of `seqs`: the earliest and the latest end.
    min: u64,
    max: u64,
}

impl Ends {
    pub fn new() -> Ends {
        Ends {
            live: Bitmap::new(),
            live_count: 0,
            seqs: Vec::new(),
            rest: ALIVE,
            min: ALIVE,
            max: 0,
        }
    }

    pub fn push_alive(&mut self, count: usize) {
        (0..count).for_each(|_| self.live.push(true));
        self.live_count += count;
        if !self.seqs.is_empty() {
            self.seqs.resize(self.live.len(), ALIVE);
        }
    }

    /// Ends one live row.
    pub fn end(&mut self, row: usize, seq: u64) {
        debug_assert!(self.live.get(row) && self.rest == ALIVE);
        self.seqs.resize(self.live.len(), ALIVE);
        self.seqs[row] = seq;
        self.live.set(row, false);
        self.live_count -= 1;
        self.min = self.min.min(seq);
        self.max = self.max.max(seq);
    }

    /// Ends all live rows at once.
    pub fn end_rest(&mut self, seq: u64) {
        self.rest = seq;
    }

    pub fn get(&self, row: usize) -> u64 {
        if self.live.get(row) {
            self.rest
        } else {
            self.seqs[row]
        }
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

    /// One end for each row, if any row ended by itself.
    pub fn seqs(&self) -> &[u64] {
        &self.seqs
    }

    pub fn bytes_held(&self) -> usize {
        self.live.words().len() * 8 + self.seqs.capacity() * 8
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
}
