//! Programs that use a log, and what each can rely on when the storage stops.

use super::Faulty;
use super::commits::*;
use driftdb::commit::Commit;
use driftdb::error::{Code, Error, Result};
use driftdb::log::Log;

/// What a program does with its log.
#[derive(Clone, Copy)]
pub enum Step {
    /// So many commits, made durable together.
    Group(usize),
    /// A commit that is written and not flushed.
    Written,
    Maintain,
    Checkpoint,
    /// Close and open again.
    Reopen,
    /// Drop the log as it is and open again.
    Abandon,
}

use Step::*;

/// Workloads that together pass every way of writing: single commits, groups, unflushed writes, many segments,
/// zeros ahead, the watermark, checkpoints.
pub const WORKLOADS: [&[Step]; 8] = [
    &[Group(1), Group(1), Group(1), Group(1), Group(1), Group(1)],
    &[
        Group(3),
        Written,
        Written,
        Group(1),
        Maintain,
        Group(2),
        Reopen,
        Group(1),
    ],
    &[
        Group(1),
        Abandon,
        Written,
        Abandon,
        Group(1),
        Maintain,
        Abandon,
        Group(2),
    ],
    &[
        Group(9),
        Group(9),
        Written,
        Group(9),
        Group(9),
        Maintain,
        Group(3),
    ],
    &[
        Maintain,
        Written,
        Maintain,
        Written,
        Maintain,
        Group(1),
        Reopen,
        Reopen,
        Written,
    ],
    &[
        Group(1),
        Written,
        Written,
        Written,
        Written,
        Written,
        Written,
        Written,
        Written,
        Group(1),
    ],
    &[
        Group(2),
        Checkpoint,
        Group(1),
        Checkpoint,
        Reopen,
        Group(9),
        Group(1),
    ],
    &[
        Written,
        Checkpoint,
        Written,
        Abandon,
        Checkpoint,
        Written,
        Checkpoint,
        Maintain,
        Group(2),
    ],
];

/// How far a workload came.
#[derive(Debug, Default)]
pub struct Outcome {
    pub issued: Vec<Commit>,
    /// Commits known to be durable.
    pub durable: usize,
    /// Commits that may exist: all but those that were refused with a definite error.
    pub possible: usize,
    pub error: Option<Error>,
}

/// Runs a workload as far as the storage lets it.
pub fn run(files: &Faulty, steps: &[Step]) -> Outcome {
    let commits = history(64);
    let mut outcome = Outcome::default();
    let result = try_run(files, steps, &commits, &mut outcome);
    if let Err(error) = result {
        let is_unknown = error.code() == Code::CommitUnknown;
        outcome.possible = if is_unknown {
            outcome.issued.len()
        } else {
            outcome.possible
        };
        outcome.error = Some(error);
    }
    outcome
}

fn try_run(files: &Faulty, steps: &[Step], all: &[Commit], outcome: &mut Outcome) -> Result<()> {
    let mut log = reopen(files, outcome)?;
    for step in steps {
        match *step {
            Group(count) => {
                for _ in 0..count {
                    issue(&mut log, all, outcome)?;
                }
                flush(&mut log)?;
                outcome.possible = outcome.issued.len();
                outcome.durable = outcome.issued.len();
            }
            Written => {
                issue(&mut log, all, outcome)?;
                log.write()?;
                outcome.possible = outcome.issued.len();
            }
            Maintain => while log.maintain(300)? {},
            Checkpoint => {
                checkpoint(&mut log)?;
                outcome.durable = outcome.durable.max(log.durable_commits() as usize);
            }
            Reopen => {
                close(&mut log)?;
                outcome.durable = outcome.issued.len();
                drop(log);
                log = reopen(files, outcome)?;
            }
            Abandon => {
                drop(log);
                log = reopen(files, outcome)?;
            }
        }
    }
    Ok(())
}

fn issue(log: &mut Log, all: &[Commit], outcome: &mut Outcome) -> Result<()> {
    let next = &all[outcome.issued.len()];
    log.append(next)?;
    outcome.issued.push(next.clone());
    Ok(())
}

fn reopen(files: &Faulty, outcome: &Outcome) -> Result<Log> {
    let (read, log, report) = open(Box::new(files.clone()), options(files.calls()))?;
    assert_eq!(
        read, outcome.issued,
        "the process lives: it sees all that it wrote"
    );
    match report.read_only {
        None => Ok(log),
        Some(error) => Err(error),
    }
}
