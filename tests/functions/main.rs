//! Functions of the host: what they are asked, how often, where they may stand, and what a definition means without them.
//!
//! The host is one in Rust here; `pkg/test/functions.test.mjs` has those of JavaScript.

mod host;
#[path = "../support/mod.rs"]
mod support;

use driftdb::column::Chunk;
use driftdb::db::{Database, Declaration, Options, Parameter, Request, SessionId};
use driftdb::error::{Code, Error, Result};
use driftdb::expr::Body;
use driftdb::types::Value;
use host::{Asked, Longest, row_of, scalar};
use std::rc::Rc;
use support::database::{Still, open};

struct Bench {
    database: Database,
    session: SessionId,
    asked: Rc<Asked>,
}

const NAMES: Declaration = Declaration {
    name: "",
    arguments: None,
    result: "text",
    strict: false,
    deterministic: false,
};

impl Bench {
    fn new(change: impl FnOnce(&mut Options)) -> Bench {
        let mut options = Options::memory(Rc::new(Still), Rc::new(Still));
        change(&mut options);
        let (database, session) = open(options);
        let asked = Rc::default();
        Bench {
            database,
            session,
            asked,
        }
    }

    /// With `twice` of an integer, deterministic and strict, and `tell` of anything, which is neither.
    fn with_functions() -> Bench {
        let mut bench = Bench::new(|_| {});
        bench.register_twice();
        let declared = Declaration {
            name: "tell",
            ..NAMES
        };
        bench.scalar(declared, |row| Ok(Value::text(&format!("{row:?}"))));
        bench
    }

    fn register_twice(&mut self) {
        let declared = Declaration {
            name: "Twice",
            arguments: Some(&["int".to_string()]),
            result: "int",
            strict: true,
            deterministic: true,
        };
        self.scalar(declared, |row| match row {
            [Value::I64(13)] => Err(Error::new(Code::ExternalRoutine, "13 is unlucky")),
            [Value::I64(value)] => Ok(Value::I64(2 * value)),
            _ => Ok(Value::Null),
        });
    }

    fn scalar(
        &mut self,
        declared: Declaration,
        call: impl Fn(&[Value]) -> Result<Value> + 'static,
    ) {
        let body = scalar(self.asked.clone(), move |chunk: &Chunk, at| {
            call(&row_of(chunk, at))
        });
        self.database
            .register(&declared, body)
            .expect("a declaration");
    }

    fn register_longest(&mut self, strict: bool) {
        let declared = Declaration {
            name: "longest",
            strict,
            ..NAMES
        };
        let body = Body::Aggregate(Box::new(Longest(self.asked.clone())));
        self.database
            .register(&declared, body)
            .expect("a declaration");
    }

    fn try_run(&mut self, sql: &str) -> Result<String> {
        self.request(Request::script(sql))
    }

    fn request(&mut self, request: Request) -> Result<String> {
        let run = self.database.run(self.session, request);
        let results = run.map_err(|(_, failure)| failure.error)?;
        let values = results.last().map(|result| result.values());
        let rows = values.unwrap_or_default().into_iter().map(|row| {
            let cells = row.iter().map(|value| match value {
                Value::Null => "NULL".to_string(),
                Value::I64(value) => value.to_string(),
                Value::Bool(value) => value.to_string(),
                Value::Text(text) => text.to_string(),
                other => format!("{other:?}"),
            });
            cells.collect::<Vec<_>>().join(" ")
        });
        Ok(rows.collect::<Vec<_>>().join(", "))
    }

    fn run(&mut self, sql: &str) -> String {
        self.try_run(sql)
            .unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    fn error(&mut self, sql: &str) -> Error {
        match self.try_run(sql) {
            Ok(rows) => panic!("{sql}: no error but {rows}"),
            Err(error) => error,
        }
    }

    fn code(&mut self, sql: &str) -> &'static str {
        self.error(sql).sqlstate()
    }
}

