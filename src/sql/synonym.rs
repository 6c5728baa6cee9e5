//! Words that say nothing here, or the same as others: `ONLY` before a table, which has no children; `GROUP BY ALL`, which
//! is not `DISTINCT`; SQLite's `AUTOINCREMENT`, since an `INTEGER PRIMARY KEY` numbers itself, and its `REPLACE INTO`.
//! So does `GROUPING SETS` inside of another, whose sets it adds to.
//! `LIKE ANY` becomes the operator that it stands for, and `INTERVAL (2) '…'` a cast, which the grammar reads; so do
//! `x ISNULL`, `EXTRACT('year' FROM x)`, `FETCH FIRST (n) ROWS ONLY` and a `COLLATE` behind a cast, which changes nothing.

use super::token::ends_operand;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// What `ROWS FROM` is called where functions are looked up.
pub const ROWS_FROM: &str = "rows from";

/// Behind these `ONLY` stands before a table. It is a reserved word, so that it is no name.
const BEFORE_TABLES: [&str; 8] = [
    "from", "join", "update", "using", "table", "on", "into", "exists",
];

/// Takes such words out, or puts the usual ones in their place.
pub(super) fn spell_out(tokens: &mut Vec<TokenWithSpan>) {
    let says_nothing = |tokens: &[TokenWithSpan], at: usize| {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let before_word = before.and_then(plain_word).unwrap_or_default();
        let next = tokens.get(at + 1);
        match plain_word(&tokens[at]) {
            Some("autoincrement") => before_word == "key",
            Some("all") if before_word == "by" => {
                let first = at.checked_sub(2).map(|first| &tokens[first]);
                first.and_then(plain_word) == Some("group")
            }
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
    flatten_sets(tokens);
    spell_operators(tokens);
    spell_rows(tokens);
    open_inserted_values(tokens);
    select_values(tokens);
    if let [first, next, ..] = tokens.as_slice()
        && (plain_word(first), plain_word(next)) == (Some("replace"), Some("into"))
    {
        let span = first.span;
        let spelled = [
            word("insert", Keyword::INSERT),
            word("or", Keyword::OR),
            word("replace", Keyword::REPLACE),
        ];
        tokens.splice(..1, spelled.map(|token| TokenWithSpan { token, span }));
    }
}

/// `INSERT DEFAULT VALUES` of MERGE, whose first value is a default, too; and `ROWS FROM (…)`, a function of that name, whose
/// arguments are calls.
fn spell_rows(tokens: &mut Vec<TokenWithSpan>) {
    for at in (1..tokens.len().saturating_sub(2)).rev() {
        let words = plain_word(&tokens[at]).zip(plain_word(&tokens[at + 1]));
        let span = tokens[at].span;
        match (words, &tokens[at + 2]) {
            (Some(("insert", "default")), values) if plain_word(values) == Some("values") => {
                let default = word("default", Keyword::DEFAULT);
                let spelled = [
                    word("values", Keyword::VALUES),
                    Token::LParen,
                    default,
                    Token::RParen,
                ];
                let spelled = spelled.map(|token| TokenWithSpan { token, span });
                tokens.splice(at + 1..at + 3, spelled);
            }
            (Some(("rows", "from")), open) if open.token == Token::LParen => {
                let before = &tokens[at - 1];
                let is_table = before.token == Token::Comma
                    || matches!(
                        plain_word(before),
                        Some("from" | "join" | "lateral" | "using")
                    );
                let is_call = matches!(tokens.get(at + 3..at + 5), Some([name, open])
                    if matches!(name.token, Token::Word(_)) && open.token == Token::LParen);
                if is_table && is_call {
                    tokens[at].token = Token::Word(Word {
                        value: ROWS_FROM.to_string(),
                        quote_style: Some('"'),
                        keyword: Keyword::NoKeyword,
                    });
                    tokens.remove(at + 1);
                }
            }
            _ => {}
        }
    }
}

/// `INSERT INTO t (VALUES …)`, whose parentheses the grammar takes for those of a list of columns.
fn open_inserted_values(tokens: &mut Vec<TokenWithSpan>) {
    let words = tokens.iter().take(2).map(plain_word);
    if !words.eq([Some("insert"), Some("into")]) {
        return;
    }
    let is_name = |token: &&TokenWithSpan| matches!(token.token, Token::Word(_) | Token::Period);
    let open = 2 + tokens[2..].iter().take_while(is_name).count();
    let is_opened = matches!(tokens.get(open..open + 3), Some([open, values, row])
        if open.token == Token::LParen && plain_word(values) == Some("values") && row.token == Token::LParen);
    if !is_opened {
        return;
    }
    if let Some(close) = closing(&tokens[open..]) {
        tokens.remove(open + close);
        tokens.remove(open);
    }
}

/// `(VALUES …)` where a value or an array of such stands: the grammar knows a query there that begins with SELECT.
fn select_values(tokens: &mut Vec<TokenWithSpan>) {
    const BEFORE: [&str; 15] = [
        "any", "all", "some", "array", "select", "and", "or", "not", "where", "when", "then",
        "else", "case", "having", "by",
    ];
    let stands_before = |token: &TokenWithSpan| match &token.token {
        Token::Comma | Token::Eq | Token::Neq | Token::Lt | Token::LtEq | Token::Gt => true,
        Token::GtEq | Token::Plus | Token::Minus | Token::Mul | Token::Div => true,
        _ => plain_word(token).is_some_and(|word| BEFORE.contains(&word)),
    };
    // As in UNION ALL.
    let is_operation = |before: &[TokenWithSpan]| {
        let last = before.last().and_then(plain_word);
        matches!(last, Some("union" | "intersect" | "except"))
    };
    for at in (2..tokens.len()).rev() {
        let is_row = (tokens.get(at + 1)).is_some_and(|next| next.token == Token::LParen);
        if !is_row
            || plain_word(&tokens[at]) != Some("values")
            || tokens[at - 1].token != Token::LParen
            || !stands_before(&tokens[at - 2])
            || is_operation(&tokens[..at - 2])
        {
            continue;
        }
        let span = tokens[at].span;
        let spanned = |token| TokenWithSpan { token, span };
        if let Some(close) = closing(&tokens[at - 1..]) {
            tokens.insert(at - 1 + close, spanned(Token::RParen));
            let before = [
                word("select", Keyword::SELECT),
                Token::Mul,
                word("from", Keyword::FROM),
                Token::LParen,
            ];
            tokens.splice(at..at, before.map(spanned));
        }
    }
}

/// Where the parenthesis is closed that these tokens begin with.
fn closing(tokens: &[TokenWithSpan]) -> Option<usize> {
    let mut depth = 0u32;
    tokens.iter().position(|token| {
        match token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

fn word(value: &str, keyword: Keyword) -> Token {
    Token::Word(Word {
        value: value.to_string(),
        quote_style: None,
        keyword,
    })
}

fn is_plain_collation(token: &Token) -> bool {
    matches!(token, Token::Word(word) if ["C", "POSIX", "default"].contains(&word.value.as_str()))
}

/// Takes GROUPING SETS inside of others out with its parentheses.
fn flatten_sets(tokens: &mut Vec<TokenWithSpan>) {
    let is_word = |at: Option<usize>, word| {
        let token = at.and_then(|at| tokens.get(at));
        token.is_some_and(|token| plain_word(token) == Some(word))
    };
    let mut silent = vec![false; tokens.len()];
    // Of each open parenthesis, whether it holds sets, and whether it is one to be taken out.
    let mut open: Vec<(bool, bool)> = Vec::new();
    for at in 0..tokens.len() {
        match tokens[at].token {
            Token::LParen => {
                let holds =
                    is_word(at.checked_sub(1), "sets") && is_word(at.checked_sub(2), "grouping");
                let is_inner = holds && open.last().is_some_and(|(around, _)| *around);
                if is_inner {
                    silent[at - 2..=at].fill(true);
                }
                open.push((holds, is_inner));
            }
            Token::RParen => silent[at] = open.pop().is_some_and(|(_, is_inner)| is_inner),
            _ => {}
        }
    }
    let mut silent = silent.into_iter();
    tokens.retain(|_| silent.next() == Some(false));
}

/// An operator before `ANY (…)` or its like as the grammar knows it, with that of NOT.
fn sign(token: &TokenWithSpan) -> Option<[Token; 2]> {
    use Token::*;
    let symbol = match &token.token {
        CustomBinaryOperator(symbol) => symbol.as_str(),
        _ => plain_word(token)?,
    };
    Some(match symbol {
        "~" | "!~" => [Tilde, ExclamationMarkTilde],
        "~*" | "!~*" => [TildeAsterisk, ExclamationMarkTildeAsterisk],
        "like" | "~~" | "!~~" => [DoubleTilde, ExclamationMarkDoubleTilde],
        "ilike" | "~~*" | "!~~*" => [DoubleTildeAsterisk, ExclamationMarkDoubleTildeAsterisk],
        _ => return None,
    })
}

/// The grammar takes them for the fields of an interval.
const NO_FIELDS: [&str; 18] = [
    "years",
    "months",
    "days",
    "hours",
    "minutes",
    "seconds",
    "week",
    "weeks",
    "quarter",
    "decade",
    "century",
    "millennium",
    "millisecond",
    "milliseconds",
    "microsecond",
    "microseconds",
    "nanosecond",
    "nanoseconds",
];

fn spell_operators(tokens: &mut Vec<TokenWithSpan>) {
    const SPELLED: [&str; 5] = ["interval", "isnull", "extract", "fetch", "collate"];
    let is_spelled = |token: &TokenWithSpan| {
        sign(token).is_some() || plain_word(token).is_some_and(|word| SPELLED.contains(&word))
    };
    if !tokens.iter().any(is_spelled) {
        return;
    }
    let mut given = std::mem::take(tokens).into_iter();
    while let Some(mut token) = given.next() {
        match given.as_slice() {
            rest if plain_word(&token) == Some("isnull")
                && tokens.last().is_some_and(ends_operand)
                && rest.first().is_none_or(|next| next.token != Token::LParen) =>
            {
                let span = token.span;
                let words = [word("is", Keyword::IS), word("null", Keyword::NULL)];
                tokens.extend(words.map(|token| TokenWithSpan { token, span }));
            }
            // A word of that kind that is no field of PostgreSQL's is the column's name.
            [text, field, ..]
                if plain_word(&token) == Some("interval")
                    && matches!(text.token, Token::NationalStringLiteral(_))
                    && plain_word(field).is_some_and(|word| NO_FIELDS.contains(&word)) =>
            {
                let span = field.span;
                tokens.push(token);
                tokens.extend(given.next());
                let token = word("as", Keyword::AS);
                tokens.push(TokenWithSpan { token, span });
            }
            // The rest of it is left out where it ends.
            [first, open, ..]
                if plain_word(&token) == Some("fetch")
                    && matches!(plain_word(first), Some("first" | "next"))
                    && open.token == Token::LParen =>
            {
                token.token = word("limit", Keyword::LIMIT);
                tokens.push(token);
                given.next();
                let mut depth = 0u32;
                for token in given.by_ref() {
                    match token.token {
                        Token::LParen => depth += 1,
                        Token::RParen => depth -= 1,
                        _ => {}
                    }
                    tokens.push(token);
                    if depth == 0 {
                        break;
                    }
                }
                if let [rows, only, ..] = given.as_slice()
                    && matches!(plain_word(rows), Some("row" | "rows"))
                    && plain_word(only) == Some("only")
                {
                    given.by_ref().take(2).for_each(drop);
                }
            }
            // The grammar reads it behind columns and constants. All texts are compared so.
            [collation, ..]
                if plain_word(&token) == Some("collate")
                    && is_plain_collation(&collation.token)
                    && matches!(tokens.as_slice(), [.., cast, of] if cast.token == Token::DoubleColon
                        && matches!(plain_word(of), Some("text" | "varchar"))) =>
            {
                given.next();
            }
            [open, field, from, ..]
                if plain_word(&token) == Some("extract")
                    && open.token == Token::LParen
                    && plain_word(from) == Some("from")
                    && matches!(field.token, Token::NationalStringLiteral(_)) =>
            {
                tokens.push(token);
                tokens.extend(given.next());
                tokens.extend(given.next().map(|mut field| {
                    if let Token::NationalStringLiteral(text) = field.token {
                        field.token = Token::SingleQuotedString(text);
                    }
                    field
                }));
            }
            [word, next, ..]
                if next.token == Token::LParen
                    && matches!(plain_word(word), Some("any" | "all" | "some")) =>
            {
                if let Some([plain, negated]) = sign(&token) {
                    let is_word = plain_word(&token).is_some();
                    let is_negated = match &token.token {
                        Token::CustomBinaryOperator(symbol) => symbol.starts_with('!'),
                        _ => tokens.last().and_then(plain_word) == Some("not"),
                    };
                    if is_word && is_negated {
                        tokens.pop();
                    }
                    token.token = if is_negated { negated } else { plain };
                }
                tokens.push(token);
            }
            [open, digits, close, text, ..]
                if plain_word(&token) == Some("interval")
                    && (&open.token, &close.token) == (&Token::LParen, &Token::RParen)
                    && matches!(digits.token, Token::Number(..))
                    && matches!(text.token, Token::NationalStringLiteral(_)) =>
            {
                let cast = TokenWithSpan {
                    token: Token::DoubleColon,
                    span: token.span,
                };
                let precision: Vec<TokenWithSpan> = given.by_ref().take(3).collect();
                tokens.extend(given.next());
                tokens.extend([cast, token]);
                tokens.extend(precision);
            }
            _ => tokens.push(token),
        }
    }
}

/// A word without quotes.
pub(super) fn plain_word(token: &TokenWithSpan) -> Option<&str> {
    match &token.token {
        Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
        _ => None,
    }
}
