//! Building the expressions that have a syntax of their own.

use super::coercion::{coerce_all, coerce_to_boolean, common_type, supply};
use super::operator::{binary, equality_types, no_operator, span};
use super::{
    BinaryOperator, CastContext, Expr, ExprKind, Function, Volatility, coerce_to, resolve_operator,
};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};

fn boolean(kind: ExprKind) -> Expr {
    Expr::new(kind, DataType::Boolean)
}

pub fn resolve_not(operand: Expr) -> Result<Expr> {
    let operand = coerce_to_boolean(operand, "NOT")?;
    Ok(boolean(ExprKind::Not(Box::new(operand))))
}

pub fn resolve_and(operands: Vec<Expr>) -> Result<Expr> {
    junction(operands, "AND").map(|operands| boolean(ExprKind::And(operands)))
}

pub fn resolve_or(operands: Vec<Expr>) -> Result<Expr> {
    junction(operands, "OR").map(|operands| boolean(ExprKind::Or(operands)))
}

fn junction(operands: Vec<Expr>, name: &str) -> Result<Vec<Expr>> {
    operands
        .into_iter()
        .map(|operand| coerce_to_boolean(operand, name))
        .collect()
}

pub fn resolve_is_null(operand: Expr, negated: bool) -> Result<Expr> {
    let operand = Box::new(typed(operand)?);
    Ok(boolean(ExprKind::IsNull { operand, negated }))
}

/// A literal that nothing gives a type to is text.
fn typed(operand: Expr) -> Result<Expr> {
    match operand.data_type {
        DataType::Unknown => coerce_to(operand, DataType::Text, CastContext::Implicit),
        _ => Ok(operand),
    }
}

/// `IS [NOT] TRUE | FALSE | UNKNOWN` (`truth: None`).
pub fn resolve_is_truth(operand: Expr, truth: Option<bool>, negated: bool) -> Result<Expr> {
    let clause = match (truth, negated) {
        (Some(true), false) => "IS TRUE",
        (Some(true), true) => "IS NOT TRUE",
        (Some(false), false) => "IS FALSE",
        (Some(false), true) => "IS NOT FALSE",
        (None, false) => "IS UNKNOWN",
        (None, true) => "IS NOT UNKNOWN",
    };
    let operand = Box::new(coerce_to_boolean(operand, clause)?);
    Ok(boolean(ExprKind::IsTruth {
        operand,
        truth,
        negated,
    }))
}

/// `IS DISTINCT FROM`, or with `negated` `IS NOT DISTINCT FROM`.
pub fn resolve_is_distinct(left: Expr, right: Expr, negated: bool) -> Result<Expr> {
    match resolve_operator(BinaryOperator::Equal, left, right)?.kind {
        ExprKind::Binary { left, right, .. } => Ok(boolean(ExprKind::IsDistinct {
            left,
            right,
            negated,
        })),
        _ => Err(Error::new(
            Code::Internal,
            "an equality is a binary operator",
        )),
    }
}

/// `CASE [operand] WHEN … THEN … [ELSE …] END`.
pub fn resolve_case(
    operand: Option<Expr>,
    branches: Vec<(Expr, Expr)>,
    otherwise: Option<Expr>,
) -> Result<Expr> {
    let (conditions, results): (Vec<Expr>, Vec<Expr>) = branches.into_iter().unzip();
    let conditions: Vec<Expr> = match operand {
        None => (conditions.into_iter())
            .map(|condition| coerce_to_boolean(condition, "CASE/WHEN"))
            .collect::<Result<_>>()?,
        Some(operand) => {
            let operand = repeatable(typed(operand)?, "CASE")?;
            (conditions.into_iter())
                .map(|value| resolve_operator(BinaryOperator::Equal, operand.clone(), value))
                .collect::<Result<_>>()?
        }
    };
    // PostgreSQL looks at ELSE first when it chooses the type.
    let has_otherwise = otherwise.is_some();
    let all: Vec<Expr> = otherwise.into_iter().chain(results).collect();
    let (all, data_type) = coerce_all(all, "CASE")?;
    let mut all = all.into_iter();
    let otherwise = has_otherwise.then(|| all.next().map(Box::new)).flatten();
    let branches = conditions.into_iter().zip(all).collect();
    Ok(Expr::new(
        ExprKind::Case {
            branches,
            otherwise,
        },
        data_type,
    ))
}

