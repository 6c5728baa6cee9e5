//! A storage that the log writes and the tables read from.

use super::{Read, Storage, Ticket};
use crate::error::Result;
use std::cell::RefCell;
use std::rc::Rc;

/// One of several handles on a storage.
#[derive(Clone)]
pub struct Shared(Rc<RefCell<Box<dyn Storage>>>);

impl Shared {
    pub fn new(storage: Box<dyn Storage>) -> Shared {
        Shared(Rc::new(RefCell::new(storage)))
    }
}

impl Storage for Shared {
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

    fn has_room(&self) -> bool {
        self.0.borrow().has_room()
    }

    fn answers_at_once(&self) -> bool {
        self.0.borrow().answers_at_once()
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        self.0.borrow_mut().request_files(count)
    }
}
