//! Exact decimals, as PostgreSQL's `numeric`.
//!
//! A number is `mantissa / 10^scale`, of any size up to 131,072 digits before the point and 16,383
//! after it, beside NaN and the two infinities. A mantissa that fits is an `i128`, which covers every
//! number of up to 38 digits; beyond that a big-integer library takes over. The scale is what is
//! displayed: `1.0` and `1.00` are equal and hash alike, but print differently.
//!
//! What scale a result has is part of its meaning. Sums take the larger scale, products the sum of
//! both; quotients, roots and logarithms aim at sixteen significant digits and count them in
//! PostgreSQL's digits of base 10,000 (`weight`), so that the same question prints the same answer.

mod arithmetic;
mod convert;
mod division;
mod number;
#[cfg(test)]
mod properties;
mod rounding;
mod sum;
mod text;
mod transcendental;

pub use number::Decimal;
pub use sum::DecimalSum;
