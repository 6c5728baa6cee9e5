//! The payloads of the frames that change rows.
//!
//! ```text
//!   INSERT, PATCH   [ table, rows, [column, …] | nil, [vector, …] ]     nil: goes on with the run of the
//!   SOFT_DELETE     [ table, rows ]                                     frame before
//!   CLOSE_ALL       [ table ]
//! ```
//!
//! `rows` is one row id, or an extension with a varint count and the ids as packed integers. There is one
//! vector for each column, with a value for each row.

use crate::column::Vector;
use crate::commit::RowChanges;
use crate::encoding::limit::{
    FRAME_BYTES_MAX, FRAME_ROWS_MAX, FRAME_WEIGHT, TRANSACTION_BYTES_MAX, VALUE_BYTES_MAX,
};
use crate::encoding::vector::{self, Budget};
use crate::encoding::wire::{Decoded, Reader, Write, invalid};
use crate::encoding::{ext, integers};
use crate::error::{Code, Error, Result};
use crate::types::{ColumnId, RowId, TableId};
use std::ops::Range;

/// What a frame weighs beyond its rows, and each of its columns.
const EVENT_WEIGHT: u64 = 256;
const COLUMN_WEIGHT: u64 = 64;
const ROW_WEIGHT: u64 = 8;

/// Adds up what a transaction weighs while it is written; the counterpart of the reader's budget.
#[derive(Debug, Default)]
pub struct Weight(u64);

impl Weight {
    fn add(&mut self, weight: u64) -> Result<()> {
        self.0 += weight;
        match self.0 <= TRANSACTION_BYTES_MAX {
            true => Ok(()),
            false => Err(too_long("a transaction", TRANSACTION_BYTES_MAX)),
        }
    }

    pub fn add_event(&mut self, columns: usize, rows: u64) -> Result<()> {
        self.add(EVENT_WEIGHT + COLUMN_WEIGHT * columns as u64 + rows)
    }
}

pub fn too_long(what: &str, limit: u64) -> Error {
    Error::new(
        Code::LimitLength,
        format!("{what} is larger than the {limit} bytes it may have"),
    )
}

/// Splits a run into parts that each make a frame, with their weights.
pub fn split(run: &RowChanges) -> Result<Vec<(Range<usize>, u64)>> {
    let mut parts = Vec::new();
    let (mut start, mut weight) = (0, 0);
    for row in 0..run.rows.len() {
        let added = row_weight(&run.vectors, row)?;
        let is_full = weight + added > FRAME_WEIGHT || row - start == FRAME_ROWS_MAX;
        if is_full && row > start {
            parts.push((start..row, weight));
            (start, weight) = (row, 0);
        }
        weight += added;
    }
    if start < run.rows.len() {
        parts.push((start..run.rows.len(), weight));
    }
    Ok(parts)
}

fn row_weight(vectors: &[Vector], row: usize) -> Result<u64> {
    let mut total = ROW_WEIGHT;
    for vector in vectors {
        let weight = vector::weight(vector, row);
        if weight > VALUE_BYTES_MAX as u64 {
            return Err(too_long("a value", VALUE_BYTES_MAX as u64));
        }
        total += weight;
    }
    match total <= FRAME_BYTES_MAX as u64 {
        true => Ok(total),
        false => Err(too_long("a row", FRAME_BYTES_MAX as u64)),
    }
}

/// Writes a part of a run; its first part names the columns.
pub fn write_rows(out: &mut Vec<u8>, table: TableId, run: &RowChanges, part: Range<usize>) {
    out.array_length(4);
    out.uint(u64::from(table.0));
    write_ids(out, &run.rows[part.clone()]);
    if part.start == 0 {
        out.array_length(run.columns.len());
        run.columns
            .iter()
            .for_each(|column| out.uint(u64::from(column.0)));
    } else {
        out.nil();
    }
    out.array_length(run.vectors.len());
    for vector in &run.vectors {
        vector::write(out, vector, part.clone());
    }
}

pub fn write_delete(out: &mut Vec<u8>, table: TableId, rows: &[RowId]) {
    out.array_length(2);
    out.uint(u64::from(table.0));
    write_ids(out, rows);
}

pub fn write_close_all(out: &mut Vec<u8>, table: TableId) {
    out.array_length(1);
    out.uint(u64::from(table.0));
}

fn write_ids(out: &mut Vec<u8>, rows: &[RowId]) {
    match rows {
        [row] => out.uint(row.0),
        _ => out.ext(ext::ROW_IDS, |out| {
            out.varint(rows.len() as u64);
            let ids: Vec<i64> = rows.iter().map(|row| row.0 as i64).collect();
            integers::pack(out, &ids);
        }),
    }
}

