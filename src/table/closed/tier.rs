//! All entries of an index, or of a table's row map, that are over.

use super::bucket::{Bucket, bucket_of, buffered};
use super::run::{Run, SMALL_RUN_ENTRIES, merge_last, sorted_run};
use super::walk::Entries;
use super::{Closed, ClosedWalk};
use crate::table::blocks::Blocks;
use crate::table::memory::{Mark, Round};
use crate::table::{BlockId, Fetch};
use crate::types::sort_by_key;
use std::cell::Cell;
use std::cmp::Ordering;
use std::rc::Rc;

const BUFFER_ENTRIES: usize = 4096;

#[derive(Debug)]
pub(crate) struct ClosedTier<K> {
    buckets: Vec<Bucket<K>>,
    buffered: usize,
    max_end: u64,
    /// What ended up to a sequence is not here yet, and is needed under this number.
    awaited: Option<(BlockId, u64)>,
    /// The number under which what is here was needed.
    made: Option<BlockId>,
    mark: Mark,
}

impl<K> Default for ClosedTier<K> {
    fn default() -> Self {
        ClosedTier {
            buckets: Vec::new(),
            buffered: 0,
            max_end: 0,
            awaited: None,
            made: None,
            mark: Mark::default(),
        }
    }
}

impl<K: Ord + Clone> ClosedTier<K> {
    /// The latest end; 0 without entries. Moments from it on find nothing here.
    pub fn max_end(&self) -> u64 {
        self.max_end
    }

    /// Of what ended up to a sequence, nothing is known before it is needed.
    pub fn await_past(&mut self, until: u64, blocks: &mut Blocks) {
        self.max_end = self.max_end.max(until);
        self.awaited = Some((blocks.add_run(), until));
    }

    /// Up to which sequence nothing is known.
    pub fn awaited(&self) -> Option<u64> {
        self.awaited.map(|(_, until)| until)
    }

    /// Up to which sequence it is needed under this number.
    pub fn awaits(&self, id: BlockId) -> Option<u64> {
        let (awaited, until) = self.awaited?;
        (awaited == id).then_some(until)
    }

    /// Whether it is to be dropped, which it is as a whole, and something besides.
    pub fn go_round(&self, round: &mut Round, besides: usize) -> bool {
        let held = self.bytes_held() + besides;
        match self.made.or(self.awaited.map(|(id, _)| id)) {
            Some(id) => round.drops_loaded(id, &self.mark, held),
            None => round.drops(&self.mark, held),
        }
    }

    /// Takes in what ended before anything that is here.
    pub fn take_past(&mut self, mut past: ClosedTier<K>, blocks: &mut Blocks) {
        past.flush(blocks);
        self.made = self.awaited.take().map(|(id, _)| id);
        blocks.memory.grow(past.bytes_held());
        self.mark.set();
        while self.buckets.len() < past.buckets.len() {
            self.buckets.push(Bucket::new(self.buckets.len()));
        }
        for (own, past) in self.buckets.iter_mut().zip(past.buckets) {
            own.runs.splice(0..0, past.runs);
        }
    }

    /// What a read at a moment, or of all, has to wait for.
    fn missing(&self, at: Option<u64>, blocks: &Blocks) -> Option<BlockId> {
        self.mark.set();
        if let Some(id) = self.made {
            blocks.touch(id);
        }
        let (id, until) = self.awaited?;
        at.is_none_or(|seq| seq < until).then_some(id)
    }

    /// Those of many entries that come in the order of their ends: each is put into its run at once, where entries that
    /// come one by one are merged again and again.
    pub fn of(entries: Vec<Closed<K>>, blocks: &mut Blocks) -> ClosedTier<K> {
        let mut tier = ClosedTier {
            max_end: entries.last().map_or(0, |last| last.end),
            ..ClosedTier::default()
        };
        let mut waiting: Vec<Vec<Closed<K>>> = Vec::new();
        for entry in entries {
            let number = bucket_of(entry.end - entry.start);
            while tier.buckets.len() <= number {
                tier.buckets.push(Bucket::new(tier.buckets.len()));
                waiting.push(Vec::new());
            }
            let (bucket, run) = (&mut tier.buckets[number], &mut waiting[number]);
            let is_full = |first: &Closed<K>| {
                run.len() >= SMALL_RUN_ENTRIES && entry.end - first.end > bucket.life
            };
            if run.first().is_some_and(is_full) {
                bucket.runs.push(sorted_run(std::mem::take(run), blocks));
            }
            run.push(entry);
        }
        for (bucket, run) in tier.buckets.iter_mut().zip(waiting) {
            if !run.is_empty() {
                bucket.runs.push(sorted_run(run, blocks));
            }
        }
        tier
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
        if let Some(id) = self.missing(Some(seq), blocks) {
            return Fetch::Need(id);
        }
        let before = |key: &K, end: u64| compare(key).then_with(|| end.cmp(&(seq + 1))).is_lt();
        let holds = |entry: &Closed<K>| compare(&entry.key).is_eq() && entry.holds_at(seq);
        for bucket in &self.buckets {
            if bucket.is_buffered_at(seq)
                && let place = bucket.buffer.seek(|(key, end, _)| before(key, *end))
                && let Some((key, start)) = bucket.buffer.entry(place)
            {
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
                if let Some(entry) = run.first_of(&compare, before) {
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
        if let Some(id) = self.missing(None, blocks) {
            return Fetch::Need(id);
        }
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
        sort_by_key(&mut found, |entry| (entry.end, entry.payload));
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
        let mut walk = ClosedWalk::new(at);
        if at.is_some_and(|seq| seq >= self.max_end) {
            return Fetch::Ready(walk);
        }
        if let Some(id) = self.missing(at, blocks) {
            return Fetch::Need(id);
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

    /// Shows every entry, in no order.
    pub fn each(&self, see: &mut dyn FnMut(&Closed<K>)) {
        self.all_runs()
            .flat_map(|run| &run.entries)
            .for_each(&mut *see);
        for bucket in &self.buckets {
            for (entry, start) in bucket.buffer.iter() {
                see(&buffered(entry, start));
            }
        }
    }

    pub fn runs(&self) -> usize {
        self.all_runs().count()
    }

    pub fn bytes_held(&self) -> usize {
        let runs: usize = self.all_runs().map(|run| run.bytes_held()).sum();
        let buffers: usize = self
            .buckets
            .iter()
            .map(|bucket| bucket.buffer.bytes_held())
            .sum();
        runs + buffers
    }
}
