//! Results as one buffer that the host reads as typed arrays.
//!
//! ```text
//!   0  u32 bytes in all   u32 rows   u32 columns   u32 status
//!  16  f64 affected rows   f64 seq, -1 for none
//!  32  u32 offset and u32 length of the text   u32 UTF-16 units of the command   u32 1 if terse
//!  48  for each column 32 bytes:
//!        u32 OID   u32 kind   u32 offset of the values   u32 offset of the validity bits, 0 without NULLs
//!        u32 start and u32 end of the name in the text   u32 offset of the byte strings   u32 0
//!      the values, each array on a multiple of 8
//!      the text: the command, the names, the strings
//! ```
//!
//! All numbers are little endian, all offsets count from the start of the result. A kind says how the
//! values lie there: whole numbers as `i32` or `f64` where they fit, since a host has no cheap 64-bit
//! integers, and as `i64` where they do not. Every string of a result, names included, is in one
//! text that the host decodes with one call and cuts by UTF-16 positions. NUMERIC and UUID are texts, and
//! so is whatever the host asks for as text, in PostgreSQL's output syntax.

use super::StatementResult;
use crate::column::{Chunk, Data, Strings, Vector};
use crate::db::TransactionStatus;
use crate::error::{Code, Error, Result};
use crate::expr::format_value;
use crate::types::{DataType, INFINITY, NEG_INFINITY, Value};

/// How the values of a column lie in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Kind {
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

const HEADER: usize = 48;
const COLUMN: usize = 32;

const IN_TRANSACTION: u32 = 1;
const FAILED: u32 = 2;
const COMMITTED: u32 = 4;

/// Hosts hold a string of at most this many bytes.
const TEXT_BYTES_MAX: usize = 512 << 20;

/// Whole numbers up to here are the same as `f64`.
const SAFE: i64 = (1 << 53) - 1;

/// Writes results; keeps the room for their texts between calls.
#[derive(Debug, Default)]
pub struct Encoder {
    text: Vec<u8>,
    /// UTF-16 units in `text`.
    units: u32,
    formatted: String,
}

/// What the caller of a result wants of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// OIDs of types whose values are to be written as text.
    pub texts: &'a [u32],
    /// Leaves out the command and the names, which the host knows from an earlier result of the statement.
    pub terse: bool,
}

