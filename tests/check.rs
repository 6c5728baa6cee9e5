//! The check of an open database: it finds whatever changed in its storage, says where, and finds nothing else.

mod support;

use driftdb::db::{Checked, Database, Options, Request, SessionId};
use driftdb::error::Code;
use driftdb::storage::{Memory, Storage};
use std::rc::Rc;
use support::commits::Seeded;
use support::database::{self, Ticks};
use support::{Faulty, Missing};

fn open(storage: Box<dyn Storage>) -> (Database, SessionId) {
    database::open(Options {
        storage: Some(storage),
        checkpoint_after: u64::MAX,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    })
}

fn run((database, session): &mut (Database, SessionId), sql: &str) {
    let done = database.run(*session, Request::script(sql));
    done.map_err(|(_, failure)| failure.error).expect("it runs");
}

/// Tables with indexes of several kinds, a past, a table that was dropped, one that was emptied.
const BEFORE: &str = "
    CREATE TABLE t (id int PRIMARY KEY, v int, s text UNIQUE);
    CREATE INDEX of_v ON t (v) WHERE v > 3;
    CREATE INDEX of_s ON t (lower(s));
    INSERT INTO t SELECT i, i % 7, 'Row ' || i FROM generate_series(1, 900) AS g(i);
    UPDATE t SET v = v + 1 WHERE id % 3 = 0;
    DELETE FROM t WHERE id % 10 = 0;
    CREATE TABLE gone (a text PRIMARY KEY);
    INSERT INTO gone VALUES ('a'), ('b');
    DROP TABLE gone;
    CREATE TABLE emptied AS SELECT i FROM generate_series(1, 5000) AS g(i);
    TRUNCATE emptied;
    INSERT INTO emptied VALUES (1)";
const AFTER: &str = "
    ALTER TABLE t ADD COLUMN w bigint DEFAULT 5;
    CREATE INDEX of_w ON t (w, v);
    UPDATE t SET w = id, s = s || '!' WHERE id < 150;
    UPDATE t SET v = v + 1 WHERE id < 270;
    UPDATE t SET v = v + 1 WHERE id < 270;
    RESTORE TABLE t TO @seq:5 WHERE id = 20";

/// A database of some history, of which a checkpoint has the first part if it `has_checkpoint`.
fn example(has_checkpoint: bool) -> (Faulty, (Database, SessionId)) {
    let files = Faulty::new(Memory::new());
    let mut connection = open(Box::new(files.clone()));
    run(&mut connection, BEFORE);
    if has_checkpoint {
        connection.0.want_checkpoint();
        while connection.0.maintain(5).expect("sound") {}
    }
    run(&mut connection, AFTER);
    (files, connection)
}

/// Checks in steps of so many bytes, and calls `between` them.
fn check(database: &mut Database, bytes: u64, mut between: impl FnMut(&mut Database)) -> Checked {
    database.begin_check().expect("it is open");
    for _ in 0..100_000 {
        let checked = database.check(bytes).expect("it is open");
        if checked.is_over {
            return checked;
        }
        between(database);
    }
    panic!("the check does not end");
}

fn problems(checked: &Checked) -> Vec<String> {
    let told = |problem: &driftdb::log::Problem| problem.error.message().to_string();
    checked.problems.iter().map(told).collect()
}

#[test]
fn a_sound_database_has_no_problems() {
    for has_checkpoint in [false, true] {
        let (files, (mut database, _)) = example(has_checkpoint);
        let versions = database.stats().versions;
        for bytes in [1, 5000, u64::MAX / 2] {
            let checked = check(&mut database, bytes, |_| {});
            assert_eq!(problems(&checked), Vec::<String>::new());
            assert_eq!(checked.versions, versions);
            assert!(checked.bytes > 10_000 && checked.done <= checked.total);
        }
        // Opened again, with a past that nothing has needed yet, then needed, and with a storage that has nothing at hand.
        let mut again = open(Box::new(Missing::new(files.crashed([]))));
        for question in [
            "",
            "SELECT * FROM t WHERE id = 30 OR s = 'Row 9' AS OF @seq:4",
        ] {
            run(&mut again, question);
            let checked = check(&mut again.0, 3000, |_| {});
            assert_eq!(problems(&checked), Vec::<String>::new(), "{question}");
            assert_eq!(checked.versions, versions);
        }
    }
}

