//! SIMILAR TO: the standard's patterns as regular expressions.

use crate::error::{Code, Error, Result};

/// The expression that matches what the pattern does. Without `escape` there is no escape character.
pub fn similar(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::from("^(?:");
    let mut rest = pattern.chars();
    let mut in_set = false;
    while let Some(character) = rest.next() {
        if Some(character) == escape {
            match rest.next() {
                Some('"') => return Err(Error::unsupported("parts of a pattern for SIMILAR")),
                Some(next) => {
                    if !next.is_alphanumeric() {
                        out.push('\\');
                    }
                    out.push(next);
                }
                None => {
                    let message = "LIKE pattern must not end with escape character";
                    return Err(Error::new(Code::InvalidEscape, message));
                }
            }
            continue;
        }
        match character {
            ']' if in_set => {
                in_set = false;
                out.push(']');
            }
            '\\' => out.push_str("\\\\"),
            _ if in_set => out.push(character),
            '[' => {
                in_set = true;
                out.push('[');
            }
            '%' => out.push_str(".*"),
            '_' => out.push('.'),
            '(' => out.push_str("(?:"),
            '.' | '^' | '$' => out.extend(['\\', character]),
            other => out.push(other),
        }
    }
    out.push_str(")$");
    Ok(out)
}
