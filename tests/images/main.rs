//! Random programs that write to a log, stopped at any call; what the medium may then hold, image by image.
//!
//! ```text
//!   seed -> steps, and the call at which all ends
//!        -> images: any subset of the unflushed writes, whole or torn · a crash in the opening of such an image
//!        -> each is opened: a prefix, with all that was durable and nothing that was refused; and it is written to
//! ```
//!
//! The images of small programs are tried exhaustively by `crash`; here there are many programs. An ordinary run is a
//! fixed number of images. `make images` tries many more, goes on where it was when it is run again, and writes what came of
//! it to `docs/RELIABILITY.md`; `SEED=n cargo test --test images` runs a single program.

#[path = "../support/mod.rs"]
mod support;

use driftdb::error::Code;
use driftdb::storage::Memory;
use std::path::Path;
use std::time::Instant;
use support::commits::*;
use support::progress::{Progress, number};
use support::random::Random;
use support::workload::{Outcome, Step, run};
use support::{Fault, Faulty};

/// Images of an ordinary run.
const IMAGES: u64 = 100_000;

/// Unflushed writes of which each subset is tried; of more, as many subsets as of these.
const WRITES_EXHAUSTED: usize = 5;

/// Calls at which a program is stopped, and places at which each write that is not flushed is torn.
const STOPS: u64 = 4;
const TEARS: u64 = 6;

fn steps(random: &mut Random) -> Vec<Step> {
    let count = 3 + random.below(7);
    let step = |random: &mut Random| match random.below(10) {
        0..3 => Step::Group(1 + random.below(6)),
        3..5 => Step::Written,
        5 => Step::Maintain,
        6..8 => Step::Checkpoint,
        8 => Step::Reopen,
        _ => Step::Abandon,
    };
    (0..count).map(|_| step(random)).collect()
}

/// One program and all that is tried of it.
struct Trial {
    seed: u64,
    random: Random,
    outcome: Outcome,
    images: u64,
}

impl Trial {
    fn run(seed: u64) -> Trial {
        let mut random = Random(seed);
        let steps = steps(&mut random);
        let slow = random.below(3) as u32;
        let whole = Faulty::new(Memory::new()).slow(slow);
        run(&whole, &steps);
        let mut trial = Trial {
            seed,
            random,
            outcome: Outcome::default(),
            images: 0,
        };
        for _ in 0..STOPS {
            let files = Faulty::new(Memory::new()).slow(slow);
            let call = trial.random.below(whole.calls() as usize + 1) as u64;
            files.fail(call, Fault::Error(Code::Io), true);
            trial.outcome = run(&files, &steps);
            for image in trial.images_of(&files) {
                trial.try_image(image, 1);
            }
        }
        trial
    }

    /// What the medium may hold after a crash.
    fn images_of(&mut self, files: &Faulty) -> Vec<Memory> {
        let writes = files.unflushed();
        let mut images = Vec::new();
        for subset in 0..1u64 << writes.len().min(WRITES_EXHAUSTED) {
            let subset = match writes.len() > WRITES_EXHAUSTED {
                true => self.random.next(),
                false => subset,
            };
            let kept = (0..writes.len()).filter(|at| subset >> (at % 64) & 1 == 1);
            images.push(files.crashed(kept));
        }
        for (whole, write) in writes.iter().enumerate() {
            for _ in 0..TEARS {
                let length = self.random.below(write.bytes.len());
                images.push(files.torn(whole, length));
            }
        }
        images
    }

    /// Opens an image, perhaps to crash in the middle of that, and writes to what it is.
    fn try_image(&mut self, image: Memory, depth: u32) {
        self.images += 1;
        if depth > 0 && self.random.chance(20) {
            let files = Faulty::new(image.clone());
            let call = self.random.below(30) as u64;
            files.fail(call, Fault::Error(Code::Io), true);
            // What it answers is tested elsewhere; here it is what it leaves behind.
            let _ = open(Box::new(files.clone()), options(self.seed));
            for image in self.images_of(&files) {
                self.try_image(image, depth - 1);
            }
        }
        let files = Faulty::new(image);
        let (read, mut log, report) =
            open(Box::new(files.clone()), options(77)).expect("nothing is damaged");
        let Outcome {
            issued,
            durable,
            possible,
            ..
        } = &self.outcome;
        assert!(*durable <= read.len(), "{} of {durable}", read.len());
        assert!(read.len() <= *possible, "a refused commit is there");
        assert_eq!(read, issued[..read.len()]);
        assert_eq!(report.read_only, None);
        let all = history(read.len() as u64 + 2);
        for one in &all[read.len()..] {
            commit(&mut log, one).expect("it goes on");
        }
        let after = Box::new(Faulty::new(files.crashed([])));
        assert_eq!(open(after, options(78)).expect("sound").0, all);
    }
}

/// What is counted of a program.
const COUNTS: [&str; 2] = ["images", "seconds"];

#[test]
fn whatever_a_crash_leaves_is_a_prefix_with_all_that_was_durable() {
    if let Some(seed) = number("SEED") {
        println!("{} images", Trial::run(seed).images);
        return;
    }
    let record = std::env::var("RECORD").ok();
    let mut progress = match &record {
        Some(path) => Progress::read(COUNTS, Path::new(path)),
        None => Progress::new(COUNTS),
    };
    println!("from program {} on", progress.next);
    let wanted = number("IMAGES").unwrap_or(IMAGES);
    while progress.counts[0] < wanted {
        let begun = Instant::now();
        progress.run(progress.next + 200, |seed| [Trial::run(seed).images, 0]);
        progress.counts[1] += begun.elapsed().as_secs_f64().round() as u64;
        if let Some(path) = &record {
            progress.write(Path::new(path));
        }
    }
    let [images, _] = progress.counts;
    println!("{images} images of {} programs", progress.next);
    assert_eq!(progress.failed, Vec::<u64>::new(), "failed programs");
}
