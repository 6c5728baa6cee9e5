//! A vector as bytes.
//!
//! A single value is a MessagePack value as such, or an extension where MessagePack has none. Many
//! values are one extension, whose code names the type:
//!
//! ```text
//!   varint count · u8 flags (1: validity follows) · [validity: ceil(count / 8) bytes] · data
//!
//!   boolean   bits, least significant first
//!   integer   packed (see integers)
//!   float     u8 packing: 0 one value for all · 1 f64 each · 2 f32 each, where that is exact
//!   decimal   see decimals
//!   text,     u8 packing: 0 plain: lengths (packed integers) · bytes
//!   bytes                 1 dictionary: varint count · its strings, plain · codes (packed integers)
//!   uuid      u8 packing: 0 one value for all · 1 sixteen bytes each, most significant first
//!   array     lengths (packed integers) · u8 code of the elements' column · all elements, as a column
//! ```
//!
//! A validity bit is set where the value is not NULL; under a NULL stands the default of the type. The
//! packing is chosen for each vector by what it holds.

use super::integers::{self, items};
use super::limit::{FRAME_ROWS_MAX, TRANSACTION_BYTES_MAX};
use super::strings;
use super::wire::{Decoded, Reader, Write, invalid};
use super::{decimals, ext};
use crate::column::{Bitmap, Data, Strings, Vector, VectorBuilder};
use crate::types::{Decimal, PhysicalType, Value};
use std::ops::Range;
use std::rc::Rc;

/// What may still be allocated while a transaction is read. Packed bytes can stand for far more than
/// they take; the writer keeps to the same bound, so that only forged bytes ever meet it.
#[derive(Debug)]
pub struct Budget(u64);

impl Budget {
    pub fn new() -> Self {
        Budget(TRANSACTION_BYTES_MAX)
    }

    pub fn spend(&mut self, bytes: u64) -> Decoded<()> {
        match self.0.checked_sub(bytes) {
            Some(rest) => {
                self.0 = rest;
                Ok(())
            }
            None => invalid("a transaction unpacks to more than its limit"),
        }
    }
}

/// What a value of the vector weighs in memory when it is spelled out.
pub fn weight(vector: &Vector, row: usize) -> u64 {
    match &vector.data {
        Data::Bool(_) => 1,
        Data::I64(_) | Data::F64(_) => 8,
        Data::Decimal(values) => decimals::weight(&values[row]),
        Data::Text(values) | Data::Bytes(values) => 4 + values.get(row).len() as u64,
        Data::Uuid(_) => 16,
        Data::Array(values) => 16 + values[row].iter().map(element_weight).sum::<u64>(),
    }
}

/// No less than what reading it spends.
fn element_weight(value: &Value) -> u64 {
    48 + match value {
        Value::Text(text) => text.len() as u64,
        Value::Bytes(bytes) => bytes.len() as u64,
        Value::Decimal(number) => decimals::weight(number),
        _ => 0,
    }
}

pub fn write(out: &mut Vec<u8>, vector: &Vector, rows: Range<usize>) {
    match rows.len() {
        1 => write_value(out, vector, rows.start),
        _ => out.ext(ext::column(vector.physical()), |out| {
            write_column(out, vector, rows);
        }),
    }
}

fn write_value(out: &mut Vec<u8>, vector: &Vector, row: usize) {
    if vector.is_null(row) {
        let code = ext::column(vector.physical()) as u8;
        return out.ext(ext::NULL, |out| out.push(code));
    }
    match &vector.data {
        Data::Bool(values) => out.bool(values[row]),
        Data::I64(values) => out.int(values[row]),
        Data::F64(values) => out.f64(values[row]),
        Data::Decimal(values) => out.ext(ext::DECIMAL, |out| decimals::write(out, &values[row])),
        Data::Text(_) => out.str(vector.text(row)),
        Data::Bytes(values) => out.bin(values.get(row)),
        Data::Uuid(values) => out.ext(ext::UUID, |out| out.extend(values[row].to_be_bytes())),
        Data::Array(values) => out.ext(ext::ARRAY, |out| write_arrays(out, &values[row..=row])),
    }
}

pub fn write_column(out: &mut Vec<u8>, vector: &Vector, rows: Range<usize>) {
    out.varint(rows.len() as u64);
    let has_nulls = rows.clone().any(|row| vector.is_null(row));
    out.push(u8::from(has_nulls));
    if has_nulls {
        write_bits(out, rows.clone().map(|row| !vector.is_null(row)));
    }
    match &vector.data {
        Data::Bool(values) => write_bits(out, values[rows].iter().copied()),
        Data::I64(values) => integers::pack(out, &values[rows]),
        Data::F64(values) => write_floats(out, &values[rows]),
        Data::Decimal(values) => decimals::write_column(out, &values[rows]),
        Data::Text(values) | Data::Bytes(values) => strings::write(out, values, rows),
        Data::Uuid(values) => write_uuids(out, &values[rows]),
        Data::Array(values) => write_arrays(out, &values[rows]),
    }
}

