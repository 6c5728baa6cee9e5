//! Reads through an index where a scan's filter fixes or bounds the first parts of its key.
//!
//! Of the conjuncts `column = value` and `column < value`, where the value does not depend on the row,
//! those that match the parts of an index's key from the left become its range; the others stay the filter. The
//! index that fixes most columns wins, a unique one first. The same index serves every moment. One over expressions
//! is found where the filter has the same expressions, one of some of the rows where the filter asks for no others.
//! A list of values (`a IN (…)`) is looked up value by value.

use super::condition::{conjunction, conjuncts, is_volatile};
use super::implication::{asks_for_constants, is_implied};
use super::{Knowledge, Rule};
use crate::expr::{BinaryOperator, Expr, ExprKind, resolve_set_function};
use crate::plan::{JoinKind, Node, scan_type};
use crate::types::{ColumnId, DataType, IndexSchema, ScanColumn, TableSchema, Value};
use std::ops::Bound;

pub struct Index;

impl Rule for Index {
    fn name(&self) -> &'static str {
        "index"
    }

    fn apply(&self, node: Node, knowledge: &dyn Knowledge) -> Node {
        let mut slots = slots_of(&node);
        node.map(&mut |node| match node {
            Node::Scan {
                table,
                time,
                columns,
                filter: Some(filter),
            } => {
                let asked = conjuncts(filter);
                let best = knowledge
                    .indexes(table.id, time)
                    .iter()
                    .filter_map(|index| Match::of(index, (&table, &columns), &asked, knowledge))
                    .max_by_key(Match::score);
                match best {
                    Some(found) => found.into_scan(table, time, columns, asked, &mut slots),
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
    let indexes = knowledge.indexes(table.id, *time);
    let mut found =
        (indexes.iter()).filter_map(|index| Match::of(index, (table, columns), &asked, knowledge));
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
    /// One part of the prefix is each of these in turn: its place, and the node that yields them.
    several: Option<(usize, Node)>,
}

impl Match {
    fn of(
        index: &IndexSchema,
        scan: (&TableSchema, &[ScanColumn]),
        asked: &[Expr],
        knowledge: &dyn Knowledge,
    ) -> Option<Match> {
        let key = key_over(index, scan, asked, knowledge)?;
        let mut found = Match {
            index: index.clone(),
            prefix: Vec::new(),
            lower: Bound::Unbounded,
            upper: Bound::Unbounded,
            used: Vec::new(),
            several: None,
        };
        let is_unique = index.is_always_unique() && key.len() == 1;
        for part in &key {
            let comparisons: Vec<(usize, BinaryOperator, &Expr)> = asked
                .iter()
                .enumerate()
                .filter_map(|(place, conjunct)| {
                    comparison(conjunct, part).map(|(operator, value)| (place, operator, value))
                })
                .collect();
            let equality = comparisons.iter().find(|c| c.1 == BinaryOperator::Equal);
            if let Some((place, _, value)) = equality {
                found.prefix.push((*value).clone());
                found.used.push(*place);
                continue;
            }
            found.bound(&comparisons);
            if found.several.is_none() && found.used.len() == found.prefix.len() {
                let mut lists = asked.iter().enumerate();
                let list = lists
                    .find_map(|(place, asked)| Some((place, members(asked, part, is_unique)?)));
                if let Some((place, values)) = list {
                    found.several = Some((found.prefix.len(), values));
                    found
                        .prefix
                        .push(Expr::constant(Value::Null, part.data_type));
                    found.used.push(place);
                    continue;
                }
            }
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

    fn score(&self) -> (bool, usize, usize, bool) {
        let parts = match &self.index.computed {
            Some(computed) => computed.parts.len(),
            None => self.index.columns.len(),
        };
        let is_whole = self.index.unique && self.prefix.len() == parts;
        let is_point = is_whole && self.several.is_none();
        let is_partial = (self.index.computed.as_ref()).is_some_and(|key| key.predicate.is_some());
        (is_point, self.prefix.len(), self.used.len(), is_partial)
    }

    fn into_scan(
        self,
        table: std::rc::Rc<crate::types::TableSchema>,
        time: crate::plan::TimeSlot,
        columns: Vec<ScanColumn>,
        asked: Vec<Expr>,
        slots: &mut usize,
    ) -> Node {
        let rest = asked
            .into_iter()
            .enumerate()
            .filter(|(place, _)| !self.used.contains(place));
        let filter = conjunction(rest.map(|(_, conjunct)| conjunct).collect());
        let mut prefix = self.prefix;
        let slot = *slots;
        if let Some((place, _)) = &self.several {
            prefix[*place].kind = ExprKind::Outer(slot);
        }
        let scan = Node::IndexScan {
            table,
            index: self.index.id,
            time,
            prefix,
            lower: self.lower,
            upper: self.upper,
            backwards: false,
            columns,
            filter,
        };
        match self.several {
            None => scan,
            Some((_, values)) => {
                *slots += 1;
                for_each(values, scan, slot)
            }
        }
    }
}

/// A list of more members is rather looked up for each row.
const MEMBERS_MAX: usize = 64;

/// The different values that a condition lets a part have, if it is a list of some, or for a key of one part that is
/// unique, an array.
fn members(conjunct: &Expr, part: &Expr, is_unique: bool) -> Option<Node> {
    let is_value = |expr: &Expr| !expr.has_columns() && !is_volatile(expr);
    let values = match &conjunct.kind {
        ExprKind::InList {
            operand,
            list,
            negated: false,
        } if list.len() <= MEMBERS_MAX && list.iter().all(is_value) && is_part(operand, part) => {
            Node::Values {
                rows: list.iter().map(|member| vec![member.clone()]).collect(),
                types: vec![operand.data_type],
            }
        }
        ExprKind::Quantified {
            operand,
            array,
            test,
            all: false,
        } if is_unique && is_value(array) && is_part(operand, part) && is_equality(test) => {
            Node::FunctionScan {
                input: Box::new(Node::Values {
                    rows: vec![Vec::new()],
                    types: Vec::new(),
                }),
                calls: vec![
                    resolve_set_function("unnest", vec![(**array).clone()])
                        .ok()??
                        .0,
                ],
                ordinality: false,
            }
        }
        _ => return None,
    };
    Some(Node::Distinct {
        input: Box::new(values),
    })
}

/// Whether a test of two columns is whether they are the same.
fn is_equality(test: &Expr) -> bool {
    matches!(&test.kind, ExprKind::Binary { operator: BinaryOperator::Equal, left, right }
        if left.kind == ExprKind::Column(0) && right.kind == ExprKind::Column(1))
}

/// The rows of a scan for each of the values, which it sees in a slot.
fn for_each(values: Node, scan: Node, slot: usize) -> Node {
    let value = Expr::column(0, values.types()[0]);
    let columns = scan.types().into_iter().enumerate();
    let expressions = columns.map(|(at, t)| Expr::column(1 + at, t)).collect();
    let all = Node::Apply {
        kind: JoinKind::Inner,
        left: Box::new(values),
        right: Box::new(scan),
        outer: vec![(slot, value)],
        guard: None,
        condition: None,
    };
    Node::Project {
        input: Box::new(all),
        expressions,
    }
}

/// The first slot that a tree does not use.
fn slots_of(node: &Node) -> usize {
    let mut next = 0;
    if let Node::Apply { outer, .. } = node {
        next = outer.iter().map(|(slot, _)| slot + 1).max().unwrap_or(0);
    }
    for expr in node.expressions() {
        expr.any(&mut |expr| {
            if let ExprKind::Outer(slot) = expr.kind {
                next = next.max(slot + 1);
            }
            false
        });
    }
    node.inputs()
        .into_iter()
        .map(slots_of)
        .fold(next, usize::max)
}

/// The parts of an index's key over the columns of a scan; none if it does not hold all rows that are asked for.
fn key_over(
    index: &IndexSchema,
    (table, columns): (&TableSchema, &[ScanColumn]),
    asked: &[Expr],
    knowledge: &dyn Knowledge,
) -> Option<Vec<Expr>> {
    let place = |id: ColumnId| columns.iter().position(|c| *c == ScanColumn::Column(id));
    if index.computed.is_none() {
        let part = |id: &ColumnId| {
            Some(Expr::column(
                place(*id)?,
                scan_type(table, ScanColumn::Column(*id)),
            ))
        };
        return index.columns.iter().map(part).collect();
    }
    let (mut key, present) = knowledge.computed_key(table.id, index)?;
    let mut is_known = true;
    for expr in key.expressions_mut() {
        expr.visit_mut(&mut |expr| {
            if let ExprKind::Column(at) = &mut expr.kind {
                let found = place(present.columns[*at].id);
                is_known &= found.is_some();
                *at = found.unwrap_or_default();
            }
        });
    }
    if !is_known {
        return None;
    }
    let first = knowledge.first_constant();
    let predicate = key.predicate.iter().cloned().flat_map(conjuncts);
    if key
        .parts
        .iter()
        .cloned()
        .chain(predicate)
        .any(|wanted| asks_for_constants(&wanted, asked, first))
    {
        knowledge.want_constants();
    }
    let is_held = key.predicate.is_none_or(|held| is_implied(held, asked));
    is_held.then_some(key.parts)
}

/// The comparison of a part of a key with a value that does not depend on the row, seen from the part.
fn comparison<'e>(conjunct: &'e Expr, part: &Expr) -> Option<(BinaryOperator, &'e Expr)> {
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
    if is_part(left, part) && is_value(right) {
        Some((*operator, right))
    } else if is_part(right, part) && is_value(left) {
        Some((operator.commuted()?, left))
    } else {
        None
    }
}

/// Whether the expression is the part, perhaps in a cast that keeps both value and order.
fn is_part(expr: &Expr, part: &Expr) -> bool {
    // CHAR(n) is compared without its blanks, which an index over its bytes does not do.
    if expr.kind == part.kind && !matches!(expr.data_type, DataType::Char(_)) {
        return true;
    }
    match &expr.kind {
        ExprKind::Cast { operand, .. } => {
            let (from, to) = (operand.data_type, expr.data_type);
            let widens = from.is_integer() && to.is_integer() && width(from) <= width(to);
            let same_text = is_plain_text(from) && matches!(to, DataType::Text);
            (widens || same_text) && is_part(operand, part)
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
