//! Walking a tree of nodes: inputs, widths and the expressions a node holds.

use super::{
    ConflictUpdate, Delete, Insert, JoinKind, Node, OnConflict, Plan, Returning, SortKey, Update,
};
use crate::expr::{Expr, SetCall};
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

// What is read and what is changed in place come from one list each, since a pattern binds references of the kind
// that the matched one is of.

macro_rules! source {
    ($plan:expr, $($of:tt)+) => {
        match $plan {
            Plan::Insert(insert) => Some($($of)+ insert.source),
            Plan::Update(update) | Plan::Merge(update) => Some($($of)+ update.source),
            Plan::Delete(delete) => Some($($of)+ delete.source),
            Plan::CreateTableAs(create) => Some($($of)+ create.query.root),
            _ => None,
        }
    };
}

macro_rules! returned {
    ($plan:expr, $($of:tt)+) => {
        match $plan {
            Plan::Insert(Insert { returning: Some(returning), .. })
            | Plan::Update(Update { returning: Some(returning), .. })
            | Plan::Delete(Delete { returning: Some(returning), .. }) => {
                $($of)+ returning.expressions[..]
            }
            _ => $($of)+ [],
        }
    };
}

/// What a statement inside WITH holds beside the rows that it is about: of RETURNING and of ON CONFLICT.
macro_rules! written {
    ($plan:expr, $returned:ident) => {{
        let mut all = Vec::new();
        match $plan {
            Plan::Insert(Insert {
                returning,
                conflict,
                ..
            }) => {
                if let Some(Returning { expressions, .. }) = returning {
                    all.extend(expressions);
                }
                if let Some(OnConflict {
                    update:
                        Some(ConflictUpdate {
                            values, condition, ..
                        }),
                    ..
                }) = conflict
                {
                    all.extend(values);
                    all.extend(condition);
                }
            }
            other => all.extend(other.$returned()),
        }
        all
    }};
}

macro_rules! inputs {
    ($node:expr, $source:ident) => {
        match $node {
            Node::Values { .. }
            | Node::Rows { .. }
            | Node::Subplan { .. }
            | Node::WorkTable { .. }
            | Node::Past { .. }
            | Node::Scan { .. }
            | Node::IndexScan { .. } => Vec::new(),
            Node::Filter { input, .. }
            | Node::Project { input, .. }
            | Node::Aggregate { input, .. }
            | Node::Window { input, .. }
            | Node::FunctionScan { input, .. }
            | Node::Distinct { input }
            | Node::Number { input, .. }
            | Node::Sort { input, .. }
            | Node::Ties { input, .. }
            | Node::Limit { input, .. } => vec![input],
            Node::Join { left, right, .. } | Node::Apply { left, right, .. } => vec![left, right],
            Node::Recursive { first, step, .. } => vec![first, step],
            Node::Write(write) => Vec::from_iter(write.$source()),
            Node::Append { inputs } => Vec::from_iter(inputs),
        }
    };
}

