//! What expressions look like: for each kind of result the templates it can be written by.
//!
//! `{int}` stands for any expression of that kind, `{self}` for one of the result's own kind, `{any}` for one of
//! any kind, `{number}` for one of an exact number, `{key}` for one of a kind that can be compared: the same kind
//! throughout the template. `{query key}` is a query of one column, `{from}` an item of FROM whose columns are in
//! scope behind it. `{leaf int}` goes no deeper,
//! `{inner int}` names no columns of the queries around (an aggregate of those alone would be theirs), `{column int}` is a column or NULL, `{literal int}` a constant. The other words stand for constants of that sort.
//!
//! A template that begins with `?` need not look at all of its parts, so that an error of a value in one of them may or
//! may not come up; it is left out where errors are compared. So is what makes NULL of constants: PostgreSQL does not look at
//! the other arguments of a function that one constant NULL makes NULL.
//!
//! To cover something new, add a template.

use super::kind::Kind;

/// Templates for results of every kind.
pub const GENERIC: &[&str] = &[
    "?case when {bool} then {self} else {self} end",
    "?case when {bool} then {self} when {bool} then {self} end",
    "?case {leaf key} when {leaf key} then {self} else {self} end",
    "?coalesce({self}, {self})",
    "?coalesce({self}, {self}, {self})",
    "cast({self} as {own type})",
    "cast(null as {own type})",
    "?(select {self} from {from} where {bool} order by 1 limit 1)",
];

/// Templates for results that can be compared.
pub const COMPARABLE: &[&str] = &[
    "nullif({self}, {self})",
    "greatest({self}, {self})",
    "least({self}, {self}, {self})",
];

/// Templates for results that have `min` and `max`.
pub const EXTREME: &[&str] = &[
    "?(select max({inner self}) from {from} where {bool})",
    "?(select min({inner self}) from {from})",
];

pub fn templates(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bool => BOOL,
        Kind::Small => SMALL,
        Kind::Int => INT,
        Kind::Big => BIG,
        Kind::Real => REAL,
        Kind::Double => DOUBLE,
        Kind::Numeric => NUMERIC,
        Kind::Text => TEXT,
        Kind::Char => CHAR,
        Kind::Bytea => BYTEA,
        Kind::Date => DATE,
        Kind::Timestamp => TIMESTAMP,
        Kind::TimestampTz => TIMESTAMPTZ,
        Kind::Interval => INTERVAL,
        Kind::Json => JSON,
        Kind::Jsonb => JSONB,
        Kind::Uuid => UUID,
        Kind::Ints => INTS,
        Kind::Texts => TEXTS,
    }
}

const BOOL: &[&str] = &[
    "{int} = any({ints})",
    "{int} <> all({ints})",
    "{int} >= any({ints})",
    "{text} = any({texts})",
    "{text} like any({texts})",
    "{ints} @> {ints}",
    "{ints} <@ {ints}",
    "{texts} && {texts}",
    "{key} = {key}",
    "{key} <> {key}",
    "{key} < {key}",
    "{key} <= {key}",
    "{key} > {key}",
    "{key} >= {key}",
    "{number} = {number}",
    "{number} < {number}",
    "{number} >= {double}",
    "{real} = {numeric}",
    "{date} < {timestamp}",
    "{timestamp} >= {timestamptz}",
    "{timestamptz} <> {date}",
    "{char} = {text}",
    "?{bool} and {bool}",
    "?{bool} or {bool}",
    "?{bool} and {bool} and {bool}",
    "?{bool} or {bool} and {bool}",
    "not {bool}",
    "not {int} = {int}",
    "{any} is null",
    "{any} is not null",
    "{bool} is true",
    "{bool} is not true",
    "{bool} is not false",
    "{bool} is unknown",
    "{key} is distinct from {key}",
    "{key} is not distinct from {key}",
    "?{key} between {key} and {key}",
    "?{key} not between {key} and {key}",
    "?{key} in ({key}, {key}, {key})",
    "?{key} in ({literal key}, {literal key}, {literal key})",
    "?{key} not in ({key}, {key})",
    "?{key} in ({query key})",
    "?{key} not in ({query key})",
    "?exists ({query any})",
    "?not exists ({query any})",
    "?({int}, {text}) = ({int}, {text})",
    "?({int}, {text}) <> ({int}, {text})",
    "?({numeric}, {date}, {int}) < ({numeric}, {date}, {int})",
    "?({text}, {int}) >= ({text}, {int})",
    "?({int}, {text}) in (select {int}, {text} from {from} where {bool})",
    "?{key} = any ({query key})",
    "?{key} <> all ({query key})",
    "?{number} >= all ({query int})",
    "?{key} < any ({query key})",
    "?({int}, {text}) in (({int}, {text}), ({int}, {text}))",
    "{text} like {pattern}",
    "{text} not like {pattern}",
    "{text} ilike {pattern}",
    "{char} like {pattern}",
    "{text} like {text}",
    "starts_with({text}, {text})",
    "isfinite({date})",
    "isfinite({timestamp})",
    "({int} + 1)::boolean",
    "{jsonb} = {jsonb}",
    "{jsonb} < {jsonb}",
];

