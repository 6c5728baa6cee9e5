//! The entries that lived about equally long: a buffer of the latest and runs of the others.

use super::Closed;
use super::run::Run;
use crate::table::ordered_map::OrderedMap;
use std::rc::Rc;

/// The entries of about one length of life.
#[derive(Debug)]
pub(super) struct Bucket<K> {
    /// No entry lived longer.
    pub life: u64,
    pub buffer: Buffer<K>,
    pub runs: Vec<Rc<Run<K>>>,
}

/// (key, end, payload) to start.
type Buffer<K> = OrderedMap<(K, u64, u64), u64>;

/// The number of the bucket for lives of `4^bucket` up to `4^(bucket + 1)`.
pub(super) fn bucket_of(life: u64) -> usize {
    (life.max(1).ilog2() / 2) as usize
}

impl<K> Bucket<K> {
    pub fn new(number: usize) -> Bucket<K> {
        let life = 1u64.checked_shl(2 * (number as u32 + 1));
        Bucket {
            life: life.unwrap_or(u64::MAX),
            buffer: OrderedMap::default(),
            runs: Vec::new(),
        }
    }

    /// Whether the buffer may hold entries that held at a moment: all of them ended after those of the runs.
    pub fn is_buffered_at(&self, seq: u64) -> bool {
        let last = self.runs.last();
        last.is_none_or(|run| run.max_end <= seq.saturating_add(self.life))
    }

    /// The runs that may hold entries that held at a moment.
    pub fn runs_at(&self, seq: u64) -> impl Iterator<Item = &Rc<Run<K>>> {
        let last_end = seq.saturating_add(self.life);
        let first = self.runs.partition_point(|run| run.max_end <= seq);
        let near = self.runs[first..].iter();
        near.take_while(move |run| run.min_end <= last_end)
            .filter(move |run| run.min_start <= seq)
    }
}

pub(super) fn buffered<K: Clone>((key, end, payload): &(K, u64, u64), start: u64) -> Closed<K> {
    Closed {
        key: key.clone(),
        end: *end,
        payload: *payload,
        start,
    }
}

impl<K: Ord + Clone> Bucket<K> {
    /// The buffer's part of a walk: passing over what ended before the moment, and over what lived after it.
    pub fn buffered_at(
        &self,
        before: impl Fn(&K) -> bool,
        within: impl Fn(&K) -> bool,
        at: Option<u64>,
    ) -> Vec<Closed<K>> {
        let mut found = Vec::new();
        if at.is_some_and(|seq| !self.is_buffered_at(seq)) {
            return found;
        }
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
