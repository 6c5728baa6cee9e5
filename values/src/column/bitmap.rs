//! A growable array of bits, 64 to a word.

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bitmap {
    words: Vec<u64>,
    len: usize,
}

impl Bitmap {
    pub fn new() -> Self {
        Self::default()
    }

    /// `len` bits of one value.
    pub fn filled(value: bool, len: usize) -> Self {
        let mut words = vec![if value { u64::MAX } else { 0 }; len.div_ceil(64)];
        if value && !len.is_multiple_of(64) {
            *words.last_mut().expect("len > 0") = (1 << (len % 64)) - 1;
        }
        Bitmap { words, len }
    }

    /// The first `len` bits of some words; those beyond are zero.
    pub fn from_words(words: Vec<u64>, len: usize) -> Self {
        debug_assert_eq!(words.len(), len.div_ceil(64));
        Bitmap { words, len }
    }

    /// The first `len` bits, or all if there are fewer.
    pub fn prefix(&self, len: usize) -> Bitmap {
        let mut prefix = Bitmap {
            words: self.words[..len.min(self.len).div_ceil(64)].to_vec(),
            len: self.len,
        };
        prefix.truncate(len);
        prefix
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn get(&self, index: usize) -> bool {
        debug_assert!(index < self.len);
        self.words[index / 64] >> (index % 64) & 1 == 1
    }

    pub fn set(&mut self, index: usize, value: bool) {
        debug_assert!(index < self.len);
        let bit = 1u64 << (index % 64);
        if value {
            self.words[index / 64] |= bit;
        } else {
            self.words[index / 64] &= !bit;
        }
    }

    pub fn push(&mut self, value: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        self.len += 1;
        if value {
            self.set(self.len - 1, true);
        }
    }

    pub fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.words.truncate(len.div_ceil(64));
            if !len.is_multiple_of(64) {
                *self.words.last_mut().expect("len > 0") &= (1 << (len % 64)) - 1;
            }
            self.len = len;
        }
    }

    pub fn count_ones(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The bits set in both. The lengths are equal.
    pub fn intersection(&self, other: &Bitmap) -> Bitmap {
        debug_assert_eq!(self.len, other.len);
        let words = (self.words.iter().zip(&other.words))
            .map(|(left, right)| left & right)
            .collect();
        Bitmap {
            words,
            len: self.len,
        }
    }

    /// The words, least significant bit first; bits beyond `len` are zero.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The positions of the set bits, in order.
    pub fn ones(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            std::iter::successors((word != 0).then_some(word), |word| {
                let rest = word & (word - 1);
                (rest != 0).then_some(rest)
            })
            .map(move |word| index * 64 + word.trailing_zeros() as usize)
        })
    }
}

impl FromIterator<bool> for Bitmap {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Self {
        let mut bitmap = Bitmap::new();
        bits.into_iter().for_each(|bit| bitmap.push(bit));
        bitmap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_are_found_across_words() {
        let bitmap: Bitmap = (0..130).map(|i| [0, 63, 64, 129].contains(&i)).collect();
        assert_eq!(bitmap.ones().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert_eq!(bitmap.count_ones(), 4);
    }

    #[test]
    fn bits_beyond_the_length_stay_zero() {
        let mut bitmap = Bitmap::filled(true, 70);
        assert_eq!(bitmap.count_ones(), 70);
        bitmap.truncate(65);
        assert_eq!((bitmap.count_ones(), bitmap.words()[1]), (65, 1));
    }
}
