//! One row at a time: the definition of what every expression means.

use super::super::cast::cast_value;
use super::super::json;
use super::super::members::Members;
use super::super::pattern::Pattern;
use super::super::{BinaryOperator, Check, EvalContext, Expr, ExprKind, SubplanRows};
use super::{arithmetic, external, function};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Interval, Value};
use std::cmp::Ordering;
use std::rc::Rc;

/// The value of an expression without columns.
pub fn evaluate_value(expr: &Expr, context: &EvalContext) -> Result<Value> {
    evaluate_row(expr, &[], context)
}

/// The value of an expression for one row, whose columns are `row`.
pub fn evaluate_row(expr: &Expr, row: &[Value], context: &EvalContext) -> Result<Value> {
    if let Some(value) = leaf(expr, row, context)? {
        return Ok(value.clone());
    }
    match &expr.kind {
        ExprKind::Binary {
            operator,
            left,
            right,
        } => binary(*operator, left, right, expr.data_type, row, context),
        _ => evaluate_other(expr, row, context),
    }
}

/// What needs no evaluation, where it lies.
fn leaf<'a>(
    expr: &'a Expr,
    row: &'a [Value],
    context: &EvalContext<'a>,
) -> Result<Option<&'a Value>> {
    match &expr.kind {
        ExprKind::Column(position) => match row.get(*position) {
            Some(value) => Ok(Some(value)),
            None => Err(Error::new(
                Code::Internal,
                "an expression reads a column that is not there",
            )),
        },
        ExprKind::Constant(value) => Ok(Some(value)),
        ExprKind::Parameter(position) => parameter(*position, expr, context).map(Some),
        _ => Ok(None),
    }
}

fn binary(
    operator: BinaryOperator,
    left: &Expr,
    right: &Expr,
    result: DataType,
    row: &[Value],
    context: &EvalContext,
) -> Result<Value> {
    let types = (left.data_type.base(), right.data_type.base());
    let (left_value, right_value);
    let left = match leaf(left, row, context)? {
        Some(value) => value,
        None => {
            left_value = evaluate_row(left, row, context)?;
            &left_value
        }
    };
    let right = match leaf(right, row, context)? {
        Some(value) => value,
        None => {
            right_value = evaluate_row(right, row, context)?;
            &right_value
        }
    };
    arithmetic::binary(operator, left, right, types, result)
}

/// Everything else; apart, so that the common cases have small frames.
#[inline(never)]
fn evaluate_other(expr: &Expr, row: &[Value], context: &EvalContext) -> Result<Value> {
    let value = |operand: &Expr| evaluate_row(operand, row, context);
    Ok(match &expr.kind {
        ExprKind::Column(_)
        | ExprKind::Constant(_)
        | ExprKind::Parameter(_)
        | ExprKind::Binary { .. } => evaluate_row(expr, row, context)?,
        ExprKind::Negate(operand) => arithmetic::negate(&value(operand)?, expr.data_type)?,
        ExprKind::Not(operand) => of_truth(truth(&value(operand)?).map(|truth| !truth)),
        ExprKind::And(operands) => of_truth(junction(operands, false, &value)?),
        ExprKind::Or(operands) => of_truth(junction(operands, true, &value)?),
        ExprKind::IsNull { operand, negated } => Value::Bool(value(operand)?.is_null() != *negated),
        ExprKind::IsTruth {
            operand,
            truth: wanted,
            negated,
        } => Value::Bool((truth(&value(operand)?) == *wanted) != *negated),
        // Values compare NULL as equal to itself.
        ExprKind::IsDistinct {
            left,
            right,
            negated,
        } => Value::Bool((value(left)? != value(right)?) != *negated),
        ExprKind::Case {
            branches,
            otherwise,
        } => {
            for (condition, result) in branches {
                if truth(&value(condition)?) == Some(true) {
                    return value(result);
                }
            }
            match otherwise {
                Some(otherwise) => value(otherwise)?,
                None => Value::Null,
            }
        }
        ExprKind::Cast { operand, explicit } => cast_value(
            &value(operand)?,
            operand.data_type,
            expr.data_type,
            *explicit,
            Some(context.now),
        )?,
        ExprKind::Like {
            operand,
            pattern,
            escape,
            negated,
            case_insensitive,
        } => match (value(operand)?, value(pattern)?) {
            (Value::Text(text), Value::Text(pattern)) => {
                let pattern = Pattern::new(&pattern, *escape, *case_insensitive);
                Value::Bool(pattern.matches(&text)? != *negated)
            }
            _ => Value::Null,
        },
        ExprKind::InList {
            operand,
            list,
            negated,
        } => in_list(&value(operand)?, list, *negated, &value)?,
        ExprKind::Quantified {
            operand,
            array,
            test,
            all,
        } => quantified(value(operand)?, &value(array)?, test, *all, context)?,
        ExprKind::Within { operand, checks } => within(value(operand)?, checks, context)?,
        ExprKind::Coalesce(operands) => {
            for operand in operands {
                let value = value(operand)?;
                if !value.is_null() {
                    return Ok(value);
                }
            }
            Value::Null
        }
        ExprKind::Extreme { greatest, operands } => {
            let mut best = Value::Null;
            for operand in operands {
                best = extreme(best, value(operand)?, *greatest, expr.data_type)?;
            }
            best
        }
        ExprKind::NullIf(left, right) => {
            let (left, right) = (value(left)?, value(right)?);
            if left == right { Value::Null } else { left }
        }
        ExprKind::Call {
            function,
            arguments,
        } => {
            context.heap.check(0)?;
            let values = arguments.iter().map(value).collect::<Result<Vec<_>>>()?;
            function::call(*function, &values, arguments, expr.data_type, context)?
        }
        ExprKind::External {
            function,
            arguments,
        } => {
            context.heap.check(0)?;
            let values = arguments.iter().map(value).collect::<Result<Vec<_>>>()?;
            external::of_row(function, arguments, values)?
        }
        ExprKind::Outer(slot) => match context.outer.get(*slot) {
            Some(value) => value.clone(),
            None => {
                let message = "a subquery was run without the row around it";
                return Err(Error::new(Code::Internal, message));
            }
        },
        ExprKind::ScalarSubplan(subplan) => scalar_subplan(*subplan, context)?,
        ExprKind::ExistsSubplan { subplan, negated } => {
            Value::Bool(subplan_rows(*subplan, context)?.chunk().is_empty() == *negated)
        }
        ExprKind::InSubplan {
            operand,
            subplan,
            negated,
        } => {
            let members = subplan_rows(*subplan, context)?.members(context.heap)?;
            of_membership(members, &value(operand)?, *negated)
        }
    })
}

