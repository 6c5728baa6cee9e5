//! The catalogue of functions: by name, what they take and what they answer.

use super::{BinaryOperator, Function};
use crate::types::DataType;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Call(Function),
    /// Another name for an operator.
    Operator(BinaryOperator),
    /// A cast to the result's type.
    Cast,
}

/// One way to call a name.
#[derive(Debug, Clone, Copy)]
pub struct Signature {
    pub meaning: Meaning,
    pub arguments: &'static [DataType],
    pub result: DataType,
}

/// Names that mean the same, and their forms: argument types and result type.
struct Entry {
    names: &'static [&'static str],
    meaning: Meaning,
    forms: &'static [(&'static [DataType], DataType)],
}

const N: DataType = DataType::Numeric(None);
const C: DataType = DataType::Char(0);
use DataType::{
    BigInt as L, Boolean as B, Bytea as X, Date as D, Double as F, Integer as I, Interval as V,
    Json as J, Jsonb as JB, Real as R, SmallInt as S, Text as T, Timestamp as TS,
    TimestampTz as TZ, Uuid as U,
};

macro_rules! entries {
    ($($($name:literal)|+ => $meaning:expr; { $($($argument:ident)* => $result:ident),* })*) => {
        &[$(Entry {
            names: &[$($name),+],
            meaning: $meaning,
            forms: &[$((&[$($argument),*], $result)),*],
        }),*]
    };
}

use Meaning::{Call, Cast, Operator};

const ENTRIES: &[Entry] = entries! {
    "length" | "char_length" | "character_length" => Call(Function::Length); { T => I, C => I }
    "length" => Call(Function::Length); { X => I }
    "octet_length" => Call(Function::OctetLength); { T => I, C => I, X => I }
    "lower" => Call(Function::Lower); { T => T }
    "upper" => Call(Function::Upper); { T => T }
    "initcap" => Call(Function::InitCap); { T => T }
    "btrim" | "trim" => Call(Function::TrimBoth); { T => T, T T => T, X X => X }
    "ltrim" => Call(Function::TrimLeft); { T => T, T T => T, X X => X }
    "rtrim" => Call(Function::TrimRight); { T => T, T T => T, X X => X }
    "substring" | "substr" => Call(Function::Substring); { T I => T, T I I => T, X I => X, X I I => X }
    "replace" => Call(Function::Replace); { T T T => T }
    "translate" => Call(Function::Translate); { T T T => T }
    "position" | "strpos" => Call(Function::Position); { T T => I }
    "left" => Call(Function::Left); { T I => T }
    "right" => Call(Function::Right); { T I => T }
    "repeat" => Call(Function::Repeat); { T I => T }
    "reverse" => Call(Function::Reverse); { T => T }
    "lpad" => Call(Function::PadLeft); { T I => T, T I T => T }
    "rpad" => Call(Function::PadRight); { T I => T, T I T => T }
    "starts_with" => Call(Function::StartsWith); { T T => B }
    "split_part" => Call(Function::SplitPart); { T T I => T }
    "ascii" => Call(Function::Ascii); { T => I }
    "chr" => Call(Function::Chr); { I => T }
    "to_hex" => Call(Function::ToHex); { I => T, L => T }
    "abs" => Call(Function::Abs); { S => S, I => I, L => L, N => N, R => R, F => F }
    "round" => Call(Function::Round); { N => N, F => F, N I => N }
    "ceil" | "ceiling" => Call(Function::Ceil); { N => N, F => F }
    "floor" => Call(Function::Floor); { N => N, F => F }
    "trunc" => Call(Function::Trunc); { N => N, F => F, N I => N }
    "sqrt" => Call(Function::Sqrt); { N => N, F => F }
    "cbrt" => Call(Function::Cbrt); { F => F }
    "exp" => Call(Function::Exp); { N => N, F => F }
    "ln" => Call(Function::Ln); { N => N, F => F }
    "log" | "log10" => Call(Function::Log); { N => N, F => F }
    "log" => Call(Function::Log); { N N => N }
    "sign" => Call(Function::Sign); { N => N, F => F }
    "pi" => Call(Function::Pi); { => F }
    "degrees" => Call(Function::Degrees); { F => F }
    "radians" => Call(Function::Radians); { F => F }
    "sin" => Call(Function::Sin); { F => F }
    "cos" => Call(Function::Cos); { F => F }
    "tan" => Call(Function::Tan); { F => F }
    "asin" => Call(Function::Asin); { F => F }
    "acos" => Call(Function::Acos); { F => F }
    "atan" => Call(Function::Atan); { F => F }
    "atan2" => Call(Function::Atan2); { F F => F }
    "gcd" => Call(Function::Gcd); { I I => I, L L => L, N N => N }
    "lcm" => Call(Function::Lcm); { I I => I, L L => L, N N => N }
    "div" => Call(Function::Div); { N N => N }
    "factorial" => Call(Function::Factorial); { L => N }
    "now" | "transaction_timestamp" | "current_timestamp" => Call(Function::Now); { => TZ }
    "localtimestamp" => Call(Function::Now); { => TS }
    "current_date" => Call(Function::Now); { => D }
    "date_trunc" => Call(Function::DateTrunc); { T TS => TS, T TZ => TZ, T V => V }
    "extract" => Call(Function::Extract); { T D => N, T TS => N, T TZ => N, T V => N }
    "date_part" => Call(Function::DatePart); { T D => F, T TS => F, T TZ => F, T V => F }
    "to_timestamp" => Call(Function::ToTimestamp); { F => TZ }
    "make_date" => Call(Function::MakeDate); { I I I => D }
    "make_timestamp" => Call(Function::MakeTimestamp); { I I I I I F => TS }
    "isfinite" => Call(Function::IsFinite); { D => B, TS => B, TZ => B, V => B }
    "age" => Call(Function::Age); { TS TS => V, TZ TZ => V }
    "random" => Call(Function::Random); { => F }
    "gen_random_uuid" => Call(Function::GenRandomUuid); { => U }
    "nextval" => Call(Function::NextVal); { T => L }
    "currval" => Call(Function::CurrVal); { T => L }
    "lastval" => Call(Function::LastVal); { => L }
    "setval" => Call(Function::SetVal); { T L => L, T L B => L }
    "pg_get_serial_sequence" => Call(Function::SerialSequence); { T T => T }
    "json_typeof" => Call(Function::JsonTypeof); { J => T }
    "jsonb_typeof" => Call(Function::JsonTypeof); { JB => T }
    "json_array_length" => Call(Function::JsonArrayLength); { J => I }
    "jsonb_array_length" => Call(Function::JsonArrayLength); { JB => I }
    "mod" => Operator(BinaryOperator::Modulo); { S S => S, I I => I, L L => L, N N => N }
    "power" | "pow" => Operator(BinaryOperator::Power); { F F => F, N N => N }
    "date" => Cast; { TS => D, TZ => D }
};

/// All that a name may stand for.
pub fn named(name: &str) -> Vec<Signature> {
    (ENTRIES.iter().filter(|entry| entry.names.contains(&name)))
        .flat_map(|entry| {
            entry.forms.iter().map(|&(arguments, result)| Signature {
                meaning: entry.meaning,
                arguments,
                result,
            })
        })
        .collect()
}
