//! Layer 3: a snapshot, private writes over it, and how they become a commit.
//!
//! # What a transaction sees
//!
//! A [`Transaction`] reads the store as of the last commit when it began, with its own writes over it; a
//! [`View`] is that, or a bare snapshot, and everything that reads goes through one.
//!
//! ```text
//!                 +---------------------------+
//!   private       | new versions  12' 15'     |   whole rows in private blocks
//!                 | ended         12          |   a bitmap over each block of the store
//!                 +---------------------------+
//!   snapshot      | versions      11 12 13 14 |   the store as of the last commit
//!                 +---------------------------+
//!   the view        11 12' 13 14 15'
//! ```
//!
//! Row 12 was updated: its version in the store is hidden by the bitmap and the next one lies in a private
//! block. Row 15 was inserted. Private blocks are made of the same columns as the store's and are read by the same
//! code. Only reads of the present see them: `AS OF` and the ranges of versions are about commits. A private version
//! has no sequence yet, so its `system_seq_start` is NULL.
//!
//! # Isolation
//!
//! One transaction writes at a time and any number read, so transactions are serialisable as they are, and none
//! is ever told to try again. A reader is not affected by commits: its snapshot's versions do not change, and the
//! units of a scan and the place of an index cursor mean the same after a commit as before. Within a statement, a
//! scan does not see rows that the statement itself adds after the scan started.
//!
//! # Statements and savepoints
//!
//! Every write leaves its reverse in an undo list, so a [`Savepoint`] is a place in that list and costs nothing
//! to take. One is taken before each statement; a statement that fails is rolled back to it. Uniqueness is checked
//! at the end of the statement, so `SET id = id + 1` passes (`unique`).
//!
//! # Temporary tables
//!
//! A session keeps them in the form of private writes and lends them to each of its transactions (`temporary`).
//!
//! # The net commit
//!
//! At the end the transaction becomes one [`Commit`](crate::commit::Commit) with the next sequence. It holds net
//! changes: a row changed twice appears once, one inserted and deleted again not at all, and a table made and
//! dropped neither; if nothing is left there is no commit and no sequence is used (`net`).

mod changes;
mod columns;
mod cursor;
mod ddl;
mod foreign_key;
mod history;
mod lookup;
mod merge;
mod net;
mod private;
mod scan;
mod sequence;
mod temporary;
mod transaction;
mod undo;
mod unique;
mod view;

pub use changes::State;
pub use cursor::{IndexCursor, KeyRange};
pub use foreign_key::{RowEvent, Waiting, key_of};
pub use history::{Event, Holds, Operation};
pub use net::CommitHead;
pub use scan::{ScanUnit, ZoneFilter, ZoneRange};
pub use sequence::SequencePlace;
pub use temporary::{Temporary, TemporaryPlace};
pub use transaction::Transaction;
pub use undo::Savepoint;
pub use view::View;
