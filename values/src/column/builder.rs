//! Appends values one by one and yields a vector.

use super::{Bitmap, Data, Vector};
use crate::types::{Decimal, PhysicalType, Value};
use std::rc::Rc;

#[derive(Debug, Clone)]
pub struct VectorBuilder {
    data: Data,
    /// Made at the first NULL.
    validity: Option<Bitmap>,
}

impl VectorBuilder {
    pub fn new(physical: PhysicalType) -> Self {
        VectorBuilder {
            data: Data::empty(physical),
            validity: None,
        }
    }

    pub fn len(&self) -> usize {
        self.data.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends a value.
    ///
    /// # Panics
    /// If the value is of another physical type: the binder has cast it.
    pub fn push(&mut self, value: &Value) {
        match (&mut self.data, value) {
            (_, Value::Null) => return self.push_null(),
            (Data::Bool(values), Value::Bool(value)) => values.push(*value),
            (Data::I64(values), Value::I64(value)) => values.push(*value),
            (Data::F64(values), Value::F64(value)) => values.push(*value),
            (Data::Decimal(values), Value::Decimal(value)) => values.push(value.clone()),
            (Data::Text(values), Value::Text(value)) => values.push(value.as_bytes()),
            (Data::Bytes(values), Value::Bytes(value)) => values.push(value),
            (Data::Uuid(values), Value::Uuid(value)) => values.push(*value),
            (Data::Array(values), Value::Array(value)) => values.push(value.clone()),
            (data, value) => {
                panic!(
                    "{:?} pushed to a vector of {:?}",
                    value.physical(),
                    data.physical()
                )
            }
        }
        if let Some(validity) = &mut self.validity {
            validity.push(true);
        }
    }

    /// Appends a text or byte string that is not NULL.
    ///
    /// # Panics
    /// If the vector is one of something else.
    pub fn push_bytes(&mut self, bytes: &[u8]) {
        match &mut self.data {
            Data::Text(values) | Data::Bytes(values) => values.push(bytes),
            other => panic!("a string pushed to a vector of {:?}", other.physical()),
        }
        if let Some(validity) = &mut self.validity {
            validity.push(true);
        }
    }

    pub fn push_null(&mut self) {
        let len = self.len();
        self.validity
            .get_or_insert_with(|| Bitmap::filled(true, len))
            .push(false);
        match &mut self.data {
            Data::Bool(values) => values.push(false),
            Data::I64(values) => values.push(0),
            Data::F64(values) => values.push(0.0),
            Data::Decimal(values) => values.push(Decimal::Small(0, 0)),
            Data::Text(values) | Data::Bytes(values) => values.push(b""),
            Data::Uuid(values) => values.push(0),
            Data::Array(values) => values.push(Rc::from([])),
        }
    }

    pub fn finish(self) -> Vector {
        Vector {
            data: self.data,
            validity: self.validity,
        }
    }
}
