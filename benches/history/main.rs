//! What history costs, and what single operations do: `cargo bench --bench history`.
//!
//! A table of 10,000 rows takes 200,000 single-row updates, uniform and skewed (Zipf). Its present, and its
//! past at 10, 50 and 90 %, are then summed by full scans and compared with a table that was never updated: by
//! the tables alone, and by SQL. After that, single inserts, look-ups and commits. What is promised of the past comes first:
//! the lines that begin with `figure`.

mod figures;
mod statements;
mod tables;

use std::hint::black_box;
use std::time::Instant;

const ROWS: usize = 10_000;
const UPDATES: usize = 200_000;

fn random(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6364136223846793005)
        .wrapping_add(1442695040888963407);
    *state >> 33
}

/// A row number, each as likely as the other.
fn uniform(state: &mut u64) -> usize {
    random(state) as usize % ROWS
}

/// Row numbers, each drawn with a weight of one over its rank.
fn zipf() -> impl FnMut(&mut u64) -> usize {
    let mut sums = Vec::with_capacity(ROWS);
    let mut sum = 0.0;
    for rank in 1..=ROWS {
        sum += 1.0 / rank as f64;
        sums.push(sum);
    }
    move |state| {
        let drawn = random(state) as f64 / (1u64 << 31) as f64 * sum;
        let rank = sums.partition_point(|sum| *sum < drawn);
        // Neighbours in rank are not neighbours in the table.
        (rank * 7919) % ROWS
    }
}

fn consume<T>(value: T) {
    black_box(value);
}

/// The least of many runs, in microseconds.
fn time(mut run: impl FnMut()) -> f64 {
    let mut least = f64::MAX;
    for _ in 0..300 {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed().as_secs_f64());
    }
    least * 1e6
}

/// Prints the times of the present and of past moments next to those of a table never updated. `scan` reads
/// at a fraction of history, moved on by some commits; `again` is that it was read just before.
fn report(name: &str, never: f64, mut scan: impl FnMut(u64, u64)) {
    let present = time(|| scan(100, 0));
    println!(
        "{name} present {present:7.1} us, {:.2} x never updated",
        present / never
    );
    for percent in [10, 50, 90] {
        // A new moment each time, as a slider asks for: nothing is kept from the last.
        let mut moved = 0;
        let took = time(|| {
            moved += 1;
            scan(percent, moved);
        });
        let again = time(|| scan(percent, 0));
        println!(
            "{name} {percent:3} %   {took:7.1} us, {:.2} x present, {:.2} x never updated; asked again {again:.1} us",
            took / present,
            took / never
        );
    }
}

fn main() {
    figures::look_ups();
    figures::differences();
    figures::slider();
    tables::kernels();
    tables::scans();
    tables::singles();
    statements::scans();
    statements::singles();
}
