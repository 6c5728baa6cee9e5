//! Choosing operators by the types of their operands.

use super::candidate::{Choice, choose};
use super::coercion::{Category, cast, category, supply};
use super::construct::stripped;
use super::{BinaryOperator, CastContext, Expr, ExprKind, Function, array, coerce_to};
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Value};

/// Left type, right type, result type.
type Row = ([DataType; 2], DataType);

const NUMERIC: DataType = DataType::Numeric(None);
const CHAR: DataType = DataType::Char(0);

/// `left operator right` with both sides cast, or UndefinedFunction / AmbiguousFunction.
pub fn resolve_operator(operator: BinaryOperator, left: Expr, right: Expr) -> Result<Expr> {
    let types = [left.data_type, right.data_type];
    let is_of_arrays = types.iter().any(|side| side.element().is_some());
    if operator == BinaryOperator::Concat && !is_of_arrays {
        return resolve_concat(left, right);
    }
    // Keys may be taken out of a document by a list of them.
    if is_of_arrays && left.data_type != DataType::Jsonb {
        return resolve_of_arrays(operator, left, right);
    }
    let rows = rows_for(operator, types);
    let ([to_left, to_right], result) = pick(&rows, types, operator.symbol())?;
    if operator.is_comparison() {
        return compare(operator, left, right, [to_left, to_right]);
    }
    let (left, right) = (supply(left, to_left)?, supply(right, to_right)?);
    if [to_left, to_right].contains(&DataType::Time) {
        return with_time(operator, left, right, result);
    }
    Ok(binary(operator, left, right, result))
}

/// A time of day computes as an interval: beside an interval, behind the day that it is put on, or less another.
fn with_time(operator: BinaryOperator, left: Expr, right: Expr, result: DataType) -> Result<Expr> {
    let as_operand = |operand: Expr| {
        let to = match operand.data_type {
            DataType::Date => DataType::Timestamp,
            _ => DataType::Interval,
        };
        coerce_to(operand, to, CastContext::Explicit)
    };
    let computed = resolve_operator(operator, as_operand(left)?, as_operand(right)?)?;
    coerce_to(computed, result, CastContext::Explicit)
}

pub(super) fn binary(operator: BinaryOperator, left: Expr, right: Expr, result: DataType) -> Expr {
    let kind = ExprKind::Binary {
        operator,
        left: Box::new(left),
        right: Box::new(right),
    };
    Expr::new(kind, result)
}

/// Arrays of one type compare element by element, and are joined to each other and to elements.
fn resolve_of_arrays(operator: BinaryOperator, left: Expr, right: Expr) -> Result<Expr> {
    let types = [left.data_type.base(), right.data_type.base()];
    if operator == BinaryOperator::Concat {
        let name = array::concat_name(types[0], types[1]);
        let resolved = super::resolve_array_call(name, vec![left, right]);
        return resolved.map_err(|error| match error.code() {
            Code::UndefinedFunction => no_operator(types, operator.symbol()),
            _ => error,
        });
    }
    if !operator.is_comparison() {
        return Err(no_operator(types, operator.symbol()));
    }
    let common = common_array(types, operator.symbol())?;
    let (left, right) = (supply(left, common)?, supply(right, common)?);
    Ok(binary(operator, left, right, DataType::Boolean))
}

/// The type of arrays as which two operands compare.
fn common_array(types: [DataType; 2], symbol: &str) -> Result<DataType> {
    let types = types.map(DataType::base);
    let common = match types {
        [DataType::Unknown, known] | [known, DataType::Unknown] => known,
        [left, right] if left == right => left,
        _ => return Err(no_operator(types, symbol)),
    };
    array::check_comparable(common.element().unwrap_or_default()).map(|()| common)
}

/// The row of PostgreSQL's `pg_operator` that serves these operands.
pub(super) fn pick(rows: &[Row], types: [DataType; 2], symbol: &str) -> Result<Row> {
    // A literal beside something known is first tried as the same type.
    let assumed = match types {
        [DataType::Unknown, known] | [known, DataType::Unknown] => [known.base(); 2],
        [left, right] => [left.base(), right.base()],
    };
    if let Some(row) = rows.iter().find(|(operands, _)| *operands == assumed) {
        return Ok(*row);
    }
    let candidates: Vec<&[DataType]> = rows
        .iter()
        .map(|(operands, _)| operands.as_slice())
        .collect();
    match choose(&types, &candidates) {
        Choice::One(at) => Ok(rows[at]),
        Choice::None => Err(no_operator(types, symbol)),
        Choice::Ambiguous => Err(Error::new(
            Code::AmbiguousFunction,
            format!("operator is not unique: {} {symbol} {}", types[0].base(), types[1].base()),
        )
        .with_hint("Could not choose a best candidate operator. You might need to add explicit type casts.")),
    }
}

