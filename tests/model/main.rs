//! Random histories against a model that copies all tables at every commit.
//!
//! The model knows no blocks, no indexes and no intervals: a state is a map of rows, the past is the list of
//! states. Whatever the engine answers for any moment must be what the list says: scans and index reads, as
//! of a moment and over all versions, while a transaction is open and while readers run across commits, with
//! every block at hand and with each missing at its first touch, live, after replaying the commits, and with the store made
//! anew from checkpoints again and again.

mod checkpoint;
mod checks;
mod history;
#[path = "../support/random.rs"]
mod random;
mod reader;
mod reads;
mod schema;
mod state;

use driftdb::table::Residency;
use history::History;

#[test]
fn short_statements_and_many_commits() {
    for seed in 0..8 {
        let residency = [Residency::All, Residency::FirstTouch][seed as usize % 2];
        let mut history = History::new(seed, 12, residency);
        history.run(150);
        history.check_all(20);
    }
}

#[test]
fn long_statements_that_fill_blocks_and_leave_them_sparse() {
    let mut copies = 0;
    for seed in 100..102 {
        let residency = [Residency::All, Residency::FirstTouch][seed as usize % 2];
        let mut history = History::new(seed, 1200, residency);
        history.run(60);
        copies += history.store.stats().copies;
        history.check_all(4);
    }
    assert!(copies > 0, "no block was copied forward");
}
