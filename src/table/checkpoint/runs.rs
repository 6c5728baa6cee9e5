//! Sequences of which many follow each other unchanged: the commits of a block's rows.
//!
//! ```text
//!   varint runs · packed integers (the value of each run) · packed integers (the length of each run)
//! ```

use crate::encoding::integers::{pack, unpack};
use crate::encoding::wire::{Decoded, Reader, Write, invalid};

pub fn write(out: &mut Vec<u8>, values: impl Iterator<Item = u64>) {
    let (mut firsts, mut lengths) = (Vec::new(), Vec::new());
    for value in values {
        match lengths.last_mut() {
            Some(length) if firsts.last() == Some(&(value as i64)) => *length += 1,
            _ => {
                firsts.push(value as i64);
                lengths.push(1);
            }
        }
    }
    out.varint(firsts.len() as u64);
    pack(out, &firsts);
    pack(out, &lengths);
}

/// Reads `rows` values. The caller has bounded their number.
pub fn read(reader: &mut Reader, rows: usize) -> Decoded<Vec<u64>> {
    let runs = reader.length()?;
    if runs > rows {
        return invalid("there are more runs than rows");
    }
    let firsts = unpack(reader, runs)?;
    let lengths = unpack(reader, runs)?;
    let mut values = Vec::with_capacity(rows);
    for (first, length) in firsts.into_iter().zip(lengths) {
        match usize::try_from(length) {
            Ok(length) if length <= rows - values.len() => {
                values.extend(std::iter::repeat_n(first as u64, length));
            }
            _ => return invalid("a run is longer than its rows"),
        }
    }
    match values.len() == rows {
        true => Ok(values),
        false => invalid("runs are shorter than their rows"),
    }
}
