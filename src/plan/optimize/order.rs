//! Reads in an index's order where only the first rows of a sort are wanted.
//!
//! `ORDER BY id LIMIT 50` over an index on `id` reads fifty entries and sorts nothing. Without a limit
//! the sort is cheaper than fetching every row by itself, so it stays.

use super::{Knowledge, Rule};
use crate::expr::ExprKind;
use crate::plan::{Node, SortKey};
use crate::types::{ColumnId, DataType, ScanColumn, TableSchema};
use std::ops::Bound;

pub struct Order;

impl Rule for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn apply(&self, node: Node, knowledge: &dyn Knowledge) -> Node {
        node.map(&mut |node| match node {
            Node::Limit {
                input,
                limit: Some(limit),
                offset,
            } => {
                let input = Box::new(below_limit(*input, knowledge));
                Node::Limit {
                    input,
                    limit: Some(limit),
                    offset,
                }
            }
            other => other,
        })
    }
}

/// The node a limit reads, with its sort replaced by an index's order if there is one.
fn below_limit(node: Node, knowledge: &dyn Knowledge) -> Node {
    match node {
        Node::Project { input, expressions } => Node::Project {
            input: Box::new(below_limit(*input, knowledge)),
            expressions,
        },
        Node::Sort { input, keys } => match in_order(&input, &keys, knowledge) {
            Some(ordered) => ordered,
            None => Node::Sort { input, keys },
        },
        other => other,
    }
}

/// The same rows as the input's, read in the order of the keys.
fn in_order(input: &Node, keys: &[SortKey], knowledge: &dyn Knowledge) -> Option<Node> {
    match input {
        Node::Project { input, expressions } => {
            let keys: Vec<SortKey> = keys
                .iter()
                .map(|key| match key.expr.kind {
                    ExprKind::Column(c) => SortKey {
                        expr: expressions[c].clone(),
                        ..key.clone()
                    },
                    _ => key.clone(),
                })
                .collect();
            let input = Box::new(in_order(input, &keys, knowledge)?);
            Some(Node::Project {
                input,
                expressions: expressions.clone(),
            })
        }
        Node::Scan {
            table,
            time,
            columns,
            filter,
        } if knowledge.reads_one_moment(*time) => {
            let wanted = wanted_columns(table, columns, keys)?;
            let index = knowledge
                .indexes(table.id, *time)
                .into_iter()
                .find(|index| index.columns.starts_with(&wanted))?;
            Some(Node::IndexScan {
                table: table.clone(),
                index: index.id,
                time: *time,
                prefix: Vec::new(),
                lower: Bound::Unbounded,
                upper: Bound::Unbounded,
                backwards: keys[0].descending,
                columns: columns.clone(),
                filter: filter.clone(),
            })
        }
        Node::IndexScan {
            table,
            index,
            time,
            prefix,
            lower,
            upper,
            columns,
            filter,
            ..
        } if knowledge.reads_one_moment(*time) => {
            let wanted = wanted_columns(table, columns, keys)?;
            let schema = knowledge
                .indexes(table.id, *time)
                .into_iter()
                .find(|i| i.id == *index)?;
            let order = schema.columns.get(prefix.len()..)?;
            order.starts_with(&wanted).then(|| Node::IndexScan {
                table: table.clone(),
                index: *index,
                time: *time,
                prefix: prefix.clone(),
                lower: lower.clone(),
                upper: upper.clone(),
                backwards: keys[0].descending,
                columns: columns.clone(),
                filter: filter.clone(),
            })
        }
        _ => None,
    }
}

/// The table's columns that the keys name, if an index can have their order: all in one direction, and
/// NULLs last when ascending, as an index holds them.
fn wanted_columns(
    table: &TableSchema,
    columns: &[ScanColumn],
    keys: &[SortKey],
) -> Option<Vec<ColumnId>> {
    let descending = keys.first()?.descending;
    keys.iter()
        .map(|key| {
            let ExprKind::Column(position) = key.expr.kind else {
                return None;
            };
            let ScanColumn::Column(id) = columns[position] else {
                return None;
            };
            let column = &table.columns[table.position(id)?];
            let nulls_fit = !column.nullable || key.nulls_first == descending;
            let plain = !matches!(column.data_type, DataType::Char(_));
            (key.descending == descending && nulls_fit && plain).then_some(id)
        })
        .collect()
}
