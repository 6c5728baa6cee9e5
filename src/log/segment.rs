//! The header of a segment: the first 4 KiB of its file.
//!
//! ```text
//!   40   u64 number          0, 1, 2, … without gaps
//!   48   salt, 16 bytes      random; part of every frame's checksum
//!   64   u64 first seq       the next sequence when the segment was begun
//!   72   u64 previous end    where the frames of the segment before end
//!   80   previous chain      hash of the last commit before, 32 bytes
//!   112  i64 created, microseconds since 1970
//! ```
//!
//! The header is a page, written twice, at 0 and at 2048, so that a damaged sector does not cost a segment.
//! It is flushed before the first frame is written behind it. Files are found by their headers alone:
//! neither name nor number of a file says which segment it holds.

use super::chain::Hash;
use super::page::{self, DatabaseId, Opened, PAGE_BYTES, Page, array_at, put_u64, u64_at};

/// Where the frames begin.
pub const HEADER_BYTES: usize = 2 * PAGE_BYTES;

const MAGIC: &[u8; 8] = b"driftseg";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub database: DatabaseId,
    pub number: u64,
    pub salt: [u8; 16],
    pub first_seq: u64,
    pub previous_end: u64,
    pub previous_chain: Hash,
    pub created: i64,
}

impl Header {
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut page = page::new(MAGIC, &self.database, 0);
        put_u64(&mut page, 40, self.number);
        page[48..64].copy_from_slice(&self.salt);
        put_u64(&mut page, 64, self.first_seq);
        put_u64(&mut page, 72, self.previous_end);
        page[80..112].copy_from_slice(&self.previous_chain);
        put_u64(&mut page, 112, self.created as u64);
        page::seal(&mut page);
        let mut header = [0; HEADER_BYTES];
        header[..PAGE_BYTES].copy_from_slice(&page);
        header[PAGE_BYTES..].copy_from_slice(&page);
        header
    }

    fn decode(page: &Page, database: DatabaseId) -> Header {
        Header {
            database,
            number: u64_at(page, 40),
            salt: array_at(page, 48),
            first_seq: u64_at(page, 64),
            previous_end: u64_at(page, 72),
            previous_chain: array_at(page, 80),
            created: u64_at(page, 112) as i64,
        }
    }
}

/// What the first 4 KiB of a file are.
#[derive(Debug)]
pub enum Found {
    Blank,
    Damaged,
    TooNew(String),
    Segment {
        header: Header,
        writable: bool,
        /// Only one of the two copies is sound.
        single: bool,
        /// Both are sound and they differ: the file was being used anew.
        differs: bool,
    },
}

pub fn read(bytes: &[u8; HEADER_BYTES]) -> Found {
    let copies = [copy(bytes, 0), copy(bytes, PAGE_BYTES)];
    let opened = copies.each_ref().map(|page| page::open(page, MAGIC));
    let headers: Vec<(Header, bool)> = std::iter::zip(&copies, &opened)
        .filter_map(|(page, opened)| match opened {
            Opened::Sound { database, writable } => {
                Some((Header::decode(page, *database), *writable))
            }
            _ => None,
        })
        .collect();
    match (headers.as_slice(), opened) {
        ([(header, writable), others @ ..], _) => Found::Segment {
            header: header.clone(),
            writable: *writable,
            single: others.is_empty(),
            differs: others.iter().any(|(other, _)| other != header),
        },
        ([], [Opened::TooNew(needs), _] | [_, Opened::TooNew(needs)]) => Found::TooNew(needs),
        ([], [Opened::Blank, Opened::Blank]) => Found::Blank,
        ([], _) => Found::Damaged,
    }
}

fn copy(bytes: &[u8; HEADER_BYTES], offset: usize) -> Page {
    bytes[offset..offset + PAGE_BYTES]
        .try_into()
        .expect("a page of the header")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            database: [1; 16],
            number: 2,
            salt: [3; 16],
            first_seq: 4,
            previous_end: 5,
            previous_chain: [6; 32],
            created: -7,
        }
    }

    #[test]
    fn either_copy_is_enough() {
        for damaged in [0, PAGE_BYTES] {
            let mut bytes = header().encode();
            bytes[damaged + 50] ^= 1;
            let Found::Segment {
                header: read,
                single: true,
                differs: false,
                ..
            } = read(&bytes)
            else {
                panic!("the other copy is sound");
            };
            assert_eq!(read, header());
        }
    }

    #[test]
    fn a_later_format_is_not_taken_for_damage() {
        let mut page = copy(&header().encode(), 0);
        page[8] = 2;
        page::seal(&mut page);
        let mut bytes = [0; HEADER_BYTES];
        bytes[..PAGE_BYTES].copy_from_slice(&page);
        bytes[PAGE_BYTES..].copy_from_slice(&page);
        assert!(matches!(read(&bytes), Found::TooNew(_)));
    }
}
