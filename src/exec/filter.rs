//! Keeps the rows for which a condition is true. Its input is not run if the condition begins with one that is the same for
//! all of them and not true.

use super::{Context, Operator, Step};
use crate::error::Result;
use crate::expr::{self, Expr, ExprKind, Volatility};
use crate::types::Value;

pub struct Filter {
    input: Box<dyn Operator>,
    predicate: Expr,
    /// Once it has been asked.
    is_hopeless: Option<bool>,
}

impl Filter {
    pub fn new(input: Box<dyn Operator>, predicate: Expr) -> Filter {
        Filter {
            input,
            predicate,
            is_hopeless: None,
        }
    }
}

/// Whether no row can fulfil it. An error is left to the rows that raise it.
fn is_hopeless(predicate: &Expr, context: &Context) -> bool {
    let first = match &predicate.kind {
        ExprKind::And(operands) => operands.first().unwrap_or(predicate),
        _ => predicate,
    };
    let is_fixed = !first.has_columns() && first.volatility() != Volatility::Volatile;
    is_fixed
        && expr::evaluate_row(first, &[], &context.eval())
            .is_ok_and(|value| value != Value::Bool(true))
}

impl Operator for Filter {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        if *(self.is_hopeless).get_or_insert_with(|| is_hopeless(&self.predicate, context)) {
            return Ok(Step::Done);
        }
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
