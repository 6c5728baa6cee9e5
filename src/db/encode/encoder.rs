//! Header, text and columns of a result.

use super::buffer::{offset, pad, put, put_u32, reserve};
use super::column::{
    Column, Kind, bools, floats, shortest, strings, write_bytes, write_i32, write_whole,
};
use crate::db::{StatementResult, TransactionStatus};
use crate::error::{Code, Error, Result};
use crate::expr::format_value;
use crate::types::DataType;

pub(super) const HEADER: usize = 48;
const COLUMN: usize = 32;

pub(super) const IN_TRANSACTION: u32 = 1;
const FAILED: u32 = 2;
const COMMITTED: u32 = 4;

/// Hosts hold a string of at most this many bytes.
const TEXT_BYTES_MAX: usize = 512 << 20;

/// Writes results; keeps the room for their texts between calls.
#[derive(Debug, Default)]
pub struct Encoder {
    text: Vec<u8>,
    /// UTF-16 units in `text`.
    units: u32,
    /// There were texts that did not fit.
    is_full: bool,
    formatted: String,
}

/// What the caller of a result wants of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// OIDs of types whose values are to be written as text.
    pub texts: &'a [u32],
    /// Leaves out the command and the names, which the host knows from an earlier result.
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
        self.is_full = false;
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
        reserve(out, self.text.len() + 8)?;
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
        // A value takes 8 bytes at most, and its place, beside a bit for NULL.
        reserve(out, 9 * column.rows() + 32)?;
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
            Char(_) | Numeric(_) | Time | Interval | Uuid | Enum(_) | Array(_) => {
                self.write_formatted(column, out)?
            }
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
        if bytes.len() > TEXT_BYTES_MAX - self.text.len()
            || self.text.try_reserve(bytes.len()).is_err()
        {
            self.is_full = true;
            return;
        }
        self.text.extend_from_slice(bytes);
        let units = if bytes.is_ascii() {
            bytes.len()
        } else {
            let begin = bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
            begin + bytes.iter().filter(|&&byte| byte >= 0xf0).count()
        };
        self.units += units as u32;
    }

    fn check_text(&self) -> Result<()> {
        if !self.is_full {
            return Ok(());
        }
        Err(Error::new(
            Code::MemoryLimit,
            "the result holds more text than fits a string",
        )
        .with_hint("ask for fewer rows or columns at a time"))
    }
}

fn status(result: &StatementResult) -> u32 {
    let transaction = match result.transaction {
        TransactionStatus::Idle => 0,
        TransactionStatus::Open => IN_TRANSACTION,
        TransactionStatus::Failed => IN_TRANSACTION | FAILED,
    };
    transaction | if result.committed { COMMITTED } else { 0 }
}
