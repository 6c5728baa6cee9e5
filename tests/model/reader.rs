//! Reads that go on while others commit.

use crate::checks::{check_range, random_range};
use crate::random::Random;
use crate::reads::{drain, next_rows, read_rows, read_units};
use crate::state::{Model, Seen};
use driftdb::table::Store;
use driftdb::txn::{IndexCursor, KeyRange, ScanUnit, View};
use driftdb::types::*;
use std::ops::Bound;

/// A reader that was started before some commits and goes on after them.
pub struct Reader {
    pub at: Snapshot,
    pub table: TableId,
    pub index: IndexSchema,
    pub range: KeyRange,
    pub cursor: IndexCursor,
    pub seen: Vec<Seen>,
    pub versions: Versions,
    pub units: Vec<ScanUnit>,
    pub scanned: Vec<Seen>,
    pub expected: Vec<Seen>,
    pub expected_scan: Vec<Seen>,
}

impl Reader {
    pub fn start(
        store: &mut Store,
        model: &Model,
        random: &mut Random,
        spread: usize,
    ) -> Option<Reader> {
        let seq = model.states.len().checked_sub(1)? as u64;
        let state = &model.states[seq as usize];
        let table = state.values().nth(random.below(state.len()))?;
        let (id, index) = (
            table.schema.id,
            table.schema.indexes[random.below(table.schema.indexes.len())].clone(),
        );
        let at = Snapshot::main(Some(Seq(seq)));
        let mut range = random_range(random, &index, spread);
        if random.chance(70) {
            range = KeyRange {
                prefix: Vec::new(),
                lower: Bound::Unbounded,
                upper: Bound::Unbounded,
                ..range
            };
        }
        let all = random.chance(30);
        let versions = if all {
            Versions::all(at)
        } else {
            Versions::AsOf(at)
        };
        let expected_scan = if all {
            model.all(id, seq)
        } else {
            model.at(table, seq)
        };
        let mut cursor = View::at(store, at)
            .open_index(id, index.id, &versions, range.clone(), false)
            .expect("the index exists");
        let first = next_rows(store, None, at, &mut cursor, 1 + random.below(1500));
        let seen = read_rows(store, None, at, id, &first);
        let mut units = View::at(store, at).scan_units(id, &versions, false);
        let rest = units.split_off(units.len() / 2);
        let scanned = read_units(store, None, at, &versions, &units);
        let expected = expected_scan.clone();
        Some(Reader {
            at,
            table: id,
            index,
            range,
            cursor,
            seen,
            versions,
            units: rest,
            scanned,
            expected,
            expected_scan,
        })
    }

    pub fn finish(mut self, store: &mut Store, model: &Model) {
        let dropped = !(model.present().values()).any(|t| {
            t.schema
                .indexes
                .iter()
                .any(|index| index.id == self.index.id)
        });
        if !dropped {
            self.seen.extend(drain(
                store,
                None,
                self.at,
                self.table,
                &mut self.cursor,
                1000,
            ));
            check_range(
                self.seen,
                &self.expected,
                &self.index,
                &self.range,
                "a cursor across commits",
            );
        }
        self.scanned.extend(read_units(
            store,
            None,
            self.at,
            &self.versions,
            &self.units,
        ));
        self.scanned.sort();
        assert_eq!(self.scanned, self.expected_scan, "a scan across commits");
    }
}
