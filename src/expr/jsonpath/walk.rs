//! What a path finds in a document.

use super::super::json::Json;
use super::parse;
use super::{Comparison, Condition, Item, Method, Path, Step};
use crate::error::{Code, Error, Result};
use crate::types::{Decimal, Value, parse_f64};
use std::cmp::Ordering;

/// What is asked of a path in one value.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Asked {
    /// Whether it finds anything.
    Exists,
    /// The truth that it finds.
    Match,
    /// The first that it finds.
    First,
    /// All that it finds.
    All,
}

/// The answer to what is asked; `None` is NULL. One who is `quiet` is told of no error that the document is the cause of.
pub fn ask(
    asked: Asked,
    document: &str,
    path: &str,
    variables: &str,
    quiet: bool,
) -> Result<Option<Json>> {
    let path = parse::path(path)?;
    let is_enough = asked == Asked::Exists && !path.strict;
    let (mut found, failed) = find(&path, document, variables, quiet, is_enough)?;
    Ok(match asked {
        Asked::Exists if found.is_empty() && failed => None,
        Asked::Exists if failed && path.strict => None,
        Asked::Exists => Some(Json::Bool(!found.is_empty())),
        Asked::First => (!found.is_empty()).then(|| found.swap_remove(0)),
        Asked::All => Some(Json::Array(found)),
        Asked::Match => match found.as_slice() {
            _ if failed => None,
            [Json::Bool(truth)] => Some(Json::Bool(*truth)),
            [Json::Null] => None,
            _ if quiet => None,
            _ => {
                let message = "single boolean result is expected";
                return Err(Error::new(Code::JsonNotSingle, message));
            }
        },
    })
}

/// The variables, and whether errors are to be told, of the arguments behind a path.
pub fn options(arguments: &[Value]) -> (&str, bool) {
    let variables = match arguments {
        [Value::Text(variables), ..] => variables,
        _ => "{}",
    };
    (variables, matches!(arguments, [_, Value::Bool(true)]))
}

/// All that a path finds, as texts.
pub fn query(document: &str, path: &str, variables: &str, quiet: bool) -> Result<Vec<String>> {
    let (found, _) = find(&parse::path(path)?, document, variables, quiet, false)?;
    Ok(found.iter().map(Json::printed).collect())
}

/// What a path finds, and whether an error ended it that is not told.
fn find(
    path: &Path,
    document: &str,
    variables: &str,
    quiet: bool,
    first: bool,
) -> Result<(Vec<Json>, bool)> {
    let root = Json::parse(document)?;
    let variables = match variables {
        "" => None,
        variables => Some(Json::parse(variables)?),
    };
    if !matches!(variables, Some(Json::Object(_)) | None) {
        let message = "\"vars\" argument is not an object";
        return Err(Error::new(Code::InvalidParameterValue, message));
    }
    let walk = Walk {
        root: &root,
        variables: variables.as_ref(),
        strict: path.strict,
        lenient: !path.strict,
        first,
    };
    let at = At {
        current: &root,
        last: None,
    };
    let mut found = Vec::new();
    match walk.item(&path.item, at, &mut found) {
        Ok(()) => Ok((found, false)),
        Err(error) if quiet && may_be_hidden(&error) => Ok((found, true)),
        Err(error) => Err(error),
    }
}

/// Whether an error is one of the document.
fn may_be_hidden(error: &Error) -> bool {
    use Code::*;
    matches!(
        error.code(),
        JsonSubscript
            | JsonNotNumeric
            | JsonNotSingle
            | JsonNoArray
            | JsonNoMember
            | JsonNoNumber
            | JsonNoObject
            | DivisionByZero
            | NumericOutOfRange
    )
}

#[derive(Clone, Copy)]
struct Walk<'a> {
    root: &'a Json,
    /// An object; without, any variable is null.
    variables: Option<&'a Json>,
    strict: bool,
    /// Whether what is not there is no error.
    lenient: bool,
    /// Whether the first that is found is enough.
    first: bool,
}

