//! Functions on values.

use super::super::cast::{check_range, float_overflow, float_underflow, out_of_range};
use super::super::text::{self, Side};
use super::super::{EvalContext, Expr, Function, datetime, json};
use super::arithmetic::as_result;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Interval, MICROS_PER_DAY, Value};
use std::rc::Rc;

/// The function's value. `arguments` are the expressions, for their types, and `values` their values.
pub fn call(
    function: Function,
    values: &[Value],
    arguments: &[Expr],
    result: DataType,
    context: &EvalContext,
) -> Result<Value> {
    match function {
        Function::Concat => return Ok(concat("", values)),
        Function::ConcatWs => {
            return Ok(match &values[0] {
                Value::Text(separator) => concat(separator, &values[1..]),
                _ => Value::Null,
            });
        }
        Function::Now => return Ok(now(context.now, result)),
        Function::Random => {
            return Ok(Value::F64(
                (context.entropy.next_u64() >> 11) as f64 / (1u64 << 53) as f64,
            ));
        }
        Function::GenRandomUuid => return Ok(Value::Uuid(random_uuid(context))),
        Function::Pi => return Ok(Value::F64(std::f64::consts::PI)),
        _ if values.iter().any(Value::is_null) => return Ok(Value::Null),
        _ => {}
    }
    let first = arguments
        .first()
        .map_or(DataType::Unknown, |argument| argument.data_type);
    match values {
        [Value::Text(text), rest @ ..] => match time_call(function, text, rest, arguments) {
            Some(value) => value,
            None => text_call(function, text, rest),
        },
        [Value::Bytes(bytes), rest @ ..] => bytes_call(function, bytes, rest),
        [Value::F64(value), rest @ ..] => float_call(function, *value, rest, result),
        [Value::Decimal(value), rest @ ..] => decimal_call(function, value, rest),
        [Value::I64(_), ..] if matches!(function, Function::MakeDate | Function::MakeTimestamp) => {
            make(function, values)
        }
        [Value::I64(value), rest @ ..] => integer_call(function, *value, rest, first, result),
        [Value::Uuid(bits)] => Ok(match function {
            Function::IntervalSpan => {
                Value::Decimal(Decimal::from(Interval::from_bits(*bits).span()))
            }
            Function::IsFinite => Value::Bool(true),
            _ => return Err(unknown(function)),
        }),
        _ => Err(unknown(function)),
    }
}

fn unknown(function: Function) -> Error {
    Error::new(
        Code::Internal,
        format!("{function:?} was resolved for other types"),
    )
}

fn concat(separator: &str, values: &[Value]) -> Value {
    let mut out = String::new();
    let mut any = false;
    for value in values {
        if let Value::Text(text) = value {
            out.push_str(if any { separator } else { "" });
            out.push_str(text);
            any = true;
        }
    }
    Value::text(&out)
}

fn now(now: i64, result: DataType) -> Value {
    Value::I64(match result {
        DataType::Date => now.div_euclid(MICROS_PER_DAY),
        _ => now,
    })
}

/// Version 4, variant 1.
fn random_uuid(context: &EvalContext) -> u128 {
    let mut bytes = [0; 16];
    context.entropy.fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    u128::from_be_bytes(bytes)
}

