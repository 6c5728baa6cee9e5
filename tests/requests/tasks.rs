//! Requests that wait, take turns, and are stopped.

use super::{Bench, int};
use driftdb::db::{Progress, Request};
use driftdb::error::Code;
use std::fmt::Write;

#[test]
fn a_second_writer_waits_and_is_told_why() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY); BEGIN; INSERT INTO t VALUES (1)");
    let other = bench.database.session();
    let start =
        |bench: &mut Bench, sql: &str| bench.database.start(other, Request::script(sql)).unwrap();

    let task = start(&mut bench, "INSERT INTO t VALUES (2)");
    assert!(matches!(
        bench.database.step(task, 100),
        Progress::WaitingForWriter
    ));
    let reading = bench.database.session();
    let seen = bench
        .database
        .run(reading, Request::script("SELECT count(*) FROM t"));
    assert_eq!(seen.unwrap()[0].values(), [[int(0)]]);
    bench.clock.0.set(7_000_000);
    let Progress::Failed(failure) = bench.database.step(task, 100) else {
        panic!("it waits too long")
    };
    assert_eq!(failure.error.code(), Code::LockTimeout);
    assert!(
        failure.error.hint().unwrap().contains("tx"),
        "{:?}",
        failure.error.hint()
    );

    let task = start(&mut bench, "INSERT INTO t VALUES (2)");
    assert!(matches!(
        bench.database.step(task, 100),
        Progress::WaitingForWriter
    ));
    bench.script("COMMIT");
    let mut steps = 0;
    while !matches!(bench.database.step(task, 100), Progress::Finished) {
        steps += 1;
        assert!(steps < 100);
    }
    assert_eq!(bench.number("SELECT count(*) FROM t"), 2);
}

#[test]
fn a_block_whose_statement_gave_up_waiting_has_failed() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY); BEGIN; INSERT INTO t VALUES (1)");
    let other = bench.database.session();
    let script = "BEGIN; SELECT 1; INSERT INTO t VALUES (2); COMMIT";
    let task = bench
        .database
        .start(other, Request::script(script))
        .unwrap();
    while !matches!(bench.database.step(task, 100), Progress::WaitingForWriter) {}
    bench.clock.0.set(7_000_000);
    let Progress::Failed(failure) = bench.database.step(task, 100) else {
        panic!("it waits too long")
    };
    assert_eq!(failure.error.code(), Code::LockTimeout);
    bench.script("COMMIT");
    let mut run = |sql| bench.database.run(other, Request::script(sql));
    let (_, refused) = run("INSERT INTO t VALUES (3)").expect_err("its block has failed");
    assert_eq!(refused.error.code(), Code::InFailedTransaction);
    run("ROLLBACK; INSERT INTO t VALUES (4)").expect("the block is over");
    assert_eq!(bench.number("SELECT sum(id) FROM t"), 5);
}

#[test]
fn tasks_can_be_stepped_in_turns_and_stopped() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (n int)");
    let mut values = String::from("INSERT INTO t VALUES (0)");
    (1..3000).for_each(|n| write!(values, ", ({n})").unwrap());
    bench.script(&values);
    let endless = "SELECT count(*) FROM t a, t b, t c";
    let task = bench
        .database
        .start(bench.session, Request::script(endless))
        .unwrap();
    for _ in 0..5 {
        assert!(matches!(bench.database.step(task, 1000), Progress::Working));
    }
    // Another session reads and writes meanwhile.
    let other = bench.database.session();
    bench
        .database
        .run(other, Request::script("INSERT INTO t VALUES (1); SELECT 1"))
        .unwrap();
    bench.database.cancel(task, Code::Cancelled);
    let Progress::Failed(failure) = bench.database.step(task, 1000) else {
        panic!("it was cancelled")
    };
    assert_eq!(
        (failure.error.code(), failure.error.sqlstate()),
        (Code::Cancelled, "57014")
    );

    let mut request = Request::script(endless);
    request.timeout = Some(1_000_000);
    let task = bench.database.start(bench.session, request).unwrap();
    assert!(matches!(bench.database.step(task, 1000), Progress::Working));
    bench.clock.0.set(bench.clock.0.get() + 1_000_001);
    let Progress::Failed(failure) = bench.database.step(task, 1000) else {
        panic!("it took too long")
    };
    assert_eq!(failure.error.code(), Code::Timeout);
    assert_eq!(bench.number("SELECT count(*) FROM t"), 3001);
}

#[test]
fn who_stops_a_request_that_has_committed_comes_too_late() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (n int)");
    let stopped_after = |bench: &mut Bench, sql: &str, statements: usize| {
        let task = bench
            .database
            .start(bench.session, Request::script(sql))
            .unwrap();
        for _ in 0..statements {
            assert!(matches!(
                bench.database.step(task, 1000),
                Progress::Statement(_)
            ));
        }
        bench.database.cancel(task, Code::Cancelled);
        bench.database.step(task, 1000)
    };
    for sql in [
        "INSERT INTO t VALUES (1)",
        "INSERT INTO t VALUES (2); -- and nothing more",
        "SET statement_timeout = '1 ms'",
    ] {
        let ended = stopped_after(&mut bench, sql, 1);
        assert!(matches!(ended, Progress::Finished), "{sql}: {ended:?}");
    }
    let ended = stopped_after(
        &mut bench,
        "INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)",
        1,
    );
    let Progress::Failed(failure) = ended else {
        panic!("there was another statement: {ended:?}")
    };
    assert_eq!(
        (failure.statement, failure.error.code()),
        (1, Code::Cancelled)
    );
    assert_eq!(bench.number("SELECT sum(n) FROM t"), 6);
}

