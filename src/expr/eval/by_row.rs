//! Row by row: what has no loop of its own.

use super::super::{Expr, Function};
use super::number_function::float_function;
use super::text_function::Answer;
use super::vector::Operand;
use crate::column::{Bitmap, Chunk, Data, Strings, Vector, VectorBuilder};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, PhysicalType, Value};
use std::rc::Rc;

/// Row by row, for any number of operands known here.
pub fn map<const N: usize>(
    expr: &Expr,
    operands: [Operand; N],
    chunk: &Chunk,
    mut compute: impl FnMut(&[Value; N]) -> Result<Value>,
) -> Result<Operand> {
    map_rows(
        expr,
        &operands,
        true,
        chunk,
        &mut |values| match values.try_into() {
            Ok(values) => compute(values),
            Err(_) => Err(Error::new(Code::Internal, "an operand was lost")),
        },
    )
}

/// Row by row. What is repeatable is computed once for constants, and once for each value of a
/// dictionary.
pub fn map_rows(
    expr: &Expr,
    operands: &[Operand],
    is_repeatable: bool,
    chunk: &Chunk,
    compute: &mut dyn FnMut(&[Value]) -> Result<Value>,
) -> Result<Operand> {
    let physical = expr.data_type.physical();
    let mut values: Vec<Value> = (operands.iter())
        .map(|operand| match operand {
            Operand::Constant(value) => value.clone(),
            Operand::Vector(_) => Value::Null,
        })
        .collect();
    let columns: Vec<(usize, &Vector)> = (operands.iter().enumerate())
        .filter_map(|(at, operand)| match operand {
            Operand::Vector(vector) => Some((at, &**vector)),
            Operand::Constant(_) => None,
        })
        .collect();
    if columns.is_empty() && is_repeatable {
        return compute(&values).map(Operand::Constant);
    }
    let mut remembered = match columns.as_slice() {
        [(_, one)] if is_repeatable => Remembered::new(one, chunk.len()),
        _ => None,
    };
    let mut rows = RowBuilder::new(physical);
    for position in chunk.positions() {
        if let Some(known) = remembered
            .as_ref()
            .and_then(|remembered| remembered.get(position))
        {
            rows.push(position, known)?;
            continue;
        }
        for &(at, vector) in &columns {
            values[at] = vector.value(position);
        }
        let value = compute(&values)?;
        rows.push(position, &value)?;
        if let Some(remembered) = &mut remembered {
            remembered.set(position, value);
        }
    }
    Ok(Operand::Vector(Rc::new(rows.finish(chunk.rows))))
}

/// Results for the values of a dictionary, by their codes.
struct Remembered<'a> {
    codes: &'a [u32],
    validity: Option<&'a Bitmap>,
    results: Vec<Option<Value>>,
}

impl<'a> Remembered<'a> {
    fn new(vector: &'a Vector, rows: usize) -> Option<Self> {
        match &vector.data {
            Data::Text(Strings::Dictionary { codes, values }) if values.len() <= rows => {
                Some(Remembered {
                    codes,
                    validity: vector.validity.as_ref(),
                    results: vec![None; values.len()],
                })
            }
            _ => None,
        }
    }

    fn get(&self, row: usize) -> Option<&Value> {
        match self.validity {
            Some(validity) if !validity.get(row) => None,
            _ => self.results[self.codes[row] as usize].as_ref(),
        }
    }

    fn set(&mut self, row: usize, value: Value) {
        if self.validity.is_none_or(|validity| validity.get(row)) {
            self.results[self.codes[row] as usize] = Some(value);
        }
    }
}

/// Builds a vector from the values of ascending rows; those between are NULL.
pub struct RowBuilder {
    physical: PhysicalType,
    builder: VectorBuilder,
    /// What texts and arrays have taken so far.
    bytes: usize,
}

/// What the answers for the rows of a chunk may take.
const BYTES_MAX: usize = 512 << 20;

