//! Makes joins of dependent joins.
//!
//! What a subquery asks of the row around it is mostly the condition of a filter. Such conditions are
//! pulled up to its top ([`pull`]), where they are the condition of a join ([`join`]):
//!
//! ```text
//! Apply Mark, outer.0 = a.k                    Mark Join  [b.k = a.k is true]
//!   Scan a                            ->         Scan a
//!   Filter b.k = outer.0                         Scan b
//!     Scan b
//!
//! Apply Single, outer.0 = a.k                  Project a.*, coalesce(count, 0)
//!   Scan a                            ->         Left Join  [b.k = a.k]
//!   Aggregate count(*)                             Scan a
//!     Filter b.k = outer.0                         Aggregate count(*) by b.k
//!       Scan b                                       Scan b
//! ```
//!
//! A function in a FROM that sees the tables before it is called for their rows by one node.
//!
//! So a subquery is computed once for all rows around it. Through an aggregate only equalities pass: they
//! become groups, and a row without a group gets what the aggregates are over no rows.
//!
//! What cannot be pulled up so stays a dependent join: a LIMIT, a condition inside the padded side of an
//! outer join, volatile functions. So does what might raise an error for rows that the subquery never
//! reads, where it would have to be computed before the join.

mod first;
mod function;
mod group;
mod join;
mod pull;

use super::condition::conjuncts;
use super::pushdown::Pushdown;
use super::{Knowledge, Rule};
use crate::expr::{ArrayFunction, BinaryOperator, Expr, ExprKind, Function};
use crate::plan::Node;

pub struct Unnest;

impl Rule for Unnest {
    fn name(&self) -> &'static str {
        "unnest"
    }

    fn apply(&self, node: Node, knowledge: &dyn Knowledge) -> Node {
        if !has_dependent(&node) {
            return node;
        }
        // Conditions are asked where they belong to, and marks become semi and anti joins.
        Pushdown.apply(node, knowledge).map(&mut |node| match node {
            // For a single row around it nothing beats running the subquery for that row.
            Node::Apply { ref left, .. } if is_point(left, knowledge) => node,
            Node::Apply { .. } => function::over_left(unnest(node)),
            other => other,
        })
    }
}

fn has_dependent(node: &Node) -> bool {
    matches!(node, Node::Apply { .. }) || node.inputs().into_iter().any(has_dependent)
}

fn is_point(node: &Node, knowledge: &dyn Knowledge) -> bool {
    match node {
        Node::Filter { input, .. } | Node::Project { input, .. } => is_point(input, knowledge),
        Node::Apply { kind, left, .. } => kind.is_of_subquery() && is_point(left, knowledge),
        node => super::index::is_point(node, knowledge),
    }
}

fn unnest(apply: Node) -> Node {
    let Node::Apply {
        kind,
        right,
        outer,
        condition,
        ..
    } = &apply
    else {
        return apply;
    };
    let slots = Slots(outer);
    let is_volatile = condition.iter().any(super::condition::is_volatile);
    if is_volatile || (slots.asked_below(right) && pull::is_volatile(right)) {
        return apply;
    }
    match pull::pull((**right).clone(), &slots, kind.hides_right()) {
        Some(pulled) => join::join(apply, pulled),
        None => apply,
    }
}

/// The slots that a dependent join fills.
struct Slots<'a>(&'a [(usize, Expr)]);

impl Slots<'_> {
    fn value(&self, slot: usize) -> Option<&Expr> {
        let mut all = self.0.iter();
        all.find(|(other, _)| *other == slot)
            .map(|(_, value)| value)
    }

    /// Whether an expression asks for one of them.
    fn asked(&self, expr: &Expr) -> bool {
        expr.any(&mut |e| matches!(e.kind, ExprKind::Outer(slot) if self.value(slot).is_some()))
    }

    /// Whether anything in a tree does.
    fn asked_below(&self, node: &Node) -> bool {
        node.expressions().into_iter().any(|expr| self.asked(expr))
            || node
                .inputs()
                .into_iter()
                .any(|input| self.asked_below(input))
    }
}

/// The two sides of an equality, that of the row around first, if it is one of it and the rows below.
fn equality<'e>(conjunct: &'e Expr, slots: &Slots) -> Option<(&'e Expr, &'e Expr)> {
    let ExprKind::Binary {
        operator: BinaryOperator::Equal,
        left,
        right,
    } = &conjunct.kind
    else {
        return None;
    };
    let is_around = |expr: &Expr| !expr.has_columns();
    let is_below = |expr: &Expr| expr.has_columns() && !slots.asked(expr);
    if is_around(left) && is_below(right) {
        Some((left, right))
    } else if is_around(right) && is_below(left) {
        Some((right, left))
    } else {
        None
    }
}

/// Whether computing it may raise an error, but for numbers too large.
fn may_fail(expr: &Expr) -> bool {
    expr.any(&mut |expr| match &expr.kind {
        ExprKind::Binary { operator, .. } => matches!(
            operator,
            BinaryOperator::Divide | BinaryOperator::Modulo | BinaryOperator::Power
        ),
        ExprKind::Cast { operand, .. } => operand.data_type.is_text() != expr.data_type.is_text(),
        ExprKind::Call {
            function: Function::Array(ArrayFunction::Build),
            ..
        } => false,
        ExprKind::Call { .. } | ExprKind::External { .. } => true,
        _ => false,
    })
}

/// The same conditions, those that may raise an error last.
fn careful(conditions: Vec<Expr>) -> Vec<Expr> {
    let all = conditions.into_iter().flat_map(conjuncts);
    let (last, mut first): (Vec<Expr>, Vec<Expr>) = all.partition(may_fail);
    first.extend(last);
    first
}
