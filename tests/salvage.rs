//! What is left of damaged databases becomes new ones: a prefix of the commits, each as it was, with all of its past.

#[path = "support/mod.rs"]
mod support;

#[path = "support/everything.rs"]
mod everything;

use driftdb::db::{Compacted, Database, Options, Request, Salvage, SessionId};
use driftdb::error::{Code, Error, Result};
use driftdb::log::Mode;
use driftdb::storage::{Memory, Storage};
use everything::{Told, commits, run};
use std::rc::Rc;
use support::commits::Seeded;
use support::database::{Ticks, try_open};
use support::random::Random;
use support::{Fault, Faulty};

const BEFORE: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'fine');
    CREATE TABLE t (id int PRIMARY KEY, v int, s text UNIQUE, m mood, a int[]);
    CREATE INDEX of_v ON t (v) WHERE v > 3;
    INSERT INTO t SELECT i, i % 7, 'row ' || i, 'fine', ARRAY[i, NULL] FROM generate_series(1, 120) AS g(i);
    UPDATE t SET v = v + 1 WHERE id % 3 = 0;
    CREATE TABLE gone (a text PRIMARY KEY); INSERT INTO gone VALUES ('a'), ('b'); DROP TABLE gone;
    CREATE VIEW w AS SELECT id FROM t WHERE v > 2; CREATE TAG here";
const AFTER: &str = "
    ALTER TABLE t ADD COLUMN late bigint DEFAULT 5; ALTER TABLE t DROP COLUMN a;
    UPDATE t SET late = id, s = s || '!' WHERE id < 50;
    DELETE FROM t WHERE id % 10 = 0;
    CREATE TABLE c (id serial PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE); INSERT INTO c (t) VALUES (1), (2), (NULL);
    RESTORE TABLE t TO @seq:4 WHERE id = 20; UNDO COMMIT 13 SKIP;
    INSERT INTO t (id, s) VALUES (1000, 'last')";

fn open(storage: Box<dyn Storage>, mode: Mode) -> Result<(Database, SessionId)> {
    try_open(Options {
        storage: Some(storage),
        mode,
        checkpoint_after: u64::MAX,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    })
}

/// The files of a database and what it held after each commit; a checkpoint has the first part if it `has_checkpoint`.
fn example(has_checkpoint: bool) -> (Memory, Vec<Vec<Told>>) {
    let mut files = Memory::new();
    for part in [BEFORE, AFTER] {
        let storage = Faulty::new(files);
        let (mut database, session) = open(Box::new(storage.clone()), Mode::Write).expect("sound");
        let done = database.run(session, Request::script(part));
        done.map_err(|(_, failure)| failure)
            .expect("the script is sound");
        if has_checkpoint && part == BEFORE {
            database.want_checkpoint();
        }
        while database.maintain(5).expect("sound") {}
        if part == AFTER {
            database.close().expect("sound");
        }
        files = storage.seen();
    }
    let (mut database, _) = open(Box::new(files.clone()), Mode::Read).expect("sound");
    let held = (0..commits(&database)).map(|seq| at(&mut database, seq));
    let held = held.collect();
    (files, held)
}

/// What there was after a commit, but for when it ended, which may be among what is lost.
fn at(database: &mut Database, seq: u64) -> Vec<Told> {
    let mut told = Vec::new();
    everything::at(database, seq, &mut told).expect("all of its past");
    let rows = told.iter_mut().flat_map(|told| &mut told.rows);
    for row in rows.filter(|row| row.contains('|')) {
        let (kept, _) = row.rsplit_once('|').expect("it has one");
        *row = kept.to_string();
    }
    told
}

/// All that the two hold is the same, ends and ranges among it.
fn assert_same(one: &mut Database, other: &mut Database, what: &str) {
    let [one, other] = [one, other].map(everything::everything);
    assert!(one.is_ok() && one == other, "{what}: not the same");
}

/// Salvages to a storage, step by step.
fn salvage(database: &Database, to: &Faulty) -> Result<Compacted> {
    let mut salvage = Salvage::new(database, Box::new(to.clone()))?;
    let mut last = (0, 0);
    for _ in 0..10_000 {
        let told = salvage.step(database, 1)?;
        if told.is_over {
            return Ok(told);
        }
        assert!(
            told.done <= told.total && told.done >= last.0,
            "{told:?} after {last:?}"
        );
        last = (told.done, told.total);
    }
    panic!("it does not end");
}

/// What is on the new storage is a database that holds what the old one held after so many commits, and goes on.
fn assert_salvaged(to: &Faulty, held: &[Vec<Told>], what: &str) {
    let (mut database, session) =
        open(Box::new(to.clone()), Mode::Write).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(commits(&database), held.len() as u64, "{what}");
    for (seq, then) in held.iter().enumerate() {
        let now = at(&mut database, seq as u64);
        let differs = now.iter().zip(then).find(|(now, then)| now != then);
        assert!(
            differs.is_none() && now.len() == then.len(),
            "{what}, at {seq}: {differs:?}"
        );
    }
    database.begin_check().expect("it is open");
    let checked = loop {
        let checked = database.check(1 << 20).expect("it is open");
        if checked.is_over {
            break checked;
        }
    };
    assert!(
        checked.problems.is_empty(),
        "{what}: {:?}",
        checked.problems
    );
    run(&mut database, session, "CREATE TABLE since_then (a int)").expect("it is written to");
    database.close().expect("sound");
    let (mut again, _) = open(Box::new(to.clone()), Mode::Write).expect("sound");
    assert_eq!(commits(&again), held.len() as u64 + 1, "{what}");
    if let Some(last) = held.len().checked_sub(1) {
        assert_eq!(at(&mut again, last as u64), held[last], "{what}");
    }
}

