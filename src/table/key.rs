//! Index keys in the form that is compared: an integer, or bytes whose order is the order of the values.
//!
//! ```text
//!   (7, 'ab')   01 80 00 00 00 00 00 00 07   01 61 62 00 00
//!   (7, NULL)   01 80 00 00 00 00 00 00 07   02                  NULLs sort last
//! ```
//!
//! Each column is a tag and its value: integers with the sign flipped, floats by their ordered bits, texts
//! with 0 escaped as `00 FF` and ended by `00 00`, decimals by sign, exponent and digits, so that `1.0` and
//! `1.00` are one key, arrays element by element and ended by `00`. No value's bytes start another's, so columns can be put one after another.
//!
//! An index of one column that is held as an integer and never was NULL, which most primary keys are, compares the
//! integer itself.

use super::rows::Layout;
use crate::column::{Data, Vector};
use crate::encoding::integers;
use crate::encoding::wire::{Decoded, Reader};
use crate::error::{Code, Error, Result};
use crate::types::{
    ByteKey, ColumnId, DataType, Decimal, IndexSchema, PhysicalType, TableSchema, Value,
};
use std::hash::Hash;
use std::ops::Bound;
use std::rc::Rc;

/// Of an array.
const END: u8 = 0;
const PRESENT: u8 = 1;
const NULL: u8 = 2;

/// Computes the keys of an index over expressions, or of some of the rows. The layers that know expressions hand it
/// in.
pub trait KeyMaker {
    /// The columns that it computes them from.
    fn columns(&self) -> &[ColumnId];
    /// The types of the key's parts.
    fn types(&self) -> &[DataType];
    /// The key of a row that has these values; none if the index does not hold it.
    ///
    /// # Errors
    /// What an expression raises.
    fn key(&self, values: &[Value]) -> Result<Option<Vec<Value>>>;
}

/// Finds the maker for an index whose key is computed.
pub type KeyMakers = fn(&TableSchema, &IndexSchema) -> Result<Rc<dyn KeyMaker>>;

/// How keys are made of rows.
#[derive(Clone)]
pub(crate) struct KeyShape {
    /// Positions in the table's layout of the key's columns, or of those that it is computed from.
    pub positions: Vec<usize>,
    pub maker: Option<Rc<dyn KeyMaker>>,
    /// Keys are integers instead of bytes.
    pub integer: bool,
    /// A key with a NULL in it differs from all others.
    pub nulls_distinct: bool,
}

impl KeyShape {
    pub fn new(
        schema: &TableSchema,
        layout: &Layout,
        index: &IndexSchema,
        makers: KeyMakers,
    ) -> Result<KeyShape> {
        let unknown = || Error::new(Code::Corrupt, "an index over a column that does not exist");
        let is_computed = index.computed.is_some();
        let maker = is_computed.then(|| makers(schema, index)).transpose()?;
        let columns = maker
            .as_ref()
            .map_or(&index.columns[..], |maker| maker.columns());
        let positions = columns
            .iter()
            .map(|id| layout.position(*id).ok_or_else(unknown));
        let positions = positions.collect::<Result<Vec<usize>>>()?;
        let integer = |id: ColumnId| {
            let column = schema.columns.iter().find(|column| column.id == id);
            column.is_some_and(|column| {
                column.data_type.physical() == PhysicalType::I64
                    && !column.nullable
                    && !column.was_nullable
            })
        };
        let integer = matches!(index.columns.as_slice(), [id] if integer(*id));
        Ok(KeyShape {
            positions,
            maker,
            integer,
            nulls_distinct: !index.nulls_not_distinct,
        })
    }

    /// Whether no row equals a key, since it has a NULL in it.
    pub fn is_unequal(&self, key: &[Value]) -> bool {
        self.nulls_distinct && key.iter().any(Value::is_null)
    }

    /// The key of a row; none if the index does not hold it.
    ///
    /// # Errors
    /// What computing it raises.
    pub fn try_key<K: Key>(&self, columns: &[Rc<Vector>], row: usize) -> Result<Option<K>> {
        match self.computed(columns, row) {
            None => Ok(Some(K::of_row(self, columns, row))),
            Some(key) => Ok(key?.and_then(|values| K::of_values(&values))),
        }
    }

    /// The same. The key of a row that is there could be computed, but for rows of the past from before the index:
    /// of these it does not hold those that raise an error.
    pub fn key<K: Key>(&self, columns: &[Rc<Vector>], row: usize) -> Option<K> {
        self.try_key(columns, row).unwrap_or_default()
    }

