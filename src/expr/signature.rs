//! The catalogue of functions: by name, what they take and what they answer.

use super::{BinaryOperator, Function, Trigonometry};
use crate::types::{DataType, Element};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Meaning {
    Call(Function),
    /// Another name for an operator.
    Operator(BinaryOperator),
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
/// An array of texts.
const P: DataType = DataType::Array(Element::Text);
use DataType::{
    BigInt as L, Boolean as B, Bytea as X, Date as D, Double as F, Integer as I, Interval as V,
    Json as J, Jsonb as JB, Real as R, SmallInt as S, Text as T, Time as TM, Timestamp as TS,
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

use Function::OfDegrees;
use Meaning::{Call, Operator};
use Trigonometry::*;

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
    "position" => Call(Function::Position); { X X => I }
    "bit_count" => Call(Function::BitCount); { X => L }
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
    "parse_ident" => Call(Function::ParseIdent); { T => P, T B => P }
    "unistr" => Call(Function::UniStr); { T => T }
    "bit_length" => Call(Function::BitLength); { T => I, X => I }
    "overlay" => Call(Function::Overlay); { T T I => T, T T I I => T, X X I => X, X X I I => X }
    "quote_ident" => Call(Function::QuoteIdent); { T => T }
    "quote_literal" => Call(Function::QuoteLiteral); { T => T }
    "md5" => Call(Function::Md5); { T => T, X => T }
    "sha224" => Call(Function::Sha224); { X => X }
    "sha256" => Call(Function::Sha256); { X => X }
    "sha384" => Call(Function::Sha384); { X => X }
    "sha512" => Call(Function::Sha512); { X => X }
    "get_byte" => Call(Function::GetByte); { X I => I }
    "set_byte" => Call(Function::SetByte); { X I I => X }
    "get_bit" => Call(Function::GetBit); { X L => I }
    "set_bit" => Call(Function::SetBit); { X L I => X }
    "encode" => Call(Function::Encode); { X T => T }
    "decode" => Call(Function::Decode); { T T => X }
    "convert_to" => Call(Function::ConvertTo); { T T => X }
    "convert_from" => Call(Function::ConvertFrom); { X T => T }
    "^@" => Call(Function::StartsWith); { T T => B }
    "~" | "~*" | "!~" | "!~*" => Call(Function::RegexpLike); { T T => B }
    "regexp_like" => Call(Function::RegexpLike); { T T => B, T T T => B }
    "substring" => Call(Function::RegexpSubstring); { T T => T }
    "regexp_replace" => Call(Function::RegexpReplace); { T T T => T, T T T T => T, T T T I => T, T T T I I => T, T T T I I T => T }
    "regexp_match" => Call(Function::RegexpMatch); { T T => P, T T T => P }
    "regexp_split_to_array" => Call(Function::RegexpSplit); { T T => P, T T T => P }
    "regexp_count" => Call(Function::RegexpCount); { T T => I, T T I => I, T T I T => I }
    "regexp_instr" => Call(Function::RegexpInstr); { T T => I, T T I => I, T T I I => I, T T I I I => I, T T I I I T => I, T T I I I T I => I }
    "regexp_substr" => Call(Function::RegexpSubstr); { T T => T, T T I => T, T T I I => T, T T I I T => T, T T I I T I => T }
    "similar_to_escape" => Call(Function::SimilarEscape); { T T => T }
    "to_hex" => Call(Function::ToHex); { I => T, L => T }
    "&" => Call(Function::BitAnd); { S S => S, I I => I, L L => L }
    "|" => Call(Function::BitOr); { S S => S, I I => I, L L => L }
    "#" => Call(Function::BitXor); { S S => S, I I => I, L L => L }
    "~" => Call(Function::BitNot); { S => S, I => I, L => L }
    "<<" => Call(Function::ShiftLeft); { S I => S, I I => I, L I => L }
    ">>" => Call(Function::ShiftRight); { S I => S, I I => I, L I => L }
    "width_bucket" => Call(Function::WidthBucket); { F F F I => I, N N N I => I }
    "scale" => Call(Function::Scale); { N => I }
    "min_scale" => Call(Function::MinScale); { N => I }
    "trim_scale" => Call(Function::TrimScale); { N => N }
    "sinh" => Call(Function::Sinh); { F => F }
    "cosh" => Call(Function::Cosh); { F => F }
    "tanh" => Call(Function::Tanh); { F => F }
    "asinh" => Call(Function::Asinh); { F => F }
    "acosh" => Call(Function::Acosh); { F => F }
    "atanh" => Call(Function::Atanh); { F => F }
    "cot" => Call(Function::Cot); { F => F }
    "sind" => Call(OfDegrees(Sine)); { F => F }
    "cosd" => Call(OfDegrees(Cosine)); { F => F }
    "tand" => Call(OfDegrees(Tangent)); { F => F }
    "cotd" => Call(OfDegrees(Cotangent)); { F => F }
    "asind" => Call(OfDegrees(ArcSine)); { F => F }
    "acosd" => Call(OfDegrees(ArcCosine)); { F => F }
    "atand" => Call(OfDegrees(ArcTangent)); { F => F }
    "atan2d" => Call(OfDegrees(ArcTangent)); { F F => F }
    "abs" => Call(Function::Abs); { S => S, I => I, L => L, N => N, R => R, F => F }
    "round" => Call(Function::Round); { N => N, F => F, N I => N }
    "ceil" | "ceiling" => Call(Function::Ceil); { N => N, F => F }
    "floor" => Call(Function::Floor); { N => N, F => F }
    "trunc" => Call(Function::Trunc); { N => N, F => F, N I => N }
    "sqrt" => Call(Function::Sqrt); { N => N, F => F }
    "|/" => Call(Function::Sqrt); { F => F }
    "cbrt" | "||/" => Call(Function::Cbrt); { F => F }
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
    "statement_timestamp" => Call(Function::StatementTime); { => TZ }
    "clock_timestamp" => Call(Function::ClockTime); { => TZ }
    "localtimestamp" => Call(Function::Now); { => TS }
    "current_date" => Call(Function::Now); { => D }
    "localtime" => Call(Function::Now); { => TM }
    "date_trunc" => Call(Function::DateTrunc); { T TS => TS, T TZ => TZ, T V => V }
    "extract" => Call(Function::Extract); { T D => N, T TM => N, T TS => N, T TZ => N, T V => N }
    "date_part" => Call(Function::DatePart); { T D => F, T TM => F, T TS => F, T TZ => F, T V => F }
    "to_timestamp" => Call(Function::ToTimestamp); { F => TZ }
    "make_date" => Call(Function::MakeDate); { I I I => D }
    "make_timestamp" => Call(Function::MakeTimestamp); { I I I I I F => TS }
    "make_timestamptz" => Call(Function::MakeTimestampTz); { I I I I I F => TZ, I I I I I F T => TZ }
    "make_interval" => Call(Function::MakeInterval); { I I I I I I F => V }
    "justify_days" => Call(Function::JustifyDays); { V => V }
    "justify_hours" => Call(Function::JustifyHours); { V => V }
    "justify_interval" => Call(Function::JustifyInterval); { V => V }
    "date_bin" => Call(Function::DateBin); { V TS TS => TS, V TZ TZ => TZ }
    "timezone" => Call(Function::AtZone); { T TZ => TS, T TS => TZ, V TZ => TS, V TS => TZ }
    "to_number" => Call(Function::ToNumber); { T T => N }
    "to_date" => Call(Function::FromTemplate); { T T => D }
    "to_timestamp" => Call(Function::FromTemplate); { T T => TZ }
    "to_char" => Call(Function::ToChar); { TS T => T, TZ T => T, V T => T, I T => T, L T => T, N T => T, R T => T, F T => T }
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
    "#>" => Call(Function::JsonPath); { J P => J, JB P => JB }
    "#>>" => Call(Function::JsonPathText); { J P => T, JB P => T }
    "@>" | "jsonb_contains" => Call(Function::JsonContains); { JB JB => B }
    "?" | "jsonb_exists" => Call(Function::JsonExists); { JB T => B }
    "?|" | "jsonb_exists_any" => Call(Function::JsonExistsAny); { JB P => B }
    "?&" | "jsonb_exists_all" => Call(Function::JsonExistsAll); { JB P => B }
    "#-" | "jsonb_delete_path" => Call(Function::JsonDeletePath); { JB P => JB }
    "jsonb_set" => Call(Function::JsonSet); { JB P JB => JB, JB P JB B => JB }
    "jsonb_set_lax" => Call(Function::JsonSetLax); { JB P JB B T => JB }
    "jsonb_insert" => Call(Function::JsonInsert); { JB P JB => JB, JB P JB B => JB }
    "@?" | "jsonb_path_exists" | "jsonb_path_exists_tz" => Call(Function::JsonPathExists); { JB T => B, JB T JB => B, JB T JB B => B }
    "@@" | "jsonb_path_match" | "jsonb_path_match_tz" => Call(Function::JsonPathMatch); { JB T => B, JB T JB => B, JB T JB B => B }
    "jsonb_path_query_first" | "jsonb_path_query_first_tz" => Call(Function::JsonPathFirst); { JB T => JB, JB T JB => JB, JB T JB B => JB }
    "jsonb_path_query_array" | "jsonb_path_query_array_tz" => Call(Function::JsonPathArray); { JB T => JB, JB T JB => JB, JB T JB B => JB }
    "jsonb_pretty" => Call(Function::JsonPretty); { JB => T }
    "jsonb_strip_nulls" => Call(Function::JsonStripNulls); { JB => JB }
    "json_strip_nulls" => Call(Function::JsonStripNulls); { J => J }
    "mod" => Operator(BinaryOperator::Modulo); { S S => S, I I => I, L L => L, N N => N }
    "booleq" => Operator(BinaryOperator::Equal); { B B => B }
    "boolne" => Operator(BinaryOperator::NotEqual); { B B => B }
    "power" | "pow" => Operator(BinaryOperator::Power); { F F => F, N N => N }
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
