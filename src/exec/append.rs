//! The rows of several inputs, one input after the other.

use super::{Context, Operator, Step};
use crate::error::Result;
use std::collections::VecDeque;

pub struct Append {
    /// Those that are not done; the first is being read.
    inputs: VecDeque<Box<dyn Operator>>,
}

impl Append {
    pub fn new(inputs: VecDeque<Box<dyn Operator>>) -> Append {
        Append { inputs }
    }
}

impl Operator for Append {
    fn step(&mut self, context: &mut Context) -> Result<Step> {
        while let Some(input) = self.inputs.front_mut() {
            match input.step(context)? {
                Step::Done => drop(self.inputs.pop_front()),
                other => return Ok(other),
            }
        }
        Ok(Step::Done)
    }
}
