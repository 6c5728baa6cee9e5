//! Layer 3: from text to syntax.
//!
//! ```text
//! script -- scan --> one statement: its plan cache key and its lifted literals
//!       \            / |  (only if no plan is cached)
//!        - template -  |  like one of the last few: recognised by its bytes
//!                       v
//!                    tokens -- temporal --> plain tokens + the temporal clauses in a side table
//!                                 |
//!                              complexity: refuses what would overflow a stack
//!                                 |
//!                               parse --> Statement: syntax tree + clauses
//! ```
//!
//! The grammar is `sqlparser`'s; its types go no further than the binder in `plan`. It is given tokens
//! rather than text: they come from our own lexer, with positions counted in characters over the whole
//! script, so literals and temporal clauses can be taken out without moving anything.

mod alter;
mod clause;
mod complexity;
mod copy;
mod create;
mod cursor;
mod definition;
mod exclusion;
mod grammar;
mod in_list;
mod inference;
mod lexer;
mod lift;
mod literal;
mod locking;
mod maintenance;
mod moment;
mod parse;
mod place;
mod pragma;
mod reader;
mod rename;
mod reserved;
mod restore;
mod scan;
mod sequence;
mod session;
mod subscript;
mod symmetric;
mod synonym;
mod template;
mod temporal;
mod token;
mod tuple;
mod type_definition;
mod whole_table;

pub use alter::{Alter, AlterAction, AlterChange, ColumnChange};
pub use clause::{Clause, Moment, Temporal};
pub use copy::CopyFrom;
pub use create::{CreateIndex, CreateTable, Like};
pub use cursor::{CursorOptions, Direction};
pub(crate) use definition::Texts;
pub use exclusion::Exclusion;
pub use grammar::{Syntax, written_by};
pub use inference::Inference;
pub use lift::Lifted;
pub use literal::{Literal, LiteralClass};
pub use moment::{Point, Timeline, point_of_value, resolve_moment, resolve_range};
pub use parse::{Lifting, Statement, parse, parse_expression};
pub use rename::{Named, bare, enclosed, literal_of, rename, replace};
pub use reserved::{check_name, unexpected};
pub use restore::UndoPolicy;
pub use scan::{Place, Scanned, Source, Statements};
pub use sequence::{Overriding, SequenceOptions};
pub use session::{Modes, SessionStatement};
pub use symmetric::SYMMETRIC;
pub use synonym::ROWS_FROM;
pub use template::Template;
pub use type_definition::TypeChange;
