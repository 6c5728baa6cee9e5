//! Many byte strings: either one after another, or as codes into a shared dictionary.
//!
//! ```text
//!   flat        offsets [0, 3, 3, 8]   bytes "one" "" "three"
//!   dictionary  codes   [0, 1, 0, 0]   values (flat) "paid" "open"
//! ```
//!
//! A dictionary is tried where the first strings repeat themselves, and kept while it is small.

use super::kernel::hash_bytes;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

/// Strings looked at to decide whether a dictionary is worth trying.
const SAMPLE: usize = 64;

/// Entries of such a dictionary at most, so that a code can be stored in a byte.
pub const DICTIONARY_MAX: usize = 256;

/// Places to look a string up when a dictionary is made, and what stands in one that is free.
const SLOTS: usize = 4 * DICTIONARY_MAX;
const EMPTY: u32 = u32::MAX;

/// Gathered strings that take more bytes than this together are held once each, or a large one that meets many rows
/// in a join would be copied for each of them.
pub const COPIED_MAX: usize = 1 << 20;

#[derive(Debug, Clone)]
pub enum Strings {
    /// String `i` is `bytes[offsets[i]..offsets[i + 1]]`.
    Flat { offsets: Vec<u32>, bytes: Vec<u8> },
    /// String `i` is `values[codes[i]]`. The dictionary has no duplicates.
    Dictionary {
        codes: Vec<u32>,
        values: Rc<Strings>,
    },
}

impl Strings {
    pub fn new() -> Self {
        Strings::Flat {
            offsets: vec![0],
            bytes: Vec::new(),
        }
    }

