//! Which casts there are, and where they are made without being asked for.

use super::input::parse_value;
use super::{Expr, ExprKind, datetime};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Value};

/// Who asks for a cast: the more explicit, the more is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CastContext {
    /// An operator or function that needs the type.
    Implicit,
    /// A value put into a column.
    Assignment,
    /// `CAST` or `::`.
    Explicit,
}

/// The expression as a value of another type. An untyped literal is parsed here and a parameter
/// without a type takes this one.
pub fn coerce_to(expr: Expr, target: DataType, context: CastContext) -> Result<Expr> {
    let from = expr.data_type;
    if from == DataType::Unknown {
        return adopt(expr, target, context);
    }
    if from == target {
        return Ok(expr);
    }
    if from.base() == target {
        // Beside others a CHAR(n) keeps the blanks that it was shown with.
        let padded = super::construct::padded(expr);
        return Ok(match padded.kind {
            // With another type a cast would be another cast, and round or cut no more.
            ExprKind::Cast { .. } => cast(padded, target, context),
            kind => Expr::new(kind, target),
        });
    }
    match cast_needs(from, target) {
        Some(needed) if needed <= context => Ok(cast(expr, target, context)),
        Some(_) if context == CastContext::Assignment => Err(mismatch(from, target)),
        _ => Err(Error::new(
            Code::CannotCoerce,
            format!("cannot cast type {} to {}", from.base(), target.base()),
        )),
    }
}

/// 42804, for an assignment that needs an explicit cast. The caller knows the column and says so.
fn mismatch(from: DataType, target: DataType) -> Error {
    let message = format!(
        "expression is of type {} but type {} is needed",
        from.base(),
        target.base()
    );
    Error::new(Code::DatatypeMismatch, message)
        .with_hint("You will need to rewrite or cast the expression.")
}

/// A node that casts; `expr` has a type.
pub(super) fn cast(expr: Expr, target: DataType, context: CastContext) -> Expr {
    // What reads a CHAR(n) as another type sees its blanks; another text does not.
    let expr = if target.is_text() {
        expr
    } else {
        super::construct::padded(expr)
    };
    Expr::new(
        ExprKind::Cast {
            operand: Box::new(expr),
            explicit: context == CastContext::Explicit,
        },
        target,
    )
}

/// Gives a type to a literal, a NULL or a parameter that has none yet.
fn adopt(expr: Expr, target: DataType, context: CastContext) -> Result<Expr> {
    let base = target.base();
    match expr.kind {
        ExprKind::Constant(Value::Null) => Ok(Expr::constant(Value::Null, target)),
        ExprKind::Constant(Value::Text(text)) => {
            let is_time = matches!(
                base.element().unwrap_or(base),
                DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz
            );
            let may_move = || match base.element() {
                Some(_) => parse_value(&text, base).is_err(),
                None => datetime::is_moving(&text),
            };
            if is_time && may_move() {
                let literal = Expr::constant(Value::Text(text), DataType::Text);
                return Ok(cast(literal, target, CastContext::Explicit));
            }
            let value = parse_value(&text, base)?;
            match base == target {
                true => Ok(Expr::constant(value, target)),
                false => {
                    let explicit = context == CastContext::Explicit;
                    let fitted = super::cast::cast_value(&value, base, target, explicit, None)?;
                    Ok(Expr::constant(fitted, target))
                }
            }
        }
        ExprKind::Parameter(_) => {
            let typed = Expr::new(expr.kind, base);
            Ok(if base == target {
                typed
            } else {
                cast(typed, target, context)
            })
        }
        // Anything else without a type holds text.
        kind => Ok(cast(
            Expr::new(kind, DataType::Text),
            target,
            CastContext::Explicit,
        )),
    }
}

