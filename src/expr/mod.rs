//! Layer 2: bound expressions, the functions and casts they use, and their evaluation over chunks.
//!
//! ```text
//!   names and types                        rows
//!        |                                   |
//!   resolve_*  --- coerce_to --->  Expr  -- evaluate, filter, evaluate_row -->  vectors, values
//!   (candidate, signature,         (tree)   (eval, and json, datetime, text,
//!    operator, construct, call)              pattern, cast, input, output)
//! ```
//!
//! Building an [`Expr`] goes through the `resolve_*` functions, which know PostgreSQL's rules for
//! choosing among candidates and put in every cast; evaluating goes through [`evaluate`], one vector
//! at a time, or [`evaluate_row`], one row at a time. The evaluator never guesses: what it is handed is
//! of the types that it was resolved for.
//!
//! Three types do not compare by what they hold. JSONB is compared by [`Function::JsonbKey`] and
//! [`Function::JsonbCompare`], intervals by [`Function::IntervalSpan`]; operators are resolved to those,
//! and [`ordering_key`] and [`grouping_key`] put them where sorting and grouping need them. CHAR(n) is
//! held without the blanks at its end, so that it compares as it must; output pads it.

mod array;
mod call;
mod candidate;
mod cast;
mod check;
mod coercion;
mod construct;
mod context;
mod copy;
mod datetime;
mod encode;
mod eval;
mod external;
mod from_number;
mod function;
mod input;
mod json;
mod jsonpath;
mod keyword;
mod letter_case;
mod members;
mod number_template;
mod numeral;
mod operator;
mod output;
mod pattern;
mod quote;
mod regex;
mod set;
mod signature;
mod symbol;
mod text;
mod tree;

pub use array::{
    ArrayFunction, elements_of_json, is_array_function, resolve_array, resolve_array_call,
    resolve_assign, resolve_assign_slice, resolve_slice, resolve_subscript, subscripted,
};
pub use call::{
    copy_line, is_json_row, json_element, json_member, json_row, resolve_function, resolve_variadic,
};
pub use check::Check;
pub use coercion::{CastContext, coerce_all, coerce_to, coerce_to_boolean, common_type};
pub use construct::{
    grouping_key, ordering_key, repeatable, resolve_and, resolve_between, resolve_case,
    resolve_coalesce, resolve_extreme, resolve_in_list, resolve_in_subplan, resolve_is_distinct,
    resolve_is_null, resolve_is_truth, resolve_like, resolve_not, resolve_null_if, resolve_or,
    resolve_quantified, round_time,
};
pub use context::{EvalContext, Sequences, SubplanRows};
pub use copy::CopyFormat;
pub use eval::{
    Trigonometry, evaluate, evaluate_immutable, evaluate_row, evaluate_value, filter,
    fold_constants,
};
pub use external::{Aggregator, Body, External, Externals, Scalar, States, resolve_external};
pub use function::{Function, Volatility};
pub use input::parse_value;
pub use json::Json;
pub use keyword::{is_fully_reserved, is_reserved};
pub use operator::{resolve_negate, resolve_operator, resolve_plus};
pub use output::format_value;
pub use quote::{name_parts, quote_ident};
pub use set::{SetCall, SetFunction, SetRows, is_set_function, resolve_set_function};
pub use symbol::resolve_symbol;
pub use text::{too_long, without_escapes};
pub use tree::{BinaryOperator, Expr, ExprKind};
