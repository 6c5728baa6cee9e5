//! Refusing statements that would overflow a stack, before anything recursive sees them.
//!
//! The parser bounds how deep it recurses, but a long chain (`1+1+1…`, `x::a::b…`, UNION after UNION) is
//! parsed in a loop into a tree as deep as the chain is long, and merely dropping that tree recurses. So
//! the height of the tree is bounded from its tokens: operators in one expression pile up, and so do
//! those of the expressions in parentheses inside it. The limits lie at least four times below where
//! dropping overflowed a megabyte of stack in WebAssembly (8,786 for operators, 6,150 for UNION).

use super::lexer::{Token, TokenKind};
use super::lift::Piece;
use crate::error::{Code, Error, Result};

/// Tokens outside the tuples of an INSERT.
pub const TOKENS_MAX: usize = 100_000;
/// Operators above each other in an expression, without AND and OR.
const HEIGHT_MAX: usize = 200;
/// The same, with AND and OR, of which a tree keeps only one level.
const CONDITION_HEIGHT_MAX: usize = 2_000;
/// UNION, INTERSECT and EXCEPT in a statement.
const SET_OPERATIONS_MAX: usize = 500;
/// JOINs in a statement. The binder counts the tables, however they are written.
const JOINS_MAX: usize = 64;
/// Parentheses, CASEs, signs and NOTs in each other; the parser recurses for each.
const NESTING_MAX: usize = 40;

/// What one level of parentheses has piled up.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// Operators since the last comma, AND, OR or clause.
    operators: usize,
    /// The largest sum of operators and inner height so far.
    height: usize,
    /// AND and OR since the last comma or clause.
    conditions: usize,
    condition_height: usize,
    /// The highest of the parentheses since `operators` was reset.
    inner: usize,
    inner_conditions: usize,
    is_case: bool,
}

impl Level {
    /// Ends a term of a condition.
    fn end_term(&mut self) {
        self.height = self.height.max(self.operators + self.inner);
        (self.operators, self.inner) = (0, 0);
    }

    /// Ends an expression.
    fn end_item(&mut self) {
        self.end_term();
        let height = self.conditions + self.inner_conditions;
        self.condition_height = self.condition_height.max(height);
        (self.conditions, self.inner_conditions) = (0, 0);
    }
}

/// Checks the tokens of one statement. `tokens` counts those that are not in tuples.
pub(super) fn check(sql: &str, pieces: &[Piece], tokens: usize) -> Result<()> {
    if tokens > TOKENS_MAX {
        return Err(too_complex("the statement has too many tokens"));
    }
    let mut levels = vec![Level::default()];
    let (mut set_operations, mut joins, mut prefixes) = (0, 0, 0);
    for piece in pieces {
        let text = piece.token.text(sql);
        prefixes = if is_prefix(text) { prefixes + 1 } else { 0 };
        let level = levels.last_mut().expect("the statement's own level stays");
        match kind(piece.token, text) {
            Kind::Open => levels.push(Level::default()),
            Kind::Case => levels.push(Level {
                is_case: true,
                ..Level::default()
            }),
            Kind::End if !level.is_case => {}
            Kind::Close | Kind::End => close(&mut levels),
            Kind::Operator => level.operators += 1,
            Kind::Condition => {
                level.end_term();
                level.conditions += 1;
            }
            Kind::Branch => level.end_term(),
            Kind::Separator => level.end_item(),
            Kind::SetOperation => {
                level.end_item();
                set_operations += 1;
            }
            Kind::Join => {
                level.end_item();
                joins += 1;
            }
            Kind::Other => {}
        }
        let level = levels.last().expect("the statement's own level stays");
        if levels.len() > NESTING_MAX || prefixes > NESTING_MAX {
            return Err(too_complex("the statement is nested too deeply"));
        }
        if level.operators + level.inner > HEIGHT_MAX
            || level.conditions + level.inner_conditions > CONDITION_HEIGHT_MAX
        {
            return Err(too_complex("an expression is too deep"));
        }
        if set_operations > SET_OPERATIONS_MAX {
            return Err(too_complex(
                "the query has too many UNION, INTERSECT or EXCEPT",
            ));
        }
        if joins > JOINS_MAX {
            return Err(too_complex("the query joins too many tables"));
        }
    }
    Ok(())
}

/// What may stand before an operand again and again.
fn is_prefix(text: &str) -> bool {
    matches!(text, "-" | "+") || text.eq_ignore_ascii_case("not")
}

fn close(levels: &mut Vec<Level>) {
    if levels.len() < 2 {
        return;
    }
    let mut inner = levels.pop().expect("there are at least two");
    inner.end_item();
    let outer = levels.last_mut().expect("there was one more");
    outer.inner = outer.inner.max(inner.height + 1);
    outer.inner_conditions = outer.inner_conditions.max(inner.condition_height + 1);
}