/// What `@` and `last` mean.
#[derive(Clone, Copy)]
struct At<'a> {
    current: &'a Json,
    last: Option<usize>,
}

fn fail<T>(code: Code, message: &str) -> Result<T> {
    Err(Error::new(code, message))
}

impl<'a> Walk<'a> {
    fn item(&self, item: &Item, at: At, found: &mut Vec<Json>) -> Result<()> {
        let value = match item {
            Item::Root => self.root.clone(),
            Item::Current => at.current.clone(),
            Item::Literal(value) => value.clone(),
            Item::Variable(name) => self.variable(name)?.clone(),
            Item::Last => {
                let last = at.last.map_or(-1, |count| count as i64 - 1);
                Json::Number(Decimal::from(last))
            }
            Item::Steps(first, steps) => {
                let value = match &**first {
                    Item::Root => return self.steps(self.root, steps, at, !self.strict, found),
                    Item::Current => {
                        return self.steps(at.current, steps, at, !self.strict, found);
                    }
                    other => self.all(other, at)?,
                };
                for value in &value {
                    self.steps(value, steps, at, !self.strict, found)?;
                }
                return Ok(());
            }
            Item::Arithmetic(symbol, left, right) => {
                let left = self.operand("left", *symbol, left, at)?;
                let right = self.operand("right", *symbol, right, at)?;
                Json::Number(match symbol {
                    b'+' => left.add(&right),
                    b'-' => left.subtract(&right),
                    b'*' => left.multiply(&right),
                    b'/' => left.divide(&right),
                    _ => left.remainder(&right),
                }?)
            }
            Item::Sign(sign, operand) => {
                for value in self.unwrapped(operand, at)? {
                    let is_number = matches!(value, Json::Number(_));
                    match self.first {
                        true if !found.is_empty() => break,
                        true if !is_number => continue,
                        _ => {}
                    }
                    let Json::Number(number) = value else {
                        let sign = char::from(*sign);
                        let message = format!(
                            "operand of unary jsonpath operator {sign} is not a numeric value"
                        );
                        return fail(Code::JsonNoNumber, &message);
                    };
                    found.push(Json::Number(match sign {
                        b'-' => number.negated(),
                        _ => number,
                    }));
                }
                return Ok(());
            }
            Item::Condition(condition) => match self.truth(condition, at)? {
                Some(truth) => Json::Bool(truth),
                None => Json::Null,
            },
        };
        found.push(value);
        Ok(())
    }

