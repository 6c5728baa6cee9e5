//! Functions of numbers, on values.

use super::super::cast::{check_range, float_overflow, float_underflow, out_of_range};
use super::super::{Function, datetime, text};
use super::arithmetic::as_result;
use super::degrees::in_degrees;
use super::exponential;
use super::function::unknown;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Value};
use std::f64::consts::LN_2;

pub fn float_call(function: Function, x: f64, rest: &[Value], result: DataType) -> Result<Value> {
    match function {
        Function::ToTimestamp => datetime::to_timestamp(x).map(Value::I64),
        Function::WidthBucket => match rest {
            [Value::F64(low), Value::F64(high), Value::I64(count)] => {
                float_bucket(x, *low, *high, *count)
            }
            _ => Err(unknown(function)),
        },
        _ => float_function(function, x, rest, result).map(Value::F64),
    }
}

/// A function whose first argument and result are floats.
pub fn float_function(function: Function, x: f64, rest: &[Value], result: DataType) -> Result<f64> {
    let argument_error = |code, message| Err(Error::new(code, message));
    let value = match (function, rest) {
        (Function::Abs, []) => x.abs(),
        (Function::Round, []) => x.round_ties_even(),
        (Function::Ceil, []) => x.ceil(),
        (Function::Floor, []) => x.floor(),
        (Function::Trunc, []) => x.trunc(),
        (Function::Sign, []) if x > 0.0 => 1.0,
        (Function::Sign, []) if x < 0.0 => -1.0,
        // NaN too.
        (Function::Sign, []) => 0.0,
        (Function::Sqrt, []) if x < 0.0 => {
            return argument_error(
                Code::InvalidArgumentForPower,
                "cannot take square root of a negative number",
            );
        }
        (Function::Sqrt, []) => x.sqrt(),
        (Function::Cbrt, []) => x.cbrt(),
        (Function::Exp, []) => match exponential::exp(x) {
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
        (Function::Degrees, []) => match x.to_degrees() {
            value if value.is_infinite() && x.is_finite() => return Err(float_overflow()),
            value => value,
        },
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
        (Function::Sinh, []) => x.sinh(),
        (Function::Cosh, []) => x.cosh(),
        (Function::Tanh, []) => x.tanh(),
        (Function::Asinh, []) => asinh(x.abs()).copysign(x),
        (Function::Acosh, []) if x < 1.0 => return Err(input_out_of_range()),
        (Function::Acosh, []) => acosh(x),
        (Function::Atanh, []) if x.abs() > 1.0 => return Err(input_out_of_range()),
        (Function::Atanh, []) => x.atanh(),
        (Function::Cot, []) if x.is_infinite() => return Err(input_out_of_range()),
        (Function::Cot, []) => 1.0 / x.tan(),
        (Function::OfDegrees(function), []) => in_degrees(function, x, None)?,
        (Function::OfDegrees(function), [Value::F64(other)]) => {
            in_degrees(function, x, Some(*other))?
        }
        _ => return Err(unknown(function)),
    };
    as_result(value, result)
}

/// Of what is not negative; like acosh after fdlibm, exact where the formula as it stands loses digits or overflows.
fn asinh(x: f64) -> f64 {
    let square = x * x;
    match x {
        2.68e8.. => x.ln() + LN_2,
        2.0.. => (2.0 * x + 1.0 / ((square + 1.0).sqrt() + x)).ln(),
        _ => (x + square / (1.0 + (1.0 + square).sqrt())).ln_1p(),
    }
}

fn acosh(x: f64) -> f64 {
    let above = x - 1.0;
    match x {
        2.68e8.. => x.ln() + LN_2,
        2.0.. => (2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt())).ln(),
        _ => (above + (2.0 * above + above * above).sqrt()).ln_1p(),
    }
}

pub fn input_out_of_range() -> Error {
    Error::new(Code::NumericOutOfRange, "input is out of range")
}

