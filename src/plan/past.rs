//! Functions in FROM that tell how tables came to be what they are.

use super::{Retyped, TimeSlot};
use crate::expr::Expr;
use crate::sql::UndoPolicy;
use crate::types::{DataType, TableSchema};
use std::rc::Rc;

/// | function | a row for | columns |
/// | --- | --- | --- |
/// | `diff('t', a, b)` | each row that differs between the moments | `op`, those of `t` at b, `changed`, those at a as `old_…` |
/// | `history('t', key, …)` | each state that the key has had, and each end of one | `seq`, `time`, `op`, `changed`, `until_seq`, `until_time`, `meta`, those of `t` |
/// | `blame('t')` | each row and column | the key, `column_name`, `seq`, `time`, `meta` of the commit that last changed it |
/// | `tags()` | each tag | `name`, `seq`, `time` of the commit that it names |
/// | `commits()`, `commits(a, b)` | each commit, or those from a to b | `seq`, `time`, `tables`, `affected_rows`, `meta`, `statement` |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PastFunction {
    Diff,
    History,
    Blame,
    Commits,
    Tags,
    /// What makes the rows of a table what they were: a row's id, what is to become of it, and its values.
    Restore,
    /// The same, so that a commit has not been.
    Undo(UndoPolicy),
}

impl PastFunction {
    pub fn named(name: &str) -> Option<PastFunction> {
        Some(match name {
            "diff" => PastFunction::Diff,
            "history" => PastFunction::History,
            "blame" => PastFunction::Blame,
            "commits" => PastFunction::Commits,
            "tags" => PastFunction::Tags,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct PastCall {
    pub function: PastFunction,
    /// The table as it is at each of the moments; all but `diff` have only the second.
    pub tables: [Option<Rc<TableSchema>>; 2],
    pub times: [TimeSlot; 2],
    pub types: Vec<DataType>,
    /// What a history tells where columns of the table changed their types.
    pub retyped: Option<Retyped>,
    /// What rows are to become rows of.
    pub target: Option<Target>,
}

/// A table as it is when the statement has run.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub table: Rc<TableSchema>,
    /// Of rows of the table at each of the moments.
    pub passages: [Passage; 2],
    /// What each column is given in a row that comes back and never had it: its default, or over the row's other columns what generates it.
    pub given: Vec<Expr>,
    pub fate: Fate,
}

/// What the statement does to a table besides its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Kept,
    /// It gets another definition.
    Redefined,
    /// It gets other columns.
    Reshaped,
    /// Among these are some whose place others had: all rows are written, so that each has its value in these alone.
    Retyped,
    /// It goes.
    Dropped,
}

/// Where a row's values go: for each of the columns that it is to have, the place of the one that it had, and what makes a value of
/// that one of the new type, if it was of another.
pub type Passage = Vec<Option<(usize, Option<Expr>)>>;
