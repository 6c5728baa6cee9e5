//! Rows of expressions without columns.

use super::{Context, Operator, Step};
use crate::column::{CHUNK_ROWS, Chunk, VectorBuilder};
use crate::error::Result;
use crate::expr::{self, Expr};
use crate::types::DataType;
use std::rc::Rc;

pub struct Values {
    rows: Vec<Vec<Expr>>,
    types: Vec<DataType>,
    next: usize,
}

impl Values {
    pub fn new(rows: Vec<Vec<Expr>>, types: Vec<DataType>) -> Values {
        Values {
            rows,
            types,
            next: 0,
        }
    }
}

impl Operator for Values {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let end = self.rows.len().min(self.next + CHUNK_ROWS);
        let rows = &self.rows[self.next..end];
        if rows.is_empty() {
            return Ok(Step::Done);
        }
        if context.is_spent() {
            return Ok(Step::Yield);
        }
        let eval = context.eval();
        let mut builders: Vec<_> = (self.types.iter())
            .map(|data_type| VectorBuilder::new(data_type.physical()))
            .collect();
        for row in rows {
            for (builder, expression) in builders.iter_mut().zip(row) {
                builder.push(&expr::evaluate_value(expression, &eval)?);
            }
        }
        let columns = builders.into_iter().map(|b| Rc::new(b.finish())).collect();
        let chunk = Chunk::new(columns, rows.len());
        self.next = end;
        context.spend(chunk.rows);
        Ok(Step::Chunk(chunk))
    }
}
