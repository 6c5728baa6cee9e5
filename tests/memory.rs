//! A database larger than the memory that it may take: everything is answered as by one that holds all of it, whatever is
//! dropped meanwhile; and what cannot be had again is an error, never another answer.

mod support;

use driftdb::db::{Database, Options, Parameter, Progress, Request, SessionId};
use driftdb::error::{Code, Error};
use driftdb::storage::Memory;
use driftdb::types::Value;
use std::rc::Rc;
use support::commits::Seeded;
use support::database::{self, Ticks};
use support::{Fault, Faulty};

/// A tenth of what the history below takes.
const BUDGET: u64 = 1_500_000;

type Connection = (Database, SessionId);

fn open(storage: &Faulty, memory: u64) -> Connection {
    database::open(Options {
        storage: Some(Box::new(storage.clone())),
        memory,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    })
}

fn try_run(connection: &mut Connection, sql: &str) -> Result<Vec<Vec<Value>>, Error> {
    let (database, session) = connection;
    let results = database.run(*session, Request::script(sql));
    let results = results.map_err(|(_, failure)| failure.error)?;
    Ok(results.last().map_or_else(Vec::new, |last| last.values()))
}

fn run(connection: &mut Connection, sql: &str) -> Vec<Vec<Value>> {
    try_run(connection, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

fn checkpoint(connection: &mut Connection) {
    connection.0.want_checkpoint();
    while connection.0.maintain(20).expect("its storage is sound") {}
}

/// Rows with two indexes, each changed some times in commits of hundreds, some deleted, and a table beside.
fn history(connection: &mut Connection) {
    run(
        connection,
        "CREATE TABLE items (id int PRIMARY KEY, grp int, name text, amount bigint);
         CREATE INDEX items_grp ON items (grp);
         CREATE TABLE groups (grp int PRIMARY KEY, title text);
         INSERT INTO groups SELECT g, 'group ' || g FROM generate_series(0, 499) g;
         INSERT INTO items SELECT i, i % 500, 'item ' || i || repeat('-', i % 60), i * 7 FROM generate_series(0, 24999) i",
    );
    for round in 0..240 {
        let low = round * 7919 % 24_500;
        run(
            connection,
            &format!(
                "UPDATE items SET amount = amount + {round}, grp = CASE WHEN id % 10 = 0 THEN (grp + 1) % 500 ELSE grp END
                 WHERE id BETWEEN {low} AND {low} + 399"
            ),
        );
        if round % 20 == 19 {
            run(connection, &format!("DELETE FROM items WHERE id = {low}"));
        }
        if round % 60 == 59 {
            checkpoint(connection);
        }
    }
    checkpoint(connection);
}

const QUESTIONS: &[&str] = &[
    "SELECT count(*), sum(amount), min(name), max(name) FROM items",
    "SELECT count(*), sum(amount), max(length(name)) FROM items AS OF @seq:100",
    "SELECT grp, count(*), sum(amount) FROM items GROUP BY grp ORDER BY grp",
    "SELECT count(*), sum(amount) FROM items FOR SYSTEM_TIME ALL",
    "SELECT title, count(*), sum(amount) FROM items JOIN groups USING (grp) GROUP BY title ORDER BY title LIMIT 20",
    "SELECT * FROM items WHERE id IN (0, 7, 4096, 12345, 24999)",
    "SELECT * FROM items WHERE grp = 77 ORDER BY id",
    "SELECT * FROM items WHERE id BETWEEN 8000 AND 8050 ORDER BY id",
    "SELECT * FROM items WHERE id = 12345 AS OF @seq:30",
    "SELECT count(*), sum(amount) FROM items WHERE grp = 78 AS OF @seq:150",
    "SELECT id, amount FROM items FOR SYSTEM_TIME AS OF @seq:60 ORDER BY amount DESC, id LIMIT 30",
    "SELECT op, count(*) FROM diff('items', @seq:20, @seq:40) GROUP BY op ORDER BY op",
    "SELECT DISTINCT grp FROM items WHERE amount % 1000 = 1 ORDER BY grp",
    "SELECT id, row_number() OVER (PARTITION BY grp ORDER BY amount, id) FROM items WHERE id < 600 ORDER BY id",
    "SELECT count(*) FROM (SELECT id FROM items EXCEPT SELECT id FROM items WHERE amount > 90000) e",
];

/// The list of the versions of a table that ended is made as a whole where rows are looked up in the past one by one.
fn assert_within_budget((database, _): &Connection, sql: &str) {
    let held = database.stats().bytes_held;
    let most = match sql.contains("diff") {
        true => 5 * BUDGET,
        // Room is made when an eighth has come, and what is packed is counted where it lies as well.
        false => BUDGET + BUDGET / 4,
    };
    assert!(held <= most, "{held} of {BUDGET}: {sql}");
}

#[test]
fn ten_times_its_budget_it_answers_the_same() {
    let (small, large) = (Faulty::new(Memory::new()), Faulty::new(Memory::new()));
    let mut connections = [open(&small, BUDGET), open(&large, u64::MAX)];
    connections.iter_mut().for_each(history);
    for anew in [false, true] {
        if anew {
            connections = [open(&small, BUDGET), open(&large, u64::MAX)];
        }
        for round in 0..2 {
            for sql in QUESTIONS {
                let [found, meant] = connections.each_mut().map(|own| run(own, sql));
                assert_eq!(found, meant, "{sql}");
                // What changed since is in no checkpoint.
                if round == 0 {
                    assert_within_budget(&connections[0], sql);
                }
            }
            // Some rows change between.
            let change = format!(
                "UPDATE items SET amount = -amount WHERE id % 911 = {round};
                 INSERT INTO items VALUES ({}, 3, 'new', 1)",
                100_000 + round + if anew { 10 } else { 0 }
            );
            connections
                .iter_mut()
                .for_each(|own| drop(run(own, &change)));
        }
        let whole = connections[1].0.stats().bytes_held;
        assert!(whole > 10 * BUDGET, "{whole}");
        connections.iter_mut().for_each(checkpoint);
        let histories = connections.each_mut().map(|(database, _)| {
            let key = [Parameter::Value(Value::I64(12_345))];
            let told = database.history("items", &key, None, None);
            told.expect("it is there").entries
        });
        assert_eq!(histories[0], histories[1]);
    }
}

/// An index leads from block to block: rows that were found do not wait in memory for those that come.
#[test]
fn what_a_statement_reads_through_an_index_is_not_in_memory_all_at_once() {
    let storage = Faulty::new(Memory::new());
    let mut connection = open(&storage, u64::MAX);
    run(
        &mut connection,
        "CREATE TABLE t (id int PRIMARY KEY, v int, grp int, w text);
         CREATE INDEX t_grp ON t (grp);
         INSERT INTO t SELECT i, 0, i % 100, repeat('some text ' || i, 20) FROM generate_series(0, 19999) i;
         UPDATE t SET v = v + 1",
    );
    checkpoint(&mut connection);
    let sql = "SELECT count(*), sum(v) FROM t FOR SYSTEM_TIME ALL WHERE grp < 3";
    let meant = run(&mut connection, sql);
    let whole = connection.0.stats().bytes_held;
    drop(connection);
    // Enough that its past is looked up through the index.
    let (mut database, session) = open(&storage, 2_000_000);
    let task = database.start(session, Request::script(sql));
    let task = task.expect("it is open");
    let mut most = 0;
    let found = loop {
        match database.step(task, 300) {
            Progress::Statement(result) => break result.values(),
            Progress::Failed(failure) => panic!("{}", failure.error),
            _ => most = most.max(database.stats().bytes_held),
        }
    };
    assert_eq!(found, meant);
    assert!(most < whole / 2, "{most} of {whole}");
}

/// What was dropped is read from storage, which fails, falls short, or has other bytes by then.
#[test]
fn what_cannot_be_had_again_is_an_error_and_never_another_answer() {
    let storage = Faulty::new(Memory::new());
    let mut connection = open(&storage, u64::MAX);
    run(
        &mut connection,
        "CREATE TABLE t (id int PRIMARY KEY, v int, w text);
         CREATE INDEX t_v ON t (v);
         INSERT INTO t SELECT i, i % 100, 'some text ' || i FROM generate_series(0, 5999) i;
         UPDATE t SET v = v + 1 WHERE id % 3 = 0",
    );
    checkpoint(&mut connection);
    let questions = [
        "SELECT count(*), sum(v), max(w) FROM t",
        "SELECT * FROM t WHERE id = 4321",
        "SELECT count(*), min(w) FROM t WHERE v = 17",
        "SELECT * FROM t WHERE id = 3000 AS OF @seq:2",
        "UPDATE t SET v = v + 1 WHERE id = 777 RETURNING v",
    ];
    drop(connection);
    let image = storage.seen();
    let meant = questions.map(|sql| {
        let mut connection = open(&Faulty::new(image.clone()), u64::MAX);
        run(&mut connection, sql)
    });
    let (mut struck, mut answered) = (0, 0);
    for (sql, meant) in questions.iter().zip(&meant) {
        for fault in [Fault::Error(Code::Io), Fault::Short] {
            for call in 0.. {
                let storage = Faulty::new(image.clone());
                let mut connection = open(&storage, 1);
                storage.fail(call, fault, false);
                let found = try_run(&mut connection, sql);
                let has_struck = storage.struck();
                storage.heal();
                match found {
                    Ok(found) => {
                        assert_eq!(found, *meant, "{sql}: {fault:?} of call {call}");
                        answered += 1;
                    }
                    Err(error) => {
                        // Its commit writes and flushes besides.
                        let is_unknown = matches!(error.code(), Code::CommitUnknown | Code::Quota);
                        let is_told = is_unknown && sql.starts_with("UPDATE");
                        assert!(is_told || error.code() == Code::Io, "{sql}: {error}");
                        struck += 1;
                    }
                }
                // Asked again it is answered, or refused until it is opened anew.
                if !sql.starts_with("UPDATE") {
                    match try_run(&mut connection, sql) {
                        Ok(found) => assert_eq!(found, *meant, "{sql}"),
                        Err(error) => assert_eq!(error.code(), Code::Io, "{sql}: {error}"),
                    }
                }
                if !has_struck {
                    break;
                }
            }
        }
    }
    assert!(struck > 20 && answered > 5, "{struck}, {answered}");

    // A bit of the checkpoint is another one since it was opened.
    let is_checkpoint = |bytes: &Vec<u8>| bytes.starts_with(b"driftchk");
    let file = image
        .files
        .iter()
        .position(is_checkpoint)
        .expect("there is one");
    let (mut found_out, mut harmless) = (0, 0);
    for (sql, meant) in questions.iter().zip(&meant) {
        for place in (8192..image.files[file].len()).step_by(997) {
            let storage = Faulty::new(image.clone());
            let mut connection = open(&storage, 1);
            storage.damage(file, place, 1 << (place % 8));
            match try_run(&mut connection, sql) {
                Ok(found) => {
                    assert_eq!(found, *meant, "{sql}: byte {place}");
                    harmless += 1;
                }
                Err(error) => {
                    assert_eq!(error.code(), Code::Corrupt, "{sql}: {error}");
                    found_out += 1;
                }
            }
        }
    }
    assert!(found_out > 50 && harmless > 10, "{found_out}, {harmless}");
}
