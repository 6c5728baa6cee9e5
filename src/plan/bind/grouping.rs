//! GROUP BY and aggregates: from expressions over the rows to expressions over the groups.
//!
//! The outputs, HAVING and ORDER BY are first bound over the rows, with the value of the n-th aggregate
//! standing as a column far beyond the rows' own (and what a subquery yields, see
//! [`super::dependent`]). Then what equals a group expression becomes that
//! group's column, an aggregate its column behind the groups, and a column of the rows that is left over
//! is the famous error, unless the groups hold a whole primary key of its table.

use super::dependent::{FIRST_AGGREGATE, FIRST_RIGHT, FIRST_WINDOW};
use super::expression::Context;
use super::scope::{Scope, ScopeTable};
use crate::error::{Code, Error, Result};
use crate::expr::{self, Expr, ExprKind, Volatility};
use crate::plan::Aggregate;
use crate::types::DataType;

/// The aggregates that a query calls, each once.
#[derive(Debug, Clone, Default)]
pub struct Calls(pub Vec<Aggregate>);

impl Calls {
    /// The column that stands for the aggregate while its query is bound over rows.
    pub fn place(&mut self, aggregate: Aggregate) -> usize {
        let mut expressions = aggregate.expressions();
        let is_volatile = expressions.any(|expr| expr.volatility() == Volatility::Volatile);
        drop(expressions);
        let same = self.0.iter().position(|call| *call == aggregate);
        if let Some(same) = same.filter(|_| !is_volatile) {
            return FIRST_AGGREGATE + same;
        }
        self.0.push(aggregate);
        FIRST_AGGREGATE + self.0.len() - 1
    }
}

/// The groups of a query, growing by the columns that a primary key among them determines.
pub struct Groups<'s> {
    pub expressions: Vec<Expr>,
    /// See [`super::grouping_sets::GroupBy`].
    outputs: Vec<Option<usize>>,
    sets: &'s [Vec<usize>],
    scope: &'s Scope,
}

/// Stands for no column: an argument of GROUPING that is no group expression.
const NOT_A_GROUP: usize = usize::MAX;

impl<'s> Groups<'s> {
    pub fn new(
        expressions: Vec<Expr>,
        outputs: Vec<Option<usize>>,
        sets: &'s [Vec<usize>],
        scope: &'s Scope,
    ) -> Self {
        Groups {
            expressions,
            outputs,
            sets,
            scope,
        }
    }

    /// The groups that an expression is.
    fn groups(&self, expr: &Expr) -> impl Iterator<Item = usize> {
        let groups = self.expressions.iter().enumerate();
        groups
            .filter(move |(_, group)| is_same(group, expr))
            .map(|(at, _)| at)
    }

    /// The one of them that it reads: that of the first output.
    fn group(&self, expr: &Expr) -> Option<usize> {
        let output = |group: &usize| self.outputs.get(*group).copied().flatten();
        self.groups(expr)
            .min_by_key(|group| output(group).unwrap_or(usize::MAX))
    }

    /// GROUPING: a bit for each argument that the row's set leaves out, by the number of the set, which is
    /// the column behind the group expressions.
    fn grouping(&self, arguments: &[Expr]) -> Option<Expr> {
        let groups: Vec<usize> = (arguments.iter())
            .map(|argument| self.groups(argument).next())
            .collect::<Option<_>>()?;
        let bits = |set: &Vec<usize>| {
            let is_out = groups.iter().map(|group| i32::from(!set.contains(group)));
            Expr::integer(is_out.fold(0, |bits, bit| bits << 1 | bit))
        };
        let number = Expr::column(self.expressions.len(), DataType::Integer);
        let branches = self.sets.iter().enumerate();
        let branches = branches.map(|(set, groups)| (Expr::integer(set as i32), bits(groups)));
        let branches: Vec<_> = branches.collect();
        match branches.is_empty() {
            true => Some(Expr::integer(0)),
            false => expr::resolve_case(Some(number), branches, None).ok(),
        }
    }

