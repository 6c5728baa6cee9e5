//! Decimals as bytes.
//!
//! ```text
//!   one      varint: 0 NaN · 1 infinity · 2 -infinity · 3 + scale of a finite number
//!            finite: varint length · mantissa, two's complement, little endian, fewest bytes
//!   column   0 scaled: varint scale · packed integers (the mantissas)    all finite, one scale, 64 bits
//!            1 plain: one after another
//! ```

use super::integers;
use super::wire::{Decoded, Reader, Write, invalid};
use crate::types::Decimal;
use num_bigint::BigInt;

pub fn write(out: &mut Vec<u8>, decimal: &Decimal) {
    match decimal {
        Decimal::NaN => out.varint(0),
        Decimal::Infinity => out.varint(1),
        Decimal::NegInfinity => out.varint(2),
        Decimal::Small(mantissa, scale) => {
            out.varint(u64::from(*scale) + 3);
            let bytes = mantissa.to_le_bytes();
            let length = small_length(*mantissa);
            out.varint(length as u64);
            out.extend(&bytes[..length]);
        }
        Decimal::Big(mantissa, scale) => {
            out.varint(u64::from(*scale) + 3);
            let bytes = mantissa.to_signed_bytes_le();
            out.varint(bytes.len() as u64);
            out.extend(bytes);
        }
    }
}

/// The fewest bytes that hold a mantissa and its sign.
fn small_length(mantissa: i128) -> usize {
    let magnitude = if mantissa < 0 { !mantissa } else { mantissa };
    (129 - magnitude.leading_zeros() as usize).div_ceil(8)
}

pub fn read(reader: &mut Reader) -> Decoded<Decimal> {
    match reader.varint()? {
        0 => Ok(Decimal::NaN),
        1 => Ok(Decimal::Infinity),
        2 => Ok(Decimal::NegInfinity),
        kind => {
            let scale = u16::try_from(kind - 3).or_else(|_| invalid("a scale is too large"))?;
            let length = reader.length()?;
            Ok(finite(reader.take(length)?, scale))
        }
    }
}

fn finite(bytes: &[u8], scale: u16) -> Decimal {
    if bytes.len() > 16 {
        return Decimal::from_parts(BigInt::from_signed_bytes_le(bytes), scale);
    }
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut mantissa = [if negative { 0xff } else { 0 }; 16];
    mantissa[..bytes.len()].copy_from_slice(bytes);
    Decimal::Small(i128::from_le_bytes(mantissa), scale)
}

/// What a decimal weighs in memory.
pub fn weight(decimal: &Decimal) -> u64 {
    match decimal {
        Decimal::Big(mantissa, _) => 32 + mantissa.bits().div_ceil(8),
        _ => 32,
    }
}

pub fn write_column(out: &mut Vec<u8>, decimals: &[Decimal]) {
    match scaled(decimals) {
        Some((scale, mantissas)) => {
            out.push(0);
            out.varint(u64::from(scale));
            integers::pack(out, &mantissas);
        }
        None => {
            out.push(1);
            decimals.iter().for_each(|decimal| write(out, decimal));
        }
    }
}

fn scaled(decimals: &[Decimal]) -> Option<(u16, Vec<i64>)> {
    // Under a NULL stands a plain zero, which would spoil the scale of all others; it fits any.
    let scale = decimals.iter().find_map(|decimal| match decimal {
        Decimal::Small(0, 0) => None,
        Decimal::Small(_, scale) => Some(*scale),
        _ => Some(0),
    });
    let scale = scale.unwrap_or(0);
    let all_scaled = decimals
        .iter()
        .all(|decimal| matches!(decimal, Decimal::Small(_, own) if *own == scale));
    let mantissas = decimals.iter().map(|decimal| match decimal {
        Decimal::Small(mantissa, _) => i64::try_from(*mantissa).ok(),
        _ => None,
    });
    all_scaled
        .then(|| mantissas.collect::<Option<Vec<_>>>())?
        .map(|m| (scale, m))
}

pub fn read_column(reader: &mut Reader, count: usize) -> Decoded<Vec<Decimal>> {
    match reader.u8()? {
        0 => {
            let scale = reader.varint()?;
            let scale = u16::try_from(scale).or_else(|_| invalid("a scale is too large"))?;
            let mantissas = integers::unpack(reader, count)?;
            let decimal = |mantissa| Decimal::Small(i128::from(mantissa), scale);
            Ok(mantissas.into_iter().map(decimal).collect())
        }
        1 => (0..count).map(|_| read(reader)).collect(),
        _ => invalid("decimals are packed in an unknown way"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(decimals: &[Decimal]) -> usize {
        let mut out = Vec::new();
        write_column(&mut out, decimals);
        let mut reader = Reader::new(&out);
        let read = read_column(&mut reader, decimals.len()).expect("as written");
        // Compared by what they show: equality would hide a lost scale.
        assert_eq!(format!("{read:?}"), format!("{decimals:?}"));
        assert_eq!(reader.end(), Ok(()));
        out.len()
    }

    #[test]
    fn decimals_of_every_kind_read_back_with_their_scale() {
        let big: BigInt = BigInt::from(i128::MAX) * 10u8;
        round_trip(&[
            Decimal::NaN,
            Decimal::Infinity,
            Decimal::NegInfinity,
            Decimal::Small(0, 0),
            Decimal::Small(100, 2),
            Decimal::Small(-1, u16::MAX),
            Decimal::Small(127, 0),
            Decimal::Small(128, 0),
            Decimal::Small(-128, 0),
            Decimal::Small(-129, 0),
            Decimal::Small(i128::MIN, 3),
            Decimal::Small(i128::MAX, 3),
            Decimal::from_parts(big.clone(), 5),
            Decimal::from_parts(-big, 5),
        ]);
    }

    #[test]
    fn prices_take_their_cents() {
        let prices: Vec<_> = (0..1000).map(|i| Decimal::Small(i * 7 % 200, 2)).collect();
        assert_eq!(round_trip(&prices), 1004);
    }
}