    /// The values of a key that is computed.
    pub fn computed(
        &self,
        columns: &[Rc<Vector>],
        row: usize,
    ) -> Option<Result<Option<Vec<Value>>>> {
        let maker = self.maker.as_ref()?;
        let value = |at: &usize| columns.get(*at).map_or(Value::Null, |c| c.value(row));
        let values: Vec<Value> = self.positions.iter().map(value).collect();
        Some(maker.key(&values))
    }

    /// Whether a key that is unique may still come twice, having a NULL in it or not being held.
    pub fn has_null(&self, columns: &[Rc<Vector>], row: usize) -> bool {
        if let Some(key) = self.computed(columns, row) {
            let key = key.unwrap_or_default();
            return key.is_none_or(|key| self.is_unequal(&key));
        }
        !self.integer
            && self.nulls_distinct
            && (self.positions.iter())
                .any(|position| columns.get(*position).is_none_or(|c| c.is_null(row)))
    }
}

/// What a key is compared as.
pub(crate) trait Key: Ord + Clone + Hash + 'static {
    /// The key of a row.
    fn of_row(shape: &KeyShape, columns: &[Rc<Vector>], row: usize) -> Self;
    /// The key of the values of its columns.
    fn of_values(values: &[Value]) -> Option<Self>;
    /// The keys of a range; `None` when there can be none.
    fn range(prefix: &[Value], lower: &Bound<Value>, upper: &Bound<Value>) -> Option<Keys<Self>>;
    /// Appends keys: packed integers, of bytes the lengths, followed by the bytes.
    fn write(out: &mut Vec<u8>, keys: &mut dyn Iterator<Item = &Self>);
    /// Reads so many keys. The caller has bounded their number.
    fn read(reader: &mut Reader, count: usize) -> Decoded<Vec<Self>>;
}

/// The keys from `from` on and before `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keys<K> {
    pub from: Option<K>,
    pub to: Option<K>,
}

impl Key for i64 {
    fn of_row(shape: &KeyShape, columns: &[Rc<Vector>], row: usize) -> i64 {
        match &columns[shape.positions[0]].data {
            Data::I64(values) => values[row],
            other => unreachable!("an integer key over {:?}", other.physical()),
        }
    }

    fn of_values(values: &[Value]) -> Option<i64> {
        match values {
            [Value::I64(value)] => Some(*value),
            _ => None,
        }
    }

    fn range(prefix: &[Value], lower: &Bound<Value>, upper: &Bound<Value>) -> Option<Keys<i64>> {
        if !prefix.is_empty() {
            let key = i64::of_values(prefix)?;
            return Some(Keys {
                from: Some(key),
                to: key.checked_add(1),
            });
        }
        let from = match lower {
            Bound::Included(value) => Some(integer(value)?),
            Bound::Excluded(value) => Some(integer(value)?.checked_add(1)?),
            Bound::Unbounded => None,
        };
        let to = match upper {
            Bound::Included(value) => integer(value)?.checked_add(1),
            Bound::Excluded(value) => Some(integer(value)?),
            Bound::Unbounded => None,
        };
        Some(Keys { from, to })
    }

    fn write(out: &mut Vec<u8>, keys: &mut dyn Iterator<Item = &i64>) {
        integers::pack(out, &keys.copied().collect::<Vec<i64>>());
    }

    fn read(reader: &mut Reader, count: usize) -> Decoded<Vec<i64>> {
        integers::unpack(reader, count)
    }
}

fn integer(value: &Value) -> Option<i64> {
    i64::of_values(std::slice::from_ref(value))
}

impl Key for ByteKey {
    fn of_row(shape: &KeyShape, columns: &[Rc<Vector>], row: usize) -> ByteKey {
        // What most keys are, without a vector on the way.
        if let [position] = shape.positions[..]
            && let Some(column) = columns.get(position)
            && let (Data::I64(values), false) = (&column.data, column.is_null(row))
        {
            return integer_key(values[row]);
        }
        let mut bytes = Vec::with_capacity(16);
        for position in &shape.positions {
            match columns.get(*position) {
                Some(column) => encode_cell(column, row, &mut bytes),
                None => bytes.push(NULL),
            }
        }
        bytes[..].into()
    }

    fn of_values(values: &[Value]) -> Option<ByteKey> {
        let mut bytes = Vec::with_capacity(16);
        values
            .iter()
            .for_each(|value| encode_value(value, &mut bytes));
        Some(bytes[..].into())
    }

