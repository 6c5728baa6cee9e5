//! Layer 5: from a plan to rows.
//!
//! A [`Node`](crate::plan::Node) becomes an [`Operator`]: a pull machine that keeps its state in itself
//! and is stepped. One step gives a chunk of rows, asks for a block that is not in memory, gives way
//! because its share of work is done, or says that there is no more:
//!
//! ```text
//!        Execution          subplans first, then the root; writers end with the check of uniqueness
//!            |  step
//!          Limit
//!            |  step                 Chunk(rows)   up to 2,048 of them
//!          Sort                      Need(block)   load it, step again; nothing has happened
//!            |  step                 Yield         the budget is spent, step again
//!          Scan -- View (txn)        Done
//! ```
//!
//! So one mechanism serves storage that answers later, cancelling, fairness between sessions, and work
//! in between. Work is counted in rows; an operator that takes in many rows before it gives any comes
//! back after each chunk of its input. What is held in memory is counted, too, and bounded.
//!
//! Statements that touch one row by a unique key do not need operators: see [`Short`].

mod aggregate;
mod alter;
mod append;
mod apply;
mod build;
mod context;
mod definition;
mod distinct;
mod execution;
mod explain;
mod filter;
mod function_scan;
mod group_table;
mod index_scan;
mod join;
mod limit;
mod meter;
mod number;
mod past;
mod project;
mod recursive;
mod row_buffer;
mod scan;
mod sequence;
mod short;
mod sort;
mod subplan;
mod ties;
mod tuples;
mod values;
mod window;
mod write;

pub use context::{Access, Context, Operator, Step, Tuples};
pub use execution::Execution;
pub use meter::Meter;
pub use sequence::SessionSequences;
pub use short::{Short, ShortAnswer};
