//! Reading rows in the order of an index.
//!
//! A cursor holds no reference into the store: it remembers the key and row it has come to, and takes up
//! there. For a snapshot the answer is the same whatever was committed since: an entry that has moved from
//! the live tree to the closed tier is found there instead.
//!
//! While only the live tree (and the transaction's own) has anything to say, entries stream from it one by
//! one. Where closed entries come in, all entries of a key are taken together.

use super::View;
use super::merge::{Entry, Filter, Merge, State};
use crate::error::{Code, Error, Result};
use crate::table::{ALIVE, Fetch, Key, Location, lies_within};
use crate::types::{ByteKey, IndexId, TableId, Value, Versions};
use std::collections::VecDeque;
use std::ops::Bound;

/// The entries whose first key columns equal `prefix` and whose next one lies between the bounds. A NULL
/// never equals and never lies between bounds, so a NULL in `prefix` or in a bound yields nothing, and
/// rows with NULL in the next column come only when both of its bounds are open: last, or first backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRange {
    pub prefix: Vec<Value>,
    pub lower: Bound<Value>,
    pub upper: Bound<Value>,
    pub backwards: bool,
}

/// A place in an index.
#[derive(Debug, Clone)]
pub struct IndexCursor {
    table: TableId,
    index: IndexId,
    versions: Versions,
    with_writes: bool,
    /// Private rows from here on were written after the cursor was opened and are not seen.
    private_end: Option<Location>,
    backwards: bool,
    state: AnyState,
    pending: VecDeque<Entry>,
    /// Rows of entries that are done, for the next step: an entry may have many versions.
    found: VecDeque<Location>,
}

#[derive(Debug, Clone)]
enum AnyState {
    Integer(State<i64>),
    Bytes(State<ByteKey>),
    Done,
}

/// Entries, and where to go on if there may be more.
type Taken<K> = (Vec<Entry>, Option<State<K>>);

