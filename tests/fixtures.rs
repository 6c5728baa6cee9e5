//! Databases that were written by earlier versions, kept under `tests/fixtures`, opened by this one: every table at every moment is what
//! it was when they were written; they are sound, and can be written to.
//!
//! `tests/fixtures/README.md` says how they came to be, and when to make another.

#[path = "support/mod.rs"]
mod support;

#[path = "support/everything.rs"]
mod everything;

use driftdb::db::{Database, Options, Request, SessionId};
use driftdb::log::Mode;
use driftdb::storage::{Directory, Memory, Storage};
use everything::{Told, commits, everything, run};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use support::Faulty;
use support::commits::Seeded;
use support::database::{self, Ticks};

/// Tables of more rows are told by how many there are, and the hash of them.
const ROWS_TOLD: usize = 40;

/// What stands in the history where the database is closed, and opened again.
const OPENED_ANEW: &str = "-- opened anew";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// Each directory with a database in it.
fn fixtures() -> Vec<PathBuf> {
    let inside = |path: &Path| {
        let entries = fs::read_dir(path).expect("it can be listed");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("listed").path()).collect();
        paths.sort();
        paths
    };
    let versions = inside(&folder()).into_iter().filter(|path| path.is_dir());
    versions.flat_map(|version| inside(&version)).collect()
}

fn open(storage: Box<dyn Storage>, mode: Mode) -> (Database, SessionId) {
    database::open(Options {
        storage: Some(storage),
        mode,
        checkpoint_after: u64::MAX,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    })
}

/// As text: what is the same as after the commit before is left out.
fn tell(told: &[Told]) -> String {
    let mut text = String::new();
    let mut last = std::collections::HashMap::new();
    for Told { seq, what, rows } in told {
        if last.insert(what, rows) == Some(rows) {
            continue;
        }
        writeln!(text, "@{seq} {what}").expect("a string takes everything");
        if rows.len() > ROWS_TOLD {
            let crc = crc32fast::hash(rows.join("\n").as_bytes());
            writeln!(text, "{} rows, {crc:08x}", rows.len()).expect("a string takes everything");
            continue;
        }
        for row in rows {
            // Of a long text, its beginning and its length.
            let head: String = row.chars().take(600).collect();
            let rest = row.len() - head.len();
            let rest = if rest > 0 {
                format!("… {rest}")
            } else {
                String::new()
            };
            writeln!(text, "{head}{rest}").expect("a string takes everything");
        }
    }
    text
}

fn files_of(path: &Path) -> Memory {
    let mut files = Memory::new();
    while let Ok(bytes) = fs::read(path.join(format!("{:05}", files.files.len()))) {
        files.files.push(bytes);
    }
    files
}

fn assert_sound(database: &mut Database, what: &str) {
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
}

fn everything_of(database: &mut Database, what: &str) -> Vec<Told> {
    everything(database).unwrap_or_else(|error| panic!("{what}: {error}"))
}

#[test]
fn what_earlier_versions_wrote_is_read_checked_and_written_to() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 2, "{fixtures:?}");
    for path in fixtures {
        let what = path.display().to_string();
        let answers = fs::read_to_string(path.join("answers")).expect("what it answered");
        let files = files_of(&path);
        assert!(files.files.len() > 1, "{what}");

        // To be read only: it answers the same, and nothing of it changes.
        let storage = Faulty::new(files.clone());
        let (mut database, _) = open(Box::new(storage.clone()), Mode::Read);
        let told = everything_of(&mut database, &what);
        assert!(
            tell(&told) == answers,
            "{what}: other answers\n{}",
            first_difference(&tell(&told), &answers)
        );
        assert_sound(&mut database, &what);
        assert_eq!(storage.seen(), files, "{what}");
        drop(database);

        // In a directory, to be written to, compacted, and opened again.
        let copy = tempfile::tempdir().expect("a directory");
        for (number, bytes) in files.files.iter().enumerate() {
            fs::write(copy.path().join(format!("{number:05}")), bytes).expect("copied");
        }
        let reopen = || {
            open(
                Box::new(Directory::open(copy.path()).expect("it is there")),
                Mode::Write,
            )
        };
        let (mut database, session) = reopen();
        let before = commits(&database);
        run(
            &mut database,
            session,
            "CREATE TABLE since_then AS SELECT 1 AS a",
        )
        .expect("it is written to");
        database.begin_compaction().expect("it can be written");
        while !database.compact(50).expect("there is room").is_over {}
        database.close().expect("sound");
        drop(database);
        let (mut database, _) = reopen();
        assert_eq!(commits(&database), before + 1, "{what}");
        let mut again = Vec::new();
        for seq in 0..before {
            everything::at(&mut database, seq, &mut again).expect("all of its past");
        }
        assert_eq!(again, told[..again.len()], "{what}");
        assert_sound(&mut database, &what);
    }
}

