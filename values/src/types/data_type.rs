//! The SQL types and how each is held in memory.

use super::Enumeration;
use std::fmt;

/// A SQL type with its modifiers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum DataType {
    /// The type of an untyped NULL or string literal before its context gives it one.
    #[default]
    Unknown,
    Boolean,
    SmallInt,
    Integer,
    BigInt,
    Real,
    Double,
    /// Exact decimals; `Some((precision, scale))` bounds and rounds, `None` keeps any size.
    Numeric(Option<(u16, i16)>),
    Text,
    /// At most so many characters; `None` is without a bound.
    Varchar(Option<u32>),
    /// So many characters, counting trailing blanks, which mean nothing: a value is held without them,
    /// and output pads it. Zero is any length (PostgreSQL's `bpchar`), in which different lengths meet:
    /// such a value keeps its blanks, and they are dropped where it is compared.
    Char(u32),
    Bytea,
    Date,
    /// The time of a day, up to 24:00.
    Time,
    Timestamp,
    TimestampTz,
    /// JSON kept as its text.
    Json,
    /// JSON kept in PostgreSQL's normal form (keys sorted by length, then bytes; last duplicate wins).
    Jsonb,
    Uuid,
    /// Months, days and microseconds, which are not multiples of each other.
    Interval,
    Enum(Enumeration),
    /// One dimension, counted from 1, of elements of one type or NULL.
    Array(Element),
}

/// Declares the types that elements of an array may have, with the types that they are.
macro_rules! elements {
    ($($plain:ident)* ; $($modified:ident($modifier:ty))*) => {
        /// The type of the elements of an array: any type but an array and CHAR(n), with its modifiers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Element {
            $($plain,)*
            $($modified($modifier),)*
            /// Small integers of an array that is counted from 0, as the system's relations have them
            /// (PostgreSQL's `int2vector`). No column of a table has them.
            Places,
            /// The same of oids (`oidvector`).
            Oids,
        }

        impl Element {
            pub fn of(data_type: DataType) -> Option<Element> {
                Some(match data_type {
                    $(DataType::$plain => Element::$plain,)*
                    $(DataType::$modified(modifier) => Element::$modified(modifier),)*
                    _ => return None,
                })
            }

            pub fn data_type(self) -> DataType {
                match self {
                    $(Element::$plain => DataType::$plain,)*
                    $(Element::$modified(modifier) => DataType::$modified(modifier),)*
                    Element::Places => DataType::SmallInt,
                    Element::Oids => DataType::Integer,
                }
            }
        }
    };
}

elements! {
    Boolean SmallInt Integer BigInt Real Double Text Bytea Date Time Timestamp TimestampTz Json Jsonb Uuid Interval;
    Numeric(Option<(u16, i16)>) Varchar(Option<u32>) Enum(Enumeration)
}

/// How values of a type are held in a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhysicalType {
    Bool,
    /// Integers of all widths, DATE as days, TIME as microseconds of its day and TIMESTAMP(TZ) as microseconds since 1970-01-01, places of labels.
    I64,
    F64,
    Decimal,
    /// UTF-8.
    Text,
    Bytes,
    /// 128 bits: UUIDs and packed intervals.
    Uuid,
    /// Values of another physical type, or NULL.
    Array,
}

impl DataType {
    pub fn physical(self) -> PhysicalType {
        use DataType::*;
        match self {
            Boolean => PhysicalType::Bool,
            SmallInt | Integer | BigInt | Date | Time | Timestamp | TimestampTz | Enum(_) => {
                PhysicalType::I64
            }
            Real | Double => PhysicalType::F64,
            Numeric(_) => PhysicalType::Decimal,
            Unknown | Text | Varchar(_) | Char(_) | Json | Jsonb => PhysicalType::Text,
            Bytea => PhysicalType::Bytes,
            Uuid | Interval => PhysicalType::Uuid,
            Array(_) => PhysicalType::Array,
        }
    }

    pub const INTEGERS: DataType = DataType::Array(Element::Integer);
    pub const TEXTS: DataType = DataType::Array(Element::Text);

    /// The type of an array's elements.
    pub fn element(self) -> Option<DataType> {
        match self {
            DataType::Array(element) => Some(element.data_type()),
            _ => None,
        }
    }

    /// The type of arrays of such elements, if there are such.
    pub fn array(self) -> Option<DataType> {
        Element::of(self).map(DataType::Array)
    }