#[test]
fn a_query_for_update_waits_for_who_writes_unless_it_says_nowait() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)");
    bench.script("BEGIN; UPDATE t SET id = 2");
    let other = bench.database.session();
    let mut step = |sql: &str| {
        let task = bench.database.start(other, Request::script(sql)).unwrap();
        let progress = bench.database.step(task, 100);
        bench.database.cancel(task, Code::Cancelled);
        let _ = bench.database.step(task, 100);
        progress
    };
    for sql in [
        "SELECT * FROM t FOR UPDATE",
        "SELECT * FROM t FOR KEY SHARE SKIP LOCKED",
        "SELECT * FROM (SELECT id FROM t FOR NO KEY UPDATE) x",
    ] {
        assert!(matches!(step(sql), Progress::WaitingForWriter), "{sql}");
    }
    for sql in [
        "SELECT * FROM t FOR UPDATE NOWAIT",
        "SELECT * FROM t FOR SHARE OF t NOWAIT",
    ] {
        let Progress::Failed(failure) = step(sql) else {
            panic!("{sql} waits")
        };
        assert_eq!(failure.error.code(), Code::LockTimeout, "{sql}");
    }
    bench.script("COMMIT");
    let freed = bench
        .database
        .run(other, Request::script("SELECT id FROM t FOR UPDATE NOWAIT"));
    assert_eq!(freed.unwrap()[0].values(), [[int(2)]]);
    // Outside of a block the right to write is given back at once.
    bench.script("UPDATE t SET id = 3");
}

#[test]
fn stopping_a_queued_request_leaves_the_one_before_it_alone() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (n int)");
    let mut values = String::from("INSERT INTO t VALUES (0)");
    (1..3000).for_each(|n| write!(values, ", ({n})").unwrap());
    bench.script(&values);
    let start = |bench: &mut Bench, sql: &str| {
        let request = Request::script(sql);
        bench.database.start(bench.session, request).unwrap()
    };
    let first = start(
        &mut bench,
        "INSERT INTO t SELECT a.n FROM t a, t b WHERE b.n < 3",
    );
    assert!(matches!(bench.database.step(first, 1), Progress::Working));
    let second = start(&mut bench, "DELETE FROM t");
    let third = start(&mut bench, "INSERT INTO t VALUES (-1)");
    assert!(matches!(
        bench.database.step(second, 1),
        Progress::WaitingForWriter
    ));
    bench.database.cancel(second, Code::LockTimeout);
    let Progress::Failed(failure) = bench.database.step(second, 1) else {
        panic!("it was stopped")
    };
    assert_eq!(failure.error.code(), Code::LockTimeout);
    assert!(failure.error.hint().is_some());

    // The first still has the right to write, and the third waits for it.
    let other = bench.database.session();
    let rival = bench
        .database
        .start(other, Request::script("DELETE FROM t"))
        .unwrap();
    assert!(matches!(
        bench.database.step(rival, 1),
        Progress::WaitingForWriter
    ));
    for task in [first, third, rival] {
        let mut steps = 0;
        while !matches!(bench.database.step(task, 10_000), Progress::Finished) {
            steps += 1;
            assert!(steps < 10_000);
        }
        if task == third {
            let other = bench.database.session();
            let count = Request::script("SELECT count(*) FROM t");
            let seen = bench.database.run(other, count).unwrap();
            assert_eq!(seen[0].values(), [[int(12_001)]]);
        }
    }
    assert_eq!(bench.number("SELECT count(*) FROM t"), 0);
}

/// A definition that another session changes meanwhile takes nothing away from a reader.
#[test]
fn a_reader_goes_on_while_its_index_is_dropped_or_built_anew() {
    for change in [
        "DROP INDEX t_n_idx",
        "DROP TABLE t",
        "TRUNCATE t",
        "ALTER TABLE t ALTER COLUMN n TYPE text",
        "ALTER TABLE t ALTER COLUMN n TYPE numeric",
        "ALTER TABLE t DROP COLUMN n",
        "DROP INDEX t_n_idx; CREATE INDEX t_n_idx ON t (n); DELETE FROM t",
    ] {
        let mut bench = Bench::new();
        bench.script("CREATE TABLE t (n int, m int); CREATE INDEX ON t (n)");
        let mut values = String::from("INSERT INTO t VALUES (0)");
        (1..9000).for_each(|n| write!(values, ", ({n})").unwrap());
        bench.script(&values);
        let read = Request::script("SELECT count(*), sum(n) FROM t WHERE n >= 10");
        let task = bench.database.start(bench.session, read).unwrap();
        for _ in 0..3 {
            assert!(matches!(bench.database.step(task, 100), Progress::Working));
        }
        let other = bench.database.session();
        bench.database.run(other, Request::script(change)).unwrap();
        loop {
            match bench.database.step(task, 10_000) {
                Progress::Statement(result) => {
                    assert_eq!(result.values(), [[int(8990), int(40_495_455)]], "{change}");
                }
                Progress::Finished => break,
                Progress::Failed(failure) => panic!("{change}: {failure:?}"),
                _ => {}
            }
        }
    }
}
