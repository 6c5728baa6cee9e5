//! Values that come with a statement.

use crate::types::Value;
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
