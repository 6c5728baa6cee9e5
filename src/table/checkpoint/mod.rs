//! All of the store as of a commit, as the parts of a checkpoint, and the store made of them again.
//!
//! ```text
//!   HEAD · CATALOG* · COMMITS* · GONE* · BLOCK* · END
//! ```
//!
//! [`Capture`] writes the parts one by one, between commits: history never changes, so what was true as of a
//! sequence can be written at any time after it, and no statement waits for it. [`Restore`] makes a store of
//! them, to which the later commits are applied as in any replay.
//!
//! Each version is written once: where rows went on from a block to others when it was copied forward, the block says
//! where they went, and the others have them. So the blocks of the present are whole, and one of the past is made
//! when it is needed, of its own bytes and of the blocks that its rows went on to.
//!
//! What follows from the rest is not written: where the live version of each row lies and the trees of live
//! keys are made from the blocks of the present when the store is restored, the closed tiers from all blocks
//! when the past is first looked up by a key (each tier answers `Need` until then). The blocks that only the past
//! is read from stay as the bytes they are until they are needed.
//!
//! Reading believes nothing: a part that contradicts itself, the parts before it or the schema is `CORRUPT`.

mod block;
mod capture;
mod commits;
mod merge;
mod restore;
mod runs;

pub use capture::Capture;
pub use restore::Restore;

pub(super) use block::{read_until, targets, unpack};

/// What a part holds: its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The sequence it is as of, the first row id that was not given.
    Head = 1,
    /// Changes of the catalog.
    Catalog = 2,
    /// What is kept of commits besides their changes.
    Commits = 3,
    /// The rows of a table that were deleted, and when all of them ended.
    Gone = 4,
    /// See [`block`]. (5 and 6 were those of a form that was given up.)
    Block = 7,
    /// How many commits and blocks there are.
    End = 8,
}
