//! Storage over files that JavaScript holds open: OPFS access handles in a browser, file descriptors in
//! Node.

use super::host::Host;
use crate::error::{Code, Error, Result};
use crate::storage::{Read, Storage, Ticket};
use std::rc::Rc;

/// What JavaScript answers in place of a count when an access failed.
const QUOTA: f64 = -2.0;

pub struct Files(pub Rc<Host>);

impl Files {
    /// The count, or the failure that a negative number stands for. Browsers differ in how they report
    /// one: what looks like a count is compared by the caller with what it should be.
    fn counted(&self, count: f64, what: &str) -> Result<f64> {
        if count >= 0.0 {
            return Ok(count);
        }
        let code = if count == QUOTA {
            Code::Quota
        } else {
            Code::Io
        };
        Err(Error::new(
            code,
            format!("{what} failed: {}", self.0.failure()),
        ))
    }
}

impl Storage for Files {
    fn file_count(&self) -> u32 {
        self.0.file_count()
    }

    fn len(&self, file: u32) -> Result<u64> {
        let length = self.counted(self.0.file_length(file), "asking for a file's length")?;
        Ok(length as u64)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        let (pointer, length) = (buffer.as_mut_ptr() as u32, buffer.len() as u32);
        let count = self.0.read(file, offset as f64, pointer, length);
        Ok(Read::Ready(self.counted(count, "a read")? as usize))
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        let (pointer, length) = (bytes.as_ptr() as u32, bytes.len() as u32);
        let count = self.0.write(file, offset as f64, pointer, length);
        Ok(self.counted(count, "a write")? as usize)
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        self.counted(self.0.clear(file), "emptying a file")
            .map(drop)
    }

    fn flush(&mut self) -> Result<Ticket> {
        self.counted(self.0.flush(), "a flush")?;
        Ok(Ticket(0))
    }

    /// Flushing is synchronous: it has ended, or failed, by the time a ticket is given.
    fn flushed(&mut self, _: Ticket) -> Result<bool> {
        Ok(true)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        self.0.request_files(count);
        Ok(())
    }
}
