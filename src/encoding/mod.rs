//! Layer 1: values and changes of the catalog as bytes, for the log and for checkpoints alike.
//!
//! ```text
//!   wire write                       MessagePack and variable-length integers
//!   vector                           a column: validity and data
//!     integers decimals strings      its packings
//!   catalog part                     changes of the catalog
//!   ext                              the codes of what MessagePack lacks
//!   lz                               repetitions, for checkpoints
//!   limit                            how much of anything there may be
//! ```
//!
//! Reading trusts nothing: what contradicts the format, or would take more memory than the format grants, is a
//! [`Malformed`](wire::Malformed) and never a panic. `docs/FORMAT.md` has the bytes.

pub mod catalog;
pub mod decimals;
pub mod ext;
pub mod integers;
pub mod limit;
pub mod lz;
mod part;
pub mod strings;
pub mod vector;
pub mod wire;
mod write;
