//! Layer 6: the database as its callers see it.
//!
//! [`Database`] owns the store, the log, the sessions and the plan cache; the clock, randomness and
//! storage are handed to it. Everything is synchronous: a request is started as a task and stepped by
//! the host, which may step several in turns and let its own event loop run in between.
//!
//! ```text
//!   start(session, request) -> task
//!   step(task, budget)      -> Working | NeedBlock | WaitingForWriter | Statement(result) … Finished | Failed
//!   flush(), durable_seq()  -> when a reply may be given: result.seq <= durable_seq
//! ```

mod begin;
mod cache;
mod cells;
mod check;
mod commit;
mod compact;
mod compile;
mod control;
mod cursor;
mod database;
mod encode;
mod execute;
mod function;
mod history;
mod live;
mod opening;
mod options;
mod outcome;
mod parameter;
pub mod report;
mod request;
mod run;
mod salvage;
mod session;
mod settings;
mod statement;
mod stats;
mod step;
mod talk;
mod task;

pub use cells::Cells;
pub use check::Checked;
pub use compact::Compacted;
pub use database::Database;
pub use encode::{Encoder, Wanted};
pub use function::Declaration;
pub use opening::Opening;
pub use options::{CHECKPOINT_AFTER, Durability, Limits, MEMORY, MEMORY_MAX, Options};
pub use outcome::{
    Counters, Description, Failure, History, HistoryEntry, Operation, Progress, StatementResult,
    TransactionStatus,
};
pub use parameter::Parameter;
pub use request::{AsOf, Request, Rows, SessionId, StatementId, TaskId, Work};
pub use salvage::Salvage;
