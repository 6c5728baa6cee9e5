//! From a compare to the positions where it holds: flags or bits become positions eight at a time, through a
//! table.

use crate::column::Bitmap;

/// For each byte, the positions of its bits, and how many there are.
static EIGHTS: [([u8; 8], u8); 256] = eights();

const fn eights() -> [([u8; 8], u8); 256] {
    let mut table = [([0; 8], 0); 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                table[byte].0[table[byte].1 as usize] = bit;
                table[byte].1 += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
}

/// Gathers positions; every eight are written whole, and the next overwrite those that were too many.
struct Gatherer {
    rows: Vec<u32>,
    count: usize,
}

impl Gatherer {
    fn new(len: usize) -> Gatherer {
        Gatherer {
            rows: vec![0; len + 8],
            count: 0,
        }
    }

    /// The positions of a byte's bits, the first bit being position `base`.
    fn push(&mut self, base: usize, byte: u8) {
        let (bits, count) = &EIGHTS[usize::from(byte)];
        let place = self.rows[self.count..].first_chunk_mut::<8>();
        let place = place.expect("there are eight more than positions");
        for (row, bit) in place.iter_mut().zip(bits) {
            *row = base as u32 + u32::from(*bit);
        }
        self.count += usize::from(*count);
    }

    fn finish(mut self) -> Vec<u32> {
        self.rows.truncate(self.count);
        self.rows
    }
}

/// Sets a flag to 1 where a value is greater, else to 0: the filter of the stamps of a block.
#[inline(never)]
pub fn are_greater(values: &[i32], than: i32, flags: &mut [u8]) {
    for (value, flag) in values.iter().zip(flags) {
        *flag = u8::from(*value > than);
    }
}

/// A bit for each flag; flags are 1 or 0.
pub fn bits_of_flags(flags: &[u8]) -> Bitmap {
    let (whole, rest) = flags.as_chunks::<64>();
    let mut words: Vec<u64> = Vec::with_capacity(whole.len() + 1);
    words.extend(whole.iter().map(word_of_flags));
    if !rest.is_empty() {
        let mut padded = [0; 64];
        padded[..rest.len()].copy_from_slice(rest);
        words.push(word_of_flags(&padded));
    }
    Bitmap::from_words(words, flags.len())
}

fn word_of_flags(flags: &[u8; 64]) -> u64 {
    let (eights, _) = flags.as_chunks::<8>();
    u64::from_le_bytes(std::array::from_fn(|byte| byte_of_flags(eights[byte])))
}

/// The product brings the lowest bit of each of eight flags to the top.
fn byte_of_flags(flags: [u8; 8]) -> u8 {
    (u64::from_le_bytes(flags).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
}

/// The positions of the bits that are set.
pub fn positions_of_bits(bits: &Bitmap) -> Vec<u32> {
    let mut gatherer = Gatherer::new(bits.len());
    let bytes = bits.words().iter().flat_map(|word| word.to_le_bytes());
    for (number, byte) in bytes.take(bits.len().div_ceil(8)).enumerate() {
        gatherer.push(number * 8, byte);
    }
    gatherer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_bits_give_their_positions_at_every_length() {
        for len in 0..200 {
            let is_set = |row: &usize| row * 7 % 5 < 2 || *row > 150;
            let expected: Vec<u32> = (0..len).filter(is_set).map(|row| row as u32).collect();
            let flags: Vec<u8> = (0..len).map(|row| u8::from(is_set(&row))).collect();
            let bits: Bitmap = (0..len).map(|row| is_set(&row)).collect();
            assert_eq!(bits_of_flags(&flags), bits);
            assert_eq!(positions_of_bits(&bits), expected);
        }
    }
}
