//! Keeps the rows for which a condition is true.

use super::{Context, Operator, Step};
use crate::error::Result;
use crate::expr::{self, Expr};

pub struct Filter {
    pub input: Box<dyn Operator>,
    pub predicate: Expr,
}

impl Operator for Filter {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        loop {
            let chunk = match self.input.step(context)? {
                Step::Chunk(chunk) => chunk,
                other => return Ok(other),
            };
            let chunk = expr::filter(&self.predicate, chunk, &context.eval())?;
            if !chunk.is_empty() {
                return Ok(Step::Chunk(chunk));
            }
        }
    }
}
