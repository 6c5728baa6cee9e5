//! Compaction: a checkpoint now. It makes the storage smaller and takes nothing from the history; it can be left at any step;
//! and where there is no room for it, it says so and leaves everything as it was. Beside it what `stats` tells of all that.

mod support;

use driftdb::db::{Compacted, Database, Options, Progress, Request, SessionId};
use driftdb::error::{Code, Error};
use driftdb::log::Mode;
use driftdb::storage::{Memory, Storage};
use std::rc::Rc;
use support::commits::Seeded;
use support::database::{self, Ticks};
use support::{Fault, Faulty};

fn options(storage: Box<dyn Storage>) -> Options {
    Options {
        storage: Some(storage),
        checkpoint_after: u64::MAX,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    }
}

fn open(storage: Box<dyn Storage>) -> (Database, SessionId) {
    database::open(options(storage))
}

fn run((database, session): &mut (Database, SessionId), sql: &str) -> String {
    let done = database.run(*session, Request::script(sql));
    let results = done.map_err(|(_, failure)| failure.error).expect("it runs");
    let rows = results.last().map(|last| last.values());
    format!("{rows:?}")
}

/// The same without a flush.
fn read((database, session): &mut (Database, SessionId), sql: &str) -> String {
    let task = database
        .start(*session, Request::script(sql))
        .expect("it is open");
    let mut rows = None;
    loop {
        match database.step(task, 1000) {
            Progress::Statement(result) => rows = Some(result.values()),
            Progress::Failed(failure) => panic!("{failure:?}"),
            Progress::Finished => return format!("{rows:?}"),
            _ => {}
        }
    }
}

const COMMITS: u64 = 70;

/// Files that hold so many commits, and the database that is open on them.
fn example() -> (Faulty, (Database, SessionId)) {
    let files = Faulty::new(Memory::new());
    let mut connection = open(Box::new(files.clone()));
    run(
        &mut connection,
        "CREATE TABLE t (id int PRIMARY KEY, v int)",
    );
    run(
        &mut connection,
        "INSERT INTO t SELECT i, 0 FROM generate_series(1, 1000) AS g(i)",
    );
    for _ in 0..COMMITS - 2 {
        run(&mut connection, "UPDATE t SET v = v + 1 WHERE id % 10 = 3");
    }
    (files, connection)
}

/// Takes a compaction to its end; all that it told on the way.
fn compact(database: &mut Database) -> Result<Vec<Compacted>, Error> {
    database.begin_compaction()?;
    let mut told = Vec::new();
    for _ in 0..10_000 {
        let step = database.compact(1)?;
        told.push(step);
        if step.is_over {
            return Ok(told);
        }
    }
    panic!("the compaction does not end");
}

const QUESTION: &str = "SELECT sum(v), count(*), min(system_seq_start) FROM t FOR SYSTEM_TIME ALL";

#[test]
fn it_makes_the_storage_smaller_and_takes_nothing_from_the_history() {
    let (files, mut connection) = example();
    let before = run(&mut connection, QUESTION);
    let told = compact(&mut connection.0).expect("there is room");
    let last = *told.last().expect("it has ended");
    assert_eq!(last.commits, COMMITS);
    assert!(last.after < last.before, "{last:?}");
    assert_eq!(last.done, last.total);
    assert!(told.len() > 3 && told.iter().all(|step| step.done <= step.total));
    let share = |step: &Compacted| step.done as f64 / step.total.max(1) as f64;
    assert!(told.is_sorted_by(|a, b| share(a) <= share(b)), "{told:?}");
    assert_eq!(run(&mut connection, QUESTION), before);

    let usage = connection.0.usage().expect("it has files");
    assert_eq!((usage.segments, usage.checkpointed), (1, COMMITS));
    assert_eq!(usage.bytes, last.after);

    // Nothing is left for a second one, and later commits do not bring it about.
    let again = compact(&mut connection.0).expect("there is nothing to do");
    assert_eq!(again.len(), 1);
    run(&mut connection, "UPDATE t SET v = 0 WHERE id = 1");
    while connection.0.maintain(5).expect("sound") {}
    assert_eq!(
        connection.0.usage().expect("it has files").checkpointed,
        COMMITS
    );

    let mut opened = open(Box::new(files.crashed([])));
    let sum = "SELECT sum(v) FROM t AS OF @seq:50";
    assert_eq!(run(&mut opened, sum), run(&mut connection, sum));
    assert_eq!(run(&mut opened, QUESTION), run(&mut connection, QUESTION));
}

#[test]
fn commits_go_on_meanwhile_and_a_check_comes_first() {
    let (_, mut connection) = example();
    connection.0.begin_compaction().expect("it can be written");
    connection.0.begin_check().expect("it is open");
    for _ in 0..20 {
        assert!(!connection.0.compact(1).expect("sound").is_over);
    }
    while !connection.0.check(1 << 16).expect("sound").is_over {}
    let mut commits = COMMITS;
    let mut steps = 0;
    loop {
        run(&mut connection, "UPDATE t SET v = v + 1 WHERE id = 5");
        connection.0.flush().expect("sound");
        commits += 1;
        steps += 1;
        let step = connection.0.compact(1).expect("sound");
        if step.is_over {
            assert!((COMMITS..=commits).contains(&step.commits));
            break;
        }
        assert!(steps < 1000, "it does not end");
    }
    let mut check = false;
    connection.0.begin_check().expect("it is open");
    while !check {
        let checked = connection.0.check(1 << 20).expect("it is open");
        assert_eq!(checked.problems, []);
        check = checked.is_over;
    }
}

