//! The checksum of what is stored: CRC-32 as Ethernet and zip have it.
//!
//! Its tables are made at the first use. As constants they would be 16 kB of the download, which do not compress.

use crc::{CRC_32_ISO_HDLC, Crc, Table};
use std::sync::LazyLock;

/// For sixteen bytes at a step.
static TABLES: LazyLock<Crc<u32, Table<16>>> =
    LazyLock::new(|| Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC));

/// The checksum of bytes behind others that have the checksum `before`, which is 0 of none.
pub fn crc32(before: u32, bytes: &[u8]) -> u32 {
    let mut digest = TABLES.digest_with_initial((!before).reverse_bits());
    digest.update(bytes);
    digest.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_checksum_is_the_usual_one() {
        assert_eq!(crc32(0, b""), 0);
        assert_eq!(crc32(0, b"123456789"), 0xcbf4_3926);
        assert_eq!(
            crc32(0, b"The quick brown fox jumps over the lazy dog"),
            0x414f_a339
        );
    }

    proptest! {
        #[test]
        fn parts_have_the_checksum_of_the_whole(bytes: Vec<u8>, at: prop::sample::Index) {
            let (first, rest) = bytes.split_at(at.index(bytes.len() + 1));
            prop_assert_eq!(crc32(crc32(0, first), rest), crc32(0, &bytes));
        }
    }
}
