//! UNION, INTERSECT and EXCEPT.
//!
//! | operation | plan |
//! | --- | --- |
//! | `a UNION ALL b` | `Append(a, b)` |
//! | `a UNION b` | `Distinct(Append(a, b))` |
//! | `a INTERSECT b`, `a EXCEPT b` | both appended with a mark of the side they come from, grouped by all columns, and the groups kept that have the wanted marks |
//! | the same with ALL | the same, with equal rows of each side numbered before |
//!
//! So rows are equal as groups are: NULL equals NULL. A chain of UNIONs is one `Append`, however long.

use super::assign::Untyped;
use super::binder::Binder;
use super::query::{Body, keep_first};
use crate::error::{Code, Error, Result};
use crate::expr::{self, BinaryOperator, CastContext, Expr};
use crate::plan::{Aggregate, AggregateFunction, Node, OutputColumn};
use crate::types::DataType;
use sqlparser::ast::{SetExpr, SetOperator, SetQuantifier};

/// The rows of one side, whose untyped columns may still get a type.
pub struct Side {
    pub node: Node,
    pub output: Vec<OutputColumn>,
}

impl<'a> Binder<'a> {
    /// A chain of set operations, which the parser leans to the left: walked down in a loop.
    pub fn set_operations(
        &mut self,
        body: &'a SetExpr,
        untyped: Untyped,
    ) -> Result<(Node, Vec<OutputColumn>)> {
        let mut chain = Vec::new();
        let mut first = body;
        while let SetExpr::SetOperation {
            op,
            set_quantifier,
            left,
            right,
        } = first
        {
            chain.push((*op, *set_quantifier, &**right));
            first = left;
        }
        let mut all = self.side(first)?;
        while let Some((op, quantifier, right)) = chain.pop() {
            let right = self.side(right)?;
            all = self.combine(all, op, quantifier, right)?;
        }
        all.typed(untyped)
    }

    /// One side of a set operation.
    pub fn side(&mut self, body: &'a SetExpr) -> Result<Side> {
        let Body { node, output, .. } = self.body(body, &[], Untyped::Open)?;
        let node = keep_first(node, &output);
        Ok(Side { node, output })
    }

    /// Two sides as one.
    pub fn combine(
        &mut self,
        left: Side,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: Side,
    ) -> Result<Side> {
        let name = match op {
            SetOperator::Union => "UNION",
            SetOperator::Except | SetOperator::Minus => "EXCEPT",
            SetOperator::Intersect => "INTERSECT",
        };
        let all = match quantifier {
            SetQuantifier::All => true,
            SetQuantifier::None | SetQuantifier::Distinct => false,
            _ => return Err(Error::unsupported(format!("{name} BY NAME"))),
        };
        if left.output.len() != right.output.len() {
            let message = format!("each {name} query must have the same number of columns");
            return Err(Error::new(Code::Syntax, message));
        }
        let types = left
            .output
            .iter()
            .zip(&right.output)
            .map(|(left, right)| meeting_type(left.data_type, right.data_type, name))
            .collect::<Result<Vec<_>>>()?;
        let left = left.of_types(&types)?;
        let right = right.of_types(&types)?;
        let node = match (op, all) {
            (SetOperator::Union, true) => append(left.node, right.node),
            (SetOperator::Union, false) => union(left.node, right.node, &types)?,
            (_, all) => {
                // These lie in each other, as joins do, and each is two operators.
                self.count_table()?;
                self.count_table()?;
                let in_right = op == SetOperator::Intersect;
                by_marks(left.node, right.node, &types, (in_right, all))?
            }
        };
        Ok(Side {
            node,
            output: left.output,
        })
    }
}

/// The type in which two columns meet; two without a type are text.
pub fn meeting_type(left: DataType, right: DataType, name: &str) -> Result<DataType> {
    match (left, right) {
        (DataType::Unknown, DataType::Unknown) => Ok(DataType::Text),
        (DataType::Unknown, other) | (other, DataType::Unknown) => Ok(other),
        _ => expr::common_type(&[left, right], name),
    }
}

/// What a column is if nothing gives it a type.
pub fn type_or_text(column: &OutputColumn) -> DataType {
    match column.data_type {
        DataType::Unknown => DataType::Text,
        known => known,
    }
}

impl Side {
    /// The same rows, with a type for what has none.
    pub fn typed(self, untyped: Untyped) -> Result<(Node, Vec<OutputColumn>)> {
        let wanted = |(at, column): (usize, &OutputColumn)| match column.data_type {
            DataType::Unknown => untyped.wanted(at).unwrap_or(DataType::Text),
            known => known,
        };
        let types: Vec<DataType> = self.output.iter().enumerate().map(wanted).collect();
        let Side { node, output } = self.of_types(&types)?;
        Ok((node, output))
    }

