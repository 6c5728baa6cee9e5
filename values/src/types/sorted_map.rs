//! Maps and sets of few entries: sorted vectors.
//!
//! A tree of the standard library is several kilobytes of the download for each pair of types, and with the few entries that these have
//! a binary search is as fast. Adding one entry moves those behind it.

use std::borrow::Borrow;

/// Entries in the order of their keys, no two of which are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct SortedMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        SortedMap {
            entries: Vec::new(),
        }
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    pub fn new() -> Self {
        Self::default()
    }

    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.entries
            .binary_search_by(|(other, _)| other.borrow().cmp(key))
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(&self.entries[place].1)
    }

    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(&mut self.entries[place].1)
    }

    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Adds an entry or replaces the value of the one with its key, and answers that.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => Some(std::mem::replace(&mut self.entries[place].1, value)),
            Err(place) => {
                self.entries.insert(place, (key, value));
                None
            }
        }
    }

    /// The value with a key, made if there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let place = match self.place(&key) {
            Ok(place) => place,
            Err(place) => {
                self.entries.insert(place, (key, make()));
                place
            }
        };
        &mut self.entries[place].1
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.place(key).ok()?;
        Some(self.entries.remove(place).1)
    }

    /// Takes the entries out whose keys are not smaller.
    pub fn split_off(&mut self, key: &K) -> SortedMap<K, V> {
        let (Ok(place) | Err(place)) = self.place(key);
        SortedMap {
            entries: self.entries.split_off(place),
        }
    }

    pub fn retain(&mut self, mut keeps: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keeps(key, value));
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The entries whose keys are not smaller.
    pub fn iter_from(&self, key: &K) -> impl Iterator<Item = (&K, &V)> {
        let (Ok(place) | Err(place)) = self.place(key);
        self.entries[place..]
            .iter()
            .map(|(key, value)| (key, value))
    }

    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }
}

impl<K: Ord, V> std::ops::Index<&K> for SortedMap<K, V> {
    type Output = V;

    /// The value with a key that is there.
    fn index(&self, key: &K) -> &V {
        self.get(key).expect("the key is there")
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = SortedMap::new();
        map.extend(entries);
        map
    }
}

/// Values in order, no two of which are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct SortedSet<T> {
    values: Vec<T>,
}

impl<T> Default for SortedSet<T> {
    fn default() -> Self {
        SortedSet { values: Vec::new() }
    }
}

impl<T: Ord> SortedSet<T> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn contains(&self, value: &T) -> bool {
        self.values.binary_search(value).is_ok()
    }

    /// Whether it was not there.
    pub fn insert(&mut self, value: T) -> bool {
        let place = self.values.binary_search(&value);
        if let Err(place) = place {
            self.values.insert(place, value);
        }
        place.is_err()
    }

    /// Takes the values out that are not smaller.
    pub fn split_off(&mut self, value: &T) -> SortedSet<T> {
        let (Ok(place) | Err(place)) = self.values.binary_search(value);
        SortedSet {
            values: self.values.split_off(place),
        }
    }

    pub fn retain(&mut self, keeps: impl FnMut(&T) -> bool) {
        self.values.retain(keeps);
    }

    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.values.iter()
    }
}

impl<T> IntoIterator for SortedSet<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a SortedSet<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl<T: Ord> Extend<T> for SortedSet<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        for value in values {
            self.insert(value);
        }
    }
}

impl<T: Ord> FromIterator<T> for SortedSet<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut set = SortedSet::new();
        set.extend(values);
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_map_behaves_like_the_tree_of_the_standard_library() {
        let (mut map, mut tree) = (SortedMap::new(), BTreeMap::new());
        let mut state = 7u32;
        for step in 0..2_000 {
            state = state.wrapping_mul(1_103_515_245).wrapping_add(12_345);
            let key = state >> 16 & 63;
            match state >> 24 & 3 {
                0 => assert_eq!(map.remove(&key), tree.remove(&key)),
                1 => {
                    *map.get_or_insert_with(key, || 5) += 1;
                    *tree.entry(key).or_insert(5) += 1;
                }
                _ => assert_eq!(map.insert(key, step), tree.insert(key, step)),
            }
            assert!(map.iter().eq(tree.iter()));
            assert!(map.iter_from(&key).eq(tree.range(key..)));
        }
        let (behind, tree_behind) = (map.split_off(&30), tree.split_off(&30));
        assert!(map.keys().eq(tree.keys()) && behind.values().eq(tree_behind.values()));
    }

    #[test]
    fn a_set_has_each_value_once_and_in_order() {
        let mut set: SortedSet<i32> = [3, 1, 3, 2].into_iter().collect();
        assert!(!set.insert(2) && set.insert(5) && set.contains(&5) && !set.contains(&4));
        assert_eq!(set.split_off(&3).into_iter().collect::<Vec<_>>(), [3, 5]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [&1, &2]);
    }
}
