//! The frame: one checksummed record.
//!
//! ```text
//!   0        4        8
//!   +--------+--------+-----------+-------------+--------------+---------------+
//!   | length | crc32  | varint    | u64 unix_ms | u8 event     | MessagePack   |
//!   | u32    | masked | seq       |             | type         | payload       |
//!   +--------+--------+-----------+-------------+--------------+---------------+
//!                     |<----------------- length bytes: the body ------------->|
//! ```
//!
//! All numbers are little endian. The checksum covers the segment's salt, the frame's offset in its
//! file, the length and the body. So a frame verifies at its own place in its own segment alone: one
//! left over from an earlier use of the file, or copied to another place, is not a frame; and a damaged
//! length is damage, not a torn end. The stored checksum is masked (rotated, and a constant added), and
//! no body is shorter than ten bytes, so that zeros never verify.

use crate::checksum::crc32;
use crate::encoding::limit::FRAME_BYTES_MAX;
use crate::encoding::wire::{Decoded, Malformed, Reader, Write, invalid};

/// Length and checksum.
pub const HEAD_BYTES: usize = 8;

/// The shortest body: a sequence of one byte, the time, the event type.
pub const BODY_BYTES_MIN: usize = 10;

/// What a frame says. The numbers are part of the format; a gap is kept for what is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    Insert = 1,
    /// New values of the changed columns.
    Patch = 2,
    SoftDelete = 3,
    Ddl = 4,
    /// Every row of a table ends.
    CloseAll = 5,
    /// A writer opened the log.
    Session = 16,
    /// The segment is complete and another follows.
    Seal = 18,
    /// The events since the last commit are one transaction.
    Commit = 32,
}

/// Event types that have a number and come with a later version: tag, prune, erase, branch, policy;
/// checkpoint.
const RESERVED: [std::ops::RangeInclusive<u8>; 2] = [6..=10, 17..=17];

impl EventType {
    pub fn from_code(code: u8) -> Decoded<EventType> {
        Ok(match code {
            1 => EventType::Insert,
            2 => EventType::Patch,
            3 => EventType::SoftDelete,
            4 => EventType::Ddl,
            5 => EventType::CloseAll,
            16 => EventType::Session,
            18 => EventType::Seal,
            32 => EventType::Commit,
            code if RESERVED.iter().any(|range| range.contains(&code)) => {
                return Err(Malformed::TooNew("it holds events of a kind to come"));
            }
            _ => return invalid("an event type is unknown"),
        })
    }

    /// Bookkeeping stands between transactions and takes no sequence.
    pub fn is_bookkeeping(self) -> bool {
        matches!(self, EventType::Session | EventType::Seal)
    }
}

/// The checksum of the frames of one segment, salted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum(u32);

impl Checksum {
    pub fn new(salt: &[u8; 16]) -> Self {
        Checksum(crc32(0, salt))
    }

    fn of(&self, offset: u64, length: u32, body: &[u8]) -> u32 {
        let crc = crc32(self.0, &offset.to_le_bytes());
        let crc = crc32(crc, &length.to_le_bytes());
        mask(crc32(crc, body))
    }
}

impl Checksum {
    /// Appends length, checksum and a body of two parts, which is to lie at this offset.
    pub fn seal(&self, out: &mut Vec<u8>, offset: u64, first: &[u8], rest: &[u8]) {
        let body = [first, rest].concat();
        let length = u32::try_from(body.len()).expect("bodies are bounded far below 4 GiB");
        out.extend(length.to_le_bytes());
        out.extend(self.of(offset, length, &body).to_le_bytes());
        out.extend(body);
    }

    /// Whether `bytes`, head and body, are what was sealed for this offset.
    pub fn fits(&self, offset: u64, bytes: &[u8]) -> bool {
        let Some((head, body)) = bytes.split_first_chunk() else {
            return false;
        };
        let (length, stored) = read_head(*head);
        body.len() == length as usize && stored == self.of(offset, length, body)
    }
}

/// Makes a checksum into one that is safe to store among data that is itself checksummed.
pub fn mask(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Whether a length can be that of a body.
pub fn is_length(length: u32) -> bool {
    (BODY_BYTES_MIN..=FRAME_BYTES_MAX).contains(&(length as usize))
}

/// Length and stored checksum.
pub fn read_head(head: [u8; HEAD_BYTES]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = head;
    (
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
    )
}

/// Whether `bytes`, head and body, are a frame at this offset.
pub fn verifies(checksum: &Checksum, offset: u64, bytes: &[u8]) -> bool {
    let Some((head, body)) = bytes.split_first_chunk() else {
        return false;
    };
    let (length, stored) = read_head(*head);
    is_length(length)
        && body.len() == length as usize
        && checksum.of(offset, length, body) == stored
}

/// The parts of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body<'a> {
    pub seq: u64,
    pub unix_ms: i64,
    pub event: EventType,
    pub payload: &'a [u8],
}

pub fn read_body(body: &[u8]) -> Decoded<Body<'_>> {
    let mut reader = Reader::new(body);
    let seq = reader.varint()?;
    let unix_ms = reader.u64_le()? as i64;
    let event = EventType::from_code(reader.u8()?)?;
    let payload = reader.rest();
    Ok(Body {
        seq,
        unix_ms,
        event,
        payload,
    })
}

/// Appends a frame whose payload `fill` writes, at `offset` of its file.
pub fn write<R>(
    out: &mut Vec<u8>,
    checksum: &Checksum,
    offset: u64,
    (seq, unix_ms, event): (u64, i64, EventType),
    fill: impl FnOnce(&mut Vec<u8>) -> R,
) -> (R, std::ops::Range<usize>) {
    let start = out.len();
    out.extend([0; HEAD_BYTES]);
    out.varint(seq);
    out.extend((unix_ms as u64).to_le_bytes());
    out.push(event as u8);
    let payload = out.len();
    let result = fill(out);
    let length = u32::try_from(out.len() - start - HEAD_BYTES).unwrap_or(u32::MAX);
    let crc = checksum.of(offset, length, &out[start + HEAD_BYTES..]);
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
    (result, payload..out.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(checksum: &Checksum, offset: u64) -> Vec<u8> {
        let mut out = Vec::new();
        write(
            &mut out,
            checksum,
            offset,
            (300, -5, EventType::Ddl),
            |out| out.str("x"),
        );
        out
    }

    #[test]
    fn a_frame_verifies_at_its_place_alone() {
        let checksum = Checksum::new(&[7; 16]);
        let bytes = frame(&checksum, 4096);
        assert!(verifies(&checksum, 4096, &bytes));
        assert!(!verifies(&checksum, 4097, &bytes));
        assert!(!verifies(&Checksum::new(&[8; 16]), 4096, &bytes));
        let body = read_body(&bytes[HEAD_BYTES..]).expect("as written");
        assert_eq!(
            (body.seq, body.unix_ms, body.event),
            (300, -5, EventType::Ddl)
        );
    }

    #[test]
    fn every_flipped_bit_shows() {
        let checksum = Checksum::new(&[7; 16]);
        let bytes = frame(&checksum, 4096);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!verifies(&checksum, 4096, &flipped), "bit {bit}");
        }
    }

    #[test]
    fn zeros_are_no_frame() {
        assert!((0..64).all(|length| !verifies(&Checksum::new(&[0; 16]), 0, &vec![0; length])));
    }
}
