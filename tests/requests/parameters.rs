//! Parameters, and statements that are prepared for them.

use super::{Bench, int};
use driftdb::db::{Parameter, Request, Rows, Work};
use driftdb::error::{Code, Error};
use driftdb::types::{Seq, Value};
use std::rc::Rc;

#[test]
fn parameters_are_counted_and_typed() {
    let mut bench = Bench::new();
    bench
        .script("CREATE TABLE t (id int PRIMARY KEY, v text, d date, n numeric, b bytea, j jsonb)");
    let insert = "INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6)";
    let parameters = vec![
        Parameter::F64(7.0),
        Parameter::from("seven"),
        Parameter::Milliseconds(86_400_000.0),
        Parameter::F64(0.1),
        Parameter::Bytes(Rc::from(&[1u8, 2][..])),
        Parameter::Json(Rc::from("{\"b\": 1,  \"a\": 2}")),
    ];
    bench.query(insert, parameters.clone()).unwrap();
    let rows = bench.query(
        "SELECT v, d, n::text, j::text FROM t WHERE id = $1",
        vec![7.into()],
    );
    let json = Value::text("{\"a\": 2, \"b\": 1}");
    assert_eq!(
        rows.unwrap(),
        [[Value::text("seven"), int(1), Value::text("0.1"), json]]
    );

    let code = |result: Result<Vec<Vec<Value>>, Error>| result.unwrap_err().code();
    let one = "SELECT $1::int + 1";
    assert_eq!(
        bench.query(one, vec![Parameter::from("41")]).unwrap(),
        [[int(42)]]
    );
    assert_eq!(code(bench.query(one, vec![])), Code::WrongParameters);
    assert_eq!(
        code(bench.query(one, vec![1.into(), 2.into()])),
        Code::WrongParameters
    );
    assert_eq!(
        code(bench.query(one, vec![Parameter::Bool(true)])),
        Code::WrongParameters
    );
    assert_eq!(
        code(bench.query(one, vec![Parameter::F64(1.5)])),
        Code::WrongParameters
    );
    assert_eq!(
        code(bench.query(one, vec![Parameter::from("x")])),
        Code::InvalidText
    );
    assert_eq!(
        code(bench.query(one, vec![Parameter::I64(1 << 40)])),
        Code::NumericOutOfRange
    );
    assert_eq!(
        bench.query(one, vec![Parameter::Null]).unwrap(),
        [[Value::Null]]
    );
    // Beside constants that are lifted.
    let rows = bench.query(
        "SELECT id FROM t WHERE v = 'seven' AND id = $1 LIMIT 5",
        vec![7.into()],
    );
    assert_eq!(rows.unwrap(), [[int(7)]]);
    let again = bench.query(
        "INSERT INTO t (id, v) VALUES (8, $2), ($1, 'nine')",
        vec![9.into(), "eight".into()],
    );
    again.unwrap();
    let rows = bench.rows("SELECT id, v FROM t WHERE id > 7 ORDER BY id");
    assert_eq!(
        rows,
        [
            [int(8), Value::text("eight")],
            [int(9), Value::text("nine")]
        ]
    );
}

#[test]
fn moments_can_be_parameters() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (n int)");
    for n in 1..=3 {
        bench.clock.0.set(1_000_000 * (n + 1));
        bench.script(&format!("DELETE FROM t; INSERT INTO t VALUES ({n})"));
    }
    // Sequences: create 0, insert 1, then delete and insert each.
    let sql = "SELECT n FROM t AS OF $1";
    let mut ask = |moment: Parameter| bench.query(sql, vec![moment]);
    assert_eq!(ask(Parameter::I64(1)).unwrap(), [[int(1)]]);
    assert_eq!(
        ask(Parameter::I64(2)).unwrap(),
        [[0i64; 0]; 0].map(|row: [i64; 0]| row.map(int))
    );
    assert_eq!(ask(Parameter::F64(3.0)).unwrap(), [[int(2)]]);
    assert_eq!(
        ask(Parameter::from("1970-01-01 00:00:03.5")).unwrap(),
        [[int(2)]]
    );
    assert_eq!(ask(Parameter::Milliseconds(2000.0)).unwrap(), [[int(1)]]);
    assert_eq!(ask(Parameter::from("@seq:5")).unwrap(), [[int(3)]]);
    assert_eq!(
        ask(Parameter::I64(6)).unwrap_err().code(),
        Code::MomentInFuture
    );
    assert_eq!(
        ask(Parameter::I64(-1)).unwrap_err().code(),
        Code::MomentBeforeFirst
    );
    assert_eq!(
        ask(Parameter::from("1969-12-31")).unwrap_err().code(),
        Code::MomentBeforeFirst
    );
    assert!(ask(Parameter::Bool(true)).is_err());
    let rows = bench.query(
        "SELECT n FROM t AS OF now() - $1::interval",
        vec![Parameter::from("1.5 seconds")],
    );
    assert_eq!(rows.unwrap(), [[int(1)]]);
    let both = "SELECT a.n, b.n FROM t FOR SYSTEM_TIME AS OF $1 a, t FOR SYSTEM_TIME AS OF $2 b WHERE a.n < $3";
    let rows = bench.query(both, vec![1.into(), 3.into(), 2.into()]);
    assert_eq!(rows.unwrap(), [[int(1), int(2)]]);
}