/// The types that `=` takes these operands as.
pub(super) fn equality_types(types: [DataType; 2]) -> Result<[DataType; 2]> {
    if types.iter().any(|side| side.element().is_some()) {
        return common_array(types, "=").map(|array| [array; 2]);
    }
    let rows = rows_for(BinaryOperator::Equal, types);
    pick(&rows, types, "=").map(|(operands, _)| operands)
}

pub(super) fn no_operator(types: [DataType; 2], symbol: &str) -> Error {
    let message = format!(
        "operator does not exist: {} {symbol} {}",
        types[0].base(),
        types[1].base()
    );
    Error::new(Code::UndefinedFunction, message).with_hint(
        "No operator matches the given name and argument types. You might need to add explicit type casts.",
    )
}

/// With those that the types of the operands bring along: an enumerated type compares with itself.
fn rows_for(operator: BinaryOperator, types: [DataType; 2]) -> Vec<Row> {
    let mut rows = rows(operator);
    if operator.is_comparison() {
        let mut own = types.iter().filter(|own| matches!(own, DataType::Enum(_)));
        rows.extend(own.next().map(|own| ([*own; 2], DataType::Boolean)));
    }
    rows
}

fn rows(operator: BinaryOperator) -> Vec<Row> {
    use BinaryOperator::*;
    use DataType::*;
    let same = |types: &[DataType]| types.iter().map(|&t| ([t, t], t)).collect::<Vec<Row>>();
    let numbers = || {
        let mut rows = same(&[SmallInt, Integer, BigInt, Real, Double, NUMERIC]);
        rows.extend(mixed_integers());
        rows.extend([([Real, Double], Double), ([Double, Real], Double)]);
        rows
    };
    let mut rows = numbers();
    match operator {
        Add => rows.extend([
            ([Date, Integer], Date),
            ([Integer, Date], Date),
            ([Date, Interval], Timestamp),
            ([Interval, Date], Timestamp),
            ([Timestamp, Interval], Timestamp),
            ([Interval, Timestamp], Timestamp),
            ([TimestampTz, Interval], TimestampTz),
            ([Interval, TimestampTz], TimestampTz),
            ([Time, Interval], Time),
            ([Interval, Time], Time),
            ([Date, Time], Timestamp),
            ([Time, Date], Timestamp),
            ([Interval, Interval], Interval),
        ]),
        Subtract => rows.extend([
            ([Date, Integer], Date),
            ([Date, Date], Integer),
            ([Date, Interval], Timestamp),
            ([Timestamp, Timestamp], Interval),
            ([Timestamp, Interval], Timestamp),
            ([TimestampTz, TimestampTz], Interval),
            ([TimestampTz, Interval], TimestampTz),
            ([Time, Time], Interval),
            ([Time, Interval], Time),
            ([Interval, Interval], Interval),
            ([Jsonb, Text], Jsonb),
            ([Jsonb, Integer], Jsonb),
            ([Jsonb, DataType::TEXTS], Jsonb),
        ]),
        Multiply => rows.extend([
            ([Interval, Double], Interval),
            ([Double, Interval], Interval),
        ]),
        Divide => rows.push(([Interval, Double], Interval)),
        Modulo => rows = same(&[SmallInt, Integer, BigInt, NUMERIC]),
        Power => rows = same(&[Double, NUMERIC]),
        Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => {
            rows.extend(same(&[
                Boolean,
                Text,
                CHAR,
                Bytea,
                Date,
                Time,
                Timestamp,
                TimestampTz,
                Interval,
                Uuid,
                Jsonb,
            ]));
            for (left, right) in [
                (Date, Timestamp),
                (Date, TimestampTz),
                (Timestamp, TimestampTz),
            ] {
                rows.extend([([left, right], Boolean), ([right, left], Boolean)]);
            }
        }
        JsonGet => rows = json_rows(Json, Jsonb),
        JsonGetText => rows = json_rows(Text, Text),
        Concat => {}
    }
    rows
}

fn mixed_integers() -> Vec<Row> {
    use DataType::*;
    [(SmallInt, Integer), (SmallInt, BigInt), (Integer, BigInt)]
        .into_iter()
        .flat_map(|(small, large)| [([small, large], large), ([large, small], large)])
        .collect()
}

