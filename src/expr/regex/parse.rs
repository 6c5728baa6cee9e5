//! Reading an expression.

use super::class::{class_escape, named_class};
use super::{Item, Node, Place};
use crate::error::{Code, Error, Result};

/// How deep parentheses may be nested.
const DEPTH_MAX: usize = 50;
/// As often as PostgreSQL lets something be repeated.
const REPEAT_MAX: usize = 255;

/// An expression and how it matches.
pub struct Regex {
    pub(super) node: Node,
    /// How many groups it captures.
    pub groups: usize,
    pub(super) ignores_case: bool,
    /// `.` and sets with `^` do not match a newline.
    pub(super) stops_at_newline: bool,
    /// `^` and `$` match at newlines, too.
    pub(super) has_lines: bool,
}

struct Parser {
    rest: std::vec::IntoIter<char>,
    groups: usize,
    depth: usize,
}

fn invalid(what: &str) -> Error {
    let message = format!("invalid regular expression: {what}");
    Error::new(Code::InvalidRegularExpression, message)
}

impl Regex {
    /// With the letters that say how it matches; `g` is the caller's.
    pub fn new(pattern: &str, flags: &str) -> Result<Regex> {
        let mut regex = Regex {
            node: Node::Sequence(Vec::new()),
            groups: 0,
            ignores_case: false,
            stops_at_newline: false,
            has_lines: false,
        };
        regex.set_flags(flags)?;
        let mut pattern = pattern;
        if pattern.starts_with("***") {
            return Err(Error::unsupported("a regular expression with a director"));
        }
        if let Some(inside) = pattern.strip_prefix("(?")
            && let Some((flags, rest)) = inside.split_once(')')
            && !flags.is_empty()
            && flags.chars().all(|flag| flag.is_ascii_lowercase())
        {
            regex.set_flags(flags)?;
            pattern = rest;
        }
        let characters: Vec<char> = pattern.chars().collect();
        let mut parser = Parser {
            rest: characters.into_iter(),
            groups: 0,
            depth: 0,
        };
        regex.node = parser.alternatives()?;
        if parser.peek().is_some() {
            return Err(invalid("parentheses () not balanced"));
        }
        regex.groups = parser.groups;
        Ok(regex)
    }

