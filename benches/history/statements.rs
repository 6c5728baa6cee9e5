//! The same through SQL, and prepared statements.

use super::{ROWS, UPDATES, consume, random, report, time, uniform, zipf};
use driftdb::db::{Database, Options, Parameter, Request, SessionId, StatementId, Work};
use driftdb::types::{Clock, Entropy, Value};
use std::rc::Rc;
use std::time::Instant;

struct Host;

impl Clock for Host {
    fn now(&self) -> i64 {
        1_000_000
    }
}

impl Entropy for Host {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

pub struct Bench {
    database: Database,
    session: SessionId,
}

impl Bench {
    pub fn new() -> Bench {
        let options = Options::memory(Rc::new(Host), Rc::new(Host));
        let mut opening = Database::open(options);
        let mut database = loop {
            if let Some(database) = opening.step(1 << 20).expect("it opens") {
                break database;
            }
        };
        let session = database.session();
        Bench { database, session }
    }

    pub fn with_rows(rows: usize) -> Bench {
        let mut bench = Bench::new();
        bench.sql("CREATE TABLE t (id bigint PRIMARY KEY, v bigint, name text)");
        let tuples: Vec<String> = (0..rows)
            .map(|id| format!("({id}, {}, 'name')", id * 7 % 1000))
            .collect();
        for some in tuples.chunks(1000) {
            bench.sql(&format!("INSERT INTO t VALUES {}", some.join(",")));
        }
        bench
    }

    fn request(&mut self, request: Request) {
        let results = self.database.run(self.session, request);
        consume(
            results
                .map_err(|(_, failure)| failure.error)
                .expect("it runs"),
        );
    }

    pub fn sql(&mut self, sql: &str) {
        self.request(Request::script(sql));
    }

    pub fn prepare(&mut self, sql: &str) -> StatementId {
        self.database
            .prepare(self.session, sql)
            .expect("it is understood")
    }

    /// As the package does it: in one call where that is possible.
    pub fn statement(&mut self, statement: StatementId, parameters: Vec<Parameter>) {
        let short = self.database.execute(self.session, statement, &parameters);
        if let Some(result) = short.expect("it runs") {
            return consume(vec![result]);
        }
        self.request(Request::new(Work::Statement {
            statement,
            parameters,
        }));
    }

    /// The rows that a statement answers.
    pub fn answer(
        &mut self,
        statement: StatementId,
        parameters: Vec<Parameter>,
    ) -> Vec<Vec<String>> {
        let request = Request::new(Work::Statement {
            statement,
            parameters,
        });
        let results = self.database.run(self.session, request);
        let results = results.map_err(|(_, failure)| failure.error);
        let rows = results.expect("it runs")[0].values();
        let text = |row: Vec<Value>| row.iter().map(|value| format!("{value:?}")).collect();
        rows.into_iter().map(text).collect()
    }

    pub fn seq(&mut self) -> u64 {
        self.database.applied_seq().expect("it has commits").0
    }
}

const SUM: &str = "SELECT sum(v) FROM t";

pub fn scans() {
    let mut bench = Bench::with_rows(ROWS);
    let never = time(|| bench.sql(SUM));
    println!("SQL never updated    {never:7.1} us");
    let mut state = 1;
    let mut skewed = zipf();
    scans_after("SQL uniform", never, || uniform(&mut state));
    let mut state = 1;
    scans_after("SQL zipf   ", never, || skewed(&mut state));
}

fn scans_after(name: &str, never: f64, mut draw: impl FnMut() -> usize) {
    let mut bench = Bench::with_rows(ROWS);
    let first = bench.seq();
    let update = bench.prepare("UPDATE t SET v = $1 WHERE id = $2");
    let start = Instant::now();
    for step in 0..UPDATES {
        let parameters = vec![Parameter::I64(step as i64), Parameter::I64(draw() as i64)];
        bench.statement(update, parameters);
    }
    let each = start.elapsed().as_secs_f64() / UPDATES as f64 * 1e6;
    println!("{name} {each:.2} us a committed UPDATE");
    let last = bench.seq();
    report(name, never, |percent, moved| match (percent, moved) {
        (100, _) => bench.sql(SUM),
        _ => bench.sql(&format!(
            "{SUM} AS OF @seq:{}",
            first + (last - first) * percent / 100 + moved
        )),
    });
}

fn rate(name: &str, count: usize, mut run: impl FnMut(usize)) {
    let start = Instant::now();
    (0..count).for_each(&mut run);
    let seconds = start.elapsed().as_secs_f64();
    println!("SQL {name}: {:.0} a second", count as f64 / seconds);
}

pub fn singles() {
    let rows = 100_000;
    let count = 300_000;
    let mut bench = Bench::with_rows(rows);
    let select = bench.prepare("SELECT v FROM t WHERE id = $1");
    let mut state = 3;
    rate("prepared point SELECT", count, |_| {
        let key = random(&mut state) as usize % rows;
        bench.statement(select, vec![Parameter::I64(key as i64)]);
    });
    rate("point SELECT with a new literal", count, |_| {
        let key = random(&mut state) as usize % rows;
        bench.sql(&format!("SELECT v FROM t WHERE id = {key}"));
    });
    let insert = bench.prepare("INSERT INTO t VALUES ($1, $2, 'a name')");
    bench.sql("BEGIN");
    rate("prepared INSERT in one transaction", count, |id| {
        let id = (rows + id) as i64;
        bench.statement(insert, vec![Parameter::I64(id), Parameter::I64(id % 1000)]);
    });
    rate("COMMIT of it", 1, |_| bench.sql("COMMIT"));
    rate("prepared INSERT, each committing", count, |id| {
        let id = (rows + count + id) as i64;
        bench.statement(insert, vec![Parameter::I64(id), Parameter::I64(id % 1000)]);
    });
    let texts: Vec<String> = (0..1000)
        .map(|number| {
            let first = 10_000_000 + number * 1000;
            let tuples: Vec<String> = (first..first + 1000)
                .map(|id| format!("({id},{},'a name')", id % 1000))
                .collect();
            format!("INSERT INTO t VALUES {}", tuples.join(","))
        })
        .collect();
    let start = Instant::now();
    texts.iter().for_each(|text| bench.sql(text));
    println!(
        "SQL bulk INSERT by 1,000: {:.0} rows a second",
        1e6 / start.elapsed().as_secs_f64()
    );
}
