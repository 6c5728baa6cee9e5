//! Aggregates of the host, which keeps the states.

use super::accumulator::{Accumulator, Rows};
use crate::column::{Chunk, Vector};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Body, EvalContext, Expr, States};
use crate::types::DataType;
use std::ops::Range;
use std::rc::Rc;

pub struct External {
    function: Rc<expr::External>,
    states: Box<dyn States>,
    /// How many of the inputs are arguments; the others order.
    arguments: usize,
}

impl External {
    pub fn begin(function: Rc<expr::External>, arguments: &[Expr]) -> Result<External> {
        let types: Vec<DataType> = arguments.iter().map(|expr| expr.data_type).collect();
        let Body::Aggregate(aggregate) = &function.body else {
            return Err(Error::new(
                Code::Internal,
                "a function of rows as an aggregate",
            ));
        };
        Ok(External {
            states: aggregate.begin(&types, function.result)?,
            arguments: arguments.len(),
            function,
        })
    }
}

impl Accumulator for External {
    /// The host makes a state when a group has its first row.
    fn resize(&mut self, _groups: usize) {}

    fn update(&mut self, inputs: &[Rc<Vector>], rows: &Rows) -> Result<()> {
        let inputs = &inputs[..self.arguments];
        let (mut groups, mut positions) = (Vec::new(), Vec::new());
        rows.each_value(&inputs[0], |group, row| {
            if !self.function.strict || !inputs.iter().any(|input| input.is_null(row)) {
                groups.push(group as u32);
                positions.push(row as u32);
            }
        });
        if groups.is_empty() {
            return Ok(());
        }
        let columns = inputs.iter().map(|input| Rc::new(input.gather(&positions)));
        let arguments = Chunk::new(columns.collect(), groups.len());
        self.states.step(&groups, &arguments)
    }

    fn finish(&mut self, groups: Range<usize>, _context: &EvalContext) -> Result<Vector> {
        let wanted = groups.len();
        let values = self.states.finish(groups)?;
        let values = self.function.checked(values, wanted)?;
        let physical = self.function.result.physical();
        Ok(Vector::from_values(physical, &values))
    }
}
