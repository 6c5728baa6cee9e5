//! A database whose checkpoint is damaged: tables that are told lost answer nothing, and all others everything as before.

#[path = "support/mod.rs"]
mod support;

#[path = "support/everything.rs"]
mod everything;

use driftdb::db::{Database, Options, Parameter, Request, Salvage, SessionId};
use driftdb::error::{Code, Error};
use driftdb::log::Mode;
use driftdb::storage::{Memory, Storage};
use everything::{commits, run};
use std::ops::Range;
use std::rc::Rc;
use support::Faulty;
use support::commits::Seeded;
use support::database::{Ticks, try_open};

const BEFORE: &str = "
    CREATE SCHEMA other;
    CREATE TABLE people (id int PRIMARY KEY, v int, name text);
    CREATE INDEX of_v ON people (v);
    INSERT INTO people SELECT i, i % 7, 'name ' || i FROM generate_series(1, 2300) AS g(i);
    CREATE TABLE orders (id serial PRIMARY KEY, person int REFERENCES people ON DELETE CASCADE, note text);
    INSERT INTO orders (person, note) SELECT i, 'note' FROM generate_series(1, 2200) AS g(i);
    CREATE TABLE other.small (a text PRIMARY KEY, b int);
    INSERT INTO other.small VALUES ('a', 1), ('b', 2);
    UPDATE people SET v = v + 1 WHERE id % 3 = 0;
    DELETE FROM people WHERE id % 50 = 0;
    TRUNCATE other.small; INSERT INTO other.small VALUES ('c', 3);
    CREATE TABLE gone (a int); INSERT INTO gone VALUES (1); DROP TABLE gone;
    UPDATE orders SET note = 'other ' || id WHERE id % 2 = 0;
    CREATE VIEW w AS SELECT id, v FROM people WHERE v > 5;
    CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM orders";
const AFTER: &str = "
    UPDATE people SET v = 0 WHERE id < 20; DELETE FROM orders WHERE id BETWEEN 100 AND 110;
    ALTER TABLE people ADD COLUMN late int DEFAULT 5; CREATE INDEX of_note ON orders (note);
    INSERT INTO other.small VALUES ('d', 4); INSERT INTO people (id, v) VALUES (9000, 1)";

/// What is asked of relations, at each commit, and the tables that it reads.
const QUESTIONS: [(&str, &[&str]); 12] = [
    (
        "SELECT count(*), sum(id::bigint * v), sum(system_seq_start * id), sum(system_seq_end), max(name) FROM people AS OF @seq:N",
        &["people"],
    ),
    (
        "SELECT * FROM people AS OF @seq:N WHERE id = 2048",
        &["people"],
    ),
    (
        "SELECT count(*), sum(id) FROM people AS OF @seq:N WHERE v = 4",
        &["people"],
    ),
    ("SELECT count(*) FROM diff('people', N - 1, N)", &["people"]),
    (
        "SELECT count(*), sum(id::bigint * person), sum(length(note) * id), sum(system_seq_end) FROM orders AS OF @seq:N",
        &["orders"],
    ),
    ("SELECT count(*) FROM diff('orders', N - 1, N)", &["orders"]),
    (
        "SELECT *, system_seq_end FROM other.small AS OF @seq:N",
        &["other.small"],
    ),
    (
        "SELECT count(*) FROM diff('other.small', N - 1, N)",
        &["other.small"],
    ),
    (
        "SELECT *, system_seq_end FROM gone AS OF @seq:N",
        &["gone (dropped)"],
    ),
    ("SELECT count(*), sum(v) FROM w AS OF @seq:N", &["people"]),
    ("SELECT * FROM m AS OF @seq:N", &["m"]),
    (
        "SELECT count(*), sum(p.v) FROM people AS OF @seq:N AS p JOIN orders AS OF @seq:N AS o ON o.person = p.id",
        &["people", "orders"],
    ),
];
/// The same of all of the past.
const ALL: [(&str, &[&str]); 3] = [
    (
        "SELECT count(*), sum(system_seq_start * id), sum(system_seq_end * id), sum(id * v) FROM people FOR SYSTEM_TIME ALL",
        &["people"],
    ),
    (
        "SELECT count(*), sum(system_seq_end) FROM orders FOR SYSTEM_TIME ALL",
        &["orders"],
    ),
    (
        "SELECT count(*), min(last_value) FROM orders_id_seq",
        &["orders_id_seq"],
    ),
];

