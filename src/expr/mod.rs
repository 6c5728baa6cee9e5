//! Layer 2: bound expressions, the functions and casts they use, and their evaluation over chunks.
//!
//! An [`Expr`] has no names left in it: columns are positions in the input chunk, every node knows its
//! type, and every implicit cast is spelled out, so the evaluator never guesses. Building one goes
//! through `operator`, `function` and `coercion`, which know PostgreSQL's rules for choosing among
//! candidates; evaluating goes through `eval`, one vector at a time.

use crate::types::{DataType, Value};
use std::rc::Rc;

/// A bound expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub data_type: DataType,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A column of the input chunk, by position.
    Column(usize),
    Constant(Value),
    /// `$1` is 0. Lifted literals follow the user's parameters.
    Parameter(usize),
    /// Both sides have the types the operator was resolved for.
    Binary {
        operator: BinaryOperator,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Negate(Box<Expr>),
    Not(Box<Expr>),
    /// Three-valued AND; evaluated left to right, and a row decided by one is not asked of the next.
    And(Vec<Expr>),
    Or(Vec<Expr>),
    IsNull {
        operand: Box<Expr>,
        negated: bool,
    },
    /// `IS [NOT] TRUE | FALSE | UNKNOWN` (`truth: None` is UNKNOWN).
    IsTruth {
        operand: Box<Expr>,
        truth: Option<bool>,
        negated: bool,
    },
    IsDistinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    /// Branches in order: condition, result. The operand form is bound as equalities.
    Case {
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    /// To `data_type` of this node. `explicit` casts truncate where assignment raises an error.
    Cast {
        operand: Box<Expr>,
        explicit: bool,
    },
    Like {
        operand: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<char>,
        negated: bool,
        case_insensitive: bool,
    },
    InList {
        operand: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    Coalesce(Vec<Expr>),
    /// GREATEST or LEAST, which ignore NULLs.
    Extreme {
        greatest: bool,
        operands: Vec<Expr>,
    },
    NullIf(Box<Expr>, Box<Expr>),
    Call {
        function: super::expr::Function,
        arguments: Vec<Expr>,
    },
    /// The value of an uncorrelated subquery of one column, run once before the query: NULL without a
    /// row, an error with more than one. The number is its place in the query's `subplans`.
    ScalarSubplan(usize),
    ExistsSubplan {
        subplan: usize,
        negated: bool,
    },
    /// `operand [NOT] IN (subquery)`, with SQL's meaning of NULLs on either side.
    InSubplan {
        operand: Box<Expr>,
        subplan: usize,
        negated: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Concat,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `->`
    JsonGet,
    /// `->>`
    JsonGetText,
}

/// A scalar function, resolved: which one of an overloaded name it is follows from the types of its
/// arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {}

/// The rows of an uncorrelated subquery that has been run: its columns, without a selection.
pub type SubplanRows = Rc<crate::column::Chunk>;
