//! Runs of integers, packed so that unpacking is a plain loop.
//!
//! ```text
//!   scheme   u8: kind << 4 | width        width is 0, 1, 2, 4 or 8 bytes
//!   kind 0   zigzag base · n × offset                  frame of reference: value = base + offset
//!   kind 1   zigzag first · zigzag step · (n - 1) × offset     delta: value = previous + step + offset
//! ```
//!
//! Offsets are unsigned and little endian. A width of 0 stores none: kind 0 is then one value repeated,
//! kind 1 an arithmetic sequence, as the ids of freshly inserted rows are. All arithmetic wraps, so that
//! every run of 64-bit numbers has a packing. The count is not stored here.

use super::wire::{Decoded, Reader, Write, invalid};

/// Appends the shorter of the two packings.
pub fn pack(out: &mut Vec<u8>, values: &[i64]) {
    let Some(&first) = values.first() else {
        return;
    };
    let (low, high) = bounds(values.iter().copied());
    let width = width_of(high.wrapping_sub(low) as u64);
    let (step, most) = bounds(deltas(values));
    let delta_width = width_of(most.wrapping_sub(step) as u64);
    if delta_width < width {
        out.push(0x10 | delta_width);
        out.zigzag(first);
        out.zigzag(step);
        let offsets = deltas(values).map(|delta| delta.wrapping_sub(step) as u64);
        put(out, delta_width, offsets);
    } else {
        out.push(width);
        out.zigzag(low);
        put(
            out,
            width,
            values.iter().map(|v| v.wrapping_sub(low) as u64),
        );
    }
}

/// Reads `count` integers. The caller has bounded the count: a packing of width 0 needs no bytes for it.
pub fn unpack(reader: &mut Reader, count: usize) -> Decoded<Vec<i64>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let scheme = reader.u8()?;
    let base = reader.zigzag()?;
    match scheme >> 4 {
        0 => {
            let mut values = get(reader, scheme & 0xf, count)?;
            values.iter_mut().for_each(|v| *v = v.wrapping_add(base));
            Ok(values)
        }
        1 => {
            let step = reader.zigzag()?;
            let offsets = get(reader, scheme & 0xf, count - 1)?;
            let mut value = base;
            let rest = offsets.iter().map(|offset| {
                value = value.wrapping_add(step).wrapping_add(*offset);
                value
            });
            Ok(std::iter::once(base).chain(rest).collect())
        }
        _ => invalid("integers are packed in an unknown way"),
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

fn width_of(range: u64) -> u8 {
    match range {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn put(out: &mut Vec<u8>, width: u8, offsets: impl Iterator<Item = u64>) {
    match width {
        0 => {}
        1 => out.extend(offsets.map(|offset| offset as u8)),
        2 => offsets.for_each(|offset| out.extend((offset as u16).to_le_bytes())),
        4 => offsets.for_each(|offset| out.extend((offset as u32).to_le_bytes())),
        _ => offsets.for_each(|offset| out.extend(offset.to_le_bytes())),
    }
}

fn get(reader: &mut Reader, width: u8, count: usize) -> Decoded<Vec<i64>> {
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
    }

    #[test]
    fn the_extremes_wrap() {
        packed(&[i64::MIN, i64::MAX, 0, i64::MIN, -1]);
    }

    proptest! {
        #[test]
        fn every_run_reads_back(values: Vec<i64>, small: Vec<i16>) {
            packed(&values);
            packed(&small.into_iter().map(i64::from).collect::<Vec<_>>());
        }
    }
}
