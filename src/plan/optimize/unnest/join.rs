//! The join that does what a dependent join did.

use super::super::condition::{conjunction, substitute};
use super::pull::{Pulled, columns, one_row};
use super::{Slots, careful};
use crate::expr::{Expr, ExprKind};
use crate::plan::{JoinKind, Node};
use crate::types::{DataType, Value};

/// Joins the rows of a subquery that has been taken apart.
pub fn join(apply: Node, pulled: Pulled) -> Node {
    let Node::Apply {
        kind,
        left,
        outer,
        guard,
        condition,
        ..
    } = apply
    else {
        return apply;
    };
    let left_types = left.types();
    let left_width = left_types.len();
    let right_columns = columns(&pulled.node.types(), left_width);
    // Over the columns of both sides of the join, where the left's values were slots.
    let slots = Slots(&outer);
    let over_both = |expr: Expr| {
        let mut expr = substitute(expr, &right_columns);
        expr.visit_mut(&mut |expr| {
            if let ExprKind::Outer(slot) = expr.kind
                && let Some(value) = slots.value(slot)
            {
                *expr = value.clone();
            }
        });
        expr
    };
    let all =
        |expressions: Vec<Expr>| -> Vec<Expr> { expressions.into_iter().map(over_both).collect() };
    let own = columns(&left_types, 0);
    let outputs = all(pulled.outputs);
    let both: Vec<Expr> = own.iter().chain(&outputs).cloned().collect();
    let built = Built {
        kind,
        left,
        own,
        outputs,
        asked: careful(all(pulled.asked).into_iter().chain(guard).collect()),
        condition: condition.map(|condition| substitute(condition, &both)),
    };
    match pulled.padded {
        true => built.padded(pulled.node, all(pulled.after)),
        false => built.plain(pulled.node),
    }
}

struct Built {
    kind: JoinKind,
    left: Box<Node>,
    /// The left's columns.
    own: Vec<Expr>,
    outputs: Vec<Expr>,
    asked: Vec<Expr>,
    /// That of the dependent join.
    condition: Option<Expr>,
}

impl Built {
    fn plain(mut self, right: Node) -> Node {
        let is_row = matches!(
            self.kind,
            JoinKind::Inner | JoinKind::Left | JoinKind::Single
        );
        if is_row && right == one_row() && self.asked.is_empty() && self.condition.is_none() {
            let expressions = self.own.into_iter().chain(self.outputs).collect();
            return project(*self.left, expressions);
        }
        let (kind, mut right) = (self.kind, right);
        let on = match kind {
            JoinKind::Mark => self.asked.drain(..).map(is_true).collect(),
            _ => std::mem::take(&mut self.asked),
        };
        let on = careful(on.into_iter().chain(self.condition.take()).collect());
        if matches!(kind, JoinKind::Left | JoinKind::Single) {
            right = self.null_if_padded(right);
        }
        let joined = Node::Join {
            kind,
            left: self.left,
            right: Box::new(right),
            keys: Vec::new(),
            condition: conjunction(on),
        };
        match kind.hides_right() {
            true => joined,
            false => project(joined, self.own.into_iter().chain(self.outputs).collect()),
        }
    }

    /// Beside a row without a match all outputs are NULL, also those that are not columns of the right
    /// side: these ask a column that is true of each of its rows.
    fn null_if_padded(&mut self, right: Node) -> Node {
        let (left_width, right_types) = (self.own.len(), right.types());
        let is_right =
            |output: &Expr| matches!(output.kind, ExprKind::Column(at) if at >= left_width);
        if self.outputs.iter().all(is_right) {
            return right;
        }
        let there = Expr::column(left_width + right_types.len(), DataType::Boolean);
        for output in &mut self.outputs {
            if !is_right(output) {
                *output = only_if(there.clone(), std::mem::replace(output, Expr::null()));
            }
        }
        let mut expressions = columns(&right_types, 0);
        expressions.push(Expr::boolean(true));
        project(right, expressions)
    }

    /// At most one row of right belongs to each of left; a row of NULLs takes its place.
    fn padded(self, right: Node, after: Vec<Expr>) -> Node {
        let joined = Node::Join {
            kind: JoinKind::Left,
            left: self.left,
            right: Box::new(right),
            keys: Vec::new(),
            condition: conjunction(self.asked),
        };
        if self.kind == JoinKind::Mark {
            let after = after.into_iter().map(is_true);
            let mark = conjunction(after.chain(self.condition).collect());
            let mark = mark.unwrap_or_else(|| Expr::boolean(true));
            return project(joined, self.own.into_iter().chain([mark]).collect());
        }
        let passes = conjunction(after.into_iter().chain(self.condition).collect());
        let (joined, outputs) = match (self.kind, passes) {
            (JoinKind::Anti, passes) => {
                let passes = passes.unwrap_or_else(|| Expr::boolean(true));
                let not = Expr::new(ExprKind::Not(Box::new(is_true(passes))), DataType::Boolean);
                (filter(joined, not), Vec::new())
            }
            (_, None) => (joined, self.outputs),
            (JoinKind::Left | JoinKind::Single, Some(passes)) => {
                let outputs = self.outputs.into_iter();
                let outputs = outputs.map(|output| only_if(passes.clone(), output));
                (joined, outputs.collect())
            }
            (_, Some(passes)) => (filter(joined, passes), self.outputs),
        };
        let outputs = if self.kind.hides_right() {
            Vec::new()
        } else {
            outputs
        };
        project(joined, self.own.into_iter().chain(outputs).collect())
    }
}

fn project(input: Node, expressions: Vec<Expr>) -> Node {
    Node::Project {
        input: Box::new(input),
        expressions,
    }
}

fn filter(input: Node, predicate: Expr) -> Node {
    Node::Filter {
        input: Box::new(input),
        predicate,
    }
}

/// The value where the condition is true, else NULL.
fn only_if(condition: Expr, value: Expr) -> Expr {
    let data_type = value.data_type;
    let null = Expr::constant(Value::Null, data_type);
    let kind = ExprKind::Case {
        branches: vec![(condition, value)],
        otherwise: Some(Box::new(null)),
    };
    Expr::new(kind, data_type)
}

fn is_true(operand: Expr) -> Expr {
    let kind = ExprKind::IsTruth {
        operand: Box::new(operand),
        truth: Some(true),
        negated: false,
    };
    Expr::new(kind, DataType::Boolean)
}
