//! Functions of the host, which are asked for as many rows at once as there are.

use super::super::{Expr, External};
use super::vector::Operand;
use crate::column::Chunk;
use crate::error::Result;
use crate::types::{DataType, Value};
use std::rc::Rc;

/// The values for the selected rows of a chunk: one call for all of them, or none where all are NULL by being strict.
pub fn over_chunk(
    function: &External,
    arguments: &[Expr],
    operands: Vec<Operand>,
    chunk: &Chunk,
) -> Result<Operand> {
    let mut rows: Vec<u32> = Vec::with_capacity(chunk.len());
    for row in chunk.positions() {
        if !function.strict || !operands.iter().any(|operand| is_null(operand, row)) {
            rows.push(row as u32);
        }
    }
    let is_constant = |operand: &Operand| matches!(operand, Operand::Constant(_));
    let once = function.deterministic && operands.iter().all(is_constant);
    if once {
        rows.truncate(1);
    }
    if rows.is_empty() {
        return Ok(Operand::Constant(Value::Null));
    }
    let mut columns = Vec::with_capacity(operands.len());
    let mut types: Vec<DataType> = Vec::with_capacity(operands.len());
    for (operand, expr) in operands.into_iter().zip(arguments) {
        types.push(expr.data_type);
        columns.push(match operand {
            Operand::Vector(vector) if rows.len() < chunk.rows => Rc::new(vector.gather(&rows)),
            operand => operand.into_vector(expr.data_type.physical(), rows.len()),
        });
    }
    let mut values = function.call(&Chunk::new(columns, rows.len()), &types)?;
    match values.pop() {
        Some(value) if once => Ok(Operand::Constant(value)),
        last => {
            values.extend(last);
            let vector = function.spread(&values, &rows, chunk.rows)?;
            Ok(Operand::Vector(Rc::new(vector)))
        }
    }
}

/// The value for one row of arguments.
pub fn of_row(function: &External, arguments: &[Expr], values: Vec<Value>) -> Result<Value> {
    let operands = values.into_iter().map(Operand::Constant).collect();
    let row = Chunk::new(Vec::new(), 1);
    over_chunk(function, arguments, operands, &row).map(|answer| answer.value(0))
}

fn is_null(operand: &Operand, row: usize) -> bool {
    match operand {
        Operand::Vector(vector) => vector.is_null(row),
        Operand::Constant(value) => value.is_null(),
    }
}
