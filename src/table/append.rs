//! Vectors that grow: how rows get into a block that is still open.

use crate::column::{Bitmap, Data, Strings, Vector};
use crate::error::{Code, Error, Result};
use crate::types::{Decimal, PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

/// Appends the rows of a range of another vector of the same type.
///
/// # Panics
/// If the types differ: what enters the tables has been checked against their layout.
pub(crate) fn append_range(target: &mut Vector, source: &Vector, range: Range<usize>) {
    append_validity(target, source, &range);
    match (&mut target.data, &source.data) {
        (Data::Bool(to), Data::Bool(from)) => to.extend_from_slice(&from[range]),
        (Data::I64(to), Data::I64(from)) => to.extend_from_slice(&from[range]),
        (Data::F64(to), Data::F64(from)) => to.extend_from_slice(&from[range]),
        (Data::Decimal(to), Data::Decimal(from)) => to.extend_from_slice(&from[range]),
        (Data::Text(to), Data::Text(from)) | (Data::Bytes(to), Data::Bytes(from)) => {
            append_strings(to, from, range);
        }
        (Data::Uuid(to), Data::Uuid(from)) => to.extend_from_slice(&from[range]),
        (Data::Array(to), Data::Array(from)) => to.extend_from_slice(&from[range]),
        (to, from) => unreachable!("{:?} into {:?}", from.physical(), to.physical()),
    }
}

fn append_validity(target: &mut Vector, source: &Vector, range: &Range<usize>) {
    let len = target.len();
    match (&mut target.validity, &source.validity) {
        (None, None) => {}
        (Some(to), None) => range.clone().for_each(|_| to.push(true)),
        (to, Some(from)) => {
            let to = to.get_or_insert_with(|| Bitmap::filled(true, len));
            range.clone().for_each(|row| to.push(from.get(row)));
        }
    }
}

fn append_strings(target: &mut Strings, source: &Strings, range: Range<usize>) {
    let (
        Strings::Flat { offsets: to, bytes },
        Strings::Flat {
            offsets: from,
            bytes: all,
        },
    ) = (&mut *target, source)
    else {
        return range.for_each(|row| target.push(source.get(row)));
    };
    let first = from[range.start];
    let shift = u32::try_from(bytes.len()).expect("strings of a block stay below 4 GiB");
    bytes.extend_from_slice(&all[first as usize..from[range.end] as usize]);
    to.extend(
        from[range.start + 1..=range.end]
            .iter()
            .map(|end| end - first + shift),
    );
}

/// Appends a vector's own value again.
pub(crate) fn append_within(target: &mut Vector, row: usize) {
    if let Some(validity) = &mut target.validity {
        validity.push(validity.get(row));
    }
    match &mut target.data {
        Data::Bool(values) => values.push(values[row]),
        Data::I64(values) => values.push(values[row]),
        Data::F64(values) => values.push(values[row]),
        Data::Decimal(values) => values.push(values[row].clone()),
        Data::Text(values) | Data::Bytes(values) => {
            let again = values.get(row).to_vec();
            values.push(&again);
        }
        Data::Uuid(values) => values.push(values[row]),
        Data::Array(values) => values.push(values[row].clone()),
    }
}

/// Appends one value.
///
/// # Errors
/// `Internal` if it is of another type than the vector: the binder has cast it.
pub(crate) fn append_value(target: &mut Vector, value: &Value) -> Result<()> {
    match (&mut target.data, value) {
        (_, Value::Null) => {
            append_null(target);
            return Ok(());
        }
        (Data::Bool(values), Value::Bool(value)) => values.push(*value),
        (Data::I64(values), Value::I64(value)) => values.push(*value),
        (Data::F64(values), Value::F64(value)) => values.push(*value),
        (Data::Decimal(values), Value::Decimal(value)) => values.push(value.clone()),
        (Data::Text(values), Value::Text(value)) => values.push(value.as_bytes()),
        (Data::Bytes(values), Value::Bytes(value)) => values.push(value),
        (Data::Uuid(values), Value::Uuid(value)) => values.push(*value),
        (Data::Array(values), Value::Array(value)) => values.push(value.clone()),
        (data, value) => return Err(mismatch(data.physical(), value.physical())),
    }
    if let Some(validity) = &mut target.validity {
        validity.push(true);
    }
    Ok(())
}

pub(crate) fn append_null(target: &mut Vector) {
    let len = target.len();
    push_default(&mut target.data);
    let validity = &mut target.validity;
    (validity.get_or_insert_with(|| Bitmap::filled(true, len))).push(false);
}

/// A vector of NULLs.
pub(crate) fn nulls(physical: PhysicalType, len: usize) -> Vector {
    let mut vector = Vector::new(Data::empty(physical));
    (0..len).for_each(|_| append_null(&mut vector));
    vector
}

fn push_default(data: &mut Data) {
    match data {
        Data::Bool(values) => values.push(false),
        Data::I64(values) => values.push(0),
        Data::F64(values) => values.push(0.0),
        Data::Decimal(values) => values.push(Decimal::Small(0, 0)),
        Data::Text(values) | Data::Bytes(values) => values.push(b""),
        Data::Uuid(values) => values.push(0),
        Data::Array(values) => values.push(Rc::from([])),
    }
}

pub(crate) fn mismatch(column: PhysicalType, value: Option<PhysicalType>) -> Error {
    let message = format!("a value of {value:?} for a column of {column:?}");
    Error::new(Code::Internal, message)
}

/// Drops the rows from `len` on.
pub(crate) fn truncate(target: &mut Vector, len: usize) {
    if let Some(validity) = &mut target.validity {
        validity.truncate(len);
    }
    match &mut target.data {
        Data::Bool(values) => values.truncate(len),
        Data::I64(values) => values.truncate(len),
        Data::F64(values) => values.truncate(len),
        Data::Decimal(values) => values.truncate(len),
        Data::Text(values) | Data::Bytes(values) => truncate_strings(values, len),
        Data::Uuid(values) => values.truncate(len),
        Data::Array(values) => values.truncate(len),
    }
}

fn truncate_strings(strings: &mut Strings, len: usize) {
    match strings {
        Strings::Flat { offsets, bytes } => {
            offsets.truncate(len + 1);
            bytes.truncate(offsets[len] as usize);
        }
        Strings::Dictionary { codes, .. } => codes.truncate(len),
    }
}

/// Bytes held in memory, roughly.
pub(crate) fn bytes_held(vector: &Vector) -> usize {
    let validity = vector
        .validity
        .as_ref()
        .map_or(0, |bits| bits.words().len() * 8);
    validity
        + match &vector.data {
            Data::Bool(values) => values.capacity(),
            Data::I64(values) => values.capacity() * 8,
            Data::F64(values) => values.capacity() * 8,
            Data::Decimal(values) => values.capacity() * size_of::<Decimal>(),
            Data::Text(values) | Data::Bytes(values) => values.bytes_held(),
            Data::Uuid(values) => values.capacity() * 16,
            Data::Array(values) => {
                let elements: usize = values.iter().map(|elements| elements.len()).sum();
                values.capacity() * 16 + elements * size_of::<Value>()
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(values: &[Option<&str>]) -> Vector {
        let values: Vec<Value> = (values.iter())
            .map(|text| text.map_or(Value::Null, Value::text))
            .collect();
        Vector::from_values(PhysicalType::Text, &values)
    }

    #[test]
    fn ranges_own_rows_and_values_are_appended_with_their_nulls() {
        let mut target = texts(&[Some("a")]);
        append_range(&mut target, &texts(&[Some("x"), None, Some("yz")]), 1..3);
        append_within(&mut target, 2);
        append_within(&mut target, 1);
        append_value(&mut target, &Value::text("end")).unwrap();
        let all = [Some("a"), None, Some("yz"), Some("yz"), None, Some("end")];
        assert_eq!(target, texts(&all));
        truncate(&mut target, 3);
        append_range(&mut target, &texts(&[Some("q")]), 0..1);
        assert_eq!(target, texts(&[Some("a"), None, Some("yz"), Some("q")]));
        assert!(append_value(&mut target, &Value::I64(1)).is_err());
    }
}
