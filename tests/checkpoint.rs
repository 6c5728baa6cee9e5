//! Checkpoints: that they stand for the log before them, that nothing else is emptied, and what their damage is.
//!
//! Crashes at every call on the way are tried in `crash`, whose workloads write checkpoints, too.

mod support;

use driftdb::column::Chunk;
use driftdb::commit::Commit;
use driftdb::db::{Database, Options, Request, SessionId};
use driftdb::error::{Code, Error, Result};
use driftdb::log::{Log, Mode, Report};
use driftdb::storage::Memory;
use driftdb::types::Value;
use std::rc::Rc;
use support::commits::*;
use support::database::{self, Ticks};
use support::{Fault, Faulty};

/// A history with a checkpoint after all but the last few commits.
fn image(count: u64, behind: u64) -> (Vec<Commit>, Memory) {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    let commits = history(count);
    let (before, after) = commits.split_at((count - behind) as usize);
    before
        .iter()
        .for_each(|one| commit(&mut log, one).expect("sound"));
    checkpoint(&mut log).expect("sound");
    after
        .iter()
        .for_each(|one| commit(&mut log, one).expect("sound"));
    while log.maintain(100).expect("sound") {}
    (commits, files.crashed([]))
}

fn reopen(image: &Memory) -> Result<(Vec<Commit>, Log, Report)> {
    open(Box::new(image.clone()), options(9))
}

/// Which files begin with a magic.
fn files_of(image: &Memory, magic: &[u8]) -> Vec<usize> {
    let begins = |number: &usize| image.files[*number].starts_with(magic);
    (0..image.files.len()).filter(begins).collect()
}

#[test]
fn a_checkpoint_stands_for_the_segments_before_it() {
    let (commits, image) = image(60, 3);
    let (read, log, report) = reopen(&image).expect("sound");
    assert_eq!((read, report.checkpointed), (commits, 57));
    assert_eq!(report.segments, 1);
    // Of the many segments that 57 commits fill one is left, and the chain goes on from the checkpoint.
    assert_eq!(files_of(&image, b"driftseg").len(), 1);
    assert_eq!(files_of(&image, b"driftchk").len(), 1);
    assert!(image.files.len() > 6);
    let (_, whole, _) = open(Box::new(plain(60)), options(5)).expect("sound");
    assert_eq!(log.next_seq(), whole.next_seq());
}

/// The same history without a checkpoint.
fn plain(count: u64) -> Memory {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    for one in history(count) {
        commit(&mut log, &one).expect("sound");
    }
    files.crashed([])
}

#[test]
fn the_next_checkpoint_takes_the_place_of_the_last() {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    let commits = history(80);
    let mut most = 0;
    for group in commits.chunks(8) {
        group
            .iter()
            .for_each(|one| commit(&mut log, one).expect("sound"));
        checkpoint(&mut log).expect("sound");
        let image = files.crashed([]);
        assert_eq!(files_of(&image, b"driftchk").len(), 1);
        assert_eq!(files_of(&image, b"driftseg").len(), 1);
        most = most.max(image.files.len());
    }
    assert!(most < 9, "files are used anew, and there are {most}");
    let (read, _, report) = reopen(&files.crashed([])).expect("sound");
    assert_eq!((read, report.checkpointed), (commits, 80));
}

fn is_damage(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::Corrupt | Code::DataLoss | Code::FormatTooNew
    )
}

#[test]
fn every_flipped_bit_is_found_or_harmless() {
    let (commits, image) = image(12, 3);
    let mut found = 0;
    for (file, bytes) in image.files.iter().enumerate() {
        for place in (0..bytes.len()).filter(|place| bytes[*place] != 0 || place % 61 == 0) {
            for bit in 0..8 {
                let mut damaged = image.clone();
                damaged.files[file][place] ^= 1 << bit;
                match reopen(&damaged) {
                    Ok((read, ..)) => assert!(
                        read == commits
                            || file != 0 && commits.starts_with(&read) && read.len() == 11,
                        "file {file}, place {place}, bit {bit}: {}",
                        read.len()
                    ),
                    Err(error) => {
                        assert!(is_damage(&error), "file {file}, place {place}: {error}");
                        found += 1;
                    }
                }
            }
        }
    }
    assert!(found > 5000, "{found} were found");
}

