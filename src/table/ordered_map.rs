//! A sorted map of two levels: leaves of sorted entries, and one array of fences that leads to them.
//!
//! ```text
//!   fences   [ 1        40        97       ]     lower bounds: fence i <= every key of leaf i
//!              |         |         |
//!   leaves   [1 7 22] [40 41] [97 98 120 500]
//! ```
//!
//! It is a B+tree cut at two levels: with 256 entries a leaf, a million entries are 4,000 fences, which a
//! binary search crosses in cache. Appending in key order fills leaves completely. Keys and values are apart,
//! so that a search touches keys alone.
//!
//! A leaf that comes from a checkpoint stays as its bytes until an entry of it is asked for, and may be them again when room is
//! made. Leaves are shared with
//! copies of the map until one of the two changes them, so that a copy costs next to nothing: a checkpoint is written
//! from one.

use super::memory::{Mark, Round};
use super::waiting::{Bytes, Identity, identity_of};
use crate::encoding::wire::{Decoded, invalid};
use std::cell::OnceCell;
use std::mem::size_of;
use std::rc::Rc;

pub(crate) const LEAF_ENTRIES: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct OrderedMap<K, V> {
    fences: Vec<K>,
    leaves: Vec<Rc<Leaf<K, V>>>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Leaf<K, V> {
    /// There, unless it waits.
    entries: OnceCell<Entries<K, V>>,
    waiting: Option<Waiting<K, V>>,
    mark: Mark,
}

#[derive(Debug, Clone)]
pub(crate) struct Entries<K, V> {
    pub keys: Vec<K>,
    pub values: Vec<V>,
}

/// A leaf as the bytes that it was before it changed: some entries in their order.
#[derive(Debug, Clone)]
pub(crate) struct Waiting<K, V> {
    pub bytes: Bytes,
    pub len: usize,
    pub read: Read<K, V>,
}

/// Reads so many entries as of a sequence.
pub(crate) type Read<K, V> = fn(&[u8], usize, u64) -> Decoded<Entries<K, V>>;

/// The place of an entry, good until the next change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    leaf: usize,
    index: usize,
}

impl<K, V> Default for OrderedMap<K, V> {
    fn default() -> Self {
        OrderedMap {
            fences: Vec::new(),
            leaves: Vec::new(),
            len: 0,
        }
    }
}

impl<K, V> Leaf<K, V> {
    fn bytes_held(&self) -> usize {
        let entries = self.entries.get();
        entries.map_or(0, |entries| {
            entries.keys.capacity() * (size_of::<K>() + size_of::<V>())
        })
    }
}

impl<K, V> From<Entries<K, V>> for Rc<Leaf<K, V>> {
    fn from(entries: Entries<K, V>) -> Self {
        Rc::new(Leaf {
            entries: entries.into(),
            waiting: None,
            mark: Mark::default(),
        })
    }
}

impl<K: Ord + Clone, V: Copy + Default> OrderedMap<K, V> {
    /// Bytes of an entry.
    const ENTRY: usize = size_of::<K>() + size_of::<V>();

    /// The entries of a leaf. Where its bytes contradict themselves they are noted to, and it has entries of no meaning.
    fn leaf(&self, leaf: usize) -> &Entries<K, V> {
        let Leaf {
            entries,
            waiting,
            mark,
        } = &*self.leaves[leaf];
        mark.set();
        entries.get_or_init(|| match waiting {
            Some(waiting) => self.read(leaf, waiting),
            None => unreachable!("a leaf has entries or waits"),
        })
    }

    #[inline(never)]
    fn read(&self, leaf: usize, waiting: &Waiting<K, V>) -> Entries<K, V> {
        let fence = &self.fences[leaf];
        let is_sound = |entries: &Entries<K, V>| {
            let keys = &entries.keys;
            let next = self.fences.get(leaf + 1);
            keys[0] >= *fence
                && keys.is_sorted_by(|a, b| a < b)
                && next.is_none_or(|next| keys[keys.len() - 1] < *next)
        };
        let Waiting { bytes, len, read } = waiting;
        let read = bytes.decode(|own| {
            let entries = read(own, *len, bytes.seq)?;
            match is_sound(&entries) {
                true => Ok(entries),
                false => invalid("keys are out of order"),
            }
        });
        bytes.memory().grow(len * Self::ENTRY);
        read.unwrap_or_else(|| Entries {
            keys: vec![fence.clone(); *len],
            values: vec![V::default(); *len],
        })
    }

    /// The entries of a leaf that will change.
    fn leaf_mut(&mut self, leaf: usize) -> &mut Entries<K, V> {
        self.leaf(leaf);
        let leaf = Rc::make_mut(&mut self.leaves[leaf]);
        leaf.waiting = None;
        leaf.entries.get_mut().expect("it was asked for above")
    }

    fn leaf_len(&self, leaf: usize) -> usize {
        match &self.leaves[leaf].waiting {
            Some(waiting) => waiting.len,
            None => self.leaf(leaf).keys.len(),
        }
    }

