//! Layer 2: the log. Commits become frames, frames become durable, and are read back.
//!
//! ```text
//!   file 0        superblock: a watermark, in two slots
//!   file 1, 2, …  segments, in any order:
//!
//!     +--------+---------+-----------------------------+-----------------------+------+-------+
//!     | header | SESSION | INSERT · PATCH · … · COMMIT | INSERT · … · COMMIT   | SEAL | zeros |
//!     +--------+---------+-----------------------------+-----------------------+------+-------+
//!       4 KiB              one transaction               the next
//! ```
//!
//! What it promises:
//!
//! - *Prefix.* What is read back is the state after some commit: whole transactions, none skipped, none
//!   invented, in the order of their sequence.
//! - *Durable.* It includes every commit that was acknowledged as durable.
//! - *Loud.* Where that cannot be kept, because bytes that were durable are gone or changed, opening is an
//!   error that names segment, offset and sequence. A torn write at the end, which was never acknowledged, is
//!   no error.
//! - *Calm.* Opening changes nothing before everything was read and found sound.
//!
//! How: every frame carries a checksum that is bound to its place; only frames that a COMMIT frame covers
//! count; each COMMIT says what was durable when it was built, so that a hole can be told from a torn end;
//! and the hashes of the commits form a chain. `docs/FORMAT.md` has the bytes.
//!
//! | file | |
//! |---|---|
//! | `writer` `succession` `failure` `upkeep` | [`Log`]: append and flush, the next segment, errors, idle time |
//! | `recovery` `survey` `scan` `tail` `start` | [`Recovery`]: the files, the frames, what follows them, the first frame of a new writer |
//! | `checkpoint` | everything up to a commit in one file, for which the segments before can be used anew |
//! | `transaction` `record` `event` `bookkeeping` | commits and frames |
//! | `check` `usage` | reading all of an open log again; what the files hold |
//! | `frame` `chain` `page` `segment` `superblock` | checksums, hashes, headers |
//! | `window` `zeros` `salt` | reading ahead, writing all, random bytes |
//! | `options` | how it is opened |
//!
//! The log knows commits and storage; what a commit does to tables is no concern of it. How values become bytes is
//! the affair of `crate::encoding`.

mod bookkeeping;
mod chain;
mod check;
mod checkpoint;
mod event;
mod failure;
mod frame;
mod options;
mod page;
mod record;
mod recovery;
mod salt;
mod scan;
mod segment;
mod start;
mod succession;
mod superblock;
mod survey;
mod tail;
mod transaction;
mod upkeep;
mod usage;
mod window;
mod writer;
mod zeros;

pub use crate::encoding::limit;
pub use chain::Hash;
pub use check::{Check, Problem};
pub use checkpoint::{Contents, Spot};
pub use options::{Mode, Options, Position, Report, Sizes};
pub use page::DatabaseId;
pub use recovery::{Recovered, Recovery};
pub use usage::Usage;
pub use writer::Log;
