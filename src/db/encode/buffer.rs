//! Numbers at their places in the buffer.

use crate::error::{Code, Error, Result};

/// Offsets are 32 bits wide; a larger result is refused.
pub(super) fn offset(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| {
        Error::new(Code::MemoryLimit, "the result is larger than 4 GiB")
            .with_hint("ask for fewer rows or columns at a time")
    })
}

/// Room for so many more bytes.
pub(super) fn reserve(out: &mut Vec<u8>, bytes: usize) -> Result<()> {
    out.try_reserve(bytes).map_err(|_| {
        Error::new(Code::MemoryLimit, "there is no memory for the result")
            .with_hint("ask for fewer rows or columns at a time")
    })
}

pub(super) fn put<const N: usize>(out: &mut [u8], at: usize, bytes: [u8; N]) {
    out[at..at + N].copy_from_slice(&bytes);
}

pub(super) fn put_u32(out: &mut [u8], at: usize, value: u32) {
    put(out, at, value.to_le_bytes());
}

pub(super) fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(8), 0);
}
