//! The names of months and days.

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

pub fn month_name(word: &str) -> Option<i64> {
    let is_abbreviation = |name: &&str| {
        *name == word
            || (word.len() == 3 && name.starts_with(word))
            || (word == "sept" && *name == "september")
    };
    MONTHS
        .iter()
        .position(is_abbreviation)
        .map(|index| index as i64 + 1)
}

/// The month that a word is, or that a date such as `jan-15-2026` starts with.
pub fn month_of(word: &str) -> Option<i64> {
    month_name(word.split(['-', '.']).next().unwrap_or(word)).filter(|_| {
        word.bytes().all(|byte| byte.is_ascii_alphabetic()) || word.contains(['-', '.'])
    })
}

pub fn is_day_name(word: &str) -> bool {
    [
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
    ]
    .iter()
    .any(|name| *name == word || (word.len() == 3 && name.starts_with(word)))
}