fn json_rows(of_json: DataType, of_jsonb: DataType) -> Vec<Row> {
    use DataType::*;
    vec![
        ([Json, Text], of_json),
        ([Json, Integer], of_json),
        ([Jsonb, Text], of_jsonb),
        ([Jsonb, Integer], of_jsonb),
    ]
}

/// Both sides are brought to one type in which values compare by what they hold.
fn compare(operator: BinaryOperator, left: Expr, right: Expr, to: [DataType; 2]) -> Result<Expr> {
    let (left, right) = (supply(left, to[0])?, supply(right, to[1])?);
    let (left, right) = match to {
        [DataType::Jsonb, _] => return Ok(compare_jsonb(operator, left, right)),
        [DataType::Interval, _] => (span(left), span(right)),
        [DataType::Char(_), _] => (stripped(left)?, stripped(right)?),
        // A date meets a timestamp as the start of its day.
        [DataType::Date, other] if other != DataType::Date => {
            (cast(left, other, CastContext::Implicit), right)
        }
        [other, DataType::Date] if other != DataType::Date => {
            (left, cast(right, other, CastContext::Implicit))
        }
        _ => (left, right),
    };
    Ok(binary(operator, left, right, DataType::Boolean))
}

/// What intervals are compared by.
pub(super) fn span(interval: Expr) -> Expr {
    Expr::call(Function::IntervalSpan, vec![interval], NUMERIC)
}

fn compare_jsonb(operator: BinaryOperator, left: Expr, right: Expr) -> Expr {
    if matches!(operator, BinaryOperator::Equal | BinaryOperator::NotEqual) {
        let key = |operand| Expr::call(Function::JsonbKey, vec![operand], DataType::Text);
        return binary(operator, key(left), key(right), DataType::Boolean);
    }
    let order = Expr::call(Function::JsonbCompare, vec![left, right], DataType::Integer);
    binary(operator, order, Expr::integer(0), DataType::Boolean)
}

/// `||` joins two texts, byte strings or JSONB documents, and a text with anything.
fn resolve_concat(left: Expr, right: Expr) -> Result<Expr> {
    use DataType::*;
    let types = [left.data_type.base(), right.data_type.base()];
    let target = match types {
        [Bytea, Bytea | Unknown] | [Unknown, Bytea] => Bytea,
        [Jsonb, Jsonb | Unknown] | [Unknown, Jsonb] => Jsonb,
        [left, right]
            if left.is_text() || right.is_text() || (left == Unknown && right == Unknown) =>
        {
            Text
        }
        [Unknown, _] | [_, Unknown] => Text,
        _ => return Err(no_operator(types, "||")),
    };
    let coerced = |operand: Expr| match target {
        Text if !operand.data_type.is_text() => coerce_to(operand, Text, CastContext::Assignment),
        _ => supply(operand, target),
    };
    Ok(binary(
        BinaryOperator::Concat,
        coerced(left)?,
        coerced(right)?,
        target,
    ))
}

/// `- operand`. Of a number as it was written, the sign decides its type: -2147483648 is an integer.
pub fn resolve_negate(operand: Expr) -> Result<Expr> {
    if let Some(least) = least_of_its_type(&operand) {
        return Ok(least);
    }
    if let (Some(&Value::I64(value)), DataType::Integer | DataType::BigInt) =
        (operand.as_constant(), operand.data_type)
        && let Some(negated) = value
            .checked_neg()
            .filter(|&value| operand.data_type == DataType::BigInt || i32::try_from(value).is_ok())
    {
        return Ok(Expr::constant(Value::I64(negated), operand.data_type));
    }
    let operand = sign_operand(operand, "-")?;
    let data_type = match operand.data_type {
        DataType::Numeric(_) => NUMERIC,
        other => other,
    };
    Ok(Expr::new(ExprKind::Negate(Box::new(operand)), data_type))
}

fn least_of_its_type(operand: &Expr) -> Option<Expr> {
    let least = |value: i64, data_type| Some(Expr::constant(Value::I64(value), data_type));
    match operand.as_constant()? {
        Value::I64(0x8000_0000) if operand.data_type == DataType::BigInt => {
            least(i64::from(i32::MIN), DataType::Integer)
        }
        Value::Decimal(Decimal::Small(0x8000_0000_0000_0000, 0)) => {
            least(i64::MIN, DataType::BigInt)
        }
        _ => None,
    }
}