    fn variable(&self, name: &str) -> Result<&'a Json> {
        let Some(Json::Object(members)) = self.variables else {
            return Ok(&Json::Null);
        };
        match members.iter().find(|(known, _)| known == name) {
            Some((_, value)) => Ok(value),
            None => {
                let message = format!("could not find jsonpath variable \"{name}\"");
                fail(Code::UndefinedObject, &message)
            }
        }
    }

    /// All that an item finds, however little is asked for around it.
    fn all(&self, item: &Item, at: At) -> Result<Vec<Json>> {
        let mut found = Vec::new();
        let whole = Walk {
            first: false,
            ..*self
        };
        whole.item(item, at, &mut found)?;
        Ok(found)
    }

    /// The same with the elements of arrays, unless the path is strict.
    fn unwrapped(&self, item: &Item, at: At) -> Result<Vec<Json>> {
        let found = self.all(item, at)?;
        if self.strict {
            return Ok(found);
        }
        let elements = found.into_iter().flat_map(|value| match value {
            Json::Array(elements) => elements,
            other => vec![other],
        });
        Ok(elements.collect())
    }

    fn operand(&self, side: &str, symbol: u8, item: &Item, at: At) -> Result<Decimal> {
        match <[Json; 1]>::try_from(self.unwrapped(item, at)?) {
            Ok([Json::Number(number)]) => Ok(number),
            _ => {
                let symbol = char::from(symbol);
                let message = format!(
                    "{side} operand of jsonpath operator {symbol} is not a single numeric value"
                );
                fail(Code::JsonNotSingle, &message)
            }
        }
    }

    /// Takes the steps from a value; an array may be `unwrapped` for the first.
    fn steps(
        &self,
        value: &Json,
        steps: &[Step],
        at: At,
        unwrap: bool,
        found: &mut Vec<Json>,
    ) -> Result<()> {
        let [step, rest @ ..] = steps else {
            found.push(value.clone());
            return Ok(());
        };
        let lax = !self.strict;
        let mut next = |value: &Json| match self.first && !found.is_empty() {
            true => Ok(()),
            false => self.steps(value, rest, at, lax, found),
        };
        match (step, value) {
            (Step::AllElements, Json::Array(elements)) => elements.iter().try_for_each(next),
            (Step::AllElements, _) if lax => next(value),
            (Step::AllElements, _) if self.lenient => Ok(()),
            (Step::AllElements, _) => fail(
                Code::JsonNoArray,
                "jsonpath wildcard array accessor can only be applied to an array",
            ),
            (Step::Elements(_), other) if self.strict && !matches!(other, Json::Array(_)) => {
                match self.lenient {
                    true => Ok(()),
                    false => fail(
                        Code::JsonNoArray,
                        "jsonpath array accessor can only be applied to an array",
                    ),
                }
            }
            (Step::Elements(places), _) => {
                let elements = match value {
                    Json::Array(elements) => elements,
                    other => std::slice::from_ref(other),
                };
                let at = At {
                    last: Some(elements.len()),
                    ..at
                };
                for (from, to) in places {
                    let from = self.place(from, at)?;
                    let to = to.as_ref().map_or(Ok(from), |to| self.place(to, at))?;
                    let count = elements.len() as i64;
                    if !self.lenient && (from < 0 || from > to || to >= count) {
                        let message = "jsonpath array subscript is out of bounds";
                        return fail(Code::JsonSubscript, message);
                    }
                    let within = from.max(0)..=to.min(count - 1);
                    within
                        .filter_map(|place| elements.get(usize::try_from(place).ok()?))
                        .try_for_each(&mut next)?;
                }
                Ok(())
            }
            (Step::Deep(levels), _) => {
                let lenient = Walk {
                    lenient: true,
                    ..*self
                };
                lenient.below(
                    value,
                    0,
                    *levels,
                    &mut |value, found| lenient.steps(value, rest, at, lax, found),
                    found,
                )
            }
            (Step::Method(Method::Type), _) => {
                let name = match value {
                    Json::Null => "null",
                    Json::Bool(_) => "boolean",
                    Json::Number(_) => "number",
                    Json::String(_) => "string",
                    Json::Array(_) => "array",
                    Json::Object(_) => "object",
                };
                next(&Json::from(name))
            }
            (Step::Method(Method::Size), _) => match value {
                Json::Array(elements) => next(&Json::from(elements.len() as u64)),
                _ if self.lenient => next(&Json::from(1u32)),
                _ => fail(
                    Code::JsonNoArray,
                    "jsonpath item method .size() can only be applied to an array",
                ),
            },
            (Step::Method(Method::KeyValue), Json::Object(_))
                if !std::ptr::eq(value, self.root) =>
            {
                // What it is told by there is its place among PostgreSQL's bytes.
                Err(Error::unsupported(
                    "keyvalue() of a part of a document in a jsonpath",
                ))
            }
            (Step::Method(Method::KeyValue), Json::Object(members)) => {
                let pair = |(key, value): &(String, Json)| {
                    let id = ("id", Json::from(0u32));
                    let key = ("key", Json::from(key.as_str()));
                    Json::object([id, key, ("value", value.clone())])
                };
                members.iter().try_for_each(|member| next(&pair(member)))
            }
            (_, Json::Array(elements)) if unwrap => {
                for element in elements {
                    if self.first && !found.is_empty() {
                        break;
                    }
                    self.steps(element, steps, at, false, found)?;
                }
                Ok(())
            }
            (Step::Member(name), Json::Object(members)) => {
                match members.iter().find(|(known, _)| known == name) {
                    Some((_, value)) => next(value),
                    None if self.lenient => Ok(()),
                    None => {
                        let message = format!("JSON object does not contain key \"{name}\"");
                        fail(Code::JsonNoMember, &message)
                    }
                }
            }
            (Step::Member(_), _) if self.lenient => Ok(()),
            (Step::Member(_), _) => fail(
                Code::JsonNoMember,
                "jsonpath member accessor can only be applied to an object",
            ),
            (Step::Members, Json::Object(members)) => {
                members.iter().map(|(_, value)| value).try_for_each(next)
            }
            (Step::Members, _) if self.lenient => Ok(()),
            (Step::Members, _) => fail(
                Code::JsonNoObject,
                "jsonpath wildcard member accessor can only be applied to an object",
            ),
            (Step::Filter(condition), _) => {
                let at = At {
                    current: value,
                    ..at
                };
                match self.truth(condition, at)? {
                    Some(true) => next(value),
                    _ => Ok(()),
                }
            }
            (Step::Method(Method::KeyValue), _) => fail(
                Code::JsonNoObject,
                "jsonpath item method .keyvalue() can only be applied to an object",
            ),
            (Step::Method(method), _) => next(&Json::Number(number_of(*method, value)?)),
        }
    }

    /// Hands over what lies within the value at these levels, which is at level 0 itself.
    fn below(
        &self,
        value: &Json,
        level: u32,
        levels: (u32, u32),
        next: &mut dyn FnMut(&Json, &mut Vec<Json>) -> Result<()>,
        found: &mut Vec<Json>,
    ) -> Result<()> {
        if self.first && !found.is_empty() {
            return Ok(());
        }
        let is_leaf = !matches!(value, Json::Array(_) | Json::Object(_));
        let (from, to) = levels;
        if level >= from || (from == u32::MAX && is_leaf && level > 0) {
            next(value, found)?;
        }
        if level == to {
            return Ok(());
        }
        let mut below = |value| self.below(value, level + 1, levels, next, found);
        match value {
            Json::Array(elements) => elements.iter().try_for_each(&mut below),
            Json::Object(members) => members.iter().try_for_each(|(_, value)| below(value)),
            _ => Ok(()),
        }
    }

    fn place(&self, item: &Item, at: At) -> Result<i64> {
        let found = self.all(item, at)?;
        let place = match found.as_slice() {
            [Json::Number(number)] => number.trunc(0).to_i64(),
            _ => {
                let message = "jsonpath array subscript is not a single numeric value";
                return fail(Code::JsonSubscript, message);
            }
        };
        let place = place.filter(|place| i32::try_from(*place).is_ok());
        place.ok_or_else(|| {
            let message = "jsonpath array subscript is out of integer range";
            Error::new(Code::JsonSubscript, message)
        })
    }

    /// `None` is unknown.
    fn truth(&self, condition: &Condition, at: At) -> Result<Option<bool>> {
        Ok(match condition {
            Condition::And(left, right) => match self.truth(left, at)? {
                Some(false) => Some(false),
                left => match self.truth(right, at)? {
                    Some(false) => Some(false),
                    right => left.and(right),
                },
            },
            Condition::Or(left, right) => match self.truth(left, at)? {
                Some(true) => Some(true),
                left => match self.truth(right, at)? {
                    Some(true) => Some(true),
                    right => left.and(right),
                },
            },
            Condition::Not(other) => self.truth(other, at)?.map(|truth| !truth),
            Condition::IsUnknown(other) => Some(self.truth(other, at)?.is_none()),
            Condition::Exists(item) => {
                let asked = Walk {
                    first: !self.strict,
                    ..*self
                };
                let mut found = Vec::new();
                hidden(asked.item(item, at, &mut found))?.map(|()| !found.is_empty())
            }
            Condition::Compare(comparison, left, right) => {
                let left = hidden(self.unwrapped(left, at))?;
                let right = hidden(self.unwrapped(right, at))?;
                let compared = |left: &Json, right: &Json| Ok(compare(*comparison, left, right));
                self.any(left, right, compared)?
            }
            Condition::StartsWith(left, right) => {
                let left = hidden(self.unwrapped(left, at))?;
                let right = hidden(self.all(right, at))?;
                self.any(left, right, |left, right| {
                    Ok(match (left, right) {
                        (Json::String(text), Json::String(prefix)) => {
                            Some(text.starts_with(&**prefix))
                        }
                        _ => None,
                    })
                })?
            }
            Condition::Like(item, regex) => {
                let left = hidden(self.unwrapped(item, at))?;
                self.any(left, Some(vec![Json::Null]), |value, _| match value {
                    Json::String(text) => regex.matches(text).map(Some),
                    _ => Ok(None),
                })?
            }
        })
    }

    /// Whether something is true of any pair; unknown if it is of one, and true of none.
    fn any(
        &self,
        left: Option<Vec<Json>>,
        right: Option<Vec<Json>>,
        mut holds: impl FnMut(&Json, &Json) -> Result<Option<bool>>,
    ) -> Result<Option<bool>> {
        let (Some(left), Some(right)) = (left, right) else {
            return Ok(None);
        };
        let mut truth = Some(false);
        for (left, right) in left.iter().flat_map(|l| right.iter().map(move |r| (l, r))) {
            match holds(left, right)? {
                Some(true) if !self.strict => return Ok(Some(true)),
                None if self.strict => return Ok(None),
                Some(true) => truth = Some(true),
                None => truth = None,
                Some(false) => {}
            }
        }
        Ok(truth)
    }
}

