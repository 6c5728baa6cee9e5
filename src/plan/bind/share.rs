//! Puts the queries of WITH that have a single reader in its place, and drops those that have none.
//!
//! So a condition on such a query reaches the tables inside it. One that is read below a dependent join
//! stays a subplan, which runs once.

use super::parameter::visit;
use super::with::Shared;
use crate::expr::{Expr, ExprKind};
use crate::plan::{Node, Plan};

pub fn inline_single(plan: &mut Plan, shared: &[Shared]) {
    if shared.is_empty() {
        return;
    }
    let Some((subplans, root)) = trees(plan) else {
        return;
    };
    let mut dropped = vec![false; subplans.len()];
    for Shared {
        subplan,
        kept,
        is_write,
    } in shared
    {
        if *is_write {
            continue;
        }
        let mut reads = Reads::default();
        for node in subplans.iter().chain([&*root]) {
            count(node, *subplan, false, &mut reads);
        }
        if reads.all == 0 {
            dropped[*subplan] = true;
        } else if reads.all == 1 && !reads.repeated && !kept {
            dropped[*subplan] = true;
            let mut node = Some(std::mem::replace(&mut subplans[*subplan], Node::empty()));
            for tree in subplans.iter_mut().chain([&mut *root]) {
                put_in(tree, *subplan, &mut node);
            }
        }
    }
    let kept_before = |at: usize| dropped[..at].iter().filter(|dropped| !**dropped).count();
    let places: Vec<usize> = (0..dropped.len()).map(kept_before).collect();
    let mut flags = dropped.iter();
    subplans.retain(|_| flags.next() == Some(&false));
    for tree in subplans.iter_mut().chain([root]) {
        renumber(tree, &places);
    }
    visit(plan, &mut |expr| renumber_expr(expr, &places));
}

/// The subplans of a plan and the tree that reads them.
fn trees(plan: &mut Plan) -> Option<(&mut Vec<Node>, &mut Node)> {
    Some(match plan {
        Plan::Query(query) => (&mut query.subplans, &mut query.root),
        Plan::CreateTableAs(create) => (&mut create.query.subplans, &mut create.query.root),
        Plan::Insert(insert) => (&mut insert.subplans, &mut insert.source),
        Plan::Update(update) => (&mut update.subplans, &mut update.source),
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
    match &mut expr.kind {
        ExprKind::ScalarSubplan(subplan)
        | ExprKind::ExistsSubplan { subplan, .. }
        | ExprKind::InSubplan { subplan, .. } => *subplan = places[*subplan],
        _ => {}
    }
}
