//! Texts that consist of given pieces with anything between them: `abc%`, `%abc%`, `a%b%c`.

use crate::column::Strings;
use memchr::memmem::Finder;

/// The pieces of a text, as bytes: UTF-8 occurs in UTF-8 only where its characters do.
#[derive(Debug)]
pub struct Pieces {
    first: Vec<u8>,
    middle: Vec<Finder<'static>>,
    /// Without it the text is the first piece.
    last: Option<Vec<u8>>,
}

impl Pieces {
    /// One piece is the whole text. Of several the first one begins it and the last one ends it; an empty piece is
    /// found everywhere.
    pub fn new<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        let mut pieces = pieces.into_iter().map(str::as_bytes);
        let first = pieces.next().unwrap_or_default().to_vec();
        let mut middle: Vec<_> = pieces.collect();
        let last = middle.pop().map(<[u8]>::to_vec);
        middle.retain(|piece| !piece.is_empty());
        Pieces {
            first,
            middle: (middle.into_iter())
                .map(|piece| Finder::new(piece).into_owned())
                .collect(),
            last,
        }
    }

    /// Each piece is looked for behind the one before it: where it occurs first leaves the most for the others.
    pub fn matches(&self, text: &[u8]) -> bool {
        let Some(last) = &self.last else {
            return text == self.first;
        };
        let Some(mut rest) = (text.strip_prefix(&*self.first))
            .and_then(|behind_first| behind_first.strip_suffix(&**last))
        else {
            return false;
        };
        for piece in &self.middle {
            let Some(at) = piece.find(rest) else {
                return false;
            };
            rest = &rest[at + piece.needle().len()..];
        }
        true
    }

    /// Which of the strings match; false for rows that are not selected.
    pub fn matching(&self, strings: &Strings, selection: Option<&[u32]>) -> Vec<bool> {
        let len = strings.len();
        match strings {
            // Each of its values once, if that is less.
            Strings::Dictionary { codes, values }
                if values.len() <= selection.map_or(len, <[u32]>::len) =>
            {
                let known = self.matching(values, None);
                codes.iter().map(|&code| known[code as usize]).collect()
            }
            _ => match selection {
                None => strings.iter().map(|text| self.matches(text)).collect(),
                Some(rows) => {
                    let mut matching = vec![false; len];
                    for &row in rows {
                        matching[row as usize] = self.matches(strings.get(row as usize));
                    }
                    matching
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    #[test]
    fn pieces_are_found_in_their_order_and_apart() {
        for (pieces, text, expected) in [
            (&["abc"][..], "abc", true),
            (&["abc"], "abcd", false),
            (&["ab", ""], "abc", true),
            (&["", "bc"], "abc", true),
            (&["ab", "bc"], "abc", false),
            (&["ab", "bc"], "abbc", true),
            (&["", "b", ""], "abc", true),
            (&["", "b", "b", ""], "abc", false),
            (&["a", "", "c"], "ac", true),
            (&["a", "bc", "b", "c"], "abcxbc", true),
            (&["a", "bc", "b", "c"], "abcbc", true),
            (&["a", "bc", "b", "c"], "abcb", false),
            (&["", "ñ", ""], "año", true),
        ] {
            let found = Pieces::new(pieces.iter().copied()).matches(text.as_bytes());
            assert_eq!(found, expected, "{pieces:?} in {text}");
        }
    }

    #[test]
    fn a_dictionary_answers_as_its_strings_do() {
        let pieces = Pieces::new(["", "ai", ""]);
        let texts = ["paid", "open", "paid", "said", ""];
        let flat: Strings = texts.iter().map(|text| text.as_bytes()).collect();
        let dictionary = Strings::Dictionary {
            codes: vec![0, 1, 0, 2, 3],
            values: Rc::new([&b"paid"[..], b"open", b"said", b""].into_iter().collect()),
        };
        for strings in [&flat, &dictionary] {
            assert_eq!(
                pieces.matching(strings, None),
                [true, false, true, true, false]
            );
            let of_two = pieces.matching(strings, Some(&[1, 3]));
            assert_eq!([of_two[1], of_two[3]], [false, true]);
        }
    }
}
