//! Files that a host keeps as pieces, which it takes away and gets back asynchronously.
//!
//! ```text
//!   write_at -> a piece in `pending`
//!   flush    -> a ticket for everything written so far
//!   read_at  -> what the host has loaded, or a miss, and what is `wanted`
//!   host:       take() -> pieces, the ticket they complete, what is wanted … load(…), stored(ticket)
//! ```
//!
//! IndexedDB is such a host. While the database is opened it has all of the files loaded; afterwards hardly
//! anything is read, and they are forgotten. Zeros written beyond the end of what was ever stored only make the file
//! longer, and that only here: a file that is opened again ends where its last piece does, and reads as
//! zeros beyond.
//!
//! A host without room keeps pieces that no commit depends on for later, and stores them before any others. The order
//! is kept, so that it counts as stored; whoever can do without writing is told by [`Storage::has_room`].

use super::{Read, Storage, Ticket};
use crate::error::{Code, Error, Result};
use std::cell::RefCell;
use std::rc::Rc;

/// The storage; a clone is another handle on the same files, for the host.
#[derive(Debug, Clone, Default)]
pub struct Pieces(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    files: Vec<File>,
    /// The files' contents are not held any more.
    is_forgetful: bool,
    pending: Vec<Piece>,
    /// Flushes asked for, and how many of them the host has stored.
    asked: u64,
    stored: u64,
    /// The host keeps pieces for which it had no room.
    is_full: bool,
    /// The bytes that a read had a miss on.
    wanted: Option<Wanted>,
    /// What the host loaded last.
    loaded: Option<Piece>,
}

#[derive(Debug, Default)]
struct File {
    content: Vec<u8>,
    /// Where what was written ends that is not zeros which nothing followed.
    end: u64,
    /// At least the end; zeros follow it.
    length: u64,
}

/// A range of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    pub file: u32,
    pub offset: u64,
    pub length: u64,
}

/// Bytes to be stored at a place. Without any, the file is emptied: nothing that was stored of it counts any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub file: u32,
    pub offset: u64,
    pub bytes: Vec<u8>,
}

impl Pieces {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes over what the host had stored: of all files before they are read, later pieces winning where they overlap; then
    /// the bytes that were wanted.
    pub fn load(&self, file: u32, offset: u64, bytes: &[u8]) -> Result<()> {
        let mut state = self.0.borrow_mut();
        if state.is_forgetful {
            let bytes = bytes.to_vec();
            state.loaded = Some(Piece {
                file,
                offset,
                bytes,
            });
            return Ok(());
        }
        if state.files.len() <= file as usize {
            state.files.resize_with(file as usize + 1, File::default);
        }
        state.files[file as usize].put(offset, bytes)
    }

    /// Lets go of what was loaded: from now on what is read is wanted of the host.
    pub fn forget(&self) {
        let mut state = self.0.borrow_mut();
        state.is_forgetful = true;
        for file in &mut state.files {
            file.content = Vec::new();
        }
    }

    /// What was written since the last call, and the ticket that is durable once it is stored.
    pub fn take(&self) -> (Ticket, Vec<Piece>) {
        let mut state = self.0.borrow_mut();
        (Ticket(state.asked), std::mem::take(&mut state.pending))
    }

    /// What is to be loaded, asked for once; what was written before has to be stored first.
    pub fn wanted(&self) -> Option<Wanted> {
        self.0.borrow_mut().wanted.take()
    }

    /// The host has stored everything up to a ticket, or keeps it for when there `has_room`.
    pub fn stored(&self, ticket: Ticket, has_room: bool) {
        let mut state = self.0.borrow_mut();
        state.stored = state.stored.max(ticket.0);
        state.is_full = !has_room;
    }
}

impl Piece {
    fn is_followed_by(&self, offset: u64) -> bool {
        !self.bytes.is_empty() && self.offset + self.bytes.len() as u64 == offset
    }
}

impl State {
    fn file(&mut self, file: u32) -> Result<&mut File> {
        self.files
            .get_mut(file as usize)
            .ok_or_else(|| Error::new(Code::Io, format!("there is no file {file}")))
    }

    /// What the host loaded of a file is not that of the file any more.
    fn forget_loaded(&mut self, file: u32) {
        self.wanted.take_if(|wanted| wanted.file == file);
        self.loaded.take_if(|loaded| loaded.file == file);
    }