    fn range(
        prefix: &[Value],
        lower: &Bound<Value>,
        upper: &Bound<Value>,
    ) -> Option<Keys<ByteKey>> {
        let is_null = |bound: &Bound<Value>| {
            matches!(
                bound,
                Bound::Included(Value::Null) | Bound::Excluded(Value::Null)
            )
        };
        if prefix.iter().any(Value::is_null) || is_null(lower) || is_null(upper) {
            return None;
        }
        let mut start = Vec::new();
        prefix
            .iter()
            .for_each(|value| encode_value(value, &mut start));
        let with = |value: &Value| {
            let mut bytes = start.clone();
            encode_value(value, &mut bytes);
            bytes
        };
        let from = match lower {
            Bound::Included(value) => Some(with(value)),
            Bound::Excluded(value) => Some(after(with(value))?),
            Bound::Unbounded => Some(start.clone()),
        };
        let to = match (lower, upper) {
            (_, Bound::Included(value)) => after(with(value)),
            (_, Bound::Excluded(value)) => Some(with(value)),
            (Bound::Unbounded, Bound::Unbounded) => after(start),
            // A lower bound alone still leaves out the NULLs.
            (_, Bound::Unbounded) => Some([&start[..], &[NULL]].concat()),
        };
        Some(Keys {
            from: from.map(|bytes| bytes[..].into()),
            to: to.map(|bytes| bytes[..].into()),
        })
    }

    fn write(out: &mut Vec<u8>, keys: &mut dyn Iterator<Item = &ByteKey>) {
        let keys: Vec<&ByteKey> = keys.collect();
        let lengths: Vec<i64> = keys.iter().map(|key| key.len() as i64).collect();
        integers::pack(out, &lengths);
        keys.into_iter()
            .for_each(|key| key.with(|bytes| out.extend_from_slice(bytes)));
    }

    fn read(reader: &mut Reader, count: usize) -> Decoded<Vec<ByteKey>> {
        let lengths = integers::unpack(reader, count)?.into_iter();
        // What is no length is more than there is.
        let length = |length| usize::try_from(length).unwrap_or(usize::MAX);
        let keys = lengths.map(|own| Ok(reader.take(length(own))?.into()));
        keys.collect()
    }
}

/// The first bytes after all that start with these.
fn after(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    while bytes.last() == Some(&u8::MAX) {
        bytes.pop();
    }
    *bytes.last_mut()? += 1;
    Some(bytes)
}

fn encode_cell(column: &Vector, row: usize, out: &mut Vec<u8>) {
    if column.is_null(row) {
        return out.push(NULL);
    }
    out.push(PRESENT);
    match &column.data {
        Data::Bool(values) => out.push(u8::from(values[row])),
        Data::I64(values) => encode_i64(values[row], out),
        Data::F64(values) => encode_f64(values[row], out),
        Data::Decimal(values) => encode_decimal(&values[row], out),
        Data::Text(values) | Data::Bytes(values) => encode_bytes(values.get(row), out),
        Data::Uuid(values) => out.extend_from_slice(&values[row].to_be_bytes()),
        Data::Array(values) => encode_array(&values[row], out),
    }
}

fn encode_value(value: &Value, out: &mut Vec<u8>) {
    if value.is_null() {
        return out.push(NULL);
    }
    out.push(PRESENT);
    match value {
        Value::Null => {}
        Value::Bool(value) => out.push(u8::from(*value)),
        Value::I64(value) => encode_i64(*value, out),
        Value::F64(value) => encode_f64(*value, out),
        Value::Decimal(value) => encode_decimal(value, out),
        Value::Text(value) => encode_bytes(value.as_bytes(), out),
        Value::Bytes(value) => encode_bytes(value, out),
        Value::Uuid(value) => out.extend_from_slice(&value.to_be_bytes()),
        Value::Array(values) => encode_array(values, out),
    }
}

/// Each element as a column of its own, and an end that is less than any.
fn encode_array(values: &[Value], out: &mut Vec<u8>) {
    values.iter().for_each(|value| encode_value(value, out));
    out.push(END);
}

fn encode_i64(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(&ordered(value));
}

fn ordered(value: i64) -> [u8; 8] {
    (value as u64 ^ 1 << 63).to_be_bytes()
}

/// The key of one integer.
fn integer_key(value: i64) -> ByteKey {
    let mut bytes = [PRESENT; 9];
    bytes[1..].copy_from_slice(&ordered(value));
    bytes[..].into()
}

