//! What the log holds after crashes and failures of the storage, tried out exhaustively on small histories.
//!
//! After every one of them: what is read back is a prefix of what was committed, whole commits in their order;
//! it includes all that was acknowledged as durable; a commit that was refused is not in it; and commits made
//! afterwards are there at the next opening.

mod support;

use driftdb::error::{Code, Error};
use driftdb::log::{Options, Sizes};
use driftdb::storage::Memory;
use support::commits::*;
use support::workload::Step::*;
use support::workload::{Outcome, Step, WORKLOADS, run};
use support::{Fault, Faulty, Missing};

/// Opens an image, checks what it holds, commits more, and opens what that leaves.
fn check(image: Memory, outcome: &Outcome, what: &str) -> usize {
    let files = Faulty::new(image);
    let (read, mut log, report) = match open(Box::new(files.clone()), options(77)) {
        Ok(opened) => opened,
        Err(error) => panic!("{what}: {error}"),
    };
    assert!(
        outcome.durable <= read.len(),
        "{what}: {} of {} durable",
        read.len(),
        outcome.durable
    );
    assert!(
        read.len() <= outcome.possible,
        "{what}: a refused commit is there"
    );
    assert_eq!(read, outcome.issued[..read.len()], "{what}");
    assert_eq!(report.read_only, None, "{what}");
    let all = history(read.len() as u64 + 3);
    for one in &all[read.len()..] {
        commit(&mut log, one).unwrap_or_else(|error| panic!("{what}, afterwards: {error}"));
    }
    // A second crash, of which everything that was not flushed is lost.
    let (again, ..) = open(Box::new(Faulty::new(files.crashed([]))), options(78))
        .unwrap_or_else(|error| panic!("{what}, the second time: {error}"));
    assert_eq!(again, all, "{what}, the second time");
    read.len()
}

/// Every call at which a workload can be stopped, on a storage whose flushes end after being asked about `slow`
/// times.
fn each_stop(steps: &[Step], slow: u32, mut visit: impl FnMut(&Faulty, &Outcome, u64)) {
    for call in 0.. {
        let files = Faulty::new(Memory::new()).slow(slow);
        files.fail(call, Fault::Error(Code::Io), true);
        let outcome = run(&files, steps);
        visit(&files, &outcome, call);
        if !files.struck() {
            return;
        }
    }
}

#[test]
fn any_subset_of_the_unflushed_writes_leaves_a_prefix() {
    let mut images = 0;
    for (steps, slow) in WORKLOADS.iter().flat_map(|steps| [(steps, 0), (steps, 2)]) {
        each_stop(steps, slow, |files, outcome, call| {
            let count = files.unflushed().len().min(5);
            let skipped = files.unflushed().len() - count;
            for subset in 0..1u32 << count {
                // Of many writes the oldest have arrived.
                let chosen = (0..count).filter(|index| subset >> index & 1 == 1);
                let kept = (0..skipped).chain(chosen.map(|index| index + skipped));
                let what = format!("call {call}, subset {subset:b}, slow {slow}");
                check(files.crashed(kept), outcome, &what);
                images += 1;
            }
        });
    }
    assert!(images > 500, "{images} images");
}

#[test]
fn a_write_torn_at_every_byte_leaves_a_prefix() {
    for steps in &WORKLOADS[..3] {
        each_stop(steps, 0, |files, outcome, call| {
            let writes = files.unflushed();
            let Some(last) = writes.last() else { return };
            // Of headers and zeros, which are long and regular, every 61st byte.
            let stride = if last.bytes.len() > 2000 { 61 } else { 1 };
            for length in (0..last.bytes.len()).step_by(stride) {
                let image = files.torn(writes.len() - 1, length);
                check(image, outcome, &format!("call {call}, torn at {length}"));
            }
        });
    }
}

#[test]
fn the_log_cut_at_every_byte_reopens_to_a_prefix() {
    // One segment takes all of it.
    let usual = Options {
        sizes: Sizes::default(),
        ..options(1)
    };
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), usual).expect("new");
    let issued = history(9);
    for one in &issued {
        commit(&mut log, one).expect("sound");
    }
    // Nothing in a file that was cut says how long it was: whatever is a prefix is right.
    let outcome = Outcome {
        possible: 9,
        issued,
        ..Outcome::default()
    };
    let whole = files.crashed([]);
    let mut found = std::collections::BTreeSet::new();
    for length in 4096..=whole.files[1].len() {
        let mut cut = whole.clone();
        cut.files[1].truncate(length);
        found.insert(check(cut, &outcome, &format!("cut at {length}")));
    }
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        (0..=9).collect::<Vec<_>>()
    );
}

fn outcome_like(outcome: &Outcome) -> Outcome {
    Outcome {
        issued: outcome.issued.clone(),
        possible: outcome.possible,
        ..Outcome::default()
    }
}