    /// PostgreSQL's OID, which drivers read from `fields[].dataTypeID`.
    pub fn oid(self) -> u32 {
        use DataType::*;
        match self {
            Unknown => 705,
            Boolean => 16,
            Bytea => 17,
            BigInt => 20,
            SmallInt => 21,
            Integer => 23,
            Text => 25,
            Json => 114,
            Real => 700,
            Double => 701,
            Char(_) => 1042,
            Varchar(_) => 1043,
            Date => 1082,
            Time => 1083,
            Timestamp => 1114,
            TimestampTz => 1184,
            Interval => 1186,
            Numeric(_) => 1700,
            Uuid => 2950,
            Jsonb => 3802,
            Enum(enumeration) => enumeration.id.oid(),
            Array(element) => match element {
                Element::Boolean => 1000,
                Element::Bytea => 1001,
                Element::SmallInt => 1005,
                Element::Integer => 1007,
                Element::Text => 1009,
                Element::Varchar(_) => 1015,
                Element::BigInt => 1016,
                Element::Real => 1021,
                Element::Double => 1022,
                Element::Time => 1183,
                Element::Timestamp => 1115,
                Element::Date => 1182,
                Element::TimestampTz => 1185,
                Element::Interval => 1187,
                Element::Numeric(_) => 1231,
                Element::Json => 199,
                Element::Uuid => 2951,
                Element::Jsonb => 3807,
                Element::Enum(enumeration) => enumeration.id.array_oid(),
                Element::Places => 22,
                Element::Oids => 30,
            },
        }
    }

    /// Whether it is a type of arrays that are counted from 0.
    pub fn is_vector(self) -> bool {
        matches!(self, DataType::Array(Element::Places | Element::Oids))
    }

    pub fn is_integer(self) -> bool {
        matches!(
            self,
            DataType::SmallInt | DataType::Integer | DataType::BigInt
        )
    }

    pub fn is_float(self) -> bool {
        matches!(self, DataType::Real | DataType::Double)
    }

    pub fn is_numeric(self) -> bool {
        self.is_integer() || self.is_float() || matches!(self, DataType::Numeric(_))
    }

    pub fn is_text(self) -> bool {
        matches!(
            self,
            DataType::Text | DataType::Varchar(_) | DataType::Char(_)
        )
    }

    /// The type without its modifiers: what functions and operators are resolved by.
    pub fn base(self) -> DataType {
        match self {
            DataType::Numeric(_) => DataType::Numeric(None),
            DataType::Varchar(_) => DataType::Varchar(None),
            DataType::Char(_) => DataType::Char(0),
            DataType::Array(Element::Numeric(_)) => DataType::Array(Element::Numeric(None)),
            DataType::Array(Element::Varchar(_)) => DataType::Array(Element::Varchar(None)),
            other => other,
        }
    }
}

/// The name as PostgreSQL's `format_type` writes it.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DataType::*;
        match self {
            Unknown => f.write_str("unknown"),
            Boolean => f.write_str("boolean"),
            SmallInt => f.write_str("smallint"),
            Integer => f.write_str("integer"),
            BigInt => f.write_str("bigint"),
            Real => f.write_str("real"),
            Double => f.write_str("double precision"),
            Numeric(None) => f.write_str("numeric"),
            Numeric(Some((precision, scale))) => write!(f, "numeric({precision},{scale})"),
            Text => f.write_str("text"),
            Varchar(None) => f.write_str("character varying"),
            Varchar(Some(length)) => write!(f, "character varying({length})"),
            Char(0) => f.write_str("character"),
            Char(length) => write!(f, "character({length})"),
            Bytea => f.write_str("bytea"),
            Date => f.write_str("date"),
            Time => f.write_str("time without time zone"),
            Timestamp => f.write_str("timestamp without time zone"),
            TimestampTz => f.write_str("timestamp with time zone"),
            Json => f.write_str("json"),
            Jsonb => f.write_str("jsonb"),
            Uuid => f.write_str("uuid"),
            Interval => f.write_str("interval"),
            Enum(enumeration) => enumeration.fmt(f),
            Array(Element::Places) => f.write_str("int2vector"),
            Array(Element::Oids) => f.write_str("oidvector"),
            Array(element) => write!(f, "{}[]", element.data_type()),
        }
    }
}
