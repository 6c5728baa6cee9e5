//! Random programs in SQL (definitions, writes, transactions with savepoints, what brings the past back) against a model that
//! copies everything at each commit and answers every question about the past from the copies.
//!
//! ```text
//! state      what there is at a moment, and the list of these
//! program    what is run: transactions, and in them define, constraint, write, past_write, bring_back (RESTORE, UNDO, REDO)
//! foreign    what a statement comes to by foreign keys and their actions
//! live       queries that are answered again only where that may tell something else
//! question   what is asked: moments, ranges, joins, sessions, views       form      more forms, each table with its own moment
//! telling    history, diff, blame, commits
//! ```
//!
//! The ways of running the engine take turns: with and without optimizer and plan cache, with every block missing at its first
//! touch, opened anew from its files and checkpoints. An ordinary run is a fixed number of programs. `make programs` runs many
//! more, and goes on where it was when it is run again; `SEED=n cargo test --test programs` runs a single one.

#[path = "../differential/answer.rs"]
#[allow(dead_code)]
mod answer;
mod bring_back;
mod constraint;
mod define;
#[path = "../differential/engine.rs"]
mod engine;
mod foreign;
mod form;
#[path = "../support/kept.rs"]
mod kept;
mod live;
mod past_write;
mod program;
#[path = "../support/progress.rs"]
mod progress;
mod question;
#[path = "../support/random.rs"]
mod random;
mod state;
mod telling;
mod undo;
mod write;

use program::Program;
use progress::{Progress, number};
use std::path::Path;

/// Programs of an ordinary run.
const PROGRAMS: u64 = 80;

/// What is counted of a program.
const COUNTS: [&str; 4] = ["commits", "questions", "saved", "skipped"];

fn run(seed: u64) -> [u64; 4] {
    let mut program = Program::new(seed);
    program.run();
    let commits = program.past.states.len();
    [commits, program.questions, program.saved, program.skipped].map(|count| count as u64)
}

#[test]
fn programs_do_what_a_model_says_that_copies_everything() {
    let record = std::env::var("RECORD").ok();
    let mut progress = match &record {
        Some(path) => Progress::read(COUNTS, Path::new(path)),
        None => Progress::new(COUNTS),
    };
    let mut end = number("PROGRAMS").unwrap_or(PROGRAMS);
    if let Some(seed) = number("SEED") {
        (progress.next, end) = (seed, seed + 1);
    }
    let first = progress.next;
    println!("from program {first} on");
    while progress.next < end {
        progress.run(end.min(progress.next + 64), run);
        if let Some(path) = &record {
            progress.write(Path::new(path));
        }
    }
    let [commits, questions, saved, skipped] = progress.counts;
    println!(
        "{} programs, {commits} commits, {questions} questions, {saved} answers that were not needed again, \
         {skipped} statements not run, {} failed",
        progress.next,
        progress.failed.len()
    );
    assert!(
        progress.failed.is_empty(),
        "these programs failed: {:?}",
        progress.failed
    );
    let programs = end - first;
    assert!(saved > programs, "too much was answered again");
    assert!(questions > programs * 8, "too little was asked");
    assert!(skipped < commits / 20, "too little was run");
}