fn text_call(function: Function, text: &str, rest: &[Value]) -> Result<Value> {
    let owned = |text: String| Ok(Value::text(&text));
    let slice = |text: &str| Ok(Value::text(text));
    let count = |count: usize| Ok(Value::I64(count as i64));
    match (function, rest) {
        (Function::Length, []) => count(text.chars().count()),
        (Function::OctetLength, []) => count(text.len()),
        (Function::Lower, []) => owned(text::lower(text)),
        (Function::Upper, []) => owned(text::upper(text)),
        (Function::InitCap, []) => owned(text::initcap(text)),
        (Function::TrimBoth, _) => slice(text::trim(text, characters(rest), Side::Both)),
        (Function::TrimLeft, _) => slice(text::trim(text, characters(rest), Side::Left)),
        (Function::TrimRight, _) => slice(text::trim(text, characters(rest), Side::Right)),
        (Function::Substring, [Value::I64(start)]) => slice(text::substring(text, *start, None)?),
        (Function::Substring, [Value::I64(start), Value::I64(length)]) => {
            slice(text::substring(text, *start, Some(*length))?)
        }
        (Function::Replace, [Value::Text(from), Value::Text(to)]) => {
            owned(text::replace(text, from, to)?)
        }
        (Function::Translate, [Value::Text(from), Value::Text(to)]) => {
            owned(text::translate(text, from, to))
        }
        (Function::Position, [Value::Text(part)]) => Ok(Value::I64(text::position(text, part))),
        (Function::Left, [Value::I64(count)]) => slice(text::left(text, *count)),
        (Function::Right, [Value::I64(count)]) => slice(text::right(text, *count)),
        (Function::Repeat, [Value::I64(count)]) => owned(text::repeat(text, *count)?),
        (Function::Reverse, []) => owned(text.chars().rev().collect()),
        (Function::PadLeft | Function::PadRight, [Value::I64(length), fill @ ..]) => {
            let side = if function == Function::PadLeft {
                Side::Left
            } else {
                Side::Right
            };
            owned(text::pad(text, *length, characters(fill), side)?)
        }
        (Function::StartsWith, [Value::Text(prefix)]) => {
            Ok(Value::Bool(text.starts_with(&**prefix)))
        }
        (Function::SplitPart, [Value::Text(delimiter), Value::I64(field)]) => {
            slice(text::split_part(text, delimiter, *field)?)
        }
        (Function::Ascii, []) => Ok(Value::I64(
            text.chars().next().map_or(0, |c| i64::from(u32::from(c))),
        )),
        (Function::JsonTypeof, []) => slice(json::type_name(text)),
        (Function::JsonArrayLength, []) => json::array_length(text).map(Value::I64),
        (Function::JsonbKey, []) => owned(json::equality_key(text)?),
        (Function::JsonbIdentity, []) => match json::equality_key(text)? == text {
            true => slice(text),
            false => Err(Error::unsupported(
                "grouping by jsonb with numbers that end in zeros",
            )),
        },
        (Function::JsonbCompare, [Value::Text(other)]) => {
            Ok(Value::I64(json::compare(text, other)? as i64))
        }
        _ => Err(unknown(function)),
    }
}

/// The characters to trim or fill with: a blank if not given.
fn characters(rest: &[Value]) -> &str {
    match rest {
        [Value::Text(characters)] => characters,
        _ => " ",
    }
}

/// The functions whose first argument names a field.
fn time_call(
    function: Function,
    name: &str,
    rest: &[Value],
    arguments: &[Expr],
) -> Option<Result<Value>> {
    let data_type = arguments.get(1)?.data_type.base();
    let (value, bits) = match rest {
        [Value::I64(value)] => (*value, 0),
        [Value::Uuid(bits)] => (0, *bits),
        _ => return None,
    };
    Some(match function {
        Function::DateTrunc if data_type == DataType::Interval => {
            datetime::truncate_interval(name, Interval::from_bits(bits))
                .map(|interval| Value::Uuid(interval.to_bits()))
        }
        Function::DateTrunc => datetime::truncate(name, data_type, value).map(Value::I64),
        Function::Extract => datetime::extract(name, data_type, value, bits)
            .map(|field| field.map_or(Value::Null, Value::Decimal)),
        Function::DatePart => datetime::extract(name, data_type, value, bits)
            .map(|field| field.map_or(Value::Null, |field| Value::F64(field.to_f64()))),
        _ => return None,
    })
}