#[test]
fn a_call_is_one_for_a_vector_of_rows() {
    let mut bench = Bench::with_functions();
    let sum = "SELECT sum(twice(i)) FROM generate_series(1, 10000) AS g(i)";
    assert_eq!(
        bench.run(
            sum.replace("twice(i)", "tell(i)")
                .replace("sum", "count")
                .as_str()
        ),
        "10000"
    );
    let (calls, rows) = bench.asked.take();
    assert_eq!(rows, 10_000);
    assert!(calls <= 6, "{calls} calls");
    bench.run("CREATE TABLE t (i INT); INSERT INTO t SELECT generate_series(20, 10019)");
    assert_eq!(bench.run("SELECT sum(twice(i)) FROM t"), "100390000");
    let (calls, rows) = bench.asked.take();
    assert_eq!(rows, 10_000);
    assert!(calls <= 6, "{calls} calls");
}

#[test]
fn only_rows_that_ask_are_handed_over() {
    let mut bench = Bench::with_functions();
    bench.run("CREATE TABLE t (i INT); INSERT INTO t VALUES (1), (NULL), (13), (4), (NULL)");
    assert_eq!(bench.run("SELECT twice(i) FROM t WHERE i <> 13"), "2, 8");
    assert_eq!(bench.asked.take(), (1, 2));
    assert_eq!(
        bench.run("SELECT CASE WHEN i < 13 THEN twice(i) END FROM t"),
        "2, NULL, NULL, 8, NULL"
    );
    assert_eq!(bench.asked.take(), (1, 2));
    assert_eq!(
        bench.run("SELECT twice(i) FROM t WHERE i IS NULL"),
        "NULL, NULL"
    );
    assert_eq!(bench.asked.take(), (0, 0));
    assert_eq!(
        bench.run("SELECT count(tell(i)) FROM t WHERE i IS NULL"),
        "2"
    );
    assert_eq!(bench.asked.take(), (1, 2));
}

#[test]
fn deterministic_is_folded_and_anything_else_is_asked_for_each_row() {
    let mut bench = Bench::with_functions();
    let sql = "SELECT twice(21) FROM generate_series(1, 3)";
    assert_eq!(bench.run(sql), "42, 42, 42");
    assert_eq!(bench.asked.take(), (1, 1));
    let rows = bench.asked.clone();
    bench.scalar(
        Declaration {
            name: "ticks",
            result: "bigint",
            ..NAMES
        },
        move |_| Ok(Value::I64(rows.rows.get() as i64)),
    );
    assert_eq!(
        bench.run("SELECT ticks() FROM generate_series(1, 3)"),
        "1, 2, 3"
    );
    assert_eq!(bench.asked.take(), (1, 3));
    // It is neither moved below the join nor computed once.
    let sql =
        "SELECT count(*) FROM generate_series(1, 3) a, generate_series(1, 3) b WHERE ticks() > 4";
    assert_eq!(bench.run(sql), "5");
    assert_eq!(
        bench.run("SELECT x, x FROM (SELECT ticks() AS x) AS s"),
        "10 10"
    );
}

#[test]
fn what_is_declared_says_which_calls_there_are() {
    let mut bench = Bench::with_functions();
    assert_eq!(
        bench.run("SELECT twice('4'), twice(4::smallint), public.twice(5)"),
        "8 8 10"
    );
    assert_eq!(bench.code("SELECT twice(4::bigint)"), "42883");
    assert_eq!(bench.code("SELECT twice(1, 2)"), "42883");
    assert_eq!(bench.code("SELECT twice()"), "42883");
    assert_eq!(bench.code("SELECT other.twice(1)"), "0A000");
    assert_eq!(
        bench.run("SELECT tell(1, 'a', NULL, 2.50, true)"),
        "[I64(1), Text(\"a\"), Null, Decimal(Small(250, 2)), Bool(true)]"
    );
    assert_eq!(bench.run("SELECT tell()"), "[]");
    assert_eq!(bench.run("SELECT * FROM twice(4)"), "8");
    assert_eq!(bench.run("SELECT twice FROM twice(4) WITH ORDINALITY"), "8");
    for (sql, code) in [
        ("SELECT twice(i) OVER () FROM t", "42809"),
        ("SELECT twice(DISTINCT i) FROM t", "42809"),
        ("SELECT twice(i ORDER BY i) FROM t", "42809"),
        ("SELECT twice(i) FILTER (WHERE true) FROM t", "42809"),
        ("SELECT twice(x => i) FROM t", "0A000"),
        ("SELECT tell(VARIADIC ARRAY[i]) FROM t", "0A000"),
    ] {
        let sql = sql.replace("FROM t", "FROM generate_series(1, 2) AS t(i)");
        assert_eq!(bench.code(&sql), code, "{sql}");
    }
    let query = Request::query(
        "SELECT twice($1), tell($2)",
        vec![Parameter::I64(3), Parameter::from("x")],
    );
    assert_eq!(bench.request(query).unwrap(), "6 [Text(\"x\")]");
    bench.run("PREPARE p(int) AS SELECT $1");
    assert_eq!(bench.run("EXECUTE p(twice(8))"), "16");
}

