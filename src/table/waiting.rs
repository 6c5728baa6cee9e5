//! What a checkpoint holds and nobody has asked for yet: bytes whose checksum was right, to be made into what they stand for
//! at the first touch.
//!
//! Who touches them need not be able to wait or to fail: it is done in place, and takes as long as it takes to read a few
//! kilobytes. The bytes of a part are those that were read when the database was opened, or when the part was written; they
//! may be dropped where the storage gives them again at once, and verify again then. What is made of bytes that could not be
//! had, or that contradict themselves, has a shape and no meaning (see `memory`).

use super::memory::{Mark, Memory, Round};
use crate::encoding::wire::Decoded;
use crate::error::Result;
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// Where a part of a checkpoint comes from.
pub trait Origin {
    /// Reads the part once more.
    ///
    /// # Errors
    /// `CORRUPT` if its bytes are others now, `IO` if the storage fails.
    fn read(&self) -> Result<Vec<u8>>;
}

/// A part of a checkpoint.
pub(crate) struct Part {
    /// None where the bytes have to be kept.
    origin: Option<Box<dyn Origin>>,
    held: RefCell<Option<Rc<[u8]>>>,
    length: usize,
    mark: Mark,
    memory: Rc<Memory>,
}

impl Part {
    pub fn new(bytes: Vec<u8>, origin: Option<Box<dyn Origin>>, memory: &Rc<Memory>) -> Rc<Part> {
        let part = Part {
            origin,
            length: bytes.len(),
            held: RefCell::new(None),
            mark: Mark::default(),
            memory: memory.clone(),
        };
        part.hold(&bytes.into());
        Rc::new(part)
    }

    /// One that was just written: had from its origin, or held where there is none.
    pub fn written(
        bytes: Vec<u8>,
        origin: Option<Box<dyn Origin>>,
        memory: &Rc<Memory>,
    ) -> Rc<Part> {
        let part = Part::new(bytes, origin, memory);
        if part.origin.is_some() {
            *part.held.borrow_mut() = None;
        }
        part
    }

    fn hold(&self, bytes: &Rc<[u8]>) {
        self.mark.set();
        self.memory.grow(bytes.len());
        *self.held.borrow_mut() = Some(bytes.clone());
    }

    /// Bytes of it, held or not.
    pub fn len(&self) -> usize {
        self.length
    }

    /// The bytes, which are not kept for it.
    pub fn read(&self) -> Result<Rc<[u8]>> {
        if let Some(held) = &*self.held.borrow() {
            self.mark.set();
            return Ok(held.clone());
        }
        let origin = self.origin.as_ref();
        let read = origin.map_or_else(|| Ok(Vec::new()), |origin| origin.read());
        read.map(Rc::from)
    }

    /// The bytes, more of which will be asked for.
    pub fn bytes(&self) -> Result<Rc<[u8]>> {
        let bytes = self.read()?;
        if self.held() == 0 {
            self.hold(&bytes);
        }
        Ok(bytes)
    }

    /// Bytes that are held.
    pub fn held(&self) -> usize {
        self.held.borrow().as_ref().map_or(0, |held| held.len())
    }

    /// Takes part in a round.
    pub fn go_round(&self, round: &mut Round) {
        match self.origin {
            Some(_) if round.drops(&self.mark, self.held()) => *self.held.borrow_mut() = None,
            Some(_) => {}
            None => round.fix(self.held()),
        }
    }
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a part, {} bytes of it held", self.held())
    }
}

/// Some of the bytes of a part.
#[derive(Debug, Clone)]
pub(crate) struct Bytes {
    pub part: Rc<Part>,
    pub range: Range<usize>,
    /// The commit that they are as of.
    pub seq: u64,
}

/// Which bytes of a part, or which piece that never was in one: by where they lie in memory.
pub(crate) type Identity = (usize, usize);

impl Bytes {
    pub fn identity(&self) -> Identity {
        (Rc::as_ptr(&self.part) as usize, self.range.start)
    }

    /// Appends them.
    pub fn append_to(&self, out: &mut Vec<u8>) -> Result<()> {
        out.extend(&self.part.bytes()?[self.range.clone()]);
        Ok(())
    }

    /// What they stand for; nothing, which is noted, where they cannot be had or contradict themselves.
    pub fn decode<T>(&self, read: impl FnOnce(&[u8]) -> Decoded<T>) -> Option<T> {
        let memory = &self.part.memory;
        let bytes = self.part.bytes();
        let bytes = bytes.map_err(|error| memory.fail(error)).ok()?;
        let decoded = read(&bytes[self.range.clone()]);
        decoded.map_err(|_| memory.contradiction()).ok()
    }

    pub fn memory(&self) -> &Memory {
        &self.part.memory
    }
}

/// The identity of a piece that changed since it was part of a checkpoint, while it is held.
pub(crate) fn identity_of<T>(piece: &Rc<T>) -> Identity {
    (Rc::as_ptr(piece) as usize, usize::MAX)
}
