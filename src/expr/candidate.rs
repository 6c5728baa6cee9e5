//! Choosing among overloaded functions and operators, by PostgreSQL's rules (its manual, chapter 10).

use super::coercion::{CastContext, Category, cast_needs, category, is_preferred};
use crate::types::DataType;

pub enum Choice {
    /// The place of the candidate.
    One(usize),
    None,
    Ambiguous,
}

/// Which of the candidates' argument types serve these arguments.
pub fn choose(arguments: &[DataType], candidates: &[&[DataType]]) -> Choice {
    let arguments: Vec<DataType> = arguments.iter().map(|data_type| data_type.base()).collect();
    let all = 0..candidates.len();
    if let Some(exact) = all.clone().find(|&at| candidates[at] == arguments) {
        return Choice::One(exact);
    }
    let usable: Vec<usize> = all
        .filter(|&at| accepts(candidates[at], &arguments))
        .collect();
    match usable.as_slice() {
        [] => Choice::None,
        [one] => Choice::One(*one),
        _ => narrow(&arguments, candidates, usable),
    }
}

fn accepts(candidate: &[DataType], arguments: &[DataType]) -> bool {
    candidate.len() == arguments.len()
        && (candidate.iter().zip(arguments)).all(|(&to, &from)| {
            from == DataType::Unknown || cast_needs(from, to) == Some(CastContext::Implicit)
        })
}

fn narrow(arguments: &[DataType], candidates: &[&[DataType]], usable: Vec<usize>) -> Choice {
    let known = |i: usize| arguments[i] != DataType::Unknown;
    let exact = |i: usize, to: DataType| known(i) && arguments[i] == to;
    let usable = best(usable, candidates, exact);
    let usable = best(usable, candidates, |i, to| {
        exact(i, to) || (known(i) && is_preferred(to) && category(to) == category(arguments[i]))
    });
    if let [one] = usable.as_slice() {
        return Choice::One(*one);
    }
    if (0..arguments.len()).all(known) {
        return Choice::Ambiguous;
    }
    let usable = by_category(arguments, candidates, usable);
    if let [one] = usable.as_slice() {
        return Choice::One(*one);
    }
    like_the_known(arguments, candidates, &usable)
}

/// Those with the most arguments that count.
fn best(
    usable: Vec<usize>,
    candidates: &[&[DataType]],
    counts: impl Fn(usize, DataType) -> bool,
) -> Vec<usize> {
    let score = |at: usize| {
        (candidates[at].iter().enumerate())
            .filter(|&(i, &to)| counts(i, to))
            .count()
    };
    let most = usable.iter().map(|&at| score(at)).max().unwrap_or(0);
    usable.into_iter().filter(|&at| score(at) == most).collect()
}

/// For each unknown argument the category of types that most likely was meant: text if any candidate
/// takes it, else the one that all take; and its preferred type if any candidate takes that.
fn by_category(
    arguments: &[DataType],
    candidates: &[&[DataType]],
    usable: Vec<usize>,
) -> Vec<usize> {
    let mut wanted: Vec<(usize, Category, bool)> = Vec::new();
    for i in (0..arguments.len()).filter(|&i| arguments[i] == DataType::Unknown) {
        let types: Vec<DataType> = usable.iter().map(|&at| candidates[at][i]).collect();
        let any_text = types.iter().any(|&to| category(to) == Category::Text);
        let chosen = if any_text {
            Category::Text
        } else {
            category(types[0])
        };
        if !any_text && types.iter().any(|&to| category(to) != chosen) {
            return usable;
        }
        let preferred = types
            .iter()
            .any(|&to| category(to) == chosen && is_preferred(to));
        wanted.push((i, chosen, preferred));
    }
    let fits = |at: usize| {
        wanted.iter().all(|&(i, chosen, preferred)| {
            let to = candidates[at][i];
            category(to) == chosen && (!preferred || is_preferred(to))
        })
    };
    let fitting: Vec<usize> = usable.iter().copied().filter(|&at| fits(at)).collect();
    if fitting.is_empty() { usable } else { fitting }
}

/// The last resort: unknown arguments are of the type that all known ones have.
fn like_the_known(arguments: &[DataType], candidates: &[&[DataType]], usable: &[usize]) -> Choice {
    let mut known = arguments
        .iter()
        .copied()
        .filter(|&from| from != DataType::Unknown);
    let Some(first) = known
        .next()
        .filter(|&first| known.all(|other| other == first))
    else {
        return Choice::Ambiguous;
    };
    let assumed = vec![first; arguments.len()];
    let mut fitting = usable
        .iter()
        .filter(|&&at| accepts(candidates[at], &assumed));
    match (fitting.next(), fitting.next()) {
        (Some(&one), None) => Choice::One(one),
        _ => Choice::Ambiguous,
    }
}
