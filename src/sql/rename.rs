//! Names in the expressions of definitions, which are kept as text, put in place of others.

use super::lexer::{Lexer, Token, TokenKind};
use crate::error::{Error, Result};

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
    replace(
        sql,
        &mut |kind, _, name| match kind == named && name == from {
            // An id would stand behind it.
            true if to.contains('\u{1}') => Err(Error::unsupported(
                "the character U+0001 in a name that an expression has",
            )),
            is_it => Ok(is_it.then(|| (false, to.to_string()))),
        },
    )
}

/// What stands for a name, and whether also for the schema before it; for a string, whether it has escapes.
pub type Replacement = Option<(bool, String)>;

type Other<'a> = dyn FnMut(Named, Option<&str>, &str) -> Result<Replacement> + 'a;

/// The expression with others in the place of names and strings. `other` is told what each stands for, and of a type
/// the schema, of a string the function whose first argument it is.
pub fn replace(sql: &str, other: &mut Other) -> Result<String> {
    let mut lexer = Lexer::new(sql, 0);
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next_token()? {
        tokens.push(token);
    }
    let (mut out, mut end) = (String::with_capacity(sql.len()), 0);
    for (at, token) in tokens.iter().enumerate() {
        let before = |places: usize| at.checked_sub(places).map(|before| &tokens[before]);
        let is = |token: Option<&Token>, symbol| token.is_some_and(|t| t.is_symbol(sql, symbol));
        let is_cast = |token: Option<&Token>| {
            is(token, "::") || token.is_some_and(|token| token.is_keyword(sql, "as"))
        };
        let next = tokens.get(at + 1);
        let (follows_dot, before_dot) = (is(before(1), "."), is(next, "."));
        let named = match token.kind {
            TokenKind::String => Named::String,
            _ if follows_dot && is_cast(before(3)) => Named::Type,
            _ if is_cast(before(1)) => match before_dot {
                true => continue,
                false => Named::Type,
            },
            _ if before_dot => Named::Table,
            _ if is(next, "(") => continue,
            _ => Named::Column,
        };
        let qualifier = match named {
            Named::Type => before(2).filter(|_| follows_dot),
            Named::String => before(2).filter(|_| is(before(1), "(")),
            _ => None,
        };
        let said = qualifier.and_then(|token| name_of(sql, *token));
        let Some(name) = name_of(sql, *token) else {
            continue;
        };
        if let Some((whole, to)) = other(named, said.as_deref(), &name)? {
            let is_string = named == Named::String;
            let first = qualifier.filter(|_| whole && !is_string).unwrap_or(token);
            let quote = if is_string { "'" } else { "\"" };
            out.push_str(&sql[end..first.start]);
            if is_string && whole {
                let glued = out.ends_with(char::is_alphanumeric);
                out.push_str(if glued { " E" } else { "E" });
            }
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

/// The expression in parentheses, unless it is a name or a call.
pub fn enclosed(sql: &str) -> String {
    let sql = bare(sql);
    let mut lexer = Lexer::new(sql, 0);
    let (mut depth, mut alone) = (0, Vec::new());
    while let Ok(Some(token)) = lexer.next_token() {
        depth -= i32::from(token.is_symbol(sql, ")"));
        if depth == 0 && alone.len() < 4 {
            alone.push(token);
        }
        depth += i32::from(token.is_symbol(sql, "("));
    }
    let is_plain = match alone.as_slice() {
        [name] => name_of(sql, *name).is_some(),
        [name, open, _] => name_of(sql, *name).is_some() && open.is_symbol(sql, "("),
        _ => false,
    };
    if is_plain {
        sql.to_string()
    } else {
        format!("({sql})")
    }
}

/// What a text says that is a literal of text and nothing else.
pub fn literal_of(sql: &str) -> Option<String> {
    let mut lexer = Lexer::new(sql, 0);
    let first = lexer.next_token().ok()??;
    let is_alone = matches!(lexer.next_token(), Ok(None));
    name_of(sql, first).filter(|_| is_alone && first.kind == TokenKind::String)
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
