//! What fuzzing found worth keeping, and random bytes: whatever the engine is given, it answers or says what is wrong.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;
use targets::support::random::Random;

/// Random inputs for each target, besides the seeds.
const RANDOM: u64 = 200;

fn try_all(name: &str, target: fn(&[u8])) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/seeds")
        .join(name);
    let files = std::fs::read_dir(&seeds).expect("each target has seeds");
    for file in files {
        target(&std::fs::read(file.expect("it can be listed").path()).expect("it can be read"));
    }
    for seed in 0..RANDOM {
        target(&random(seed));
    }
}

/// A few hundred bytes, most of them small, as lengths and codes are.
fn random(seed: u64) -> Vec<u8> {
    let mut chance = Random(seed);
    let length = chance.below(300);
    (0..length)
        .map(|_| (chance.next() as u8) >> chance.below(8))
        .collect()
}

#[test]
fn any_frames() {
    try_all("frames", targets::frames);
}

#[test]
fn any_frames_with_the_right_checksums() {
    try_all("segment", targets::segment);
}

#[test]
fn any_bytes_in_any_place() {
    try_all("image", targets::image);
}

#[test]
fn any_blocks_with_the_right_checksums() {
    try_all("block", targets::block);
}

#[test]
fn any_text() {
    try_all("sql", targets::sql);
}
