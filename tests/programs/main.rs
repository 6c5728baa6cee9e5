//! Random programs in SQL (definitions, writes, transactions with savepoints, what brings the past back) against a model that
//! copies everything at each commit and answers every question about the past from the copies.
//!
//! ```text
//! state      what there is at a moment, and the list of these
//! program    what is run: transactions, and in them define, write, bring_back (RESTORE, UNDO, REDO)
//! kept       files that outlive the database
//! live       queries that are answered again only where that may tell something else
//! question   what is asked: moments, ranges, joins, sessions, views       telling   history, diff, blame, commits
//! ```
//!
//! The ways of running the engine take turns: with and without optimizer and plan cache, with every block missing at its first
//! touch, opened anew from its files and checkpoints. An ordinary run is a fixed number of programs. `make programs` runs many
//! more, and goes on where it was when it is run again; `SEED=n cargo test --test programs` runs a single one.

#[path = "../differential/answer.rs"]
#[allow(dead_code)]
mod answer;
mod bring_back;
mod define;
#[path = "../differential/engine.rs"]
mod engine;
mod kept;
mod live;
mod program;
mod question;
#[path = "../support/random.rs"]
mod random;
mod state;
mod telling;
mod write;

use program::Program;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// Programs of an ordinary run.
const PROGRAMS: u64 = 80;

/// What was run so far. Seeds up to `next` are done.
#[derive(Default, Clone)]
struct Progress {
    next: u64,
    commits: u64,
    questions: u64,
    saved: u64,
    failed: Vec<u64>,
}

impl Progress {
    /// As it was recorded, or from the beginning.
    fn read(path: &Path) -> Progress {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut progress = Progress::default();
        for line in text.lines() {
            let Some((name, value)) = line.split_once(' ') else {
                continue;
            };
            let number = value.parse().unwrap_or(0);
            match name {
                "next" => progress.next = number,
                "commits" => progress.commits = number,
                "questions" => progress.questions = number,
                "saved" => progress.saved = number,
                "failed" => progress.failed.push(number),
                _ => {}
            }
        }
        progress
    }

    fn write(&self, path: &Path) {
        let mut text = format!(
            "next {}\ncommits {}\nquestions {}\nsaved {}\n",
            self.next, self.commits, self.questions, self.saved
        );
        for seed in &self.failed {
            text += &format!("failed {seed}\n");
        }
        fs::write(path, text).expect("progress is recorded");
    }
}

fn run(seed: u64) -> Result<[u64; 3], ()> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        let mut program = Program::new(seed);
        program.run();
        let counts = [program.past.states.len(), program.questions, program.saved];
        counts.map(|count| count as u64)
    }));
    done.map_err(|_| eprintln!("the program was SEED={seed}"))
}

#[test]
fn programs_do_what_a_model_says_that_copies_everything() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let record = std::env::var("RECORD").ok();
    let mut progress = Progress::default();
    if let Some(path) = &record {
        progress = Progress::read(Path::new(path));
        println!("from program {} on", progress.next);
    }
    let end = number("PROGRAMS").unwrap_or(PROGRAMS);
    let (first, end) = match number("SEED") {
        Some(seed) => (seed, seed + 1),
        None => (progress.next, end),
    };
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4) as u64;
    let progress = Mutex::new(Progress {
        next: first,
        ..progress
    });
    // In batches, so that what is recorded has no gap.
    for batch in (first..end).step_by(64) {
        let last = end.min(batch + 64);
        thread::scope(|scope| {
            for at in 0..threads {
                let progress = &progress;
                // Not optimised, the parser and binder need more stack than a thread has by itself.
                let worker =
                    thread::Builder::new()
                        .stack_size(16 << 20)
                        .spawn_scoped(scope, move || {
                            for seed in (batch + at..last).step_by(threads as usize) {
                                let done = run(seed);
                                let mut progress = progress.lock().expect("nobody panics with it");
                                match done {
                                    Ok([commits, questions, saved]) => {
                                        progress.commits += commits;
                                        progress.questions += questions;
                                        progress.saved += saved;
                                    }
                                    Err(()) => progress.failed.push(seed),
                                }
                            }
                        });
                worker.expect("a thread");
            }
        });
        let mut progress = progress.lock().expect("nobody panicked with it");
        progress.next = last;
        if let Some(path) = &record {
            progress.write(Path::new(path));
        }
    }
    let progress = progress.into_inner().expect("nobody panicked with it");
    println!(
        "{} programs, {} commits, {} questions, {} answers that were not needed again, {} failed",
        progress.next,
        progress.commits,
        progress.questions,
        progress.saved,
        progress.failed.len()
    );
    assert!(
        progress.failed.is_empty(),
        "these programs failed: {:?}",
        progress.failed
    );
    assert!(progress.saved > end - first, "too much was answered again");
    assert!(
        progress.questions > (end - first) * 8,
        "too little was asked"
    );
}
