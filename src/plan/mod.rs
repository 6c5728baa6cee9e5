//! Layer 4: from syntax to a plan, and to a better one.

mod aggregate;
mod bind;
mod display;
mod node;
pub mod optimize;
mod past;
mod prepare;
mod retyped;
mod system;
mod tree;
mod window;

pub use aggregate::{Aggregate, AggregateFunction, Moment};
pub use bind::{BoundKey, Evaluate, is_built_in, key_maker};
pub use node::{
    AlterStep, ConflictUpdate, CreateTableAs, Delete, Insert, JoinKind, Node, OnConflict,
    OutputColumn, Plan, Query, Related, Restore, Returning, RowChange, Rules, SortKey, TimeSlot,
    Update,
};
pub use past::{Fate, Passage, PastCall, PastFunction, Target};
pub use prepare::{Options, Prepared, plan, plan_arguments, plan_moment, plan_type, plan_types};
pub use retyped::Retyped;
pub use system::SERVER_VERSION_NUM;
pub use tree::scan_type;
pub use window::{
    Exclusion, Frame, FrameBound, FrameKey, FrameOffset, FrameUnits, WindowCall, WindowFunction,
};
