//! Bytes in: variable-length integers and the part of MessagePack that the log uses.
//!
//! Reading trusts nothing. Every length is compared with the bytes that are left before anything is
//! allocated or sliced, and what does not fit is a [`Malformed`], never a panic. Who reads knows where
//! the bytes lay and turns it into an error that names the place.

use super::limit::DEPTH_MAX;
pub use super::write::Write;

/// Why bytes could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// They contradict the format.
    Invalid(&'static str),
    /// They are sound and use something that a later version of the format brought.
    TooNew(&'static str),
    /// They speak of something that is not there.
    Missing(&'static str),
}

pub type Decoded<T> = Result<T, Malformed>;

pub fn invalid<T>(what: &'static str) -> Decoded<T> {
    Err(Malformed::Invalid(what))
}

/// A place in a slice of bytes.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { bytes, position: 0 }
    }

    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    pub fn take(&mut self, count: usize) -> Decoded<&'a [u8]> {
        if count > self.remaining() {
            return invalid("a length runs past the end");
        }
        let start = self.position;
        self.position += count;
        Ok(&self.bytes[start..self.position])
    }

    /// `count` items of `width` bytes each.
    pub fn take_items(&mut self, count: usize, width: usize) -> Decoded<&'a [u8]> {
        match count.checked_mul(width) {
            Some(length) => self.take(length),
            None => invalid("a length runs past the end"),
        }
    }

    pub fn rest(&mut self) -> &'a [u8] {
        let start = self.position;
        self.position = self.bytes.len();
        &self.bytes[start..]
    }

    pub fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("take gives as many as asked"))
    }

    pub fn u8(&mut self) -> Decoded<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub fn u64_le(&mut self) -> Decoded<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// Seven bits to a byte, least significant first, in the fewest bytes.
    pub fn varint(&mut self) -> Decoded<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return invalid("a varint exceeds 64 bits");
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    invalid("a varint is padded")
                } else {
                    Ok(value)
                };
            }
        }
        invalid("a varint does not end")
    }

    /// A varint that counts things in memory.
    pub fn length(&mut self) -> Decoded<usize> {
        usize::try_from(self.varint()?).or_else(|_| invalid("a length runs past the end"))
    }

    pub fn zigzag(&mut self) -> Decoded<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// An error unless all bytes were read.
    pub fn end(&self) -> Decoded<()> {
        match self.remaining() {
            0 => Ok(()),
            _ => invalid("bytes are left over"),
        }
    }
}

/// MessagePack.
impl<'a> Reader<'a> {
    /// The next byte, which says what follows; it is not consumed.
    pub fn peek(&self) -> Decoded<u8> {
        match self.bytes.get(self.position) {
            Some(byte) => Ok(*byte),
            None => invalid("a value is missing"),
        }
    }

    /// Consumes a nil if there is one.
    pub fn nil(&mut self) -> Decoded<bool> {
        let is_nil = self.peek()? == NIL;
        self.position += usize::from(is_nil);
        Ok(is_nil)
    }

    pub fn bool(&mut self) -> Decoded<bool> {
        match self.u8()? {
            0xc2 => Ok(false),
            0xc3 => Ok(true),
            _ => invalid("a boolean is missing"),
        }
    }

    fn big_endian(&mut self, width: usize) -> Decoded<u64> {
        let bytes = self.take(width)?;
        Ok(bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub fn uint(&mut self) -> Decoded<u64> {
        match self.u8()? {
            marker @ 0..=0x7f => Ok(u64::from(marker)),
            marker @ 0xcc..=0xcf => self.big_endian(1 << (marker - 0xcc)),
            _ => invalid("an unsigned integer is missing"),
        }
    }

    pub fn u32(&mut self) -> Decoded<u32> {
        u32::try_from(self.uint()?).or_else(|_| invalid("a number exceeds 32 bits"))
    }

    pub fn int(&mut self) -> Decoded<i64> {
        match self.peek()? {
            marker @ 0xe0..=0xff => self.u8().map(|_| i64::from(marker as i8)),
            0xd0 => self.signed(1),
            0xd1 => self.signed(2),
            0xd2 => self.signed(4),
            0xd3 => self.signed(8),
            _ => {
                let value = self.uint()?;
                i64::try_from(value).or_else(|_| invalid("a number exceeds 63 bits"))
            }
        }
    }

    fn signed(&mut self, width: usize) -> Decoded<i64> {
        self.u8()?;
        let unused = 64 - 8 * width as u32;
        Ok((self.big_endian(width)? << unused) as i64 >> unused)
    }

    pub fn f64(&mut self) -> Decoded<f64> {
        match self.u8()? {
            0xcb => self.big_endian(8).map(f64::from_bits),
            _ => invalid("a float is missing"),
        }
    }

    pub fn str(&mut self) -> Decoded<&'a str> {
        let length = match self.u8()? {
            marker @ 0xa0..=0xbf => u64::from(marker & 0x1f),
            marker @ 0xd9..=0xdb => self.big_endian(1 << (marker - 0xd9))?,
            _ => return invalid("a text is missing"),
        };
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        std::str::from_utf8(bytes).or_else(|_| invalid("a text is not UTF-8"))
    }

    pub fn bin(&mut self) -> Decoded<&'a [u8]> {
        let length = match self.u8()? {
            marker @ 0xc4..=0xc6 => self.big_endian(1 << (marker - 0xc4))?,
            _ => return invalid("bytes are missing"),
        };
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    pub fn bin_array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let bytes = self.bin()?;
        bytes
            .try_into()
            .or_else(|_| invalid("bytes are of another length"))
    }

