//! Bytes out: the counterpart of `wire`.

use super::wire::NIL;

/// Appending to a buffer, in the shortest form that MessagePack has.
pub trait Write {
    fn varint(&mut self, value: u64);
    fn zigzag(&mut self, value: i64);
    fn nil(&mut self);
    fn bool(&mut self, value: bool);
    fn uint(&mut self, value: u64);
    fn int(&mut self, value: i64);
    fn f64(&mut self, value: f64);
    fn str(&mut self, value: &str);
    fn bin(&mut self, value: &[u8]);
    fn array_length(&mut self, length: usize);
    /// An extension whose bytes `fill` appends.
    fn ext(&mut self, code: i8, fill: impl FnOnce(&mut Vec<u8>));
}

/// A marker and a big-endian length: `markers` are those for 1, 2 and 4 bytes.
fn put_length(out: &mut Vec<u8>, length: usize, markers: [u8; 3]) {
    match length {
        0..=0xff => out.extend([markers[0], length as u8]),
        0x100..=0xffff => {
            out.push(markers[1]);
            out.extend((length as u16).to_be_bytes());
        }
        _ => {
            out.push(markers[2]);
            let length = u32::try_from(length).expect("values are bounded far below 4 GiB");
            out.extend(length.to_be_bytes());
        }
    }
}

impl Write for Vec<u8> {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.push(value as u8);
    }

    fn zigzag(&mut self, value: i64) {
        self.varint((value << 1 ^ value >> 63) as u64);
    }

    fn nil(&mut self) {
        self.push(NIL);
    }

    fn bool(&mut self, value: bool) {
        self.push(0xc2 + u8::from(value));
    }

    fn uint(&mut self, value: u64) {
        match value {
            0..=0x7f => self.push(value as u8),
            0x80..=0xff => self.extend([0xcc, value as u8]),
            0x100..=0xffff => {
                self.push(0xcd);
                self.extend((value as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.push(0xce);
                self.extend((value as u32).to_be_bytes());
            }
            _ => {
                self.push(0xcf);
                self.extend(value.to_be_bytes());
            }
        }
    }

    fn int(&mut self, value: i64) {
        match value {
            0.. => self.uint(value as u64),
            -32..0 => self.push(value as u8),
            -0x80..-32 => self.extend([0xd0, value as u8]),
            -0x8000..-0x80 => {
                self.push(0xd1);
                self.extend((value as i16).to_be_bytes());
            }
            -0x8000_0000..-0x8000 => {
                self.push(0xd2);
                self.extend((value as i32).to_be_bytes());
            }
            _ => {
                self.push(0xd3);
                self.extend(value.to_be_bytes());
            }
        }
    }

    fn f64(&mut self, value: f64) {
        self.push(0xcb);
        self.extend(value.to_bits().to_be_bytes());
    }

    fn str(&mut self, value: &str) {
        match value.len() {
            length @ 0..=31 => self.push(0xa0 | length as u8),
            length => put_length(self, length, [0xd9, 0xda, 0xdb]),
        }
        self.extend(value.as_bytes());
    }

    fn bin(&mut self, value: &[u8]) {
        put_length(self, value.len(), [0xc4, 0xc5, 0xc6]);
        self.extend(value);
    }

    fn array_length(&mut self, length: usize) {
        match length {
            0..=15 => self.push(0x90 | length as u8),
            16..=0xffff => {
                self.push(0xdc);
                self.extend((length as u16).to_be_bytes());
            }
            _ => {
                self.push(0xdd);
                let length = u32::try_from(length).expect("arrays are bounded far below 2^32");
                self.extend(length.to_be_bytes());
            }
        }
    }

    fn ext(&mut self, code: i8, fill: impl FnOnce(&mut Vec<u8>)) {
        // The header takes 2 to 6 bytes; room for the longest is left and what is too much taken out.
        const ROOM: usize = 6;
        let start = self.len();
        self.extend([0; ROOM]);
        fill(self);
        let length = self.len() - start - ROOM;
        let mut header = Vec::with_capacity(ROOM);
        match length {
            1 | 2 | 4 | 8 | 16 => header.push(0xd4 + length.trailing_zeros() as u8),
            _ => put_length(&mut header, length, [0xc7, 0xc8, 0xc9]),
        }
        header.push(code as u8);
        self[start..start + header.len()].copy_from_slice(&header);
        self.copy_within(start + ROOM.., start + header.len());
        self.truncate(start + header.len() + length);
    }
}
