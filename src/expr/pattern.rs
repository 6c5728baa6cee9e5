//! LIKE: `%` is any run of characters, `_` any one.

use super::text::lower;
use crate::error::{Code, Error, Result};
use crate::types::Value;
use std::rc::Rc;

/// A pattern, taken apart once and matched often.
#[derive(Debug)]
pub struct Pattern {
    case_insensitive: bool,
    shape: Shape,
}

/// The patterns of a column, which are mostly one: the last is kept.
pub struct Patterns {
    escape: Option<char>,
    case_insensitive: bool,
    last: Option<(Rc<str>, Pattern)>,
}

impl Patterns {
    pub fn new(escape: Option<char>, case_insensitive: bool) -> Self {
        Patterns {
            escape,
            case_insensitive,
            last: None,
        }
    }

    /// Whether the text is like the pattern, which is a text.
    pub fn matches(&mut self, text: &str, pattern: &Value) -> Result<bool> {
        let Value::Text(pattern) = pattern else {
            return Err(Error::new(Code::Internal, "a pattern is a text"));
        };
        if let Some((last, parsed)) = &self.last
            && last == pattern
        {
            return parsed.matches(text);
        }
        let parsed = Pattern::new(pattern, self.escape, self.case_insensitive);
        let (_, parsed) = self.last.insert((pattern.clone(), parsed));
        parsed.matches(text)
    }
}

#[derive(Debug)]
enum Shape {
    /// No wildcard.
    Exact(String),
    /// `abc%`
    Prefix(String),
    /// `%abc`
    Suffix(String),
    /// `%abc%`
    Contains(String),
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
}

impl Shape {
    fn of(tokens: Vec<Token>) -> Shape {
        let starts = tokens.first() == Some(&Token::Any);
        let ends = tokens.len() > usize::from(starts) && tokens.last() == Some(&Token::Any);
        let inner = &tokens[usize::from(starts)..tokens.len() - usize::from(ends)];
        let literal: Option<String> = (inner.iter())
            .map(|token| match token {
                Token::Character(character) => Some(*character),
                _ => None,
            })
            .collect();
        match (literal, starts, ends) {
            (Some(text), false, false) => Shape::Exact(text),
            (Some(text), false, true) => Shape::Prefix(text),
            (Some(text), true, false) => Shape::Suffix(text),
            (Some(text), true, true) => Shape::Contains(text),
            (None, ..) => Shape::General(tokens),
        }
    }

    fn matches(&self, text: &str) -> Result<bool> {
        Ok(match self {
            Shape::Exact(literal) => text == literal,
            Shape::Prefix(literal) => text.starts_with(literal),
            Shape::Suffix(literal) => text.ends_with(literal),
            Shape::Contains(literal) => text.contains(literal),
            Shape::General(tokens) => return matches_tokens(tokens, text),
        })
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
