//! An index: which rows had which key, and when.
//!
//! ```text
//!   key -> row id, since        live: an ordered tree, all that the present looks at
//!   key -> row id, [from, to)   closed: sorted runs (see `closed`)
//!   trees of before a TRUNCATE  retired: whole live trees that ended at once
//! ```
//!
//! An entry says in which interval a row had a key; what the row held otherwise at some moment is found by
//! the row id. So an update that leaves the key alone touches no index, a unique key's dead versions do not
//! slow down its live one, and look-ups of the present touch the live tree alone.

use super::block::Block;
use super::blocks::Blocks;
use super::closed::{Closed, ClosedTier};
use super::key::{Key, KeyShape};
use super::memory::Round;
use super::ordered_map::OrderedMap;
use super::stamps::ALIVE;
use super::{BlockId, Location};
use crate::column::Vector;
use crate::error::Result;
use crate::types::{ByteKey, IndexId, RowId, sort_by, sort_by_key};
use std::any::Any;
use std::rc::Rc;

/// Smaller trees become closed entries when they end at once; larger ones are kept as they are.
const RETIRED_ENTRIES_MIN: usize = 4096;

/// (key, row id) to the sequence since when.
pub(crate) type LiveTree<K> = OrderedMap<(K, u64), u64>;

pub(crate) struct KeyIndex {
    pub id: IndexId,
    pub shape: KeyShape,
    /// When it was created. It serves earlier moments too, but was not unique then.
    pub since: u64,
    pub tiers: AnyTiers,
}

/// The tiers of an index for the two forms of keys.
#[derive(Debug)]
pub(crate) enum AnyTiers {
    Integer(Tiers<i64>),
    Bytes(Tiers<ByteKey>),
}

/// Runs `$body` with `$tiers` bound to the tiers, whatever their keys.
macro_rules! each_tiers {
    ($any:expr, $tiers:ident => $body:expr) => {
        match $any {
            $crate::table::AnyTiers::Integer($tiers) => $body,
            $crate::table::AnyTiers::Bytes($tiers) => $body,
        }
    };
}
pub(crate) use each_tiers;

#[derive(Debug)]
pub(crate) struct Tiers<K> {
    pub live: LiveTree<K>,
    /// By their ends. What a tree holds started after the one before it ended.
    pub retired: Vec<(u64, LiveTree<K>)>,
    pub closed: ClosedTier<K>,
}

impl<K> Default for Tiers<K> {
    fn default() -> Self {
        Tiers {
            live: OrderedMap::default(),
            retired: Vec::new(),
            closed: ClosedTier::default(),
        }
    }
}

impl AnyTiers {
    pub fn new(shape: &KeyShape) -> AnyTiers {
        if shape.integer {
            AnyTiers::Integer(Tiers::default())
        } else {
            AnyTiers::Bytes(Tiers::default())
        }
    }

    /// The tiers, if their keys are of type `K`.
    pub fn get<K: Key>(&self) -> Option<&Tiers<K>> {
        let tiers: &dyn Any = match self {
            AnyTiers::Integer(tiers) => tiers,
            AnyTiers::Bytes(tiers) => tiers,
        };
        tiers.downcast_ref()
    }

    /// The tiers with keys of type `K`, which is what the index has.
    pub fn of<K: Key>(&self) -> &Tiers<K> {
        self.get()
            .expect("the key type follows the shape of the index")
    }
}

impl KeyIndex {
    pub fn new(id: IndexId, shape: KeyShape) -> KeyIndex {
        let tiers = AnyTiers::new(&shape);
        KeyIndex {
            id,
            shape,
            since: 0,
            tiers,
        }
    }

    /// A row has a key since a sequence.
    pub fn add(&mut self, columns: &[Rc<Vector>], row: usize, id: RowId, seq: u64) {
        each_tiers!(&mut self.tiers, tiers => {
            if let Some(key) = self.shape.key(columns, row) {
                tiers.add(key, id, seq);
            }
        });
    }

    /// A row that had the key of one of its versions has it no more.
    pub fn close(&mut self, version: Location, id: RowId, seq: u64, blocks: &mut Blocks) {
        each_tiers!(&mut self.tiers, tiers => {
            let columns = &blocks.get(version.block).rows.columns;
            if let Some(key) = self.shape.key(columns, version.row as usize) {
                tiers.close(key, id, seq, blocks);
            }
        });
    }

    /// A row never had the key it was added with.
    pub fn remove(&mut self, columns: &[Rc<Vector>], row: usize, id: RowId) {
        each_tiers!(&mut self.tiers, tiers => {
            if let Some(key) = self.shape.key(columns, row) {
                let entry = (key, id.0);
                tiers.live.remove(|found| *found < entry, |found| *found == entry);
            }
        });
    }

    /// Whether two rows have different keys.
    pub fn differs(&self, old: (&[Rc<Vector>], usize), new: (&[Rc<Vector>], usize)) -> bool {
        each_tiers!(&self.tiers, tiers => tiers.key_type(&self.shape, old) != tiers.key_type(&self.shape, new))
    }