/// Some rows of a table: an INSERT or a PATCH. Without columns it goes on with the run before.
#[derive(Debug)]
pub struct Rows {
    pub table: TableId,
    pub rows: Vec<RowId>,
    pub columns: Option<Vec<ColumnId>>,
    pub vectors: Vec<Vector>,
}

#[inline(never)] // see `Recovery::step_rarely`
pub fn read_rows(payload: &[u8], budget: &mut Budget) -> Decoded<Rows> {
    let mut reader = Reader::new(payload);
    reader.array_of(4)?;
    let table = TableId(reader.u32()?);
    let rows = read_ids(&mut reader, budget)?;
    let columns = match reader.nil()? {
        true => None,
        false => {
            let count = reader.array_length()?;
            Some(
                (0..count)
                    .map(|_| reader.u32().map(ColumnId))
                    .collect::<Decoded<Vec<_>>>()?,
            )
        }
    };
    let count = reader.array_length()?;
    budget.spend(EVENT_WEIGHT + COLUMN_WEIGHT * count as u64)?;
    let vectors = (0..count)
        .map(|_| vector::read(&mut reader, rows.len(), budget))
        .collect::<Decoded<Vec<_>>>()?;
    reader.end()?;
    if columns
        .as_ref()
        .is_some_and(|columns| columns.len() != count)
    {
        return invalid("there are not as many vectors as columns");
    }
    Ok(Rows {
        table,
        rows,
        columns,
        vectors,
    })
}

pub fn read_delete(payload: &[u8], budget: &mut Budget) -> Decoded<(TableId, Vec<RowId>)> {
    let mut reader = Reader::new(payload);
    reader.array_of(2)?;
    let table = TableId(reader.u32()?);
    budget.spend(EVENT_WEIGHT)?;
    let rows = read_ids(&mut reader, budget)?;
    reader.end()?;
    Ok((table, rows))
}

pub fn read_close_all(payload: &[u8]) -> Decoded<TableId> {
    let mut reader = Reader::new(payload);
    reader.array_of(1)?;
    let table = TableId(reader.u32()?);
    reader.end()?;
    Ok(table)
}

