//! The store made anew from the parts of a checkpoint, sound and damaged.

use crate::history::{History, capture, restore};
use driftdb::error::Code;
use driftdb::table::{Residency, Store};
use driftdb::txn::{View, ZoneFilter};
use driftdb::types::*;

#[test]
fn a_store_made_anew_from_checkpoints_answers_for_every_moment() {
    for seed in 200..208 {
        let residency = [Residency::All, Residency::FirstTouch][seed as usize % 2];
        let mut history = History::new(seed, 12, residency);
        history.reopening = 25;
        history.run(150);
        history.check_all(20);
    }
}

#[test]
fn blocks_that_were_copied_forward_are_restored() {
    let mut copies = 0;
    for seed in 300..302 {
        let mut history = History::new(seed, 1200, Residency::All);
        history.reopening = 20;
        history.run(60);
        copies += history.store.stats().copies;
        history.check_all(4);
    }
    assert!(copies > 0, "no block was copied forward");
}

#[test]
fn a_checkpoint_of_a_restored_store_has_the_same_bytes() {
    for seed in 400..404 {
        let mut history = History::new(seed, 300, Residency::All);
        history.run(60);
        let last = history.commits.len() as u64 - 1;
        let parts = capture(&history.store, last);
        let again = restore(&parts, Residency::All).expect("as it was captured");
        assert!(capture(&again, last) == parts, "seed {seed}");
    }
}

/// Reads every row of every table as of some moments, whatever it says.
fn read_all(store: &mut Store, last: u64) {
    for seq in (0..=last).step_by(7) {
        let versions = Versions::AsOf(Snapshot::main(Some(Seq(seq))));
        let catalog = store.catalog(versions.snapshot());
        for table in catalog.tables() {
            let columns: Vec<ScanColumn> = (table.columns.iter())
                .map(|column| ScanColumn::Column(column.id))
                .collect();
            let units = View::at(store, versions.snapshot()).scan_units(table.id, &versions, false);
            for unit in units {
                let mut needed = Vec::new();
                loop {
                    let view = View::at(store, versions.snapshot());
                    match view.read_unit(unit, &versions, &columns, &ZoneFilter::default()) {
                        Ok(driftdb::table::Fetch::Need(block)) if !needed.contains(&block) => {
                            needed.push(block);
                            if store.load(block).is_err() {
                                break;
                            }
                        }
                        _ => break,
                    }
                }
            }
        }
    }
}

#[test]
fn no_bytes_of_a_checkpoint_make_reading_it_panic() {
    let mut history = History::new(77, 12, Residency::All);
    history.run(60);
    let last = history.commits.len() as u64 - 1;
    let parts = capture(&history.store, last);
    let mut refused = 0;
    for round in 0..3000 {
        let mut damaged = parts.clone();
        let part = history.random.below(damaged.len());
        let place = history.random.below(damaged[part].len());
        match round % 4 {
            0 => damaged[part].truncate(place),
            1 => damaged[part][place] ^= 1 << history.random.below(8),
            2 => damaged[part][place] = history.random.next() as u8,
            _ => drop(damaged.remove(part)),
        }
        match restore(&damaged, Residency::All) {
            Ok(mut store) => read_all(&mut store, last),
            Err(error) => {
                let known = matches!(
                    error.code(),
                    Code::Corrupt
                        | Code::FormatTooNew
                        | Code::DuplicateTable
                        | Code::DuplicateObject
                        | Code::UndefinedTable
                        | Code::UndefinedColumn
                        | Code::UndefinedObject
                );
                assert!(known, "{error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 1000, "{refused} were refused");
}
