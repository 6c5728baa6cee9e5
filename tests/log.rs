//! The log: what is written is read back.

mod support;

use driftdb::storage::Memory;
use support::commits::*;
use support::{Faulty, Missing};

#[test]
fn what_was_committed_is_read_back() {
    let files = Faulty::new(Memory::new());
    let commits = history(40);
    let (none, mut log, report) = open(Box::new(files.clone()), options(1)).expect("new");
    assert!(none.is_empty() && report.created && report.provisional);
    for one in &commits {
        commit(&mut log, one).expect("the storage is sound");
    }
    close(&mut log).expect("the storage is sound");
    let (read, log, report) = open(Box::new(files), options(2)).expect("closed in order");
    assert_eq!(read, commits);
    assert!(report.segments > 2, "{report:?}");
    assert_eq!(
        (
            report.epoch,
            report.torn,
            report.created,
            report.provisional
        ),
        (2, None, false, false)
    );
    assert_eq!(log.next_seq().0, 40);
}

#[test]
fn a_storage_that_has_nothing_at_hand_gives_the_same() {
    let files = Faulty::new(Memory::new()).slow(3);
    let commits = history(40);
    let missing = Box::new(Missing::new(files.clone()));
    let (_, mut log, _) = open(missing, options(1)).expect("new");
    for one in &commits {
        commit(&mut log, one).expect("the storage is sound");
    }
    close(&mut log).expect("the storage is sound");
    let (read, _, report) = open(Box::new(Missing::new(files)), options(2)).expect("sound");
    assert_eq!(read, commits);
    assert!(report.segments > 2, "{report:?}");
}
