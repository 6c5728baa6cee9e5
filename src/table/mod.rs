//! Layer 2: tables as row versions, their indexes and the catalogs, all readable at every moment.
//!
//! # Versions
//!
//! A row is a surrogate id and a sequence of versions. A version is alive in `[start, end)`: from the commit
//! that made it up to, not including, the commit that ended it. Nothing else is stored about time, and there
//! is one rule: a version is seen at `s` when `start <= s < end`.
//!
//! ```text
//!   sequence   0        1         2         3         4
//!            CREATE   INSERT    UPDATE    INSERT    DELETE
//!
//!   row 10            |-- ann --|-- eve -------------|
//!   row 11                                |-- bob --------->
//!
//!   row  name  start  end
//!   10   ann   1      2
//!   10   eve   2      4
//!   11   bob   3      alive
//! ```
//!
//! As of 1 the table holds ann: her version started at 1 and ends after 1. As of 2 it holds eve: ann's end is
//! 2, which is not after 2, and eve's start is 2. As of 3 it holds eve and bob; as of 4, and ever since, bob.
//! As of 0 it holds nothing, but it exists. The present is the moment of the last commit and is read by
//! the same rule. [`Catalog`]s are versioned alike: each commit with DDL makes the next one.
//!
//! An update makes a whole new version. It ends the old one by writing one number beside it, so what was
//! written once never changes and a reader of the past cannot be disturbed.
//!
//! # Blocks
//!
//! Versions lie in blocks of up to 2,048, one vector for each column, in the order they were committed.
//!
//! ```text
//!            appended once                            changes
//!   +-----+------+-------------------+-------+    +-------+
//!   | row | start| columns …         |       |    | end   |     present: a bitmap of the live rows
//!   +-----+------+-------------------+-------+    +-------+     past:    a compare of the ends with s
//! ```
//!
//! What had started at `s` is a prefix of the block, since rows are appended in commit order. So only the ends
//! are looked at, and for the present only the bitmap of live rows (`visibility`). A full block knows the least
//! and the greatest value of its columns, by which a scan skips it (`zone`).
//!
//! # Copying forward
//!
//! If old versions stayed where they are and new ones went to the end, a table that is updated for ever would
//! be read through ever more dead rows. So when more than a quarter of the rows in the full blocks are dead, the
//! commit that left them so copies the live ones of the sparsest to another block, and from that commit on the
//! old one is not read any more. The bound is on all of them together and not on each: rows that hardly ever
//! change keep their block just above any bound for long, and one that is copied stays dense for long.
//!
//! ```text
//!   sequence      0 ............ 700 ............ 1500 ..........>
//!   block 0       read----------->|  live rows copied to block 2 at 700
//!   block 1             read----------------------->|  and of block 1 at 1500
//!   block 2                       read------------------------->
//!   block 3                                         read------->
//! ```
//!
//! As of 600, blocks 0 and 1 are read; as of 1600, blocks 2 and 3 (`timeline`). A copy keeps its row id
//! and start but is readable only from the commit that copied it, so each moment finds each version in one
//! block. The originals are marked as moved, and reading *all* versions counts the newest copies alone. Every
//! moment is therefore read from blocks of which it sees some three quarters, be it the present or years ago; a
//! version is written two to three times. The idea is that of the multiversion B-tree (Becker et al., *An asymptotically
//! optimal multiversion B-tree*, 1996), applied to unordered blocks. Copies go to blocks of their own: what has
//! outlived its block once is likely to live on, so skewed updates do not copy the same cold rows again and again.
//!
//! # Rows and keys
//!
//! An index does not say where a version lies but which row had a key, and when. The location comes second.
//!
//! ```text
//!   key --(index, at s)--> row id --(row map, at s)--> location (block, row)
//!
//!               live tier                      closed tier
//!   index       ordered tree of               sorted runs of
//!               (key, row) since              (key, row) in [from, to)
//!   row map     row -> location               sorted runs of
//!                                             row -> location, [start, end)
//! ```
//!
//! The live tier is all that the present looks at: a look-up costs the same with a million dead versions of a key
//! as with none, and [`Stats`] counts the entries touched to prove it. What ends moves to the closed tier
//! (`closed`), in which an old moment finds its entries by binary search. An update that does not change a key
//! leaves the index alone, and copying forward changes the row map alone.
//!
//! TRUNCATE and DROP do not touch rows: each block gets one end for all, and the live tiers of a large
//! table are set aside whole.
//!
//! # One way to change, one way to wait
//!
//! [`Store::apply`] is the only writer, live and in replay, and everything here follows from the commits, so that
//! the log can be replayed into the same store. Blocks and runs are reached through calls that may answer
//! [`Fetch::Need`]; the caller loads the block and asks again. [`Residency::FirstTouch`] answers so once for each.
//!
//! # Checkpoints
//!
//! [`Capture`] writes the store as of a commit as parts, and [`Restore`] makes a store of them (`checkpoint`). Blocks and the
//! pieces of live tiers stay packed until they are touched (`waiting`), and the closed tiers of before unmade until a reader
//! needs them.
//!
//! # Memory
//!
//! What a checkpoint holds need not stay in memory: when more is held than [`Store::set_budget`] says, blocks, pages of row
//! maps, leaves of indexes, commits and closed tiers are dropped, those first that have not been used lately (`memory`), and
//! had again when they are touched. A checkpoint that was written becomes the place where all of that is had from
//! ([`Store::take_places`]). What changed since is in memory alone, and stays.
//!
//! # What is left out
//!
//! There is one branch. Runs are merged by the commit that fills
//! them. A moment before an index was made is served by the index too, but not by the short way for unique
//! keys, which they may not have been then.

mod append;
mod apply;
mod block;
mod blocks;
mod catalog;
mod changes;
mod check;
mod checkpoint;
mod closed;
mod commits;
mod index;
mod key;
mod location;
mod lost;
mod memory;
mod mention;
mod ordered_map;
mod relation;
mod room;
mod row_map;
mod rows;
mod size;
mod stamps;
mod store;
mod timeline;
mod visibility;
mod waiting;
mod zone;

pub use catalog::Catalog;
pub use check::Check;
pub use checkpoint::{Capture, Restore};
pub use location::{BlockId, Fetch, Location};
pub use memory::Waiter;
pub use mention::{
    MARK, each_text, mention, mentioned, mentions, mentions_in, next_of, with_names,
};
pub use size::Size;
pub use store::{CommitInfo, Residency, Stats, Store};
pub use waiting::Origin;

pub(crate) use append::{append_null, append_range, append_value, nulls};
pub(crate) use block::Block;
pub(crate) use blocks::Blocks;
pub(crate) use closed::{Closed, ClosedWalk};
pub(crate) use index::{AnyTiers, KeyIndex, LiveTree, Tiers, each_tiers};
pub(crate) use key::{Key, KeyShape, Keys};
pub use key::{KeyMaker, KeyMakers};
pub(crate) use location::ready;
pub(crate) use ordered_map::Place;
pub(crate) use relation::Relation;
pub(crate) use row_map::RowMap;
pub(crate) use rows::{Layout, Rows};
pub(crate) use stamps::ALIVE;
pub(crate) use store::{NextIds, Touched};
pub(crate) use visibility::{Selected, known_end, lies_within};
