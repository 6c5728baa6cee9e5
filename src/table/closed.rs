//! What was and is over: entries with the interval in which they held, in sorted runs that never change.
//!
//! ```text
//!   life of     runs, by the time of their ends                          entry: key, payload, [start, end)
//!   [1, 4)      [ends 0..90] [90..170] [170..260] …  small: many short lives
//!   [4, 16)     [ends 0..200] [200..410] …
//!   [1024, …)   [ends 0..3000]                       one: few long lives
//!   buffers     the latest few thousand, sorted, not yet in a run
//! ```
//!
//! Entries are bucketed by length of life, and the runs of a bucket follow each other in time, none much
//! longer than the lives in it. So a moment `s` concerns only runs whose ends lie in `(s, s + life]`, and of
//! these a good part of the entries: an old moment finds its entries without wading through those of others,
//! the idea of an interval tree kept in sequential runs. Within a run entries are sorted by (key, end), so a
//! key with a million dead versions is crossed by a binary search.
//!
//! Runs are merged while that keeps them short in time, or while they are small; each entry is written
//! O(log n) times.

use super::blocks::Blocks;
use super::ordered_map::OrderedMap;
use super::{BlockId, Fetch};
use std::cell::Cell;
use std::cmp::Ordering;
use std::rc::Rc;

const BUFFER_ENTRIES: usize = 4096;
/// Runs are merged up to this size however long they then are in time.
const SMALL_RUN_ENTRIES: usize = 4096;

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
struct Run<K> {
    id: BlockId,
    entries: Vec<Closed<K>>,
    min_start: u64,
    min_end: u64,
    max_end: u64,
}

#[derive(Debug)]
pub(crate) struct ClosedTier<K> {
    buckets: Vec<Bucket<K>>,
    buffered: usize,
    max_end: u64,
}

/// The entries of about one length of life.
#[derive(Debug)]
struct Bucket<K> {
    /// No entry lived longer.
    life: u64,
    buffer: Buffer<K>,
    runs: Vec<Rc<Run<K>>>,
}

/// (key, end, payload) to start.
type Buffer<K> = OrderedMap<(K, u64, u64), u64>;

impl<K> Default for ClosedTier<K> {
    fn default() -> Self {
        ClosedTier {
            buckets: Vec::new(),
            buffered: 0,
            max_end: 0,
        }
    }
}

/// The number of the bucket for lives of `4^bucket` up to `4^(bucket + 1)`.
fn bucket_of(life: u64) -> usize {
    (life.max(1).ilog2() / 2) as usize
}

impl<K> Bucket<K> {
    fn new(number: usize) -> Bucket<K> {
        let life = 1u64.checked_shl(2 * (number as u32 + 1));
        Bucket {
            life: life.unwrap_or(u64::MAX),
            buffer: OrderedMap::default(),
            runs: Vec::new(),
        }
    }

    /// The runs that may hold entries that held at a moment.
    fn runs_at(&self, seq: u64) -> impl Iterator<Item = &Rc<Run<K>>> {
        let last_end = seq.saturating_add(self.life);
        let first = self.runs.partition_point(|run| run.max_end <= seq);
        let near = self.runs[first..].iter();
        near.take_while(move |run| run.min_end <= last_end)
            .filter(move |run| run.min_start <= seq)
    }
}

impl<K: Ord + Clone> ClosedTier<K> {
    /// The latest end; 0 without entries. Moments from it on find nothing here.
    pub fn max_end(&self) -> u64 {
        self.max_end
    }

    /// Adds an entry; ends never descend from one call to the next.
    pub fn push(&mut self, entry: Closed<K>, blocks: &mut Blocks) {
        self.max_end = self.max_end.max(entry.end);
        let bucket = bucket_of(entry.end - entry.start);
        while self.buckets.len() <= bucket {
            self.buckets.push(Bucket::new(self.buckets.len()));
        }
        let buffer = &mut self.buckets[bucket].buffer;
        buffer.insert((entry.key, entry.end, entry.payload), entry.start);
        self.buffered += 1;
        if self.buffered >= BUFFER_ENTRIES {
            self.flush(blocks);
        }
    }

    fn flush(&mut self, blocks: &mut Blocks) {
        self.buffered = 0;
        for bucket in self
            .buckets
            .iter_mut()
            .filter(|bucket| bucket.buffer.len() > 0)
        {
            let buffer = std::mem::take(&mut bucket.buffer);
            let entries = buffer
                .iter()
                .map(|(key, start)| buffered(key, start))
                .collect();
            bucket.runs.push(Rc::new(Run::new(entries, blocks)));
            merge_last(&mut bucket.runs, bucket.life, blocks);
        }
    }

    fn all_runs(&self) -> impl Iterator<Item = &Rc<Run<K>>> {
        self.buckets.iter().flat_map(|bucket| &bucket.runs)
    }

