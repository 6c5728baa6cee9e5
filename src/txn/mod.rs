//! Layer 3: a snapshot, private writes over it, and how they become a commit.

mod columns;
mod cursor;
mod ddl;
mod lookup;
mod net;
mod private;
mod scan;
mod transaction;
mod undo;
mod unique;
mod view;

pub use cursor::{IndexCursor, KeyRange};
pub use net::CommitHead;
pub use scan::{ScanUnit, ZoneFilter, ZoneRange};
pub use transaction::Transaction;
pub use undo::Savepoint;
pub use view::View;
