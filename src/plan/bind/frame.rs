//! The frame of a window: ROWS, RANGE or GROUPS between two bounds.

use super::binder::Binder;
use super::expression::Context;
use super::scope::Scope;
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr};
use crate::plan::{Frame, FrameBound, FrameKey, FrameOffset, FrameUnits, SortKey};
use crate::types::DataType;
use sqlparser::ast::{WindowFrame, WindowFrameBound, WindowFrameUnits};

const NUMERIC: DataType = DataType::Numeric(None);

/// Binds a frame, without what it excludes, of a window in this order.
pub fn bind<'a>(binder: &mut Binder<'a>, ast: &'a WindowFrame, order: &[SortKey]) -> Result<Frame> {
    use WindowFrameBound::{CurrentRow, Following, Preceding};
    let end = ast.end_bound.as_ref().unwrap_or(&CurrentRow);
    let refused = match (&ast.start_bound, end) {
        (Following(None), _) => "frame start cannot be UNBOUNDED FOLLOWING",
        (_, Preceding(None)) => "frame end cannot be UNBOUNDED PRECEDING",
        (CurrentRow, Preceding(_)) => "frame starting from current row cannot have preceding rows",
        (Following(_), CurrentRow) if ast.end_bound.is_none() => {
            "frame starting from following row cannot end with current row"
        }
        (Following(_), Preceding(_) | CurrentRow) => {
            "frame starting from following row cannot have preceding rows"
        }
        _ => "",
    };
    if !refused.is_empty() {
        return Err(Error::new(Code::Windowing, refused));
    }
    let units = match ast.units {
        WindowFrameUnits::Rows => FrameUnits::Rows,
        WindowFrameUnits::Range => FrameUnits::Range,
        WindowFrameUnits::Groups => FrameUnits::Groups,
    };
    if units == FrameUnits::Groups && order.is_empty() {
        let message = "GROUPS mode requires an ORDER BY clause";
        return Err(Error::new(Code::Windowing, message));
    }
    let is_distance =
        |bound: &WindowFrameBound| matches!(bound, Preceding(Some(_)) | Following(Some(_)));
    let has_distance = is_distance(&ast.start_bound) || is_distance(end);
    let distances = match (units, has_distance) {
        (FrameUnits::Range, true) => Some(Distances::of(order)?),
        _ => None,
    };
    let mut bound = |ast| bind_bound(binder, ast, units, distances.as_ref());
    Ok(Frame {
        units,
        start: bound(&ast.start_bound)?,
        end: bound(end)?,
        exclusion: Default::default(),
        key: distances.map(|distances| distances.key),
    })
}

fn bind_bound<'a>(
    binder: &mut Binder<'a>,
    ast: &'a WindowFrameBound,
    units: FrameUnits,
    distances: Option<&Distances>,
) -> Result<FrameBound> {
    let (ast, precedes) = match ast {
        WindowFrameBound::CurrentRow => return Ok(FrameBound::CurrentRow),
        WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => {
            return Ok(FrameBound::Unbounded);
        }
        WindowFrameBound::Preceding(Some(ast)) => (ast, true),
        WindowFrameBound::Following(Some(ast)) => (ast, false),
    };
    let clause = match units {
        FrameUnits::Rows => "ROWS",
        FrameUnits::Range => "RANGE",
        FrameUnits::Groups => "GROUPS",
    };
    let scope = Scope::default();
    let value = binder.expression(ast, &mut Context::new(&scope, clause));
    let value = value.map_err(|error| match error.code() {
        Code::UndefinedColumn | Code::UndefinedTable => {
            let message = format!("argument of {clause} must not contain variables");
            Error::new(Code::InvalidColumnReference, message)
        }
        _ => error,
    })?;
    let offset = match distances {
        Some(distances) => distances.offset(value, precedes)?,
        None => FrameOffset {
            value: as_count(value, clause)?,
            limit: None,
        },
    };
    Ok(match precedes {
        true => FrameBound::Preceding(offset),
        false => FrameBound::Following(offset),
    })
}

fn as_count(value: Expr, clause: &str) -> Result<Expr> {
    let from = value.data_type;
    expr::coerce_to(value, DataType::BigInt, CastContext::Implicit).map_err(|error| {
        match error.code() {
            Code::DatatypeMismatch | Code::CannotCoerce => {
                let message = format!("argument of {clause} must be type bigint, not type {from}");
                Error::new(Code::DatatypeMismatch, message)
            }
            _ => error,
        }
    })
}

/// RANGE with offsets: the limits are computed from the key.
struct Distances {
    key: FrameKey,
    /// The type of the order's column, and that of an offset.
    column: DataType,
    offset: DataType,
}

impl Distances {
    fn of(order: &[SortKey]) -> Result<Distances> {
        let [key] = order else {
            let message =
                "RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column";
            return Err(Error::new(Code::Windowing, message));
        };
        let column = key.expr.data_type;
        if key.expr.volatility() == expr::Volatility::Volatile {
            return Err(Error::unsupported("RANGE over a volatile expression"));
        }
        // Integers become numerics, so that no limit is out of range.
        let (held, offset) = match column {
            DataType::SmallInt | DataType::Integer | DataType::BigInt => {
                (NUMERIC, DataType::BigInt)
            }
            DataType::Real | DataType::Double => (DataType::Double, DataType::Double),
            DataType::Numeric(_) => (NUMERIC, NUMERIC),
            DataType::Date | DataType::Timestamp => (DataType::Timestamp, DataType::Interval),
            DataType::TimestampTz => (DataType::TimestampTz, DataType::Interval),
            other => {
                return Err(Error::unsupported(format!(
                    "RANGE with offset PRECEDING/FOLLOWING for column type {other}"
                )));
            }
        };
        Ok(Distances {
            key: FrameKey {
                expr: expr::coerce_to(key.expr.clone(), held, CastContext::Implicit)?,
                descending: key.descending,
                nulls_first: key.nulls_first,
            },
            column,
            offset,
        })
    }

    fn offset(&self, value: Expr, precedes: bool) -> Result<FrameOffset> {
        let from = value.data_type;
        let value = expr::coerce_to(value, self.offset, CastContext::Implicit).map_err(|error| {
            match from {
                DataType::Unknown => error,
                _ => Error::unsupported(format!(
                    "RANGE with offset PRECEDING/FOLLOWING for column type {} and offset type {from}",
                    self.column
                )),
            }
        })?;
        let operator = match precedes != self.key.descending {
            true => BinaryOperator::Subtract,
            false => BinaryOperator::Add,
        };
        let distance = match self.offset {
            DataType::BigInt => expr::coerce_to(value.clone(), NUMERIC, CastContext::Implicit)?,
            _ => value.clone(),
        };
        let limit = expr::resolve_operator(operator, self.key.expr.clone(), distance)?;
        Ok(FrameOffset {
            value,
            limit: Some(limit),
        })
    }
}
