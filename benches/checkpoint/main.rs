//! What history takes on storage, and how long a database with much of it takes to open:
//! `cargo bench --bench checkpoint`.
//!
//! A table of 10,000 rows takes 200,000 updates, in commits of 100 and of one. What is then on storage is compared with
//! what SQLite takes for the same rows with a history table kept by a trigger, if its shell (`sqlite3`) is there.
//! After that, databases of 1,000,000 row versions are opened and asked for one row.

#[path = "../../tests/support/kept.rs"]
mod kept;
mod peer;

use driftdb::db::{Database, Options, Parameter, Request, SessionId, Work};
use driftdb::types::{Clock, Entropy};
use kept::Kept;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// The time moves on by a tenth of a millisecond at each look, and randomness is counted.
struct Host(Cell<i64>);

impl Clock for Host {
    fn now(&self) -> i64 {
        self.0.set(self.0.get() + 100 + self.0.get() * 7919 % 61);
        self.0.get()
    }
}

impl Entropy for Host {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.now() as u8);
    }
}

/// A row of the workload.
pub struct Update {
    pub id: usize,
    pub value: u64,
}

/// Random updates: each row as likely as the other.
pub fn updates(rows: usize, count: usize) -> impl Iterator<Item = Update> {
    let mut state = 1u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        state >> 33
    };
    (0..count).map(move |_| Update {
        id: random() as usize % rows,
        value: random() % 1_000_000,
    })
}

pub fn name(id: usize) -> String {
    format!("customer {id}")
}

struct Bench {
    database: Database,
    session: SessionId,
}

impl Bench {
    fn open(medium: &Kept) -> Bench {
        let host = Rc::new(Host(Cell::new(1_700_000_000_000_000)));
        let mut options = Options::memory(host.clone(), host);
        options.storage = Some(Box::new(medium.clone()));
        // Here it is written when it is asked for.
        options.checkpoint_after = u64::MAX;
        let mut opening = Database::open(options);
        let mut database = loop {
            if let Some(database) = opening.step(1 << 20).expect("it opens") {
                break database;
            }
        };
        let session = database.session();
        Bench { database, session }
    }

    fn request(&mut self, request: Request) -> usize {
        let results = self.database.run(self.session, request);
        let results = results.map_err(|(_, failure)| failure.error);
        results.expect("it runs").len()
    }

    fn sql(&mut self, sql: &str) {
        self.request(Request::script(sql));
    }

    /// The table with its first rows and then its updates, so many in a commit.
    fn fill(&mut self, rows: usize, count: usize, together: usize) {
        self.insert(rows);
        self.update(rows, count, together);
    }

    fn insert(&mut self, rows: usize) {
        self.sql("CREATE TABLE t (id bigint PRIMARY KEY, v bigint, name text)");
        let all: Vec<usize> = (0..rows).collect();
        for some in all.chunks(1000) {
            let tuples: Vec<String> = (some.iter())
                .map(|id| format!("({id},{},'{}')", id * 7 % 1000, name(*id)))
                .collect();
            self.sql(&format!("INSERT INTO t VALUES {}", tuples.join(",")));
        }
    }

    fn update(&mut self, rows: usize, count: usize, together: usize) {
        let update = "UPDATE t SET v = $1 WHERE id = $2";
        let update = self.database.prepare(self.session, update);
        let update = update.expect("it is understood");
        for (at, one) in updates(rows, count).enumerate() {
            if together > 1 && at % together == 0 {
                self.sql("BEGIN");
            }
            self.request(Request::new(Work::Statement {
                statement: update,
                parameters: vec![
                    Parameter::I64(one.value as i64),
                    Parameter::I64(one.id as i64),
                ],
            }));
            if together > 1 && (at + 1) % together == 0 {
                self.sql("COMMIT");
            }
        }
    }

