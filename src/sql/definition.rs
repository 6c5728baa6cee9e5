//! The texts of the expressions in a definition (DEFAULT, CHECK, GENERATED), which are kept as they were
//! written.

use super::lift::Piece;
use super::scan::Source;
use super::sequence::SequenceOptions;

/// What a CREATE TABLE or ALTER TABLE holds, each kind in the order of the syntax tree.
#[derive(Debug, Default)]
pub struct Texts {
    pub defaults: Vec<String>,
    /// Those of columns, then those of the table.
    pub checks: Vec<String>,
    pub generated: Vec<String>,
    /// Of each AS IDENTITY.
    pub identities: Vec<SequenceOptions>,
    /// What the key of an index consists of, and its WHERE.
    pub parts: Vec<String>,
    pub predicate: Option<String>,
    /// That of a view.
    pub query: String,
}

/// The words that begin a constraint of the table and not a column.
const CONSTRAINTS: [&str; 6] = [
    "constraint",
    "check",
    "unique",
    "primary",
    "foreign",
    "exclude",
];

/// The texts in a statement whose definitions stand in `level` parentheses.
pub(super) fn texts(source: &Source, pieces: &[Piece], level: usize) -> Texts {
    let sql = source.script;
    let is = |at: usize, word: &str| {
        (pieces.get(at)).is_some_and(|piece| piece.token.is_keyword(sql, word))
    };
    let opens = |at: usize| (pieces.get(at)).is_some_and(|piece| piece.token.is_symbol(sql, "("));
    let mut texts = Texts::default();
    let mut of_table = Vec::new();
    let (mut depth, mut first) = (0, 0);
    for (at, piece) in pieces.iter().enumerate() {
        let before = depth;
        depth = depth_after(depth, sql, piece);
        if depth != level {
            continue;
        }
        if before < depth || piece.token.is_symbol(sql, ",") {
            first = at + 1;
        } else if piece.token.is_keyword(sql, "default") && is_value(sql, &pieces[..at]) {
            texts.defaults.push(default_text(sql, &pieces[at + 1..]));
        } else if piece.token.is_keyword(sql, "check") && opens(at + 1) {
            let list = match level == 1 && CONSTRAINTS.iter().any(|word| is(first, word)) {
                true => &mut of_table,
                false => &mut texts.checks,
            };
            list.push(enclosed_text(sql, &pieces[at + 1..]));
        } else if at > 0 && is(at - 1, "always") && is(at, "as") && opens(at + 1) {
            texts.generated.push(enclosed_text(sql, &pieces[at + 1..]));
        }
    }
    texts.checks.append(&mut of_table);
    texts
}

/// The texts of an index: what stands between the first parentheses, without an order, and behind WHERE.
pub(super) fn index_texts(source: &Source, pieces: &[Piece]) -> Texts {
    let sql = source.script;
    let mut texts = Texts::default();
    let (mut depth, mut first, mut is_over) = (0, 0, false);
    for (at, piece) in pieces.iter().enumerate() {
        let before = depth;
        depth = depth_after(depth, sql, piece);
        let ends_part = depth == 1 && piece.token.is_symbol(sql, ",");
        if !is_over && (before == 1 && depth == 0 || ends_part) {
            let part = &pieces[first..at];
            let is_order = |piece: &Piece| {
                let words = ["asc", "desc", "nulls", "first", "last"];
                words.iter().any(|word| piece.token.is_keyword(sql, word))
            };
            let end = part.iter().rposition(|piece| !is_order(piece));
            let part = end.map_or(part, |end| &part[..=end]);
            texts.parts.push(text_of(sql, part));
            is_over = depth == 0;
        }
        if before == 0 && depth == 1 || ends_part {
            first = at + 1;
        }
        if depth == 0 && piece.token.is_keyword(sql, "where") {
            texts.predicate = Some(text_of(sql, &pieces[at + 1..]));
            break;
        }
    }
    texts
}

/// The query behind the first AS, which is that of a view (no name before it is so called), without WITH [NO] DATA and
/// WITH CHECK OPTION.
pub(super) fn query_text(source: &Source, pieces: &[Piece]) -> String {
    let is = |piece: &Piece, word| piece.token.is_keyword(source.script, word);
    let at = pieces.iter().position(|piece| is(piece, "as"));
    let query = &pieces[at.map_or(0, |at| at + 1)..];
    let end = match query {
        [.., with, data] if is(with, "with") && is(data, "data") => 2,
        [.., with, check, option]
            if is(with, "with") && is(check, "check") && is(option, "option") =>
        {
            3
        }
        [.., with, _, check, option]
            if is(with, "with") && is(check, "check") && is(option, "option") =>
        {
            4
        }
        [.., with, no, data] if is(with, "with") && is(no, "no") && is(data, "data") => 3,
        _ => 0,
    };
    text_of(source.script, &query[..query.len() - end])
}

/// Whether a value follows the word DEFAULT behind these tokens: not so in `ON DELETE SET DEFAULT`,
/// `DROP DEFAULT` and `BY DEFAULT AS IDENTITY`.
fn is_value(sql: &str, before: &[Piece]) -> bool {
    let is = |back: usize, words: [&str; 2]| {
        let at = before.len().checked_sub(back);
        at.is_some_and(|at| {
            words
                .iter()
                .any(|word| before[at].token.is_keyword(sql, word))
        })
    };
    let is_action = is(1, ["set", "set"]) && is(2, ["delete", "update"]);
    !is_action && !is(1, ["drop", "by"])
}

/// As in PostgreSQL's grammar it ends before the next word that begins a constraint, unless it begins with
/// that word or has parentheses around.
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
    text_of(sql, &pieces[..end])
}

/// What stands in the parentheses that begin here.
fn enclosed_text(sql: &str, pieces: &[Piece]) -> String {
    let mut depth = 0usize;
    for (at, piece) in pieces.iter().enumerate() {
        depth = depth_after(depth, sql, piece);
        if depth == 0 {
            return text_of(sql, pieces.get(1..at).unwrap_or_default());
        }
    }
    String::new()
}

fn text_of(sql: &str, pieces: &[Piece]) -> String {
    match (pieces.first(), pieces.last()) {
        (Some(first), Some(last)) => sql[first.token.start..last.token.end].to_string(),
        _ => String::new(),
    }
}

fn depth_after(depth: usize, sql: &str, piece: &Piece) -> usize {
    let is = |symbol| piece.token.is_symbol(sql, symbol);
    if is("(") || is("[") {
        return depth + 1;
    }
    match is(")") || is("]") {
        true => depth.saturating_sub(1),
        false => depth,
    }
}
