//! driftdb: the SQL database for the browser that never forgets.
//!
//! Every committed transaction stays readable for ever. A query can be asked of any past moment,
//! at a cost that follows from what was alive then: time travel is not a feature beside reading but
//! the only way of reading, and the present is the moment of the last commit.
//!
//! # The layers
//!
//! ```text
//!                    wasm                7  JS values in and out, no logic
//!                     |
//!               db -- session            6  opens, wires, owns clock and storage, drives maintenance
//!                |
//!              exec                      5  plan -> chunks
//!                |
//!              plan                      4  AST + catalog -> plan -> better plan
//!             /     \
//!           sql      txn                 3  text -> AST      |  snapshot, private writes, commit
//!          /        /    \
//!       expr     table      log          2  expressions | versions, indexes, catalog | frames, recovery
//!          \        |         |
//!               \   encoding  /         1  values and changes as bytes
//!                \   commit  /          1  the one unit of change, made of vectors
//!             column    storage          1  vectors, kernels | numbered files
//!                 \     /
//!         types, error, checksum         0  values, schema, moments, changes
//! ```
//!
//! Imports point down and siblings do not see each other; `tests/architecture.rs` proves it. `types`, `error`,
//! `checksum` and `column` are the crate in `values/`, compiled for speed; what is here is compiled for a small download.
//!
//! # Glossary
//!
//! *Sequence*: the place of a commit in the one order of all commits. *Moment*: a point in time as a
//! user names it (a sequence, a time, a tag). *Snapshot*: a moment resolved to branch and sequence.
//! *Version*: one state of a row, alive in `[start, end)`. *Vector*: a typed column of values with
//! validity. *Chunk*: vectors of equal length with a selection. *Block*: up to 2,048 row versions of
//! a table. *Segment*: a file of the log. *Frame*: one checksummed record in it. *Commit*: a
//! transaction made permanent. *Checkpoint*: blocks written out so that the log may be recycled.
//! *Horizon*: the oldest moment that can still be read.

#![deny(unsafe_code)]

pub use driftdb_values::{checksum, column, error, types};

pub mod commit;
pub mod db;
mod encoding;
pub mod exec;
pub mod expr;
pub mod log;
pub mod plan;
pub mod sql;
pub mod storage;
pub mod table;
pub mod txn;
#[cfg(target_arch = "wasm32")]
pub mod wasm;
