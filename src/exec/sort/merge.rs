//! Merging sorted runs through a binary heap of their heads.

use super::key::{Entry, Keys};
use std::cmp::Ordering;
use std::ops::Range;

/// The runs of one array of entries that have not been given yet.
pub struct Merge {
    /// A heap by the first entry of each, the least on top; none is empty.
    runs: Vec<Range<usize>>,
}

impl Merge {
    pub fn new(runs: Vec<Range<usize>>, entries: &[Entry], keys: &Keys) -> Merge {
        let runs: Vec<_> = runs.into_iter().filter(|run| run.start < run.end).collect();
        let mut merge = Merge { runs };
        for top in (0..merge.runs.len() / 2).rev() {
            merge.sift_down(top, entries, keys);
        }
        merge
    }

    /// The next entry in order.
    pub fn next(&mut self, entries: &[Entry], keys: &Keys) -> Option<Entry> {
        let run = self.runs.first_mut()?;
        let entry = entries[run.start];
        run.start += 1;
        if run.start == run.end {
            self.runs.swap_remove(0);
        }
        self.sift_down(0, entries, keys);
        Some(entry)
    }

    fn sift_down(&mut self, mut parent: usize, entries: &[Entry], keys: &Keys) {
        let head = |runs: &[Range<usize>], run: usize| entries[runs[run].start];
        loop {
            let children = (2 * parent + 1)..(2 * parent + 3).min(self.runs.len());
            let least = children.min_by(|&left, &right| {
                keys.compare(head(&self.runs, left), head(&self.runs, right))
            });
            match least {
                Some(child)
                    if keys.compare(head(&self.runs, child), head(&self.runs, parent))
                        == Ordering::Less =>
                {
                    self.runs.swap(parent, child);
                    parent = child;
                }
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_out_in_order() {
        let prefixes = [1, 4, 9, 2, 3, 8, 0, 5];
        let entries: Vec<Entry> = (prefixes.iter().enumerate())
            .map(|(row, &prefix)| Entry {
                prefix,
                second: 0,
                row: row as u32,
            })
            .collect();
        let keys = Keys::new(Vec::new(), &[]);
        let mut merge = Merge::new(vec![0..3, 3..6, 6..6, 6..8], &entries, &keys);
        let merged: Vec<u64> = std::iter::from_fn(|| merge.next(&entries, &keys))
            .map(|entry| entry.prefix)
            .collect();
        assert_eq!(merged, [0, 1, 2, 3, 4, 5, 8, 9]);
    }
}
