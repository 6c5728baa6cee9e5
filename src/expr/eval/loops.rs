//! Binary operators by the loops of `column::kernel`.

use super::super::input::integer_range;
use super::super::{BinaryOperator, Expr};
use super::arithmetic;
use super::by_row::{map, map_text};
use super::text_function::Answer;
use super::vector::Operand;
use crate::column::kernel::{self, Arithmetic, Comparison, Side};
use crate::column::{Bitmap, Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, PhysicalType, Value};
use std::borrow::Cow;
use std::rc::Rc;

pub fn binary(
    operator: BinaryOperator,
    operands: [Operand; 2],
    types: (DataType, DataType),
    result: DataType,
    chunk: &Chunk,
) -> Result<Operand> {
    if operands.iter().any(Operand::is_null_constant) {
        return Ok(Operand::Constant(Value::Null));
    }
    if let [Operand::Constant(left), Operand::Constant(right)] = &operands {
        return arithmetic::binary(operator, left, right, types, result).map(Operand::Constant);
    }
    if let Some(comparison) = comparison(operator) {
        return compare(comparison, &operands, chunk);
    }
    let fast = match (result.physical(), operation(operator)) {
        (PhysicalType::I64, Some(operation)) if result.is_integer() && types.0.is_integer() => {
            integers(operation, operator, &operands, result, chunk)?
        }
        (PhysicalType::F64, Some(operation)) => {
            floats(operation, operator, &operands, result, chunk)?
        }
        (PhysicalType::Text, _)
            if operator == BinaryOperator::Concat && result != DataType::Jsonb =>
        {
            map_text(
                &typed(result),
                &operands,
                chunk,
                |left, right| match right {
                    [Value::Text(right)] => Ok(Answer::Text(Cow::Owned([left, right].concat()))),
                    _ => Err(Error::new(Code::Internal, "texts are joined to texts")),
                },
            )?
        }
        (PhysicalType::Decimal, Some(operation)) => decimals(operation, &operands, chunk)?,
        _ => None,
    };
    match fast {
        Some(operand) => Ok(operand),
        None => map(&typed(result), operands, chunk, |[left, right]| {
            arithmetic::binary(operator, left, right, types, result)
        }),
    }
}

/// For its type alone.
fn typed(data_type: DataType) -> Expr {
    Expr::constant(Value::Null, data_type)
}

