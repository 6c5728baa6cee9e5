//! A column of values of one physical type, with validity.

use super::{Bitmap, Strings, VectorBuilder};
use crate::types::{Decimal, PhysicalType, Value};
use std::rc::Rc;

#[derive(Debug, Clone)]
pub struct Vector {
    pub data: Data,
    /// A bit is set where the value is not NULL; `None` when no value is NULL. Under a NULL the data
    /// holds a default of its type, never garbage.
    pub validity: Option<Bitmap>,
}

#[derive(Debug, Clone)]
pub enum Data {
    Bool(Vec<bool>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Decimal(Vec<Decimal>),
    /// UTF-8, checked where it entered.
    Text(Strings),
    Bytes(Strings),
    Uuid(Vec<u128>),
    Array(Vec<Rc<[Value]>>),
}

/// Runs `$body` with `$values` bound to the array inside `$data`, whatever its type.
macro_rules! each_data {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            Data::Bool($values) => $body,
            Data::I64($values) => $body,
            Data::F64($values) => $body,
            Data::Decimal($values) => $body,
            Data::Text($values) => $body,
            Data::Bytes($values) => $body,
            Data::Uuid($values) => $body,
            Data::Array($values) => $body,
        }
    };
}

impl Data {
    pub fn empty(physical: PhysicalType) -> Data {
        match physical {
            PhysicalType::Bool => Data::Bool(Vec::new()),
            PhysicalType::I64 => Data::I64(Vec::new()),
            PhysicalType::F64 => Data::F64(Vec::new()),
            PhysicalType::Decimal => Data::Decimal(Vec::new()),
            PhysicalType::Text => Data::Text(Strings::new()),
            PhysicalType::Bytes => Data::Bytes(Strings::new()),
            PhysicalType::Uuid => Data::Uuid(Vec::new()),
            PhysicalType::Array => Data::Array(Vec::new()),
        }
    }

    pub fn physical(&self) -> PhysicalType {
        match self {
            Data::Bool(_) => PhysicalType::Bool,
            Data::I64(_) => PhysicalType::I64,
            Data::F64(_) => PhysicalType::F64,
            Data::Decimal(_) => PhysicalType::Decimal,
            Data::Text(_) => PhysicalType::Text,
            Data::Bytes(_) => PhysicalType::Bytes,
            Data::Uuid(_) => PhysicalType::Uuid,
            Data::Array(_) => PhysicalType::Array,
        }
    }

    pub fn len(&self) -> usize {
        each_data!(self, values => values.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Vector {
    pub fn new(data: Data) -> Self {
        Vector {
            data,
            validity: None,
        }
    }

    /// A vector from values that are all of this physical type or NULL.
    pub fn from_values<'a>(
        physical: PhysicalType,
        values: impl IntoIterator<Item = &'a Value>,
    ) -> Self {
        let mut builder = VectorBuilder::new(physical);
        values.into_iter().for_each(|value| builder.push(value));
        builder.finish()
    }

    /// `len` times the same value.
    pub fn repeat(physical: PhysicalType, value: &Value, len: usize) -> Self {
        Vector::new(match value {
            Value::Bool(value) => Data::Bool(vec![*value; len]),
            Value::I64(value) => Data::I64(vec![*value; len]),
            Value::F64(value) => Data::F64(vec![*value; len]),
            Value::Decimal(value) => Data::Decimal(vec![value.clone(); len]),
            Value::Text(value) => Data::Text(Strings::repeat(value.as_bytes(), len)),
            Value::Bytes(value) => Data::Bytes(Strings::repeat(value, len)),
            Value::Uuid(value) => Data::Uuid(vec![*value; len]),
            Value::Array(values) => Data::Array(vec![values.clone(); len]),
            Value::Null => return Self::nulls(physical, len),
        })
    }

    /// `len` NULLs.
    pub fn nulls(physical: PhysicalType, len: usize) -> Self {
        let data = match physical {
            PhysicalType::Bool => Data::Bool(vec![false; len]),
            PhysicalType::I64 => Data::I64(vec![0; len]),
            PhysicalType::F64 => Data::F64(vec![0.0; len]),
            PhysicalType::Decimal => Data::Decimal(vec![Decimal::ZERO; len]),
            PhysicalType::Text => Data::Text(Strings::repeat(b"", len)),
            PhysicalType::Bytes => Data::Bytes(Strings::repeat(b"", len)),
            PhysicalType::Uuid => Data::Uuid(vec![0; len]),
            PhysicalType::Array => Data::Array(vec![Rc::from([]); len]),
        };
        Vector {
            data,
            validity: Some(Bitmap::filled(false, len)),
        }
    }

    pub fn physical(&self) -> PhysicalType {
        self.data.physical()
    }

    pub fn len(&self) -> usize {
        self.data.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn is_null(&self, index: usize) -> bool {
        self.validity
            .as_ref()
            .is_some_and(|validity| !validity.get(index))
    }

    pub fn value(&self, index: usize) -> Value {
        if self.is_null(index) {
            return Value::Null;
        }
        match &self.data {
            Data::Bool(values) => Value::Bool(values[index]),
            Data::I64(values) => Value::I64(values[index]),
            Data::F64(values) => Value::F64(values[index]),
            Data::Decimal(values) => Value::Decimal(values[index].clone()),
            Data::Text(values) => Value::Text(Rc::from(text(values.get(index)))),
            Data::Bytes(values) => Value::Bytes(Rc::from(values.get(index))),
            Data::Uuid(values) => Value::Uuid(values[index]),
            Data::Array(values) => Value::Array(values[index].clone()),
        }
    }

    /// The text at a place that is not NULL.
    ///
    /// # Panics
    /// If the vector is not one of text.
    pub fn text(&self, index: usize) -> &str {
        match &self.data {
            Data::Text(values) => text(values.get(index)),
            other => panic!("a text vector, not one of {:?}", other.physical()),
        }
    }

    /// The values at the given places, in that order.
    pub fn gather(&self, rows: &[u32]) -> Vector {
        fn pick<T: Clone>(values: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter()
                .map(|&row| values[row as usize].clone())
                .collect()
        }
        let data = match &self.data {
            Data::Bool(values) => Data::Bool(pick(values, rows)),
            Data::I64(values) => Data::I64(pick(values, rows)),
            Data::F64(values) => Data::F64(pick(values, rows)),
            Data::Decimal(values) => Data::Decimal(pick(values, rows)),
            Data::Text(values) => Data::Text(values.gather(rows)),
            Data::Bytes(values) => Data::Bytes(values.gather(rows)),
            Data::Uuid(values) => Data::Uuid(pick(values, rows)),
            Data::Array(values) => Data::Array(pick(values, rows)),
        };
        let validity = self.validity.as_ref().and_then(|validity| {
            let picked: Bitmap = rows.iter().map(|&row| validity.get(row as usize)).collect();
            (picked.count_ones() < picked.len()).then_some(picked)
        });
        Vector { data, validity }
    }
}

/// Equal when the values are, whether or not a validity of all ones is spelled out.
impl PartialEq for Vector {
    fn eq(&self, other: &Self) -> bool {
        self.physical() == other.physical()
            && self.len() == other.len()
            && (0..self.len()).all(|index| self.value(index) == other.value(index))
    }
}

/// Text was checked to be UTF-8 where it entered (SQL text, parameters, the log's decoder).
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text vectors hold UTF-8")
}
