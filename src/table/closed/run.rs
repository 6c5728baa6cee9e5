//! Entries in sorted runs, and how runs are merged.

use crate::table::BlockId;
use crate::table::blocks::Blocks;
use crate::types::sort_by;
use std::rc::Rc;

/// Runs are merged up to this size however long they then are in time.
pub(super) const SMALL_RUN_ENTRIES: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Closed<K> {
    pub key: K,
    pub end: u64,
    pub payload: u64,
    pub start: u64,
}

impl<K> Closed<K> {
    pub fn holds_at(&self, seq: u64) -> bool {
        self.start <= seq && seq < self.end
    }
}

/// A sorted run of one bucket.
#[derive(Debug)]
pub(super) struct Run<K> {
    pub id: BlockId,
    pub entries: Vec<Closed<K>>,
    pub min_start: u64,
    pub min_end: u64,
    pub max_end: u64,
}

impl<K: Ord + Clone> Run<K> {
    pub fn new(entries: Vec<Closed<K>>, blocks: &mut Blocks) -> Run<K> {
        let ends = || entries.iter().map(|entry| entry.end);
        Run {
            id: blocks.add_run(),
            min_start: entries.iter().map(|entry| entry.start).min().unwrap_or(0),
            min_end: ends().min().unwrap_or(0),
            max_end: ends().max().unwrap_or(0),
            entries,
        }
    }
}

/// A run of entries in any order.
pub(super) fn sorted_run<K: Ord + Clone>(
    mut entries: Vec<Closed<K>>,
    blocks: &mut Blocks,
) -> Rc<Run<K>> {
    sort_by(&mut entries, Ord::cmp);
    Rc::new(Run::new(entries, blocks))
}

/// Merges the newest runs of a bucket while the result is small or no longer in time than a life.
pub(super) fn merge_last<K: Ord + Clone>(
    runs: &mut Vec<Rc<Run<K>>>,
    life: u64,
    blocks: &mut Blocks,
) {
    while let [.., older, newer] = runs.as_slice() {
        let (a, b) = (older.entries.len(), newer.entries.len());
        let short = newer.max_end - older.min_end <= life && a <= 2 * b;
        if !short && a + b > SMALL_RUN_ENTRIES {
            return;
        }
        let merged = Rc::new(Run::new(merge(&older.entries, &newer.entries), blocks));
        runs.truncate(runs.len() - 2);
        runs.push(merged);
    }
}

fn merge<K: Ord + Clone>(left: &[Closed<K>], right: &[Closed<K>]) -> Vec<Closed<K>> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if a <= b { left.next() } else { right.next() };
        merged.extend(next.cloned());
    }
    merged.extend(left.cloned());
    merged.extend(right.cloned());
    merged
}