fn read_ids(reader: &mut Reader, budget: &mut Budget) -> Decoded<Vec<RowId>> {
    if matches!(reader.peek()?, 0x00..=0x7f | 0xcc..=0xcf) {
        budget.spend(ROW_WEIGHT)?;
        return Ok(vec![RowId(reader.uint()?)]);
    }
    let (code, bytes) = reader.ext()?;
    if code != ext::ROW_IDS {
        return ext::unexpected(code);
    }
    let mut inner = Reader::new(bytes);
    let count = inner.length()?;
    if !(2..=FRAME_ROWS_MAX).contains(&count) {
        return invalid("a run has too many rows or too few");
    }
    budget.spend(ROW_WEIGHT * count as u64)?;
    let ids = integers::unpack(&mut inner, count)?;
    inner.end()?;
    Ok(ids.into_iter().map(|id| RowId(id as u64)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Bitmap, Data, Strings};
    use crate::types::{Decimal, Value};
    use std::rc::Rc;

    fn vectors(rows: usize) -> Vec<Vector> {
        let texts = ["paid", "open", "é", ""];
        let repeated: Strings = (0..rows).map(|row| texts[row % 4].as_bytes()).collect();
        let distinct: Vec<String> = (0..rows).map(|row| format!("text {row}")).collect();
        let distinct: Strings = distinct.iter().map(String::as_bytes).collect();
        let decimals = |row| {
            if row == 1 {
                Decimal::NaN
            } else {
                Decimal::Small(row, 2)
            }
        };
        let some: Bitmap = (0..rows).map(|row| row % 3 > 0).collect();
        let mut vectors: Vec<Vector> = [
            Data::Bool((0..rows).map(|row| row % 2 == 0).collect()),
            Data::I64((0..rows as i64).map(|row| row * row - 40).collect()),
            Data::F64((0..rows).map(|row| row as f64 / 3.0).collect()),
            Data::F64((0..rows).map(|row| row as f64 / 2.0).collect()),
            Data::Decimal((0..rows as i128).map(decimals).collect()),
            Data::Text(repeated),
            Data::Text(distinct.clone()),
            Data::Bytes(distinct),
            Data::Uuid((0..rows as u128).map(|row| row << 70).collect()),
            Data::Array((0..rows).map(integers_and_null).collect()),
            Data::Array(
                (0..rows)
                    .map(|row| vec![Value::text("x"); row % 2].into())
                    .collect(),
            ),
            Data::Array(vec![Rc::from([Value::Null]); rows]),
        ]
        .into_iter()
        .map(Vector::new)
        .collect();
        // NULLs, with the default of the type beneath them.
        vectors.extend(
            [Data::I64(vec![0; rows]), Data::Uuid(vec![0; rows])].map(|data| Vector {
                data,
                validity: Some(some.clone()),
            }),
        );
        vectors
    }

    /// As many elements as the row is far from a multiple of three.
    fn integers_and_null(row: usize) -> Rc<[Value]> {
        let elements = (0..row % 3).map(|at| match at {
            0 => Value::I64(row as i64),
            _ => Value::Null,
        });
        elements.collect()
    }

    fn run(rows: usize) -> RowChanges {
        let vectors = vectors(rows);
        RowChanges {
            rows: (0..rows as u64).map(|row| RowId(row * 7)).collect(),
            columns: (0..vectors.len() as u32).map(ColumnId).collect(),
            vectors,
        }
    }

    fn payload(rows: usize) -> Vec<u8> {
        let mut out = Vec::new();
        write_rows(&mut out, TableId(3), &run(rows), 0..rows);
        out
    }

    #[test]
    fn rows_of_every_type_read_back() {
        for rows in [1, 2, 9, 100, 2000] {
            let read = read_rows(&payload(rows), &mut Budget::new()).expect("as written");
            let run = run(rows);
            assert_eq!((read.table, read.rows), (TableId(3), run.rows));
            assert_eq!(
                (read.columns, read.vectors),
                (Some(run.columns), run.vectors)
            );
        }
    }

    #[test]
    fn no_byte_that_is_changed_makes_reading_panic_or_swell() {
        for rows in [1, 2, 9, 100] {
            let payload = payload(rows);
            for place in (0..payload.len()).step_by(payload.len().div_ceil(400)) {
                for value in [0, 1, 0x7f, 0x80, 0xc0, 0xc9, 0xdd, 0xff, payload[place] ^ 1] {
                    let mut changed = payload.clone();
                    changed[place] = value;
                    if let Ok(rows) = read_rows(&changed, &mut Budget::new()) {
                        // Whatever it says now is sound in itself.
                        rows.vectors
                            .iter()
                            .for_each(|v| (0..v.len()).for_each(|i| drop(v.value(i))));
                    }
                }
                let _ = read_rows(&payload[..place], &mut Budget::new());
            }
        }
    }

    #[test]
    fn a_long_run_is_split_by_weight_and_by_rows() {
        let texts = |count: usize, length: usize| RowChanges {
            rows: (0..count as u64).map(RowId).collect(),
            columns: vec![ColumnId(0)],
            vectors: vec![Vector::new(Data::Text(
                vec!["x".repeat(length); count]
                    .iter()
                    .map(String::as_bytes)
                    .collect(),
            ))],
        };
        let lengths = |run: &RowChanges| -> Vec<usize> {
            split(run)
                .expect("within limits")
                .iter()
                .map(|(part, _)| part.len())
                .collect()
        };
        assert_eq!(lengths(&texts(3, 10)), [3]);
        assert_eq!(lengths(&texts(5, 500_000)), [2, 2, 1]);
        assert_eq!(lengths(&texts(2, 2_000_000)), [1, 1]);
        let narrow = RowChanges {
            rows: vec![RowId(1); FRAME_ROWS_MAX + 1],
            columns: Vec::new(),
            vectors: Vec::new(),
        };
        assert_eq!(lengths(&narrow), [FRAME_ROWS_MAX, 1]);
        let error = split(&texts(1, VALUE_BYTES_MAX)).expect_err("4 bytes too long");
        assert_eq!(error.code(), Code::LimitLength);
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        // Columns of the most rows that take three bytes each: 65,536 times the same integer.
        let mut out = Vec::new();
        out.array_length(4);
        out.uint(1);
        let rows: Vec<RowId> = vec![RowId(5); FRAME_ROWS_MAX];
        write_ids(&mut out, &rows);
        out.nil();
        out.array_length(1000);
        for _ in 0..1000 {
            let same = Vector::new(Data::I64(vec![1; FRAME_ROWS_MAX]));
            vector::write(&mut out, &same, 0..FRAME_ROWS_MAX);
        }
        assert!(out.len() < 20_000);
        let error = read_rows(&out, &mut Budget::new()).expect_err("half a gigabyte");
        assert_eq!(
            error,
            invalid::<()>("a transaction unpacks to more than its limit").expect_err("")
        );
    }
}
