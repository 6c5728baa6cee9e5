//! Joins of every kind, with and without keys.
//!
//! ```text
//!   right side -> RowBuffer + KeyTable            held whole
//!   left chunk -> for each row its candidates     those with an equal key, or all when there are no keys
//!                   | pairs, up to a chunk of them
//!                 condition                       leaves the pairs that match
//!                   |
//!                 kind: pairs (inner, left, right, full), left rows with a match (semi) or without (anti),
//!                       all left rows and whether there was one (mark);
//!                 then left rows without a match beside NULLs (left, single, full),
//!                 and at the end right rows without a match beside NULLs (right, full)
//! ```
//!
//! A key with a NULL in it equals nothing.

mod candidates;
mod key_table;
mod operator;

pub use operator::{Join, Side, two_rows};
