//! A function in a FROM that sees the tables before it becomes one over their rows.
//!
//! ```text
//! Apply Inner, outer.0 = t.a                     Function Scan unnest(t.a)
//!   Scan t                              ->         Scan t
//!   Function Scan unnest(outer.0)
//!     Values (1 rows)
//! ```

use crate::expr::{Expr, ExprKind};
use crate::plan::{JoinKind, Node};

/// The function called over the left rows, if the right side of the dependent join is one and nothing else.
pub fn over_left(node: Node) -> Node {
    let Node::Apply {
        kind: JoinKind::Inner,
        left,
        right,
        outer,
        guard: None,
        condition,
    } = &node
    else {
        return node;
    };
    let Node::FunctionScan {
        input,
        calls,
        ordinality,
    } = &**right
    else {
        return node;
    };
    if **input != super::pull::one_row() {
        return node;
    }
    let mut calls = calls.clone();
    for argument in calls.iter_mut().flat_map(|call| &mut call.arguments) {
        argument.visit_mut(&mut |expr| fill(expr, outer));
    }
    let scan = Node::FunctionScan {
        input: left.clone(),
        calls,
        ordinality: *ordinality,
    };
    match condition.clone() {
        None => scan,
        Some(predicate) => Node::Filter {
            input: Box::new(scan),
            predicate,
        },
    }
}

fn fill(expr: &mut Expr, outer: &[(usize, Expr)]) {
    if let ExprKind::Outer(slot) = expr.kind
        && let Some((_, value)) = outer.iter().find(|(other, _)| *other == slot)
    {
        *expr = value.clone();
    }
}
