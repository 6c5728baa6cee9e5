//! Requests of the past, and the history of a key.

use super::{Bench, int};
use driftdb::db::{AsOf, Operation, Parameter, Progress, Request, StatementResult};
use driftdb::error::Code;
use driftdb::storage::Directory;
use driftdb::table::Residency;
use driftdb::types::{DataType, Seq, Value};

#[test]
fn a_request_of_the_past_only_reads() {
    let mut bench = Bench::new();
    bench.script(
        "CREATE TABLE t (n int); INSERT INTO t VALUES (1); UPDATE t SET n = 2; DROP TABLE t",
    );
    let then = |sql: &str, as_of: AsOf| Request {
        as_of: Some(as_of),
        ..Request::script(sql)
    };
    let at = |seq| AsOf::Seq(seq);
    let values = |results: Vec<StatementResult>| results[0].values();
    let sum = "SELECT sum(n) FROM t";
    assert_eq!(values(bench.request(then(sum, at(1))).unwrap()), [[int(1)]]);
    assert_eq!(values(bench.request(then(sum, at(2))).unwrap()), [[int(2)]]);
    assert_eq!(
        bench.request(then(sum, at(3))).unwrap_err().error.code(),
        Code::UndefinedTable
    );
    assert_eq!(
        bench.request(then(sum, at(4))).unwrap_err().error.code(),
        Code::MomentInFuture
    );
    // A clause of its own wins, and sees no further than the request.
    let own = "SELECT sum(n) FROM t AS OF @seq:1";
    assert_eq!(values(bench.request(then(own, at(2))).unwrap()), [[int(1)]]);
    for write in [
        "INSERT INTO t VALUES (3)",
        "DELETE FROM t",
        "CREATE TABLE u (a int)",
    ] {
        assert_eq!(
            bench.request(then(write, at(1))).unwrap_err().error.code(),
            Code::ReadOnly
        );
    }
    let text = AsOf::Text("1970-01-01 00:00:01.000001".to_string());
    assert_eq!(values(bench.request(then(sum, text)).unwrap()), [[int(1)]]);
}

#[test]
fn history_tells_every_state_of_a_key() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (a int, b text, n int, PRIMARY KEY (a, b))");
    let noted = |sql: &str, meta: &str| Request {
        meta: Some(meta.to_string()),
        ..Request::script(sql)
    };
    bench
        .request(noted(
            "INSERT INTO t VALUES (1, 'x', 10)",
            "{\"user\": \"ann\"}",
        ))
        .unwrap();
    bench.script("UPDATE t SET n = 11 WHERE a = 1; DELETE FROM t; INSERT INTO t VALUES (1, 'x', 12); UPDATE t SET b = 'y'");
    let key = [Parameter::I64(1), Parameter::from("x")];
    let history = bench.database.history("t", &key, None, None).unwrap();
    let told: Vec<_> = (history.entries.iter())
        .map(|entry| {
            (
                entry.seq.0,
                entry.operation,
                entry.until.map(|(seq, _)| seq.0),
            )
        })
        .collect();
    use Operation::{Delete, Insert, Update};
    assert_eq!(
        told,
        [
            (1, Insert, Some(2)),
            (2, Update, Some(3)),
            (3, Delete, Some(4)),
            (4, Insert, Some(5)),
            (5, Update, None),
        ]
    );
    assert_eq!(
        history.entries[0].meta.as_deref(),
        Some("{\"user\": \"ann\"}")
    );
    assert_eq!(history.entries[1].changed, [2]);
    assert_eq!(
        history.entries[1].row,
        Some(vec![int(1), Value::text("x"), int(11)])
    );
    assert_eq!(history.entries[2].row, None);

    // The new key's history begins with the update that made it.
    let names = ["b".to_string(), "a".to_string()];
    let key = [Parameter::from("y"), Parameter::I64(1)];
    let history = bench
        .database
        .history("t", &key, Some(&names), None)
        .unwrap();
    assert_eq!(history.entries.len(), 1);
    assert_eq!(
        (history.entries[0].seq, history.entries[0].operation),
        (Seq(5), Update)
    );
    assert_eq!(history.entries[0].changed, [1]);
    let before = bench
        .database
        .history("t", &[1.into(), "x".into()], None, Some(&AsOf::Seq(2)));
    assert_eq!(before.unwrap().entries.len(), 2);
    let missing = bench.database.history("nope", &[1.into()], None, None);
    assert_eq!(missing.unwrap_err().code(), Code::UndefinedTable);
}

