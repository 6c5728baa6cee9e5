//! The columns that a reader asks for: those of the table, and the pseudo columns made of its stamps.
//!
//! Private rows have no sequence yet: their start is NULL, and so is its time.

use super::View;
use super::private::PrivateBlock;
use crate::column::{Bitmap, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::table::{ALIVE, Block, Fetch, Layout, Selected, known_end, nulls};
use crate::types::{ColumnId, INFINITY, PhysicalType, ScanColumn, Seq, Value};
use std::rc::Rc;

pub(super) fn position(layout: &Layout, column: ColumnId) -> Result<usize> {
    let missing = || Error::new(Code::Internal, format!("no column {column}"));
    layout.position(column).ok_or_else(missing)
}

/// The type a column is held in.
pub(super) fn physical(layout: &Layout, column: ScanColumn) -> Result<PhysicalType> {
    match column {
        ScanColumn::Column(id) => Ok(layout.columns[position(layout, id)?].1),
        _ => Ok(PhysicalType::I64),
    }
}

impl View<'_> {
    /// A column of a block of the store; pseudo columns are right at the selected rows.
    pub(super) fn stored_column(
        &self,
        block: &Block,
        selected: &Selected,
        column: ScanColumn,
    ) -> Result<Fetch<Rc<Vector>>> {
        if let ScanColumn::Column(id) = column {
            let position = position(self.layout(block.table)?, id)?;
            let physical = self.layout(block.table)?.columns[position].1;
            let column = block.column(position).cloned();
            let column = column.unwrap_or_else(|| Rc::new(nulls(physical, block.len())));
            return Ok(Fetch::Ready(column));
        }
        let mut numbers = Numbers::new(block.len());
        for row in selected.rows(block.len()) {
            match self.stamp(block, row, column)? {
                Fetch::Ready(value) => numbers.set(row, value),
                Fetch::Need(id) => return Ok(Fetch::Need(id)),
            }
        }
        Ok(Fetch::Ready(Rc::new(numbers.finish())))
    }

    /// A pseudo column of one row; `None` is NULL.
    pub(super) fn stamp(
        &self,
        block: &Block,
        row: usize,
        column: ScanColumn,
    ) -> Result<Fetch<Option<i64>>> {
        Ok(Fetch::Ready(Some(match column {
            ScanColumn::RowId => block.rows.ids[row].0 as i64,
            ScanColumn::SeqStart => block.start(row) as i64,
            ScanColumn::TimeStart => self.time(block.start(row))?,
            ScanColumn::SeqEnd | ScanColumn::TimeEnd => {
                let end = match self.end(block, row) {
                    Fetch::Ready(end) => known_end(self.snapshot, end),
                    Fetch::Need(id) => return Ok(Fetch::Need(id)),
                };
                match (column, end) {
                    (ScanColumn::SeqEnd, ALIVE) => return Ok(Fetch::Ready(None)),
                    (ScanColumn::SeqEnd, end) => end as i64,
                    (_, ALIVE) => INFINITY,
                    (_, end) => self.time(end)?,
                }
            }
            ScanColumn::Column(_) => return Err(Error::new(Code::Internal, "not a pseudo column")),
        })))
    }

    /// The end of a version, which its newest copy knows.
    fn end(&self, block: &Block, row: usize) -> Fetch<u64> {
        match self.store.relation(block.table) {
            Some(relation) if block.has_moved(row, ALIVE) => {
                relation.end_at(block.rows.ids[row], block.start(row), self.store.blocks())
            }
            _ => Fetch::Ready(block.end_of(row)),
        }
    }

    fn time(&self, seq: u64) -> Result<i64> {
        let info = self.store.commit_info(Seq(seq));
        let info = info.ok_or_else(|| Error::new(Code::Internal, format!("no commit {seq}")))?;
        Ok(info.time)
    }

    pub(super) fn private_column(
        &self,
        block: &PrivateBlock,
        column: ScanColumn,
    ) -> Result<Rc<Vector>> {
        if let ScanColumn::Column(id) = column {
            let position = position(self.layout(block.table)?, id)?;
            let physical = self.layout(block.table)?.columns[position].1;
            let column = block.rows.columns.get(position).cloned();
            return Ok(column.unwrap_or_else(|| Rc::new(nulls(physical, block.rows.len()))));
        }
        let mut numbers = Numbers::new(block.rows.len());
        for row in 0..block.rows.len() {
            numbers.set(row, private_stamp(block, row, column));
        }
        Ok(Rc::new(numbers.finish()))
    }
}

pub(super) fn private_stamp(block: &PrivateBlock, row: usize, column: ScanColumn) -> Option<i64> {
    match column {
        ScanColumn::RowId => Some(block.rows.ids[row].0 as i64),
        ScanColumn::TimeEnd => Some(INFINITY),
        _ => None,
    }
}

pub(super) fn stamp_value(stamp: Option<i64>) -> Value {
    stamp.map_or(Value::Null, Value::I64)
}

/// A vector of integers that is written at some places.
struct Numbers {
    values: Vec<i64>,
    validity: Option<Bitmap>,
}

impl Numbers {
    fn new(len: usize) -> Numbers {
        Numbers {
            values: vec![0; len],
            validity: None,
        }
    }

    fn set(&mut self, row: usize, value: Option<i64>) {
        match value {
            Some(value) => self.values[row] = value,
            None => {
                let len = self.values.len();
                let validity = self
                    .validity
                    .get_or_insert_with(|| Bitmap::filled(true, len));
                validity.set(row, false);
            }
        }
    }

    fn finish(self) -> Vector {
        Vector {
            data: Data::I64(self.values),
            validity: self.validity,
        }
    }
}
