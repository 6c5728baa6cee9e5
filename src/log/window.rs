//! A view of a file that moves forward, so that a log of any size is read in a few megabytes.

use crate::error::{Code, Error, Result};
use crate::storage::{Read, Storage};

/// Bytes read at a time.
const READ_BYTES: u64 = 1 << 20;

#[derive(Debug, Default)]
pub struct Window {
    file: u32,
    /// Where in the file the bytes lie.
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// The `count` bytes at `offset`, or `None` if the storage has yet to get them: ask again later.
    /// The caller knows that they lie within `length`, the length of the file. Bytes before `offset` are
    /// forgotten when more have to be read.
    pub fn get(
        &mut self,
        storage: &mut dyn Storage,
        (file, length): (u32, u64),
        offset: u64,
        count: usize,
    ) -> Result<Option<&[u8]>> {
        let end = offset + count as u64;
        if file != self.file || offset < self.start || end > self.end() {
            self.forget_before(file, offset);
            let until = end.max(offset + READ_BYTES).min(length);
            if !self.read_until(storage, until)? {
                return Ok(None);
            }
        }
        let from = (offset - self.start) as usize;
        Ok(Some(&self.bytes[from..from + count]))
    }

    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn forget_before(&mut self, file: u32, offset: u64) {
        if file == self.file && (self.start..self.end()).contains(&offset) {
            self.bytes.drain(..(offset - self.start) as usize);
        } else {
            self.bytes.clear();
        }
        (self.file, self.start) = (file, offset);
    }

    fn read_until(&mut self, storage: &mut dyn Storage, until: u64) -> Result<bool> {
        let (offset, had) = (self.end(), self.bytes.len());
        self.bytes.resize(had + (until - offset) as usize, 0);
        let read = read_exact(storage, self.file, offset, &mut self.bytes[had..]);
        if read != Ok(true) {
            self.bytes.truncate(had);
        }
        read
    }
}

/// Fills the buffer, or says that the storage has yet to get the bytes.
///
/// # Errors
/// `IO` if the storage gives fewer bytes than the file has: that is no end of the log.
pub fn read_exact(
    storage: &mut dyn Storage,
    file: u32,
    offset: u64,
    buffer: &mut [u8],
) -> Result<bool> {
    match storage.read_at(file, offset, buffer)? {
        Read::Miss => Ok(false),
        Read::Ready(count) if count == buffer.len() => Ok(true),
        Read::Ready(count) => Err(Error::new(
            Code::Io,
            format!(
                "file {file} gave {count} of {} bytes at offset {offset}",
                buffer.len()
            ),
        )),
    }
}
