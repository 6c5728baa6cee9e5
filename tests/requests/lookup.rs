//! What is parsed and looked up how often, and which plans are kept.

use super::Bench;
use driftdb::db::Parameter;
use driftdb::error::Code;
use driftdb::types::Value;

#[test]
fn twenty_five_thousand_statements_with_different_constants_are_one_parse() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, v text)");
    let before = bench.database.counters().parses;
    for id in 0..25_000 {
        bench.script(&format!("INSERT INTO t VALUES ({id}, 'row {id}')"));
    }
    assert_eq!(bench.database.counters().parses - before, 1);
    for id in (0..25_000).step_by(10) {
        let rows = bench.rows(&format!("SELECT v FROM t WHERE id = {id}"));
        assert_eq!(rows, [[Value::text(&format!("row {id}"))]]);
        bench.script(&format!("UPDATE t SET v = 'x{id}' WHERE id = {id}"));
    }
    assert_eq!(bench.database.counters().parses - before, 3);
    assert_eq!(bench.number("SELECT count(*) FROM t"), 25_000);
    assert!(bench.database.counters().plan_cache_hits >= 29_000);
}

#[test]
fn a_text_that_the_plan_cache_knows_takes_one_call_and_everything_else_a_task() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, v text)");
    let known = [
        "INSERT INTO t VALUES (1, 'a')",
        "SELECT v FROM t WHERE id = 1",
        "SELECT v FROM t WHERE id = $1",
        "UPDATE t SET v = 'b' WHERE id = 1",
    ];
    let one = [Parameter::I64(1)];
    for sql in known {
        let parameters = if sql.contains('$') { &one[..] } else { &[] };
        assert_eq!(bench.short(sql, parameters), Ok(None), "{sql}");
        bench.query(sql, parameters.to_vec()).unwrap();
    }
    let parses = bench.database.counters().parses;
    for id in 2..100 {
        let short = bench.short(&format!("INSERT INTO t VALUES ({id}, 'v{id}')"), &[]);
        assert_eq!(short, Ok(Some(vec![])));
        let short = bench.short(&format!(" select V from T where ID = {id} ; "), &[]);
        assert_eq!(short, Ok(Some(vec![vec![Value::text(&format!("v{id}"))]])));
    }
    let short = bench.short("SELECT v FROM t WHERE id = $1", &one);
    assert_eq!(short, Ok(Some(vec![vec![Value::text("b")]])));
    assert_eq!(bench.database.counters().parses, parses);

    // What fails fails as the task would, and what is not a short statement of this shape is left to one.
    let taken = bench.short("INSERT INTO t VALUES (1, 'x')", &[]);
    assert_eq!(taken, Err(Code::UniqueViolation));
    for (sql, parameters) in [
        ("SELECT v FROM t WHERE id = 1; SELECT 1", &[][..]),
        ("SELECT v FROM t WHERE id = 1; 'open", &[]),
        ("SELECT v FROM t WHERE id = 'x'", &[]),
        ("SELECT v FROM t WHERE id = 1", &one),
        ("SELECT v FROM t WHERE id = $1", &[]),
        ("SELECT v FROM t WHERE id = $1", &[Parameter::Bool(true)]),
        ("INSERT INTO t VALUES (200, 'x'), (201, 'y')", &[]),
        ("", &[]),
        ("BEGIN", &[]),
    ] {
        assert_eq!(bench.short(sql, parameters), Ok(None), "{sql}");
    }
    assert_eq!(bench.number("SELECT count(*) FROM t"), 99);

    // In a transaction of its own session it is a part of that; in a failed one, and while somebody else
    // writes, it is not run.
    bench.script("BEGIN; DELETE FROM t WHERE id = 50");
    let other = bench.database.session();
    let sql = "INSERT INTO t VALUES (300, 'x')";
    let waits = bench.database.execute_text(other, sql, &[]);
    assert!(waits.unwrap().is_none());
    assert_eq!(bench.short(sql, &[]), Ok(Some(vec![])));
    assert_eq!(bench.short(sql, &[]), Err(Code::UniqueViolation));
    assert_eq!(bench.short("SELECT v FROM t WHERE id = 1", &[]), Ok(None));
    bench.script("ROLLBACK");
    let gone = bench.short("SELECT v FROM t WHERE id = 300", &[]);
    assert_eq!(gone, Ok(Some(vec![])));

    // A session that reads another moment, or may not write, is left to a task.
    bench.script("SET SESSION AS OF @seq:2");
    assert_eq!(bench.short("SELECT v FROM t WHERE id = 1", &[]), Ok(None));
    bench.script("RESET ALL; SET default_transaction_read_only = on");
    assert_eq!(
        bench.short("INSERT INTO t VALUES (301, 'x')", &[]),
        Ok(None)
    );
    bench.script("RESET ALL");

    // Another schema is another plan.
    bench.script("ALTER TABLE t ADD COLUMN w int DEFAULT 7");
    let sql = "SELECT v FROM t WHERE id = 1";
    assert_eq!(bench.short(sql, &[]), Ok(None));
    bench.script(sql);
    let again = bench.short(sql, &[]);
    assert_eq!(again, Ok(Some(vec![vec![Value::text("b")]])));
}

