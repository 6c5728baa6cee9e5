//! COPY … FROM and TO. The lines come as the statement's one parameter, or are its rows: the package hands them in
//! and out. There are no files here, so that `STDIN`, `STDOUT` and PGlite's `'/dev/blob'` mean the same.

use super::grammar::{Failure, Parsed, Syntax, string, unsupported};
use super::parse::parse_query;
use super::session::accept;
use crate::error::{Code, Error};
use crate::expr::CopyFormat;
use crate::types::quoted;
use sqlparser::ast::{Ident, ObjectName};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{IsOptional, Parser};
use sqlparser::tokenizer::Token;

#[derive(Debug)]
pub struct CopyFrom {
    pub table: ObjectName,
    pub columns: Vec<Ident>,
    pub format: CopyFormat,
}

/// Reads what follows the first word.
pub(super) fn statement(parser: &mut Parser) -> Parsed<Syntax> {
    if parser.consume_token(&Token::LParen) {
        let query = parser.parse_query()?;
        parser.expect_token(&Token::RParen)?;
        parser.expect_keyword_is(Keyword::TO)?;
        place(parser)?;
        let format = format(parser)?;
        return Ok(Syntax::CopyTo {
            query,
            table: None,
            format,
        });
    }
    let table = parser.parse_object_name(false)?;
    let columns = parser.parse_parenthesized_column_list(IsOptional::Optional, false)?;
    let is_from = parser.parse_keyword(Keyword::FROM);
    if !is_from {
        parser.expect_keyword_is(Keyword::TO)?;
    }
    place(parser)?;
    let format = format(parser)?;
    if is_from {
        if parser.parse_keyword(Keyword::WHERE) {
            return unsupported("WHERE in COPY");
        }
        return Ok(Syntax::CopyFrom(Box::new(CopyFrom {
            table,
            columns,
            format,
        })));
    }
    let names: Vec<String> = columns.iter().map(|column| quoted(&column.value)).collect();
    let listed = match names.is_empty() {
        true => "*".to_string(),
        false => names.join(", "),
    };
    let parts = table.0.iter().filter_map(|part| part.as_ident());
    let parts: Vec<String> = parts.map(|part| quoted(&part.value)).collect();
    let query = parse_query(&format!("SELECT {listed} FROM {}", parts.join(".")));
    let query = query.map_err(Failure::Own)?;
    Ok(Syntax::CopyTo {
        query,
        table: names.is_empty().then_some(table),
        format,
    })
}

fn place(parser: &mut Parser) -> Parsed<()> {
    let token = parser.next_token();
    let is_known = match &token.token {
        Token::Word(word) => ["stdin", "stdout"].contains(&word.value.as_str()),
        Token::NationalStringLiteral(file) => file == "/dev/blob",
        _ => false,
    };
    match is_known {
        true => Ok(()),
        false => unsupported("COPY with a file or program"),
    }
}

/// `[WITH] (option value, …)`, or the options one after another as they once were.
fn format(parser: &mut Parser) -> Parsed<CopyFormat> {
    let _ = accept(parser, "with");
    let in_list = parser.consume_token(&Token::LParen);
    // What is usual depends on the format, which may come last.
    let (mut csv, mut header) = (false, false);
    let (mut delimiter, mut quote, mut escape, mut null) = (None, None, None, None);
    while let Token::Word(word) = &parser.peek_token_ref().token {
        let option = word.value.clone();
        parser.advance_token();
        match option.as_str() {
            "csv" if !in_list => csv = true,
            "format" if in_list => {
                let word = parser.parse_identifier()?.value;
                csv = match word.as_str() {
                    "csv" => true,
                    "text" => false,
                    _ => return unsupported(&format!("the format {word} of COPY")),
                };
            }
            "header" => {
                header = true;
                if in_list && !matches!(parser.peek_token_ref().token, Token::Comma | Token::RParen)
                {
                    let token = parser.next_token();
                    header = match super::grammar::word_text(&token) {
                        "true" | "on" | "1" => true,
                        "false" | "off" | "0" => false,
                        _ => return unsupported("this kind of header"),
                    };
                }
            }
            "delimiter" | "delimiters" => delimiter = Some(character(parser, &option)?),
            "quote" => quote = Some(character(parser, &option)?),
            "escape" => escape = Some(character(parser, &option)?),
            "null" => null = Some(text(parser)?),
            "encoding" => {
                let name = text(parser)?.to_ascii_lowercase();
                if !["utf8", "utf-8", "unicode"].contains(&name.as_str()) {
                    return unsupported("another encoding than UTF-8");
                }
            }
            _ => return unsupported(&format!("the option {option} of COPY")),
        }
        if in_list && !parser.consume_token(&Token::Comma) {
            break;
        }
    }
    if in_list {
        parser.expect_token(&Token::RParen)?;
    }
    let usual = CopyFormat::new(csv);
    if !csv && (quote.is_some() || escape.is_some()) {
        let message = "COPY quote and escape are available only in CSV mode";
        return Err(Failure::Own(Error::new(Code::Unsupported, message)));
    }
    let quote = quote.unwrap_or(usual.quote);
    Ok(CopyFormat {
        header,
        delimiter: delimiter.unwrap_or(usual.delimiter),
        quote,
        escape: escape.unwrap_or(quote),
        null: null.unwrap_or(usual.null.clone()),
        ..usual
    })
}

fn text(parser: &mut Parser) -> Parsed<String> {
    let _ = accept(parser, "as");
    string(parser)
}

fn character(parser: &mut Parser, option: &str) -> Parsed<u8> {
    match text(parser)?.as_bytes() {
        [one] if one.is_ascii() && !matches!(one, b'\n' | b'\r' | b'\\') => Ok(*one),
        _ => {
            let message = format!("COPY {option} must be a single one-byte character");
            Err(Failure::Own(Error::new(Code::Unsupported, message)))
        }
    }
}
