//! Many byte strings: either one after another, or as codes into a shared dictionary.
//!
//! ```text
//!   flat        offsets [0, 3, 3, 8]   bytes "one" "" "three"
//!   dictionary  codes   [0, 1, 0, 0]   values (flat) "paid" "open"
//! ```

use std::collections::HashMap;
use std::rc::Rc;

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
        match self {
            Strings::Flat { offsets, bytes } => {
                &bytes[offsets[index] as usize..offsets[index + 1] as usize]
            }
            Strings::Dictionary { codes, values } => values.get(codes[index] as usize),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
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
