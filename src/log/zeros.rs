//! Writing, where every byte counts, and zeros.

use crate::error::{Code, Error, Result};
use crate::storage::Storage;

/// Writes all of the bytes, or fails. A count that falls short, or is none, is how some browsers say that there is no room.
pub(super) fn write_all(
    storage: &mut dyn Storage,
    file: u32,
    offset: u64,
    bytes: &[u8],
) -> Result<()> {
    let count = storage.write_at(file, offset, bytes)?;
    match count != bytes.len() {
        true => Err(Error::new(
            Code::Quota,
            format!("the storage took {count} of {} bytes", bytes.len()),
        )),
        false => Ok(()),
    }
}

pub(super) fn write_zeros(
    storage: &mut dyn Storage,
    file: u32,
    range: std::ops::Range<u64>,
) -> Result<()> {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    let mut offset = range.start;
    while offset < range.end {
        let count = (range.end - offset).min(ZEROS.len() as u64);
        write_all(storage, file, offset, &ZEROS[..count as usize])?;
        offset += count;
    }
    Ok(())
}
