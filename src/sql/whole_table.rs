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
    let mut at = 0;
    while at + 1 < tokens.len() {
        let is_query = match at.checked_sub(1).map(|before| &tokens[before].token) {
            None | Some(Token::LParen | Token::RParen) => true,
            Some(Token::Word(before)) => {
                !["restore", "reindex"].contains(&before.value.as_str())
                    && !OTHERS.contains(&before.keyword)
            }
            _ => false,
        };
        let is_table = |token: &TokenWithSpan| matches!(&token.token, Token::Word(word) if word.keyword == Keyword::TABLE && word.quote_style.is_none());
        let is_name = matches!(tokens[at + 1].token, Token::Word(_));
        if is_query && is_name && is_table(&tokens[at]) {
            let like = |token| TokenWithSpan {
                token,
                span: tokens[at].span,
            };
            let word = |value: &str, keyword| {
                like(Token::Word(Word {
                    value: value.to_string(),
                    quote_style: None,
                    keyword,
                }))
            };
            let spelled = [
                word("select", Keyword::SELECT),
                like(Token::Mul),
                word("from", Keyword::FROM),
            ];
            tokens.splice(at..=at, spelled);
        }
        at += 1;
    }
}