macro_rules! expressions {
    ($node:expr, $expressions:ident, $written:ident) => {{
        let mut all = Vec::new();
        match $node {
            Node::Distinct { .. }
            | Node::Append { .. }
            | Node::Rows { .. }
            | Node::Subplan { .. }
            | Node::WorkTable { .. }
            | Node::Recursive { .. } => {}
            Node::Values { rows, .. } => rows.into_iter().for_each(|row| all.extend(row)),
            Node::Scan { filter, .. } => all.extend(filter),
            Node::IndexScan {
                prefix,
                lower,
                upper,
                filter,
                ..
            } => {
                all.extend(prefix);
                for bound in [lower, upper] {
                    if let Bound::Included(expr) | Bound::Excluded(expr) = bound {
                        all.push(expr);
                    }
                }
                all.extend(filter);
            }
            Node::Past { key, .. } => all.extend(key),
            Node::Filter { predicate, .. } => all.push(predicate),
            Node::Project { expressions, .. } => all.extend(expressions),
            Node::Number { keys, .. } => all.extend(keys),
            Node::FunctionScan { calls, .. } => {
                for SetCall { arguments, .. } in calls {
                    all.extend(arguments);
                }
            }
            Node::Join {
                keys, condition, ..
            } => {
                for (left, right) in keys {
                    all.extend([left, right]);
                }
                all.extend(condition);
            }
            Node::Apply {
                outer,
                guard,
                condition,
                ..
            } => {
                for (_, value) in outer {
                    all.push(value);
                }
                all.extend(guard);
                all.extend(condition);
            }
            Node::Aggregate {
                groups, aggregates, ..
            } => {
                all.extend(groups);
                for aggregate in aggregates {
                    all.extend(aggregate.$expressions());
                }
            }
            Node::Window {
                partition,
                order,
                calls,
                ..
            } => {
                all.extend(partition);
                for SortKey { expr, .. } in order {
                    all.push(expr);
                }
                for call in calls {
                    all.extend(call.$expressions());
                }
            }
            Node::Write(write) => all.extend(write.$written()),
            Node::Sort { keys, .. } => {
                for SortKey { expr, .. } in keys {
                    all.push(expr);
                }
            }
            Node::Limit { limit, offset, .. } => {
                all.extend(limit);
                all.extend(offset);
            }
            Node::Ties {
                keys,
                limit,
                offset,
                ..
            } => {
                all.extend(keys);
                all.push(limit);
                all.extend(offset);
            }
        }
        all
    }};
}

impl Plan {
    /// The rows that a statement that writes is about.
    pub fn source(&self) -> Option<&Node> {
        source!(self, &)
    }

    fn source_mut(&mut self) -> Option<&mut Node> {
        source!(self, &mut)
    }

    /// What RETURNING yields.
    fn returned(&self) -> &[Expr] {
        returned!(self, &)
    }

    fn returned_mut(&mut self) -> &mut [Expr] {
        returned!(self, &mut)
    }

    fn written(&self) -> Vec<&Expr> {
        written!(self, returned)
    }

    fn written_mut(&mut self) -> Vec<&mut Expr> {
        written!(self, returned_mut)
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
            Node::Past { call, .. } => call.types.len(),
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
            Node::FunctionScan { .. } => self.types().len(),
        }
    }

    /// The types of the columns the node yields.
    pub fn types(&self) -> Vec<DataType> {
        match self {
            Node::Values { types, .. }
            | Node::Rows { types }
            | Node::Subplan { types, .. }
            | Node::WorkTable { types, .. } => types.clone(),
            Node::Past { call, .. } => call.types.clone(),
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
            Node::FunctionScan {
                input,
                calls,
                ordinality,
            } => {
                let mut types = input.types();
                types.extend(calls.iter().flat_map(|call| &call.types));
                types.extend(ordinality.then_some(DataType::BigInt));
                types
            }
        }
    }

    /// The nodes this one reads from.
    pub fn inputs(&self) -> Vec<&Node> {
        inputs!(self, source)
    }

    /// The nodes this one reads from, to be changed in place.
    pub fn inputs_mut(&mut self) -> Vec<&mut Node> {
        inputs!(self, source_mut)
    }

    /// The expressions this node itself holds.
    pub fn expressions(&self) -> Vec<&Expr> {
        expressions!(self, expressions, written)
    }

    /// The same, to be changed in place.
    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        expressions!(self, expressions_mut, written_mut)
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
            let own = table.columns.iter().map(|own| (own.id, own.data_type));
            let dropped = table.dropped.iter().map(|old| (old.id, old.data_type));
            let found = own.chain(dropped).find(|(own, _)| *own == id);
            found.expect("a scan names columns of its table").1
        }
        ScanColumn::RowId | ScanColumn::SeqStart | ScanColumn::SeqEnd => DataType::BigInt,
        ScanColumn::TimeStart | ScanColumn::TimeEnd => DataType::TimestampTz,
    }
}
