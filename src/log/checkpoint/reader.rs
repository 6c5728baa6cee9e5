//! Reading the pieces of a checkpoint and putting the parts together.
//!
//! Where a database is to be salvaged, what does not verify is passed over:
//!
//! ```text
//!   | piece | piece | ~~~~~~~~~~~~~~~ | piece | piece |
//!                     ^ lost            ^ the first offset behind it at which a piece verifies
//! ```
//!
//! A piece verifies at its own place alone, so that what verifies is one. Whether it begins a part is certain where none can precede it that
//! its part goes on from: such a one is as long as a piece can be.

use super::{BEGIN, Header, PIECE_BYTES_MAX};
use crate::error::{Code, Error, Result};
use crate::log::frame::{self, Checksum, HEAD_BYTES};
use crate::log::window::{Window, read_exact};
use crate::storage::Storage;
use std::ops::Range;

/// The longest piece.
const WHOLE_MAX: usize = HEAD_BYTES + 1 + PIECE_BYTES_MAX;

/// Bytes looked at between two looks at the window.
const STRIDE: u64 = 1 << 16;

/// Bytes whose checksums are computed while looking for pieces at each offset, at most: once for what the head of a piece or the end follows, as it
/// has to if that is not damaged, too, and once for the rest. Of packed blocks it is a hundred or more for each byte passed over.
const TRIED_BYTES_MAX: u64 = 1 << 30;

/// Bytes looked at or tried before the caller is asked whether to go on.
const STEP_BYTES: u64 = 1 << 24;

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
    passes_over: bool,
    /// Where the pieces begin that are lost, while the next one is looked for.
    lost: Option<u64>,
    has_lost: bool,
    /// What is read may go on from what is lost.
    is_within: bool,
    /// Bytes of which it was tried whether they are a piece, those that looked less like one first.
    tried: [u64; 2],
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

/// How long a piece with this head is, if it can be one.
fn whole(head: &[u8], room: u64) -> Option<usize> {
    let (length, _) = frame::read_head(*head.first_chunk()?);
    let whole = HEAD_BYTES as u64 + u64::from(length);
    let fits = length >= 2 && whole <= room.min(WHOLE_MAX as u64);
    fits.then_some(whole as usize)
}

/// The same with the byte that says whether its part goes on: a piece of which it does is as long as one can be.
fn whole_piece(head: &[u8], room: u64) -> Option<usize> {
    let (goes_on, head) = head.split_last()?;
    let whole = whole(head, room)?;
    (*goes_on == 0 || *goes_on == 1 && whole == WHOLE_MAX).then_some(whole)
}

/// What the next step came to.
#[derive(Debug)]
pub enum Next {
    Part(Vec<u8>, Spot),
    /// A piece was read, and its part goes on.
    More,
    Miss,
    /// Parts are lost here, of which this is the damage.
    Lost(Error),
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
            passes_over: false,
            lost: None,
            has_lost: false,
            is_within: false,
            tried: [0; 2],
        }
    }

    /// The same, passing over what does not verify.
    pub fn passing_over(self) -> Pieces {
        Pieces {
            passes_over: true,
            ..self
        }
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// # Errors
    /// `CORRUPT` when a piece is not what was written, unless it is passed over; `IO` when the storage fails.
    pub fn next(&mut self, storage: &mut dyn Storage) -> Result<Next> {
        if let Some(from) = self.lost {
            return self.search(from, storage);
        }
        match self.read(storage) {
            Err(damage) if self.passes_over && damage.code() == Code::Corrupt => {
                self.part.clear();
                self.lost = Some(self.offset);
                self.has_lost = true;
                Ok(Next::Lost(damage))
            }
            Ok(Next::Part(..)) if std::mem::take(&mut self.is_within) => Ok(Next::More),
            next => next,
        }
    }

    fn read(&mut self, storage: &mut dyn Storage) -> Result<Next> {
        if self.offset == self.header.end {
            let is_whole = self.seen == self.header.pieces && self.part.is_empty();
            return match is_whole || self.has_lost {
                true => Ok(Next::End),
                false => Err(self.damaged("pieces of it are missing")),
            };
        }
        let mut place = (self.file, self.header.end);
        let length = storage.len(self.file)?;
        if length < self.header.end {
            if !self.passes_over {
                return Err(self.damaged("its file is too short"));
            }
            place.1 = length;
        }
        let room = place.1.saturating_sub(self.offset);
        if room < HEAD_BYTES as u64 {
            return Err(self.damaged("it ends within a piece"));
        }
        let Some(head) = self.window.get(storage, place, self.offset, HEAD_BYTES)? else {
            return Ok(Next::Miss);
        };
        let Some(count) = whole(head, room) else {
            return Err(self.damaged("the length of a piece is impossible"));
        };
        let Some(bytes) = self.window.get(storage, place, self.offset, count)? else {
            return Ok(Next::Miss);
        };
        if !self.checksum.fits(self.offset, bytes) {
            return Err(self.damaged("a piece does not verify"));
        }
        let goes_on = bytes[HEAD_BYTES];
        if goes_on > 1 {
            return Err(self.damaged("a piece has unknown flags"));
        }
        self.part.extend(&bytes[HEAD_BYTES + 1..]);
        self.offset += count as u64;
        self.seen += 1;
        if goes_on == 1 {
            return Ok(Next::More);
        }
        let pieces = self.begin..self.offset;
        self.begin = self.offset;
        let spot = Spot::new(self.file, &self.checksum, pieces);
        Ok(Next::Part(std::mem::take(&mut self.part), spot))
    }

    /// Looks for the next piece that verifies, behind where some are lost. What is not found is lost, too.
    fn search(&mut self, from: u64, storage: &mut dyn Storage) -> Result<Next> {
        self.offset = self.offset.max(from + 1);
        let place = (self.file, self.header.end.min(storage.len(self.file)?));
        let mut looked_at = 0;
        while self.offset + (HEAD_BYTES as u64) < place.1 && self.tried[1] <= TRIED_BYTES_MAX {
            if looked_at > STEP_BYTES {
                return Ok(Next::Miss);
            }
            let room = place.1 - self.offset;
            let count = room.min(STRIDE) as usize;
            let Some(bytes) = self.window.get(storage, place, self.offset, count)? else {
                return Ok(Next::Miss);
            };
            let heads = bytes.windows(HEAD_BYTES + 1).zip(0..);
            let mut found =
                heads.filter_map(|(head, at)| Some((at, whole_piece(head, room - at)?)));
            let Some((skip, whole)) = found.next() else {
                let passed = (count - HEAD_BYTES) as u64;
                self.offset += passed;
                looked_at += passed;
                continue;
            };
            self.offset += skip;
            let room = room - skip;
            let count = room.min((whole + HEAD_BYTES + 1) as u64) as usize;
            let Some(bytes) = self.window.get(storage, place, self.offset, count)? else {
                return Ok(Next::Miss);
            };
            let (bytes, next) = bytes.split_at(whole);
            let is_likely = next.is_empty() || whole_piece(next, room - whole as u64).is_some();
            let tried = &mut self.tried[usize::from(is_likely)];
            looked_at += whole as u64;
            if *tried <= TRIED_BYTES_MAX {
                if self.checksum.fits(self.offset, bytes) {
                    self.is_within = self.offset - from >= WHOLE_MAX as u64;
                    (self.lost, self.begin) = (None, self.offset);
                    return Ok(Next::More);
                }
                *tried += whole as u64;
            }
            self.offset += 1;
        }
        self.lost = None;
        self.offset = self.header.end;
        Ok(Next::End)
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