/// Changes files as media do: a bit, a stretch of zeros, an end that is gone, a file that is gone.
fn damage(files: &mut Memory, random: &mut Random) -> String {
    let file = 1 + random.below(files.files.len() - 1);
    let bytes = &mut files.files[file];
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    if used == 0 {
        return "nothing".to_string();
    }
    let at = random.below(used);
    match random.below(8) {
        0..5 => bytes[at] ^= 1 << random.below(8),
        5 => bytes.truncate(at),
        6 => {
            let end = (at + 1 + random.below(600)).min(used);
            bytes[at..end].fill(0);
        }
        _ => bytes.clear(),
    }
    format!("file {file} at {at} of {used}")
}

fn is_damage(error: &Error) -> bool {
    matches!(error.code(), Code::Corrupt | Code::DataLoss)
}

#[test]
fn what_precedes_damage_becomes_a_database_with_all_of_its_past() {
    for has_checkpoint in [false, true] {
        let (files, held) = example(has_checkpoint);
        let (mut partly, mut hopeless) = (0, 0);
        for seed in 0..60 {
            let mut random = Random(seed);
            let mut image = files.clone();
            let what = damage(&mut image, &mut random);
            let what = format!("checkpoint {has_checkpoint}, seed {seed}, {what}");
            let Err(error) = open(Box::new(image.clone()), Mode::Write) else {
                continue;
            };
            assert!(is_damage(&error), "{what}: {error}");
            let from = Faulty::new(image.clone());
            let (mut database, _) = match open(Box::new(from.clone()), Mode::Salvage) {
                Ok(opened) => opened,
                // What the checkpoint says of tables and commits is damaged.
                Err(error) => {
                    assert!(is_damage(&error) && has_checkpoint, "{what}: {error}");
                    hopeless += 1;
                    continue;
                }
            };
            let whole = commits(&database);
            let report = database.report().expect("it has a storage").clone();
            let damage = report.damage.as_ref().or(report.checkpoint_damage.as_ref());
            assert!(
                damage.is_some() && report.known >= whole,
                "{what}: {report:?}"
            );
            // See `salvage_checkpoint`.
            if !database.lost_tables().is_empty() {
                assert!(report.checkpoint_damage.is_some(), "{what}: {report:?}");
                continue;
            }
            if let Some(place) = report.damaged_at {
                assert_eq!(place.seq, whole, "{what}: {report:?}");
            }
            let to = Faulty::new(Memory::new());
            let told = salvage(&database, &to).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(told.commits, whole, "{what}");
            assert_eq!(from.seen(), image, "{what}: the old one was written to");
            let (mut copy, _) = open(Box::new(to.clone()), Mode::Read).expect("it is sound");
            assert_same(&mut copy, &mut database, &what);
            drop(copy);
            assert_salvaged(&to, &held[..whole as usize], &what);
            partly += usize::from(whole > 0 && (whole as usize) < held.len());
            // The one that is open goes on being read.
            let session = database.session();
            run(&mut database, session, "SELECT 1").expect("it is open");
        }
        println!("{partly} in part, {hopeless} not at all");
        assert!(partly > 3, "{partly} in part, {hopeless} not at all");
    }
}

#[test]
fn a_sound_database_is_salvaged_whole_and_an_empty_one_is_empty() {
    for has_checkpoint in [false, true] {
        let (files, held) = example(has_checkpoint);
        let (database, _) = open(Box::new(files), Mode::Salvage).expect("sound");
        let to = Faulty::new(Memory::new());
        salvage(&database, &to).expect("there is room");
        assert_salvaged(&to, &held, "sound");
        // Not over another database.
        let refused = salvage(&database, &to).expect_err("it is in use");
        assert_eq!(refused.code(), Code::Io);
    }
    let storage = Faulty::new(Memory::new());
    drop(open(Box::new(storage.clone()), Mode::Write).expect("new"));
    let (database, _) = open(Box::new(storage), Mode::Salvage).expect("sound");
    let to = Faulty::new(Memory::new());
    assert_eq!(salvage(&database, &to).expect("there is room").commits, 0);
    assert_salvaged(&to, &[], "empty");
}

/// Wherever it ends, what is there is all of it, nothing, or an error: never a part.
#[test]
fn a_salvage_that_is_broken_off_leaves_no_half() {
    let (files, held) = example(false);
    let (database, _) = open(Box::new(files), Mode::Salvage).expect("sound");
    let (mut stops, mut wholes) = (0, 0);
    for call in 0.. {
        let to = Faulty::new(Memory::new());
        to.fail(call, Fault::Error(Code::Quota), true);
        let done = salvage(&database, &to);
        if to.struck() {
            assert!(done.is_err_and(|error| error.code() != Code::Internal));
        }
        let unflushed = to.unflushed().len();
        for image in [
            to.crashed([]),
            to.crashed(unflushed / 2..unflushed),
            to.seen(),
        ] {
            if let Ok((mut opened, _)) = open(Box::new(image), Mode::Write) {
                let whole = commits(&opened);
                assert!(
                    whole == 0 || whole == held.len() as u64,
                    "{whole} commits, call {call}"
                );
                wholes += usize::from(whole > 0);
                if let Some(last) = whole.checked_sub(1) {
                    assert_eq!(at(&mut opened, last), held[last as usize]);
                }
            }
        }
        stops += 1;
        if !to.struck() {
            break;
        }
    }
    assert!(stops > 10 && wholes > 2, "{stops} stops, {wholes} whole");
}
