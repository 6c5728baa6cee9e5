//! Window functions.
//!
//! ```text
//!   rows        all rows of the input, which comes sorted by partition and order
//!   values      what the partition, the order and the calls compute for each row
//!   partitions  the first row of each, and its first group        0        5     7
//!   groups      the first row of each run of peers                0  1  4  5  6  7  8
//! ```
//!
//! When the input has ended, the rows are given again in their order, each with the value of every call.
//! Both bounds of a frame only move forward within a partition. So an aggregate takes in the rows that its
//! frame gains, and takes out those that it loses where that is exact (counts, sums and averages of
//! integers); otherwise it starts anew. Peers that have the same frame have the value computed once.
//!
//! Left out on purpose: taking rows out of sums of floats, whose result depends on the order of its terms,
//! and out of sums of decimals, whose scale is that of the terms that are left.

mod aggregate;
mod call;
mod frame;
mod operator;
mod place;

pub use operator::Window;
