//! The scalar functions, resolved.

use super::{ArrayFunction, Trigonometry};

/// How long the answer to the same arguments stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Volatility {
    /// For ever.
    Immutable,
    /// While a transaction lasts.
    Stable,
    /// Not even from row to row.
    Volatile,
}

/// A scalar function, resolved: which one of an overloaded name it is follows from the types of its
/// arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    // Text.
    Length,
    OctetLength,
    BitLength,
    Lower,
    Upper,
    InitCap,
    TrimBoth,
    TrimLeft,
    TrimRight,
    Substring,
    Replace,
    Translate,
    /// Where the second argument is in the first, from 1; 0 if nowhere.
    Position,
    Left,
    Right,
    Repeat,
    Reverse,
    PadLeft,
    PadRight,
    StartsWith,
    SplitPart,
    Ascii,
    Chr,
    ToHex,
    Concat,
    ConcatWs,
    Overlay,
    QuoteIdent,
    QuoteLiteral,
    Md5,
    /// The parts of a name with dots.
    ParseIdent,
    /// With its Unicode escapes as what they stand for.
    UniStr,
    Decode,
    ConvertTo,
    // Bytes.
    Encode,
    GetByte,
    SetByte,
    GetBit,
    SetBit,
    ConvertFrom,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    BitCount,
    // Regular expressions.
    RegexpLike,
    RegexpSubstring,
    RegexpReplace,
    /// The groups of the first match.
    RegexpMatch,
    /// What lies between the matches.
    RegexpSplit,
    RegexpCount,
    RegexpInstr,
    RegexpSubstr,
    /// The regular expression of a pattern of SIMILAR TO.
    SimilarEscape,
    // Numbers.
    BitAnd,
    BitOr,
    BitXor,
    BitNot,
    ShiftLeft,
    ShiftRight,
    WidthBucket,
    Scale,
    MinScale,
    TrimScale,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Cot,
    /// Of or in degrees.
    OfDegrees(Trigonometry),
    Abs,
    Round,
    Ceil,
    Floor,
    Trunc,
    Sqrt,
    Cbrt,
    Exp,
    Ln,
    /// Base ten, or of the base given first.
    Log,
    Sign,
    Pi,
    Degrees,
    Radians,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Atan2,
    Gcd,
    Lcm,
    Div,
    Factorial,
    // Time.
    Now,
    StatementTime,
    ClockTime,
    DateTrunc,
    /// EXTRACT: a numeric.
    Extract,
    /// date_part: a double.
    DatePart,
    ToTimestamp,
    MakeDate,
    MakeTimestamp,
    MakeInterval,
    MakeTimestampTz,
    IsFinite,
    Age,
    ToChar,
    ToNumber,
    /// to_date and to_timestamp of a text, by a template.
    FromTemplate,
    JustifyDays,
    JustifyHours,
    JustifyInterval,
    DateBin,
    /// A time rounded to so many digits of its seconds.
    RoundTime,
    /// AT TIME ZONE: the zone first.
    AtZone,
    /// Of the ends of two spans.
    Overlaps,
    /// The span of an interval in microseconds, by which intervals compare (a month is 30 days).
    IntervalSpan,
    // Chance.
    Random,
    GenRandomUuid,
    // Sequences.
    NextVal,
    CurrVal,
    LastVal,
    SetVal,
    SerialSequence,
    /// GROUPING, until it is known what its arguments are grouped by.
    Grouping,
    // Of anything, NULL included.
    Format,
    QuoteNullable,
    NumNulls,
    NumNonnulls,
    ToJson,
    /// A member of an object as text: the key, a colon, the value.
    JsonMember,
    JsonBuildArray,
    JsonBuildObject,
    /// The same as PostgreSQL writes a row.
    JsonRow,
    /// A line of COPY: its format, then texts.
    CopyLine,
    /// An object of texts, from an array of pairs or one of names and one of values.
    JsonObject,
    // JSON.
    JsonTypeof,
    JsonArrayLength,
    /// `#>` and `#>>`.
    JsonPath,
    JsonPathText,
    /// The path in arguments of its own.
    JsonExtract,
    JsonExtractText,
    /// `@>`.
    JsonContains,
    /// `?`, and `?|` and `?&` of an array.
    JsonExists,
    JsonExistsAny,
    JsonExistsAll,
    JsonDeletePath,
    /// Of a jsonpath: `@?` and `@@`, and what it finds.
    JsonPathExists,
    JsonPathMatch,
    JsonPathFirst,
    JsonPathArray,
    JsonSet,
    /// The same, which may be told what to do about NULL.
    JsonSetLax,
    JsonInsert,
    JsonPretty,
    JsonStripNulls,
    /// The text by which JSONB values are equal: numbers without trailing zeros.
    JsonbKey,
    /// The argument, or an error if it has an equal that is written differently.
    JsonbIdentity,
    /// The same of intervals.
    IntervalIdentity,
    /// -1, 0 or 1 by PostgreSQL's order of JSONB.
    JsonbCompare,
    // Arrays.
    Array(ArrayFunction),
}

impl Function {
    /// Whether it asks the catalog for a sequence.
    pub fn is_of_sequences(self) -> bool {
        matches!(
            self,
            Function::NextVal
                | Function::CurrVal
                | Function::LastVal
                | Function::SetVal
                | Function::SerialSequence
        )
    }

    /// Whether it takes values of any type and NULLs.
    pub fn takes_anything(self) -> bool {
        use Function::*;
        matches!(
            self,
            Concat
                | ConcatWs
                | Overlaps
                | Format
                | QuoteNullable
                | NumNulls
                | NumNonnulls
                | ToJson
                | JsonMember
                | JsonBuildArray
                | JsonBuildObject
                | JsonRow
                | JsonObject
                | CopyLine
        )
    }

    /// Whether its answer may hold the texts of values of any type.
    pub fn prints(self) -> bool {
        self.takes_anything() || self == Function::Array(ArrayFunction::ToText)
    }

    pub fn volatility(self) -> Volatility {
        match self {
            Function::Random
            | Function::ClockTime
            | Function::GenRandomUuid
            | Function::NextVal
            | Function::CurrVal
            | Function::LastVal
            | Function::SetVal => Volatility::Volatile,
            Function::SerialSequence | Function::Now | Function::StatementTime => {
                Volatility::Stable
            }
            _ => Volatility::Immutable,
        }
    }
}
