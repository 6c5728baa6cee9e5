//! Plain loops over typed slices, written so that the compiler makes SIMD of them.

mod hash;

pub use hash::{any_null, hash_rows, rows_equal};