    /// The same rows with their columns cast: where the outputs are computed, if nothing stands above.
    pub fn of_types(mut self, types: &[DataType]) -> Result<Side> {
        let cast = |expr: Expr, data_type: DataType| match expr.data_type == data_type {
            true => Ok(expr),
            false => expr::coerce_to(expr, data_type, CastContext::Implicit),
        };
        let is_same =
            |(column, data_type): (&OutputColumn, &DataType)| column.data_type == *data_type;
        if self.output.iter().zip(types).all(is_same) {
            return Ok(self);
        }
        self.node = match self.node {
            Node::Project { input, expressions } => Node::Project {
                input,
                expressions: (expressions.into_iter().zip(types))
                    .map(|(expr, data_type)| cast(expr, *data_type))
                    .collect::<Result<_>>()?,
            },
            Node::Values { rows, .. } => Node::Values {
                rows: rows
                    .into_iter()
                    .map(|row| {
                        row.into_iter()
                            .zip(types)
                            .map(|(e, t)| cast(e, *t))
                            .collect()
                    })
                    .collect::<Result<_>>()?,
                types: types.to_vec(),
            },
            node => Node::Project {
                expressions: (self.output.iter().zip(types).enumerate())
                    .map(|(at, (column, to))| cast(Expr::column(at, column.data_type), *to))
                    .collect::<Result<_>>()?,
                input: Box::new(node),
            },
        };
        for (column, data_type) in self.output.iter_mut().zip(types) {
            column.data_type = *data_type;
        }
        Ok(self)
    }
}

/// All rows of the left, then those of the right.
fn append(left: Node, right: Node) -> Node {
    match left {
        Node::Append { mut inputs } => {
            inputs.push(right);
            Node::Append { inputs }
        }
        left => Node::Append {
            inputs: vec![left, right],
        },
    }
}

/// `types` are those of both sides; what groups may say of itself that its CHARs are texts.
fn union(left: Node, right: Node, types: &[DataType]) -> Result<Node> {
    let input = match left {
        // What is distinct already need not be made so twice.
        Node::Distinct { input } if matches!(*input, Node::Append { .. }) => append(*input, right),
        left => append(left, right),
    };
    let keys = types
        .iter()
        .enumerate()
        .map(|(at, data_type)| expr::grouping_key(Expr::column(at, *data_type)))
        .collect::<Result<Vec<_>>>()?;
    let is_plain = |(at, key): (usize, &Expr)| *key == Expr::column(at, types[at]);
    let input = match keys.iter().enumerate().all(is_plain) {
        true => input,
        false => Node::Project {
            input: Box::new(input),
            expressions: keys,
        },
    };
    Ok(Node::Distinct {
        input: Box::new(input),
    })
}

/// The distinct rows of the left that are also (`in_right`), or are not, rows of the right.
/// With `all` a row stands for one of the other side at most: equal rows are told apart by a number.
fn by_marks(
    left: Node,
    right: Node,
    types: &[DataType],
    (in_right, all): (bool, bool),
) -> Result<Node> {
    let own = types.len();
    let (left, right) = match all {
        true => (numbered(left, types)?, numbered(right, types)?),
        false => (left, right),
    };
    let mut types = types.to_vec();
    types.extend(left.types().into_iter().skip(own));
    let width = types.len();
    let columns = || {
        types
            .iter()
            .enumerate()
            .map(|(at, data_type)| Expr::column(at, *data_type))
    };
    let marked = |node: Node, marks: [i32; 2]| Node::Project {
        input: Box::new(node),
        expressions: columns().chain(marks.map(Expr::integer)).collect(),
    };
    let any = |at: usize| Aggregate {
        function: AggregateFunction::Max,
        arguments: vec![Expr::column(at, DataType::Integer)],
        distinct: false,
        order: Vec::new(),
        data_type: DataType::Integer,
        external: None,
    };
    let grouped = Node::Aggregate {
        input: Box::new(append(marked(left, [1, 0]), marked(right, [0, 1]))),
        groups: columns().map(expr::grouping_key).collect::<Result<_>>()?,
        sets: Vec::new(),
        aggregates: vec![any(width), any(width + 1)],
    };
    let is = |at: usize, wanted: i32| {
        let mark = Expr::column(at, DataType::Integer);
        expr::resolve_operator(BinaryOperator::Equal, mark, Expr::integer(wanted))
    };
    let wanted = vec![is(width, 1)?, is(width + 1, i32::from(in_right))?];
    let kept = Node::Filter {
        input: Box::new(grouped),
        predicate: expr::resolve_and(wanted)?,
    };
    Ok(Node::Project {
        input: Box::new(kept),
        expressions: columns().take(own).collect(),
    })
}

fn numbered(node: Node, types: &[DataType]) -> Result<Node> {
    let columns = types.iter().enumerate();
    let keys = columns.map(|(at, data_type)| expr::grouping_key(Expr::column(at, *data_type)));
    Ok(Node::Number {
        keys: keys.collect::<Result<_>>()?,
        input: Box::new(node),
    })
}
