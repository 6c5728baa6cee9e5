//! A log on pieces that a host stores when it comes to it, and refuses where it has no room: what the package does
//! with IndexedDB.
//!
//! Each of the host's transactions is whole or not at all. After every one of them the machine may stop: what is read
//! back is a prefix of what was committed, with all that was acknowledged and nothing that was refused.

mod support;

use driftdb::commit::Commit;
use driftdb::log::{Log, Recovered, Recovery, Report};
use driftdb::storage::{Memory, Piece, Pieces, Storage, Ticket};
use support::commits::*;

/// The host: what it has stored, what it keeps for when there is room, and how much it takes.
struct Host {
    pieces: Pieces,
    stored: Memory,
    postponed: Vec<Piece>,
    room: usize,
    /// How often it loaded bytes that were wanted, and had no room.
    loads: usize,
    refusals: usize,
}

impl Host {
    /// Hands all files to a new log, and stores what that writes.
    fn open(stored: Memory, room: usize) -> (Host, Vec<Commit>, Log, Report) {
        let mut host = Host {
            pieces: Pieces::new(),
            stored,
            postponed: Vec::new(),
            room,
            loads: 0,
            refusals: 0,
        };
        for (file, bytes) in host.stored.files.iter().enumerate() {
            host.pieces.load(file as u32, 0, bytes).expect("it fits");
        }
        let storage = Box::new(host.pieces.clone());
        let mut recovery = Recovery::new(storage, options(5));
        let mut commits = Vec::new();
        loop {
            match recovery.step().expect("sound") {
                Recovered::Commit(commit) => commits.push(*commit),
                Recovered::Part(part, _) => commits.push(commit_of(&part)),
                Recovered::Lost(damage) => panic!("{damage}"),
                Recovered::Miss => assert!(host.turn(true)),
                Recovered::Done { log, report } => {
                    host.pieces.forget();
                    return (host, commits, *log, report);
                }
            }
        }
    }

    /// Stores what was written in one transaction, or answers that there is no room for a commit.
    fn turn(&mut self, may_wait: bool) -> bool {
        let wanted = self.pieces.wanted();
        let (ticket, pieces) = self.pieces.take();
        let all: Vec<Piece> = self.postponed.iter().cloned().chain(pieces).collect();
        let last_emptied = |file| {
            all.iter()
                .rposition(|p| p.file == file && p.bytes.is_empty())
        };
        let mut image = self.stored.clone();
        for (at, piece) in all.iter().enumerate() {
            if last_emptied(piece.file).is_none_or(|emptied| emptied <= at) {
                put(&mut image, piece);
            }
        }
        let has_room = image.files.iter().map(Vec::len).sum::<usize>() <= self.room;
        self.refusals += usize::from(!has_room);
        if !has_room && !may_wait {
            return false;
        }
        if has_room {
            (self.stored, self.postponed) = (image, Vec::new());
        } else {
            self.postponed = all;
        }
        self.pieces.stored(ticket, has_room);
        if let Some(wanted) = wanted {
            let mut bytes = vec![0; wanted.length as usize];
            let read = self.stored.read_at(wanted.file, wanted.offset, &mut bytes);
            assert!(read.is_ok() || !has_room);
            self.pieces
                .load(wanted.file, wanted.offset, &bytes)
                .expect("it fits");
            self.loads += 1;
        }
        true
    }
}

fn put(image: &mut Memory, piece: &Piece) {
    image.request_files(piece.file + 1).expect("in memory");
    if piece.bytes.is_empty() {
        image.clear(piece.file).expect("in memory");
        return;
    }
    let count = image.write_at(piece.file, piece.offset, &piece.bytes);
    assert_eq!(count, Ok(piece.bytes.len()));
}

/// A log in use, and what is known of it.
struct Run {
    host: Host,
    log: Log,
    parts: Parts,
    issued: Vec<Commit>,
    /// Of the last commit: what tells when it is durable.
    ticket: Option<Ticket>,
    chance: Seeded,
    checkpoints: usize,
}

impl Run {
    fn new(seed: u64) -> Run {
        let (host, _, log, _) = Host::open(Memory::new(), usize::MAX);
        Run {
            host,
            log,
            parts: Parts::default(),
            issued: Vec::new(),
            ticket: None,
            chance: Seeded::new(seed),
            checkpoints: 0,
        }
    }

