//! What a statement keeps is counted, whichever operator keeps it: each kind runs over an input many times larger than what a
//! statement may take. It answers MEMORY_LIMIT, or what it answers without the bound, and takes little more than it may.

mod support;

use driftdb::db::{Database, Options, Request, SessionId};
use driftdb::error::Code;
use driftdb::types::Value;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::rc::Rc;
use support::commits::Seeded;
use support::database::{self, Ticks};

/// Counts what a thread has allocated, and the most that it was.
struct Counting;

thread_local! {
    static USED: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: i64) {
    let used = USED.get() + bytes;
    USED.set(used);
    PEAK.set(PEAK.get().max(used));
}

// SAFETY: the system's allocator does it all.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as i64);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as i64));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What a statement may take, and what is let pass besides: chunks on their way, room that doubles, and the set that IN looks
/// its values up in, which takes a multiple of the rows that it is made of.
const BOUND: u64 = 1 << 20;
const SLACK: i64 = 7 << 20;

/// Each operator that keeps rows, over all of `big` (60,000 rows of some 100 bytes) or its past.
const STATEMENTS: &[&str] = &[
    // Sorts: all of it, the first rows of it, with ties.
    "SELECT count(*) FROM (SELECT * FROM big ORDER BY name, id OFFSET 1) s",
    "SELECT count(*) FROM (SELECT * FROM big ORDER BY name LIMIT 50000) s",
    "SELECT count(*) FROM (SELECT * FROM big ORDER BY one FETCH FIRST 3 ROWS WITH TIES) s",
    // Joins by keys, by conditions, of all kinds.
    "SELECT count(*) FROM big a JOIN big b ON a.name = b.name",
    "SELECT count(*) FROM big a LEFT JOIN big b ON a.id = b.id + 7",
    "SELECT count(*) FROM big a FULL JOIN big b ON a.id = b.id + 7",
    "SELECT count(*) FROM small a JOIN big b ON a.id < b.id - 59990",
    "SELECT count(*) FROM big a WHERE EXISTS (SELECT 1 FROM big b WHERE b.name = a.name AND b.id <> a.id)",
    "SELECT count(*) FROM big a WHERE a.id NOT IN (SELECT b.id + 1 FROM big b)",
    "SELECT count(*) FROM small s, LATERAL (SELECT * FROM big WHERE big.one <> s.id ORDER BY name OFFSET 1) l",
    // Groups: many, with values kept, by sets.
    "SELECT count(*) FROM (SELECT name, count(*) FROM big GROUP BY name) g",
    "SELECT count(*) FROM (SELECT id, max(name) FROM big GROUP BY id) g",
    "SELECT length(string_agg(name, ',')) FROM big",
    "SELECT array_length(array_agg(name), 1) FROM big",
    "SELECT jsonb_array_length(jsonb_agg(name)) FROM big",
    "SELECT count(DISTINCT name) FROM big",
    "SELECT count(*) FROM (SELECT max(id) FROM big GROUP BY repeat(name, 3)) g",
    "SELECT count(*) FROM (SELECT id, count(DISTINCT name) FROM big GROUP BY id) g",
    "SELECT length(string_agg(DISTINCT name, ',' ORDER BY name)) FROM big",
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM big",
    "SELECT mode() WITHIN GROUP (ORDER BY name) FROM big",
    "SELECT count(*) FROM (SELECT name, id, count(*) FROM big GROUP BY CUBE (name, id)) g",
    // Windows.
    "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY name) n FROM big) w",
    "SELECT max(n) FROM (SELECT sum(id) OVER (PARTITION BY one ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) n FROM big) w",
    "SELECT max(n) FROM (SELECT lag(name, 3) OVER (PARTITION BY one ORDER BY id) n FROM big) w",
    // Sets of rows.
    "SELECT count(*) FROM (SELECT DISTINCT name, id FROM big) d",
    "SELECT count(*) FROM (SELECT DISTINCT ON (name) name, id FROM big ORDER BY name, id) d",
    "SELECT count(*) FROM (SELECT name FROM big UNION SELECT name || 'x' FROM big) u",
    "SELECT count(*) FROM (SELECT name FROM big INTERSECT SELECT name FROM big) u",
    "SELECT count(*) FROM (SELECT name FROM big EXCEPT ALL SELECT name FROM small) u",
    // Queries inside of others.
    "WITH m AS MATERIALIZED (SELECT * FROM big) SELECT count(*) FROM m a, m b WHERE a.id = 1 AND b.id = 2",
    "WITH RECURSIVE r(id, name) AS (SELECT id, name FROM big UNION SELECT id, name FROM r WHERE id < 0) SELECT count(*) FROM r",
    "SELECT length((SELECT string_agg(name, '') FROM big))",
    "SELECT cardinality(ARRAY(SELECT name FROM big))",
    "SELECT count(*) FROM generate_series(1, 300000) g",
    "SELECT count(*) FROM (SELECT unnest(array_agg(name)) FROM big) u",
    "SELECT count(*) FROM jsonb_array_elements((SELECT jsonb_agg(name) FROM big)) e",
    // The past.
    "SELECT count(*) FROM diff('big', @seq:4, @seq:29)",
    "SELECT count(*) FROM blame('big')",
    "SELECT count(*) FROM big FOR SYSTEM_TIME ALL",
    "SELECT count(*) FROM (SELECT * FROM big FOR SYSTEM_TIME ALL ORDER BY name OFFSET 1) s",
    // What it answers itself.
    "SELECT * FROM big",
    "SELECT id, name FROM big ORDER BY id DESC",
    "EXPLAIN ANALYZE SELECT name FROM big ORDER BY name",
];