#[test]
fn files_of_any_length_or_missing_are_whole_or_damaged() {
    let (commits, image) = image(12, 3);
    for file in 0..image.files.len() {
        let stride = if image.files[file].len() > 9000 { 7 } else { 1 };
        for length in (0..image.files[file].len()).step_by(stride) {
            let mut cut = image.clone();
            cut.files[file].truncate(length);
            match reopen(&cut) {
                Ok((read, ..)) => assert_eq!(read, commits, "file {file} cut at {length}"),
                Err(error) => assert!(is_damage(&error), "file {file} cut at {length}: {error}"),
            }
        }
    }
}

#[test]
fn without_its_superblock_the_checkpoint_is_found_by_itself() {
    let (commits, mut image) = image(30, 4);
    image.files[0].clear();
    let (read, _, report) = reopen(&image).expect("the files describe themselves");
    assert_eq!((read, report.checkpointed), (commits, 26));
}

#[test]
fn a_checkpoint_that_is_gone_is_a_loss_and_never_a_new_database() {
    let (_, mut image) = image(30, 4);
    let [file] = files_of(&image, b"driftchk")[..] else {
        panic!("there is one checkpoint");
    };
    for with_superblock in [true, false] {
        image.files[file].clear();
        if !with_superblock {
            image.files[0].clear();
        }
        let error = reopen(&image).map(drop).expect_err("the history is gone");
        assert_eq!(error.code(), Code::DataLoss, "{error}");
    }
}

#[test]
fn an_older_checkpoint_in_the_place_of_the_last_is_found_out() {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    let commits = history(20);
    commits[..10]
        .iter()
        .for_each(|one| commit(&mut log, one).expect("sound"));
    checkpoint(&mut log).expect("sound");
    let older = files.crashed([]);
    commits[10..]
        .iter()
        .for_each(|one| commit(&mut log, one).expect("sound"));
    checkpoint(&mut log).expect("sound");
    let newer = files.crashed([]);
    let (from, to) = (
        files_of(&older, b"driftchk")[0],
        files_of(&newer, b"driftchk")[0],
    );
    let mut stale = newer.clone();
    stale.files[to] = older.files[from].clone();
    assert_eq!(
        reopen(&stale).map(drop).expect_err("stale").code(),
        Code::DataLoss
    );
    // Beside the last one it means nothing.
    let mut both = newer.clone();
    both.files.push(older.files[from].clone());
    assert_eq!(reopen(&both).expect("sound").0, commits);
    // Twice the last one is one too many.
    let mut twice = newer.clone();
    twice.files.push(newer.files[to].clone());
    assert_eq!(
        reopen(&twice).map(drop).expect_err("twice").code(),
        Code::Corrupt
    );
}

#[test]
fn a_checkpoint_that_cannot_be_written_is_given_up_and_nothing_else() {
    let mut given_up = 0;
    for call in 0..40 {
        let files = Faulty::new(Memory::new());
        let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
        let commits = history(12);
        commits[..9]
            .iter()
            .for_each(|one| commit(&mut log, one).expect("sound"));
        files.fail(call, Fault::Error(Code::Quota), false);
        if checkpoint(&mut log).is_err() {
            continue;
        }
        files.heal();
        let (_, _, report) = reopen(&files.seen()).expect("sound");
        given_up += u32::from(report.checkpointed == 0);
        commits[9..]
            .iter()
            .for_each(|one| commit(&mut log, one).expect("it goes on"));
        checkpoint(&mut log).expect("there is room again");
        let (read, _, report) = reopen(&files.crashed([])).expect("sound");
        assert_eq!((read, report.checkpointed), (commits, 12), "call {call}");
    }
    assert!(given_up > 4, "{given_up} were given up");
}

