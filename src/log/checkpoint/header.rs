//! The pages at the beginning of a checkpoint's file.
//!
//! ```text
//!   40   u64 number          1, 2, 3, …
//!   48   salt, 16 bytes      random; part of every piece's checksum
//!   64   u64 end             where the pieces end; 0 in a page that only says that the checkpoint was begun
//!   72   u64 pieces          how many they are
//!   80   the place in the log that it reaches to: u64 segment, u64 offset, u64 commits, chain (32 bytes), u64 epoch
//!   144  i64 time of the last of those commits, microseconds since 1970
//! ```

use crate::log::page::{self, Opened, PAGE_BYTES, Page, array_at, put_u64, u64_at};
use crate::log::page::{CHECKPOINTS, DatabaseId};
use crate::log::superblock::Watermark;

const MAGIC: &[u8; 8] = b"driftchk";

/// Where the pieces begin.
pub const BEGIN: u64 = 4 * PAGE_BYTES as u64;

/// Where the pages lie that say that it is complete.
const COMPLETE: usize = 2 * PAGE_BYTES;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub database: DatabaseId,
    pub number: u64,
    pub salt: [u8; 16],
    pub end: u64,
    pub pieces: u64,
    /// The log goes on here.
    pub mark: Watermark,
    pub time: i64,
}

impl Header {
    pub fn begun(database: DatabaseId, number: u64, salt: [u8; 16]) -> Header {
        Header {
            database,
            number,
            salt,
            end: 0,
            pieces: 0,
            mark: Watermark::NONE,
            time: 0,
        }
    }

    /// Where its pages lie.
    pub fn offset(&self) -> u64 {
        match self.end {
            0 => 0,
            _ => COMPLETE as u64,
        }
    }

    pub fn encode(&self) -> [u8; COMPLETE] {
        let mut page = page::new(MAGIC, &self.database, CHECKPOINTS);
        put_u64(&mut page, 40, self.number);
        page[48..64].copy_from_slice(&self.salt);
        put_u64(&mut page, 64, self.end);
        put_u64(&mut page, 72, self.pieces);
        put_u64(&mut page, 80, self.mark.segment);
        put_u64(&mut page, 88, self.mark.offset);
        put_u64(&mut page, 96, self.mark.commits);
        page[104..136].copy_from_slice(&self.mark.chain);
        put_u64(&mut page, 136, self.mark.epoch);
        put_u64(&mut page, 144, self.time as u64);
        page::seal(&mut page);
        let mut pages = [0; COMPLETE];
        pages[..PAGE_BYTES].copy_from_slice(&page);
        pages[PAGE_BYTES..].copy_from_slice(&page);
        pages
    }

    fn decode(page: &Page, database: DatabaseId) -> Header {
        Header {
            database,
            number: u64_at(page, 40),
            salt: array_at(page, 48),
            end: u64_at(page, 64),
            pieces: u64_at(page, 72),
            mark: Watermark {
                segment: u64_at(page, 80),
                offset: u64_at(page, 88),
                commits: u64_at(page, 96),
                chain: array_at(page, 104),
                epoch: u64_at(page, 136),
            },
            time: u64_at(page, 144) as i64,
        }
    }
}

/// What the first 8 KiB of a file are, taken as those of a checkpoint.
#[derive(Debug)]
pub enum Found {
    Nothing,
    TooNew(String),
    Checkpoint {
        /// That of the complete one, if it is.
        header: Header,
        writable: bool,
        /// A copy of a page is damaged.
        single: bool,
    },
}

pub fn read(bytes: &[u8; BEGIN as usize]) -> Found {
    let (mut found, mut sound) = (None, [0; 2]);
    for at in [COMPLETE, COMPLETE + PAGE_BYTES, 0, PAGE_BYTES] {
        let page: Page = array_of(bytes, at);
        match page::open(&page, MAGIC) {
            Opened::Sound { database, writable } => {
                sound[usize::from(at < COMPLETE)] += 1;
                let header = Header::decode(&page, database);
                found.get_or_insert((header, writable));
            }
            Opened::TooNew(needs) => return Found::TooNew(needs),
            Opened::Blank | Opened::Damaged => {}
        }
    }
    match found {
        Some((header, writable)) => Found::Checkpoint {
            single: sound.contains(&1),
            header,
            writable,
        },
        None => Found::Nothing,
    }
}

fn array_of(bytes: &[u8], at: usize) -> Page {
    bytes[at..at + PAGE_BYTES]
        .try_into()
        .expect("a page of the header")
}
