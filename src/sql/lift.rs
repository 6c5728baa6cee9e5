//! Lifting constants out of a statement, so that statements which differ only in them share one plan.
//!
//! One pass over the tokens writes the normalised text (words folded, blanks and comments gone, `?` for
//! each lifted constant) and collects the constants with their type classes. Text and classes together
//! are the statement's key in the plan cache.
//!
//! Constants are lifted from an allow-list of places, where a parameter means what the constant meant:
//!
//! | place | which | example |
//! | --- | --- | --- |
//! | tuples of `INSERT … VALUES` | items that are a constant, with its sign | `(?, now(), ?)` |
//! | right sides in `UPDATE … SET` | after `=` or arithmetic | `SET a = ?, b = b + ?` |
//! | operands in `WHERE` | after comparisons, arithmetic (numbers only), `LIKE`, `BETWEEN … AND`, in `IN (…)` | `id = ?` |
//! | `LIMIT` and `OFFSET` | numbers | `LIMIT ?` |
//! | moments | the sequence of `@seq:`, the constant that is all of an `AS OF` | `AS OF @seq:?` |
//!
//! Everything else stays: output expressions, ordinals, type modifiers, arguments of functions, casts,
//! typed constants (`date '…'`), other moments, all of DDL. Where the tokens around a constant are not
//! well known it stays, too; that costs a parse and never an answer. Equal constants do not share a slot:
//! a key that depended on which values happen to be equal would be parsed again and again.
//!
//! The tuples of an INSERT collapse: when all have the shape of the first, the text has one tuple and
//! the constants are a table of `tuples` rows, which go to the INSERT as columns without ever having been
//! syntax.
//!
//! A statement that came before with other constants need not come here (see [`template`](super::template)).

use super::lexer::{Lexer, Token};
use super::literal::{Literal, LiteralClass};
use super::reader::{Outcome, Reader};
use crate::error::Result;

/// A statement without its constants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lifted<'a> {
    /// Equal keys, equal plans (for the same catalogs and parameter types).
    pub key: String,
    pub(super) text_bytes: usize,
    /// One class for each slot. Where tuples collapsed, one for each column of constants, wide enough for
    /// all of them.
    pub classes: Vec<LiteralClass>,
    /// The constants in the order of the text: one for each slot, or `tuples` times as many.
    pub literals: Vec<Literal<'a>>,
    /// How many tuples of an INSERT collapsed; 0 if this is not such an INSERT and the constants are
    /// parameters that follow the user's own.
    pub tuples: u32,
    /// The highest `$n` of the user's own.
    pub parameters: u32,
}

impl Lifted<'_> {
    /// The normalised text, with `?` for each lifted constant.
    pub fn text(&self) -> &str {
        &self.key[..self.text_bytes]
    }
}

/// A token of the statement as the parser shall see it; with a slot it was a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub token: Token,
    pub slot: Option<u32>,
}

/// One statement, up to and without its semicolon.
pub(super) struct Reading<'a> {
    pub lifted: Lifted<'a>,
    pub first: Token,
    pub last: Token,
    /// All tokens, if they were asked for; those of collapsed tuples only once.
    pub pieces: Vec<Piece>,
    /// Bytes and tokens that are not in tuples of an INSERT.
    pub bytes: usize,
    pub tokens: usize,
}

/// How much to lift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    Collapse,
    Parameters,
    Nothing,
}

