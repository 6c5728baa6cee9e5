//! FETCH FIRST … WITH TIES: the first rows of sorted ones, and those that sort as the last of them.

use super::limit::bounds;
use super::row_buffer::RowBuffer;
use super::{Context, Operator, Step};
use crate::column::kernel;
use crate::error::Result;
use crate::expr::{self, Expr};

pub struct Ties {
    input: Box<dyn Operator>,
    keys: Vec<Expr>,
    limit: Expr,
    offset: Option<Expr>,
    /// How many rows are still to be skipped and to be given, once the expressions have been asked.
    left: Option<(u64, u64)>,
    /// The keys of the last row that was given.
    last: RowBuffer,
}

impl Ties {
    pub fn new(input: Box<dyn Operator>, keys: &[Expr], limit: Expr, offset: Option<Expr>) -> Ties {
        Ties {
            input,
            last: no_row(keys),
            keys: keys.to_vec(),
            limit,
            offset,
            left: None,
        }
    }
}

fn no_row(keys: &[Expr]) -> RowBuffer {
    RowBuffer::new(keys.iter().map(|key| key.data_type.physical()))
}

impl Operator for Ties {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let (mut skip, mut take) = match self.left {
            Some(left) => left,
            None => bounds(Some(&self.limit), self.offset.as_ref(), context)?,
        };
        self.left = Some((skip, take));
        // Without a first row there is none to tie with.
        while take > 0 || self.last.len() > 0 {
            let chunk = match self.input.step(context)? {
                Step::Chunk(chunk) => chunk.compact(),
                other => return Ok(other),
            };
            let eval = context.eval();
            let keys = (self.keys.iter())
                .map(|key| expr::evaluate(key, &chunk, &eval))
                .collect::<Result<Vec<_>>>()?;
            let first = skip.min(chunk.rows as u64) as usize;
            skip -= first as u64;
            let mut given = Vec::new();
            for row in first..chunk.rows {
                if take > 0 {
                    take -= 1;
                    if take == 0 {
                        self.last.push_row(&keys, row);
                    }
                } else if !kernel::rows_equal(self.last.columns(), 0, &keys, row) {
                    self.last = no_row(&self.keys);
                    break;
                }
                given.push(row as u32);
            }
            self.left = Some((skip, take));
            if !given.is_empty() {
                return Ok(Step::Chunk(chunk.with_selection(given)));
            }
        }
        Ok(Step::Done)
    }
}