fn comparison(operator: BinaryOperator) -> Option<Comparison> {
    Some(match operator {
        BinaryOperator::Equal => Comparison::Equal,
        BinaryOperator::NotEqual => Comparison::NotEqual,
        BinaryOperator::Less => Comparison::Less,
        BinaryOperator::LessOrEqual => Comparison::LessOrEqual,
        BinaryOperator::Greater => Comparison::Greater,
        BinaryOperator::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The comparison with its sides exchanged.
fn commuted(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

fn operation(operator: BinaryOperator) -> Option<Arithmetic> {
    Some(match operator {
        BinaryOperator::Add => Arithmetic::Add,
        BinaryOperator::Subtract => Arithmetic::Subtract,
        BinaryOperator::Multiply => Arithmetic::Multiply,
        BinaryOperator::Divide => Arithmetic::Divide,
        BinaryOperator::Modulo => Arithmetic::Modulo,
        _ => return None,
    })
}

fn compare(comparison: Comparison, operands: &[Operand; 2], chunk: &Chunk) -> Result<Operand> {
    let selection = chunk.selected();
    let mismatch = || Error::new(Code::Internal, "values of different types are compared");
    let matches = |vector: &Vector, value: &Value| value.physical() == Some(vector.physical());
    let truths = match operands {
        [Operand::Vector(left), Operand::Vector(right)] if left.physical() == right.physical() => {
            kernel::compare_vectors(comparison, left, right, selection)
        }
        [Operand::Vector(left), Operand::Constant(right)] if matches(left, right) => {
            kernel::compare_constant(comparison, left, right, selection)
        }
        [Operand::Constant(left), Operand::Vector(right)] if matches(right, left) => {
            kernel::compare_constant(commuted(comparison), right, left, selection)
        }
        _ => return Err(mismatch()),
    };
    Ok(Operand::from_data(Data::Bool(truths), validity(operands)))
}

fn validity(operands: &[Operand; 2]) -> Option<Bitmap> {
    kernel::both_valid(operands[0].validity(), operands[1].validity())
}

fn side_i64(operand: &Operand) -> Option<Side<'_, i64>> {
    match operand {
        Operand::Vector(vector) => match &vector.data {
            Data::I64(values) => Some(Side::Values(values)),
            _ => None,
        },
        Operand::Constant(Value::I64(value)) => Some(Side::Constant(*value)),
        Operand::Constant(_) => None,
    }
}

fn side_f64(operand: &Operand) -> Option<Side<'_, f64>> {
    match operand {
        Operand::Vector(vector) => match &vector.data {
            Data::F64(values) => Some(Side::Values(values)),
            _ => None,
        },
        Operand::Constant(Value::F64(value)) => Some(Side::Constant(*value)),
        Operand::Constant(_) => None,
    }
}

fn side_decimal(operand: &Operand) -> Option<Side<'_, Decimal>> {
    match operand {
        Operand::Vector(vector) => match &vector.data {
            Data::Decimal(values) => Some(Side::Values(values)),
            _ => None,
        },
        Operand::Constant(Value::Decimal(value)) => Some(Side::Constant(value.clone())),
        Operand::Constant(_) => None,
    }
}

/// The rows that are selected and of which no operand is NULL.
fn computed<'a>(
    chunk: &'a Chunk,
    validity: Option<&'a Bitmap>,
) -> impl Iterator<Item = usize> + 'a {
    (chunk.positions()).filter(move |&row| validity.is_none_or(|validity| validity.get(row)))
}

fn integers(
    operation: Arithmetic,
    operator: BinaryOperator,
    operands: &[Operand; 2],
    result: DataType,
    chunk: &Chunk,
) -> Result<Option<Operand>> {
    let (Some(left), Some(right)) = (side_i64(&operands[0]), side_i64(&operands[1])) else {
        return Ok(None);
    };
    let validity = validity(operands);
    let (values, flagged) = kernel::arithmetic_i64(operation, left, right, integer_range(result));
    if flagged {
        for row in computed(chunk, validity.as_ref()) {
            arithmetic::integer(operator, *left.at(row), *right.at(row), result)?;
        }
    }
    Ok(Some(Operand::from_data(Data::I64(values), validity)))
}

fn floats(
    operation: Arithmetic,
    operator: BinaryOperator,
    operands: &[Operand; 2],
    result: DataType,
    chunk: &Chunk,
) -> Result<Option<Operand>> {
    let (Some(left), Some(right)) = (side_f64(&operands[0]), side_f64(&operands[1])) else {
        return Ok(None);
    };
    let validity = validity(operands);
    let (mut values, mut flagged) = kernel::arithmetic_f64(operation, left, right);
    if result == DataType::Real {
        for value in &mut values {
            let rounded = f64::from(*value as f32);
            flagged |= rounded.is_infinite() | ((rounded == 0.0) & (*value != 0.0));
            *value = rounded;
        }
    }
    if flagged {
        for row in computed(chunk, validity.as_ref()) {
            arithmetic::float(operator, *left.at(row), *right.at(row), result)?;
        }
    }
    Ok(Some(Operand::from_data(Data::F64(values), validity)))
}

fn decimals(
    operation: Arithmetic,
    operands: &[Operand; 2],
    chunk: &Chunk,
) -> Result<Option<Operand>> {
    let (Some(left), Some(right)) = (side_decimal(&operands[0]), side_decimal(&operands[1])) else {
        return Ok(None);
    };
    let validity = validity(operands);
    let (positions, valid) = (chunk.selected(), validity.as_ref());
    let values =
        kernel::arithmetic_decimal(operation, &left, &right, chunk.rows, positions, valid)?;
    let data = Data::Decimal(values);
    Ok(Some(Operand::Vector(Rc::new(Vector { data, validity }))))
}