    /// Everything is in storage, as far as the log knows.
    fn is_at_rest(&mut self) -> bool {
        if let Some(ticket) = self.ticket {
            self.log.durable(ticket).expect("no failure of the log");
        }
        self.log.durable_commits() as usize == self.issued.len()
    }

    fn step(&mut self) {
        match self.chance.below(20) {
            0..4 => {
                let next = history(self.issued.len() as u64 + 1).pop().expect("one");
                self.log.append(&next).expect("it is taken");
                self.ticket = self.log.flush().expect("it is taken");
                self.issued.push(next);
            }
            4 => self.log.want_checkpoint(),
            5..12 => {
                // A part counts as 32 KiB at least.
                let budget = 1 + self.chance.below(300_000) as u32;
                if self.log.is_checkpointing() {
                    self.log
                        .checkpoint(budget, START, &mut self.parts)
                        .expect("no failure of the log");
                } else {
                    self.log.maintain(budget).expect("no failure of the log");
                }
            }
            12..19 => self.turn(),
            _ if self.chance.below(4) == 0 => self.reopen(),
            _ => {}
        }
    }

    fn turn(&mut self) {
        let is_full = self.chance.below(12) == 0;
        let used: usize = self.host.stored.files.iter().map(Vec::len).sum();
        self.host.room = match is_full {
            true => used + self.chance.below(3000) as usize,
            false => usize::MAX,
        };
        let may_wait = self.is_at_rest();
        if !self.host.turn(may_wait) {
            // As the package does: what was refused is decided by what is there.
            self.reopen();
        }
        self.is_at_rest();
    }

    /// The process ends here, and another one opens what was stored.
    fn reopen(&mut self) {
        let durable = self.log.durable_commits() as usize;
        let stored = std::mem::take(&mut self.host.stored);
        let (mut host, read, log, report) = Host::open(stored, usize::MAX);
        assert!(read.len() >= durable, "{} of {durable}", read.len());
        assert_eq!(read, self.issued[..read.len()]);
        assert_eq!((&report.read_only, &report.torn), (&None, &None));
        host.loads += self.host.loads;
        host.refusals += self.host.refusals;
        self.checkpoints += usize::from(report.checkpointed > 0);
        self.issued.truncate(read.len());
        (self.host, self.log, self.parts) = (host, log, Parts::default());
        self.ticket = None;
    }
}

#[test]
fn whatever_the_host_stores_or_refuses_is_a_prefix() {
    let (mut loads, mut refusals, mut checkpoints, mut commits) = (0, 0, 0, 0);
    for seed in 1..=150 {
        let mut run = Run::new(seed);
        for _ in 0..300 {
            run.step();
        }
        run.reopen();
        loads += run.host.loads;
        refusals += run.host.refusals;
        checkpoints += run.checkpoints;
        commits += run.issued.len();
    }
    let all = (loads, refusals, checkpoints, commits);
    println!("{all:?}");
    assert!(
        loads > 100 && refusals > 100 && checkpoints > 100 && commits > 1000,
        "{all:?}"
    );
}

/// A refused checkpoint is given up at once, and a commit that comes then has the room that it would have had.
#[test]
fn a_checkpoint_without_room_takes_none_from_commits() {
    let (mut host, _, mut log, _) = Host::open(Memory::new(), usize::MAX);
    let commits = history(60);
    for one in &commits[..59] {
        log.append(one).expect("sound");
        log.flush().expect("sound");
        assert!(host.turn(false));
    }
    let used: usize = host.stored.files.iter().map(Vec::len).sum();
    // For the beginning of the next segment, one commit and the first of the checkpoint's parts.
    host.room = used + 10_000;
    let mut parts = Parts::default();
    log.want_checkpoint();
    while host.refusals == 0 {
        assert!(log.checkpoint(300, START, &mut parts).expect("sound"));
        assert!(host.turn(true), "nothing of a commit");
    }
    assert!(log.is_checkpointing());
    log.checkpoint(300, START, &mut parts).expect("given up");
    log.append(&commits[59]).expect("sound");
    log.flush().expect("sound");
    assert!(host.turn(false), "there is room for the commit");
    let (_, read, ..) = Host::open(host.stored, usize::MAX);
    assert_eq!(read, commits);
}
