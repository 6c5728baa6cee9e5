//! A walk over several runs at once, key by key, in either direction.

use super::Closed;
use std::cell::Cell;

/// Key by key over several runs.
pub(crate) struct ClosedWalk<'a, K> {
    sources: Vec<Source<'a, K>>,
    at: Option<u64>,
}

struct Source<'a, K> {
    entries: Entries<'a, K>,
    /// What has not been walked over.
    low: usize,
    high: usize,
    /// No entry lived longer.
    life: u64,
}

pub(super) enum Entries<'a, K> {
    Run(&'a [Closed<K>]),
    Buffer(Vec<Closed<K>>),
}

impl<K> Entries<'_, K> {
    fn get(&self) -> &[Closed<K>] {
        match self {
            Entries::Run(entries) => entries,
            Entries::Buffer(entries) => entries,
        }
    }
}

impl<'a, K: Ord + Clone> ClosedWalk<'a, K> {
    pub(super) fn new(at: Option<u64>) -> Self {
        ClosedWalk {
            sources: Vec::new(),
            at,
        }
    }

    pub(super) fn add(&mut self, entries: Entries<'a, K>, life: u64) {
        let high = entries.get().len();
        if high > 0 {
            self.sources.push(Source {
                entries,
                low: 0,
                high,
                life,
            });
        }
    }

    /// The next key that has wanted entries, from the end when `backwards`.
    pub fn peek(&mut self, backwards: bool, touched: &Cell<u64>) -> Option<K> {
        let at = self.at;
        let keys = self
            .sources
            .iter_mut()
            .filter_map(|source| source.settle(at, backwards, touched));
        if backwards { keys.max() } else { keys.min() }
    }

    /// The wanted entries of a key that `peek` answered; the walk goes on behind it.
    pub fn take(&mut self, key: &K, backwards: bool, touched: &Cell<u64>) -> Vec<Closed<K>> {
        let at = self.at;
        let mut found = Vec::new();
        for source in &mut self.sources {
            source.take(key, at, backwards, &mut found, touched);
        }
        found
    }
}

impl<K: Ord + Clone> Source<'_, K> {
    /// The group of the next key: its rows in the run.
    fn group(&self, backwards: bool) -> Option<(usize, usize)> {
        let entries = &self.entries.get()[self.low..self.high];
        let key = if backwards {
            &entries.last()?.key
        } else {
            &entries.first()?.key
        };
        if backwards {
            let first = entries.partition_point(|entry| entry.key < *key);
            Some((self.low + first, self.high))
        } else {
            Some((
                self.low,
                self.low + gallop(entries, |entry| entry.key <= *key),
            ))
        }
    }

    fn skip(&mut self, group: (usize, usize), backwards: bool) {
        if backwards {
            self.high = group.0;
        } else {
            self.low = group.1;
        }
    }

    fn wanted(
        &self,
        group: (usize, usize),
        at: Option<u64>,
        touched: &Cell<u64>,
        mut each: impl FnMut(&Closed<K>) -> bool,
    ) {
        let entries = &self.entries.get()[group.0..group.1];
        let Some(seq) = at else {
            touched.set(touched.get() + entries.len() as u64);
            entries.iter().all(each);
            return;
        };
        let first = gallop(entries, |entry| entry.end <= seq);
        for entry in &entries[first..] {
            touched.set(touched.get() + 1);
            if entry.end > seq.saturating_add(self.life) || (entry.start <= seq && !each(entry)) {
                return;
            }
        }
    }

    /// Moves to the next key that has a wanted entry.
    fn settle(&mut self, at: Option<u64>, backwards: bool, touched: &Cell<u64>) -> Option<K> {
        while let Some(group) = self.group(backwards) {
            let mut key = None;
            self.wanted(group, at, touched, |entry| {
                key = Some(entry.key.clone());
                false
            });
            if key.is_some() {
                return key;
            }
            self.skip(group, backwards);
        }
        None
    }

    fn take(
        &mut self,
        key: &K,
        at: Option<u64>,
        backwards: bool,
        found: &mut Vec<Closed<K>>,
        touched: &Cell<u64>,
    ) {
        let Some(group) = self.group(backwards) else {
            return;
        };
        if self.entries.get()[group.0].key == *key {
            self.wanted(group, at, touched, |entry| {
                found.push(entry.clone());
                true
            });
            self.skip(group, backwards);
        }
    }
}

/// Where a condition that holds for a prefix ends, found in steps that double: quick when it is near.
fn gallop<T>(entries: &[T], holds: impl Fn(&T) -> bool) -> usize {
    let mut step = 1;
    let mut low = 0;
    while low + step < entries.len() && holds(&entries[low + step]) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(entries.len());
    low + entries[low..high].partition_point(holds)
}
