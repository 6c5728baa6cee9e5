//! Runs of integers, packed so that unpacking is a plain loop.
//!
//! ```text
//!   scheme   u8: kind << 4 | width        width is 0, 1, 2, 4 or 8 bytes
//!            or 0x80 | kind << 6 | bits   1 to 63 of them, one offset after the other from the lowest bit on
//!   kind 0   zigzag base · n × offset                  frame of reference: value = base + offset
//!   kind 1   zigzag first · zigzag step · (n - 1) × offset     delta: value = previous + step + offset
//! ```
//!
//! Offsets are unsigned and little endian. A width of 0 stores none: kind 0 is then one value repeated,
//! kind 1 an arithmetic sequence, as the ids of freshly inserted rows are. All arithmetic wraps, so that
//! every run of 64-bit numbers has a packing. The count is not stored here.

use super::wire::{Decoded, Reader, Write, invalid};

/// Offsets are packed by bits where that saves so many bytes.
const SAVED_BYTES_MIN: u64 = 16;

/// In a scheme: by bits; and then, kind 1.
const BITS: u8 = 0x80;
const BITS_DELTA: u8 = 0x40;

/// Appends the shortest of the packings.
pub fn pack(out: &mut Vec<u8>, values: &[i64]) {
    let Some(&first) = values.first() else {
        return;
    };
    let count = values.len() as u64;
    let (low, high) = bounds(values.iter().copied());
    let (bytes, scheme) = cost(count, high.wrapping_sub(low) as u64);
    let (step, most) = bounds(deltas(values));
    let (delta_bytes, delta_scheme) = cost(count, most.wrapping_sub(step) as u64);
    if delta_bytes < bytes {
        let kind = if delta_scheme & BITS == 0 {
            0x10
        } else {
            BITS_DELTA
        };
        out.push(delta_scheme | kind);
        out.zigzag(first);
        out.zigzag(step);
        let offset = |delta: i64| delta.wrapping_sub(step) as u64;
        put(out, delta_scheme, &mut deltas(values).map(offset));
    } else {
        out.push(scheme);
        out.zigzag(low);
        let offset = |value: &i64| value.wrapping_sub(low) as u64;
        put(out, scheme, &mut values.iter().map(offset));
    }
}

/// Reads `count` integers. The caller has bounded the count: a packing of width 0 needs no bytes for it.
pub fn unpack(reader: &mut Reader, count: usize) -> Decoded<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let scheme = reader.u8()?;
    let (is_delta, width) = match scheme {
        0x80.. => (scheme & BITS_DELTA != 0, scheme & !BITS_DELTA),
        0x20.. => return invalid("integers are packed in an unknown way"),
        _ => (scheme & 0x10 != 0, scheme & 0xf),
    };
    let base = reader.zigzag()?;
    if !is_delta {
        let mut values = get(reader, width, count)?;
        values.iter_mut().for_each(|v| *v = v.wrapping_add(base));
        return Ok(values);
    }
    let step = reader.zigzag()?;
    let offsets = get(reader, width, count - 1)?;
    let mut value = base;
    let rest = offsets.iter().map(|offset| {
        value = value.wrapping_add(step).wrapping_add(*offset);
        value
    });
    Ok(std::iter::once(base).chain(rest).collect())
}

/// Bytes that so many offsets take, and how.
fn cost(count: u64, range: u64) -> (u64, u8) {
    let bits = 64 - range.leading_zeros() as u8;
    let width = match bits {
        0 => 0,
        1..=8 => 1,
        9..=16 => 2,
        17..=32 => 4,
        _ => 8,
    };
    let (by_bytes, by_bits) = (
        count * u64::from(width),
        (count * u64::from(bits)).div_ceil(8),
    );
    match by_bytes - by_bits < SAVED_BYTES_MIN {
        true => (by_bytes, width),
        false => (by_bits, BITS | bits),
    }
}

fn bounds(values: impl Iterator<Item = i64>) -> (i64, i64) {
    values
        .map(|value| (value, value))
        .reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
        .unwrap_or((0, 0))
}

fn deltas(values: &[i64]) -> impl Iterator<Item = i64> + '_ {
    values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]))
}

