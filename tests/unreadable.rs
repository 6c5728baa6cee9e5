//! Parts of a checkpoint that were dropped and cannot be read again: whoever asks for what they hold is told so, and no answer
//! is made of what looks empty for want of them.

mod support;

use driftdb::db::{Database, Options, Parameter, Request, SessionId, report};
use driftdb::storage::Memory;
use driftdb::types::{Seq, Value};
use std::rc::Rc;
use support::Faulty;
use support::commits::Seeded;
use support::database::{self, Ticks};

fn open(storage: &Faulty, memory: u64) -> (Database, SessionId) {
    database::open(Options {
        storage: Some(Box::new(storage.clone())),
        memory,
        checkpoint_after: 1 << 30,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    })
}

/// The files of a database all of which is in a checkpoint, and which of them that is.
fn checkpointed(scripts: impl IntoIterator<Item = String>) -> (Memory, usize) {
    let storage = Faulty::new(Memory::new());
    let (mut database, session) = open(&storage, u64::MAX);
    for script in scripts {
        let done = database.run(session, Request::script(&script));
        done.unwrap_or_else(|(_, failure)| panic!("{script}: {}", failure.error));
    }
    database.want_checkpoint();
    while database.maintain(20).expect("its storage is sound") {}
    let image = storage.seen();
    let is_checkpoint = |bytes: &Vec<u8>| bytes.starts_with(b"driftchk");
    let file = image.files.iter().position(is_checkpoint);
    (image, file.expect("a checkpoint was written"))
}

/// What a database that holds nothing but what it must answers to a question, for each place of its checkpoint that is damaged
/// behind its back.
fn asked_of_damaged<T>(
    (image, file): &(Memory, usize),
    step: usize,
    ask: impl Fn(&mut Database) -> T,
) -> Vec<T> {
    let places = (4096..image.files[*file].len()).step_by(step);
    let asked = places.map(|place| {
        let storage = Faulty::new(image.clone());
        let (mut database, _) = open(&storage, 1);
        storage.damage(*file, place, 4);
        ask(&mut database)
    });
    asked.collect()
}

#[test]
fn times_and_texts_of_commits_that_cannot_be_read_are_an_error() {
    // Long texts, so that the commits are several parts.
    let long = vec!["id = 1000"; 400].join(" OR ");
    let begin = "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, 0 FROM generate_series(1, 50) i";
    let updates = (0..240).map(|i| {
        let id = 1 + i % 3;
        format!("UPDATE t SET v = v + 1 WHERE id = {id} OR {long}")
    });
    let image = checkpointed([begin.to_owned()].into_iter().chain(updates));
    let history = |database: &mut Database| {
        let key = [Parameter::Value(Value::I64(1))];
        let history = database.history("t", &key, None, None)?;
        let told = (history.entries.iter()).map(|entry| (entry.seq, entry.time, entry.until));
        Ok::<_, driftdb::error::Error>(told.collect::<Vec<_>>())
    };
    let commits = |database: &mut Database| {
        let told = report::commits(database, 0, 300, 1000)?;
        Ok::<_, driftdb::error::Error>(told.values())
    };
    let (mut sound, _) = open(&Faulty::new(image.0.clone()), u64::MAX);
    let meant = (
        history(&mut sound).expect("sound"),
        commits(&mut sound).expect("sound"),
    );
    let histories = asked_of_damaged(&image, 211, history);
    let lists = asked_of_damaged(&image, 211, commits);
    assert!(histories.iter().flatten().all(|told| *told == meant.0));
    assert!(lists.iter().flatten().all(|told| *told == meant.1));
    assert!(histories.iter().any(Result::is_err) && lists.iter().any(Result::is_err));
}

#[test]
fn a_live_query_is_asked_again_where_it_cannot_be_told_what_changed() {
    let image = checkpointed([
        "CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t SELECT i, i FROM generate_series(0, 2999) i".to_owned(),
        "INSERT INTO t VALUES (5000, 5)".to_owned(),
    ]);
    let sql = "SELECT v FROM t WHERE id = 5000";
    let touched = asked_of_damaged(&image, 37, |database| {
        database.touched(sql, &[], Some(Seq(1)), None).0
    });
    assert!(touched.len() > 100 && touched.iter().all(|touched| *touched));
}