/// Reads one statement with as much lifted as can be; `None` at the end of the script. `trace` asks for
/// the pieces.
pub(super) fn read<'a>(
    sql: &'a str,
    lexer: &mut Lexer<'a>,
    most: Effort,
    trace: bool,
) -> Result<Option<Reading<'a>>> {
    for effort in [Effort::Collapse, Effort::Parameters] {
        if most == Effort::Nothing {
            break;
        }
        let mut attempt = lexer.clone();
        if let Outcome::Read(reading) = Reader::new(sql, effort, trace).read(&mut attempt)? {
            *lexer = attempt;
            return Ok(reading.map(|reading| *reading));
        }
    }
    match Reader::new(sql, Effort::Nothing, trace).read(lexer)? {
        Outcome::Read(reading) => Ok(reading.map(|reading| *reading)),
        Outcome::TryLess => unreachable!("a reader that lifts nothing never gives up"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lifted(sql: &str) -> Lifted<'_> {
        let reading = read(sql, &mut Lexer::new(sql, 0), Effort::Collapse, true).unwrap();
        reading.expect("a statement").lifted
    }

    #[test]
    fn tuples_collapse_and_their_columns_widen() {
        let sql = "INSERT INTO t (a, b) VALUES (1, NULL), (-3000000000, 'x'), (+2, NULL)";
        let lifted = lifted(sql);
        assert_eq!(lifted.text(), "insert into t(a, b) values (?, ?)");
        assert_eq!((lifted.tuples, lifted.literals.len()), (3, 6));
        assert_eq!(
            lifted.classes,
            [LiteralClass::BigInt, LiteralClass::Unknown]
        );
        assert_eq!(lifted.literals[2], Literal::Integer(-3_000_000_000));
    }

    #[test]
    fn a_thousand_statements_have_one_key() {
        let keys = (0..1000).map(|i| {
            let sql = format!("select a, 1 from t where id = {i} and b in ('{i}', 'x') limit {i}");
            lifted(&sql).key
        });
        let keys: std::collections::HashSet<_> = keys.collect();
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn moments_are_lifted_where_they_are_one_constant() {
        let text = |sql: &str| lifted(sql).text().to_string();
        assert_eq!(
            text("select a from t as of @seq:5"),
            "select a from t as of @ seq : ?"
        );
        let both = text("select a from t for system_time as of 'x' where a > 1 as of 7");
        assert_eq!(
            both,
            "select a from t for system_time as of ? where a > ? as of ?"
        );
        for kept in [
            "select a from t as of 7 + 1",
            "select a from t as of - 7",
            "select a from t as of 7.5",
            "select a from t as of 'x' :: date",
            "insert into t values (?) returning 1 as of 3",
        ] {
            assert_eq!(
                text(&kept.replace("(?)", "(9)")),
                kept.replace(" :: ", "::")
            );
        }
    }

    #[test]
    fn plain_tuples_are_read_as_any_others() {
        let tuples = [
            "(1, 'a', 2.50)",
            "(-3000000000, NULL, 7)",
            "(+4, 'it''s', -.5)",
            "(5, E'\\n', null)",
            "(6, 'x' , 1e3)",
            "(0x7, 'y', -2.5)",
            "(8, 'z', 1)",
        ];
        let plain = format!("insert into t values {} returning 1", tuples.join(", "));
        // A comment behind each parenthesis sends every tuple to the general reader.
        let commented = plain.replace('(', "(/**/ ");
        assert_eq!(lifted(&plain).key, lifted(&commented).key);
        assert_eq!(lifted(&plain).literals, lifted(&commented).literals);
        assert_eq!(lifted(&plain).tuples, 7);
    }

    #[test]
    fn every_constant_outside_collapsed_tuples_has_a_slot_of_its_own() {
        let sql = "insert into t values (5, default), (-6, 7)";
        let reading = read(sql, &mut Lexer::new(sql, 0), Effort::Collapse, true).unwrap();
        let pieces = reading.expect("a statement").pieces;
        let slots: Vec<_> = pieces.iter().filter_map(|piece| piece.slot).collect();
        assert_eq!(slots, [0, 1, 2]);
    }

    #[test]
    fn tuples_of_other_shapes_are_parameters_and_subqueries_stay() {
        assert_eq!(lifted("insert into t values (1, now()), (2, 3)").tuples, 0);
        assert_eq!(lifted("insert into t values (1), (2, 3)").literals.len(), 3);
        assert_eq!(lifted("insert into t values (1, 2), (3, 4").tuples, 0);
        let lifted =
            lifted("insert into t values (1, (select max(a) from t)), (2, (select max(a) from t))");
        assert_eq!((lifted.tuples, lifted.literals.len()), (0, 2));
        let defaults = "insert into t values (default), (default)";
        assert_eq!(super::tests::lifted(defaults).text(), defaults);
    }
}
