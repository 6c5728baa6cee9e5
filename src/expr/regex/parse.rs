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
    /// How many lookarounds it is inside of, in which parentheses capture nothing.
    looks: usize,
}

/// Letters that say how an expression matches or is written.
#[derive(Default)]
struct Spelling {
    is_literal: bool,
    is_expanded: bool,
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
        let mut spelling = Spelling::default();
        regex.set_flags(flags, &mut spelling)?;
        let mut pattern = pattern;
        if let Some(director) = pattern.strip_prefix("***").filter(|_| !spelling.is_literal) {
            spelling.is_literal = director.starts_with('=');
            pattern = (director.strip_prefix([':', '=']))
                .ok_or_else(|| invalid("quantifier operand invalid"))?;
        }
        if !spelling.is_literal
            && let Some(inside) = pattern.strip_prefix("(?")
            && let Some((flags, rest)) = inside.split_once(')')
            && !flags.is_empty()
            && flags.chars().all(|flag| flag.is_ascii_lowercase())
        {
            let set = regex.set_flags(flags, &mut spelling);
            set.map_err(|error| match error.code() {
                Code::InvalidParameterValue => invalid("invalid embedded option"),
                _ => error,
            })?;
            pattern = rest;
        }
        if spelling.is_literal {
            regex.node = Node::Sequence(pattern.chars().map(Node::Char).collect());
            return Ok(regex);
        }
        let mut parser = Parser {
            rest: without_comments(pattern, spelling.is_expanded).into_iter(),
            groups: 0,
            depth: 0,
            looks: 0,
        };
        regex.node = parser.alternatives()?;
        if parser.peek().is_some() {
            return Err(invalid("parentheses () not balanced"));
        }
        regex.groups = parser.groups;
        Ok(regex)
    }

    fn set_flags(&mut self, flags: &str, spelling: &mut Spelling) -> Result<()> {
        for flag in flags.chars() {
            match flag {
                'i' => self.ignores_case = true,
                'c' => self.ignores_case = false,
                's' => (self.stops_at_newline, self.has_lines) = (false, false),
                'n' | 'm' => (self.stops_at_newline, self.has_lines) = (true, true),
                'p' => (self.stops_at_newline, self.has_lines) = (true, false),
                'w' => (self.stops_at_newline, self.has_lines) = (false, true),
                't' => spelling.is_expanded = false,
                'x' => spelling.is_expanded = true,
                'q' => spelling.is_literal = true,
                'b' | 'e' => {
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

/// The pattern without `(?#…)` and, if it is expanded, without white space and what follows a `#`.
fn without_comments(pattern: &str, is_expanded: bool) -> Vec<char> {
    let mut rest = pattern.chars();
    let mut out = Vec::new();
    // Behind the `[` of a set: at which character of `out` it may end.
    let mut set = None;
    while let Some(character) = rest.next() {
        if let Some(first) = set {
            if character == ']' && out.len() > first {
                set = None;
            }
            if character == '^' && out.len() == first && out.last() == Some(&'[') {
                set = Some(first + 1);
            }
        } else if character == '(' && rest.as_str().starts_with("?#") {
            rest.by_ref().find(|c| *c == ')');
            continue;
        } else if is_expanded && character.is_whitespace() {
            continue;
        } else if is_expanded && character == '#' {
            rest.by_ref().find(|c| *c == '\n');
            continue;
        } else if character == '[' {
            set = Some(out.len() + 1);
        }
        out.push(character);
        if character == '\\' {
            out.extend(rest.next());
        } else if set.is_some()
            && character == '['
            && let Some(mark) = rest.clone().next().filter(|c| ".=:".contains(*c))
        {
            // The end of a class is not that of the set.
            out.extend(rest.next());
            out.extend(rest.next());
            for next in rest.by_ref() {
                out.push(next);
                if next == ']' && out.ends_with(&[mark, ']']) {
                    break;
                }
            }
        }
    }
    out
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
            true if self.looks > 0 => 0,
            true => {
                self.groups += 1;
                self.groups
            }
            false => 0,
        };
        self.looks += usize::from(look.is_some());
        let node = Box::new(self.alternatives()?);
        self.looks -= usize::from(look.is_some());
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
            return Ok(Node::Set {
                negated: false,
                items: vec![Item::Class(class, negated)],
            });
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
            let mut code: u32 = 0;
            for _ in 0..digits {
                let digit = parser.rest.next().and_then(|c| c.to_digit(16));
                let digit = digit.ok_or_else(|| invalid("invalid escape \\ sequence"))?;
                code = code.saturating_mul(16).saturating_add(digit);
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
            'c' => {
                let letter = self.rest.next().map_or(0, |letter| letter as u32);
                char::from_u32(letter & 31).expect("a control character")
            }
            'x' => {
                let digits = self.rest.as_slice().iter();
                let count = digits.take_while(|c| c.is_ascii_hexdigit()).count();
                by_code(self, count.max(1))?
            }
            '0' => return Err(Error::unsupported("\\0 in a regular expression")),
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
                '\\' if self.peek().and_then(class_escape).is_some() => {
                    let letter = self.rest.next().unwrap_or('d');
                    let (class, negated) = class_escape(letter).expect("it was there");
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
            // `[.x.]` and `[=x=]`
            '[' if let Some(mark @ ('.' | '=')) = self.peek() => match *self.rest.as_slice() {
                [_, member, end, ']', ..] if end == mark => {
                    self.rest.nth(3);
                    Ok(member)
                }
                _ => Err(Error::unsupported("the name of a collating element")),
            },
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