impl Encoder {
    /// Appends a result to `out`, whose length is and stays a multiple of 8.
    ///
    /// # Errors
    /// `MemoryLimit` for a result too large for the host; `out` is then as it was.
    pub fn encode(
        &mut self,
        result: &StatementResult,
        wanted: Wanted,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        let start = out.len();
        let written = self.write(result, wanted, start, out);
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn write(
        &mut self,
        result: &StatementResult,
        wanted: Wanted,
        start: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        self.text.clear();
        self.units = 0;
        let columns = result.fields.len();
        out.resize(start + HEADER + columns * COLUMN, 0);
        if !wanted.terse {
            self.push_text(result.command);
        }
        let command_units = self.units;
        for (index, field) in result.fields.iter().enumerate() {
            let at = start + HEADER + index * COLUMN;
            put_u32(out, at, field.data_type.oid());
            put_u32(out, at + 16, self.units);
            if !wanted.terse {
                self.push_text(&field.name);
            }
            put_u32(out, at + 20, self.units);
        }
        for (index, field) in result.fields.iter().enumerate() {
            let at = start + HEADER + index * COLUMN;
            let column = Column {
                chunks: &result.chunks,
                index,
                data_type: field.data_type,
            };
            self.write_column(&column, wanted, start, at, out)?;
        }
        let text_at = out.len();
        out.extend_from_slice(&self.text);
        pad(out);
        let total = offset(out.len() - start)?;
        put_u32(out, start, total);
        put_u32(out, start + 4, offset(result.rows())?);
        put_u32(out, start + 8, offset(columns)?);
        put_u32(out, start + 12, status(result));
        put(out, start + 16, (result.affected_rows as f64).to_le_bytes());
        let seq = result.seq.map_or(-1.0, |seq| seq.0 as f64);
        put(out, start + 24, seq.to_le_bytes());
        put_u32(out, start + 32, offset(text_at - start)?);
        put_u32(out, start + 36, offset(self.text.len())?);
        put_u32(out, start + 40, command_units);
        put_u32(out, start + 44, u32::from(wanted.terse));
        Ok(())
    }

    fn write_column(
        &mut self,
        column: &Column,
        wanted: Wanted,
        start: usize,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        if let Some(bits) = column.validity() {
            let here = offset(out.len() - start)?;
            put_u32(out, at + 12, here);
            out.extend_from_slice(&bits);
            pad(out);
        }
        let here = offset(out.len() - start)?;
        put_u32(out, at + 8, here);
        let kind = if wanted.texts.contains(&column.data_type.oid()) {
            self.write_formatted(column, out)?
        } else {
            self.write_values(column, start, at, out)?
        };
        put_u32(out, at + 4, kind as u32);
        pad(out);
        Ok(())
    }

    fn write_values(
        &mut self,
        column: &Column,
        start: usize,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Result<Kind> {
        use DataType::*;
        Ok(match column.data_type {
            Boolean => {
                column.each(|data, row| out.push(u8::from(bools(data)[row])));
                Kind::Bool
            }
            SmallInt | Integer => write_i32(column, out),
            BigInt => write_whole(column, false, out),
            Date | Timestamp | TimestampTz => write_whole(column, true, out),
            Real => {
                column.each(|data, row| out.extend_from_slice(&shortest(floats(data)[row])));
                Kind::F64
            }
            Double => {
                column.each(|data, row| out.extend_from_slice(&floats(data)[row].to_le_bytes()));
                Kind::F64
            }
            Unknown | Text | Varchar(_) | Json | Jsonb => {
                self.write_texts(column, out)?;
                Kind::Text
            }
            // CHAR is held without the blanks that it is shown with.
            Char(_) | Numeric(_) | Interval | Uuid => self.write_formatted(column, out)?,
            Bytea => {
                write_bytes(column, start, at, out)?;
                Kind::Bytes
            }
        })
    }

    fn write_texts(&mut self, column: &Column, out: &mut Vec<u8>) -> Result<()> {
        out.extend_from_slice(&self.units.to_le_bytes());
        column.each(|data, row| {
            self.push_bytes(strings(data).get(row));
            out.extend_from_slice(&self.units.to_le_bytes());
        });
        self.check_text()
    }

    /// In PostgreSQL's output syntax.
    fn write_formatted(&mut self, column: &Column, out: &mut Vec<u8>) -> Result<Kind> {
        out.extend_from_slice(&self.units.to_le_bytes());
        let mut formatted = std::mem::take(&mut self.formatted);
        column.each_value(|value| {
            formatted.clear();
            if !value.is_null() {
                format_value(&value, column.data_type, &mut formatted);
            }
            self.push_text(&formatted);
            out.extend_from_slice(&self.units.to_le_bytes());
        });
        self.formatted = formatted;
        self.check_text()?;
        Ok(Kind::Text)
    }

    fn push_text(&mut self, text: &str) {
        self.push_bytes(text.as_bytes());
    }

    /// Of the bytes of a text in UTF-8, those that begin a character are counted, and twice where the
    /// character takes two UTF-16 units: beyond the basic plane, where it has four bytes.
    fn push_bytes(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
        let units = if bytes.is_ascii() {
            bytes.len()
        } else {
            let begin = bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
            begin + bytes.iter().filter(|&&byte| byte >= 0xf0).count()
        };
        // Beyond the bound `check_text` refuses the result, so wrapping is never seen.
        self.units = self.units.wrapping_add(units as u32);
    }

    fn check_text(&self) -> Result<()> {
        if self.text.len() <= TEXT_BYTES_MAX {
            return Ok(());
        }
        Err(Error::new(
            Code::MemoryLimit,
            "the result holds more text than fits a string",
        )
        .with_hint("ask for fewer rows or columns at a time"))
    }
}

/// One column of a result, over its chunks.
struct Column<'a> {
    chunks: &'a [Chunk],
    index: usize,
    data_type: DataType,
}

impl Column<'_> {
    fn vectors(&self) -> impl Iterator<Item = (&Chunk, &Vector)> {
        self.chunks
            .iter()
            .map(|chunk| (chunk, &*chunk.columns[self.index]))
    }

    /// The rows that are meant, NULL or not: under a NULL lies a default of the type.
    fn each(&self, mut visit: impl FnMut(&Data, usize)) {
        for (chunk, vector) in self.vectors() {
            match &chunk.selection {
                None => (0..chunk.rows).for_each(|row| visit(&vector.data, row)),
                Some(selection) => (selection.positions().iter())
                    .for_each(|&row| visit(&vector.data, row as usize)),
            }
        }
    }

    fn each_value(&self, mut visit: impl FnMut(Value)) {
        for (chunk, vector) in self.vectors() {
            chunk.positions().for_each(|row| visit(vector.value(row)));
        }
    }

