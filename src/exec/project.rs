//! Yields the values of expressions.

use super::{Context, Operator, Step};
use crate::column::Chunk;
use crate::error::Result;
use crate::expr::{self, EvalContext, Expr};

pub struct Project {
    pub input: Box<dyn Operator>,
    pub expressions: Vec<Expr>,
}

impl Operator for Project {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        Ok(match self.input.step(context)? {
            Step::Chunk(chunk) => Step::Chunk(project(&self.expressions, &chunk, &context.eval())?),
            other => other,
        })
    }
}

/// The same rows with other columns.
pub fn project(expressions: &[Expr], chunk: &Chunk, context: &EvalContext) -> Result<Chunk> {
    let columns = (expressions.iter())
        .map(|expression| expr::evaluate(expression, chunk, context))
        .collect::<Result<_>>()?;
    Ok(Chunk {
        columns,
        rows: chunk.rows,
        selection: chunk.selection.clone(),
    })
}
