//! The sources of an index cursor, merged into the order of the keys: live, retired and private trees, and a
//! walk over the closed tier.

use super::private::PrivateTable;
use crate::table::{
    ALIVE, Closed, ClosedWalk, Key, Keys, LiveTree, Location, Place, Relation, Touched,
};
use crate::types::{RowId, sort_by_key};

/// Where a cursor is: what is left of its range, and how much of the next key is done.
#[derive(Debug, Clone)]
pub(super) struct State<K> {
    pub keys: Keys<K>,
    /// The last key that entries were taken of, and the last row if there may be more of that key.
    pub after: Option<(K, Option<u64>)>,
}

/// A row that had a key in the range, in `[start, end)`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub row: RowId,
    pub start: u64,
    pub end: u64,
    pub private: bool,
}

impl<K: Key> State<K> {
    /// Two conditions on keys: being before what is left of the range, and not being behind it.
    pub fn bounds(&self, backwards: bool) -> (impl Fn(&K) -> bool, impl Fn(&K) -> bool) {
        let Keys { from, to } = &self.keys;
        let (done, whole) = match &self.after {
            Some((key, row)) => (Some(key), row.is_none()),
            None => (None, false),
        };
        let before = move |key: &K| {
            from.as_ref().is_some_and(|from| key < from)
                || (!backwards && done.is_some_and(|done| key < done || (whole && key == done)))
        };
        let within = move |key: &K| {
            to.as_ref().is_none_or(|to| key < to)
                && (!backwards || done.is_none_or(|done| key < done || (!whole && key == done)))
        };
        (before, within)
    }

    /// Whether an entry was taken before.
    fn is_done(&self, key: &K, row: u64, backwards: bool) -> bool {
        match &self.after {
            Some((done, Some(last))) if done == key => {
                if backwards {
                    row >= *last
                } else {
                    row <= *last
                }
            }
            _ => false,
        }
    }
}

/// Which entries are meant.
pub(super) struct Filter<'a> {
    /// Private rows from here on are not meant.
    pub private_end: Option<Location>,
    pub seq: u64,
    pub at: Option<u64>,
    pub private: Option<&'a PrivateTable>,
    pub relation: Option<&'a Relation>,
}

impl Filter<'_> {
    fn wants(&self, entry: &Entry) -> bool {
        if entry.private {
            let place = self.private.and_then(|private| private.rows.get(entry.row));
            return place.is_some_and(|place| self.private_end.is_none_or(|end| place < end));
        }
        if entry.start > self.seq || self.at.is_some_and(|seq| entry.end <= seq) {
            return false;
        }
        let ended = |private: &PrivateTable| {
            let location = self.relation.and_then(|relation| relation.live(entry.row));
            location.is_some_and(|location| private.is_ended(location))
        };
        !(entry.end == ALIVE && self.private.is_some_and(ended))
    }
}

/// The sources of a cursor, merged.
pub(super) struct Merge<'a, K> {
    trees: Vec<TreeWalk<'a, K>>,
    pub closed: Option<ClosedWalk<'a, K>>,
    backwards: bool,
}

/// A walk over a live, retired or private tree.
struct TreeWalk<'a, K> {
    tree: &'a LiveTree<K>,
    next: Option<Place>,
    end: u64,
    private: bool,
}

impl<'a, K: Key> Merge<'a, K> {
    pub fn new(backwards: bool) -> Self {
        Merge {
            trees: Vec::new(),
            closed: None,
            backwards,
        }
    }

    pub fn add_tree(&mut self, tree: &'a LiveTree<K>, end: u64, private: bool, state: &State<K>) {
        let (before, within) = state.bounds(self.backwards);
        let skipped = |key: &K, row: u64| state.is_done(key, row, self.backwards);
        let next = if self.backwards {
            let behind = tree.seek(|(key, row)| within(key) && !skipped(key, *row));
            tree.previous(behind)
        } else {
            Some(tree.seek(|(key, row)| before(key) || skipped(key, *row)))
        };
        self.trees.push(TreeWalk {
            tree,
            next,
            end,
            private,
        });
    }

