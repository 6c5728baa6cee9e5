//! ORDER BY.
//!
//! ```text
//!   rows     RowBuffer of all rows         keys   the values that compare, where they are not columns
//!   entries  (prefix, row) pairs           the prefix is 64 bits that order like the first key
//!
//!   taking in:  every 65,536 entries are sorted as a run, so that no step takes long
//!   giving:     the runs are merged through a heap, a chunk at a time
//!   with a limit: whenever twice as many rows as wanted are there, the worse half is dropped
//! ```
//!
//! The sort is stable: rows with equal keys come in the order they came in.

pub mod key;
mod merge;
mod operator;

pub use operator::Sort;
