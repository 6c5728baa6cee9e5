//! Functions that match regular expressions, on values.

use super::super::regex::{Match, Occurrence, Regex, replace, similar};
use super::super::{Function, text};
use super::function::unknown;
use crate::error::{Code, Error, Result};
use crate::types::Value;

/// A function of a text and an expression, and of what may follow them.
pub fn regex_call(function: Function, text: &str, rest: &[Value]) -> Result<Value> {
    let all = rest;
    let [Value::Text(pattern), rest @ ..] = rest else {
        return Err(unknown(function));
    };
    let flags = rest.iter().rev().find_map(|value| match value {
        Value::Text(flags) => Some(&**flags),
        _ => None,
    });
    let flags = flags.unwrap_or_default();
    match function {
        Function::SimilarEscape => {
            let mut escape = pattern.chars();
            let found = (escape.next(), escape.next());
            return match found {
                (escape, None) => similar(text, escape).map(|pattern| Value::text(&pattern)),
                _ => Err(Error::new(Code::InvalidEscape, "invalid escape string")
                    .with_hint("Escape string must be empty or one character.")),
            };
        }
        Function::RegexpReplace => return replaced(text, pattern, rest),
        Function::RegexpSplit => {
            return regexp_split(text, all).map(|parts| Value::Array(parts.into()));
        }
        Function::RegexpMatch => {
            let found = groups_of(&Regex::new(pattern, flags)?, text, 1)?;
            return Ok(found.into_iter().next().unwrap_or(Value::Null));
        }
        _ => {}
    }
    let regex = Regex::new(pattern, flags)?;
    if function == Function::RegexpLike {
        return regex.matches(text).map(Value::Bool);
    }
    let mut numbers = rest.iter().filter_map(|value| match value {
        Value::I64(number) => Some(*number),
        _ => None,
    });
    let mut next = |least: i64, name: &str, otherwise: i64| match numbers.next() {
        Some(number) if number < least => {
            let message = format!("invalid value for parameter \"{name}\": {number}");
            Err(Error::new(Code::InvalidParameterValue, message))
        }
        Some(number) => Ok(text::place(number)),
        None => Ok(otherwise as usize),
    };
    if function == Function::RegexpSubstring {
        let (text, found) = regex.occurrences(
            text,
            Occurrence {
                start: 0,
                number: 1,
            },
        )?;
        // The first group, if there is one, is what is meant.
        let meant = usize::from(regex.groups > 0);
        let part = found.first().and_then(|found| found[meant]);
        return Ok(part.map_or(Value::Null, |(start, end)| slice(&text, start, end)));
    }
    let start = next(1, "start", 1)? - 1;
    if function == Function::RegexpCount {
        let (_, all) = regex.occurrences(text, Occurrence { start, number: 0 })?;
        return Ok(Value::I64(all.len() as i64));
    }
    let number = next(1, "n", 1)?;
    let at_end = match function {
        Function::RegexpInstr => match next(0, "endoption", 0)? {
            option @ 0..=1 => option == 1,
            option => {
                let message = format!("invalid value for parameter \"endoption\": {option}");
                return Err(Error::new(Code::InvalidParameterValue, message));
            }
        },
        _ => false,
    };
    let group = match next(0, "subexpr", 0)? {
        // Without groups the whole match is the first.
        1 if regex.groups == 0 => 0,
        group => group,
    };
    let (text, found) = regex.occurrences(text, Occurrence { start, number })?;
    let part = found
        .first()
        .and_then(|found| found.get(group).copied().flatten());
    Ok(match (function, part) {
        (Function::RegexpInstr, None) => Value::I64(0),
        (Function::RegexpInstr, Some((start, end))) => {
            Value::I64(if at_end { end } else { start } as i64 + 1)
        }
        (_, None) => Value::Null,
        (_, Some((start, end))) => slice(&text, start, end),
    })
}

/// The groups of the matches, or the whole matches without groups: so many, or all with 0.
fn groups_of(regex: &Regex, text: &str, number: usize) -> Result<Vec<Value>> {
    let (text, found) = regex.occurrences(text, Occurrence { start: 0, number })?;
    let first = usize::from(regex.groups > 0);
    let part = |(start, end): (usize, usize)| slice(&text, start, end);
    let groups = |found: &Match| {
        let parts = found[first..].iter();
        Value::Array(parts.map(|at| at.map_or(Value::Null, part)).collect())
    };
    Ok(found.iter().map(groups).collect())
}

/// The pattern and the flags among arguments.
fn pattern_of(arguments: &[Value]) -> Result<(&str, &str)> {
    match arguments {
        [Value::Text(pattern)] => Ok((pattern, "")),
        [Value::Text(pattern), Value::Text(flags)] => Ok((pattern, flags)),
        _ => Err(unknown(Function::RegexpMatch)),
    }
}

/// The groups of the first match, or with the flag g of each.
pub fn regexp_matches(text: &str, arguments: &[Value]) -> Result<Vec<Value>> {
    let (pattern, flags) = pattern_of(arguments)?;
    let regex = Regex::new(pattern, &flags.replace('g', ""))?;
    groups_of(&regex, text, usize::from(!flags.contains('g')))
}

/// What lies between the matches.
pub fn regexp_split(text: &str, arguments: &[Value]) -> Result<Vec<Value>> {
    let (pattern, flags) = pattern_of(arguments)?;
    let parts = Regex::new(pattern, flags)?.split(text)?;
    Ok(parts.iter().map(|part| Value::text(part)).collect())
}

fn slice(text: &[char], start: usize, end: usize) -> Value {
    Value::text(&text[start..end].iter().collect::<String>())
}

/// regexp_replace: behind the replacement come flags, or a start, a number and flags.
fn replaced(text: &str, pattern: &str, rest: &[Value]) -> Result<Value> {
    let invalid = |name: &str, number: i64| {
        let message = format!("invalid value for parameter \"{name}\": {number}");
        Error::new(Code::InvalidParameterValue, message)
    };
    let (by, start, number, flags) = match rest {
        [Value::Text(by)] => (by, 1, None, ""),
        [Value::Text(by), Value::Text(flags)] => (by, 1, None, &**flags),
        [Value::Text(by), Value::I64(start)] => (by, *start, None, ""),
        [Value::Text(by), Value::I64(start), Value::I64(number)] => (by, *start, Some(*number), ""),
        [
            Value::Text(by),
            Value::I64(start),
            Value::I64(number),
            Value::Text(flags),
        ] => (by, *start, Some(*number), &**flags),
        _ => return Err(unknown(Function::RegexpReplace)),
    };
    let all = flags.contains('g');
    let start = usize::try_from(start)
        .ok()
        .and_then(|start| start.checked_sub(1));
    let start = start.ok_or_else(|| invalid("start", 0))?;
    let number = match number {
        Some(number) => usize::try_from(number).map_err(|_| invalid("n", number))?,
        None => usize::from(!all),
    };
    let regex = Regex::new(pattern, &flags.replace('g', ""))?;
    let replaced = replace(&regex, text, by, Occurrence { start, number })?;
    match replaced.len() > text::LENGTH_MAX {
        true => Err(text::too_long()),
        false => Ok(Value::text(&replaced)),
    }
}
