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
/// What a BETWEEN counts as: it becomes two comparisons of its operand, so that one in another doubles all below.
const BETWEEN_HEIGHT: usize = 20;
/// UNION, INTERSECT and EXCEPT in a statement.
const SET_OPERATIONS_MAX: usize = 500;
/// JOINs in a statement. The binder counts the tables, however they are written.
const JOINS_MAX: usize = 64;
/// Parentheses, CASEs, signs and NOTs in each other; the parser recurses for each. A worker in Chromium has half a
/// megabyte of stack for that, of which the optimising compilers of 2023 take most at 40.
const NESTING_MAX: usize = 32;

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
    /// BETWEENs whose AND is still to come.
    betweens: usize,
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
        self.betweens = 0;
    }
}

/// The token before.
#[derive(Debug, Clone, Copy, Default)]
struct Before<'a> {
    text: &'a str,
    /// It is an operator, so that an operand follows: what looks like a clause is a name.
    wants_operand: bool,
}

impl<'a> Before<'a> {
    fn next(self, text: &'a str, kind: &Kind) -> Before<'a> {
        let is_wildcard = text == "*" && (self.text.is_empty() || self.begins_item());
        let wants = matches!(kind, Kind::Operator | Kind::Between | Kind::Condition);
        Before {
            text,
            wants_operand: wants && !is_wildcard && !is_any(text, &["isnull", "notnull"]),
        }
    }

    /// A star behind it stands for all columns.
    fn begins_item(self) -> bool {
        is_any(
            self.text,
            &["(", ",", ".", "select", "distinct", "all", "returning"],
        )
    }

    /// Whether it ends an operand, which a parenthesis or bracket then calls or indexes.
    fn is_closed(self) -> bool {
        matches!(self.text, ")" | "]")
    }
}

/// Checks the tokens of one statement; gives how deep parentheses stand in each other. `tokens` counts those that
/// are not in tuples.
pub(super) fn check(sql: &str, pieces: &[Piece], tokens: usize) -> Result<usize> {
    if tokens > TOKENS_MAX {
        return Err(too_complex("the statement has too many tokens"));
    }
    let mut levels = vec![Level::default()];
    let (mut set_operations, mut joins, mut prefixes) = (0, 0, 0);
    let mut nesting = 1;
    let mut before = Before::default();
    for (at, piece) in pieces.iter().enumerate() {
        let text = piece.token.text(sql);
        let next = || pieces.get(at + 1).map_or("", |next| next.token.text(sql));
        let kind = in_context(kind(piece.token, text), text, before, next);
        prefixes = if is_prefix(text) { prefixes + 1 } else { 0 };
        let level = levels.last_mut().expect("the statement's own level stays");
        match kind {
            Kind::Open => {
                level.operators += usize::from(text == "[" || before.is_closed());
                levels.push(Level::default());
            }
            Kind::Case => levels.push(Level {
                is_case: true,
                ..Level::default()
            }),
            Kind::End if !level.is_case => {}
            Kind::Close | Kind::End => close(&mut levels),
            Kind::Operator => level.operators += 1,
            Kind::Between => {
                level.operators += BETWEEN_HEIGHT;
                level.betweens += 1;
            }
            Kind::Condition if level.betweens > 0 && text.eq_ignore_ascii_case("and") => {
                level.betweens -= 1;
            }
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
        before = before.next(text, &kind);
        let level = levels.last().expect("the statement's own level stays");
        nesting = nesting.max(levels.len());
        if nesting > NESTING_MAX || prefixes > NESTING_MAX {
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
    Ok(nesting)
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
    Between,
    Condition,
    /// What stands before it is beside what follows, not below or above.
    Branch,
    Separator,
    SetOperation,
    Join,
    Other,
}

/// What a token is where it stands. Where that is not sure it is taken for a part of the expression, which
/// makes that higher: what ends an expression must be certain.
fn in_context<'a>(kind: Kind, text: &str, before: Before, next: impl Fn() -> &'a str) -> Kind {
    let is_name = match kind {
        Kind::Separator if text == "," => false,
        Kind::Separator => {
            let needs_by = is_any(text, &["group", "order"]);
            before.wants_operand
                || (is_any(before.text, &["distinct"]) && is_any(text, &["from"]))
                || (needs_by && !is_any(next(), &["by"]))
        }
        Kind::Branch | Kind::End => before.wants_operand,
        _ => false,
    };
    if is_name { Kind::Other } else { kind }
}

fn is_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
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
    const KEYWORDS: [(&[&str], Kind); 9] = [
        (&["between"], Kind::Between),
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
                "is", "in", "not", "like", "ilike", "similar", "collate", "at", "isnull",
                "notnull", "escape", "rlike", "regexp", "xor", "overlaps", "member", "div",
                "operator", "pivot", "unpivot",
            ],
            Kind::Operator,
        ),
    ];
    for (words, kind) in KEYWORDS {
        if is_any(text, words) {
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
            ("select 1", " is not distinct from 1", "", 60, 20_000),
            ("select 1", " is distinct from 1", "", 60, 10_000),
            ("select 1", " between 1 and 2", "", 10, 11),
            ("select a", "[1]", "", 100, 20_000),
            ("select a", "(1)", "", 10, 20_000),
            ("select 1::int", "[]", "", 10, 20_000),
            ("select 1", " operator(pg_catalog.+) 1", "", 60, 10_000),
            ("select 1", "+set", "", 100, 20_000),
            ("select 1", " like from", "", 100, 20_000),
            ("select a", " * limit", "", 100, 20_000),
            ("select case when 1", "+then", " then 1 end", 100, 20_000),
            ("select case when 1", "+end", " then 1 end", 100, 20_000),
            (
                "select f(1)",
                " + f(1) within group (order by 1)",
                "",
                10,
                5_000,
            ),
            (
                "select 1 from t",
                " pivot(sum(a) for b in (1))",
                "",
                10,
                5_000,
            ),
            (
                "select * from t where a = 1",
                " or a between 1 and 2",
                "",
                600,
                10_000,
            ),
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

    /// Clauses end an expression, whatever stands before them.
    #[test]
    fn expressions_beside_each_other_do_not_pile_up() {
        let chain = "+1".repeat(150);
        for sql in [
            format!("select *, t.*, 1{chain} from t where a = 1{chain} group by 1{chain}"),
            format!("select count(*) from t where b isnull and 1{chain} order by 1{chain}"),
            format!("select distinct * from t where 1{chain} > 0 order by 1{chain} limit 1{chain}"),
            format!("select case when a > 1{chain} then 1{chain} else 1{chain} end from t"),
            format!("insert into t values (1{chain}), (1{chain}) returning 1{chain}"),
            format!("select * from t join u on a = 1{chain} where b between 1 and 1{chain}"),
        ] {
            assert_ne!(code(&sql), Some(Code::LimitComplexity), "{sql}");
        }
    }

    /// Each BETWEEN in another doubles the expression.
    #[test]
    fn betweens_in_each_other_are_few() {
        let nested = |times: usize| {
            let (open, close) = ("(".repeat(times), " between 1 and 2)::int".repeat(times));
            code(&format!("select {open}1{close}"))
        };
        assert_eq!([nested(8), nested(12)], [None, Some(Code::LimitComplexity)]);
        let beside = "a between 1 and 2 or ".repeat(900);
        assert_eq!(code(&format!("select {beside} true from t")), None);
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
