//! The parts of a schema that have no names: numbers, texts, lists.

use super::wire::{Decoded, Reader, Write, invalid};

/// What a schema is made of.
pub trait Part: Sized {
    fn write(&self, out: &mut Vec<u8>);

    fn read(reader: &mut Reader) -> Decoded<Self>;

    /// Whether it is left out of a struct that can do without.
    fn says_nothing(&self) -> bool {
        false
    }
}

impl Part for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.uint(u64::from(*self));
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        reader.u32()
    }
}

impl Part for u16 {
    fn write(&self, out: &mut Vec<u8>) {
        out.uint(u64::from(*self));
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        u16::try_from(reader.uint()?).or_else(|_| invalid("a number exceeds 16 bits"))
    }
}

impl Part for i16 {
    fn write(&self, out: &mut Vec<u8>) {
        out.int(i64::from(*self));
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        i16::try_from(reader.int()?).or_else(|_| invalid("a number exceeds 16 bits"))
    }
}

impl Part for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.int(*self);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        reader.int()
    }
}

impl Part for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.bool(*self);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        reader.bool()
    }

    fn says_nothing(&self) -> bool {
        !self
    }
}

impl Part for String {
    fn write(&self, out: &mut Vec<u8>) {
        out.str(self);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        reader.str().map(str::to_string)
    }
}

impl<T: Part> Part for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.nil(),
        }
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        match reader.nil()? {
            true => Ok(None),
            false => T::read(reader).map(Some),
        }
    }

    fn says_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T: Part> Part for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        out.array_length(self.len());
        self.iter().for_each(|value| value.write(out));
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        let mut values = Vec::new();
        for _ in 0..reader.array_length()? {
            values.push(T::read(reader)?);
        }
        Ok(values)
    }

    fn says_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<A: Part, B: Part> Part for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        out.array_length(2);
        self.0.write(out);
        self.1.write(out);
    }

    fn read(reader: &mut Reader) -> Decoded<Self> {
        reader.array_of(2)?;
        Ok((A::read(reader)?, B::read(reader)?))
    }
}
