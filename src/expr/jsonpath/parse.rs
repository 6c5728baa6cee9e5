//! From the text of a path to what it consists of.

use super::super::json::{Json, unescape};
use super::super::regex::Regex;
use super::{Comparison, Condition, Item, METHODS, Path, Step};
use crate::error::{Code, Error, Result};

/// How deep parentheses and filters may stand in each other.
const DEPTH_MAX: u32 = 60;
/// How long a path may be: each step is taken within the one before.
const STEPS_MAX: u32 = 300;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
    steps: u32,
    /// Whether it is within a subscript.
    in_subscript: bool,
    /// Whether it is within a filter.
    in_filter: bool,
}

/// What may stand in parentheses.
enum Part {
    Value(Item),
    Truth(Condition),
}

pub fn path(text: &str) -> Result<Path> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        steps: 0,
        in_subscript: false,
        in_filter: false,
    };
    let strict = parser.word("strict");
    if !strict {
        parser.word("lax");
    }
    let item = match parser.part()? {
        Part::Value(item) => item,
        Part::Truth(condition) => Item::Condition(Box::new(condition)),
    };
    match parser.peek() {
        None => Ok(Path { strict, item }),
        Some(_) => Err(parser.unexpected()),
    }
}

/// The inside of a string with JavaScript's escapes, `\u{41}`, `\x41` and `\v`, as those that JSON knows.
fn with_escapes_of_json(raw: &str) -> Option<String> {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let escape = rest.chars().next()?;
        let after = &rest[escape.len_utf8()..];
        let braced = after
            .strip_prefix('{')
            .and_then(|inside| inside.split_once('}'));
        let (digits, behind) = match (escape, braced) {
            ('u', Some(braced)) => braced,
            ('u', None) => after.split_at_checked(4)?,
            ('x', _) => after.split_at_checked(2)?,
            ('v', _) => ("b", after),
            ('b' | 'f' | 'n' | 'r' | 't' | '"' | '\\' | '/', _) => {
                out.extend(['\\', escape]);
                rest = after;
                continue;
            }
            _ => {
                out.push(escape);
                rest = after;
                continue;
            }
        };
        let code = u32::from_str_radix(digits, 16).ok()?;
        match (u16::try_from(code), char::from_u32(code)) {
            (Ok(unit), _) => out.push_str(&format!("\\u{unit:04x}")),
            (_, character) => out.push(character?),
        }
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}