fn bytes_call(function: Function, bytes: &Rc<[u8]>, rest: &[Value]) -> Result<Value> {
    let slice = |bytes: &[u8]| Ok(Value::Bytes(Rc::from(bytes)));
    match (function, rest) {
        (Function::Length | Function::OctetLength, []) => Ok(Value::I64(bytes.len() as i64)),
        (Function::Substring, [Value::I64(start)]) => {
            slice(text::substring_bytes(bytes, *start, None)?)
        }
        (Function::Substring, [Value::I64(start), Value::I64(length)]) => {
            slice(text::substring_bytes(bytes, *start, Some(*length))?)
        }
        _ => Err(unknown(function)),
    }
}

fn float_call(function: Function, x: f64, rest: &[Value], result: DataType) -> Result<Value> {
    let argument_error = |code, message| Err(Error::new(code, message));
    let value = match (function, rest) {
        (Function::Abs, []) => x.abs(),
        (Function::Round, []) => x.round_ties_even(),
        (Function::Ceil, []) => x.ceil(),
        (Function::Floor, []) => x.floor(),
        (Function::Trunc, []) => x.trunc(),
        (Function::Sign, []) => {
            if x > 0.0 {
                1.0
            } else if x < 0.0 {
                -1.0
            } else {
                x + 0.0
            }
        }
        (Function::Sqrt, []) if x < 0.0 => {
            return argument_error(
                Code::InvalidArgumentForPower,
                "cannot take square root of a negative number",
            );
        }
        (Function::Sqrt, []) => x.sqrt(),
        (Function::Cbrt, []) => x.cbrt(),
        (Function::Exp, []) => match x.exp() {
            value if value.is_infinite() && x.is_finite() => return Err(float_overflow()),
            0.0 if x.is_finite() => return Err(float_underflow()),
            value => value,
        },
        (Function::Ln | Function::Log, []) if x == 0.0 => {
            return argument_error(Code::InvalidArgumentForLog, "cannot take logarithm of zero");
        }
        (Function::Ln | Function::Log, []) if x < 0.0 => {
            return argument_error(
                Code::InvalidArgumentForLog,
                "cannot take logarithm of a negative number",
            );
        }
        (Function::Ln, []) => x.ln(),
        (Function::Log, []) => x.log10(),
        (Function::Degrees, []) => x.to_degrees(),
        (Function::Radians, []) => x.to_radians(),
        (Function::Sin | Function::Cos | Function::Tan, []) if x.is_infinite() => {
            return Err(input_out_of_range());
        }
        (Function::Asin | Function::Acos, []) if !(x.is_nan() || (-1.0..=1.0).contains(&x)) => {
            return Err(input_out_of_range());
        }
        (Function::Sin, []) => x.sin(),
        (Function::Cos, []) => x.cos(),
        (Function::Tan, []) => x.tan(),
        (Function::Asin, []) => x.asin(),
        (Function::Acos, []) => x.acos(),
        (Function::Atan, []) => x.atan(),
        (Function::Atan2, [Value::F64(other)]) => x.atan2(*other),
        (Function::ToTimestamp, []) => return datetime::to_timestamp(x).map(Value::I64),
        _ => return Err(unknown(function)),
    };
    as_result(value, result).map(Value::F64)
}

fn input_out_of_range() -> Error {
    Error::new(Code::NumericOutOfRange, "input is out of range")
}

fn decimal_call(function: Function, x: &Decimal, rest: &[Value]) -> Result<Value> {
    let scale =
        |scale: i64| i32::try_from(scale).unwrap_or(if scale < 0 { i32::MIN } else { i32::MAX });
    Ok(Value::Decimal(match (function, rest) {
        (Function::Abs, []) => x.abs(),
        (Function::Round, []) => x.round(0),
        (Function::Round, [Value::I64(places)]) => x.round(scale(*places)),
        (Function::Trunc, []) => x.trunc(0),
        (Function::Trunc, [Value::I64(places)]) => x.trunc(scale(*places)),
        (Function::Ceil, []) => x.ceil(),
        (Function::Floor, []) => x.floor(),
        (Function::Sign, []) if x.is_nan() => Decimal::NaN,
        (Function::Sign, []) => Decimal::from(i64::from(x.signum())),
        (Function::Sqrt, []) => x.sqrt()?,
        (Function::Exp, []) => x.exp()?,
        (Function::Ln, []) => x.ln()?,
        (Function::Log, []) => x.log(&Decimal::from(10i64))?,
        (Function::Log, [Value::Decimal(number)]) => number.log(x)?,
        (Function::Div, [Value::Decimal(other)]) => x.divide_truncating(other)?,
        (Function::Gcd, [Value::Decimal(other)]) => x.gcd(other),
        (Function::Lcm, [Value::Decimal(other)]) => match x.gcd(other) {
            divisor if divisor.is_zero() => x.abs().add(&other.abs())?,
            divisor => x.divide_truncating(&divisor)?.multiply(other)?.abs(),
        },
        _ => return Err(unknown(function)),
    }))
}

