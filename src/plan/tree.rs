//! Walking a tree of nodes: inputs, widths and the expressions a node holds.

use super::{Aggregate, JoinKind, Node, Plan, WindowCall};
use crate::expr::Expr;
use crate::types::{DataType, ScanColumn, TableSchema};
use std::ops::Bound;

impl JoinKind {
    /// Whether a subquery in an expression is joined so.
    pub fn is_of_subquery(self) -> bool {
        self.hides_right() || self == JoinKind::Single
    }

    /// Whether the join yields none of right's columns.
    pub fn hides_right(self) -> bool {
        matches!(self, JoinKind::Semi | JoinKind::Anti | JoinKind::Mark)
    }
}

impl Plan {
    /// The rows that a statement that writes is about.
    pub fn source(&self) -> Option<&Node> {
        match self {
            Plan::Insert(insert) => Some(&insert.source),
            Plan::Update(update) => Some(&update.source),
            Plan::Delete(delete) => Some(&delete.source),
            Plan::CreateTableAs(create) => Some(&create.query.root),
            _ => None,
        }
    }

    fn source_mut(&mut self) -> Option<&mut Node> {
        match self {
            Plan::Insert(insert) => Some(&mut insert.source),
            Plan::Update(update) => Some(&mut update.source),
            Plan::Delete(delete) => Some(&mut delete.source),
            Plan::CreateTableAs(create) => Some(&mut create.query.root),
            _ => None,
        }
    }

    /// What RETURNING yields.
    fn returned(&self) -> &[Expr] {
        let returning = match self {
            Plan::Insert(insert) => &insert.returning,
            Plan::Update(update) => &update.returning,
            Plan::Delete(delete) => &delete.returning,
            _ => return &[],
        };
        returning
            .as_ref()
            .map_or(&[], |returning| &returning.expressions)
    }

    fn returned_mut(&mut self) -> &mut [Expr] {
        let returning = match self {
            Plan::Insert(insert) => &mut insert.returning,
            Plan::Update(update) => &mut update.returning,
            Plan::Delete(delete) => &mut delete.returning,
            _ => return &mut [],
        };
        returning
            .as_mut()
            .map_or(&mut [], |returning| &mut returning.expressions)
    }
}

