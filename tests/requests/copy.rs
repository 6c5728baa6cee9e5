//! COPY: lines as a parameter, and lines as rows. The texts are PostgreSQL 15's.

use super::Bench;
use driftdb::types::Value;

const TABLE: &str = "CREATE TABLE t (a int, b text, c bool, d numeric(5,2) DEFAULT 7)";
const CSV: &str = "a,b,c,d\n1,plain,t,1.50\n2,\"quo\"\"te, comma\nline\",f,\n3,,,0.00\n4,\"\",t,2.00\n5,tab\tback\\slash,,3.00\n";

fn copy_in(bench: &mut Bench, sql: &str, lines: &str) -> Result<(), String> {
    let result = bench.query(sql, vec![lines.into()]);
    result
        .map(|_| ())
        .map_err(|error| error.sqlstate().to_string())
}

fn copy_out(bench: &mut Bench, sql: &str) -> String {
    let line = |row: Vec<Value>| match row.as_slice() {
        [Value::Text(line)] => line.to_string(),
        other => panic!("{other:?}"),
    };
    bench.rows(sql).into_iter().map(line).collect()
}

#[test]
fn what_is_copied_out_is_copied_in_again() {
    let mut bench = Bench::new();
    bench.script(TABLE);
    copy_in(
        &mut bench,
        "COPY t FROM STDIN WITH (FORMAT csv, HEADER)",
        CSV,
    )
    .unwrap();
    let out = "COPY t TO STDOUT WITH (FORMAT csv, HEADER)";
    assert_eq!(copy_out(&mut bench, out), CSV);
    let text = "COPY (SELECT a, b FROM t WHERE a > 1 ORDER BY a DESC) TO STDOUT";
    let lines = "5\ttab\\tback\\\\slash\n4\t\n3\t\\N\n2\tquo\"te, comma\\nline\n";
    assert_eq!(copy_out(&mut bench, text), lines);
    let options =
        "COPY t (b, c) TO '/dev/blob' (FORMAT csv, DELIMITER ';', NULL 'NULL', QUOTE '''')";
    let lines = "plain;t\n'quo\"te, comma\nline';f\nNULL;NULL\n;t\ntab\tback\\slash;NULL\n";
    assert_eq!(copy_out(&mut bench, options), lines);
    for format in [
        "",
        "csv",
        "csv header",
        "(FORMAT csv, ESCAPE '!', QUOTE '|')",
    ] {
        bench.script("DROP TABLE IF EXISTS u");
        bench.script(&TABLE.replace("TABLE t", "TABLE u"));
        let lines = copy_out(&mut bench, &format!("COPY t TO STDOUT {format}"));
        copy_in(&mut bench, &format!("COPY u FROM STDIN {format}"), &lines).unwrap();
        let differ = "SELECT count(*) FROM (TABLE t EXCEPT ALL TABLE u) x";
        assert_eq!(bench.number(differ), 0, "{format}");
        assert_eq!(bench.number("SELECT count(*) FROM u"), 5, "{format}");
    }
}

#[test]
fn lines_become_rows_by_the_rules_of_an_insert() {
    let mut bench = Bench::new();
    bench.script(TABLE);
    let csv = "COPY t FROM STDIN CSV HEADER";
    let lines =
        "a,b,c,d\r\n10,\"x \"\"y\"\", z\nsecond\",t,1.005\r\n11,,,\r\n12,\"\",f,2\r\n\\.\r\nx";
    copy_in(&mut bench, csv, lines).unwrap();
    let shown = "SELECT string_agg(concat_ws('|', a, coalesce(b, '-'), coalesce(c::text, '-'), coalesce(d, 0)), '/' ORDER BY a) FROM t";
    let text = |bench: &mut Bench| match bench.rows(shown)[0][0].clone() {
        Value::Text(text) => text.to_string(),
        other => panic!("{other:?}"),
    };
    let expected = "10|x \"y\", z\nsecond|true|1.01/11|-|-|0/12||false|2.00";
    assert_eq!(text(&mut bench), expected);
    bench.script("TRUNCATE t");
    let lines = "one\\ttab\t20\n\\N\t21\nback\\\\slash\\nline\t22\n";
    copy_in(&mut bench, "COPY t (b, a) FROM STDIN", lines).unwrap();
    let expected = "20|one\ttab|-|7.00/21|-|-|7.00/22|back\\slash\nline|-|7.00";
    assert_eq!(text(&mut bench), expected);
    bench.script("CREATE TABLE k (id INTEGER PRIMARY KEY, n int CHECK (n > 0), m int GENERATED ALWAYS AS (n + 1) STORED)");
    copy_in(&mut bench, "COPY k (n) FROM STDIN", "5\n6").unwrap();
    assert_eq!(bench.number("SELECT sum(id * 100 + m) FROM k"), 313);
    assert_eq!(
        copy_in(&mut bench, "COPY k FROM STDIN", "1\t9\n").unwrap_err(),
        "23505"
    );
    assert_eq!(
        copy_in(&mut bench, "COPY k FROM STDIN", "7\t-1\n").unwrap_err(),
        "23514"
    );
    assert_eq!(bench.number("SELECT count(*) FROM k"), 2);
}

#[test]
fn lines_that_do_not_fit_are_errors() {
    let mut bench = Bench::new();
    bench.script(TABLE);
    for (lines, state) in [
        ("1,2\n", "22P04"),
        ("1,b,t,4,5\n", "22P04"),
        ("1,\"b\n", "22P04"),
        ("x,b,t,4\n", "22P02"),
        ("1,b,t,12345\n", "22003"),
    ] {
        let copied = copy_in(&mut bench, "COPY t FROM STDIN CSV", lines);
        assert_eq!(copied.unwrap_err(), state, "{lines}");
    }
    assert_eq!(bench.number("SELECT count(*) FROM t"), 0);
    for (sql, state) in [
        ("COPY t FROM '/etc/passwd'", "0A000"),
        ("COPY t TO PROGRAM 'cat'", "0A000"),
        ("COPY t FROM STDIN (FORMAT binary)", "0A000"),
        ("COPY t TO STDOUT (DELIMITER 'ab')", "0A000"),
        ("COPY missing TO STDOUT", "42P01"),
        ("COPY t (z) FROM STDIN", "42703"),
        ("COPY t", "42601"),
    ] {
        let found = bench.query(sql, vec![]).unwrap_err();
        assert_eq!(found.sqlstate(), state, "{sql}: {found}");
    }
}

#[test]
fn the_past_is_copied_out() {
    let mut bench = Bench::new();
    bench.script(
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET v = v * 10",
    );
    for query in [
        "COPY (SELECT * FROM t ORDER BY id AS OF @seq:1) TO STDOUT CSV",
        "COPY (SELECT * FROM t ORDER BY id) TO STDOUT CSV AS OF @seq:1",
        "COPY (SELECT * FROM t FOR SYSTEM_TIME AS OF @seq:1 ORDER BY id) TO STDOUT CSV",
    ] {
        assert_eq!(copy_out(&mut bench, query), "1,1\n2,2\n", "{query}");
    }
}
