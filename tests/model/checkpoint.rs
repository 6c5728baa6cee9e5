//! The store made anew from the parts of a checkpoint, sound and damaged.

use crate::history::{History, capture, restore};
use driftdb::error::Code;
use driftdb::table::{Capture, Check, Residency, Store};
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

#[test]
fn a_checkpoint_that_commits_overtake_is_that_of_its_commit() {
    for seed in 500..504 {
        let residency = [Residency::All, Residency::FirstTouch][seed as usize % 2];
        let mut history = History::new(seed, 400, residency);
        history.run(30);
        let seq = history.commits.len() - 1;
        let mut capture = Capture::new(&history.store, Seq(seq as u64));
        let mut parts = Vec::new();
        while let Some(part) = capture.next(&history.store).expect("it can be written") {
            parts.push(part);
            history.run(1);
        }
        history.store = restore(&parts, residency).expect("as it was captured");
        for commit in &history.commits[seq + 1..] {
            let applied = history.store.apply(commit.clone());
            applied.expect("a commit of the engine's own");
        }
        let mut check = Check::default();
        while history.store.check_on(&mut check, 10) {}
        assert_eq!(check.problems, [], "seed {seed}");
        for commit in &history.commits {
            let info = history.store.commit_info(commit.seq).expect("it is known");
            assert_eq!(
                (info.time, &*info.statement),
                (commit.time, &*commit.statement)
            );
            assert_eq!(history.store.seq_at_time(commit.time), Some(commit.seq));
        }
        history.reopening = 5;
        history.run(20);
        history.check_all(20);
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
                            if store.load(block, driftdb::table::Waiter::CALL).is_err() {
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
    for (seed, size, rounds) in [(77, 12, 3000), (78, 900, 300)] {
        damage(History::new(seed, size, Residency::All), rounds);
    }
}

fn damage(mut history: History, rounds: usize) {
    history.run(60);
    let last = history.commits.len() as u64 - 1;
    let parts = capture(&history.store, last);
    history.run(4);
    let (mut refused, mut found) = (0, 0);
    for round in 0..rounds {
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
            Ok(mut store) => {
                // What was there is changed, and all that waits is touched.
                let later = &history.commits[last as usize + 1..];
                let mut later = later.iter();
                let applied = later.try_for_each(|commit| store.apply(commit.clone()));
                while store.check_on(&mut Check::default(), usize::MAX) {}
                let times = (0..=last).map(|seq| store.commit_info(Seq(seq)).map(|own| own.time));
                let moments = times.flatten().map(|time| store.seq_at_time(time));
                assert_eq!(moments.count() as u64, last + 1);
                found += usize::from(applied.is_err() || store.check_sound().is_err());
                read_all(&mut store, last);
            }
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
    assert!(refused > rounds / 4, "{refused} were refused");
    assert!(found > 0, "nothing was found later");
}
