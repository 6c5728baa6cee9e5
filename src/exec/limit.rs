//! Skips some rows and ends after some more.

use super::{Context, Operator, Step};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr};
use crate::types::Value;

pub struct Limit {
    input: Box<dyn Operator>,
    limit: Option<Expr>,
    offset: Option<Expr>,
    /// How many rows are still to be skipped and to be given, once the expressions have been asked.
    left: Option<(u64, u64)>,
}

impl Limit {
    pub fn new(input: Box<dyn Operator>, limit: Option<Expr>, offset: Option<Expr>) -> Limit {
        Limit {
            input,
            limit,
            offset,
            left: None,
        }
    }
}

impl Operator for Limit {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        let (mut skip, mut take) = match self.left {
            Some(left) => left,
            None => bounds(self.limit.as_ref(), self.offset.as_ref(), context)?,
        };
        self.left = Some((skip, take));
        while take > 0 {
            let chunk = match self.input.step(context)? {
                Step::Chunk(chunk) => chunk,
                other => return Ok(other),
            };
            let rows = chunk.len() as u64;
            let (first, wanted) = (skip.min(rows), take.min(rows - skip.min(rows)));
            (skip, take) = (skip - first, take - wanted);
            self.left = Some((skip, take));
            if wanted == rows {
                return Ok(Step::Chunk(chunk));
            }
            if wanted > 0 {
                let positions = chunk.positions().skip(first as usize).take(wanted as usize);
                let selection = positions.map(|position| position as u32).collect();
                return Ok(Step::Chunk(chunk.with_selection(selection)));
            }
        }
        Ok(Step::Done)
    }
}

/// How many rows to skip and to give.
pub fn bounds(
    limit: Option<&Expr>,
    offset: Option<&Expr>,
    context: &Context,
) -> Result<(u64, u64)> {
    let skip = count(offset, "OFFSET", Code::InvalidOffset, context)?.unwrap_or(0);
    let take = count(limit, "LIMIT", Code::InvalidRowCount, context)?.unwrap_or(u64::MAX);
    Ok((skip, take))
}

fn count(
    expression: Option<&Expr>,
    clause: &str,
    code: Code,
    context: &Context,
) -> Result<Option<u64>> {
    let Some(expression) = expression else {
        return Ok(None);
    };
    match expr::evaluate_value(expression, &context.eval())? {
        Value::I64(count) => match u64::try_from(count) {
            Ok(count) => Ok(Some(count)),
            Err(_) => Err(Error::new(code, format!("{clause} must not be negative"))),
        },
        _ => Ok(None),
    }
}
