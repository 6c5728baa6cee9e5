//! Layer 4: from syntax to a plan, and to a better one.

mod bind;
mod display;
mod node;
pub mod optimize;
mod prepare;
mod tree;

pub use node::{
    Aggregate, AggregateFunction, Delete, Insert, JoinKind, Node, OutputColumn, Plan, Query,
    Returning, SortKey, TimeSlot, Update,
};
pub use prepare::{Options, Prepared, plan, plan_moment};
pub use tree::scan_type;