    /// Takes entries until there are `max`; answers where it stopped, or `None` at the end.
    pub fn run(
        mut self,
        state: &State<K>,
        max: usize,
        filter: &Filter,
        touched: &Touched,
        entries: &mut Vec<Entry>,
    ) -> Option<(K, Option<u64>)> {
        let (before, within) = state.bounds(self.backwards);
        let meant = |key: &K| !before(key) && within(key);
        let mut last = None;
        while entries.len() < max {
            let tree = self.first_tree(&meant);
            let closed = self
                .closed
                .as_mut()
                .and_then(|walk| walk.peek(self.backwards, &touched.closed));
            let tree_key = tree.map(|tree| self.trees[tree].key().expect("peeked").0.clone());
            match (tree_key, closed) {
                (None, None) => return None,
                (Some(key), closed)
                    if closed
                        .as_ref()
                        .is_none_or(|closed| self.is_before(&key, closed)) =>
                {
                    let tree = tree.expect("it has a key");
                    let entry = self.trees[tree].take(self.backwards);
                    touched.live.set(touched.live.get() + 1);
                    last = Some((key, Some(entry.row.0)));
                    entries.extend(Some(entry).filter(|entry| filter.wants(entry)));
                }
                (_, Some(key)) => {
                    let mut group = self.take_group(&key, &meant, touched);
                    group.retain(|entry| {
                        filter.wants(entry) && !state.is_done(&key, entry.row.0, self.backwards)
                    });
                    sort_by_key(&mut group, |entry| (entry.row, entry.start));
                    if self.backwards {
                        group.reverse();
                    }
                    entries.extend(group);
                    last = Some((key, None));
                }
                (Some(_), None) => unreachable!("taken by the first arm"),
            }
        }
        last
    }

    /// Everything that has a key.
    fn take_group(
        &mut self,
        key: &K,
        meant: &impl Fn(&K) -> bool,
        touched: &Touched,
    ) -> Vec<Entry> {
        let walk = self.closed.as_mut().expect("it had the key");
        let closed = walk.take(key, self.backwards, &touched.closed);
        let entry = |closed: Closed<K>| Entry {
            row: RowId(closed.payload),
            start: closed.start,
            end: closed.end,
            private: false,
        };
        let mut group: Vec<Entry> = closed.into_iter().map(entry).collect();
        while let Some(tree) = self.first_tree(meant)
            && self.trees[tree]
                .key()
                .is_some_and(|(found, _)| found == key)
        {
            group.push(self.trees[tree].take(self.backwards));
            touched.live.set(touched.live.get() + 1);
        }
        group
    }

    fn is_before(&self, left: &K, right: &K) -> bool {
        if self.backwards {
            left > right
        } else {
            left < right
        }
    }

    /// The tree whose next entry comes first.
    fn first_tree(&self, meant: &impl Fn(&K) -> bool) -> Option<usize> {
        let keyed = |(number, tree): (usize, &TreeWalk<'a, K>)| Some((tree.key()?.clone(), number));
        let next = self
            .trees
            .iter()
            .enumerate()
            .filter_map(keyed)
            .filter(|((key, _), _)| meant(key));
        let first = if self.backwards {
            next.max()
        } else {
            next.min()
        };
        first.map(|(_, number)| number)
    }
}

impl<K: Key> TreeWalk<'_, K> {
    fn key(&self) -> Option<&(K, u64)> {
        Some(self.tree.entry(self.next?)?.0)
    }

    fn take(&mut self, backwards: bool) -> Entry {
        let place = self.next.expect("peeked before");
        let ((_, row), start) = self.tree.entry(place).expect("peeked before");
        self.next = if backwards {
            self.tree.previous(place)
        } else {
            Some(self.tree.next(place))
        };
        let start = if self.private { 0 } else { start };
        Entry {
            row: RowId(*row),
            start,
            end: self.end,
            private: self.private,
        }
    }
}