fn open(
    storage: Box<dyn Storage>,
    mode: Mode,
    memory: u64,
) -> Result<(Database, SessionId), Error> {
    try_open(Options {
        storage: Some(storage),
        mode,
        memory,
        checkpoint_after: u64::MAX,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    })
}

/// The files of a database that has a checkpoint after the first script, and a log behind it.
fn example(before: &str, after: &str) -> Memory {
    let storage = Faulty::new(Memory::new());
    for (script, is_before) in [(before, true), (after, false)] {
        let (mut database, session) =
            open(Box::new(storage.clone()), Mode::Write, u64::MAX).expect("sound");
        let done = database.run(session, Request::script(script));
        done.map_err(|(_, failure)| failure)
            .expect("the script is sound");
        if is_before {
            database.want_checkpoint();
        }
        while database.maintain(50).expect("sound") {}
        database.close().expect("sound");
    }
    storage.seen()
}

fn checkpoint_of(files: &Memory) -> usize {
    let is_checkpoint = |bytes: &Vec<u8>| bytes.starts_with(b"driftchk");
    let file = files.files.iter().position(is_checkpoint);
    file.expect("there is one")
}

/// The pieces of a checkpoint: what kind of part each begins, if it does, and where it lies.
fn pieces_of(bytes: &[u8]) -> Vec<(Option<u8>, Range<usize>)> {
    let (mut pieces, mut at, mut goes_on) = (Vec::new(), 8192, false);
    while let Some(&[a, b, c, d]) = bytes.get(at..at + 4)
        && [a, b, c, d] != [0; 4]
    {
        let end = at + 8 + u32::from_le_bytes([a, b, c, d]) as usize;
        pieces.push(((!goes_on).then_some(bytes[at + 9]), at..end));
        goes_on = bytes[at + 8] == 1;
        at = end;
    }
    pieces
}

const OUTLINE: u8 = 12;
const BLOCK: u8 = 9;
const LIVE: u8 = 10;
const GONE: u8 = 4;
const END: u8 = 11;

/// What was asked, of which tables, and what was answered.
struct Asked {
    sql: String,
    tables: &'static [&'static str],
    answer: Result<Vec<Vec<String>>, Code>,
}

fn ask(database: &mut Database, sql: &str) -> Result<Vec<Vec<String>>, Code> {
    let session = database.session();
    let answer = run(database, session, sql);
    database.end_session(session);
    let mut rows = answer.map_err(|error| error.code())?.rows;
    rows.sort();
    Ok(rows)
}

fn all_of(database: &mut Database) -> Vec<Asked> {
    let last = commits(database);
    let each = (0..last).flat_map(|seq| {
        QUESTIONS
            .iter()
            .map(move |(sql, tables)| (sql.replace('N', &seq.to_string()), *tables))
    });
    let questions = each.chain(ALL.iter().map(|(sql, tables)| (sql.to_string(), *tables)));
    let asked = questions.map(|(sql, tables)| Asked {
        answer: ask(database, &sql),
        sql,
        tables,
    });
    asked.collect()
}

