//! The log: what is written is read back.

mod support;

use driftdb::column::{Data, Vector};
use driftdb::commit::{Commit, RowChanges, TableChange};
use driftdb::error::{Code, Result};
use driftdb::log::{Log, Options, Sizes, limit};
use driftdb::storage::{Directory, Memory, Storage};
use driftdb::types::{ColumnId, RowId, TableId};
use proptest::prelude::*;
use std::rc::Rc;
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

#[test]
fn a_directory_keeps_it_and_is_open_once() -> Result<()> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let commits = history(30);
    let (_, mut log, _) = open(Box::new(Directory::open(place.path())?), options(1))?;
    for one in &commits[..20] {
        commit(&mut log, one)?;
    }
    let busy = Directory::open(place.path()).expect_err("it is open");
    assert_eq!(busy.code(), Code::Busy);
    // Dropped without being closed, then continued.
    drop(log);
    let (read, mut log, _) = open(Box::new(Directory::open(place.path())?), options(2))?;
    assert_eq!(read, commits[..20]);
    for one in &commits[20..] {
        commit(&mut log, one)?;
        while log.maintain(1000)? {}
    }
    close(&mut log)?;
    drop(log);
    let (read, _, report) = open(Box::new(Directory::open(place.path())?), options(3))?;
    assert_eq!((read, report.epoch), (commits, 3));
    Ok(())
}

#[test]
fn where_a_database_was_made_an_empty_storage_is_a_loss_and_stays_empty() -> Result<()> {
    let known = |seed| Options {
        is_known: true,
        ..options(seed)
    };
    let files = Faulty::new(Memory::new());
    let lost = open(Box::new(files.clone()), known(1)).map(drop);
    assert_eq!(lost.map_err(|error| error.code()), Err(Code::DataLoss));
    // Nothing was made, so it is new to who does not know of it.
    let (_, log, report) = open(Box::new(files.clone()), options(2))?;
    assert!(report.created);
    drop(log);
    let (_, _, report) = open(Box::new(files), known(3))?;
    assert!(!report.created);
    Ok(())
}

fn usual(seed: u64) -> Options {
    Options {
        sizes: Sizes::default(),
        ..options(seed)
    }
}

/// One commit through a log and back.
fn round_trip(commit_in: &Commit) -> Result<Commit> {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), usual(1))?;
    commit(&mut log, commit_in)?;
    let (mut read, ..) = open(Box::new(files), usual(2))?;
    assert_eq!(read.len(), 1);
    Ok(read.remove(0))
}

fn texts_of(lengths: &[usize]) -> Commit {
    let texts: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
    insert(0, 1, texts.iter().map(String::as_str))
}

#[test]
fn long_runs_span_frames_and_come_back_as_one() {
    let mut change = TableChange::new(TableId(4));
    let rows = 150_000;
    let run = |from: u64| RowChanges {
        rows: (from..from + rows).map(RowId).collect(),
        columns: vec![ColumnId(2), ColumnId(7)],
        vectors: vec![
            Vector::new(Data::I64((0..rows as i64).map(|i| i * i).collect())),
            texts((0..rows).map(|i| ["open", "paid"][i as usize % 2])),
        ],
    };
    change.deletes = (0..rows).map(RowId).collect();
    change.updates = vec![run(1_000_000), run(2_000_000)];
    change.inserts = Some(run(3_000_000));
    let commit = Commit {
        tables: vec![change],
        ..empty_commit(0)
    };
    assert!(round_trip(&commit).expect("within limits") == commit);
}

#[test]
fn each_limit_is_an_error_that_the_log_survives() {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), usual(1)).expect("new");
    let before = files.seen();
    // A value; a row of values that are each short enough; a transaction of rows that are.
    let mut row = insert(0, 1, ["x"]);
    let wide = "x".repeat(limit::VALUE_BYTES_MAX - 100);
    row.tables[0].inserts.as_mut().expect("an insert").vectors = vec![texts([wide.as_str()]); 3];
    row.tables[0].inserts.as_mut().expect("an insert").columns = (0..3).map(ColumnId).collect();
    let many = insert(0, 1, vec![wide.as_str(); 17]);
    for too_long in [texts_of(&[limit::VALUE_BYTES_MAX + 1]), row, many] {
        let error = log.append(&too_long).expect_err("too long");
        assert_eq!(error.code(), Code::LimitLength, "{error}");
    }
    assert_eq!(log.flush(), Ok(None));
    assert!(files.seen() == before);
    let largest = texts_of(&[limit::VALUE_BYTES_MAX - 100]);
    commit(&mut log, &largest).expect("within limits");
    let (read, ..) = open(Box::new(files), usual(2)).expect("sound");
    assert!(read == [largest]);
}