#[test]
fn a_call_that_fails_leaves_memory_and_storage_agreeing() {
    let faults = [
        Fault::Error(Code::Io),
        Fault::Error(Code::Quota),
        Fault::Short,
    ];
    let mut refused = 0;
    for steps in WORKLOADS {
        for fault in faults {
            for sticky in [false, true] {
                for call in 0.. {
                    let files = Faulty::new(Memory::new());
                    files.fail(call, fault, sticky);
                    let outcome = run(&files, steps);
                    let what = format!(
                        "call {call}, {fault:?}, sticky {sticky}: {:?}",
                        outcome.error
                    );
                    refused += usize::from(outcome.possible < outcome.issued.len());
                    files.heal();
                    // The process lives on and opens the log anew, or the machine goes down.
                    check(files.seen(), &outcome, &what);
                    check(files.crashed([]), &outcome, &what);
                    if !files.struck() {
                        break;
                    }
                }
            }
        }
    }
    assert!(refused > 50, "{refused} definite refusals");
}

#[test]
fn a_log_that_failed_takes_nothing_more_and_says_so() {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    let commits = history(3);
    commit(&mut log, &commits[0]).expect("sound");
    log.append(&commits[1]).expect("sound");
    files.fail(1, Fault::Error(Code::Io), false);
    assert_eq!(
        log.flush().expect_err("the flush fails").code(),
        Code::CommitUnknown
    );
    files.heal();
    assert_eq!(
        log.append(&commits[2]).expect_err("given up").code(),
        Code::CommitUnknown
    );
    assert_eq!(
        log.flush().expect_err("given up").code(),
        Code::CommitUnknown
    );
    assert_eq!(
        log.maintain(0).expect_err("given up").code(),
        Code::CommitUnknown
    );
    assert_eq!(log.close(), Ok(true));
}

#[test]
fn a_flush_that_lies_costs_commits_and_never_truth() {
    for steps in WORKLOADS {
        for call in 0.. {
            let files = Faulty::new(Memory::new());
            files.fail(call, Fault::Lie, true);
            let outcome = run(&files, steps);
            let count = files.unflushed().len();
            for kept in [
                0..0,
                0..count / 2,
                count / 2..count,
                count.saturating_sub(1)..count,
            ] {
                let image = files.crashed(kept);
                // Lost and found out is the best that can be had; another history is not.
                match open(Box::new(image), options(5)) {
                    Ok((read, ..)) => assert_eq!(read, outcome.issued[..read.len()]),
                    Err(error) => assert!(is_damage(&error), "{error}"),
                }
            }
            if !files.struck() {
                break;
            }
        }
    }
}

fn is_damage(error: &Error) -> bool {
    matches!(error.code(), Code::Corrupt | Code::DataLoss)
}

#[test]
fn a_storage_that_fails_while_it_is_read_is_not_taken_for_a_damaged_one() {
    let files = Faulty::new(Memory::new());
    run(&files, WORKLOADS[3]);
    let image = files.seen();
    for fault in [Fault::Error(Code::Io), Fault::Short] {
        for call in 0.. {
            let files = Faulty::new(image.clone());
            files.fail(call, fault, false);
            let opened = open(Box::new(files.clone()), options(1));
            if !files.struck() {
                opened.expect("nothing failed");
                break;
            }
            match opened {
                Err(error) => {
                    assert_eq!(error.code(), Code::Io, "call {call}: {error}");
                    assert_eq!(files.seen(), image, "call {call} changed something");
                }
                Ok((.., report)) => {
                    // All was read; the fault struck when the session was to be written.
                    // (A flush has no length that could fall short.)
                    match report.read_only {
                        Some(error) => {
                            let is_short = fault == Fault::Short;
                            let code = if is_short { Code::Quota } else { Code::Io };
                            assert_eq!(error.code(), code, "call {call}");
                        }
                        None => assert_eq!(fault, Fault::Short, "call {call}"),
                    }
                }
            }
        }
    }
}

#[test]
fn a_crash_while_opening_changes_nothing() {
    // A torn tail, so that the opening has a segment to begin.
    let files = Faulty::new(Memory::new());
    let outcome = run(&files, &[Group(3), Written]);
    let torn = files.torn(0, 100);
    let outcome = Outcome {
        durable: 3,
        ..outcome_like(&outcome)
    };
    for call in 0.. {
        let files = Faulty::new(torn.clone());
        files.fail(call, Fault::Error(Code::Io), true);
        // What it answers is tested elsewhere; here it is what it leaves behind.
        let _ = open(Box::new(files.clone()), options(3));
        let writes = files.unflushed();
        for subset in 0..1u32 << writes.len() {
            let kept = (0..writes.len()).filter(|index| subset >> index & 1 == 1);
            check(
                files.crashed(kept),
                &outcome,
                &format!("call {call}, subset {subset:b}"),
            );
        }
        for length in (0..writes.last().map_or(0, |write| write.bytes.len())).step_by(7) {
            let image = files.torn(writes.len() - 1, length);
            check(image, &outcome, &format!("call {call}, torn at {length}"));
        }
        if !files.struck() {
            break;
        }
    }
}

#[test]
fn a_slow_storage_that_has_nothing_at_hand_crashes_no_differently() {
    for (steps, delay) in WORKLOADS.iter().zip([1, 2, 3, 5, 8, 2, 1, 3]) {
        let files = Faulty::new(Memory::new()).slow(delay);
        let outcome = run(&files, steps);
        assert_eq!(outcome.error, None);
        for kept in 0..=files.unflushed().len() {
            check(
                files.crashed(0..kept),
                &outcome,
                &format!("{kept} writes kept"),
            );
        }
        let (read, ..) = open(Box::new(Missing::new(files.seen())), options(9)).expect("sound");
        assert_eq!(read, outcome.issued);
    }
}