const SMALL: &[&str] = &[
    "{small} + {small}",
    "{small} * {small}",
    "{small} / {small}",
    "- {small}",
    "abs({small})",
    "{int}::smallint",
    "{text}::smallint",
];

const INT: &[&str] = &[
    "({ints})[{int}]",
    "cardinality({ints})",
    "array_length({texts}, 1)",
    "array_position({texts}, {text})",
    "?(select max({inner int}) from {from} where {int} = any({ints}))",
    "{int} + {int}",
    "{int} - {int}",
    "{int} * {int}",
    "{int} + {int} * {int}",
    "{int} - {int} - {int}",
    "{int} / {int}",
    "{int} % {int}",
    "- {int}",
    "+ {int}",
    "{small} + {int}",
    "abs({int})",
    "mod({int}, {int})",
    "gcd({int}, {int})",
    "lcm({int}, {int})",
    "length({text})",
    "length({char})",
    "length({bytea})",
    "octet_length({text})",
    "ascii({text})",
    "strpos({text}, {text})",
    "position({text} in {text})",
    "{date} - {date}",
    "{bool}::int",
    "{big}::int",
    "{numeric}::int",
    "{double}::int",
    "{text}::int",
    "cast({leaf numeric} as integer)",
    "jsonb_array_length({jsonb})",
    "?(select count(*)::int from {from} where {bool})",
];

const BIG: &[&str] = &[
    "{big} + {big}",
    "{big} - {int}",
    "{big} * {int}",
    "{big} / {big}",
    "{big} % {small}",
    "- {big}",
    "abs({big})",
    "gcd({big}, {big})",
    "{numeric}::bigint",
    "{int}::bigint",
    "{text}::bigint",
    "?(select count({inner any}) from {from})",
    "?(select sum({inner int}) from {from})",
];

// trunc(null) is ambiguous in PostgreSQL, which has it for network addresses, too.
const REAL: &[&str] = &[
    "{real} + {real}",
    "{real} * {real}",
    "- {real}",
    "abs({real})",
    "{leaf numeric}::real",
];

const DOUBLE: &[&str] = &[
    "{double} + {double}",
    "{double} - {number}",
    "{double} * {double}",
    "{real} + {double}",
    "{leaf double} / {leaf double}",
    "- {double}",
    "abs({double})",
    "round({double})",
    "trunc({double} + 0)",
    "ceil({double})",
    "ceil({int})",
    "round({big})",
    "sign({small})",
    "floor({double})",
    "sign({double})",
    "sqrt({leaf double})",
    "{numeric}::double precision",
    "{int}::double precision",
    "{text}::double precision",
    "date_part({field}, {timestamp})",
];

// An integer beside which there is nothing exact with a fraction would make some of these floats.
const NUMERIC: &[&str] = &[
    "{numeric} + {numeric}",
    "{numeric} - {numeric}",
    "{numeric} * {numeric}",
    "{numeric} / {numeric}",
    "{numeric} % {numeric}",
    "{number} + {numeric}",
    "{big} / {numeric}",
    "- {numeric}",
    "abs({numeric})",
    "round({numeric} + 0.0)",
    "round({numeric}, {digits})",
    "trunc({numeric}, {digits})",
    "trunc({numeric} * 1.0)",
    "ceil({numeric} * 1.0)",
    "floor({numeric} + 0.0)",
    "sign({numeric} * 1.0)",
    "div({numeric}, {numeric})",
    "mod({numeric}, {numeric})",
    "sqrt(abs({leaf numeric}) + 0.0)",
    "power({leaf numeric} + 0.0, {count})",
    "{int}::numeric",
    "{double}::numeric",
    "{text}::numeric",
    "{numeric}::numeric(8,2)",
    "{numeric}::numeric(6,1)",
    "{numeric}::numeric(3)",
    "extract({bare field} from {timestamp})",
    "extract({bare field} from {timestamptz})",
    "extract({bare date field} from {date})",
    "extract({bare time field} from {interval})",
    "?(select avg({inner number}) from {from})",
    "?(select sum({inner numeric}) from {from} where {bool})",
];

