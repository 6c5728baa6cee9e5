//! Entries in sorted runs, and how runs are merged.

use crate::table::BlockId;
use crate::table::blocks::Blocks;
use crate::types::sort_by;
use std::cmp::Ordering;
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

/// Every how many entries of a run a fence stands, and every how many fences one of the next coarser level. What lies between
/// two of them is read all at once, where a binary search would wait for one line of memory after another.
const FENCE_ENTRIES: usize = 16;

/// A sorted run of one bucket.
#[derive(Debug)]
pub(super) struct Run<K> {
    pub id: BlockId,
    pub entries: Vec<Closed<K>>,
    /// Key and end of the first of each [`FENCE_ENTRIES`], and so on of these, the coarsest first.
    fences: Vec<Vec<(K, u64)>>,
    /// The least and the greatest key.
    keys: Option<(K, K)>,
    pub min_start: u64,
    pub min_end: u64,
    pub max_end: u64,
}

impl<K: Ord + Clone> Run<K> {
    pub fn new(mut entries: Vec<Closed<K>>, blocks: &mut Blocks) -> Run<K> {
        entries.shrink_to_fit();
        let ends = || entries.iter().map(|entry| entry.end);
        let keys = entries.first().zip(entries.last());
        Run {
            id: blocks.add_run(),
            fences: fences_of(&entries),
            keys: keys.map(|(first, last)| (first.key.clone(), last.key.clone())),
            min_start: entries.iter().map(|entry| entry.start).min().unwrap_or(0),
            min_end: ends().min().unwrap_or(0),
            max_end: ends().max().unwrap_or(0),
            entries,
        }
    }

    /// Of the entries of a key the first that is not `before`, which holds for those of smaller keys and a prefix of its
    /// own; the answer may be of a larger key.
    pub fn first_of(
        &self,
        compare: impl Fn(&K) -> Ordering,
        before: impl Fn(&K, u64) -> bool,
    ) -> Option<&Closed<K>> {
        let (least, greatest) = self.keys.as_ref()?;
        if compare(least).is_gt() || compare(greatest).is_lt() {
            return None;
        }
        let mut from = 0;
        for level in &self.fences {
            let passed = group(level, from)
                .iter()
                .filter(|(key, end)| before(key, *end));
            from = (from + passed.count()).saturating_sub(1) * FENCE_ENTRIES;
        }
        let within = group(&self.entries, from).iter();
        let passed = within.filter(|entry| before(&entry.key, entry.end));
        self.entries.get(from + passed.count())
    }

    pub fn bytes_held(&self) -> usize {
        let fences: usize = self.fences.iter().map(Vec::capacity).sum();
        self.entries.capacity() * size_of::<Closed<K>>() + fences * size_of::<(K, u64)>()
    }
}

/// What stands between two fences.
fn group<T>(level: &[T], from: usize) -> &[T] {
    &level[from..level.len().min(from + FENCE_ENTRIES)]
}

fn fences_of<K: Clone>(entries: &[Closed<K>]) -> Vec<Vec<(K, u64)>> {
    let firsts = entries.iter().step_by(FENCE_ENTRIES);
    let mut levels = vec![
        firsts
            .map(|entry| (entry.key.clone(), entry.end))
            .collect::<Vec<_>>(),
    ];
    while let [coarsest, ..] = levels.as_slice()
        && coarsest.len() > FENCE_ENTRIES
    {
        levels.insert(0, coarsest.iter().step_by(FENCE_ENTRIES).cloned().collect());
    }
    levels
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Residency;

    #[test]
    fn the_entry_of_a_key_that_ends_after_a_moment_is_found_wherever_fences_stand() {
        const FENCE: u64 = FENCE_ENTRIES as u64;
        for len in [
            0,
            1,
            2,
            FENCE,
            3 * FENCE + 1,
            FENCE * FENCE,
            FENCE * FENCE + 1,
            2 * FENCE * FENCE + 3,
        ] {
            // Four versions of every second key, of lives of ten.
            let entries: Vec<Closed<u64>> = (0..len)
                .map(|at| Closed {
                    key: at / 4 * 2,
                    end: (at % 4 + 1) * 10,
                    payload: at,
                    start: at % 4 * 10,
                })
                .collect();
            let run = Run::new(entries.clone(), &mut Blocks::new(Residency::All));
            for (key, seq) in (0..len + 2).flat_map(|key| [0, 9, 10, 39, 40].map(|seq| (key, seq)))
            {
                let before = |other: &u64, end: u64| (*other, end) < (key, seq + 1);
                let found = run.first_of(|other| other.cmp(&key), before);
                let found = found.filter(|entry| entry.key == key);
                let wanted = entries
                    .iter()
                    .find(|entry| entry.key == key && entry.holds_at(seq));
                assert_eq!(found, wanted, "{key} at {seq} of {len}");
            }
        }
    }
}
