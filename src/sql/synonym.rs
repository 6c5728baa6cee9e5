//! Words that say nothing here, or the same as others: `ONLY` before a table, which has no children; SQLite's
//! `AUTOINCREMENT`, since an `INTEGER PRIMARY KEY` numbers itself; and its `REPLACE INTO`.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// Behind these `ONLY` stands before a table. It is a reserved word, so that it is no name.
const BEFORE_TABLES: [&str; 5] = ["from", "join", "update", "using", "table"];

/// Takes such words out, or puts the usual ones in their place.
pub(super) fn spell_out(tokens: &mut Vec<TokenWithSpan>) {
    let says_nothing = |tokens: &[TokenWithSpan], at: usize| {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let before_word = before.and_then(plain_word).unwrap_or_default();
        let next = tokens.get(at + 1);
        match plain_word(&tokens[at]) {
            Some("autoincrement") => before_word == "key",
            Some("only") => {
                let follows_comma = before.is_some_and(|before| before.token == Token::Comma);
                let is_table = next.is_some_and(|next| matches!(next.token, Token::Word(_)));
                is_table && (follows_comma || BEFORE_TABLES.contains(&before_word))
            }
            _ => false,
        }
    };
    let silent: Vec<bool> = (0..tokens.len())
        .map(|at| says_nothing(tokens, at))
        .collect();
    let mut silent = silent.into_iter();
    tokens.retain(|_| silent.next() == Some(false));
    if let [first, next, ..] = tokens.as_slice()
        && (plain_word(first), plain_word(next)) == (Some("replace"), Some("into"))
    {
        let span = first.span;
        let word = |value: &str, keyword| TokenWithSpan {
            token: Token::Word(Word {
                value: value.to_string(),
                quote_style: None,
                keyword,
            }),
            span,
        };
        let spelled = [
            word("insert", Keyword::INSERT),
            word("or", Keyword::OR),
            word("replace", Keyword::REPLACE),
        ];
        tokens.splice(..1, spelled);
    }
}

/// A word without quotes.
pub(super) fn plain_word(token: &TokenWithSpan) -> Option<&str> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
        _ => None,
    }
}
