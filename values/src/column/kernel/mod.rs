//! Plain loops over typed slices, written so that the compiler makes SIMD of them where it optimises for speed.
//!
//! A loop computes every row, selected or not, where that costs less than asking; what must not be
//! computed for other rows (errors) is found by a flag gathered along the way and looked for only when
//! it is set. Validity is handled apart from the data: under a NULL the data holds a default of its
//! type, so that the loops need not ask. A constant operand has a loop of its own.

mod aggregate;
mod arithmetic;
mod compare;
mod decimal;
mod hash;
mod pieces;
mod positions;
mod select;
mod validity;
mod zeros;

pub use aggregate::{count_valid, max_i64, min_i64, sum_f64, sum_i64};
pub use arithmetic::{Arithmetic, Side, arithmetic_f64, arithmetic_i64};
pub use compare::{Comparison, compare_constant, compare_vectors};
pub use decimal::arithmetic_decimal;
pub use hash::{RowHasher, any_null, hash_bytes, hash_rows, rows_equal};
pub use pieces::Pieces;
pub use positions::{are_greater, bits_of_flags, positions_of_bits};
pub use select::true_rows;
pub use validity::{both_valid, clear_nulls};
pub use zeros::is_zero;
