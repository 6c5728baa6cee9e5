//! Files of a log as text: every byte that is not part of a run of zeros, with what it means.
//!
//! It is written from `docs/FORMAT.md` and shares no code with the log, so that the two hold each other to it.

use std::fmt::Write;

/// A page of a segment's header or of the superblock.
pub fn page(out: &mut String, bytes: &[u8], base: usize, fields: &[(usize, &str)]) {
    if bytes.iter().all(|byte| *byte == 0) {
        return line(out, base, &[], "zeros");
    }
    let common = [
        (8, "magic"),
        (4, "version"),
        (4, "compatible flags"),
        (4, "read-compatible flags"),
        (4, "incompatible flags"),
        (16, "database"),
    ];
    let mut offset = 0;
    for (length, name) in common.iter().chain(fields) {
        line(out, base + offset, &bytes[offset..offset + length], name);
        offset += length;
    }
    let rest = &bytes[offset..bytes.len() - 4];
    assert!(rest.iter().all(|byte| *byte == 0), "kept zero");
    line(
        out,
        base + bytes.len() - 4,
        &bytes[bytes.len() - 4..],
        "crc",
    );
}

pub const SEGMENT_FIELDS: &[(usize, &str)] = &[
    (8, "number"),
    (16, "salt"),
    (8, "first seq"),
    (8, "previous end"),
    (32, "previous chain"),
    (8, "created"),
];

pub const SUPERBLOCK_FIELDS: &[(usize, &str)] = &[
    (8, "generation"),
    (8, "segment"),
    (8, "offset"),
    (8, "commits"),
    (32, "chain"),
    (8, "epoch"),
    (8, "clean"),
];

/// The frames from `offset` on, and what follows them.
pub fn frames(out: &mut String, bytes: &[u8], mut offset: usize) {
    while let Some(length) = frame_length(bytes, offset) {
        frame(out, &bytes[offset..offset + 8 + length], offset);
        offset += 8 + length;
    }
    let rest = &bytes[offset..];
    match rest.iter().rposition(|byte| *byte != 0) {
        None => line(out, offset, &[], &format!("{} bytes of zeros", rest.len())),
        Some(last) => line(out, offset, &rest[..=last], "no frame"),
    }
}

fn frame_length(bytes: &[u8], offset: usize) -> Option<usize> {
    let length = u32::from_le_bytes(bytes.get(offset..offset + 4)?.try_into().ok()?) as usize;
    (length >= 10 && offset + 8 + length <= bytes.len()).then_some(length)
}

fn frame(out: &mut String, bytes: &[u8], base: usize) {
    let event = match bytes[17] {
        1 => "INSERT",
        2 => "PATCH",
        3 => "SOFT_DELETE",
        4 => "DDL",
        5 => "CLOSE_ALL",
        16 => "SESSION",
        18 => "SEAL",
        32 => "COMMIT",
        _ => "?",
    };
    let parts = [
        (0, 4, format!("{event}: length {}", bytes.len() - 8)),
        (4, 4, "crc".to_string()),
        (8, 1, format!("seq {}", bytes[8])),
        (9, 8, "unix_ms".to_string()),
        (17, 1, event.to_string()),
    ];
    for (offset, length, name) in parts {
        line(out, base + offset, &bytes[offset..offset + length], &name);
    }
    let mut offset = 18;
    while offset < bytes.len() {
        let (length, name) = value(&bytes[offset..]);
        line(out, base + offset, &bytes[offset..offset + length], &name);
        offset += length;
    }
}

/// The length of a MessagePack value (of an array or map: of its header) and what it says.
fn value(bytes: &[u8]) -> (usize, String) {
    let big = |width: usize| {
        bytes[1..1 + width]
            .iter()
            .fold(0u64, |n, byte| n << 8 | u64::from(*byte))
    };
    let text = |head: usize, length: usize| {
        (
            head + length,
            format!("{:?}", String::from_utf8_lossy(&bytes[head..head + length])),
        )
    };
    match bytes[0] {
        first @ 0x00..=0x7f => (1, first.to_string()),
        first @ 0x80..=0x8f => (1, format!("map of {}", first & 15)),
        first @ 0x90..=0x9f => (1, format!("array of {}", first & 15)),
        first @ 0xa0..=0xbf => text(1, usize::from(first & 31)),
        0xc0 => (1, "nil".to_string()),
        0xc2 => (1, "false".to_string()),
        0xc3 => (1, "true".to_string()),
        0xc4 => (2 + bytes[1] as usize, format!("{} bytes", bytes[1])),
        0xc7 => (
            3 + bytes[1] as usize,
            format!("extension {} of {}", bytes[2], bytes[1]),
        ),
        0xcb => (9, f64::from_bits(big(8)).to_string()),
        first @ 0xcc..=0xcf => (
            1 + (1 << (first - 0xcc)),
            big(1 << (first - 0xcc)).to_string(),
        ),
        0xd0 => (2, (bytes[1] as i8).to_string()),
        0xd1 => (3, (big(2) as i16).to_string()),
        0xd2 => (5, (big(4) as i32).to_string()),
        0xd3 => (9, (big(8) as i64).to_string()),
        first @ 0xd4..=0xd8 => {
            let length = 1 << (first - 0xd4);
            (2 + length, format!("extension {} of {length}", bytes[1]))
        }
        0xd9 => text(2, bytes[1] as usize),
        first @ 0xe0..=0xff => (1, (first as i8).to_string()),
        other => panic!("{other:#x} is not in these tests"),
    }
}

fn line(out: &mut String, offset: usize, bytes: &[u8], name: &str) {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let space = if hex.is_empty() { "" } else { " " };
    writeln!(out, "{offset:5}  {hex}{space} {name}").expect("a string takes everything");
}