    /// How many leaves there are. Each has a fence, and entries, or bytes if it has not changed since it waited.
    pub fn leaves(&self) -> usize {
        self.leaves.len()
    }

    pub fn fence(&self, leaf: usize) -> &K {
        &self.fences[leaf]
    }

    pub fn unchanged(&self, leaf: usize) -> Option<&Waiting<K, V>> {
        self.leaves[leaf].waiting.as_ref()
    }

    pub fn entries(&self, leaf: usize) -> &Entries<K, V> {
        self.leaf(leaf)
    }

    /// Adds a leaf that waits behind all others. Whether it may lie there.
    pub fn push_waiting(&mut self, fence: K, waiting: Waiting<K, V>) -> bool {
        let fits = self.fences.last().is_none_or(|last| *last < fence)
            && (1..=LEAF_ENTRIES).contains(&waiting.len);
        self.len += waiting.len;
        self.fences.push(fence);
        self.leaves.push(Rc::new(Leaf {
            entries: OnceCell::new(),
            waiting: Some(waiting),
            mark: Mark::default(),
        }));
        fits
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn last_key(&self) -> Option<&K> {
        self.leaf(self.leaves.len().checked_sub(1)?).keys.last()
    }

    /// The place of the first entry whose key is not `before`, which must hold for a prefix of the keys.
    pub fn seek(&self, before: impl Fn(&K) -> bool) -> Place {
        let Some(leaf) = self.fences.partition_point(&before).checked_sub(1) else {
            return Place { leaf: 0, index: 0 };
        };
        let keys = &self.leaf(leaf).keys;
        let index = keys.partition_point(&before);
        if index == keys.len() {
            return Place {
                leaf: leaf + 1,
                index: 0,
            };
        }
        Place { leaf, index }
    }

    pub fn entry(&self, place: Place) -> Option<(&K, V)> {
        if place.leaf >= self.leaves.len() {
            return None;
        }
        let leaf = self.leaf(place.leaf);
        Some((&leaf.keys[place.index], leaf.values[place.index]))
    }

    pub fn next(&self, place: Place) -> Place {
        if place.index + 1 < self.leaf(place.leaf).keys.len() {
            return Place {
                leaf: place.leaf,
                index: place.index + 1,
            };
        }
        Place {
            leaf: place.leaf + 1,
            index: 0,
        }
    }

    pub fn previous(&self, place: Place) -> Option<Place> {
        if place.index > 0 {
            return Some(Place {
                leaf: place.leaf,
                index: place.index - 1,
            });
        }
        let leaf = place.leaf.checked_sub(1)?;
        Some(Place {
            leaf,
            index: self.leaf(leaf).keys.len() - 1,
        })
    }

    /// The entries from a place on.
    pub fn iter_from(&self, place: Place) -> impl Iterator<Item = (&K, V)> {
        (place.leaf..self.leaves.len())
            .flat_map(|leaf| {
                let leaf = self.leaf(leaf);
                leaf.keys.iter().zip(leaf.values.iter().copied())
            })
            .skip(place.index)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&K, V)> {
        self.iter_from(Place { leaf: 0, index: 0 })
    }

    /// Adds an entry; the key must not be there yet.
    pub fn insert(&mut self, key: K, value: V) {
        self.len += 1;
        if self.last_key().is_none_or(|last| *last < key) {
            return self.append(key, value);
        }
        let leaf = self.fences.partition_point(|fence| *fence <= key);
        let leaf = leaf.saturating_sub(1);
        if key < self.fences[leaf] {
            self.fences[leaf] = key.clone();
        }
        let entries = self.leaf_mut(leaf);
        let index = entries.keys.partition_point(|found| *found < key);
        entries.keys.insert(index, key);
        entries.values.insert(index, value);
        if entries.keys.len() > LEAF_ENTRIES {
            self.split(leaf);
        }
    }

    fn append(&mut self, key: K, value: V) {
        let last = self.leaves.len().checked_sub(1);
        match last.filter(|leaf| self.leaf_len(*leaf) < LEAF_ENTRIES) {
            Some(leaf) => {
                let leaf = self.leaf_mut(leaf);
                leaf.keys.push(key);
                leaf.values.push(value);
            }
            None => {
                self.fences.push(key.clone());
                let (mut keys, mut values) = (
                    Vec::with_capacity(LEAF_ENTRIES),
                    Vec::with_capacity(LEAF_ENTRIES),
                );
                keys.push(key);
                values.push(value);
                self.leaves.push(Entries { keys, values }.into());
            }
        }
    }

    fn split(&mut self, leaf: usize) {
        let entries = self.leaf_mut(leaf);
        let half = entries.keys.len() / 2;
        let keys = entries.keys.split_off(half);
        let values = entries.values.split_off(half);
        self.fences.insert(leaf + 1, keys[0].clone());
        self.leaves
            .insert(leaf + 1, Entries { keys, values }.into());
    }

    /// Takes out the first entry whose key is not `before`, if it is `wanted`.
    pub fn remove(
        &mut self,
        before: impl Fn(&K) -> bool,
        wanted: impl Fn(&K) -> bool,
    ) -> Option<(K, V)> {
        let place = self.seek(before);
        if !self.entry(place).is_some_and(|(key, _)| wanted(key)) {
            return None;
        }
        let leaf = self.leaf_mut(place.leaf);
        let removed = (
            leaf.keys.remove(place.index),
            leaf.values.remove(place.index),
        );
        self.len -= 1;
        self.thin(place.leaf);
        Some(removed)
    }

    /// Drops an empty leaf and joins a nearly empty one with the next.
    fn thin(&mut self, leaf: usize) {
        let len = self.leaf_len(leaf);
        if len == 0 {
            self.fences.remove(leaf);
            self.leaves.remove(leaf);
        } else if len < LEAF_ENTRIES / 8
            && leaf + 1 < self.leaves.len()
            && len + self.leaf_len(leaf + 1) < LEAF_ENTRIES / 2
        {
            let next = self.leaf(leaf + 1).clone();
            self.fences.remove(leaf + 1);
            self.leaves.remove(leaf + 1);
            let leaf = self.leaf_mut(leaf);
            leaf.keys.extend(next.keys);
            leaf.values.extend(next.values);
        }
    }

    /// Drops entries that can be had again.
    pub fn go_round(&mut self, round: &mut Round) {
        round.fix(self.fences.capacity() * (size_of::<K>() + size_of::<Leaf<K, V>>()));
        for leaf in &mut self.leaves {
            match &leaf.waiting {
                None => round.keep(leaf.bytes_held()),
                Some(waiting) if round.drops(&leaf.mark, leaf.bytes_held()) => {
                    *leaf = Rc::new(Leaf {
                        entries: OnceCell::new(),
                        waiting: Some(waiting.clone()),
                        mark: Mark::default(),
                    });
                }
                Some(_) => {}
            }
        }
    }

    /// Which bytes or piece of memory a leaf is, as long as it does not change.
    pub fn identity(&self, leaf: usize) -> Identity {
        let leaf = &self.leaves[leaf];
        let waiting = leaf.waiting.as_ref();
        waiting.map_or_else(|| identity_of(leaf), |waiting| waiting.bytes.identity())
    }

    /// Reads what waits: the bytes are not to be had any more.
    pub fn hold(&mut self) {
        for leaf in 0..self.leaves.len() {
            if self.leaves[leaf].waiting.is_some() {
                self.leaf_mut(leaf);
            }
        }
    }

    /// The leaves that are found have new places. The bytes of others are not to be had any more.
    pub fn take_places(&mut self, find: &dyn Fn(Identity) -> Option<Bytes>, read: Read<K, V>) {
        for leaf in 0..self.leaves.len() {
            match find(self.identity(leaf)) {
                Some(bytes) => {
                    let len = self.leaf_len(leaf);
                    let waiting = Waiting { bytes, len, read };
                    Rc::make_mut(&mut self.leaves[leaf]).waiting = Some(waiting);
                }
                None if self.leaves[leaf].waiting.is_some() => drop(self.leaf_mut(leaf)),
                None => {}
            }
        }
    }

    pub fn bytes_held(&self) -> usize {
        let leaves = self.leaves.iter().map(|leaf| {
            let waiting = leaf.waiting.as_ref();
            leaf.bytes_held() + waiting.map_or(0, |waiting| waiting.bytes.range.len())
        });
        leaves.sum::<usize>() + self.fences.capacity() * size_of::<K>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..Default::default() })]
        #[test]
        fn behaves_like_the_map_of_the_standard_library(steps in prop::collection::vec((0u32..3000, 0u8..3), 1..6000)) {
            let mut map = OrderedMap::default();
            let mut model = BTreeMap::new();
            for (key, step) in steps {
                if step > 0 && !model.contains_key(&key) {
                    map.insert(key, key * 2);
                    model.insert(key, key * 2);
                } else {
                    let removed = map.remove(|k| *k < key, |k| *k == key);
                    prop_assert_eq!(removed.map(|(_, v)| v), model.remove(&key));
                }
                let seeked = map.entry(map.seek(|k| *k < key)).map(|(k, _)| *k);
                prop_assert_eq!(seeked, model.range(key..).next().map(|(k, _)| *k));
            }
            prop_assert_eq!(map.len(), model.len());
            let from = map.seek(|k| *k < 1500);
            prop_assert!(map.iter_from(from).map(|(k, v)| (*k, v)).eq(model.range(1500..).map(|(k, v)| (*k, *v))));
            let mut place = map.seek(|_| true);
            for (key, value) in model.iter().rev() {
                place = map.previous(place).expect("as many entries");
                prop_assert_eq!(map.entry(place), Some((key, *value)));
            }
            prop_assert!(map.previous(place).is_none());
        }
    }

    #[test]
    fn appending_in_order_fills_the_leaves() {
        let mut map = OrderedMap::default();
        (0..1024).for_each(|key| map.insert(key, ()));
        assert_eq!(map.leaves.len(), 1024 / LEAF_ENTRIES);
    }
}