pub fn decimal_call(function: Function, x: &Decimal, rest: &[Value]) -> Result<Value> {
    let scale =
        |scale: i64| i32::try_from(scale).unwrap_or(if scale < 0 { i32::MIN } else { i32::MAX });
    if let (Function::WidthBucket, [Value::Decimal(low), Value::Decimal(high), Value::I64(count)]) =
        (function, rest)
    {
        return decimal_bucket(x, low, high, *count);
    }
    if matches!(function, Function::Scale | Function::MinScale) {
        let shown = match function {
            Function::MinScale => x.normalized(),
            _ => x.clone(),
        };
        return Ok(match x.is_finite() {
            true => Value::I64(shown.scale().into()),
            false => Value::Null,
        });
    }
    Ok(Value::Decimal(match (function, rest) {
        (Function::TrimScale, []) => x.normalized(),
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
            // In the larger scale: that of the other is the product's.
            divisor => {
                let least = x.divide_truncating(&divisor)?.multiply(other)?.abs();
                least.add(&x.subtract(x)?)?
            }
        },
        _ => return Err(unknown(function)),
    }))
}

pub fn integer_call(
    function: Function,
    x: i64,
    rest: &[Value],
    first: DataType,
    result: DataType,
) -> Result<Value> {
    match (function, rest) {
        (Function::BitNot, []) => Ok(Value::I64(!x)),
        (Function::BitAnd, [Value::I64(y)]) => Ok(Value::I64(x & y)),
        (Function::BitOr, [Value::I64(y)]) => Ok(Value::I64(x | y)),
        (Function::BitXor, [Value::I64(y)]) => Ok(Value::I64(x ^ y)),
        (Function::ShiftLeft | Function::ShiftRight, [Value::I64(y)]) => Ok(Value::I64(shifted(
            x,
            *y,
            function == Function::ShiftLeft,
            result,
        ))),
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

/// The hardware's shift, by which PostgreSQL goes: of the distance only the lowest bits count.
fn shifted(x: i64, by: i64, left: bool, result: DataType) -> i64 {
    match (result, left) {
        (DataType::BigInt, true) => x.wrapping_shl(by as u32),
        (DataType::BigInt, false) => x.wrapping_shr(by as u32),
        (DataType::SmallInt, true) => i64::from((x as i32).wrapping_shl(by as u32) as i16),
        (_, true) => i64::from((x as i32).wrapping_shl(by as u32)),
        (_, false) => i64::from((x as i32).wrapping_shr(by as u32)),
    }
}

fn bucket_error(message: &str) -> Error {
    Error::new(Code::InvalidArgumentForWidthBucket, message)
}

fn checked_bucket(bucket: i64) -> Result<Value> {
    check_range(bucket, DataType::Integer).map(Value::I64)
}

fn float_bucket(x: f64, low: f64, high: f64, count: i64) -> Result<Value> {
    if count <= 0 {
        return Err(bucket_error("count must be greater than zero"));
    }
    if x.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bucket_error(
            "operand, lower bound, and upper bound cannot be NaN",
        ));
    }
    if low.is_infinite() || high.is_infinite() {
        return Err(bucket_error("lower and upper bounds must be finite"));
    }
    if low == high {
        return Err(bucket_error("lower bound cannot equal upper bound"));
    }
    // From high to low is the same the other way round.
    let (x, low, high) = match low < high {
        true => (x, low, high),
        false => (-x, -low, -high),
    };
    if x < low {
        return Ok(Value::I64(0));
    }
    if x >= high {
        return checked_bucket(count + 1);
    }
    let share = match (high - low).is_infinite() {
        false => (x - low) / (high - low),
        true => (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0),
    };
    checked_bucket(((count as f64 * share) as i64).min(count - 1) + 1)
}

fn decimal_bucket(x: &Decimal, low: &Decimal, high: &Decimal, count: i64) -> Result<Value> {
    if count <= 0 {
        return Err(bucket_error("count must be greater than zero"));
    }
    if x.is_nan() || low.is_nan() || high.is_nan() {
        return Err(bucket_error(
            "operand, lower bound, and upper bound cannot be NaN",
        ));
    }
    if !low.is_finite() || !high.is_finite() {
        return Err(bucket_error("lower and upper bounds must be finite"));
    }
    let (x, low, high) = match low.cmp(high) {
        std::cmp::Ordering::Less => (x.clone(), low.clone(), high.clone()),
        std::cmp::Ordering::Greater => (x.negated(), low.negated(), high.negated()),
        std::cmp::Ordering::Equal => {
            return Err(bucket_error("lower bound cannot equal upper bound"));
        }
    };
    if x < low {
        return Ok(Value::I64(0));
    }
    if x >= high {
        return checked_bucket(count + 1);
    }
    let place = (x.subtract(&low)?).multiply(&Decimal::from(count))?;
    let bucket = place.divide(&high.subtract(&low)?)?.floor().to_i64();
    checked_bucket(bucket.unwrap_or(count).min(count - 1) + 1)
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
