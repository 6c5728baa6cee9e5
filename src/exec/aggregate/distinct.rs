//! Aggregates over different values: hands on the first of equal ones within each group.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Data, Selection, Vector};
use crate::error::Result;
use crate::exec::group_table::GroupTable;
use crate::expr::EvalContext;
use crate::types::PhysicalType;
use std::ops::Range;
use std::rc::Rc;

pub struct DistinctValues {
    /// The values, where there is one group alone; nothing else is needed then.
    alone: GroupTable,
    /// Of strings, which are told from each other once and not in each group.
    strings: Option<GroupTable>,
    /// Group and value, or the string's number.
    seen: GroupTable,
    inner: Box<dyn Accumulator>,
}

impl DistinctValues {
    pub fn new(physical: PhysicalType, inner: Box<dyn Accumulator>) -> DistinctValues {
        let is_string = matches!(physical, PhysicalType::Text | PhysicalType::Bytes);
        let seen = if is_string {
            PhysicalType::I64
        } else {
            physical
        };
        DistinctValues {
            alone: GroupTable::new([physical]),
            strings: is_string.then(|| GroupTable::new([physical])),
            seen: GroupTable::new([PhysicalType::I64, seen]),
            inner,
        }
    }
}

fn numbers(groups: Vec<u32>) -> Rc<Vector> {
    let numbers = groups.into_iter().map(i64::from);
    Rc::new(Vector::new(Data::I64(numbers.collect())))
}

impl Accumulator for DistinctValues {
    fn resize(&mut self, groups: usize) {
        self.inner.resize(groups);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        if rows.groups.is_none() {
            let mut valid = Vec::new();
            let selection = match inputs[0].validity {
                None => rows.selection.map(Selection::positions),
                Some(_) => {
                    rows.each_value(&inputs[0], |_, row| valid.push(row as u32));
                    Some(&valid[..])
                }
            };
            let new = (self.alone).new_rows(&inputs[..1], inputs[0].len(), selection);
            let rows = Rows {
                groups: None,
                len: new.len(),
                selection: Some(&new.into()),
            };
            return self.inner.update(&inputs[..1], &rows);
        }
        let (mut groups, mut positions) = (Vec::new(), Vec::new());
        rows.each_value(&inputs[0], |group, row| {
            groups.push(group as i64);
            positions.push(row as u32);
        });
        let len = positions.len();
        let mut values = inputs[0].gather(&positions);
        values.validity = None; // none of them is NULL
        let values = Rc::new(values);
        let group_column = Rc::new(Vector::new(Data::I64(groups)));
        let told = match &mut self.strings {
            Some(strings) => numbers(strings.groups_of(std::slice::from_ref(&values), len, None)),
            None => values.clone(),
        };
        let new = (self.seen).new_rows(&[group_column.clone(), told], len, None);
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

    fn group_bytes(&self) -> usize {
        self.inner.group_bytes()
    }

    fn kept_bytes(&self) -> usize {
        let strings = self.strings.as_ref().map_or(0, GroupTable::bytes_held);
        self.inner.kept_bytes() + strings + self.seen.bytes_held() + self.alone.bytes_held()
    }
}
