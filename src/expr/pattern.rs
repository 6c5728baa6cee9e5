//! LIKE: `%` is any run of characters, `_` any one.

use super::text::lower;
use crate::column::kernel::Pieces;
use crate::error::{Code, Error, Result};

/// A pattern, taken apart once and matched often.
#[derive(Debug)]
pub struct Pattern {
    case_insensitive: bool,
    shape: Shape,
}

/// What looks for a piece takes much more room than the piece.
const PIECES_MAX: usize = 32;

#[derive(Debug)]
enum Shape {
    /// Characters and `%` alone: `abc%`, `%abc%`, `a%b%c`.
    Pieces(Pieces),
    General(Vec<Token>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    Character(char),
    One,
    Any,
    /// An escape character with nothing behind it: an error, but only if matching comes to it.
    Broken,
}

impl Pattern {
    pub fn new(pattern: &str, escape: Option<char>, case_insensitive: bool) -> Pattern {
        let mut tokens = Vec::with_capacity(pattern.len());
        let mut characters = pattern.chars();
        while let Some(character) = characters.next() {
            tokens.push(match character {
                _ if Some(character) == escape => {
                    characters.next().map_or(Token::Broken, Token::Character)
                }
                '_' => Token::One,
                '%' if tokens.last() == Some(&Token::Any) => continue,
                '%' => Token::Any,
                other => Token::Character(other),
            });
        }
        if case_insensitive {
            for token in &mut tokens {
                if let Token::Character(character) = token {
                    *character = super::letter_case::lower_char(*character);
                }
            }
        }
        Pattern {
            case_insensitive,
            shape: Shape::of(tokens),
        }
    }

    pub fn matches(&self, text: &str) -> Result<bool> {
        match self.case_insensitive {
            true => self.shape.matches(&lower(text)),
            false => self.shape.matches(text),
        }
    }

    /// What texts have to consist of to match, where that is all there is to it.
    pub fn as_pieces(&self) -> Option<&Pieces> {
        match &self.shape {
            Shape::Pieces(pieces) if !self.case_insensitive => Some(pieces),
            _ => None,
        }
    }
}

impl Shape {
    fn of(tokens: Vec<Token>) -> Shape {
        let gaps = tokens.iter().filter(|token| **token == Token::Any).count();
        if gaps >= PIECES_MAX {
            return Shape::General(tokens);
        }
        let mut pieces = vec![String::new()];
        for token in &tokens {
            match (token, pieces.last_mut()) {
                (Token::Character(character), Some(piece)) => piece.push(*character),
                (Token::Any, _) => pieces.push(String::new()),
                _ => return Shape::General(tokens),
            }
        }
        Shape::Pieces(Pieces::new(pieces.iter().map(String::as_str)))
    }

    fn matches(&self, text: &str) -> Result<bool> {
        match self {
            Shape::Pieces(pieces) => Ok(pieces.matches(text.as_bytes())),
            Shape::General(tokens) => matches_tokens(tokens, text),
        }
    }
}

/// Goes back to the last `%` only: a later one can take over whatever an earlier one could.
fn matches_tokens(tokens: &[Token], text: &str) -> Result<bool> {
    let mut rest = text.chars();
    let mut at = 0;
    let mut retry: Option<(usize, std::str::Chars)> = None;
    loop {
        match tokens.get(at) {
            Some(Token::Any) => {
                at += 1;
                if tokens.get(at) == Some(&Token::Broken) && rest.clone().next().is_some() {
                    return Err(broken());
                }
                retry = Some((at, rest.clone()));
                continue;
            }
            token => {
                let mut next = rest.clone();
                let matched = match (token, next.next()) {
                    (None, None) => return Ok(true),
                    (Some(Token::Broken), Some(_)) => return Err(broken()),
                    (Some(Token::One), Some(_)) => true,
                    (Some(Token::Character(wanted)), Some(found)) => *wanted == found,
                    _ => false,
                };
                if matched {
                    rest = next;
                    at += 1;
                    continue;
                }
            }
        }
        let Some((after, from)) = &mut retry else {
            return Ok(false);
        };
        if from.next().is_none() {
            return Ok(false);
        }
        at = *after;
        rest = from.clone();
    }
}

fn broken() -> Error {
    let message = "LIKE pattern must not end with escape character";
    Error::new(Code::InvalidEscape, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_postgresql() {
        for (text, pattern, expected) in [
            ("abc", "abc", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "%b%", true),
            ("abc", "_b_", true),
            ("abc", "c", false),
            ("", "%", true),
            ("", "_", false),
            ("añc", "a_c", true),
            ("a%c", "a\\%c", true),
            ("abc", "a\\%c", false),
            ("aXbXc", "a%b%c", true),
            ("mississippi", "m%iss%ip_i", true),
            ("mississippi", "m%iss%ip_x", false),
            ("abc", "%%%", true),
            ("ab", "a%b%", true),
            ("abcb", "a%b", true),
            ("ab", "ab%b", false),
            ("special case of requests", "%special%requests%", true),
            ("requests are special", "%special%requests%", false),
        ] {
            let pattern_value = Pattern::new(pattern, Some('\\'), false);
            assert_eq!(
                pattern_value.matches(text),
                Ok(expected),
                "{text} like {pattern}"
            );
        }
        assert_eq!(Pattern::new("ÄB_", None, true).matches("äbC"), Ok(true));
        assert_eq!(
            Pattern::new("a#%", Some('#'), false).matches("a%"),
            Ok(true)
        );
    }

    #[test]
    fn a_dangling_escape_is_an_error_when_it_is_reached() {
        for (text, pattern, expected) in [
            ("abc", "abc\\", Ok(false)),
            ("abcd", "abc\\", Err("22025")),
            ("x", "abc\\", Ok(false)),
            ("", "%\\", Ok(false)),
            ("a", "%\\", Err("22025")),
        ] {
            let found = Pattern::new(pattern, Some('\\'), false).matches(text);
            assert_eq!(
                found.map_err(|error| error.sqlstate()),
                expected,
                "{text} like {pattern}"
            );
        }
    }
}
