//! Puts the queries of WITH that have a single reader in its place, and drops those that have none.
//!
//! So a condition on such a query reaches the tables inside it. One that is read below a dependent join
//! stays a subplan, which runs once.

use super::parameter::{visit, visit_node};
use super::with::Shared;
use crate::expr::{Expr, ExprKind};
use crate::plan::{Node, Plan};

pub fn inline_single(plan: &mut Plan, shared: &[Shared]) {
    if shared.is_empty() {
        return;
    }
    let writes = shared.iter().filter(|shared| shared.is_write);
    let mut kept = reached(plan, writes.map(|shared| shared.subplan).collect());
    let Some((subplans, root)) = trees(plan) else {
        return;
    };
    for (subplan, kept) in subplans.iter_mut().zip(&kept) {
        if !kept {
            *subplan = Node::empty();
        }
    }
    for Shared { subplan, .. } in shared.iter().filter(|shared| shared.may_move()) {
        let mut reads = Reads::default();
        for node in subplans.iter().chain([&*root]) {
            count(node, *subplan, false, &mut reads);
        }
        if reads.all == 1 && !reads.repeated {
            kept[*subplan] = false;
            let mut node = Some(std::mem::replace(&mut subplans[*subplan], Node::empty()));
            for tree in subplans.iter_mut().chain([&mut *root]) {
                put_in(tree, *subplan, &mut node);
            }
        }
    }
    let kept_before = |at: usize| kept[..at].iter().filter(|kept| **kept).count();
    let places: Vec<usize> = (0..kept.len()).map(kept_before).collect();
    let mut flags = kept.iter();
    subplans.retain(|_| flags.next() == Some(&true));
    for tree in subplans.iter_mut().chain([root]) {
        renumber(tree, &places);
    }
    visit(plan, &mut |expr| renumber_expr(expr, &places));
}

/// Which subplans are run: those that the plan reads or that are named, and what they read in turn.
fn reached(plan: &mut Plan, mut found: Vec<usize>) -> Vec<bool> {
    let Some((subplans, root)) = trees(plan) else {
        return Vec::new();
    };
    read_by(root, &mut found);
    let mut subplans = std::mem::take(subplans);
    visit(plan, &mut |expr| {
        found.extend(subplan_of(&mut expr.kind).copied())
    });
    let mut reached = vec![false; subplans.len()];
    while let Some(at) = found.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            read_by(&subplans[at], &mut found);
            visit_node(&mut subplans[at], &mut |expr| {
                found.extend(subplan_of(&mut expr.kind).copied());
            });
        }
    }
    if let Some((place, _)) = trees(plan) {
        *place = subplans;
    }
    reached
}

/// The subplans that a tree reads as tables.
fn read_by(node: &Node, found: &mut Vec<usize>) {
    if let Node::Subplan { subplan, .. } = node {
        found.push(*subplan);
    }
    for input in node.inputs() {
        read_by(input, found);
    }
}

/// The subplan that an expression itself asks.
fn subplan_of(kind: &mut ExprKind) -> Option<&mut usize> {
    match kind {
        ExprKind::ScalarSubplan(subplan)
        | ExprKind::ExistsSubplan { subplan, .. }
        | ExprKind::InSubplan { subplan, .. } => Some(subplan),
        _ => None,
    }
}

/// The subplans of a plan and the tree that reads them.
fn trees(plan: &mut Plan) -> Option<(&mut Vec<Node>, &mut Node)> {
    Some(match plan {
        Plan::Query(query) => (&mut query.subplans, &mut query.root),
        Plan::CreateTableAs(create) => (&mut create.query.subplans, &mut create.query.root),
        Plan::Insert(insert) => (&mut insert.subplans, &mut insert.source),
        Plan::Update(update) | Plan::Merge(update) => (&mut update.subplans, &mut update.source),
        Plan::Delete(delete) => (&mut delete.subplans, &mut delete.source),
        Plan::Explain { plan, .. } => return trees(plan),
        _ => return None,
    })
}

#[derive(Default)]
struct Reads {
    all: usize,
    /// One is below a dependent join, or in the step of a recursive query: it runs many times.
    repeated: bool,
}

fn count(node: &Node, wanted: usize, repeats: bool, reads: &mut Reads) {
    if matches!(node, Node::Subplan { subplan, .. } if *subplan == wanted) {
        reads.all += 1;
        reads.repeated |= repeats;
    }
    for (place, input) in node.inputs().into_iter().enumerate() {
        let is_repeated = matches!(node, Node::Apply { .. } | Node::Recursive { .. }) && place == 1;
        count(input, wanted, repeats || is_repeated, reads);
    }
}

fn put_in(node: &mut Node, wanted: usize, replacement: &mut Option<Node>) {
    if matches!(node, Node::Subplan { subplan, .. } if *subplan == wanted)
        && let Some(replacement) = replacement.take()
    {
        *node = replacement;
        return;
    }
    for input in node.inputs_mut() {
        put_in(input, wanted, replacement);
    }
}

fn renumber(node: &mut Node, places: &[usize]) {
    if let Node::Subplan { subplan, .. } = node {
        *subplan = places[*subplan];
    }
    for input in node.inputs_mut() {
        renumber(input, places);
    }
}

fn renumber_expr(expr: &mut Expr, places: &[usize]) {
    if let Some(subplan) = subplan_of(&mut expr.kind) {
        *subplan = places[*subplan];
    }
}
