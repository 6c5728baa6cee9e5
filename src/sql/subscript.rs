//! Parts of columns as the targets of SET, which the grammar does not read.
//!
//! `SET a[1] = x` becomes `SET a = x`; what stood in brackets is found by the position of the column's name.

use super::inference::expression;
use super::synonym::plain_word;
use crate::error::Result;
use sqlparser::ast::{AccessExpr, Expr};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;

/// Takes them out; gives them with the positions of the names.
pub(super) fn take_subscripts(
    script: &str,
    tokens: &mut Vec<TokenWithSpan>,
) -> Result<Vec<(u32, Vec<AccessExpr>)>> {
    let mut found = Vec::new();
    let mut taken: Vec<Range<usize>> = Vec::new();
    // Of each parenthesis around, whether it holds targets or, at the top of a SET, assignments.
    let mut targets = vec![false];
    for at in 0..tokens.len() {
        let begins = match &tokens[at].token {
            Token::LParen => {
                let is_list = targets.last() == Some(&true) && begins_target(tokens, at);
                targets.push(is_list);
                is_list
            }
            Token::RParen => {
                targets.pop();
                continue;
            }
            Token::Comma => targets.last() == Some(&true),
            _ => match plain_word(&tokens[at]) {
                // Behind UPDATE, not the SET of a setting.
                Some("set") if at > 0 => {
                    targets.pop();
                    targets.push(true);
                    true
                }
                Some("where" | "from" | "returning" | "when" | "select") => {
                    targets.pop();
                    targets.push(false);
                    continue;
                }
                _ => continue,
            },
        };
        let is_open = |at: usize| tokens.get(at).is_some_and(|t| t.token == Token::LBracket);
        if !begins || !is_open(at + 2) {
            continue;
        }
        let mut end = at + 2;
        while is_open(end) {
            match closing(tokens, end) {
                Some(close) => end = close + 1,
                None => return Ok(found),
            }
        }
        let written = expression(script, tokens[at + 1..end].to_vec())?;
        if let Expr::CompoundFieldAccess { access_chain, .. } = written {
            found.push((tokens[at + 1].span.start.column as u32, access_chain));
            taken.push(at + 2..end);
        }
    }
    for part in taken.into_iter().rev() {
        tokens.drain(part);
    }
    Ok(found)
}

/// Whether a target begins behind the last token before a place.
fn begins_target(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    before.is_some_and(|t| t.token == Token::Comma || plain_word(t) == Some("set"))
}

/// The bracket that closes the one at `open`.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LBracket => depth += 1,
            Token::RBracket if depth == 1 => return Some(at),
            Token::RBracket => depth -= 1,
            _ => {}
        }
    }
    None
}
