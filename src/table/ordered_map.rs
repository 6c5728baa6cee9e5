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

use std::mem::size_of;

const LEAF_ENTRIES: usize = 256;

#[derive(Debug, Clone)]
pub(crate) struct OrderedMap<K, V> {
    fences: Vec<K>,
    leaves: Vec<Leaf<K, V>>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Leaf<K, V> {
    keys: Vec<K>,
    values: Vec<V>,
}

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

impl<K: Ord + Clone, V: Copy> OrderedMap<K, V> {
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn last_key(&self) -> Option<&K> {
        self.leaves.last()?.keys.last()
    }

    /// The place of the first entry whose key is not `before`, which must hold for a prefix of the keys.
    pub fn seek(&self, before: impl Fn(&K) -> bool) -> Place {
        let Some(leaf) = self.fences.partition_point(&before).checked_sub(1) else {
            return Place { leaf: 0, index: 0 };
        };
        let index = self.leaves[leaf].keys.partition_point(&before);
        if index == self.leaves[leaf].keys.len() {
            return Place {
                leaf: leaf + 1,
                index: 0,
            };
        }
        Place { leaf, index }
    }

    pub fn entry(&self, place: Place) -> Option<(&K, V)> {
        let leaf = self.leaves.get(place.leaf)?;
        Some((&leaf.keys[place.index], leaf.values[place.index]))
    }

    pub fn next(&self, place: Place) -> Place {
        if place.index + 1 < self.leaves[place.leaf].keys.len() {
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
            index: self.leaves[leaf].keys.len() - 1,
        })
    }

    /// The entries from a place on.
    pub fn iter_from(&self, place: Place) -> impl Iterator<Item = (&K, V)> {
        let entries = |leaf: &Leaf<K, V>| leaf.keys.len();
        let first = self
            .leaves
            .get(place.leaf)
            .map_or(0, entries)
            .min(place.index);
        self.leaves[place.leaf.min(self.leaves.len())..]
            .iter()
            .flat_map(|leaf| leaf.keys.iter().zip(leaf.values.iter().copied()))
            .skip(first)
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
        let index = self.leaves[leaf].keys.partition_point(|found| *found < key);
        self.leaves[leaf].keys.insert(index, key);
        self.leaves[leaf].values.insert(index, value);
        if self.leaves[leaf].keys.len() > LEAF_ENTRIES {
            self.split(leaf);
        }
    }

    fn append(&mut self, key: K, value: V) {
        match self.leaves.last_mut() {
            Some(leaf) if leaf.keys.len() < LEAF_ENTRIES => {
                leaf.keys.push(key);
                leaf.values.push(value);
            }
            _ => {
                self.fences.push(key.clone());
                let (mut keys, mut values) = (
                    Vec::with_capacity(LEAF_ENTRIES),
                    Vec::with_capacity(LEAF_ENTRIES),
                );
                keys.push(key);
                values.push(value);
                self.leaves.push(Leaf { keys, values });
            }
        }
    }

    fn split(&mut self, leaf: usize) {
        let half = self.leaves[leaf].keys.len() / 2;
        let keys = self.leaves[leaf].keys.split_off(half);
        let values = self.leaves[leaf].values.split_off(half);
        self.fences.insert(leaf + 1, keys[0].clone());
        self.leaves.insert(leaf + 1, Leaf { keys, values });
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
        let leaf = &mut self.leaves[place.leaf];
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
        let len = self.leaves[leaf].keys.len();
        if len == 0 {
            self.fences.remove(leaf);
            self.leaves.remove(leaf);
        } else if len < LEAF_ENTRIES / 8
            && (self.leaves.get(leaf + 1))
                .is_some_and(|next| len + next.keys.len() < LEAF_ENTRIES / 2)
        {
            self.fences.remove(leaf + 1);
            let mut next = self.leaves.remove(leaf + 1);
            self.leaves[leaf].keys.append(&mut next.keys);
            self.leaves[leaf].values.append(&mut next.values);
        }
    }

    pub fn bytes_held(&self) -> usize {
        let entry = size_of::<K>() + size_of::<V>();
        let leaves: usize = self
            .leaves
            .iter()
            .map(|leaf| leaf.keys.capacity() * entry)
            .sum();
        leaves + self.fences.capacity() * size_of::<K>()
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
