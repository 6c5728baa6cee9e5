//! The texts of the DEFAULTs in a CREATE TABLE, which are kept as they were written.

use super::lift::Piece;
use super::scan::Source;

/// The text behind each DEFAULT of a CREATE TABLE, in order. As in PostgreSQL's grammar it ends before
/// the next word that begins a constraint, unless it begins with that word or has parentheses around.
pub(super) fn default_texts(source: &Source, pieces: &[Piece]) -> Vec<String> {
    let sql = source.script;
    let mut texts = Vec::new();
    let mut depth = 0usize;
    for (at, piece) in pieces.iter().enumerate() {
        depth = depth_after(depth, sql, piece);
        if depth == 1 && piece.token.is_keyword(sql, "default") {
            texts.push(default_text(sql, &pieces[at + 1..]));
        }
    }
    texts
}

fn default_text(sql: &str, pieces: &[Piece]) -> String {
    const ENDS: [&str; 10] = [
        "not",
        "null",
        "primary",
        "unique",
        "check",
        "references",
        "constraint",
        "default",
        "generated",
        "collate",
    ];
    let mut depth = 0usize;
    let mut end = 0;
    for (at, piece) in pieces.iter().enumerate() {
        let is_end = at > 0 && ENDS.iter().any(|word| piece.token.is_keyword(sql, word));
        let is_outer = piece.token.is_symbol(sql, ",") || piece.token.is_symbol(sql, ")");
        if depth == 0 && (is_end || is_outer) {
            break;
        }
        depth = depth_after(depth, sql, piece);
        end = at + 1;
    }
    match (pieces.first(), end.checked_sub(1)) {
        (Some(first), Some(last)) => sql[first.token.start..pieces[last].token.end].to_string(),
        _ => String::new(),
    }
}

fn depth_after(depth: usize, sql: &str, piece: &Piece) -> usize {
    if piece.token.is_symbol(sql, "(") {
        return depth + 1;
    }
    match piece.token.is_symbol(sql, ")") {
        true => depth.saturating_sub(1),
        false => depth,
    }
}
