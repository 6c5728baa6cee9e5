//! Results as one buffer that the host reads as typed arrays.
//!
//! ```text
//!   0  u32 bytes in all   u32 rows   u32 columns   u32 status
//!  16  f64 affected rows   f64 seq, -1 for none
//!  32  u32 offset and u32 length of the text   u32 UTF-16 units of the command   u32 1 if terse
//!  48  for each column 32 bytes:
//!        u32 OID   u32 kind   u32 offset of the values   u32 offset of the validity bits, 0 without NULLs
//!        u32 start and u32 end of the name in the text   u32 offset of the byte strings   u32 0
//!      the values, each array on a multiple of 8
//!      the text: the command, the names, the strings
//! ```
//!
//! All numbers are little endian, all offsets count from the start of the result. A kind says how the
//! values lie there: whole numbers as `i32` or `f64` where they fit, since a host has no cheap 64-bit
//! integers, and as `i64` where they do not. Every string of a result, names included, is in one
//! text that the host decodes with one call and cuts by UTF-16 positions. NUMERIC and UUID are texts, and
//! so is whatever the host asks for as text, in PostgreSQL's output syntax.

mod buffer;
mod column;
mod encoder;
#[cfg(test)]
mod tests;

pub use encoder::{Encoder, Wanted};