#[test]
fn commits_that_its_steps_find_unflushed_are_known_to_be_durable_behind_them() {
    let (_, (mut database, session)) = example();
    database.begin_compaction().expect("it can be written");
    for row in 1..6 {
        let sql = format!("UPDATE t SET v = -1 WHERE id = {row}");
        let task = database
            .start(session, Request::script(sql))
            .expect("it is open");
        while !matches!(database.step(task, 1000), Progress::Finished) {}
        database.compact(1).expect("there is room");
        // As the host does, of which the second has nothing left to write.
        database.flush().expect("sound");
        database.flush().expect("sound");
        assert_eq!(database.durable_seq(), Ok(database.applied_seq()));
    }
}

#[test]
fn nothing_is_said_of_what_is_not_under_way() {
    let (_, mut connection) = example();
    let code = |refused: Error| refused.code();
    assert_eq!(connection.0.compact(1).map_err(code), Err(Code::Cancelled));
    assert_eq!(connection.0.check(1).map_err(code), Err(Code::Cancelled));
    connection.0.begin_check().expect("it is open");
    connection.0.end_check();
    assert_eq!(connection.0.check(1).map_err(code), Err(Code::Cancelled));
}

#[test]
fn left_at_any_step_it_leaves_a_sound_database() {
    let (_, mut whole) = example();
    let steps = compact(&mut whole.0).expect("there is room").len();
    for step in 0..steps {
        let (files, mut connection) = example();
        let before = run(&mut connection, QUESTION);
        connection.0.begin_compaction().expect("it can be written");
        for _ in 0..step {
            connection.0.compact(1).expect("sound");
        }
        connection.0.end_compaction();
        while connection.0.maintain(5).expect("sound") {}
        let commits = connection.0.usage().expect("it has files").checkpointed;
        assert!(
            commits == 0 || commits == COMMITS && step > 2,
            "{commits} at {step}"
        );
        assert_eq!(run(&mut connection, QUESTION), before);
        // As another time.
        compact(&mut connection.0).expect("there is room");
        assert_eq!(
            run(&mut open(Box::new(files.crashed([]))), QUESTION),
            before
        );
    }
}

#[test]
fn without_room_it_says_so_and_leaves_all_as_it_was() {
    let (_, mut whole) = example();
    let steps = compact(&mut whole.0).expect("there is room").len() as u64;
    let mut refused = 0;
    for call in 0..steps * 4 {
        let (files, mut connection) = example();
        files.fail(call, Fault::Error(Code::Quota), false);
        match compact(&mut connection.0) {
            Ok(told) => assert!(told.last().is_some_and(|last| last.commits == COMMITS)),
            Err(error) => {
                assert_eq!(error.code(), Code::Quota);
                refused += 1;
            }
        }
        // Whatever failed, an opening anew has all of it.
        let mut again = open(Box::new(files.crashed([])));
        assert_eq!(
            run(&mut again, "SELECT count(*) FROM t FOR SYSTEM_TIME ALL"),
            run(&mut whole, "SELECT count(*) FROM t FOR SYSTEM_TIME ALL")
        );
    }
    assert!(refused > 0);
}

#[test]
fn what_can_only_be_read_is_refused_and_goes_on_being_read() {
    let (files, mut connection) = example();
    while connection.0.maintain(5).expect("sound") {}
    let mut read_only = options(Box::new(files.crashed([])));
    read_only.mode = Mode::Salvage;
    let mut reader = database::open(read_only);
    let refused = reader
        .0
        .begin_compaction()
        .expect_err("it can only be read");
    assert_eq!(refused.code(), Code::ReadOnly);
    assert!(!reader.0.maintain(5).expect("there is nothing to do"));
    assert_eq!(read(&mut reader, QUESTION), run(&mut connection, QUESTION));
    // In memory there is nothing to compact.
    let memory = Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)));
    let told = compact(&mut database::open(memory).0).expect("nothing fails");
    assert_eq!(
        told,
        [Compacted {
            is_over: true,
            ..Compacted::default()
        }]
    );
}

#[test]
fn stats_tell_rows_and_versions_table_by_table() {
    let (_, mut connection) = example();
    run(
        &mut connection,
        "CREATE TABLE u (a int); INSERT INTO u VALUES (1), (2); CREATE INDEX of_v ON t (v); DROP TABLE u",
    );
    let told = driftdb::db::report::stats(&connection.0).values();
    let told = format!("{told:?}");
    for part in [
        r#"\"commits\": 74"#,
        r#"\"versions\": 7802"#,
        r#"\"name\": \"t\", \"rows\": 1000, \"past\": 6800"#,
        r#"\"name\": \"of_v\", \"bytes\": "#,
        r#"\"segments\": 1, \"checkpoint\": 0, \"checkpointed\": 0"#,
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains(r#"\"name\": \"u\""#));
}
