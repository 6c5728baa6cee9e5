//! A chunk at a time.

use super::super::cast::cast_value;
use super::super::coercion::is_relabelling;
use super::super::context::Members;
use super::super::input::integer_range;
use super::super::pattern::Pattern;
use super::super::{BinaryOperator, EvalContext, Expr, ExprKind, Volatility};
use super::{arithmetic, condition, function, row};
use crate::column::kernel::{self, Arithmetic, Comparison, Side};
use crate::column::{Bitmap, Chunk, Data, Strings, Vector, VectorBuilder};
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

    pub fn into_vector(self, physical: PhysicalType, rows: usize) -> Rc<Vector> {
        match self {
            Operand::Vector(vector) => vector,
            Operand::Constant(value) => Rc::new(Vector::repeat(physical, &value, rows)),
        }
    }

    fn validity(&self) -> Option<&Bitmap> {
        match self {
            Operand::Vector(vector) => vector.validity.as_ref(),
            Operand::Constant(_) => None,
        }
    }

    fn is_null_constant(&self) -> bool {
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
        ExprKind::Parameter(_) | ExprKind::ScalarSubplan(_) | ExprKind::ExistsSubplan { .. } => {
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
            let mut last: Option<(Rc<str>, Pattern)> = None;
            map(expr, operands, chunk, |[text, pattern]| {
                let (Value::Text(text), Value::Text(pattern)) = (text, pattern) else {
                    return Ok(Value::Null);
                };
                // A pattern is taken apart once for a run of rows that share it.
                if last.as_ref().is_none_or(|(last, _)| last != pattern) {
                    let parsed = Pattern::new(pattern, *escape, *case_insensitive);
                    last = Some((pattern.clone(), parsed));
                }
                match &last {
                    Some((_, parsed)) => Ok(Value::Bool(parsed.matches(text)? != *negated)),
                    None => Ok(Value::Null),
                }
            })
        }
        ExprKind::InList {
            operand,
            list,
            negated,
        } => in_list(expr, evaluated(operand)?, list, *negated, chunk, context),
        ExprKind::Extreme { greatest, operands } => {
            let operands = operands.iter().map(evaluated).collect::<Result<Vec<_>>>()?;
            map_rows(expr, &operands, true, chunk, |values| {
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
            let operands = arguments
                .iter()
                .map(evaluated)
                .collect::<Result<Vec<_>>>()?;
            let is_repeatable = function.volatility() != Volatility::Volatile;
            map_rows(expr, &operands, is_repeatable, chunk, |values| {
                function::call(*function, values, arguments, expr.data_type, context)
            })
        }
        ExprKind::InSubplan {
            operand,
            subplan,
            negated,
        } => {
            let members = row::subplan_rows(*subplan, context)?.members();
            map(expr, [evaluated(operand)?], chunk, |[value]| {
                Ok(row::of_membership(members, value, *negated))
            })
        }
    }
}

/// Row by row, for any number of operands known here.
fn map<const N: usize>(
    expr: &Expr,
    operands: [Operand; N],
    chunk: &Chunk,
    mut compute: impl FnMut(&[Value; N]) -> Result<Value>,
) -> Result<Operand> {
    map_rows(expr, &operands, true, chunk, |values| {
        match values.try_into() {
            Ok(values) => compute(values),
            Err(_) => Err(Error::new(Code::Internal, "an operand was lost")),
        }
    })
}

/// Row by row. What is repeatable is computed once for constants, and once for each value of a
/// dictionary.
fn map_rows(
    expr: &Expr,
    operands: &[Operand],
    is_repeatable: bool,
    chunk: &Chunk,
    mut compute: impl FnMut(&[Value]) -> Result<Value>,
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
}

impl RowBuilder {
    pub fn new(physical: PhysicalType) -> Self {
        RowBuilder {
            physical,
            builder: VectorBuilder::new(physical),
        }
    }

    pub fn push(&mut self, row: usize, value: &Value) -> Result<()> {
        if value
            .physical()
            .is_some_and(|physical| physical != self.physical)
        {
            return Err(Error::new(
                Code::Internal,
                "a value is not of its expression's type",
            ));
        }
        self.skip_to(row);
        self.builder.push(value);
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

fn binary(
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
        (PhysicalType::Decimal, _) => decimals(operator, &operands, chunk)?,
        _ => None,
    };
    match fast {
        Some(operand) => Ok(operand),
        None => {
            let whole = Expr::new(ExprKind::Constant(Value::Null), result);
            map(&whole, operands, chunk, |[left, right]| {
                arithmetic::binary(operator, left, right, types, result)
            })
        }
    }
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

fn at<T: Copy>(side: Side<T>, row: usize) -> T {
    match side {
        Side::Values(values) => values[row],
        Side::Constant(value) => value,
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
            arithmetic::integer(operator, at(left, row), at(right, row), result)?;
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
            arithmetic::float(operator, at(left, row), at(right, row), result)?;
        }
    }
    Ok(Some(Operand::from_data(Data::F64(values), validity)))
}

fn decimals(
    operator: BinaryOperator,
    operands: &[Operand; 2],
    chunk: &Chunk,
) -> Result<Option<Operand>> {
    use crate::types::Decimal;
    fn get(operand: &Operand, row: usize) -> Option<&Decimal> {
        match operand {
            Operand::Vector(vector) => match &vector.data {
                Data::Decimal(values) => values.get(row),
                _ => None,
            },
            Operand::Constant(Value::Decimal(value)) => Some(value),
            Operand::Constant(_) => None,
        }
    }
    let validity = validity(operands);
    let mut values = vec![Decimal::ZERO; chunk.rows];
    for row in computed(chunk, validity.as_ref()) {
        let (Some(left), Some(right)) = (get(&operands[0], row), get(&operands[1], row)) else {
            return Ok(None);
        };
        values[row] = arithmetic::decimal(operator, left, right)?;
    }
    let data = Data::Decimal(values);
    Ok(Some(Operand::Vector(Rc::new(Vector { data, validity }))))
}

fn not(operand: Operand) -> Operand {
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

/// A list of constants becomes a set; the items of any other are compared one after another.
fn in_list(
    expr: &Expr,
    operand: Operand,
    list: &[Expr],
    negated: bool,
    chunk: &Chunk,
    context: &EvalContext,
) -> Result<Operand> {
    let is_fixed =
        |item: &Expr| matches!(item.kind, ExprKind::Constant(_) | ExprKind::Parameter(_));
    if list.iter().all(is_fixed) {
        let values = list
            .iter()
            .map(|item| row::evaluate_row(item, &[], context))
            .collect::<Result<Vec<_>>>()?;
        let members = Members::new(values.into_iter());
        return map(expr, [operand], chunk, |[value]| {
            Ok(row::of_membership(&members, value, negated))
        });
    }
    let tested = condition::any_equal(operand, list, chunk, context)?;
    Ok(if negated { not(tested) } else { tested })
}
