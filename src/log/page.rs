//! The page that a segment's header and a slot of the superblock are both made of.
//!
//! ```text
//!   0     magic, 8 bytes
//!   8     u32 format version
//!   12    u32 compatible flags       unknown ones are ignored
//!   16    u32 read-compatible flags  with unknown ones the database is opened for reading only
//!   20    u32 incompatible flags     with unknown ones it is not opened; bit 0 is kept for encryption,
//!                                      bit 1: there are checkpoints
//!   24    database id, 16 bytes
//!   40    fields of the kind of page
//!         zeros
//!   2044  u32 masked crc32 of the bytes before
//! ```
//!
//! Magic, version, flags and checksum stay where they are in every later version, so that an old program
//! can tell a newer file from a damaged one.

use super::frame::mask;
use crate::checksum::crc32;

pub const PAGE_BYTES: usize = 2048;

const VERSION: u32 = 1;

/// The incompatible flag of pages that a program must know checkpoints to understand.
pub const CHECKPOINTS: u32 = 2;

const CRC: usize = PAGE_BYTES - 4;

pub type Page = [u8; PAGE_BYTES];
pub type DatabaseId = [u8; 16];

/// What some bytes are, taken as a page.
#[derive(Debug)]
pub enum Opened {
    /// All zeros: never written.
    Blank,
    /// Not a page, or one torn or damaged.
    Damaged,
    /// A sound page that only a later version understands.
    TooNew(String),
    Sound {
        database: DatabaseId,
        /// No flag forbids writing.
        writable: bool,
    },
}

pub fn new(magic: &[u8; 8], database: &DatabaseId, incompatible: u32) -> Page {
    let mut page = [0; PAGE_BYTES];
    page[..8].copy_from_slice(magic);
    page[8..12].copy_from_slice(&VERSION.to_le_bytes());
    page[20..24].copy_from_slice(&incompatible.to_le_bytes());
    page[24..40].copy_from_slice(database);
    page
}

/// Adds the checksum.
pub fn seal(page: &mut Page) {
    let crc = checksum(page);
    page[CRC..].copy_from_slice(&crc.to_le_bytes());
}

fn checksum(page: &Page) -> u32 {
    mask(crc32(0, &page[..CRC]))
}

pub fn open(page: &Page, magic: &[u8; 8]) -> Opened {
    if page.iter().all(|byte| *byte == 0) {
        return Opened::Blank;
    }
    if page[..8] != *magic || u32_at(page, CRC) != checksum(page) {
        return Opened::Damaged;
    }
    let (version, incompatible) = (u32_at(page, 8), u32_at(page, 20));
    if version != VERSION || incompatible & !CHECKPOINTS != 0 {
        return Opened::TooNew(format!("version {version}, flags {incompatible:#x}"));
    }
    Opened::Sound {
        database: array_at(page, 24),
        writable: u32_at(page, 16) == 0,
    }
}

pub fn array_at<const N: usize>(page: &Page, offset: usize) -> [u8; N] {
    page[offset..offset + N]
        .try_into()
        .expect("a slice of N bytes")
}

pub fn u32_at(page: &Page, offset: usize) -> u32 {
    u32::from_le_bytes(array_at(page, offset))
}

pub fn u64_at(page: &Page, offset: usize) -> u64 {
    u64::from_le_bytes(array_at(page, offset))
}

pub fn put_u64(page: &mut Page, offset: usize, value: u64) {
    page[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
}
