//! The bound expression.
//!
//! An [`Expr`] has no names left in it: columns are positions in the input chunk, every node knows its
//! type, and every implicit cast is spelled out.

use super::function::Volatility;
use super::{Check, External, Function};
use crate::types::{DataType, Value};
use std::rc::Rc;

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
    /// `$1` is 0. Lifted literals follow the user's parameters. Its value is of the node's type.
    Parameter(usize),
    /// A value of the row that a query around this one stands at, by its slot
    /// ([`Node::Apply`](crate::plan::Node::Apply)).
    Outer(usize),
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
    /// The first operand that is not NULL; those after it are not evaluated.
    Coalesce(Vec<Expr>),
    /// GREATEST or LEAST, which ignore NULLs.
    Extreme {
        greatest: bool,
        operands: Vec<Expr>,
    },
    NullIf(Box<Expr>, Box<Expr>),
    Call {
        function: Function,
        arguments: Vec<Expr>,
    },
    /// A call of a function of the host.
    External {
        function: Rc<External>,
        arguments: Vec<Expr>,
    },
    /// Whether the test holds of the operand and any element of the array, or with `all` each of them.
    Quantified {
        operand: Box<Expr>,
        array: Box<Expr>,
        /// Over two columns of its own: the operand, and an element.
        test: Box<Expr>,
        all: bool,
    },
    /// The operand, or an error if it breaks one of the checks, which are over it as column 0.
    Within {
        operand: Box<Expr>,
        checks: Rc<[Check]>,
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

impl BinaryOperator {
    /// As it is written in SQL.
    pub fn symbol(self) -> &'static str {
        use BinaryOperator::*;
        match self {
            Add => "+",
            Subtract => "-",
            Multiply => "*",
            Divide => "/",
            Modulo => "%",
            Power => "^",
            Concat => "||",
            Equal => "=",
            NotEqual => "<>",
            Less => "<",
            LessOrEqual => "<=",
            Greater => ">",
            GreaterOrEqual => ">=",
            JsonGet => "->",
            JsonGetText => "->>",
        }
    }

    pub fn is_comparison(self) -> bool {
        use BinaryOperator::*;
        matches!(
            self,
            Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual
        )
    }

    /// The comparison that holds with the operands exchanged: `a < b` is `b > a`.
    pub fn commuted(self) -> Option<BinaryOperator> {
        use BinaryOperator::*;
        Some(match self {
            Equal => Equal,
            NotEqual => NotEqual,
            Less => Greater,
            LessOrEqual => GreaterOrEqual,
            Greater => Less,
            GreaterOrEqual => LessOrEqual,
            _ => return None,
        })
    }
}

/// The operands of a kind, to be read or to be changed as the references to it are.
macro_rules! children {
    ($kind:expr, $child:ty) => {{
        use ExprKind::*;
        match $kind {
            Column(_)
            | Constant(_)
            | Parameter(_)
            | Outer(_)
            | ScalarSubplan(_)
            | ExistsSubplan { .. } => Vec::new(),
            Negate(operand)
            | Not(operand)
            | IsNull { operand, .. }
            | IsTruth { operand, .. }
            | Cast { operand, .. }
            | Within { operand, .. }
            | InSubplan { operand, .. } => vec![operand],
            Binary { left, right, .. }
            | IsDistinct { left, right, .. }
            | NullIf(left, right)
            | Quantified {
                operand: left,
                array: right,
                ..
            } => {
                vec![left, right]
            }
            Like {
                operand, pattern, ..
            } => vec![operand, pattern],
            And(operands)
            | Or(operands)
            | Coalesce(operands)
            | Extreme { operands, .. }
            | Call {
                arguments: operands,
                ..
            }
            | External {
                arguments: operands,
                ..
            } => Vec::from_iter(operands),
            InList { operand, list, .. } => {
                let mut all: Vec<$child> = vec![operand];
                all.extend(list);
                all
            }
            Case {
                branches,
                otherwise,
            } => {
                let mut all: Vec<$child> = Vec::new();
                for (condition, result) in branches {
                    all.extend([condition, result]);
                }
                if let Some(otherwise) = otherwise {
                    all.push(otherwise);
                }
                all
            }
        }
    }};
}

/// Whether a value is one of an enumerated type, or an array of such.
fn has_labels(expr: &Expr) -> bool {
    matches!(innermost(expr), DataType::Enum(_))
}

/// The type of a value, or of the elements of an array.
fn innermost(expr: &Expr) -> DataType {
    expr.data_type.element().unwrap_or(expr.data_type)
}

impl Expr {
    pub fn new(kind: ExprKind, data_type: DataType) -> Expr {
        Expr { kind, data_type }
    }

    pub fn column(position: usize, data_type: DataType) -> Expr {
        Expr::new(ExprKind::Column(position), data_type)
    }

    pub fn constant(value: Value, data_type: DataType) -> Expr {
        Expr::new(ExprKind::Constant(value), data_type)
    }

    /// NULL that takes the type of its context.
    pub fn null() -> Expr {
        Expr::constant(Value::Null, DataType::Unknown)
    }