/// How many blocks a statement has to wait for that nothing has touched before.
fn blocks_needed(bench: &mut Bench, sql: &str) -> (usize, usize) {
    let request = Request::script(sql);
    let task = bench.database.start(bench.session, request).unwrap();
    let (mut needed, mut rows) = (0, 0);
    loop {
        match bench.database.step(task, 1000) {
            Progress::NeedBlock(_) => needed += 1,
            Progress::Statement(result) => rows += result.rows(),
            Progress::Finished => return (needed, rows),
            Progress::Failed(failure) => panic!("{failure:?}"),
            Progress::Working | Progress::WaitingForWriter => {}
        }
    }
}

#[test]
fn a_difference_costs_by_what_changed_and_not_by_what_there_is() {
    let needed = |rows: usize| {
        let mut bench = Bench::with(|options| options.residency = Residency::FirstTouch);
        bench.script(&format!(
            "CREATE TABLE t (id int PRIMARY KEY, n int);
             INSERT INTO t SELECT g, 0 FROM generate_series(1, {rows}) g;
             UPDATE t SET n = 1 WHERE id IN (5, 500, 950);
             INSERT INTO t VALUES (0, 0); DELETE FROM t WHERE id = 700"
        ));
        blocks_needed(&mut bench, "SELECT * FROM diff('t', @seq:1, @seq:4)")
    };
    let (few, rows) = needed(1000);
    assert_eq!(rows, 5);
    let (many, rows) = needed(60_000);
    assert_eq!(rows, 5);
    assert!(many <= few + 2, "{many} blocks of 30, {few} of one");
}

#[test]
fn the_history_of_a_key_that_is_none_any_more_is_still_told() {
    let mut bench = Bench::with(|options| options.residency = Residency::FirstTouch);
    bench.script("CREATE TABLE t (a int, b text, n int, PRIMARY KEY (b, a))");
    bench.script("INSERT INTO t VALUES (1, 'x', 10), (2, 'x', 20); UPDATE t SET n = n + 1");
    bench.script("DELETE FROM t WHERE a = 1; UPDATE t SET a = 3");
    let told = |bench: &mut Bench| {
        [1, 2, 3].map(|a: i64| {
            let key = [Parameter::from("x"), Parameter::I64(a)];
            let history = bench.database.history("t", &key, None, Some(&AsOf::Seq(4)));
            history.unwrap().entries
        })
    };
    let before = told(&mut bench);
    assert_eq!(before.each_ref().map(Vec::len), [3, 3, 1]);
    let changes = [
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t ADD PRIMARY KEY (n)",
        "ALTER TABLE t ALTER COLUMN b TYPE int USING 1",
        "DROP TABLE t; SELECT 1",
    ];
    for change in changes {
        bench.script(change);
        assert_eq!(told(&mut bench), before, "{change}");
    }
}

#[test]
fn the_history_of_a_row_goes_on_over_a_change_of_type() {
    let mut bench = Bench::with(|options| options.residency = Residency::FirstTouch);
    bench.script("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 5)");
    bench.script("ALTER TABLE t ALTER n TYPE text; UPDATE t SET n = 'x'; DELETE FROM t");
    let history = bench.database.history("t", &[1.into()], None, None);
    let history = history.unwrap();
    assert_eq!(history.fields[1].data_type, DataType::Text);
    let told = history.entries.iter().map(|entry| {
        let row = entry.row.as_ref().map(|row| row[1].clone());
        (entry.seq.0, entry.changed.clone(), row)
    });
    let text = |text| Some(Value::text(text));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (1, vec![0, 1], text("5")),
            (2, vec![1], text("5")),
            (3, vec![1], text("x")),
            (4, vec![], None),
        ]
    );
    let explained = |bench: &mut Bench, sql: &str| format!("{:?}", bench.rows(sql));
    let by_index = explained(&mut bench, "EXPLAIN SELECT * FROM history('t', 1)");
    assert!(by_index.contains("History on t using t_pkey"), "{by_index}");
    // The key itself is no exception.
    bench.script("CREATE TABLE k (id int PRIMARY KEY); INSERT INTO k VALUES (1), (2)");
    bench.script("ALTER TABLE k ALTER id TYPE text; DELETE FROM k WHERE id = '1'");
    let history = bench.database.history("k", &["1".into()], None, None);
    let told = history.unwrap().entries;
    let told: Vec<_> = told.iter().map(|e| (e.seq.0, e.changed.clone())).collect();
    assert_eq!(told, [(6, vec![0]), (7, vec![0]), (8, vec![])]);
    // Its index has not all of the past.
    let without = explained(&mut bench, "EXPLAIN SELECT * FROM history('k', '1')");
    assert!(without.contains("History on k\""), "{without}");
}

