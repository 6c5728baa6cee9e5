//! Results read back byte by byte.

use super::column::{Kind, SAFE};
use super::encoder::{HEADER, IN_TRANSACTION};
use super::{Encoder, Wanted};
use crate::column::{Chunk, Vector};
use crate::db::{StatementResult, TransactionStatus};
use crate::plan::OutputColumn;
use crate::types::{DataType, INFINITY, NEG_INFINITY, PhysicalType, Seq, Value};
use std::rc::Rc;

fn result(columns: &[(DataType, &[Value])]) -> StatementResult {
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let vector = |(data_type, values): &(DataType, &[Value])| {
        Rc::new(Vector::from_values(data_type.physical(), *values))
    };
    StatementResult {
        command: "SELECT",
        fields: columns
            .iter()
            .enumerate()
            .map(|(index, (data_type, _))| OutputColumn {
                name: format!("c{index}"),
                data_type: *data_type,
            })
            .collect(),
        chunks: vec![Chunk::new(columns.iter().map(vector).collect(), rows)],
        affected_rows: 0,
        seq: Some(Seq(7)),
        committed: false,
        transaction: TransactionStatus::Open,
        notice: None,
    }
}

fn encode(result: &StatementResult, wanted: Wanted) -> Vec<u8> {
    let mut out = Vec::new();
    Encoder::default()
        .encode(result, wanted, &mut out)
        .expect("it is small");
    out
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn f64_at(bytes: &[u8], at: usize) -> f64 {
    f64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[test]
fn the_header_counts_and_the_length_is_a_multiple_of_eight() {
    let bytes = encode(
        &result(&[(DataType::Text, &[Value::text("é𝄞a"), Value::Null])]),
        Wanted::default(),
    );
    assert_eq!(u32_at(&bytes, 0) as usize, bytes.len());
    assert_eq!(bytes.len() % 8, 0);
    assert_eq!((u32_at(&bytes, 4), u32_at(&bytes, 8)), (2, 1));
    assert_eq!(u32_at(&bytes, 12), IN_TRANSACTION);
    assert_eq!(f64_at(&bytes, 24), 7.0);
}

#[test]
fn text_positions_are_utf16_units_after_command_and_names() {
    let bytes = encode(
        &result(&[(DataType::Text, &[Value::text("é𝄞a"), Value::Null])]),
        Wanted::default(),
    );
    let (at, length) = (u32_at(&bytes, 32) as usize, u32_at(&bytes, 36) as usize);
    assert_eq!(&bytes[at..at + length], "SELECTc0é𝄞a".as_bytes());
    let values = u32_at(&bytes, HEADER + 8) as usize;
    let positions: Vec<u32> = (0..3).map(|i| u32_at(&bytes, values + i * 4)).collect();
    assert_eq!(positions, [8, 12, 12]);
    let validity = u32_at(&bytes, HEADER + 12) as usize;
    assert_eq!(bytes[validity], 0b01);
}

#[test]
fn a_terse_result_has_neither_command_nor_names() {
    let wanted = Wanted {
        terse: true,
        ..Wanted::default()
    };
    let bytes = encode(&result(&[(DataType::Text, &[Value::text("ab")])]), wanted);
    assert_eq!(u32_at(&bytes, 36), 2);
    assert_eq!(u32_at(&bytes, 40), 0);
}

#[test]
fn whole_numbers_take_the_narrowest_kind() {
    let kind = |data_type, value| {
        let bytes = encode(
            &result(&[(data_type, &[Value::I64(1), Value::I64(value)])]),
            Wanted::default(),
        );
        u32_at(&bytes, HEADER + 4)
    };
    assert_eq!(kind(DataType::BigInt, -5), Kind::I32 as u32);
    assert_eq!(kind(DataType::BigInt, 1 << 40), Kind::F64 as u32);
    assert_eq!(kind(DataType::BigInt, SAFE + 1), Kind::I64 as u32);
    assert_eq!(kind(DataType::TimestampTz, INFINITY), Kind::F64 as u32);
    assert_eq!(kind(DataType::TimestampTz, i64::MAX - 1), Kind::I64 as u32);
    assert_eq!(kind(DataType::Date, 3), Kind::I32 as u32);
}

#[test]
fn infinite_times_are_infinite_numbers() {
    let values = [Value::I64(NEG_INFINITY), Value::I64(INFINITY)];
    let bytes = encode(
        &result(&[(DataType::Timestamp, &values)]),
        Wanted::default(),
    );
    let at = u32_at(&bytes, HEADER + 8) as usize;
    assert_eq!(
        (f64_at(&bytes, at), f64_at(&bytes, at + 8)),
        (f64::NEG_INFINITY, f64::INFINITY)
    );
}

#[test]
fn a_real_is_the_number_its_text_names() {
    let bytes = encode(
        &result(&[(DataType::Real, &[Value::F64(f64::from(0.1f32))])]),
        Wanted::default(),
    );
    assert_eq!(f64_at(&bytes, u32_at(&bytes, HEADER + 8) as usize), 0.1);
}

#[test]
fn only_selected_rows_are_written() {
    let mut result = result(&[(
        DataType::Integer,
        &[Value::I64(1), Value::I64(2), Value::I64(3)],
    )]);
    result.chunks[0].selection = Some(Rc::new(vec![0, 2].into()));
    let bytes = encode(&result, Wanted::default());
    let at = u32_at(&bytes, HEADER + 8) as usize;
    assert_eq!(u32_at(&bytes, 4), 2);
    assert_eq!((u32_at(&bytes, at), u32_at(&bytes, at + 4)), (1, 3));
}

#[test]
fn byte_strings_follow_their_offsets() {
    let bytes_of = |bytes: &[u8]| Value::Bytes(Rc::from(bytes));
    let bytes = encode(
        &result(&[(DataType::Bytea, &[bytes_of(&[1, 2, 3]), bytes_of(&[9])])]),
        Wanted::default(),
    );
    let offsets = u32_at(&bytes, HEADER + 8) as usize;
    let region = u32_at(&bytes, HEADER + 24) as usize;
    assert_eq!(
        (u32_at(&bytes, offsets + 4), u32_at(&bytes, offsets + 8)),
        (3, 4)
    );
    assert_eq!(bytes[region..region + 4], [1, 2, 3, 9]);
}

#[test]
fn every_type_has_a_kind_even_without_rows() {
    use DataType::*;
    for data_type in [
        Unknown,
        Boolean,
        SmallInt,
        Integer,
        BigInt,
        Real,
        Double,
        Text,
        Bytea,
        Date,
        Timestamp,
        TimestampTz,
        Json,
        Jsonb,
        Uuid,
    ] {
        let bytes = encode(&result(&[(data_type, &[])]), Wanted::default());
        assert_ne!(u32_at(&bytes, HEADER + 4), 0, "{data_type}");
    }
    assert_eq!(
        Vector::from_values(PhysicalType::I64, &[]).len(),
        0,
        "no rows"
    );
}