/// An operand that stands in several places of what is built must mean the same in all of them.
pub fn repeatable(operand: Expr, construct: &str) -> Result<Expr> {
    match operand.volatility() {
        Volatility::Volatile => Err(Error::unsupported(format!(
            "a volatile operand of {construct}"
        ))),
        _ => Ok(operand),
    }
}

pub fn resolve_coalesce(operands: Vec<Expr>) -> Result<Expr> {
    let (operands, data_type) = coerce_all(operands, "COALESCE")?;
    Ok(Expr::new(ExprKind::Coalesce(operands), data_type))
}

/// GREATEST or LEAST.
pub fn resolve_extreme(greatest: bool, operands: Vec<Expr>) -> Result<Expr> {
    let name = if greatest { "GREATEST" } else { "LEAST" };
    let (operands, data_type) = coerce_all(operands, name)?;
    if let Some(element) = data_type.element() {
        super::array::check_comparable(element)?;
    }
    if data_type == DataType::Json {
        let message = "could not identify a comparison function for type json";
        return Err(Error::new(Code::UndefinedFunction, message));
    }
    Ok(Expr::new(
        ExprKind::Extreme { greatest, operands },
        data_type,
    ))
}

/// The value is the first operand as the equality takes it (an integer beside a numeric becomes one),
/// as in PostgreSQL.
pub fn resolve_null_if(left: Expr, right: Expr) -> Result<Expr> {
    let types = equality_types([left.data_type, right.data_type])?;
    let left = match left.data_type.base() == types[0] {
        true => left,
        false => coerce_to(left, types[0], CastContext::Implicit)?,
    };
    let equality = resolve_operator(BinaryOperator::Equal, left.clone(), right)?;
    let ExprKind::Binary {
        left: compared,
        right,
        ..
    } = equality.kind
    else {
        return Err(Error::new(
            Code::Internal,
            "an equality is a binary operator",
        ));
    };
    let data_type = left.data_type;
    if *compared == left {
        return Ok(Expr::new(ExprKind::NullIf(compared, right), data_type));
    }
    // What is compared is a key or a cast of the value, not the value itself.
    let left = repeatable(left, "NULLIF")?;
    let condition = binary(BinaryOperator::Equal, *compared, *right, DataType::Boolean);
    let branches = vec![(condition, Expr::constant(Value::Null, data_type))];
    let otherwise = Some(Box::new(left));
    Ok(Expr::new(
        ExprKind::Case {
            branches,
            otherwise,
        },
        data_type,
    ))
}

/// A volatile operand is computed for each bound, as it is in PostgreSQL.
pub fn resolve_between(operand: Expr, low: Expr, high: Expr, negated: bool) -> Result<Expr> {
    let (above, below) = match negated {
        false => (BinaryOperator::GreaterOrEqual, BinaryOperator::LessOrEqual),
        true => (BinaryOperator::Less, BinaryOperator::Greater),
    };
    let sides = vec![
        resolve_operator(above, operand.clone(), low)?,
        resolve_operator(below, operand, high)?,
    ];
    Ok(boolean(if negated {
        ExprKind::Or(sides)
    } else {
        ExprKind::And(sides)
    }))
}

