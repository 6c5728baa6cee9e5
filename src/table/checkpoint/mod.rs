//! All of the store as of a commit, as the parts of a checkpoint, and the store made of them again.
//!
//! ```text
//!   HEAD · OUTLINE* · CATALOG* · COMMITS* · GONE* · BLOCK* · LIVE* · END
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
//! Restoring takes a time that depends on how many bytes there are, and hardly on how many rows: blocks, and the pieces of
//! the live tiers (where the version of each row lies, and which keys it has), stay as the bytes they are until they are
//! touched (`waiting`). The closed tiers are not written, since they follow from the blocks: each is made when the past is
//! first looked up by a key, and answers `Need` until then.
//!
//! The live tiers are written if the checkpoint is begun when its commit is the last one, as it is; they cannot be told
//! afterwards. A checkpoint without them is whole: they are made from its blocks then.
//!
//! Of a checkpoint that is damaged, what is left can be made a store (`loss`). What may be lost is what follows from the blocks, and blocks: their
//! tables are lost then, of which the outline tells which they are. A table that is lost has no rows, and whoever reads it gets an error.
//!
//! Reading believes nothing: a part that contradicts itself, the parts before it or the schema is `CORRUPT`, be it when the
//! store is restored or when it is touched.

mod block;
mod capture;
mod commits;
mod derive;
mod live;
mod loss;
mod merge;
mod places;
mod restore;
mod runs;

pub use capture::Capture;
pub use restore::Restore;

pub(super) use block::{Found, Head, targets, unpack};

/// What a part holds: its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The sequence it is as of, the first row id that was not given, and whether there are live tiers.
    Head = 1,
    /// Changes of the catalog.
    Catalog = 2,
    /// What is kept of commits besides their changes.
    Commits = 3,
    /// The rows of a table that were deleted, and when all of them ended.
    Gone = 4,
    /// See [`block`]. (5 to 8 were those of forms that were given up.)
    Block = 9,
    /// See [`live`].
    Live = 10,
    /// How many commits, blocks and parts of live tiers there are.
    End = 11,
    /// Of which table each block is, and which tables are lost.
    Outline = 12,
}

impl Kind {
    /// In the order in which they come.
    const ALL: [Kind; 8] = [
        Kind::Head,
        Kind::Outline,
        Kind::Catalog,
        Kind::Commits,
        Kind::Gone,
        Kind::Block,
        Kind::Live,
        Kind::End,
    ];

    fn place(self) -> usize {
        let place = Kind::ALL.iter().position(|kind| *kind == self);
        place.unwrap_or_default()
    }
}
