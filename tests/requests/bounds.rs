//! Input of the worst kind, and how much a request may take.

use super::{Bench, int};
use driftdb::db::Request;
use driftdb::error::Code;
use driftdb::types::{Heap, HeapBound, Value};
use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;

/// A heap whose use is set by hand.
#[derive(Default)]
struct Level(Cell<u64>);

impl Heap for Level {
    fn used(&self) -> u64 {
        self.0.get()
    }
}

#[test]
fn a_full_heap_refuses_writes_and_goes_on_reading() {
    let level = Rc::new(Level::default());
    let mut bench = Bench::with(|options| options.heap = HeapBound::new(level.clone(), 600));
    bench.script(
        "CREATE TABLE t (n int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    );
    let full = |bench: &mut Bench, sql: &str| {
        assert_eq!(bench.error(sql).code(), Code::MemoryLimit, "{sql}");
        assert_eq!(bench.rows("SELECT v FROM t ORDER BY n").len(), 2);
    };
    level.0.set(501);
    for sql in [
        "INSERT INTO t VALUES (3, 'c')",
        "INSERT INTO t SELECT n + 2, v FROM t",
        "UPDATE t SET v = 'c' WHERE n = 1",
        "UPDATE t SET v = upper(v)",
        "DELETE FROM t WHERE n = 1",
        "MERGE INTO t USING (SELECT 1 n) s ON t.n = s.n WHEN MATCHED THEN DELETE",
        "WITH w AS (INSERT INTO t VALUES (3, 'c') RETURNING n) SELECT n FROM w",
        "CREATE TABLE u AS SELECT * FROM t",
        "CREATE INDEX i ON t (v)",
        "ALTER TABLE t ADD COLUMN w int DEFAULT 1",
        "TRUNCATE t",
    ] {
        full(&mut bench, sql);
    }
    bench.script("BEGIN; SELECT * FROM t; COMMIT");
    level.0.set(601);
    assert_eq!(
        bench.error("SELECT upper(v) FROM t ORDER BY 1").code(),
        Code::MemoryLimit
    );

    // Twice of what the transaction took must be left to commit it.
    level.0.set(100);
    bench.script("BEGIN; INSERT INTO t VALUES (3, 'c')");
    level.0.set(234);
    assert_eq!(
        bench.error("INSERT INTO t VALUES (4, 'd')").code(),
        Code::MemoryLimit
    );
    bench.script("ROLLBACK");
    level.0.set(100);
    bench.script("BEGIN; INSERT INTO t VALUES (3, 'c')");
    level.0.set(233);
    bench.script("INSERT INTO t VALUES (4, 'd')");
    level.0.set(599);
    bench.script("COMMIT");
    assert_eq!(bench.number("SELECT count(*) FROM t"), 4);
}

#[test]
fn rows_and_memory_are_bounded() {
    let mut bench = Bench::with(|options| {
        options.limits.memory_bytes = 1 << 20;
        options.limits.rows = 5000;
    });
    bench.script("CREATE TABLE t (n int)");
    let mut values = String::from("INSERT INTO t VALUES (0)");
    (1..2000).for_each(|n| write!(values, ", ({n})").unwrap());
    bench.script(&values);
    assert_eq!(
        bench.error("SELECT a.n FROM t a, t b").code(),
        Code::LimitRows
    );
    assert!(
        [Code::MemoryLimit, Code::LimitRows].contains(
            &bench
                .error("SELECT a.n + b.n FROM t a, t b ORDER BY 1")
                .code()
        )
    );
    assert_eq!(
        bench
            .error("SELECT DISTINCT a.n, b.n FROM t a, t b ORDER BY 1, 2")
            .code(),
        Code::MemoryLimit
    );
    assert_eq!(
        bench.number("SELECT count(*) FROM t a, t b WHERE a.n = b.n"),
        2000
    );
}

#[test]
fn the_worst_input_is_an_answer_or_an_error() {
    let mut bench = Bench::new();
    let parentheses = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let terms = format!("SELECT 1{}", "+1".repeat(100_000));
    let unions = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(100_000));
    let nots = format!("SELECT {} true", "NOT ".repeat(100_000));
    let minuses = format!("SELECT {}1", "- ".repeat(100_000));
    let ands = format!("SELECT 1 WHERE true{}", " AND true".repeat(100_000));
    let subqueries = format!(
        "SELECT * FROM {}(SELECT 1) x{}",
        "(SELECT * FROM ".repeat(5000),
        ") x".repeat(5000)
    );
    let list = format!("SELECT 1 WHERE 1 IN ({}1)", "1, ".repeat(100_000));
    let cases = format!(
        "SELECT {}1{}",
        "CASE WHEN true THEN ".repeat(5000),
        " END".repeat(5000)
    );
    let wide = format!("SELECT {}1", "1, ".repeat(100_000));
    let calls = format!("SELECT {}1{}", "abs(".repeat(10_000), ")".repeat(10_000));
    let casts = format!("SELECT 1{}", "::int".repeat(100_000));
    let joins = format!(
        "SELECT 1 FROM (SELECT 1) a0{}",
        " CROSS JOIN (SELECT 1) a".repeat(20_000)
    );
    let signs = format!("SELECT {}1", "-+".repeat(50_000));
    let checks = format!("CREATE TABLE c (a int {})", "CHECK (a > 0) ".repeat(5000));
    // Were each list tried as a query first, every level would be read twice.
    let lists = (0..9).fold("(SELECT 1)".to_string(), |list, _| {
        format!("(SELECT 1 WHERE 1 IN ({list}, 2))")
    });
    let lists = format!("SELECT 1 WHERE 1 IN ({lists}, 2)");
    for sql in [
        signs,
        checks,
        lists,
        parentheses,
        terms,
        unions,
        nots,
        minuses,
        ands,
        subqueries,
        list,
        cases,
        wide,
        calls,
        casts,
        joins,
    ] {
        if let Err(failure) = bench.request(Request::script(&sql)) {
            let sqlstate = failure.error.sqlstate();
            assert!(
                ["54000", "54001", "54011", "42601", "0A000", "42712"].contains(&sqlstate),
                "{}: {}",
                &sql[..40],
                failure.error
            );
        }
    }
    for sql in [
        "'",
        "\"",
        "/*",
        "$$",
        "E'\\",
        "SELECT '\0'",
        "\u{feff}SELECT 1",
        "SELECT \u{1F600}",
        ";;;;",
        "",
        "--",
        "SELECT $0",
        "SELECT $99999999999",
        "\\",
        "SELECT @",
        "SELECT 1 AS OF",
        "SELECT * FROM",
        "(((",
        ")))",
        "SELECT 1e999999999",
        "SELECT 9999999999999999999999::int",
    ] {
        let _ = bench.request(Request::script(sql));
    }
    assert_eq!(bench.number("SELECT 1"), 1);
}