    /// A piece that follows the last one becomes part of it.
    fn push(&mut self, file: u32, offset: u64, bytes: &[u8]) {
        match self.pending.last_mut() {
            Some(last) if last.file == file && last.is_followed_by(offset) => {
                last.bytes.extend_from_slice(bytes);
            }
            _ => self.pending.push(Piece {
                file,
                offset,
                bytes: bytes.to_vec(),
            }),
        }
    }
}

impl Piece {
    /// The bytes at an offset, if they are of this piece.
    fn get(&self, wanted: Wanted) -> Option<&[u8]> {
        let from = usize::try_from(wanted.offset.checked_sub(self.offset)?).ok()?;
        let bytes = self.bytes.get(from..)?.get(..wanted.length as usize)?;
        (self.file == wanted.file).then_some(bytes)
    }
}

impl File {
    fn put(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        let too_long = || Error::new(Code::Quota, "the file would outgrow memory");
        let start = usize::try_from(offset).map_err(|_| too_long())?;
        let end = start.checked_add(bytes.len()).ok_or_else(too_long)?;
        if self.content.len() < end {
            self.content.resize(end, 0);
        }
        self.content[start..end].copy_from_slice(bytes);
        self.grow(offset + bytes.len() as u64);
        Ok(())
    }

    fn grow(&mut self, end: u64) {
        self.end = self.end.max(end);
        self.length = self.length.max(end);
    }

    /// Whether the bytes change nothing but the length.
    fn reads_so_already(&self, offset: u64, bytes: &[u8]) -> bool {
        offset >= self.end && bytes.iter().all(|&byte| byte == 0)
    }
}

impl Storage for Pieces {
    fn file_count(&self) -> u32 {
        self.0.borrow().files.len() as u32
    }

    fn len(&self, file: u32) -> Result<u64> {
        self.0.borrow_mut().file(file).map(|file| file.length)
    }

    fn read_at(&mut self, file: u32, offset: u64, buffer: &mut [u8]) -> Result<Read> {
        let mut state = self.0.borrow_mut();
        let found = state.file(file)?;
        let count = found.length.saturating_sub(offset).min(buffer.len() as u64);
        let wanted = Wanted {
            file,
            offset,
            length: found.end.saturating_sub(offset).min(count),
        };
        let (count, held) = (count as usize, wanted.length as usize);
        if held > 0 && state.is_forgetful {
            let loaded = state.loaded.as_ref().and_then(|piece| piece.get(wanted));
            match loaded {
                Some(bytes) => buffer[..held].copy_from_slice(bytes),
                None => {
                    state.wanted = Some(wanted);
                    return Ok(Read::Miss);
                }
            }
        } else if held > 0 {
            let start = offset as usize; // within what is held
            let content = &state.file(file)?.content;
            buffer[..held].copy_from_slice(&content[start..start + held]);
        }
        buffer[held..count].fill(0);
        Ok(Read::Ready(count))
    }

    fn write_at(&mut self, file: u32, offset: u64, bytes: &[u8]) -> Result<usize> {
        let mut state = self.0.borrow_mut();
        let is_forgetful = state.is_forgetful;
        let target = state.file(file)?;
        let end = offset + bytes.len() as u64;
        if target.reads_so_already(offset, bytes) {
            target.length = target.length.max(end);
            return Ok(bytes.len());
        }
        match is_forgetful {
            true => target.grow(end),
            false => target.put(offset, bytes)?,
        }
        state.forget_loaded(file);
        state.push(file, offset, bytes);
        Ok(bytes.len())
    }

    fn clear(&mut self, file: u32) -> Result<()> {
        let mut state = self.0.borrow_mut();
        *state.file(file)? = File::default();
        state.forget_loaded(file);
        state.pending.retain(|piece| piece.file != file);
        state.pending.push(Piece {
            file,
            offset: 0,
            bytes: Vec::new(),
        });
        Ok(())
    }

    fn flush(&mut self) -> Result<Ticket> {
        let mut state = self.0.borrow_mut();
        state.asked += 1;
        Ok(Ticket(state.asked))
    }

    fn flushed(&mut self, ticket: Ticket) -> Result<bool> {
        Ok(self.0.borrow().stored >= ticket.0)
    }

    fn has_room(&self) -> bool {
        !self.0.borrow().is_full
    }

    /// The host keeps the bytes.
    fn answers_at_once(&self) -> bool {
        false
    }

