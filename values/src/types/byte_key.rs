//! Bytes that are compared often: a few of them without a look at the heap.

use std::cmp::Ordering;

/// What fits beside the length and the tag into 16 bytes.
const FEW: usize = 14;

/// Bytes in their order, in which a prefix comes first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ByteKey(Held);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Held {
    /// The bytes from the first on, zeros behind them, as big-endian numbers; and how many they are.
    Few { first: [u32; 3], rest: u16, len: u8 },
    /// More than `FEW`.
    Many(Box<[u8]>),
}

impl ByteKey {
    pub fn len(&self) -> usize {
        match &self.0 {
            Held::Few { len, .. } => usize::from(*len),
            Held::Many(bytes) => bytes.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls with the bytes.
    pub fn with<R>(&self, see: impl FnOnce(&[u8]) -> R) -> R {
        match &self.0 {
            Held::Few { first, rest, len } => {
                let mut bytes = [0; FEW];
                for (four, number) in bytes.chunks_exact_mut(4).zip(first) {
                    four.copy_from_slice(&number.to_be_bytes());
                }
                bytes[12..].copy_from_slice(&rest.to_be_bytes());
                see(&bytes[..usize::from(*len)])
            }
            Held::Many(bytes) => see(bytes),
        }
    }
}

impl From<&[u8]> for ByteKey {
    fn from(bytes: &[u8]) -> Self {
        let len = bytes.len();
        if len > FEW {
            return ByteKey(Held::Many(bytes.into()));
        }
        let mut few = [0; FEW + 2];
        few[..len].copy_from_slice(bytes);
        let number =
            |at: usize| u32::from_be_bytes([few[at], few[at + 1], few[at + 2], few[at + 3]]);
        ByteKey(Held::Few {
            first: [number(0), number(4), number(8)],
            rest: (number(12) >> 16) as u16,
            len: len as u8,
        })
    }
}

impl Ord for ByteKey {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (
                Held::Few { first, rest, len },
                Held::Few {
                    first: other_first,
                    rest: other_rest,
                    len: other_len,
                },
            ) => {
                let high = |[a, b, _]: &[u32; 3]| u64::from(*a) << 32 | u64::from(*b);
                // Of equal bytes and zeros the shorter comes first.
                let low = |c: u32, rest: &u16, len: &u8| {
                    u64::from(c) << 32 | u64::from(*rest) << 16 | u64::from(*len)
                };
                (high(first).cmp(&high(other_first))).then_with(|| {
                    low(first[2], rest, len).cmp(&low(other_first[2], other_rest, other_len))
                })
            }
            (Held::Many(bytes), Held::Many(other)) => bytes.cmp(other),
            _ => self.with(|bytes| other.with(|other| bytes.cmp(other))),
        }
    }
}

impl PartialOrd for ByteKey {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_ordered_and_hold_what_they_are_made_of() {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for len in 0..=FEW + 3 {
            for (at, byte) in [
                (0, 1),
                (len / 2, 0xFF),
                (len.saturating_sub(1), 7),
                (len, 0),
            ] {
                let mut bytes = vec![0; len];
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
                texts.push(bytes);
            }
        }
        let key = |bytes: &Vec<u8>| ByteKey::from(&bytes[..]);
        for one in &texts {
            assert_eq!(key(one).len(), one.len());
            key(one).with(|bytes| assert_eq!(bytes, one));
            for other in &texts {
                assert_eq!(
                    key(one).cmp(&key(other)),
                    one.cmp(other),
                    "{one:?} {other:?}"
                );
                assert_eq!(key(one) == key(other), one == other);
            }
        }
    }
}