#[test]
fn a_database_in_memory_is_checked_and_one_without_anything() {
    let options = Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)));
    let mut connection = database::open(options);
    assert_eq!(check(&mut connection.0, 1, |_| {}).versions, 0);
    run(&mut connection, BEFORE);
    let checked = check(&mut connection.0, 1, |_| {});
    assert_eq!(problems(&checked), Vec::<String>::new());
    assert!(checked.versions > 4000 && checked.bytes == 0);
    let mut fresh = open(Box::new(Memory::new()));
    assert_eq!(
        problems(&check(&mut fresh.0, 1, |_| {})),
        Vec::<String>::new()
    );
}

#[test]
fn commits_and_a_checkpoint_that_is_due_do_not_disturb_it() {
    let (files, (mut database, session)) = example(true);
    let mut count = 0;
    let checked = check(&mut database, 2000, |database| {
        count += 1;
        if count % 3 == 0 {
            let sql = format!("UPDATE t SET v = v + 1 WHERE id % 50 = {}", count % 50);
            run_on(database, session, &sql);
        }
        database.want_checkpoint();
        database.maintain(1).expect("sound");
    });
    assert_eq!(problems(&checked), Vec::<String>::new());
    assert!(count > 10);
    // Then it is written.
    while database.maintain(5).expect("sound") {}
    assert_eq!(
        problems(&check(&mut database, 9000, |_| {})),
        Vec::<String>::new()
    );
    let (_, report) = (0, open(Box::new(files.crashed([]))).0.report().cloned());
    assert!(report.expect("stored").checkpointed > 20);
}

fn run_on(database: &mut Database, session: SessionId, sql: &str) {
    let done = database.run(session, Request::script(sql));
    done.map_err(|(_, failure)| failure.error).expect("it runs");
}

#[test]
fn every_damaged_byte_that_counts_is_found_and_named() {
    for has_checkpoint in [false, true] {
        let (files, (mut database, _)) = example(has_checkpoint);
        while database.maintain(5).expect("sound") {}
        let image = files.crashed([]);
        let (mut found, mut unnamed) = (0, 0);
        for (file, bytes) in image.files.iter().enumerate() {
            let used = bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |at| at + 1);
            // All of the first page, and some of the rest.
            for place in (0..used).step_by(if used > 20_000 { 797 } else { 61 }) {
                files.damage(file, place, 1 << (place % 8));
                let checked = check(&mut database, u64::MAX / 2, |_| {});
                files.damage(file, place, 1 << (place % 8));
                let [problem, ..] = &checked.problems[..] else {
                    // Between the slots of the superblock there is nothing, and nobody reads the frame that a checkpoint's segment
                    // begins with.
                    let is_unused = match file {
                        0 => (2048..4096).contains(&place),
                        _ => has_checkpoint && (4096..4128).contains(&place),
                    };
                    assert!(is_unused, "file {file}, place {place}");
                    continue;
                };
                let is_damage = matches!(
                    problem.error.code(),
                    Code::Corrupt | Code::DataLoss | Code::FormatTooNew
                );
                assert!(is_damage, "file {file}, place {place}: {}", problem.error);
                match problem.file {
                    Some(named) => assert_eq!(named as usize, file, "{}", problem.error),
                    None => unnamed += 1,
                }
                assert!(problem.offset.is_none_or(|offset| offset as usize <= place));
                found += 1;
            }
        }
        assert!(
            found > 100 && unnamed * 10 < found,
            "{found} found, {unnamed} of them without a place"
        );
        assert_eq!(
            problems(&check(&mut database, 9000, |_| {})),
            Vec::<String>::new()
        );
    }
}

#[test]
fn files_that_are_cut_or_emptied_are_found() {
    let (files, (mut database, _)) = example(true);
    while database.maintain(5).expect("sound") {}
    let image = files.crashed([]);
    for file in 0..image.files.len() {
        let used = image.files[file].iter().rposition(|byte| *byte != 0);
        for length in [0, used.unwrap_or(0) / 2, used.unwrap_or(0)] {
            let whole = files.replace(file, image.files[file][..length].to_vec());
            let checked = check(&mut database, 9000, |_| {});
            files.replace(file, whole);
            let counts = file > 0 && used.is_some();
            assert!(
                !counts || !checked.problems.is_empty(),
                "file {file} cut at {length}"
            );
        }
    }
}
