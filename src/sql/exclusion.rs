//! EXCLUDE in the frame of a window, which the grammar does not read.
//!
//! `(w … EXCLUDE TIES)` becomes `(w …)`, and a window without a name gets an empty one. What is excluded
//! is found by the position of that name.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

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
    let mut at = 0;
    while at < tokens.len() {
        if let Some((exclusion, len)) = exclusion_at(tokens, at)
            && let Some(open) = opening(tokens, at)
        {
            let exclude = tokens[at].clone();
            tokens.drain(at..at + len);
            found.push((name_behind(tokens, open, exclude), exclusion));
        }
        at += 1;
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

/// The parenthesis that is open at a place.
fn opening(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let mut closed = 0;
    for before in (0..at).rev() {
        match tokens[before].token {
            Token::RParen => closed += 1,
            Token::LParen if closed == 0 => return Some(before),
            Token::LParen => closed -= 1,
            _ => {}
        }
    }
    None
}

/// The position of the name behind a parenthesis, which is made if there is none.
fn name_behind(tokens: &mut Vec<TokenWithSpan>, open: usize, exclude: TokenWithSpan) -> u32 {
    let is_name = |token: &TokenWithSpan| {
        matches!(&token.token, Token::Word(word)
            if word.keyword == Keyword::NoKeyword || word.quote_style.is_some())
    };
    if !tokens.get(open + 1).is_some_and(is_name) {
        let empty = Token::Word(Word {
            value: String::new(),
            quote_style: None,
            keyword: Keyword::NoKeyword,
        });
        let made = TokenWithSpan {
            token: empty,
            ..exclude
        };
        tokens.insert(open + 1, made);
    }
    tokens[open + 1].span.start.column as u32
}
