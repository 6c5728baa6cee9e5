//! The checkpoint: everything up to a commit in one file, so that the segments before can be used anew.
//!
//! ```text
//!   0        begun       twice: the file is a checkpoint's, perhaps an unfinished one
//!   4096     complete    twice: it was written, flushed, read back and found to be what was meant
//!   8192     pieces …    [ length u32 | crc32 u32 | u8 1: its part goes on | bytes ]
//! ```
//!
//! The order of writing makes each step safe to be broken off: *begun*, flush, pieces, flush, reading back,
//! *complete*, flush, superblock, flush; and only then are the segments and the checkpoint before it emptied.
//! A file that was begun and not completed means nothing. Of the complete ones the highest number counts;
//! the superblock remembers that number, so that the loss of the file is found out.
//!
//! What the parts say is no concern of the log: whoever has the tables gives and takes them ([`Contents`]), and may read one
//! again where it lies ([`Spot`]) until there is another checkpoint.

mod header;
mod reader;
mod writer;

pub(super) use header::{BEGIN, Found, Header, read};
pub use reader::Spot;
pub(super) use reader::{Next, Pieces};
pub(super) use writer::Checkpoints;
pub use writer::Contents;

/// Bytes of a part in one piece at most.
const PIECE_BYTES_MAX: usize = 1 << 20;
