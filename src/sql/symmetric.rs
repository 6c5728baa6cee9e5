//! `BETWEEN SYMMETRIC low AND high`, which the grammar does not read: it is given `BETWEEN "…"(low) AND high` with a
//! function that no user can name.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// The function around the lower of two bounds that may be the higher one.
pub const SYMMETRIC: &str = "\0symmetric";

fn word(token: &TokenWithSpan) -> Keyword {
    match &token.token {
        Token::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// Spells such conditions out, and leaves out ASYMMETRIC, which says nothing.
pub(super) fn spell_out(tokens: &mut Vec<TokenWithSpan>) {
    let mut at = 1;
    while at < tokens.len() {
        let is_behind = word(&tokens[at - 1]) == Keyword::BETWEEN;
        if is_behind && word(&tokens[at]) == Keyword::ASYMMETRIC {
            tokens.remove(at);
        }
        let end = match is_behind && word(&tokens[at]) == Keyword::SYMMETRIC {
            true => end_of_bound(&tokens[at..]).map(|len| at + len),
            false => None,
        };
        if let Some(end) = end {
            let like = |token, span| TokenWithSpan { token, span };
            let function = Token::Word(Word {
                value: SYMMETRIC.to_string(),
                quote_style: Some('"'),
                keyword: Keyword::NoKeyword,
            });
            let (start, last) = (tokens[at].span, tokens[end].span);
            tokens.insert(end, like(Token::RParen, last));
            tokens.splice(at..=at, [like(function, start), like(Token::LParen, start)]);
        }
        at += 1;
    }
}

/// How many tokens there are before the AND behind a bound.
fn end_of_bound(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0u32;
    tokens.iter().position(|token| {
        match (&token.token, word(token)) {
            (Token::LParen | Token::LBracket, _) | (_, Keyword::CASE) => depth += 1,
            (Token::RParen | Token::RBracket, _) | (_, Keyword::END) => {
                depth = depth.saturating_sub(1);
            }
            (_, Keyword::AND) => return depth == 0,
            _ => {}
        }
        false
    })
}
