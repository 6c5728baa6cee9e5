//! Functions that answer rows in the outputs of a SELECT.
//!
//! As with windows, the n-th call stands as a column far beyond the rows' own until the clauses are bound.
//! Then one node above the rows, their groups and windows calls all of them side by side:
//!
//! ```text
//! … -> Window -> Function Scan -> Project
//! ```
//!
//! A call inside another, or inside an expression of which only a part is computed, is left out.

use super::binder::Binder;
use super::dependent::{Dependent, FIRST_SET, Placed, take_asked};
use super::expression::Context;
use crate::error::{Error, Result};
use crate::expr::{self, Expr, ExprKind, SetCall, Volatility};
use crate::plan::Node;

/// The calls of a SELECT's outputs.
#[derive(Debug, Default)]
pub struct Sets(Vec<SetCall>);

impl<'a> Binder<'a> {
    /// Binds something in which no such function may be called.
    pub fn without_sets<T>(
        &mut self,
        context: &mut Context,
        bind: impl FnOnce(&mut Self, &mut Context) -> Result<T>,
    ) -> Result<T> {
        let sets = context.sets.take();
        let bound = bind(self, context);
        context.sets = sets;
        bound
    }
}

/// Whether the expression has the value of such a call.
pub fn is_called_in(expr: &Expr) -> bool {
    expr.any(&mut |part| matches!(part.kind, ExprKind::Column(at) if at >= FIRST_SET))
}

impl Sets {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a call; gives the column that stands for its value.
    pub fn call(name: &str, arguments: Vec<Expr>, context: &mut Context) -> Result<Expr> {
        let nowhere = context.inside_aggregate || context.inside_window;
        let sets = context.sets.as_mut().filter(|_| !nowhere);
        let (Some(sets), Some((call, _))) = (sets, expr::resolve_set_function(name, arguments)?)
        else {
            let message = format!("a set-returning function in this place ({name})");
            return Err(Error::unsupported(message));
        };
        let &[data_type] = call.types.as_slice() else {
            return Err(Error::unsupported(format!("{name} as one value")));
        };
        let mut arguments = call.arguments.iter();
        let is_fixed = arguments.all(|argument| argument.volatility() != Volatility::Volatile);
        let same = sets.0.iter().position(|other| is_fixed && *other == call);
        let number = same.unwrap_or(sets.0.len());
        if same.is_none() {
            sets.0.push(call);
        }
        Ok(Expr::column(FIRST_SET + number, data_type))
    }

    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        let calls = self.0.iter_mut();
        calls.flat_map(|call| &mut call.arguments).collect()
    }

    /// Puts the calls above a node, and the subqueries they need below them.
    pub fn place(
        mut self,
        node: Node,
        placed: &mut Placed,
        dependents: &mut Vec<Dependent>,
    ) -> Node {
        if self.0.is_empty() {
            return node;
        }
        let arguments: Vec<&Expr> = self.0.iter().flat_map(|call| &call.arguments).collect();
        let asked = take_asked(dependents, &arguments);
        let node = placed.place(node, asked);
        (self.expressions_mut().into_iter()).for_each(|argument| placed.resolve(argument));
        let width = node.width();
        (0..self.0.len()).for_each(|at| placed.put(FIRST_SET + at, width + at));
        Node::FunctionScan {
            input: Box::new(node),
            calls: self.0,
            ordinality: false,
        }
    }
}