#[test]
fn names_are_those_of_sql_and_none_of_the_systems() {
    let mut bench = Bench::new(|_| {});
    let mut register = |name: &str| {
        let body = scalar(Rc::default(), |_, _| Ok(Value::Null));
        let registered = bench
            .database
            .register(&Declaration { name, ..NAMES }, body);
        registered.map_err(|error| error.sqlstate())
    };
    for name in [
        "lower",
        "COUNT",
        "rank",
        "generate_series",
        "array_agg",
        "text",
        "coalesce",
        "pg_typeof",
        "unnest",
        "array_length",
        "to_tsvector",
        "history",
        "now",
        "concat",
        "greatest",
        "nextval",
        "json_agg",
    ] {
        assert_eq!(register(name), Err("42723"), "{name}");
    }
    for name in ["", "1st", "a b", "a\"", "größe", &"a".repeat(64)] {
        assert_eq!(register(name), Err("42602"), "{name}");
    }
    assert_eq!(register("toSlug2_"), Ok(()));
    assert_eq!(bench.run("SELECT toslug2_('x'), TOSLUG2_(1)"), "NULL NULL");
    for types in [
        &["int", "nothing"][..],
        &["int + 1"],
        &["int) AS (x"],
        &["int; DROP TABLE t"],
        &[""],
    ] {
        let types: Vec<String> = types.iter().map(|name| name.to_string()).collect();
        let body = scalar(Rc::default(), |_, _| Ok(Value::Null));
        let declared = Declaration {
            name: "f",
            arguments: Some(&types),
            ..NAMES
        };
        assert!(
            bench.database.register(&declared, body).is_err(),
            "{types:?}"
        );
    }
}

#[test]
fn an_error_ends_the_statement_and_nothing_else() {
    let mut bench = Bench::with_functions();
    bench.run("CREATE TABLE t (i INT PRIMARY KEY, d INT); INSERT INTO t VALUES (1, 0)");
    let error = bench.error("INSERT INTO t SELECT g, twice(g) FROM generate_series(10, 20) g");
    assert_eq!(
        (error.sqlstate(), error.message()),
        ("38000", "13 is unlucky")
    );
    assert_eq!(bench.run("SELECT count(*) FROM t"), "1");
    bench.run("BEGIN; INSERT INTO t VALUES (2, 0); SAVEPOINT s");
    assert_eq!(bench.code("UPDATE t SET d = twice(i + 11)"), "38000");
    assert_eq!(bench.code("SELECT 1"), "25P02");
    bench.run("ROLLBACK TO s; UPDATE t SET d = twice(i); COMMIT");
    assert_eq!(bench.run("SELECT i, d FROM t ORDER BY i"), "1 2, 2 4");
    // One that cannot be folded says so where it is asked, and not where it is not.
    assert_eq!(
        bench.run("SELECT CASE WHEN i > 5 THEN twice(13) END FROM t"),
        "NULL, NULL"
    );
}

#[test]
fn what_the_host_answers_is_looked_at() {
    let mut bench = Bench::new(|_| {});
    let mut declare = |name: &'static str, result, value: Value| {
        let declared = Declaration {
            name,
            result,
            ..NAMES
        };
        bench.scalar(declared, move |_| Ok(value.clone()));
    };
    declare("wrong", "int", Value::text("x"));
    declare("none", "int", Value::Null);
    assert_eq!(bench.code("SELECT wrong()"), "XX000");
    assert_eq!(
        bench.code("SELECT wrong() FROM generate_series(1, 3)"),
        "XX000"
    );
    assert_eq!(bench.run("SELECT none()"), "NULL");
}