    /// Everything ends at once.
    pub fn close_all(&mut self, seq: u64, blocks: &mut Blocks) {
        each_tiers!(&mut self.tiers, tiers => tiers.close_all(seq, blocks));
    }

    /// Of what ended up to a sequence, nothing is known before it is needed.
    pub fn await_past(&mut self, until: u64, blocks: &mut Blocks) {
        each_tiers!(&mut self.tiers, tiers => tiers.closed.await_past(until, blocks));
    }

    /// What ended will be made again when it is needed.
    pub fn forget_past(&mut self) {
        each_tiers!(&mut self.tiers, tiers => tiers.closed = ClosedTier::default());
    }

    /// Up to which sequence it is needed under a number.
    pub fn awaits(&self, id: BlockId) -> Option<u64> {
        each_tiers!(&self.tiers, tiers => tiers.closed.awaits(id))
    }

    /// Up to which sequence nothing is known of what ended.
    pub fn awaited(&self) -> Option<u64> {
        each_tiers!(&self.tiers, tiers => tiers.closed.awaited())
    }

    /// Drops what can be had again; of the past, whose end is given, all or nothing.
    pub fn go_round(&mut self, round: &mut Round, until: u64, blocks: &mut Blocks) {
        each_tiers!(&mut self.tiers, tiers => {
            tiers.live.go_round(round);
            if tiers.closed.go_round(round, tiers.retired_held()) {
                tiers.drop_past(until, blocks);
            }
        });
    }

    /// Trees that ended at once give way to what the blocks say of them, and so does what was to be made of blocks of before.
    pub fn renew_past(&mut self, until: u64, blocks: &mut Blocks) {
        each_tiers!(&mut self.tiers, tiers => {
            if !tiers.retired.is_empty() || tiers.closed.awaited().is_some() {
                tiers.drop_past(until, blocks);
            }
        });
    }

    /// Takes in what ended, as an index of it alone.
    pub fn take_past(&mut self, past: KeyIndex, blocks: &mut Blocks) {
        match (&mut self.tiers, past.tiers) {
            (AnyTiers::Integer(tiers), AnyTiers::Integer(past)) => {
                tiers.closed.take_past(past.closed, blocks);
            }
            (AnyTiers::Bytes(tiers), AnyTiers::Bytes(past)) => {
                tiers.closed.take_past(past.closed, blocks);
            }
            _ => unreachable!("both are of one shape"),
        }
    }

    pub fn runs(&self) -> usize {
        each_tiers!(&self.tiers, tiers => tiers.closed.runs())
    }

    pub fn bytes_held(&self) -> usize {
        each_tiers!(&self.tiers, tiers => {
            tiers.live.bytes_held() + tiers.retired_held() + tiers.closed.bytes_held()
        })
    }
}

impl<K: Key> Tiers<K> {
    pub fn add(&mut self, key: K, row: RowId, seq: u64) {
        self.live.insert((key, row.0), seq);
    }

    fn close(&mut self, key: K, row: RowId, seq: u64, blocks: &mut Blocks) {
        let entry = (key, row.0);
        let removed = self
            .live
            .remove(|found| *found < entry, |found| *found == entry);
        if let Some(((key, payload), start)) = removed {
            self.closed.push(
                Closed {
                    key,
                    end: seq,
                    payload,
                    start,
                },
                blocks,
            );
        }
    }

    /// The key of a row, of the type that these tiers have.
    pub fn key_type(&self, shape: &KeyShape, (columns, row): (&[Rc<Vector>], usize)) -> Option<K> {
        shape.key(columns, row)
    }

    /// Shows every period that is held: key, row, start and end.
    pub fn each(&self, see: &mut dyn FnMut(&K, u64, u64, u64)) {
        let trees = self.retired.iter().map(|(end, tree)| (*end, tree));
        for (end, tree) in trees.chain([(ALIVE, &self.live)]) {
            for ((key, row), start) in tree.iter() {
                see(key, *row, start, end);
            }
        }
        (self.closed)
            .each(&mut |closed| see(&closed.key, closed.payload, closed.start, closed.end));
    }

    fn close_all(&mut self, seq: u64, blocks: &mut Blocks) {
        let tree = std::mem::take(&mut self.live);
        if tree.len() >= RETIRED_ENTRIES_MIN {
            return self.retired.push((seq, tree));
        }
        for ((key, payload), start) in tree.iter() {
            let entry = Closed {
                key: key.clone(),
                end: seq,
                payload: *payload,
                start,
            };
            self.closed.push(entry, blocks);
        }
    }

    /// Reads what waits: the bytes are not to be had any more.
    pub fn hold(&mut self) {
        self.live.hold();
        self.retired.iter_mut().for_each(|(_, tree)| tree.hold());
    }

    fn retired_held(&self) -> usize {
        let trees = self.retired.iter();
        trees.map(|(_, tree)| tree.bytes_held()).sum()
    }