pub fn write_bits(out: &mut Vec<u8>, bits: impl Iterator<Item = bool>) {
    for (index, bit) in bits.enumerate() {
        if index % 8 == 0 {
            out.push(0);
        }
        *out.last_mut().expect("pushed above") |= u8::from(bit) << (index % 8);
    }
}

fn write_floats(out: &mut Vec<u8>, values: &[f64]) {
    let same = |value: &f64| value.to_bits() == values[0].to_bits();
    // Compared by bits: a NaN is kept as it is, and as no NaN survives being narrowed, none is.
    let single = |value: &f64| f64::from(*value as f32).to_bits() == value.to_bits();
    if values.iter().all(same) {
        out.push(0);
        out.extend(values[0].to_le_bytes());
    } else if values.iter().all(|value| !value.is_nan() && single(value)) {
        out.push(2);
        values
            .iter()
            .for_each(|value| out.extend((*value as f32).to_le_bytes()));
    } else {
        out.push(1);
        values
            .iter()
            .for_each(|value| out.extend(value.to_le_bytes()));
    }
}

fn write_uuids(out: &mut Vec<u8>, values: &[u128]) {
    let same = values.iter().all(|value| *value == values[0]);
    out.push(u8::from(!same));
    let stored = if same { &values[..1] } else { values };
    stored
        .iter()
        .for_each(|value| out.extend(value.to_be_bytes()));
}

/// Without any that is not NULL the elements are as good as booleans.
fn write_arrays(out: &mut Vec<u8>, arrays: &[Rc<[Value]>]) {
    let lengths: Vec<i64> = arrays.iter().map(|array| array.len() as i64).collect();
    integers::pack(out, &lengths);
    let elements = || arrays.iter().flat_map(|array| array.iter());
    let physical = elements().find_map(Value::physical);
    let physical = physical.unwrap_or(PhysicalType::Bool);
    let elements = Vector::from_values(physical, elements());
    out.push(ext::column(physical) as u8);
    write_column(out, &elements, 0..elements.len());
}

/// Reads a vector of exactly `count` values.
pub fn read(reader: &mut Reader, count: usize, budget: &mut Budget) -> Decoded<Vector> {
    match count {
        1 => read_value(reader, budget),
        _ if count > FRAME_ROWS_MAX => invalid("a column is of another length than its rows"),
        _ => {
            let (code, bytes) = reader.ext()?;
            let mut inner = Reader::new(bytes);
            let vector = read_column(&mut inner, ext::physical(code)?, count, budget)?;
            inner.end()?;
            Ok(vector)
        }
    }
}

fn read_value(reader: &mut Reader, budget: &mut Budget) -> Decoded<Vector> {
    let data = match reader.peek()? {
        0xc2..=0xc3 => Data::Bool(vec![reader.bool()?]),
        0xcb => Data::F64(vec![reader.f64()?]),
        0x00..=0x7f | 0xcc..=0xcf | 0xd0..=0xd3 | 0xe0..=0xff => Data::I64(vec![reader.int()?]),
        0xa0..=0xbf | 0xd9..=0xdb => Data::Text(one(reader.str()?.as_bytes())),
        0xc4..=0xc6 => Data::Bytes(one(reader.bin()?)),
        _ => return read_extension(reader, budget),
    };
    let vector = Vector::new(data);
    budget.spend(weight(&vector, 0))?;
    Ok(vector)
}

fn one(bytes: &[u8]) -> Strings {
    std::iter::once(bytes).collect()
}

fn read_extension(reader: &mut Reader, budget: &mut Budget) -> Decoded<Vector> {
    let (code, bytes) = reader.ext()?;
    let mut inner = Reader::new(bytes);
    let vector = match code {
        ext::NULL => {
            let physical = ext::physical(inner.u8()? as i8)?;
            let mut builder = VectorBuilder::new(physical);
            builder.push(&Value::Null);
            builder.finish()
        }
        ext::DECIMAL => Vector::new(Data::Decimal(vec![decimals::read(&mut inner)?])),
        ext::UUID => Vector::new(Data::Uuid(vec![u128::from_be_bytes(inner.array()?)])),
        ext::ARRAY => {
            // It has spent what it weighs.
            let arrays = read_arrays(&mut inner, 1, budget)?;
            inner.end()?;
            return Ok(Vector::new(Data::Array(arrays)));
        }
        code => return ext::unexpected(code),
    };
    inner.end()?;
    budget.spend(weight(&vector, 0))?;
    Ok(vector)
}

