//! Layer 3: a snapshot, private writes over it, and how they become a commit.

mod cursor;
mod scan;
mod transaction;
mod view;

pub use cursor::{IndexCursor, KeyRange};
pub use scan::{ScanUnit, ZoneFilter, ZoneRange};
pub use transaction::{CommitHead, Savepoint, Transaction};
pub use view::View;