    /// What ended up to now will be made again when it is needed.
    fn drop_past(&mut self, until: u64, blocks: &mut Blocks) {
        self.retired.clear();
        self.closed = ClosedTier::default();
        self.closed.await_past(until, blocks);
    }

    /// From this sequence on, the live tree alone says everything.
    pub fn present_from(&self) -> u64 {
        let retired = self.retired.last().map_or(0, |(end, _)| *end);
        retired.max(self.closed.max_end())
    }

    /// The retired tree that was live at a sequence.
    pub fn retired_at(&self, seq: u64) -> Option<&(u64, LiveTree<K>)> {
        self.retired
            .get(self.retired.partition_point(|(end, _)| *end <= seq))
    }

    /// The place of the first entry of a key in a tree.
    pub fn first_of(tree: &LiveTree<K>, key: &K) -> super::ordered_map::Place {
        tree.seek(|(found, _)| found < key)
    }
}

/// One period in which a row had a key.
pub(crate) struct Period<K> {
    pub key: K,
    pub row: RowId,
    pub start: u64,
    pub end: u64,
}

impl<K: Key> Tiers<K> {
    /// The tiers of an index that is made when there is history already: each version gives a period, and
    /// those of one row that follow each other with one key are joined.
    pub fn build(mut versions: Vec<Period<K>>, blocks: &mut Blocks) -> Tiers<K> {
        sort_by_key(&mut versions, |version| (version.row, version.start));
        versions.dedup_by(|next, last| {
            let joined = next.row == last.row && next.start == last.end && next.key == last.key;
            if joined {
                last.end = next.end;
            }
            joined
        });
        // In place, since there may be very many of them: those that are alive end last.
        sort_by_key(&mut versions, |period| period.end);
        let mut live = versions.split_off(versions.partition_point(|period| period.end < ALIVE));
        let mut tiers = Tiers::default();
        sort_by(&mut live, |a, b| (&a.key, a.row).cmp(&(&b.key, b.row)));
        live.into_iter()
            .for_each(|period| tiers.add(period.key, period.row, period.start));
        let entry = |period: Period<K>| Closed {
            key: period.key,
            end: period.end,
            payload: period.row.0,
            start: period.start,
        };
        tiers.closed = ClosedTier::of(versions.into_iter().map(entry).collect(), blocks);
        tiers
    }
}

/// What an index over existing history is made of.
pub(crate) struct IndexBuild {
    pub id: IndexId,
    pub shape: KeyShape,
    pub periods: AnyPeriods,
}

pub(crate) enum AnyPeriods {
    Integer(Vec<Period<i64>>),
    Bytes(Vec<Period<ByteKey>>),
}

impl AnyPeriods {
    /// With room for so many, since a vector that grows takes three times as much meanwhile.
    pub fn with_capacity(shape: &KeyShape, count: u64) -> AnyPeriods {
        match shape.integer {
            true => AnyPeriods::Integer(Vec::with_capacity(count as usize)),
            false => AnyPeriods::Bytes(Vec::with_capacity(count as usize)),
        }
    }

    /// Adds the period of a version, if the index holds it, as of a sequence.
    ///
    /// # Errors
    /// What computing its key raises.
    pub fn push(&mut self, shape: &KeyShape, block: &Block, row: usize, until: u64) -> Result<()> {
        fn period<K: Key>(
            shape: &KeyShape,
            block: &Block,
            row: usize,
            until: u64,
        ) -> Result<Option<Period<K>>> {
            let key = shape.try_key(&block.rows.columns, row)?;
            let end = block.end_of(row);
            Ok(key.map(|key| Period {
                key,
                row: block.rows.ids[row],
                start: block.start(row),
                end: if end > until { ALIVE } else { end },
            }))
        }
        match self {
            AnyPeriods::Integer(periods) => periods.extend(period(shape, block, row, until)?),
            AnyPeriods::Bytes(periods) => periods.extend(period(shape, block, row, until)?),
        }
        Ok(())
    }

    /// The rows of the periods, in order.
    pub fn rows(&self) -> Vec<RowId> {
        let mut rows: Vec<RowId> = match self {
            AnyPeriods::Integer(periods) => periods.iter().map(|period| period.row).collect(),
            AnyPeriods::Bytes(periods) => periods.iter().map(|period| period.row).collect(),
        };
        sort_by(&mut rows, Ord::cmp);
        rows.dedup();
        rows
    }
}

impl IndexBuild {
    /// The index, its runs numbered among the blocks.
    pub fn finish(self, since: u64, blocks: &mut Blocks) -> KeyIndex {
        let tiers = match self.periods {
            AnyPeriods::Integer(periods) => AnyTiers::Integer(Tiers::build(periods, blocks)),
            AnyPeriods::Bytes(periods) => AnyTiers::Bytes(Tiers::build(periods, blocks)),
        };
        KeyIndex {
            id: self.id,
            shape: self.shape,
            since,
            tiers,
        }
    }
}
