//! Lower and upper case of single letters.
//!
//! One letter for one: `ß` has no single upper-case letter and stays.

pub fn lower_char(character: char) -> char {
    single(character.to_lowercase(), character)
}

pub fn upper_char(character: char) -> char {
    single(character.to_uppercase(), character)
}

fn single(mut mapped: impl Iterator<Item = char>, original: char) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(mapped), None) => mapped,
        _ => original,
    }
}
