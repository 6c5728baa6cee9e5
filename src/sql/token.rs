//! From our tokens to those of the grammar.
//!
//! Positions are characters of the whole script, on line 1: so a span's column is the position that an
//! error reports.

use super::lexer::{Token, TokenKind, count_characters};
use super::lift::Piece;
use super::literal;
use super::scan::Source;
use crate::error::{Code, Error, Result};
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Location, Span, Token as Syntax, TokenWithSpan, Word};

/// As many parameters as PostgreSQL's protocol can name.
pub const PARAMETERS_MAX: u32 = 65_535;

/// Keywords of other dialects, which are names in PostgreSQL, and those of XML, which this one lacks. What the grammar reads behind them is not linked in the
/// browser (`scripts/link.mjs`).
const NAMES: [Keyword; 8] = [
    Keyword::CONVERT,
    Keyword::JSON_TABLE,
    Keyword::OPENJSON,
    Keyword::PIVOT,
    Keyword::TOP,
    Keyword::UNPIVOT,
    Keyword::XML,
    Keyword::XMLTABLE,
];

const SIDES: [(&str, &str); 3] = [
    ("both", "btrim"),
    ("leading", "ltrim"),
    ("trailing", "rtrim"),
];

/// The statement's tokens. Lifted constants become parameters behind the user's `parameters`.
pub(super) fn convert(
    source: &Source,
    pieces: &[Piece],
    parameters: u32,
) -> Result<Vec<TokenWithSpan>> {
    let mut tokens = Vec::with_capacity(pieces.len());
    let (mut byte, mut characters) = (source.start, source.characters);
    let mut is_in_similar = false;
    for (at, Piece { token, slot }) in pieces.iter().enumerate() {
        if is_trim_from(source.script, &pieces[..at], *token) {
            continue;
        }
        if let Some(function) = side_of_trim(source.script, pieces, at) {
            let trim = tokens.len() - 2;
            if let Some(TokenWithSpan {
                token: Syntax::Word(word),
                ..
            }) = tokens.get_mut(trim)
            {
                (word.value, word.keyword) = (function.to_string(), Keyword::NoKeyword);
            }
            continue;
        }
        let bytes = source.script.as_bytes();
        characters += count_characters(&bytes[byte..token.start]);
        let start = characters + 1;
        characters += count_characters(&bytes[token.start..token.end]);
        byte = token.end;
        let syntax = match slot {
            Some(slot) => Ok(Syntax::Placeholder(format!("${}", parameters + slot + 1))),
            None if is_xml_table(source.script, pieces, at) => Err(Error::unsupported("XMLTABLE")),
            None => convert_token(source.script, *token),
        };
        let syntax = match syntax {
            // Before an operand it is the other one of that name.
            Ok(Syntax::CustomBinaryOperator(text))
                if text == "~" && !tokens.last().is_some_and(ends_operand) =>
            {
                Ok(Syntax::Tilde)
            }
            other => other,
        };
        let syntax = match syntax {
            // substring(text SIMILAR pattern ESCAPE escape)
            Ok(Syntax::Word(word))
                if word.keyword == Keyword::SIMILAR && !is_before_to(source.script, pieces, at) =>
            {
                is_in_similar = true;
                Ok(Syntax::make_keyword("FROM"))
            }
            Ok(Syntax::Word(word)) if word.keyword == Keyword::ESCAPE && is_in_similar => {
                is_in_similar = false;
                Ok(Syntax::make_keyword("FOR"))
            }
            other => other,
        };
        let is_variadic = token.is_keyword(source.script, "variadic");
        tokens.push(TokenWithSpan {
            token: syntax.map_err(|error| error.at(start))?,
            span: Span::new(location(start), location(characters + 1)),
        });
        if is_variadic {
            // To the grammar the array is an argument of this name.
            tokens.push(TokenWithSpan {
                token: Syntax::RArrow,
                span: Span::new(location(start), location(start)),
            });
        }
    }
    Ok(tokens)
}

/// Whether an operand may end with the token, so that what follows stands between two.
pub(super) fn ends_operand(token: &TokenWithSpan) -> bool {
    use Keyword::*;
    match &token.token {
        Syntax::Word(word) => !matches!(
            word.keyword,
            SELECT
                | DISTINCT
                | ALL
                | WHERE
                | AND
                | OR
                | NOT
                | ON
                | WHEN
                | THEN
                | ELSE
                | CASE
                | BY
                | IN
                | BETWEEN
                | LIKE
                | ILIKE
                | HAVING
                | LIMIT
                | OFFSET
                | RETURNING
                | SET
                | VALUES
                | USING
                | DEFAULT
                | FROM
                | FOR
                | AS
        ),
        Syntax::Number(..)
        | Syntax::NationalStringLiteral(_)
        | Syntax::Placeholder(_)
        | Syntax::RParen
        | Syntax::RBracket => true,
        _ => false,
    }
}

/// What `trim(leading x, y)` and `trim(leading from x, y)` call: the grammar would forget the side. Not where characters stand before FROM.
fn side_of_trim(sql: &str, pieces: &[Piece], at: usize) -> Option<&'static str> {
    let is = |at: usize, word: &str| pieces[at].token.text(sql).eq_ignore_ascii_case(word);
    let (_, function) = *SIDES.iter().find(|(side, _)| is(at, side))?;
    if at < 2 || !is(at - 1, "(") || !is(at - 2, "trim") {
        return None;
    }
    let mut depth = 0;
    let behind = at + 1;
    for (at, piece) in pieces.iter().enumerate().skip(behind) {
        match piece.token.text(sql) {
            "(" => depth += 1,
            ")" if depth == 0 => break,
            ")" => depth -= 1,
            _ if depth == 0 && at > behind && piece.token.is_keyword(sql, "from") => return None,
            _ => {}
        }
    }
    Some(function)
}

