//! Computes constant expressions once.

use super::condition::{conjunction, conjuncts};
use super::implication::may_hide_common;
use super::{Knowledge, Rule};
use crate::expr::{Expr, fold_constants};
use crate::plan::Node;
use crate::types::Value;

pub struct Fold;

impl Rule for Fold {
    fn name(&self) -> &'static str {
        "fold"
    }

    fn apply(&self, node: Node, knowledge: &dyn Knowledge) -> Node {
        node.map(&mut |mut node| {
            for expr in node.expressions_mut() {
                let old = std::mem::replace(expr, Expr::null());
                *expr = fold_constants(old);
            }
            match node {
                Node::Filter { input, predicate } => filter(*input, predicate, knowledge),
                other => other,
            }
        })
    }
}

/// A filter without the conjuncts that always hold.
fn filter(input: Node, predicate: Expr, knowledge: &dyn Knowledge) -> Node {
    let rest: Vec<Expr> = conjuncts(predicate)
        .into_iter()
        .filter(|conjunct| conjunct.as_constant() != Some(&Value::Bool(true)))
        .collect();
    // What all branches of an OR ask of one table can be asked before the join.
    let first = knowledge.first_constant();
    if matches!(input, Node::Join { .. }) && rest.iter().any(|asked| may_hide_common(asked, first))
    {
        knowledge.want_constants();
    }
    // Only in the first place: a conjunct before it might raise an error that is due.
    let never = rest.first().and_then(Expr::as_constant).is_some();
    match conjunction(rest) {
        None => input,
        Some(_) if never => Node::Values {
            rows: Vec::new(),
            types: input.types(),
        },
        Some(predicate) => Node::Filter {
            input: Box::new(input),
            predicate,
        },
    }
}
