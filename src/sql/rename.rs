//! Names in the expressions of definitions, which are kept as text, put in place of others.

use super::lexer::{Lexer, Token, TokenKind};
use crate::error::Result;

/// What a name stands for where it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// Not a function's, a type's or a table's.
    Column,
    /// Before a dot.
    Table,
    /// Behind `::` or AS, perhaps with a schema before it.
    Type,
    /// A string, whatever it is for.
    String,
}

/// The expression with what a name or string stands for called otherwise.
pub fn rename(sql: &str, named: Named, from: &str, to: &str) -> Result<String> {
    let mut lexer = Lexer::new(sql, 0);
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token()? {
        tokens.push(token);
    }
    let (mut out, mut end) = (String::with_capacity(sql.len()), 0);
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        let before = at.checked_sub(1).map(|before| tokens[before]);
        let is = |token: Option<&Token>, symbol| token.is_some_and(|t| t.is_symbol(sql, symbol));
        let is_cast = |token: Option<&Token>| {
            is(token, "::") || token.is_some_and(|token| token.is_keyword(sql, "as"))
        };
        let is_type = is_cast(before.as_ref());
        let is_string = token.kind == TokenKind::String;
        let is_meant = match named {
            _ if is_string != (named == Named::String) => false,
            Named::Column => !is(next, "(") && !is(next, ".") && !is_type,
            Named::Table => is(next, "."),
            Named::Type if is(before.as_ref(), ".") => {
                is_cast(at.checked_sub(3).map(|before| &tokens[before]))
            }
            Named::Type => is_type && !is(next, "."),
            Named::String => true,
        };
        let quote = if named == Named::String { "'" } else { "\"" };
        if is_meant && name_of(sql, *token).as_deref() == Some(from) {
            out.push_str(&sql[end..token.start]);
            out.push_str(quote);
            out.push_str(&to.replace(quote, &quote.repeat(2)));
            out.push_str(quote);
            end = token.end;
        }
    }
    out.push_str(&sql[end..]);
    Ok(out)
}

/// The expression without parentheses that are around all of it.
pub fn bare(sql: &str) -> &str {
    let mut lexer = Lexer::new(sql, 0);
    let (mut depth, mut first, mut last) = (0, None, None);
    while let Ok(Some(token)) = lexer.next_token() {
        let closes = token.is_symbol(sql, ")");
        depth += i32::from(token.is_symbol(sql, "(")) - i32::from(closes);
        // Something follows what the first one encloses, or comes before it.
        if last.is_some_and(|(_, depth)| depth == 0) || (depth == 0 && !closes) {
            return sql;
        }
        first.get_or_insert(token.end);
        last = Some((token.start, depth));
    }
    match (first, last) {
        (Some(first), Some((last, 0))) => bare(sql[first..last].trim()),
        _ => sql,
    }
}

fn name_of(sql: &str, token: Token) -> Option<String> {
    let text = token.text(sql);
    match token.kind {
        TokenKind::Word => Some(text.to_ascii_lowercase()),
        TokenKind::QuotedName => Some(text[1..text.len() - 1].replace("\"\"", "\"")),
        TokenKind::String => Some(text[1..text.len() - 1].replace("''", "'")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parentheses_are_taken_off_that_are_around_all_of_it() {
        for (sql, wanted) in [
            ("a", "a"),
            ("", ""),
            ("( (a > 1) )", "a > 1"),
            ("(a) + (b)", "(a) + (b)"),
            ("f(a)", "f(a)"),
            ("(a = ')' and \"(\" > 1)", "a = ')' and \"(\" > 1"),
            ("((a)", "((a)"),
        ] {
            assert_eq!(bare(sql), wanted);
        }
    }

    #[test]
    fn only_the_columns_of_that_name_are_called_otherwise() {
        let sql = r#"A > 1 AND lower(a) <> 'a' AND a.a = t."a" AND a(1) AND x::a IS NULL"#;
        assert_eq!(
            rename(sql, Named::Column, "a", "B").unwrap(),
            r#""B" > 1 AND lower("B") <> 'a' AND a."B" = t."B" AND a(1) AND x::a IS NULL"#
        );
        assert_eq!(
            rename("t.t > 1", Named::Table, "t", "u").unwrap(),
            r#""u".t > 1"#
        );
        let sql = "t = 't'::t AND CAST(a AS s.t) = 't''s' AND t::t.x";
        assert_eq!(
            rename(sql, Named::Type, "t", "u").unwrap(),
            r#"t = 't'::"u" AND CAST(a AS s."u") = 't''s' AND t::t.x"#
        );
        assert_eq!(
            rename(sql, Named::String, "t's", "u's").unwrap(),
            "t = 't'::t AND CAST(a AS s.t) = 'u''s' AND t::t.x"
        );
    }
}
