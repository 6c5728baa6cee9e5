//! Ordinal numbers and Roman numerals.

use crate::types::Decimal;

/// What makes an ordinal number of these digits.
pub fn ordinal(digits: &str) -> &'static str {
    let tens = digits
        .len()
        .checked_sub(2)
        .and_then(|at| digits.as_bytes().get(at));
    match (tens, digits.as_bytes().last()) {
        (Some(b'1'), _) => "TH",
        (_, Some(b'1')) => "ST",
        (_, Some(b'2')) => "ND",
        (_, Some(b'3')) => "RD",
        _ => "TH",
    }
}

/// The whole number in Roman numerals; what they cannot say is `#`.
pub fn roman(number: &Decimal) -> String {
    const NUMERALS: [(i64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = number.round(0).to_i64().unwrap_or(0);
    let mut text = String::new();
    if !(1..4000).contains(&rest) {
        text = "#".repeat(15);
        rest = 0;
    }
    for (value, numeral) in NUMERALS {
        while rest >= value {
            text.push_str(numeral);
            rest -= value;
        }
    }
    text
}
