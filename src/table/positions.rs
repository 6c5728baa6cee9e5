//! From flags or bits to the positions of those that are set, eight at a time through a table.

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

/// Appends the positions of a byte's bits, the first bit being position `base`.
fn push_eight(rows: &mut Vec<u32>, base: usize, byte: u8) {
    let (bits, count) = &EIGHTS[byte as usize];
    let len = rows.len() + usize::from(*count);
    rows.extend_from_slice(&bits.map(|bit| base as u32 + u32::from(bit)));
    rows.truncate(len);
}

/// The positions of the flags that are 1; the others are 0.
pub(crate) fn positions(flags: &[u8]) -> Vec<u32> {
    let mut rows = Vec::with_capacity(flags.len() + 8);
    let (eights, rest) = flags.as_chunks::<8>();
    for (number, eight) in eights.iter().enumerate() {
        // The product gathers the lowest bit of each byte in the highest byte.
        let byte = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        push_eight(&mut rows, number * 8, byte as u8);
    }
    let base = eights.len() * 8;
    let set = rest.iter().enumerate().filter(|(_, flag)| **flag == 1);
    rows.extend(set.map(|(row, _)| (base + row) as u32));
    rows
}

/// The positions of the bits that are set among the first `len`.
pub(crate) fn positions_of_bits(bits: &Bitmap, len: usize) -> Vec<u32> {
    let mut rows = Vec::with_capacity(len + 8);
    for (number, word) in bits.words()[..len.div_ceil(64)].iter().enumerate() {
        for (offset, byte) in word.to_le_bytes().into_iter().enumerate() {
            push_eight(&mut rows, number * 64 + offset * 8, byte);
        }
    }
    let within = rows.partition_point(|row| (*row as usize) < len);
    rows.truncate(within);
    rows
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
            assert_eq!(positions(&flags), expected);
            let bits: Bitmap = (0..200).map(|row| is_set(&row)).collect();
            assert_eq!(positions_of_bits(&bits, len), expected);
        }
    }
}
