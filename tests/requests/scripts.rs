//! Scripts and what their errors say.

use super::Bench;
use driftdb::db::{Request, Work};
use driftdb::error::Code;
use driftdb::types::Seq;

#[test]
fn a_script_stops_at_its_first_error_and_keeps_what_was_before() {
    let mut bench = Bench::new();
    let sql = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)";
    let (results, failure) = bench
        .database
        .run(bench.session, Request::script(sql))
        .unwrap_err();
    assert_eq!(results.len(), 2);
    assert_eq!(
        (failure.statement, failure.error.code()),
        (2, Code::UniqueViolation)
    );
    assert_eq!(failure.error.table(), Some("t"));
    assert_eq!(failure.error.detail(), Some("Key (id)=(1) already exists."));
    assert_eq!(bench.number("SELECT count(*) FROM t"), 1);
    let commands: Vec<&str> = results.iter().map(|result| result.command).collect();
    assert_eq!(commands, ["CREATE TABLE", "INSERT"]);
    assert_eq!(results[1].seq, Some(Seq(1)));
    assert!(results[1].committed);

    // Positions are counted over the whole script, in characters.
    let failure = bench
        .request(Request::script("SELECT 'ä'; SELECT nope"))
        .unwrap_err();
    assert_eq!(failure.error.position(), Some(20));
}

#[test]
fn an_atomic_script_is_one_commit_or_none() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY)");
    let atomic = |sql: &str| {
        Request::new(Work::Script {
            sql: sql.to_string(),
            parameters: Vec::new(),
            atomic: true,
            single: false,
        })
    };
    let failure = bench.request(atomic("INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)"));
    assert_eq!(failure.unwrap_err().statement, 1);
    assert_eq!(bench.number("SELECT count(*) FROM t"), 0);
    assert_eq!(bench.database.applied_seq(), Some(Seq(0)));
    let results = bench
        .request(atomic("INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"))
        .unwrap();
    assert_eq!(
        results
            .iter()
            .map(|result| result.affected_rows)
            .collect::<Vec<_>>(),
        [1, 1]
    );
    assert_eq!(bench.database.applied_seq(), Some(Seq(1)));
    let info = bench.database.commit_info(Seq(1)).unwrap();
    assert_eq!(info.affected_rows, 2);
    assert!(
        bench
            .request(atomic("BEGIN; INSERT INTO t VALUES (3)"))
            .is_err()
    );
    assert!(!bench.database.in_transaction(bench.session));
}

/// Also where the statement did not read the other columns, and of a row that the transaction has changed.
#[test]
fn an_update_to_null_shows_the_row_that_would_be() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL, c int)");
    bench.script("INSERT INTO t VALUES (1, 'x', 10), (2, 'y', 20)");
    let detail = |bench: &mut Bench, sql: &str| {
        let error = bench.error(sql);
        assert_eq!(error.code(), Code::NotNullViolation);
        error.detail().map(str::to_string)
    };
    let shown = |row: &str| Some(format!("Failing row contains ({row})."));
    let one = detail(&mut bench, "UPDATE t SET b = NULL WHERE a = 2");
    assert_eq!(one, shown("2, null, 20"));
    let many = detail(
        &mut bench,
        "UPDATE t SET c = 5, b = CASE a WHEN 2 THEN NULL ELSE b END",
    );
    assert_eq!(many, shown("2, null, 5"));
    let returning = detail(&mut bench, "UPDATE t SET b = NULL WHERE a = 1 RETURNING a");
    assert_eq!(returning, shown("1, null, 10"));
    bench.script("BEGIN; UPDATE t SET c = 11 WHERE a = 1");
    let own = detail(&mut bench, "UPDATE t SET b = NULL WHERE c = 11");
    assert_eq!(own, shown("1, null, 11"));
}