const TEXT: &[&str] = &[
    "({texts})[{literal int}]",
    "array_to_string({ints}, ',')",
    "array_to_string({texts}, '-', 'x')",
    "{text} || {text}",
    "{text} || {any}",
    "{number} || {text}",
    "{char} || {text}",
    "upper({text})",
    "lower({text})",
    "initcap({text})",
    "trim({text})",
    "ltrim({text})",
    "rtrim({text}, {text})",
    "trim(both {text} from {text})",
    "substring({text} from {position} for {count})",
    "substr({text}, {position})",
    "substr({text}, {position}, {count})",
    "left({text}, {position})",
    "right({text}, {position})",
    "replace({text}, {text}, {text})",
    "translate({text}, {text}, {text})",
    "reverse({text})",
    "repeat({text}, {count})",
    "lpad({text}, {count})",
    "rpad({text}, {count}, {text})",
    "split_part({text}, {text}, {count})",
    "concat({any}, {text}, {any})",
    "concat_ws({text}, {any}, {any})",
    "to_hex({int} + 0)",
    "chr({int})",
    "{number}::text",
    "{leaf real}::text",
    "{leaf double}::text",
    "{any}::text",
    "{text}::varchar(3)",
    "{char}::text",
    "?{jsonb} ->> {json key}",
    "?{json} ->> {json index}",
    "?{jsonb} -> 'b' ->> 0",
    "jsonb_typeof({jsonb})",
    "json_typeof({json})",
];

const CHAR: &[&str] = &["{text}::char(5)", "{text}::char(2)", "{char}::char(3)"];

const BYTEA: &[&str] = &[
    "{bytea} || {bytea}",
    "trim(both {bytea} from {bytea})",
    "ltrim({bytea}, {bytea})",
    "rtrim({bytea}, {bytea})",
    "substring({bytea} from {position} for {count})",
    "{text}::bytea",
];

const DATE: &[&str] = &[
    "{date} + {leaf int}",
    "{date} - {leaf int}",
    "{timestamp}::date",
    "{timestamptz}::date",
    "{leaf text}::date",
    "date({timestamp})",
    "make_date(2024, {leaf int}, {leaf int})",
];

const TIMESTAMP: &[&str] = &[
    "{timestamp} + {interval}",
    "{timestamp} - {interval}",
    "{date} + {interval}",
    "{date}::timestamp",
    "{timestamptz}::timestamp",
    "date_trunc({unit}, {timestamp})",
];

const TIMESTAMPTZ: &[&str] = &[
    "{timestamptz} + {interval}",
    "{timestamptz} - {interval}",
    "{timestamp}::timestamptz",
    "{date}::timestamptz",
    "date_trunc({unit}, {timestamptz})",
];

const INTERVAL: &[&str] = &[
    "{interval} + {interval}",
    "{interval} - {interval}",
    "{interval} * {count}",
    "- {interval}",
    "{timestamp} - {timestamp}",
    "{timestamptz} - {timestamptz}",
    "age({timestamp}, {timestamp})",
    "date_trunc({unit}, {interval})",
];

const JSON: &[&str] = &[
    "?{json} -> {json key}",
    "?{json} -> {json index}",
    "{jsonb}::json",
    "{jsonb}::text::json",
];

const JSONB: &[&str] = &[
    "?{jsonb} -> {json key}",
    "?{jsonb} -> {json index}",
    "{json}::jsonb",
    "{jsonb} || {jsonb}",
    "{jsonb} - {json key}",
];

const UUID: &[&str] = &["{uuid}::text::uuid"];