pub fn resolve_in_list(operand: Expr, list: Vec<Expr>, negated: bool) -> Result<Expr> {
    let types: Vec<DataType> = std::iter::once(operand.data_type)
        .chain(list.iter().map(|item| item.data_type))
        .collect();
    let common = common_type(&types, "IN");
    match common {
        Ok(common) if is_compared_directly(common) => {
            let comparable = |expr: Expr| stripped(supply(expr, common)?);
            let operand = Box::new(comparable(operand)?);
            let list = list.into_iter().map(comparable).collect::<Result<_>>()?;
            Ok(boolean(ExprKind::InList {
                operand,
                list,
                negated,
            }))
        }
        // Without a type in which all meet each is compared on its own.
        _ => {
            let operand = repeatable(operand, "IN")?;
            let equalities = (list.into_iter())
                .map(|item| resolve_operator(BinaryOperator::Equal, operand.clone(), item))
                .collect::<Result<Vec<_>>>()?;
            let any = boolean(ExprKind::Or(equalities));
            if negated { resolve_not(any) } else { Ok(any) }
        }
    }
}

/// `operand test ANY (array)`, or `ALL`: `test` makes a condition of the operand and an element.
pub fn resolve_quantified(
    operand: Expr,
    array: Expr,
    all: bool,
    test: impl FnOnce(Expr, Expr) -> Result<Expr>,
) -> Result<Expr> {
    let unknown = |expr: &Expr| expr.data_type == DataType::Unknown;
    // One without a type takes it from the other.
    let array = match (unknown(&array), operand.data_type.base().array()) {
        (true, Some(wanted)) => coerce_to(array, wanted, CastContext::Implicit)?,
        (true, None) => coerce_to(array, DataType::TEXTS, CastContext::Implicit)?,
        _ => array,
    };
    let Some(element) = array.data_type.element() else {
        let message = "op ANY/ALL (array) requires array on right side";
        return Err(Error::new(Code::WrongObjectType, message));
    };
    let operand = match unknown(&operand) {
        true => coerce_to(operand, element.base(), CastContext::Implicit)?,
        false => operand,
    };
    let test = test(Expr::column(0, operand.data_type), Expr::column(1, element))?;
    Ok(boolean(ExprKind::Quantified {
        operand: Box::new(operand),
        array: Box::new(array),
        test: Box::new(coerce_to_boolean(test, "ANY")?),
        all,
    }))
}

/// Whether values of the type are equal exactly if what they hold is.
fn is_compared_directly(data_type: DataType) -> bool {
    !matches!(
        data_type.element().unwrap_or(data_type),
        DataType::Json | DataType::Jsonb | DataType::Interval | DataType::Unknown
    )
}

/// `operand [NOT] IN (subquery)`. Answers the expression and the type that the subquery's column must
/// be cast to (by the caller, above the subquery).
pub fn resolve_in_subplan(
    operand: Expr,
    subplan: usize,
    column: DataType,
    negated: bool,
) -> Result<(Expr, DataType)> {
    let types = [operand.data_type, column];
    let common = common_type(&types, "IN").map_err(|_| no_operator(types, "="))?;
    if common == DataType::Json {
        return Err(no_operator(types, "="));
    }
    if !is_compared_directly(common) {
        return Err(Error::unsupported(format!(
            "IN (subquery) of type {common}"
        )));
    }
    // As texts both sides are without blanks.
    let common = match common {
        DataType::Char(_) => DataType::Text,
        other => other,
    };
    let operand = Box::new(match operand.data_type {
        DataType::Unknown if column.base() == DataType::Char(0) => {
            stripped(supply(operand, column.base())?)?
        }
        _ => supply(operand, common)?,
    });
    let expr = boolean(ExprKind::InSubplan {
        operand,
        subplan,
        negated,
    });
    Ok((expr, common))
}