#[test]
fn plans_of_before_are_not_those_of_after() {
    let mut bench = Bench::with_functions();
    let sql = "SELECT twice(4)";
    assert_eq!(bench.run(sql), "8");
    let prepared = bench.database.prepare(bench.session, sql).unwrap();
    bench.run("PREPARE own AS SELECT twice(4)");
    let declared = Declaration {
        name: "TWICE",
        deterministic: true,
        ..NAMES
    };
    bench.scalar(declared, |_| Ok(Value::text("other")));
    let again = |bench: &mut Bench| {
        let request = Request::new(driftdb::db::Work::Statement {
            statement: prepared,
            parameters: Vec::new(),
        });
        bench.request(request)
    };
    assert_eq!(bench.run(sql), "other");
    assert_eq!(bench.run("EXECUTE own"), "other");
    assert_eq!(again(&mut bench).unwrap(), "other");
    bench.database.unregister("twice").unwrap();
    let error = bench.error(sql);
    assert_eq!(error.sqlstate(), "42883");
    assert!(error.hint().unwrap().contains("db.function"));
    assert_eq!(again(&mut bench).unwrap_err().sqlstate(), "42883");
    bench.register_twice();
    assert_eq!(again(&mut bench).unwrap(), "8");
}

#[test]
fn aggregates_take_in_rows_as_those_of_sql_do() {
    let mut bench = Bench::new(|_| {});
    bench.register_longest(false);
    bench.run(
        "CREATE TABLE t (g INT, s TEXT, k TEXT);
         INSERT INTO t VALUES (1, 'a', 'x'), (1, 'bbb', NULL), (2, NULL, 'y'), (2, 'cc', 'z'), (3, NULL, 'w'), (1, 'bbb', 'v')",
    );
    assert_eq!(bench.run("SELECT longest(s) FROM t"), "bbb of 4");
    assert_eq!(bench.asked.take(), (1, 4));
    let by = "SELECT g, longest(s) FROM t GROUP BY g ORDER BY g";
    assert_eq!(bench.run(by), "1 bbb of 3, 2 cc of 1, 3 none");
    assert_eq!(bench.run("SELECT longest(s) FROM t WHERE false"), "none");
    assert_eq!(bench.run("SELECT longest(DISTINCT s) FROM t"), "bbb of 3");
    assert_eq!(
        bench.run("SELECT longest(s) FILTER (WHERE length(s) < 3) FROM t"),
        "cc of 2"
    );
    // Of two that are as long, the first counts.
    assert_eq!(
        bench.run("SELECT longest(k ORDER BY k DESC), longest(k ORDER BY k) FROM t"),
        "z of 5 v of 5"
    );
    assert_eq!(bench.run("SELECT longest(s, k) FROM t"), "bbb of 4");
    assert_eq!(
        bench.run("SELECT g, longest(s) FROM t GROUP BY ROLLUP (g) ORDER BY g NULLS FIRST LIMIT 1"),
        "NULL bbb of 4"
    );
    assert_eq!(
        bench.run(
            "SELECT (SELECT longest(s) FROM t WHERE t.g = o.i) FROM generate_series(2, 4) o(i)"
        ),
        "cc of 1, none, none"
    );
    assert_eq!(
        bench.run("SELECT g FROM t GROUP BY g HAVING longest(s) = 'none'"),
        "3"
    );
    for (sql, code) in [
        ("SELECT longest(s) OVER () FROM t", "0A000"),
        ("SELECT longest(longest(s)) FROM t", "42803"),
        ("SELECT longest(*) FROM t", "42883"),
        ("SELECT longest() FROM t", "42883"),
        ("SELECT g FROM t WHERE longest(s) = 'a'", "42803"),
        (
            "SELECT longest(s) WITHIN GROUP (ORDER BY s) FROM t",
            "42883",
        ),
        ("SELECT longest('fail') FROM t", "38000"),
        ("SELECT * FROM longest('a')", "42883"),
        ("CREATE INDEX ON t (longest(s))", "42883"),
    ] {
        assert_eq!(bench.code(sql), code, "{sql}");
    }
    bench.register_longest(true);
    assert_eq!(bench.run("SELECT longest(s, k) FROM t"), "bbb of 3");
}

