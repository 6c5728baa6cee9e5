//! Cursors: DECLARE, FETCH, MOVE and CLOSE.

use super::grammar::{Parsed, Syntax, unsupported, word_text};
use super::reserved::identifier;
use super::session::{SessionStatement, accept};
use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Token;

/// What is said of a cursor besides its query.
#[derive(Debug, Clone, PartialEq)]
pub struct CursorOptions {
    pub name: String,
    /// Whether it goes backwards, if that is said.
    pub scroll: Option<bool>,
    /// It outlives its transaction.
    pub hold: bool,
}

/// Where FETCH and MOVE go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Direction {
    /// Over so many rows; backwards if they are fewer than none.
    By(i64),
    /// To the row that is so many away.
    Relative(i64),
    /// To the row of this number, from the end if it is negative.
    Absolute(i64),
}

/// Words that begin such a statement.
pub(super) const BEGINNINGS: [&str; 4] = ["declare", "fetch", "move", "close"];

/// Reads what follows the first word.
pub(super) fn statement(parser: &mut Parser, first: &str) -> Parsed<Syntax> {
    let statement = match first {
        "declare" => return declare(parser),
        "close" => SessionStatement::Close(match parser.parse_keyword(Keyword::ALL) {
            true => None,
            false => Some(identifier(parser)?.value),
        }),
        _ => {
            let direction = direction(parser)?;
            let _ = parser.parse_one_of_keywords(&[Keyword::FROM, Keyword::IN]);
            SessionStatement::Fetch {
                cursor: identifier(parser)?.value,
                direction,
                moves: first == "move",
            }
        }
    };
    Ok(Syntax::Session(Box::new(statement)))
}

fn declare(parser: &mut Parser) -> Parsed<Syntax> {
    let mut options = CursorOptions {
        name: identifier(parser)?.value,
        scroll: None,
        hold: false,
    };
    loop {
        if accept(parser, "no") {
            parser.expect_keyword(Keyword::SCROLL)?;
            options.scroll = Some(false);
        } else if accept(parser, "scroll") {
            options.scroll = Some(true);
        } else if accept(parser, "binary") {
            return unsupported("a cursor of binary values");
        } else if !accept(parser, "insensitive") && !accept(parser, "asensitive") {
            break;
        }
    }
    parser.expect_keyword(Keyword::CURSOR)?;
    if parser.parse_one_of_keywords(&[Keyword::WITHOUT]).is_some() {
        parser.expect_keyword(Keyword::HOLD)?;
    } else if parser.parse_keyword(Keyword::WITH) {
        parser.expect_keyword(Keyword::HOLD)?;
        options.hold = true;
    }
    parser.expect_keyword(Keyword::FOR)?;
    let query: Box<ast::Query> = parser.parse_query()?;
    Ok(Syntax::Declare { options, query })
}

fn direction(parser: &mut Parser) -> Parsed<Direction> {
    let all = |parser: &mut Parser| accept(parser, "all").then_some(i64::MAX);
    for (word, direction) in [
        ("next", Direction::By(1)),
        ("prior", Direction::By(-1)),
        ("first", Direction::Absolute(1)),
        ("last", Direction::Absolute(-1)),
    ] {
        if accept(parser, word) {
            return Ok(direction);
        }
    }
    if accept(parser, "absolute") {
        return Ok(Direction::Absolute(number(parser)?.unwrap_or(1)));
    }
    if accept(parser, "relative") {
        return Ok(Direction::Relative(number(parser)?.unwrap_or(1)));
    }
    let is_back = accept(parser, "backward");
    let _ = !is_back && accept(parser, "forward");
    let count = match all(parser) {
        Some(all) => all,
        None => number(parser)?.unwrap_or(1),
    };
    Ok(Direction::By(if is_back { -count } else { count }))
}

/// A number, if one follows.
fn number(parser: &mut Parser) -> Parsed<Option<i64>> {
    let is_negative = parser.consume_token(&Token::Minus);
    let _ = !is_negative && parser.consume_token(&Token::Plus);
    let Token::Number(..) = parser.peek_token_ref().token else {
        return Ok(None);
    };
    let token = parser.next_token();
    match word_text(&token).parse::<i32>() {
        Ok(number) if is_negative => Ok(Some(-i64::from(number))),
        Ok(number) => Ok(Some(number.into())),
        Err(_) => Ok(parser.expected_ref("an integer", &token)?),
    }
}
