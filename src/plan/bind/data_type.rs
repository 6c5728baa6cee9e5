//! The names of types.

use super::name;
use crate::error::{Code, Error, Result};
use crate::plan::system::{TYPES, type_name};
use crate::types::DataType;
use sqlparser::ast::{self, ArrayElemTypeDef, CharacterLength, ExactNumberInfo, TimezoneInfo};

/// The longest VARCHAR and CHAR, as in PostgreSQL.
const LENGTH_MAX: u64 = 10_485_760;

/// The type that a name with its modifiers stands for.
pub fn bind(data_type: &ast::DataType) -> Result<DataType> {
    use ast::DataType as Ast;
    Ok(match data_type {
        Ast::Boolean | Ast::Bool => DataType::Boolean,
        Ast::SmallInt(None) | Ast::Int2(None) => DataType::SmallInt,
        Ast::Int(None) | Ast::Integer(None) | Ast::Int4(None) => DataType::Integer,
        Ast::BigInt(None) | Ast::Int8(None) => DataType::BigInt,
        Ast::Real | Ast::Float4 => DataType::Real,
        Ast::DoublePrecision | Ast::Float8 => DataType::Double,
        Ast::Float(info) => float(info)?,
        Ast::Numeric(info) | Ast::Decimal(info) | Ast::Dec(info) => numeric(info)?,
        Ast::Text => DataType::Text,
        Ast::Varchar(length) | Ast::CharacterVarying(length) | Ast::CharVarying(length) => {
            DataType::Varchar(
                length
                    .as_ref()
                    .map(|l| characters(l, "varchar"))
                    .transpose()?,
            )
        }
        Ast::Char(length) | Ast::Character(length) => {
            let length = length.as_ref().map(|l| characters(l, "char")).transpose()?;
            DataType::Char(length.unwrap_or(1))
        }
        Ast::Bytea => DataType::Bytea,
        Ast::Date => DataType::Date,
        Ast::Timestamp(precision, zone) => {
            full_precision(*precision)?;
            match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => DataType::Timestamp,
                TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => DataType::TimestampTz,
            }
        }
        Ast::Time(precision, TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => {
            full_precision(*precision)?;
            DataType::Time
        }
        Ast::Time(..) => return Err(Error::unsupported("the type time with time zone")),
        // SQLite's name of it.
        Ast::Datetime(None) => DataType::Timestamp,
        Ast::Interval {
            fields: None,
            precision: None,
        } => DataType::Interval,
        Ast::JSON => DataType::Json,
        Ast::JSONB => DataType::Jsonb,
        Ast::Uuid => DataType::Uuid,
        Ast::Custom(name, modifiers) => custom(name, modifiers)?,
        Ast::Array(of) => array(of)?,
        _ => return Err(Error::unsupported("this data type")),
    })
}

/// A type of times that says how many digits of a second it keeps, without that and how many they are. A value is
/// rounded where it becomes one of the type.
pub fn split_precision(data_type: &ast::DataType) -> Option<(ast::DataType, u32)> {
    match data_type {
        ast::DataType::Timestamp(Some(digits), zone) => Some((
            ast::DataType::Timestamp(None, *zone),
            (*digits).min(6) as u32,
        )),
        ast::DataType::Interval {
            fields: None,
            precision: Some(digits),
        } => {
            let plain = ast::DataType::Interval {
                fields: None,
                precision: None,
            };
            Some((plain, (*digits).min(6) as u32))
        }
        ast::DataType::Time(Some(digits), zone) => {
            Some((ast::DataType::Time(None, *zone), (*digits).min(6) as u32))
        }
        _ => None,
    }
}

/// How many dimensions are written does not matter, nor how many elements.
fn array(of: &ArrayElemTypeDef) -> Result<DataType> {
    use ArrayElemTypeDef::{Qualified, SquareBracket};
    let (SquareBracket(element, _) | Qualified(element, _)) = of else {
        return Err(Error::unsupported("this type of array"));
    };
    let element = bind(element)?;
    match element {
        DataType::Array(_) => Ok(element),
        _ => element
            .array()
            .ok_or_else(|| Error::unsupported(format!("an array of type {element}"))),
    }
}

/// The type that a PREPARE gives to a parameter.
pub fn of_parameter(data_type: &ast::DataType) -> Result<Option<DataType>> {
    let bound = bind(data_type).map(Some);
    bound.map_err(|error| match error.code() {
        // Its labels may be others when the statement is executed.
        Code::UndefinedObject => error.with_hint("PREPARE knows no types that users made."),
        _ => error,
    })
}

