//! count(*) and count(expression).

use super::accumulator::{Accumulator, Rows};
use crate::column::{Data, Vector};
use crate::error::Result;
use crate::expr::EvalContext;
use std::ops::Range;
use std::rc::Rc;

/// count(*).
#[derive(Default)]
pub struct CountRows(Vec<i64>);

impl Accumulator for CountRows {
    fn resize(&mut self, groups: usize) {
        self.0.resize(groups, 0);
    }

    fn update(&mut self, _inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        match rows.groups {
            None => self.0[0] += rows.len as i64,
            Some(groups) => groups.iter().for_each(|group| self.0[*group as usize] += 1),
        }
        Ok(())
    }

    fn take_out(&mut self, _inputs: &[Rc<Vector>], rows: &Rows) -> bool {
        self.0[0] -= rows.len as i64;
        true
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        Ok(Vector::new(Data::I64(self.0[groups].to_vec())))
    }
}

/// count(expression): the rows where it is not NULL.
#[derive(Default)]
pub struct Count(Vec<i64>);

impl Accumulator for Count {
    fn resize(&mut self, groups: usize) {
        self.0.resize(groups, 0);
    }

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        match rows.groups {
            None => self.0[0] += rows.count_values(&inputs[0]) as i64,
            Some(_) => rows.each_value(&inputs[0], |group, _| self.0[group] += 1),
        }
        Ok(())
    }

    fn take_out(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> bool {
        self.0[0] -= rows.count_values(&inputs[0]) as i64;
        true
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        Ok(Vector::new(Data::I64(self.0[groups].to_vec())))
    }
}