    /// Makes of an expression over the rows one over the groups, in which an aggregate is still in its
    /// place. `Err` is a column of the rows that has no one value in a group.
    fn regroup(&mut self, expr: &mut Expr) -> std::result::Result<(), usize> {
        if let Some(arguments) = expr.grouping_arguments() {
            *expr = self.grouping(arguments).ok_or(NOT_A_GROUP)?;
            return Ok(());
        }
        if let Some(group) = self.group(expr) {
            *expr = Expr::column(group, expr.data_type);
            return Ok(());
        }
        if let ExprKind::Column(at) = expr.kind {
            if at >= FIRST_RIGHT {
                return Ok(());
            }
            if !self.sets.is_empty() || !self.is_determined(at) {
                return Err(at);
            }
            self.expressions.push(expr.clone());
            *expr = Expr::column(self.expressions.len() - 1, expr.data_type);
            return Ok(());
        }
        // A constant in an expression is itself, even if rows are grouped by one like it.
        (expr.children_mut().into_iter())
            .filter(|child| child.as_constant().is_none())
            .try_for_each(|child| self.regroup(child))
    }

    fn is_determined(&self, at: usize) -> bool {
        let holds = |position: &usize| {
            self.expressions
                .iter()
                .any(|group| group.kind == ExprKind::Column(*position))
        };
        self.scope
            .tables
            .iter()
            .filter(|table| (table.start..table.end).contains(&at))
            .any(|table| table.key.as_ref().is_some_and(|key| key.iter().all(holds)))
    }

    /// The same for all expressions of a query; `context` knows where its columns were used.
    /// The first are its outputs, the first `own` its own, the others those of its subqueries.
    pub fn regroup_all(
        &mut self,
        mut expressions: Vec<&mut Expr>,
        own: usize,
        context: &Context,
    ) -> Result<()> {
        for (place, expr) in expressions.iter_mut().enumerate() {
            let of_place = |output: &Option<usize>| *output == Some(place);
            if let Some(group) = self.outputs.iter().position(of_place) {
                **expr = Expr::column(group, expr.data_type);
                continue;
            }
            self.regroup(expr)
                .map_err(|at| ungrouped(self.scope, context, at, place < own))?;
        }
        // Only now is it known how many groups there are.
        let groups = self.expressions.len() + usize::from(!self.sets.is_empty());
        for expr in expressions {
            expr.visit_mut(&mut |expr| {
                if let ExprKind::Column(at) = &mut expr.kind
                    && (FIRST_AGGREGATE..FIRST_WINDOW).contains(at)
                {
                    *at = *at - FIRST_AGGREGATE + groups;
                }
            });
        }
        Ok(())
    }
}

/// Whether they have the same value. Beside others a value loses its type's modifier (COALESCE of a
/// NUMERIC(8,2) and 0), which only a cast depends on.
fn is_same(group: &Expr, expr: &Expr) -> bool {
    let is_cast = matches!(expr.kind, ExprKind::Cast { .. });
    let same_type = match is_cast {
        true => group.data_type == expr.data_type,
        false => group.data_type.base() == expr.data_type.base(),
    };
    same_type && group.kind == expr.kind
}

fn ungrouped(scope: &Scope, context: &Context, at: usize, own: bool) -> Error {
    if at == NOT_A_GROUP {
        let message =
            "arguments to GROUPING must be grouping expressions of the associated query level";
        return Error::new(Code::Grouping, message);
    }
    let column = scope
        .columns
        .iter()
        .find(|column| column.expr.kind == ExprKind::Column(at) && column.table.is_some());
    let name = column.map_or_else(String::new, |column| scope.qualified(column));
    if !own {
        let message = format!("subquery uses ungrouped column \"{name}\" from outer query");
        return Error::new(Code::Grouping, message);
    }
    let error = Error::new(
        Code::Grouping,
        format!(
            "column \"{name}\" must appear in the GROUP BY clause or be used in an aggregate function"
        ),
    );
    match context.uses.iter().find(|(used, _)| *used == at) {
        Some((_, position)) => error.at(*position),
        None => error,
    }
}

impl ScopeTable {
    /// Says that these of its columns determine the others.
    pub fn with_key(mut self, key: Option<Vec<usize>>) -> Self {
        self.key = key;
        self
    }
}