/// Tables that are lost are an error whatever is asked, and all else is as it was.
fn assert_same(database: &mut Database, held: &[Asked], what: &str) {
    let lost = database.lost_tables();
    for Asked {
        sql,
        tables,
        answer,
    } in held
    {
        let is_lost = tables
            .iter()
            .any(|table| lost.iter().any(|name| name == table));
        let now = ask(database, sql);
        let is_right = match (answer, &now) {
            (Ok(_), now) if is_lost => *now == Err(Code::Corrupt),
            (answer, now) => answer == now || is_lost && *now == Err(Code::Corrupt),
        };
        assert!(
            is_right,
            "{what}, {lost:?} lost: {sql}: {now:?} for {answer:?}"
        );
    }
}

fn salvage(database: &Database) -> Result<Faulty, Error> {
    let to = Faulty::new(Memory::new());
    let mut salvage = Salvage::new(database, Box::new(to.clone()))?;
    while !salvage.step(database, 50)?.is_over {}
    Ok(to)
}

fn is_damage(error: &Error) -> bool {
    matches!(error.code(), Code::Corrupt | Code::DataLoss)
}

/// Opens what is damaged: an error, or the tables that are lost of a database that is right in all else, and stays so when it is salvaged.
fn try_damaged(image: &Memory, held: &[Asked], memory: u64, what: &str) -> Option<Vec<String>> {
    let strict = open(Box::new(image.clone()), Mode::Write, memory).map(drop);
    let error = strict.expect_err("it is damaged");
    assert!(is_damage(&error), "{what}: {error}");
    let (mut database, _) = match open(Box::new(image.clone()), Mode::Salvage, memory) {
        Ok(opened) => opened,
        Err(error) => {
            assert!(is_damage(&error), "{what}: {error}");
            return None;
        }
    };
    let report = database.report().expect("it has a storage");
    assert!(report.checkpoint_damage.is_some(), "{what}: {report:?}");
    assert!(
        report.damage.is_none() && report.read_only.is_some(),
        "{what}"
    );
    assert_same(&mut database, held, what);
    let lost = database.lost_tables();
    let to = salvage(&database).unwrap_or_else(|error| panic!("{what}: {error}"));
    let (mut copy, session) = open(Box::new(to.clone()), Mode::Write, memory)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(copy.lost_tables(), lost, "{what}");
    run(
        &mut copy,
        session,
        "CREATE TABLE since_then AS SELECT 1 AS a",
    )
    .expect("it is written to");
    // Twice, so that what is lost is in a checkpoint that was made of another one.
    copy.want_checkpoint();
    while copy.maintain(50).expect("sound") {}
    copy.close().expect("sound");
    let (mut again, _) = open(Box::new(to), Mode::Write, memory).expect("sound");
    assert_eq!(again.lost_tables(), lost, "{what}");
    assert_eq!(
        ask(&mut again, "SELECT a FROM since_then"),
        Ok(vec![vec!["1".to_string()]])
    );
    assert_same(&mut again, held, what);
    Some(lost)
}

/// The tables that are lost, or nothing for an error.
fn lost_of(image: &Memory) -> Option<Vec<String>> {
    let (database, _) = open(Box::new(image.clone()), Mode::Salvage, u64::MAX).ok()?;
    Some(database.lost_tables())
}

