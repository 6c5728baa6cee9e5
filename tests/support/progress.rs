//! Long runs of random programs: what was done so far, in a file of names and numbers, so that a run goes on where the one
//! before it was stopped. `scripts/long.mjs` reads it.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::thread;

/// Seeds below `next` are done. Of each program something is counted, of which these are the sums.
#[derive(Clone)]
pub struct Progress<const N: usize> {
    names: [&'static str; N],
    pub next: u64,
    pub counts: [u64; N],
    pub failed: Vec<u64>,
}

/// A number that is given to the run by its environment.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

impl<const N: usize> Progress<N> {
    pub fn new(names: [&'static str; N]) -> Progress<N> {
        Progress {
            names,
            next: 0,
            counts: [0; N],
            failed: Vec::new(),
        }
    }

    /// As it was recorded, or from the beginning.
    pub fn read(names: [&'static str; N], path: &Path) -> Progress<N> {
        let mut progress = Progress::new(names);
        let text = fs::read_to_string(path).unwrap_or_default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(' ')) {
            let number = value.parse().unwrap_or(0);
            match (name, names.iter().position(|own| *own == name)) {
                ("next", _) => progress.next = number,
                ("failed", _) => progress.failed.push(number),
                (_, Some(at)) => progress.counts[at] = number,
                _ => {}
            }
        }
        progress
    }

    pub fn write(&self, path: &Path) {
        let mut text = format!("next {}\n", self.next);
        for (name, count) in self.names.iter().zip(self.counts) {
            text += &format!("{name} {count}\n");
        }
        for seed in &self.failed {
            text += &format!("failed {seed}\n");
        }
        fs::write(path, text).expect("progress is recorded");
    }

    /// Runs the programs up to a seed, on all processors. Whoever records it between such batches has no gap.
    pub fn run(&mut self, end: u64, program: impl Fn(u64) -> [u64; N] + Sync) {
        let threads = thread::available_parallelism()
            .map_or(1, usize::from)
            .min(4);
        let (first, shared) = (self.next, Mutex::new(&mut *self));
        thread::scope(|scope| {
            for at in 0..threads as u64 {
                let (shared, program) = (&shared, &program);
                let work = move || {
                    for seed in (first + at..end).step_by(threads) {
                        let done = catch_unwind(AssertUnwindSafe(|| program(seed)));
                        shared
                            .lock()
                            .expect("nobody panics with it")
                            .add(seed, done.ok());
                    }
                };
                // Not optimised, the parser and binder need more stack than a thread has by itself.
                let builder = thread::Builder::new().stack_size(16 << 20);
                builder.spawn_scoped(scope, work).expect("a thread");
            }
        });
        self.next = end;
    }

    fn add(&mut self, seed: u64, counts: Option<[u64; N]>) {
        let Some(counts) = counts else {
            eprintln!("the program was SEED={seed}");
            self.failed.push(seed);
            return;
        };
        let sums = self.counts.iter_mut().zip(counts);
        sums.for_each(|(sum, count)| *sum += count);
    }
}