#[test]
fn prepared_statements_follow_the_schema() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a')");
    let select = bench
        .database
        .prepare(bench.session, "SELECT * FROM t WHERE id = $1")
        .unwrap();
    let run = |bench: &mut Bench| {
        let request = Request::new(Work::Statement {
            statement: select,
            parameters: vec![1.into()],
        });
        bench.request(request).map(|results| results[0].values())
    };
    assert_eq!(run(&mut bench).unwrap(), [[int(1), Value::text("a")]]);
    bench.script("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, n int, m int); INSERT INTO t VALUES (1, 2, 3)");
    assert_eq!(run(&mut bench).unwrap(), [[int(1), int(2), int(3)]]);
    let described = bench
        .database
        .describe(bench.session, select, None)
        .unwrap();
    assert_eq!(described.fields.len(), 3);
    bench.script("DROP TABLE t");
    assert_eq!(
        run(&mut bench).unwrap_err().error.code(),
        Code::UndefinedTable
    );
    bench.database.close_statement(select);
    assert_eq!(
        bench
            .database
            .execute(bench.session, select, &[])
            .unwrap_err()
            .code(),
        Code::Closed
    );
}

#[test]
fn many_rows_of_parameters_are_one_transaction() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, v text)");
    let insert = bench
        .database
        .prepare(bench.session, "INSERT INTO t VALUES ($1, $2)")
        .unwrap();
    let many = |ids: std::ops::Range<i64>| {
        Request::new(Work::Many {
            statement: insert,
            rows: Rows::List(
                ids.map(|id| vec![id.into(), Parameter::from("x")])
                    .collect(),
            ),
        })
    };
    let results = bench.request(many(0..5000)).unwrap();
    assert_eq!(
        (results.len(), results[0].affected_rows, results[0].seq),
        (1, 5000, Some(Seq(1)))
    );
    let failure = bench.request(many(4990..5010)).unwrap_err();
    assert_eq!(failure.error.code(), Code::UniqueViolation);
    assert_eq!(bench.number("SELECT count(*) FROM t"), 5000);
}

#[test]
fn many_rows_of_what_has_other_parameters_or_a_name_begin_anew_each() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (7), (8)");
    bench.script("PREPARE by_key AS SELECT * FROM t WHERE id = $1");
    let many = |bench: &mut Bench, sql: &str| {
        let statement = bench.database.prepare(bench.session, sql).unwrap();
        let rows = Rows::List(vec![Vec::new(), Vec::new()]);
        bench.request(Request::new(Work::Many { statement, rows }))
    };
    let results = many(&mut bench, "EXECUTE by_key(7)").unwrap();
    assert_eq!(results[0].values(), [[Value::I64(7)], [Value::I64(7)]]);
    let failure = many(
        &mut bench,
        "DECLARE c CURSOR FOR SELECT * FROM t WHERE id = 7",
    )
    .unwrap_err();
    assert_eq!(failure.error.sqlstate(), "42P03");
}

#[test]
fn statements_that_differ_in_constants_alone_keep_each_its_own() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int PRIMARY KEY, v text)");
    let values = [
        "1, 'a'",
        "2, 'b'",
        "3, 'c;'",
        "- 4, 'd'",
        "- 0, 'e'",
        "- 5, 'f'",
        "6, 'g''h'",
        "7, ''",
        "8, 'ä'",
    ];
    let script = values
        .map(|values| format!("INSERT INTO t VALUES ({values})"))
        .join(";\n");
    assert_eq!(bench.script(&script).len(), values.len());
    let rows = bench.rows("SELECT string_agg(id || v, ' ' ORDER BY id) FROM t");
    assert_eq!(rows, [[Value::text("-5f -4d 0e 1a 2b 3c; 6g'h 7 8ä")]]);
    let updates: String = (1..4)
        .map(|id| format!("UPDATE t SET v = 'n{id}' WHERE id = {id};"))
        .collect();
    bench.script(&format!("{updates} {updates}"));
    let rows = bench.rows("SELECT string_agg(v, ' ' ORDER BY id) FROM t WHERE id BETWEEN 1 AND 3");
    assert_eq!(rows, [[Value::text("n1 n2 n3")]]);
}

#[test]
fn no_text_holds_a_null_character() {
    let mut bench = Bench::new();
    for sql in ["SELECT $1", "SELECT $1::jsonb", "SELECT length($1)"] {
        let refused = bench.query(sql, vec![Parameter::from("a\0b")]).unwrap_err();
        assert_eq!(refused.code(), Code::CharacterNotInRepertoire, "{sql}");
    }
    let literal = bench.error("SELECT 'a\0b'");
    assert_eq!(
        (literal.sqlstate(), literal.position()),
        ("22021", Some(10))
    );
}