#[test]
fn whatever_part_is_damaged_what_is_left_is_right() {
    let files = example(BEFORE, AFTER);
    let (mut database, _) = open(Box::new(files.clone()), Mode::Read, u64::MAX).expect("sound");
    assert_eq!(database.lost_tables(), Vec::<String>::new());
    let held = all_of(&mut database);
    drop(database);
    let file = checkpoint_of(&files);
    let parts = pieces_of(&files.files[file]);
    let mut losses = Vec::new();
    for (at, (kind, part)) in parts.iter().enumerate() {
        let kind = kind.expect("each part is one piece");
        let what = format!("part {at} of kind {kind}");
        let flipped = |place: usize| {
            let mut image = files.clone();
            image.files[file][place] ^= 1 << (place % 8);
            image
        };
        // Its checksum; and, which must come to the same, its length, its kind and its end.
        let memory = if at % 2 == 0 { u64::MAX } else { 1 };
        let lost = try_damaged(&flipped(part.start + 5), &held, memory, &what);
        for place in [
            part.start,
            part.start + 1,
            part.start + 3,
            part.start + 9,
            part.end - 1,
        ] {
            assert_eq!(lost_of(&flipped(place)), lost, "{what}, at {place}");
        }
        match kind {
            GONE | LIVE | END => assert_eq!(lost, Some(vec![]), "{what}"),
            BLOCK => assert_eq!(lost.as_ref().map(Vec::len), Some(1), "{what}"),
            _ => assert_eq!(lost, None, "{what}"),
        }
        losses.push((kind, lost));
    }
    let blocks = losses.iter().filter(|(kind, _)| *kind == BLOCK);
    let mut tables: Vec<_> = blocks
        .clone()
        .flat_map(|(_, lost)| lost.clone().unwrap())
        .collect();
    assert!(tables.len() > 8, "{tables:?}");
    tables.sort();
    tables.dedup();
    let names = [
        "gone (dropped)",
        "m",
        "orders",
        "orders_id_seq",
        "other.small",
        "people",
    ];
    assert_eq!(tables, names, "a block of each");
    for kind in [OUTLINE, GONE, LIVE, END] {
        assert!(
            losses.iter().any(|(own, _)| *own == kind),
            "no part of kind {kind}"
        );
    }
}

#[test]
fn stretches_that_are_zeroed_or_cut_leave_what_is_right() {
    let files = example(BEFORE, AFTER);
    let (mut database, _) = open(Box::new(files.clone()), Mode::Read, u64::MAX).expect("sound");
    let held = all_of(&mut database);
    drop(database);
    let file = checkpoint_of(&files);
    let parts = pieces_of(&files.files[file]);
    let blocks: Vec<usize> = (0..parts.len())
        .filter(|at| parts[*at].0 == Some(BLOCK))
        .collect();
    let middle = |at: usize| parts[at].1.start + parts[at].1.len() / 2;
    let (first, last) = (blocks[0], *blocks.last().expect("there are some"));
    let mut some = 0;
    let stretches = [
        (first, first + 1),
        (first + 1, first + 4),
        (last - 1, parts.len() - 2),
        (last + 1, parts.len() - 1),
        (first - 1, first),
        (2, first),
    ];
    for (from, to) in stretches {
        let mut image = files.clone();
        image.files[file][middle(from)..middle(to)].fill(0);
        some += usize::from(try_damaged(&image, &held, 1, &format!("{from} to {to}")).is_some());
    }
    for from in [first, last, last + 1, parts.len() - 1] {
        let mut image = files.clone();
        image.files[file].truncate(middle(from));
        let lost = try_damaged(&image, &held, u64::MAX, &format!("cut in {from}"));
        assert_eq!(
            lost.is_some_and(|lost| lost.is_empty()),
            from > last,
            "cut in {from}"
        );
        some += 1;
    }
    // Two blocks apart.
    for (one, other) in [(first + 1, first + 3), (first + 2, last - 1)] {
        let mut image = files.clone();
        for at in [one, other] {
            image.files[file][middle(at)] ^= 4;
        }
        let what = format!("{one} and {other}");
        let lost = try_damaged(&image, &held, u64::MAX, &what);
        assert!(lost.is_some_and(|lost| !lost.is_empty()), "{what}");
    }
    assert!(some > 7, "{some} could be read");
}

