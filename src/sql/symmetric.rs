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
    let says_so =
        |token: &TokenWithSpan| matches!(word(token), Keyword::SYMMETRIC | Keyword::ASYMMETRIC);
    if !tokens.iter().any(says_so) {
        return;
    }
    let mut spelled = Vec::with_capacity(tokens.len() + 16);
    // How deep each lower bound began whose end has not come yet.
    let mut open: Vec<u32> = Vec::new();
    let mut depth = 0u32;
    let mut is_behind = false;
    for token in tokens.drain(..) {
        let (keyword, span) = (word(&token), token.span);
        let like = |token| TokenWithSpan { token, span };
        match (&token.token, keyword) {
            (_, Keyword::ASYMMETRIC) if is_behind => continue,
            (_, Keyword::SYMMETRIC) if is_behind => {
                let function = Token::Word(Word {
                    value: SYMMETRIC.to_string(),
                    quote_style: Some('"'),
                    keyword: Keyword::NoKeyword,
                });
                spelled.extend([like(function), like(Token::LParen)]);
                open.push(depth);
                is_behind = false;
                continue;
            }
            (Token::LParen | Token::LBracket, _) | (_, Keyword::CASE) => depth += 1,
            (Token::RParen | Token::RBracket, _) | (_, Keyword::END) => {
                depth = depth.saturating_sub(1);
            }
            (_, Keyword::AND) if open.last() == Some(&depth) => {
                spelled.push(like(Token::RParen));
                open.pop();
            }
            _ => {}
        }
        is_behind = keyword == Keyword::BETWEEN;
        spelled.push(token);
    }
    *tokens = spelled;
}
