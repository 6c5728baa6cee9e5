//! A chunk at a time.

use super::super::cast::cast_value;
use super::super::coercion::is_relabelling;
use super::super::members::Members;
use super::super::{BinaryOperator, EvalContext, Expr, ExprKind, Function, Volatility};
use super::by_row::{map, map_floats, map_rows, map_text};
use super::like::{Patterns, like};
use super::loops::binary;
use super::membership::{in_list, in_members};
use super::text_function::{is_of_text, text_call};
use super::{arithmetic, condition, external, function, row};
use crate::column::kernel;
use crate::column::{Bitmap, Chunk, Data, Vector};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, PhysicalType, Value};
use std::rc::Rc;

/// The expression's value for every row of the chunk. The vector is as long as the chunk's; only the
/// selected rows are computed or may raise an error, the others hold anything.
pub fn evaluate(expr: &Expr, chunk: &Chunk, context: &EvalContext) -> Result<Rc<Vector>> {
    let operand = operand(expr, chunk, context)?;
    Ok(operand.into_vector(expr.data_type.physical(), chunk.rows))
}

/// A column of values, or one value for all rows.
#[derive(Debug, Clone)]
pub enum Operand {
    Vector(Rc<Vector>),
    Constant(Value),
}

impl Operand {
    pub fn value(&self, row: usize) -> Value {
        match self {
            Operand::Vector(vector) => vector.value(row),
            Operand::Constant(value) => value.clone(),
        }
    }

    /// The constant, or NULL for a column.
    pub fn as_value(&self) -> Value {
        match self {
            Operand::Constant(value) => value.clone(),
            Operand::Vector(_) => Value::Null,
        }
    }

    pub fn into_vector(self, physical: PhysicalType, rows: usize) -> Rc<Vector> {
        match self {
            Operand::Vector(vector) => vector,
            Operand::Constant(value) => Rc::new(Vector::repeat(physical, &value, rows)),
        }
    }

    pub fn validity(&self) -> Option<&Bitmap> {
        match self {
            Operand::Vector(vector) => vector.validity.as_ref(),
            Operand::Constant(_) => None,
        }
    }

    pub fn is_null_constant(&self) -> bool {
        matches!(self, Operand::Constant(Value::Null))
    }

    /// A fixed-width column with the rows that are NULL.
    pub fn from_data(mut data: Data, validity: Option<Bitmap>) -> Operand {
        kernel::clear_nulls(&mut data, validity.as_ref());
        Operand::Vector(Rc::new(Vector { data, validity }))
    }
}

/// The value of an expression without deciding yet whether it is a column.
pub fn operand(expr: &Expr, chunk: &Chunk, context: &EvalContext) -> Result<Operand> {
    if chunk.is_empty() {
        return Ok(Operand::Constant(Value::Null));
    }
    let evaluated = |operand_of: &Expr| operand(operand_of, chunk, context);
    match &expr.kind {
        ExprKind::Column(position) => match chunk.columns.get(*position) {
            Some(column) => Ok(Operand::Vector(column.clone())),
            None => Err(Error::new(
                Code::Internal,
                "an expression reads a column that is not there",
            )),
        },
        ExprKind::Constant(value) => Ok(Operand::Constant(value.clone())),
        ExprKind::Parameter(_)
        | ExprKind::Outer(_)
        | ExprKind::ScalarSubplan(_)
        | ExprKind::ExistsSubplan { .. } => {
            row::evaluate_row(expr, &[], context).map(Operand::Constant)
        }
        ExprKind::Binary {
            operator,
            left,
            right,
        } => {
            let operands = [evaluated(left)?, evaluated(right)?];
            let types = (left.data_type.base(), right.data_type.base());
            binary(*operator, operands, types, expr.data_type, chunk)
        }
        ExprKind::Negate(operand) if expr.data_type.is_integer() => {
            let operands = [Operand::Constant(Value::I64(0)), evaluated(operand)?];
            let types = (expr.data_type, expr.data_type);
            binary(
                BinaryOperator::Subtract,
                operands,
                types,
                expr.data_type,
                chunk,
            )
        }
        ExprKind::Negate(operand) => map(expr, [evaluated(operand)?], chunk, |[value]| {
            arithmetic::negate(value, expr.data_type)
        }),
        ExprKind::Not(operand) => Ok(not(evaluated(operand)?)),
        ExprKind::And(operands) => condition::junction(operands, false, chunk, context),
        ExprKind::Or(operands) => condition::junction(operands, true, chunk, context),
        ExprKind::IsNull { operand, negated } => {
            Ok(is_null(&evaluated(operand)?, *negated, chunk.rows))
        }
        ExprKind::IsTruth {
            operand,
            truth,
            negated,
        } => map(expr, [evaluated(operand)?], chunk, |[value]| {
            Ok(Value::Bool((row::truth(value) == *truth) != *negated))
        }),
        ExprKind::IsDistinct {
            left,
            right,
            negated,
        } => map(
            expr,
            [evaluated(left)?, evaluated(right)?],
            chunk,
            |[left, right]| Ok(Value::Bool((left != right) != *negated)),
        ),
        ExprKind::Case {
            branches,
            otherwise,
        } => condition::case(
            branches,
            otherwise.as_deref(),
            expr.data_type.physical(),
            chunk,
            context,
        ),
        ExprKind::Coalesce(operands) => {
            condition::coalesce(operands, expr.data_type.physical(), chunk, context)
        }
        ExprKind::Cast { operand, explicit } => cast(
            expr,
            evaluated(operand)?,
            operand.data_type,
            *explicit,
            chunk,
            context,
        ),
        ExprKind::Like {
            operand,
            pattern,
            escape,
            negated,
            case_insensitive,
        } => {
            let operands = [evaluated(operand)?, evaluated(pattern)?];
            let patterns = Patterns::new(*escape, *case_insensitive);
            like(expr, operands, patterns, *negated, chunk)
        }
        ExprKind::InList {
            operand,
            list,
            negated,
        } => in_list(expr, evaluated(operand)?, list, *negated, chunk, context),
        ExprKind::Quantified {
            operand,
            array,
            test,
            all,
        } => {
            let (operand, array) = (evaluated(operand)?, evaluated(array)?);
            match (&array, is_membership(test, *all)) {
                (Operand::Constant(Value::Array(elements)), true) => {
                    let members = Members::new(elements.iter().cloned());
                    in_members(expr, operand, &members, *all, chunk)
                }
                _ => map(expr, [operand, array], chunk, |[operand, array]| {
                    row::quantified(operand.clone(), array, test, *all, context)
                }),
            }
        }
        ExprKind::Within { operand, checks } => {
            map(expr, [evaluated(operand)?], chunk, |[value]| {
                row::within(value.clone(), checks, context)
            })
        }
        ExprKind::Extreme { greatest, operands } => {
            let operands = operands.iter().map(evaluated).collect::<Result<Vec<_>>>()?;
            map_rows(expr, &operands, true, chunk, &mut |values| {
                values.iter().try_fold(Value::Null, |best, value| {
                    row::extreme(best, value.clone(), *greatest, expr.data_type)
                })
            })
        }
        ExprKind::NullIf(left, right) => map(
            expr,
            [evaluated(left)?, evaluated(right)?],
            chunk,
            |[left, right]| {
                Ok(if left == right {
                    Value::Null
                } else {
                    left.clone()
                })
            },
        ),
        ExprKind::Call {
            function,
            arguments,
        } => {
            context.heap.check(0)?;
            let operands = arguments
                .iter()
                .map(evaluated)
                .collect::<Result<Vec<_>>>()?;
            call(expr, *function, arguments, &operands, chunk, context)
        }
        ExprKind::External {
            function,
            arguments,
        } => {
            context.heap.check(0)?;
            let operands = arguments.iter().map(evaluated).collect::<Result<_>>()?;
            external::over_chunk(function, arguments, operands, chunk)
        }
        ExprKind::InSubplan {
            operand,
            subplan,
            negated,
        } => {
            let members = row::subplan_rows(*subplan, context)?.members(context.heap)?;
            in_members(expr, evaluated(operand)?, members, *negated, chunk)
        }
    }
}

