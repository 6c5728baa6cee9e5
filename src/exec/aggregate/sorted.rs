//! Rows that are taken in in an order: kept until all are there.

use super::accumulator::{Accumulator, Rows};
use crate::column::{CHUNK_ROWS, Chunk, Data, Vector};
use crate::error::Result;
use crate::exec::row_buffer::{RowBuffer, chunk_bytes};
use crate::exec::sort::key::{Direction, Entry, Keys};
use crate::expr::EvalContext;
use crate::plan::Aggregate;
use crate::types::PhysicalType;
use std::ops::Range;
use std::rc::Rc;

pub struct Sorted {
    inner: Box<dyn Accumulator>,
    /// How many of the inputs come before those that order.
    arguments: usize,
    /// Of the group, and then of the keys.
    directions: Vec<Direction>,
    /// Of rows with the same keys only the first is handed on.
    distinct: bool,
    /// The group and the inputs of each row; none once they have been handed on.
    rows: Option<RowBuffer>,
    groups: usize,
    bytes: usize,
}

impl Sorted {
    pub fn new(aggregate: &Aggregate, inner: Box<dyn Accumulator>) -> Sorted {
        let by_group = Direction {
            descending: false,
            nulls_first: false,
        };
        let keys = aggregate.order.iter().map(|key| Direction {
            descending: key.descending,
            nulls_first: key.nulls_first,
        });
        let inputs = aggregate.expressions();
        let types = inputs.map(|expr| expr.data_type.physical());
        Sorted {
            inner,
            arguments: aggregate.arguments.len(),
            directions: std::iter::once(by_group).chain(keys).collect(),
            distinct: aggregate.distinct,
            rows: Some(RowBuffer::new(
                std::iter::once(PhysicalType::I64).chain(types),
            )),
            groups: 0,
            bytes: 0,
        }
    }

    fn hand_on(&mut self, rows: &RowBuffer) -> Result<()> {
        let columns = rows.columns();
        let Data::I64(groups) = &columns[0].data else {
            unreachable!("the first column is the group");
        };
        let compared = std::iter::once(&columns[0]).chain(&columns[1 + self.arguments..]);
        let keys = Keys::new(compared.collect(), &self.directions);
        let mut entries: Vec<Entry> = (0..rows.len()).map(|row| keys.entry(row)).collect();
        entries.sort_unstable_by(|left, right| keys.compare(*left, *right));
        if self.distinct {
            entries.dedup_by(|later, first| {
                keys.compare_rows(later.row as usize, first.row as usize)
                    .is_eq()
            });
        }
        self.inner.resize(self.groups);
        for part in entries.chunks(CHUNK_ROWS) {
            let places: Vec<u32> = part.iter().map(|entry| entry.row).collect();
            let own = places.iter().map(|&row| groups[row as usize] as u32);
            let own: Vec<u32> = own.collect();
            let inputs = columns[1..].iter();
            let inputs: Vec<Rc<Vector>> = inputs
                .map(|column| Rc::new(column.gather(&places)))
                .collect();
            let rows = Rows {
                groups: Some(&own),
                selection: None,
                len: own.len(),
            };
            self.inner.update(&inputs, &rows)?;
        }
        Ok(())
    }
}

impl Accumulator for Sorted {
    fn resize(&mut self, groups: usize) {
        self.groups = groups;
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let Some(kept) = &mut self.rows else {
            unreachable!("nothing comes behind the end");
        };
        let (mut groups, mut positions) = (Vec::new(), Vec::new());
        rows.each_value(&inputs[0], |group, row| {
            groups.push(group as i64);
            positions.push(row as u32);
        });
        let len = groups.len();
        let mut columns = vec![Rc::new(Vector::new(Data::I64(groups)))];
        columns.extend(inputs.iter().map(|input| Rc::new(input.gather(&positions))));
        let chunk = Chunk::new(columns, len);
        self.bytes += chunk_bytes(&chunk);
        kept.push_chunk(&chunk);
        Ok(())
    }

    fn finish(&mut self, groups: Range<usize>, context: &EvalContext) -> Result<Vector> {
        if let Some(rows) = self.rows.take() {
            self.hand_on(&rows)?;
        }
        self.inner.resize(self.groups);
        self.inner.finish(groups, context)
    }

    fn group_bytes(&self) -> usize {
        self.inner.group_bytes()
    }

    fn kept_bytes(&self) -> usize {
        self.bytes
    }
}