impl View<'_> {
    /// A cursor at the beginning of a range.
    ///
    /// # Errors
    /// `Internal` when the index does not exist in the present.
    pub fn open_index(
        &self,
        table: TableId,
        index: IndexId,
        versions: &Versions,
        range: KeyRange,
        with_writes: bool,
    ) -> Result<IndexCursor> {
        let private = self.private(table).filter(|_| with_writes);
        let shape = match (
            self.stored_index(table, index),
            private.and_then(|private| private.index(index)),
        ) {
            (Some(stored), _) => &stored.shape,
            (None, Some(private)) => &private.keys.shape,
            (None, None) => return self.no_index(table, index),
        };
        let KeyRange {
            prefix,
            lower,
            upper,
            backwards,
        } = &range;
        let state = if shape.integer {
            let keys = i64::range(prefix, lower, upper);
            keys.map(|keys| AnyState::Integer(State { keys, after: None }))
        } else {
            let keys = ByteKey::range(prefix, lower, upper);
            keys.map(|keys| AnyState::Bytes(State { keys, after: None }))
        };
        let blocks = self.transaction.map(|transaction| &transaction.blocks);
        Ok(IndexCursor {
            table,
            index,
            versions: versions.clone(),
            with_writes,
            private_end: private.and_then(|private| Some(private.end(blocks?))),
            backwards: *backwards,
            state: state.unwrap_or(AnyState::Done),
            pending: VecDeque::new(),
            found: VecDeque::new(),
        })
    }

    /// The next rows, at most `max`; none at the end.
    pub fn next_rows(&self, cursor: &mut IndexCursor, max: usize) -> Result<Fetch<Vec<Location>>> {
        while cursor.found.is_empty() {
            if cursor.pending.is_empty() {
                if let Fetch::Need(id) = self.fill(cursor, max)? {
                    return Ok(Fetch::Need(id));
                }
                if cursor.pending.is_empty() {
                    return Ok(Fetch::Ready(Vec::new()));
                }
            }
            // What was found before something was missing is told first: it need not be in memory with what comes.
            if let Fetch::Need(id) = self.resolve(cursor, max)?
                && cursor.found.is_empty()
            {
                return Ok(Fetch::Need(id));
            }
        }
        let count = max.min(cursor.found.len());
        Ok(Fetch::Ready(cursor.found.drain(..count).collect()))
    }

    /// Takes the next entries from the tiers.
    fn fill(&self, cursor: &mut IndexCursor, max: usize) -> Result<Fetch<()>> {
        let filled = match &cursor.state {
            AnyState::Done => return Ok(Fetch::Ready(())),
            AnyState::Integer(state) => match self.take_entries(cursor, state, max)? {
                Fetch::Ready((entries, state)) => (entries, state.map(AnyState::Integer)),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            },
            AnyState::Bytes(state) => match self.take_entries(cursor, state, max)? {
                Fetch::Ready((entries, state)) => (entries, state.map(AnyState::Bytes)),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            },
        };
        cursor.pending.extend(filled.0);
        cursor.state = filled.1.unwrap_or(AnyState::Done);
        Ok(Fetch::Ready(()))
    }

    fn take_entries<K: Key>(
        &self,
        cursor: &IndexCursor,
        state: &State<K>,
        max: usize,
    ) -> Result<Fetch<Taken<K>>> {
        let private = self.private(cursor.table).filter(|_| cursor.with_writes);
        let relation = self.store.relation(cursor.table);
        let mut stored = self.stored_indexes(cursor.table, cursor.index);
        let stored = stored.find_map(|index| index.tiers.get::<K>());
        let stored = stored.filter(|_| !private.is_some_and(|private| private.hides_store));
        let Some(seq) = cursor
            .versions
            .snapshot()
            .seq
            .map(|seq| seq.0)
            .or(private.map(|_| 0))
        else {
            return Ok(Fetch::Ready((Vec::new(), None)));
        };
        let at = matches!(cursor.versions, Versions::AsOf(_)).then_some(seq);
        let mut merge = Merge::new(cursor.backwards);
        if let Some(tiers) = stored {
            merge.add_tree(&tiers.live, ALIVE, false, state);
            match at {
                Some(seq) => {
                    let retired = tiers.retired_at(seq);
                    retired
                        .into_iter()
                        .for_each(|(end, tree)| merge.add_tree(tree, *end, false, state));
                }
                None => (tiers.retired.iter())
                    .for_each(|(end, tree)| merge.add_tree(tree, *end, false, state)),
            }
            let (from, to) = state.bounds(cursor.backwards);
            let touched = self.store.blocks();
            match tiers
                .closed
                .walk(|key| from(key), |key| to(key), at, touched)
            {
                Fetch::Ready(walk) => merge.closed = Some(walk),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            }
        }
        if let Some(index) = private.and_then(|private| private.index(cursor.index)) {
            merge.add_tree(&index.keys.tiers.of::<K>().live, ALIVE, true, state);
        }
        let filter = Filter {
            private_end: cursor.private_end,
            seq,
            at,
            private,
            relation,
        };
        let mut entries = Vec::new();
        let after = merge.run(state, max, &filter, &self.store.touched, &mut entries);
        let next = after.map(|after| State {
            keys: state.keys.clone(),
            after: Some(after),
        });
        Ok(Fetch::Ready((entries, next)))
    }

    /// Finds the rows of pending entries.
    fn resolve(&self, cursor: &mut IndexCursor, max: usize) -> Result<Fetch<()>> {
        while cursor.found.len() < max
            && let Some(entry) = cursor.pending.front()
        {
            match self.locate(cursor, *entry)? {
                Fetch::Ready(found) => cursor.found.extend(found),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            }
            cursor.pending.pop_front();
        }
        Ok(Fetch::Ready(()))
    }

    fn locate(&self, cursor: &IndexCursor, entry: Entry) -> Result<Fetch<Vec<Location>>> {
        if entry.private {
            let found = self
                .private(cursor.table)
                .and_then(|private| private.rows.get(entry.row));
            return Ok(Fetch::Ready(found.into_iter().collect()));
        }
        let missing = || {
            Error::new(
                Code::Internal,
                format!("no version of row {} for its key", entry.row),
            )
        };
        let relation = self.store.relation(cursor.table).ok_or_else(missing)?;
        let blocks = self.store.blocks();
        match &cursor.versions {
            Versions::AsOf(snapshot) => {
                let seq = snapshot.seq.ok_or_else(missing)?.0;
                match relation.locate(entry.row, seq, blocks, &self.store.touched.closed) {
                    Fetch::Ready(found) => Ok(Fetch::Ready(vec![found.ok_or_else(missing)?])),
                    Fetch::Need(id) => Ok(Fetch::Need(id)),
                }
            }
            versions => {
                let found = relation.versions_between(entry.row, entry.start, entry.end, blocks);
                let meant =
                    |(_, start, end): &(Location, u64, u64)| lies_within(versions, *start, *end);
                Ok(found.map(|found| {
                    found
                        .into_iter()
                        .filter(meant)
                        .map(|(location, _, _)| location)
                        .collect()
                }))
            }
        }
    }
}
