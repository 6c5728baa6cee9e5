//! Layer 1: numbered files.
//!
//! A database is a row of files, numbered from zero: file 0 is the superblock, the others are
//! segments of the log and checkpoints. A file is an array of bytes that reads as zeros where
//! it was made longer and never written. The trait is small and synchronous, so that one engine runs
//! over memory, a directory, OPFS handles and IndexedDB, and so that a fault injector is just one
//! more storage.
//!
//! What is assumed of the medium: bytes that were flushed stay as they are; of bytes written and not
//! yet flushed any subset may survive a crash, torn anywhere; a flush that failed says nothing about
//! what it covered, and is never repeated and believed.

#[cfg(not(target_arch = "wasm32"))]
mod directory;
mod memory;
mod pieces;
mod shared;

#[cfg(not(target_arch = "wasm32"))]
pub use directory::Directory;
pub use memory::Memory;
pub use pieces::{Piece, Pieces, Wanted};
pub use shared::Shared;

use crate::error::Result;

/// Files numbered from zero, on some medium.
pub trait Storage {
    /// How many files there are. Files appear only through [`Storage::request_files`].
    fn file_count(&self) -> u32;

    /// The length of a file in bytes.
    fn len(&self, file: u32) -> Result<u64>;

    /// Reads into the whole of `buffer`. `Ready(n)` with n below its length means that the medium gave
    /// fewer bytes than asked: the caller knows the length and takes that as an I/O error.
    /// `Miss` means that the bytes were asked for and are not here yet: let the host run, ask again.
    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read>;

    /// Writes, making the file longer if need be, and returns how many bytes the medium took. Any
    /// number but `bytes.len()` is a failure.
    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize>;

    /// Makes a file empty. As with what is written, that is durable after the next flush.
    fn clear(&mut self, file: u32) -> Result<()>;

    /// Asks that everything written so far be made durable, also by whoever had the files open before.
    fn flush(&mut self) -> Result<Ticket>;

    /// Whether a flush has ended. An error means that it failed; the database is then opened anew.
    fn flushed(&mut self, ticket: Ticket) -> Result<bool>;

    /// Whether the medium has lately taken what was written. Where it has not, work that can wait is given up.
    fn has_room(&self) -> bool {
        true
    }

    /// Whether what is read is there at once, whenever it is asked for.
    fn answers_at_once(&self) -> bool {
        true
    }

    /// Asks for the files up to number `count - 1`, ahead of need. They may appear later.
    fn request_files(&mut self, count: u32) -> Result<()>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// So many bytes are in the buffer.
    Ready(usize),
    /// Not here yet.
    Miss,
}

/// Names one flush. Tickets of a storage rise, and a later one covers all that an earlier one did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);