    fn request_files(&mut self, count: u32) -> Result<()> {
        let mut state = self.0.borrow_mut();
        if state.files.len() < count as usize {
            state.files.resize_with(count as usize, File::default);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(writes: &[(u64, &[u8])]) -> Pieces {
        let mut storage = Pieces::new();
        storage.request_files(2).expect("files are made at once");
        for (offset, bytes) in writes {
            let count = storage.write_at(1, *offset, bytes).expect("it fits");
            assert_eq!(count, bytes.len());
        }
        storage
    }

    fn read(storage: &mut Pieces, offset: u64, length: usize) -> Vec<u8> {
        let mut buffer = vec![7; length];
        let Read::Ready(count) = storage
            .read_at(1, offset, &mut buffer)
            .expect("it is there")
        else {
            panic!("everything is in memory")
        };
        buffer.truncate(count);
        buffer
    }

    #[test]
    fn a_flush_is_durable_when_the_host_has_stored_what_it_covers() {
        let mut storage = written(&[(0, b"one")]);
        let first = storage.flush().expect("a ticket");
        let (taken, pieces) = storage.take();
        assert_eq!((taken, pieces.len()), (first, 1));
        storage.write_at(1, 3, b"two").expect("it fits");
        let second = storage.flush().expect("a ticket");
        storage.stored(taken, true);
        assert_eq!(storage.flushed(first), Ok(true));
        assert_eq!(storage.flushed(second), Ok(false));
    }

    #[test]
    fn writes_that_follow_each_other_are_one_piece() {
        let storage = written(&[(0, b"one"), (3, b"two"), (100, b"far")]);
        let offsets: Vec<u64> = storage.take().1.iter().map(|piece| piece.offset).collect();
        assert_eq!(offsets, [0, 100]);
    }

    #[test]
    fn zeros_ahead_are_not_stored_and_read_as_zeros() {
        let mut storage = written(&[(0, b"one"), (3, &[0; 100])]);
        assert_eq!(storage.len(1), Ok(103));
        assert_eq!(read(&mut storage, 2, 4), [b'e', 0, 0, 0]);
        assert_eq!(read(&mut storage, 100, 10), [0, 0, 0]);
        assert_eq!(storage.take().1.len(), 1);
    }

    #[test]
    fn zeros_over_other_bytes_are_stored() {
        let mut storage = written(&[(0, b"one"), (1, &[0])]);
        assert_eq!(read(&mut storage, 0, 3), [b'o', 0, b'e']);
        assert_eq!(storage.take().1.len(), 2);
    }

    #[test]
    fn a_file_that_was_emptied_is_stored_as_such() {
        let mut storage = written(&[(0, b"one")]);
        storage.clear(1).expect("it is there");
        storage.write_at(1, 0, b"two").expect("it fits");
        let pieces = storage.take().1;
        let lengths: Vec<usize> = pieces.iter().map(|piece| piece.bytes.len()).collect();
        assert_eq!((lengths, storage.len(1)), (vec![0, 3], Ok(3)));
    }

    #[test]
    fn what_is_forgotten_is_wanted_of_the_host() {
        let mut storage = written(&[(0, b"abcdef"), (6, &[0; 4])]);
        storage.forget();
        let wanted = Wanted {
            file: 1,
            offset: 2,
            length: 4,
        };
        let mut buffer = [7; 9];
        assert_eq!(storage.read_at(1, 2, &mut buffer), Ok(Read::Miss));
        assert_eq!((storage.wanted(), storage.wanted()), (Some(wanted), None));
        storage.load(1, 2, b"cdef").expect("it fits");
        assert_eq!(read(&mut storage, 2, 9), *b"cdef\0\0\0\0");
        assert_eq!(read(&mut storage, 3, 2), *b"de");
        // Beyond the end there are zeros, and the host is not asked for them.
        assert_eq!(read(&mut storage, 8, 9), [0, 0]);
        storage.write_at(1, 3, b"X").expect("it fits");
        assert_eq!(storage.read_at(1, 2, &mut buffer), Ok(Read::Miss));
    }

    #[test]
    fn a_host_without_room_says_so() {
        let mut storage = written(&[(0, b"one")]);
        let ticket = storage.flush().expect("a ticket");
        storage.stored(ticket, false);
        assert_eq!(
            (storage.flushed(ticket), storage.has_room()),
            (Ok(true), false)
        );
        storage.stored(ticket, true);
        assert!(storage.has_room());
    }

    #[test]
    fn loading_the_pieces_gives_the_same_files() {
        let mut storage = written(&[(0, b"abcdef"), (2, b"XY"), (5, &[0; 9])]);
        let again = Pieces::new();
        for piece in storage.take().1 {
            again
                .load(piece.file, piece.offset, &piece.bytes)
                .expect("it fits");
        }
        assert_eq!(read(&mut again.clone(), 0, 6), read(&mut storage, 0, 6));
    }
}
