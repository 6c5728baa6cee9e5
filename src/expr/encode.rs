//! Bytes as text and back, and MD5 (RFC 1321).

use super::text::too_long;
use crate::error::{Code, Error, Result};

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn invalid(message: String) -> Error {
    Error::new(Code::InvalidParameterValue, message)
}

fn unknown(encoding: &str) -> Error {
    invalid(format!("unrecognized encoding: \"{encoding}\""))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn encode(bytes: &[u8], encoding: &str) -> Result<String> {
    if bytes.len() > super::text::LENGTH_MAX / 4 {
        return Err(too_long());
    }
    match encoding.to_ascii_lowercase().as_str() {
        "hex" => Ok(hex(bytes)),
        "base64" => Ok(base64(bytes)),
        "escape" => {
            let mut out = Vec::with_capacity(bytes.len());
            for &byte in bytes {
                match byte {
                    b'\\' => out.extend(b"\\\\"),
                    0 | 128.. => out.extend(format!("\\{byte:03o}").bytes()),
                    byte => out.push(byte),
                }
            }
            Ok(String::from_utf8_lossy(&out).into_owned())
        }
        _ => Err(unknown(encoding)),
    }
}

/// With a newline behind each 76 characters that others follow.
fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for (at, group) in bytes.chunks(3).enumerate() {
        if at > 0 && at % 19 == 0 {
            out.push('\n');
        }
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            out.push(match place <= group.len() {
                true => char::from(BASE64[(bits >> (18 - 6 * place)) as usize & 63]),
                false => '=',
            });
        }
    }
    out
}

pub fn decode(text: &str, encoding: &str) -> Result<Vec<u8>> {
    match encoding.to_ascii_lowercase().as_str() {
        "hex" => from_hex(text),
        "base64" => from_base64(text),
        "escape" => from_escapes(text),
        _ => Err(unknown(encoding)),
    }
}

fn from_hex(text: &str) -> Result<Vec<u8>> {
    let mut digits = Vec::with_capacity(text.len());
    for character in text.chars().filter(|c| !c.is_ascii_whitespace()) {
        let digit = character.to_digit(16);
        let digit =
            digit.ok_or_else(|| invalid(format!("invalid hexadecimal digit: \"{character}\"")))?;
        digits.push(digit as u8);
    }
    let pairs = digits.chunks_exact(2);
    match pairs.remainder().is_empty() {
        true => Ok(pairs.map(|pair| pair[0] << 4 | pair[1]).collect()),
        false => Err(invalid(
            "invalid hexadecimal data: odd number of digits".to_string(),
        )),
    }
}

fn from_base64(text: &str) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let (mut bits, mut count, mut ends) = (0u32, 0, 0);
    for character in text.bytes().filter(|c| !c.is_ascii_whitespace()) {
        let value = match character {
            b'=' if ends > 0 || count >= 2 => {
                ends += 1;
                0
            }
            b'=' => {
                return Err(invalid(
                    "unexpected \"=\" while decoding base64 sequence".to_string(),
                ));
            }
            _ => match BASE64.iter().position(|known| *known == character) {
                Some(value) if ends == 0 => value as u32,
                _ => {
                    let symbol = char::from(character);
                    let message =
                        format!("invalid symbol \"{symbol}\" found while decoding base64 sequence");
                    return Err(invalid(message));
                }
            },
        };
        bits = bits << 6 | value;
        count += 1;
        if count == 4 {
            let kept = 3usize.saturating_sub(ends);
            out.extend(&bits.to_be_bytes()[1..1 + kept]);
            (bits, count) = (0, 0);
        }
    }
    match count {
        0 => Ok(out),
        _ => Err(invalid("invalid base64 end sequence".to_string())),
    }
}

fn from_escapes(text: &str) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (b'\\', [b'\\', tail @ ..]) => {
                out.push(b'\\');
                tail
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            (b'\\', _) => {
                let message = "invalid input syntax for type bytea";
                return Err(Error::new(Code::InvalidText, message));
            }
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    Ok(out)
}

/// The digest in hexadecimal digits.
pub fn md5(bytes: &[u8]) -> String {
    const SHIFTS: [[u32; 4]; 4] = [
        [7, 12, 17, 22],
        [5, 9, 14, 20],
        [4, 11, 16, 23],
        [6, 10, 15, 21],
    ];
    let mut message = bytes.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if message.len() < bytes.len() + 9 {
        message.resize(message.len() + 64, 0);
    }
    let end = message.len() - 8;
    message[end..].copy_from_slice(&(bytes.len() as u64 * 8).to_le_bytes());
    let mut state = [0x6745_2301u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for block in message.chunks_exact(64) {
        let word = |at: usize| {
            let bytes = &block[at * 4..at * 4 + 4];
            u32::from_le_bytes(bytes.try_into().expect("four bytes"))
        };
        let [mut a, mut b, mut c, mut d] = state;
        for step in 0..64 {
            let (mixed, at) = match step / 16 {
                0 => (b & c | !b & d, step),
                1 => (d & b | !d & c, 5 * step + 1),
                2 => (b ^ c ^ d, 3 * step + 5),
                _ => (c ^ (b | !d), 7 * step),
            };
            let constant = (((step + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = (a.wrapping_add(mixed))
                .wrapping_add(constant)
                .wrapping_add(word(at % 16));
            let turned = sum.rotate_left(SHIFTS[step / 16][step % 4]);
            (a, d, c, b) = (d, c, b, b.wrapping_add(turned));
        }
        for (own, new) in state.iter_mut().zip([a, b, c, d]) {
            *own = own.wrapping_add(new);
        }
    }
    let digest: Vec<u8> = state.iter().flat_map(|word| word.to_le_bytes()).collect();
    hex(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_rfc() {
        for (text, digest) in [
            ("", "d41d8cd98f00b204e9800998ecf8427e"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ] {
            assert_eq!(md5(text.as_bytes()), digest);
        }
    }

    #[test]
    fn what_is_encoded_is_decoded() {
        for length in 0..100 {
            let bytes: Vec<u8> = (0..length).map(|at: u8| at.wrapping_mul(37)).collect();
            for encoding in ["hex", "base64", "ESCAPE"] {
                let text = encode(&bytes, encoding).unwrap();
                assert_eq!(decode(&text, encoding).unwrap(), bytes, "{text}");
            }
        }
        for (text, encoding) in [
            ("a", "hex"),
            ("zz", "hex"),
            ("YQ=", "base64"),
            ("\\9", "escape"),
            ("", "x"),
        ] {
            assert!(decode(text, encoding).is_err(), "{text}");
        }
    }
}
