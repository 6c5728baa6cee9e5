//! Reads through an index where a scan's filter fixes or bounds the index's first columns.
//!
//! Of the conjuncts `column = value` and `column < value`, where the value does not depend on the row,
//! those that match an index's columns from the left become its range; the others stay the filter. The
//! index that fixes most columns wins, a unique one first. The same index serves every moment.

use super::condition::{conjunction, conjuncts, is_volatile};
use super::{Knowledge, Rule};
use crate::expr::{BinaryOperator, Expr, ExprKind};
use crate::plan::Node;
use crate::types::{DataType, IndexSchema, ScanColumn};
use std::ops::Bound;

pub struct Index;

impl Rule for Index {
    fn name(&self) -> &'static str {
        "index"
    }

    fn apply(&self, node: Node, knowledge: &dyn Knowledge) -> Node {
        node.map(&mut |node| match node {
            Node::Scan {
                table,
                time,
                columns,
                filter: Some(filter),
            } => {
                let asked = conjuncts(filter);
                let best = knowledge
                    .indexes(table.id)
                    .iter()
                    .filter_map(|index| Match::of(index, &columns, &asked))
                    .max_by_key(Match::score);
                match best {
                    Some(found) => found.into_scan(table, time, columns, asked),
                    None => Node::Scan {
                        table,
                        time,
                        columns,
                        filter: conjunction(asked),
                    },
                }
            }
            other => other,
        })
    }
}

/// Whether a scan's filter fixes all columns of a unique index: it yields one row at most.
pub fn is_point(scan: &Node, knowledge: &dyn Knowledge) -> bool {
    let Node::Scan {
        table,
        time,
        columns,
        filter: Some(filter),
    } = scan
    else {
        return false;
    };
    let asked = conjuncts(filter.clone());
    let indexes = knowledge.indexes(table.id);
    let mut found = (indexes.iter()).filter_map(|index| Match::of(index, columns, &asked));
    knowledge.reads_one_moment(*time) && found.any(|found| found.score().0)
}

/// How an index serves a filter.
struct Match {
    index: IndexSchema,
    prefix: Vec<Expr>,
    lower: Bound<Expr>,
    upper: Bound<Expr>,
    /// The places of the conjuncts that the range stands for.
    used: Vec<usize>,
}

impl Match {
    fn of(index: &IndexSchema, columns: &[ScanColumn], asked: &[Expr]) -> Option<Match> {
        let mut found = Match {
            index: index.clone(),
            prefix: Vec::new(),
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            used: Vec::new(),
        };
        for id in &index.columns {
            let position = columns.iter().position(|c| *c == ScanColumn::Column(*id))?;
            let comparisons: Vec<(usize, BinaryOperator, &Expr)> = asked
                .iter()
                .enumerate()
                .filter_map(|(place, conjunct)| {
                    comparison(conjunct, position).map(|(operator, value)| (place, operator, value))
                })
                .collect();
            let equality = comparisons.iter().find(|c| c.1 == BinaryOperator::Equal);
            if let Some((place, _, value)) = equality {
                found.prefix.push((*value).clone());
                found.used.push(*place);
                continue;
            }
            found.bound(&comparisons);
            break;
        }
        (!found.used.is_empty()).then_some(found)
    }

    /// Takes the first lower and the first upper bound.
    fn bound(&mut self, comparisons: &[(usize, BinaryOperator, &Expr)]) {
        for (place, operator, value) in comparisons {
            let value = (*value).clone();
            let (bound, side) = match operator {
                BinaryOperator::Less => (Bound::Excluded(value), &mut self.upper),
                BinaryOperator::LessOrEqual => (Bound::Included(value), &mut self.upper),
                BinaryOperator::Greater => (Bound::Excluded(value), &mut self.lower),
                BinaryOperator::GreaterOrEqual => (Bound::Included(value), &mut self.lower),
                _ => continue,
            };
            if matches!(side, Bound::Unbounded) {
                *side = bound;
                self.used.push(*place);
            }
        }
    }

    fn score(&self) -> (bool, usize, usize) {
        let is_point = self.index.unique && self.prefix.len() == self.index.columns.len();
        (is_point, self.prefix.len(), self.used.len())
    }

    fn into_scan(
        self,
        table: std::rc::Rc<crate::types::TableSchema>,
        time: crate::plan::TimeSlot,
        columns: Vec<ScanColumn>,
        asked: Vec<Expr>,
    ) -> Node {
        let rest = asked
            .into_iter()
            .enumerate()
            .filter(|(place, _)| !self.used.contains(place));
        Node::IndexScan {
            table,
            index: self.index.id,
            time,
            prefix: self.prefix,
            lower: self.lower,
            upper: self.upper,
            backwards: false,
            columns,
            filter: conjunction(rest.map(|(_, conjunct)| conjunct).collect()),
        }
    }
}

/// The comparison of the column at a position with a value that does not depend on the row, seen from
/// the column.
fn comparison(conjunct: &Expr, position: usize) -> Option<(BinaryOperator, &Expr)> {
    let ExprKind::Binary {
        operator,
        left,
        right,
    } = &conjunct.kind
    else {
        return None;
    };
    if !operator.is_comparison() || *operator == BinaryOperator::NotEqual {
        return None;
    }
    let is_value = |expr: &Expr| !expr.has_columns() && !is_volatile(expr);
    if is_column(left, position) && is_value(right) {
        Some((*operator, right))
    } else if is_column(right, position) && is_value(left) {
        Some((operator.commuted()?, left))
    } else {
        None
    }
}

/// Whether the expression is the column, perhaps in a cast that keeps both value and order.
fn is_column(expr: &Expr, position: usize) -> bool {
    match &expr.kind {
        // CHAR(n) is compared without its blanks, which an index over its bytes does not do.
        ExprKind::Column(column) => {
            *column == position && !matches!(expr.data_type, DataType::Char(_))
        }
        ExprKind::Cast { operand, .. } => {
            let (from, to) = (operand.data_type, expr.data_type);
            let widens = from.is_integer() && to.is_integer() && width(from) <= width(to);
            let same_text = is_plain_text(from) && matches!(to, DataType::Text);
            (widens || same_text) && is_column(operand, position)
        }
        _ => false,
    }
}

fn width(data_type: DataType) -> u8 {
    match data_type {
        DataType::SmallInt => 2,
        DataType::Integer => 4,
        _ => 8,
    }
}

fn is_plain_text(data_type: DataType) -> bool {
    matches!(data_type, DataType::Text | DataType::Varchar(_))
}
