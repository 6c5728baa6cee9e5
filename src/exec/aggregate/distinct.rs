//! Aggregates over different values: hands on the first of equal ones within each group.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Data, Vector};
use crate::error::Result;
use crate::exec::group_table::GroupTable;
use crate::expr::EvalContext;
use crate::types::PhysicalType;
use std::ops::Range;
use std::rc::Rc;

pub struct DistinctValues {
    /// Group and value.
    seen: GroupTable,
    inner: Box<dyn Accumulator>,
}

impl DistinctValues {
    pub fn new(physical: PhysicalType, inner: Box<dyn Accumulator>) -> DistinctValues {
        DistinctValues {
            seen: GroupTable::new([PhysicalType::I64, physical]),
            inner,
        }
    }
}

impl Accumulator for DistinctValues {
    fn resize(&mut self, groups: usize) {
        self.inner.resize(groups);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let (mut groups, mut positions) = (Vec::new(), Vec::new());
        rows.each_value(&inputs[0], |group, row| {
            groups.push(group as i64);
            positions.push(row as u32);
        });
        let len = positions.len();
        let values = Rc::new(inputs[0].gather(&positions));
        let group_column = Rc::new(Vector::new(Data::I64(groups)));
        let new = (self.seen).new_rows(&[group_column.clone(), values.clone()], len, None);
        let Data::I64(groups) = &group_column.data else {
            unreachable!("made above");
        };
        let new_groups: Vec<u32> = new.iter().map(|&row| groups[row as usize] as u32).collect();
        let rows = Rows {
            groups: Some(&new_groups),
            len: new.len(),
            selection: Some(&new.into()),
        };
        self.inner.update(&[values], &rows)
    }

    fn finish(&mut self, groups: Range<usize>, context: &EvalContext) -> Result<Vector> {
        self.inner.finish(groups, context)
    }
}