/// Each stands above the one before in the plan. Not optimised, what recurses over it needs many times the stack.
#[test]
fn windows_and_subqueries_pile_up_to_a_bound() {
    let large = std::thread::Builder::new().stack_size(64 << 20);
    let test = large.spawn(pile_up).expect("a thread");
    test.join().expect("they are bounded");
}

fn pile_up() {
    let mut bench = Bench::new();
    bench.script("CREATE TABLE t (id int, a int); INSERT INTO t VALUES (1, 2), (2, 3)");
    let of = |part: &dyn Fn(usize) -> String, between: &str, count: usize| {
        let parts: Vec<String> = (0..count).map(part).collect();
        parts.join(between)
    };
    let window = |at: usize| format!("sum(a) OVER (PARTITION BY id % {} ORDER BY a)", at + 1);
    let scalar = |at: usize| format!("(SELECT t.a + {at})");
    let exists = |at: usize| format!("EXISTS (SELECT 1 WHERE t.a > {})", at % 2);
    for count in [60, 1_000] {
        let statements = [
            format!("SELECT {} FROM t", of(&window, ", ", count)),
            format!("SELECT {} FROM t", of(&scalar, ", ", count)),
            format!("SELECT id FROM t WHERE {}", of(&exists, " AND ", count)),
        ];
        for sql in statements {
            let answer = bench.request(Request::script(&sql));
            match count {
                60 => assert_eq!(answer.unwrap()[0].rows(), 2),
                _ => assert_eq!(answer.unwrap_err().error.code(), Code::LimitComplexity),
            }
        }
    }
}

/// What the grammar does not read is rewritten before it, in time that grows with the statement.
#[test]
fn many_repetitions_of_what_is_rewritten_end_in_an_error() {
    let mut bench = Bench::new();
    let repeated = [
        ("TABLE t ", 45_000),
        ("SELECT 1 BETWEEN SYMMETRIC ", 30_000),
        ("SELECT 1 BETWEEN SYMMETRIC 1 AND 2 OR ", 10_000),
        (
            "SELECT sum(1) OVER (ROWS UNBOUNDED PRECEDING EXCLUDE TIES), ",
            8_000,
        ),
        ("(EXCLUDE TIES) ", 24_000),
        ("EXCLUDE TIES) ", 33_000),
        (
            "INSERT INTO t VALUES (1) ON CONFLICT (a + b) WHERE c DO NOTHING ",
            5_000,
        ),
        ("ON CONFLICT (", 30_000),
        ("ON CONFLICT () WHERE ", 20_000),
        ("SELECT 1 FOR NO KEY UPDATE OF t, t ", 10_000),
        ("ONLY (", 45_000),
    ];
    for (part, count) in repeated {
        let sql = part.repeat(count);
        let failure = bench.request(Request::script(&sql)).unwrap_err();
        let code = failure.error.code();
        assert!(
            matches!(code, Code::Syntax | Code::LimitComplexity),
            "{part}: {code:?}"
        );
    }
}

#[test]
fn any_name_works_when_it_is_quoted() {
    let mut bench = Bench::new();
    for name in [
        "select",
        "__proto__",
        "constructor",
        "then",
        "a b",
        "ä😀",
        "x'y",
        "semi;colon",
        "as of @seq:1",
        "A",
        "$1",
        "<b>",
    ] {
        let sql = format!(
            "CREATE TABLE \"{name}\" (\"{name}\" int PRIMARY KEY, \"{name} 2\" text); \
             INSERT INTO \"{name}\" (\"{name}\", \"{name} 2\") VALUES (1, 'v'); \
             SELECT \"{name}\".\"{name}\", \"{name} 2\" FROM \"{name}\" WHERE \"{name}\" = 1"
        );
        let results = bench.script(&sql);
        assert_eq!(results[2].fields[0].name, name);
        assert_eq!(results[2].values(), [[int(1), Value::text("v")]]);
    }
    let doubled = bench.script("SELECT 1 AS \"a\"\"b\"");
    assert_eq!(doubled[0].fields[0].name, "a\"b");
}
