//! The pairs of rows that may match, a chunk's worth at a time.

use super::key_table::KeyTable;
use crate::column::{CHUNK_ROWS, Chunk, Vector, kernel};
use std::rc::Rc;

/// One chunk of the left side on its way through the join.
pub struct Probe {
    pub chunk: Chunk,
    /// Which of its rows, by position in the vectors, have found a match.
    pub matched: Vec<bool>,
    /// Those of which the condition was NULL.
    pub unknown: Vec<bool>,
    keys: Vec<Rc<Vector>>,
    hashes: Vec<u64>,
    /// The row whose candidates come next, by its place among the selected ones.
    index: usize,
    /// Where its candidates go on; `None`: it has not begun.
    resume: Option<Resume>,
}

#[derive(Clone, Copy)]
enum Resume {
    /// This row of the right side comes next.
    At(u32),
    Ended,
}

/// Positions in the left chunk and in the right side.
#[derive(Default)]
pub struct Pairs {
    pub left: Vec<u32>,
    pub right: Vec<u32>,
}

/// The right side, as far as looking for candidates goes.
pub struct Candidates<'a> {
    pub rows: usize,
    /// `None`: every row is a candidate.
    pub keys: Option<(&'a KeyTable, &'a [Rc<Vector>])>,
    /// One candidate is enough.
    pub only_first: bool,
    /// Rows that have found a match need no more.
    pub skip_matched: bool,
}

impl Probe {
    /// `keys` are the key expressions' values over the chunk.
    pub fn new(chunk: Chunk, keys: Vec<Rc<Vector>>) -> Probe {
        Probe {
            matched: vec![false; chunk.rows],
            unknown: vec![false; chunk.rows],
            hashes: kernel::hash_rows(&keys, chunk.rows, chunk.selected()),
            index: 0,
            resume: None,
            chunk,
            keys,
        }
    }

    /// The next pairs; none when all rows are through.
    pub fn next_pairs(&mut self, right: &Candidates) -> Pairs {
        let mut pairs = Pairs::default();
        while self.index < self.chunk.len() && pairs.left.len() < CHUNK_ROWS {
            let row = self.chunk.position(self.index);
            let candidate = match self.resume {
                _ if right.skip_matched && self.matched[row] => Resume::Ended,
                Some(resume) => resume,
                None => self.first(right, row),
            };
            let Resume::At(candidate) = candidate else {
                self.index += 1;
                self.resume = None;
                continue;
            };
            if self.is_candidate(right, row, candidate) {
                pairs.left.push(row as u32);
                pairs.right.push(candidate);
                self.resume = Some(match right.only_first {
                    true => Resume::Ended,
                    false => after(right, candidate),
                });
            } else {
                self.resume = Some(after(right, candidate));
            }
        }
        pairs
    }

    fn first(&self, right: &Candidates, row: usize) -> Resume {
        match right.keys {
            Some(_) if kernel::any_null(&self.keys, row) => Resume::Ended,
            Some((table, _)) => table.first(self.hashes[self.index]).into(),
            None => (right.rows > 0).then_some(0).into(),
        }
    }

    fn is_candidate(&self, right: &Candidates, row: usize, candidate: u32) -> bool {
        right.keys.is_none_or(|(table, keys)| {
            table.hash(candidate) == self.hashes[self.index]
                && kernel::rows_equal(&self.keys, row, keys, candidate as usize)
        })
    }
}

fn after(right: &Candidates, candidate: u32) -> Resume {
    match right.keys {
        Some((table, _)) => table.after(candidate).into(),
        None => ((candidate as usize + 1) < right.rows)
            .then_some(candidate + 1)
            .into(),
    }
}

impl From<Option<u32>> for Resume {
    fn from(row: Option<u32>) -> Self {
        row.map_or(Resume::Ended, Resume::At)
    }
}
