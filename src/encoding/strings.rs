//! Text and byte strings as bytes: one after another, or as codes into a dictionary.
//!
//! Read back, a dictionary stays one.

use super::integers;
use super::vector::{Budget, dictionary};
use super::wire::{Decoded, Reader, Write, invalid};
use crate::column::{DICTIONARY_MAX, Strings};
use std::collections::HashSet;
use std::ops::Range;

pub fn write(out: &mut Vec<u8>, values: &Strings, rows: Range<usize>) {
    match values.dictionary(rows.clone()) {
        Some((entries, codes)) => {
            let codes: Vec<i64> = codes.into_iter().map(i64::from).collect();
            out.push(1);
            out.varint(entries.len() as u64);
            write_plain(out, entries.iter());
            integers::pack(out, &codes);
        }
        None => {
            out.push(0);
            write_plain(out, rows.map(|row| values.get(row)));
        }
    }
}

fn write_plain<'a>(out: &mut Vec<u8>, strings: impl Iterator<Item = &'a [u8]> + Clone) {
    let lengths: Vec<i64> = strings.clone().map(|string| string.len() as i64).collect();
    integers::pack(out, &lengths);
    strings.for_each(|string| out.extend(string));
}

/// Reads `count` strings, whose four bytes of offset each have been paid for.
pub fn read(
    reader: &mut Reader,
    count: usize,
    budget: &mut Budget,
    is_text: bool,
) -> Decoded<Strings> {
    match reader.u8()? {
        0 => {
            let strings = read_plain(reader, count, is_text)?;
            budget.spend(total(&strings))?;
            Ok(strings)
        }
        1 => read_dictionary(reader, count, budget, is_text),
        _ => invalid("strings are packed in an unknown way"),
    }
}

fn total(strings: &Strings) -> u64 {
    strings.iter().map(|string| string.len() as u64).sum()
}

fn read_plain(reader: &mut Reader, count: usize, is_text: bool) -> Decoded<Strings> {
    let lengths = integers::unpack(reader, count)?;
    let mut offsets = Vec::with_capacity(count + 1);
    offsets.push(0u32);
    let mut end = 0u64;
    for length in lengths {
        // A negative length is an enormous one here, and the sum is checked before it can wrap.
        end = end.saturating_add(length as u64);
        match u32::try_from(end) {
            Ok(offset) => offsets.push(offset),
            Err(_) => return invalid("a length runs past the end"),
        }
    }
    let bytes = reader.take(end as usize)?;
    if is_text {
        check_text(bytes, &offsets)?;
    }
    Ok(Strings::Flat {
        offsets,
        bytes: bytes.to_vec(),
    })
}

/// Every string is UTF-8 when the whole is and none begins inside a character.
fn check_text(bytes: &[u8], offsets: &[u32]) -> Decoded<()> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return invalid("a text is not UTF-8");
    };
    match offsets
        .iter()
        .all(|offset| text.is_char_boundary(*offset as usize))
    {
        true => Ok(()),
        false => invalid("a text is not UTF-8"),
    }
}

fn read_dictionary(
    reader: &mut Reader,
    count: usize,
    budget: &mut Budget,
    is_text: bool,
) -> Decoded<Strings> {
    let entry_count = reader.length()?;
    if entry_count > DICTIONARY_MAX || entry_count > count {
        return invalid("a dictionary is larger than its rows");
    }
    let entries = read_plain(reader, entry_count, is_text)?;
    // Codes stand for their strings: two codes of one string would make equal values differ.
    if entries.iter().collect::<HashSet<_>>().len() < entry_count {
        return invalid("a dictionary holds a string twice");
    }
    let mut weight = 0;
    let mut codes = Vec::with_capacity(count);
    for code in integers::unpack(reader, count)? {
        let Some(code) = u32::try_from(code)
            .ok()
            .filter(|&code| (code as usize) < entry_count)
        else {
            return invalid("a code is outside its dictionary");
        };
        weight += entries.get(code as usize).len() as u64;
        codes.push(code);
    }
    budget.spend(weight)?;
    Ok(dictionary(entries, codes))
}

/// Appends strings that continue a run. What both hold has been paid for, so it stays below 4 GiB.
pub fn append(to: &mut Strings, from: Strings) {
    match (&mut *to, &from) {
        (
            Strings::Flat { offsets, bytes },
            Strings::Flat {
                offsets: added,
                bytes: more,
            },
        ) => {
            let base = *offsets.last().expect("offsets begin with 0");
            bytes.extend(more);
            offsets.extend(added[1..].iter().map(|offset| base + offset));
        }
        _ => from.iter().for_each(|string| to.push(string)),
    }
}