/// PostgreSQL's `pg_cast`: what a cast between two known types needs, or `None` if there is none.
pub(super) fn cast_needs(from: DataType, to: DataType) -> Option<CastContext> {
    use CastContext::*;
    use DataType::*;
    let (from, to) = (from.base(), to.base());
    if from == to {
        return Some(Implicit);
    }
    if from.is_text() && to.is_text() {
        return Some(Implicit);
    }
    // What has no cast of its own goes through text.
    if to.is_text() {
        return Some(Assignment);
    }
    if from.is_text() {
        return Some(Explicit);
    }
    if let (Some(from), Some(to)) = (numeric_rank(from), numeric_rank(to)) {
        return Some(if from < to { Implicit } else { Assignment });
    }
    if let (Array(from), Array(to)) = (from, to)
        // The places of elements would be others.
        && !Array(from).is_vector()
        && !Array(to).is_vector()
    {
        return cast_needs(from.data_type(), to.data_type());
    }
    match (from, to) {
        (Boolean, Integer) | (Integer, Boolean) => Some(Explicit),
        (Date, Timestamp | TimestampTz) | (Timestamp, TimestampTz) => Some(Implicit),
        (Timestamp | TimestampTz, Date) | (TimestampTz, Timestamp) => Some(Assignment),
        (Time, Interval) => Some(Implicit),
        (Interval, Time) | (Timestamp | TimestampTz, Time) => Some(Assignment),
        (Json, Jsonb) | (Jsonb, Json) => Some(Assignment),
        (Jsonb, Boolean) => Some(Explicit),
        (Jsonb, _) if to.is_numeric() => Some(Explicit),
        _ => None,
    }
}

/// Smaller converts to larger without being asked.
fn numeric_rank(data_type: DataType) -> Option<u8> {
    use DataType::*;
    Some(match data_type {
        SmallInt => 0,
        Integer => 1,
        BigInt => 2,
        Numeric(_) => 3,
        Real => 4,
        Double => 5,
        _ => return None,
    })
}

/// PostgreSQL's type categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Category {
    Boolean,
    Number,
    Text,
    Time,
    Span,
    User,
    Enum,
    Array,
    Unknown,
}

pub(super) fn category(data_type: DataType) -> Category {
    use DataType::*;
    match data_type {
        Unknown => Category::Unknown,
        Boolean => Category::Boolean,
        SmallInt | Integer | BigInt | Numeric(_) | Real | Double => Category::Number,
        Text | Varchar(_) | Char(_) => Category::Text,
        Date | Time | Timestamp | TimestampTz => Category::Time,
        Interval => Category::Span,
        Array(_) => Category::Array,
        Enum(_) => Category::Enum,
        Bytea | Json | Jsonb | Uuid => Category::User,
    }
}

/// The types of each category that others of it turn into where there is a choice.
pub(super) fn is_preferred(data_type: DataType) -> bool {
    use DataType::*;
    matches!(data_type, Boolean | Double | Text | TimestampTz | Interval)
}

/// Whether a value is held alike as either type and means the same, so that a comparison or function
/// needs no cast: a varchar is a text, a smallint an integer.
pub(super) fn is_relabelling(from: DataType, to: DataType) -> bool {
    use DataType::*;
    let original = from;
    match (from.base(), to.base()) {
        (from, to) if from == to => true,
        // A CHAR of no certain length may hold blanks that a text must not.
        (Char(_), Text | Varchar(_)) => original != Char(0),
        (Varchar(_) | Text, Text | Varchar(_)) => true,
        (SmallInt, Integer | BigInt) | (Integer, BigInt) | (Real, Double) => true,
        (Timestamp, TimestampTz) => true,
        (Array(from), Array(to)) => is_relabelling(from.data_type(), to.data_type()),
        _ => false,
    }
}

/// The expression for a place that wants a type for its meaning alone, not for what it prints.
pub(super) fn supply(expr: Expr, target: DataType) -> Result<Expr> {
    match expr.data_type != DataType::Unknown && is_relabelling(expr.data_type, target) {
        true => Ok(expr),
        false => coerce_to(expr, target, CastContext::Implicit),
    }
}

/// The type in which values of all these types meet: UNION, CASE, COALESCE, VALUES. Text if none of
/// them is known. `construct` names what asks.
pub fn common_type(types: &[DataType], construct: &str) -> Result<DataType> {
    let mut known = types
        .iter()
        .copied()
        .filter(|&data_type| data_type != DataType::Unknown);
    let Some(first) = known.next() else {
        return Ok(DataType::Text);
    };
    // A modifier that all share stays; a literal has none to share.
    if known.all(|data_type| data_type == first) {
        let all_known = !types.contains(&DataType::Unknown);
        return Ok(if all_known { first } else { first.base() });
    }
    let mut chosen = first.base();
    for data_type in types.iter().map(|data_type| data_type.base()) {
        if data_type == DataType::Unknown || data_type == chosen {
            continue;
        }
        if category(data_type) != category(chosen) {
            let message = format!("{construct} types {chosen} and {data_type} cannot be matched");
            return Err(Error::new(Code::DatatypeMismatch, message));
        }
        let implicit = |from, to| cast_needs(from, to) == Some(CastContext::Implicit);
        if !is_preferred(chosen) && implicit(chosen, data_type) && !implicit(data_type, chosen) {
            chosen = data_type;
        }
    }
    let cannot = |from: &&DataType| {
        **from != DataType::Unknown && cast_needs(**from, chosen) != Some(CastContext::Implicit)
    };
    match types.iter().find(cannot) {
        Some(from) => Err(Error::new(
            Code::CannotCoerce,
            format!(
                "{construct} could not convert type {} to {chosen}",
                from.base()
            ),
        )),
        None => Ok(chosen),
    }
}

