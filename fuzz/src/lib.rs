//! Bytes of storage and texts of users, as no storage and no user would give them.
//!
//! Each function here takes any bytes and returns: an answer and an error are the same to it, a panic, a crash, a hang and memory without
//! bounds are not. The fuzzer calls them (`cargo fuzz run sql -s none`) with inputs that it grows by what they made the engine do; `tests/fuzz.rs` calls
//! them with those of its inputs that were worth keeping (`seeds/`).
//!
//! [`frames`] and [`image`] leave the checksums as they are, so that nearly everything ends there. [`segment`] and [`block`] make them right,
//! so that what stands behind them is reached: a reader must not rely on that nobody computes a checksum.

#[path = "../../tests/support/mod.rs"]
pub mod support;

use driftdb::checksum::crc32;
use driftdb::db::{Database, Options, Progress, Request, SessionId};
use driftdb::error::Code;
use driftdb::log::Mode;
use driftdb::storage::Memory;
use std::rc::Rc;
use std::sync::OnceLock;
use support::Faulty;
use support::commits::Seeded;
use support::database::{self, Ticks};

/// A header of a segment, or the pages before a checkpoint's pieces.
const SEGMENT_HEADER_BYTES: usize = 4096;
const CHECKPOINT_HEADER_BYTES: usize = 8192;
/// Where a header has its salt.
const SALT: std::ops::Range<usize> = 48..64;

/// Steps that a statement may take, and rows that an answer may have before it is stopped.
const STEPS_MAX: usize = 3_000;
const STEP_ROWS: u32 = 1_000;

const HISTORY: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'fine');
    CREATE TABLE t (id int PRIMARY KEY, v int, s text UNIQUE, n numeric, f double precision, b boolean, m mood, a text[], j jsonb,
        d date, u uuid, x bytea, i interval, r real, CHECK (v < 100));
    CREATE INDEX of_v ON t (v) WHERE v > 3; CREATE INDEX of_s ON t (lower(s));
    INSERT INTO t SELECT i, i % 7, 'row ' || i, i / 3.0, i * 1.5, i % 2 = 0, 'fine', ARRAY['x', NULL], '{\"a\": [1]}', '2026-01-01',
        'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\\x00ff', '1 mon', 0.1 FROM generate_series(1, 60) AS g(i);
    UPDATE t SET v = v + 1, s = s || '!' WHERE id % 3 = 0;
    DELETE FROM t WHERE id % 10 = 0;
    CREATE TABLE c (id serial PRIMARY KEY, t int REFERENCES t ON DELETE CASCADE); INSERT INTO c (t) VALUES (1), (2), (NULL);
    CREATE VIEW w AS SELECT id, s FROM t WHERE v > 2; CREATE MATERIALIZED VIEW n AS SELECT count(*) FROM t;
    ALTER TABLE t ADD COLUMN late bigint DEFAULT 5; ALTER TABLE t DROP COLUMN f; CREATE TAG here; CREATE SCHEMA other;
    UPDATE t SET late = id WHERE id < 20; DROP TABLE c";

const QUESTIONS: &str = "
    SELECT * FROM t; SELECT * FROM t WHERE id = 7; SELECT * FROM t FOR SYSTEM_TIME ALL WHERE id = 3; SELECT * FROM w AS OF @seq:8;
    SELECT s FROM t WHERE lower(s) > 'row 3' AS OF @seq:3; SELECT * FROM c AS OF @seq:6; SELECT * FROM diff('t', 2, 4);
    SELECT * FROM commits(); INSERT INTO t (id, s) VALUES (1000, 'new'); DELETE FROM t WHERE id = 5; RESTORE TABLE t TO @seq:4";

/// What comes behind the header of the first segment.
pub fn frames(bytes: &[u8]) {
    let mut files = examples().0.clone();
    files.truncate(2);
    files[1].truncate(SEGMENT_HEADER_BYTES);
    files[1].extend_from_slice(bytes);
    use_database(files);
}

/// The same with checksums that are right.
pub fn segment(bytes: &[u8]) {
    let mut files = examples().0.clone();
    patch(&mut files[1..], SEGMENT_HEADER_BYTES, bytes);
    for file in &mut files[1..] {
        mend(file, SEGMENT_HEADER_BYTES);
    }
    use_database(files);
}

/// Any bytes at any place of a database that has a checkpoint.
pub fn image(bytes: &[u8]) {
    let mut files = examples().1.clone();
    patch(&mut files, 0, bytes);
    use_database(files);
}