/// `+ operand`.
pub fn resolve_plus(operand: Expr) -> Result<Expr> {
    sign_operand(operand, "+")
}

fn sign_operand(operand: Expr, symbol: &str) -> Result<Expr> {
    match category(operand.data_type) {
        Category::Number => Ok(operand),
        Category::Span if symbol == "-" => Ok(operand),
        Category::Unknown if symbol == "+" => coerce_to(operand, DataType::Double, CastContext::Implicit),
        Category::Unknown => Err(Error::new(
            Code::AmbiguousFunction,
            format!("operator is not unique: {symbol} unknown"),
        )
        .with_hint("Could not choose a best candidate operator. You might need to add explicit type casts.")),
        _ => {
            let message = format!("operator does not exist: {symbol} {}", operand.data_type.base());
            Err(Error::new(Code::UndefinedFunction, message).with_hint(
                "No operator matches the given name and argument type. You might need to add an explicit type cast.",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(operator: BinaryOperator, left: DataType, right: DataType) -> String {
        let operand = |data_type| match data_type {
            DataType::Unknown => Expr::null(),
            _ => Expr::column(0, data_type),
        };
        match resolve_operator(operator, operand(left), operand(right)) {
            Ok(expr) => expr.data_type.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn operators_are_chosen_as_in_postgresql() {
        use BinaryOperator::*;
        use DataType::*;
        for (operator, left, right, expected) in [
            (Add, SmallInt, SmallInt, "smallint"),
            (Add, SmallInt, BigInt, "bigint"),
            (Add, Real, Integer, "double precision"),
            (Add, Real, NUMERIC, "double precision"),
            (Add, Real, Real, "real"),
            (Add, Integer, NUMERIC, "numeric"),
            (Add, Date, Integer, "date"),
            (Add, Date, Interval, "timestamp without time zone"),
            (Add, Unknown, Integer, "integer"),
            (
                Add,
                Unknown,
                Unknown,
                "42725: operator is not unique: unknown + unknown",
            ),
            (
                Add,
                Text,
                Integer,
                "42883: operator does not exist: text + integer",
            ),
            (Subtract, Date, Date, "integer"),
            (Subtract, TimestampTz, Unknown, "interval"),
            (Subtract, Date, Timestamp, "interval"),
            (Multiply, Interval, Integer, "interval"),
            (Power, Integer, Integer, "double precision"),
            (Power, Integer, NUMERIC, "numeric"),
            (Modulo, SmallInt, Integer, "integer"),
            (
                Modulo,
                Double,
                Integer,
                "42883: operator does not exist: double precision % integer",
            ),
            (Equal, Varchar(None), Char(3), "boolean"),
            (
                Equal,
                Integer,
                Text,
                "42883: operator does not exist: integer = text",
            ),
            (
                Equal,
                Json,
                Json,
                "42883: operator does not exist: json = json",
            ),
            (Equal, Unknown, Unknown, "boolean"),
            (Less, Date, TimestampTz, "boolean"),
            (Concat, Integer, Text, "text"),
            (Concat, Integer, Unknown, "text"),
            (
                Concat,
                Integer,
                Integer,
                "42883: operator does not exist: integer || integer",
            ),
            (JsonGet, Json, Unknown, "json"),
            (JsonGetText, Jsonb, Integer, "text"),
        ] {
            assert_eq!(
                resolved(operator, left, right),
                expected,
                "{left} {} {right}",
                operator.symbol()
            );
        }
    }

    #[test]
    fn comparing_like_with_like_casts_nothing() {
        let compared = resolve_operator(
            BinaryOperator::Equal,
            Expr::column(0, DataType::Varchar(Some(3))),
            Expr::literal("abc"),
        )
        .unwrap();
        let ExprKind::Binary { left, right, .. } = compared.kind else {
            panic!("a comparison")
        };
        assert_eq!(*left, Expr::column(0, DataType::Varchar(Some(3))));
        assert_eq!(right.as_constant(), Some(&Value::text("abc")));
    }

    #[test]
    fn signs_need_numbers() {
        assert_eq!(resolve_negate(Expr::integer(5)).unwrap(), Expr::integer(-5));
        assert_eq!(
            resolve_negate(Expr::literal("5")).unwrap_err().sqlstate(),
            "42725"
        );
        assert_eq!(
            resolve_plus(Expr::column(0, DataType::Text))
                .unwrap_err()
                .sqlstate(),
            "42883"
        );
    }
}