    fn set_flags(&mut self, flags: &str) -> Result<()> {
        for flag in flags.chars() {
            match flag {
                'i' => self.ignores_case = true,
                'c' => self.ignores_case = false,
                's' => (self.stops_at_newline, self.has_lines) = (false, false),
                'n' | 'm' => (self.stops_at_newline, self.has_lines) = (true, true),
                'p' => (self.stops_at_newline, self.has_lines) = (true, false),
                'w' => (self.stops_at_newline, self.has_lines) = (false, true),
                't' | 'e' => {}
                'b' | 'q' | 'x' => {
                    let what = format!("the flag {flag} of a regular expression");
                    return Err(Error::unsupported(what));
                }
                _ => {
                    let message = format!("invalid regular expression option: \"{flag}\"");
                    return Err(Error::new(Code::InvalidParameterValue, message));
                }
            }
        }
        Ok(())
    }
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.rest.as_slice().first().copied()
    }

    fn take(&mut self, expected: char) -> bool {
        let is_next = self.peek() == Some(expected);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().eq(self
            .rest
            .as_slice()
            .iter()
            .copied()
            .take(text.chars().count()))
    }

    fn skip(&mut self, text: &str) -> bool {
        let is_next = self.starts_with(text);
        if is_next {
            self.rest.nth(text.chars().count() - 1);
        }
        is_next
    }

    fn alternatives(&mut self) -> Result<Node> {
        let mut all = vec![self.sequence()?];
        while self.take('|') {
            all.push(self.sequence()?);
        }
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Node::Alternatives(all),
        })
    }

    fn sequence(&mut self) -> Result<Node> {
        let mut parts = Vec::new();
        while let Some(next) = self.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            parts.push(self.quantified()?);
        }
        Ok(Node::Sequence(parts))
    }

    fn quantified(&mut self) -> Result<Node> {
        let node = self.atom()?;
        let Some((min, max, is_fixed)) = self.quantifier()? else {
            return Ok(node);
        };
        if matches!(node, Node::At(_) | Node::Look { .. }) {
            return Err(invalid("quantifier operand invalid"));
        }
        let lazy = self.take('?');
        if self.quantifier()?.is_some() {
            return Err(invalid("quantifier operand invalid"));
        }
        Ok(Node::Repeat {
            node: Box::new(node),
            min,
            max,
            lazy: (!is_fixed).then_some(lazy),
        })
    }

    /// The least and the greatest number, and whether it is the one number `{m}`.
    fn quantifier(&mut self) -> Result<Option<(usize, usize, bool)>> {
        let found = match self.peek() {
            Some('*') => (0, usize::MAX, false),
            Some('+') => (1, usize::MAX, false),
            Some('?') => (0, 1, false),
            Some('{')
                if self
                    .rest
                    .as_slice()
                    .get(1)
                    .is_some_and(char::is_ascii_digit) =>
            {
                self.rest.next();
                let min = self.number()?;
                let (max, is_fixed) = match self.take(',') {
                    false => (min, true),
                    true if self.peek() == Some('}') => (usize::MAX, false),
                    true => (self.number()?, false),
                };
                if min > max || self.peek() != Some('}') {
                    return Err(invalid("invalid repetition count(s)"));
                }
                (min, max, is_fixed)
            }
            _ => return Ok(None),
        };
        self.rest.next();
        Ok(Some(found))
    }

    fn number(&mut self) -> Result<usize> {
        let mut number = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            self.rest.next();
            number = Some(number.unwrap_or(0) * 10 + digit as usize);
            if number > Some(REPEAT_MAX) {
                break;
            }
        }
        let number = number.filter(|number| *number <= REPEAT_MAX);
        number.ok_or_else(|| invalid("invalid repetition count(s)"))
    }

    fn atom(&mut self) -> Result<Node> {
        let Some(next) = self.rest.next() else {
            return Ok(Node::Sequence(Vec::new()));
        };
        Ok(match next {
            '(' => self.parentheses()?,
            '[' => self.bracket()?,
            '.' => Node::Any,
            '^' => Node::At(Place::Start),
            '$' => Node::At(Place::End),
            '\\' => self.escape()?,
            '*' | '+' | '?' => return Err(invalid("quantifier operand invalid")),
            '{' if self.peek().is_some_and(|c| c.is_ascii_digit()) => {
                return Err(invalid("quantifier operand invalid"));
            }
            other => Node::Char(other),
        })
    }

    fn parentheses(&mut self) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new(
                Code::LimitComplexity,
                "the regular expression is nested too deeply",
            ));
        }
        let looks = [
            ("?=", true, false),
            ("?!", true, true),
            ("?<=", false, false),
            ("?<!", false, true),
        ];
        let look = looks.into_iter().find(|(mark, ..)| self.skip(mark));
        let number = match look.is_none() && !self.skip("?:") {
            true if self.peek() == Some('?') => return Err(invalid("quantifier operand invalid")),
            true => {
                self.groups += 1;
                self.groups
            }
            false => 0,
        };
        let node = Box::new(self.alternatives()?);
        if !self.take(')') {
            return Err(invalid("parentheses () not balanced"));
        }
        self.depth -= 1;
        Ok(match (look, number) {
            (Some((_, ahead, negated)), _) => Node::Look {
                ahead,
                negated,
                node,
            },
            (None, 0) => *node,
            (None, number) => Node::Group(number, node),
        })
    }

    fn escape(&mut self) -> Result<Node> {
        let Some(letter) = self.rest.next() else {
            return Err(invalid("invalid escape \\ sequence"));
        };
        if let Some((class, negated)) = class_escape(letter) {
            let items = vec![Item::Class(class, false)];
            return Ok(Node::Set { negated, items });
        }
        Ok(match letter {
            'A' => Node::At(Place::TextStart),
            'Z' => Node::At(Place::TextEnd),
            'm' => Node::At(Place::WordStart),
            'M' => Node::At(Place::WordEnd),
            'y' => Node::At(Place::WordEdge(true)),
            'Y' => Node::At(Place::WordEdge(false)),
            '1'..='9' => return Err(Error::unsupported("a reference in a regular expression")),
            _ => Node::Char(self.character(letter)?),
        })
    }

    /// The character that is meant by a letter behind a backslash.
    fn character(&mut self, letter: char) -> Result<char> {
        let by_code = |parser: &mut Self, digits: usize| {
            let mut code = 0;
            for _ in 0..digits {
                let digit = parser.rest.next().and_then(|c| c.to_digit(16));
                let digit = digit.ok_or_else(|| invalid("invalid escape \\ sequence"))?;
                code = code * 16 + digit;
            }
            char::from_u32(code).ok_or_else(|| invalid("invalid escape \\ sequence"))
        };
        Ok(match letter {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'B' => '\\',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'u' => by_code(self, 4)?,
            'U' => by_code(self, 8)?,
            'c' | 'x' | '0' => {
                let what = format!("\\{letter} in a regular expression");
                return Err(Error::unsupported(what));
            }
            letter if letter.is_ascii_alphanumeric() => {
                return Err(invalid("invalid escape \\ sequence"));
            }
            other => other,
        })
    }

    fn bracket(&mut self) -> Result<Node> {
        if self.skip("[:<:]]") {
            return Ok(Node::At(Place::WordStart));
        }
        if self.skip("[:>:]]") {
            return Ok(Node::At(Place::WordEnd));
        }
        let negated = self.take('^');
        let mut items = Vec::new();
        let mut is_first = true;
        loop {
            let Some(next) = self.rest.next() else {
                return Err(invalid("brackets [] not balanced"));
            };
            match next {
                ']' if !is_first => break,
                '[' if self.peek() == Some(':') => items.push(self.named_class()?),
                '[' if matches!(self.peek(), Some('.' | '=')) => {
                    return Err(Error::unsupported("a collating element"));
                }
                '\\' if self.peek().and_then(class_escape).is_some() => {
                    let letter = self.rest.next().unwrap_or('d');
                    let (class, negated) = class_escape(letter).expect("it was there");
                    if negated {
                        return Err(invalid("invalid escape \\ sequence"));
                    }
                    items.push(Item::Class(class, negated));
                }
                first => {
                    let first = self.member(first)?;
                    let is_range = self.peek() == Some('-')
                        && self.rest.as_slice().get(1).is_some_and(|c| *c != ']');
                    let last = match is_range {
                        true => {
                            self.rest.next();
                            let last = self.rest.next().unwrap_or(first);
                            self.member(last)?
                        }
                        false => first,
                    };
                    if first > last {
                        return Err(invalid("invalid character range"));
                    }
                    items.push(Item::Range(first, last));
                }
            }
            is_first = false;
        }
        Ok(Node::Set { negated, items })
    }

    fn member(&mut self, character: char) -> Result<char> {
        match character {
            '\\' => {
                let letter = self.rest.next();
                self.character(letter.ok_or_else(|| invalid("brackets [] not balanced"))?)
            }
            other => Ok(other),
        }
    }

    fn named_class(&mut self) -> Result<Item> {
        let rest: String = self.rest.as_slice().iter().take(12).collect();
        let name = rest[1..].split(":]").next().unwrap_or_default();
        let class = named_class(name).ok_or_else(|| invalid("invalid character class"))?;
        self.rest.nth(name.len() + 2);
        Ok(Item::Class(class, false))
    }
}
