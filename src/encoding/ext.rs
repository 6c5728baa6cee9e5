//! The MessagePack extension codes, fixed from the first version on.
//!
//! Codes are given for the types to come as well, so that no later version has to reuse or squeeze in
//! one. A reader that meets a code that is reserved here refuses with `FORMAT_TOO_NEW`: the bytes are
//! sound, and it cannot know what they mean. Negative codes belong to MessagePack itself.
//!
//! ```text
//!   one value                            a column of many values
//!    1  NULL (1 byte: the column code)   32  boolean
//!    2  decimal                          33  integer: all widths, date, timestamp(tz)
//!    3  uuid                             34  float: real, double precision
//!    4  interval       reserved          35  decimal
//!    5  time           reserved          36  text: also varchar, char, json, jsonb
//!    6  timetz         reserved          37  bytes
//!    7  enum           reserved          38  uuid, interval
//!    8  array                            39  interval                  reserved
//!    9  range          reserved          40  time                      reserved
//!   10  row            reserved          41  timetz                    reserved
//!   11  bit string     reserved          42  enum                      reserved
//!   12  inet, cidr     reserved          43  array
//!   13  macaddr        reserved          44  range                     reserved
//!   14  geometry       reserved          45  row                       reserved
//!   15  tsvector       reserved          46  bit string                reserved
//!   16  vector of f32  reserved          47  inet, cidr                reserved
//!   17  domain value   reserved          48  macaddr                   reserved
//!   18  erased value   reserved          49  geometry                  reserved
//!                                        50  tsvector                  reserved
//!                                        51  vector of f32             reserved
//!                                        52  domain value              reserved
//!                                        53  erased values             reserved
//!   64  row ids                          65  sealed envelope (encryption)  reserved
//! ```
//!
//! Single booleans, integers, floats, texts and byte strings are MessagePack's own.

use super::wire::{Decoded, Malformed, invalid};
use crate::types::PhysicalType;

pub const NULL: i8 = 1;
pub const DECIMAL: i8 = 2;
pub const UUID: i8 = 3;
pub const ARRAY: i8 = 8;
pub const ROW_IDS: i8 = 64;

/// The code of a column of values.
pub fn column(physical: PhysicalType) -> i8 {
    match physical {
        PhysicalType::Bool => 32,
        PhysicalType::I64 => 33,
        PhysicalType::F64 => 34,
        PhysicalType::Decimal => 35,
        PhysicalType::Text => 36,
        PhysicalType::Bytes => 37,
        PhysicalType::Uuid => 38,
        PhysicalType::Array => 43,
    }
}

/// The type of the values behind a column's code.
pub fn physical(code: i8) -> Decoded<PhysicalType> {
    Ok(match code {
        32 => PhysicalType::Bool,
        33 => PhysicalType::I64,
        34 => PhysicalType::F64,
        35 => PhysicalType::Decimal,
        36 => PhysicalType::Text,
        37 => PhysicalType::Bytes,
        38 => PhysicalType::Uuid,
        43 => PhysicalType::Array,
        code => return unexpected(code),
    })
}

/// A code that cannot stand here: one of a later version, or none at all.
pub fn unexpected<T>(code: i8) -> Decoded<T> {
    match code {
        4..=7 | 9..=18 | 39..=42 | 44..=53 | 65 => {
            Err(Malformed::TooNew("it holds values of a type to come"))
        }
        _ => invalid("an extension code stands where it cannot"),
    }
}
