//! A storage that writes down every call, for scripts.

use driftdb::error::Result;
use driftdb::storage::{Read, Storage, Ticket};
use std::cell::RefCell;
use std::rc::Rc;

pub struct Tracing<S> {
    inner: S,
    trace: Rc<RefCell<Vec<String>>>,
}

impl<S: Storage> Tracing<S> {
    /// The calls are added to `trace`, one line each.
    pub fn new(inner: S, trace: Rc<RefCell<Vec<String>>>) -> Self {
        Tracing { inner, trace }
    }

    fn note(&self, line: String) {
        self.trace.borrow_mut().push(line);
    }
}

impl<S: Storage> Storage for Tracing<S> {
    fn file_count(&self) -> u32 {
        self.inner.file_count()
    }

    fn len(&self, file: u32) -> Result<u64> {
        self.inner.len(file)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        self.note(format!(
            "read file={file} offset={offset} length={}",
            buffer.len()
        ));
        self.inner.read_at(file, offset, buffer)
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        let kind = if bytes.iter().all(|byte| *byte == 0) {
            " zeros"
        } else {
            ""
        };
        self.note(format!(
            "write file={file} offset={offset} length={}{kind}",
            bytes.len()
        ));
        self.inner.write_at(file, offset, bytes)
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        self.note(format!("clear file={file}"));
        self.inner.clear(file)
    }

    fn flush(&mut self) -> Result<Ticket> {
        self.note("flush".to_string());
        self.inner.flush()
    }

    fn flushed(&mut self, ticket: Ticket) -> Result<bool> {
        self.inner.flushed(ticket)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        self.note(format!("request files={count}"));
        self.inner.request_files(count)
    }
}