/// The integer type of a column of a serial type.
pub fn serial(data_type: &ast::DataType) -> Option<DataType> {
    let ast::DataType::Custom(name, modifiers) = data_type else {
        return None;
    };
    let ident = name::single(name).ok().filter(|_| modifiers.is_empty())?;
    match ident.value.as_str() {
        "smallserial" | "serial2" => Some(DataType::SmallInt),
        "serial" | "serial4" => Some(DataType::Integer),
        "bigserial" | "serial8" => Some(DataType::BigInt),
        _ => None,
    }
}

fn float(info: &ExactNumberInfo) -> Result<DataType> {
    match info {
        ExactNumberInfo::None => Ok(DataType::Double),
        ExactNumberInfo::Precision(1..=24) => Ok(DataType::Real),
        ExactNumberInfo::Precision(25..=53) => Ok(DataType::Double),
        ExactNumberInfo::Precision(0) => Err(invalid(
            "precision for type float must be at least 1 bit".to_string(),
        )),
        _ => Err(invalid(
            "precision for type float must be less than 54 bits".to_string(),
        )),
    }
}

fn numeric(info: &ExactNumberInfo) -> Result<DataType> {
    let (precision, scale) = match info {
        ExactNumberInfo::None => return Ok(DataType::Numeric(None)),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    if !(1..=1000).contains(&precision) {
        return Err(invalid(format!(
            "NUMERIC precision {precision} must be between 1 and 1000"
        )));
    }
    if !(-1000..=1000).contains(&scale) {
        return Err(invalid(format!(
            "NUMERIC scale {scale} must be between -1000 and 1000"
        )));
    }
    Ok(DataType::Numeric(Some((precision as u16, scale as i16))))
}

fn characters(length: &CharacterLength, name: &str) -> Result<u32> {
    match length {
        CharacterLength::IntegerLength { length: 0, .. } => Err(invalid(format!(
            "length for type {name} must be at least 1"
        ))),
        CharacterLength::IntegerLength { length, .. } if *length <= LENGTH_MAX => {
            Ok(*length as u32)
        }
        _ => Err(invalid(format!(
            "length for type {name} cannot exceed {LENGTH_MAX}"
        ))),
    }
}

/// Timestamps keep microseconds; a type that rounded to less would have to remember it.
fn full_precision(precision: Option<u64>) -> Result<()> {
    match precision {
        None | Some(6..) => Ok(()),
        Some(_) => Err(Error::unsupported(
            "a timestamp of less than microseconds here",
        )),
    }
}

fn custom(name: &ast::ObjectName, modifiers: &[String]) -> Result<DataType> {
    let ident = match name::parts(name)?.as_slice() {
        [schema, ident] if schema.value == "pg_catalog" => *ident,
        _ => name::single(name)?,
    };
    let array = ident.value.strip_prefix('_').and_then(of_name);
    if let (Some(array), []) = (array.and_then(DataType::array), modifiers) {
        return Ok(array);
    }
    match (ident.value.as_str(), modifiers) {
        // Those of the system's relations.
        ("oid", []) => Ok(DataType::Integer),
        ("name", []) => Ok(DataType::Text),
        ("bpchar", []) => Ok(DataType::Varchar(None)),
        (
            "serial" | "bigserial" | "smallserial" | "serial4" | "serial8" | "timetz" | "money"
            | "xml" | "inet" | "cidr" | "macaddr" | "regclass" | "bit" | "varbit" | "jsonpath"
            | "tsvector" | "tsquery" | "point" | "int4range" | "int8range" | "numrange" | "tsrange"
            | "tstzrange" | "daterange",
            _,
        ) => Err(Error::unsupported(format!("the type {}", ident.value)).at(name::position(ident))),
        (other, _) => of_name(other)
            .filter(|_| modifiers.is_empty())
            .ok_or_else(|| {
                let message = format!("type \"{other}\" does not exist");
                Error::new(Code::UndefinedObject, message).at(name::position(ident))
            }),
    }
}

/// An error for a type that only columns of the system's relations are of.
pub fn check_kept(data_type: DataType) -> Result<()> {
    match data_type.is_vector() {
        true => Err(Error::unsupported(format!("a column of type {data_type}"))),
        false => Ok(()),
    }
}

/// A type by its internal name.
pub fn of_name(name: &str) -> Option<DataType> {
    let known = TYPES.iter().find(|(known, ..)| type_name(*known) == name);
    known.map(|(known, ..)| *known)
}

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidParameterValue, message)
}