#[test]
fn definitions_mean_what_is_registered_by_the_name() {
    let mut bench = Bench::with_functions();
    bench.run(
        "CREATE TABLE t (i INT CHECK (twice(i) > 0), d INT GENERATED ALWAYS AS (twice(i)) STORED, e INT DEFAULT twice(5));
         CREATE INDEX ON t (d);
         CREATE VIEW v AS SELECT i, twice(i) AS two FROM t;
         CREATE MATERIALIZED VIEW m AS SELECT twice(i) AS two FROM t;
         CREATE DOMAIN even AS INT CHECK (twice(VALUE) < 100);
         INSERT INTO t (i) VALUES (1), (2);
         REFRESH MATERIALIZED VIEW m",
    );
    assert_eq!(bench.run("SELECT i, d, e FROM t WHERE d = 4"), "2 4 10");
    assert_eq!(bench.run("SELECT two FROM v"), "2, 4");
    assert_eq!(bench.run("SELECT two FROM m"), "2, 4");
    assert_eq!(bench.code("INSERT INTO t (i) VALUES (-1)"), "23514");
    assert_eq!(bench.code("SELECT 70::even"), "23514");
    bench.database.unregister("twice").unwrap();
    for sql in [
        "INSERT INTO t (i) VALUES (3)",
        "INSERT INTO t (i, e) VALUES (3, 3)",
        "UPDATE t SET i = 4",
        "UPDATE t SET e = 4",
        "DELETE FROM t",
        "SELECT * FROM v",
        "REFRESH MATERIALIZED VIEW m",
        "SELECT 7::even",
        "COPY t (i) FROM STDIN",
    ] {
        assert_eq!(bench.code(sql), "42883", "{sql}");
    }
    assert_eq!(bench.run("SELECT i, d, e FROM t WHERE d = 4"), "2 4 10");
    assert_eq!(bench.run("SELECT two FROM m"), "2, 4");
    // Another meaning is taken from then on: what was stored stays what it was.
    let declared = Declaration {
        name: "twice",
        deterministic: true,
        ..NAMES
    };
    bench.scalar(declared, |_| Ok(Value::text("7")));
    assert_eq!(bench.run("SELECT two FROM v"), "7, 7");
    assert_eq!(bench.code("REFRESH MATERIALIZED VIEW m"), "42804");
    assert_eq!(bench.run("SELECT two FROM m"), "2, 4");
    assert_eq!(bench.code("INSERT INTO t (i) VALUES (3)"), "42804");
    assert_eq!(
        bench.run("SELECT i, d, e FROM t ORDER BY i"),
        "1 2 10, 2 4 10"
    );
    // What needs it can be taken away without it.
    bench.database.unregister("twice").unwrap();
    bench.run(
        "DROP VIEW v; ALTER TABLE t DROP CONSTRAINT t_i_check; ALTER TABLE t ALTER COLUMN d DROP EXPRESSION;
         ALTER TABLE t ALTER COLUMN e DROP DEFAULT; INSERT INTO t (i, d) VALUES (3, 5); DROP DOMAIN even; DROP TABLE t CASCADE",
    );
}

#[test]
fn generated_columns_take_what_is_deterministic_and_indexes_take_none() {
    let mut bench = Bench::with_functions();
    bench.run("CREATE TABLE t (i INT)");
    for (sql, code) in [
        (
            "CREATE TABLE u (i INT, d TEXT GENERATED ALWAYS AS (tell(i)) STORED)",
            "42P17",
        ),
        ("CREATE INDEX ON t (twice(i))", "0A000"),
        ("CREATE INDEX ON t (i) WHERE twice(i) > 4", "0A000"),
        ("CREATE UNIQUE INDEX ON t ((1 + twice(i)))", "0A000"),
        ("CREATE INDEX ON t (nothing(i))", "42883"),
        ("CREATE INDEX ON t (tell(i))", "0A000"),
        ("SELECT * FROM t FOR SYSTEM_TIME AS OF tell(1)", "42883"),
    ] {
        assert_eq!(bench.code(sql), code, "{sql}");
    }
}