/// SQL's truth: `None` is unknown.
pub fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        _ => None,
    }
}

pub fn of_truth(truth: Option<bool>) -> Value {
    truth.map_or(Value::Null, Value::Bool)
}

/// AND (`decided_by` false) or OR (true).
fn junction(
    operands: &[Expr],
    decided_by: bool,
    value: &dyn Fn(&Expr) -> Result<Value>,
) -> Result<Option<bool>> {
    let mut result = Some(!decided_by);
    for operand in operands {
        match truth(&value(operand)?) {
            Some(truth) if truth == decided_by => return Ok(Some(decided_by)),
            Some(_) => {}
            None => result = None,
        }
    }
    Ok(result)
}

fn in_list(
    operand: &Value,
    list: &[Expr],
    negated: bool,
    value: &dyn Fn(&Expr) -> Result<Value>,
) -> Result<Value> {
    if operand.is_null() {
        return Ok(Value::Null);
    }
    let mut result = Some(false);
    for item in list {
        match value(item)? {
            Value::Null => result = None,
            item if item == *operand => return Ok(Value::Bool(!negated)),
            _ => {}
        }
    }
    Ok(of_truth(result.map(|found| found != negated)))
}

pub fn of_membership(members: &Members, value: &Value, negated: bool) -> Value {
    of_truth(members.contains(value).map(|found| found != negated))
}

/// Whether the test holds of a value and any element, or each.
pub fn quantified(
    operand: Value,
    array: &Value,
    test: &Expr,
    all: bool,
    context: &EvalContext,
) -> Result<Value> {
    let Value::Array(elements) = array else {
        return Ok(Value::Null);
    };
    let mut result = Some(all);
    let mut row = [operand, Value::Null];
    for element in elements.iter() {
        row[1] = element.clone();
        match truth(&evaluate_row(test, &row, context)?) {
            Some(truth) if truth != all => return Ok(Value::Bool(!all)),
            Some(_) => {}
            None => result = None,
        }
    }
    Ok(of_truth(result))
}

/// The greater or lesser of two; NULL only if both are.
pub fn extreme(best: Value, value: Value, greatest: bool, data_type: DataType) -> Result<Value> {
    let order = match (&best, &value, data_type) {
        (_, Value::Null, _) => return Ok(best),
        (Value::Null, _, _) => return Ok(value),
        (Value::Uuid(best), Value::Uuid(value), DataType::Interval) => {
            Interval::from_bits(*value).cmp(&Interval::from_bits(*best))
        }
        (Value::Text(best), Value::Text(value), DataType::Jsonb) => json::compare(value, best)?,
        (Value::Text(best), Value::Text(value), DataType::Char(0)) => {
            let bytes = |text: &Rc<str>| text.trim_end_matches(' ').as_bytes().to_vec();
            bytes(value).cmp(&bytes(best))
        }
        _ => value.cmp(&best),
    };
    let wanted = if greatest {
        Ordering::Greater
    } else {
        Ordering::Less
    };
    Ok(if order == wanted { value } else { best })
}

/// The value of a parameter, which its node's type must fit.
pub fn parameter<'a>(position: usize, expr: &Expr, context: &EvalContext<'a>) -> Result<&'a Value> {
    let value = context.parameters.get(position).ok_or_else(|| {
        let message = format!("there is no parameter ${}", position + 1);
        Error::new(Code::UndefinedParameter, message)
    })?;
    match value.physical() {
        Some(physical) if physical != expr.data_type.physical() => {
            let message = format!(
                "parameter ${} is not of type {}",
                position + 1,
                expr.data_type
            );
            Err(Error::new(Code::WrongParameters, message))
        }
        _ => Ok(value),
    }
}

pub fn subplan_rows<'a>(subplan: usize, context: &EvalContext<'a>) -> Result<&'a SubplanRows> {
    context.subplans.get(subplan).ok_or_else(|| {
        Error::new(
            Code::Internal,
            "a subquery was not run before it was asked for",
        )
    })
}

pub fn scalar_subplan(subplan: usize, context: &EvalContext) -> Result<Value> {
    let chunk = subplan_rows(subplan, context)?.chunk();
    match chunk.len() {
        0 => Ok(Value::Null),
        1 => Ok(chunk.value(0, 0)),
        _ => Err(Error::new(
            Code::CardinalityViolation,
            "more than one row returned by a subquery used as an expression",
        )),
    }
}

/// The value, if it breaks none of the checks.
pub fn within(value: Value, checks: &[Check], context: &EvalContext) -> Result<Value> {
    let row = [value];
    for check in checks {
        if evaluate_row(&check.condition, &row, context)? == Value::Bool(false) {
            return Err(check.violation(check.domain.as_deref().unwrap_or_default()));
        }
    }
    let [value] = row;
    Ok(value)
}