/// A length that is damaged leads anywhere, also to a later part.
#[test]
fn whatever_a_damaged_length_says_only_its_part_is_lost() {
    let tables = (0..6).map(|at| {
        let rows = 3 + at;
        format!(
            "CREATE TABLE t{at} (a int); INSERT INTO t{at} SELECT * FROM generate_series(1, {rows})"
        )
    });
    let files = example(
        &tables.collect::<Vec<_>>().join(";"),
        "CREATE TABLE late (a int)",
    );
    let file = checkpoint_of(&files);
    let pieces = pieces_of(&files.files[file]);
    let blocks = pieces.iter().filter(|(kind, _)| *kind == Some(BLOCK));
    for (at, (_, piece)) in blocks.enumerate().step_by(2) {
        for length in 0..256 {
            let mut image = files.clone();
            let byte = &mut image.files[file][piece.start];
            if *byte != length as u8 {
                *byte = length as u8;
                let lost = lost_of(&image);
                assert_eq!(lost, Some(vec![format!("t{at}")]), "block {at}, {length}");
            }
        }
    }
}

/// A part of several pieces is lost with any of them, and nothing else is.
#[test]
fn a_part_of_several_pieces_is_lost_as_a_whole() {
    let files = example(
        "CREATE TABLE before (a int); INSERT INTO before VALUES (1);
        CREATE TABLE big (id int, s text); CREATE TABLE t (a int PRIMARY KEY);
        INSERT INTO big SELECT i, (SELECT string_agg(md5((i * 100000 + j)::text), '') FROM generate_series(1, 30000) AS h(j))
            FROM generate_series(1, 3) AS g(i);
        INSERT INTO t SELECT i FROM generate_series(1, 10) AS g(i); CREATE TABLE u (a int); INSERT INTO u VALUES (7)",
        "DELETE FROM t WHERE a = 3; DELETE FROM big WHERE id = 1",
    );
    let file = checkpoint_of(&files);
    let pieces = pieces_of(&files.files[file]);
    let rest = pieces.iter().filter(|(kind, _)| kind.is_none()).count();
    assert!(rest > 1, "{pieces:?}");
    for (at, (kind, piece)) in pieces.iter().enumerate() {
        let is_big = kind.is_none() || pieces.get(at + 1).is_some_and(|(next, _)| next.is_none());
        if !is_big {
            continue;
        }
        for place in [piece.start, piece.start + 5, piece.start + 8, piece.end - 1] {
            let mut image = files.clone();
            image.files[file][place] ^= 1;
            let (mut database, _) =
                open(Box::new(image), Mode::Salvage, u64::MAX).expect("it can be told");
            assert_eq!(database.lost_tables(), ["big"], "piece {at}, {place}");
            for (sql, answer) in [
                ("SELECT count(*), sum(a) FROM t", Ok(vec!["9", "52"])),
                ("SELECT a FROM u", Ok(vec!["7"])),
                ("SELECT a FROM before AS OF @seq:3", Ok(vec!["1"])),
                ("SELECT count(*) FROM big", Err(Code::Corrupt)),
            ] {
                let answer =
                    answer.map(|row: Vec<&str>| vec![row.into_iter().map(String::from).collect()]);
                assert_eq!(
                    ask(&mut database, sql),
                    answer,
                    "piece {at}, {place}: {sql}"
                );
            }
        }
    }
}

/// The salvaged database where `people` is lost.
fn without_people() -> (Database, SessionId, Faulty) {
    let files = example(BEFORE, AFTER);
    let file = checkpoint_of(&files);
    let found = pieces_of(&files.files[file])
        .into_iter()
        .find_map(|(_, piece)| {
            let mut image = files.clone();
            image.files[file][piece.start + 5] ^= 1;
            (lost_of(&image)? == ["people"]).then_some(image)
        });
    let image = found.expect("it has blocks");
    let (database, _) = open(Box::new(image), Mode::Salvage, u64::MAX).expect("it can be told");
    let to = salvage(&database).expect("there is room");
    let (database, session) = open(Box::new(to.clone()), Mode::Write, u64::MAX).expect("sound");
    (database, session, to)
}