    /// Writes a checkpoint and lets the log before it be recycled; the longest step in milliseconds.
    fn checkpoint(&mut self) -> f64 {
        self.database.want_checkpoint();
        let mut longest: f64 = 0.0;
        loop {
            let start = Instant::now();
            let more = self.database.maintain(1).expect("it can be written");
            let took = start.elapsed().as_secs_f64() * 1e3;
            if took > 10.0 {
                println!("  a step of {took:.1} ms");
            }
            longest = longest.max(took);
            if !more {
                return longest;
            }
        }
    }
}

fn sizes(together: usize, peers: Option<(u64, u64)>) {
    let medium = Kept::default();
    let mut bench = Bench::open(&medium);
    bench.fill(10_000, 200_000, together);
    let log = medium.bytes_of(b"driftseg");
    let longest = bench.checkpoint();
    let (checkpoint, all) = (medium.bytes_of(b"driftchk"), medium.bytes());
    println!(
        "commits of {together}: log {:.2} MB, checkpoint {:.2} MB, all on storage {:.2} MB; longest step {longest:.1} ms",
        mega(log),
        mega(checkpoint),
        mega(all)
    );
    if let Some((plain, indexed)) = peers {
        println!(
            "  SQLite with a trigger {:.2} MB: {:.0} %; with an index by row and time {:.2} MB: {:.0} %",
            mega(plain),
            100.0 * all as f64 / plain as f64,
            mega(indexed),
            100.0 * all as f64 / indexed as f64
        );
    }
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn opening(rows: usize, together: usize) {
    let medium = Kept::default();
    let mut bench = Bench::open(&medium);
    bench.fill(rows, 1_000_000 - rows, together);
    bench.sql("CREATE INDEX t_name ON t (name)");
    let longest = bench.checkpoint();
    while !bench.database.close().expect("it can be written") {}
    drop(bench);
    let ms = |start: Instant| start.elapsed().as_secs_f64() * 1e3;
    let mut least = [f64::MAX; 4];
    for _ in 0..5 {
        let mut start = Instant::now();
        let mut bench = Bench::open(&medium);
        let mut took = vec![ms(start)];
        let row = "SELECT * FROM t WHERE id = 777";
        let sum = "SELECT sum(v) FROM t AS OF @seq:100";
        for sql in [row, sum, &format!("{row} AS OF @seq:100")] {
            start = Instant::now();
            bench.sql(sql);
            took.push(ms(start));
        }
        (least.iter_mut().zip(took)).for_each(|(least, took)| *least = least.min(took));
    }
    let [opened, present, sum, past] = least;
    println!(
        "{rows} rows, 1,000,000 versions in commits of {together}: {:.2} MB, longest step {longest:.1} ms; opened in \
         {opened:.1} ms, a row in {present:.2} ms, a sum over the past in {sum:.1} ms, then a row of it in {past:.1} ms",
        mega(medium.bytes())
    );
    if rows < 1_000_000 {
        behind(&medium, rows, together);
    }
}

/// The same with commits behind the checkpoint: about as many as there may be before the next one is due.
fn behind(medium: &Kept, rows: usize, together: usize) {
    const COMMITTED: usize = 200_000;
    let mut bench = Bench::open(medium);
    let before = medium.bytes_of(b"driftseg");
    bench.update(rows, COMMITTED, together);
    let log = medium.bytes_of(b"driftseg") - before;
    drop(bench);
    let opened = (0..5).map(|_| {
        let start = Instant::now();
        Bench::open(medium);
        start.elapsed().as_secs_f64() * 1e3
    });
    let opened = opened.fold(f64::MAX, f64::min);
    println!(
        "  with {COMMITTED} updates behind it, {:.2} MB of log: opened in {opened:.1} ms",
        mega(log)
    );
}

fn main() {
    if !std::env::args().any(|argument| argument == "opening") {
        let peers = peer::bytes();
        sizes(100, peers);
        sizes(1, peers);
    }
    opening(10_000, 100);
    opening(50_000, 100);
    opening(50_000, 1);
    opening(1_000_000, 100);
}
