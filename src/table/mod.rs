//! Layer 2: tables as row versions, their indexes and the catalogs, all readable at every moment.

mod catalog;
mod location;
mod store;

pub use catalog::Catalog;
pub use location::{BlockId, Fetch, Location};
pub use store::{CommitInfo, Residency, Stats, Store};