#[test]
fn reading_only_leaves_what_a_crash_left() {
    let files = Faulty::new(Memory::new());
    let (_, mut log, _) = open(Box::new(files.clone()), options(1)).expect("new");
    let commits = history(9);
    commits
        .iter()
        .for_each(|one| commit(&mut log, one).expect("sound"));
    let mut parts = Parts::default();
    log.want_checkpoint();
    for _ in 0..8 {
        log.checkpoint(20, START, &mut parts).expect("sound");
    }
    let image = files.crashed([]);
    assert_eq!(files_of(&image, b"driftchk").len(), 1);
    for mode in [Mode::Read, Mode::Salvage] {
        let storage = Faulty::new(image.clone());
        let (read, ..) = open(Box::new(storage.clone()), read_only(3, mode)).expect("sound");
        assert_eq!((read, storage.seen()), (commits.clone(), image.clone()));
    }
    // For writing, the file that was begun is emptied and used anew.
    let storage = Faulty::new(image);
    let (_, mut log, _) = open(Box::new(storage.clone()), options(4)).expect("sound");
    while log.checkpoint(100, START, &mut parts).expect("sound") {}
    assert_eq!(files_of(&storage.crashed([]), b"driftchk").len(), 0);
}

/// Rows that are updated again and again, on a medium.
struct Updated {
    medium: Faulty,
    database: Database,
    session: SessionId,
    state: usize,
}

impl Updated {
    fn open(medium: Faulty) -> Updated {
        let (database, session) = database::open(Options {
            storage: Some(Box::new(medium.clone())),
            checkpoint_after: u64::MAX,
            ..Options::memory(Rc::new(Ticks::default()), Rc::new(Seeded::new(1)))
        });
        Updated {
            medium,
            database,
            session,
            state: 1,
        }
    }

    fn sql(&mut self, sql: &str) -> Vec<Vec<Value>> {
        let results = self.database.run(self.session, Request::script(sql));
        let results = results.map_err(|(_, failure)| failure.error);
        let last = results.expect("it runs").pop().expect("a statement");
        let rows = |chunk: &Chunk| (0..chunk.len()).map(|at| chunk.row(at)).collect::<Vec<_>>();
        last.chunks.iter().flat_map(rows).collect()
    }

    /// So many commits, each of which updates 25 of 3,000 rows.
    fn update(&mut self, commits: usize) {
        for _ in 0..commits {
            self.state = (self.state * 7919 + 13) % 1_000_003;
            let first = self.state % 120;
            self.sql(&format!(
                "UPDATE t SET v = v + id % 13 WHERE id % 120 = {first}"
            ));
        }
    }

    fn checkpoint(&mut self) -> usize {
        self.database.want_checkpoint();
        while self.database.maintain(1).expect("sound") {}
        let image = self.medium.crashed([]);
        let [file] = files_of(&image, b"driftchk")[..] else {
            panic!("there is one checkpoint");
        };
        image.files[file].len()
    }

    /// What the table was at some moments.
    fn moments(&mut self) -> Vec<Vec<Vec<Value>>> {
        let last = self.database.applied_seq().expect("commits").0;
        let moments = (1..=last).step_by(last as usize / 9).chain([last]);
        let sum = "SELECT count(*), sum(v), sum(v * id), max(name) FROM t AS OF @seq:";
        let rows = "SELECT * FROM t WHERE id IN (7, 1111, 2999) ORDER BY id AS OF @seq:";
        let both = |seq| [format!("{sum}{seq}"), format!("{rows}{seq}")];
        moments.flat_map(both).map(|sql| self.sql(&sql)).collect()
    }
}

#[test]
fn a_version_that_was_copied_is_stored_once_and_found_at_every_moment() {
    let mut updated = Updated::open(Faulty::new(Memory::new()));
    updated.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v int, name text);
         INSERT INTO t SELECT id, id, 'customer ' || id FROM generate_series(0, 2999) AS g(id)",
    );
    updated.update(900);
    let stats = updated.database.stats();
    assert!(stats.copies > stats.versions, "{stats:?}");
    let bytes = updated.checkpoint() as u64;
    assert!(
        bytes < 9 * stats.versions,
        "{bytes} bytes of {} versions",
        stats.versions
    );
    // Once with all of the past as it was packed, once with what has moved since.
    for _ in 0..2 {
        let before = updated.moments();
        updated = Updated::open(Faulty::new(updated.medium.crashed([])));
        assert_eq!(updated.moments(), before);
        updated = Updated::open(Faulty::new(updated.medium.crashed([])));
        updated.update(200);
        updated.checkpoint();
    }
}
