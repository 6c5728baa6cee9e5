//! Equality and order of JSONB.

use super::Json;
use crate::error::Result;
use std::cmp::Ordering;

/// PostgreSQL's order: Object > Array > Boolean > Number > String > Null, more members or elements
/// above fewer, and an empty array at the top below everything.
pub fn compare(left: &str, right: &str) -> Result<Ordering> {
    let (left, right) = (Json::parse(left)?, Json::parse(right)?);
    Ok(match (&left, &right) {
        (Json::Array(elements), other) | (other, Json::Array(elements))
            if elements.is_empty() && !matches!(other, Json::Array(_) | Json::Object(_)) =>
        {
            match left {
                Json::Array(_) => Ordering::Less,
                _ => Ordering::Greater,
            }
        }
        _ => compare_values(&left, &right),
    })
}

fn rank(value: &Json) -> u8 {
    match value {
        Json::Null => 0,
        Json::String(_) => 1,
        Json::Number(_) => 2,
        Json::Bool(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

fn compare_values(left: &Json, right: &Json) -> Ordering {
    match (left, right) {
        (Json::String(a), Json::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Json::Number(a), Json::Number(b)) => a.cmp(b),
        (Json::Bool(a), Json::Bool(b)) => a.cmp(b),
        (Json::Array(a), Json::Array(b)) => a
            .len()
            .cmp(&b.len())
            .then_with(|| first_difference(a.iter().zip(b).map(|(a, b)| compare_values(a, b)))),
        (Json::Object(a), Json::Object(b)) => a.len().cmp(&b.len()).then_with(|| {
            first_difference(a.iter().zip(b).map(|((key, a), (other, b))| {
                key.as_bytes()
                    .cmp(other.as_bytes())
                    .then_with(|| compare_values(a, b))
            }))
        }),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn first_difference(mut orders: impl Iterator<Item = Ordering>) -> Ordering {
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// A text that is the same for equal values: the normal form with numbers without trailing zeros.
pub fn equality_key(text: &str) -> Result<String> {
    let mut document = Json::parse(text)?;
    trim_numbers(&mut document);
    let mut out = String::with_capacity(text.len());
    document.print(&mut out);
    Ok(out)
}

fn trim_numbers(value: &mut Json) {
    match value {
        Json::Number(number) => *number = number.normalized(),
        Json::Array(elements) => elements.iter_mut().for_each(trim_numbers),
        Json::Object(members) => members
            .iter_mut()
            .for_each(|(_, value)| trim_numbers(value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_ordered_as_in_postgresql() {
        let ascending = [
            "[]",
            "null",
            "\"a\"",
            "\"b\"",
            "1",
            "2.5",
            "false",
            "true",
            "[1]",
            "[2]",
            "[1, 1]",
            "{}",
            "{\"a\": 1}",
            "{\"b\": 0}",
            "{\"a\": 1, \"b\": 1}",
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(
                    compare(left, right).unwrap(),
                    i.cmp(&j),
                    "{left} and {right}"
                );
            }
        }
    }

    #[test]
    fn equal_numbers_have_equal_keys() {
        assert_eq!(
            equality_key("[1.0, 1.50]").unwrap(),
            equality_key("[1, 1.5]").unwrap()
        );
    }
}