/// `[NOT] LIKE | ILIKE`; `escape` as written after ESCAPE.
pub fn resolve_like(
    operand: Expr,
    pattern: Expr,
    escape: Option<&str>,
    negated: bool,
    case_insensitive: bool,
) -> Result<Expr> {
    let mut characters = escape.unwrap_or("\\").chars();
    let escape = characters.next();
    if characters.next().is_some() {
        return Err(Error::new(Code::InvalidEscape, "invalid escape string")
            .with_hint("Escape string must be empty or one character."));
    }
    let symbol = match (negated, case_insensitive) {
        (false, false) => "~~",
        (true, false) => "!~~",
        (false, true) => "~~*",
        (true, true) => "!~~*",
    };
    let types = [operand.data_type, pattern.data_type];
    let is_text = |data_type: DataType| data_type.is_text() || data_type == DataType::Unknown;
    if !types.into_iter().all(is_text) {
        let is_bytes = types
            .into_iter()
            .all(|data_type| data_type == DataType::Bytea || data_type == DataType::Unknown);
        return Err(match is_bytes {
            true => Error::unsupported("LIKE of bytea"),
            false => no_operator(types, symbol),
        });
    }
    let operand = Box::new(match operand.data_type {
        DataType::Char(_) => padded(operand),
        _ => supply(operand, DataType::Text)?,
    });
    let pattern = Box::new(supply(pattern, DataType::Text)?);
    Ok(boolean(ExprKind::Like {
        operand,
        pattern,
        escape,
        negated,
        case_insensitive,
    }))
}

/// A CHAR(n) with its blanks, for the few places that see them.
pub(super) fn padded(operand: Expr) -> Expr {
    match operand.data_type {
        DataType::Char(length @ 1..) => {
            let length = Expr::integer(i32::try_from(length).unwrap_or(i32::MAX));
            Expr::call(Function::PadRight, vec![operand, length], DataType::Text)
        }
        _ => operand,
    }
}

/// A text that compares as the CHAR does: without the blanks at its end.
pub(super) fn stripped(operand: Expr) -> Result<Expr> {
    match (&operand.kind, operand.data_type) {
        (ExprKind::Constant(Value::Text(text)), DataType::Char(0)) => {
            let text = Value::text(text.trim_end_matches(' '));
            Ok(Expr::constant(text, DataType::Text))
        }
        (_, DataType::Char(0)) => coerce_to(operand, DataType::Text, CastContext::Implicit),
        _ => Ok(operand),
    }
}

/// What ORDER BY, MIN and MAX compare in place of the expression: itself for most types.
pub fn ordering_key(expr: Expr) -> Result<Expr> {
    match expr.data_type {
        DataType::Interval => Ok(span(expr)),
        DataType::Char(_) => stripped(expr),
        DataType::Json => Err(Error::new(
            Code::UndefinedFunction,
            "could not identify an ordering operator for type json",
        )
        .with_hint("Use an explicit ordering operator or modify the query.")),
        DataType::Jsonb => Err(Error::unsupported("ordering by jsonb")),
        DataType::Array(element) => {
            super::array::check_comparable(element.data_type()).map(|()| expr)
        }
        _ => Ok(expr),
    }
}

/// What GROUP BY, DISTINCT, UNION and unique keys compare in place of the expression, without
/// changing its value: itself for most types, an error for those without equality.
pub fn grouping_key(expr: Expr) -> Result<Expr> {
    match expr.data_type {
        DataType::Interval => Ok(Expr::call(
            Function::IntervalIdentity,
            vec![expr],
            DataType::Interval,
        )),
        DataType::Char(_) => stripped(expr),
        DataType::Json => Err(Error::new(
            Code::UndefinedFunction,
            "could not identify an equality operator for type json",
        )),
        DataType::Jsonb => Ok(Expr::call(
            Function::JsonbIdentity,
            vec![expr],
            DataType::Jsonb,
        )),
        DataType::Array(element) => {
            super::array::check_comparable(element.data_type()).map(|()| expr)
        }
        _ => Ok(expr),
    }
}

/// A time rounded to so many digits of its seconds.
pub fn round_time(time: Expr, digits: Option<u32>) -> Expr {
    match digits {
        Some(digits @ 0..6) => {
            let data_type = time.data_type;
            let digits = Expr::integer(digits as i32);
            Expr::call(Function::RoundTime, vec![time, digits], data_type)
        }
        _ => time,
    }
}
