//! The values of a column, each in the form that its type takes in the buffer.

use super::buffer::{offset, pad, put_u32, reserve};
use crate::column::{Chunk, Data, Strings, Vector};
use crate::error::Result;
use crate::types::{DataType, INFINITY, NEG_INFINITY, Value, parse_f64};

/// How the values of a column lie in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Kind {
    /// A byte, 0 or 1.
    Bool = 1,
    I32 = 2,
    F64 = 3,
    I64 = 4,
    /// UTF-16 positions in the text, one more than there are rows.
    Text = 5,
    /// Offsets into the byte strings, one more than there are rows.
    Bytes = 6,
}

/// Whole numbers up to here are the same as `f64`.
pub(super) const SAFE: i64 = (1 << 53) - 1;

/// One column of a result, over its chunks.
pub(super) struct Column<'a> {
    pub(super) chunks: &'a [Chunk],
    pub(super) index: usize,
    pub(super) data_type: DataType,
}

impl Column<'_> {
    fn vectors(&self) -> impl Iterator<Item = (&Chunk, &Vector)> {
        self.chunks
            .iter()
            .map(|chunk| (chunk, &*chunk.columns[self.index]))
    }

    pub(super) fn rows(&self) -> usize {
        self.chunks.iter().map(Chunk::len).sum()
    }

    /// The rows that are meant, NULL or not: under a NULL lies a default of the type.
    pub(super) fn each(&self, mut visit: impl FnMut(&Data, usize)) {
        for (chunk, vector) in self.vectors() {
            match &chunk.selection {
                None => (0..chunk.rows).for_each(|row| visit(&vector.data, row)),
                Some(selection) => (selection.positions().iter())
                    .for_each(|&row| visit(&vector.data, row as usize)),
            }
        }
    }

    pub(super) fn each_value(&self, mut visit: impl FnMut(Value)) {
        for (chunk, vector) in self.vectors() {
            chunk.positions().for_each(|row| visit(vector.value(row)));
        }
    }

    /// A bit for each row, least significant first; `None` if no row is NULL.
    pub(super) fn validity(&self) -> Option<Vec<u8>> {
        self.vectors()
            .any(|(_, vector)| vector.validity.is_some())
            .then_some(())?;
        let mut bits = Vec::new();
        let mut rows = 0;
        let mut nulls = false;
        for (chunk, vector) in self.vectors() {
            for row in chunk.positions() {
                if rows % 8 == 0 {
                    bits.push(0);
                }
                if vector.is_null(row) {
                    nulls = true;
                } else {
                    bits[rows / 8] |= 1 << (rows % 8);
                }
                rows += 1;
            }
        }
        nulls.then_some(bits)
    }
}

/// SMALLINT and INTEGER, which fit by their type.
pub(super) fn write_i32(column: &Column, out: &mut Vec<u8>) -> Kind {
    column.each(|data, row| out.extend_from_slice(&(integers(data)[row] as i32).to_le_bytes()));
    Kind::I32
}

/// Whole numbers in the narrowest kind that holds them all. The infinities of times are those of `f64`.
pub(super) fn write_whole(column: &Column, has_infinities: bool, out: &mut Vec<u8>) -> Kind {
    let is_infinite = |value| has_infinities && (value == INFINITY || value == NEG_INFINITY);
    let mut kind = Kind::I32;
    column.each(|data, row| {
        let value = integers(data)[row];
        if i32::try_from(value).is_err() && kind != Kind::I64 {
            let fits = (-SAFE..=SAFE).contains(&value) || is_infinite(value);
            kind = if fits { Kind::F64 } else { Kind::I64 };
        }
    });
    // A kind of one width for times, which the host converts, spares it a case.
    if has_infinities && kind == Kind::I32 && column.data_type != DataType::Date {
        kind = Kind::F64;
    }
    column.each(|data, row| {
        let value = integers(data)[row];
        match kind {
            Kind::I32 => out.extend_from_slice(&(value as i32).to_le_bytes()),
            Kind::I64 => out.extend_from_slice(&value.to_le_bytes()),
            _ => out.extend_from_slice(&whole_f64(value, is_infinite(value)).to_le_bytes()),
        }
    });
    kind
}

fn whole_f64(value: i64, infinite: bool) -> f64 {
    match (infinite, value > 0) {
        (false, _) => value as f64,
        (true, true) => f64::INFINITY,
        (true, false) => f64::NEG_INFINITY,
    }
}

/// A REAL as the number that its shortest decimal text names: 0.1 rather than 0.10000000149011612.
pub(super) fn shortest(value: f64) -> [u8; 8] {
    let narrow = value as f32;
    let wide = match narrow.fract() == 0.0 || !narrow.is_finite() {
        true => f64::from(narrow),
        false => parse_f64(&narrow.to_string()).unwrap_or(value),
    };
    wide.to_le_bytes()
}

pub(super) fn write_bytes(
    column: &Column,
    start: usize,
    at: usize,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut end: usize = 0;
    out.extend_from_slice(&0u32.to_le_bytes());
    column.each(|data, row| {
        end += strings(data).get(row).len();
        out.extend_from_slice(&(end as u32).to_le_bytes());
    });
    offset(out.len() - start + end)?;
    reserve(out, end + 8)?;
    pad(out);
    let here = offset(out.len() - start)?;
    put_u32(out, at + 24, here);
    column.each(|data, row| out.extend_from_slice(strings(data).get(row)));
    Ok(())
}

// The binder has given every column of a result the vector of its type.

pub(super) fn bools(data: &Data) -> &[bool] {
    match data {
        Data::Bool(values) => values,
        other => unexpected(other),
    }
}

pub(super) fn integers(data: &Data) -> &[i64] {
    match data {
        Data::I64(values) => values,
        other => unexpected(other),
    }
}

pub(super) fn floats(data: &Data) -> &[f64] {
    match data {
        Data::F64(values) => values,
        other => unexpected(other),
    }
}

pub(super) fn strings(data: &Data) -> &Strings {
    match data {
        Data::Text(values) | Data::Bytes(values) => values,
        other => unexpected(other),
    }
}

fn unexpected(data: &Data) -> ! {
    panic!(
        "a column's type does not agree with its vector of {:?}",
        data.physical()
    )
}
