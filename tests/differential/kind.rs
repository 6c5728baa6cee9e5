//! The types as the grammar sees them.

use super::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Small,
    Int,
    Big,
    Real,
    Double,
    Numeric,
    Text,
    Char,
    Bytea,
    Date,
    Timestamp,
    TimestampTz,
    Interval,
    Json,
    Jsonb,
    Uuid,
    Ints,
    Texts,
}

pub const KINDS: [Kind; 19] = [
    Kind::Bool,
    Kind::Small,
    Kind::Int,
    Kind::Big,
    Kind::Real,
    Kind::Double,
    Kind::Numeric,
    Kind::Text,
    Kind::Char,
    Kind::Bytea,
    Kind::Date,
    Kind::Timestamp,
    Kind::TimestampTz,
    Kind::Interval,
    Kind::Json,
    Kind::Jsonb,
    Kind::Uuid,
    Kind::Ints,
    Kind::Texts,
];

impl Kind {
    /// As templates write it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Small => "small",
            Kind::Int => "int",
            Kind::Big => "big",
            Kind::Real => "real",
            Kind::Double => "double",
            Kind::Numeric => "numeric",
            Kind::Text => "text",
            Kind::Char => "char",
            Kind::Bytea => "bytea",
            Kind::Date => "date",
            Kind::Timestamp => "timestamp",
            Kind::TimestampTz => "timestamptz",
            Kind::Interval => "interval",
            Kind::Json => "json",
            Kind::Jsonb => "jsonb",
            Kind::Uuid => "uuid",
            Kind::Ints => "ints",
            Kind::Texts => "texts",
        }
    }

    /// Types that columns of it are declared with; none where a column cannot have it.
    pub fn declarations(self) -> &'static [&'static str] {
        match self {
            Kind::Bool => &["boolean"],
            Kind::Small => &["smallint"],
            Kind::Int => &["integer"],
            Kind::Big => &["bigint"],
            Kind::Real => &["real"],
            Kind::Double => &["double precision"],
            Kind::Numeric => &["numeric(8,2)", "numeric", "numeric(20,4)", "numeric(5)"],
            Kind::Text => &["text", "text", "varchar", "varchar(12)"],
            Kind::Char => &["char(5)"],
            Kind::Bytea => &["bytea"],
            Kind::Date => &["date"],
            Kind::Timestamp => &["timestamp"],
            Kind::TimestampTz => &["timestamptz"],
            Kind::Interval => &["interval"],
            Kind::Json => &["json"],
            Kind::Jsonb => &["jsonb"],
            Kind::Uuid => &["uuid"],
            Kind::Ints => &["integer[]"],
            Kind::Texts => &["text[]"],
        }
    }

    /// The type to cast to.
    pub fn cast(self) -> &'static str {
        match self {
            Kind::Numeric => "numeric",
            Kind::Char => "char(5)",
            Kind::Text => "text",
            Kind::Interval => "interval",
            other => other.declarations()[0],
        }
    }

    /// Kinds of columns that serve where this one is wanted, by an implicit cast if need be.
    pub fn accepts(self, column: Kind) -> bool {
        let widened: &[Kind] = match self {
            Kind::Text => &[Kind::Char],
            Kind::Int => &[Kind::Small],
            Kind::Big => &[Kind::Small, Kind::Int],
            Kind::Numeric => &[Kind::Small, Kind::Int, Kind::Big],
            Kind::Double => &[Kind::Real, Kind::Numeric, Kind::Int],
            Kind::Timestamp => &[Kind::Date],
            _ => &[],
        };
        self == column || widened.contains(&column)
    }

    /// Whether values of it can be compared with each other.
    pub fn is_comparable(self) -> bool {
        self != Kind::Json
    }

    /// Whether there is `min` and `max` of it.
    pub fn has_extremes(self) -> bool {
        !matches!(
            self,
            Kind::Bool | Kind::Bytea | Kind::Json | Kind::Jsonb | Kind::Uuid
        )
    }

    /// A constant of it, of few so that they meet.
    ///
    /// Floats are sums of few powers of two, so that their sums are exact in any order of adding, and large integers
    /// are powers of two: of a float whose shortest decimal lies halfway to its neighbour, PostgreSQL prints another.
    pub fn constant(self, random: &mut Random) -> String {
        let values: &[&str] = match self {
            Kind::Bool => &["true", "false"],
            Kind::Small => &["0", "1", "2", "-3", "7", "300"],
            Kind::Int => &["0", "1", "2", "3", "5", "-1", "-7", "10", "42", "1000"],
            Kind::Big => &["0", "1", "-3", "100", "4294967296", "-4294967296"],
            Kind::Real => &["0", "1.5", "-2.25", "100", "0.125", "3"],
            Kind::Double => &["0", "1.5", "-2.25", "1024", "0.0625", "1e9", "-0.5"],
            Kind::Numeric => &[
                "0", "1", "1.5", "2.25", "-3.1", "10", "0.01", "-0.5", "999.99", "12345",
            ],
            Kind::Text => &[
                "a", "b", "ab", "", "B", "a%", "zz", "é", "É", "a_b", " x ", "10", "-7", "日本",
                "💾", "ab ",
            ],
            Kind::Char => &["a", "b", "ab", "", "é", "abcde", "ab  "],
            Kind::Bytea => &["\\x", "\\x00", "\\x6162", "\\xff", "\\x61"],
            Kind::Date => &[
                "2026-01-01",
                "2025-12-31",
                "2024-02-29",
                "1999-01-01",
                "2026-03-31",
            ],
            Kind::Timestamp | Kind::TimestampTz => &[
                "2026-01-01 10:00:00",
                "2025-12-31 23:59:59.5",
                "2024-02-29 00:00:00",
                "2026-01-01 00:00:00",
                "1969-12-31 23:59:59.000001",
            ],
            Kind::Interval => &[
                "1 day",
                "1 mon",
                "-2 hours",
                "1 year 2 mons",
                "00:00:01.5",
                "30 days",
                "0",
            ],
            Kind::Json | Kind::Jsonb => &[
                r#"{"a": 1, "b": [1, 2, 3]}"#,
                r#"{"a": {"b": "x"}, "c": null}"#,
                "[1, 2, 3]",
                r#"["x", {"a": true}]"#,
                "1",
                "null",
                r#""a""#,
                "{}",
                r#"{"a": 1.50}"#,
            ],
            Kind::Uuid => &[
                "00000000-0000-0000-0000-000000000000",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
            ],
            Kind::Ints => &[
                "{}",
                "{1}",
                "{1,2,3}",
                "{NULL,1}",
                "{2,1}",
                "{1,NULL}",
                "{42,-7,1000}",
            ],
            Kind::Texts => &[
                "{}",
                "{a}",
                "{a,b}",
                "{b,NULL}",
                "{\"\",a%}",
                "{\"x y\",\"NULL\"}",
            ],
        };
        values[random.below(values.len())].to_string()
    }

    /// A constant as it stands in a statement.
    pub fn literal(self, random: &mut Random) -> String {
        let text = self.constant(random);
        let quoted = format!("'{}'", text.replace('\'', "''"));
        match self {
            Kind::Bool => text,
            Kind::Int | Kind::Numeric if text.starts_with('-') => format!("({text})"),
            Kind::Int | Kind::Numeric => text,
            Kind::Text if random.chance(70) => quoted,
            Kind::Date if random.chance(50) => format!("date {quoted}"),
            Kind::Interval => format!("interval {quoted}"),
            _ if random.chance(50) => format!("{quoted}::{}", self.cast()),
            _ => format!("cast({quoted} as {})", self.cast()),
        }
    }
}
