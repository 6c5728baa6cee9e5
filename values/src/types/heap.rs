//! The memory that everything shares, and its bound.
//!
//! Where memory ends, in a browser at 4 GiB, the program ends with it. So what would take more is refused before:
//!
//! ```text
//!   0 ------------------------------ writes_max ----- max ---------- the end of memory
//!     anything                        | reading only  | nothing      | what a step takes before it is asked again
//! ```
//!
//! Committing takes as much again as the transaction holds, at most twice: a transaction is refused a write from which on
//! it could not be committed. Reading, and taking back what was written, go on where writing ends.

use crate::error::{Code, Error, Result};
use std::rc::Rc;

/// Counts the memory of the process. It is handed in from outside.
pub trait Heap {
    /// Bytes that everything in it takes now.
    fn used(&self) -> u64;
}

/// The share of the bound that is kept free of writes.
const FREE_OF_WRITES: u64 = 6;

/// How much of a heap may be used; without a heap, as much as there is.
#[derive(Clone, Default)]
pub struct HeapBound {
    heap: Option<Rc<dyn Heap>>,
    max: u64,
}

impl HeapBound {
    pub fn new(heap: Rc<dyn Heap>, max: u64) -> HeapBound {
        HeapBound {
            heap: Some(heap),
            max,
        }
    }

    pub fn used(&self) -> u64 {
        self.heap.as_ref().map_or(0, |heap| heap.used())
    }

    /// How much may be used; nothing where it is not counted.
    pub fn max(&self) -> Option<u64> {
        self.heap.as_ref().map(|_| self.max)
    }

    /// Whether there is room for `more` bytes.
    ///
    /// # Errors
    /// `MemoryLimit` if there is not.
    pub fn check(&self, more: u64) -> Result<()> {
        match self.heap.is_none() || self.used().saturating_add(more) <= self.max {
            true => Ok(()),
            false => Err(self.exceeded()),
        }
    }

    /// Whether a transaction that began when so many bytes were used may write more.
    ///
    /// # Errors
    /// `MemoryLimit` if it may not.
    pub fn check_write(&self, began: u64) -> Result<()> {
        let grown = self.used().saturating_sub(began);
        self.check(self.max / FREE_OF_WRITES + 2 * grown)
    }

    fn exceeded(&self) -> Error {
        let mebibytes = self.max >> 20;
        let message = format!("the database needs more than its {mebibytes} MiB of memory");
        Error::new(Code::MemoryLimit, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u64);

    impl Heap for Fixed {
        fn used(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn writing_ends_before_reading_does() {
        let bound = |used| HeapBound::new(Rc::new(Fixed(used)), 600);
        let refusals = |used, began| {
            let bound = bound(used);
            [bound.check(0), bound.check_write(began)].map(|checked| checked.is_err())
        };
        assert_eq!(refusals(500, 500), [false, false]);
        assert_eq!(refusals(501, 501), [false, true]);
        assert_eq!(refusals(601, 601), [true, true]);
        // It would take twice what it holds to commit.
        assert_eq!(refusals(300, 200), [false, false]);
        assert_eq!(refusals(301, 200), [false, true]);
        assert!(HeapBound::default().check_write(0).is_ok());
    }
}
