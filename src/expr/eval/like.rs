//! LIKE over a column.

use super::super::Expr;
use super::super::pattern::Pattern;
use super::by_row::{map, map_text};
use super::text_function::Answer;
use super::vector::Operand;
use crate::column::{Chunk, Data};
use crate::error::{Code, Error, Result};
use crate::types::Value;
use std::rc::Rc;

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

    /// The pattern, taken apart.
    fn parsed(&mut self, pattern: &Rc<str>) -> &Pattern {
        let known = self.last.take().filter(|(last, _)| last == pattern);
        let parsed = || Pattern::new(pattern, self.escape, self.case_insensitive);
        &(self.last)
            .insert(known.unwrap_or_else(|| (pattern.clone(), parsed())))
            .1
    }
}

/// `text LIKE pattern`, row by row but for one pattern that is nothing but pieces of a text.
pub fn like(
    expr: &Expr,
    operands: [Operand; 2],
    mut patterns: Patterns,
    negated: bool,
    chunk: &Chunk,
) -> Result<Operand> {
    if let [
        Operand::Vector(texts),
        Operand::Constant(Value::Text(pattern)),
    ] = &operands
        && let Data::Text(strings) = &texts.data
        && let Some(pieces) = patterns.parsed(pattern).as_pieces()
    {
        let mut matching = pieces.matching(strings, chunk.selected());
        if negated {
            matching.iter_mut().for_each(|matches| *matches ^= true);
        }
        return Ok(Operand::from_data(
            Data::Bool(matching),
            texts.validity.clone(),
        ));
    }
    let mut truth = |text: &str, pattern: &Value| match pattern {
        Value::Text(pattern) => Ok(patterns.parsed(pattern).matches(text)? != negated),
        _ => Err(Error::new(Code::Internal, "a pattern is a text")),
    };
    let found = map_text(expr, &operands, chunk, |text, rest| {
        Ok(Answer::Truth(truth(text, &rest[0])?))
    })?;
    match found {
        Some(found) => Ok(found),
        None => map(expr, operands, chunk, |[text, pattern]| match text {
            Value::Text(text) if !pattern.is_null() => Ok(Value::Bool(truth(text, pattern)?)),
            _ => Ok(Value::Null),
        }),
    }
}