/// Without an error of the document.
fn hidden<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if may_be_hidden(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn compare(comparison: Comparison, left: &Json, right: &Json) -> Option<bool> {
    let order = match (left, right) {
        (Json::Null, Json::Null) => Ordering::Equal,
        (Json::Null, _) | (_, Json::Null) => return Some(comparison == Comparison::NotEqual),
        (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
        (Json::Number(left), Json::Number(right)) => left.cmp(right),
        (Json::String(left), Json::String(right)) => left.as_bytes().cmp(right.as_bytes()),
        _ => return None,
    };
    Some(match comparison {
        Comparison::Equal => order.is_eq(),
        Comparison::NotEqual => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    })
}

fn number_of(method: Method, value: &Json) -> Result<Decimal> {
    let number = match (method, value) {
        (Method::Double, Json::String(text)) => {
            let number = parse_f64(text.trim()).filter(|number| number.is_finite());
            number.map(Decimal::from_f64).ok_or(
                "string argument of jsonpath item method .double() is not a valid representation of a double precision number",
            )
        }
        (Method::Double, Json::Number(number)) if !number.to_f64().is_finite() => Err(
            "numeric argument of jsonpath item method .double() is out of range for type double precision",
        ),
        (_, Json::Number(number)) => Ok(match method {
            Method::Abs => number.abs(),
            Method::Ceiling => number.ceil(),
            Method::Floor => number.floor(),
            _ => number.clone(),
        }),
        (Method::Double, _) => {
            Err("jsonpath item method .double() can only be applied to a string or numeric value")
        }
        (Method::Abs, _) => {
            Err("jsonpath item method .abs() can only be applied to a numeric value")
        }
        (Method::Floor, _) => {
            Err("jsonpath item method .floor() can only be applied to a numeric value")
        }
        _ => Err("jsonpath item method .ceiling() can only be applied to a numeric value"),
    };
    number.or_else(|message| fail(Code::JsonNotNumeric, message))
}