fn first_difference(now: &str, then: &str) -> String {
    let differs = now
        .lines()
        .zip(then.lines())
        .find(|(now, then)| now != then);
    format!("{differs:?}")
}

/// Makes the fixtures of this version, where WRITE_FIXTURES names it.
#[test]
fn fixtures_of_this_version_are_written_where_that_is_asked_for() {
    let Ok(version) = std::env::var("WRITE_FIXTURES") else {
        return;
    };
    let folder = folder().join(version);
    assert!(!folder.exists(), "what was written once stays as it is");
    for has_checkpoint in [false, true] {
        let files = write(has_checkpoint);
        let name = if has_checkpoint { "checkpoint" } else { "log" };
        let path = folder.join(name);
        fs::create_dir_all(&path).expect("a directory");
        for (number, bytes) in files.files.iter().enumerate() {
            fs::write(path.join(format!("{number:05}")), bytes).expect("written");
        }
        let (mut database, _) = open(Box::new(files), Mode::Read);
        let told = everything_of(&mut database, name);
        fs::write(path.join("answers"), tell(&told)).expect("written");
    }
}

/// A log alone, in segments that end torn, as crashes leave them; or a checkpoint with the log behind it, closed in order.
fn write(has_checkpoint: bool) -> Memory {
    let history = fs::read_to_string(folder().join("history.sql")).expect("the history");
    let mut files = Memory::new();
    for part in history.split(OPENED_ANEW) {
        let storage = Faulty::new(files);
        let (mut database, session) = open(Box::new(storage.clone()), Mode::Write);
        let mut request = Request::script(part);
        request.meta = Some(r#"{"by": "the test"}"#.to_string());
        let done = database.run(session, request);
        done.map_err(|(_, failure)| failure)
            .expect("the history is sound");
        if has_checkpoint {
            // Behind the first part; the second is in the log.
            if part.contains("CREATE TYPE") {
                database.want_checkpoint();
            }
            while database.maintain(5).expect("sound") {}
            database.close().expect("sound");
            files = storage.crashed([]);
        } else {
            files = torn(&storage, &mut database, session);
        }
    }
    files.files.iter_mut().for_each(shorten);
    files
}

/// What is left when the machine ends in the middle of one more commit.
fn torn(storage: &Faulty, database: &mut Database, session: SessionId) -> Memory {
    let task = database.start(session, Request::script("DELETE FROM kinds"));
    let task = task.expect("it is open");
    while !matches!(database.step(task, 1000), driftdb::db::Progress::Finished) {}
    database.write().expect("the storage is sound");
    let writes = storage.unflushed();
    let last = writes.last().expect("it was written");
    storage.torn(writes.len() - 1, last.bytes.len() * 2 / 3)
}

/// Without most of the zeros that were written ahead, which a file need not have.
fn shorten(file: &mut Vec<u8>) {
    let used = file
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    file.truncate((used + 64).next_multiple_of(1024).min(file.len()));
}