#[test]
fn a_transaction_that_changes_definitions_keeps_plans_for_its_own_and_for_nobody_else() {
    let mut bench = Bench::new();
    let sql = "INSERT INTO t VALUES (1, '7')";
    bench.script("BEGIN; CREATE TABLE t (id int, v text)");
    let before = bench.database.counters();
    let (hits, misses) = (before.plan_cache_hits, before.plan_cache_misses);
    for _ in 0..100 {
        bench.script(sql);
    }
    let after = bench.database.counters();
    assert_eq!(after.plan_cache_hits - hits, 99);
    assert_eq!(after.plan_cache_misses - misses, 1);
    assert_eq!(bench.short(sql, &[]), Ok(Some(vec![])));
    assert_eq!(bench.number("SELECT count(*) FROM t"), 101);

    // With each change another catalog holds, and after going back the one of before.
    bench.script("SAVEPOINT s; DELETE FROM t; ALTER TABLE t ADD CHECK (id > 5)");
    assert_eq!(bench.error(sql).code(), Code::CheckViolation);
    bench.script("ROLLBACK TO s");
    bench.script(sql);
    bench.script("DROP TABLE t; CREATE TABLE t (id int, v int)");
    bench.script(sql);
    assert_eq!(bench.rows("SELECT v FROM t"), [[super::int(7)]]);
    bench.script("ROLLBACK");
    assert_eq!(bench.error(sql).code(), Code::UndefinedTable);
    for turn in 0..20 {
        let definition = ["id int, v text", "id bigint, v int", "v int, id int"][turn % 3];
        bench.script(&format!("BEGIN; CREATE TABLE t ({definition})"));
        bench.script(sql);
        assert_eq!(bench.short(sql, &[]), Ok(Some(vec![])));
        let first = bench.rows("SELECT * FROM t LIMIT 1").remove(0);
        let second = if turn % 3 == 0 {
            Value::text("7")
        } else {
            super::int(7)
        };
        assert_eq!(first[1], second, "{definition}");
        bench.script("ROLLBACK");
    }
}

/// Kept plans take memory in the measure of their texts, so that is what bounds them.
#[test]
fn long_statements_are_not_kept_and_middling_ones_not_all() {
    let mut bench = Bench::new();
    let mut parses = |sql: &str| {
        let before = bench.database.counters().parses;
        bench.script(sql);
        bench.database.counters().parses - before
    };
    let sum = |name: &str, terms: usize| {
        format!("SELECT greatest(0{}) AS {name}", ", c.x".repeat(terms)) + " FROM (SELECT 1 AS x) c"
    };
    assert_eq!(
        [parses(&sum("short", 10)), parses(&sum("short", 10))],
        [1, 0]
    );
    assert_eq!(
        [parses(&sum("long", 9_000)), parses(&sum("long", 9_000))],
        [1, 1]
    );
    assert_eq!(parses(&sum("short", 10)), 0, "nothing made room for it");
    for number in 0..60 {
        assert_eq!(parses(&sum(&format!("m{number}"), 1_500)), 1);
    }
    assert_eq!(
        [parses(&sum("m59", 1_500)), parses(&sum("m0", 1_500))],
        [0, 1]
    );
}

#[test]
fn a_query_as_of_many_moments_is_one_parse() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY)");
    for id in 0..100 {
        bench.script(&format!("INSERT INTO t VALUES ({id})"));
    }
    let before = bench.database.counters().parses;
    for rows in 0..=100 {
        let whole = format!("SELECT count(*) FROM t AS OF @seq:{rows}");
        let table = format!("SELECT count(*) FROM t FOR SYSTEM_TIME AS OF {rows} WHERE id >= 0");
        assert_eq!([bench.number(&whole), bench.number(&table)], [rows; 2]);
    }
    assert_eq!(bench.database.counters().parses - before, 2);
    let error = bench.error("SELECT 1; SELECT count(*) FROM t AS OF @seq:101");
    assert_eq!(error.code(), Code::MomentInFuture);
    assert_eq!(error.position(), Some(34));
}

#[test]
fn constants_of_other_types_are_other_statements() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, n numeric)");
    bench.script("INSERT INTO t VALUES (1, 1.5), (2, 2)");
    assert_eq!(bench.number("SELECT id FROM t WHERE n = 1.5"), 1);
    assert_eq!(bench.number("SELECT id FROM t WHERE n = 2"), 2);
    assert_eq!(bench.number("SELECT id FROM t WHERE n = '2.0'"), 2);
    assert_eq!(
        bench.error("SELECT id FROM t WHERE n = 'two'").code(),
        Code::InvalidText
    );
    assert_eq!(
        bench.number("SELECT count(*) FROM t WHERE id < 3000000000"),
        2
    );
}

#[test]
fn a_look_up_of_the_present_touches_the_same_entries_whatever_the_history() {
    let mut touched = Vec::new();
    for dead in [1, 1000, 100_000] {
        let mut bench = Bench::new();
        bench.script("CREATE TABLE t (id int PRIMARY KEY, n int)");
        bench.script("INSERT INTO t VALUES (1, 0), (2, 0), (3, 0)");
        // Each statement leaves a dead version of the key.
        let statement = bench
            .database
            .prepare(bench.session, "UPDATE t SET n = $1 WHERE id = 2");
        let statement = statement.unwrap();
        for n in 1..=dead {
            let result = bench
                .database
                .execute(bench.session, statement, &[Parameter::I64(n)]);
            assert_eq!(result.unwrap().expect("the short way").affected_rows, 1);
        }
        let before = bench.entries_touched();
        assert_eq!(bench.number("SELECT n FROM t WHERE id = 2"), dead);
        touched.push(bench.entries_touched() - before);

        // The past is found without walking through it.
        let before = bench.entries_touched();
        let middle = dead / 2;
        let sql = format!("SELECT n FROM t WHERE id = 2 AS OF @seq:{}", middle + 1);
        assert_eq!(bench.number(&sql), middle);
        assert!(
            bench.entries_touched() - before < 200,
            "{dead} dead versions"
        );
    }
    assert_eq!(touched, [touched[0]; 3]);
}