impl Node {
    /// How many columns the node yields.
    pub fn width(&self) -> usize {
        match self {
            Node::Values { types, .. }
            | Node::Rows { types }
            | Node::Subplan { types, .. }
            | Node::WorkTable { types, .. } => types.len(),
            Node::Recursive { first, .. } => first.width(),
            Node::Write(write) => write.returned().len(),
            Node::Scan { columns, .. } | Node::IndexScan { columns, .. } => columns.len(),
            Node::Filter { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Ties { input, .. }
            | Node::Limit { input, .. } => input.width(),
            Node::Project { expressions, .. } => expressions.len(),
            Node::Number { input, .. } => input.width() + 1,
            Node::Append { inputs } => inputs[0].width(),
            Node::Join {
                kind, left, right, ..
            }
            | Node::Apply {
                kind, left, right, ..
            } => {
                left.width()
                    + match kind {
                        JoinKind::Semi | JoinKind::Anti => 0,
                        JoinKind::Mark => 1,
                        _ => right.width(),
                    }
            }
            Node::Aggregate {
                groups, aggregates, ..
            } => groups.len() + aggregates.len(),
            Node::Window { input, calls, .. } => input.width() + calls.len(),
        }
    }

    /// The types of the columns the node yields.
    pub fn types(&self) -> Vec<DataType> {
        match self {
            Node::Values { types, .. }
            | Node::Rows { types }
            | Node::Subplan { types, .. }
            | Node::WorkTable { types, .. } => types.clone(),
            Node::Recursive { first, .. } => first.types(),
            Node::Write(write) => write.returned().iter().map(|expr| expr.data_type).collect(),
            Node::Scan { table, columns, .. } | Node::IndexScan { table, columns, .. } => columns
                .iter()
                .map(|column| scan_type(table, *column))
                .collect(),
            Node::Filter { input, .. }
            | Node::Distinct { input }
            | Node::Sort { input, .. }
            | Node::Ties { input, .. }
            | Node::Limit { input, .. } => input.types(),
            Node::Project { expressions, .. } => {
                expressions.iter().map(|expr| expr.data_type).collect()
            }
            Node::Append { inputs } => inputs[0].types(),
            Node::Number { input, .. } => {
                let mut types = input.types();
                types.push(DataType::BigInt);
                types
            }
            Node::Join {
                kind, left, right, ..
            }
            | Node::Apply {
                kind, left, right, ..
            } => {
                let mut types = left.types();
                match kind {
                    JoinKind::Semi | JoinKind::Anti => {}
                    JoinKind::Mark => types.push(DataType::Boolean),
                    _ => types.extend(right.types()),
                }
                types
            }
            Node::Aggregate {
                groups, aggregates, ..
            } => (groups.iter().map(|g| g.data_type))
                .chain(aggregates.iter().map(|aggregate| aggregate.data_type))
                .collect(),
            Node::Window { input, calls, .. } => {
                let mut types = input.types();
                types.extend(calls.iter().map(|call| call.data_type));
                types
            }
        }
    }

    /// The nodes this one reads from.
    pub fn inputs(&self) -> Vec<&Node> {
        match self {
            Node::Values { .. }
            | Node::Rows { .. }
            | Node::Subplan { .. }
            | Node::WorkTable { .. }
            | Node::Scan { .. }
            | Node::IndexScan { .. } => Vec::new(),
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Window { input, .. }
            | Node::Distinct { input }
            | Node::Number { input, .. }
            | Node::Sort { input, .. }
            | Node::Ties { input, .. }
            | Node::Limit { input, .. } => vec![input],
            Node::Join { left, right, .. } | Node::Apply { left, right, .. } => vec![left, right],
            Node::Recursive { first, step, .. } => vec![first, step],
            Node::Write(write) => write.source().into_iter().collect(),
            Node::Append { inputs } => inputs.iter().collect(),
        }
    }

    /// The nodes this one reads from, to be changed in place.
    pub fn inputs_mut(&mut self) -> Vec<&mut Node> {
        match self {
            Node::Values { .. }
            | Node::Rows { .. }
            | Node::Subplan { .. }
            | Node::WorkTable { .. }
            | Node::Scan { .. }
            | Node::IndexScan { .. } => Vec::new(),
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Window { input, .. }
            | Node::Distinct { input }
            | Node::Number { input, .. }
            | Node::Sort { input, .. }
            | Node::Ties { input, .. }
            | Node::Limit { input, .. } => vec![input],
            Node::Join { left, right, .. } | Node::Apply { left, right, .. } => vec![left, right],
            Node::Recursive { first, step, .. } => vec![first, step],
            Node::Write(write) => write.source_mut().into_iter().collect(),
            Node::Append { inputs } => inputs.iter_mut().collect(),
        }
    }

    /// The expressions this node itself holds.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Node::Values { rows, .. } => rows.iter().flatten().collect(),
            Node::Scan { filter, .. } => filter.iter().collect(),
            Node::IndexScan {
                prefix,
                lower,
                upper,
                filter,
                ..
            } => prefix
                .iter()
                .chain(bound(lower))
                .chain(bound(upper))
                .chain(filter)
                .collect(),
            Node::Filter { predicate, .. } => vec![predicate],
            Node::Project { expressions, .. } => expressions.iter().collect(),
            Node::Number { keys, .. } => keys.iter().collect(),
            Node::Join {
                keys, condition, ..
            } => keys
                .iter()
                .flat_map(|(left, right)| [left, right])
                .chain(condition)
                .collect(),
            Node::Apply {
                outer,
                guard,
                condition,
                ..
            } => outer
                .iter()
                .map(|(_, value)| value)
                .chain(guard)
                .chain(condition)
                .collect(),
            Node::Aggregate {
                groups, aggregates, ..
            } => groups
                .iter()
                .chain(aggregates.iter().flat_map(Aggregate::expressions))
                .collect(),
            Node::Window {
                partition,
                order,
                calls,
                ..
            } => partition
                .iter()
                .chain(order.iter().map(|key| &key.expr))
                .chain(calls.iter().flat_map(WindowCall::expressions))
                .collect(),
            Node::Write(write) => write.returned().iter().collect(),
            Node::Distinct { .. }
            | Node::Append { .. }
            | Node::Rows { .. }
            | Node::Subplan { .. }
            | Node::WorkTable { .. }
            | Node::Recursive { .. } => Vec::new(),
            Node::Sort { keys, .. } => keys.iter().map(|key| &key.expr).collect(),
            Node::Limit { limit, offset, .. } => limit.iter().chain(offset).collect(),
            Node::Ties {
                keys,
                limit,
                offset,
                ..
            } => keys.iter().chain([limit]).chain(offset).collect(),
        }
    }

    /// The same, to be changed in place.
    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Node::Values { rows, .. } => rows.iter_mut().flatten().collect(),
            Node::Scan { filter, .. } => filter.iter_mut().collect(),
            Node::IndexScan {
                prefix,
                lower,
                upper,
                filter,
                ..
            } => prefix
                .iter_mut()
                .chain(bound_mut(lower))
                .chain(bound_mut(upper))
                .chain(filter)
                .collect(),
            Node::Filter { predicate, .. } => vec![predicate],
            Node::Project { expressions, .. } => expressions.iter_mut().collect(),
            Node::Number { keys, .. } => keys.iter_mut().collect(),
            Node::Join {
                keys, condition, ..
            } => keys
                .iter_mut()
                .flat_map(|(left, right)| [left, right])
                .chain(condition)
                .collect(),
            Node::Apply {
                outer,
                guard,
                condition,
                ..
            } => outer
                .iter_mut()
                .map(|(_, value)| value)
                .chain(guard)
                .chain(condition)
                .collect(),
            Node::Aggregate {
                groups, aggregates, ..
            } => groups
                .iter_mut()
                .chain(aggregates.iter_mut().flat_map(Aggregate::expressions_mut))
                .collect(),
            Node::Window {
                partition,
                order,
                calls,
                ..
            } => partition
                .iter_mut()
                .chain(order.iter_mut().map(|key| &mut key.expr))
                .chain(calls.iter_mut().flat_map(WindowCall::expressions_mut))
                .collect(),
            Node::Write(write) => write.returned_mut().iter_mut().collect(),
            Node::Distinct { .. }
            | Node::Append { .. }
            | Node::Rows { .. }
            | Node::Subplan { .. }
            | Node::WorkTable { .. }
            | Node::Recursive { .. } => Vec::new(),
            Node::Sort { keys, .. } => keys.iter_mut().map(|key| &mut key.expr).collect(),
            Node::Limit { limit, offset, .. } => limit.iter_mut().chain(offset).collect(),
            Node::Ties {
                keys,
                limit,
                offset,
                ..
            } => keys.iter_mut().chain([limit]).chain(offset).collect(),
        }
    }

    /// Rewrites every node, inputs before the node itself.
    pub fn map(mut self, change: &mut dyn FnMut(Node) -> Node) -> Node {
        for input in self.inputs_mut() {
            *input = std::mem::replace(input, Node::empty()).map(change);
        }
        change(self)
    }

    /// No rows of no columns; also what stands in for a node while it is being rewritten.
    pub fn empty() -> Node {
        Node::Values {
            rows: Vec::new(),
            types: Vec::new(),
        }
    }
}

/// The type of what a scan of the table yields for a column.
pub fn scan_type(table: &TableSchema, column: ScanColumn) -> DataType {
    match column {
        ScanColumn::Column(id) => {
            let position = table
                .position(id)
                .expect("a scan names columns of its table");
            table.columns[position].data_type
        }
        ScanColumn::RowId | ScanColumn::SeqStart | ScanColumn::SeqEnd => DataType::BigInt,
        ScanColumn::TimeStart | ScanColumn::TimeEnd => DataType::TimestampTz,
    }
}

fn bound_mut(bound: &mut Bound<Expr>) -> Option<&mut Expr> {
    match bound {
        Bound::Included(expr) | Bound::Excluded(expr) => Some(expr),
        Bound::Unbounded => None,
    }
}

fn bound(bound: &Bound<Expr>) -> Option<&Expr> {
    match bound {
        Bound::Included(expr) | Bound::Excluded(expr) => Some(expr),
        Bound::Unbounded => None,
    }
}