fn open(memory_bytes: Option<u64>) -> (Database, SessionId) {
    let mut options = Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)));
    if let Some(bytes) = memory_bytes {
        options.limits.memory_bytes = bytes;
    }
    let mut connection = database::open(options);
    run(
        &mut connection,
        "CREATE TABLE big (id int PRIMARY KEY, one int, name text);
         CREATE TABLE small (id int, name text);
         INSERT INTO small SELECT i, 'small ' || i FROM generate_series(1, 3) i",
    )
    .expect("it fits");
    for part in 0..30 {
        let (from, to) = (part * 2_000, part * 2_000 + 1_999);
        let insert = format!(
            "INSERT INTO big SELECT i, 1, 'a name of some length, with a number that is its own ' || i || repeat('.', 40) FROM generate_series({from}, {to}) i"
        );
        run(&mut connection, &insert).expect("it fits");
    }
    connection
}

fn run(
    (database, session): &mut (Database, SessionId),
    sql: &str,
) -> Result<Vec<Vec<Value>>, Code> {
    let results = database.run(*session, Request::script(sql));
    let results = results.map_err(|(_, failure)| failure.error.code())?;
    Ok(results.last().map_or_else(Vec::new, |last| last.values()))
}

#[test]
fn what_every_operator_keeps_is_bounded() {
    let (mut bounded, mut free) = (open(Some(BOUND)), open(None));
    let (mut refused, mut excess) = (0, Vec::new());
    for sql in STATEMENTS {
        let before = USED.get();
        PEAK.set(before);
        let (database, session) = &mut bounded;
        let results = database.run(*session, Request::script(*sql));
        let taken = PEAK.get() - before;
        if taken > BOUND as i64 + SLACK {
            excess.push(format!("{taken} bytes: {sql}"));
        }
        match results {
            Err((_, failure)) => {
                assert_eq!(
                    failure.error.code(),
                    Code::MemoryLimit,
                    "{sql}: {failure:?}"
                );
                refused += 1;
            }
            Ok(results) => {
                if !sql.starts_with("EXPLAIN") {
                    let found = results.last().map(|last| last.values());
                    assert_eq!(found, run(&mut free, sql).ok(), "{sql}");
                }
            }
        }
        // The database goes on.
        assert_eq!(
            run(&mut bounded, "SELECT count(*) FROM small"),
            Ok(vec![vec![Value::I64(3)]])
        );
    }
    assert!(excess.is_empty(), "{}", excess.join("\n"));
    assert!(refused > STATEMENTS.len() / 2, "{refused}");
}