    pub fn boolean(value: bool) -> Expr {
        Expr::constant(Value::Bool(value), DataType::Boolean)
    }

    pub fn integer(value: i32) -> Expr {
        Expr::constant(Value::I64(i64::from(value)), DataType::Integer)
    }

    /// A string literal that takes the type of its context.
    pub fn literal(text: &str) -> Expr {
        Expr::constant(Value::text(text), DataType::Unknown)
    }

    /// The next value of the sequence with a name, as SQL writes it.
    pub fn next_value_of(sequence: &str) -> Expr {
        let name = Expr::constant(Value::text(sequence), DataType::Text);
        Expr::call(Function::NextVal, vec![name], DataType::BigInt)
    }

    /// The next value of the sequence with an id.
    pub fn next_value(sequence: crate::types::TableId) -> Expr {
        let id = Expr::constant(Value::I64(i64::from(sequence.0)), DataType::BigInt);
        Expr::call(Function::NextVal, vec![id], DataType::BigInt)
    }

    /// Whether it names a sequence to take values of, by one of its names.
    pub fn uses_sequence(&self, names: &[String]) -> bool {
        self.any(&mut |expr| match &expr.kind {
            ExprKind::Call {
                function: Function::NextVal | Function::CurrVal | Function::SetVal,
                arguments,
            } => match arguments.first().and_then(Expr::as_constant) {
                Some(Value::Text(given)) => names.iter().any(|name| **name == **given),
                _ => false,
            },
            _ => false,
        })
    }

    pub fn as_constant(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Constant(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn call(function: Function, arguments: Vec<Expr>, data_type: DataType) -> Expr {
        Expr::new(
            ExprKind::Call {
                function,
                arguments,
            },
            data_type,
        )
    }

    /// GROUPING of group expressions, until the groups are known.
    pub fn grouping(arguments: Vec<Expr>) -> Expr {
        Expr::call(Function::Grouping, arguments, DataType::Integer)
    }

    pub fn grouping_arguments(&self) -> Option<&[Expr]> {
        match &self.kind {
            ExprKind::Call {
                function: Function::Grouping,
                arguments,
            } => Some(arguments),
            _ => None,
        }
    }

    /// Whether it calls GROUPING.
    pub fn asks_for_grouping(&self) -> bool {
        self.any(&mut |expr| expr.grouping_arguments().is_some())
    }

    /// The operands, in order of evaluation.
    pub fn children(&self) -> Vec<&Expr> {
        children!(&self.kind, &Expr)
    }

    /// The operands, to be changed in place.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        children!(&mut self.kind, &mut Expr)
    }

    /// Whether this node or one below it satisfies the predicate.
    pub fn any(&self, predicate: &mut dyn FnMut(&Expr) -> bool) -> bool {
        predicate(self)
            || self
                .children()
                .into_iter()
                .any(|child| child.any(predicate))
    }

    /// Changes every node, operands before the node itself.
    pub fn visit_mut(&mut self, change: &mut dyn FnMut(&mut Expr)) {
        for child in self.children_mut() {
            child.visit_mut(change);
        }
        change(self);
    }

    pub fn has_columns(&self) -> bool {
        self.any(&mut |expr| matches!(expr.kind, ExprKind::Column(_)))
    }

    /// The worst volatility of the functions in it. Parameters, subplans and the rows of queries around
    /// count as stable: their values are fixed while a query runs, not before.
    pub fn volatility(&self) -> Volatility {
        let own = match &self.kind {
            // A label may be renamed, so what prints one does not stay the same for ever.
            ExprKind::Call {
                function,
                arguments,
            } if function.prints() && arguments.iter().any(has_labels) => {
                function.volatility().max(Volatility::Stable)
            }
            ExprKind::Cast { operand, .. } if has_labels(operand) || has_labels(self) => {
                Volatility::Stable
            }
            ExprKind::Call { function, .. } => function.volatility(),
            ExprKind::External { function, .. } => function.volatility(),
            ExprKind::Parameter(_)
            | ExprKind::Outer(_)
            | ExprKind::ScalarSubplan(_)
            | ExprKind::ExistsSubplan { .. }
            | ExprKind::InSubplan { .. } => Volatility::Stable,
            ExprKind::Within { checks, .. } => (checks.iter())
                .map(|check| check.condition.volatility())
                .fold(Volatility::Immutable, Ord::max),
            // 'now' and 'today' are read when text is cast.
            ExprKind::Cast { operand, .. } if innermost(operand).is_text() => match innermost(self)
            {
                DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz => {
                    Volatility::Stable
                }
                _ => Volatility::Immutable,
            },
            _ => Volatility::Immutable,
        };
        (self.children().into_iter()).fold(own, |worst, child| worst.max(child.volatility()))
    }

    /// Whether its value is fixed for ever, so that a plan may hold the value in its place.
    pub fn is_constant(&self) -> bool {
        !self.has_columns() && self.volatility() == Volatility::Immutable
    }
}
