//! The values that IN looks among, as a set.

use crate::column::kernel::RowHasher;
use crate::column::{Data, Vector};
use crate::types::Value;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;

type Set<T> = HashSet<T, BuildHasherDefault<RowHasher>>;

/// A set of values of one type, and whether NULL was among them.
#[derive(Debug, Default)]
pub struct Members {
    values: Set<Value>,
    /// Texts and byte strings, which are looked up without making a value.
    strings: Set<Box<[u8]>>,
    has_null: bool,
}

impl Members {
    pub fn new(values: impl Iterator<Item = Value>) -> Self {
        let mut members = Members::default();
        for value in values {
            match value {
                Value::Null => members.has_null = true,
                Value::Text(text) => drop(members.strings.insert(Box::from(text.as_bytes()))),
                Value::Bytes(bytes) => drop(members.strings.insert(Box::from(&*bytes))),
                value => drop(members.values.insert(value)),
            }
        }
        members
    }

    /// SQL's IN: true if the value is there, NULL if it might be, else false.
    pub fn contains(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Null => self.of_null(),
            Value::Text(text) => self.known(self.strings.contains(text.as_bytes())),
            Value::Bytes(bytes) => self.known(self.strings.contains(&**bytes)),
            value => self.known(self.values.contains(value)),
        }
    }

    /// The same for a value of a column.
    pub fn contains_row(&self, vector: &Vector, row: usize) -> Option<bool> {
        match &vector.data {
            _ if vector.is_null(row) => self.of_null(),
            Data::Text(strings) | Data::Bytes(strings) => {
                self.known(self.strings.contains(strings.get(row)))
            }
            Data::I64(values) => self.known(self.values.contains(&Value::I64(values[row]))),
            _ => self.contains(&vector.value(row)),
        }
    }

    fn known(&self, found: bool) -> Option<bool> {
        if found {
            return Some(true);
        }
        (!self.has_null).then_some(false)
    }

    /// Nothing is in an empty set, not even what is unknown.
    fn of_null(&self) -> Option<bool> {
        let is_empty = self.values.is_empty() && self.strings.is_empty() && !self.has_null;
        is_empty.then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_makes_membership_unknown() {
        let members = |values: &[Value]| Members::new(values.iter().cloned());
        let one = members(&[Value::I64(1)]);
        assert_eq!(one.contains(&Value::I64(1)), Some(true));
        assert_eq!(one.contains(&Value::I64(2)), Some(false));
        assert_eq!(one.contains(&Value::Null), None);
        let with_null = members(&[Value::text("a"), Value::Null]);
        assert_eq!(with_null.contains(&Value::text("a")), Some(true));
        assert_eq!(with_null.contains(&Value::text("b")), None);
        assert_eq!(members(&[]).contains(&Value::Null), Some(false));
        assert_eq!(
            members(&[Value::F64(0.0)]).contains(&Value::F64(-0.0)),
            Some(true)
        );
    }
}
