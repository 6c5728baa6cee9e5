//! Bytes without their repetitions: what recurs within 64 KiB is a reference to where it was (Ziv and Lempel, 1977).
//!
//! ```text
//!   u8 0 · the bytes as they are
//!   u8 1 · varint length of the whole · steps
//!
//!   a step   u8: literals << 4 | match, a nibble of 15 going on in a varint
//!            literal bytes · u16 distance, less one; the match is 4 bytes longer than it says
//! ```
//!
//! The last step ends with its literals. There is no entropy coder behind it: integers come packed by bits already, and
//! of texts the repetitions are most of what there is to be saved. Undoing it is little more than copying.

use super::limit::TRANSACTION_BYTES_MAX;
use super::wire::{Decoded, Reader, Write, invalid};
use std::borrow::Cow;

const MATCH_MIN: usize = 4;
const WINDOW: usize = 1 << 16;
const TABLE_BITS: u32 = 13;

/// What is longer is left as it is.
const LENGTH_MAX: usize = TRANSACTION_BYTES_MAX as usize / 4;

/// Appends the shorter of the two forms.
pub fn write(out: &mut Vec<u8>, bytes: &[u8]) {
    let start = out.len();
    if (MATCH_MIN..=LENGTH_MAX).contains(&bytes.len()) {
        out.push(1);
        out.varint(bytes.len() as u64);
        write_steps(out, bytes);
    }
    if out.len() == start || out.len() - start > bytes.len() {
        out.truncate(start);
        out.push(0);
        out.extend(bytes);
    }
}

fn write_steps(out: &mut Vec<u8>, bytes: &[u8]) {
    // Where four bytes were seen last, by their hash.
    let mut seen = vec![u32::MAX; 1 << TABLE_BITS];
    let (mut from, mut at, mut misses) = (0, 0, 0);
    while let Some(four) = bytes.get(at..at + MATCH_MIN) {
        let four = u32::from_le_bytes(four.try_into().expect("four bytes"));
        let slot = &mut seen[(four.wrapping_mul(2_654_435_761) >> (32 - TABLE_BITS)) as usize];
        let before = std::mem::replace(slot, at as u32) as usize;
        let recurs = before < at
            && at - before <= WINDOW
            && bytes[before..before + MATCH_MIN] == bytes[at..at + MATCH_MIN];
        if !recurs {
            // What repeats nothing is passed over faster and faster.
            at += 1 + misses / 64;
            misses += 1;
            continue;
        }
        let rest = bytes[before + MATCH_MIN..]
            .iter()
            .zip(&bytes[at + MATCH_MIN..]);
        let more = rest.take_while(|(one, other)| one == other).count();
        write_step(out, &bytes[from..at], more);
        out.extend(((at - before - 1) as u16).to_le_bytes());
        at += MATCH_MIN + more;
        (from, misses) = (at, 0);
    }
    write_step(out, &bytes[from..], 0);
}

fn write_step(out: &mut Vec<u8>, literals: &[u8], more: usize) {
    let nibble = |count: usize| count.min(15) as u8;
    out.push(nibble(literals.len()) << 4 | nibble(more));
    for count in [literals.len(), more] {
        if count >= 15 {
            out.varint(count as u64 - 15);
        }
    }
    out.extend(literals);
}

/// The bytes that all of the rest stands for.
pub fn read<'a>(reader: &mut Reader<'a>) -> Decoded<Cow<'a, [u8]>> {
    match reader.u8()? {
        0 => Ok(Cow::Borrowed(reader.rest())),
        1 => read_steps(reader).map(Cow::Owned),
        _ => invalid("bytes are packed in an unknown way"),
    }
}

fn read_steps(reader: &mut Reader) -> Decoded<Vec<u8>> {
    let length = reader.length()?;
    if length > LENGTH_MAX {
        return invalid("a part unpacks to more than its limit");
    }
    let mut out: Vec<u8> = Vec::new();
    loop {
        let step = reader.u8()?;
        let mut counts = [step >> 4, step & 15].map(usize::from);
        for count in &mut counts {
            if *count == 15 {
                *count = reader.length()?.saturating_add(15);
            }
        }
        let [literals, more] = counts;
        out.extend(reader.take(literals)?);
        if reader.remaining() == 0 {
            break;
        }
        let distance = usize::from(u16::from_le_bytes(reader.array()?)) + 1;
        let end = out.len().saturating_add(more).saturating_add(MATCH_MIN);
        if distance > out.len() || end > length {
            return invalid("a repetition is out of bounds");
        }
        // A match may go on into itself.
        while out.len() < end {
            let from = out.len() - distance;
            let count = distance.min(end - out.len());
            out.extend_from_within(from..from + count);
        }
    }
    match out.len() == length {
        true => Ok(out),
        false => invalid("a part is of another length than it says"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(bytes: &[u8]) -> usize {
        let mut out = Vec::new();
        write(&mut out, bytes);
        let read = read(&mut Reader::new(&out));
        assert_eq!(read.as_deref(), Ok(bytes));
        out.len()
    }

    #[test]
    fn what_recurs_is_written_once() {
        assert_eq!(packed(b""), 1);
        assert_eq!(packed(b"abcd"), 5);
        assert!(packed(&[7; 100_000]) < 16);
        let names: Vec<String> = (0..2000)
            .map(|id| format!("customer {}", id * 7919))
            .collect();
        let names = names.concat();
        assert!(packed(names.as_bytes()) < names.len() * 2 / 3);
    }

    proptest! {
        #[test]
        fn all_bytes_read_back(bytes: Vec<u8>, few in prop::collection::vec(0u8..3, 0..3000)) {
            packed(&bytes);
            packed(&few);
        }

        #[test]
        fn forged_bytes_are_refused_or_read(mut bytes in prop::collection::vec(0u8..40, 1..200)) {
            bytes[0] = 1;
            if let Ok(read) = read(&mut Reader::new(&bytes)) {
                prop_assert!(read.len() <= LENGTH_MAX);
            }
        }
    }
}