impl RowBuilder {
    pub fn new(physical: PhysicalType) -> Self {
        RowBuilder {
            physical,
            builder: VectorBuilder::new(physical),
            bytes: 0,
        }
    }

    fn hold(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        match self.bytes > BYTES_MAX {
            true => {
                let message = "what is computed for some rows needs more than 512 MiB of memory";
                Err(Error::new(Code::MemoryLimit, message))
            }
            false => Ok(()),
        }
    }

    pub fn push(&mut self, row: usize, value: &Value) -> Result<()> {
        if value
            .physical()
            .is_some_and(|physical| physical != self.physical)
        {
            return Err(mistyped());
        }
        self.hold(match value {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(elements) => size_of_val(&**elements),
            _ => 0,
        })?;
        self.skip_to(row);
        self.builder.push(value);
        Ok(())
    }

    pub fn push_text(&mut self, row: usize, text: &str) -> Result<()> {
        if self.physical != PhysicalType::Text {
            return Err(mistyped());
        }
        self.hold(text.len())?;
        self.skip_to(row);
        self.builder.push_bytes(text.as_bytes());
        Ok(())
    }

    fn skip_to(&mut self, row: usize) {
        while self.builder.len() < row {
            self.builder.push_null();
        }
    }

    pub fn finish(mut self, rows: usize) -> Vector {
        self.skip_to(rows);
        self.builder.finish()
    }
}

/// A function of text that is NULL where any operand is, over columns without a dictionary: the texts
/// are read where they lie and the answers written where they belong. `None` if it is not such a case.
pub fn map_text(
    expr: &Expr,
    operands: &[Operand],
    chunk: &Chunk,
    mut compute: impl for<'a> FnMut(&'a str, &[Value]) -> Result<Answer<'a>>,
) -> Result<Option<Operand>> {
    let Some((Operand::Vector(first), rest)) = operands.split_first() else {
        return Ok(None);
    };
    if !matches!(first.data, Data::Text(Strings::Flat { .. })) {
        return Ok(None);
    }
    let mut values: Vec<Value> = rest.iter().map(Operand::as_value).collect();
    let mut rows = RowBuilder::new(expr.data_type.physical());
    for position in chunk.positions() {
        for (value, operand) in values.iter_mut().zip(rest) {
            if let Operand::Vector(vector) = operand {
                *value = vector.value(position);
            }
        }
        if first.is_null(position) || values.iter().any(Value::is_null) {
            continue;
        }
        match compute(first.text(position), &values)? {
            Answer::Text(text) => rows.push_text(position, &text)?,
            answer => rows.push(position, &Value::from(answer))?,
        }
    }
    Ok(Some(Operand::Vector(Rc::new(rows.finish(chunk.rows)))))
}

/// A function of one column of floats with a float for a result.
pub fn map_floats(
    function: Function,
    operands: &[Operand],
    result: DataType,
    chunk: &Chunk,
) -> Result<Option<Operand>> {
    let [Operand::Vector(vector)] = operands else {
        return Ok(None);
    };
    let (Data::F64(values), PhysicalType::F64) = (&vector.data, result.physical()) else {
        return Ok(None);
    };
    let mut answers = vec![0.0; chunk.rows];
    for row in chunk.positions().filter(|&row| !vector.is_null(row)) {
        answers[row] = float_function(function, values[row], &[], result)?;
    }
    Ok(Some(Operand::from_data(
        Data::F64(answers),
        vector.validity.clone(),
    )))
}

fn mistyped() -> Error {
    Error::new(Code::Internal, "a value is not of its expression's type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_computed_at_once_is_bounded() {
        let array = Value::Array(Rc::from(vec![Value::Null; 4_000_000]));
        let fits = BYTES_MAX / (4_000_000 * size_of::<Value>());
        let mut rows = RowBuilder::new(PhysicalType::Array);
        for row in 0..fits {
            rows.push(row, &array).unwrap();
        }
        let error = rows.push(fits, &array).unwrap_err();
        assert_eq!(error.code(), Code::MemoryLimit);
    }
}
