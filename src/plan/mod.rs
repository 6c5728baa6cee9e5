//! Layer 4: from syntax to a plan.

mod node;

pub use node::{
    Aggregate, AggregateFunction, Delete, Insert, JoinKind, Node, OutputColumn, Plan, Query,
    Returning, SortKey, TimeSlot, Update,
};
