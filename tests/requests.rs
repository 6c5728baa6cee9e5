//! Requests against a database: what is parsed and looked up how often, parameters, transactions of
//! several sessions, history, and input of the worst kind.

use driftdb::db::{
    AsOf, Database, Failure, Operation, Options, Parameter, Progress, Request, SessionId,
    StatementResult, Work,
};
use driftdb::error::{Code, Error};
use driftdb::types::{Clock, Entropy, Seq, Value};
use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;

/// A clock that is set by hand.
#[derive(Default)]
struct Hand(Cell<i64>);

impl Clock for Hand {
    fn now(&self) -> i64 {
        self.0.get()
    }
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// A database in memory with one session.
struct Bench {
    database: Database,
    session: SessionId,
    clock: Rc<Hand>,
}

impl Bench {
    fn new() -> Bench {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Bench {
        let clock = Rc::new(Hand::default());
        clock.0.set(1_000_000);
        let mut options = Options::memory(clock.clone(), Rc::new(Sevens));
        change(&mut options);
        let mut opening = Database::open(options);
        let mut database = opening.step(1).unwrap().expect("nothing to replay");
        Bench {
            session: database.session(),
            database,
            clock,
        }
    }

    fn request(&mut self, request: Request) -> Result<Vec<StatementResult>, Failure> {
        let run = self.database.run(self.session, request);
        run.map_err(|(_, failure)| failure)
    }

    fn script(&mut self, sql: &str) -> Vec<StatementResult> {
        self.request(Request::script(sql))
            .unwrap_or_else(|failure| panic!("{failure:?}"))
    }

    fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        self.script(sql).last().expect("a statement").values()
    }

    fn number(&mut self, sql: &str) -> i64 {
        match self.rows(sql).as_slice() {
            [row] => match row.as_slice() {
                [Value::I64(number)] => *number,
                other => panic!("{other:?}"),
            },
            rows => panic!("{} rows", rows.len()),
        }
    }

    fn error(&mut self, sql: &str) -> Error {
        match self.request(Request::script(sql)) {
            Ok(_) => panic!("no error: {}", &sql[..sql.len().min(200)]),
            Err(failure) => failure.error,
        }
    }

    fn query(&mut self, sql: &str, parameters: Vec<Parameter>) -> Result<Vec<Vec<Value>>, Error> {
        match self.request(Request::query(sql, parameters)) {
            Ok(results) => Ok(results[0].values()),
            Err(failure) => Err(failure.error),
        }
    }

    fn entries_touched(&self) -> u64 {
        self.database.counters().entries_touched
    }
}

fn int(value: i64) -> Value {
    Value::I64(value)
}

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
    let described = bench.database.describe(bench.session, select).unwrap();
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
            rows: ids
                .map(|id| vec![id.into(), Parameter::from("x")])
                .collect(),
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
