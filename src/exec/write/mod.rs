//! The operators that write.
//!
//! Each first takes in all that its source yields and only then writes: so a statement never sees its
//! own writes, and nothing has been changed when the source asks for a block. What they yield are the
//! rows of RETURNING. Those inside WITH write last of all ([`deferred`](deferred::deferred)).

mod beside;
mod change;
mod constraint;
mod create;
mod deferred;
mod delete;
mod foreign_key;
mod insert;
mod restore;
mod update;
mod upsert;
mod writer;

pub use change::ChangeRows;
pub use constraint::{check_row, check_rows, check_update};
pub use create::CreateRows;
pub use deferred::{Found, Pending, deferred};
pub use delete::DeleteRows;
pub use foreign_key::{Settling, settle};
pub use insert::InsertRows;
pub use restore::Restores;
pub use update::UpdateRows;
pub use upsert::UpsertRows;
pub use writer::{Target, Writer, row_ids};
