//! Arrays: one dimension, counted from 1, of elements of one type that may be NULL.
//!
//! A value is its elements, whatever their type, so that the functions here are a few loops over values.
//! Which element type a call is about follows from its arguments ([`resolve_array_call`]); the elements of all of them are
//! brought to the one in which they meet. Left out: several dimensions, other lower bounds than 1, and
//! what finds equal elements of types that do not compare by what they hold (interval, jsonb).

mod assign;
mod call;
mod catalogue;
mod json;
mod resolve;
mod text;

pub(super) use call::{call, mistyped};
pub use catalogue::ArrayFunction;
pub use json::elements_of_json;
pub(super) use resolve::{check_comparable, concat_name};
pub use resolve::{
    is_array_function, resolve_array, resolve_array_call, resolve_assign, resolve_assign_slice,
    resolve_slice, resolve_subscript, subscripted,
};
pub(super) use text::{parse, print};