pub fn read_column(
    reader: &mut Reader,
    physical: PhysicalType,
    count: usize,
    budget: &mut Budget,
) -> Decoded<Vector> {
    if reader.length()? != count {
        return invalid("a column is of another length than its rows");
    }
    let validity = match reader.u8()? {
        0 => None,
        1 => Some(read_bits(reader, count)?.into_iter().collect::<Bitmap>()),
        _ => return invalid("a column has unknown flags"),
    };
    budget.spend(fixed_weight(physical) * count as u64)?;
    let data = match physical {
        PhysicalType::Bool => Data::Bool(read_bits(reader, count)?),
        PhysicalType::I64 => Data::I64(integers::unpack(reader, count)?),
        PhysicalType::F64 => Data::F64(read_floats(reader, count)?),
        PhysicalType::Decimal => Data::Decimal(read_decimals(reader, count, budget)?),
        PhysicalType::Text => Data::Text(strings::read(reader, count, budget, true)?),
        PhysicalType::Bytes => Data::Bytes(strings::read(reader, count, budget, false)?),
        PhysicalType::Uuid => Data::Uuid(read_uuids(reader, count)?),
        PhysicalType::Array => Data::Array(read_arrays(reader, count, budget)?),
    };
    Ok(Vector { data, validity })
}

/// What any value of a type weighs, before the bytes that only some have.
fn fixed_weight(physical: PhysicalType) -> u64 {
    match physical {
        PhysicalType::Bool => 1,
        PhysicalType::I64 | PhysicalType::F64 => 8,
        PhysicalType::Decimal => 32,
        PhysicalType::Text | PhysicalType::Bytes => 4,
        PhysicalType::Uuid | PhysicalType::Array => 16,
    }
}

pub fn read_bits(reader: &mut Reader, count: usize) -> Decoded<Vec<bool>> {
    let bytes = reader.take(count.div_ceil(8))?;
    Ok((0..count)
        .map(|index| bytes[index / 8] >> (index % 8) & 1 == 1)
        .collect())
}

fn read_floats(reader: &mut Reader, count: usize) -> Decoded<Vec<f64>> {
    match reader.u8()? {
        0 => Ok(vec![f64::from_le_bytes(reader.array()?); count]),
        1 => Ok(items(reader.take_items(count, 8)?, f64::from_le_bytes)),
        2 => {
            let bytes = reader.take_items(count, 4)?;
            Ok(items(bytes, |item| f64::from(f32::from_le_bytes(item))))
        }
        _ => invalid("floats are packed in an unknown way"),
    }
}

fn read_decimals(reader: &mut Reader, count: usize, budget: &mut Budget) -> Decoded<Vec<Decimal>> {
    let values = decimals::read_column(reader, count)?;
    let weight: u64 = values.iter().map(decimals::weight).sum();
    budget.spend(weight - 32 * count as u64)?;
    Ok(values)
}

fn read_arrays(
    reader: &mut Reader,
    count: usize,
    budget: &mut Budget,
) -> Decoded<Vec<Rc<[Value]>>> {
    let lengths = integers::unpack(reader, count)?;
    let mut total: usize = 0;
    for length in &lengths {
        let length = usize::try_from(*length).ok();
        let Some(sum) = length.and_then(|length| total.checked_add(length)) else {
            return invalid("an array has an impossible length");
        };
        total = sum;
    }
    budget.spend(16 * total as u64)?;
    let physical = ext::physical(reader.u8()? as i8)?;
    if physical == PhysicalType::Array {
        return invalid("an array is one of arrays");
    }
    let elements = read_column(reader, physical, total, budget)?;
    let mut next = 0;
    let arrays = lengths.into_iter().map(|length| {
        let own = next..next + length as usize;
        next = own.end;
        own.map(|at| elements.value(at)).collect()
    });
    Ok(arrays.collect())
}

fn read_uuids(reader: &mut Reader, count: usize) -> Decoded<Vec<u128>> {
    match reader.u8()? {
        0 => Ok(vec![u128::from_be_bytes(reader.array()?); count]),
        1 => Ok(items(reader.take_items(count, 16)?, u128::from_be_bytes)),
        _ => invalid("uuids are packed in an unknown way"),
    }
}

/// Appends the values of one vector to another of the same type: a run that was split over frames.
pub fn append(to: &mut Vector, from: Vector) -> Decoded<()> {
    let (before, added) = (to.len(), from.len());
    match (&mut to.data, from.data) {
        (Data::Bool(to), Data::Bool(from)) => to.extend(from),
        (Data::I64(to), Data::I64(from)) => to.extend(from),
        (Data::F64(to), Data::F64(from)) => to.extend(from),
        (Data::Decimal(to), Data::Decimal(from)) => to.extend(from),
        (Data::Text(to), Data::Text(from)) | (Data::Bytes(to), Data::Bytes(from)) => {
            strings::append(to, from);
        }
        (Data::Uuid(to), Data::Uuid(from)) => to.extend(from),
        (Data::Array(to), Data::Array(from)) => to.extend(from),
        _ => return invalid("a run of rows goes on in other types"),
    }
    if to.validity.is_some() || from.validity.is_some() {
        let mut validity = to
            .validity
            .take()
            .unwrap_or_else(|| Bitmap::filled(true, before));
        (0..added).for_each(|row| validity.push(from.validity.as_ref().is_none_or(|v| v.get(row))));
        to.validity = Some(validity);
    }
    Ok(())
}

/// A dictionary in memory, from its strings and codes.
pub fn dictionary(values: Strings, codes: Vec<u32>) -> Strings {
    let values = Rc::new(values);
    Strings::Dictionary { codes, values }
}
