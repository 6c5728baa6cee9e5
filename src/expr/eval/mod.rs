//! Evaluation.
//!
//! There are two evaluators with one meaning. `row` computes one row from values: it is the
//! definition, short statements and constants use it. `vector` computes a chunk at a time: it takes
//! the common operations to the loops of [`column::kernel`](crate::column::kernel) and applies the
//! definition row by row for the rest. A property test holds them together.
//!
//! No row raises an error that was not asked for: CASE, COALESCE, AND and OR narrow the selection
//! before they evaluate what depends on what came before.

#[cfg(test)]
mod agreement;
mod arithmetic;
mod by_row;
mod condition;
mod degrees;
mod exponential;
mod external;
mod fold;
mod function;
mod like;
mod loops;
mod membership;
mod number_function;
mod regex_function;
mod row;
mod text_function;
mod vector;

pub use by_row::RowBuilder;
pub use condition::filter;
pub use degrees::Trigonometry;
pub use fold::{evaluate_immutable, fold_constants};
pub(super) use regex_function::{regexp_matches, regexp_split};
pub use row::{evaluate_row, evaluate_value};
pub use vector::evaluate;