fn is_special(c: char) -> bool {
    c.is_ascii_whitespace() || "?%$.[]{}()|&!=<>@#,*:-+/\\\"".contains(c)
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next character that is no blank and in no comment.
    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = self.rest();
            self.at = self.text.len() - rest.trim_ascii_start().len();
            let Some(comment) = self.rest().strip_prefix("/*") else {
                return self.rest().chars().next();
            };
            match comment.find("*/") {
                Some(end) => self.at += end + 4,
                None => return Some('/'),
            }
        }
    }

    fn take(&mut self, symbol: &str) -> bool {
        self.peek();
        let found = self.rest().starts_with(symbol);
        self.at += if found { symbol.len() } else { 0 };
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<()> {
        match self.take(symbol) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    /// A word without quotes, left where it is.
    fn peek_word(&mut self) -> &'a str {
        self.peek();
        let rest = self.rest();
        &rest[..rest.find(is_special).unwrap_or(rest.len())]
    }

    /// Takes the word if it is the next one.
    fn word(&mut self, wanted: &str) -> bool {
        let word = self.peek_word();
        let found = word.eq_ignore_ascii_case(wanted);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn unexpected(&mut self) -> Error {
        self.peek();
        let word = self.peek_word();
        let first = self.rest().chars().next().map_or(0, char::len_utf8);
        let message = match &self.rest()[..word.len().max(first)] {
            "" if self.text.trim().is_empty() => {
                let message = "invalid input syntax for type jsonpath: \"\"";
                return Error::new(Code::InvalidText, message);
            }
            "" => "syntax error at end of jsonpath input".to_string(),
            token => format!("syntax error at or near \"{token}\" of jsonpath input"),
        };
        Error::new(Code::Syntax, message)
    }

    /// A string in quotes.
    fn string(&mut self) -> Result<String> {
        if self.peek() != Some('"') {
            return Err(self.unexpected());
        }
        let rest = &self.rest()[1..];
        let mut is_escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        let raw = &rest[..end.ok_or_else(|| self.unexpected())?];
        let text = with_escapes_of_json(raw)
            .and_then(|escaped| unescape(&escaped).ok())
            .ok_or_else(|| self.unexpected())?;
        self.at += raw.len() + 2;
        Ok(text)
    }

    /// A string in quotes or a word.
    fn name(&mut self) -> Result<String> {
        let word = self.peek_word();
        match self.peek() {
            Some('"') => self.string(),
            Some(_) if !word.is_empty() => {
                self.at += word.len();
                Ok(word.to_string())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn value(&mut self) -> Result<Item> {
        match self.part()? {
            Part::Value(item) => Ok(item),
            Part::Truth(_) => Err(self.unexpected()),
        }
    }

    fn truth(&mut self) -> Result<Condition> {
        match self.part()? {
            Part::Truth(condition) => Ok(condition),
            Part::Value(_) => Err(self.unexpected()),
        }
    }

    fn part(&mut self) -> Result<Part> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            let message = format!("a jsonpath is nested deeper than {DEPTH_MAX} levels");
            return Err(Error::new(Code::LimitComplexity, message));
        }
        let part = self.joined(&["||", "&&"]);
        self.depth -= 1;
        part
    }

    /// Conditions with the first of these words between them, of which each may be several with the next.
    fn joined(&mut self, words: &[&str]) -> Result<Part> {
        let [word, tighter @ ..] = words else {
            return self.compared();
        };
        let mut part = self.joined(tighter)?;
        while self.take(word) {
            self.count()?;
            part = match (part, self.joined(tighter)?) {
                (Part::Truth(left), Part::Truth(right)) => {
                    let (left, right) = (Box::new(left), Box::new(right));
                    Part::Truth(match *word {
                        "||" => Condition::Or(left, right),
                        _ => Condition::And(left, right),
                    })
                }
                _ => return Err(self.unexpected()),
            };
        }
        Ok(part)
    }

    fn compared(&mut self) -> Result<Part> {
        const SYMBOLS: [(&str, Comparison); 8] = [
            ("==", Comparison::Equal),
            ("=", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            ("<", Comparison::Less),
            (">=", Comparison::GreaterOrEqual),
            (">", Comparison::Greater),
        ];
        if self.take("!") {
            self.expect("(").or_else(|error| match self.peek_word() {
                "exists" => Ok(()),
                _ => Err(error),
            })?;
            let condition = match self.word("exists") {
                true => self.exists()?,
                false => {
                    let condition = self.truth()?;
                    self.expect(")")?;
                    condition
                }
            };
            return Ok(Part::Truth(Condition::Not(Box::new(condition))));
        }
        if self.word("exists") {
            return self.exists().map(Part::Truth);
        }
        let left = match self.sum()? {
            Part::Value(left) => left,
            Part::Truth(condition) if self.word("is") => {
                return match self.word("unknown") {
                    true => Ok(Part::Truth(Condition::IsUnknown(Box::new(condition)))),
                    false => Err(self.unexpected()),
                };
            }
            truth => return Ok(truth),
        };
        if self.word("starts") {
            if !self.word("with") {
                return Err(self.unexpected());
            }
            let prefix = match self.take("$") {
                true => Item::Variable(self.name()?),
                false => Item::Literal(Json::String(self.string()?)),
            };
            return Ok(Part::Truth(Condition::StartsWith(left, prefix)));
        }
        if self.word("like_regex") {
            let pattern = self.string()?;
            let flags = match self.word("flag") {
                true => self.string()?,
                false => String::new(),
            };
            let regex = regex(&pattern, &flags)?;
            return Ok(Part::Truth(Condition::Like(left, regex)));
        }
        let Some((_, comparison)) = SYMBOLS.iter().find(|(symbol, _)| self.take(symbol)) else {
            return Ok(Part::Value(left));
        };
        match self.sum()? {
            Part::Value(right) => Ok(Part::Truth(Condition::Compare(*comparison, left, right))),
            Part::Truth(_) => Err(self.unexpected()),
        }
    }

    fn exists(&mut self) -> Result<Condition> {
        self.expect("(")?;
        let item = self.value()?;
        self.expect(")")?;
        Ok(Condition::Exists(item))
    }

    fn sum(&mut self) -> Result<Part> {
        let product = |parser: &mut Self| parser.chain(&["*", "/", "%"], &mut Self::signed);
        self.chain(&["+", "-"], &mut { product })
    }

    /// Operands with one of these symbols between them.
    fn chain(
        &mut self,
        symbols: &[&str],
        operand: &mut dyn FnMut(&mut Self) -> Result<Part>,
    ) -> Result<Part> {
        let mut part = operand(self)?;
        while let Some(symbol) = symbols.iter().find(|symbol| self.take(symbol)) {
            self.count()?;
            part = match (part, operand(self)?) {
                (Part::Value(left), Part::Value(right)) => {
                    let symbol = symbol.as_bytes()[0];
                    Part::Value(Item::Arithmetic(symbol, Box::new(left), Box::new(right)))
                }
                _ => return Err(self.unexpected()),
            };
        }
        Ok(part)
    }

    fn signed(&mut self) -> Result<Part> {
        let Some(sign) = ["-", "+"].iter().find(|sign| self.take(sign)) else {
            return self.stepped();
        };
        self.count()?;
        match self.signed()? {
            Part::Value(item) => Ok(Part::Value(Item::Sign(sign.as_bytes()[0], Box::new(item)))),
            Part::Truth(_) => Err(self.unexpected()),
        }
    }

    fn count(&mut self) -> Result<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            let message = format!("a jsonpath has more than {STEPS_MAX} parts");
            return Err(Error::new(Code::LimitComplexity, message));
        }
        Ok(())
    }

    fn stepped(&mut self) -> Result<Part> {
        let first = self.primary()?;
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            self.count()?;
            steps.push(step);
        }
        let first = match (first, steps.is_empty()) {
            (first, true) => return Ok(first),
            (Part::Value(item), _) => item,
            (Part::Truth(condition), _) => Item::Condition(Box::new(condition)),
        };
        Ok(Part::Value(Item::Steps(Box::new(first), steps)))
    }

    fn primary(&mut self) -> Result<Part> {
        let item = match self.peek() {
            Some('(') => {
                self.at += 1;
                let part = self.part()?;
                self.expect(")")?;
                return Ok(part);
            }
            Some('$') => {
                self.at += 1;
                // The name follows without a blank.
                match self.rest().chars().next() {
                    Some(c) if c == '"' || !is_special(c) => Item::Variable(self.name()?),
                    _ => Item::Root,
                }
            }
            Some('@') if !self.in_filter => {
                let message = "@ is not allowed in root expressions";
                return Err(Error::new(Code::Syntax, message));
            }
            Some('@') => {
                self.at += 1;
                Item::Current
            }
            Some('"') => Item::Literal(Json::String(self.string()?)),
            Some('0'..='9' | '.') => self.number()?,
            _ if self.in_subscript && self.word("last") => Item::Last,
            _ if self.word("null") => Item::Literal(Json::Null),
            _ if self.word("true") => Item::Literal(Json::Bool(true)),
            _ if self.word("false") => Item::Literal(Json::Bool(false)),
            _ => return Err(self.unexpected()),
        };
        Ok(Part::Value(item))
    }

    fn number(&mut self) -> Result<Item> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start;
        let digits = |at: &mut usize| {
            while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
                *at += 1;
            }
        };
        digits(&mut at);
        if bytes.get(at) == Some(&b'.') {
            at += 1;
            digits(&mut at);
        }
        if let Some(b'e' | b'E') = bytes.get(at) {
            at += 1;
            at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
            digits(&mut at);
        }
        self.at = at;
        let has_zero = at > start + 1 && bytes[start] == b'0' && bytes[start + 1].is_ascii_digit();
        let is_ended = self.rest().chars().next().is_none_or(is_special);
        match self.text[start..at].parse() {
            Ok(number) if is_ended && !has_zero => Ok(Item::Literal(Json::Number(number))),
            _ => {
                let message = "trailing junk after numeric literal in jsonpath input";
                Err(Error::new(Code::Syntax, message))
            }
        }
    }

    fn step(&mut self) -> Result<Option<Step>> {
        if self.take(".") {
            return self.member().map(Some);
        }
        if self.take("[") {
            if self.take("*") {
                self.expect("]")?;
                return Ok(Some(Step::AllElements));
            }
            let around = std::mem::replace(&mut self.in_subscript, true);
            let mut places = Vec::new();
            loop {
                let from = self.value()?;
                let to = self.word("to").then(|| self.value()).transpose()?;
                places.push((from, to));
                if !self.take(",") {
                    break;
                }
            }
            self.in_subscript = around;
            self.expect("]")?;
            return Ok(Some(Step::Elements(places)));
        }
        if self.take("?") {
            self.expect("(")?;
            let around = std::mem::replace(&mut self.in_filter, true);
            let condition = self.truth()?;
            self.in_filter = around;
            self.expect(")")?;
            return Ok(Some(Step::Filter(condition)));
        }
        Ok(None)
    }

    fn level(&mut self) -> Result<u32> {
        let word = self.peek_word();
        let level = match word {
            "last" => Some(u32::MAX),
            number => number.parse().ok(),
        };
        self.at += if level.is_some() { word.len() } else { 0 };
        level.ok_or_else(|| self.unexpected())
    }

    /// What follows a dot.
    fn member(&mut self) -> Result<Step> {
        if self.take("**") {
            let mut levels = (0, u32::MAX);
            if self.take("{") {
                levels.0 = self.level()?;
                levels.1 = match self.word("to") {
                    true => self.level()?,
                    false => levels.0,
                };
                self.expect("}")?;
            }
            return Ok(Step::Deep(levels));
        }
        if self.take("*") {
            return Ok(Step::Members);
        }
        let is_word = self.peek() != Some('"');
        let name = self.name()?;
        if !is_word || !self.take("(") {
            return Ok(Step::Member(name));
        }
        if let Some((_, method)) = METHODS.iter().find(|(known, _)| *known == name) {
            self.expect(")")?;
            return Ok(Step::Method(*method));
        }
        match &*name {
            "datetime" => Err(Error::unsupported(format!("{name}() in a jsonpath"))),
            _ => Err(self.unexpected()),
        }
    }
}

/// The regular expression of `like_regex`, whose flags are those of XQuery.
fn regex(pattern: &str, flags: &str) -> Result<Regex> {
    let has = |flag| flags.contains(flag);
    if let Some(other) = flags.chars().find(|flag| !"ismqx".contains(*flag)) {
        let message = "invalid input syntax for type jsonpath";
        let detail = format!("Unrecognized flag character \"{other}\" in LIKE_REGEX predicate.");
        return Err(Error::new(Code::Syntax, message).with_detail(detail));
    }
    if has('x') || pattern.contains("\\p") {
        return Err(Error::unsupported("this form of like_regex in a jsonpath"));
    }
    let lines = match (has('s'), has('m')) {
        _ if has('q') => "q",
        (false, false) => "p",
        (false, true) => "n",
        (true, false) => "s",
        (true, true) => "w",
    };
    Regex::new(
        pattern,
        &format!("{lines}{}", if has('i') { "i" } else { "" }),
    )
}