#[test]
fn explain_and_undo_name_the_commits_that_they_mean() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    let lines = bench.rows("EXPLAIN SELECT * FROM t FOR SYSTEM_TIME AS OF 1 UNION ALL SELECT * FROM t FOR SYSTEM_TIME ALL");
    let text = format!("{lines:?}");
    assert!(
        text.contains("t as of 1 ") && text.contains("t through time "),
        "{text}"
    );
    for commit in [2, 99] {
        let error = bench.error(&format!("UNDO COMMIT {commit}"));
        assert_eq!(error.code(), Code::MomentInFuture);
        assert!(error.message().contains(&commit.to_string()), "{error:?}");
    }
}

/// What is done between, compaction and checkpoints among it, loses nothing of it, nor does opening it anew.
#[test]
fn a_row_that_changed_ten_thousand_times_has_its_beginning() {
    const CHANGES: i64 = 10_000;
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a folder");
    let open = || {
        Bench::with(|options| {
            let directory = Directory::open(folder.path()).expect("the folder opens");
            options.storage = Some(Box::new(directory));
        })
    };
    let mut bench = open();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 0), (2, 0)");
    for n in 1..=CHANGES {
        bench.script(&format!("UPDATE t SET n = {n} WHERE id = 1"));
        if n % 2_000 == 0 {
            bench.script("VACUUM FULL t; ANALYZE t; CHECKPOINT");
            bench.database.want_checkpoint();
            while bench.database.maintain(1_000).expect("it writes") {}
        }
    }
    let check = |bench: &mut Bench| {
        for n in [0, 1, 2, 1_999, 2_000, 2_001, 5_555, CHANGES] {
            let then = format!("SELECT n FROM t WHERE id = 1 AS OF @seq:{}", n + 1);
            assert_eq!(bench.number(&then), n);
        }
        let all = "SELECT count(*) FROM t FOR SYSTEM_TIME ALL WHERE id = 1";
        assert_eq!(bench.number(all), CHANGES + 1);
        let order =
            "SELECT count(*) FROM t FOR SYSTEM_TIME ALL WHERE id = 1 AND n = system_seq_start - 1";
        assert_eq!(bench.number(order), CHANGES + 1);
        let history = "SELECT min(n) + max(until_seq) FROM history('t', 1)";
        assert_eq!(bench.number(history), CHANGES + 1);
    };
    check(&mut bench);
    bench.database.close().expect("it closes");
    drop(bench);
    check(&mut open());
}

#[test]
fn a_live_query_of_a_tag_follows_the_tag() {
    let mut bench = Bench::new();
    bench.script(
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1); UPDATE t SET v = 2; \
         CREATE TAG first AS OF @seq:1; \
         CREATE VIEW v AS SELECT v FROM t FOR SYSTEM_TIME AS OF @tag:first; \
         CREATE TABLE u (id int PRIMARY KEY)",
    );
    let queries = [
        "SELECT v FROM t FOR SYSTEM_TIME AS OF @tag:first",
        "SELECT v FROM v",
        "SELECT op FROM diff('t', @tag:first, @seq:2)",
    ];
    let touched = |bench: &mut Bench, from| {
        queries.map(|sql| bench.database.touched(sql, &[], Some(Seq(from)), None).0)
    };
    bench.script("INSERT INTO u VALUES (1)");
    assert_eq!(touched(&mut bench, 5), [false; 3]);
    bench.script("DROP TAG first; CREATE TAG first AS OF @seq:2; INSERT INTO u VALUES (2)");
    assert_eq!(touched(&mut bench, 6), [true; 3]);
    assert_eq!(touched(&mut bench, 8), [false; 3]);
}
