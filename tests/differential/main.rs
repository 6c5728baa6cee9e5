//! Random statements here and on a PostgreSQL server of the test's own: the same rows, types, names of columns, texts of
//! values and SQLSTATEs.
//!
//! A seed makes tables, fills them, then asks and changes them by turns. After each change the whole table is compared;
//! at the end each of those states is asked for again as of its moment, and must be what PostgreSQL answered when
//! it was the present.
//!
//! ```text
//! grammar  what expressions look like      tables, query, write, define  what statements look like
//! server   PostgreSQL                      client, engine        the two ends
//! compare  what counts as the same
//! ```
//!
//! `make statements` runs many seeds, `SEED=n cargo test --test differential` a single one. A difference is a bug
//! here until it is shown to be open in PostgreSQL, too; then the generator avoids it or `compare` says why.

mod answer;
mod client;
mod compare;
mod define;
#[allow(dead_code)] // others use it, too
mod engine;
mod expression;
mod grammar;
mod kind;
mod query;
#[path = "../support/random.rs"]
mod random;
mod run;
mod server;
mod tables;
mod write;

use run::{Report, Run};
use server::Server;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Seeds of an ordinary test run.
const SEEDS: u64 = 32;

#[test]
fn the_same_answers_as_postgresql() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let (first, count) = match number("SEED") {
        Some(seed) => (seed, 1),
        None => (
            number("FIRST").unwrap_or(0),
            number("SEEDS").unwrap_or(SEEDS),
        ),
    };
    let server = Server::start();
    let next = AtomicU64::new(first);
    let report = Mutex::new(Report::default());
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(4);
    thread::scope(|scope| {
        for _ in 0..threads {
            // Not optimised, the parser and binder need more stack than a thread has by itself.
            let worker = thread::Builder::new()
                .stack_size(16 << 20)
                .spawn_scoped(scope, || {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= first + count {
                            break;
                        }
                        let run = Run::new(seed, &server.socket()).all();
                        report.lock().expect("no thread panics with it").add(run);
                    }
                });
            worker.expect("a thread");
        }
    });
    let report = report.into_inner().expect("no thread panicked");
    println!("{}", report.summary());
    assert!(report.differences.is_empty(), "{}", report.explain());
    assert!(
        report.open * 10 < report.statements,
        "too much is open: {}",
        report.summary()
    );
    assert!(
        report.unsupported * 20 < report.statements,
        "too much is unsupported: {}",
        report.summary()
    );
    assert!(
        report.with_rows * 3 > report.statements,
        "too little has rows: {}",
        report.summary()
    );
}