#[test]
fn a_commit_out_of_order_is_refused() {
    let mut log = Log::create(Box::new(Memory::new()), usual(1)).expect("new");
    assert_eq!(
        log.append(&create_table(1))
            .expect_err("not the first")
            .code(),
        Code::Internal
    );
    log.append(&create_table(0)).expect("the first");
    let early = Commit {
        time: START,
        ..insert(1, 1, ["x"])
    };
    assert_eq!(
        log.append(&early).expect_err("not later").code(),
        Code::Internal
    );
    let first = Commit {
        time: i64::MIN,
        ..insert(1, 1, ["x"])
    };
    assert_eq!(
        log.append(&first).expect_err("not storable").code(),
        Code::Internal
    );
    log.append(&insert(1, 1, ["x"])).expect("later");
    assert_eq!((log.next_seq().0, log.durable_commits()), (2, 0));
    flush(&mut log).expect("sound");
    assert_eq!(log.durable_commits(), 2);
    assert!(
        Log::create(log.into_storage(), usual(2)).is_err(),
        "there is a database already"
    );
}

#[test]
fn times_keep_their_microseconds_and_their_sign() {
    for time in [
        i64::MIN + 999_999,
        -1,
        0,
        1,
        999,
        1000,
        START + 123_456,
        i64::MAX,
    ] {
        let commit = Commit {
            time,
            raw_clock: time.wrapping_neg(),
            ..empty_commit(0)
        };
        assert_eq!(round_trip(&commit).expect("any time"), commit);
    }
}

#[test]
fn the_chain_depends_on_the_commits_and_not_on_where_they_lie() {
    // The same entropy, and so the same blindings, once in one segment and once in many.
    let chain = |options: Options, flush_each: bool| {
        let mut log = Log::create(Box::new(Memory::new()), options).expect("new");
        let mut chain = Vec::new();
        for one in &history(30) {
            log.append(one).expect("sound");
            if flush_each {
                flush(&mut log).expect("sound");
            }
            chain.push(log.chain());
        }
        chain
    };
    struct Same;
    impl driftdb::types::Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }
    let same = |options: Options| Options {
        entropy: Rc::new(Same),
        ..options
    };
    let one = chain(same(usual(1)), false);
    assert_eq!(one, chain(same(options(1)), true));
    assert_ne!(one, chain(usual(1), false), "other blindings");
    assert!(one.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn zeros_are_written_ahead_and_the_next_file_is_asked_for_in_time() {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    while log.maintain(100).expect("sound") {}
    let length = files.len(1).expect("there");
    assert!(length > 4096 + 512, "{length}");
    let mut ahead = false;
    for one in &history(10) {
        commit(&mut log, one).expect("sound");
        while log.maintain(100).expect("sound") {}
        ahead |= files.file_count() == 3 && log_is_in_first(&files);
    }
    assert!(ahead, "the file was there before it was needed");
    assert!(files.unflushed().is_empty(), "idle is durable");
}

fn log_is_in_first(files: &Faulty) -> bool {
    files.seen().files[2].iter().all(|byte| *byte == 0)
}

fn any_text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        "[a-c]{0,2}".prop_map(Some),
        any::<String>().prop_map(Some)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_commit_comes_back(
        numbers in proptest::collection::vec(any::<Option<i64>>(), 1..300),
        words in proptest::collection::vec(any_text(), 300),
        floats in proptest::collection::vec(any::<f64>(), 300),
        rows in proptest::collection::vec(any::<u64>(), 300),
        meta in any::<Option<String>>(),
        request in any::<Option<[u8; 16]>>(),
        affected_rows in any::<u64>(),
    ) {
        use driftdb::types::{PhysicalType, Value};
        let count = numbers.len();
        let integers: Vec<Value> = numbers.iter().map(|n| n.map_or(Value::Null, Value::I64)).collect();
        let words: Vec<Value> = words[..count]
            .iter()
            .map(|word| word.as_ref().map_or(Value::Null, |word| Value::text(word)))
            .collect();
        let run = RowChanges {
            rows: rows[..count].iter().copied().map(RowId).collect(),
            columns: (0..3).map(ColumnId).collect(),
            vectors: vec![
                Vector::from_values(PhysicalType::I64, &integers),
                Vector::from_values(PhysicalType::Text, &words),
                Vector::new(Data::F64(floats[..count].to_vec())),
            ],
        };
        let mut change = TableChange::new(TableId(u32::MAX));
        change.updates = vec![run.clone()];
        change.inserts = Some(run);
        change.close_all = count % 2 == 0;
        let commit = Commit { tables: vec![change], meta, request, affected_rows, ..empty_commit(0) };
        prop_assert_eq!(round_trip(&commit).expect("within limits"), commit);
    }
}

/// Scripts whose name says what they show.
macro_rules! scripts {
    ($($name:ident)*) => {
        $(#[test] fn $name() { support::script::run(stringify!($name)); })*

        #[test]
        fn every_script_is_run() {
            let names = [$(stringify!($name)),*];
            for entry in std::fs::read_dir("tests/scripts/log").expect("the scripts are there") {
                let name = entry.expect("an entry").file_name();
                assert!(names.iter().any(|known| name == **known), "{name:?}");
            }
        }
    };
}

scripts! {
    bytes_of_a_small_database
    bytes_of_every_type
    calls_of_a_commit
    calls_of_a_new_segment
    a_torn_tail_is_left_behind
    a_hole_is_damage
    the_last_group_has_no_witness
    files_are_found_by_their_headers
}