#[test]
fn a_database_is_opened_without_its_functions() {
    let folder = tempfile::tempdir().unwrap();
    let opened = || {
        Bench::new(|options| {
            let storage = driftdb::storage::Directory::open(folder.path()).unwrap();
            options.storage = Some(Box::new(storage));
        })
    };
    let mut bench = opened();
    bench.register_twice();
    bench.run(
        "CREATE TABLE t (i INT PRIMARY KEY CHECK (twice(i) > 0), d INT GENERATED ALWAYS AS (twice(i)) STORED);
         CREATE INDEX ON t (d); CREATE VIEW v AS SELECT twice(i) FROM t;
         INSERT INTO t (i) VALUES (1), (2); UPDATE t SET i = 5 WHERE i = 2",
    );
    bench.database.flush().unwrap();
    drop(bench);
    for checkpoint in [false, true] {
        let mut bench = opened();
        assert_eq!(bench.run("SELECT i, d FROM t WHERE d = 10"), "5 10");
        assert_eq!(
            bench.run("SELECT i, d FROM t WHERE d = 4 AS OF @seq:3"),
            "2 4"
        );
        assert_eq!(bench.code("INSERT INTO t (i) VALUES (9)"), "42883");
        assert_eq!(bench.code("TABLE v"), "42883");
        if checkpoint {
            bench.register_twice();
            bench.run("INSERT INTO t (i) VALUES (9)");
            assert_eq!(bench.run("SELECT * FROM v ORDER BY 1"), "2, 10, 18");
        } else {
            bench.database.want_checkpoint();
            while bench.database.maintain(10).unwrap() {}
        }
    }
}

#[test]
fn the_past_is_brought_back_as_it_was() {
    let mut bench = Bench::with_functions();
    bench.run("CREATE TABLE t (i INT PRIMARY KEY, d INT GENERATED ALWAYS AS (twice(i)) STORED)");
    bench.run("INSERT INTO t (i) VALUES (1), (2)");
    bench.run("UPDATE t SET i = i + 10");
    bench.database.unregister("twice").unwrap();
    for sql in ["UNDO COMMIT 2", "RESTORE TABLE t TO @seq:1"] {
        assert_eq!(bench.code(sql), "42883", "{sql}");
    }
    assert_eq!(bench.run("SELECT i, d FROM t ORDER BY i"), "11 22, 12 24");
    bench.register_twice();
    bench.run("UNDO COMMIT 2");
    assert_eq!(bench.run("SELECT i, d FROM t ORDER BY i"), "1 2, 2 4");
    bench.run("RESTORE TABLE t TO @seq:2");
    assert_eq!(bench.run("SELECT i, d FROM t ORDER BY i"), "11 22, 12 24");
}

#[test]
fn a_query_is_told_to_be_touched_by_what_it_asks_of_the_host() {
    let mut bench = Bench::with_functions();
    bench.run("CREATE TABLE t (i INT); INSERT INTO t VALUES (1); INSERT INTO t VALUES (7)");
    let mut touched = |sql: &str| {
        let from = Some(driftdb::types::Seq(1));
        bench.database.touched(sql, &[], from, None).0
    };
    assert!(touched("SELECT i FROM t WHERE twice(i) = 14"));
    assert!(!touched("SELECT i FROM t WHERE twice(i) = 2"));
    assert!(touched("SELECT i FROM t WHERE tell(i) = ''"));
}

#[test]
fn it_is_the_same_with_and_without_optimizer_and_plan_cache() {
    for (optimizer, plan_cache) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut bench = Bench::new(|options| {
            options.optimizer = optimizer;
            options.plan_cache = plan_cache;
        });
        bench.register_twice();
        bench.register_longest(false);
        bench.run("CREATE TABLE t (i INT, s TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'bb'), (NULL, NULL)");
        for (sql, rows) in [
            ("SELECT a.i FROM t a JOIN t b ON twice(a.i) = b.i", "1"),
            ("SELECT i FROM t WHERE i IN (SELECT twice(i) FROM t)", "2"),
            (
                "SELECT (SELECT longest(s) FROM t b WHERE twice(b.i) = a.i) FROM t a ORDER BY i",
                "none, a of 1, none",
            ),
            (
                "SELECT twice(i), count(*) FROM t GROUP BY twice(i) ORDER BY 1",
                "2 1, 4 1, NULL 1",
            ),
            ("SELECT i FROM t ORDER BY twice(i) DESC LIMIT 1", "NULL"),
            (
                "SELECT twice(i) + twice(1) FROM t WHERE twice(1) = 2 AND i IS NOT NULL",
                "4, 6",
            ),
            ("SELECT sum(twice(i)) OVER (ORDER BY i) FROM t", "2, 6, 6"),
            ("UPDATE t SET i = twice(i) RETURNING i", "2, 4, NULL"),
        ] {
            assert_eq!(bench.run(sql), rows, "{sql} ({optimizer}, {plan_cache})");
        }
    }
}
