//! Functions that answer rows: in a FROM, and in the outputs of a SELECT.
//!
//! ```text
//!   generate_series(1, 3)       json_each('{"a": 1, "b": 2}')
//!    1                           key | value
//!    2                           a   | 1
//!    3                           b   | 2
//! ```
//!
//! A call is begun with the values of its arguments and then asked for one row after another, so that a
//! series may be as long as it likes. A call of which an argument is NULL has no rows, but for those whose
//! NULL has a meaning (no delimiter).

mod catalogue;
mod json;
mod rows;
mod series;

pub use catalogue::{SetCall, SetFunction, is_set_function, resolve_set_function};
pub(super) use json::Walk;
pub use rows::SetRows;
pub(super) use rows::next_field;
