//! What narrows the selection: filters, AND, OR, CASE, COALESCE, and IN over a list of expressions.

use super::super::{EvalContext, Expr, ExprKind};
use super::by_row::RowBuilder;
use super::row::truth;
use super::vector::{Operand, operand};
use crate::column::{Chunk, Data, Vector, kernel};
use crate::error::{Code, Error, Result};
use crate::types::{PhysicalType, Value};
use std::rc::Rc;

/// The chunk with only those selected rows for which the condition is true. Of a conjunction the later
/// parts are asked only where the earlier ones are true.
pub fn filter(expr: &Expr, chunk: Chunk, context: &EvalContext) -> Result<Chunk> {
    if let ExprKind::And(operands) = &expr.kind {
        return operands
            .iter()
            .try_fold(chunk, |chunk, operand| filter(operand, chunk, context));
    }
    keep_true(expr, chunk, context)
}

fn keep_true(expr: &Expr, chunk: Chunk, context: &EvalContext) -> Result<Chunk> {
    if chunk.is_empty() {
        return Ok(chunk);
    }
    match operand(expr, &chunk, context)? {
        Operand::Constant(Value::Bool(true)) => Ok(chunk),
        Operand::Constant(_) => Ok(chunk.with_selection(Vec::new())),
        Operand::Vector(vector) if vector.physical() == PhysicalType::Bool => {
            let rows = kernel::true_rows(&vector, chunk.selected());
            match rows.len() == chunk.len() {
                true => Ok(chunk),
                false => Ok(chunk.with_selection(rows)),
            }
        }
        Operand::Vector(_) => Err(Error::new(Code::Internal, "a condition is not boolean")),
    }
}

/// AND (decided by false) or OR (by true). An operand is asked only about the rows that those before
/// it have not decided.
pub fn junction(
    operands: &[Expr],
    decided_by: bool,
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let mut rows = Junction::new(decided_by, chunk);
    for expr in operands {
        if rows.undecided.is_empty() {
            break;
        }
        let asked = rows.asked(chunk);
        let answers = operand(expr, &asked, context)?;
        rows.take(&answers);
    }
    Ok(rows.finish())
}

/// `operand = item OR …` for the items of a list.
pub fn any_equal(
    left: Operand,
    list: &[Expr],
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let mut rows = Junction::new(true, chunk);
    rows.leave_out_nulls(&left);
    for item in list {
        if rows.undecided.is_empty() {
            break;
        }
        let asked = rows.asked(chunk);
        let right = operand(item, &asked, context)?;
        rows.take_equal(&left, &right);
    }
    Ok(rows.finish())
}

/// The rows of an AND or OR while its operands are evaluated.
struct Junction {
    decided_by: bool,
    /// Truth so far: `decided_by` once decided, else the opposite.
    truths: Vec<bool>,
    /// Whether an operand was NULL in an undecided row.
    nulls: Vec<bool>,
    undecided: Vec<u32>,
}

impl Junction {
    fn new(decided_by: bool, chunk: &Chunk) -> Self {
        Junction {
            decided_by,
            truths: vec![!decided_by; chunk.rows],
            nulls: vec![false; chunk.rows],
            undecided: chunk.positions().map(|row| row as u32).collect(),
        }
    }

    /// The chunk with the rows that are still to be asked about.
    fn asked(&self, chunk: &Chunk) -> Chunk {
        match self.undecided.len() == chunk.len() {
            true => chunk.clone(),
            false => chunk.with_selection(self.undecided.clone()),
        }
    }

    fn take(&mut self, answers: &Operand) {
        match answers {
            Operand::Constant(value) => self.decide(|_| truth(value)),
            Operand::Vector(vector) => match &vector.data {
                Data::Bool(values) => {
                    self.decide(|row| (!vector.is_null(row)).then_some(values[row]))
                }
                _ => self.decide(|_| None),
            },
        }
    }

    /// Rows whose answer is NULL whatever is asked.
    fn leave_out_nulls(&mut self, operand: &Operand) {
        self.undecided.retain(|&row| {
            let is_null = operand.value(row as usize).is_null();
            self.nulls[row as usize] = is_null;
            !is_null
        });
    }

    fn take_equal(&mut self, left: &Operand, right: &Operand) {
        self.decide(|row| match (left.value(row), right.value(row)) {
            (Value::Null, _) | (_, Value::Null) => None,
            (left, right) => Some(left == right),
        });
    }

    fn decide(&mut self, answer: impl Fn(usize) -> Option<bool>) {
        let Junction {
            decided_by,
            truths,
            nulls,
            undecided,
        } = self;
        undecided.retain(|&row| {
            let row = row as usize;
            match answer(row) {
                Some(truth) if truth == *decided_by => {
                    truths[row] = truth;
                    nulls[row] = false;
                    return false;
                }
                Some(_) => {}
                None => nulls[row] = true,
            }
            true
        });
    }

    fn finish(self) -> Operand {
        let validity =
            (self.nulls.contains(&true)).then(|| self.nulls.iter().map(|null| !null).collect());
        Operand::from_data(Data::Bool(self.truths), validity)
    }
}