    /// The entry of a key that held at a moment, where at most one does.
    pub fn find(
        &self,
        compare: impl Fn(&K) -> Ordering,
        seq: u64,
        blocks: &Blocks,
        touched: &Cell<u64>,
    ) -> Fetch<Option<Closed<K>>> {
        if seq >= self.max_end {
            return Fetch::Ready(None);
        }
        let before = |key: &K, end: u64| compare(key).then_with(|| end.cmp(&(seq + 1))).is_lt();
        let holds = |entry: &Closed<K>| compare(&entry.key).is_eq() && entry.holds_at(seq);
        for bucket in &self.buckets {
            let place = bucket.buffer.seek(|(key, end, _)| before(key, *end));
            if let Some((key, start)) = bucket.buffer.entry(place) {
                touched.set(touched.get() + 1);
                let entry = buffered(key, start);
                if holds(&entry) {
                    return Fetch::Ready(Some(entry));
                }
            }
            for run in bucket.runs_at(seq) {
                if let Some(id) = blocks.need(run.id) {
                    return Fetch::Need(id);
                }
                let first = run
                    .entries
                    .partition_point(|entry| before(&entry.key, entry.end));
                if let Some(entry) = run.entries.get(first) {
                    touched.set(touched.get() + 1);
                    if holds(entry) {
                        return Fetch::Ready(Some(entry.clone()));
                    }
                }
            }
        }
        Fetch::Ready(None)
    }

    /// All entries of a key, sorted by end.
    pub fn all_of(
        &self,
        compare: impl Fn(&K) -> Ordering,
        blocks: &Blocks,
    ) -> Fetch<Vec<Closed<K>>> {
        let mut found = Vec::new();
        for bucket in &self.buckets {
            for run in &bucket.runs {
                if let Some(id) = blocks.need(run.id) {
                    return Fetch::Need(id);
                }
                let first = run
                    .entries
                    .partition_point(|entry| compare(&entry.key).is_lt());
                let rest = run.entries[first..].iter();
                found.extend(
                    rest.take_while(|entry| compare(&entry.key).is_eq())
                        .cloned(),
                );
            }
            let place = bucket.buffer.seek(|(key, _, _)| compare(key).is_lt());
            let rest = bucket
                .buffer
                .iter_from(place)
                .map(|(key, start)| buffered(key, start));
            found.extend(rest.take_while(|entry| compare(&entry.key).is_eq()));
        }
        found.sort_by_key(|entry| (entry.end, entry.payload));
        Fetch::Ready(found)
    }

    /// A walk over the entries of the keys that are not `before` and are `within`: those that held at a
    /// moment, or all.
    pub fn walk<'a>(
        &'a self,
        before: impl Fn(&K) -> bool,
        within: impl Fn(&K) -> bool,
        at: Option<u64>,
        blocks: &Blocks,
    ) -> Fetch<ClosedWalk<'a, K>> {
        let mut walk = ClosedWalk {
            sources: Vec::new(),
            at,
        };
        if at.is_some_and(|seq| seq >= self.max_end) {
            return Fetch::Ready(walk);
        }
        for bucket in &self.buckets {
            let runs: Vec<&Rc<Run<K>>> = match at {
                Some(seq) => bucket.runs_at(seq).collect(),
                None => bucket.runs.iter().collect(),
            };
            for run in runs {
                if let Some(id) = blocks.need(run.id) {
                    return Fetch::Need(id);
                }
                let low = run.entries.partition_point(|entry| before(&entry.key));
                let high = run.entries.partition_point(|entry| within(&entry.key));
                walk.add(Entries::Run(&run.entries[low..high.max(low)]), bucket.life);
            }
            let buffered = bucket.buffered_at(&before, &within, at);
            walk.add(Entries::Buffer(buffered), bucket.life);
        }
        Fetch::Ready(walk)
    }

    pub fn runs(&self) -> usize {
        self.all_runs().count()
    }

    pub fn bytes_held(&self) -> usize {
        let runs: usize = self.all_runs().map(|run| run.entries.capacity()).sum();
        let buffers: usize = self
            .buckets
            .iter()
            .map(|bucket| bucket.buffer.bytes_held())
            .sum();
        runs * size_of::<Closed<K>>() + buffers
    }
}

fn buffered<K: Clone>((key, end, payload): &(K, u64, u64), start: u64) -> Closed<K> {
    Closed {
        key: key.clone(),
        end: *end,
        payload: *payload,
        start,
    }
}

impl<K: Ord + Clone> Bucket<K> {
    /// The buffer's part of a walk: passing over what ended before the moment, and over what lived after it.
    fn buffered_at(
        &self,
        before: impl Fn(&K) -> bool,
        within: impl Fn(&K) -> bool,
        at: Option<u64>,
    ) -> Vec<Closed<K>> {
        let mut found = Vec::new();
        let mut place = self.buffer.seek(|(key, _, _)| before(key));
        while let Some((entry, start)) = self.buffer.entry(place)
            && within(&entry.0)
        {
            let (key, end, _) = entry;
            place = match at {
                Some(seq) if *end <= seq => self
                    .buffer
                    .seek(|(other, end, _)| other < key || (other == key && *end <= seq)),
                Some(seq) if end - seq > self.life => {
                    self.buffer.seek(|(other, _, _)| other <= key)
                }
                _ => {
                    found.push(buffered(entry, start));
                    self.buffer.next(place)
                }
            };
        }
        found
    }
}

impl<K: Ord + Clone> Run<K> {
    fn new(entries: Vec<Closed<K>>, blocks: &mut Blocks) -> Run<K> {
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

/// Merges the newest runs of a bucket while the result is small or no longer in time than a life.
fn merge_last<K: Ord + Clone>(runs: &mut Vec<Rc<Run<K>>>, life: u64, blocks: &mut Blocks) {
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

enum Entries<'a, K> {
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
    fn add(&mut self, entries: Entries<'a, K>, life: u64) {
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
