//! Values that come with a statement.

use crate::error::{Code, Error, Result};
use crate::expr::{elements_of_json, format_value, parse_value};
use crate::types::{DataType, INFINITY, NEG_INFINITY, PhysicalType, Value};
use std::borrow::Cow;
use std::rc::Rc;

/// A parameter as the host has it. Its SQL type is the statement's business.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    Null,
    Bool(bool),
    I64(i64),
    F64(f64),
    /// Read in PostgreSQL's input syntax of the type that the statement wants.
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    /// Milliseconds since 1970 (a JavaScript Date).
    Milliseconds(f64),
    /// The text of a JSON value.
    Json(Rc<str>),
    /// A value of the type that the statement wants.
    Value(Value),
}

impl From<i64> for Parameter {
    fn from(value: i64) -> Self {
        Parameter::I64(value)
    }
}

impl From<&str> for Parameter {
    fn from(value: &str) -> Self {
        Parameter::Text(Rc::from(value))
    }
}

impl Parameter {
    /// The value in the type that the statement wants.
    ///
    /// # Errors
    /// `WrongParameters` if a value of this kind is none of that type; the type's own errors if it does
    /// not fit.
    pub(super) fn to_value(&self, wanted: DataType, number: usize) -> Result<Value> {
        use PhysicalType as P;
        let physical = wanted.physical();
        Ok(match (self, physical) {
            (Parameter::Null, _) => Value::Null,
            (Parameter::Text(text) | Parameter::Json(text), _) if text.contains('\0') => {
                return Err(Error::null_character());
            }
            (Parameter::Value(value), _)
                if value.is_null() || value.physical() == Some(physical) =>
            {
                value.clone()
            }
            (Parameter::Bool(value), P::Bool) => Value::Bool(*value),
            (Parameter::I64(value), P::I64) if wanted.is_integer() => {
                return integer(*value, wanted);
            }
            (Parameter::F64(value), P::F64) if wanted == DataType::Double => Value::F64(*value),
            (Parameter::F64(value), P::I64)
                if wanted.is_integer() && value.fract() == 0.0 && value.abs() < 9.2e18 =>
            {
                return integer(*value as i64, wanted);
            }
            (Parameter::I64(value), P::F64) if wanted == DataType::Double => {
                Value::F64(*value as f64)
            }
            (Parameter::Bytes(bytes), P::Bytes) => Value::Bytes(bytes.clone()),
            (Parameter::Text(text), P::Text)
                if matches!(
                    wanted,
                    DataType::Text | DataType::Varchar(None) | DataType::Unknown
                ) =>
            {
                Value::Text(text.clone())
            }
            (Parameter::F64(value), P::I64) if value.is_infinite() && !wanted.is_integer() => {
                return instant(*value, wanted, number);
            }
            (Parameter::Milliseconds(value), P::I64) => return instant(*value, wanted, number),
            (Parameter::Json(text), P::Array) => {
                let element = wanted.element().unwrap_or_default();
                Value::Array(elements_of_json(text, element)?.into())
            }
            (Parameter::Json(text) | Parameter::Text(text), _) => return parse_value(text, wanted),
            // Numbers in the other types are read from their text, as a driver would send them.
            (Parameter::I64(value), P::Decimal | P::F64 | P::Text) => {
                return parse_value(&value.to_string(), wanted);
            }
            (Parameter::F64(value), P::Decimal | P::F64 | P::Text) => {
                let mut text = String::new();
                format_value(&Value::F64(*value), DataType::Double, &mut text);
                return parse_value(&text, wanted);
            }
            (Parameter::Bool(value), P::Text) => {
                return parse_value(if *value { "true" } else { "false" }, wanted);
            }
            (Parameter::Milliseconds(value), P::Text) => {
                let Value::I64(time) = instant(*value, DataType::TimestampTz, number)? else {
                    return Ok(Value::Null);
                };
                let mut text = String::new();
                format_value(&Value::I64(time), DataType::TimestampTz, &mut text);
                Value::text(&text)
            }
            _ => return Err(mismatch(self, wanted, number)),
        })
    }

    fn kind(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Parameter::Null => "null",
            Parameter::Bool(_) => "a boolean",
            Parameter::I64(value) => return format!("the number {value}").into(),
            Parameter::F64(value) => return format!("the number {value}").into(),
            Parameter::Text(_) => "a string",
            Parameter::Bytes(_) => "bytes",
            Parameter::Milliseconds(_) => "a date",
            Parameter::Json(_) => "an object",
            Parameter::Value(_) => "a value of another type",
        })
    }
}

fn mismatch(parameter: &Parameter, wanted: DataType, number: usize) -> Error {
    let message = format!(
        "${} must be of type {wanted}, not {}",
        number + 1,
        parameter.kind()
    );
    Error::new(Code::WrongParameters, message)
}

fn integer(value: i64, wanted: DataType) -> Result<Value> {
    let fits = match wanted {
        DataType::SmallInt => i16::try_from(value).is_ok(),
        DataType::Integer => i32::try_from(value).is_ok(),
        _ => true,
    };
    if fits {
        return Ok(Value::I64(value));
    }
    let message = format!("value \"{value}\" is out of range for type {wanted}");
    Err(Error::new(Code::NumericOutOfRange, message))
}

const DAY_MILLISECONDS: f64 = 86_400_000.0;

/// A JavaScript Date as an instant, or as the UTC day it lies in.
fn instant(milliseconds: f64, wanted: DataType, number: usize) -> Result<Value> {
    let scaled = match wanted {
        DataType::Timestamp | DataType::TimestampTz => milliseconds * 1000.0,
        DataType::Date => (milliseconds / DAY_MILLISECONDS).floor(),
        _ => {
            return Err(mismatch(
                &Parameter::Milliseconds(milliseconds),
                wanted,
                number,
            ));
        }
    };
    match milliseconds {
        f64::INFINITY => Ok(Value::I64(INFINITY)),
        f64::NEG_INFINITY => Ok(Value::I64(NEG_INFINITY)),
        // A Date reaches 8.64e15 milliseconds to either side.
        value if value.abs() <= 8.64e15 => Ok(Value::I64(scaled as i64)),
        _ => Err(Error::new(
            Code::InvalidDatetime,
            format!("${} is an invalid date", number + 1),
        )),
    }
}
