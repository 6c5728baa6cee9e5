//! What a statement uses up and what it did.

use super::row_buffer::chunk_bytes;
use crate::column::Chunk;
use crate::error::{Code, Error, Result};
use crate::types::HeapBound;

/// Counts of one statement.
pub struct Meter {
    memory: u64,
    memory_max: u64,
    heap: HeapBound,
    /// What everything took when the transaction began.
    began: u64,
    /// When the statement began.
    start: i64,
    /// Rows inserted, updated, deleted or truncated.
    pub affected_rows: u64,
}

impl Meter {
    pub fn new(memory_max: u64) -> Meter {
        Meter {
            memory: 0,
            memory_max,
            heap: HeapBound::default(),
            began: 0,
            start: 0,
            affected_rows: 0,
        }
    }

    /// With the bound of what everything takes, which was `began` when the transaction began, and with the time now.
    pub fn within(self, heap: &HeapBound, began: u64, start: i64) -> Meter {
        let heap = heap.clone();
        Meter {
            heap,
            began,
            start,
            ..self
        }
    }

    pub fn start(&self) -> i64 {
        self.start
    }

    pub fn heap(&self) -> &HeapBound {
        &self.heap
    }

    /// Whether the statement may write more.
    ///
    /// # Errors
    /// `MemoryLimit` if it may not.
    pub fn check_write(&self) -> Result<()> {
        self.heap.check_write(self.began)
    }

    /// Counts bytes that stay until the statement ends, or until they are given back.
    ///
    /// # Errors
    /// `MemoryLimit` beyond the bound.
    pub fn hold(&mut self, bytes: usize) -> Result<()> {
        self.memory += bytes as u64;
        if self.memory <= self.memory_max {
            return self.heap.check(0);
        }
        let mebibytes = self.memory_max >> 20;
        let message = format!("the statement needs more than its {mebibytes} MiB of memory");
        let hint = "Ask for fewer rows at a time, or open the database with more memory.";
        Err(Error::new(Code::MemoryLimit, message).with_hint(hint))
    }

    /// What is held now.
    pub fn held(&self) -> u64 {
        self.memory
    }

    /// Gives bytes back.
    pub fn release(&mut self, bytes: u64) {
        self.memory = self.memory.saturating_sub(bytes);
    }

    /// Counts the rows of a chunk.
    pub fn hold_chunk(&mut self, chunk: &Chunk) -> Result<()> {
        self.hold(chunk_bytes(chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_bounded() {
        let mut meter = Meter::new(100);
        assert!(meter.hold(60).is_ok());
        assert_eq!(meter.hold(60).unwrap_err().code(), Code::MemoryLimit);
    }
}