/// Each branch is evaluated for the rows whose first true condition is its own, and no others.
pub fn case(
    branches: &[(Expr, Expr)],
    otherwise: Option<&Expr>,
    physical: PhysicalType,
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let mut parts = Parts::new(physical, chunk);
    for (condition, result) in branches {
        if parts.remaining.is_empty() {
            break;
        }
        let chosen = keep_true(condition, parts.asked(chunk), context)?;
        let rows: Vec<u32> = chosen.positions().map(|row| row as u32).collect();
        let values = operand(result, &chosen, context)?;
        parts.take(rows, values);
    }
    if let Some(otherwise) = otherwise {
        let rows = parts.remaining.clone();
        let values = operand(otherwise, &parts.asked(chunk), context)?;
        parts.take(rows, values);
    }
    parts.finish()
}

/// Each operand is evaluated for the rows in which all before it are NULL.
pub fn coalesce(
    operands: &[Expr],
    physical: PhysicalType,
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let mut parts = Parts::new(physical, chunk);
    for expr in operands {
        if parts.remaining.is_empty() {
            break;
        }
        let values = operand(expr, &parts.asked(chunk), context)?;
        let is_known = |row: u32| match &values {
            Operand::Constant(value) => !value.is_null(),
            Operand::Vector(vector) => !vector.is_null(row as usize),
        };
        let rows = parts
            .remaining
            .iter()
            .copied()
            .filter(|&row| is_known(row))
            .collect();
        parts.take(rows, values);
    }
    parts.finish()
}

/// A vector put together from several, each giving some rows.
struct Parts {
    physical: PhysicalType,
    rows: usize,
    /// Which part gives the row, from 1; 0 is NULL.
    source: Vec<u32>,
    parts: Vec<Operand>,
    /// The rows that no part has given yet.
    remaining: Vec<u32>,
}

impl Parts {
    fn new(physical: PhysicalType, chunk: &Chunk) -> Self {
        Parts {
            physical,
            rows: chunk.rows,
            source: vec![0; chunk.rows],
            parts: Vec::new(),
            remaining: chunk.positions().map(|row| row as u32).collect(),
        }
    }

    fn asked(&self, chunk: &Chunk) -> Chunk {
        match self.remaining.len() == chunk.len() {
            true => chunk.clone(),
            false => chunk.with_selection(self.remaining.clone()),
        }
    }

    fn take(&mut self, rows: Vec<u32>, values: Operand) {
        if rows.is_empty() {
            return;
        }
        self.parts.push(values);
        let part = self.parts.len() as u32;
        for &row in &rows {
            self.source[row as usize] = part;
        }
        self.remaining.retain(|&row| self.source[row as usize] == 0);
    }

    fn finish(mut self) -> Result<Operand> {
        // All rows from one part: it is the result.
        if self.remaining.is_empty() && self.parts.len() == 1 {
            return Ok(self.parts.remove(0));
        }
        match self.physical {
            PhysicalType::I64 => self.assemble(
                |vector| match &vector.data {
                    Data::I64(values) => Some(values),
                    _ => None,
                },
                |value| match value {
                    Value::I64(value) => Some(*value),
                    _ => None,
                },
                Data::I64,
            ),
            PhysicalType::F64 => self.assemble(
                |vector| match &vector.data {
                    Data::F64(values) => Some(values),
                    _ => None,
                },
                |value| match value {
                    Value::F64(value) => Some(*value),
                    _ => None,
                },
                Data::F64,
            ),
            _ => self.assemble_values(),
        }
    }

    fn assemble<T: Copy + Default>(
        &self,
        slice: impl Fn(&Vector) -> Option<&Vec<T>>,
        constant: impl Fn(&Value) -> Option<T>,
        data: impl Fn(Vec<T>) -> Data,
    ) -> Result<Operand> {
        let mut values = vec![T::default(); self.rows];
        let mut valid = vec![false; self.rows];
        for (part, index) in self.parts.iter().zip(1..) {
            let rows = (0..self.rows).filter(|&row| self.source[row] == index);
            match part {
                Operand::Constant(value) => match constant(value) {
                    Some(value) => rows.for_each(|row| (values[row], valid[row]) = (value, true)),
                    None if value.is_null() => {}
                    None => return Err(mistyped()),
                },
                Operand::Vector(vector) => {
                    let given = slice(vector).ok_or_else(mistyped)?;
                    rows.for_each(|row| {
                        (values[row], valid[row]) = (given[row], !vector.is_null(row))
                    });
                }
            }
        }
        let validity = valid.contains(&false).then(|| valid.into_iter().collect());
        Ok(Operand::from_data(data(values), validity))
    }

    fn assemble_values(&self) -> Result<Operand> {
        let mut builder = RowBuilder::new(self.physical);
        for (row, &source) in self.source.iter().enumerate() {
            if source > 0 {
                builder.push(row, &self.parts[source as usize - 1].value(row))?;
            }
        }
        Ok(Operand::Vector(Rc::new(builder.finish(self.rows))))
    }
}

fn mistyped() -> Error {
    Error::new(Code::Internal, "a branch is not of its expression's type")
}
