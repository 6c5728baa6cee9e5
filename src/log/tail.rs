//! The last part of opening: what lies behind the last frame that verifies.
//!
//! ```text
//!   zeros, or the end of the file                               clean; the log goes on here
//!   anything else, and the superblock's watermark lies behind   damage
//!   … a later COMMIT or SESSION knew this place to be durable   damage
//!   … neither                                                   torn: a write never acknowledged
//! ```
//!
//! A later frame is found by trying every offset: one verifies at its own place alone, so that what verifies
//! is one. COMMIT and SESSION say, as `flushed end`, up to where the log was durable when it was built. Frames of
//! a group may reach the medium without those before them, and then say nothing; but none was written
//! before all that its flushed end covers was safe.

use super::bookkeeping::Session;
use super::frame::{self, Body, EventType, HEAD_BYTES};
use super::record::Record;
use super::scan::Scan;
use crate::column::kernel::is_zero;
use crate::encoding::wire::{Decoded, Reader};
use crate::error::{Code, Error, Result};
use crate::storage::Storage;

/// Bytes whose checksums are computed while looking for later frames, at most. Only bytes made to look like
/// thousands of large frames can need more; then the question stays open, which counts as damage.
const CHECKED_BYTES_MAX: u64 = 1 << 30;

/// Bytes looked at between two looks at the window.
const STRIDE: u64 = 1 << 16;

/// The shortest frame.
const FRAME_BYTES_MIN: u64 = (HEAD_BYTES + frame::BODY_BYTES_MIN) as u64;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing follows.
    Clean,
    Torn,
    Miss,
}

/// Looks at the tail of the last segment, a stretch at a time.
#[derive(Debug)]
pub(super) struct Tail {
    /// Up to here there are zeros, or, once there was a byte, no later COMMIT that proves damage.
    offset: u64,
    is_blank: bool,
    checked: u64,
}

impl Tail {
    pub fn new(scan: &Scan) -> Self {
        Tail {
            offset: scan.good_end,
            is_blank: true,
            checked: 0,
        }
    }

    pub fn step(&mut self, scan: &mut Scan, storage: &mut dyn Storage) -> Result<Verdict> {
        check_watermark(scan)?;
        let length = scan.segment().length;
        while self.is_blank {
            if self.offset == length {
                return Ok(Verdict::Clean);
            }
            let count = (length - self.offset).min(STRIDE) as usize;
            let file = (scan.segment().file, length);
            let Some(bytes) = scan.window.get(storage, file, self.offset, count)? else {
                return Ok(Verdict::Miss);
            };
            if is_zero(bytes) {
                self.offset += count as u64;
            } else {
                self.is_blank = false;
                self.offset = scan.good_end + 1;
            }
        }
        self.search(scan, storage)
    }

    /// Looks for a COMMIT that knew of the place where the log breaks off.
    fn search(&mut self, scan: &mut Scan, storage: &mut dyn Storage) -> Result<Verdict> {
        let (file, length) = (scan.segment().file, scan.segment().length);
        while self.offset + FRAME_BYTES_MIN <= length {
            let count = (length - self.offset).min(STRIDE) as usize;
            let Some(bytes) = scan
                .window
                .get(storage, (file, length), self.offset, count)?
            else {
                return Ok(Verdict::Miss);
            };
            let most_later = (length - scan.good_end) / FRAME_BYTES_MIN;
            let seqs = scan.head.next_seq..=scan.head.next_seq.saturating_add(most_later);
            let room = length - self.offset;
            let Some((skip, whole)) = find_candidate(bytes, room, &seqs) else {
                self.offset += (count as u64 + 1).saturating_sub(FRAME_BYTES_MIN).max(1);
                continue;
            };
            let place = self.offset + skip;
            let Some(bytes) = scan.window.get(storage, (file, length), place, whole)? else {
                return Ok(Verdict::Miss);
            };
            let bytes = bytes.to_vec();
            self.check_candidate(scan, place, &bytes)?;
            self.offset = place + 1;
        }
        Ok(Verdict::Torn)
    }

    fn check_candidate(&mut self, scan: &Scan, place: u64, bytes: &[u8]) -> Result<()> {
        self.checked += bytes.len() as u64;
        if self.checked > CHECKED_BYTES_MAX {
            return Err(scan.corrupt("what follows cannot be told from a torn write"));
        }
        if !frame::verifies(scan.checksum(), place, bytes) {
            return Ok(());
        }
        match frame::read_body(&bytes[HEAD_BYTES..]).and_then(flushed_end) {
            Ok(Some(end)) if end > scan.good_end => {
                Err(scan.corrupt("a frame does not verify, and later ones do"))
            }
            _ => Ok(()),
        }
    }
}

/// Up to where the log was durable when the frame was written, if it says so.
fn flushed_end(body: Body) -> Decoded<Option<u64>> {
    match body.event {
        EventType::Commit => Record::read(body.payload, body.unix_ms).map(|r| Some(r.flushed_end)),
        EventType::Session => Session::read(body.payload).map(|s| Some(s.flushed_end)),
        _ => Ok(None),
    }
}

/// The first place in `bytes` that could begin a frame, and how long that would be. The window may have to
/// be moved to check it.
fn find_candidate(
    bytes: &[u8],
    room: u64,
    seqs: &std::ops::RangeInclusive<u64>,
) -> Option<(u64, usize)> {
    (0..bytes.len()).find_map(|skip| {
        let rest = &bytes[skip..];
        let (length, _) = frame::read_head(*rest.first_chunk()?);
        let whole = HEAD_BYTES as u64 + u64::from(length);
        let fits = frame::is_length(length) && whole <= room - skip as u64;
        (fits && looks_like_body(&rest[HEAD_BYTES..], seqs))
            .then_some((skip as u64, whole as usize))
    })
}

/// Whether sequence and event type could be those of a later frame. Too few bytes to tell: they could.
fn looks_like_body(bytes: &[u8], seqs: &std::ops::RangeInclusive<u64>) -> bool {
    const LONGEST_VARINT: usize = 10;
    let mut reader = Reader::new(bytes);
    match reader.varint() {
        Ok(seq) if seqs.contains(&seq) => reader
            .take(9)
            .map_or(true, |rest| frame::EventType::from_code(rest[8]).is_ok()),
        Ok(_) => false,
        Err(_) => bytes.len() < LONGEST_VARINT,
    }
}

fn check_watermark(scan: &Scan) -> Result<()> {
    let mark = scan.watermark();
    let is_behind = mark.segment == scan.segment().header.number && mark.offset > scan.good_end;
    if is_behind || mark.commits > scan.head.next_seq {
        return Err(short(scan));
    }
    Ok(())
}

/// The superblock has seen more than there is.
fn short(scan: &Scan) -> Error {
    let mark = scan.watermark();
    match mark.segment > scan.segment().header.number {
        true => scan.damaged(
            Code::DataLoss,
            &format!("segment {} is missing", mark.segment),
        ),
        false => {
            scan.corrupt("a frame does not verify that was durable when the superblock was written")
        }
    }
}
