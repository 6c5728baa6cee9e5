//! CRC-32 as in zip and gzip (polynomial 0xEDB88320, reflected).
//!
//! Sixteen bytes at a time: table *k* says what a byte does to the remainder when *k* bytes follow it, so the sixteen
//! look-ups do not wait for each other (Kounavis and Berry, "A Systematic Approach to Building High Performance,
//! Software-based, CRC Generators"). The tables are made at the first use: their 16 kB are noise to a compressor, and
//! would be the largest constant of the download.

use std::sync::OnceLock;

const POLYNOMIAL: u32 = 0xedb8_8320;

/// How many bytes are taken at a time.
const STRIDE: usize = 16;

type Tables = [[u32; 256]; STRIDE];

/// The remainder of what was read so far, inverted.
#[derive(Debug, Clone)]
pub struct Crc32(u32);

impl Crc32 {
    pub fn new() -> Self {
        Crc32(!0)
    }

    pub fn update(&mut self, bytes: &[u8]) {
        let tables = tables();
        let (chunks, rest) = bytes.as_chunks::<STRIDE>();
        for chunk in chunks {
            let mut chunk = *chunk;
            for (byte, carried) in chunk.iter_mut().zip(self.0.to_le_bytes()) {
                *byte ^= carried;
            }
            self.0 = 0;
            for (table, byte) in tables.iter().rev().zip(chunk) {
                self.0 ^= table[usize::from(byte)];
            }
        }
        for byte in rest {
            self.0 = (self.0 >> 8) ^ tables[0][usize::from(self.0 as u8 ^ byte)];
        }
    }

    pub fn finish(self) -> u32 {
        !self.0
    }
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(bytes);
    crc.finish()
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Box<Tables>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Box::new([[0; 256]; STRIDE]);
        for byte in 0..256 {
            let mut remainder = byte as u32;
            for table in tables.iter_mut() {
                for _ in 0..8 {
                    remainder = (remainder >> 1) ^ (POLYNOMIAL & (remainder & 1).wrapping_neg());
                }
                table[byte] = remainder;
            }
        }
        tables
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn agrees_with_another_implementation_however_the_bytes_come() {
        let bytes: Vec<u8> = (0..100u32).map(|at| (at * at + 7 * at) as u8).collect();
        for end in 0..bytes.len() {
            for middle in 0..=end {
                let mut crc = Crc32::new();
                crc.update(&bytes[..middle]);
                crc.update(&bytes[middle..end]);
                assert_eq!(crc.finish(), crc32fast::hash(&bytes[..end]));
            }
        }
    }
}