fn is_xml_table(sql: &str, pieces: &[Piece], at: usize) -> bool {
    let next = pieces.get(at + 1);
    pieces[at].token.is_keyword(sql, "xmltable")
        && next.is_some_and(|next| next.token.text(sql) == "(")
}

/// Whether the next token is TO.
fn is_before_to(sql: &str, pieces: &[Piece], at: usize) -> bool {
    pieces
        .get(at + 1)
        .is_some_and(|next| next.token.is_keyword(sql, "to"))
}

/// The FROM of `trim(both from x)` and `trim(from x)`, which says nothing and which the grammar lacks.
fn is_trim_from(sql: &str, before: &[Piece], token: Token) -> bool {
    let is = |back: usize, word: &str| {
        let piece = before.len().checked_sub(back).map(|at| before[at]);
        piece.is_some_and(|piece| piece.token.text(sql).eq_ignore_ascii_case(word))
    };
    token.is_keyword(sql, "from")
        && ((is(1, "(") && is(2, "trim"))
            || (is(2, "(") && is(3, "trim") && SIDES.iter().any(|(side, _)| is(1, side))))
}

fn location(position: u32) -> Location {
    Location::new(1, u64::from(position))
}

fn convert_token(sql: &str, token: Token) -> Result<Syntax> {
    let text = token.text(sql);
    Ok(match token.kind {
        TokenKind::Word => {
            let value = literal::name(token, sql).into_owned();
            Syntax::Word(Word {
                keyword: keyword(&value),
                value,
                quote_style: None,
            })
        }
        TokenKind::QuotedName => Syntax::Word(Word {
            value: literal::name(token, sql).into_owned(),
            quote_style: Some('"'),
            keyword: Keyword::NoKeyword,
        }),
        TokenKind::String | TokenKind::EscapeString | TokenKind::DollarString => {
            // The grammar would take a plain string for a name wherever one may stand; this one never.
            Syntax::NationalStringLiteral(literal::string(token, sql)?.into_owned())
        }
        TokenKind::Number => Syntax::Number(literal::plain_digits(text)?.into_owned(), false),
        TokenKind::Parameter => Syntax::Placeholder(parameter(text)?),
        TokenKind::Symbol => symbol(text)?,
    })
}

fn parameter(text: &str) -> Result<String> {
    let number = text[1..].parse().ok();
    match number.filter(|number| (1..=PARAMETERS_MAX).contains(number)) {
        Some(number) => Ok(format!("${number}")),
        None => Err(Error::new(
            Code::UndefinedParameter,
            format!("there is no parameter {text}"),
        )),
    }
}

/// The keyword that a folded word is.
fn keyword(word: &str) -> Keyword {
    let upper = word.to_ascii_uppercase();
    let found = ALL_KEYWORDS.binary_search(&upper.as_str()).ok();
    let keyword = found.map(|index| ALL_KEYWORDS_INDEX[index]);
    let keyword = keyword.filter(|keyword| !NAMES.contains(keyword));
    keyword.unwrap_or(Keyword::NoKeyword)
}

fn symbol(text: &str) -> Result<Syntax> {
    Ok(match text {
        "(" => Syntax::LParen,
        ")" => Syntax::RParen,
        "[" => Syntax::LBracket,
        "]" => Syntax::RBracket,
        "," => Syntax::Comma,
        "." => Syntax::Period,
        ":" => Syntax::Colon,
        "::" => Syntax::DoubleColon,
        "=" | "==" => Syntax::Eq,
        "=>" | ":=" => Syntax::RArrow,
        "<>" | "!=" => Syntax::Neq,
        "<" => Syntax::Lt,
        ">" => Syntax::Gt,
        "<=" => Syntax::LtEq,
        ">=" => Syntax::GtEq,
        "+" => Syntax::Plus,
        "-" => Syntax::Minus,
        "*" => Syntax::Mul,
        "/" => Syntax::Div,
        "%" => Syntax::Mod,
        "^" => Syntax::Caret,
        "||" => Syntax::StringConcat,
        "->" => Syntax::Arrow,
        "->>" => Syntax::LongArrow,
        "@>" => Syntax::AtArrow,
        "<@" => Syntax::ArrowAt,
        "&&" => Syntax::Overlap,
        "@" => Syntax::AtSign,
        "|/" => Syntax::PGSquareRoot,
        "||/" => Syntax::PGCubeRoot,
        "&" | "|" | "#" | "<<" | ">>" | "#>" | "#>>" | "?" | "?|" | "?&" | "@?" | "@@" | "#-"
        | "^@" | "~" | "~*" | "!~" | "!~*" | "~~" | "~~*" | "!~~" | "!~~*" => {
            Syntax::CustomBinaryOperator(text.to_string())
        }
        _ => return Err(Error::unsupported(format!("the operator {text}"))),
    })
}

/// The token as it was written, for messages that quote it: not longer than a line.
pub(super) fn near(script: &str, token: &TokenWithSpan) -> String {
    let (start, end) = (token.span.start.column, token.span.end.column);
    let len = end.saturating_sub(start).min(60) as usize;
    let rest = script.chars().skip(start.saturating_sub(1) as usize);
    rest.take(len).collect()
}

/// That the grammar ends at this token.
pub(super) fn syntax_error(script: &str, token: &TokenWithSpan) -> Error {
    let near = near(script, token);
    let message = format!("syntax error at or near \"{near}\"");
    Error::new(Code::Syntax, message).at(token.span.start.column as u32)
}
