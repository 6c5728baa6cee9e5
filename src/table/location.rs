//! Where a row version lies, and the answer of a read that may have to wait for it.

use std::fmt;

/// A block of row versions or a run of an index, unique in the database. The upper half of the numbers is
/// for a transaction's private blocks, which have no place in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u32);

impl BlockId {
    const PRIVATE: u32 = 1 << 31;

    /// The `index`-th private block of a transaction.
    pub fn private(index: u32) -> BlockId {
        BlockId(index | Self::PRIVATE)
    }

    /// The number of a private block; `None` for a block of the store.
    pub fn private_index(self) -> Option<u32> {
        (self.0 & Self::PRIVATE != 0).then_some(self.0 & !Self::PRIVATE)
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A row version: its place in a block. It stays readable for ever; copying forward only adds another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    pub block: BlockId,
    pub row: u32,
}

impl Location {
    pub(crate) fn pack(self) -> u64 {
        u64::from(self.block.0) << 32 | u64::from(self.row)
    }

    pub(crate) fn unpack(packed: u64) -> Location {
        Location {
            block: BlockId((packed >> 32) as u32),
            row: packed as u32,
        }
    }
}

/// What a read answers: the value, or the block that has to be loaded before it is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Fetch<T> {
    Ready(T),
    Need(BlockId),
}

impl<T> Fetch<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Fetch<U> {
        match self {
            Fetch::Ready(value) => Fetch::Ready(change(value)),
            Fetch::Need(block) => Fetch::Need(block),
        }
    }
}

/// What was fetched, or the way out of the function with what is needed first.
macro_rules! ready {
    ($fetch:expr) => {
        match $fetch {
            $crate::table::Fetch::Ready(value) => value,
            $crate::table::Fetch::Need(block) => return Ok($crate::table::Fetch::Need(block)),
        }
    };
}
pub(crate) use ready;