/// `-0` is `0`, and all NaNs are one, above everything.
fn encode_f64(value: f64, out: &mut Vec<u8>) {
    let bits = if value.is_nan() {
        f64::NAN.abs().to_bits()
    } else {
        (value + 0.0).to_bits()
    };
    let ordered = if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    };
    out.extend_from_slice(&ordered.to_be_bytes());
}

fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.split_inclusive(|byte| *byte == 0) {
        out.extend_from_slice(piece);
        if piece.ends_with(&[0]) {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0, 0]);
}

/// A class, then for finite numbers the exponent of `0.d1d2… * 10^e` and the digits plus one, ended by 0;
/// all complemented where the number is negative.
fn encode_decimal(value: &Decimal, out: &mut Vec<u8>) {
    let Some((mantissa, scale)) = value.parts() else {
        return out.push(match value {
            Decimal::NegInfinity => 0,
            Decimal::Infinity => 4,
            _ => 5,
        });
    };
    let text = mantissa.magnitude().to_str_radix(10);
    if text == "0" {
        return out.push(2);
    }
    let negative = mantissa.sign() == num_bigint::Sign::Minus;
    out.push(if negative { 1 } else { 3 });
    let flip = if negative { 0xFF } else { 0 };
    let exponent = text.len() as i64 - i64::from(scale);
    let mut body = Vec::with_capacity(text.len() + 9);
    encode_i64(exponent, &mut body);
    body.extend(
        text.trim_end_matches('0')
            .bytes()
            .map(|digit| digit - b'0' + 1),
    );
    body.push(0);
    out.extend(body.iter().map(|byte| byte ^ flip));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{INFINITY, NEG_INFINITY};

    fn check_order(values: &[Value]) {
        let keys: Vec<ByteKey> = (values.iter())
            .map(|v| ByteKey::of_values(std::slice::from_ref(v)).expect("bytes always are a key"))
            .collect();
        for (a, left) in values.iter().enumerate() {
            for (b, right) in values.iter().enumerate() {
                assert_eq!(
                    left.cmp(right),
                    keys[a].cmp(&keys[b]),
                    "{left:?} and {right:?}"
                );
            }
        }
    }

    #[test]
    fn bytes_are_ordered_as_the_values_are() {
        let integers = [NEG_INFINITY, -256, -1, 0, 1, 255, 256, INFINITY];
        check_order(&integers.map(Value::I64));
        let floats = [
            f64::NEG_INFINITY,
            -1.5,
            -0.0,
            0.0,
            1e-300,
            2.0,
            f64::INFINITY,
            f64::NAN,
        ];
        check_order(&floats.map(Value::F64));
        let texts = ["", "\0", "\0\0", "\0a", "a", "a\0", "ab", "b", "é"];
        check_order(&texts.map(Value::text));
        check_order(&[Value::Bool(false), Value::Bool(true), Value::Null]);
        let arrays = [
            vec![],
            vec![Value::I64(-1)],
            vec![Value::I64(1)],
            vec![Value::I64(1), Value::I64(0)],
            vec![Value::I64(1), Value::Null],
            vec![Value::I64(2)],
            vec![Value::Null],
        ];
        check_order(&arrays.map(|elements| Value::Array(Rc::from(elements))));
        let texts = [vec!["a"], vec!["a", ""], vec!["a\0"], vec!["ab"]];
        let texts = texts.map(|texts| texts.into_iter().map(Value::text).collect());
        check_order(&texts.map(Value::Array));
    }

    #[test]
    fn decimals_are_ordered_whatever_their_scale() {
        let parts = [
            (0, 3),
            (1, 0),
            (10, 1),
            (100, 2),
            (-1, 0),
            (-10, 1),
            (5, 1),
            (-5, 1),
            (999, 0),
            (1000, 0),
            (1001, 3),
            (12345, 2),
            (-12345, 2),
            (-12346, 2),
            (1, 30),
            (-1, 30),
        ];
        let mut values: Vec<Value> = (parts.iter())
            .map(|(mantissa, scale)| Value::Decimal(Decimal::Small(*mantissa, *scale)))
            .collect();
        values.extend([Decimal::NaN, Decimal::Infinity, Decimal::NegInfinity].map(Value::Decimal));
        check_order(&values);
    }

    #[test]
    fn the_last_integer_has_a_range_of_its_own() {
        let none = Bound::Unbounded;
        let keys = i64::range(&[Value::I64(i64::MAX)], &none, &none);
        assert_eq!(
            keys,
            Some(Keys {
                from: Some(i64::MAX),
                to: None
            })
        );
        let beyond = Bound::Excluded(Value::I64(i64::MAX));
        assert_eq!(i64::range(&[], &beyond, &none), None);
    }
}