    /// `len` times the same string, as a dictionary of one.
    pub fn repeat(string: &[u8], len: usize) -> Self {
        Strings::Dictionary {
            codes: vec![0; len],
            values: Rc::new([string].into_iter().collect()),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Strings::Flat { offsets, .. } => offsets.len() - 1,
            Strings::Dictionary { codes, .. } => codes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> &[u8] {
        let (index, flat) = match self {
            Strings::Flat { .. } => (index, self),
            Strings::Dictionary { codes, values } => (codes[index] as usize, &**values),
        };
        match flat {
            Strings::Flat { offsets, bytes } => {
                &bytes[offsets[index] as usize..offsets[index + 1] as usize]
            }
            Strings::Dictionary { .. } => flat.get(index),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> + Clone {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Appends a string, giving up a dictionary first.
    ///
    /// The bytes of one `Strings` must stay below 4 GiB: chunks and blocks are far smaller.
    pub fn push(&mut self, string: &[u8]) {
        if let Strings::Dictionary { .. } = self {
            *self = self.iter().collect();
        }
        let Strings::Flat { offsets, bytes } = self else {
            unreachable!("made flat above")
        };
        bytes.extend_from_slice(string);
        offsets.push(u32::try_from(bytes.len()).expect("strings of a chunk stay below 4 GiB"));
    }

    /// The strings at the given places, in that order.
    pub fn gather(&self, rows: &[u32]) -> Strings {
        match self {
            Strings::Flat { .. } => {
                let lengths = rows.iter().map(|&row| self.get(row as usize).len());
                match lengths.sum::<usize>() > COPIED_MAX {
                    true => self.gather_once(rows),
                    false => rows.iter().map(|&row| self.get(row as usize)).collect(),
                }
            }
            Strings::Dictionary { codes, values } => Strings::Dictionary {
                codes: rows.iter().map(|&row| codes[row as usize]).collect(),
                values: values.clone(),
            },
        }
    }

    /// The same as a dictionary of the strings that occur.
    fn gather_once(&self, rows: &[u32]) -> Strings {
        let mut values = Strings::new();
        let mut code_of_row = HashMap::new();
        let mut code_of_string = HashMap::new();
        let mut code = |row: u32| {
            *code_of_row.entry(row).or_insert_with(|| {
                let string = self.get(row as usize);
                *code_of_string.entry(string).or_insert_with(|| {
                    values.push(string);
                    values.len() as u32 - 1
                })
            })
        };
        let codes = rows.iter().map(|&row| code(row)).collect();
        Strings::Dictionary {
            codes,
            values: Rc::new(values),
        }
    }

    /// The different strings of some rows in the order in which they first come, and for each row its place among them; none if
    /// there are too many.
    pub fn dictionary(&self, rows: Range<usize>) -> Option<(Strings, Vec<u32>)> {
        let sampled = rows.start + SAMPLE.min(rows.len());
        let mut slots = [EMPTY; SLOTS];
        let mut entries = Strings::new();
        let mut codes = Vec::with_capacity(rows.len());
        let (first, rest) = (rows.start..sampled, sampled..rows.end);
        for (rows, most) in [(first, (sampled - rows.start) / 2), (rest, DICTIONARY_MAX)] {
            for row in rows {
                let string = self.get(row);
                let mut slot = hash_bytes(string) as usize % SLOTS;
                while slots[slot] != EMPTY && entries.get(slots[slot] as usize) != string {
                    slot = (slot + 1) % SLOTS;
                }
                if slots[slot] == EMPTY {
                    if entries.len() == most {
                        return None;
                    }
                    slots[slot] = entries.len() as u32;
                    entries.push(string);
                }
                codes.push(slots[slot]);
            }
        }
        Some((entries, codes))
    }

    /// With a dictionary, if there is none yet and one is worth it.
    pub fn coded(&self) -> Option<Strings> {
        let Strings::Flat { .. } = self else {
            return None;
        };
        let (values, codes) = self.dictionary(0..self.len())?;
        let values = Rc::new(values);
        Some(Strings::Dictionary { codes, values })
    }

    /// Bytes held in memory, roughly.
    pub fn bytes_held(&self) -> usize {
        match self {
            Strings::Flat { offsets, bytes } => offsets.capacity() * 4 + bytes.capacity(),
            Strings::Dictionary { codes, values } => codes.capacity() * 4 + values.bytes_held(),
        }
    }
}

impl Default for Strings {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for Strings {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<'a> FromIterator<&'a [u8]> for Strings {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(strings: I) -> Self {
        let mut result = Strings::new();
        strings.into_iter().for_each(|string| result.push(string));
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_made_of_strings_that_repeat_themselves() {
        let of = |count: usize, different: usize| -> Strings {
            let texts = (0..count).map(|row| (row % different).to_string());
            let texts: Vec<String> = texts.collect();
            texts.iter().map(|text| text.as_bytes()).collect()
        };
        for (count, different) in [(1000, 3), (64, 32), (2000, 30), (4, 2)] {
            let flat = of(count, different);
            let coded = flat.coded().expect("it is worth it");
            assert!(
                matches!(&coded, Strings::Dictionary { values, .. } if values.len() == different)
            );
            assert_eq!(coded, flat);
            assert!(coded.coded().is_none());
        }
        let (entries, codes) = (of(1000, 3).dictionary(1..1000)).expect("it is worth it");
        assert_eq!(
            (entries.get(0), &codes[..4]),
            (&b"1"[..], &[0, 1, 2, 0][..])
        );
        assert!(of(1000, 33).coded().is_none());
        assert!(of(3, 2).coded().is_none());
        // Few at first, and then too many.
        let most: Vec<String> = (0..1000).map(|row| (row / 2 % 257).to_string()).collect();
        let most: Strings = most.iter().map(|text| text.as_bytes()).collect();
        assert!(most.coded().is_none());
        assert!(most.dictionary(0..512).is_some());
    }

    #[test]
    fn large_strings_are_gathered_once() {
        let large = vec![b'a'; COPIED_MAX];
        let strings: Strings = [&large[..], b"b", &large[..], b""].into_iter().collect();
        let gathered = strings.gather(&[3, 0, 2, 1, 0]);
        let wanted = [b"", &large[..], &large[..], b"b", &large[..]];
        assert!(gathered.iter().eq(wanted));
        let Strings::Dictionary { values, .. } = gathered else {
            panic!("a dictionary");
        };
        assert_eq!(values.len(), 3);
    }
}
