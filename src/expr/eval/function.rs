//! Functions on values.

use super::super::number_template::number_to_char;
use super::super::{EvalContext, Expr, Function, array, copy, datetime, encode, json, quote, text};
use super::number_function::{decimal_call, float_call, integer_call};
use super::text_function::text_call;
use crate::error::{Code, Error, Result};
use crate::types::{DataType, Decimal, Interval, MICROS_PER_DAY, Value};
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};
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
        Function::Overlaps => return overlaps(values),
        Function::ToChar if !values.iter().any(Value::is_null) => {
            return to_char(values, arguments);
        }
        Function::Format => {
            return match &values[0] {
                Value::Text(template) => {
                    quote::format(template, &values[1..]).map(|text| Value::text(&text))
                }
                _ => Ok(Value::Null),
            };
        }
        Function::QuoteNullable => {
            return Ok(match &values[0] {
                Value::Text(text) => Value::text(&quote::quote_literal(text)),
                _ => Value::text("NULL"),
            });
        }
        Function::CopyLine => {
            let format = copy::CopyFormat::read(&values[0])?;
            return Ok(Value::text(&copy::line(&format, &values[1..])));
        }
        _ if function.takes_anything() => {
            let types = arguments.iter().map(|argument| argument.data_type);
            return json::build(function, &values.iter().zip(types).collect::<Vec<_>>());
        }
        Function::Now => return Ok(now(context.now, result)),
        Function::StatementTime | Function::ClockTime => {
            let time = context.clock.map_or(context.now, |(began, clock)| {
                if function == Function::ClockTime {
                    clock.now()
                } else {
                    began
                }
            });
            return Ok(Value::I64(time.max(context.now)));
        }
        Function::JsonSetLax => return set_lax(values, arguments, result, context),
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
    if let Some(value) = span_call(function, values, arguments) {
        return value;
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
        [Value::I64(_), ..]
            if matches!(
                function,
                Function::MakeDate
                    | Function::MakeTimestamp
                    | Function::MakeTimestampTz
                    | Function::MakeInterval
            ) =>
        {
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

/// jsonb_set, for which a new value that is NULL means what the last argument says.
fn set_lax(
    values: &[Value],
    arguments: &[Expr],
    result: DataType,
    context: &EvalContext,
) -> Result<Value> {
    let [document, path, new, creates, treatment] = values else {
        return Err(unknown(Function::JsonSetLax));
    };
    if document.is_null() || path.is_null() || creates.is_null() {
        return Ok(Value::Null);
    }
    let treatment = match treatment {
        Value::Text(treatment) => treatment,
        _ => "",
    };
    let other = || {
        let message = "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"";
        Err(Error::new(Code::InvalidParameterValue, message))
    };
    let call = |function, values: &[Value]| call(function, values, arguments, result, context);
    let set = |new: &Value| {
        let values = [document, path, new, creates].map(Value::clone);
        call(Function::JsonSet, &values)
    };
    match treatment {
        "" => other(),
        _ if !new.is_null() => set(new),
        "use_json_null" => set(&Value::text("null")),
        "return_target" => Ok(document.clone()),
        "delete_key" => {
            let values = [document, path].map(Value::clone);
            call(Function::JsonDeletePath, &values)
        }
        "raise_exception" => Err(Error::new(
            Code::NullNotAllowed,
            "JSON value must not be null",
        )),
        _ => other(),
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
        DataType::Time => now.rem_euclid(MICROS_PER_DAY),
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
        (Function::BitLength, []) => Ok(Value::I64(bytes.len() as i64 * 8)),
        (Function::Md5, []) => Ok(Value::text(&encode::md5(bytes))),
        (Function::Sha224, []) => slice(&Sha224::digest(bytes)),
        (Function::Sha256, []) => slice(&Sha256::digest(bytes)),
        (Function::Sha384, []) => slice(&Sha384::digest(bytes)),
        (Function::Sha512, []) => slice(&Sha512::digest(bytes)),
        (Function::BitCount, []) => {
            let ones = bytes.iter().map(|byte| i64::from(byte.count_ones()));
            Ok(Value::I64(ones.sum()))
        }
        (Function::Position, [Value::Bytes(part)]) => {
            let places = (0..bytes.len() + 1).find(|at| bytes[*at..].starts_with(part));
            Ok(Value::I64(places.map_or(0, |at| at as i64 + 1)))
        }
        (Function::Overlay, [Value::Bytes(by), Value::I64(start), length @ ..]) => {
            text::check_overlay(*start)?;
            let length = match length {
                [Value::I64(length)] => *length,
                _ => by.len() as i64,
            };
            let before = text::substring_bytes(bytes, 1, Some(start - 1))?;
            let behind = text::substring_bytes(bytes, start.saturating_add(length), None)?;
            slice(&[before, by, behind].concat())
        }
        (Function::Encode, [Value::Text(encoding)]) => {
            encode::encode(bytes, encoding).map(|text| Value::text(&text))
        }
        (Function::ConvertFrom, [Value::Text(encoding)]) => {
            text::check_encoding(encoding)?;
            let text = std::str::from_utf8(bytes)
                .ok()
                .filter(|text| !text.contains('\0'));
            let text = text.ok_or_else(|| {
                let message = "invalid byte sequence for encoding \"UTF8\"";
                Error::new(Code::CharacterNotInRepertoire, message)
            })?;
            Ok(Value::text(text))
        }
        (
            Function::GetByte | Function::SetByte | Function::GetBit | Function::SetBit,
            [Value::I64(place), rest @ ..],
        ) => {
            let of_bits = matches!(function, Function::GetBit | Function::SetBit);
            let unit = if of_bits { 8 } else { 1 };
            let count = bytes.len() as i64 * unit;
            if !(0..count).contains(place) {
                let message = format!("index {place} out of valid range, 0..{}", count - 1);
                return Err(Error::new(Code::ArraySubscript, message));
            }
            let (at, bit) = ((place / unit) as usize, if of_bits { place % 8 } else { 0 });
            let [Value::I64(new)] = rest else {
                let value = i64::from(bytes[at]) >> bit;
                return Ok(Value::I64(if of_bits { value & 1 } else { value }));
            };
            let mut changed = bytes.to_vec();
            changed[at] = match of_bits {
                false => *new as u8,
                true if (0..=1).contains(new) => changed[at] & !(1 << bit) | (*new as u8) << bit,
                true => {
                    let message = "new bit must be 0 or 1";
                    return Err(Error::new(Code::InvalidParameterValue, message));
                }
            };
            slice(&changed)
        }
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

/// A number, time or interval by a template.
fn to_char(values: &[Value], arguments: &[Expr]) -> Result<Value> {
    let ([value, Value::Text(template)], Some(argument)) = (values, arguments.first()) else {
        return Err(unknown(Function::ToChar));
    };
    let data_type = argument.data_type;
    let text = match (value, data_type) {
        (Value::I64(time), DataType::Timestamp | DataType::TimestampTz) => {
            datetime::timestamp_to_char(*time, data_type == DataType::TimestampTz, template)?
        }
        (Value::Uuid(bits), _) => datetime::interval_to_char(Interval::from_bits(*bits), template)?,
        _ => return number_to_char(value, data_type == DataType::Real, template),
    };
    Ok(text.map_or(Value::Null, |text| Value::text(&text)))
}

/// Functions of intervals and of times beside them.
fn span_call(function: Function, values: &[Value], arguments: &[Expr]) -> Option<Result<Value>> {
    use Function::{
        AtZone, DateBin, IntervalIdentity, JustifyDays, JustifyHours, JustifyInterval, RoundTime,
    };
    let interval = |bits: &u128| Interval::from_bits(*bits);
    let justified = |bits, hours, days| {
        let justified = datetime::justify(interval(bits), hours, days);
        justified.map(|interval| Value::Uuid(interval.to_bits()))
    };
    Some(match (function, values) {
        (JustifyDays, [Value::Uuid(bits)]) => justified(bits, false, true),
        (JustifyHours, [Value::Uuid(bits)]) => justified(bits, true, false),
        (JustifyInterval, [Value::Uuid(bits)]) => justified(bits, true, true),
        // What is written as justify_interval would is what all that equals it would be.
        (IntervalIdentity, [value @ Value::Uuid(bits)]) => match justified(bits, true, true) {
            Ok(only) if only == *value => Ok(only),
            _ => {
                let what = "grouping by intervals like 24:00:00 and 30 days";
                Err(Error::unsupported(what))
            }
        },
        (DateBin, [Value::Uuid(bits), Value::I64(time), Value::I64(origin)]) => {
            datetime::bin(interval(bits), *time, *origin).map(Value::I64)
        }
        (RoundTime, [time @ Value::I64(i64::MIN | i64::MAX), _]) => Ok(time.clone()),
        (RoundTime, [Value::Uuid(bits), Value::I64(digits)]) => {
            let mut interval = interval(bits);
            let unit = 10i64.pow(6 - *digits as u32);
            let away = interval.micros.saturating_abs().saturating_add(unit / 2) / unit * unit;
            interval.micros = away * interval.micros.signum();
            Ok(Value::Uuid(interval.to_bits()))
        }
        (RoundTime, [Value::I64(time), Value::I64(digits)]) => {
            // Halves go away from where PostgreSQL counts from: midnight, or the year 2000.
            let origin = match arguments.first().map(|argument| argument.data_type) {
                Some(DataType::Time) => 0,
                _ => 946_684_800_000_000,
            };
            let time = time.saturating_sub(origin);
            let unit = 10i64.pow(6 - *digits as u32);
            let away = time.abs().saturating_add(unit / 2) / unit * unit;
            Ok(Value::I64((away * time.signum()).saturating_add(origin)))
        }
        (AtZone, [_, time @ Value::I64(i64::MIN | i64::MAX)]) => Ok(time.clone()),
        (AtZone, [zone, Value::I64(time)]) => {
            let offset = match zone {
                Value::Text(name) => datetime::zone_offset(name),
                Value::Uuid(bits) => datetime::zone_of_interval(interval(bits)),
                _ => Err(unknown(function)),
            };
            let ahead = match arguments.get(1).map(|argument| argument.data_type) {
                Some(DataType::TimestampTz) => 1,
                _ => -1,
            };
            offset
                .and_then(|offset| datetime::shift(*time, offset * ahead))
                .map(Value::I64)
        }
        _ => return None,
    })
}

/// Whether two spans have a moment in common; an end may be NULL. The end of a span may come first.
fn overlaps(values: &[Value]) -> Result<Value> {
    let ordered = |start: &Value, end: &Value| match (start.is_null(), end.is_null()) {
        (true, _) => (end.clone(), Value::Null),
        (false, false) if start > end => (end.clone(), start.clone()),
        _ => (start.clone(), end.clone()),
    };
    let [a, b, c, d] = values else {
        return Err(unknown(Function::Overlaps));
    };
    let ((mut start, mut end), (mut other, mut other_end)) = (ordered(a, b), ordered(c, d));
    if start.is_null() || other.is_null() {
        return Ok(Value::Null);
    }
    if start > other {
        std::mem::swap(&mut start, &mut other);
        std::mem::swap(&mut end, &mut other_end);
    }
    Ok(if start == other {
        match end.is_null() || other_end.is_null() {
            true => Value::Null,
            false => Value::Bool(true),
        }
    } else if end.is_null() {
        Value::Null
    } else if other < end {
        Value::Bool(true)
    } else if other_end.is_null() {
        Value::Null
    } else {
        Value::Bool(false)
    })
}

fn make(function: Function, values: &[Value]) -> Result<Value> {
    if let (Function::MakeInterval, [parts @ .., Value::F64(seconds)]) = (function, values) {
        let mut numbers = [0; 6];
        for (number, part) in numbers.iter_mut().zip(parts) {
            if let Value::I64(part) = part {
                *number = *part;
            }
        }
        return datetime::make_interval(numbers, *seconds)
            .map(|interval| Value::Uuid(interval.to_bits()));
    }
    if let (Function::MakeTimestampTz, [fields @ .., Value::Text(zone)]) = (function, values) {
        let time = make(Function::MakeTimestamp, fields)?;
        // Here a sign is that of ISO 8601.
        let sign = if zone.starts_with(['+', '-']) { 1 } else { -1 };
        let offset = datetime::zone_offset(zone)? * sign;
        return match time {
            Value::I64(time) => datetime::shift(time, offset).map(Value::I64),
            other => Ok(other),
        };
    }
    match (function, values) {
        (Function::MakeDate, [Value::I64(year), Value::I64(month), Value::I64(day)]) => {
            datetime::make_date(*year, *month, *day).map(Value::I64)
        }
        (
            Function::MakeTimestamp | Function::MakeTimestampTz,
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
