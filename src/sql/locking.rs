//! `FOR UPDATE` and its like, as far as the grammar does not read them: the two weaker strengths, and lists of names.
//!
//! Whoever writes is alone in the database, so all strengths ask for the same, and the weaker ones are rewritten into
//! the two that the grammar knows: `FOR NO KEY UPDATE OF a, b` into `FOR UPDATE OF a FOR UPDATE OF b`.

use super::exclusion::is_word;
use super::synonym::plain_word;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What a statement asks for besides its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locking {
    Nothing,
    /// To be alone with the rows, however long it takes.
    Wait,
    /// The same at once, or else an error.
    NoWait,
}

/// Behind these another query of a UNION or its like begins.
const COMBINING: [&str; 5] = ["union", "intersect", "except", "all", "distinct"];

/// Finds the clauses, and rewrites them where the grammar needs it.
pub(super) fn read_locks(tokens: &mut Vec<TokenWithSpan>) -> Locking {
    let mut locking = Locking::Nothing;
    let clause_at = |tokens: &[TokenWithSpan], at: usize| match is_word(tokens, at, "for") {
        true => strength_at(tokens, at + 1),
        false => None,
    };
    if !(0..tokens.len()).any(|at| clause_at(tokens, at).is_some()) {
        return locking;
    }
    // Written anew as a whole: there may be very many.
    let old = std::mem::take(tokens);
    // Of each query around, whether it has no FROM: the grammar takes the FOR for a name then, and there is nothing to lock.
    let mut is_alone = vec![false];
    let mut at = 0;
    while at < old.len() {
        let Some(weakening) = clause_at(&old, at) else {
            match &old[at].token {
                Token::LParen => is_alone.push(false),
                Token::RParen => drop(is_alone.pop()),
                _ => match (plain_word(&old[at]), is_alone.last_mut()) {
                    (Some("select"), Some(alone)) => {
                        let before = at.checked_sub(1).and_then(|at| plain_word(&old[at]));
                        *alone = !before.is_some_and(|word| COMBINING.contains(&word));
                    }
                    (Some("from" | "union" | "intersect" | "except"), Some(alone)) => {
                        *alone = false
                    }
                    _ => {}
                },
            }
            tokens.push(old[at].clone());
            at += 1;
            continue;
        };
        let (clause, strength) = (at, at + 1 + weakening);
        at = strength + 1;
        if is_alone.last() == Some(&true) && !is_word(&old, at, "of") {
            locking = Locking::Wait;
            at += usize::from(is_word(&old, at, "nowait"));
            at += 2 * usize::from(is_word(&old, at, "skip") && is_word(&old, at + 1, "locked"));
            continue;
        }
        tokens.extend([old[clause].clone(), old[strength].clone()]);
        if is_word(&old, at, "of") {
            // Each name gets a clause of its own.
            tokens.extend(old[at..].iter().take(2).cloned());
            at += 2;
            while old.get(at).is_some_and(|next| next.token == Token::Comma) {
                let of = [clause, strength, strength + 1].map(|at| old[at].clone());
                tokens.extend(of.into_iter().chain(old.get(at + 1).cloned()));
                at += 2;
            }
        }
        if is_word(&old, at, "nowait") {
            locking = Locking::NoWait;
        } else if locking == Locking::Nothing {
            locking = Locking::Wait;
        }
    }
    locking
}

/// How many words weaken the strength of a lock that stands here; `None` if none stands here.
fn strength_at(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    const STRENGTHS: [(&[&str], usize); 4] = [
        (&["update"], 0),
        (&["share"], 0),
        (&["no", "key", "update"], 2),
        (&["key", "share"], 1),
    ];
    let is_here = |(words, _): &&(&[&str], usize)| {
        let mut words = words.iter().enumerate();
        words.all(|(offset, word)| is_word(tokens, at + offset, word))
    };
    STRENGTHS
        .iter()
        .find(is_here)
        .map(|(_, weakening)| *weakening)
}
