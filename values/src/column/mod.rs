//! Layer 1: columns of values.
//!
//! ```text
//!   chunk            selection: rows 1 and 3 are meant
//!   +-------+-------+  +---+
//!   | id    | name  |  | 1 |
//!   | i64[] | text  |  | 3 |
//!   +-------+-------+  +---+
//!      vector: typed data + validity (None: no NULL among them)
//! ```
//!
//! A [`Vector`] is one typed array with validity bits; a [`Chunk`] is vectors of equal length and a
//! selection of the rows that are meant, so that a filter moves no data. Vectors are shared by
//! reference count between a table's block and the chunks read from it.

mod bitmap;
mod builder;
mod chunk;
pub mod kernel;
mod selection;
mod strings;
mod vector;

pub use bitmap::Bitmap;
pub use builder::VectorBuilder;
pub use chunk::{CHUNK_ROWS, Chunk};
pub use selection::Selection;
pub use strings::{COPIED_MAX, DICTIONARY_MAX, Strings};
pub use vector::{Data, Vector};
