//! SQLite's PRAGMA, as far as there is something to say or to set here: `table_info(t)`, which is a query of the catalog,
//! and `foreign_keys`, which is always on.

use super::grammar::{Failure, Parsed, Syntax, unsupported};
use super::parse::parse_query;
use super::session::accept;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

const TABLE_INFO: &str = "SELECT a.attnum - 1 AS cid, a.attname AS name, \
     upper(format_type(a.atttypid, a.atttypmod)) AS type, a.attnotnull::int AS \"notnull\", \
     d.adsrc AS dflt_value, coalesce(k.place, 0) AS pk \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum \
     LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p' \
     LEFT JOIN pg_key_column k ON k.conoid = p.oid AND k.attnum = a.attnum \
     WHERE c.relkind IN ('r', 'v', 'm') AND c.relname = '";

/// The statement behind its first word.
pub(super) fn statement(parser: &mut Parser) -> Parsed<Syntax> {
    let name = parser.parse_identifier()?.value.to_ascii_lowercase();
    match name.as_str() {
        "table_info" => {
            let in_parentheses = parser.consume_token(&Token::LParen);
            let table = parser.parse_identifier()?.value;
            if in_parentheses {
                parser.expect_token(&Token::RParen)?;
            }
            query(&format!(
                "{TABLE_INFO}{}' ORDER BY 1",
                table.replace('\'', "''")
            ))
        }
        "foreign_keys" if parser.consume_token(&Token::Eq) => {
            match accept(parser, "on") || accept(parser, "true") || is_one(parser) {
                true => Ok(Syntax::Maintain {
                    command: "PRAGMA",
                    names: Vec::new(),
                }),
                false => unsupported("turning foreign keys off"),
            }
        }
        "foreign_keys" => query("SELECT 1 AS foreign_keys"),
        other => unsupported(&format!("PRAGMA {other}")),
    }
}

fn is_one(parser: &mut Parser) -> bool {
    matches!(&parser.next_token().token, Token::Number(digits, _) if digits == "1")
}

fn query(sql: &str) -> Parsed<Syntax> {
    Ok(Syntax::Query(parse_query(sql).map_err(Failure::Own)?))
}