#[test]
fn whoever_reads_or_writes_a_table_that_is_lost_gets_an_error_and_the_rest_goes_on() {
    let (mut database, session, to) = without_people();
    let mut refused = |sql: &str| {
        let error = run(&mut database, session, sql).map(|_| ()).expect_err(sql);
        assert_eq!(error.code(), Code::Corrupt, "{sql}: {error}");
        assert!(error.to_string().contains("people"), "{sql}: {error}");
    };
    for sql in [
        "SELECT * FROM people",
        "SELECT 1 FROM people WHERE id = 5",
        "SELECT count(*) FROM people AS OF @seq:3",
        "SELECT * FROM people FOR SYSTEM_TIME ALL",
        "SELECT * FROM diff('people', 2, 9)",
        "SELECT * FROM blame('people')",
        "SELECT * FROM w",
        "SELECT * FROM orders WHERE EXISTS (SELECT FROM people)",
        "SELECT (SELECT max(v) FROM people)",
        "WITH p AS (SELECT * FROM people) SELECT count(*) FROM p",
        "COPY people TO STDOUT",
        "INSERT INTO people (id) VALUES (1)",
        "INSERT INTO people (id) SELECT 10000",
        "INSERT INTO people (id) VALUES (1) ON CONFLICT DO NOTHING",
        "UPDATE people SET v = 1",
        "UPDATE people SET v = 1 WHERE id = 3",
        "DELETE FROM people",
        "DELETE FROM people WHERE id = 3",
        "TRUNCATE people CASCADE",
        "MERGE INTO people USING orders ON people.id = orders.id WHEN MATCHED THEN DELETE",
        "CREATE INDEX late ON people (v)",
        "CREATE TABLE copied AS SELECT * FROM people",
        "CREATE MATERIALIZED VIEW late AS SELECT * FROM people",
        "ALTER TABLE people ALTER COLUMN name TYPE varchar(3)",
        "ALTER TABLE people ADD CHECK (v > 0)",
        "RESTORE TABLE people TO @seq:4",
        "INSERT INTO orders (person) VALUES (1)",
        "UPDATE orders SET person = 2 WHERE id = 5",
        "EXPLAIN ANALYZE SELECT * FROM people",
        "BEGIN; SELECT * FROM people",
    ] {
        refused(sql);
    }
    // It is the transaction that failed, too.
    let error = run(&mut database, session, "SELECT 1")
        .map(|_| ())
        .expect_err("it failed");
    assert_eq!(error.code(), Code::InFailedTransaction);
    run(&mut database, session, "ROLLBACK").expect("it was begun");
    let key = [Parameter::I64(5)];
    let history = database.history("people", &key, None, None);
    assert_eq!(
        history.map(|_| ()).expect_err("it is lost").code(),
        Code::Corrupt
    );
    let (is_touched, _) = database.touched(
        "SELECT * FROM people",
        &[],
        Some(driftdb::types::Seq(9)),
        None,
    );
    assert!(is_touched);
    database.begin_check().expect("it is open");
    let problems = loop {
        let checked = database.check(1 << 20).expect("it is open");
        if checked.is_over {
            break checked.problems;
        }
    };
    let [problem] = &problems[..] else {
        panic!("{problems:?}");
    };
    assert!(
        problem.error.message().contains("people is lost"),
        "{problems:?}"
    );
    for sql in [
        "INSERT INTO orders (note) VALUES ('without')",
        "UPDATE orders SET note = 'new' WHERE id = 7",
        "DELETE FROM orders WHERE id = 8",
        "ALTER TABLE people RENAME TO persons",
        "ALTER TABLE persons RENAME TO people",
        "BEGIN; INSERT INTO other.small VALUES ('z', 26); COMMIT",
        "DROP TABLE people CASCADE",
        "CREATE TABLE people (id int PRIMARY KEY, s text)",
        "INSERT INTO people VALUES (1, 'new')",
        "INSERT INTO orders (person) VALUES (77)",
    ] {
        run(&mut database, session, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
    let seq = commits(&database) - 1;
    database.want_checkpoint();
    while database.maintain(50).expect("sound") {}
    database.close().expect("sound");
    let (mut database, session) = open(Box::new(to), Mode::Write, u64::MAX).expect("sound");
    assert_eq!(commits(&database), seq + 1);
    assert_eq!(database.lost_tables(), ["people (dropped)"], "its past is");
    let new = ask(&mut database, "SELECT s FROM people WHERE id = 1");
    assert_eq!(new, Ok(vec![vec!["new".to_string()]]));
    let past = ask(&mut database, "SELECT count(*) FROM people AS OF @seq:5");
    assert_eq!(past, Err(Code::Corrupt));
    // What is brought back is what it was.
    run(&mut database, session, "DROP TABLE people").expect("it is there");
    let back = run(&mut database, session, "RESTORE TABLE people TO @seq:20").map(|_| ());
    assert_eq!(back.expect_err("it is lost").code(), Code::Corrupt);
}

#[test]
fn commits_that_did_nothing_to_a_table_that_is_lost_are_undone() {
    let (mut database, session, _) = without_people();
    let last = commits(&database) - 1;
    let (insert, index, update) = (last - 1, last - 2, last - 5);
    let mut undo = |seq: u64| run(&mut database, session, &format!("UNDO COMMIT {seq}"));
    undo(insert).expect("it is of another table");
    undo(index).expect("it is of another table");
    undo(last + 2).expect("and so is its opposite");
    let error = undo(update).map(|_| ());
    assert_eq!(error.expect_err("it is lost").code(), Code::Corrupt);
    let all = run(&mut database, session, "RESTORE DATABASE TO @seq:4").map(|_| ());
    assert_eq!(all.expect_err("it is lost").code(), Code::Corrupt);
    let left = ask(&mut database, "SELECT a FROM other.small ORDER BY a");
    assert_eq!(left, Ok(vec![vec!["c".to_string()]]));
    for sql in [
        "DROP TABLE people CASCADE",
        "INSERT INTO other.small VALUES ('e', 5)",
    ] {
        run(&mut database, session, sql).expect("it is another table, or none");
    }
    let undo = format!("UNDO COMMIT {}", commits(&database) - 1);
    run(&mut database, session, &undo).expect("it is of another table");
}

/// It does not say of which tables its blocks are: what can be lost without them is what follows from the blocks.
#[test]
fn a_checkpoint_of_an_earlier_build_is_whole_or_an_error() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/0.1/checkpoint");
    let numbered = (0..).map(|number| std::path::Path::new(folder).join(format!("{number:05}")));
    let read = numbered.map_while(|path| std::fs::read(path).ok());
    let files = Memory {
        files: read.collect(),
    };
    let (mut database, _) = open(Box::new(files.clone()), Mode::Read, u64::MAX).expect("sound");
    let told = |database: &mut Database| {
        let (mut told, last) = (Vec::new(), commits(database) - 1);
        for seq in [last / 3, last / 2, last] {
            everything::at(database, seq, &mut told).expect("all of its past");
        }
        told
    };
    let held = told(&mut database);
    let file = checkpoint_of(&files);
    let mut kinds = Vec::new();
    for (kind, part) in pieces_of(&files.files[file]) {
        let kind = kind.expect("each part is one piece");
        let mut image = files.clone();
        image.files[file][part.end - 1] ^= 1;
        let opened = open(Box::new(image), Mode::Salvage, u64::MAX);
        assert_eq!(opened.is_ok(), matches!(kind, GONE | LIVE), "kind {kind}");
        if let Ok((mut database, _)) = opened {
            assert_eq!(database.lost_tables(), Vec::<String>::new());
            assert!(told(&mut database) == held, "kind {kind}");
            kinds.push(kind);
        }
    }
    kinds.dedup();
    assert_eq!(kinds, [GONE, LIVE]);
}
