//! Reading rows in the order of an index.

use crate::types::Value;
use std::ops::Bound;

/// The entries whose first key columns equal `prefix` and whose next one lies between the bounds. A NULL
/// never equals and never lies between bounds, so a NULL in `prefix` or in a bound yields nothing, and
/// rows with NULL in the next column come only when both of its bounds are open: last, or first backwards.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRange {
    pub prefix: Vec<Value>,
    pub lower: Bound<Value>,
    pub upper: Bound<Value>,
    pub backwards: bool,
}

/// A place in an index. It holds no reference, so commits may happen between two steps.
#[derive(Debug, Clone)]
pub struct IndexCursor {}
