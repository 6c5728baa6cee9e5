//! What a checkpoint holds and nobody has asked for yet: bytes that were read and whose checksum was right, to be made into
//! what they stand for at the first touch.
//!
//! Who touches them need not be able to wait or to fail: it is done in place, and takes as long as it takes to read a few
//! kilobytes of memory. Bytes that contradict themselves, which no fault of a medium brings about, are noted in a mark that
//! all of a store share. What is made of them then has a shape and no meaning, and whoever was to have an answer from the
//! store or to write to it looks at the mark first.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

/// Whether something turned out to contradict itself.
pub(crate) type Damage = Rc<Cell<bool>>;

/// Some of the bytes of a part.
#[derive(Debug, Clone)]
pub(crate) struct Bytes {
    pub part: Rc<[u8]>,
    pub range: Range<usize>,
    /// The commit that they are as of.
    pub seq: u64,
    pub damage: Damage,
}

impl Bytes {
    pub fn get(&self) -> &[u8] {
        &self.part[self.range.clone()]
    }

    pub fn are_damaged(&self) {
        self.damage.set(true);
    }
}
