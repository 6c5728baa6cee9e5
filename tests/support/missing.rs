//! A storage that has nothing at hand: every page of 4 KiB is missing at its first touch.

use driftdb::error::Result;
use driftdb::storage::{Read, Storage, Ticket};
use std::collections::HashSet;

const PAGE_BYTES: u64 = 4096;

pub struct Missing<S> {
    inner: S,
    touched: HashSet<(u32, u64)>,
    /// Files asked for appear only after the file count was looked at so often.
    requested: std::cell::Cell<Option<(u32, u32)>>,
    visible: std::cell::Cell<u32>,
    pub misses: u64,
}

impl<S: Storage> Missing<S> {
    pub fn new(inner: S) -> Self {
        let visible = inner.file_count().into();
        Missing {
            inner,
            touched: HashSet::new(),
            requested: None.into(),
            visible,
            misses: 0,
        }
    }
}

impl<S: Storage> Storage for Missing<S> {
    fn file_count(&self) -> u32 {
        match self.requested.get() {
            Some((count, 0)) => {
                self.requested.set(None);
                self.visible.set(count);
            }
            Some((count, looks)) => self.requested.set(Some((count, looks - 1))),
            None => {}
        }
        self.visible.get()
    }

    fn len(&self, file: u32) -> Result<u64> {
        self.inner.len(file)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        let end = offset + buffer.len().max(1) as u64;
        let pages = offset / PAGE_BYTES..end.div_ceil(PAGE_BYTES);
        let new = pages
            .filter(|page| self.touched.insert((file, *page)))
            .count();
        if new > 0 {
            self.misses += 1;
            return Ok(Read::Miss);
        }
        self.inner.read_at(file, offset, buffer)
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        self.inner.write_at(file, offset, bytes)
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        self.inner.clear(file)
    }

    fn answers_at_once(&self) -> bool {
        false
    }

    fn flush(&mut self) -> Result<Ticket> {
        self.inner.flush()
    }

    fn flushed(&mut self, ticket: Ticket) -> Result<bool> {
        self.inner.flushed(ticket)
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        self.inner.request_files(count)?;
        if self.requested.get().is_none() && count > self.visible.get() {
            self.requested.set(Some((count, 2)));
        }
        Ok(())
    }
}
