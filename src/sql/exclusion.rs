//! EXCLUDE in the frame of a window, which the grammar does not read.
//!
//! `(w … EXCLUDE TIES)` becomes `(w …)`, and a window without a name gets an empty one. What is excluded
//! is found by the position of that name.

use crate::types::SortedMap;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};
use std::ops::Range;

/// The rows around the current one that its frame does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Exclusion {
    #[default]
    NoOthers,
    CurrentRow,
    /// The row and its peers.
    Group,
    /// Its peers but not the row itself.
    Ties,
}

/// Takes the exclusions out; gives them with the positions of the names.
pub(super) fn take_exclusions(tokens: &mut Vec<TokenWithSpan>) -> Vec<(u32, Exclusion)> {
    let mut found = Vec::new();
    let mut open = Vec::new();
    // The words of exclusions, and the names that windows get, by the parentheses before them.
    let mut taken: Vec<Range<usize>> = Vec::new();
    let mut made = SortedMap::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::LParen => open.push(at),
            Token::RParen => drop(open.pop()),
            _ => {
                let window = open.last().copied();
                let Some((window, (exclusion, len))) = window.zip(exclusion_at(tokens, at)) else {
                    continue;
                };
                let name = match &tokens[window + 1] {
                    name if is_name(name) => name,
                    _ => made.get_or_insert_with(window, || empty_name(token)),
                };
                found.push((name.span.start.column as u32, exclusion));
                taken.push(at..at + len);
            }
        }
    }
    if found.is_empty() {
        return found;
    }
    // Written anew as a whole: there may be very many.
    let mut taken = taken.into_iter().peekable();
    for (at, token) in std::mem::take(tokens).into_iter().enumerate() {
        taken.next_if(|words| words.end <= at);
        if !taken.peek().is_some_and(|words| words.contains(&at)) {
            tokens.push(token);
        }
        tokens.extend(made.remove(&at));
    }
    found
}

/// What is excluded by the words from here on, if a parenthesis ends them, and how many they are.
fn exclusion_at(tokens: &[TokenWithSpan], at: usize) -> Option<(Exclusion, usize)> {
    const FORMS: [(&[&str], Exclusion); 4] = [
        (&["exclude", "no", "others"], Exclusion::NoOthers),
        (&["exclude", "current", "row"], Exclusion::CurrentRow),
        (&["exclude", "group"], Exclusion::Group),
        (&["exclude", "ties"], Exclusion::Ties),
    ];
    let is_form = |(words, _): &&(&[&str], Exclusion)| {
        let mut words = words.iter().enumerate();
        words.all(|(offset, word)| is_word(tokens, at + offset, word))
    };
    let (words, exclusion) = FORMS.iter().find(is_form)?;
    let end = tokens.get(at + words.len())?;
    (end.token == Token::RParen).then_some((*exclusion, words.len()))
}

pub(super) fn is_word(tokens: &[TokenWithSpan], at: usize, word: &str) -> bool {
    tokens.get(at).is_some_and(|found| {
        matches!(&found.token, Token::Word(found) if found.quote_style.is_none() && found.value == word)
    })
}

fn is_name(token: &TokenWithSpan) -> bool {
    matches!(&token.token, Token::Word(word)
        if word.keyword == Keyword::NoKeyword || word.quote_style.is_some())
}

/// A name that says nothing, at the place of a token.
fn empty_name(token: &TokenWithSpan) -> TokenWithSpan {
    let empty = Token::Word(Word {
        value: String::new(),
        quote_style: None,
        keyword: Keyword::NoKeyword,
    });
    TokenWithSpan {
        token: empty,
        span: token.span,
    }
}
