//! Functions on values.

use super::super::{EvalContext, Expr, Function, array, datetime, json, text};
use super::number_function::{decimal_call, float_call, integer_call};
use super::text_function::text_call;
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
        Function::NumNulls | Function::NumNonnulls => {
            let wanted = function == Function::NumNulls;
            let counted = values.iter().filter(|value| value.is_null() == wanted);
            return Ok(Value::I64(counted.count() as i64));
        }
        _ if function.takes_anything() => {
            let types = arguments.iter().map(|argument| argument.data_type);
            return json::build(function, &values.iter().zip(types).collect::<Vec<_>>());
        }
        Function::Now => return Ok(now(context.now, result)),
        Function::Random => {
            return Ok(Value::F64(
                (context.entropy.next_u64() >> 11) as f64 / (1u64 << 53) as f64,
            ));
        }
        Function::GenRandomUuid => return Ok(Value::Uuid(random_uuid(context))),
        Function::Pi => return Ok(Value::F64(std::f64::consts::PI)),
        Function::Array(function) => return array::call(function, values, arguments, result),
        _ if values.iter().any(Value::is_null) => return Ok(Value::Null),
        _ => {}
    }
    if function.is_of_sequences() {
        return sequence_call(function, values, context);
    }
    let first = arguments
        .first()
        .map_or(DataType::Unknown, |argument| argument.data_type);
    match values {
        [Value::Text(text), rest @ ..] => match time_call(function, text, rest, arguments) {
            Some(value) => value,
            None => text_call(function, text, rest).map(Value::from),
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

fn sequence_call(function: Function, values: &[Value], context: &EvalContext) -> Result<Value> {
    let Some(sequences) = context.sequences else {
        return Err(Error::unsupported("a sequence here"));
    };
    let value = match (function, values) {
        (Function::NextVal, [sequence]) => sequences.next(sequence),
        (Function::CurrVal, [sequence]) => sequences.current(sequence),
        (Function::LastVal, []) => sequences.last(),
        (Function::SetVal, [sequence, Value::I64(value)]) => sequences.set(sequence, *value, true),
        (Function::SetVal, [sequence, Value::I64(value), Value::Bool(called)]) => {
            sequences.set(sequence, *value, *called)
        }
        (Function::SerialSequence, [Value::Text(table), Value::Text(column)]) => {
            let name = sequences.of_column(table, column)?;
            return Ok(name.map_or(Value::Null, |name| Value::text(&name)));
        }
        _ => return Err(unknown(function)),
    };
    value.map(Value::I64)
}

pub fn unknown(function: Function) -> Error {
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
        (_, [Value::Bytes(set)]) => {
            let is_kept = |byte: &u8| !set.contains(byte);
            let start = match function {
                Function::TrimRight => Some(0),
                _ => bytes.iter().position(is_kept),
            };
            let end = match function {
                Function::TrimLeft => Some(bytes.len()),
                _ => bytes.iter().rposition(is_kept).map(|last| last + 1),
            };
            slice(
                start
                    .zip(end)
                    .map_or(&[], |(start, end)| &bytes[start..end]),
            )
        }
        _ => Err(unknown(function)),
    }
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
