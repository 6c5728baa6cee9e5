//! Classes of characters.

use super::Class;

/// The class of a name between `[:` and `:]`.
pub fn named_class(name: &str) -> Option<Class> {
    Some(match name {
        "alpha" => char::is_alphabetic,
        "digit" => |c| c.is_ascii_digit(),
        "alnum" => char::is_alphanumeric,
        "upper" => char::is_uppercase,
        "lower" => char::is_lowercase,
        "space" => char::is_whitespace,
        "blank" => |c| matches!(c, ' ' | '\t'),
        "punct" => |c| c.is_ascii_punctuation(),
        "xdigit" => |c| c.is_ascii_hexdigit(),
        "cntrl" => char::is_control,
        "word" => is_word,
        "graph" => |c| !c.is_control() && !c.is_whitespace(),
        "print" => |c| !c.is_control(),
        _ => return None,
    })
}

pub fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// The class that a letter behind a backslash means, and whether it means what is not in it.
pub fn class_escape(letter: char) -> Option<(Class, bool)> {
    let class: Class = match letter.to_ascii_lowercase() {
        'd' => |c| c.is_ascii_digit(),
        's' => char::is_whitespace,
        'w' => is_word,
        _ => return None,
    };
    Some((class, letter.is_ascii_uppercase()))
}