fn put(out: &mut Vec<u8>, width: u8, offsets: &mut dyn Iterator<Item = u64>) {
    if width & BITS != 0 {
        return put_bits(out, width & !BITS, offsets);
    }
    let width = usize::from(width);
    offsets.for_each(|offset| out.extend(&offset.to_le_bytes()[..width]));
}

fn put_bits(out: &mut Vec<u8>, bits: u8, offsets: &mut dyn Iterator<Item = u64>) {
    let (mut waiting, mut count) = (0u128, 0);
    for offset in offsets {
        waiting |= u128::from(offset) << count;
        count += bits;
        while count >= 8 {
            out.push(waiting as u8);
            waiting >>= 8;
            count -= 8;
        }
    }
    if count > 0 {
        out.push(waiting as u8);
    }
}

fn get(reader: &mut Reader, width: u8, count: usize) -> Decoded<Vec<i64>> {
    if width & BITS != 0 {
        return get_bits(reader, usize::from(width & !BITS), count);
    }
    if !matches!(width, 0 | 1 | 2 | 4 | 8) {
        return invalid("integers are of an unknown width");
    }
    let bytes = reader.take_items(count, usize::from(width))?;
    Ok(match width {
        0 => vec![0; count],
        1 => bytes.iter().map(|byte| i64::from(*byte)).collect(),
        2 => items(bytes, |item| i64::from(u16::from_le_bytes(item))),
        4 => items(bytes, |item| i64::from(u32::from_le_bytes(item))),
        _ => items(bytes, i64::from_le_bytes),
    })
}

fn get_bits(reader: &mut Reader, bits: usize, count: usize) -> Decoded<Vec<i64>> {
    let length = (count as u64 * bits as u64).div_ceil(8);
    // More bytes than there can be are more than are left.
    let bytes = reader.take(usize::try_from(length).unwrap_or(usize::MAX))?;
    // Each offset lies in nine bytes.
    let mut padded = Vec::with_capacity(bytes.len() + 8);
    padded.extend(bytes);
    padded.extend([0; 8]);
    let mask = (1u64 << bits) - 1;
    let offset = |index: usize| {
        let at = index as u64 * bits as u64;
        let (from, shift) = ((at / 8) as usize, at % 8);
        let window = padded[from..from + 8].try_into().expect("eight bytes");
        let mut value = u64::from_le_bytes(window) >> shift;
        if shift + bits as u64 > 64 {
            value |= u64::from(padded[from + 8]) << (64 - shift);
        }
        (value & mask) as i64
    };
    Ok((0..count).map(offset).collect())
}

/// One value for each `N` bytes.
pub fn items<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes
        .chunks_exact(N)
        .map(|item| read(item.try_into().expect("chunks_exact gives N bytes")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(values: &[i64]) -> usize {
        let mut out = Vec::new();
        pack(&mut out, values);
        let mut reader = Reader::new(&out);
        assert_eq!(unpack(&mut reader, values.len()).as_deref(), Ok(values));
        assert_eq!(reader.end(), Ok(()));
        out.len()
    }

    #[test]
    fn regular_runs_take_next_to_nothing() {
        assert_eq!(packed(&(5..5000).collect::<Vec<_>>()), 3);
        assert_eq!(packed(&[7; 5000]), 2);
        assert_eq!(packed(&[1_000_000, 1_000_003, 1_000_001]), 7);
        assert_eq!(packed(&[]), 0);
        let scattered = |row: i64| row * 7919 % 10_000;
        assert_eq!(packed(&(0..4000).map(scattered).collect::<Vec<_>>()), 7002);
    }

    #[test]
    fn the_extremes_wrap() {
        packed(&[i64::MIN, i64::MAX, 0, i64::MIN, -1]);
        for bits in 0..64 {
            let most = i64::MAX >> (63 - bits);
            packed(&(0..300).map(|row| (row * 7919) & most).collect::<Vec<_>>());
            packed(
                &(0..300)
                    .map(|row| if row % 3 == 0 { most } else { -row })
                    .collect::<Vec<_>>(),
            );
        }
    }

    proptest! {
        #[test]
        fn every_run_reads_back(values: Vec<i64>, small: Vec<i16>) {
            packed(&values);
            packed(&small.into_iter().map(i64::from).collect::<Vec<_>>());
        }
    }
}