/// Whether a quantified test is that of IN, or with `all` of NOT IN.
fn is_membership(test: &Expr, all: bool) -> bool {
    let ExprKind::Binary {
        operator,
        left,
        right,
    } = &test.kind
    else {
        return false;
    };
    let wanted = match all {
        false => BinaryOperator::Equal,
        true => BinaryOperator::NotEqual,
    };
    let is_plain = |side: &Expr, at: usize| side.kind == ExprKind::Column(at);
    *operator == wanted && is_plain(left, 0) && is_plain(right, 1)
}

pub fn not(operand: Operand) -> Operand {
    match operand {
        Operand::Constant(Value::Bool(value)) => Operand::Constant(Value::Bool(!value)),
        Operand::Constant(_) => Operand::Constant(Value::Null),
        Operand::Vector(vector) => match &vector.data {
            Data::Bool(values) => {
                let negated = values.iter().map(|value| !value).collect();
                Operand::from_data(Data::Bool(negated), vector.validity.clone())
            }
            _ => Operand::Constant(Value::Null),
        },
    }
}

fn is_null(operand: &Operand, negated: bool, rows: usize) -> Operand {
    match (operand, operand.validity()) {
        (Operand::Vector(_), Some(validity)) => {
            let truths = (0..rows).map(|row| validity.get(row) == negated).collect();
            Operand::from_data(Data::Bool(truths), None)
        }
        (Operand::Vector(_), None) => Operand::Constant(Value::Bool(negated)),
        (Operand::Constant(value), _) => Operand::Constant(Value::Bool(value.is_null() != negated)),
    }
}

fn cast(
    expr: &Expr,
    operand: Operand,
    from: DataType,
    explicit: bool,
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let to = expr.data_type;
    let keeps = is_relabelling(from, to) && to == to.base() && !matches!(to, DataType::Char(_));
    if keeps || operand.is_null_constant() {
        return Ok(operand);
    }
    if let (Operand::Vector(vector), DataType::Double) = (&operand, to)
        && let Data::I64(values) = &vector.data
    {
        let values = values.iter().map(|&value| value as f64).collect();
        return Ok(Operand::from_data(
            Data::F64(values),
            vector.validity.clone(),
        ));
    }
    map(expr, [operand], chunk, |[value]| {
        cast_value(value, from, to, explicit, Some(context.now))
    })
}

fn call(
    expr: &Expr,
    function: Function,
    arguments: &[Expr],
    operands: &[Operand],
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let first = arguments.first().map(|argument| argument.data_type);
    let fast = match first {
        Some(first) if is_of_text(function, first) => {
            map_text(expr, operands, chunk, |text, rest| {
                text_call(function, text, rest)
            })?
        }
        Some(first)
            if first.is_float()
                && !matches!(function, Function::ToTimestamp | Function::WidthBucket) =>
        {
            map_floats(function, operands, expr.data_type, chunk)?
        }
        _ => None,
    };
    if let Some(fast) = fast {
        return Ok(fast);
    }
    let is_repeatable = function.volatility() != Volatility::Volatile;
    map_rows(expr, operands, is_repeatable, chunk, &mut |values| {
        function::call(function, values, arguments, expr.data_type, context)
    })
}
