//! `TABLE t`, which means `SELECT * FROM t` wherever a query may stand.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Behind these the word is part of a statement.
const OTHERS: [Keyword; 10] = [
    Keyword::CREATE,
    Keyword::DROP,
    Keyword::ALTER,
    Keyword::TRUNCATE,
    Keyword::ON,
    Keyword::INTO,
    Keyword::TEMP,
    Keyword::TEMPORARY,
    Keyword::UNLOGGED,
    Keyword::LOCK,
];

/// Spells such queries out.
pub(super) fn spell_out(tokens: &mut Vec<TokenWithSpan>) {
    let found: Vec<bool> = (0..tokens.len())
        .map(|at| is_query_at(tokens, at))
        .collect();
    if !found.contains(&true) {
        return;
    }
    // Written anew as a whole: there may be very many.
    for (token, is_query) in std::mem::take(tokens).into_iter().zip(found) {
        if !is_query {
            tokens.push(token);
            continue;
        }
        let like = |kind| TokenWithSpan {
            token: kind,
            span: token.span,
        };
        let word = |value: &str, keyword| {
            like(Token::Word(Word {
                value: value.to_string(),
                quote_style: None,
                keyword,
            }))
        };
        tokens.extend([
            word("select", Keyword::SELECT),
            like(Token::Mul),
            word("from", Keyword::FROM),
        ]);
    }
}

/// Whether such a query begins here.
fn is_query_at(tokens: &[TokenWithSpan], at: usize) -> bool {
    let is_table = matches!(&tokens[at].token, Token::Word(word)
        if word.keyword == Keyword::TABLE && word.quote_style.is_none());
    let next = tokens.get(at + 1);
    if !is_table || !next.is_some_and(|next| matches!(next.token, Token::Word(_))) {
        return false;
    }
    match at.checked_sub(1).map(|before| &tokens[before].token) {
        None | Some(Token::LParen | Token::RParen) => true,
        Some(Token::Word(before)) => {
            !["restore", "reindex"].contains(&before.value.as_str())
                && !OTHERS.contains(&before.keyword)
        }
        _ => false,
    }
}