enum Kind {
    Open,
    Close,
    Case,
    End,
    Operator,
    Condition,
    /// What stands before it is beside what follows, not below or above.
    Branch,
    Separator,
    SetOperation,
    Join,
    Other,
}

fn kind(token: Token, text: &str) -> Kind {
    match token.kind {
        TokenKind::Symbol => match text {
            "(" | "[" => Kind::Open,
            ")" | "]" => Kind::Close,
            "," => Kind::Separator,
            "." | ":" => Kind::Other,
            _ => Kind::Operator,
        },
        TokenKind::Word => keyword(text),
        _ => Kind::Other,
    }
}

fn keyword(text: &str) -> Kind {
    const KEYWORDS: [(&[&str], Kind); 8] = [
        (&["case"], Kind::Case),
        (&["end"], Kind::End),
        (&["when", "then", "else"], Kind::Branch),
        (&["and", "or"], Kind::Condition),
        (
            &[
                "select",
                "from",
                "where",
                "group",
                "having",
                "order",
                "limit",
                "offset",
                "values",
                "set",
                "returning",
                "on",
                "using",
            ],
            Kind::Separator,
        ),
        (
            &["union", "intersect", "except", "minus"],
            Kind::SetOperation,
        ),
        (&["join"], Kind::Join),
        (
            &[
                "is", "in", "not", "like", "ilike", "between", "similar", "collate", "at",
                "isnull", "notnull", "escape", "rlike", "regexp", "xor", "overlaps", "member",
                "div",
            ],
            Kind::Operator,
        ),
    ];
    for (words, kind) in KEYWORDS {
        if words.iter().any(|word| word.eq_ignore_ascii_case(text)) {
            return kind;
        }
    }
    Kind::Other
}

fn too_complex(message: &str) -> Error {
    Error::new(Code::LimitComplexity, message)
}

#[cfg(test)]
mod tests {
    use super::super::{Lifting, Statements, parse};
    use crate::error::Code;

    fn code(sql: &str) -> Option<Code> {
        let source = Statements::new(sql).next().unwrap().unwrap().source;
        let parsed = parse(&source, Lifting::Off);
        parsed.err().map(|error| error.code())
    }

    fn repeated(start: &str, part: &str, times: usize, end: &str) -> String {
        [start, &part.repeat(times), end].concat()
    }

    /// Each shape is fine at the first size and an error at the second; none overflows the stack.
    #[test]
    fn chains_are_refused_before_they_overflow() {
        let shapes = [
            ("select 1", "+1", "", 150, 100_000),
            ("select 1", "::int", "", 150, 20_000),
            ("select 'a'", "||'a'", "", 150, 20_000),
            ("select ", "- ", "1", 20, 20_000),
            ("select ", "not ", "true", 20, 20_000),
            ("select 1", " is null", "", 100, 20_000),
            ("select true", " and true", "", 1_500, 40_000),
            ("select true", " or 1 = 1", "", 1_500, 20_000),
            ("select 1", " union all select 1", "", 400, 50_000),
            ("select 1 from t", " join t on true", "", 60, 20_000),
            ("select 1 from t", " join t", "", 10, 20_000),
            ("select ", "case when true then 1 else ", "1 end", 0, 20_000),
            ("select 1 where 1 in (1", ",1", ")", 20_000, 200_000),
            ("select 1", ", 1", "", 1_000, 200_000),
        ];
        for (start, part, end, fine, refused) in shapes {
            let sql = repeated(start, part, fine, end);
            assert_ne!(code(&sql), Some(Code::LimitComplexity), "{fine} × {part}");
            let sql = repeated(start, part, refused, end);
            assert_eq!(
                code(&sql),
                Some(Code::LimitComplexity),
                "{refused} × {part}"
            );
        }
    }

    #[test]
    fn nesting_is_refused_before_it_overflows() {
        for depth in [60, 10_000] {
            for (open, inner, close) in [
                ("(", "1", ")"),
                ("(select ", "1", ")"),
                ("abs(", "1", ")"),
                ("case when true then ", "1", " end"),
                ("1 in (", "1", ")"),
            ] {
                let sql = ["select ", &open.repeat(depth), inner, &close.repeat(depth)].concat();
                assert_eq!(code(&sql), Some(Code::LimitComplexity), "{depth} × {open}");
            }
            let sql = [
                "select * from ",
                &"(".repeat(depth),
                "t",
                &")".repeat(depth),
            ]
            .concat();
            assert_eq!(code(&sql), Some(Code::LimitComplexity));
        }
        assert_eq!(code("select ((((((((1))))))))"), None);
    }

    /// Operators above and in parentheses pile up to one height.
    #[test]
    fn parentheses_do_not_hide_operators() {
        let chain = "+1".repeat(150);
        let sql = format!("select (1{chain}){chain}");
        assert_eq!(code(&sql), Some(Code::LimitComplexity));
        let beside = format!("select (1{chain}), 1{chain}");
        assert_eq!(code(&beside), None);
    }
}
