//! What was and is over: entries with the interval in which they held, in sorted runs that never change.
//!
//! ```text
//!   life of     runs, by the time of their ends                          entry: key, payload, [start, end)
//!   [1, 4)      [ends 0..90] [90..170] [170..260] …  small: many short lives
//!   [4, 16)     [ends 0..200] [200..410] …
//!   [1024, …)   [ends 0..3000]                       one: few long lives
//!   buffers     the latest few thousand, sorted, not yet in a run
//! ```
//!
//! Entries are bucketed by length of life, and the runs of a bucket follow each other in time, none much
//! longer than the lives in it. So a moment `s` concerns only runs whose ends lie in `(s, s + life]`, and of
//! these a good part of the entries: an old moment finds its entries without wading through those of others,
//! the idea of an interval tree kept in sequential runs. Within a run entries are sorted by (key, end), so a
//! key with a million dead versions is crossed by a binary search.
//!
//! Runs are merged while that keeps them short in time, or while they are small; each entry is written
//! O(log n) times.

mod bucket;
mod run;
mod tier;
mod walk;

pub(crate) use run::Closed;
pub(crate) use tier::ClosedTier;
pub(crate) use walk::ClosedWalk;
