//! What is kept of all commits besides their changes, in their order.
//!
//! ```text
//!   stretches  [ 0..4096 ][ 4096..8192 ] …     those of a checkpoint: packed until one of them is asked for, or when room is made
//!   latest     [ 8200, 8201, … ]               those since
//! ```

use super::CommitInfo;
use super::memory::{Mark, Round};
use super::waiting::Bytes;
use crate::encoding::wire::Decoded;
use std::cell::OnceCell;

#[derive(Default)]
pub(super) struct Commits {
    stretches: Vec<Stretch>,
    /// How many there are in stretches.
    before: usize,
    latest: Vec<CommitInfo>,
}

/// Commits that follow each other, as a part of a checkpoint has them.
pub(super) struct Stretch {
    /// The number of the first.
    pub from: usize,
    pub count: usize,
    /// The times of the first and of the last.
    pub times: [i64; 2],
    pub bytes: Bytes,
    pub read: fn(&[u8]) -> Decoded<Vec<CommitInfo>>,
    pub commits: OnceCell<Vec<CommitInfo>>,
    pub mark: Mark,
}

/// What a commit takes, about.
const COMMIT_BYTES: usize = size_of::<CommitInfo>() + 32;

impl Stretch {
    fn commits(&self) -> &[CommitInfo] {
        self.mark.set();
        self.commits.get_or_init(|| {
            self.bytes.memory().grow(self.count * COMMIT_BYTES);
            let read = self.bytes.decode(self.read);
            read.filter(|commits| commits.len() == self.count)
                .unwrap_or_else(|| vec![CommitInfo::without_meaning(self.times[0]); self.count])
        })
    }
}

impl Commits {
    pub fn len(&self) -> usize {
        self.before + self.latest.len()
    }

    pub fn get(&self, number: usize) -> Option<&CommitInfo> {
        if let Some(latest) = number.checked_sub(self.before) {
            return self.latest.get(latest);
        }
        let behind = self.stretches.partition_point(|own| own.from <= number);
        let own = self.stretches.get(behind.checked_sub(1)?)?;
        own.commits().get(number - own.from)
    }

    pub fn last(&self) -> Option<&CommitInfo> {
        self.get(self.len().checked_sub(1)?)
    }

    pub fn last_time(&self) -> Option<i64> {
        let stretch = || Some(self.stretches.last()?.times[1]);
        let last = self.latest.last().map(|commit| commit.time);
        last.or_else(stretch)
    }

    /// How many there are up to a time.
    pub fn until(&self, time: i64) -> usize {
        let whole = (self.stretches).partition_point(|stretch| stretch.times[1] <= time);
        let (before, commits) = match self.stretches.get(whole) {
            Some(stretch) if stretch.times[0] > time => return stretch.from,
            Some(stretch) => (stretch.from, stretch.commits()),
            None => (self.before, &self.latest[..]),
        };
        before + commits.partition_point(|commit| commit.time <= time)
    }

    pub fn push(&mut self, commit: CommitInfo) {
        self.latest.push(commit);
    }

    /// Adds a stretch behind all that there is.
    pub fn push_stretch(&mut self, stretch: Stretch) {
        self.before += stretch.count;
        self.stretches.push(stretch);
    }

    /// Drops commits that can be had again.
    pub fn go_round(&mut self, round: &mut Round) {
        round.keep(self.latest.capacity() * COMMIT_BYTES);
        for stretch in &mut self.stretches {
            let held = stretch
                .commits
                .get()
                .map_or(0, |_| stretch.count * COMMIT_BYTES);
            if round.drops(&stretch.mark, held) {
                stretch.commits.take();
            }
        }
    }

    /// All commits up to some place are now these stretches.
    pub fn take_places(&mut self, stretches: Vec<Stretch>) {
        let until: usize = stretches.iter().map(|stretch| stretch.count).sum();
        let known = until.saturating_sub(self.before).min(self.latest.len());
        self.latest.drain(..known);
        self.latest.shrink_to_fit();
        (self.before, self.stretches) = (until, stretches);
    }

    /// The stretch that begins with a commit.
    pub fn stretch_at(&self, number: usize) -> Option<&Stretch> {
        let found = self.stretches.binary_search_by_key(&number, |own| own.from);
        Some(&self.stretches[found.ok()?])
    }

    pub fn iter_from(&self, number: usize) -> impl Iterator<Item = &CommitInfo> {
        (number..self.len()).filter_map(|number| self.get(number))
    }
}