/// The same within the pieces of the checkpoint, with checksums that are right.
pub fn block(bytes: &[u8]) {
    let mut files = examples().1.clone();
    for file in files
        .iter_mut()
        .filter(|file| file.starts_with(b"driftchk"))
    {
        patch(std::slice::from_mut(file), CHECKPOINT_HEADER_BYTES, bytes);
        mend(file, CHECKPOINT_HEADER_BYTES);
    }
    use_database(files);
}

/// A text as a script, on a database with something in it.
pub fn sql(bytes: &[u8]) {
    let options = Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)));
    let (mut database, session) = database::open(options);
    run(&mut database, session, HISTORY);
    run(&mut database, session, &String::from_utf8_lossy(bytes));
}

type Files = Vec<Vec<u8>>;

/// The files of a database that has a log alone, and of one that has a checkpoint and a log behind it.
fn examples() -> &'static (Files, Files) {
    static EXAMPLES: OnceLock<(Files, Files)> = OnceLock::new();
    EXAMPLES.get_or_init(|| (example(false), example(true)))
}

fn example(has_checkpoint: bool) -> Files {
    let files = Faulty::new(Memory::new());
    let options = Options {
        storage: Some(Box::new(files.clone())),
        checkpoint_after: u64::MAX,
        ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
    };
    let (mut database, session) = database::open(options);
    let done = database.run(session, Request::script(HISTORY));
    done.map_err(|(_, failure)| failure.error)
        .expect("the history is sound");
    if has_checkpoint {
        database.want_checkpoint();
        while database.maintain(5).expect("the storage is sound") {}
        run(
            &mut database,
            session,
            "UPDATE t SET v = 0 WHERE id = 1; INSERT INTO t (id) VALUES (77)",
        );
    }
    files.crashed([]).files
}

/// Puts bytes over others, as they say: *u8 file · u16 offset · u8 count · bytes*, again and again.
fn patch(files: &mut [Vec<u8>], from: usize, mut bytes: &[u8]) {
    while let [file, low, high, count, rest @ ..] = bytes {
        let file = *file as usize % files.len();
        let count = (*count as usize).min(rest.len());
        let (new, behind) = rest.split_at(count);
        let offset = from + usize::from(u16::from_le_bytes([*low, *high]));
        if let Some(old) = files[file].get_mut(offset..offset + count) {
            old.copy_from_slice(new);
        }
        bytes = behind;
    }
}

/// Gives frames, or pieces, the checksums that they should have, as far as their lengths lead.
fn mend(file: &mut [u8], header: usize) {
    let Some(salt) = file.get(SALT).map(<[u8]>::to_vec) else {
        return;
    };
    let mut at = header;
    while let Some(head) = file.get(at..at + 8) {
        let length: [u8; 4] = head[..4].try_into().expect("four of eight bytes");
        let Some(body) = file.get(at + 8..at + 8 + u32::from_le_bytes(length) as usize) else {
            return;
        };
        if body.is_empty() {
            return;
        }
        let next = at + 8 + body.len();
        let parts = [&salt[..], &(at as u64).to_le_bytes(), &length, body];
        let sum = parts.into_iter().fold(0, crc32);
        let masked = sum.rotate_right(15).wrapping_add(0xa282_ead8);
        file[at + 4..at + 8].copy_from_slice(&masked.to_le_bytes());
        at = next;
    }
}

/// Opens a database as it is and as one that is damaged, asks it, checks it, writes to it.
fn use_database(files: Files) {
    'modes: for mode in [Mode::Write, Mode::Salvage] {
        let options = Options {
            storage: Some(Box::new(Memory {
                files: files.clone(),
            })),
            mode,
            checkpoint_after: u64::MAX,
            ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(2)))
        };
        let mut opening = Database::open(options);
        let mut database = loop {
            match opening.step(1_000) {
                Ok(Some(database)) => break database,
                Ok(None) => {}
                Err(error) => {
                    assert_ne!(error.code(), Code::Internal, "{error}");
                    continue 'modes;
                }
            }
        };
        let session = database.session();
        run(&mut database, session, QUESTIONS);
        if database.begin_check().is_ok() {
            while database
                .check(1 << 20)
                .is_ok_and(|checked| !checked.is_over)
            {}
        }
        database.want_checkpoint();
        while database.maintain(5).unwrap_or(false) {}
    }
}

/// Runs each statement of a script as far as it goes in some steps.
fn run(database: &mut Database, session: SessionId, script: &str) {
    let Ok(task) = database.start(session, Request::script(script)) else {
        return;
    };
    for step in 0.. {
        if step == STEPS_MAX {
            database.cancel(task, Code::Cancelled);
        }
        match database.step(task, STEP_ROWS) {
            Progress::Finished => return,
            Progress::Failed(failure) => {
                assert_ne!(failure.error.code(), Code::Internal, "{}", failure.error);
                return;
            }
            _ => {}
        }
    }
}
