//! Layer 2: tables as row versions, their indexes and the catalogs, all readable at every moment.

mod append;
mod apply;
mod block;
mod blocks;
mod catalog;
mod closed;
mod index;
mod key;
mod location;
mod ordered_map;
mod positions;
mod relation;
mod row_map;
mod rows;
mod stamps;
mod store;
mod timeline;
mod visibility;
mod zone;

pub use catalog::Catalog;
pub use location::{BlockId, Fetch, Location};
pub use store::{CommitInfo, Residency, Stats, Store};

pub(crate) use append::{append_range, append_value};
pub(crate) use block::Block;
pub(crate) use blocks::Blocks;
pub(crate) use closed::{Closed, ClosedWalk};
pub(crate) use index::{AnyTiers, KeyIndex, LiveTree, Tiers, each_tiers};
pub(crate) use key::{ByteKey, Key, KeyShape, Keys};
pub(crate) use ordered_map::Place;
pub(crate) use relation::Relation;
pub(crate) use row_map::RowMap;
pub(crate) use rows::{Layout, Rows};
pub(crate) use stamps::ALIVE;
pub(crate) use store::{NextIds, Touched};
pub(crate) use visibility::{Selected, known_end, lies_within};
