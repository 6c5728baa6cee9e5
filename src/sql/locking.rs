//! `FOR UPDATE` and its like, as far as the grammar does not read them: the two weaker strengths, and lists of names.
//!
//! Whoever writes is alone in the database, so all strengths ask for the same, and the weaker ones are rewritten into
//! the two that the grammar knows: `FOR NO KEY UPDATE OF a, b` into `FOR UPDATE OF a FOR UPDATE OF b`.

use super::exclusion::is_word;
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

/// Finds the clauses, and rewrites them where the grammar needs it.
pub(super) fn read_locks(tokens: &mut Vec<TokenWithSpan>) -> Locking {
    let mut locking = Locking::Nothing;
    let mut at = 0;
    while at < tokens.len() {
        if is_word(tokens, at, "for")
            && let Some(weakening) = strength_at(tokens, at + 1)
        {
            tokens.drain(at + 1..at + 1 + weakening);
            let no_wait = spell_out_names(tokens, at);
            if locking != Locking::NoWait {
                locking = if no_wait {
                    Locking::NoWait
                } else {
                    Locking::Wait
                };
            }
        }
        at += 1;
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

/// Gives each name behind OF a clause of its own; whether NOWAIT follows.
fn spell_out_names(tokens: &mut Vec<TokenWithSpan>, clause: usize) -> bool {
    let mut at = clause + 2;
    if is_word(tokens, at, "of") {
        let words: Vec<TokenWithSpan> = tokens[clause..=at].to_vec();
        at += 2;
        while tokens
            .get(at)
            .is_some_and(|token| token.token == Token::Comma)
        {
            tokens.splice(at..=at, words.iter().cloned());
            at += words.len() + 1;
        }
    }
    is_word(tokens, at, "nowait")
}
