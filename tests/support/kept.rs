//! Files that outlive the database that is open on them, so that it can be opened anew, and weighed.

use driftdb::error::Result;
use driftdb::storage::{Memory, Read, Storage, Ticket};
use std::cell::RefCell;
use std::rc::Rc;

/// A handle; clones share the files.
#[derive(Clone, Default)]
pub struct Kept(Rc<RefCell<Memory>>);

// Not everything that keeps files weighs them.
#[allow(dead_code)]
impl Kept {
    /// Bytes of all files, without the zeros at their ends.
    pub fn bytes(&self) -> u64 {
        self.bytes_of(b"")
    }

    /// The same of those that begin with something.
    pub fn bytes_of(&self, magic: &[u8]) -> u64 {
        let files = &self.0.borrow().files;
        let files = files.iter().filter(|file| file.starts_with(magic));
        let used = |file: &Vec<u8>| {
            file.iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |at| at + 1)
        };
        files.map(|file| used(file) as u64).sum()
    }
}

impl Storage for Kept {
    fn file_count(&self) -> u32 {
        self.0.borrow().file_count()
    }

    fn len(&self, file: u32) -> Result<u64> {
        self.0.borrow().len(file)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        self.0.borrow_mut().read_at(file, offset, buffer)
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.0.borrow_mut().write_at(file, offset, bytes)
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        self.0.borrow_mut().clear(file)
    }

    fn flush(&mut self) -> Result<Ticket> {
        self.0.borrow_mut().flush()
    }

    fn flushed(&mut self, ticket: Ticket) -> Result<bool> {
        self.0.borrow_mut().flushed(ticket)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        self.0.borrow_mut().request_files(count)
    }
}