fn integer_call(
    function: Function,
    x: i64,
    rest: &[Value],
    first: DataType,
    result: DataType,
) -> Result<Value> {
    match (function, rest) {
        (Function::Abs, []) => x
            .checked_abs()
            .ok_or_else(|| out_of_range(result))
            .and_then(|value| check_range(value, result))
            .map(Value::I64),
        (Function::Gcd, [Value::I64(y)]) => integer_gcd(x, *y, result).map(Value::I64),
        (Function::Lcm, [Value::I64(y)]) => integer_lcm(x, *y, result).map(Value::I64),
        (Function::Factorial, []) => factorial(x).map(Value::Decimal),
        (Function::Chr, []) => {
            text::chr(x).map(|character| Value::text(character.encode_utf8(&mut [0; 4])))
        }
        (Function::ToHex, []) => Ok(Value::text(&match first {
            DataType::BigInt => format!("{x:x}"),
            _ => format!("{:x}", x as i32),
        })),
        (Function::IsFinite, []) => Ok(Value::Bool(x != i64::MAX && x != i64::MIN)),
        (Function::Age, [Value::I64(y)]) => {
            let later = if first == DataType::Date {
                datetime::date_to_timestamp(x)?
            } else {
                x
            };
            datetime::age(later, *y).map(|interval| Value::Uuid(interval.to_bits()))
        }
        _ => Err(unknown(function)),
    }
}

fn integer_gcd(x: i64, y: i64, result: DataType) -> Result<i64> {
    let divisor = num_integer::gcd(i128::from(x), i128::from(y));
    i64::try_from(divisor)
        .map_err(|_| out_of_range(result))
        .and_then(|value| check_range(value, result))
}

fn integer_lcm(x: i64, y: i64, result: DataType) -> Result<i64> {
    let multiple = num_integer::lcm(i128::from(x), i128::from(y));
    i64::try_from(multiple)
        .map_err(|_| out_of_range(result))
        .and_then(|value| check_range(value, result))
}

/// Beyond this the result has more digits than is useful to wait for.
const FACTORIAL_MAX: i64 = 5000;

fn factorial(x: i64) -> Result<Decimal> {
    if x < 0 {
        return Err(Error::new(
            Code::NumericOutOfRange,
            "factorial of a negative number is undefined",
        ));
    }
    if x > FACTORIAL_MAX {
        return Err(Error::new(
            Code::NumericOutOfRange,
            "value overflows numeric format",
        ));
    }
    (2..=x).try_fold(Decimal::ONE, |product, factor| {
        product.multiply(&Decimal::from(factor))
    })
}

fn make(function: Function, values: &[Value]) -> Result<Value> {
    match (function, values) {
        (Function::MakeDate, [Value::I64(year), Value::I64(month), Value::I64(day)]) => {
            datetime::make_date(*year, *month, *day).map(Value::I64)
        }
        (
            Function::MakeTimestamp,
            [
                Value::I64(year),
                Value::I64(month),
                Value::I64(day),
                Value::I64(hour),
                Value::I64(minute),
                Value::F64(seconds),
            ],
        ) => datetime::make_timestamp([*year, *month, *day], *hour, *minute, *seconds)
            .map(Value::I64),
        _ => Err(unknown(function)),
    }
}
