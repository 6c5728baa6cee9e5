//! How many short statements a second, and how many rows by long ones: `cargo bench --bench statements`.

use driftdb::db::{Database, Options, Parameter, Request, Rows, SessionId, Work};
use driftdb::types::{Clock, Entropy, Value};
use std::cell::Cell;
use std::fmt::Write;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const ROWS: i64 = 100_000;

struct Wall;

impl Clock for Wall {
    fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| now.as_micros() as i64)
    }
}

struct Counting(Cell<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0.set(self.0.get().wrapping_add(1));
            *byte = self.0.get();
        }
    }
}

/// A database in memory with one session.
struct Bench {
    database: Database,
    session: SessionId,
}

impl Bench {
    fn new() -> Bench {
        let options = Options::memory(Rc::new(Wall), Rc::new(Counting(Cell::new(0))));
        let mut database = match Database::open(options).step(1) {
            Ok(Some(database)) => database,
            _ => panic!("a database in memory opens at once"),
        };
        let session = database.session();
        Bench { database, session }
    }

    fn run(&mut self, sql: impl Into<String>) -> Vec<Vec<Value>> {
        match self.database.run(self.session, Request::script(sql)) {
            Ok(results) => results
                .last()
                .map_or_else(Vec::new, |result| result.values()),
            Err((_, failure)) => panic!("{failure:?}"),
        }
    }

    /// A text as the package runs it.
    fn text(&mut self, sql: &str) {
        let result = self.database.execute_text(self.session, sql, &[]);
        match result.expect("it works") {
            Some(result) => drop(black_box(result)),
            None => drop(black_box(self.run(sql))),
        }
    }

    fn execute(&mut self, statement: driftdb::db::StatementId, parameters: &[Parameter]) {
        let result = self.database.execute(self.session, statement, parameters);
        black_box(result.expect("it works").expect("the short way"));
    }

    fn prepare(&mut self, sql: &str) -> driftdb::db::StatementId {
        self.database
            .prepare(self.session, sql)
            .expect("it can be prepared")
    }
}

/// Prints how many a second; the best of three.
fn measure(name: &str, count: i64, mut work: impl FnMut()) {
    let mut best = f64::MAX;
    for _ in 0..3 {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    let (rate, each) = (count as f64 / best, best * 1e9 / count as f64);
    println!("{name:<58} {rate:>12.0} /s {each:>9.0} ns");
}

fn main() {
    let mut bench = Bench::new();
    bench.run("CREATE TABLE t (id int PRIMARY KEY, name text, n int)");
    let insert = bench.prepare("INSERT INTO t VALUES ($1, $2, $3)");
    let rows = Rows::List((0..ROWS).map(row).collect());
    let many = Request::new(Work::Many {
        statement: insert,
        rows,
    });
    bench
        .database
        .run(bench.session, many)
        .expect("they are inserted");

    let select = bench.prepare("SELECT name, n FROM t WHERE id = $1");
    let places: Vec<i64> = (0..ROWS).map(|place| place * 7919 % ROWS).collect();
    measure("prepared point SELECT on 100,000 rows", ROWS, || {
        places
            .iter()
            .for_each(|id| bench.execute(select, &[Parameter::I64(*id)]));
    });
    let texts: Vec<String> = (places.iter())
        .map(|id| format!("SELECT name, n FROM t WHERE id = {id}"))
        .collect();
    measure(
        "point SELECT with another constant in the text each time",
        ROWS,
        || {
            texts.iter().for_each(|sql| bench.text(sql));
        },
    );
    let past = bench.prepare("SELECT name, n FROM t WHERE id = $1 AS OF @seq:1");
    measure("prepared point SELECT of the past, as a task", ROWS, || {
        for id in &places {
            let request = Request::new(Work::Statement {
                statement: past,
                parameters: vec![Parameter::I64(*id)],
            });
            black_box(bench.database.run(bench.session, request).is_ok());
        }
    });

    let mut next = ROWS;
    measure("prepared INSERT of a row, in one transaction", ROWS, || {
        bench.run("BEGIN");
        let start = next;
        bench.run(format!("INSERT INTO t VALUES ({next}, 'first', 0)"));
        (start + 1..start + ROWS).for_each(|id| bench.execute(insert, &row(id)));
        next += ROWS;
        bench.run("COMMIT");
    });
    let texts = |next: &mut i64| -> Vec<String> {
        *next += ROWS;
        (*next - ROWS..*next)
            .map(|id| format!("INSERT INTO t VALUES ({id}, 'row {id}', {id})"))
            .collect()
    };
    let mut rounds: Vec<Vec<String>> = (0..3).map(|_| texts(&mut next)).collect();
    measure(
        "INSERT with other constants in the text, in one transaction",
        ROWS,
        || {
            bench.run("BEGIN");
            for sql in rounds.pop().expect("three rounds") {
                bench.text(&sql);
            }
            bench.run("COMMIT");
        },
    );
    measure("prepared INSERT of a row, each a transaction", ROWS, || {
        (next..next + ROWS).for_each(|id| bench.execute(insert, &row(id)));
        next += ROWS;
    });
    let update = bench.prepare("UPDATE t SET n = n + 1 WHERE id = $1");
    measure("prepared UPDATE of a row, in one transaction", ROWS, || {
        bench.run("BEGIN; UPDATE t SET n = 0 WHERE id = -1");
        places
            .iter()
            .for_each(|id| bench.execute(update, &[Parameter::I64(*id)]));
        bench.run("COMMIT");
    });

    let statements: Vec<String> = (0..1000).map(thousand_rows).collect();
    measure("rows by INSERTs of 1,000", 1_000_000, || {
        bench = Bench::new();
        bench.run("CREATE TABLE t (id int PRIMARY KEY, name text, n int)");
        for sql in &statements {
            bench
                .database
                .run(bench.session, Request::script(sql.as_str()))
                .expect("they are inserted");
        }
    });
    for (name, sql) in [
        ("rows of a full scan with a sum", "SELECT sum(n) FROM t"),
        ("rows filtered", "SELECT count(*) FROM t WHERE n > 500000"),
        (
            "rows grouped into 1,000",
            "SELECT n % 1000, count(*), sum(id) FROM t GROUP BY 1",
        ),
        (
            "rows joined",
            "SELECT count(*) FROM t a JOIN t b ON a.id = b.n",
        ),
        (
            "rows sorted for the first 10",
            "SELECT id FROM t ORDER BY name DESC LIMIT 10",
        ),
        ("rows sorted", "SELECT id FROM t ORDER BY name"),
    ] {
        measure(name, 1_000_000, || {
            black_box(bench.run_only(sql));
        });
    }
}

impl Bench {
    /// Without making values of the rows.
    fn run_only(&mut self, sql: &str) -> usize {
        let results = self.database.run(self.session, Request::script(sql));
        results.map_or(0, |results| results[0].rows())
    }
}

fn row(id: i64) -> Vec<Parameter> {
    vec![
        Parameter::I64(id),
        Parameter::Text(Rc::from("a name of some length")),
        Parameter::I64(id % 1000),
    ]
}

fn thousand_rows(statement: i64) -> String {
    let mut sql = String::from("INSERT INTO t VALUES ");
    for id in statement * 1000..(statement + 1) * 1000 {
        let comma = if id % 1000 == 0 { "" } else { ", " };
        write!(
            sql,
            "{comma}({id}, 'name {}', {})",
            id * 7919 % 1_000_000,
            id % 1000
        )
        .expect("a string takes it");
    }
    sql
}
