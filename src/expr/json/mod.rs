//! JSON and JSONB.
//!
//! Both are held as text. JSON is the user's own, checked; JSONB is in a normal form: keys sorted by
//! length and then bytes, the last of equal keys kept, numbers as exact decimals, one blank behind
//! `,` and `:`. Since both are text, `->` finds the member it wants without building a tree.

mod access;
mod build;
mod compare;
mod document;
mod path;
mod reader;

pub(super) use access::{Step, array_length, as_text, get, get_text, is_scalar, type_name};
pub(super) use build::build;
pub(super) use compare::{compare, equality_key};
pub use document::Json;
pub(super) use document::{concat, delete, normalize};
pub(super) use path::{Change, assign, change, contains, exists, get_path, pretty, strip_nulls};
pub(super) use reader::{Reader, unescape, validate};