    /// The length of an array. Every element takes a byte at least, so that more than are left is a lie.
    pub fn array_length(&mut self) -> Decoded<usize> {
        let length = match self.u8()? {
            marker @ 0x90..=0x9f => u64::from(marker & 0x0f),
            marker @ 0xdc..=0xdd => self.big_endian(2 << (marker - 0xdc))?,
            _ => return invalid("an array is missing"),
        };
        if length > self.remaining() as u64 {
            return invalid("an array is longer than its bytes");
        }
        Ok(length as usize)
    }

    /// The header of an array of exactly `length` elements.
    pub fn array_of(&mut self, length: usize) -> Decoded<()> {
        match self.array_length()? == length {
            true => Ok(()),
            false => invalid("an array is of another length"),
        }
    }

    pub fn at_map(&self) -> Decoded<bool> {
        Ok(matches!(self.peek()?, 0x80..=0x8f | 0xde..=0xdf))
    }

    /// The number of the entries of a map, each of which takes two bytes at least.
    pub fn map_length(&mut self) -> Decoded<usize> {
        let length = match self.u8()? {
            marker @ 0x80..=0x8f => u64::from(marker & 0x0f),
            marker @ 0xde..=0xdf => self.big_endian(2 << (marker - 0xde))?,
            _ => return invalid("a map is missing"),
        };
        if length > self.remaining() as u64 / 2 {
            return invalid("a map is longer than its bytes");
        }
        Ok(length as usize)
    }

    /// A reader of the next value alone, whatever it is.
    pub fn value(&mut self) -> Decoded<Reader<'a>> {
        let start = self.position;
        self.skip(DEPTH_MAX)?;
        Ok(Reader::new(&self.bytes[start..self.position]))
    }

    fn skip(&mut self, depth: usize) -> Decoded<()> {
        if depth == 0 {
            return invalid("values are nested too deeply");
        }
        let values = match self.peek()? {
            0x80..=0x8f | 0xde..=0xdf => 2 * self.map_length()?,
            0x90..=0x9f | 0xdc..=0xdd => self.array_length()?,
            0xa0..=0xbf | 0xd9..=0xdb => return self.str().map(drop),
            0xc4..=0xc6 => return self.bin().map(drop),
            0xc7..=0xc9 | 0xd4..=0xd8 => return self.ext().map(drop),
            0xc1 => return invalid("a marker means nothing"),
            0xca => return self.take(5).map(drop),
            0xcb => return self.f64().map(drop),
            marker @ 0xcc..=0xd3 => return self.take(1 + (1 << (marker & 3))).map(drop),
            _ => return self.u8().map(drop),
        };
        (0..values).try_for_each(|_| self.skip(depth - 1))
    }

    /// An extension: its code and its bytes.
    pub fn ext(&mut self) -> Decoded<(i8, &'a [u8])> {
        let length = match self.u8()? {
            marker @ 0xd4..=0xd8 => 1 << (marker - 0xd4),
            marker @ 0xc7..=0xc9 => self.big_endian(1 << (marker - 0xc7))?,
            _ => return invalid("an extension is missing"),
        };
        let code = self.u8()? as i8;
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        Ok((code, bytes))
    }
}

pub(super) const NIL: u8 = 0xc0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        let edges = (0..64).flat_map(|bit| {
            let power = 1i64.wrapping_shl(bit);
            [power.wrapping_sub(1), power, power.wrapping_neg()]
        });
        for value in edges {
            let mut out = Vec::new();
            out.int(value);
            out.zigzag(value);
            out.varint(value as u64);
            out.uint(value as u64);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.int(), Ok(value));
            assert_eq!(reader.zigzag(), Ok(value));
            assert_eq!(reader.varint(), Ok(value as u64));
            assert_eq!(reader.uint(), Ok(value as u64));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn strings_and_extensions_of_every_header_read_back() {
        for length in [0, 1, 2, 3, 16, 31, 32, 255, 256, 65_535, 65_536] {
            let text = "x".repeat(length);
            let mut out = Vec::new();
            out.str(&text);
            out.bin(text.as_bytes());
            out.ext(-7, |out| out.extend(text.as_bytes()));
            let mut reader = Reader::new(&out);
            assert_eq!(reader.str(), Ok(text.as_str()));
            assert_eq!(reader.bin(), Ok(text.as_bytes()));
            assert_eq!(reader.ext(), Ok((-7, text.as_bytes())));
            assert_eq!(reader.end(), Ok(()));
        }
    }

    #[test]
    fn lengths_that_lie_are_refused_before_anything_is_allocated() {
        assert!(Reader::new(&[0xdb, 0xff, 0xff, 0xff, 0xff]).str().is_err());
        assert!(Reader::new(&[0xc6, 0xff, 0xff, 0xff, 0xff]).bin().is_err());
        assert!(
            Reader::new(&[0xdd, 0xff, 0xff, 0xff, 0xff])
                .array_length()
                .is_err()
        );
        assert!(
            Reader::new(&[0xc9, 0xff, 0xff, 0xff, 0xff, 1])
                .ext()
                .is_err()
        );
        assert!(Reader::new(&[1]).take_items(usize::MAX, 8).is_err());
        assert!(Reader::new(&[0xff; 10]).varint().is_err());
        assert!(Reader::new(&[0x80, 0]).varint().is_err());
    }
}
