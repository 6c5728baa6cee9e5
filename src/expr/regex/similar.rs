//! SIMILAR TO: the standard's patterns as regular expressions.

use crate::error::{Code, Error, Result};

/// The expression that matches what the pattern does. Without `escape` there is no escape character.
pub fn similar(pattern: &str, escape: Option<char>) -> Result<String> {
    let mut out = String::from("^(?:");
    let mut rest = pattern.chars();
    let mut in_set = false;
    let mut parts = 0;
    while let Some(character) = rest.next() {
        if Some(character) == escape {
            match rest.next() {
                // The part between two of these is what SUBSTRING answers; what is before it takes as little as it can.
                Some('"') if !in_set => {
                    out.push_str(match parts {
                        0 => "){1,1}?(",
                        1 => "){1,1}(?:",
                        _ => {
                            let message = "SQL regular expression may not contain more than two escape-double-quote separators";
                            return Err(Error::new(Code::InvalidUseOfEscape, message));
                        }
                    });
                    parts += 1;
                }
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
