//! One value, held by its physical type; the SQL type stands beside it in a schema or expression.
//!
//! Order and hash agree with equality for all values of one physical type: `-0.0` equals `0.0`, `NaN`
//! equals itself and is greater than every other float (as in PostgreSQL), `1.0` and `1.00` are the
//! same decimal. NULLs compare equal here and last; SQL's three-valued logic is the evaluator's.

use super::{Decimal, PhysicalType};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

#[derive(Debug, Clone)]
pub enum Value {
    Null,
    Bool(bool),
    I64(i64),
    F64(f64),
    Decimal(Decimal),
    Text(Rc<str>),
    Bytes(Rc<[u8]>),
    Uuid(u128),
    /// Of one physical type or NULL.
    Array(Rc<[Value]>),
}

impl Value {
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn text(text: &str) -> Value {
        Value::Text(Rc::from(text))
    }

    /// `None` for NULL.
    pub fn physical(&self) -> Option<PhysicalType> {
        Some(match self {
            Value::Null => return None,
            Value::Bool(_) => PhysicalType::Bool,
            Value::I64(_) => PhysicalType::I64,
            Value::F64(_) => PhysicalType::F64,
            Value::Decimal(_) => PhysicalType::Decimal,
            Value::Text(_) => PhysicalType::Text,
            Value::Bytes(_) => PhysicalType::Bytes,
            Value::Uuid(_) => PhysicalType::Uuid,
            Value::Array(_) => PhysicalType::Array,
        })
    }

    fn rank(&self) -> u8 {
        self.physical().map_or(u8::MAX, |physical| physical as u8)
    }
}

/// PostgreSQL's order of floats: `-0 = 0`, NaN equal to itself and above all.
pub fn compare_f64(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right)
        .unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

impl Ord for Value {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::I64(a), Value::I64(b)) => a.cmp(b),
            (Value::F64(a), Value::F64(b)) => compare_f64(*a, *b),
            (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
            (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
            (Value::Array(a), Value::Array(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Value::Null => {}
            Value::Bool(value) => value.hash(state),
            Value::I64(value) => value.hash(state),
            // Adding 0.0 turns -0.0 into 0.0; all NaNs are one.
            Value::F64(value) if value.is_nan() => f64::NAN.to_bits().hash(state),
            Value::F64(value) => (value + 0.0).to_bits().hash(state),
            Value::Decimal(value) => value.hash(state),
            Value::Text(value) => value.hash(state),
            Value::Bytes(value) => value.hash(state),
            Value::Uuid(value) => value.hash(state),
            Value::Array(values) => values.hash(state),
        }
    }
}
