//! SQL/JSON paths: `$.a[*] ? (@.b > 1).c`.
//!
//! A path is kept as its text and parsed where it is used ([`parse`]). What it answers of a document is a list of values,
//! found from left to right ([`walk`]). It is `lax` unless it says `strict`: then arrays are unwrapped where something
//! else is wanted, and what is not there is no error.
//!
//! `.datetime()`, `.keyvalue()` of parts of the document and the flag `x` of `like_regex` are left out.

mod parse;
mod walk;

pub(super) use walk::{Asked, ask, options, query};

use super::json::Json;
use super::regex::Regex;

/// A path: what it consists of, and whether it is strict.
struct Path {
    strict: bool,
    item: Item,
}

enum Item {
    Root,
    /// `@`: what a filter looks at.
    Current,
    /// The place of the last element, in a subscript.
    Last,
    Literal(Json),
    Variable(String),
    Steps(Box<Item>, Vec<Step>),
    /// `+`, `-`, `*`, `/`, `%`.
    Arithmetic(u8, Box<Item>, Box<Item>),
    Sign(u8, Box<Item>),
    Condition(Box<Condition>),
}

enum Step {
    Member(String),
    Members,
    /// From one place to another.
    Elements(Vec<(Item, Option<Item>)>),
    AllElements,
    /// What lies at these levels below, from one to another; the last of all levels is `u32::MAX`.
    Deep((u32, u32)),
    Filter(Condition),
    Method(Method),
}

#[derive(Clone, Copy, PartialEq)]
enum Method {
    Type,
    Size,
    Abs,
    Ceiling,
    Floor,
    Double,
    KeyValue,
}

const METHODS: [(&str, Method); 7] = [
    ("type", Method::Type),
    ("size", Method::Size),
    ("abs", Method::Abs),
    ("ceiling", Method::Ceiling),
    ("floor", Method::Floor),
    ("double", Method::Double),
    ("keyvalue", Method::KeyValue),
];

#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

enum Condition {
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
    IsUnknown(Box<Condition>),
    Exists(Item),
    Compare(Comparison, Item, Item),
    StartsWith(Item, Item),
    Like(Item, Regex),
}
