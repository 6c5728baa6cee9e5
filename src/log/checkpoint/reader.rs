//! Reading the pieces of a checkpoint and putting the parts together.

use super::{BEGIN, Header, PIECE_BYTES_MAX};
use crate::error::{Code, Error, Result};
use crate::log::frame::{self, Checksum, HEAD_BYTES};
use crate::log::window::{Window, read_exact};
use crate::storage::Storage;
use std::ops::Range;

/// The pieces of one checkpoint, from the first on.
#[derive(Debug)]
pub struct Pieces {
    header: Header,
    file: u32,
    checksum: Checksum,
    offset: u64,
    seen: u64,
    window: Window,
    part: Vec<u8>,
    /// Where it begins.
    begin: u64,
}

/// Where a part lies.
#[derive(Debug, Clone)]
pub struct Spot {
    file: u32,
    checksum: Checksum,
    offset: u64,
    length: u64,
}

impl Spot {
    pub(super) fn new(file: u32, checksum: &Checksum, pieces: Range<u64>) -> Spot {
        Spot {
            file,
            checksum: checksum.clone(),
            offset: pieces.start,
            length: pieces.end - pieces.start,
        }
    }

    /// Reads the part that was there.
    ///
    /// # Errors
    /// `CORRUPT` if its bytes are others now, `IO` if the storage fails.
    pub fn read(&self, storage: &mut dyn Storage) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.length as usize];
        if !read_exact(storage, self.file, self.offset, &mut bytes)? {
            return Err(Error::new(Code::Io, "the storage answers later"));
        }
        let (mut part, mut at) = (Vec::with_capacity(bytes.len()), 0);
        while at < bytes.len() {
            let piece = piece_at(&bytes[at..]).filter(|piece| {
                let goes_on = at + piece.len() < bytes.len();
                piece[HEAD_BYTES] == u8::from(goes_on)
                    && self.checksum.fits(self.offset + at as u64, piece)
            });
            let Some(piece) = piece else {
                let (file, offset) = (self.file, self.offset + at as u64);
                let message = format!(
                    "a part of the checkpoint is not what was written (file {file}, offset {offset})"
                );
                return Err(Error::new(Code::Corrupt, message));
            };
            part.extend(&piece[HEAD_BYTES + 1..]);
            at += piece.len();
        }
        Ok(part)
    }
}

/// The first piece, if that is all there.
fn piece_at(bytes: &[u8]) -> Option<&[u8]> {
    let (length, _) = frame::read_head(*bytes.first_chunk()?);
    let end = (length as usize).checked_add(HEAD_BYTES)?;
    bytes.get(..end).filter(|_| length > 0)
}

/// What the next step came to.
#[derive(Debug)]
pub enum Next {
    Part(Vec<u8>, Spot),
    /// A piece was read, and its part goes on.
    More,
    Miss,
    End,
}

impl Pieces {
    pub fn new(header: Header, file: u32) -> Pieces {
        Pieces {
            checksum: Checksum::new(&header.salt),
            header,
            file,
            offset: BEGIN,
            seen: 0,
            window: Window::default(),
            part: Vec::new(),
            begin: BEGIN,
        }
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// # Errors
    /// `CORRUPT` when a piece is not what was written, `IO` when the storage fails.
    pub fn next(&mut self, storage: &mut dyn Storage) -> Result<Next> {
        if self.offset == self.header.end {
            return match self.seen == self.header.pieces && self.part.is_empty() {
                true => Ok(Next::End),
                false => Err(self.damaged("pieces of it are missing")),
            };
        }
        let place = (self.file, self.header.end);
        if storage.len(self.file)? < self.header.end {
            return Err(self.damaged("its file is too short"));
        }
        let room = self.header.end.saturating_sub(self.offset);
        if room < HEAD_BYTES as u64 {
            return Err(self.damaged("it ends within a piece"));
        }
        let Some(head) = self.window.get(storage, place, self.offset, HEAD_BYTES)? else {
            return Ok(Next::Miss);
        };
        let (length, _) = frame::read_head(head.try_into().expect("as many as asked"));
        let count = HEAD_BYTES + length as usize;
        if !(2..=PIECE_BYTES_MAX + 1).contains(&(length as usize)) || count as u64 > room {
            return Err(self.damaged("the length of a piece is impossible"));
        }
        let Some(bytes) = self.window.get(storage, place, self.offset, count)? else {
            return Ok(Next::Miss);
        };
        if !self.checksum.fits(self.offset, bytes) {
            return Err(self.damaged("a piece does not verify"));
        }
        let goes_on = bytes[HEAD_BYTES];
        self.part.extend(&bytes[HEAD_BYTES + 1..]);
        self.offset += count as u64;
        self.seen += 1;
        match goes_on {
            0 => {
                let pieces = self.begin..self.offset;
                self.begin = self.offset;
                let spot = Spot::new(self.file, &self.checksum, pieces);
                Ok(Next::Part(std::mem::take(&mut self.part), spot))
            }
            1 => Ok(Next::More),
            _ => Err(self.damaged("a piece has unknown flags")),
        }
    }

    fn damaged(&self, what: &str) -> Error {
        let (number, file, offset) = (self.header.number, self.file, self.offset);
        let commits = self.header.mark.commits;
        let message = format!(
            "checkpoint {number} is damaged: {what} (file {file}, offset {offset}, {commits} commits)"
        );
        Error::new(Code::Corrupt, message)
    }
}
