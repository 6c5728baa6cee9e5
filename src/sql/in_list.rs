//! IN with a list whose first member begins with a query: `x IN ((SELECT 1), 2)`.
//!
//! The grammar takes what stands behind `IN ((SELECT …)` for a query as a whole, and fails at the comma. So such a
//! member is wrapped in COALESCE, which changes nothing of it and shows that it is an expression.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// The tokens with such members wrapped.
pub(super) fn wrap_queries(tokens: &[TokenWithSpan]) -> Vec<TokenWithSpan> {
    let mut wrapped = Vec::with_capacity(tokens.len());
    // Where the members end that have been opened.
    let mut ends = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let end = end_of_member(tokens, at);
        if let Some(end) = end {
            let like = |kind| TokenWithSpan {
                token: kind,
                span: token.span,
            };
            let word = Word {
                value: "coalesce".to_string(),
                quote_style: None,
                keyword: Keyword::COALESCE,
            };
            wrapped.extend([like(Token::Word(word)), like(Token::LParen)]);
            ends.push(end);
        }
        wrapped.push(token.clone());
        if ends.last() == Some(&at) {
            ends.pop();
            wrapped.push(token.clone());
        }
    }
    wrapped
}

/// Where the query ends that the token opens as a part of the first member of a list.
fn end_of_member(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let [.., before, open] = &tokens[..at] else {
        return None;
    };
    if keyword(before) != Some(Keyword::IN) || open.token != Token::LParen {
        return None;
    }
    let first = tokens[at..].iter().find(|t| t.token != Token::LParen)?;
    if first.span == tokens[at].span || !begins_query(first) {
        return None;
    }
    let end = closing(tokens, at)?;
    let behind = tokens.get(end + 1)?;
    (behind.token != Token::RParen && !continues_query(behind)).then_some(end)
}

fn begins_query(token: &TokenWithSpan) -> bool {
    use Keyword::{SELECT, TABLE, VALUES, WITH};
    keyword(token).is_some_and(|word| [SELECT, VALUES, WITH, TABLE].contains(&word))
}

fn continues_query(token: &TokenWithSpan) -> bool {
    use Keyword::{EXCEPT, FETCH, INTERSECT, LIMIT, OFFSET, ORDER, UNION};
    keyword(token)
        .is_some_and(|word| [UNION, INTERSECT, EXCEPT, ORDER, LIMIT, OFFSET, FETCH].contains(&word))
}

fn keyword(token: &TokenWithSpan) -> Option<Keyword> {
    match &token.token {
        Token::Word(word) => Some(word.keyword),
        _ => None,
    }
}

/// The parenthesis that closes the one at `open`.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen if depth == 1 => return Some(at),
            Token::RParen => depth -= 1,
            _ => {}
        }
    }
    None
}
