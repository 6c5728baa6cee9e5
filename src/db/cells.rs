//! Parameters from one buffer that the host wrote.
//!
//! ```text
//!   u32 rows | u32 columns | cells, row after row, 16 bytes each | bytes of texts and byte strings
//!   cell:  u32 kind | u32 length | f64 number, or i64, or u32 offset of the bytes in the buffer
//! ```
//!
//! A cell says what kind of value the host has; what becomes of it is for the statement's types to say.
//! The buffer comes from outside, so every number in it is checked.

use super::Parameter;
use crate::error::{Code, Error, Result};
use std::rc::Rc;

const HEADER: usize = 8;
const CELL: usize = 16;

/// A buffer of parameters.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    bytes: &'a [u8],
    pub rows: usize,
    pub columns: usize,
}

impl<'a> Cells<'a> {
    /// # Errors
    /// `WrongParameters` for a buffer that is shorter than it says.
    pub fn new(bytes: &'a [u8]) -> Result<Cells<'a>> {
        if bytes.is_empty() {
            return Ok(Cells {
                bytes,
                rows: 0,
                columns: 0,
            });
        }
        let rows = u32_at(bytes, 0)? as usize;
        let columns = u32_at(bytes, 4)? as usize;
        let cells = rows
            .checked_mul(columns)
            .and_then(|count| count.checked_mul(CELL));
        match cells.and_then(|length| length.checked_add(HEADER)) {
            Some(length) if length <= bytes.len() => Ok(Cells {
                bytes,
                rows,
                columns,
            }),
            _ => Err(malformed()),
        }
    }

    /// The whole buffer.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Appends the parameters of a row.
    pub fn read_row(&self, row: usize, into: &mut Vec<Parameter>) -> Result<()> {
        for column in 0..self.columns {
            into.push(self.cell(HEADER + (row * self.columns + column) * CELL)?);
        }
        Ok(())
    }

    fn cell(&self, at: usize) -> Result<Parameter> {
        let payload = array::<8>(self.bytes, at + 8)?;
        Ok(match u32_at(self.bytes, at)? {
            0 => Parameter::Null,
            1 => Parameter::Bool(false),
            2 => Parameter::Bool(true),
            3 => Parameter::F64(f64::from_le_bytes(payload)),
            4 => Parameter::I64(i64::from_le_bytes(payload)),
            5 => Parameter::Text(self.text(at)?),
            6 => Parameter::Bytes(Rc::from(self.slice(at)?)),
            7 => Parameter::Milliseconds(f64::from_le_bytes(payload)),
            8 => Parameter::Json(self.text(at)?),
            _ => return Err(malformed()),
        })
    }

    fn text(&self, at: usize) -> Result<Rc<str>> {
        match std::str::from_utf8(self.slice(at)?) {
            Ok(text) => Ok(Rc::from(text)),
            Err(_) => Err(Error::new(
                Code::CharacterNotInRepertoire,
                "a parameter is not UTF-8",
            )),
        }
    }

    fn slice(&self, at: usize) -> Result<&'a [u8]> {
        let length = u32_at(self.bytes, at + 4)? as usize;
        let start = u32_at(self.bytes, at + 8)? as usize;
        let end = start.checked_add(length).ok_or_else(malformed)?;
        self.bytes.get(start..end).ok_or_else(malformed)
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N]> {
    let slice = at.checked_add(N).and_then(|end| bytes.get(at..end));
    slice
        .and_then(|slice| slice.try_into().ok())
        .ok_or_else(malformed)
}

fn malformed() -> Error {
    Error::new(
        Code::WrongParameters,
        "the buffer of parameters is malformed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(kind: u32, length: u32, payload: [u8; 8]) -> Vec<u8> {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&payload);
        bytes
    }

    fn buffer(rows: u32, columns: u32, cells: &[Vec<u8>], tail: &[u8]) -> Vec<u8> {
        let mut bytes = rows.to_le_bytes().to_vec();
        bytes.extend_from_slice(&columns.to_le_bytes());
        bytes.extend(cells.concat());
        bytes.extend_from_slice(tail);
        bytes
    }

    fn read(bytes: &[u8], row: usize) -> Result<Vec<Parameter>> {
        let mut parameters = Vec::new();
        Cells::new(bytes)?.read_row(row, &mut parameters)?;
        Ok(parameters)
    }

    #[test]
    fn every_kind_is_read() {
        let place = |offset: u32| {
            let mut payload = [0; 8];
            payload[..4].copy_from_slice(&offset.to_le_bytes());
            payload
        };
        let tail = 8 + 9 * 16;
        let cells = [
            cell(0, 0, [0; 8]),
            cell(1, 0, [0; 8]),
            cell(2, 0, [0; 8]),
            cell(3, 0, 1.5f64.to_le_bytes()),
            cell(4, 0, (-7i64).to_le_bytes()),
            cell(5, 3, place(tail)),
            cell(6, 2, place(tail + 1)),
            cell(7, 0, 0.0f64.to_le_bytes()),
            cell(8, 1, place(tail)),
        ];
        let parameters = read(&buffer(1, 9, &cells, "a\u{e9}".as_bytes()), 0).expect("well formed");
        assert_eq!(
            parameters,
            [
                Parameter::Null,
                Parameter::Bool(false),
                Parameter::Bool(true),
                Parameter::F64(1.5),
                Parameter::I64(-7),
                Parameter::Text(Rc::from("a\u{e9}")),
                Parameter::Bytes(Rc::from(&[0xc3, 0xa9][..])),
                Parameter::Milliseconds(0.0),
                Parameter::Json(Rc::from("a")),
            ]
        );
    }

    #[test]
    fn whatever_is_cut_or_points_outside_is_refused() {
        let whole = buffer(2, 1, &[cell(3, 0, [0; 8]), cell(3, 0, [0; 8])], &[]);
        for length in 1..whole.len() {
            assert!(Cells::new(&whole[..length]).is_err(), "{length} bytes");
        }
        for kind in [5, 6, 8] {
            let outside = buffer(1, 1, &[cell(kind, 1, [0xff; 8])], &[]);
            assert_eq!(read(&outside, 0).unwrap_err().code(), Code::WrongParameters);
        }
        let unknown = buffer(1, 1, &[cell(99, 0, [0; 8])], &[]);
        assert!(read(&unknown, 0).is_err());
        let vast = buffer(u32::MAX, u32::MAX, &[], &[]);
        assert!(Cells::new(&vast).is_err());
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        let mut place = [0; 8];
        place[0] = 24;
        let bytes = buffer(1, 1, &[cell(5, 1, place)], &[0xff]);
        assert_eq!(
            read(&bytes, 0).unwrap_err().code(),
            Code::CharacterNotInRepertoire
        );
    }
}