    /// A bit for each row, least significant first; `None` if no row is NULL.
    fn validity(&self) -> Option<Vec<u8>> {
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
fn write_i32(column: &Column, out: &mut Vec<u8>) -> Kind {
    column.each(|data, row| out.extend_from_slice(&(integers(data)[row] as i32).to_le_bytes()));
    Kind::I32
}

/// Whole numbers in the narrowest kind that holds them all. The infinities of times are those of `f64`.
fn write_whole(column: &Column, has_infinities: bool, out: &mut Vec<u8>) -> Kind {
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
fn shortest(value: f64) -> [u8; 8] {
    let narrow = value as f32;
    let wide = match narrow.fract() == 0.0 || !narrow.is_finite() {
        true => f64::from(narrow),
        false => narrow.to_string().parse().unwrap_or(value),
    };
    wide.to_le_bytes()
}

fn write_bytes(column: &Column, start: usize, at: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut end: usize = 0;
    out.extend_from_slice(&0u32.to_le_bytes());
    column.each(|data, row| {
        end += strings(data).get(row).len();
        out.extend_from_slice(&(end as u32).to_le_bytes());
    });
    offset(out.len() - start + end)?;
    pad(out);
    let here = offset(out.len() - start)?;
    put_u32(out, at + 24, here);
    column.each(|data, row| out.extend_from_slice(strings(data).get(row)));
    Ok(())
}

fn status(result: &StatementResult) -> u32 {
    let transaction = match result.transaction {
        TransactionStatus::Idle => 0,
        TransactionStatus::Open => IN_TRANSACTION,
        TransactionStatus::Failed => IN_TRANSACTION | FAILED,
    };
    transaction | if result.committed { COMMITTED } else { 0 }
}

/// Offsets are 32 bits wide; a larger result is refused.
fn offset(bytes: usize) -> Result<u32> {
    u32::try_from(bytes).map_err(|_| {
        Error::new(Code::MemoryLimit, "the result is larger than 4 GiB")
            .with_hint("ask for fewer rows or columns at a time")
    })
}

fn put<const N: usize>(out: &mut [u8], at: usize, bytes: [u8; N]) {
    out[at..at + N].copy_from_slice(&bytes);
}

fn put_u32(out: &mut [u8], at: usize, value: u32) {
    put(out, at, value.to_le_bytes());
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(8), 0);
}

// The binder has given every column of a result the vector of its type.

fn bools(data: &Data) -> &[bool] {
    match data {
        Data::Bool(values) => values,
        other => unexpected(other),
    }
}

fn integers(data: &Data) -> &[i64] {
    match data {
        Data::I64(values) => values,
        other => unexpected(other),
    }
}

fn floats(data: &Data) -> &[f64] {
    match data {
        Data::F64(values) => values,
        other => unexpected(other),
    }
}

fn strings(data: &Data) -> &Strings {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::OutputColumn;
    use crate::types::{PhysicalType, Seq};
    use std::rc::Rc;

    fn result(columns: &[(DataType, &[Value])]) -> StatementResult {
        let rows = columns.first().map_or(0, |(_, values)| values.len());
        let vector = |(data_type, values): &(DataType, &[Value])| {
            Rc::new(Vector::from_values(data_type.physical(), *values))
        };
        StatementResult {
            command: "SELECT",
            fields: columns
                .iter()
                .enumerate()
                .map(|(index, (data_type, _))| OutputColumn {
                    name: format!("c{index}"),
                    data_type: *data_type,
                })
                .collect(),
            chunks: vec![Chunk::new(columns.iter().map(vector).collect(), rows)],
            affected_rows: 0,
            seq: Some(Seq(7)),
            committed: false,
            transaction: TransactionStatus::Open,
            notice: None,
        }
    }

    fn encode(result: &StatementResult, wanted: Wanted) -> Vec<u8> {
        let mut out = Vec::new();
        Encoder::default()
            .encode(result, wanted, &mut out)
            .expect("it is small");
        out
    }

    fn u32_at(bytes: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
    }

    fn f64_at(bytes: &[u8], at: usize) -> f64 {
        f64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
    }

    #[test]
    fn the_header_counts_and_the_length_is_a_multiple_of_eight() {
        let bytes = encode(
            &result(&[(DataType::Text, &[Value::text("é𝄞a"), Value::Null])]),
            Wanted::default(),
        );
        assert_eq!(u32_at(&bytes, 0) as usize, bytes.len());
        assert_eq!(bytes.len() % 8, 0);
        assert_eq!((u32_at(&bytes, 4), u32_at(&bytes, 8)), (2, 1));
        assert_eq!(u32_at(&bytes, 12), IN_TRANSACTION);
        assert_eq!(f64_at(&bytes, 24), 7.0);
    }

    #[test]
    fn text_positions_are_utf16_units_after_command_and_names() {
        let bytes = encode(
            &result(&[(DataType::Text, &[Value::text("é𝄞a"), Value::Null])]),
            Wanted::default(),
        );
        let (at, length) = (u32_at(&bytes, 32) as usize, u32_at(&bytes, 36) as usize);
        assert_eq!(&bytes[at..at + length], "SELECTc0é𝄞a".as_bytes());
        let values = u32_at(&bytes, HEADER + 8) as usize;
        let positions: Vec<u32> = (0..3).map(|i| u32_at(&bytes, values + i * 4)).collect();
        assert_eq!(positions, [8, 12, 12]);
        let validity = u32_at(&bytes, HEADER + 12) as usize;
        assert_eq!(bytes[validity], 0b01);
    }

    #[test]
    fn a_terse_result_has_neither_command_nor_names() {
        let wanted = Wanted {
            terse: true,
            ..Wanted::default()
        };
        let bytes = encode(&result(&[(DataType::Text, &[Value::text("ab")])]), wanted);
        assert_eq!(u32_at(&bytes, 36), 2);
        assert_eq!(u32_at(&bytes, 40), 0);
    }

    #[test]
    fn whole_numbers_take_the_narrowest_kind() {
        let kind = |data_type, value| {
            let bytes = encode(
                &result(&[(data_type, &[Value::I64(1), Value::I64(value)])]),
                Wanted::default(),
            );
            u32_at(&bytes, HEADER + 4)
        };
        assert_eq!(kind(DataType::BigInt, -5), Kind::I32 as u32);
        assert_eq!(kind(DataType::BigInt, 1 << 40), Kind::F64 as u32);
        assert_eq!(kind(DataType::BigInt, SAFE + 1), Kind::I64 as u32);
        assert_eq!(kind(DataType::TimestampTz, INFINITY), Kind::F64 as u32);
        assert_eq!(kind(DataType::TimestampTz, i64::MAX - 1), Kind::I64 as u32);
        assert_eq!(kind(DataType::Date, 3), Kind::I32 as u32);
    }

    #[test]
    fn infinite_times_are_infinite_numbers() {
        let values = [Value::I64(NEG_INFINITY), Value::I64(INFINITY)];
        let bytes = encode(
            &result(&[(DataType::Timestamp, &values)]),
            Wanted::default(),
        );
        let at = u32_at(&bytes, HEADER + 8) as usize;
        assert_eq!(
            (f64_at(&bytes, at), f64_at(&bytes, at + 8)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
    }

    #[test]
    fn a_real_is_the_number_its_text_names() {
        let bytes = encode(
            &result(&[(DataType::Real, &[Value::F64(f64::from(0.1f32))])]),
            Wanted::default(),
        );
        assert_eq!(f64_at(&bytes, u32_at(&bytes, HEADER + 8) as usize), 0.1);
    }

    #[test]
    fn only_selected_rows_are_written() {
        let mut result = result(&[(
            DataType::Integer,
            &[Value::I64(1), Value::I64(2), Value::I64(3)],
        )]);
        result.chunks[0].selection = Some(Rc::new(vec![0, 2].into()));
        let bytes = encode(&result, Wanted::default());
        let at = u32_at(&bytes, HEADER + 8) as usize;
        assert_eq!(u32_at(&bytes, 4), 2);
        assert_eq!((u32_at(&bytes, at), u32_at(&bytes, at + 4)), (1, 3));
    }

    #[test]
    fn byte_strings_follow_their_offsets() {
        let bytes_of = |bytes: &[u8]| Value::Bytes(Rc::from(bytes));
        let bytes = encode(
            &result(&[(DataType::Bytea, &[bytes_of(&[1, 2, 3]), bytes_of(&[9])])]),
            Wanted::default(),
        );
        let offsets = u32_at(&bytes, HEADER + 8) as usize;
        let region = u32_at(&bytes, HEADER + 24) as usize;
        assert_eq!(
            (u32_at(&bytes, offsets + 4), u32_at(&bytes, offsets + 8)),
            (3, 4)
        );
        assert_eq!(bytes[region..region + 4], [1, 2, 3, 9]);
    }

    #[test]
    fn every_type_has_a_kind_even_without_rows() {
        use DataType::*;
        for data_type in [
            Unknown,
            Boolean,
            SmallInt,
            Integer,
            BigInt,
            Real,
            Double,
            Text,
            Bytea,
            Date,
            Timestamp,
            TimestampTz,
            Json,
            Jsonb,
            Uuid,
        ] {
            let bytes = encode(&result(&[(data_type, &[])]), Wanted::default());
            assert_ne!(u32_at(&bytes, HEADER + 4), 0, "{data_type}");
        }
        assert_eq!(
            Vector::from_values(PhysicalType::I64, &[]).len(),
            0,
            "no rows"
        );
    }
}
