//! Comparing what the engine answers with what the model says.

use crate::random::Random;
use crate::reads::{drain, read_rows, ready, scan};
use crate::schema::{key_of, random_value};
use crate::state::{Model, Seen};
use driftdb::table::Store;
use driftdb::txn::{KeyRange, View};
use driftdb::types::*;
use std::ops::Bound;

pub fn random_range(random: &mut Random, index: &IndexSchema, spread: usize) -> KeyRange {
    let mut value = |position: usize| {
        random_value(
            &mut Random(random.next()),
            index.columns[position].0 as usize,
            spread,
        )
    };
    let mut range = KeyRange {
        prefix: Vec::new(),
        lower: Bound::Unbounded,
        upper: Bound::Unbounded,
        backwards: false,
    };
    let prefix = value(0);
    let (lower, upper) = (
        value(index.columns.len() - 1),
        value(index.columns.len() - 1),
    );
    if index.columns.len() > 1 || random.chance(40) {
        range.prefix.push(prefix);
    }
    if range.prefix.len() < index.columns.len() {
        range.lower = [
            Bound::Included(lower.clone()),
            Bound::Excluded(lower),
            Bound::Unbounded,
        ][random.below(3)]
        .clone();
        range.upper = [
            Bound::Included(upper.clone()),
            Bound::Excluded(upper),
            Bound::Unbounded,
        ][random.below(3)]
        .clone();
    }
    range.backwards = random.chance(40);
    range
}

pub fn is_in_range(range: &KeyRange, key: &[Value]) -> bool {
    let equal = range
        .prefix
        .iter()
        .zip(key)
        .all(|(a, b)| a == b && !a.is_null());
    let Some(next) = key.get(range.prefix.len()) else {
        return equal;
    };
    let bounds = [&range.lower, &range.upper];
    if bounds.iter().any(|bound| {
        matches!(
            bound,
            Bound::Included(Value::Null) | Bound::Excluded(Value::Null)
        )
    }) {
        return false;
    }
    let bounded = bounds
        .iter()
        .any(|bound| !matches!(bound, Bound::Unbounded));
    if bounded && next.is_null() {
        return false;
    }
    let above = match &range.lower {
        Bound::Included(low) => next >= low,
        Bound::Excluded(low) => next > low,
        Bound::Unbounded => true,
    };
    let below = match &range.upper {
        Bound::Included(high) => next <= high,
        Bound::Excluded(high) => next < high,
        Bound::Unbounded => true,
    };
    equal && above && below
}

/// Compares rows read through an index with those expected, which also lie in key order.
pub fn check_range(
    seen: Vec<Seen>,
    expected: &[Seen],
    index: &IndexSchema,
    range: &KeyRange,
    what: &str,
) {
    let keys: Vec<Row> = seen.iter().map(|row| key_of(index, &row.1)).collect();
    let ordered = |pair: &[Row]| {
        if range.backwards {
            pair[0] >= pair[1]
        } else {
            pair[0] <= pair[1]
        }
    };
    assert!(
        keys.windows(2).all(ordered),
        "{what}: key order by {index:?} in {range:?}"
    );
    let mut seen = seen;
    seen.sort();
    let in_range = |row: &&Seen| is_in_range(range, &key_of(index, &row.1));
    let expected: Vec<Seen> = expected.iter().filter(in_range).cloned().collect();
    assert_eq!(seen, expected, "{what}: {index:?} in {range:?}");
}

/// Compares everything that can be asked of one moment.
pub fn check_moment(
    store: &mut Store,
    model: &Model,
    seq: u64,
    random: &mut Random,
    spread: usize,
) {
    let last = model.states.len() as u64 - 1;
    let (at, present) = (
        Snapshot::main(Some(Seq(seq))),
        Snapshot::main(Some(Seq(last))),
    );
    for table in model.states[seq as usize].values() {
        let id = table.schema.id;
        let catalog = store.catalog(at);
        assert_eq!(
            **catalog
                .table(&table.schema.name)
                .expect("the table existed"),
            table.schema
        );
        let expected = model.at(table, last);
        let versions = Versions::AsOf(at);
        assert_eq!(
            scan(store, None, present, id, &versions),
            expected,
            "table {id} as of {seq}"
        );
        let all = model.all(id, seq);
        assert_eq!(
            scan(store, None, at, id, &Versions::all(at)),
            all,
            "all of table {id} known at {seq}"
        );
        // An index serves all moments as long as it exists, or as long as its table did.
        let newest = model.states[seq as usize..]
            .iter()
            .rev()
            .find_map(|state| state.values().find(|t| t.schema.id == id));
        for index in &newest.expect("it exists at this moment").schema.indexes {
            let range = random_range(random, index, spread);
            let batch = [1, 7, 3000][random.below(3)];
            for (versions, known, expected) in [
                (versions.clone(), present, &expected),
                (Versions::all(at), at, &all),
            ] {
                let cursor = View::at(store, known).open_index(
                    id,
                    index.id,
                    &versions,
                    range.clone(),
                    false,
                );
                let seen = drain(
                    store,
                    None,
                    known,
                    id,
                    &mut cursor.expect("the index exists"),
                    batch,
                );
                check_range(seen, expected, index, &range, &format!("{versions:?}"));
            }
            let existed = table.schema.index(index.id).is_some();
            if index.unique && existed {
                check_unique(
                    store, present, id, index, &versions, &expected, random, spread,
                );
            }
        }
    }
    for name in ["a", "b", "c"] {
        let exists = model.states[seq as usize].contains_key(name);
        assert_eq!(store.catalog(at).table(name).is_some(), exists);
    }
}

#[allow(clippy::too_many_arguments)]
pub fn check_unique(
    store: &mut Store,
    known: Snapshot,
    table: TableId,
    index: &IndexSchema,
    versions: &Versions,
    expected: &[Seen],
    random: &mut Random,
    spread: usize,
) {
    let random_key: Row = index
        .columns
        .iter()
        .map(|id| random_value(random, id.0 as usize, spread))
        .collect();
    let existing = expected
        .get(random.below(expected.len()))
        .map(|row| key_of(index, &row.1));
    for key in [Some(random_key), existing].into_iter().flatten() {
        let found = ready(store, |store| {
            View::at(store, known).get_unique(table, index.id, &key, versions, false)
        });
        let seen =
            found.map(|location| read_rows(store, None, known, table, &[location]).remove(0));
        let usable = !key.iter().any(Value::is_null);
        let wanted = expected
            .iter()
            .find(|row| usable && key_of(index, &row.1) == key);
        assert_eq!(
            seen.as_ref(),
            wanted,
            "{key:?} by {index:?} at {versions:?}"
        );
        if let (Some(location), Some(wanted)) = (found, wanted) {
            let cell = ready(store, |store| {
                View::at(store, known).cell(table, location, ScanColumn::Column(ColumnId(2)))
            });
            assert_eq!(cell, wanted.1[2]);
        }
    }
}