/// Aggregates. `{extreme}` is of a kind that has `min` and `max`. Floats are added up as they are stored, since what is
/// computed from them may not be exact, and then the sum depends on the order of the rows.
pub const AGGREGATES: &[&str] = &[
    "count(*)",
    "count({any})",
    "count(distinct {key})",
    "count(*) filter (where {bool})",
    "count({key}) filter (where {bool})",
    "sum({int})",
    "sum({big})",
    "sum({small})",
    "sum({numeric})",
    "sum({column double})",
    "sum(distinct {number})",
    "sum({int}) filter (where {bool})",
    "avg({int})",
    "avg({numeric})",
    "avg({column double})",
    "avg(distinct {int}) filter (where {bool})",
    "min({extreme})",
    "max({extreme})",
    "max({extreme}) filter (where {bool})",
    "min(distinct {extreme})",
];

/// Window functions; `{over}` ends in the key of the table, so that no two rows are equal in its order.
pub const WINDOWS: &[&str] = &[
    "row_number() {over}",
    "rank() {over}",
    "dense_rank() {over}",
    "ntile(3) {over}",
    "lag({leaf int}) {over}",
    "lead({leaf text}, 2) {over}",
    "first_value({leaf text}) {over}",
    "last_value({leaf int}) {over}",
    "nth_value({leaf numeric}, 2) {over}",
    "count(*) {over}",
    "sum({leaf int}) {over}",
    "max({leaf extreme}) {over}",
    "avg({leaf numeric}) {over}",
    "count({leaf any}) over ()",
    "sum({leaf numeric}) over (partition by {column key})",
];

/// Frames of windows.
pub const FRAMES: &[&str] = &[
    "",
    "",
    " rows between 1 preceding and current row",
    " rows between unbounded preceding and unbounded following",
    " rows between 2 preceding and 1 following exclude current row",
    " range unbounded preceding",
    " groups between 1 preceding and 1 following",
];

/// Whether queries inside of others may name columns of those.
pub const CORRELATED: bool = true;

/// What the words for constants stand for.
pub fn constants(word: &str) -> Option<&'static [&'static str]> {
    Some(match word {
        "pattern" => &[
            "'a%'", "'%b'", "'_'", "'%'", "'a_'", "'%a%'", "''", "'a\\%'", "'é%'", "'_b%'",
        ],
        "count" => &["0", "1", "2", "3", "4"],
        "position" => &["0", "1", "2", "3", "-1", "-2"],
        "digits" => &["0", "1", "2", "-1", "5"],
        "json key" => &["'a'", "'b'", "'c'", "'x'"],
        "json index" => &["0", "1", "-1", "5"],
        "unit" => &[
            "'day'",
            "'month'",
            "'year'",
            "'hour'",
            "'minute'",
            "'second'",
            "'quarter'",
            "'century'",
        ],
        "field" => &[
            "'year'",
            "'month'",
            "'day'",
            "'dow'",
            "'doy'",
            "'epoch'",
            "'hour'",
            "'second'",
            "'isoyear'",
        ],
        "bare field" => &[
            "year", "quarter", "month", "week", "day", "dow", "isodow", "hour", "minute", "second",
            "epoch",
        ],
        "bare date field" => &[
            "year", "month", "day", "week", "dow", "doy", "epoch", "century", "decade",
        ],
        "bare time field" => &[
            "year",
            "month",
            "day",
            "hour",
            "minute",
            "second",
            "epoch",
            "milliseconds",
        ],
        _ => return None,
    })
}

const INTS: &[&str] = &[
    "array[{int}, {int}]",
    "{ints} || {int}",
    "{int} || {ints}",
    "{ints} || {ints}",
    "array_append({ints}, {int})",
    "array_remove({ints}, {int})",
    "array_replace({ints}, {int}, {int})",
    "({ints})[{int}:{int}]",
    "array_positions({texts}, {text})",
    "?array(select {int} from {from} where {bool} order by 1)",
    "?(select array_agg(distinct {inner int}) from {from} where {bool})",
];

const TEXTS: &[&str] = &[
    "array[{text}, {text}]",
    "{texts} || {texts}",
    "array_append({texts}, {text})",
    "array_remove({texts}, {text})",
    "string_to_array({text}, {text})",
    "({texts})[2:]",
    "{ints}::text[]",
];
