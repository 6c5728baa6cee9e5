//! CRC-32 as in Ethernet and zip: the checksum of frames and pages.
//!
//! Natively it is crc32fast's, which has the processor compute it. Of that crate a browser would use a loop
//! over 16 kB of random-looking tables, which are as large in the download as they are in memory; here the
//! tables are made at the first use instead.

#[cfg(target_arch = "wasm32")]
pub use by_table::{Hasher, hash};
#[cfg(not(target_arch = "wasm32"))]
pub use crc32fast::{Hasher, hash};

#[cfg(any(test, target_arch = "wasm32"))]
mod by_table {
    use std::sync::OnceLock;

    /// Eight bytes at a time: `TABLES[k][byte]` is what a byte with `k` bytes behind it contributes.
    type Tables = [[u32; 256]; 8];

    const POLYNOMIAL: u32 = 0xedb8_8320;

    #[derive(Debug, Clone)]
    pub struct Hasher(u32);

    pub fn hash(bytes: &[u8]) -> u32 {
        let mut hasher = Hasher::new();
        hasher.update(bytes);
        hasher.finalize()
    }

    impl Hasher {
        pub fn new() -> Self {
            Hasher(!0)
        }

        pub fn update(&mut self, bytes: &[u8]) {
            let tables = tables();
            let (eights, rest) = bytes.as_chunks::<8>();
            let mut crc = self.0;
            for eight in eights {
                let word = u64::from_le_bytes(*eight) ^ u64::from(crc);
                crc = word
                    .to_le_bytes()
                    .iter()
                    .zip(tables.iter().rev())
                    .fold(0, |crc, (byte, table)| crc ^ table[usize::from(*byte)]);
            }
            for byte in rest {
                crc = by_byte(&tables[0], crc, *byte);
            }
            self.0 = crc;
        }

        pub fn finalize(self) -> u32 {
            !self.0
        }
    }

    fn by_byte(table: &[u32; 256], crc: u32, byte: u8) -> u32 {
        (crc >> 8) ^ table[usize::from(crc as u8 ^ byte)]
    }

    fn tables() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(|| {
            let mut tables = [[0; 256]; 8];
            for (byte, entry) in (0..).zip(&mut tables[0]) {
                *entry = (0..8).fold(byte, |crc: u32, _| (crc >> 1) ^ ((crc & 1) * POLYNOMIAL));
            }
            for behind in 1..8 {
                tables[behind] = tables[behind - 1].map(|before| by_byte(&tables[0], before, 0));
            }
            tables
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_however_the_bytes_are_cut() {
        assert_eq!(by_table::hash(b"123456789"), 0xcbf4_3926);
        let bytes: Vec<u8> = (0..1000u32).map(|i| (i * i % 251) as u8).collect();
        for cut in [0, 1, 7, 8, 9, 500, 993, 1000] {
            let mut hasher = by_table::Hasher::new();
            hasher.update(&bytes[..cut]);
            hasher.update(&bytes[cut..]);
            assert_eq!(hasher.finalize(), hash(&bytes), "{cut}");
        }
    }
}