/// The expressions cast to their common type; `construct` names what asks (`UNION`, `VALUES`).
pub fn coerce_all(expressions: Vec<Expr>, construct: &str) -> Result<(Vec<Expr>, DataType)> {
    let types: Vec<DataType> = expressions.iter().map(|expr| expr.data_type).collect();
    let common = common_type(&types, construct)?;
    let coerced = (expressions.into_iter())
        .map(|expr| coerce_to(expr, common, CastContext::Implicit))
        .collect::<Result<_>>()?;
    Ok((coerced, common))
}

/// The expression as a condition; `clause` names where it stands (`WHERE`, `JOIN/ON`).
pub fn coerce_to_boolean(expr: Expr, clause: &str) -> Result<Expr> {
    match expr.data_type {
        DataType::Boolean => Ok(expr),
        DataType::Unknown => coerce_to(expr, DataType::Boolean, CastContext::Implicit),
        other => {
            let message = format!(
                "argument of {clause} must be type boolean, not type {}",
                other.base()
            );
            Err(Error::new(Code::DatatypeMismatch, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_meet_as_in_postgresql() {
        use DataType::*;
        for (types, expected) in [
            (vec![Integer, BigInt, SmallInt], Ok(BigInt)),
            (vec![Integer, Numeric(Some((5, 2)))], Ok(Numeric(None))),
            (
                vec![Numeric(Some((5, 2))), Numeric(Some((5, 2)))],
                Ok(Numeric(Some((5, 2)))),
            ),
            (vec![Numeric(Some((5, 2))), Unknown], Ok(Numeric(None))),
            (vec![Real, Numeric(None)], Ok(Real)),
            (vec![Unknown, Unknown], Ok(Text)),
            (vec![Varchar(Some(3)), Text], Ok(Varchar(None))),
            (vec![Date, TimestampTz, Timestamp], Ok(TimestampTz)),
            (
                vec![Integer, Text],
                Err("UNION types integer and text cannot be matched"),
            ),
            (
                vec![Json, Jsonb],
                Err("UNION could not convert type jsonb to json"),
            ),
        ] {
            let found = common_type(&types, "UNION").map_err(|error| error.message().to_string());
            assert_eq!(found, expected.map_err(str::to_string), "{types:?}");
        }
    }

    #[test]
    fn casts_need_what_pg_cast_says() {
        use DataType::*;
        for (from, to, expected) in [
            (SmallInt, BigInt, Some(CastContext::Implicit)),
            (BigInt, SmallInt, Some(CastContext::Assignment)),
            (Numeric(None), Double, Some(CastContext::Implicit)),
            (Double, Numeric(None), Some(CastContext::Assignment)),
            (Integer, Text, Some(CastContext::Assignment)),
            (Text, Integer, Some(CastContext::Explicit)),
            (Boolean, Integer, Some(CastContext::Explicit)),
            (Boolean, SmallInt, None),
            (Date, Integer, None),
            (Uuid, Bytea, None),
        ] {
            assert_eq!(cast_needs(from, to), expected, "{from} to {to}");
        }
    }

    #[test]
    fn literals_are_read_at_once_and_parameters_take_the_type() {
        let literal = coerce_to(
            Expr::literal("42"),
            DataType::Integer,
            CastContext::Implicit,
        )
        .unwrap();
        assert_eq!(literal, Expr::integer(42));
        let parameter = Expr::new(ExprKind::Parameter(0), DataType::Unknown);
        let typed = coerce_to(parameter, DataType::Date, CastContext::Implicit).unwrap();
        assert_eq!(typed, Expr::new(ExprKind::Parameter(0), DataType::Date));
        let now = coerce_to(
            Expr::literal("now"),
            DataType::Timestamp,
            CastContext::Implicit,
        )
        .unwrap();
        assert!(!now.is_constant());
        let error =
            coerce_to(Expr::boolean(true), DataType::Date, CastContext::Explicit).unwrap_err();
        assert_eq!(error.to_string(), "42846: cannot cast type boolean to date");
    }
}
